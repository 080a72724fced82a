"""Reads text as bash does, as far as it can be read for certain.

Covers: pipelines, lists, groups, loops, conditions, substitutions, here-documents, redirections,
plain variables, `cd`. Whatever else changes what a word means is a doubt, and a doubt is asked of
a person: what cannot be read is never allowed. Does not cover: what a program does with its input
once it runs; that is the sandbox's affair.
"""

import re
from typing import TYPE_CHECKING

from orchestrator.policy.shell import words
from orchestrator.policy.shell.script import Doubt, Script
from orchestrator.policy.shell.walk import SEGMENTS, Walk

if TYPE_CHECKING:
    from tree_sitter import Parser, TreeCursor

LONGEST = 20_000  # characters
SHORT = 120  # characters that cannot nest deeply enough to matter
WORDS = 2_000  # of one script
DEEPEST = 50  # levels of the grammar's tree; the walk down it must stay far from the interpreter's own limit

# Control characters, spaces that are no space to the shell, and characters that do not show.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f\x85\u00a0\u00ad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]"
)
_CONTINUED = re.compile(r"(?<![ \t])\\\n")


class Reader:
    """The grammar is loaded when first needed."""

    def __init__(self) -> None:
        self._parser: Parser | None = None

    def read(self, text: str) -> Script:
        if len(text) > LONGEST:
            return Script(doubts=(Doubt("too_long", text[:80]),))
        hidden = _HIDDEN.search(text)
        if words.marked(text) or "\0" in text or not _encodable(text):
            return Script(doubts=(Doubt("hidden_characters", ascii(text[:80])),))
        source = text.encode()
        walk = Walk(source)
        if hidden:
            walk.doubt("hidden_characters", ascii(text[:80]))
        if _CONTINUED.search(text):
            walk.doubt("continued_word", text)
        tree = self._grammar().parse(source)
        if len(text) > SHORT and _deep(tree.walk()):
            return Script(doubts=(Doubt("unreadable", text[:80]),))
        root = tree.root_node
        if root.has_error:
            walk.doubt("unreadable", text)
        script = walk.read(root)
        given = sum(len(segment.arguments) for segment in script.segments) + len(script.redirects)
        if len(script.segments) > SEGMENTS or given > WORDS:
            return Script(doubts=(Doubt("too_long", text[:80]),))
        return script

    def _grammar(self) -> "Parser":
        if self._parser is None:
            import tree_sitter_bash
            from tree_sitter import Language, Parser

            self._parser = Parser(Language(tree_sitter_bash.language()))
        return self._parser


def _deep(cursor: "TreeCursor") -> bool:
    depth = 0
    while True:
        if cursor.goto_first_child():
            depth += 1
            if depth > DEEPEST:
                return True
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return False
            depth -= 1


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
    return True

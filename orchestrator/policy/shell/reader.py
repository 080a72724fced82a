"""Reads text as bash does, as far as it can be read for certain.

Covers: pipelines, lists, groups, loops, conditions, substitutions, here-documents, redirections,
plain variables, `cd`. Whatever else changes what a word means is a doubt, and a doubt is asked of
a person: what cannot be read is never allowed. Does not cover: what a program does with its input
once it runs; that is the sandbox's affair.
"""

import re
from typing import TYPE_CHECKING

from msgspec import structs

from orchestrator.policy.lookalikes import without_joiners
from orchestrator.policy.shell import words
from orchestrator.policy.shell.script import Bound, Doubt, Script
from orchestrator.policy.shell.walk import SEGMENTS, Walk
from orchestrator.policy.shell.words import UNKNOWN

if TYPE_CHECKING:
    from tree_sitter import Node, Parser, TreeCursor

LONGEST = 20_000  # characters
SHORT = 120  # characters that cannot nest deeply enough to matter
WORDS = 2_000  # of one script
AGAIN = 4  # times a script is read whose variables depend on each other
DEEPEST = 50  # levels of the grammar's tree; the walk down it must stay far from the interpreter's own limit

# Control characters, spaces that are no space to the shell, and characters that do not show.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f\x85\u00a0\u00ad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]"
)
_NOTHING: Bound = {}
_MENDED = ";"  # no name of a variable: the ends of lines are written out
_BEHIND = re.compile(r"(<<-?[ \t]*['\"]?\w+['\"]?[^\n&|;]*?)[ \t]+&[ \t]*\n")  # a here-document in the background
_TIMED = re.compile(r"((?:^|[;&|\n])[ \t]*)time(?: -p)?[ \t]+(?=[({]|(?:for|while|if|until)\b)")
_BRACES = re.compile(r"(?<![\w$/.'\"-])\{([^\s{}]+,[^\s{}]*)\}")  # {rm,-rf,x} is a command
_PARENS = re.compile(r"\({3,}|\){3,}")
_CONTINUED = re.compile(r"(?<![ \t])\\\n")


class Reader:
    """The grammar is loaded when first needed."""

    def __init__(self) -> None:
        self._parser: Parser | None = None

    def read(self, text: str, given: Bound = _NOTHING) -> Script:
        """`given`: what its variables are from outside, such as $1."""
        if len(text) > LONGEST:
            return Script(doubts=(Doubt("too_long", text[:80]),))
        hidden = _HIDDEN.search(without_joiners(text))
        if words.marked(text) or "\0" in text or not _encodable(text):
            return Script(doubts=(Doubt("hidden_characters", ascii(text[:80])),))
        source = text.encode()
        tree = self._grammar().parse(source)
        plainer = _BEHIND.sub(r"\1\n", text) if tree.root_node.has_error else text
        if (plainer := _TIMED.sub(r"\1", plainer)) != text:
            return self.read(plainer, given)
        if len(text) > SHORT and _deep(tree.walk()):
            return Script(doubts=(Doubt("unreadable", text[:80]),))
        script, breaks = self._walked(source, tree.root_node, given)
        if breaks and not given.get(_MENDED):
            for at in sorted(set(breaks), reverse=True):
                source = source[:at] + b";" + source[at:]
            return self.read(source.decode(), {**given, _MENDED: ("",)})
        doubts = [Doubt("hidden_characters", ascii(text[:80]))] if hidden else []
        doubts += [Doubt("continued_word", text[:80])] if _CONTINUED.search(text) else []
        if tree.root_node.has_error:
            doubts.append(Doubt("unreadable", text[:80]))
            if (plainer := _PARENS.sub(_apart, _BRACES.sub(_spaced, text))) != text:
                script = self.read(plainer, given)
        script = structs.replace(script, doubts=(*doubts, *script.doubts))
        count = sum(len(segment.arguments) for segment in script.segments) + len(script.redirects)
        if len(script.segments) > SEGMENTS or count > WORDS:
            return Script(doubts=(Doubt("too_long", text[:80]),))
        return script

    def _walked(self, source: bytes, root: "Node", given: Bound) -> tuple[Script, list[int]]:
        """Read until no variable is set to anything more; those that never come to an end are unknown."""
        prior: Bound = _NOTHING
        for _ in range(AGAIN):
            walk = Walk(source, given, prior)
            script = walk.read(root)
            if walk.loose == prior or not walk.loose:
                return script, walk.breaks
            prior = walk.loose
        walk = Walk(source, given, dict.fromkeys(prior, (UNKNOWN,)))
        return walk.read(root), walk.breaks

    def _grammar(self) -> "Parser":
        if self._parser is None:
            import tree_sitter_bash
            from tree_sitter import Language, Parser

            self._parser = Parser(Language(tree_sitter_bash.language()))
        return self._parser


def _spaced(match: re.Match[str]) -> str:
    return match[1].replace(",", " ")


def _apart(match: re.Match[str]) -> str:
    return " ".join(match[0])


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

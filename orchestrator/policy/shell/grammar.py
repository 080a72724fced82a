"""Other languages, read with their own grammars. What they share: trees, and texts that could name a file in pieces."""

import re
from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import TYPE_CHECKING

from msgspec import Struct

from orchestrator.policy.places import is_automatic, is_private

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

LONGEST = 8_000  # bytes of code
NODES = 6_000  # of one tree
DEEPEST = 120  # levels of a tree

_GUARDED = re.compile(
    r"\.env(?!\.?example|\.?sample|iron|elop|s\b)|\.git(?:/|$)|id_(?:rsa|ed25519|ecdsa)|\.ssh\b|\.aws\b|\.gnupg|\.netrc|\.npmrc|\.pypirc|"
    r"\.bashrc|\.profile|\.kube\b|credentials|shadow|/etc/|/proc/|/root\b|/home\b|\.husky|authorized_keys|crontab"
)


class Opened(Struct, frozen=True):
    """A file that code opens; `mode` as of `Reach.each`."""

    mode: str
    path: str


class Reading(Struct, frozen=True):
    """What code does, where every root of it is known; `doubt` says what is not."""

    doubt: str = ""
    opened: tuple[Opened, ...] = ()
    commands: tuple[str | tuple[str, ...], ...] = ()  # lines for a shell, or the words of a program
    texts: tuple[str, ...] = ()  # every text that is written out


class Grammar:
    """The parser of one language, loaded when first needed."""

    def __init__(self, package: str, function: str = "language") -> None:
        self._package = package
        self._function = function
        self._parser: Parser | None = None

    def tree(self, code: str) -> "Node | None":
        """None where it cannot be read for certain."""
        source = code.encode(errors="replace")
        if len(source) > LONGEST or "\0" in code:
            return None
        if self._parser is None:
            from tree_sitter import Language, Parser

            self._parser = Parser(Language(getattr(import_module(self._package), self._function)()))
        root = self._parser.parse(source).root_node
        return None if root.has_error else root


def walked(root: "Node") -> "list[Node] | None":
    """Every named node, parents first; None where there are too many."""
    found: list[Node] = []
    waiting = [(root, 0)]
    while waiting:
        node, depth = waiting.pop()
        found.append(node)
        if len(found) > NODES or depth > DEEPEST:
            return None
        waiting += [(child, depth + 1) for child in reversed(node.named_children)]
    return found


def said(node: "Node") -> str:
    return (node.text or b"").decode(errors="replace")


def inside(node: "Node", *kinds: str) -> "Iterator[Node]":
    """The nodes of these kinds beneath."""
    waiting = list(node.named_children)
    while waiting:
        one = waiting.pop()
        if one.type in kinds:
            yield one
        waiting += one.named_children


def pieced(texts: Iterable[str], *hidden: str) -> bool:
    """Whether texts, or what they are put together, name a file that is guarded, or one of the hidden names."""
    every = [text for text in texts if text]
    if any(is_private(text) or is_automatic(text) for text in every if " " not in text):
        return True
    whole = "".join(every)
    return any(_GUARDED.search(way) or any(name in way for name in hidden) for way in (whole, whole[::-1]))

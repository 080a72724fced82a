"""Other languages, read with their own grammars. What they share: trees, and texts that could name a file in pieces."""

import math
import posixpath
import re
from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import TYPE_CHECKING

from msgspec import Struct

from orchestrator.policy.places import is_automatic, is_private
from orchestrator.policy.shell.programs import known as is_program

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

LONGEST = 8_000  # bytes of code
NODES = 6_000  # of one tree
DEEPEST = 120  # levels of a tree

_GUARDED = re.compile(
    r"\.env(?!\.?example|\.?sample|iron|elop|s\b)|\.git(?:/|$)|id_(?:rsa|ed25519|ecdsa)|\.ssh\b|\.aws\b|\.gnupg|\.netrc|\.npmrc|\.pypirc|"
    r"\.bashrc|\.profile|\.kube\b|credentials|shadow|/etc/|/proc/|/root\b|/home\b|\.husky|authorized_keys|crontab"
)


_FAR = re.compile(r"[a-z]+://(?!localhost|127\.)")
_LOSES = re.compile(
    r"(?:drop|destroy|wipe|purge|nuke|truncate|flush|erase)(?:[A-Z_]\w*)?[!?]?|(?:delete|remove)[A-Z_]\w*"
)


_NEARLY = re.compile(
    r"(?i)env$|vne$|ssh|hss|gnupg|netrc|npmrc|pypirc|id_?rsa|ed25519|passw|shadow|husky|hooks|\.?git$|bashrc|credential|"
    r"\betc\b|\bproc\b|\broot\b"
)


_DOTTED = re.compile(r"(?:^|/)\.[^/]*[*?\[{]|(?:^|/)[\[{][^/]*\.")
_SUFFIX = re.compile(r"\^?[\w/*]*\\?\.\w+\$?")


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


class Doubt(Exception):
    """Some part of the code is not known to be harmless."""


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


def pieced(texts: Iterable[str], edits: bool = False, written: bool = True) -> bool:
    """Whether texts, or what they are put together, name a file that is guarded; or nearly, where letters change."""
    every = [text for text in texts if text]
    if any(is_private(text) or (written and is_automatic(text)) for text in every if " " not in text):
        return True
    if edits and any(_NEARLY.search(text) for text in every if " " not in text):
        return True
    whole = "".join(text for text in every if written or text != ".git")
    return any(_GUARDED.search(way) for way in (whole, whole[::-1]))


def number(node: "Node") -> float:
    """What an expression of plain numbers comes to; 0 where it is none."""
    if node.type in ("number", "integer", "float"):
        digits = said(node).rstrip("n").replace("_", "")
        try:
            return float(int(digits, 0)) if digits[:2].lower() in ("0x", "0b", "0o") else float(digits)
        except (ValueError, OverflowError):
            return math.inf
    if node.type == "parenthesized_expression" and node.named_child_count == 1:
        return number(node.named_children[0])
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if left is None or right is None:
        return 0.0
    operator = next((said(child) for child in node.children if not child.is_named), "")
    first, second = number(left), number(right)
    try:
        if operator in ("**", "<<", "^"):
            return math.pow(first, second) if operator != "<<" else first * math.pow(2, second)
    except (OverflowError, ValueError):
        return math.inf
    return {"*": first * second, "+": first + second}.get(operator, 0.0)


HUGE = 10**9
_LOOKS_UP = ("identifier", "call", "call_expression", "variable_name", "function_call", "instance_variable",
             "global_variable", "method_call", "member_expression", "assignment", "assignment_expression", "regex",
             "await_expression", "yield_expression", "update_expression", "constant")  # fmt: skip


def ends(condition: "Node | None", body: "Node | None", *leaves: str) -> None:
    """A loop whose condition nothing changes has a way out."""
    fixed = condition is None or not (condition.type in _LOOKS_UP or any(inside(condition, *_LOOKS_UP)))
    if fixed and (body is None or not (body.type in leaves or any(inside(body, *leaves)))):
        raise Doubt("it never ends")
    if condition is not None and any(number(part) >= HUGE for part in (condition, *_under(condition))):
        raise Doubt("it takes longer than anybody waits")


def _under(node: "Node") -> "Iterator[Node]":
    for child in node.named_children:
        yield child
        yield from _under(child)


class Effects:
    """What code does to files and programs, gathered while it is read."""

    def __init__(self, texts: "dict[Node, str]", decodes: bool, edits: bool = False) -> None:
        self.texts = texts  # that are written out
        self.decodes = decodes  # whether it makes texts that could not be told from these
        self.edits = edits  # whether it makes texts by changing letters of these
        self.hidden = self.looked_up = False
        self.opened: list[Opened] = []
        self.commands: list[str | tuple[str, ...]] = []

    def lists_all(self, folder: str | None) -> None:
        """A list with the hidden files, of which any may be opened then."""
        self.hidden = self.hidden or folder is None or posixpath.normpath(folder) in (".", "/")

    def lists_like(self, pattern: str | None, dotted: bool = False) -> None:
        """A list of the files that fit: `.e*`"""
        if pattern is not None and (dotted or _DOTTED.search(pattern)):
            self.lists_all(posixpath.dirname(pattern))

    def settled(self) -> None:
        """What shows only when everything is read."""
        if self.hidden and self.looked_up and not any(map(_SUFFIX.fullmatch, self.texts.values())):
            raise Doubt("it opens whatever a folder holds, hidden files too")

    def opens(self, mode: str, path: str | None) -> None:
        if path is not None:
            self.opened.append(Opened(mode, path))
        if path is not None or mode == "list":
            return
        self.looked_up = True
        if pieced(self.texts.values(), self.edits, mode != "read") or self.decodes:
            raise Doubt("which file it means is known only when it runs")

    def writes(self, path: str | None, begins: str = "", ends: str = "", edited: bool = False) -> None:
        """A name that is put together is one of a new file, or of one that was read and is edited."""
        self.opens("write", path)
        if path is not None or edited:
            return
        listed = {posixpath.normpath(one.path) for one in self.opened if one.mode in ("read", "list")}
        folder = posixpath.normpath(posixpath.dirname(begins) or ".")
        if folder in {".", *listed} and not re.fullmatch(r".*\.\w+", ends):
            raise Doubt("which file it writes is known only when it runs")

    def deletes(self, path: str | None) -> None:
        if path is None:
            raise Doubt("it deletes or moves files")
        if Opened("write", path) in self.opened:
            return  # what was there before is gone with the writing
        self.opened.append(Opened("delete", path))

    def starts(self, words: "Iterable[str | None]", shell: bool) -> None:
        """A program with its words, or a line for a shell."""
        every = list(words)
        told = [word for word in every if word is not None]
        if len(told) < len(every) or not told:
            raise Doubt("which program it starts is known only when it runs")
        self.commands.append(told[0] if shell else tuple(told))

    def owns(self, names: Iterable[str]) -> None:
        """The project's own code is called, which could do anything with a command or an address."""
        for text in self.texts.values():
            program, _, behind = text.partition(" ")
            if _FAR.match(text) or (behind and is_program(program)):
                raise Doubt("it hands a command or an address to other code")
        if lost := next((name for name in names if _LOSES.fullmatch(name)), None):
            raise Doubt(f"{lost} may throw data away")

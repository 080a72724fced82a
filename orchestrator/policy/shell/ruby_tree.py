"""What a tree of Ruby says: its texts, the names that it gives, the files that are meant."""

import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from orchestrator.policy.shell.grammar import inside, said

if TYPE_CHECKING:
    from tree_sitter import Node

_ESCAPE = re.compile(
    r"\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,6})\}|([0-7]{1,3})|(\r?\n)|(.))", re.DOTALL
)
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "s": " ", "e": "\x1b", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_PIECES = ("string_content", "escape_sequence", "heredoc_content")
_TEXTS = ("string", "bare_string", "delimited_symbol", "bare_symbol", "subshell", "heredoc_body")
_HOLDS = ("block_parameters", "method_parameters", "lambda_parameters", "left_assignment_list", "exception_variable")
_HOME = ("Dir.home", 'ENV["HOME"]', "ENV['HOME']", 'ENV.fetch("HOME")', 'File.expand_path("~")')
_READS = re.compile(r"File\.(?:read|readlines|binread)\b")
_OWN = re.compile(r"(?:Dir\.(?:mktmpdir|tmpdir)|Tempfile\.(?:new|create|open))\b")


def texts_of(nodes: "list[Node]") -> "dict[Node, str]":
    """Every text, and the plain pieces of those into which something is put."""
    found: dict[Node, str] = {}
    for node in nodes:
        if node.type not in _TEXTS or node.type == "subshell":
            continue
        if (text := text_of(node)) is not None:
            found[node] = text
        else:
            found |= {
                piece: _ESCAPE.sub(_letter, said(piece)) for piece in node.named_children if piece.type in _PIECES
            }
    return found


def text_of(node: "Node | None") -> str | None:
    """What a text says, where nothing is put into it."""
    if node is None:
        return None
    if node.type == "chained_string":
        parts = [text_of(part) for part in node.named_children]
        return "".join(map(str, parts)) if None not in parts else None
    if node.type == "character":
        return said(node)[1:]
    if node.type not in _TEXTS or any(part.type not in (*_PIECES, "heredoc_end") for part in node.named_children):
        return None
    return _ESCAPE.sub(_letter, "".join(said(part) for part in node.named_children if part.type in _PIECES))


def _letter(match: re.Match[str]) -> str:
    if number := match[1] or match[2] or match[3]:
        return chr(min(int(number, 16), 0x10FFFF))
    if match[4]:
        return chr(int(match[4], 8) & 255)
    return "" if match[5] else _LETTERS.get(match[6], match[6])


def symbol(node: "Node | None") -> str | None:
    if node is None or node.type not in ("simple_symbol", "hash_key_symbol", "bare_symbol", "delimited_symbol"):
        return None
    return (
        said(node)[1:]
        if node.type == "simple_symbol"
        else said(node)
        if node.type == "hash_key_symbol"
        else text_of(node)
    )


def name_of(node: "Node | None") -> str | None:
    """The method that is called."""
    if node is None or node.type != "call":
        return said(node) if node is not None and node.type == "identifier" else None
    method = node.child_by_field_name("method")
    return said(method) if method is not None else None


def handed(call: "Node") -> "list[Node]":
    arguments = call.child_by_field_name("arguments")
    if arguments is None:
        return []
    return [part for part in arguments.named_children if part.type not in ("comment", "heredoc_body")]


def option(node: "Node", name: str) -> "Node | None":
    """mode: "w" """
    key, value = node.child_by_field_name("key"), node.child_by_field_name("value")
    return value if node.type == "pair" and key is not None and said(key).strip(":") == name else None


def bound(node: "Node") -> "Iterator[Node]":
    """The names that a node gives to something."""
    if node.type in ("assignment", "operator_assignment"):
        left = node.child_by_field_name("left")
        if left is not None and left.type == "identifier":
            yield left
    elif node.type in _HOLDS:
        yield from _plain(node)
    elif node.type in ("for", "in_clause", "test_pattern", "match_pattern"):
        pattern = node.child_by_field_name("pattern")
        if pattern is not None:
            yield from [pattern] if pattern.type == "identifier" else inside(pattern, "identifier")
            yield from inside(pattern, "hash_key_symbol")


def _plain(node: "Node") -> "Iterator[Node]":
    for child in node.named_children:
        if child.type == "identifier":
            yield child
        elif child.type in ("optional_parameter", "keyword_parameter"):
            name = child.child_by_field_name("name")
            yield from [name] if name is not None else []
        elif child.type not in ("element_reference", "call", "scope_resolution"):
            yield from _plain(child)


def around(node: "Node") -> tuple[str, str]:
    """The texts that a path begins and ends with."""
    if (text := text_of(node)) is not None:
        return text, text
    if node.type == "string" and node.named_children:
        first, last = node.named_children[0], node.named_children[-1]
        return (said(first) if first.type in _PIECES else ""), (said(last) if last.type in _PIECES else "")
    if node.type == "binary":
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        return (around(left)[0] if left is not None else ""), (around(right)[1] if right is not None else "")
    if node.type == "call" and said(node).startswith("File.join") and handed(node):
        return around(handed(node)[0])[0].rstrip("/") + "/", around(handed(node)[-1])[1]
    return "", ""


class Paths:
    """Which files expressions mean, where that is written out."""

    def __init__(self, nodes: "list[Node]") -> None:
        given: dict[str, list[Node]] = {}
        for node in nodes:
            left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
            if node.type in ("assignment", "operator_assignment") and left is not None and right is not None:
                given.setdefault(said(left), []).append(right)
        parameters = {said(name) for node in nodes if node.type in _HOLDS for name in bound(node)}
        self.values = {name: every[0] for name, every in given.items() if len(every) == 1 and name not in parameters}
        self.own = {
            said(name) for node in nodes if node.type == "call" and _OWN.match(said(node)) for name in _block(node)
        }
        self.of_paths = any(said(node) == "Pathname" for node in nodes if node.type in ("constant", "identifier"))
        reads = [
            node
            for node in nodes
            if node.type == "call" and re.match(r"File\.(?:read|readlines|binread)\b", said(node))
        ]
        self.read = {said(path) for node in reads for path in handed(node)[:1]}  # as it is written down

    def text(self, node: "Node | None", depth: int = 4) -> str | None:
        """What a text is, where it is written out."""
        if node is None or depth == 0:
            return None
        if (text := text_of(node)) is not None:
            return text
        if node.type == "identifier":
            return self.text(self.values.get(said(node)), depth - 1)
        if node.type in ("string", "subshell"):
            parts = [
                self.path(part.named_children[0], depth - 1)
                if part.type == "interpolation" and part.named_children
                else said(part)
                for part in node.named_children
            ]
            return _ESCAPE.sub(_letter, "".join(map(str, parts))) if None not in parts else None
        if node.type == "binary" and (sign := node.child_by_field_name("operator")) is not None and said(sign) == "+":
            sides = [self.path(node.child_by_field_name(side), depth - 1) for side in ("left", "right")]
            return "".join(map(str, sides)) if None not in sides else None
        return None

    def path(self, node: "Node | None", depth: int = 4) -> str | None:
        """The file that is meant, where it is written out."""
        if node is None or depth == 0:
            return None
        if (text := self.text(node, depth)) is not None:
            return text if "://" not in text else None
        whole = said(node)
        if whole in _HOME:
            return "~"
        if whole in ("__dir__", "__FILE__", "Dir.pwd"):
            return "."
        if whole in ("File::NULL", "IO::NULL"):
            return "/dev/null"
        if whole in self.own or _OWN.match(whole):
            return "/tmp/own"
        if node.type == "identifier":
            return self.path(self.values.get(whole), depth - 1)
        given = handed(node) if node.type == "call" else []
        parts = [self.path(part, depth - 1) for part in given]
        receiver = node.child_by_field_name("receiver") if node.type == "call" else None
        if node.type == "call" and name_of(node) in ("to_s", "freeze", "path", "dup") and receiver is not None:
            return self.path(receiver, depth - 1)
        if node.type != "call" or not parts or None in parts:
            return None
        written = [str(part) for part in parts]
        if re.match(r"File\.(?:join|expand_path)\b|Pathname(?:\.new)?\(", whole):
            return posixpath.join(*reversed(written)) if "expand_path" in whole else "/".join(written)
        return None

    def each(self, nodes: "list[Node]") -> "list[Node]":
        """The files of one call: "a", or ["a", "b"]."""
        return [
            part
            for node in nodes
            for part in (node.named_children if node.type in ("array", "string_array") else [node])
        ]


def _block(call: "Node") -> "Iterator[Node]":
    block = call.child_by_field_name("block")
    parameters = block.child_by_field_name("parameters") if block is not None else None
    if parameters is not None:
        yield from (child for child in parameters.named_children if child.type == "identifier")

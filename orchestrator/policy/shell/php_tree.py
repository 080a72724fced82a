"""What a tree of PHP says: its texts, what is handed to functions, the files that are meant."""

import re
from typing import TYPE_CHECKING

from orchestrator.policy.shell.grammar import inside, said

if TYPE_CHECKING:
    from tree_sitter import Node

_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{1,2})|u\{([0-9a-fA-F]{1,6})\}|([0-7]{1,3})|(.))", re.DOTALL)
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "v": "\v", "e": "\x1b", "f": "\f"}
_PIECES = ("string_content", "escape_sequence", "string_value")
_TEXTS = ("string", "encapsed_string", "heredoc_body", "nowdoc_body", "shell_command_expression")


def texts_of(nodes: "list[Node]") -> "dict[Node, str]":
    """Every text, and the plain pieces of those into which something is put."""
    found: dict[Node, str] = {}
    for node in nodes:
        if node.type not in _TEXTS[:-1]:
            continue
        if (text := text_of(node)) is not None:
            found[node] = text
        else:
            pieces = [piece for piece in node.named_children if piece.type in _PIECES]
            found |= {piece: _ESCAPE.sub(_letter, said(piece)) for piece in pieces}
    return found


def text_of(node: "Node | None") -> str | None:
    """What a text says, where nothing is put into it."""
    if node is None or node.type not in _TEXTS:
        return None
    if any(part.type not in (*_PIECES, "nowdoc_string") for part in node.named_children):
        return None
    written = "".join(said(part) for part in node.named_children)
    return _ESCAPE.sub(_letter, written) if node.type != "string" else re.sub(r"\\(['\\])", r"\1", written)


def _letter(match: re.Match[str]) -> str:
    if number := match[1] or match[2]:
        return chr(min(int(number, 16), 0x10FFFF))
    if match[3]:
        return chr(int(match[3], 8) & 255)
    return _LETTERS.get(match[4], match[4] if match[4] in '\\$"`' else f"\\{match[4]}")


def named(node: "Node", field: str) -> str:
    part = node.child_by_field_name(field)
    return said(part) if part is not None else ""


def bare(name: str) -> str:
    """\\strlen and strlen are one."""
    return name.removeprefix("\\")


def variable(node: "Node") -> str:
    return said(node).removeprefix("$")


def handed(call: "Node") -> "list[Node]":
    arguments = call.child_by_field_name("arguments")
    if arguments is None:
        arguments = next((child for child in call.named_children if child.type == "arguments"), None)
    found = []
    for part in arguments.named_children if arguments is not None else ():
        found += part.named_children[-1:] if part.type == "argument" else [part] if part.type != "comment" else []
    return found


def enclosing_call(argument: "Node") -> "Node | None":
    return argument.parent.parent if argument.parent is not None else None


def name_of(call: "Node") -> str:
    function = call.child_by_field_name("function")
    return bare(said(function)).lower() if function is not None else ""


def around(node: "Node", paths: "Paths") -> tuple[str, str]:
    """The texts that a path begins and ends with."""
    if (text := paths.text(node)) is not None:
        return text, text
    if node.type == "variable_name" and (value := paths.values.get(said(node))) is not None and value != node:
        return around(value, paths)
    if node.type == "encapsed_string" and node.named_children:
        first, last = node.named_children[0], node.named_children[-1]
        return (said(first) if first.type in _PIECES else ""), (said(last) if last.type in _PIECES else "")
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if node.type == "binary_expression" and left is not None and right is not None:
        begins = "./" if said(left) == "__DIR__" else around(left, paths)[0]
        return begins, around(right, paths)[1]
    return "", ""


class Paths:
    """Which files expressions mean, where that is written out."""

    def __init__(self, nodes: "list[Node]") -> None:
        given: dict[str, list[Node | None]] = {}
        self.loops: dict[str, Node] = {}
        for node in nodes:
            left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
            if node.type == "assignment_expression" and left is not None:
                for name in [left] if left.type == "variable_name" else inside(left, "variable_name"):
                    given.setdefault(said(name), []).append(right if name == left else None)
            elif node.type == "foreach_statement" and len(node.named_children) > 1:
                over, each = node.named_children[0], node.named_children[1]
                target = each.named_children[-1] if each.type == "pair" else each
                for name in [target] if target.type == "variable_name" else inside(target, "variable_name"):
                    given.setdefault(said(name), []).append(None)
                    self.loops[said(name)] = over
            elif node.type in ("augmented_assignment_expression", "by_ref", "simple_parameter", "catch_clause"):
                for name in inside(node, "variable_name"):
                    given.setdefault(said(name), []).append(None)
        self.values = {name: every[0] for name, every in given.items() if len(every) == 1 and every[0] is not None}
        self.given = given

    def text(self, node: "Node | None", depth: int = 4) -> str | None:
        """What a text is, where it is written out."""
        if node is None or depth == 0:
            return None
        if (text := text_of(node)) is not None:
            return text
        if node.type == "variable_name":
            return self.text(self.values.get(said(node)), depth - 1)
        if node.type == "parenthesized_expression":
            return self.text(node.named_children[0], depth)
        sides = [node.child_by_field_name(side) for side in ("left", "right")]
        if node.type == "binary_expression" and any(
            said(child) == "." for child in node.children if not child.is_named
        ):
            written = [self.path(side, depth - 1) for side in sides]
            return "".join(map(str, written)) if None not in written else None
        return None

    def path(self, node: "Node | None", depth: int = 4) -> str | None:
        """The file that is meant, where it is written out."""
        if node is None or depth == 0:
            return None
        if (text := self.text(node, depth)) is not None:
            return text
        whole = bare(said(node))
        if whole in ("__DIR__", "__FILE__", "getcwd()"):
            return "."
        if re.fullmatch(r"getenv\(\s*['\"]HOME['\"]\s*\)|\$_SERVER\[\s*['\"]HOME['\"]\s*\]", whole):
            return "~"
        if whole in ("STDIN", "STDOUT", "STDERR"):
            return "php://stdin"
        if (
            re.match(r"(?:tempnam\(\s*sys_get_temp_dir\(\)|sys_get_temp_dir\()", whole)
            and node.type != "binary_expression"
        ):
            return "/tmp/own"
        return self.path(self.values.get(said(node)), depth - 1) if node.type == "variable_name" else None

    def listed(self, node: "Node") -> bool:
        """Whether it is one of a list of files, or what the code is given to read."""
        if node.type == "variable_name":
            over = self.loops.get(said(node))
            if over is not None and len(self.given[said(node)]) == 1:
                value = self.values.get(said(over), over)
                plain = value.type == "array_creation_expression" and not any(inside(value, "variable_name"))
                return plain or bool(re.match(r"\\?(?:glob|array_merge\(\s*glob|array_slice\(\s*glob)\(", said(value)))
        return bool(re.fullmatch(r"\$argv\[\d\]|\$\w+->get(?:Pathname|RealPath|Filename)\(\)", said(node)))

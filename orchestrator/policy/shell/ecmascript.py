"""What a tree of JavaScript says: its texts, the names that it gives, the parts that it takes of modules."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from orchestrator.policy.shell import grammar
from orchestrator.policy.shell.grammar import said

if TYPE_CHECKING:
    from tree_sitter import Node

_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,6})\}|(\r?\n)|(.))", re.DOTALL)
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}
_BINDS = {  # where names are given, and the part that holds them
    "variable_declarator": "name", "arrow_function": "parameter", "function_declaration": "name",
    "function_expression": "name", "generator_function_declaration": "name", "class_declaration": "name",
    "class": "name", "catch_clause": "parameter", "for_in_statement": "left", "assignment_expression": "left",
    "augmented_assignment_expression": "left",
}  # fmt: skip


def text_of(node: "Node | None") -> str | None:
    """What a text says; of a template only where nothing is put into it."""
    if node is None or node.type not in ("string", "template_string"):
        return None
    if any(child.type == "template_substitution" for child in node.named_children):
        return None
    return _ESCAPE.sub(_letter, said(node)[1:-1])


def _letter(match: re.Match[str]) -> str:
    number = match[1] or match[2] or match[3]
    if number:
        return chr(min(int(number, 16), 0x10FFFF))
    return "" if match[4] else _LETTERS.get(match[5], match[5])


def begins(node: "Node") -> str:
    """The text that an expression begins with."""
    if (text := text_of(node)) is not None:
        return text
    if node.type == "template_string" and node.named_children:
        first = node.named_children[0]
        return said(first) if first.type == "string_fragment" else ""
    left = node.child_by_field_name("left") if node.type == "binary_expression" else None
    return begins(left) if left is not None else ""


def ends(node: "Node") -> str:
    if (text := text_of(node)) is not None:
        return text
    if node.type == "template_string" and node.named_children:
        last = node.named_children[-1]
        return said(last) if last.type == "string_fragment" else ""
    right = node.child_by_field_name("right") if node.type == "binary_expression" else None
    return ends(right) if right is not None else ""


def function_of(node: "Node") -> "Node | None":
    return node.child_by_field_name("function")


def handed(call: "Node") -> "list[Node]":
    arguments = call.child_by_field_name("arguments")
    return [part for part in arguments.named_children if part.type != "comment"] if arguments is not None else []


def last(node: "Node | None") -> str:
    """The name that is called: b of a.b()."""
    while node is not None and node.type == "parenthesized_expression" and node.named_child_count == 1:
        node = node.named_children[0]
    if node is None:
        return ""
    name = node.child_by_field_name("property") if node.type == "member_expression" else node
    return said(name) if name is not None else ""


def names(node: "Node") -> "Iterator[Node]":
    if node.type in ("identifier", "property_identifier"):
        yield node
    yield from grammar.inside(node, "identifier", "property_identifier")


def bound(node: "Node") -> "Iterator[Node]":
    """The names that a node gives to something."""
    if node.type in ("formal_parameters", "import_clause"):
        yield from _patterns(node)
        return
    held = node.child_by_field_name(_BINDS[node.type]) if node.type in _BINDS else None
    if held is not None:
        assigned = node.type in ("assignment_expression", "augmented_assignment_expression")
        if not assigned or held.type in ("identifier", "array_pattern", "object_pattern"):
            yield from _patterns(held)


def _patterns(node: "Node") -> "Iterator[Node]":
    if node.type in ("identifier", "shorthand_property_identifier_pattern"):
        yield node
    elif node.type in ("assignment_pattern", "object_assignment_pattern"):
        left = node.child_by_field_name("left")
        yield from _patterns(left) if left is not None else ()
    elif node.type == "import_specifier":
        name = node.child_by_field_name("alias") or node.child_by_field_name("name")
        yield from _patterns(name) if name is not None else ()
    elif node.type not in ("member_expression", "subscript_expression", "computed_property_name"):
        for child in node.named_children:
            yield from _patterns(child)


def parts(pattern: "Node", module: str) -> dict[str, str]:
    """const { a, b: c } = module"""
    found: dict[str, str] = {}
    for child in pattern.named_children:
        if child.type == "shorthand_property_identifier_pattern":
            found[said(child)] = module if (module, said(child)) == ("fs", "promises") else f"{module}.{said(child)}"
        elif child.type == "pair_pattern":
            key, value = child.child_by_field_name("key"), child.child_by_field_name("value")
            if key is not None and value is not None:
                part = module if (module, said(key)) == ("fs", "promises") else f"{module}.{said(key)}"
                found |= {said(value): part} if value.type == "identifier" else parts(value, part)
    return found


def imported(statement: "Node", module: str) -> dict[str, str]:
    module = "fs" if module == "fs/promises" else module
    found: dict[str, str] = {}
    for child in grammar.inside(statement, "import_specifier", "import_clause", "namespace_import"):
        if child.type == "import_specifier":
            name, alias = child.child_by_field_name("name"), child.child_by_field_name("alias")
            if name is not None:
                found[said(alias or name)] = (
                    module if said(name) in ("default", "promises") else f"{module}.{said(name)}"
                )
        else:
            found |= {said(name): module for name in child.named_children if name.type == "identifier"}
    return found


def within(node: "Node", *kinds: str) -> bool:
    above = node.parent
    while above is not None and above.type not in kinds:
        above = above.parent
    return above is not None


def texts_of(nodes: "list[Node]") -> "dict[Node, str]":
    """Every text, and the plain pieces of those into which something is put."""
    whole = {node: text for node in nodes if (text := text_of(node)) is not None}
    pieces = {
        node: said(node)
        for node in nodes
        if node.type == "string_fragment" and node.parent is not None and node.parent.type == "template_string"
    }
    every = whole | {node: text for node, text in pieces.items() if node.parent not in whole}
    return dict(sorted(every.items(), key=lambda one: one[0].start_byte))


def key_of(pair: "Node") -> str:
    key = pair.child_by_field_name("key")
    return said(key) if key is not None and key.type == "property_identifier" else ""

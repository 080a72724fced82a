"""What the names of JavaScript stand for: modules and parts of them, files, texts that could be put together."""

import posixpath
from collections import Counter
from typing import TYPE_CHECKING

from orchestrator.policy.shell import nodejs
from orchestrator.policy.shell.ecmascript import bound, function_of, handed, imported, last, parts, text_of, texts_of
from orchestrator.policy.shell.grammar import said

if TYPE_CHECKING:
    from tree_sitter import Node


class Meanings:
    def __init__(self, nodes: "list[Node]") -> None:
        self.nodes = nodes
        self.texts = texts_of(nodes)
        self.bound = Counter(said(name) for node in nodes for name in bound(node))
        self.modules = self._modules()
        self.values = self._values()

    def _modules(self) -> dict[str, str]:
        """Names that stand for a module, or a part of one: `const { readFileSync: r } = require("fs")`."""
        found: dict[str, str] = {}
        self.modules = found
        for node in self.nodes:
            if node.type == "variable_declarator" and (value := node.child_by_field_name("value")) is not None:
                name = node.child_by_field_name("name")
                if name is None or (module := self.meant(value)) is None:
                    continue
                found |= {said(name): module} if name.type == "identifier" else parts(name, module)
            elif node.type == "call_expression" and (taken := self.handed_on(node)) is not None:
                module = self.meant((function_of(node) or node).child_by_field_name("object"))
                if module is not None:
                    found |= {said(taken): module} if taken.type == "identifier" else parts(taken, module)
            elif node.type == "import_statement" and (source := node.child_by_field_name("source")) is not None:
                found |= imported(node, (text_of(source) or "").removeprefix("node:"))
        return found

    def handed_on(self, call: "Node") -> "Node | None":
        """The name that `import("fs").then(fs => …)` gives to the module."""
        function, given = function_of(call), handed(call)
        if function is None or last(function) != "then" or len(given) != 1 or given[0].type != "arrow_function":
            return None
        if (only := given[0].child_by_field_name("parameter")) is not None:
            return only
        listed = given[0].child_by_field_name("parameters")
        several = listed.named_children if listed is not None else []
        plain = len(several) == 1 and several[0].type in ("identifier", "object_pattern")
        return several[0] if plain else None

    def _values(self) -> dict[str, "Node"]:
        """What a name is given once."""
        return {
            said(name): value
            for node in self.nodes
            if node.type == "variable_declarator"
            and (name := node.child_by_field_name("name")) is not None
            and (value := node.child_by_field_name("value")) is not None
            and name.type == "identifier"
            and self.bound[said(name)] == 1
        }

    def meant(self, node: "Node | None") -> str | None:
        """The module, or the part of one, that an expression stands for."""
        if node is None:
            return None
        if node.type in ("await_expression", "parenthesized_expression") and node.named_child_count == 1:
            return self.meant(node.named_children[0])
        if node.type == "identifier":
            return self.modules.get(said(node))
        if node.type == "member_expression":
            of, name = self.meant(node.child_by_field_name("object")), node.child_by_field_name("property")
            if of is None or name is None:
                return None
            return of if (of, said(name)) == ("fs", "promises") or said(name) == "default" else f"{of}.{said(name)}"
        if node.type == "call_expression":
            function, given = function_of(node), handed(node)
            if function is not None and said(function) in ("require", "import") and len(given) == 1:
                module = (text_of(given[0]) or "").removeprefix("node:")
                return "fs" if module == "fs/promises" else module or None
        return None

    def hides(self) -> bool:
        """Whether a name could be put together that leads to the roots."""
        whole = "".join(self.texts.values())
        return any(name in way for name in nodejs.LEADING for way in (whole, whole[::-1])) or self.decodes()

    def decodes(self) -> bool:
        """Whether it makes texts out of numbers, or of texts that are written otherwise."""
        spelt = (said(node) for node in self.nodes if node.type in ("identifier", "property_identifier"))
        encoded = (node for node, text in self.texts.items() if text in nodejs.ENCODINGS)
        return not nodejs.DECODES.isdisjoint(spelt) or any(not _tells(node) for node in encoded)

    def path(self, node: "Node | None", depth: int = 3) -> str | None:
        """The file that is meant, where it is written out."""
        if node is None or depth == 0:
            return None
        if (text := text_of(node)) is not None:
            return text if "://" not in text else None
        if node.type == "number" and said(node) in ("0", "1", "2"):
            return "/dev/stdin"
        if said(node) in ("__dirname", "__filename", "process.cwd()"):
            return "."
        if node.type == "identifier":
            return self.path(self.values.get(said(node)), depth - 1)
        sides = [node.child_by_field_name(name) for name in ("left", "right")]
        if node.type == "binary_expression" and (sign := node.child_by_field_name("operator")) and said(sign) == "+":
            written = [self.path(side, depth - 1) for side in sides]
            return "".join(map(str, written)) if None not in written else None
        if self.joins(node):
            written = [self.path(part, depth - 1) for part in handed(node)]
            return posixpath.join(*map(str, written)) if written and None not in written else None
        return None

    def of_paths(self, name: "Node") -> bool:
        """join of path.join"""
        return self.meant(name.parent) in nodejs.JOINS

    def joins(self, node: "Node") -> bool:
        return node.type == "call_expression" and self.meant(function_of(node)) in nodejs.JOINS


def _tells(encoding: "Node") -> bool:
    """digest("hex"): what is worked out is told in it, and nothing is read from it."""
    call = encoding.parent.parent if encoding.parent is not None and encoding.parent.type == "arguments" else None
    name = last(function_of(call)) if call is not None else ""
    return name == "digest" or (name == "toString" and call is not None and "from" not in said(call))

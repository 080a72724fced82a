"""JavaScript written inside a command: roots known, branches free.

What it could harm with comes from a closed set of roots: the globals of node, the modules that it requires, and the
few names that lead from any value to these (`constructor`). A property of what is harmless has whatever name it likes.
Covers: code that calculates, reads and writes files, starts programs named plainly, and serves itself on loopback.
Names that are put together while it runs, other modules and the network are a doubt. Does not cover scripts:
`node build.js`.
"""

import posixpath
import re
from typing import TYPE_CHECKING

from orchestrator.policy.shell import grammar, nodejs
from orchestrator.policy.shell.ecmascript import (
    begins,
    ends,
    function_of,
    handed,
    last,
    names,
    number,
    text_of,
    within,
)
from orchestrator.policy.shell.grammar import Opened, Reading, said
from orchestrator.policy.shell.meanings import Meanings
from orchestrator.policy.shell.programs import known as is_program

if TYPE_CHECKING:
    from tree_sitter import Node

_GRAMMAR = grammar.Grammar("tree_sitter_javascript")


def read(code: str) -> Reading:
    """What the code does; see `Reading.doubt` for what is not known of it."""
    root = None if nodejs.HIDDEN.search(code) else _GRAMMAR.tree(code)
    nodes = grammar.walked(root) if root is not None else None
    return _Read(nodes).reading() if nodes else Reading("it cannot be read for certain")


class _Doubt(Exception):
    """Some part of the code is not known to be harmless."""


class _Read:
    def __init__(self, nodes: "list[Node]") -> None:
        self.nodes = nodes
        self.meanings = Meanings(nodes)
        self.meant, self.bound, self.modules = self.meanings.meant, self.meanings.bound, self.meanings.modules
        self.calls = {function_of(node): node for node in nodes if node.type == "call_expression"}
        self.serves = any((self.meant(node) or "").endswith(".createServer") for node in nodes)
        self.texts = dict(self.meanings.texts)
        self.opened: list[Opened] = []
        self.commands: list[str | tuple[str, ...]] = []
        reading = [node for function, node in self.calls.items() if self._reads(function)]
        self.read = {said(path) for node in reading for path in handed(node)[:1]}  # as it is written down

    def _reads(self, function: "Node | None") -> bool:
        return (self.meant(function) or "").startswith("fs.") and last(function) in nodejs.READS

    def reading(self) -> Reading:
        try:
            for node in self.nodes:
                self.look(node)
        except _Doubt as doubt:
            return Reading(str(doubt), texts=tuple(self.meanings.texts.values()))
        return Reading("", tuple(self.opened), tuple(self.commands), tuple(self.texts.values()))

    def look(self, node: "Node") -> None:
        kind = node.type
        if kind.endswith("identifier") and "\\" in said(node):
            raise _Doubt("it writes a name in escapes")
        if kind in ("identifier", "shorthand_property_identifier"):
            self.name(node)
        elif kind in ("property_identifier", "shorthand_property_identifier_pattern"):
            self.property(node)
        elif kind == "subscript_expression":
            self.subscript(node)
        elif kind in ("call_expression", "new_expression"):
            self.call(node)
        elif kind in ("while_statement", "do_statement", "for_statement"):
            _ends(node)
        elif kind == "binary_expression":
            _counts(node)
        elif kind == "this" and not _of_object(node):
            raise _Doubt("it uses this")
        elif kind == "computed_property_name" and node.parent is not None and node.parent.type == "pair_pattern":
            raise _Doubt("which name it uses is known only when it runs")
        elif kind == "import_statement":
            self.module((text_of(node.child_by_field_name("source")) or "").removeprefix("node:"))
        elif kind in ("with_statement", "debugger_statement", "decorator"):
            raise _Doubt(f"it uses {kind.partition('_')[0]}")

    def name(self, node: "Node") -> None:
        name = said(node)
        if name == "require":
            self.required(node)
        elif name == "process":
            self.of_process(node)
        elif name == "fetch":
            self.fetched(node)
        elif name == "arguments" and not within(
            node, "function_declaration", "function_expression", "method_definition"
        ):
            raise _Doubt("it uses arguments")
        elif name in self.modules:
            if self.bound[name] > 1 and self.modules[name].partition(".")[0] in nodejs.RULED_MODULES:
                raise _Doubt(f"it gives {name} another meaning")
            self.part(node)
        elif (
            name in nodejs.NEVER
            or (name in nodejs.RULED and self.bound[name])
            or (name not in nodejs.GLOBALS and not self.bound[name] and not _is_label(node))
        ):
            raise _Doubt(f"it uses {name}")

    def required(self, node: "Node") -> None:
        parent = node.parent
        if self.bound["require"]:
            raise _Doubt("it changes require")
        if parent is not None and said(parent) in ("require.main", "require.resolve"):
            return
        call = self.calls.get(node)
        module = self.meant(call)
        if call is None or module is None:
            raise _Doubt("which module it requires is known only when it runs")
        self.module(module)
        self.part(call)

    def module(self, module: str) -> None:
        name = "fs" if module == "fs/promises" else module
        if name.startswith("./") and ".." not in name:
            if not name.endswith(".json"):
                self.own()
        elif name not in nodejs.MODULES | {"fs", "child_process"} and not (name in nodejs.SERVES and self.serves):
            raise _Doubt(f"it requires {module}")

    def own(self) -> None:
        """The project's own code, which could do anything with a command or an address."""
        for text in self.texts.values():
            program, _, behind = text.partition(" ")
            if nodejs.FAR.match(text) or (behind and is_program(program)):
                raise _Doubt("it hands a command or an address to other code")
        called = [said(name) for node in self.calls if node is not None for name in names(node)]
        if lost := next(
            (name for name in called if nodejs.LOSES.match(name) and name not in ("delete", "remove")), None
        ):
            raise _Doubt(f"{lost} may throw data away")

    def part(self, node: "Node") -> None:
        """A module, or a part of it, is used as such: called, or taken apart, and not handed on."""
        while (parent := node.parent) is not None and parent.type in (
            "member_expression",
            "await_expression",
            "parenthesized_expression",
        ):
            if parent.type == "member_expression" and parent.child_by_field_name("object") != node:
                return
            node = parent
        module = self.meant(node) or ""
        root = module.partition(".")[0]
        if root not in nodejs.RULED_MODULES:
            return
        if parent is not None and parent.type in (
            "variable_declarator",
            "import_specifier",
            "import_clause",
            "namespace_import",
        ):
            return
        if parent is not None and parent.type == "call_expression" and parent.child_by_field_name("function") == node:
            self.called(module, parent)
        elif module.partition(".")[2] != "constants" and not _reads_a_fact(module):
            raise _Doubt(f"it hands {module} on")

    def of_process(self, node: "Node") -> None:
        parent = node.parent
        name = _property(parent)
        if self.bound["process"] or parent is None or name not in nodejs.PROCESS:
            raise _Doubt("it uses process")
        variable = _property(parent.parent) if name == "env" else "HOME"
        if not variable or nodejs.SECRET.search(variable):
            raise _Doubt("it uses process.env")

    def fetched(self, node: "Node") -> None:
        call = self.calls.get(node)
        given = handed(call) if call is not None else []
        if not (self.serves and given and nodejs.LOOPBACK.match(begins(given[0]))):
            raise _Doubt("it uses fetch")

    def property(self, node: "Node") -> None:
        parent = node.parent
        written = parent is not None and parent.type in ("pair", "method_definition", "field_definition")
        if said(node) in nodejs.NEVER and not written:
            raise _Doubt(f"it uses .{said(node)}")

    def subscript(self, node: "Node") -> None:
        index, of = node.child_by_field_name("index"), node.child_by_field_name("object")
        if (self.meant(of) or "").partition(".")[0] in nodejs.RULED_MODULES or (
            of is not None and said(of) in ("process", "module", "this")
        ):
            raise _Doubt("which name it uses is known only when it runs")
        text = text_of(index)
        if text is not None and text in nodejs.NEVER:
            raise _Doubt(f"it uses {text}")
        looked_up = text is None and index is not None and index.type != "number"
        if looked_up and self.meanings.hides():
            raise _Doubt("which name it uses is known only when it runs")

    # What is called

    def call(self, node: "Node") -> None:
        function = node.child_by_field_name("function") or node.child_by_field_name("constructor")
        if function is None:
            return
        if function.type == "subscript_expression" and self.meanings.hides():
            raise _Doubt("what it calls is known only when it runs")
        if function.type == "import":
            module = self.meant(node)
            if module is None:
                raise _Doubt("which module it imports is known only when it runs")
            self.module(module)
            self.part(node)
        if self.meanings.joins(node) and (path := self.meanings.path(node)) is not None:
            for part in handed(node):
                self.texts.pop(part, None)  # what they are together is looked at
            self.texts[node] = path
        if last(function) == "Worker" and not (handed(node) and said(handed(node)[0]) == "__filename"):
            raise _Doubt("which code it starts is known only when it runs")
        if last(function) in nodejs.MANY and any(number(part) >= nodejs.HUGE for part in handed(node)):
            raise _Doubt("it takes more memory than there is")

    def called(self, module: str, call: "Node") -> None:
        root, _, name = module.partition(".")
        given = handed(call)
        if root == "child_process":
            self.started(name, given)
        elif root in nodejs.SERVES:
            own = bool(given) and (nodejs.LOOPBACK.match(begins(given[0])) or "127.0.0.1" in said(given[0]))
            if not (name in ("createServer", "Agent") or (self.serves and own and name in nodejs.CALLS)):
                raise _Doubt(f"it uses {module}")
        elif name in nodejs.READS:
            self.opens("read", given[0] if given else None)
        elif name in nodejs.WRITES:
            self.writes(name, given)
        elif name in nodejs.COPIES and len(given) > 1:
            self.opens("read", given[0])
            self.writes(name, given[1:2])
        elif name in nodejs.DELETES:
            self.deletes(name, given)
        else:
            raise _Doubt(f"it uses {module}")

    def started(self, name: str, given: "list[Node]") -> None:
        program = text_of(given[0]) if given else None
        if (
            name not in nodejs.STARTS
            or program is None
            or any("shell" in said(part) and part.type == "object" for part in given[1:])
        ):
            raise _Doubt("which program it starts is known only when it runs")
        if name in ("exec", "execSync"):
            self.commands.append(program)
            return
        words: list[str | None] = [program]
        if len(given) > 1 and given[1].type == "array":
            words += [text_of(part) for part in given[1].named_children]
        if None in words:
            raise _Doubt("what it tells a program is known only when it runs")
        self.commands.append(tuple(word for word in words if word is not None))

    def opens(self, mode: str, node: "Node | None") -> None:
        path = self.meanings.path(node)
        if path is not None:
            self.opened.append(Opened(mode, path))
        elif node is None or grammar.pieced(self.meanings.texts.values()) or self.meanings.decodes():
            raise _Doubt("which file it means is known only when it runs")

    def writes(self, name: str, given: "list[Node]") -> None:
        """A name that is put together is one of a new file, or of one that was read and is edited."""
        node = given[0] if given else None
        path = self.meanings.path(node)
        if node is None or path is not None or "mkdir" in name or "mkdtemp" in name:
            self.opens("write", node)
            return
        self.opens("write", node)
        value = self.meanings.values.get(said(node), node)
        begun = handed(value)[0] if self.meanings.joins(value) and handed(value) else value
        edited = said(node) in self.read and len(given) > 1 and text_of(given[1]) is None
        listed = {posixpath.normpath(one.path) for one in self.opened if one.mode == "read"}
        folder = posixpath.normpath(posixpath.dirname(begins(begun)) or ".")
        new = folder not in {".", *listed} or re.fullmatch(r".*\.\w+", ends(value))
        if not (edited or new):
            raise _Doubt("which file it writes is known only when it runs")

    def deletes(self, name: str, given: "list[Node]") -> None:
        node = given[0] if given else None
        path = self.meanings.path(node)
        own = self.meanings.values.get(said(node)) if node is not None else None
        made = (
            own is not None and own.type == "call_expression" and last(function_of(own)) in ("mkdtempSync", "mkdtemp")
        )
        if made and name not in ("rename", "renameSync"):
            return
        if path is None or name in ("rename", "renameSync"):
            raise _Doubt("it deletes or moves files")
        self.opened.append(Opened("delete", path))


def _property(node: "Node | None") -> str:
    """b of a.b"""
    name = node.child_by_field_name("property") if node is not None and node.type == "member_expression" else None
    return said(name) if name is not None else ""


def _reads_a_fact(module: str) -> bool:
    return module.endswith((".sep", ".EOL", ".STATUS_CODES", ".METHODS", ".F_OK", ".R_OK"))


def _is_label(node: "Node") -> bool:
    parent = node.parent
    return parent is not None and parent.type in ("meta_property", "import_specifier", "export_specifier")


def _of_object(node: "Node") -> bool:
    """Whether `this` is an object of the code itself, or only a property of it is used."""
    above = node.parent
    used = above is not None and above.type == "member_expression"
    return used or within(node, "class_body", "method_definition", "object")


def _ends(loop: "Node") -> None:
    condition = loop.child_by_field_name("condition")
    test = said(condition).strip("();! \n") if condition is not None else ""
    if test in ("", "true", "1", "0", "false") or condition is None:
        body = loop.child_by_field_name("body")
        if body is None or not any(
            grammar.inside(loop, "break_statement", "return_statement", "throw_statement", "await_expression")
        ):
            raise _Doubt("it never ends")
    elif any(number(part) >= nodejs.HUGE for part in grammar.inside(condition, "number", "binary_expression")):
        raise _Doubt("it takes longer than anybody waits")


def _counts(node: "Node") -> None:
    operator, right = node.child_by_field_name("operator"), node.child_by_field_name("right")
    if operator is not None and right is not None and said(operator) in ("**", "<<") and number(right) > 10**4:
        raise _Doubt("it takes longer than anybody waits")

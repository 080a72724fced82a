"""JavaScript written inside a command: roots known, branches free.

What it could harm with comes from a closed set of roots: the globals of node, the modules that it requires, and the
few names that lead from any value to these (`constructor`). A property of what is harmless has whatever name it likes.
Covers: code that calculates, reads and writes files, starts programs named plainly, and serves itself on loopback.
Names that are put together while it runs, other modules and the network are a doubt. Does not cover scripts:
`node build.js`.
"""

import re
from typing import TYPE_CHECKING

from orchestrator.policy.shell import grammar, nodejs
from orchestrator.policy.shell.ecmascript import (
    begins,
    ends,
    function_of,
    handed,
    key_of,
    last,
    names,
    text_of,
    within,
)
from orchestrator.policy.shell.grammar import HUGE, Doubt, Effects, Reading, number, said
from orchestrator.policy.shell.meanings import Meanings

if TYPE_CHECKING:
    from tree_sitter import Node

_GRAMMAR = grammar.Grammar("tree_sitter_javascript")


def read(code: str) -> Reading:
    """What the code does; see `Reading.doubt` for what is not known of it."""
    root = None if nodejs.HIDDEN.search(code) else _GRAMMAR.tree(code)
    nodes = grammar.walked(root) if root is not None else None
    return _Read(nodes).reading() if nodes else Reading("it cannot be read for certain")


class _Read(Effects):
    def __init__(self, nodes: "list[Node]") -> None:
        self.nodes = nodes
        self.meanings = Meanings(nodes)
        used = {said(node) for node in nodes if node.type == "property_identifier" and not self.meanings.of_paths(node)}
        super().__init__(dict(self.meanings.texts), self.meanings.decodes(), bool(nodejs.EDITS & used))
        self.meant, self.bound, self.modules = self.meanings.meant, self.meanings.bound, self.meanings.modules
        self.calls = {function_of(node): node for node in nodes if node.type == "call_expression"}
        self.serves = any((self.meant(node) or "").endswith(".createServer") or _listens(node) for node in nodes)
        self.looks_up = any(map(_looks_up, nodes))
        left = {"break_statement", "return_statement", "array_pattern"} & {
            node.type for node in nodes
        } or "next" in used
        self.leaves = ("break_statement", "return_statement", "throw_statement", "await_expression") + (
            ("yield_expression",) if left else ()  # somebody takes some of what is yielded
        )
        reading = [node for function, node in self.calls.items() if self._reads(function)]
        self.read = {said(path) for node in reading for path in handed(node)[:1]}  # as it is written down

    def _reads(self, function: "Node | None") -> bool:
        return (self.meant(function) or "").startswith("fs.") and last(function) in nodejs.READS

    def reading(self) -> Reading:
        try:
            for node in self.nodes:
                self.look(node)
            self.settled()
        except Doubt as doubt:
            return Reading(str(doubt), texts=tuple(self.meanings.texts.values()))
        return Reading("", tuple(self.opened), tuple(self.commands), tuple(self.texts.values()))

    def look(self, node: "Node") -> None:
        kind = node.type
        if kind.endswith("identifier") and "\\" in said(node):
            raise Doubt("it writes a name in escapes")
        if kind in ("identifier", "shorthand_property_identifier"):
            self.name(node)
        elif kind in ("property_identifier", "shorthand_property_identifier_pattern"):
            self.property(node)
        elif kind == "subscript_expression":
            self.subscript(node)
        elif kind in ("call_expression", "new_expression"):
            self.call(node)
        elif kind in ("while_statement", "do_statement", "for_statement"):
            body = node.child_by_field_name("body")
            grammar.ends(node.child_by_field_name("condition"), body, *self.leaves)
        elif kind == "binary_expression":
            _counts(node)
        elif kind == "this" and not (_of_object(node) or (_passed_on(node) and not self.looks_up)):
            raise Doubt("it uses this")
        elif kind == "computed_property_name" and node.parent is not None and node.parent.type == "pair_pattern":
            raise Doubt("which name it uses is known only when it runs")
        elif kind in ("import_statement", "export_statement") and node.child_by_field_name("source") is not None:
            self.module((text_of(node.child_by_field_name("source")) or "").removeprefix("node:"))
        elif kind in ("with_statement", "debugger_statement", "decorator"):
            raise Doubt(f"it uses {kind.partition('_')[0]}")

    def name(self, node: "Node") -> None:
        name = said(node)
        if name == "require":
            self.required(node)
        elif name == "process":
            self.of_process(node)
        elif name == "fetch":
            self.fetched(node)
        elif name == "Reflect":
            if _property(node.parent) not in nodejs.REFLECTS or self.meanings.hides():
                raise Doubt("it uses Reflect")
        elif name in ("Function", "eval") and not self.bound[name]:
            self.evaluated(node)
        elif name == "arguments" and not within(
            node, "function_declaration", "function_expression", "method_definition"
        ):
            raise Doubt("it uses arguments")
        elif name in self.modules:
            if self.bound[name] > 1 and self.modules[name].partition(".")[0] in nodejs.RULED_MODULES:
                raise Doubt(f"it gives {name} another meaning")
            self.part(node)
        elif (
            name in nodejs.NEVER
            or (name in nodejs.RULED and self.bound[name])
            or (name not in nodejs.GLOBALS and not self.bound[name] and not _is_label(node))
        ):
            raise Doubt(f"it uses {name}")

    def required(self, node: "Node") -> None:
        parent = node.parent
        if self.bound["require"]:
            raise Doubt("it changes require")
        if parent is not None and said(parent) in ("require.main", "require.resolve"):
            return
        call = self.calls.get(node)
        module = self.meant(call)
        if call is None or module is None:
            raise Doubt("which module it requires is known only when it runs")
        self.module(module)
        self.part(call)

    def module(self, module: str) -> None:
        name = "fs" if module == "fs/promises" else module
        if name.startswith("./") and ".." not in name:
            if not name.endswith(".json"):
                self.owns(said(name) for node in self.calls if node is not None for name in names(node))
        elif name not in nodejs.MODULES | {"fs", "child_process"} and not (name in nodejs.SERVES and self.serves):
            raise Doubt(f"it requires {module}")

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
        if parent is not None and parent.type in nodejs.NAMED and parent.child_by_field_name("body") != node:
            return
        if parent is not None and parent.type == "call_expression" and parent.child_by_field_name("function") == node:
            self.called(module, parent)
        elif module.partition(".")[2] != "constants" and not _reads_a_fact(module):
            raise Doubt(f"it hands {module} on")

    def of_process(self, node: "Node") -> None:
        parent = node.parent
        name = _property(parent)
        if self.bound["process"] or parent is None or name not in nodejs.PROCESS:
            raise Doubt("it uses process")
        variable = _property(parent.parent) if name == "env" else "HOME"
        if not variable or nodejs.SECRET.search(variable):
            raise Doubt("it uses process.env")

    def fetched(self, node: "Node") -> None:
        call = self.calls.get(node)
        given = handed(call) if call is not None else []
        if not (self.serves and given and _is_near(given[0])):
            raise Doubt("it uses fetch")

    def property(self, node: "Node") -> None:
        parent = node.parent
        written = parent is not None and parent.type in ("pair", "method_definition", "field_definition")
        written = written or (said(node) == "constructor" and parent is not None and _property(parent.parent) == "name")
        if said(node) in nodejs.LISTS and (self.looks_up or self.meanings.hides()):
            raise Doubt("which name it uses is known only when it runs")
        if (said(node) in nodejs.NEVER or said(node) in nodejs.OF_MODULES) and not written:
            raise Doubt(f"it uses .{said(node)}")
        if said(node) == "length" and parent is not None and number(parent.named_children[-1]) >= HUGE:
            raise Doubt("it takes more memory than there is")

    def subscript(self, node: "Node") -> None:
        index, of = node.child_by_field_name("index"), node.child_by_field_name("object")
        if (self.meant(of) or "").partition(".")[0] in nodejs.RULED_MODULES or (
            of is not None and said(of) in ("process", "module", "this")
        ):
            raise Doubt("which name it uses is known only when it runs")
        text = text_of(index)
        if text is not None and text in nodejs.NEVER:
            raise Doubt(f"it uses {text}")
        if _looks_up(node) and self.meanings.hides():
            raise Doubt("which name it uses is known only when it runs")

    def evaluated(self, node: "Node") -> None:
        """Code out of texts that are written out is code like the rest."""
        made = node.parent
        texts = [text_of(part) for part in handed(made)] if made is not None else []
        called = made is not None and node in (function_of(made), made.child_by_field_name("constructor"))
        if not called or not texts or None in texts or (len(texts) > 1 and said(node) == "eval"):
            raise Doubt(f"it uses {said(node)}")
        *parameters, body = (str(text) for text in texts)
        self.runs(f"(function ({', '.join(parameters)}) {{{body}}})" if said(node) == "Function" else body)

    def works(self, given: "list[Node]") -> None:
        """Another thread runs this code again, or code that is written out."""
        code = text_of(given[0]) if len(given) > 1 and "eval: true" in said(given[1]) else None
        if code is not None:
            self.runs(code)
        elif not given or said(given[0]) != "__filename":
            raise Doubt("which code it starts is known only when it runs")

    def runs(self, code: str) -> None:
        inner = read(code)
        if inner.doubt:
            raise Doubt(inner.doubt)
        self.opened += inner.opened
        self.commands += inner.commands

    def listening(self, node: "Node") -> None:
        if _listens(node) and any(text_of(part) in ("0.0.0.0", "::") for part in handed(node)):
            raise Doubt("it answers everybody")

    def call(self, node: "Node") -> None:
        function = node.child_by_field_name("function") or node.child_by_field_name("constructor")
        if function is None:
            return
        if function.type == "subscript_expression" and self.meanings.hides():
            raise Doubt("what it calls is known only when it runs")
        if function.type == "import":
            module = self.meant(node)
            if module is None:
                raise Doubt("which module it imports is known only when it runs")
            self.module(module)
            self.part(node)
        if self.meanings.joins(node) and (path := self.meanings.path(node)) is not None:
            for part in handed(node):
                self.texts.pop(part, None)  # what they are together is looked at
            self.texts[node] = path
        self.of_others(function, handed(node))
        self.listening(node)
        if (self.meant(function) or last(function)).endswith("Worker"):
            self.works(handed(node))
        if last(function) in nodejs.MANY and any(number(part) >= HUGE for part in handed(node)):
            raise Doubt("it takes more memory than there is")

    def of_others(self, function: "Node", given: "list[Node]") -> None:
        """What modules of others do with files, and with texts that they run."""
        name, paths = last(function), [path for part in given if (path := self.meanings.path(part))]
        opens = nodejs.OPENS_FILES.fullmatch(name)
        if opens and (self.meant(function) or "").partition(".")[0] not in nodejs.RULED_MODULES:
            self.opened += [grammar.Opened(nodejs.OPENS_AS.get(opens["mode"], "read"), path) for path in paths]
            if not paths and given and nodejs.OPENS_AS.get(opens["mode"]) == "write":
                self.writes(None, begins(given[0]), ends(given[0]))
            elif not paths and function.type == "member_expression":
                raise Doubt("which file it means is known only when it runs")
        texts = [text for text in self.texts.values() if nodejs.TEMPLATE.search(text)]
        leads = any(name in text for text in texts for name in nodejs.NEVER | {"<%"})
        if name in ("template", "compile", "render") and leads:
            raise Doubt("it runs a template")

    def called(self, module: str, call: "Node") -> None:
        root, _, name = module.partition(".")
        given = handed(call)
        if root == "child_process":
            self.started(name, given)
        elif root in nodejs.SERVES:
            port = name in ("connect", "createConnection") and any(text_of(part) in nodejs.NEAR for part in given[1:2])
            own = port or (bool(given) and _is_near(given[0]))
            if not (name in ("createServer", "Agent") or (self.serves and own and name in nodejs.CALLS)):
                raise Doubt(f"it uses {module}")
        elif name in nodejs.READS:
            path = self.meanings.path(given[0]) if given else None
            self.opens("list" if name in nodejs.LOOKS else "read", path)
            if given and name.startswith(("readdir", "opendir")):
                self.lists_all(path)
        elif name in nodejs.WRITES:
            self.edits_file(name, given)
        elif name in nodejs.COPIES and len(given) > 1:
            self.opens("read", self.meanings.path(given[0]))
            self.edits_file(name, given[1:2])
        elif name in nodejs.DELETES:
            self.removed(name, given)
        elif name != "then" or self.meanings.handed_on(call) is None:
            raise Doubt(f"it uses {module}")

    def started(self, name: str, given: "list[Node]") -> None:
        listed = len(given) > 1 and given[1].type == "array" and name not in ("exec", "execSync")
        for part in given[1 + listed :]:
            self.started_with(part)
        words = given[1].named_children if listed else []
        if name not in nodejs.STARTS or not given:
            raise Doubt("which program it starts is known only when it runs")
        self.starts([text_of(part) for part in [given[0], *words]], shell=name in ("exec", "execSync"))

    def started_with(self, part: "Node") -> None:
        """Where and how a program is started, or what is done when it ends."""
        value = self.meanings.values.get(said(part), part)
        if value.type in ("arrow_function", "function_expression"):
            return
        pairs = value.named_children if value.type == "object" else [value]
        for pair in pairs:
            key, set_to = pair.child_by_field_name("key"), pair.child_by_field_name("value")
            name = said(key) if key is not None and key.type == "property_identifier" else ""
            here = name == "cwd" and self.meanings.path(set_to) == "."
            if pair.type == "comment" or name in nodejs.STARTED_WITH or here:
                continue
            raise Doubt("how it starts a program is not known")

    def edits_file(self, name: str, given: "list[Node]") -> None:
        node = given[0] if given else None
        value = self.meanings.values.get(said(node), node) if node is not None else None
        if node is None or value is None:
            raise Doubt("which file it means is known only when it runs")
        begun = handed(value)[0] if self.meanings.joins(value) and handed(value) else value
        edited = said(node) in self.read and len(given) > 1 and text_of(given[1]) is None
        folder = begins(begun) + ("/" if begun != value and not begins(begun).endswith("/") else "")
        self.writes(self.meanings.path(node), folder, ends(value), edited or "mkdir" in name or "mkdtemp" in name)

    def removed(self, name: str, given: "list[Node]") -> None:
        node = given[0] if given else None
        own = self.meanings.values.get(said(node)) if node is not None else None
        made = last(function_of(own)) if own is not None and own.type == "call_expression" else ""
        if made in ("mkdtempSync", "mkdtemp") and "rename" not in name:
            return
        self.deletes(self.meanings.path(node) if "rename" not in name else None)


def _looks_up(node: "Node") -> bool:
    """Whether a name is used that is put together while it runs."""
    index = node.child_by_field_name("index") if node.type == "subscript_expression" else None
    return index is not None and index.type != "number" and text_of(index) is None


def _listens(node: "Node") -> bool:
    return node.type == "call_expression" and last(function_of(node)) == "listen"


def _is_near(node: "Node") -> bool:
    """Whether what is asked is this machine: an address, or where the host stands."""
    if node.type == "object":
        hosts = [
            part.child_by_field_name("value") for part in node.named_children if key_of(part) in ("host", "hostname")
        ]
        keys = [key_of(part) for part in node.named_children]
        return all(keys) and "socketPath" not in keys and all(text_of(host) in nodejs.NEAR for host in hosts)
    if (text := text_of(node)) is not None:
        return bool(nodejs.LOOPBACK.match(text)) and "@" not in text
    return bool(re.match(nodejs.LOOPBACK.pattern[:-1].replace("|$", "") + ")", begins(node))) and "@" not in said(node)


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


def _passed_on(node: "Node") -> bool:
    """f.apply(this, …)"""
    call = node.parent.parent if node.parent is not None and node.parent.type == "arguments" else None
    return call is not None and last(function_of(call)) in ("apply", "call", "bind")


def _counts(node: "Node") -> None:
    operator, right = node.child_by_field_name("operator"), node.child_by_field_name("right")
    if operator is not None and right is not None and said(operator) in ("**", "<<") and number(right) > 10**4:
        raise Doubt("it takes longer than anybody waits")

"""PHP written inside a command: roots known, branches free.

What it could harm with comes from its functions and classes, from texts that are called, and from what it includes.
Covers: code that calculates, reads and writes files, starts programs named plainly, and includes code of the project.
Does not cover scripts: `php build.php`.
"""

import re
from typing import TYPE_CHECKING

from orchestrator.policy.shell import grammar
from orchestrator.policy.shell import php_roots as roots
from orchestrator.policy.shell.grammar import HUGE, Doubt, Effects, Reading, number, said
from orchestrator.policy.shell.php_tree import (
    Paths,
    around,
    bare,
    enclosing_call,
    handed,
    name_of,
    named,
    texts_of,
    variable,
)

if TYPE_CHECKING:
    from tree_sitter import Node

_GRAMMAR = grammar.Grammar("tree_sitter_php", "language_php_only")
_HIDDEN = re.compile(r"\?>|\r(?!\n)|__halt_compiler|\bdeclare\s*\(\s*(?:ticks|encoding)", re.IGNORECASE)
_CLOSURES = ("anonymous_function", "arrow_function")
_CALLS = ("function_call_expression", "object_creation_expression")
_DOUBTS = {
    "goto_statement": "it may never end", "namespace_definition": "it uses a namespace of its own",
    "reference_assignment_expression": "it gives a variable another name",
    "global_declaration": "it uses global variables",
}  # fmt: skip


def read(code: str) -> Reading:
    """What the code does; see `Reading.doubt` for what is not known of it."""
    root = None if _HIDDEN.search(code) else _GRAMMAR.tree(code)
    nodes = grammar.walked(root) if root is not None else None
    return _Read(nodes).reading() if nodes else Reading("it cannot be read for certain")


class _Read(Effects):
    def __init__(self, nodes: "list[Node]") -> None:
        used = {said(node).lower() for node in nodes if node.type == "name"}
        super().__init__(texts_of(nodes), bool(roots.DECODES & used), bool(roots.EDITS & used))
        self.nodes, self.own = nodes, False
        self.patterns: set[Node] = set()
        self.paths = Paths(nodes)
        self.functions = {named(node, "name").lower() for node in nodes if node.type == "function_definition"}
        kinds = ("class_declaration", "interface_declaration", "trait_declaration", "enum_declaration")
        self.classes = {named(node, "name") for node in nodes if node.type in kinds}
        self.looks = {
            "function_call_expression": self.call, "object_creation_expression": self.creates,
            "member_call_expression": self.method, "nullsafe_member_call_expression": self.method,
            "scoped_call_expression": self.static, "variable_name": self.variable, "base_clause": self.extends,
            "dynamic_variable_name": self.dynamic, "namespace_use_declaration": self.imported,
        }  # fmt: skip

    def reading(self) -> Reading:
        try:
            for node in self.nodes:
                if node.type.startswith(("include", "require")):
                    self.included(node)
            for node in self.nodes:
                self.look(node)
            if self.own:
                self.owns(said(node) for node in self.nodes if node.type == "name")
            self.settled()
        except Doubt as doubt:
            return Reading(str(doubt), texts=tuple(self.texts.values()))
        texts = [text for node, text in self.texts.items() if node not in self.patterns]
        return Reading("", tuple(self.opened), tuple(self.commands), tuple(texts))

    def look(self, node: "Node") -> None:
        kind = node.type
        if kind in _DOUBTS:
            raise Doubt(_DOUBTS[kind])
        if kind in self.looks:
            self.looks[kind](node)
        elif kind in ("while_statement", "do_statement", "for_statement"):
            body = node.child_by_field_name("body") or node
            if not re.search(r"\b(?:die|exit)\b", said(body)):
                grammar.ends(node.child_by_field_name("condition"), body, *roots.LEAVES)
        elif kind == "shell_command_expression":
            self.starts([self.paths.text(node)], shell=True)
        elif kind == "name" and said(node) == "FILTER_CALLBACK":
            raise Doubt("it uses FILTER_CALLBACK")

    # Names

    def variable(self, node: "Node") -> None:
        name, parent = variable(node), node.parent
        if name == "_SERVER" and parent is not None and parent.type == "subscript_expression":
            index = parent.named_children[-1]
            if self.paths.text(index) in roots.SERVER:
                return
        if name == "GLOBALS" or re.fullmatch(r"_[A-Z]+", name):
            raise Doubt(f"it uses ${name}")

    def dynamic(self, node: "Node") -> None:
        """ "${name}" in a text is a plain variable; $$name is none."""
        inner = node.named_children[0] if node.named_children else None
        inside_text = node.parent is not None and node.parent.type in ("encapsed_string", "heredoc_body")
        if not (inside_text and inner is not None and inner.type == "name"):
            raise Doubt("which variable it uses is known only when it runs")

    def imported(self, node: "Node") -> None:
        if re.match(r"use\s+function\b", said(node)):
            raise Doubt("it gives functions other names")
        for name in grammar.inside(node, "qualified_name", "name"):
            if name.parent is not None and name.parent.type != "namespace_name":
                self.kind(said(name))

    def extends(self, node: "Node") -> None:
        for name in node.named_children:
            self.kind(said(name))

    def kind(self, name: str) -> None:
        """A class."""
        plain = name.removeprefix("\\")
        known = plain in self.classes or roots.CLASSES.fullmatch(plain)
        if not known and (not self.own or roots.VENDORS.fullmatch(plain)):
            raise Doubt(f"it uses {name}")

    def included(self, node: "Node") -> None:
        path = self.paths.path(node.named_children[0]) if node.named_children else None
        if path is None or path.startswith(("/", "~")) or ":" in path or not path.endswith(".php") or ".." in path:
            raise Doubt("which code it includes is known only when it runs")
        self.opened.append(grammar.Opened("run", path))
        self.own = True

    # What is called

    def call(self, node: "Node") -> None:
        function = node.child_by_field_name("function")
        if function is None or function.type not in ("name", "qualified_name"):
            self.indirect(function)
            return
        name = bare(said(function)).lower()
        given = handed(node)
        if any(part.type == "variadic_placeholder" for part in given):
            if not self.harmless(name):
                raise Doubt(f"it hands {name} on")
            return
        self.calls_back(name, node, given)
        self.sized(name, given)
        if name.startswith("preg_"):
            self.patterns.update(given[:1])
        known = self.harmless(name) or name in roots.TAKERS or (self.own and not roots.NEVER.fullmatch(name))
        if not self.opens_or_starts(name, given) and not known:
            raise Doubt(f"it uses {name}")

    def indirect(self, function: "Node | None") -> None:
        """$f(…), (function () { … })()"""
        while function is not None and function.type == "parenthesized_expression":
            function = function.named_children[0]
        if function is None or not (function.type in _CLOSURES or self.closure(function)):
            raise Doubt("what it calls is known only when it runs")

    def closure(self, node: "Node") -> bool:
        """A variable that only ever is a function written out here."""
        if node.type != "variable_name":
            return False
        uses = [other for other in self.nodes if other.type == "variable_name" and said(other) == said(node)]
        return all(map(self.is_plain_use, uses)) and any(
            other.parent is not None and other.parent.type == "assignment_expression" for other in uses
        )

    def is_plain_use(self, node: "Node") -> bool:
        parent = node.parent
        if parent is None:
            return False
        if parent.type == "assignment_expression":
            right = parent.child_by_field_name("right")
            made = right is not None and (
                right.type in _CLOSURES
                or (right.type == "function_call_expression" and "variadic_placeholder" in str(right))
            )
            return parent.child_by_field_name("left") == node and made
        if parent.type == "function_call_expression" or parent.type == "anonymous_function_use_clause":
            return True
        call = enclosing_call(parent) if parent.type == "argument" else None
        return call is not None and name_of(call) in roots.TAKERS

    def harmless(self, name: str) -> bool:
        """A function that does nothing to files, and calls nothing that it is handed."""
        if name in self.functions:
            return True
        opening = name in roots.READS or name in roots.WRITES or name in roots.STARTS or name in roots.DELETES
        plain = bool(roots.FAMILIES.fullmatch(name)) or name in roots.NAMES or name in roots.MANY
        return plain and not opening and name not in roots.TAKERS and not roots.UNSAFE_TAKERS.fullmatch(name)

    def calls_back(self, name: str, node: "Node", given: "list[Node]") -> None:
        if roots.UNSAFE_TAKERS.fullmatch(name):
            raise Doubt(f"it uses {name}")
        if name not in roots.TAKERS or name == "is_callable":
            return
        place = roots.TAKERS[name]
        arguments = node.child_by_field_name("arguments")
        keyed = arguments is not None and any(part.child_by_field_name("name") for part in arguments.named_children)
        if keyed or any(part.type == "variadic_unpacking" for part in given):
            raise Doubt("what it calls is known only when it runs")
        for part in given[place:][:1] if place >= 0 else given[place:]:
            self.callback(part)

    def callback(self, part: "Node") -> None:
        text = self.paths.text(part)
        if text is not None and self.harmless(bare(text).lower()):
            return
        methods = part.named_children if part.type == "array_creation_expression" else []
        own = len(methods) == 2 and re.match(r"\$this$|(?:self|static|\w+)::class$", said(methods[0]))
        first_class = part.type == "function_call_expression" and "variadic_placeholder" in str(part)
        if not (part.type in (*_CLOSURES, "null") or first_class or self.closure(part) or own):
            raise Doubt("what it calls is known only when it runs")

    def sized(self, name: str, given: "list[Node]") -> None:
        if name in roots.MANY and any(number(part) >= HUGE for part in given):
            raise Doubt("it takes more memory than there is")
        first = self.paths.text(given[0]) if given else None
        if name.startswith("preg_replace") and first is not None and re.fullmatch(r"(?s)\s*(\W).*\W\w*e\w*", first):
            raise Doubt("it runs what a pattern finds")
        if name == "unserialize" and (first is None or re.search(r"\b[OCE]:\d", first)):
            raise Doubt("it makes objects out of data")
        if name == "assert" and given and given[0].type in ("string", "encapsed_string"):
            raise Doubt("it runs a text")
        if name == "error_log" and len(given) > 1:
            raise Doubt("it writes where errors go")

    def opens_or_starts(self, name: str, given: "list[Node]") -> bool:
        first = given[0] if given else None
        if name in roots.READS:
            self.opens_path("read", first)
            if name in roots.LISTS:
                self.lists_all(self.paths.path(first))
            elif name == "glob":
                self.lists_like(self.paths.path(first))
        elif name == "hash_file":
            self.opens_path("read", given[1] if len(given) > 1 else None)
        elif name in ("fopen", "gzopen"):
            mode = self.paths.text(given[1]) if len(given) > 1 else None
            self.opens_path("read" if mode in ("r", "rb", "rt") else "write", first)
        elif name in roots.WRITES:
            if len(given) > roots.WRITES[name] or name in ("touch", "mkdir", "file_put_contents"):
                self.opens_path("write", given[roots.WRITES[name]] if given else None, name == "mkdir")
        elif name == "copy" and len(given) > 1:
            self.opens_path("read", first)
            self.opens_path("write", given[1])
        elif name in roots.DELETES:
            path = self.paths.path(first)
            if path is None or not path.startswith("/tmp/own"):
                self.deletes(path)
        elif name in roots.STARTS:
            self.starts([self.paths.text(first)], shell=True)
        else:
            return self.environment(name, given)
        return True

    def environment(self, name: str, given: "list[Node]") -> bool:
        told = self.paths.text(given[0]) if given else None
        if name == "getenv":
            return told is not None and not roots.SECRET.search(told)
        if name == "ini_set":
            return told in roots.SETTINGS
        if name == "tempnam":
            return True
        return name == "error_log"

    def opens_path(self, mode: str, node: "Node | None", edited: bool = False) -> None:
        path = self.paths.path(node)
        if path is not None and roots.STREAMS.fullmatch(path):
            return
        if path is not None and re.match(r"\w+:", path):
            raise Doubt("it opens an address")
        begins, ends = around(node, self.paths) if node is not None else ("", "")
        plain = re.match(r"[\w.-]*/|\.", begins) or (node is not None and self.paths.listed(node))
        if path is None and not plain:
            raise Doubt("which file it means is known only when it runs")
        if mode == "write":
            self.writes(path, begins, ends, edited)
        else:
            self.opens(mode, path)

    def creates(self, node: "Node") -> None:
        named_kinds = [child for child in node.named_children if child.type in ("name", "qualified_name")]
        if not named_kinds:
            if not any(child.type == "anonymous_class" for child in node.named_children):
                raise Doubt("which class it uses is known only when it runs")
            return
        name, given = said(named_kinds[0]).removeprefix("\\"), handed(node)
        if name in roots.OPENING_CLASSES:
            mode = self.paths.text(given[1]) if name == "SplFileObject" and len(given) > 1 else "r"
            self.opens_path("read" if mode == "r" else "write", given[0] if given else None)
            if name in roots.LISTS:
                self.lists_all(self.paths.path(given[0]) if given else None)
        elif name in ("CallbackFilterIterator", "RecursiveCallbackFilterIterator", "Fiber"):
            for part in given[name != "Fiber" :][:1]:
                self.callback(part)
        elif name == "PDO" and given and self.paths.text(given[0]) == "sqlite::memory:":
            return
        else:
            self.kind(name)
        if name == "SimpleXMLElement" and len(given) > 1:
            raise Doubt("it opens an address")

    def method(self, node: "Node") -> None:
        name = node.child_by_field_name("name")
        given = handed(node)
        if name is None or name.type != "name":
            raise Doubt("what it calls is known only when it runs")
        called = said(name).lower()
        if called in roots.NEVER_METHODS:
            raise Doubt(f"it uses {said(name)}")
        if called in ("uasort", "uksort", "map", "filter", "reduce", "sort") and given and called.startswith("u"):
            self.callback(given[0])
        elif called in ("load", "loadhtmlfile", "schemavalidate", "relaxngvalidate") and given and not self.own:
            self.opens_path("read", given[0])
        elif (called in ("save", "savehtmlfile", "asxml") and given and not self.own) or (
            called == "savexml" and given and any("simplexml" in said(one).lower() for one in self.nodes[:1])
        ):
            self.opens_path("write", given[0])

    def static(self, node: "Node") -> None:
        scope, name = node.child_by_field_name("scope"), node.child_by_field_name("name")
        if scope is None or name is None or name.type != "name" or scope.type not in (
            "name", "qualified_name", "relative_scope"
        ):  # fmt: skip
            raise Doubt("what it calls is known only when it runs")
        self.kind(said(scope))
        if said(name).lower() == "fromcallable":
            for part in handed(node)[:1]:
                self.callback(part)

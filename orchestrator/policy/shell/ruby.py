"""Ruby written inside a command: roots known, branches free.

What it could harm with comes from functions without a receiver, from constants, and from the few names that lead from
any value to these (`instance_eval`, `ancestors`). Covers: code that calculates, reads and writes files, starts programs
named plainly, and calls code of the project. Does not cover scripts: `ruby build.rb`.
"""

import re
from typing import TYPE_CHECKING

from orchestrator.policy.shell import grammar
from orchestrator.policy.shell import ruby_roots as roots
from orchestrator.policy.shell.grammar import HUGE, Doubt, Reading, inside, number, said
from orchestrator.policy.shell.ruby_calls import Calls
from orchestrator.policy.shell.ruby_tree import bound, handed, name_of, symbol

if TYPE_CHECKING:
    from tree_sitter import Node

_GRAMMAR = grammar.Grammar("tree_sitter_ruby")
_HIDDEN = re.compile(r"\r(?!\n)|#.*coding[:=](?!\s*utf-?8\b)|<<[~-]?`")
_OWN_FILE = re.compile(r"(?:\./)?[\w-]+(?:/[\w-]+)*(?:\.rb)?")


def read(code: str, own: bool = False) -> Reading:
    """What the code does; `own`: the project is loaded already, as by `rails runner`."""
    root = None if _HIDDEN.search(code) else _GRAMMAR.tree(code)
    nodes = grammar.walked(root) if root is not None else None
    return _Read(nodes, own).reading() if nodes else Reading("it cannot be read for certain")


class _Read(Calls):
    def __init__(self, nodes: "list[Node]", own: bool) -> None:
        super().__init__(nodes)
        self.nodes, self.own, self.loaded = nodes, own, own
        self.bound = {said(name) for node in nodes for name in bound(node)}
        self.bound |= {
            name for node in nodes if node.type == "regex" for name in re.findall(r"\(\?<(\w+)>", said(node))
        }
        self.functions = {said(name) for node in nodes if (name := _defined(node)) is not None}
        self.functions |= {said(node)[1:] for node in nodes if node.type == "simple_symbol" and _makes_names(node)}
        self.classes = {said(name) for node in nodes if (name := _class(node)) is not None}
        self.symbols = [text for node in nodes if (text := symbol(node)) is not None]
        self.looks = {
            "call": self.call, "identifier": self.name, "constant": self.constant, "global_variable": self.variable,
            "block_argument": self.block, "element_reference": self.element, "binary": self.binary,
        }  # fmt: skip

    def reading(self) -> Reading:
        try:
            for node in self.nodes:
                if node.type == "call" and name_of(node) in ("require", "require_relative", "load"):
                    self.required(node)
            for node in self.nodes:
                self.look(node)
            if self.own:
                self.owns(filter(None, (name_of(node) for node in self.nodes if node.type in ("call", "identifier"))))
            self.settled()
        except Doubt as doubt:
            return Reading(str(doubt), texts=tuple(self.texts.values()))
        return Reading("", tuple(self.opened), tuple(self.commands), tuple(self.texts.values()))

    def look(self, node: "Node") -> None:
        kind = node.type
        if kind in self.looks:
            self.looks[kind](node)
        elif kind in ("while", "until", "while_modifier", "until_modifier"):
            body = node.child_by_field_name("body")
            if body is None or not roots.WAYS_OUT.search(said(body)):
                grammar.ends(node.child_by_field_name("condition"), body)
        elif kind in ("alias", "undef"):
            if not {said(name) for name in node.named_children[1:]} <= roots.FUNCTIONS | self.functions:
                raise Doubt(f"it uses {kind}")
        elif kind == "subshell":
            self.starts([self.paths.text(node)], shell=True)

    def binary(self, node: "Node") -> None:
        left, operator, right = (node.child_by_field_name(part) for part in ("left", "operator", "right"))
        sign = said(operator) if operator is not None else ""
        times = number(right) if right is not None else 0
        if (sign == "*" and left is not None and left.type in ("string", "array") and times >= HUGE) or (
            sign in ("**", "<<") and times > 10**5
        ):
            raise Doubt("it takes more memory or time than there is")

    # Names

    def name(self, node: "Node") -> None:
        name, parent = said(node), node.parent
        if parent is None or parent.child_by_field_name("method") == node or parent.type in ("alias", "undef"):
            return
        if parent.type in ("method", "singleton_method") and parent.child_by_field_name("name") == node:
            return
        if name in roots.NEVER or (name in roots.RULED_FUNCTIONS and name not in self.bound):
            raise Doubt(f"it uses {name}")
        if name not in self.bound | self.functions | roots.FUNCTIONS and not self.own:
            raise Doubt(f"it uses {name}")

    def variable(self, node: "Node") -> None:
        name, above = said(node), node.parent
        if name in roots.GLOBALS_NEVER:
            raise Doubt(f"it uses {name}")
        if name in ("$:", "$LOAD_PATH"):
            folders = [self.paths.text(part) for part in inside(above, "string")] if above is not None else []
            if not folders or not all(folder and _OWN_FILE.fullmatch(folder) for folder in folders):
                raise Doubt("it takes libraries from elsewhere")

    def constant(self, node: "Node") -> None:
        name, parent = said(node), node.parent
        if parent is None or _is_definition(parent, node):
            if name in roots.CONSTANTS and parent is not None and parent.type == "assignment":
                raise Doubt(f"it gives {name} another meaning")
            return
        if roots.NEVER_CONSTANTS.fullmatch(name):
            raise Doubt(f"it uses {name}")
        scoped = parent.type == "scope_resolution" and parent.child_by_field_name("scope") is not None
        if scoped and parent.child_by_field_name("name") == node and name not in roots.RULED:
            return
        if name in roots.RULED:
            self.ruled(node, parent, name)
        elif name not in roots.CONSTANTS | self.classes and not roots.ERRORS.fullmatch(name) and not self.own:
            raise Doubt(f"it uses {name}")

    def ruled(self, node: "Node", parent: "Node", name: str) -> None:
        """A class of which a method is called, and which is not handed on."""
        while parent.type == "scope_resolution":
            if roots.FACTS.fullmatch(said(parent)) and said(parent) not in ("Gem::Specification", "ERB::Compiler"):
                return
            node, parent = parent, parent.parent or parent
        called = parent.type == "call" and parent.child_by_field_name("receiver") == node
        indexed = parent.type == "element_reference" and name in ("ENV", "ARGV", "Dir")
        listed = name == "ARGV" and parent.type in ("splat_argument", "for", "in", "case")
        checked = parent.type in ("superclass",) and name in ("Object", "BasicObject", "Module")
        if not (called or indexed or listed or checked or said(parent).startswith("defined?")):
            raise Doubt(f"it hands {name} on")

    def block(self, node: "Node") -> None:
        """What is called for every element."""
        given = node.named_children[0] if node.named_children else None
        name = symbol(given)
        if name in roots.NEVER | {"open", "load", "require"}:
            raise Doubt(f"it uses {name}")
        if given is not None and name is None and self.hides():
            raise Doubt("what it calls is known only when it runs")

    def hides(self) -> bool:
        whole = "".join([*self.texts.values(), *self.symbols])
        return self.decodes or any(name in way for name in roots.LEADING for way in (whole, whole[::-1]))

    def element(self, node: "Node") -> None:
        of = node.child_by_field_name("object")
        index = [child for child in node.named_children if child != of]
        above = node.parent
        changed = above is not None and above.type.endswith("assignment") and above.child_by_field_name("left") == node
        if of is None or of.type != "constant":
            return
        if said(of) == "ENV" and (changed or not self.is_public(index)):
            raise Doubt("it uses ENV")
        if said(of) == "ARGV" and changed:
            raise Doubt("it changes what it is given")
        if said(of) == "Dir":
            self.called("Dir", "[]", node, index)

    # What is called

    def call(self, node: "Node") -> None:
        name, receiver = name_of(node) or "call", node.child_by_field_name("receiver")
        given = handed(node)
        if receiver is None or receiver.type == "self" or said(receiver) in ("Kernel", "::Kernel"):
            self.function(node, name, given)
            return
        root = said(receiver).removeprefix("::").partition("::")[0] if _is_constant(receiver) else ""
        last = said(receiver).rpartition("::")[2] if root else ""
        if name in roots.NEVER and name not in roots.STARTS.get(last, ()):
            raise Doubt(f"it uses {name}")
        if last in roots.RULED or root in roots.RULED:
            self.called(last if last in roots.RULED else root, name, node, given)
        else:
            self.by_name(name, given)
        self.endless(name, receiver, given)
        if name == "class" or any(symbol(part) == "class" for part in inside(node, "simple_symbol")):
            _class_is_said(node)
        if self.paths.of_paths and name in roots.CHANGES_A_PATH:
            raise Doubt(f"it uses {name} of a path")
        if self.loaded and roots.CHANGES_DATA.match(name):
            raise Doubt(f"{name} may change data")

    def by_name(self, name: str, given: "list[Node]") -> None:
        """A method that is named by a symbol, or by a text."""
        if name == "open":
            raise Doubt("what it opens is known only when it runs")
        if name in roots.OF_METHODS and any(name_of(one) == "method" for one in self.nodes if one.type == "call"):
            raise Doubt(f"it uses {name}")
        for part in given if name in roots.BY_NAME else ():
            named = symbol(part) or (self.paths.text(part) if part.type == "string" else None)
            if named is not None and (named in roots.NEVER | {"class"} or named in roots.RULED_FUNCTIONS):
                raise Doubt(f"it uses {named}")
            if named is None and name in ("method", "to_enum", "enum_for"):
                raise Doubt("what it calls is known only when it runs")
            plain = named is not None or part.type in ("integer", "float", "hash", "array", "block_argument", "pair")
            if not plain and self.hides():
                raise Doubt("what it calls is known only when it runs")

    def endless(self, name: str, receiver: "Node", given: "list[Node]") -> None:
        many = any(number(part) >= HUGE for part in (receiver, *given))
        counted = many and name in ("times", "upto", "step", "downto")
        far = any(_is_far(one) for one in (receiver, *inside(receiver, "range")) if one.type == "range")
        if (counted or far or (name == "cycle" and not given)) and not roots.STOPS.search(said(self.nodes[0])):
            raise Doubt("it takes longer than anybody waits")
        if many and name in ("new", "ljust", "rjust", "center"):
            raise Doubt("it takes more memory than there is")

    def function(self, node: "Node", name: str, given: "list[Node]") -> None:
        """What needs no receiver."""
        if name in self.bound and "(" not in said(node)[: len(name) + 1] and name not in self.functions:
            raise Doubt(f"whether {name} is called cannot be told")
        if name in ("system", "exec", "spawn"):
            self.started(given)
        elif name in roots.NEVER or (name == "loop" and not roots.WAYS_OUT.search(said(node))):
            raise Doubt(f"it uses {name}")
        elif name in roots.RULED_FUNCTIONS:
            self.of_kernel(name, given)
        elif name not in roots.FUNCTIONS | self.functions and not self.own:
            raise Doubt(f"it uses {name}")

    def of_kernel(self, name: str, given: "list[Node]") -> None:
        if name == "open":
            path = self.paths.text(given[0]) if given else None
            if path is None or path.lstrip().startswith("|"):
                raise Doubt("what it opens is known only when it runs")
            self.opened_as(given)
        elif name == "Pathname":
            self.opens("read", self.paths.path(given[0]) if given else None)
        elif name == "method":
            named = symbol(given[0]) if given else None
            if named not in roots.FUNCTIONS | self.functions:
                raise Doubt("what it calls is known only when it runs")
        elif name in ("define_method", "alias_method") and any(
            symbol(part) is None for part in given if part.type != "block_argument"
        ):
            raise Doubt(f"it uses {name}")

    def required(self, node: "Node") -> None:
        given = handed(node)
        library = self.paths.text(given[0]) if given else None
        if node.child_by_field_name("receiver") is not None or library is None:
            raise Doubt("which library it requires is known only when it runs")
        if name_of(node) == "require" and library in roots.LIBRARIES:
            return
        own = name_of(node) != "require" or library.startswith("./") or self.searches_here()
        if not own or not _OWN_FILE.fullmatch(library) or roots.REACHES.fullmatch(library):
            raise Doubt(f"it requires {library}")
        self.own = True

    def searches_here(self) -> bool:
        return any(said(node) in ("$:", "$LOAD_PATH") for node in self.nodes if node.type == "global_variable")


_MAKES_NAMES = ("attr_reader", "attr_writer", "attr_accessor", "new", "define", "define_method", "alias_method")
_BETWEEN = ("block_body", "block", "body_statement", "do_block", "array", "pair", "hash", "parenthesized_statements")
_SHOWS = ("puts", "p", "print", "pp", "is_a?", "printf", "format")
_SAYS = ("name", "to_s", "inspect", "==", "===", "uniq", "tally", "sort_by", "join")


def _class_is_said(node: "Node") -> None:
    """`x.class` is only shown or compared: of a class of files more could be asked."""
    above = node.parent
    while above is not None and above.type in _BETWEEN:
        above = above.parent
        if above is not None and above.type == "call" and name_of(above) in ("map", "then", "collect", "each"):
            node, above = above, above.parent
    kind = above.type if above is not None else ""
    if kind == "argument_list" and above is not None:
        shown = name_of(above.parent) in _SHOWS
    elif kind == "call" and above is not None:
        shown = above.child_by_field_name("receiver") == node and name_of(above) in _SAYS
    else:
        shown = kind in ("interpolation", "binary", "program", "case", "when")
    if not shown:
        raise Doubt("it uses class")


def _is_far(span: "Node") -> bool:
    """1.. or (1..10**12)"""
    end = span.child_by_field_name("end")
    return end is None or "INFINITY" in said(end) or number(end) >= HUGE


def _is_constant(node: "Node") -> bool:
    return node.type in ("constant", "scope_resolution")


def _defined(node: "Node") -> "Node | None":
    return node.child_by_field_name("name") if node.type in ("method", "singleton_method") else None


def _class(node: "Node") -> "Node | None":
    if node.type in ("class", "module"):
        return node.child_by_field_name("name")
    left = node.child_by_field_name("left") if node.type == "assignment" else None
    return left if left is not None and left.type == "constant" else None


def _is_definition(parent: "Node", node: "Node") -> bool:
    return (parent.type in ("class", "module") and parent.child_by_field_name("name") == node) or (
        parent.type == "assignment" and parent.child_by_field_name("left") == node
    )


def _makes_names(node: "Node") -> bool:
    """attr_reader :x, Struct.new(:x)"""
    call = node.parent.parent if node.parent is not None and node.parent.type == "argument_list" else None
    return call is not None and name_of(call) in _MAKES_NAMES

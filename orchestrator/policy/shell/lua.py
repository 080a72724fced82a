"""Lua written inside a command: roots known, branches free.

What it could harm with comes from its globals, and of these from os and io. Covers: code that calculates, reads and
writes files, starts programs named plainly, and calls modules of the project. Does not cover scripts: `lua build.lua`.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from orchestrator.policy.shell import grammar
from orchestrator.policy.shell.grammar import HUGE, Doubt, Effects, Reading, inside, number, said
from orchestrator.policy.shell.words import each

if TYPE_CHECKING:
    from tree_sitter import Node

_GRAMMAR = grammar.Grammar("tree_sitter_lua")
_GLOBALS = each(
    "print type tostring tonumber pairs ipairs next select error assert pcall xpcall rawget rawset rawequal rawlen "
    "setmetatable getmetatable unpack string table math utf8 coroutine bit32 bit jit arg _VERSION collectgarbage "
    "warn self"
)
_RULED = each("io os package require")
_NEVER = each("load loadstring loadfile dofile debug _G _ENV getfenv setfenv newproxy module")
_HARMLESS = each(
    "io.read io.write io.stdout io.stderr io.stdin io.type io.close io.tmpfile os.time os.date os.clock os.difftime "
    "os.exit os.tmpname os.setlocale"
)
_REACHES = re.compile(  # modules that reach, run or delete
    r"(?:os|io|debug|package|_G|ffi|jit|posix|lfs|socket|ssl|http|https|ltn12|mime|copas|luv|uv|lanes|cqueues|nixio|"
    r"resty|luarocks|pl|subprocess|process|sh|shell|exec|curl|cURL|luasql|redis|ssh|sftp|lgi|winapi|alien|spawn|popen|"
    r"luaposix|term|linenoise|rex\w*_exec|turbo|lapis|pegasus|wsapi|socketutil|zmq|lzmq|mosquitto|ev|event)(?:[._/].*)?"
)
_PLAIN_MODULES = each("cjson cjson.safe dkjson json lpeg re inspect serpent utf8 bit bit32 string table math luaunit")
_SECRET = re.compile(r"key|token|secret|pass|credential|auth", re.IGNORECASE)
_DECODES = each("char dump unpack")
_EDITS = each("gsub sub reverse upper lower")
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|(\d{1,3})|u\{([0-9a-fA-F]+)\}|z\s*|(\r?\n)|(.))", re.DOTALL)
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


def read(code: str) -> Reading:
    """What the code does; see `Reading.doubt` for what is not known of it."""
    root = None if re.search(r"\r(?!\n)", code) else _GRAMMAR.tree(code)
    nodes = grammar.walked(root) if root is not None else None
    return _Read(nodes).reading() if nodes else Reading("it cannot be read for certain")


def _text(node: "Node | None") -> str | None:
    if node is None or node.type != "string":
        return None
    written = said(node)
    if match := re.match(r"\[(=*)\[\r?\n?", written):
        return written[match.end() : -2 - len(match[1])]
    return _ESCAPE.sub(_letter, written[1:-1])


def _letter(match: re.Match[str]) -> str:
    if number := match[1] or match[3]:
        return chr(min(int(number, 16), 0x10FFFF))
    if match[2]:
        return chr(min(int(match[2]), 255))
    return "\n" if match[4] else _LETTERS.get(match[5] or "", match[5] or "")


class _Read(Effects):
    def __init__(self, nodes: "list[Node]") -> None:
        texts = {node: text for node in nodes if (text := _text(node)) is not None}
        used = {said(node) for node in nodes if node.type == "identifier"}
        super().__init__(texts, bool(_DECODES & used), bool(_EDITS & used))
        self.nodes = nodes
        self.bound = Counter(said(name) for node in nodes for name in _bound(node))
        self.values = self._values()
        self.own = False

    def _values(self) -> dict[str, "Node"]:
        """What a name is given once."""
        found: dict[str, Node] = {}
        for node in self.nodes:
            if node.type == "assignment_statement" and len(node.named_children) == 2:
                names, values = node.named_children[0].named_children, node.named_children[1].named_children
                if len(names) == len(values) == 1 and names[0].type == "identifier":
                    found |= {said(names[0]): values[0]} if self.bound[said(names[0])] == 1 else {}
        return found

    def reading(self) -> Reading:
        try:
            for node in self.nodes:
                self.look(node)
            if self.own:
                self.owns(said(node) for node in self.nodes if node.type == "identifier")
            self.settled()
        except Doubt as doubt:
            return Reading(str(doubt), texts=tuple(self.texts.values()))
        return Reading("", tuple(self.opened), tuple(self.commands), tuple(self.texts.values()))

    def look(self, node: "Node") -> None:
        leaves = ("break_statement", "return_statement", "goto_statement")
        if node.type == "identifier" and _is_root(node):
            self.name(node)
        elif node.type in ("while_statement", "repeat_statement"):
            body = node.child_by_field_name("body")
            exits = body is not None and re.search(r"\b(?:os\s*\.\s*exit|error)\b", said(body))
            if not exits:
                grammar.ends(node.child_by_field_name("condition"), body, *leaves)
        elif node.type == "for_numeric_clause":
            _counts(node, *leaves)
        elif node.type == "goto_statement":
            self.jumps(node)
        elif node.type == "function_call" and re.search(r"rep\s*$", said(node.named_children[0])):
            _repeats(node)

    def jumps(self, node: "Node") -> None:
        """Only forwards."""
        labels = [other for other in self.nodes if other.type == "label_statement"]
        if not any(
            said(label).strip(": ") == said(node)[4:].strip() and label.start_byte > node.start_byte for label in labels
        ):
            raise Doubt("it may never end")

    def name(self, node: "Node") -> None:
        name = said(node)
        if name in _NEVER or (name in _RULED and self.bound[name]):
            raise Doubt(f"it uses {name}")
        if name == "require":
            self.required(node)
        elif name == "package":
            self.searched(node)
        elif name in _RULED:
            self.part(node)
        elif name not in _GLOBALS and not self.bound[name]:
            raise Doubt(f"it uses {name}")

    def required(self, node: "Node") -> None:
        call = _called(node)
        given = _handed(call) if call is not None else []
        module = _text(given[0]) if given else None
        if module is None or not re.fullmatch(r"[\w.-]+(?:/[\w.-]+)*", module) or _REACHES.fullmatch(module):
            raise Doubt(f"it requires {module}" if module else "which module it requires is known only when it runs")
        self.own = self.own or module not in _PLAIN_MODULES

    def searched(self, node: "Node") -> None:
        """Where modules are looked for: in folders of the workspace."""
        parent = node.parent
        if parent is None or said(parent) != "package.path":
            raise Doubt("it uses package")
        statement = parent
        while statement.parent is not None and statement.type != "assignment_statement":
            statement = statement.parent
        for text in inside(statement, "string"):
            if any(part.startswith(("/", "~")) or ".." in part for part in (_text(text) or "").split(";")):
                raise Doubt("it takes modules from elsewhere")
        if {said(name) for name in inside(statement, "identifier")} - {"package", "path"}:
            raise Doubt("it takes modules from elsewhere")

    def part(self, node: "Node") -> None:
        """A function of os or io is called, and not handed on."""
        parent = node.parent
        field = parent.child_by_field_name("field") if parent is not None else None
        if parent is None or field is None or parent.type != "dot_index_expression":
            raise Doubt(f"it hands {said(node)} on")
        whole, call = f"{said(node)}.{said(field)}", _called(parent)
        if whole in _HARMLESS:
            return
        if call is None:
            raise Doubt(f"it hands {whole} on")
        self.called(whole, _handed(call))

    def called(self, function: str, given: "list[Node]") -> None:
        first = given[0] if given else None
        path = self.path(first)
        if function in ("io.lines", "io.input"):
            if first is not None:
                self.opens("read", path)
        elif function == "io.open":
            mode = _text(given[1]) if len(given) > 1 else "r"
            if mode in ("r", "rb") and first is not None:
                self.opens("read", path)
            else:
                self.writes(path, *_around(first))
        elif function == "io.output":
            self.writes(path, *_around(first))
        elif function in ("os.execute", "io.popen"):
            if first is not None:
                self.starts([path], shell=True)
        elif function == "os.remove":
            value = self.values.get(said(first)) if first is not None else None
            if not (value is not None and said(value) == "os.tmpname()"):
                self.deletes(path)
        elif function == "os.getenv" and (variable := _text(first)) is not None and not _SECRET.search(variable):
            return
        else:
            raise Doubt(f"it uses {function}")

    def path(self, node: "Node | None", depth: int = 4) -> str | None:
        """What a text is, where it is written out."""
        if node is None or depth == 0:
            return None
        if (text := _text(node)) is not None:
            return text
        if node.type == "identifier":
            return self.path(self.values.get(said(node)), depth - 1)
        if node.type == "parenthesized_expression" and node.named_child_count == 1:
            return self.path(node.named_children[0], depth)
        if node.type == "binary_expression" and len(node.children) == 3 and said(node.children[1]) == "..":
            written = [self.path(side, depth - 1) for side in node.named_children]
            return "".join(map(str, written)) if None not in written else None
        if re.fullmatch(r"os\.getenv\s*\(?\s*[\"']HOME[\"']\s*\)?", said(node)):
            return "~"
        return "/tmp/own" if said(node) == "os.tmpname()" else None


def _counts(clause: "Node", *leaves: str) -> None:
    end, loop = clause.child_by_field_name("end"), clause.parent
    if end is not None and (number(end) >= HUGE or "math.huge" in said(end)):
        body = loop.child_by_field_name("body") if loop is not None else None
        if body is None or not any(inside(body, *leaves)):
            raise Doubt("it takes longer than anybody waits")


def _repeats(call: "Node") -> None:
    if any(number(part) >= HUGE for part in _handed(call)):
        raise Doubt("it takes more memory than there is")


def _around(node: "Node | None") -> tuple[str, str]:
    """The texts that a path begins and ends with."""
    if node is None:
        return "", ""
    if node.type == "binary_expression":
        return _around(node.named_children[0])[0], _around(node.named_children[-1])[1]
    return _text(node) or "", _text(node) or ""


def _called(node: "Node") -> "Node | None":
    parent = node.parent
    called = parent is not None and parent.type == "function_call" and parent.child_by_field_name("name") == node
    return parent if called else None


def _handed(call: "Node") -> "list[Node]":
    arguments = call.child_by_field_name("arguments")
    if arguments is None:
        return []
    return (
        [part for part in arguments.named_children if part.type != "comment"]
        if arguments.type == "arguments"
        else [arguments]
    )


def _is_root(node: "Node") -> bool:
    """Whether a name is looked up, and not one behind a dot."""
    parent = node.parent
    if parent is None or parent.type in ("goto_statement", "label_statement", "attribute"):
        return False
    if parent.type in ("dot_index_expression", "method_index_expression"):
        return parent.child_by_field_name("table") == node
    if parent.type == "field" and parent.child_by_field_name("name") == node:
        return said(parent).startswith("[")
    return True


def _bound(node: "Node") -> "Iterator[Node]":
    """The names that a node gives to something."""
    if node.type in ("variable_list", "parameters"):
        yield from (child for child in node.named_children if child.type == "identifier")
    elif node.type in ("function_declaration", "for_numeric_clause"):
        name = node.child_by_field_name("name")
        if name is not None and name.type == "identifier":
            yield name

"""What an expression of short Python may be as a text, with marks for what is known only when it runs (see `words`).

`for p in Path("src").glob("*.py"): out / f"{p.stem}.md"` is out/*.md; a folder that the code makes for itself in /tmp
is one of /tmp. Covers names bound by assignment, loops, comprehensions and calls of functions of the code itself. Does
not cover what objects hold, and what is read from files: that is a text which nobody knows.
"""

import ast
import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice, product

from orchestrator.policy.shell.bindings import Bound, bindings, called
from orchestrator.policy.shell.words import ANY, MADE, SET, STAR, UNKNOWN, each

MANY = 24  # texts that one expression may be
_DEPTH = 12  # names of names
_MARKS = str.maketrans({"*": STAR, "?": ANY, "[": SET})
_NOBODY_KNOWS = frozenset({UNKNOWN})
_PATHS = each(
    "Path PurePath PosixPath PurePosixPath str fspath normpath resolve absolute abspath as_posix realpath strip "
    "relative_to relpath encode decode"
)
_OF_TEXT = ("strip", "relative_to", "encode", "decode")  # whose words are no parts of a path
_PLAIN = frozenset({"utf-8", "utf8", "ascii", "latin-1"})
_FOLDERS = {
    "gettempdir": "/tmp",
    "cwd": ".",
    "getcwd": ".",
    "getusersitepackages": "~/.local/lib/python3/site-packages",
}
_KEEPS_EACH = ("sorted", "list", "tuple", "set", "reversed", "frozenset", "iter", "tqdm", "track", "islice", "chain",
               "filter", "dict", "sample", "unique", "sort", "copy", "from_iterable")  # fmt: skip
_MAKE = ("mkdtemp", "TemporaryDirectory", "NamedTemporaryFile", "mkstemp", "TemporaryFile", "mktemp")


class Code:
    """The parts of one piece of code, and what its names stand for."""

    def __init__(self, nodes: list[ast.AST]) -> None:
        self.nodes = nodes
        self.parents = {id(child): node for node in nodes for child in ast.iter_child_nodes(node)}
        self.calls = [node for node in nodes if isinstance(node, ast.Call)]
        self.classes = {node.name for node in nodes if isinstance(node, ast.ClassDef)}
        self.functions = {node.name: node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
        self.imported = {
            name.partition(".")[0] for node in nodes
            for name in ([one.name for one in node.names] if isinstance(node, ast.Import) else
                         [node.module or ""] if isinstance(node, ast.ImportFrom) else [])
        }  # fmt: skip
        self.bound: dict[str, list[Bound]] = defaultdict(list)
        for node in nodes:
            for name, bound in bindings(node):
                self.bound[name].append(bound)
        for name, function in self.functions.items():
            self._bind_arguments(name, function)
        self.kept: list[ast.Call] = []  # made while reading, as long as they are known by their place
        self._known: dict[int, frozenset[str]] = {}

    def _bind_arguments(self, name: str, function: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        sites = [call for call in self.calls if isinstance(call.func, ast.Name) and call.func.id == name]
        known = [self.given(function, site) for site in sites] if self.only_called(name) else []
        for argument in ast.walk(function.args):
            if isinstance(argument, ast.arg):
                self.bound[argument.arg] += [Bound(one.get(argument.arg)) for one in known] or [Bound(None)]

    def only_called(self, name: str) -> bool:
        """Whether a function of the code itself is called by its name, and nothing else is done with it."""
        uses = [node for node in self.nodes if isinstance(node, ast.Name) and node.id == name]
        return bool(uses) and all(
            isinstance(call := self.parents.get(id(use)), ast.Call) and call.func is use for use in uses
        )

    def given(self, function: ast.FunctionDef | ast.AsyncFunctionDef, site: ast.Call) -> dict[str, ast.expr]:
        """What its arguments are where it is called."""
        if any(isinstance(part, ast.Starred) for part in site.args) or any(word.arg is None for word in site.keywords):
            return {}
        places = [one.arg for one in (*function.args.posonlyargs, *function.args.args)]
        found = dict(zip(reversed(places), reversed(function.args.defaults), strict=False))
        found |= {
            one.arg: value
            for one, value in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
            if value is not None
        }
        found |= dict(zip(places, site.args, strict=False))
        named = {*places, *(one.arg for one in function.args.kwonlyargs)}
        found |= {word.arg: word.value for word in site.keywords if word.arg in named}
        if (rest := function.args.vararg) is not None:
            found[rest.arg] = ast.Tuple(site.args[len(places) :], ast.Load())
        if (others := function.args.kwarg) is not None:
            more = [word for word in site.keywords if word.arg not in named]
            found[others.arg] = ast.Dict([ast.Constant(word.arg) for word in more], [word.value for word in more])
        return found

    def repeated(self, node: ast.AST) -> bool:
        """Whether it stands in a loop, or in a function."""
        above = self.parents.get(id(node))
        while above is not None:
            if isinstance(above, ast.For | ast.While | ast.comprehension | ast.FunctionDef | ast.Lambda | ast.ListComp):
                return True
            above = self.parents.get(id(above))
        return False

    def around(self, node: ast.AST) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
        """The function that it stands in."""
        above = self.parents.get(id(node))
        while above is not None and not isinstance(above, ast.FunctionDef | ast.AsyncFunctionDef):
            above = self.parents.get(id(above))
        return above

    def of(self, node: ast.AST | None, depth: int = 0) -> frozenset[str]:
        """Every text that it may be."""
        if node is None or depth > _DEPTH:
            return _NOBODY_KNOWS
        if id(node) not in self._known or depth == 0:
            found = self._of(node, depth + 1)
            self._known[id(node)] = found if 0 < len(found) <= MANY else _NOBODY_KNOWS
        return self._known[id(node)]

    def _of(self, node: ast.AST, depth: int) -> frozenset[str]:
        match node:
            case ast.Constant(value=str() | int() | float() as plain):
                return frozenset({str(plain)})
            case ast.Constant(value=bytes() as plain):
                return frozenset({plain.decode("latin-1")})
            case ast.Name(id=name):
                return self._each(self._of_bound(name, bound, depth) for bound in self.bound.get(name, ()))
            case ast.FormattedValue(value=value, format_spec=None) | ast.NamedExpr(value=value):
                return self.of(value, depth)
            case ast.IfExp(body=one, orelse=other):
                return self.of(one, depth) | self.of(other, depth)
            case ast.BoolOp(values=values):
                return self._each(self.of(value, depth) for value in values)
            case ast.Attribute(value=value, attr=("name" | "stem" | "suffix" | "parent" | "path") as attr):
                return frozenset(_part(text, attr) for text in self.of(value, depth))
            case ast.JoinedStr() | ast.BinOp():
                return self._of_pieces(node, depth)
            case ast.Call():
                return self._of_call(node, depth)
            case ast.Subscript(value=value, slice=at):
                return self._of_place(value, at, depth)
        return _NOBODY_KNOWS

    def _of_pieces(self, node: ast.JoinedStr | ast.BinOp, depth: int) -> frozenset[str]:
        match node:
            case ast.JoinedStr(values=parts):
                return self._joined([self.of(part, depth) for part in parts])
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self._joined([self.of(left, depth), self.of(right, depth)])
            case ast.BinOp(left=left, op=ast.Div(), right=right):
                return self._below([self.of(left, depth), self.of(right, depth)])
            case ast.BinOp(left=ast.Constant(value=str() as text), op=ast.Mod()):
                return frozenset({_with_holes(text)})
        return _NOBODY_KNOWS

    def _of_place(self, value: ast.expr, at: ast.expr, depth: int) -> frozenset[str]:
        """mkstemp()[1], splitext(p)[0], names[2]."""
        if isinstance(value, ast.Call) and called(value.func) == "mkstemp":
            return self.of(value, depth)
        if isinstance(value, ast.Call) and called(value.func) == "splitext" and value.args:
            part = "bare" if isinstance(at, ast.Constant) and at.value == 0 else "suffix"
            return frozenset(_part(text, part) for text in self.of(value.args[0], depth))
        if isinstance(at, ast.Constant) and isinstance(at.value, int):
            return self.elements(value, depth)
        return self._of_pairs(value, depth, 1)

    def _of_bound(self, name: str, bound: Bound, depth: int) -> frozenset[str]:
        if bound.value is None or (bound.at is not None and not bound.each):
            return _NOBODY_KNOWS
        if any(isinstance(part, ast.Name) and part.id == name for part in ast.walk(bound.value)):
            return self._of_itself(name, bound, depth)  # p = Path(p)
        return self.elements(bound.value, depth, bound.at) if bound.each else self.of(bound.value, depth)

    def _of_itself(self, name: str, bound: Bound, depth: int) -> frozenset[str]:
        """With what else the name stands for in its place."""
        whole, known = self.bound[name], self._known
        self.bound[name], self._known = [one for one in whole if one is not bound], {}
        try:
            return self._of_bound("", bound, depth)
        finally:
            self.bound[name], self._known = whole, known

    def _of_call(self, node: ast.Call, depth: int) -> frozenset[str]:
        name, receiver = called(node.func), node.func.value if isinstance(node.func, ast.Attribute) else None
        given = [self.of(part, depth) for part in node.args]
        if name in _MAKE:
            return frozenset({MADE})
        if name in _FOLDERS:
            return frozenset({_FOLDERS[name]})
        if name in _PATHS:
            if given and (receiver is None or name not in _OF_TEXT):
                return self._below(given)
            coded = name in ("encode", "decode") and given and not given[0] <= _PLAIN
            if receiver is None or name in ("Path", "str"):
                return frozenset({"."})
            return _NOBODY_KNOWS if coded else self.of(receiver, depth)
        if name == "join" and isinstance(receiver, ast.Constant):
            return self._strung(str(receiver.value), node.args[:1], depth)
        if name == "join":
            return self._below(given)
        if receiver is None:
            return self._each(given) if name in ("next", "choice", "max", "min") else _NOBODY_KNOWS
        return self._of_method(name, self.of(receiver, depth), receiver, given)

    def _of_method(
        self, name: str, of: frozenset[str], receiver: ast.expr, given: list[frozenset[str]]
    ) -> frozenset[str]:
        if name == "joinpath":
            return self._below([of, *given])
        if name in ("with_suffix", "with_name", "with_stem") and given:
            return frozenset(_changed(text, name, other) for text, other in islice(product(of, given[0]), MANY))
        if name in ("basename", "dirname") and given:
            return frozenset(_part(text, "name" if name == "basename" else "parent") for text in given[0])
        if name == "format" and isinstance(receiver, ast.Constant) and isinstance(receiver.value, str):
            return frozenset({_with_holes(receiver.value)})
        return _NOBODY_KNOWS

    def _strung(self, between: str, given: list[ast.expr], depth: int) -> frozenset[str]:
        """ "/".join((a, b))."""
        parts = given[0].elts if given and isinstance(given[0], ast.List | ast.Tuple) else None
        if parts is None:
            return _NOBODY_KNOWS
        pieces = [piece for part in parts for piece in (frozenset({between}), self.of(part, depth))]
        return self._joined(pieces[1:])

    def elements(self, node: ast.AST, depth: int = 0, at: int | None = None) -> frozenset[str]:
        """What each of many things may be; of pairs the part at a place."""
        if depth > _DEPTH:
            return _NOBODY_KNOWS
        depth += 1
        match node:
            case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
                return self._each(self._element(part, at, depth) for part in parts)
            case ast.Dict(keys=keys):
                return self._each(self.of(key, depth) for key in keys) if at in (None, 0) else _NOBODY_KNOWS
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self.elements(left, depth, at) | self.elements(right, depth, at)
            case ast.Subscript(value=value, slice=ast.Slice()):
                return self.elements(value, depth, at)
            case ast.ListComp(elt=made) | ast.GeneratorExp(elt=made) | ast.SetComp(elt=made):
                return self._element(made, at, depth)
            case ast.Name(id=name):
                bounds = self.bound.get(name, ())
                return self._each(
                    _NOBODY_KNOWS if one.value is None
                    else self._nested(one, depth) if one.each
                    else self.elements(one.value, depth, at)
                    for one in bounds
                )  # fmt: skip
            case ast.Call():
                return self._elements_of_call(node, depth, at)
            case ast.IfExp(body=one, orelse=other):
                return self.elements(one, depth, at) | self.elements(other, depth, at)
        return _NOBODY_KNOWS

    def _element(self, part: ast.expr, at: int | None, depth: int) -> frozenset[str]:
        if isinstance(part, ast.Starred):
            return self.elements(part.value, depth, at)
        if at is None:
            return self.of(part, depth)
        inner = part.elts if isinstance(part, ast.Tuple | ast.List) else []
        return self.of(inner[at], depth) if at < len(inner) else _NOBODY_KNOWS

    def _nested(self, bound: Bound, depth: int) -> frozenset[str]:
        """for folder, _, files in os.walk(d): for file in files."""
        walks = isinstance(bound.value, ast.Call) and called(bound.value.func) == "walk" and bound.at in (1, 2)
        return frozenset({STAR}) if walks else _NOBODY_KNOWS

    def _elements_of_call(self, node: ast.Call, depth: int, at: int | None) -> frozenset[str]:
        name, given = called(node.func), node.args
        receiver = node.func.value if isinstance(node.func, ast.Attribute) else None
        if name in ("glob", "rglob", "iterdir") and receiver is not None and called(receiver) != "glob":
            below = self.of(given[0], depth) if given else frozenset({"*"})
            return self._below([self.of(receiver, depth), frozenset(text.translate(_MARKS) for text in below)])
        if name in ("glob", "iglob") and given:
            inside = [keyword.value for keyword in node.keywords if keyword.arg in ("root_dir", "dir_fd")]
            return _NOBODY_KNOWS if inside else frozenset(text.translate(_MARKS) for text in self.of(given[0], depth))
        if name in ("walk_packages", "iter_modules"):
            prefix = (
                given[1] if len(given) > 1 else next((one.value for one in node.keywords if one.arg == "prefix"), None)
            )
            return (
                frozenset(text + STAR for text in self.of(prefix, depth)) if prefix is not None else frozenset({STAR})
            )
        if name == "listdir":
            return frozenset({STAR})
        if name in ("scandir", "walk"):
            folders = self.of(given[0], depth) if given else frozenset({"."})
            deep = frozenset(f"{folder}/{STAR}" for folder in folders)
            return frozenset({STAR}) if at in (1, 2) else deep | (folders if name == "walk" else frozenset())
        if name == "enumerate" and given:
            return self.elements(given[0], depth) if at == 1 else frozenset({"0"})
        if name == "zip" and at is not None and at < len(given):
            return self.elements(given[at], depth)
        if name == "range":
            return frozenset({"0"})
        if name in ("items", "keys", "values") and receiver is not None:
            return self._of_pairs(receiver, depth, 1 if name == "values" or at == 1 else 0)
        if name in _KEEPS_EACH:
            sources = given[-2:] or ([receiver] if receiver is not None else [])
            return self._each(self.elements(part, depth, at) for part in sources)
        if name == "map" and len(given) == 2 and called(given[0]) in _PATHS:
            return self.elements(given[1], depth, at)
        return _NOBODY_KNOWS

    def _of_pairs(self, node: ast.expr, depth: int, at: int) -> frozenset[str]:
        values = [one.value for one in self.bound.get(node.id, ())] if isinstance(node, ast.Name) else [node]
        pairs = [value for value in values if isinstance(value, ast.Dict)]
        if not pairs or len(pairs) != len(values):
            return _NOBODY_KNOWS
        return self._each(self.of(part, depth) for pair in pairs for part in (pair.values if at else pair.keys))

    def _each(self, found: Iterable[frozenset[str]]) -> frozenset[str]:
        return frozenset().union(*found) or _NOBODY_KNOWS

    def _joined(self, pieces: list[frozenset[str]]) -> frozenset[str]:
        return frozenset("".join(parts) for parts in islice(product(*pieces), MANY + 1))

    def _below(self, pieces: list[frozenset[str]]) -> frozenset[str]:
        return frozenset(posixpath.join(*parts) for parts in islice(product(*pieces), MANY + 1) if parts)


def _with_holes(text: str) -> str:
    """What "%s-%d" % … and "{}".format(…) leave open."""
    return re.sub(r"\{[^{}]*\}|%[-+ 0-9.]*[a-zA-Z]", UNKNOWN, text)


def _part(text: str, attr: str) -> str:
    folder, _, name = text.rpartition("/")
    stem, dot, suffix = name.rpartition(".")
    if attr == "path" or (attr == "name" and text == MADE):
        return text  # of a file that was made for the code
    if attr == "parent":
        known = folder or ("/" if text.startswith("/") else "." if name.strip(".") else "..")
        return known if UNKNOWN not in name else f"{folder}/{UNKNOWN}".lstrip("/")
    if text in (UNKNOWN, MADE):
        return UNKNOWN
    if attr == "suffix":
        return dot + suffix if stem else STAR
    if attr == "bare":
        return f"{folder}/{stem or name}" if folder else stem or name
    return name if attr == "name" else stem or name


def _changed(text: str, how: str, other: str) -> str:
    folder, slash, name = text.rpartition("/")
    stem, _, suffix = name.rpartition(".")
    if how == "with_suffix":
        return folder + slash + (stem or name) + other
    where = folder + slash + (f"{UNKNOWN}/" if UNKNOWN in name else "")
    return where + (other if how == "with_name" else f"{other}.{suffix}")


def holes(text: str) -> bool:
    return UNKNOWN in text or STAR in text or ANY in text or SET in text


def text_of(given: list[ast.expr]) -> str:
    return given[0].value if given and isinstance(given[0], ast.Constant) and isinstance(given[0].value, str) else ""


def strings(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value

"""What short Python puts together from plain texts, read as the text that it becomes.

`p = Path("docs") / "x.md"; p.write_text(s)` is `Path("docs/x.md").write_text(s)`, `getattr(os, "un" + "link")` is
`os.unlink`, `chr(47)` is "/": whoever reads the code sees what it means. Does not cover: names bound twice, and texts
worked out from what is known only when it runs (see `values`).
"""

import ast
import builtins
import posixpath
import textwrap
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

LONGEST = 10_000  # characters of a text that is put together
_ROUNDS = 3  # names of names
_PATHS = ("Path", "PurePath", "PosixPath", "PurePosixPath")
_OF_OS = {"sep": "/", "pardir": "..", "curdir": ".", "extsep": ".", "devnull": "/dev/null"}
_PLAIN_CODECS = frozenset({"utf-8", "utf8", "ascii", "latin-1", "strict", "ignore", "replace"})
_METHODS: Mapping[str, Callable[..., object]] = {
    name: getattr(str, name)
    for name in [
        "upper",
        "lower",
        "strip",
        "lstrip",
        "rstrip",
        "replace",
        "removeprefix",
        "removesuffix",
        "swapcase",
        "title",
        "capitalize",
        "casefold",
        "split",
        "rsplit",
        "splitlines",
    ]
}


def folded(tree: ast.Module, argv: Sequence[str] = ()) -> ast.Module:
    """With the words that it is given, where they are known."""
    tree = _Folds({}, argv).visit(tree)
    for _ in range(_ROUNDS):
        bound = Counter(_bound(tree))
        values = {
            name: value
            for name, value in _assigned(tree)
            if bound[name] == 1 and not hasattr(builtins, name) and _is_plain(value)
        }
        if not values:
            break
        tree = _Folds(values).visit(tree)
    return tree


class _Folds(ast.NodeTransformer):
    def __init__(self, values: dict[str, ast.expr], argv: Sequence[str] = ()) -> None:
        self.values, self.argv = values, argv

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.values.get(node.id, node) if isinstance(node.ctx, ast.Load) else node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        self.generic_visit(node)
        if self.argv and node.attr == "argv" and isinstance(node.ctx, ast.Load) and _name(node.value) == "sys":
            return ast.List([ast.Constant(word) for word in self.argv], ast.Load())
        of_os = isinstance(node.value, ast.Name) and node.value.id in ("os", "path")
        known = of_os or (isinstance(node.value, ast.Attribute) and node.value.attr == "path")
        return ast.Constant(_OF_OS[node.attr]) if known and node.attr in _OF_OS else node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        left, right = _text(node.left), _text(node.right)
        if isinstance(node.op, ast.Add) and left is not None and right is not None and len(left + right) < LONGEST:
            return ast.Constant(left + right)
        if isinstance(node.op, ast.Div) and right is not None and (inner := _path(node.left)) is not None:
            return ast.Call(inner.func, [ast.Constant(posixpath.join(_text(inner.args[0]) or "", right))], [])
        if isinstance(node.op, ast.Mod) and left is not None:
            given = node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]
            plain = [part.value for part in given if isinstance(part, ast.Constant)]
            return _done(lambda: left % tuple(plain), node) if len(plain) == len(given) else node
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        self.generic_visit(node)
        text = _text(node.value)
        values = node.value.elts if isinstance(node.value, ast.List | ast.Tuple) else None
        if isinstance(node.slice, ast.Slice) and text is not None:
            ends = [_number(part) for part in (node.slice.lower, node.slice.upper, node.slice.step)]
            lower, upper, stride = (end if isinstance(end, int) else None for end in ends)
            return node if "?" in ends else _done(lambda: text[lower:upper:stride], node)
        if isinstance(node.slice, ast.Slice) and values is not None and isinstance(node.ctx, ast.Load):
            first, last = _number(node.slice.lower), _number(node.slice.upper)
            if isinstance(first, str) or isinstance(last, str) or node.slice.step is not None:
                return node
            return ast.List(values[first:last], ast.Load())
        at = _number(node.slice)
        if isinstance(at, int) and text is not None:
            return _done(lambda: text[at], node)
        if isinstance(at, int) and values is not None and -len(values) <= at < len(values):
            return values[at]
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        if node.keywords:
            return node
        name, given = _name(node.func), node.args
        if name == "getattr" and len(given) in (2, 3) and (attribute := _text(given[1]) or "").isidentifier():
            return ast.Attribute(given[0], attribute, ast.Load())
        texts = [_text(_inside(part)) for part in given]
        parts = [text for text in texts if text is not None]
        plain = len(parts) == len(texts) and bool(parts) and sum(map(len, parts)) < LONGEST
        if plain and name in _PATHS:
            return ast.Call(node.func, [ast.Constant(posixpath.join(*parts))], [])
        if plain and name == "join" and len(parts) > 1:
            return ast.Constant(posixpath.join(*parts))
        if name == "joinpath" and plain and isinstance(node.func, ast.Attribute):
            if (inner := _path(node.func.value)) is not None:
                return ast.Call(inner.func, [ast.Constant(posixpath.join(_text(inner.args[0]) or "", *parts))], [])
            return node
        return self._worked_out(node, name, parts if plain or not given else None)

    def _worked_out(self, node: ast.Call, name: str, parts: list[str] | None) -> ast.expr:
        given = node.args
        if name == "dedent" and parts is not None and len(parts) == 1:
            return ast.Constant(textwrap.dedent(parts[0]))
        if isinstance(node.func, ast.Name):
            if name == "chr" and len(given) == 1 and isinstance(code := _number(given[0]), int):
                return _done(lambda: chr(code), node)
            if name in ("bytes", "bytearray") and len(given) == 1 and isinstance(given[0], ast.List | ast.Tuple):
                codes = [_number(part) for part in given[0].elts]
                numbers = [code for code in codes if isinstance(code, int)]
                return _done(lambda: bytes(numbers).decode("latin-1"), node) if len(numbers) == len(codes) else node
            if name in ("reversed", "str") and parts is not None and len(parts) == 1:
                return ast.Constant(parts[0][::-1] if name == "reversed" else parts[0])
            return node
        receiver = node.func.value if isinstance(node.func, ast.Attribute) else None
        if name == "fromhex" and parts is not None and len(parts) == 1:
            return _done(lambda: bytes.fromhex(parts[0]).decode("latin-1"), node)
        text = _text(receiver) if receiver is not None else None
        if text is None:
            return node
        if name in ("decode", "encode") and not set(parts or ()) - _PLAIN_CODECS:
            return ast.Constant(text)
        if name == "format" and parts is not None and "." not in text:
            return _done(lambda: text.format(*parts), node)
        if name == "join" and len(given) == 1:
            pieces = [_text(part) for part in given[0].elts] if isinstance(given[0], ast.List | ast.Tuple) else None
            pieces = list(_text(given[0]) or "") if _text(given[0]) is not None else pieces
            whole = [piece for piece in pieces or () if piece is not None]
            return ast.Constant(text.join(whole)) if pieces is not None and len(whole) == len(pieces) else node
        if name in _METHODS and parts is not None:
            return _done(lambda: _METHODS[name](text, *parts), node)
        return node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.expr:
        self.generic_visit(node)
        texts = [
            _text(part.value) if isinstance(part, ast.FormattedValue) and part.conversion < 0 and not part.format_spec
            else _text(part)
            for part in node.values
        ]  # fmt: skip
        whole = [text for text in texts if text is not None]
        plain = len(whole) == len(texts) and sum(map(len, whole)) < LONGEST
        return ast.Constant("".join(whole)) if plain else node


def _done(work: Callable[[], object], node: ast.expr) -> ast.expr:
    """What it becomes; as it was where it becomes nothing, or too much."""
    try:
        done = work()
    except (TypeError, ValueError, IndexError, KeyError, LookupError, OverflowError, MemoryError):
        return node
    if isinstance(done, list):
        return ast.List([ast.Constant(part) for part in done], ast.Load())
    return ast.Constant(done) if isinstance(done, str) and len(done) < LONGEST else node


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _text(node: ast.AST | None) -> str | None:
    if not isinstance(node, ast.Constant):
        return None
    if isinstance(node.value, bytes) and len(node.value) < LONGEST:
        return node.value.decode("latin-1")
    return node.value if isinstance(node.value, str) else None


def _number(node: ast.AST | None) -> int | str | None:
    """A plain number, also below zero; "?" where it is none, and None where nothing is said."""
    if node is None:
        return None
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
        return -node.operand.value if isinstance(node.operand.value, int) else "?"
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, int) else "?"


def _path(node: ast.AST) -> ast.Call | None:
    """Path("…") with one plain text."""
    plain = isinstance(node, ast.Call) and _name(node.func) in _PATHS and len(node.args) == 1 and not node.keywords
    return node if isinstance(node, ast.Call) and plain and _text(node.args[0]) is not None else None


def _inside(node: ast.expr) -> ast.expr:
    inner = _path(node)
    return inner.args[0] if inner is not None else node


def _is_plain(value: ast.expr) -> bool:
    return _text(value) is not None or _path(value) is not None


def _assigned(tree: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id, node.value
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            yield node.target.id, node.value


def _bound(tree: ast.AST) -> Iterator[str]:
    """Every place where a name is given something."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.alias):
            yield node.asname or node.name.partition(".")[0]
        elif isinstance(node, ast.Global | ast.Nonlocal):
            yield from node.names
        elif isinstance(
            node,
            ast.ExceptHandler | ast.MatchAs | ast.MatchStar | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef,
        ):
            yield node.name or ""
        elif isinstance(node, ast.MatchMapping):
            yield node.rest or ""

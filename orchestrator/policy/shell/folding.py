"""What short Python names once, read where it is used: texts and paths that are put together from plain texts only.

`p = Path("docs") / "x.md"; p.write_text(s)` is `Path("docs/x.md").write_text(s)`, so that whoever reads the code sees
the file. Does not cover: names bound twice, and texts that are worked out by calling something.
"""

import ast
import builtins
import posixpath
from collections import Counter
from collections.abc import Iterator

LONGEST = 10_000  # characters of a text that is put together
_ROUNDS = 3  # names of names
_PATHS = ("Path", "PurePath", "PosixPath")


def folded(tree: ast.Module) -> ast.Module:
    for _ in range(_ROUNDS):
        tree = _Folds({}).visit(tree)
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
    def __init__(self, values: dict[str, ast.expr]) -> None:
        self.values = values

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.values.get(node.id, node) if isinstance(node.ctx, ast.Load) else node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        left, right = _text(node.left), _text(node.right)
        if isinstance(node.op, ast.Add) and left is not None and right is not None and len(left + right) < LONGEST:
            return ast.Constant(left + right)
        if isinstance(node.op, ast.Div) and right is not None and (inner := _path(node.left)) is not None:
            return ast.Call(inner.func, [ast.Constant(posixpath.join(_text(inner.args[0]) or "", right))], [])
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        texts = [_text(_inside(part)) for part in node.args]
        parts = [text for text in texts if text is not None]
        if len(parts) != len(texts) or not parts or node.keywords or sum(map(len, parts)) > LONGEST:
            return node
        if _name(node.func) in _PATHS:
            return ast.Call(node.func, [ast.Constant(posixpath.join(*parts))], [])
        if _name(node.func) == "join" and len(parts) > 1:
            return ast.Constant(posixpath.join(*parts))
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


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _text(node: ast.AST) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


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

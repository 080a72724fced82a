"""Where short Python gives a name something: by assignment, in loops and comprehensions, by with, except and match."""

import ast
from collections.abc import Iterator


def called(function: ast.AST) -> str:
    return (
        function.id if isinstance(function, ast.Name) else function.attr if isinstance(function, ast.Attribute) else ""
    )


class Bound:
    """One place where a name is given something: a value, or each of some, or a part of each."""

    def __init__(self, value: ast.expr | None, each: bool = False, at: int | None = None) -> None:
        self.value, self.each, self.at = value, each, at


def bindings(node: ast.AST) -> Iterator[tuple[str, Bound]]:
    match node:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                yield from _targets(target, value, each=False)
        case (
            ast.AnnAssign(target=ast.Name(id=name), value=value) | ast.NamedExpr(target=ast.Name(id=name), value=value)
        ):
            if value is not None:
                yield name, Bound(value)
        case ast.AugAssign(target=ast.Name(id=name), value=value):
            yield name, Bound(value, at=0)
        case ast.For() | ast.AsyncFor() | ast.comprehension():
            yield from _targets(node.target, node.iter, each=True)
        case ast.withitem(context_expr=value, optional_vars=target) if target is not None:
            yield from _targets(target, value, each=False)
        case ast.ExceptHandler() | ast.MatchAs() | ast.MatchStar():
            yield node.name or "_", Bound(None)
        case ast.Lambda(args=arguments):
            yield from ((part.arg, Bound(None)) for part in ast.walk(arguments) if isinstance(part, ast.arg))


def _targets(target: ast.expr, value: ast.expr, each: bool) -> Iterator[tuple[str, Bound]]:
    if isinstance(target, ast.Name):
        yield target.id, Bound(value, each)
    elif isinstance(target, ast.Starred):
        yield from _targets(target.value, value, each)
    elif isinstance(target, ast.Tuple | ast.List):
        for at, part in enumerate(target.elts):
            if isinstance(part, ast.Name):
                yield part.id, _part_of(value, at, each)
            else:
                told = each and at == 1 and isinstance(value, ast.Call) and called(value.func) == "enumerate"
                inner = value.args[0] if told and isinstance(value, ast.Call) and value.args else ast.Constant(None)
                yield from _targets(part, inner, each)


def _part_of(value: ast.expr, at: int, each: bool) -> Bound:
    """What the name at this place of several is given."""
    if not each and isinstance(value, ast.Tuple | ast.List) and at < len(value.elts):
        return Bound(value.elts[at])
    if isinstance(value, ast.Call) and called(value.func) == "mkstemp":
        return Bound(value)
    return Bound(value, each, at)

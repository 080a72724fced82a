"""The files that short Python opens: by what is done with each, and which of them can be told before it runs."""

import ast
from collections import Counter
from collections.abc import Iterator

from orchestrator.policy.shell import known
from orchestrator.policy.shell.findings import Finding, Judging, Reach
from orchestrator.policy.shell.script import Segment
from orchestrator.policy.shell.words import TILDE


def called(function: ast.AST) -> str:
    return (
        function.id if isinstance(function, ast.Name) else function.attr if isinstance(function, ast.Attribute) else ""
    )


def found_by_listing(nodes: list[ast.AST]) -> frozenset[str]:
    """Names that stand for files which a listing of plainly named folders found, and for nothing else."""
    found: set[str] = set()
    bound = Counter(node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
    bound.update(node.arg for node in nodes if isinstance(node, ast.arg))
    for _ in range(2):  # what is made of them, too
        for node in nodes:
            if isinstance(node, ast.For | ast.comprehension):
                of_found = isinstance(node.iter, ast.Name) and node.iter.id in found
                targets = node.target.elts if isinstance(node.target, ast.Tuple) else [node.target]
                found |= _named_once(targets, bound) if of_found or _lists_files(node.iter) else set()
            elif isinstance(node, ast.withitem) and _temporary(node.context_expr) and node.optional_vars:
                found |= _named_once([node.optional_vars], bound)
            elif isinstance(node, ast.Assign) and (
                _lists_files(node.value) or _temporary(node.value) or is_plain(node.value, "", frozenset(found))
            ):
                found |= _named_once(node.targets, bound)
    return frozenset(found)


def _named_once(targets: list[ast.expr], bound: Counter[str]) -> set[str]:
    return {part.id for part in targets if isinstance(part, ast.Name) and bound[part.id] == 1}


def _temporary(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and called(node.func) in ("TemporaryDirectory", "mkdtemp")


def _lists_files(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    name = called(node.func)
    if name in ("sorted", "list", "enumerate", "reversed") and node.args:
        return _lists_files(node.args[0])
    if name in ("rglob", "iterdir", "glob") and isinstance(node.func, ast.Attribute) and is_path(node.func.value):
        return True
    return (
        name in ("glob", "iglob", "listdir", "walk") and len(node.args) == 1 and isinstance(node.args[0], ast.Constant)
    )


def _part(node: ast.AST, files: frozenset[str]) -> bool:
    """A piece of a path that adds no folder but those that are written: a text, the name of a file that was found."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str | int)
    if isinstance(node, ast.Attribute) and node.attr in ("name", "stem", "suffix"):
        return isinstance(node.value, ast.Name) and node.value.id in files
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _part(node.left, files) and _part(node.right, files)
    return (
        isinstance(node, ast.Call)
        and called(node.func) == "basename"
        and all(is_plain(part, "", files) for part in node.args)
    )


def is_plain(value: ast.AST, name: str, files: frozenset[str]) -> bool:
    if name in ("write_text", "write_bytes"):
        return True  # its argument is what is written
    if isinstance(value, ast.Name) and value.id in files:
        return True
    if isinstance(value, ast.Call) and called(value.func) == "join":
        return all(is_plain(part, name, files) for part in value.args)
    if isinstance(value, ast.JoinedStr):
        return all(_part(part.value if isinstance(part, ast.FormattedValue) else part, files) for part in value.values)
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add | ast.Div):
        return _part(value.left, files) and _part(value.right, files)
    if ast.unparse(value).startswith("sys.argv["):
        return True  # a word of the command, which is judged as what it is
    if name == "open" and isinstance(value, ast.Constant) and isinstance(value.value, int):
        return value.value in (0, 1, 2)
    return isinstance(value, ast.Constant) and isinstance(value.value, str) and "://" not in value.value


def text_of(given: list[ast.expr]) -> str:
    return given[0].value if given and isinstance(given[0], ast.Constant) and isinstance(given[0].value, str) else ""


def judged(judge: Judging, segment: Segment, nodes: list[ast.AST]) -> list[Finding]:
    """Every text that may be a path, by what is done with it."""
    reach = judge.reach(segment)
    found: list[Finding] = []
    meant: set[int] = set()
    for node in nodes:
        if isinstance(node, ast.Call):
            found += _given_paths(reach, node)
        if not (isinstance(node, ast.Call) and node.args and (begun := _begun(node.args[0]))):
            continue
        name, path = called(node.func), _spelt(begun)
        if mode := known.DESTROYS.get(name):
            found += reach.each(mode, [path])
        elif name in known.MAKES or (name in ("open", "ZipFile") and writes(node)):
            found += reach.each("write", [path] if path != ":memory:" else [])
        elif name in known.OPENS or (name == "parse" and of(node) in known.DOCUMENTS) or known.TABLES.fullmatch(name):
            found += reach.each("write" if name.startswith("to_") or _written_to(node, nodes) else "read", [path])
        else:
            continue
        meant.add(id(node.args[0]))
    for text in _texts(nodes, meant):
        if text.startswith(("/", "~")) or ".." in text.split("/"):
            found += [
                one
                for one in reach.each("read", [_spelt(text)])
                if one.code != "outside" or text.count("/") > 1 or ".." in text
            ]
    return found


def _begun(value: ast.AST) -> str:
    """The path that is written, or that what is put together begins with, where it names a folder."""
    if isinstance(value, ast.Constant):
        return value.value if isinstance(value.value, str) else ""
    if isinstance(value, ast.BinOp):
        first: ast.AST | None = value.left
    elif isinstance(value, ast.JoinedStr):
        first = value.values[0] if value.values else None
    else:
        first = value.args[0] if isinstance(value, ast.Call) and called(value.func) == "join" and value.args else None
    text = _begun(first) if first is not None else ""
    folder = f"{text}/" if isinstance(value, ast.Call) and text else text
    return f"{folder}x" if "/" in folder else ""


def _given_paths(reach: Reach, node: ast.Call) -> list[Finding]:
    """Paths that are given by name, and folders that modules are looked for in."""
    told = [
        keyword.value
        for keyword in node.keywords
        if keyword.arg in ("filename", "fname", "path_or_buf", "excel_writer")
    ]
    found = reach.each("write", [_spelt(text) for value in told if (text := text_of([value]))])
    of = node.func.value if isinstance(node.func, ast.Attribute) else None
    if isinstance(of, ast.Attribute) and of.attr == "path" and called(node.func) in ("insert", "append"):
        found += reach.each("run", [_spelt(text) for value in node.args[-1:] if (text := text_of([value]))])
    return found


def _texts(nodes: list[ast.AST], meant: set[int]) -> Iterator[str]:
    for node in nodes:
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in meant
            and " " not in node.value
        ):
            yield node.value


def _spelt(path: str) -> str:
    return TILDE + path[1:] if path.startswith("~") else path


def is_path(value: ast.AST) -> bool:
    return isinstance(value, ast.Call) and called(value.func) in ("Path", "PurePath", "PosixPath")


def of(call: ast.Call) -> str:
    of = call.func.value if isinstance(call.func, ast.Attribute) else None
    return of.id if isinstance(of, ast.Name) else ""


def writes(call: ast.Call, first: int = 1) -> bool:
    modes = [*call.args[first : first + 1], *(keyword.value for keyword in call.keywords if keyword.arg == "mode")]
    return any(
        not (isinstance(mode, ast.Constant) and isinstance(mode.value, str) and set(mode.value) <= set("rbtU"))
        for mode in modes
    )


def _written_to(call: ast.Call, nodes: list[ast.AST]) -> bool:
    """Path("x").write_text(…), Path("x").open("w")."""
    return any(
        isinstance(node, ast.Attribute)
        and node.value is call
        and node.attr in ("write_text", "write_bytes", "open", "mkdir", "touch")
        for node in nodes
    )

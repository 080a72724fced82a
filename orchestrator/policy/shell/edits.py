"""Whether what short Python writes into a file is what it read from it, changed: a codemod.

`p.write_text(p.read_text().replace(a, b))`, also where it is read, changed and written through names and lists.

Does not cover edits that leave nothing of what was read: parts cut out by their place, patterns that mean everything.
"""

import ast
import re
from collections.abc import Iterator

from orchestrator.policy.shell.bindings import called
from orchestrator.policy.shell.values import Code
from orchestrator.policy.shell.words import each

_READS = each("read_text read_bytes read readlines open load loads loadtxt parse imread open")
_LOSES = each(
    "bytes bytearray len hash bool int sum min max ord hex id type hexdigest count index find startswith endswith print"
)
_UNREADABLE = re.compile(r"(?i)crypt|cipher|^compress|b\d\dencode|hexlify|urandom|randbytes|shuffle|xor|rot13|scrambl")
_ROUNDS = 4  # names of names


def edited(code: Code, target: ast.expr, call: ast.Call) -> bool:
    """Whether the file that is written was read, and what is written comes of what was read."""
    name = ast.dump(target)
    read = {
        id(one)
        for one in code.calls
        if called(one.func) in _READS
        and one is not call
        and name in {ast.dump(part) for part in _of(one)}
        and not _is_written(one)
    }
    if not read or any(_spoils(one) for one in code.nodes):
        return False
    derived: set[str] = set()
    for _ in range(_ROUNDS):
        for bound_name, bounds in code.bound.items():
            if any(bound.value is not None and _comes(code, bound.value, read, derived) for bound in bounds):
                derived.add(bound_name)
        derived |= {of.id for of, given in _collected(code) if any(_comes(code, part, read, derived) for part in given)}
    written = _written(code, call)
    return bool(written) and all(_comes(code, value, read, derived) for value in written)


def _spoils(node: ast.AST) -> bool:
    """What makes of a text something that nobody reads: ciphers, compression, patterns that mean everything."""
    if isinstance(node, ast.Call):
        clears = called(node.func) == "compile" and _clears(node)
        return clears or bool(_UNREADABLE.search(called(node.func)))
    return isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.BitXor)


def _collected(code: Code) -> Iterator[tuple[ast.Name, list[ast.expr]]]:
    """lines.append(line)."""
    for call in code.calls:
        of = call.func.value if isinstance(call.func, ast.Attribute) else None
        if isinstance(of, ast.Name) and called(call.func) in ("append", "extend", "insert", "write", "add"):
            yield of, call.args


def _of(call: ast.Call) -> list[ast.expr]:
    """The file of a call: open(p), p.read_text(), p.open()."""
    return [*call.args[:1], *([call.func.value] if isinstance(call.func, ast.Attribute) else [])]


def _is_written(call: ast.Call) -> bool:
    at = 0 if isinstance(call.func, ast.Attribute) else 1
    modes = [*call.args[at : at + 1], *(word.value for word in call.keywords if word.arg == "mode")]
    return called(call.func) == "open" and any(
        isinstance(one, ast.Constant) and set(str(one.value)) & set("wax") for one in modes
    )


def _written(code: Code, call: ast.Call) -> list[ast.expr]:
    """What is given to the call, or to whatever writes into the file that it opens."""
    name = called(call.func)
    if name in ("write_text", "write_bytes"):
        return call.args[:1]
    if name != "open":
        return [call.func.value] if isinstance(call.func, ast.Attribute) else []
    above = code.parents.get(id(call))
    if isinstance(above, ast.Call) and called(above.func) in ("dump", "safe_dump", "print", "DictWriter", "writer"):
        return above.args[:1]
    if isinstance(above, ast.Attribute):
        outer = code.parents.get(id(above))
        return outer.args[:1] if isinstance(outer, ast.Call) and above.attr in ("write", "writelines") else []
    names = {one for one, bounds in code.bound.items() if any(bound.value is call for bound in bounds)}
    found: list[ast.expr] = []
    for other in code.calls:
        receiver = other.func.value if isinstance(other.func, ast.Attribute) else None
        if (
            isinstance(receiver, ast.Name) and receiver.id in names and called(other.func) in ("write", "writelines")
        ) or (
            called(other.func) in ("dump", "print", "writer")
            and any(
                isinstance(part, ast.Name) and part.id in names
                for part in [*other.args, *(word.value for word in other.keywords)]
            )
        ):
            found += other.args[:1]
    return found


def _comes(code: Code, node: ast.expr, read: set[int], derived: set[str]) -> bool:
    """Whether it is what was read, or made of it."""
    match node:
        case ast.Name(id=name):
            return name in derived
        case ast.Call(func=ast.Name(id=name), args=[_, *_]) if name in code.functions:
            given = [one.value for one in ast.walk(code.functions[name]) if isinstance(one, ast.Return)]
            own = [one for one in given if one is not None and node not in ast.walk(code.functions[name])]
            return bool(own) and all(_comes(code, one, read, derived) for one in own)
        case ast.Call():
            return id(node) in read or any(_comes(code, part, read, derived) for part in _changed(node))
        case ast.IfExp(body=one, orelse=other):
            return _comes(code, one, read, derived) and _comes(code, other, read, derived)
        case ast.ListComp(generators=rounds) | ast.GeneratorExp(generators=rounds) | ast.DictComp(generators=rounds):
            keeps = not any(
                isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.Eq) for one in rounds for test in one.ifs
            )
            return keeps and any(_comes(code, one.iter, read, derived) for one in rounds)
        case ast.Subscript(slice=ast.Slice(upper=ast.Constant()) | ast.Slice(step=ast.UnaryOp())):
            return False  # a part of it, by its place
    return any(_comes(code, part, read, derived) for part in _parts(node))


def _parts(node: ast.expr) -> list[ast.expr]:
    match node:
        case ast.BinOp(left=left, op=ast.Add() | ast.Mod(), right=right):
            return [left, right]
        case ast.JoinedStr(values=values):
            return [one.value for one in values if isinstance(one, ast.FormattedValue)]
        case ast.Subscript(value=value) | ast.Attribute(value=value) | ast.Starred(value=value):
            return [value]
        case ast.List(elts=parts) | ast.Tuple(elts=parts):
            return parts
    return []


def _changed(call: ast.Call) -> list[ast.expr]:
    """What a call makes its text of."""
    if called(call.func) in _LOSES or _clears(call):
        return []
    of = [call.func.value] if isinstance(call.func, ast.Attribute) else []
    return list(of) if called(call.func) == "replace" and of else [*call.args, *of]


def _clears(call: ast.Call) -> bool:
    """re.sub(".*", "", text), text.replace(text, "")."""
    if called(call.func) in ("sub", "subn", "compile") and call.args and isinstance(call.args[0], ast.Constant):
        try:
            left = re.sub(str(call.args[0].value), "", "import a\n\nx = 'b'  # c\n")
        except re.error:
            return True
        return len(left.strip()) < 4
    replaces = called(call.func) == "replace" and isinstance(call.func, ast.Attribute) and bool(call.args)
    return replaces and isinstance(call.func, ast.Attribute) and ast.dump(call.func.value) == ast.dump(call.args[0])

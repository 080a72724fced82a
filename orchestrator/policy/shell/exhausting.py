"""Short Python that would never end, or take more than there is: what is plain to see of it."""

import ast
import math
import re

from orchestrator.policy.shell import known
from orchestrator.policy.shell.bindings import called
from orchestrator.policy.shell.values import Code
from orchestrator.policy.shell.words import each

_LONG = "it takes longer than anybody waits"
_DOUBLES = 25  # times that a text may double
_MANY = 50_000  # threads, programs or files
_MAKE = each("Thread Process Popen mkdir makedirs write_text write_bytes mkstemp")
_ALL = each("list tuple set sorted len sum max min deque array")
_SLOW = re.compile(r"\((?:\?:)?(?:\[[^\]]*\]|\\?[^()\\])[+*]\)[+*]|\((\w)\|\1+\)[+*]")  # (a+)+
_BEGIN = each("Thread Process Timer submit start_new_thread call_soon")
_TAKE = each("next islice takewhile any zip")  # some of what never ends


def doubt(node: ast.AST, code: Code) -> str | None:
    if isinstance(node, ast.While) and _always(node.test, code):
        return None if _is_left(node) or _in_background(code) or _is_woken(code) else "it never ends"
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        huge = _is_text(node.left, node.right) and _is_huge(node.left, node.right)
        return "it takes more memory than there is" if huge else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow | ast.LShift):
        return _LONG if size(node.right) > 10**6 else None
    if (
        isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and len(node.value) < 200
        and "re" in code.imported
    ):
        return _LONG if _SLOW.search(node.value) else None
    if isinstance(node, ast.Call) and called(node.func) in _ALL and any(map(_is_endless, node.args)):
        return _LONG
    if isinstance(node, ast.Call) and (most := known.COUNTING.get(called(node.func))) is not None:
        given = [*node.args, *(word.value for word in node.keywords if word.arg in ("shape", "size", "repeat"))]
        return _LONG if any(size(value) > most for value in given) else None
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _begins_itself(node):
        return "it starts itself again and again"
    if isinstance(node, ast.For | ast.comprehension) and isinstance(node.iter, ast.Call):
        return _doubt_of_loop(node, node.iter, code)
    return None


def _always(test: ast.expr, code: Code) -> bool:
    """while True, while 1 < 2, while not False, and a name that is nothing else."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return isinstance(test.operand, ast.Constant) and not test.operand.value
    if isinstance(test, ast.Compare):
        return all(isinstance(part, ast.Constant) for part in (test.left, *test.comparators))
    if isinstance(test, ast.Name):
        values = [bound.value for bound in code.bound.get(test.id, ())]
        return len(values) == 1 and isinstance(values[0], ast.Constant) and bool(values[0].value)
    return isinstance(test, ast.Constant) and bool(test.value)


def _is_left(loop: ast.AST) -> bool:
    return any(
        isinstance(inner, ast.Break | ast.Return | ast.Raise | ast.Yield | ast.Await)
        or (isinstance(inner, ast.Call) and called(inner.func) in ("exit", "_exit", "quit"))
        for inner in ast.walk(loop)
    )


def _is_woken(code: Code) -> bool:
    """signal.alarm(5), which ends whatever runs then."""
    alarms = [call for call in code.calls if called(call.func) in ("alarm", "setitimer") and call.args]
    return any(0 < size(call.args[-1]) <= 3600 for call in alarms) and "SIG_IGN" not in map(called, code.nodes)


def _in_background(code: Code) -> bool:
    """Threads that end with the program."""
    told = (word for call in code.calls for word in call.keywords if word.arg == "daemon")
    return any(isinstance(word.value, ast.Constant) and word.value.value is True for word in told)


def _doubt_of_loop(node: ast.For | ast.comprehension, over: ast.Call, code: Code) -> str | None:
    of = over.func.value if isinstance(over.func, ast.Attribute) else None
    if called(over.func) in ("count", "cycle") and (of is None or (isinstance(of, ast.Name) and of.id == "itertools")):
        made = code.parents.get(id(node))
        taken = code.parents.get(id(made)) if isinstance(made, ast.GeneratorExp) else None
        some = isinstance(taken, ast.Call) and called(taken.func) in _TAKE
        return None if some or (isinstance(node, ast.For) and _is_left(node)) else "it never ends"
    if called(over.func) == "iter" and len(over.args) == 2 and called(over.args[0]) in ("int", "float", "str"):
        return None if _is_left(node) else "it never ends"
    many = called(over.func) == "range" and any(size(end) >= _MANY for end in over.args)
    if many and any(isinstance(inner, ast.Call) and called(inner.func) in _MAKE for inner in ast.walk(node)):
        return "it makes more than there is room for"
    often = called(over.func) == "range" and any(size(end) > _DOUBLES for end in over.args)
    doubled = often and any(_doubles(inner) for inner in ast.walk(node))
    return "it takes more memory than there is" if doubled else None


def _begins_itself(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """def f(): Thread(target=f).start()."""
    if any(isinstance(inner, ast.If | ast.IfExp | ast.Match | ast.While) for inner in ast.walk(function)):
        return False
    calls = [inner for inner in ast.walk(function) if isinstance(inner, ast.Call) and called(inner.func) in _BEGIN]
    given = [part for call in calls for part in (*call.args, *(word.value for word in call.keywords))]
    return any(isinstance(part, ast.Name) and part.id == function.name for part in given)


def _doubles(node: ast.AST) -> bool:
    """s += s, s = s + s, s.extend(s)."""
    if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add):
        return ast.unparse(node.target) == ast.unparse(node.value)
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.BinOp) and isinstance(node.value.op, ast.Add):
        whole = {ast.unparse(part) for part in (*node.targets, node.value.left, node.value.right)}
        return len(whole) == 1
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "extend":
        return [ast.unparse(part) for part in node.args] == [ast.unparse(node.func.value)]
    return False


def _is_endless(node: ast.AST) -> bool:
    """product(…, repeat=20), permutations(range(15)), count(): all of them."""
    if not isinstance(node, ast.Call):
        return False
    repeats = [size(word.value) for word in node.keywords if word.arg == "repeat"]
    if called(node.func) == "product":
        return any(size > 12 for size in repeats)
    inner = node.args[0] if node.args and isinstance(node.args[0], ast.Call) else None
    ranged = inner is not None and called(inner.func) == "range" and any(size(end) > 11 for end in inner.args)
    return called(node.func) == "permutations" and ranged and len(node.args) == 1


def size(node: ast.AST) -> float:
    """The number that an expression of plain numbers is, as large as it may be; 0 where it is none."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(min(abs(node.value), 1e300))
    if isinstance(node, ast.Tuple | ast.List):
        return min(math.prod(max(size(part), 1.0) for part in node.elts[:8]), 1e300)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Pow | ast.Add | ast.LShift):
        left, right = size(node.left), size(node.right)
        if isinstance(node.op, ast.Add):
            return left + right
        if isinstance(node.op, ast.Mult):
            return min(left * right, 1e300)
        base = 2.0 if isinstance(node.op, ast.LShift) else max(left, 1.0)
        return 1e300 if right * math.log10(max(base, 1.0) + 1e-9) > 300 else base**right
    return 0.0


def _is_text(*sides: ast.AST) -> bool:
    return any(
        (isinstance(side, ast.Constant) and isinstance(side.value, str | bytes)) or isinstance(side, ast.List)
        for side in sides
    )


def _is_huge(*sides: ast.AST) -> bool:
    return any(
        size(side) > 10**8 for side in sides if not isinstance(side, ast.Constant) or isinstance(side.value, int)
    )

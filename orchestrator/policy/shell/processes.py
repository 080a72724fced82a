"""Programs that short Python starts: `subprocess.run([...])` with plain words is the command that it is."""

import ast

from msgspec import Struct, structs

from orchestrator.policy.shell.findings import Finding, Judging
from orchestrator.policy.shell.script import Segment
from orchestrator.policy.shell.words import each

_STARTS = each("run call check_call check_output Popen")
_SETTINGS = each(
    "capture_output text check timeout encoding errors universal_newlines stdout stderr stdin bufsize shell input"
)
_CONSTANTS = each("PIPE STDOUT DEVNULL CalledProcessError TimeoutExpired CompletedProcess")


class Started(Struct, frozen=True):
    found: list[Finding]
    read: frozenset[int]  # the parts of the code that are read with it


def started(judge: Judging, segment: Segment, nodes: list[ast.AST]) -> Started:
    found: list[Finding] = []
    read: set[int] = set()
    for node in nodes:
        if isinstance(node, ast.Attribute) and _is(node.value, "subprocess") and node.attr in _CONSTANTS:
            read |= {id(node), id(node.value)}
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and len(node.args) == 1):
            continue
        function, text = node.func, node.args[0]
        if _is(function.value, "os") and function.attr == "system" and _text(text) is not None:
            found += judge.text(_text(text) or "", segment, 2)
        elif not (_is(function.value, "subprocess") and function.attr in _STARTS and _plainly(node.keywords)):
            continue
        elif (words := _words(text)) is not None:
            plain = structs.replace(
                segment, program=words[0], arguments=tuple(words[1:]), stdin="", feeders=(), fed=None
            )
            found += judge.segment(plain, 2)
        elif (line := _text(text)) is not None:
            found += judge.text(line, segment, 2)
        else:
            continue
        read |= {id(node), id(function), id(function.value)}
    return Started(found, frozenset(read))


def _is(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _text(node: ast.AST) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _words(node: ast.AST) -> list[str] | None:
    """The words of a list of texts; this interpreter itself is python3."""
    if not isinstance(node, ast.List | ast.Tuple) or not node.elts:
        return None
    words = ["python3" if ast.unparse(part) == "sys.executable" else _text(part) for part in node.elts]
    return [word for word in words if word is not None] if None not in words else None


def _plainly(keywords: list[ast.keyword]) -> bool:
    """Whether nothing else is said that changes what starts, or where."""
    values = [keyword.value for keyword in keywords]
    plain = all(
        isinstance(value, ast.Constant) or _is(getattr(value, "value", value), "subprocess") for value in values
    )
    return plain and all(keyword.arg in _SETTINGS for keyword in keywords)

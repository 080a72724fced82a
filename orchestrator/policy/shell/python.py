"""Python written inside a command: read with Python's own grammar, and allowed only where every part of it is known.

Covers: short code that calculates, and reads or writes files named plainly. Whatever else (programs started, sockets,
attributes looked up by name, paths put together while it runs) is asked. Does not cover scripts: `python3 build.py`.
"""

import ast
import math
import re
import sys

from msgspec import structs

from orchestrator.policy.shell import files, folding, imported, known, processes, snippets
from orchestrator.policy.shell.findings import Finding, Judging
from orchestrator.policy.shell.programs import DESTROYS
from orchestrator.policy.shell.programs import known as is_program
from orchestrator.policy.shell.script import Segment

_LOADS = frozenset({"load", "save", "load_all", "unsafe_load", "full_load"})
_ASKS_A_TABLE = re.compile(r"(?!.*__)[\w\s<>=!.'\"&|%+*/~,\[\]-]*")  # DataFrame.query: no call, no name of outside
_LOSES_BY_NAME = re.compile(
    r"(?:^|_)(?:drop|destroy|wipe|purge|nuke|truncate|flush|delete|erase)(?:_|$)|reset_(?:db|data)"
)
_LOSES = re.compile(r"\b(drop|delete|truncate|attach|detach|vacuum|pragma)\s", re.IGNORECASE)


def judge(judge: Judging, segment: Segment, code: str) -> list[Finding]:
    """No finding where every part of the code is known to be harmless, or is the project's own."""
    try:
        tree = ast.parse(code)
        nodes = list(ast.walk(folding.folded(tree)))
        run = imported.texts_run(nodes, imported.modules(nodes))
        nodes += [node for text in run or () for node in ast.walk(folding.folded(ast.parse(text)))]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return [*snippets.denials(judge, segment, code), snippets.inline(judge, segment)]
    started = processes.started(judge, segment, nodes)
    found = [*started.found, *files.judged(judge, segment, nodes)]
    own = _own(judge, segment, nodes)
    listed, given = files.found_by_listing(nodes), imported.modules(nodes)
    read = started.read | imported.kept_inside(nodes, given)
    left = [node for node in nodes if id(node) not in read]
    doubt = "it runs a text that is known only when it runs" if run is None else None
    doubt = doubt or next((why for node in left if (why := _doubt(node, own, listed, given))), None)
    doubt = doubt or _doubt_of_whole(nodes) or imported.doubt_of_whole(nodes, given)
    if not (doubt or own):
        return found
    found += snippets.denials(judge, segment, code)
    if any(finding.verdict == "deny" for finding in found):
        return found
    doubt = doubt or _doubt_of_texts(judge, segment, nodes)
    return [*found, snippets.inline(judge, segment, doubt)] if doubt else found


def own_module(judge: Judging, segment: Segment, name: str) -> bool:
    """Whether it is a module of the project: its own code, as a script of it is."""
    first = name.partition(".")[0]
    reach = judge.reach(segment)
    return known.own(name) or (
        first.isidentifier() and (reach.exists(f"{first}.py") or reach.exists(f"{first}/__init__.py"))
    )


def _own(judge: Judging, segment: Segment, nodes: list[ast.AST]) -> frozenset[str]:
    """The modules of the project that it imports, and the names that these give it."""
    found, bound = set[str](), set[str]()
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.asname or alias.name.partition(".")[0]
                if not known.module(alias.name) and own_module(judge, segment, alias.name):
                    found |= {alias.name, name}
                else:
                    bound.add(name)
        elif isinstance(node, ast.ImportFrom):
            names = {alias.asname or alias.name for alias in node.names}
            if node.module and not known.module(node.module) and own_module(judge, segment, node.module):
                found |= {node.module, *names}
            else:
                bound |= names
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            bound.add(node.id)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif (
            isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar | ast.FunctionDef | ast.ClassDef)
            and node.name
        ):
            bound.add(node.name)
    return frozenset(found - bound)


def _doubt_of_texts(judge: Judging, segment: Segment, nodes: list[ast.AST]) -> str | None:
    """What the project's own code is given: a command or an address, with which it could do anything."""
    for node in nodes:
        if isinstance(node, ast.Call) and _LOSES_BY_NAME.search(files.called(node.func)):
            return f"{files.called(node.func)} may throw data away"
        given = node.elts if isinstance(node, ast.List | ast.Tuple) else node.args if isinstance(node, ast.Call) else []
        words = [files.text_of([part]) for part in given]
        if words and is_program(words[0]) and all(words):
            plain = structs.replace(
                segment, program=words[0], arguments=tuple(words[1:]), stdin="", feeders=(), fed=None
            )
            if judge.segment(plain, 2):
                return "it hands a command to other code"
        if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
            continue
        if DESTROYS.fullmatch(node.value):
            return f"{node.value} may throw data away"
        if re.match(r"[a-z]+://(?!localhost|127\.)", node.value):
            return "it hands an address to other code"
        program, _, behind = node.value.partition(" ")
        if behind and is_program(program) and len(node.value) < 2000 and judge.text(node.value, segment, 2):
            return "it hands a command to other code"
    return None


def _doubt(node: ast.AST, own: frozenset[str], listed: frozenset[str], given: imported.Modules) -> str | None:
    """What is not known to be harmless about one part of the code."""
    if isinstance(node, ast.Import):
        return next(
            (
                f"it imports {alias.name}"
                for alias in node.names
                if not (known.module(alias.name) or alias.name in own)
                or (alias.asname and alias.name in ("os", "sys", "subprocess", "shutil"))
            ),
            None,
        )
    if isinstance(node, ast.ImportFrom):
        return _doubt_of_own(node) if node.module in own else _doubt_of_import(node)
    if isinstance(node, ast.Name) and (
        node.id in known.NAMES
        or node.id == "subprocess"
        or (node.id.startswith("__") and node.id not in ("__name__", "__file__", "__doc__"))
    ):
        return f"it uses {node.id}"
    if isinstance(node, ast.Attribute):
        return _doubt_of_own_attribute(node) if _root(node) in own else _doubt_of_attribute(node, given)
    if (
        isinstance(node, ast.While)
        and isinstance(node.test, ast.Constant)
        and not any(isinstance(inner, ast.Break | ast.Return) for inner in ast.walk(node))
    ):
        return "it never ends"
    if (
        isinstance(node, ast.BinOp)
        and isinstance(node.op, ast.Mult)
        and _is_text(node.left, node.right)
        and _is_huge(node.left, node.right)
    ):
        return "it takes more memory than there is"
    if isinstance(node, ast.Call | ast.For | ast.BinOp | ast.comprehension) and (why := _doubt_of_size(node)):
        return why
    if isinstance(node, ast.Call):
        return _doubt_of_call(node, listed, given)
    if (
        isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr)
        and isinstance(node.value, ast.Name | ast.Attribute)
        and files.called(node.value) in known.OPENS | known.CHANGES
    ):
        return f"it gives {files.called(node.value)} another name"
    return None


def _size(node: ast.AST) -> float:
    """The number that an expression of plain numbers is, as large as it may be; 0 where it is none."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(min(abs(node.value), 1e300))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Pow | ast.Add | ast.LShift):
        left, right = _size(node.left), _size(node.right)
        if isinstance(node.op, ast.Add):
            return left + right
        if isinstance(node.op, ast.Mult):
            return min(left * right, 1e300)
        base = 2.0 if isinstance(node.op, ast.LShift) else max(left, 1.0)
        return 1e300 if right * math.log10(max(base, 1.0) + 1e-9) > 300 else base**right
    return 0.0


def _doubt_of_size(node: ast.AST) -> str | None:
    """What would never be done: 9**9**9, range(10**12), a sleep of years, counting without an end."""
    long = "it takes longer than anybody waits"
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow | ast.LShift):
        return long if _size(node.right) > 10**6 else None
    if isinstance(node, ast.Call) and files.called(node.func) in known.COUNTING:
        most = known.COUNTING[files.called(node.func)]
        return long if any(_size(value) > most for value in node.args) else None
    if (
        isinstance(node, ast.For | ast.comprehension)
        and isinstance(node.iter, ast.Call)
        and files.called(node.iter.func) in ("count", "cycle")
    ):
        left = any(isinstance(inner, ast.Break | ast.Return) for inner in ast.walk(node))
        return None if left or (files.of(node.iter) not in ("", "itertools")) else "it never ends"
    return None


def _doubt_of_whole(nodes: list[ast.AST]) -> str | None:
    """Files put together while it runs, and openers handed on under another name."""
    called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    called |= {id(node.value) for node in nodes if isinstance(node, ast.Attribute)}
    paths = any(files.called(node) in ("Path", "PurePath", "PosixPath") for node in nodes)
    for node in nodes:
        name = files.called(node)
        opens = (
            name in known.OPENS - {"Path", "stat", "exists"}
            or name in ("query", "eval")
            or known.TABLES.fullmatch(name)
        )
        if id(node) not in called and opens:
            return f"it hands {name} on"
        if (
            paths
            and isinstance(node, ast.BinOp)
            and isinstance(node.op, ast.Div)
            and not isinstance(node.right, ast.Constant)
        ):
            return "which file it means is known only when it runs"
    return None


def _doubt_of_import(node: ast.ImportFrom) -> str | None:
    if node.level or not node.module or not known.module(node.module) or node.module == "subprocess":
        return f"it imports {node.module or 'from here'}"
    for alias in node.names:
        matters = alias.name in known.OPENS | known.CHANGES | known.NAMES | known.COUNTING.keys()
        renamed = alias.asname is not None and (matters or node.module in ("os", "sys", "shutil"))
        loads = node.module in ("numpy", "yaml") and alias.name in _LOADS
        suspect = known.SUSPECT.fullmatch(alias.name) or alias.name in known.CHANGES | {"os", "sys", "io"}
        part = imported.doubt_of_part(node.module, alias.name)
        suspect = suspect and part is not False
        if alias.name == "*" or renamed or loads or suspect or part or imported.hidden(alias.name):
            return f"it imports {alias.name}"
    return None


def _doubt_of_own(node: ast.ImportFrom) -> str | None:
    return next((f"it imports {alias.name}" for alias in node.names if _reaches(alias.name) or alias.name == "*"), None)


def _doubt_of_own_attribute(node: ast.Attribute) -> str | None:
    return f"it uses .{node.attr}" if _reaches(node.attr) else None


def _reaches(name: str) -> bool:
    """Whether a name that another module gives is no work of that module: a part of Python, or hidden."""
    hidden = name.startswith("_") and name not in ("__version__", "__file__", "__name__", "__doc__", "__all__")
    return hidden or name in sys.stdlib_module_names or name in known.NAMES or name in known.REACHES


def _root(node: ast.Attribute) -> str:
    value: ast.AST = node.value
    while isinstance(value, ast.Attribute):
        value = value.value
    return value.id if isinstance(value, ast.Name) else ""


def _doubt_of_attribute(node: ast.Attribute, given: imported.Modules) -> str | None:
    name = node.attr
    of = node.value.id if isinstance(node.value, ast.Name) else ""
    if isinstance(node.ctx, ast.Store) and of in ("os", "sys", "subprocess"):
        return f"it changes {of}.{name}"
    if (of, name) in (("platform", "system"), ("unittest", "main")) or (
        name == "__init__" and _called_by(node.value) == "super"
    ):
        return None
    if of in ("np", "numpy", "yaml") and name in _LOADS:
        return f"it uses {of}.{name}"
    if name in ("query", "eval"):
        return None  # see its call
    stands = imported.meant(node.value, given)
    parts = {imported.doubt_of_part(module, name) for module in stands}
    if True in parts:
        return f"it uses {of or 'a module'}.{name}"
    if parts == {False} and name not in known.CHANGES:
        return None
    if imported.hidden(name) or name in known.CHANGES or known.SUSPECT.fullmatch(name):
        return f"it uses .{name}"
    if not stands and (partly := known.PARTLY.get(of if of in ("os", "sys", "shutil") else "")) is not None:
        return None if name in partly else f"it uses {of}.{name}"
    if (name in known.NAMES and (of, name) != ("re", "compile")) or name in ("os", "sys") or (name == "io" and of):
        return f"it uses .{name}"
    return None


def _doubt_of_call(node: ast.Call, listed: frozenset[str], given: imported.Modules) -> str | None:
    name = files.called(node.func)
    evaluated = any(keyword.arg == "eval_str" for keyword in node.keywords)
    if evaluated or isinstance(node.func, ast.Call | ast.Subscript | ast.Lambda | ast.IfExp):
        return "what it calls is known only when it runs"
    if name in ("rename", "replace") and isinstance(node.func, ast.Attribute) and len(node.args) == 1:
        return f"it uses .{name}"
    if isinstance(node.func, ast.Attribute) and not files.is_path(node.func.value):
        if name in ("write_text", "write_bytes", "mkdir") and not isinstance(node.func.value, ast.Name):
            return f"which file it means by .{name} is known only when it runs"
        if name in ("write_text", "write_bytes") or (
            name == "open"
            and files.writes(node, first=0)
            and files.of(node) not in ("io", "Image", "gzip", "bz2", "lzma", "codecs", "wave", "tarfile")
        ):
            return f"which file it means by .{name} is known only when it runs"
    if name in ("query", "eval") and not (
        files.text_of(node.args[:1]) and _ASKS_A_TABLE.fullmatch(files.text_of(node.args[:1]))
    ):
        return f"it uses .{name}"
    told = next((keyword.value for keyword in node.keywords if keyword.arg == "filename"), None)
    if told is not None and not files.is_plain(told, name, listed):
        return f"which file it means by {name} is known only when it runs"
    if name in ("execute", "executemany", "executescript"):
        statement = files.text_of(node.args[:1])
        if not statement or _LOSES.search(statement):
            return "it may change data"
    saves = _saves(node, given)
    opens = name in known.OPENS and not (name == "walk" and files.of(node) == "ast")
    if opens or known.TABLES.fullmatch(name) or name == "joinpath" or saves:
        named = node.args if name in ("Path", "PurePath", "PosixPath", "joinpath") else node.args[:1]
        looks = name in known.LOOKS
        listed = frozenset() if _overwrites(node) else listed
        if not all(looks or files.is_plain(value, name, listed) for value in named) or any(
            keyword.arg not in known.SETTINGS for keyword in node.keywords
        ):
            return f"which file it means by {name} is known only when it runs"
    return None


def _saves(node: ast.Call, given: imported.Modules) -> bool:
    """image.save(…), and what reads a document by its name."""
    name = files.called(node.func)
    of_tree = isinstance(node.func, ast.Attribute) and (
        name == "save" or (name == "parse" and files.of(node) in known.DOCUMENTS)
    )
    return of_tree or any(re.fullmatch(r"xml\..*\.parse", module) for module in imported.meant(node.func, given))


def _overwrites(node: ast.Call) -> bool:
    """open(found, "w"): what a listing found would be lost."""
    return (
        files.called(node.func) == "open"
        and bool(node.args)
        and isinstance(node.args[0], ast.Name)
        and files.writes(node)
    )


def _called_by(node: ast.AST) -> str:
    return files.called(node.func) if isinstance(node, ast.Call) else ""


def _is_text(*sides: ast.AST) -> bool:
    return any(
        (isinstance(side, ast.Constant) and isinstance(side.value, str | bytes)) or isinstance(side, ast.List)
        for side in sides
    )


def _is_huge(*sides: ast.AST) -> bool:
    for side in sides:
        if isinstance(side, ast.Constant) and isinstance(side.value, int) and side.value > 10**8:
            return True
        if isinstance(side, ast.BinOp) and isinstance(side.op, ast.Pow | ast.LShift | ast.Mult):
            return True
    return False

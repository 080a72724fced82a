"""Modules that short Python imports, by what it does with them: names of its own for them, and what of each is used."""

import ast
import sys
from collections import defaultdict
from collections.abc import Mapping

from orchestrator.policy.shell import known

Modules = Mapping[str, frozenset[str]]  # by the name that the code gives it: what it may stand for, with dots

_SAID = ("__version__", "__file__", "__name__", "__doc__", "__qualname__")
_RUN = frozenset({"timeit.timeit", "timeit.repeat", "timeit.Timer"})  # run the texts that they are given


def modules(nodes: list[ast.AST]) -> Modules:
    found = defaultdict[str, set[str]](set)
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.partition(".")[0]
                found[alias.asname or first].add(alias.name if alias.asname else first)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                found[alias.asname or alias.name].add(f"{node.module}.{alias.name}")
    return {name: frozenset(stands) for name, stands in found.items()}


def meant(node: ast.AST, given: Modules) -> frozenset[str]:
    """What a name, or a name behind a dot, stands for."""
    if isinstance(node, ast.Name):
        return given.get(node.id, frozenset())
    if isinstance(node, ast.Attribute):
        return frozenset(f"{of}.{node.attr}" for of in meant(node.value, given))
    return frozenset()


def hidden(name: str) -> bool:
    return name.startswith("_") and name not in _SAID


def doubt_of_part(of: str, name: str) -> bool | None:
    """Whether a part of a module of Python is more than harmless; None where that hangs on its name alone."""
    if (partly := known.PARTLY.get(of)) is not None:
        return name not in partly
    if of.partition(".")[0] not in sys.stdlib_module_names:
        return None
    other = name in sys.stdlib_module_names and name not in known.MODULES
    return True if other and f"{of}.{name}" not in known.MODULES | known.PARTLY.keys() else None


def doubt_of_whole(nodes: list[ast.AST], given: Modules) -> str | None:
    """Modules of which not all is harmless, and what runs texts, handed on under another name."""
    used = {id(node.value) for node in nodes if isinstance(node, ast.Attribute)}
    called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    for node in nodes:
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
            stands = meant(node, given)
            if (id(node) not in used and stands & known.PARTLY.keys()) or (id(node) not in called and stands & _RUN):
                return f"it hands {node.id if isinstance(node, ast.Name) else node.attr} on"
    for module, names in known.NOT_BESIDE.items():
        if any(stand == module or stand.startswith(f"{module}.") for stands in given.values() for stand in stands):
            used_too = next(
                (node.attr for node in nodes if isinstance(node, ast.Attribute) and node.attr in names), None
            )
            if used_too:
                return f"it uses .{used_too}"
    return None


def kept_inside(nodes: list[ast.AST], given: Modules) -> frozenset[int]:
    """Hidden names of a class of the code itself: `self._items`, where it gives itself one."""
    ours = [node for node in nodes if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "self"]
    other = any(isinstance(node, ast.Name) and node.id == "self" and isinstance(node.ctx, ast.Store) for node in nodes)
    named = {node.attr for node in ours if isinstance(node.ctx, ast.Store)}
    named |= {node.name for node in nodes if isinstance(node, ast.FunctionDef)}
    kept = {name for name in named if not name.startswith("__") and name.strip("_") not in sys.stdlib_module_names}
    return frozenset() if other or "self" in given else frozenset(id(node) for node in ours if node.attr in kept)


def texts_run(nodes: list[ast.AST], given: Modules) -> list[str] | None:
    """The code that timeit is told as texts; None where one is known only when it runs."""
    functions = {node.name for node in nodes if isinstance(node, ast.FunctionDef)}
    found: list[str] = []
    for node in nodes:
        if not (isinstance(node, ast.Call) and meant(node.func, given) & _RUN):
            continue
        named = [keyword.value for keyword in node.keywords if keyword.arg in (None, "stmt", "setup")]
        for value in [*node.args[:2], *named]:
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                found.append(value.value)
            elif not (isinstance(value, ast.Lambda) or (isinstance(value, ast.Name) and value.id in functions)):
                return None
    return found

"""What short Python reaches through the modules that it imports: its own names for them, and what it uses of each."""

import ast
import sys
from collections import defaultdict
from collections.abc import Mapping

from orchestrator.policy.shell import known
from orchestrator.policy.shell.values import Code, called
from orchestrator.policy.shell.words import each

Modules = Mapping[str, frozenset[str]]  # by the name that the code gives it: what it may stand for, with dots

_SAID = each("__version__ __file__ __name__ __doc__ __qualname__ __all__ __path__")
_RUN = frozenset({"timeit.timeit", "timeit.repeat", "timeit.Timer"})  # run the texts that they are given
_DOES = frozenset(  # what is judged where it is called, and so must be called where it stands
    [
        "os.remove",
        "os.unlink",
        "os.rmdir",
        "os.removedirs",
        "os.rename",
        "os.replace",
        "os.makedirs",
        "os.mkdir",
        "os.chmod",
        "os.chdir",
        "os.system",
        "os.popen",
        "os.utime",
        "shutil.rmtree",
        "shutil.copy",
        "shutil.copy2",
        "shutil.copyfile",
        "shutil.copytree",
        "shutil.move",
        "shutil.make_archive",
        "shutil.unpack_archive",
        "subprocess.run",
        "subprocess.call",
        "subprocess.check_call",
        "subprocess.check_output",
        "subprocess.Popen",
        "subprocess.getoutput",
        "subprocess.getstatusoutput",
        "pickle.loads",
        "timeit.timeit",
        "timeit.repeat",
        "timeit.Timer",
        "io.open",
        "codecs.open",
        "gzip.open",
        "bz2.open",
        "lzma.open",
        "tarfile.open",
        "asyncio.create_subprocess_exec",
        "asyncio.create_subprocess_shell",
        "tokenize.open",
        "torch.load",
        "numpy.load",
        "joblib.load",
        "yaml.load",
        "pandas.eval",
        "numexpr.evaluate",
        "pytest.main",
    ]
)
_FREE = frozenset({"platform.system", "unittest.main", "doctest.testmod", "os.path", "logging.Formatter"})
_LOOK = each("dir print type id repr str hasattr isinstance len help callable bool getattr vars")
_SAFE_LOADS = frozenset({"numpy.load", "torch.load", "yaml.load", "joblib.load", "pickle.loads"})


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


def doubt_of_part(dotted: str) -> str | None:
    """What is not known to be harmless about a part of a module: os.kill, glob.os, json.__loader__."""
    parts = dotted.split(".")
    python = parts[0] in sys.stdlib_module_names
    for at in range(1, len(parts)):
        whole, name = ".".join(parts[:at]), parts[at]
        if f"{whole}.{name}" in _FREE:
            continue
        if whole in known.PARTLY or whole in known.ROOTS:
            if not known.partly(whole, name):
                return f"it uses {whole}.{name}"
            if whole in ("os", "shutil", "subprocess") and len(parts) > at + 1 and name not in ("path", "environ"):
                return f"it uses {dotted}" if known.HARMS.fullmatch(parts[at + 1]) else None
            continue
        other = python and name in known.ROOTS | known.ALIASES and f"{whole}.{name}" not in known.PARTLY
        hidden = name.startswith("_") and name not in _SAID
        if other or hidden or known.HARMS.fullmatch(name) or (python and at == 1 and name == "main"):
            return f"it uses {whole}.{name}"
    return None


def doubts(code: Code, given: Modules, left: list[ast.AST]) -> str | None:
    """What it does with its modules, beside calling what is harmless."""
    for node in left:
        if not isinstance(node, ast.Name | ast.Attribute):
            continue
        above = code.parents.get(id(node))
        if isinstance(above, ast.Attribute) and not isinstance(node.ctx, ast.Store):
            continue  # see the whole of it
        for dotted in meant(node, given):
            if why := doubt_of_part(dotted) or _doubt_of_use(node, above, dotted):
                return why
    return _beside(code, given)


def _doubt_of_use(node: ast.Name | ast.Attribute, above: ast.AST | None, dotted: str) -> str | None:
    if isinstance(node.ctx, ast.Store | ast.Del):
        stored = isinstance(node, ast.Name) or known.stored(dotted)
        return None if stored else f"it changes {dotted}"
    is_called = isinstance(above, ast.Call) and above.func is node
    if dotted in _DOES and not is_called:
        return f"it hands {dotted} on"
    if dotted in _SAFE_LOADS and isinstance(above, ast.Call):
        return _doubt_of_load(above, dotted)
    if dotted == "os.environ" or dotted.startswith(("os.environ.", "os.getenv")):
        return None  # see `environment`
    root = dotted in known.PARTLY and not dotted.startswith(("os.path", "importlib.metadata"))
    looked = isinstance(above, ast.Call) and called(above.func) in _LOOK and len(above.args) == 1
    looked = looked or (isinstance(above, ast.Call) and called(above.func) == "hasattr")
    if root and not looked and not is_called and not isinstance(above, ast.Attribute):
        return f"it hands {dotted} on"
    return None


def _doubt_of_load(call: ast.Call, dotted: str) -> str | None:
    """Files that hold more than data run code when they are loaded."""
    told = {keyword.arg: keyword.value for keyword in call.keywords}
    if dotted == "numpy.load":
        plain = "allow_pickle" not in told or _is(told["allow_pickle"], False)
    elif dotted == "torch.load":
        plain = "weights_only" not in told or _is(told["weights_only"], True)
    elif dotted == "yaml.load":
        loader = told.get("Loader") or (call.args[1] if len(call.args) > 1 else None)
        plain = loader is not None and called(loader) in ("SafeLoader", "CSafeLoader", "BaseLoader")
    else:
        given = call.args[0] if dotted == "pickle.loads" and call.args else None
        plain = isinstance(given, ast.Call) and ast.unparse(given.func) in ("pickle.dumps", "dumps")
    return None if plain else f"{dotted} may run what the file says"


def _is(node: ast.AST, value: bool) -> bool:
    return isinstance(node, ast.Constant) and node.value is value


_RUNS_TEXTS = each("run runctx")
_NOT_BESIDE = {  # names that what a module makes has, which run texts or load code
    "cProfile": _RUNS_TEXTS,
    "profile": _RUNS_TEXTS,
    "tracemalloc": each("load dump"),
    "importlib.metadata": each("load EntryPoint"),
    "ctypes": each("from_address from_buffer memmove"),
}


def _beside(code: Code, given: Modules) -> str | None:
    stands = {stand for some in given.values() for stand in some}
    for module, names in _NOT_BESIDE.items():
        if any(stand == module or stand.startswith(f"{module}.") for stand in stands):
            for node in code.nodes:
                if isinstance(node, ast.Attribute) and node.attr in names:
                    return f"it uses .{node.attr}"
    return None


def reflects(code: Code, given: Modules) -> str | None:
    """What is looked up while it runs: by a name that is put together, or in all that a module has.

    What is found so may be looked at, and called only where it is no module's.
    """
    looks = False
    for call in code.calls:
        name = called(call.func)
        of = call.args[0] if call.args else call.func
        stands = meant(of, given)
        if name in ("getattr", "setattr") and isinstance(call.func, ast.Name) and stands:
            if any(known.is_root(one) for one in stands) or name == "setattr":
                return f"it looks for a part of {min(stands)} that is known only when it runs"
            looks = True
        looks = looks or (name in ("getmembers", "getmembers_static"))
    handed = any(
        isinstance(node, ast.Name) and node.id == "getattr" and not isinstance(code.parents.get(id(node)), ast.Call)
        for node in code.nodes
    )
    if handed:
        return "it hands getattr on"
    if looks and (found := next((call for call in code.calls if not _looks_on(call, code, given)), None)):
        return f"it calls {called(found.func) or 'what it found'}, and what that is is known only when it runs"
    return None


_LOOKING = each(
    "dir print type id repr str hasattr isinstance len callable bool getattr sorted list set dict tuple sum any "
    "all zip enumerate max min issubclass range int format"
)


def _looks_on(call: ast.Call, code: Code, given: Modules) -> bool:
    """A call of something that is named: of a module, of the code itself, of a text."""
    if isinstance(call.func, ast.Name):
        plain = call.func.id in _LOOKING | code.functions.keys() and not any(
            keyword.arg in ("key", "target", "default") and isinstance(keyword.value, ast.Name)
            for keyword in call.keywords
        )
        return plain or bool(given.get(call.func.id))
    if isinstance(call.func, ast.Attribute):
        name = call.func.attr
        return bool(meant(call.func, given)) or name in _TEXTS
    return False


_TEXTS = each(
    "startswith endswith append join split splitlines strip format ljust rjust items keys values get update add lower "
    "upper replace count index extend sort most_common find removeprefix removesuffix"
)


def texts_run(nodes: list[ast.AST], given: Modules) -> list[str] | None:
    """The code that timeit is told as texts; None where one is known only when it runs."""
    code = Code(nodes)
    found: list[str] = []
    for call in code.calls:
        if isinstance(call.func, ast.Name) and call.func.id in ("eval", "exec") and len(call.args) == 1:
            told = call.args
        elif meant(call.func, given) & _RUN:
            told = [*call.args[:2], *(word.value for word in call.keywords if word.arg in (None, "stmt", "setup"))]
        else:
            continue
        for value in told:
            if isinstance(value, ast.Lambda) or (isinstance(value, ast.Name) and value.id in code.functions):
                continue
            if any("\ue007" in text for text in code.of(value)):
                return None
            found += code.of(value)
    return found

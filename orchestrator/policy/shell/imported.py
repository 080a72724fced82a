"""What short Python reaches through the modules that it imports: its own names for them, and what it uses of each."""

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Collection, Mapping

from orchestrator.policy.shell import known
from orchestrator.policy.shell.bindings import called
from orchestrator.policy.shell.values import Code, holes
from orchestrator.policy.shell.words import UNKNOWN, each

Modules = Mapping[str, frozenset[str]]  # by the name that the code gives it: what it may stand for, with dots

_SAID = each("__version__ __file__ __name__ __doc__ __qualname__ __all__ __path__")
_FOLDERS = r"(\./)?([\w-]+/)*"
_MODEL = re.compile(rf"{_FOLDERS}(models?|checkpoints?)/([\w-]+/)*[\w.-]+\.(joblib|pkl|pickle|pt|pth|ckpt)")
_OUTPUT = re.compile(rf"{_FOLDERS}(build|out|outputs?|\.?cache|results?)/([\w-]+/)*[\w.-]+")
_BRINGS = each(
    "copyfileobj extractall extract unpack_archive copy2 copyfile copytree move writestr rename symlink_to symlink link"
)
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
        "pickle.load",
        "pickle.loads",
        "shelve.open",
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
_SAFE_LOADS = frozenset(
    {
        "numpy.load",
        "torch.load",
        "yaml.load",
        "joblib.load",
        "pickle.load",
        "pickle.loads",
        "marshal.loads",
        "shelve.open",
    }
)


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
    if isinstance(node, ast.Call) and _imports(node, given) and len(node.args) == 1:
        named = node.args[0].value if isinstance(node.args[0], ast.Constant) else None
        return frozenset({named}) if isinstance(named, str) else frozenset()
    return frozenset()


def _imports(call: ast.Call, given: Modules) -> bool:
    named = called(call.func) in ("__import__", "import_module")
    return named or (isinstance(call.func, ast.Name) and "importlib.import_module" in given.get(call.func.id, ()))


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


def doubts(code: Code, given: Modules, left: list[ast.AST], own: Collection[str]) -> str | None:
    """What it does with its modules, beside calling what is harmless."""
    for node in left:
        above = code.parents.get(id(node))
        if isinstance(node, ast.Call) and _imports(node, given) and (why := _doubt_of_lookup(node, above, code, own)):
            return why
        if not isinstance(node, ast.Name | ast.Attribute):
            continue
        if isinstance(above, ast.Attribute) and not isinstance(node.ctx, ast.Store):
            continue  # see the whole of it
        for dotted in meant(node, given):
            if dotted.partition(".")[0] in own:
                continue
            if why := doubt_of_part(dotted) or _doubt_of_use(node, above, dotted, code):
                return why
    return _beside(code, given)


def _doubt_of_lookup(call: ast.Call, above: ast.AST | None, code: Code, own: Collection[str]) -> str | None:
    """A module that is imported by a plain name, and used where it stands or is harmless; any of the project's own."""
    named = code.of(call.args[0]) if len(call.args) == 1 else frozenset({""})
    direct = isinstance(above, ast.Attribute) and isinstance(call.args[0], ast.Constant)
    if all(
        module.partition(".")[0] in own or (known.module(module) and (not known.is_root(module) or direct))
        for module in named
    ):
        return None
    return "it imports what is known only when it runs"


def _doubt_of_use(node: ast.Name | ast.Attribute, above: ast.AST | None, dotted: str, code: Code) -> str | None:
    if isinstance(node.ctx, ast.Store | ast.Del):
        stored = isinstance(node, ast.Name) or known.stored(dotted)
        return None if stored else f"it changes {dotted}"
    is_called = isinstance(above, ast.Call) and above.func is node
    if dotted in _DOES and not is_called:
        return f"it hands {dotted} on"
    if dotted == "os.kill" and isinstance(above, ast.Call) and ast.unparse(above.args[0]) != "os.getpid()":
        return "it uses os.kill"
    if dotted in _SAFE_LOADS and isinstance(above, ast.Call):
        return _doubt_of_load(above, dotted, code)
    if dotted == "os.environ" or dotted.startswith(("os.environ.", "os.getenv")):
        return None  # see `environment`
    root = dotted in known.PARTLY and not dotted.startswith(("os.path", "importlib.metadata"))
    looked = isinstance(above, ast.Call) and called(above.func) in _LOOK and len(above.args) == 1
    looked = looked or (isinstance(above, ast.Call) and ast.unparse(above.func).endswith(("hasattr", "patch.object")))
    if root and not looked and not is_called and not isinstance(above, ast.Attribute):
        return f"it hands {dotted} on"
    return None


def _doubt_of_load(call: ast.Call, dotted: str, code: Code) -> str | None:
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
        given = call.args[0] if dotted.endswith(".loads") and call.args else None
        plain = isinstance(given, ast.Call) and ast.unparse(given.func) in ("pickle.dumps", "marshal.dumps", "dumps")
    return None if plain or _is_own_data(code, call) else f"{dotted} may run what the file says"


def _is_own_data(code: Code, call: ast.Call) -> bool:
    """A model of the project, or what the same code keeps among its outputs: no more than a script of it is."""
    texts = _file_of(code, call.args[0]) if call.args else frozenset[str]()
    kept = {text for one in code.calls for text in _kept(code, one)}
    written = {text for one in code.calls for text in _written(code, one)}
    if not texts or texts & written or any(map(holes, written)) or _BRINGS & {called(one.func) for one in code.calls}:
        return False
    return all(_MODEL.fullmatch(text) or (_OUTPUT.fullmatch(text) and text in kept) for text in texts)


def _kept(code: Code, call: ast.Call) -> frozenset[str]:
    """pickle.dump(value, file), shelve.open(path)."""
    if called(call.func) == "dump" and len(call.args) > 1:
        return _file_of(code, call.args[1])
    shelf = ast.unparse(call.func) == "shelve.open" and bool(call.args)
    return code.of(call.args[0]) if shelf else frozenset()


def _written(code: Code, call: ast.Call) -> frozenset[str]:
    """Files that it fills by other means: f.write(text), print(text, file=f)."""
    name = called(call.func)
    if ast.unparse(call.func) in ("pickle.dump", "joblib.dump") or name == "open" or name.startswith("load"):
        return frozenset()
    of = call.func.value if isinstance(call.func, ast.Attribute) else None
    given = [*call.args, *(word.value for word in call.keywords)]
    files: list[ast.expr] = [part for part in given if isinstance(part, ast.Name) and _is_opened(code, part.id)]
    files += [of] if of is not None and name in ("write", "writelines", "write_text", "write_bytes", "tofile") else []
    return frozenset().union(*(_file_of(code, part) for part in files))


def _is_opened(code: Code, name: str) -> bool:
    values = [bound.value for bound in code.bound.get(name, ())]
    opened = [value.func for value in values if isinstance(value, ast.Call) and called(value.func) == "open"]
    return any(ast.unparse(one) != "shelve.open" for one in opened)


def _file_of(code: Code, node: ast.expr) -> frozenset[str]:
    """The path behind a file: open(path), also by a name."""
    if isinstance(node, ast.Name):
        values = [bound.value for bound in code.bound.get(node.id, ())] if _is_opened(code, node.id) else []
        if values:
            return frozenset().union(*(code.of(None) if value is None else _file_of(code, value) for value in values))
    if isinstance(node, ast.Call) and called(node.func) in ("open", "read", "read_bytes"):
        receiver = node.func.value if isinstance(node.func, ast.Attribute) else None
        if receiver is None or called(receiver) in ("gzip", "bz2", "lzma", "io"):
            return code.of(node.args[0]) if node.args else code.of(None)
        return _file_of(code, receiver)
    return code.of(node)


def _is(node: ast.AST, value: bool) -> bool:
    return isinstance(node, ast.Constant) and node.value is value


_RUNS_TEXTS = each("run runctx")
_NOT_BESIDE = {  # names that what a module makes has, which run texts or load code
    "cProfile": _RUNS_TEXTS,
    "profile": _RUNS_TEXTS,
    "tracemalloc": each("load dump"),
    "importlib.metadata": each("load EntryPoint"),
    "coverage": each("cmdline execfile"),
    "cffi": each("dlopen verify set_source load_library"),
    "psutil": each("kill terminate suspend resume send_signal nice rlimit cpu_affinity environ net_connections"),
    "click": each("launch edit"),
    "typer": each("launch edit"),
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
    looks, handed = False, _handed(code, given)
    for call in code.calls:
        name = called(call.func)
        stands = meant(call.args[0], given) if call.args else frozenset[str]()
        if (
            name == "getattr"
            and stands
            and all(_is_harmless(f"{one}.{text}") for one in stands for text in code.of(call.args[1]))
        ):
            continue
        if name in ("getattr", "setattr", "vars") and isinstance(call.func, ast.Name) and (stands or handed):
            if name == "setattr" or any(known.is_root(one) for one in stands):
                return f"it looks for a part of {min(stands or {'a module'})} that is known only when it runs"
            looks = True
        looks = looks or bool(meant(call.func, given) & {"inspect.getmembers", "inspect.getmembers_static"})
    if looks and (found := next((call for call in code.calls if not _looks_on(call, code, given)), None)):
        return f"it calls {called(found.func) or 'what it found'}, and what that is is known only when it runs"
    return None


def _is_harmless(dotted: str) -> bool:
    return dotted.replace(".", "").replace("_", "").isalnum() and doubt_of_part(dotted) is None and dotted not in _DOES


def _handed(code: Code, given: Modules) -> bool:
    """Whether a whole module is given to something else, where it may be looked into."""
    for node in code.nodes:
        if not (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and given.get(node.id)):
            continue
        above = code.parents.get(id(node))
        whole = any(one in sys.stdlib_module_names | known.PACKAGES or known.is_root(one) for one in given[node.id])
        looked = isinstance(above, ast.Call) and called(above.func) in _LOOK | {"getmembers", "hasattr"}
        if whole and not isinstance(above, ast.Attribute) and not looked:
            return True
    return False


def _compiled(node: ast.expr, code: Code) -> ast.expr:
    """The text of compile("…", …), also by a name."""
    bounds = code.bound.get(node.id, []) if isinstance(node, ast.Name) else []
    if len(bounds) == 1 and isinstance(bounds[0].value, ast.Call):
        node = bounds[0].value
    made = isinstance(node, ast.Call) and called(node.func) == "compile" and node.args
    return node.args[0] if made and isinstance(node, ast.Call) else node


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
    "startswith endswith append join split splitlines strip format ljust rjust items keys values get update "
    "add lower "
    "upper replace count index extend sort most_common find removeprefix removesuffix"
)


def texts_run(nodes: list[ast.AST], given: Modules) -> list[str] | None:
    """The code that timeit, eval and exec are told as texts; None where one is known only when it runs."""
    runs = [node for node in nodes if isinstance(node, ast.Call) and _runs_texts(node, given)]
    if not runs:
        return []
    code = Code(nodes)
    found: list[str] = []
    for call in runs:
        if isinstance(call.func, ast.Name) and call.func.id in ("eval", "exec"):
            told = [_compiled(call.args[0], code)] if call.args else []
        else:
            told = [*call.args[:2], *(word.value for word in call.keywords if word.arg in (None, "stmt", "setup"))]
        for value in told:
            if isinstance(value, ast.Lambda) or (isinstance(value, ast.Name) and value.id in code.functions):
                continue
            if any(UNKNOWN in text for text in code.of(value)):
                return None
            found += code.of(value)
    return found


def _runs_texts(call: ast.Call, given: Modules) -> bool:
    named = isinstance(call.func, ast.Name) and call.func.id in ("eval", "exec")
    return named or bool(meant(call.func, given) & _RUN)

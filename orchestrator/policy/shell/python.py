"""Python written inside a command: read with Python's own grammar, and asked where a root of it may harm.

What can harm comes from few roots: modules and functions that are known by name (see `known`), files, programs that it
starts, texts that it runs, and what it looks up while it runs. Whatever grows from a harmless root is free. Behind it
stands the sandbox. Does not cover scripts: `python3 build.py`.
"""

import ast
import builtins
import re
from collections.abc import Collection

from msgspec import Struct, structs

from orchestrator.policy.shell import disguise, exhausting, folding, imported, interpreters, known, processes, snippets
from orchestrator.policy.shell.bindings import called
from orchestrator.policy.shell.files import Files
from orchestrator.policy.shell.findings import Finding, Judging
from orchestrator.policy.shell.programs import DESTROYS
from orchestrator.policy.shell.programs import known as is_program
from orchestrator.policy.shell.script import Segment
from orchestrator.policy.shell.values import Code, strings, text_of
from orchestrator.policy.shell.words import MADE, UNKNOWN, each, marked

_ASKS_A_TABLE = re.compile(r"(?!.*(__|@\w+\s*[.(]|\w\s*\())[\w\s<>=!.'\"&|%+*/~,()\[\]`@-]*")  # DataFrame.query
_OF_COLUMNS = re.compile(r"\.(isin|isnull|notnull|isna|notna|between|abs|(str|dt)\.\w+)\(|\b(and|or|not|in) ?\(")
_LOSES_BY_NAME = re.compile(
    r"(?:^|_)(?:drop|destroy|wipe|purge|nuke|truncate|flush|delete|erase)(?:_|$)|reset_(?:db|data)"
)
_LOSES = re.compile(
    r"\b(drop|(?<!on )delete|truncate|attach|detach|vacuum|load|install|copy)\s|writable_schema|load_extension",
    re.IGNORECASE,
)
_PLANTED = re.compile(
    r"\b(exec|eval|system|loads)\s*\(\s*(\w+\s*\(\s*)?[\w.]*(b\d\ddecode|fromhex|decompress|codecs\.decode|urlopen)|/dev/(tcp|udp)/|"
    r"\b(curl|wget)\b[^\n|]*\|\s*(sudo\s+)?\w*sh\b|base64\s+(-d|--decode)[^\n]*\|\s*\w*sh\b"
)
_SAID = each("__name__ __file__ __doc__ __debug__ __all__")
_ADDRESS = re.compile(r"(?!sqlite:///?(?!/))[a-z]+://(?!localhost|127\.|test(server|client)?([:/]|$))")
_LOADS = frozenset({"pickle.load", "joblib.load", "shelve.open"})
_CHANGES_ARGV = re.compile(r"argv\s*\.|argv\s*[+*]?=[^=]|argv\s*\[[^\]]*\]\s*[+*]?=[^=]")
_LOOKS = each("print sorted len list set pprint")
_ASIDE = re.compile(f":memory:|sqlite://(/:memory:)?|(sqlite:///)?{MADE}.*")
_OF_OUTPUTS = re.compile(r"(sqlite:///)?(\./)?(build|out|output|dist|\.?cache)/(?!.*\.\.)[\w./-]+")
_FILLED_ANEW = re.compile(r"(?i)\bdrop\s+(table|view|index)\s+if\s+exists\s+[\w\"`]+\s*;?|\bdelete\s+from\s+\w+\s*;?$")
_DATABASES = each("sqlite3 duckdb sqlalchemy")


def judge(judge: Judging, segment: Segment, text: str) -> list[Finding]:
    """No finding where every root of the code is harmless, or is the project's own."""
    try:
        nodes = list(ast.walk(folding.folded(ast.parse(text), _argv(segment, text))))
        run = imported.texts_run(nodes, imported.modules(nodes))
        nodes += [node for inner in run or () for node in ast.walk(folding.folded(ast.parse(inner)))]
        return _judged(judge, segment, text, Code(nodes), run is None)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # also code that stands for itself: a = b; b = a
        return [*snippets.denials(judge, segment, text), snippets.inline(judge, segment)]


def _argv(segment: Segment, text: str) -> list[str]:
    """The words of the command that the code is given, where each is known and the code leaves them as they are."""
    told = interpreters.told("python", segment.arguments)
    given = ["-c", *told.behind] if told.codes else list(told.behind) if told.behind[:1] == ["-"] else []
    return [] if len(given) < 2 or any(map(marked, given)) or _CHANGES_ARGV.search(text) else given


def _judged(judge: Judging, segment: Segment, text: str, code: Code, unknown: bool) -> list[Finding]:
    nodes = code.nodes
    given = imported.modules(nodes)
    started = processes.started(judge, segment, code, given)
    files = Files(judge, segment, code, given)
    found = [*started.found, *files.found]
    own = _own(judge, segment, code)
    read = started.read | files.read | processes.talks_to_itself(code, given)
    left = [node for node in nodes if id(node) not in read]
    doubt = "it runs a text that is known only when it runs" if unknown else _planted(nodes, files.writes)
    doubt = doubt or next((why for node in left if (why := _doubt(node, own, code))), None)
    doubt = (
        doubt
        or imported.doubts(code, given, left, {one.partition(".")[0] for one in own.modules})
        or imported.reflects(code, given)
        or files.doubt
    )
    if not judge.alone and any(_LOADS & imported.meant(call.func, given) for call in code.calls):
        doubt = doubt or "it loads what this command may have made"
    doubt = doubt or _doubt_of_environment(judge, segment, code, given, started.read, files.computed)
    doubt = doubt or _doubt_of_data(code, given, bool(own.modules)) or disguise.doubt(code, given, files.computed)
    if not (doubt or own.modules or started.found):
        return found
    found += snippets.denials(judge, segment, text)
    if any(finding.verdict == "deny" for finding in found):
        return found
    doubt = doubt or _doubt_of_texts(judge, segment, nodes)
    return [*found, snippets.inline(judge, segment, doubt)] if doubt else found


def _planted(nodes: list[ast.AST], writes: bool) -> str | None:
    """Code and commands that it writes, and that fetch or decode what they run; what others run when they install."""
    texts = list(strings(nodes)) if writes else []
    if any(map(_PLANTED.search, texts)):
        return "it writes code that runs what nobody has seen"
    hooked = "package.json" in texts and {"postinstall", "preinstall"} & set(texts)
    return "it writes what others run when they install" if hooked else None


def own_module(judge: Judging, segment: Segment, name: str) -> bool:
    """Whether it is a module of the project: its own code, as a script of it is."""
    first = name.partition(".")[0]
    reach = judge.reach(segment)
    return known.own(name) or (
        first.isidentifier() and (reach.exists(f"{first}.py") or reach.exists(f"{first}/__init__.py"))
    )


class Own(Struct, frozen=True):
    """What is the project's own: modules that it imports, and names that stand for nothing else."""

    modules: frozenset[str]
    names: frozenset[str]


def _own(judge: Judging, segment: Segment, code: Code) -> Own:
    modules, names, others = set[str](), set[str](), set(code.bound) | code.functions.keys() | code.classes
    for node in code.nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                own = not known.module(alias.name) and own_module(judge, segment, alias.name)
                modules |= {alias.name} if own else set()
                (names if own else others).add(alias.asname or alias.name.partition(".")[0])
        elif isinstance(node, ast.ImportFrom):
            whole = node.module or ""
            own = bool(whole) and not known.module(whole) and own_module(judge, segment, whole)
            modules |= {whole} if own else set()
            (names if own else others).update(alias.asname or alias.name for alias in node.names)
    return Own(frozenset(modules), frozenset(names - others))


def _doubt_of_texts(judge: Judging, segment: Segment, nodes: list[ast.AST]) -> str | None:
    """What the project's own code is given: a command or an address, with which it could do anything."""
    for node in nodes:
        if isinstance(node, ast.Call) and _LOSES_BY_NAME.search(called(node.func)):
            return f"{called(node.func)} may throw data away"
        given = node.elts if isinstance(node, ast.List | ast.Tuple) else node.args if isinstance(node, ast.Call) else []
        words = [text_of([part]) for part in given]
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
        if _ADDRESS.match(node.value):
            return "it hands an address to other code"
        program, _, behind = node.value.partition(" ")
        if behind and is_program(program) and len(node.value) < 2000 and judge.text(node.value, segment, 2):
            return "it hands a command to other code"
    return None


def _doubt(node: ast.AST, own: Own, code: Code) -> str | None:
    """What may harm about one part of the code."""
    if isinstance(node, ast.Import):
        other = next((one.name for one in node.names if not (known.module(one.name) or one.name in own.modules)), None)
        other = other or next(
            (one.name for one in node.names if one.asname in known.ROOTS and one.asname != one.name), None
        )
        return f"it imports {other}" if other else None
    if isinstance(node, ast.ImportFrom):
        return _doubt_of_own(node) if node.module in own.modules else _doubt_of_import(node)
    if isinstance(node, ast.Name):
        return _doubt_of_name(node, code)
    if isinstance(node, ast.Attribute):
        return _doubt_of_own_attribute(node) if _root(node) in own.names else _doubt_of_attribute(node, code)
    if isinstance(node, ast.Call):
        return _doubt_of_call(node) or exhausting.doubt(node, code)
    return exhausting.doubt(node, code)


def _doubt_of_name(node: ast.Name, code: Code) -> str | None:
    own = (node.id in code.functions or node.id in code.bound) and node.id not in vars(builtins)
    hidden = node.id.startswith("__") and not (own or node.id in _SAID)
    if not (node.id in known.NAMES | {"open"} or hidden) or not isinstance(node.ctx, ast.Load):
        return (
            None
            if not (node.id in ("open", "subprocess") and isinstance(node.ctx, ast.Store))
            else f"it changes {node.id}"
        )
    above = code.parents.get(id(node))
    is_called = isinstance(above, ast.Call) and above.func is node
    if node.id in ("eval", "exec"):
        return None if is_called and isinstance(above, ast.Call) and above.args else f"it uses {node.id}"
    if node.id == "__import__" and is_called:
        return None  # see what it imports
    if node.id == "open":
        return None if is_called else "it hands open on"
    if node.id == "vars" and isinstance(above, ast.Call) and is_called:
        return None if above.args else "it uses vars"
    looked = is_called and code.parents.get(id(above))
    if node.id in ("globals", "locals") and isinstance(looked, ast.Call | ast.Compare):
        return None if not isinstance(looked, ast.Call) or called(looked.func) in _LOOKS else f"it uses {node.id}"
    if node.id in ("globals", "locals") and isinstance(looked, ast.Subscript):
        return None if text_of([looked.slice]) in code.functions.keys() | code.classes else f"it uses {node.id}"
    return f"it uses {node.id}"


def _doubt_of_import(node: ast.ImportFrom) -> str | None:
    if node.level or not node.module or not (known.module(node.module) or node.module == "__future__"):
        return f"it imports {node.module or 'from here'}"
    for alias in node.names:
        whole = f"{node.module}.{alias.name}"
        if alias.name == "*" and known.is_root(node.module):
            return f"it imports all of {node.module}"
        if alias.name != "*" and (why := imported.doubt_of_part(whole)):
            return why
    return None


def _doubt_of_own(node: ast.ImportFrom) -> str | None:
    return next(
        (f"it imports {alias.name}" for alias in node.names if known.reaches(alias.name) or alias.name == "*"), None
    )


def _doubt_of_own_attribute(node: ast.Attribute) -> str | None:
    return f"it uses .{node.attr}" if known.reaches(node.attr) else None


def _root(node: ast.Attribute) -> str:
    value: ast.AST = node.value
    while isinstance(value, ast.Attribute):
        value = value.value
    return value.id if isinstance(value, ast.Name) else ""


def _doubt_of_attribute(node: ast.Attribute, code: Code) -> str | None:
    """What has such a name harms, whatever it is found on."""
    name, above = node.attr, code.parents.get(id(node))
    is_called = isinstance(above, ast.Call) and above.func is node
    if name in ("query", "eval") and not is_called and "pandas" in code.imported:
        return f"it hands .{name} on"
    if known.HIDDEN.fullmatch(name):
        if name == "__subclasses__" and called(node.value) in code.classes:
            return None  # of a class of the code itself
        reads_code = name == "__code__" and isinstance(above, ast.Attribute) and above.attr.startswith("co_")
        return None if reads_code else f"it uses .{name}"
    if name == "kill" and is_called and isinstance(above, ast.Call) and above.args:
        return None if ast.unparse(above.args[0]) == "os.getpid()" else f"it uses .{name}"
    if name == "truncate" and is_called and isinstance(above, ast.Call):
        plain = bool(above.args or above.keywords) and not isinstance(
            getattr(next(iter(above.args), None), "value", ""), int
        )
        names = {called(call.func) for call in code.calls}
        size = exhausting.size(above.args[0]) if above.args else 0.0
        if 0 < size < 10**9 and not any(set(text) & set("+a") for text in strings(code.nodes) if len(text) < 4):
            return None  # of a file that it makes
        sought = "seek" in names and bool(names & {"write", "writelines", "dump"}) and not above.args
        return None if plain or sought else f"it uses .{name}"
    if name == "exec_module" and any(called(call.func) == "spec_from_file_location" for call in code.calls):
        return None  # a file of the workspace, read as one
    if name == "fork" and is_called and any(called(call.func) in ("wait", "waitpid") for call in code.calls):
        return "it starts itself again" if code.repeated(node) else None
    if name == "modules":
        looked = isinstance(above, ast.Compare | ast.comprehension | ast.For) or (
            isinstance(above, ast.Call) and called(above.func) in _LOOKS
        )
        return None if looked else "it uses .modules"
    if name in ("import_module", "symlink_to") and is_called:
        return None  # see what it imports, and what it links
    if not known.HARMS.fullmatch(name) or (
        isinstance(node.value, ast.Name) and node.value.id in ("platform", "logging", "asyncio")
    ):
        return None
    return None if name in known.CALLED and not is_called else f"it uses .{name}"


def _doubt_of_call(node: ast.Call) -> str | None:
    name = called(node.func)
    if any(
        word.arg in ("eval_str", "inplace") and name in ("signature", "get_annotations", "input", "FileInput")
        for word in node.keywords
    ):
        return "it runs a text that is known only when it runs"
    if name in ("methodcaller", "attrgetter", "getattr", "setattr", "delattr", "hasattr"):
        named = node.args[:1] if name in ("methodcaller", "attrgetter") else node.args[1:2]
        parts = [part for text in named for part in text_of([text]).split(".")]
        if any(known.HARMS.fullmatch(part) or known.HIDDEN.fullmatch(part) for part in parts) and name != "hasattr":
            return f"it uses .{parts[-1]}"
        if name == "setattr" and isinstance(node.args[0], ast.Name) and node.args[0].id == "self":
            return None
    if any(word.arg in ("host", "address") and text_of([word.value]) in ("0.0.0.0", "::") for word in node.keywords):
        return "it answers every machine of the network"
    evaluates = name in ("query", "eval") and isinstance(node.func, ast.Attribute) and node.args
    if evaluates and not _ASKS_A_TABLE.fullmatch(_OF_COLUMNS.sub(" + (", text_of(node.args[:1]) or "__")):
        return f"it uses .{name}"
    return None


def _doubt_of_environment(
    judge: Judging, segment: Segment, code: Code, given: imported.Modules, read: Collection[int], computed: bool
) -> str | None:
    """What is read of the environment, and what is set in it for others."""
    for node in code.nodes:
        if not isinstance(node, ast.Name | ast.Attribute) or id(node) in read:
            continue
        stands = imported.meant(node, given)
        above = code.parents.get(id(node))
        if "os.getenv" in stands and isinstance(above, ast.Call) and above.func is node:
            key: ast.AST | None = above.args[0] if above.args else None
        elif "os.getenv" in stands:
            return "it hands os.getenv on"
        elif "os.environ" not in stands:
            continue
        elif isinstance(above, ast.Subscript):
            key = above.slice
        elif isinstance(above, ast.Attribute) and above.attr in ("get", "setdefault", "pop"):
            call = code.parents.get(id(above))
            key = call.args[0] if isinstance(call, ast.Call) and call.args else None
        elif isinstance(above, ast.Compare) or _is_handed(above, code):
            continue
        else:
            return "it shows the environment"
        name = text_of([key]) if isinstance(key, ast.expr) else ""
        if name == "HOME" and not computed and code.imported <= known.PURE | {"os"}:
            continue
        if not name or known.SETTINGS_OF_OTHERS.fullmatch(name):
            return f"it reads {name or 'the environment'}"
        value = code.parents.get(id(above)) if isinstance(above, ast.Subscript) else None
        if isinstance(value, ast.Assign) and judge.variable(segment, name, min(code.of(value.value))):
            return f"it sets {name}"
    return None


def _is_handed(above: ast.AST | None, code: Code) -> bool:
    """env = dict(os.environ, CI="1"), which nobody but a program that it starts is given."""
    copied = code.parents.get(id(above)) if isinstance(above, ast.Attribute) and above.attr == "copy" else above
    bound = code.parents.get(id(copied))
    if not (isinstance(bound, ast.Assign) and len(bound.targets) == 1 and isinstance(bound.targets[0], ast.Name)):
        return False
    name = bound.targets[0].id
    for node in code.nodes:
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
            use = code.parents.get(id(node))
            given = isinstance(use, ast.keyword) and use.arg == "env"
            changed = isinstance(use, ast.Subscript) and isinstance(use.ctx, ast.Store | ast.Del)
            updated = isinstance(use, ast.Attribute) and use.attr in ("update", "pop", "setdefault")
            if not (given or changed or updated):
                return False
    return True


def _doubt_of_data(code: Code, given: imported.Modules, own: bool) -> str | None:
    """Statements to a database that lose data, save in one that is gone when the code ends."""
    opened = [call for call in code.calls if called(call.func) in ("connect", "create_engine")]
    texts = [text for call in opened for text in (code.of(call.args[0]) if call.args else ())]
    aside = bool(texts) and all(map(_ASIDE.fullmatch, texts))
    anew = bool(texts) and all(_ASIDE.fullmatch(text) or _OF_OUTPUTS.fullmatch(text) for text in texts)
    if "sqlalchemy" in code.imported and not anew and any(called(call.func) == "drop_all" for call in code.calls):
        return "it may change data"
    bases = own or any(stand.partition(".")[0] in _DATABASES for some in given.values() for stand in some)
    for call in code.calls:
        if called(call.func) not in (
            "execute",
            "executemany",
            "executescript",
            "sql",
            "read_sql",
            "read_sql_query",
            "text",
        ):
            continue
        told = code.of(call.args[0]) if call.args else frozenset[str]()
        for statement in told:
            outside = re.search(r"\b(attach|load_extension|install|into\s+'|vacuum\s+into)", statement, re.IGNORECASE)
            statement = _FILLED_ANEW.sub("", statement) if anew else statement
            built = _is_built(code, call.args[0])
            unknown = (
                bool(bases) and not built and statement.lstrip("( \n")[:1] == UNKNOWN and called(call.func) != "text"
            )
            if outside or (not aside and (_LOSES.search(statement) or unknown)):
                return "it may change data"
    return None


def _is_built(code: Code, node: ast.expr) -> bool:
    """select(User).where(…), also by a name."""
    if isinstance(node, ast.Name):
        values = [bound.value for bound in code.bound.get(node.id, ())]
        return bool(values) and all(isinstance(value, ast.Call) and _is_built(code, value) for value in values)
    return isinstance(node, ast.Call) and called(node.func) not in (
        "read",
        "read_text",
        "text",
        "input",
        "get",
        "format",
        "join",
    )

"""Programs that short Python starts, and machines that it reaches: `subprocess.run([...])` is the command that it is.

What is known of the words only when it runs stays unknown in the command. A socket is read where the code talks to
itself: it listens on this machine, and connects to nothing else.
"""

import ast
import copy
import re
from collections.abc import Mapping

from msgspec import Struct, structs

from orchestrator.policy.shell import known
from orchestrator.policy.shell.bindings import called
from orchestrator.policy.shell.findings import Finding, Judging
from orchestrator.policy.shell.imported import Modules, meant
from orchestrator.policy.shell.outputs import finds
from orchestrator.policy.shell.script import Segment
from orchestrator.policy.shell.values import Code
from orchestrator.policy.shell.words import FOUND, STAR, UNKNOWN, each

_STARTS = frozenset(
    f"subprocess.{name}"
    for name in ["run", "call", "check_call", "check_output", "Popen", "getoutput", "getstatusoutput"]
) | {
    "asyncio.create_subprocess_exec",
    "asyncio.create_subprocess_shell",
    "os.system",
    "os.popen",
    "pytest.main",
    "runpy.run_path",
    "runpy.run_module",
}
_SETTINGS = each(
    "capture_output text check timeout encoding errors universal_newlines stdout stderr stdin bufsize shell input "
    "cwd env start_new_session limit close_fds plugins"
)
_NAMES = 8  # names of names
_SITES = 20  # calls of one function that are looked at
_CHANGES_PYTEST = re.compile(
    r"(^| )(-p(?! ?no:)|-c( |$)|-o(?! ?(addopts=( |$)|(log|junit|asyncio|xfail|console)_\w+=))|"
    r"--(basetemp|rootdir|confcutdir|override-ini|import-mode))"
)
_WHOLE_ENVIRONMENT = re.compile(r"(dict\()?((os|__import__\('os'\))\.)?environ(\.copy\(\))?\)?")
_LOCAL = each("127.0.0.1 localhost ::1")
_NETWORK = each(
    "socket socketserver http http.server http.client urllib.request xmlrpc.server wsgiref.simple_server asyncio"
)
_SERVES = each(
    "create_server bind start_server HTTPServer ThreadingHTTPServer TCPServer ThreadingTCPServer UDPServer "
    "ThreadingUDPServer make_server create_datagram_endpoint"
)
_REACHES = each("create_connection connect connect_ex open_connection HTTPConnection urlopen sendto Request")
_BEYOND = each("dup2 execv execve execl spawn pty fromfd SCM_RIGHTS HTTPSConnection create_default_context")


class Started(Struct, frozen=True):
    found: list[Finding]
    read: frozenset[int]  # the parts of the code that are read with it


def started(judge: Judging, segment: Segment, code: Code, given: Modules) -> Started:
    found: list[Finding] = []
    read: set[int] = set()
    for call in code.calls:
        dotted = meant(call.func, given) & _STARTS
        if not dotted:
            continue
        for one in _as_called(code, call):
            plain = _setting(judge, segment, code, one)
            if plain is None:
                found.append(_unread(judge, segment))
            else:
                found += _judged(judge, plain, code, min(dotted), one)
        read |= {id(part) for part in ast.walk(call.func)}
        read |= {id(part) for word in call.keywords if word.arg == "env" for part in ast.walk(word.value)}
        read |= {id(part) for first in call.args[:1] for part in ast.walk(first) if isinstance(part, ast.Constant)}
    return Started(found, frozenset(read))


def _judged(judge: Judging, plain: Segment, code: Code, name: str, call: ast.Call) -> list[Finding]:
    words = _words(code, call.args[0]) if call.args else None
    if name == "asyncio.create_subprocess_exec":
        words = [word for part in call.args for word in _words_of(code, part)]
    elif name.startswith("runpy."):
        words = [
            "python3",
            *(["-m"] if name == "runpy.run_module" else []),
            *(_words_of(code, call.args[0]) if call.args else [UNKNOWN]),
        ]
    elif name == "pytest.main":
        if _CHANGES_PYTEST.search(" ".join(words or ())):
            return [_unread(judge, plain)]
        words = ["pytest", *(words or ([] if not call.args else [UNKNOWN]))]
    shell = next((word.value for word in call.keywords if word.arg == "shell"), None)
    if words is not None and (shell is None or (isinstance(shell, ast.Constant) and not shell.value)):
        programs = _programs(code, call.args[0]) if UNKNOWN in words[0] else {words[0]}
        if any(UNKNOWN in program for program in programs):
            return [_unread(judge, plain)]
        started = [structs.replace(plain, program=one, arguments=tuple(words[1:])) for one in sorted(programs)]
        return [finding for one in started for finding in judge.segment(one, 2)]
    first = call.args[0] if call.args else None
    if isinstance(first, ast.Call) and called(first.func) == "split":  # no less than what a shell makes of it
        of = first.func.value if isinstance(first.func, ast.Attribute) else None
        first = first.args[0] if called(of or first) == "shlex" and first.args else of
    text = code.of(first)
    return [one for line in text for one in judge.text(line, plain, 2)]


def _as_called(code: Code, call: ast.Call) -> list[ast.Call]:
    """A call inside a function of the code itself, as it is for everyone who calls that: `def sh(*args): run(args)`."""
    function = code.around(call)
    sites = [
        one
        for one in code.calls
        if function is not None and isinstance(one.func, ast.Name) and one.func.id == function.name
    ]
    if function is None or not sites or not code.only_called(function.name):
        return [call]
    found = []
    for site in sites[:_SITES]:
        given = code.given(function, site)
        named = {ast.unparse(node) for node in ast.walk(call) if isinstance(node, ast.Name)}
        found.append(_Given(given).visit(copy.deepcopy(call)) if named & given.keys() else call)
    code.kept += found
    return found


class _Given(ast.NodeTransformer):
    def __init__(self, given: Mapping[str, ast.expr]) -> None:
        self.given = given

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.given.get(node.id, node)

    def visit_Call(self, node: ast.Call) -> ast.Call:
        self.generic_visit(node)
        told = [word.value for word in node.keywords if word.arg is None and isinstance(word.value, ast.Dict)]
        node.keywords = [word for word in node.keywords if word.arg or word.value not in told]
        for words in told:
            pairs = zip(words.keys, words.values, strict=True)
            node.keywords += [
                ast.keyword(str(key.value), value) for key, value in pairs if isinstance(key, ast.Constant)
            ]
        return node


def _unread(judge: Judging, segment: Segment) -> Finding:
    reason = "Which program this starts is known only when it runs."
    return judge.ask(segment, "indirect_program", reason, "Name the program.")


def _programs(code: Code, node: ast.expr) -> frozenset[str]:
    """Each that the first word may be, also as shutil.which finds it."""
    match node:
        case ast.List(elts=[first, *_]) | ast.Tuple(elts=[first, *_]):
            return _programs(code, first)
        case ast.Name(id=name) if [bound.each for bound in code.bound.get(name, ())] == [False]:
            value = code.bound[name][0].value
            return _programs(code, value) if isinstance(value, ast.Call) else code.of(node)
        case ast.Call(func=ast.Attribute(attr="which") | ast.Name(id="which"), args=[named, *_]):
            return code.of(named)
    return code.of(node)


def _is_found(code: Code, node: ast.AST | None, depth: int = 0) -> bool:
    """Whether it is what a program said that reads files or lists them: check_output(["git", "ls-files"]).split()."""
    match node:
        case _ if depth > _NAMES:
            return False
        case ast.Name(id=name):
            bounds = code.bound.get(name, ())
            return bool(bounds) and all(_is_found(code, bound.value, depth + 1) for bound in bounds)
        case ast.Call(func=ast.Attribute(attr="split" | "splitlines" | "strip" | "decode", value=value)):
            return _is_found(code, value, depth + 1)
        case ast.Call(func=ast.Name(id="sorted" | "list" | "set"), args=[value, *_]):
            return _is_found(code, value, depth + 1)
        case ast.Attribute(attr="stdout", value=value) | ast.Subscript(value=value, slice=ast.Slice()):
            return _is_found(code, value, depth + 1)
        case ast.ListComp(elt=ast.Name(id=name), generators=[ast.comprehension(target=ast.Name(id=of), iter=value)]):
            return name == of and _is_found(code, value, depth + 1)
        case ast.Call(func=function, args=[told, *_]) if called(function) in ("check_output", "run"):
            words = _words(code, told) or []
            return bool(words) and finds((Segment(words[0], tuple(words[1:]), ""),))
    return False


def _words(code: Code, node: ast.expr) -> list[str] | None:
    """The words of a list; this interpreter itself is python3. None where it is a text, for a shell."""
    match node:
        case ast.List(elts=parts) | ast.Tuple(elts=parts) if parts:
            return [word for part in parts for word in _words_of(code, part)]
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            one, other = _words(code, left), _words(code, right)
            return [*one, *(other or [UNKNOWN])] if one else None
        case ast.Name(id=name):
            return _grown(code, name)
    return None


def _grown(code: Code, name: str) -> list[str] | None:
    """A list, with what is added to it; None where anything else is done to it."""
    bounds = [bound for bound in code.bound.get(name, ()) if bound.value is not None]
    begun = bounds[0].value if bounds else None
    first = _words(code, begun) if begun is not None else None
    if first is None or len(bounds) != len(code.bound[name]) or any(bound.each for bound in bounds):
        return None
    added = [bound.value for bound in bounds[1:]]
    for node in code.nodes:
        of = node.value if isinstance(node, ast.Attribute | ast.Subscript) else None
        if not (isinstance(of, ast.Name) and of.id == name):
            continue
        call = code.parents.get(id(node))
        if isinstance(node, ast.Attribute) and node.attr in ("append", "extend") and isinstance(call, ast.Call):
            added += [ast.List(call.args) if node.attr == "append" else call.args[0]] if call.args else []
        elif not (isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load)):
            return None
    more = [_words(code, value) if value is not None else None for value in added]
    return [*first, *(word for words in more for word in words or [UNKNOWN])]


def _words_of(code: Code, part: ast.expr) -> list[str]:
    if isinstance(part, ast.Starred):
        inner = _words(code, part.value)
        return inner if inner is not None else [FOUND] if _is_found(code, part.value) else [UNKNOWN]
    if ast.unparse(part) == "sys.executable":
        return ["python3"]
    known = code.of(part)
    word = next(iter(known)) if len(known) == 1 else UNKNOWN
    return [FOUND] if word == UNKNOWN and isinstance(part, ast.Name) and _is_found(code, part) else [word]


def _setting(judge: Judging, segment: Segment, code: Code, call: ast.Call) -> Segment | None:
    """The segment that it starts, without its words; None where something is said that changes what starts."""
    plain = structs.replace(segment, stdin="", feeders=(), fed=None, assignments=())
    for word in call.keywords:
        if word.arg not in _SETTINGS:
            return None
        if word.arg == "cwd" and not (isinstance(word.value, ast.Constant) and word.value.value is None):
            folders = code.of(word.value)
            if judge.reach(segment).each("list", folders) or any(UNKNOWN in one or STAR in one for one in folders):
                return None
            plain = structs.replace(
                plain, folders=frozenset(_within(folder, here) for here in segment.folders for folder in folders)
            )
        elif word.arg == "env":
            pairs = _environment(code, word.value)
            if pairs is None:
                return None
            plain = structs.replace(plain, assignments=tuple(pairs))
        elif word.arg in ("input", "stdin"):
            told = code.of(word.value)
            known = len(told) == 1 and UNKNOWN not in min(told)
            if word.arg == "input":
                plain = structs.replace(plain, stdin="text", fed=min(told) if known else None)
    return plain


def _within(folder: str, here: str) -> str:
    plain = folder.removeprefix("./").rstrip("/")
    return (
        here if plain in ("", ".") else f"{here}/{plain}".strip("/") if not plain.startswith(("/", "\ue00b")) else plain
    )


def _environment(code: Code, node: ast.expr) -> list[tuple[str, str]] | None:
    """{**os.environ, "CI": "1"}, dict(os.environ, CI="1")."""
    if isinstance(node, ast.Name):
        values = [bound.value for bound in code.bound.get(node.id, ())]
        whole = _environment(code, values[0]) if len(values) == 1 and values[0] is not None else None
        return None if whole is None else whole + _set_in(code, node.id)
    if _WHOLE_ENVIRONMENT.fullmatch(ast.unparse(node)):
        return []
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        one, other = _environment(code, node.left), _environment(code, node.right)
        return None if one is None or other is None else one + other
    if isinstance(node, ast.Call) and called(node.func) == "dict" and len(node.args) <= 1:
        inner = _environment(code, node.args[0]) if node.args else []
        pairs = [(word.arg, word.value) for word in node.keywords]
    elif isinstance(node, ast.Dict):
        inner, pairs = [], list[tuple[str | None, ast.expr]]()
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                below = _environment(code, value)
                inner = None if below is None or inner is None else inner + below
            else:
                named = key.value if isinstance(key, ast.Constant) else None
                pairs.append((named if isinstance(named, str) else None, value))
    else:
        return None
    if inner is None or any(not isinstance(name, str) for name, _ in pairs):
        return None
    return inner + [(str(name), min(code.of(value))) for name, value in pairs]


def _set_in(code: Code, name: str) -> list[tuple[str, str]]:
    """env["CI"] = "1", env.update(CI="1")."""
    found: list[tuple[str, str]] = []
    for node in code.nodes:
        if isinstance(node, ast.Assign) and isinstance(target := node.targets[0], ast.Subscript):
            if called(target.value) == name:
                found.append((min(code.of(target.slice)), min(code.of(node.value))))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and called(node.func.value) == name:
            inner = [_environment(code, part) for part in node.args] if node.func.attr == "update" else []
            found += [pair for pairs in inner for pair in pairs or [(UNKNOWN, UNKNOWN)]]
            found += [(word.arg or UNKNOWN, min(code.of(word.value))) for word in node.keywords]
    return found


def talks_to_itself(code: Code, given: Modules) -> frozenset[int]:
    """The parts that reach for sockets, where the code listens on this machine and reaches nothing else."""
    stands = {stand for some in given.values() for stand in some}
    if not any(stand == module or stand.startswith(f"{module}.") for stand in stands for module in _NETWORK):
        return frozenset()
    served = [call for call in code.calls if called(call.func) in _SERVES]
    reached = [call for call in code.calls if called(call.func) in _REACHES and not _of_database(call, given)]
    if not served or not all(_is_local(code, call) for call in served):
        return frozenset()
    if not all(_is_local(code, call) or _is_own(code, call) for call in reached):
        return frozenset()
    if any(isinstance(node, ast.Attribute | ast.Name) and called(node) in _BEYOND for node in code.nodes):
        return frozenset()
    found: set[int] = set()
    for node in code.nodes:
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            found |= {id(node)} if all(name in _NETWORK or known.module(name) for name in names) else set()
        elif isinstance(node, ast.Name | ast.Attribute):
            whole = meant(node, given)
            reaches = any(
                one.startswith(tuple(f"{module}." for module in _NETWORK)) or one in _NETWORK for one in whole
            )
            found |= {id(node)} if reaches or called(node) in _SERVES | _REACHES else set()
    return frozenset(found)


def _of_database(call: ast.Call, given: Modules) -> bool:
    return any(one.startswith(("sqlite3.", "duckdb.")) for one in meant(call.func, given))


def _is_local(code: Code, call: ast.Call) -> bool:
    """Whether it is told an address of this machine."""
    told = [*call.args, *(word.value for word in call.keywords if word.arg in ("host", "address", "server_address"))]
    parts = [part.elts[0] if isinstance(part, ast.Tuple) and part.elts else part for part in told]
    named = [text for part in parts for text in code.of(part)]
    pairs = [
        text for part in told if isinstance(part, ast.Name) for bound in code.bound.get(part.id, ())
        if isinstance(bound.value, ast.Tuple) and bound.value.elts for text in code.of(bound.value.elts[0])
    ]  # fmt: skip
    hosts = [re.sub(r"^https?://([^/:]+).*", r"\1", text, flags=re.DOTALL) for text in [*named, *pairs]]
    local = [host for host in hosts if host in _LOCAL]
    return bool(local) and all(host in _LOCAL or "." not in host for host in hosts)


def _is_own(code: Code, call: ast.Call) -> bool:
    """connect(server.getsockname()), urlopen(request): the request is looked at by itself."""
    told = [ast.unparse(part) for part in call.args]
    for part in call.args:
        bounds = code.bound.get(part.id, ()) if isinstance(part, ast.Name) else ()
        values = [bound.value for bound in bounds if bound.value is not None]
        if values and all(isinstance(value, ast.Call) and called(value.func) == "Request" for value in values):
            return True
        told += [ast.unparse(value) for value in values]
    return any(re.fullmatch(r"[\w.]+(\[\d\])?\.(getsockname\(\)|server_address)", text) for text in told)

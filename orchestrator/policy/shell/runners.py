"""Programs that start others: wrappers, find, xargs, shells, interpreters. What they start is judged."""

import re

from msgspec import structs

from orchestrator.policy.shell.arguments import paths
from orchestrator.policy.shell.findings import Finding, Judging
from orchestrator.policy.shell.programs import KINDS, PRIVILEGE, WRAPPERS, steers
from orchestrator.policy.shell.script import Segment, lists_names
from orchestrator.policy.shell.words import STAR, UNKNOWN, each, shown, uncertain

RUNNERS = frozenset({"find", "xargs", "eval", "source", ".", "trap", "alias", "parallel", "script", "flock", "enable"})

_CODE_LETTERS = {"perl": "eE", "node": "ep", "nodejs": "ep", "php": "rBRE", "julia": "eE", "python": "c", "pypy": "c"}
_CODE_WORDS = (
    "--eval",
    "--print",
    "--execute",
    "--command",
    "-m:",
    "-r:",
    "--require",
    "--import",
    "--loader",
    "--rcfile",
    "--init-file",
)
_MODULES = each(
    "pytest unittest doctest json.tool venv compileall py_compile mypy ruff black isort flake8 pylint "
    "coverage timeit calendar tabnanny tokenize ast dis this platform sysconfig site build tox nox"
)
_DECODERS = each("base64 base32 xxd openssl rev tr gunzip zcat uudecode")


def judge(judge: Judging, segment: Segment, depth: int) -> list[Finding]:
    name = segment.program
    if name in PRIVILEGE:
        return privilege(judge, segment, depth)
    if name == "find":
        return find(judge, segment, depth)
    if name == "xargs":
        return xargs(judge, segment, depth)
    if name == "eval":
        found = judge.text(" ".join(segment.arguments), segment, depth)
        return [*found, judge.ask(segment, "dynamic_code", "eval runs text as code.", "Write the command itself.")]
    if name in ("source", "."):
        return sourced(judge, segment)
    if name in WRAPPERS:
        return wrapped(judge, segment, depth)
    return [
        judge.ask(
            segment,
            "dynamic_code",
            f"{name} keeps or passes on code that this policy does not see run.",
            "Write the command itself.",
        )
    ]


def started(judge: Judging, segment: Segment, words: tuple[str, ...], depth: int) -> list[Finding]:
    """Judge the program that these words start."""
    if not words:
        return []
    return judge.segment(structs.replace(segment, program=words[0], arguments=words[1:], assignments=()), depth + 1)


def wrapped(judge: Judging, segment: Segment, depth: int) -> list[Finding]:
    name, words = segment.program, list(segment.arguments)
    valued = WRAPPERS[name]
    found: list[Finding] = []
    if name == "command" and words[:1] and words[0] in ("-v", "-V"):
        return []
    while words and (words[0].startswith("-") or (name == "env" and re.match(r"[A-Za-z_]\w*=", words[0]))):
        word = words.pop(0)
        if word.startswith("-S") or word.startswith("--split-string"):
            return [
                judge.ask(segment, "dynamic_code", "env -S splits text into a command.", "Write the command itself.")
            ]
        if name == "env" and not word.startswith("-") and steers(word.partition("=")[0]):
            reason = f"Setting {word.partition('=')[0]} can make other programs run in place of those named."
            found.append(judge.ask(segment, "steering_variable", reason, "Leave this variable as it is."))
        if word == "--":
            break
        if word in ("-o", "--output") and name == "time" and words:
            found += judge.reach(segment).each("write", words[:1])
        if word in ("-C", "--chdir") and name == "env" and words:
            found += judge.reach(segment).each("list", words[:1])
            found.append(judge.ask(segment, "moving", "env -C changes the folder that paths are seen from.", "Use cd."))
        if word in valued and words:
            words.pop(0)
    if name in ("timeout", "taskset") and words:
        words.pop(0)
    if name == "watch":
        return found + judge.text(" ".join(words), segment, depth)
    return found + started(judge, segment, tuple(words), depth)


def privilege(judge: Judging, segment: Segment, depth: int) -> list[Finding]:
    words = list(segment.arguments)
    while words and (words[0].startswith("-") or "=" in words[0]):
        if words.pop(0) in ("-u", "-g", "-h", "-p", "-C", "-T", "-U", "-R", "-D") and words:
            words.pop(0)
    found = [] if segment.program == "su" else started(judge, segment, tuple(words), depth)
    reason = f"{segment.program} would act as another user of this machine."
    return [
        *found,
        judge.ask(segment, "privilege", reason, "Run it without more rights; the workspace is yours already."),
    ]


def find(judge: Judging, segment: Segment, depth: int) -> list[Finding]:
    words = list(segment.arguments)
    starts: list[str] = []
    while (
        words and not (words[0].startswith("-") and words[0] not in ("-L", "-H", "-P")) and words[0] not in ("(", "!")
    ):
        starts.append(words.pop(0))
    starts = [word for word in starts if not word.startswith("-")] or ["."]
    reach = judge.reach(segment)
    found = reach.each("list", starts)
    under = tuple(f"{start.rstrip('/')}/{STAR}" if start not in (".", "./") else STAR for start in starts)
    while words:
        word = words.pop(0)
        if word == "-delete":
            found += [
                structs.replace(
                    finding, shape="find -delete" if finding.verdict == "ask" and finding.path != STAR else None
                )
                for finding in reach.each("delete", starts)
            ]
        elif word in ("-fprint", "-fprint0", "-fls", "-fprintf") and words:
            found += reach.each("write", [words.pop(0)])
        elif word in ("-exec", "-execdir", "-ok", "-okdir"):
            command: list[str] = []
            while words and words[0] not in (";", "+"):
                part = words.pop(0)
                command += under if part == "{}" else [part.replace("{}", STAR)] if "{}" in part else [part]
            words = words[1:]
            found += started(judge, segment, tuple(command), depth)
        elif word == "-files0-from":
            found.append(
                judge.ask(segment, "unknown_path", "Where find starts is known only when it runs.", "Name the folders.")
            )
    return found


def xargs(judge: Judging, segment: Segment, depth: int) -> list[Finding]:
    words = list(segment.arguments)
    found: list[Finding] = []
    marker = ""
    while words and words[0].startswith("-"):
        word = words.pop(0)
        if word.startswith(("-a", "--arg-file")):
            found.append(judge.ask(segment, "unknown_path", "xargs reads its words from a file.", "Name the words."))
        if word in ("-I", "-i", "--replace"):
            marker = words.pop(0) if word == "-I" and words else "{}"
        elif word.startswith("-I"):
            marker = word[2:]
        elif word in ("-n", "-d", "-P", "-L", "-E", "-s", "-a", "--max-args", "--delimiter", "--max-procs") and words:
            words.pop(0)
    value = STAR if lists_names(segment.feeders) else UNKNOWN
    if not words:
        return found
    command = [part.replace(marker, value) for part in words] if marker else [*words, value]
    if UNKNOWN in command[0]:
        return [
            *found,
            judge.ask(
                segment,
                "indirect_program",
                "Which program xargs starts is known only when it runs.",
                "Name the program.",
            ),
        ]
    inner = structs.replace(segment, stdin="", feeders=())
    return found + started(judge, inner, tuple(command), depth)


def sourced(judge: Judging, segment: Segment) -> list[Finding]:
    file = segment.arguments[0] if segment.arguments else UNKNOWN
    places = judge.reach(segment).places(file)
    if places <= {"inside"} and re.search(r"(^|/)(\.?venv|env)/bin/activate$", file):
        return []
    shape = f"source {shown(file)}" if places <= {"inside"} else None
    return [
        judge.ask(
            segment,
            "workspace_program",
            f"This runs the commands of {shown(file)} in the shell.",
            "Show the file first.",
            shape,
        )
    ]


def piped(judge: Judging, segment: Segment) -> list[Finding]:
    """Code that comes through the standard input."""
    name = segment.program
    if segment.stdin == "pipe":
        feeders = [feeder.program for feeder in segment.feeders]
        risky = [feeder for feeder in feeders if KINDS.get(feeder) == "network" or feeder in _DECODERS]
        if risky or KINDS.get(name) == "shell":
            source = f"from {risky[0]}" if risky else "from a pipe"
            return [
                judge.deny(
                    segment,
                    "piped_code",
                    f"{name} would run code that comes {source}, which nobody has seen.",
                    "Save it to a file, show it, then run the file.",
                )
            ]
    return [
        judge.ask(
            segment,
            "inline_code",
            f"{name} would run code given on its input.",
            "Save the code to a file of the workspace and run that.",
        )
    ]


def shell(judge: Judging, segment: Segment, depth: int) -> list[Finding]:
    words = list(segment.arguments)
    found: list[Finding] = []
    while words and words[0][:1] in ("-", "+") and words[0] not in ("-", "--"):
        word = words.pop(0)
        if word in ("--version", "--help"):
            return found
        if word.startswith(("--rcfile", "--init-file")) or (not word.startswith("--") and set("is") & set(word)):
            found.append(
                judge.ask(
                    segment,
                    "inline_code",
                    f"{segment.program} {shown(word)} runs commands this policy does not see.",
                    "Use -c with the command.",
                )
            )
        if not word.startswith("--") and "c" in word:
            if not words:
                return found
            code = words[1] if words[0] in ("-", "--") and len(words) > 1 else words[0]
            return found + judge.text(code, structs.replace(segment, stdin="", feeders=()), depth)
        if word in ("-O", "+O", "-o", "+o", "--rcfile", "--init-file") and words:
            words.pop(0)
    words = [word for word in words if word not in ("-", "--")]
    if not words:
        return found + piped(judge, segment)
    return found + script_file(judge, segment, words[0])


def script_file(judge: Judging, segment: Segment, file: str) -> list[Finding]:
    inside = judge.reach(segment).places(file) <= {"inside"}
    shape = f"{segment.program} {shown(file)}" if inside and not uncertain(file) else None
    reason = f"{segment.program} would run the script {shown(file)}, which this policy does not read."
    return [judge.ask(segment, "workspace_program", reason, "Show the file first, then approve it.", shape)]


def interpreter(judge: Judging, segment: Segment, depth: int) -> list[Finding]:
    name = re.sub(r"[-\d.]+$", "", segment.program) or segment.program
    letters = _CODE_LETTERS.get(name, "e")
    words = list(segment.arguments)
    if len(words) == 1 and words[0] in ("--version", "-V", "-v", "--help", "-h", "-VV"):
        return []
    while words and words[0].startswith("-") and words[0] != "-":
        word = words.pop(0)
        if name in ("python", "pypy") and re.fullmatch(r"-[a-zA-Z]*m", word):
            return module(judge, segment, words, depth)
        code = word.split("=")[0] in _CODE_WORDS or (
            not word.startswith("--") and any(letter in word for letter in letters)
        )
        preload = name in ("node", "nodejs", "ruby", "perl") and word[:2] in ("-r", "-M", "-m", "-I", "-x")
        if code or preload or uncertain(word):
            reason = f"{segment.program} would run code written inside the command."
            return [judge.ask(segment, "inline_code", reason, "Save the code to a file of the workspace and run that.")]
        if word in ("-W", "-X") and words:
            words.pop(0)
        if word == "--":
            break
    if not words or words[0] == "-":
        return piped(judge, segment)
    reach = judge.reach(segment)
    if name == "deno":
        words = words[1:] if words[0] in ("run", "test", "check", "lint", "fmt") else []
        if not words:
            return [
                judge.ask(
                    segment,
                    "subcommand",
                    "This part of deno is not known to stay in the workspace.",
                    "Use deno run FILE.",
                )
            ]
    if not reach.places(words[0]) <= {"inside"}:
        reason = f"{segment.program} would run {shown(words[0])}, which is not a file of the workspace."
        return [judge.ask(segment, "outside_script", reason, "Run a script of the workspace.")]
    return reach.each("use", [word for word in paths(segment.program, tuple(words[1:])) if not uncertain(word)])


def module(judge: Judging, segment: Segment, words: list[str], depth: int) -> list[Finding]:
    name = words[0] if words else UNKNOWN
    if name == "pip":
        return judge.segment(structs.replace(segment, program="pip", arguments=tuple(words[1:])), depth + 1)
    if name in _MODULES:
        return judge.reach(segment).each(
            "use", [word for word in paths("python", tuple(words[1:])) if not uncertain(word)]
        )
    shape = None if uncertain(name) else f"{segment.program} -m {shown(name)}"
    reason = f"python -m {shown(name)} runs a module that this policy does not know."
    return [judge.ask(segment, "subcommand", reason, "Run a script of the workspace.", shape)]

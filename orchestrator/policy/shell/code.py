"""Shells and interpreters: the code they are given, in a word, on their input, or as a script of the workspace."""

import re

from msgspec import structs

from orchestrator.policy.shell import beyond, interpreters, snippets
from orchestrator.policy.shell.arguments import options, paths, values_of
from orchestrator.policy.shell.findings import Finding, Judging
from orchestrator.policy.shell.programs import DESTROYS, KINDS
from orchestrator.policy.shell.script import Segment, said
from orchestrator.policy.shell.words import UNKNOWN, each, marked, shown, uncertain

_JOINED = each("perl ruby lua Rscript R")  # several pieces of code are the lines of one
_SHORT = each("python pypy node nodejs ruby perl php lua Rscript R julia groovy elixir")
_MODULES = each(
    "pytest unittest doctest json.tool venv compileall py_compile mypy ruff black isort flake8 pylint "
    "pydoc coverage timeit calendar tabnanny tokenize ast dis this platform sysconfig site build tox nox pstats "
    "zipfile tarfile gzip inspect symtable textwrap pickletools"
)
_SHOWING = each("json.tool tokenize ast dis")  # of these modules: those that print what they are given
_AS_PROGRAM = {"sphinx": "sphinx-build", "django": "django-admin", "PyInstaller": "pyinstaller", "babel": "pybabel"}
_PRINTS = re.compile(r"\b(?:print|printf|say|puts|putc|write|p|pp)\b|<<")
_MANAGERS = ("manage.py", "artisan", "bin/console")
_DECODERS = each("base64 base32 xxd openssl rev tr gunzip zcat uudecode")


def sourced(judge: Judging, segment: Segment) -> list[Finding]:
    file = segment.arguments[0] if segment.arguments else UNKNOWN
    places = judge.reach(segment).places(file)
    if (read := read_script(judge, segment, file)) is not None:
        return read
    if places <= {"inside"} and re.search(r"(^|/)(\.?venv|env)/bin/activate$", file):
        return []
    if file.removesuffix("/bin/activate") in judge.environments:
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
    if segment.fed is not None:
        return fed(judge, segment, segment.fed)
    if (
        segment.stdin == "pipe"
        and len(segment.feeders) == 1
        and KINDS.get(name) != "shell"
        and (told := said(segment.feeders[0])) is not None
    ):
        return fed(judge, segment, told)
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


def fed(judge: Judging, segment: Segment, code: str) -> list[Finding]:
    """Code on the input that is written in the command itself."""
    if KINDS.get(segment.program) == "shell":
        return [*judge.text(code, structs.replace(segment, stdin="", fed=None), 1), snippets.inline(judge, segment)]
    return written_code(judge, segment, code)


def written_code(judge: Judging, segment: Segment, code: str) -> list[Finding]:
    if uncertain(code) or marked(code):
        return [snippets.inline(judge, segment)]
    plain = re.sub(r"[-\d.]+$", "", segment.program) or segment.program
    plain = "lua" if plain == "luajit" else plain
    segment = structs.replace(segment, program=plain)
    if plain in ("python", "pypy"):
        from orchestrator.policy.shell import python  # its reader is large, and loaded when it is met

        return python.judge(judge, segment, code)
    return snippets.judge(judge, segment, code)


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
            behind = words[words.index(code) + 1 :]
            told = given(behind[0], tuple(behind[1:])) if behind else None
            return found + judge.text(code, structs.replace(segment, stdin="", feeders=()), depth, told)
        if (word in ("-O", "+O", "+o", "--rcfile", "--init-file") or re.fullmatch(r"-[a-z]*o", word)) and words:
            words.pop(0)
    words = [word for word in words if word not in ("-", "--")]
    if not words or segment.arguments[:1] == ("-s",):
        return found + piped(judge, segment)
    if segment.arguments[:1] == ("-n",):
        return found + judge.reach(segment).each("read", words)  # only looks whether it can be read
    return found + script_file(judge, segment, words[0], depth)


_MAKEFILE = re.compile(r"(?:.*/)?(?:(?:GNU)?[Mm]akefile|[\w.-]+\.mk)")


def recipes(file: str, content: str) -> str | None:
    """The commands of a makefile, its plain variables put in; None where it is none, or puts together more."""
    if not _MAKEFILE.fullmatch(file):
        return None
    told = dict(re.findall(r"^(\w+)[ \t]*[:?]?=[ \t]*(.*)$", content, re.MULTILINE))
    lines = [line.strip().lstrip("@-+") for line in content.splitlines() if line.startswith("\t")]
    text = "\n".join(lines)
    for _ in range(3):
        text = re.sub(r"\$[({](\w+)[)}]", lambda match: told.get(match[1], "x"), text)
    text = re.sub(r"\$[@<^?*+]", "x", text).replace("$$", "$")
    return None if re.search(r"\$\((?:shell|eval|call|file)\b|^\s*-?include\b", content, re.MULTILINE) else text


LONGEST_SCRIPT = 20_000  # bytes


def given(file: str, words: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """What $0, $1 and "$@" are of a script."""
    told = {str(at): (word,) for at, word in enumerate((file, *words))}
    return told | ({"@": words, "*": words} if words else {})


def read_script(judge: Judging, segment: Segment, file: str, depth: int = 0) -> list[Finding] | None:
    """What is against a shell script of the workspace, line by line; None where it is no script that can be read."""
    if uncertain(file) or marked(file) or judge.reach(segment).places(file) != {"inside"} or len(segment.folders) != 1:
        return None
    text = judge.places.text(file, next(iter(segment.folders)), LONGEST_SCRIPT)
    shell = text is not None and (
        re.match(r"#!\s*/(usr/)?bin/(env )?(ba|da|z|k)?sh\b", text) or not text.startswith("#!")
    )
    if (
        text is None
        or not shell
        or (not text.startswith("#!") and segment.program == file and not file.endswith(".sh"))
    ):
        return None
    behind = segment.arguments[1:] if segment.arguments[:1] == (file,) else segment.arguments
    against = judge.text(text, structs.replace(segment, stdin="", feeders=(), fed=None), depth + 1, given(file, behind))
    denied = [finding for finding in against if finding.verdict == "deny"]
    if denied or not against:
        return denied
    reason = f"The script {shown(file)} does what is asked about: {against[0].reason}"
    return [
        judge.ask(
            segment,
            "workspace_program",
            reason,
            "Show the file first, then approve it.",
            f"{segment.program} {shown(file)}",
        )
    ]


_OUT = re.compile(
    r"deploy|publish|release|push|drop|reset|destroy|wipe|purge|nuke|delete|install|clean|provision|rollback|shutdown",
    re.IGNORECASE,
)


def missing(judge: Judging, segment: Segment, file: str) -> bool:
    """Whether there is no such script: what is not there does nothing, and nothing here makes it."""
    plain = file.endswith((".sh", ".bash")) and not uncertain(file) and not marked(file) and not _OUT.search(file)
    return plain and judge.makes_nothing and not judge.reach(segment).exists(file)


def script_file(judge: Judging, segment: Segment, file: str, depth: int) -> list[Finding]:
    if (read := read_script(judge, segment, file, depth)) is not None:
        return read
    if shown(file).removeprefix("./") in judge.made:
        return []  # it is read as what it will be
    inside = judge.reach(segment).places(file) <= {"inside"}
    if inside and missing(judge, segment, file):
        return []
    shape = f"{segment.program} {shown(file)}" if inside and not uncertain(file) else None
    reason = f"{segment.program} would run the script {shown(file)}, which this policy does not read."
    return [judge.ask(segment, "workspace_program", reason, "Show the file first, then approve it.", shape)]


def interpreter(judge: Judging, segment: Segment, depth: int) -> list[Finding]:
    name = re.sub(r"[-\d.]+$", "", segment.program) or segment.program
    name = "lua" if name == "luajit" else name
    words = segment.arguments
    if name == "R" and words[:1] == ("CMD",):
        if words[1:2] and words[1] in ("build", "check", "config", "Rd2pdf", "Rdconv", "BATCH"):
            return beyond.judge(judge, segment)
        return [judge.ask(segment, "subcommand", "R CMD with this may change what is installed.", "Build and check.")]
    if len(words) == 1 and words[0] in ("--version", "-V", "-v", "--help", "-h", "-VV"):
        return []
    if name == "php" and words in (("-m",), ("-i",), ("-v",), ("-l",)):
        return []
    told = interpreters.told(name, words)
    behind = told.behind
    found = judge.reach(segment).each("run", told.folders)
    if told.doubt:
        code = " ".join(map(shown, (*told.codes, *behind)))
        return [*found, *snippets.denials(judge, segment, code), snippets.inline(judge, segment, told.doubt)]
    if told.module:
        return found + module(judge, segment, behind, depth)
    if told.loads and not told.codes:
        found += written_code(judge, segment, "\n".join(told.loads))
    if told.codes:
        return found + _of_codes(judge, segment, name, told)
    if name in ("node", "nodejs") and "--test" in words:
        return found + judge.reach(segment).each("use", behind)
    if name == "php" and told.serves and not behind:
        return found
    if not behind or behind[0] == "-":
        return found + piped(judge, segment)
    return found + script_of(judge, segment, name, behind)


def _of_codes(judge: Judging, segment: Segment, name: str, told: interpreters.Told) -> list[Finding]:
    behind = told.behind
    code = "\n".join([*told.loads, *told.codes])
    if name not in _SHORT or (len(told.codes) > 1 and name not in _JOINED):
        return [*snippets.denials(judge, segment, shown(code)), snippets.inline(judge, segment)]
    changed = judge.reach(segment).each("write", behind) if told.in_place else []
    flags = [word for word in segment.arguments if re.fullmatch(r"-[a-zA-Z0]{1,6}", word)]
    silent = any("n" in flag for flag in flags) and not any("p" in flag for flag in flags)
    if told.in_place and silent and name in ("perl", "ruby") and not _PRINTS.search(code):
        reason = f"{name} would empty the files: nothing is printed back into them."
        changed.append(judge.ask(segment, "destroys", reason, "Print each line, or use -p."))
    if name == "perl" and any(word.strip()[:1] in "|>+" or word.strip()[-1:] == "|" for word in behind if word):
        return [snippets.inline(judge, segment, "it would run or write what it is told to read")]
    return [*written_code(judge, segment, code), *judge.reach(segment).each("read", behind), *changed]


def script_of(judge: Judging, segment: Segment, name: str, words: list[str]) -> list[Finding]:
    """A script of the workspace, and what it is given."""
    reach = judge.reach(segment)
    if name == "deno" and words[:1] and words[0] in ("test", "check", "lint", "fmt", "bench") and len(words) == 1:
        return []
    if elsewhere := next(
        (shown(word) for word in words[:3] if re.match(r"(https?|npm|jsr|node|data|blob):", word)), None
    ):
        reason = f"{segment.program} would fetch {elsewhere} and run it."
        return [judge.ask(segment, "fetches", reason, "Fetch it first with http_request, and look at it.")]
    if name == "deno":
        if words[0] == "task" and len(words) > 1 and not marked(words[1]):
            return []  # a script of the project, as of npm run
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
    written = shown(words[0]) in judge.made and reach.places(words[0]) <= {"made"}
    if not written and not reach.places(words[0]) <= {"inside"}:
        reason = f"{segment.program} would run {shown(words[0])}, which is not a file of the workspace."
        return [judge.ask(segment, "outside_script", reason, "Run a script of the workspace.")]
    before = segment.arguments[: len(segment.arguments) - len(words)]
    found = beyond.judge(judge, structs.replace(segment, arguments=before))
    found += managed(judge, segment, words[1:]) if words[0].endswith(_MANAGERS) else []
    return found + _given_to_script(judge, segment, words[0], words[1:])


def _given_to_script(judge: Judging, segment: Segment, script: str, words: list[str]) -> list[Finding]:
    named = [word for word in paths(segment.program, tuple(words)) if not uncertain(word)]
    found = judge.reach(segment).each("use", named)
    if lost := next((shown(word) for word in words if DESTROYS.fullmatch(shown(word).lstrip("-"))), None):
        reason = f"{shown(script)} {lost} throws data away."
        found.append(judge.ask(segment, "destroys", reason, "Keep a copy first."))
    return found


def managed(judge: Judging, segment: Segment, words: list[str]) -> list[Finding]:
    """Django's manage.py and its like: code for its shell, statements for its database, whom it answers."""
    if words[:1] == ["tinker"] and options(tuple(words), ("--execute",)):
        return [snippets.inline(judge, segment)]
    if words[:1] == ["shell"] and (given := options(tuple(words), ("-c", "--command"))):
        code = given[0].partition("=")[2] or words[words.index(given[0]) + 1 : words.index(given[0]) + 2]
        return written_code(
            judge, structs.replace(segment, program="python"), code if isinstance(code, str) else "".join(code)
        )
    if words[:1] in (["dbshell"], ["shell"], ["tinker"], ["db"]) and segment.stdin:
        return [snippets.inline(judge, segment)]
    return beyond.judge(judge, segment)


def module(judge: Judging, segment: Segment, words: list[str], depth: int) -> list[Finding]:
    name = words[0] if words else UNKNOWN
    if words[1:] in (["--help"], ["-h"]):
        return []
    if name == "pip":
        return judge.segment(structs.replace(segment, program="pip", arguments=tuple(words[1:])), depth + 1)
    if name == "timeit":
        texts = [word for word in words[1:] if not re.fullmatch(r"-\w|\d+", word)]
        return [one for text in texts for one in written_code(judge, segment, text.removeprefix("-s"))]
    if name in ("cProfile", "profile", "trace", "pdb") and not (
        name == "pdb" and options(tuple(words), ("-c", "--command"))
    ):
        scripts = [word for word in words[1:] if word.endswith(".py")]
        if "-m" in words[1:-1]:
            behind = words[words.index("-m", 1) + 1 :]
            return beyond.judge(judge, structs.replace(segment, arguments=tuple(words[1:]))) + module(
                judge, segment, behind, depth
            )
        return beyond.judge(judge, structs.replace(segment, arguments=tuple(words[1:]))) + interpreter(
            judge, structs.replace(segment, arguments=tuple(scripts[:1]) or ("-c", UNKNOWN)), depth
        )
    if name == "http.server" and {"127.0.0.1", "localhost", "::1"} & {*words, *(w.partition("=")[2] for w in words)}:
        named = values_of(tuple(words), ("-d", "--directory"))
        return judge.reach(segment).each("read", named) + beyond.judge(judge, segment)
    if name == "orchestrator":
        return judge.segment(structs.replace(segment, program="orchestrator", arguments=tuple(words[1:])), depth + 1)
    if name in _MODULES:
        mode = "read" if name in _SHOWING else "use"
        named = [word for word in paths("python", tuple(words[1:])) if not uncertain(word)]
        made = judge.reach(segment).each("write", named[1:2] if name == "json.tool" else [])
        return made + judge.reach(segment).each(mode, named) + beyond.judge(judge, segment)
    program = _AS_PROGRAM.get(name, name)
    if KINDS.get(program) == "developer":
        return judge.segment(structs.replace(segment, program=program, arguments=tuple(words[1:])), depth + 1)
    from orchestrator.policy.shell import python

    if not uncertain(name) and python.own_module(judge, segment, name):
        return _given_to_script(judge, segment, name, words[1:]) + beyond.judge(judge, segment)
    shape = None if uncertain(name) else f"{segment.program} -m {shown(name)}"
    reason = f"python -m {shown(name)} runs a module that this policy does not know."
    return [judge.ask(segment, "subcommand", reason, "Run a script of the workspace.", shape)]

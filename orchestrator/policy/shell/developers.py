"""Builds and tests: ordinary inside the sandbox, asked where they reach out, publish, or run code given in a word."""

import re
from itertools import pairwise

from msgspec import structs

from orchestrator.policy.shell import beyond, code, git, snippets
from orchestrator.policy.shell.arguments import options, values_of
from orchestrator.policy.shell.findings import Finding, Judging
from orchestrator.policy.shell.programs import DESTROYS, GIVEN_CODE, KINDS, PRIVILEGE, PRODUCED, known
from orchestrator.policy.shell.script import Segment
from orchestrator.policy.shell.subcommands import MANAGERS, consequent, offline
from orchestrator.policy.shell.trades import READ_CODE
from orchestrator.policy.shell.words import each, marked, shown

_LEAVES = each("install uninstall deploy publish release push upload gh-deploy --install --pastebin --record --submit")
_SIGNS_IN = each("login logout")
_MEASURED = each("valgrind c8 nyc")  # they start the program that they are given
_CONSOLES = each("console c shell repl ghci top utop dbshell dbconsole sql db")
_COMPILERS = each("gcc g++ cc c++ clang clang++")


def judge(judge: Judging, segment: Segment, depth: int) -> list[Finding]:
    program, words = segment.program, segment.arguments
    if program == "git":
        return git.judge(judge, segment, depth)
    if program in ("npx", "pnpx", "bunx"):
        return fetched_tool(judge, segment, list(words), depth)
    found = beyond.judge(judge, segment)
    made = [after for option, after in pairwise(words) if option in PRODUCED]
    made += [word.partition("=")[2] for word in words if word.partition("=")[0] in PRODUCED - {"--prefix"}]
    found += judge.reach(segment).each("write", made)
    if program in ("pytest", "py.test"):  # it empties the folder first
        emptied = [word for word in values_of(words, ("--basetemp",)) if not _SCRATCH.fullmatch(shown(word))]
        found += judge.reach(segment).each("delete", emptied)
    found += _given_code(judge, segment)
    if program in _MEASURED and (inner := [word for word in words if not word.startswith("-")]):
        return found + _measured(judge, segment, inner, depth)
    plain = _plain(program, words)
    if segment.stdin and (_CONSOLES.intersection(plain[:1]) or program in READ_CODE):
        found.append(snippets.inline(judge, segment))
    if program == "django-admin":
        found += code.managed(judge, segment, [*words])
    if program in MANAGERS and not _is_file(judge, segment, plain[:1]):
        return found + subcommand(judge, segment, plain, depth)
    if lost := next((word for word in plain if DESTROYS.fullmatch(word)), None):
        reason = f"{program} {lost} throws data away."
        found.append(judge.ask(segment, "destroys", reason, "Keep a copy first.", f"{program} {lost}"))
    dry = program in ("make", "gmake") and {"-n", "--dry-run", "--just-print"} & set(words)
    here = judge.installs_here and program in ("make", "gmake", "cmake", "ninja", "meson")
    if not (dry or here) and (left := _LEAVES.intersection([*plain, *words]) | _SIGNS_IN.intersection(plain[:1])):
        found.append(_leaves(judge, segment, min(left)))
    return found


_SCRATCH = re.compile(r"(\./)?(build|out|dist|target|tmp|\.cache|\.pytest_tmp|\.tmp)/[\w-][\w./-]*(?<!\.\.)")


def _given_code(judge: Judging, segment: Segment) -> list[Finding]:
    """Code in an option, in a setting, or on the input, which this policy does not read."""
    program, words = segment.program, segment.arguments
    asked: list[Finding] = []
    own = words[: words.index("--")] if "--" in words else words
    if given := options(own, GIVEN_CODE.get(program, ())):
        reason = f"{shown(given[0])} makes {program} run other code."
        asked.append(judge.ask(segment, "runs_more", reason, "Leave that out."))
    if program == "cmake" and (others := [word for word in words if _other_program(word)]):
        reason = f"{shown(others[0])} makes {program} run other code."
        asked.append(judge.ask(segment, "runs_more", reason, "Leave that out."))
    if program in _COMPILERS and (file := next((word for word in words if word.startswith("@")), "")):
        reason = f"{program} would take options from {shown(file[1:])}, which this policy does not read."
        asked.append(judge.ask(segment, "runs_more", reason, "Write the options out."))
    if program == "yosys" and any(re.search(r"!|\bexec\b|\btcl\b", word) for word in map(shown, words)):
        asked.append(judge.ask(segment, "runs_more", "This yosys script starts another program.", "Leave that out."))
    if program not in ("make", "gmake"):
        return asked
    if code := next(filter(_code_in_a_setting, map(shown, words)), ""):
        asked.append(judge.ask(segment, "runs_more", f"{code} is run by make as a command.", "Leave that out."))
    files = {after for option, after in pairwise(words) if option in ("-f", "--file", "--makefile")}
    if (
        any(map(marked, files))
        or files & _READ_ON_THE_WAY
        or any(word.partition("=")[2] in _READ_ON_THE_WAY or word[2:] in _READ_ON_THE_WAY for word in words)
    ):
        asked.append(snippets.inline(judge, segment))
    return asked


_READ_ON_THE_WAY = each("- /dev/stdin /dev/fd/63 /dev/fd/0")  # the input, or <(…)


def _other_program(word: str) -> bool:
    """-DCMAKE_C_COMPILER_LAUNCHER=rm: a program in the place of a compiler."""
    match = re.fullmatch(r"-D\w*(?:LAUNCHER|COMPILER|COMMAND|LINKER|EXECUTABLE|PROGRAM)(?::\w+)?=(.*)", word)
    return match is not None and KINDS.get(shown(match[1])) != "developer" and match[1] not in ("ccache", "sccache")


def _measured(judge: Judging, segment: Segment, inner: list[str], depth: int) -> list[Finding]:
    """valgrind rm -rf x: what it starts is judged; a program of the workspace that was built here is what it is for."""
    if "/" in inner[0] and judge.reach(segment).places(inner[0]) <= {"inside"}:
        return []
    return judge.segment(structs.replace(segment, program=inner[0], arguments=tuple(inner[1:])), depth + 1)


# Options whose next word is a value, of programs whose subcommand may stand behind them.
_VALUED = {
    "npm": each("-w --workspace --prefix -C"), "pnpm": each("-F --filter -C --dir"), "yarn": each("--cwd"),
    "mvn mvnw": each("-pl -f -P -s -T -rf --projects --file --threads"), "go": each("-C"), "cargo": each("-C"),
    "uv": each("--directory --project"), "poetry": each("-C --directory -P"), "turbo": each("--filter -F"),
    "gradle gradlew": each("-p -x --tests --exclude-task --console --warning-mode --max-workers --configuration "
    "--dependency"), "swift": each("-c --configuration --filter --product --target -Xswiftc"),
    "dotnet": each("-c --configuration -f --framework -o --output -v --verbosity --filter --logger"),
    "nx": each("-p --project -t --target"), "bazel bazelisk": each("--config"), "dbt": each("-s --select --target"),
    "hugo": each("-b --baseURL -d --destination -s --source -t --theme -e --environment"),
}  # fmt: skip
_BEFORE = {name: valued for names, valued in _VALUED.items() for name in names.split()}


def _plain(program: str, words: tuple[str, ...]) -> list[str]:
    """The words that are no options, nor values of options that stand before the subcommand."""
    valued, found, skip = _BEFORE.get(program, frozenset()), list[str](), False
    for word in words[1:] if program == "cargo" and words[:1] and words[0][:1] == "+" else words:
        if skip:
            skip = False
        elif word in valued:
            skip = True
        elif not word.startswith("-"):
            found.append(shown(word))
    return found[2:] if program == "yarn" and found[:1] == ["workspace"] else found


def _is_file(judge: Judging, segment: Segment, first: list[str]) -> bool:
    """swift a.swift: a program whose first word may be a file of the workspace in place of a subcommand."""
    return segment.program in ("swift", "dart") and any("." in word and not marked(word) for word in first)


def fetched_tool(judge: Judging, segment: Segment, words: list[str], depth: int) -> list[Finding]:
    """npx TOOL: a known tool of the workspace is judged as itself; any other would be fetched and run."""
    while words and words[0] in ("--no-install", "--no", "-q", "--quiet", "--"):
        words.pop(0)
    if words and KINDS.get(words[0]) == "developer" and words[0] not in _PACKAGERS:
        return judge.segment(structs.replace(segment, program=words[0], arguments=tuple(words[1:])), depth + 1)
    reason = f"{segment.program} {shown(words[0]) if words else ''} may fetch code from elsewhere and run it."
    return [
        judge.ask(
            segment,
            "subcommand",
            reason,
            "Use what is installed already.",
            f"{segment.program} {shown(words[0])}" if words else None,
        )
    ]


_PACKAGERS = each(
    "npm npx pnpm pnpx yarn bun bunx pip pip3 uv poetry hatch pdm rye bundle pipenv cargo go dotnet mix rebar3 dart "
    "flutter swift stack cabal rustup pre-commit maturin dub opam gradle mvn sbt git"
)


_LOADING = each("-wrapper -specs -fplugin -B -Xclang")


def _code_in_a_setting(word: str) -> bool:
    """CC='sh -c …': make hands it to a shell."""
    if re.fullmatch(r"(CC|CXX|LD|AR)=(\w+-)*(gcc|g\+\+|cc|c\+\+|clang|clang\+\+|ld|ar)(-\d+)?( -[\w=+.]+)+", word):
        return bool(_LOADING & set(word.split()))
    flags = re.fullmatch(r"\w*(FLAGS|ARGS|OPTS|LIBS)=[\w=.,+/ @:%-]*", word)
    return flags is None and bool(re.fullmatch(r"[^=]+=.*[\s;|&<>()$`].*", word, re.DOTALL))


def _leaves(judge: Judging, segment: Segment, name: str) -> Finding:
    reason = f"{segment.program} {name} changes something beyond the workspace."
    return judge.ask(segment, "publishes", reason, "Build and test here; publish by hand.", f"{segment.program} {name}")


def subcommand(judge: Judging, segment: Segment, plain: list[str], depth: int) -> list[Finding]:
    program, words = segment.program, segment.arguments
    if any(marked(word) for word in words[:1]):
        reason = f"What {program} does here cannot be told."
        return [judge.ask(segment, "subcommand", reason, "Name what it should do.")]
    for own in (_started, _of_packages) if plain else ():
        if (found := own(judge, segment, plain, depth)) is not None:
            return found
    if offline(program, plain, words):
        return []
    if left := _LEAVES.intersection(word.split(":")[0] for word in plain) | _SIGNS_IN.intersection(plain[:1]):
        return [_leaves(judge, segment, min(left))]
    if lost := next((word for word in plain[:3] if DESTROYS.fullmatch(word)), None):
        reason = f"{program} {lost} throws data away."
        return [judge.ask(segment, "destroys", reason, "Keep a copy first.", f"{program} {lost}")]
    if more := next((word for word in map(shown, words) if _starts_more(word)), None):
        reason = f"{more} makes {program} run other code."
        return [judge.ask(segment, "runs_more", reason, "Run it by itself.")]
    if not (other := consequent(program, plain, words)):
        return []
    reason = f"{program} {other} does not stay in the workspace; it may fetch or run code from elsewhere."
    return [judge.ask(segment, "subcommand", reason, "Use what is installed already.", f"{program} {other}")]


def _starts_more(word: str) -> bool:
    """A word that is a dangerous program, or a line of shell that begins with one."""
    first = word.lstrip("-").partition(" ")[0]
    return first in PRIVILEGE or first in _DANGEROUS


_DANGEROUS = each("rm shred dd sh bash zsh curl wget nc ssh scp mkfs unlink truncate killall")


_OF_RUN = re.compile(r"--(frozen|locked|no-sync|offline|all-extras|all-groups|quiet|no-dev|dev|isolated)|-[qv]+")


_NAMED_OF_RUN = each("--python -p --project --directory --group --extra --package --env-file --active")


def _started(judge: Judging, segment: Segment, plain: list[str], depth: int) -> list[Finding] | None:
    """Where a subcommand starts a program that it is given: that one is judged."""
    program, words, name = segment.program, segment.arguments, plain[0]
    behind = words[words.index(name) + 1 :] if name in words else ()
    inner = behind[1:] if behind[:1] == ("--",) else behind
    if name == "run" and program in ("uv", "poetry", "pipenv", "hatch", "pdm", "rye"):
        while program == "uv" and inner and (_OF_RUN.fullmatch(inner[0]) or inner[0] in _NAMED_OF_RUN):
            inner = inner[2 if inner[0] in _NAMED_OF_RUN else 1 :]
        own = program in ("hatch", "pdm", "rye") and bool(inner) and re.fullmatch(r"[\w:.-]+", inner[0])
        if own and not inner[0].startswith("-") and not known(inner[0]):
            return []  # a script of the project, as of npm run
        if inner and not inner[0].startswith("-") and "://" not in inner[0]:
            return judge.segment(structs.replace(segment, program=inner[0], arguments=inner[1:]), depth + 1)
        reason = f"What {program} run starts cannot be told."
        return [judge.ask(segment, "subcommand", reason, "Name the program first.")]
    if program in ("npm", "pnpm", "yarn", "bun") and name in ("exec", "x", "dlx"):
        return fetched_tool(judge, segment, list(behind), depth)
    if program in ("yarn", "pnpm") and KINDS.get(name) == "developer" and name not in _PACKAGERS:
        return judge.segment(structs.replace(segment, program=name, arguments=behind), depth + 1)
    if program in ("bundle", "stack", "cabal", "lerna", "nx", "dune") and name == "exec" and inner:
        return judge.segment(structs.replace(segment, program=inner[0], arguments=inner[1:]), depth + 1)
    if program == "rails" and name in ("runner", "r"):
        return _rails_runner(judge, segment, plain[1:])
    return None


def _of_packages(judge: Judging, segment: Segment, plain: list[str], depth: int) -> list[Finding] | None:
    """Where a subcommand looks at packages, or fetches one and runs it."""
    program, words, name = segment.program, segment.arguments, plain[0]
    if program in ("npm", "pnpm", "yarn") and name == "config":
        looks = plain[1:2] in ([], ["list"], ["ls"], ["get"]) and not any(
            "auth" in word or "oken" in word for word in plain
        )
        return [] if looks else [judge.ask(segment, "subcommand", f"{program} config changes settings.", "Leave them.")]
    if (
        program in ("npm", "pnpm", "yarn")
        and {"--offline", "--ignore-scripts"} <= {*words}
        and name in ("ci", "install")
    ):
        return []  # out of its own cache, and nothing of it is run
    if program == "go" and name == "env" and options(words, ("-w", "-u")):
        return [judge.ask(segment, "subcommand", "go env -w changes settings.", "Leave them.")]
    if program == "uv" and name == "pip" and plain[1:2] and plain[1] in ("list", "show", "freeze", "check", "tree"):
        return []
    if program == "go" and name == "mod" and plain[1:2] and plain[1] in ("graph", "verify", "why"):
        return []
    if program == "npm" and name == "init" and plain[1:]:
        return fetched_tool(judge, segment, [f"create-{plain[1]}"], depth)
    if program == "go" and (fetched := _fetched_by_go(judge, segment, plain)):
        reason = f"go {name} {fetched} would fetch code from elsewhere and run it."
        return [judge.ask(segment, "subcommand", reason, "Use what is installed already.", f"go {name} {fetched}")]
    return None


def _fetched_by_go(judge: Judging, segment: Segment, plain: list[str]) -> str:
    """go run example.com/x@latest; a package of the workspace's own module is none."""
    package = next((word for word in plain[1:2] if plain[0] == "run"), "")
    first = package.partition("/")[0]
    if "@" not in package and (first.startswith(".") or "." not in first or package.endswith(".go")):
        return ""
    folder = next(iter(segment.folders)) if len(segment.folders) == 1 else ""
    module = re.search(r"^module\s+(\S+)", judge.places.text("go.mod", folder, 100_000) or "", re.MULTILINE)
    own = module is not None and (package == module[1] or package.startswith(f"{module[1]}/"))
    return "" if own and "@" not in package else package


def _rails_runner(judge: Judging, segment: Segment, given: list[str]) -> list[Finding]:
    """rails runner FILE, and rails runner CODE."""
    if given and given[0].endswith(".rb") and judge.reach(segment).places(given[0]) <= {"inside"}:
        return []
    return snippets.judge(judge, structs.replace(segment, program="ruby"), given[0] if given else "")

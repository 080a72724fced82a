"""Builds, tests and version control: ordinary inside the sandbox, asked where they lose work or reach out."""

import re
from itertools import pairwise

from msgspec import structs

from orchestrator.policy.shell.arguments import letters, options, paths
from orchestrator.policy.shell.findings import Finding, Judging
from orchestrator.policy.shell.programs import (
    DESTROYS,
    GIT_LOSES,
    GIT_NETWORK,
    GIT_READS,
    GIT_WRITES,
    KINDS,
    SAFE_SUBCOMMANDS,
)
from orchestrator.policy.shell.script import Segment
from orchestrator.policy.shell.words import TILDE, each, marked, shown, uncertain

_LEAVES = each("install uninstall deploy publish release push upload")
_GIT_RUNS_MORE = each("grep diff log show rebase archive fetch pull clone push ls-remote")
_GIT_RUNNING = each(
    "--ext-diff -O --open-files-in-pager --upload-pack --receive-pack --exec --remote -x --output --textconv"
)
_HARMLESS_SETTINGS = re.compile(
    r"user\.(name|email)|init\.defaultbranch|pull\.(rebase|ff)|push\.(default|autosetupremote)|color\..*|core\.(autocrlf|ignorecase|filemode|quotepath|eol|abbrev)|"
    r"merge\.(conflictstyle|ff)|commit\.(gpgsign|verbose)|rebase\.autostash|log\..*|advice\..*|fetch\.prune|column\.ui|branch\..*\.(remote|merge|description)|rerere\.enabled|"
    r"diff\.(algorithm|renames|colormoved)|gc\.auto|help\.autocorrect"
)
_RUNS_MORE = {"make": ("--eval", "SHELL="), "gmake": ("--eval", "SHELL="), "tox": ("-x",), "cmake": ("-P", "-E")}


def judge(judge: Judging, segment: Segment, depth: int) -> list[Finding]:
    program, words = segment.program, segment.arguments
    if program == "git":
        return git(judge, segment, depth)
    if program in ("npx", "pnpx", "bunx"):
        return fetched_tool(judge, segment, list(words), depth)
    found = judge.reach(segment).each("use", [word for word in paths(program, words) if _like_a_path(word)])
    made = [after for option, after in pairwise(words) if option in ("-o", "--output", "--prefix")]
    found += judge.reach(segment).each("write", made)
    if given := options(words, _RUNS_MORE.get(program, ())):
        found.append(
            judge.ask(segment, "runs_more", f"{shown(given[0])} makes {program} run other code.", "Leave that out.")
        )
    if program in ("make", "gmake") and (code := next(filter(_code_in_a_setting, map(shown, words)), "")):
        found.append(judge.ask(segment, "runs_more", f"{code} is run by make as a command.", "Leave that out."))
    plain = [shown(word) for word in words if not word.startswith("-")]
    if program in SAFE_SUBCOMMANDS:
        return found + subcommand(judge, segment, plain, depth)
    if lost := next((word for word in plain if DESTROYS.fullmatch(word)), None):
        reason = f"{program} {lost} throws data away."
        found.append(judge.ask(segment, "destroys", reason, "Keep a copy first.", f"{program} {lost}"))
    dry = program in ("make", "gmake") and {"-n", "--dry-run", "--just-print"} & set(words)
    if not dry and (left := _LEAVES.intersection(plain)):
        found.append(_leaves(judge, segment, min(left)))
    return found


def fetched_tool(judge: Judging, segment: Segment, words: list[str], depth: int) -> list[Finding]:
    """npx TOOL: a known tool of the workspace is judged as itself; any other would be fetched and run."""
    while words and words[0] in ("--no-install", "--no", "-q", "--quiet", "--"):
        words.pop(0)
    if (
        words
        and KINDS.get(words[0]) == "developer"
        and words[0] not in SAFE_SUBCOMMANDS
        and not words[0].startswith("np")
    ):
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


def _like_a_path(word: str) -> bool:
    return not uncertain(word) and (word.startswith(("/", TILDE)) or ".." in word or (marked(word) and "/" in word))


def _code_in_a_setting(word: str) -> bool:
    """CC='sh -c …': make hands it to a shell."""
    return bool(re.fullmatch(r"[^=]+=.*[\s;|&<>()$`].*", word, re.DOTALL))


def _leaves(judge: Judging, segment: Segment, name: str) -> Finding:
    reason = f"{segment.program} {name} changes something beyond the workspace."
    return judge.ask(segment, "publishes", reason, "Build and test here; publish by hand.", f"{segment.program} {name}")


def subcommand(judge: Judging, segment: Segment, plain: list[str], depth: int) -> list[Finding]:
    program, words = segment.program, segment.arguments
    if not plain or (plain and any(marked(word) for word in words[:1])):
        flags_only = all(word in ("--version", "-V", "-v", "--help", "-h", "version") for word in words)
        if (words and flags_only) or (program in ("gradle", "gradlew") and not words):
            return []
        return [
            judge.ask(segment, "subcommand", f"What {program} does here cannot be told.", "Name what it should do.")
        ]
    name = plain[0]
    if name == "run" and program in ("uv", "poetry", "pipenv"):
        inner = words[words.index("run") + 1 :]
        if inner and not inner[0].startswith("-"):
            return judge.segment(structs.replace(segment, program=inner[0], arguments=inner[1:]), depth + 1)
        return [
            judge.ask(segment, "subcommand", f"What {program} run starts cannot be told.", "Name the program first.")
        ]
    if program in ("npm", "pnpm", "yarn") and name == "config":
        looks = plain[1:2] in ([], ["list"], ["ls"], ["get"])
        return [] if looks else [judge.ask(segment, "subcommand", f"{program} config changes settings.", "Leave them.")]
    if program in ("npm", "pnpm", "yarn", "bun") and name in ("exec", "x", "dlx"):
        return fetched_tool(judge, segment, list(words[words.index(name) + 1 :]), depth)
    if program in ("yarn", "pnpm") and KINDS.get(name) == "developer" and name not in SAFE_SUBCOMMANDS:
        return judge.segment(
            structs.replace(segment, program=name, arguments=words[words.index(name) + 1 :]), depth + 1
        )
    if program == "bundle" and name == "exec":
        inner = words[words.index("exec") + 1 :]
        return judge.segment(
            structs.replace(segment, program=inner[0] if inner else "", arguments=inner[1:]), depth + 1
        )
    if program == "uv" and name == "pip" and plain[1:2] and plain[1] in ("list", "show", "freeze", "check", "tree"):
        return []
    if left := _LEAVES.intersection(word.split(":")[0] for word in plain):
        return [_leaves(judge, segment, min(left))]
    if name in SAFE_SUBCOMMANDS[program]:
        return []
    reason = f"{program} {name} is not known to stay in the workspace; it may fetch or run code from elsewhere."
    return [judge.ask(segment, "subcommand", reason, "Use what is installed already.", f"{program} {name}")]


def git(judge: Judging, segment: Segment, depth: int) -> list[Finding]:
    words = list(segment.arguments)
    found: list[Finding] = []
    reach = judge.reach(segment)
    while words and words[0].startswith("-"):
        word = words.pop(0)
        if word in ("-C", "--git-dir", "--work-tree", "--namespace") and words:
            found += reach.each("use", [words.pop(0)])
        elif word.startswith(("--git-dir=", "--work-tree=")):
            found += reach.each("use", [word.partition("=")[2]])
        elif word == "-c" and words and _harmless_setting(words[0].partition("=")[0]):
            words.pop(0)
        elif word in ("-c",) or word.startswith(("-c", "--config-env", "--exec-path=")):
            return [
                judge.ask(
                    segment,
                    "git_settings",
                    f"git {shown(word)} changes settings that can start other programs.",
                    "Run git without it.",
                )
            ]
    name = words[0] if words else "help"
    rest = tuple(words[1:])
    if marked(name):
        return [
            *found,
            judge.ask(segment, "indirect_program", "What git does is known only when it runs.", "Name the subcommand."),
        ]
    found += reach.each("use", [word for word in paths("git", rest) if _like_a_path(word) and not _a_range(word)])
    if name in _GIT_RUNS_MORE and (given := options(rest, _GIT_RUNNING)):
        reason = f"git {name} {shown(given[0])} starts another program or writes a file."
        found.append(judge.ask(segment, "runs_more", reason, "Leave that option out."))
    if name in ("show", "diff", "log", "blame", "annotate", "cat-file", "grep"):
        shown_files = [word.rpartition(":")[2] for word in paths("git", rest) if not marked(word)]
        found += reach.each("read", [file for file in shown_files if reach.places(file) & {"private"}])
    if name == "bisect" and rest[:1] == ("run",) and rest[1:]:
        return judge.segment(structs.replace(segment, program=rest[1], arguments=rest[2:]), depth + 1)
    return found + git_verb(judge, segment, name, rest)


def _harmless_setting(name: str) -> bool:
    return bool(_HARMLESS_SETTINGS.fullmatch(name.lower()))


def _a_range(word: str) -> bool:
    return ".." in word and "/" not in word.replace("origin/", "").replace("upstream/", "") and word != ".."


def switches_branch(judge: Judging, segment: Segment, rest: tuple[str, ...]) -> bool:
    """git checkout NAME, where NAME is no file: git itself refuses to lose changes by it."""
    return (
        len(rest) == 1
        and (rest[0] == "-" or not rest[0].startswith("-"))
        and not marked(rest[0])
        and not judge.reach(segment).exists(rest[0])
    )


def git_verb(judge: Judging, segment: Segment, name: str, rest: tuple[str, ...]) -> list[Finding]:
    shape = f"git {name}"
    if name == "config":
        named = paths("git", rest)
        if _reads_settings(rest) or (
            named and _harmless_setting(named[0]) and not options(rest, ("-f", "--file", "-e", "--edit"))
        ):
            return []
        reason = "git config changes settings that can start other programs."
        return [judge.ask(segment, "git_settings", reason, "Change it by hand.")]
    if loses_work(judge, segment, name, rest):
        reason = f"git {name} can throw away work that is not committed or not pushed."
        return [judge.ask(segment, "loses_work", reason, "Commit or stash first.", shape)]
    if name == "remote" and (rest[:1] == ("get-url",) or (rest[:1] == ("show",) and "-n" in rest)):
        return []
    if name == "lfs" and rest[:1] and rest[0] in ("ls-files", "status", "env", "version", "track"):
        return []
    if name in GIT_NETWORK and not (name in ("remote", "submodule") and rest in ((), ("-v",), ("show",), ("status",))):
        reason = f"git {name} talks to another machine."
        return [judge.ask(segment, "network_program", reason, "Ask the person to do it.", shape)]
    if name in GIT_READS | GIT_WRITES | GIT_LOSES | GIT_NETWORK:
        return []
    reason = f"git {name} is not a part of git that this policy knows."
    return [judge.ask(segment, "subcommand", reason, "Use a common git command.", shape)]


def _reads_settings(rest: tuple[str, ...]) -> bool:
    named = paths("git", rest)
    asked = options(rest, ("--get", "--list", "-l", "--get-all", "--get-regexp")) or rest[:1] in (("get",), ("list",))
    return len(named) == 1 or (bool(asked) and len(named) <= 2)


def loses_work(judge: Judging, segment: Segment, name: str, rest: tuple[str, ...]) -> bool:
    flags, said = letters(rest), frozenset(rest)
    if name in ("branch", "tag"):
        return bool({"D", "d", "f"}.intersection(flags) or "--delete" in said)
    if name in ("stash", "worktree", "notes"):
        return bool(said & {"drop", "clear", "remove", "prune"})
    if name == "switch":
        return bool({"f", "C"}.intersection(flags) or "--discard-changes" in said)
    if name == "reset":
        return bool(said & {"--hard", "--merge", "--keep"})
    if name in ("reflog", "fsck"):
        return bool(said & {"expire", "delete", "--lost-found"})
    if name == "rm":
        return "--cached" not in said
    if name == "restore":
        return not said & {"--staged", "-S"} or bool(said & {"--worktree", "-W"})
    if name == "gc":
        return any(word.startswith("--prune") for word in rest)
    if name == "clean":
        return "n" not in flags
    if name == "checkout":
        return "f" in flags or not ("b" in flags or switches_branch(judge, segment, rest))
    if name == "rebase":
        return "i" in flags or bool(said & {"--interactive", "--skip", "--root", "--quit"})
    return name in GIT_LOSES

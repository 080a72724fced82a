"""git: looking and committing are ordinary; what loses work, reaches other machines or starts programs is asked."""

import re
from itertools import pairwise

from msgspec import structs

from orchestrator.policy.shell.arguments import letters, like_a_path, options, paths, values_of
from orchestrator.policy.shell.findings import Finding, Judging
from orchestrator.policy.shell.programs import GIT_LOSES, GIT_NETWORK, GIT_READS, GIT_WRITES
from orchestrator.policy.shell.script import Segment
from orchestrator.policy.shell.words import each, marked, shown

_RUNS_MORE = each("init cat-file apply grep diff log show rebase archive fetch pull clone push ls-remote")
_LINES = re.compile(r"(?:/(?:[^/\\]|\\.)*/|\d*),?(?:/(?:[^/\\]|\\.)*/|[+-]?\d*):(.+)|:\^?[^:]+:(.+)")
_RUNNING = each(
    "--ext-diff -O --open-files-in-pager --upload-pack --receive-pack --exec --remote -x --output --textconv "
    "--unsafe-paths --template --filters"
)
_HARMLESS_SETTINGS = re.compile(
    r"user\.(name|email)|init\.defaultbranch|pull\.(rebase|ff)|push\.(default|autosetupremote)|color\..*|core\.(autocrlf|ignorecase|filemode|quotepath|eol|abbrev)|"
    r"merge\.(conflictstyle|ff)|commit\.(gpgsign|verbose)|rebase\.autostash|log\..*|advice\..*|fetch\.prune|column\.ui|branch\..*\.(remote|merge|description)|rerere\.enabled|"
    r"diff\.(algorithm|renames|colormoved)|gc\.auto|help\.autocorrect"
)


_PAGERS = re.compile(r"core\.pager=(cat|less|)|pager\.\w+=false|(core|sequence)\.editor=(true|:)")


def judge(judge: Judging, segment: Segment, depth: int) -> list[Finding]:
    words = list(segment.arguments)
    found: list[Finding] = []
    reach = judge.reach(segment)
    while words and words[0].startswith("-"):
        word = words.pop(0)
        if word in ("-C", "--git-dir", "--work-tree", "--namespace") and words:
            found += reach.each("use", [words.pop(0)])
        elif word.startswith(("--git-dir=", "--work-tree=")):
            found += reach.each("use", [word.partition("=")[2]])
        elif word == "-c" and words and (_harmless_setting(words[0].partition("=")[0]) or _PAGERS.fullmatch(words[0])):
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
    ranges = [match[1] or match[2] for match in map(_LINES.fullmatch, values_of(rest, ("-L",))) if match]
    rest = tuple(word for before, word in pairwise(("", *rest)) if before != "-L" and word[:2] != "-L")
    found += reach.each("read", ranges)
    found += reach.each("use", [word for word in paths("git", rest) if like_a_path(word) and not _a_range(word)])
    found += reach.each("write", _made(name, rest))
    if name in _RUNS_MORE and (given := options(rest, _RUNNING)):
        reason = f"git {name} {shown(given[0])} starts another program or writes a file."
        found.append(judge.ask(segment, "runs_more", reason, "Leave that option out."))
    if name in ("show", "diff", "log", "blame", "annotate", "cat-file", "grep"):
        shown_files = [word.rpartition(":")[2] for word in paths("git", rest) if not marked(word)]
        found += reach.each("read", [file for file in shown_files if reach.places(file) & {"private"}])
    if name == "submodule" and rest[:1] == ("foreach",) and len(rest) > 1:
        return [
            *found,
            *judge.text(" ".join(word for word in rest[1:] if not word.startswith("--")), segment, depth + 1),
        ]
    if name == "bisect" and rest[:1] == ("run",) and rest[1:]:
        return judge.segment(structs.replace(segment, program=rest[1], arguments=rest[2:]), depth + 1)
    return found + git_verb(judge, segment, name, rest)


def _made(name: str, rest: tuple[str, ...]) -> list[str]:
    """The files and folders that it would make, where they are named."""
    if name in ("archive", "format-patch"):
        return values_of(rest, ("-o", "--output", "--output-directory"))
    plain = [word for word in rest if not word.startswith("-")]
    if (name, *plain[:1]) in (("bundle", "create"), ("worktree", "add")):
        return plain[1:2]
    return plain[:1] if name == "init" else []


def _harmless_setting(name: str) -> bool:
    return bool(_HARMLESS_SETTINGS.fullmatch(name.lower()))


def _plain_value(values: list[str]) -> bool:
    """ext::sh -c x and !x are commands in the place of a remote, or of a word."""
    return not any("::" in value or value.startswith("!") for value in values)


def _a_range(word: str) -> bool:
    return ".." in word and "/" not in word.replace("origin/", "").replace("upstream/", "") and word != ".."


def switches_branch(judge: Judging, segment: Segment, rest: tuple[str, ...]) -> bool:
    """git checkout NAME, where NAME is no file: git itself refuses to lose changes by it."""
    rest = tuple(word for word in rest if word not in ("-q", "--quiet", "--detach", "-t", "--track", "--progress"))
    return not rest or (
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
            named
            and _harmless_setting(named[0])
            and _plain_value(named[1:])
            and not options(rest, ("-f", "--file", "-e", "--edit"))
        ):
            return []
        reason = "git config changes settings that can start other programs."
        return [judge.ask(segment, "git_settings", reason, "Change it by hand.")]
    if loses_work(judge, segment, name, rest):
        reason = f"git {name} can throw away work that is not committed or not pushed."
        return [judge.ask(segment, "loses_work", reason, "Commit or stash first.", shape)]
    if name == "remote" and (rest[:1] == ("get-url",) or (rest[:1] == ("show",) and "-n" in rest)):
        return []
    if (name == "update-index" and options(rest, ("--chmod", "--refresh"))) or (
        name == "sparse-checkout" and rest == ("list",)
    ):
        return []
    if (name, *rest[:1]) in (("sparse-checkout", "list"), ("maintenance", "run")):
        return []
    if (name, *rest) == ("symbolic-ref", "HEAD") or (name, *rest[:1]) in (("replace", "-l"), ("prune", "-n")):
        return []
    if name == "lfs" and rest[:1] and rest[0] in ("ls-files", "status", "env", "version", "track"):
        return []
    if name in GIT_NETWORK and not (name in ("remote", "submodule") and rest in ((), ("-v",), ("show",), ("status",))):
        reason = f"git {name} talks to another machine."
        if name in ("clone", "pull", "push"):
            return [judge.ask(segment, "git_network", reason, "Use the tool git_clone, git_pull or git_push.", shape)]
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
        return bool({"D", "d", "f"}.intersection(flags) or said & {"--delete", "--force"})
    if name in ("stash", "worktree", "notes"):
        return bool(said & {"drop", "clear", "remove", "prune"})
    if name == "switch":
        return bool({"f", "C"}.intersection(flags) or said & {"--discard-changes", "--force"})
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
        listed = ("GIT_SEQUENCE_EDITOR", "true") in segment.assignments or (
            "GIT_SEQUENCE_EDITOR",
            ":",
        ) in segment.assignments
        interactive = "i" in flags or "--interactive" in said
        return (interactive and not listed) or bool(said & {"--skip", "--root", "--quit"})
    return name in GIT_LOSES

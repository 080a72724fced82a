"""One judge for each kind of program."""

import re
from collections.abc import Callable
from itertools import pairwise

from msgspec import structs

from orchestrator.policy.shell import code, developers, machine, network, snippets, texts
from orchestrator.policy.shell.arguments import letters, options, paths
from orchestrator.policy.shell.findings import Finding, Judging
from orchestrator.policy.shell.programs import OUTPUTS, PATTERNS, RUNS_MORE, Kind
from orchestrator.policy.shell.script import Segment
from orchestrator.policy.shell.words import GLOBS, shown, uncertain

_TARGETED = frozenset({"mv", "install"})  # beside cp and ln: they know -t FOLDER


def runs_more(judge: Judging, segment: Segment) -> list[Finding]:
    if given := options(segment.arguments, RUNS_MORE.get(segment.program, ())):
        reason = f"The option {shown(given[0])} makes {segment.program} start another program."
        return [judge.ask(segment, "runs_more", reason, "Leave that option out.")]
    if segment.program in RUNS_MORE and any(word[:1] in GLOBS for word in segment.arguments):
        reason = f"A file whose name starts with - would be taken for an option of {segment.program}."
        return [judge.ask(segment, "glob_option", reason, "Write ./* in place of *.")]
    return []


def pure(judge: Judging, segment: Segment, depth: int) -> list[Finding]:
    words = segment.arguments
    if segment.program == "date" and options(words, ("-s", "--set")):
        return [
            judge.ask(segment, "administration", "date -s changes the clock of the machine.", "Leave the clock alone.")
        ]
    if segment.program == "hostname" and paths("hostname", words):
        return [judge.ask(segment, "administration", "hostname NAME renames the machine.", "Run hostname alone.")]
    if segment.program == "history" and words:
        return [judge.ask(segment, "administration", "history with options changes what is remembered.", "Leave it.")]
    evaluated = segment.program in (
        "declare",
        "typeset",
        "local",
        "readonly",
        "export",
        "test",
        "[",
        "read",
        "unset",
        "printf",
        "wait",
    )
    if evaluated and any("$(" in word or "`" in word for word in words) and segment.program != "printf":
        return [
            judge.ask(segment, "dynamic_code", f"{segment.program} may evaluate a word as code.", "Use plain words.")
        ]
    if segment.program in ("declare", "typeset", "local") and letters(words):
        return [
            judge.ask(
                segment,
                "dynamic_code",
                f"{segment.program} with options may evaluate its words.",
                "Set plain variables.",
            )
        ]
    if segment.program in ("test", "[") and ("-v" in words or "-R" in words) and any(map(uncertain, words)):
        return [judge.ask(segment, "dynamic_code", "test -v evaluates the index of an array.", "Use [ -n … ].")]
    return []


def lister(judge: Judging, segment: Segment, depth: int) -> list[Finding]:
    output = "write" if options(segment.arguments, OUTPUTS.get(segment.program, ())) else "list"
    return runs_more(judge, segment) + judge.reach(segment).each(output, paths(segment.program, segment.arguments))


def reader(judge: Judging, segment: Segment, depth: int) -> list[Finding]:
    program, words = segment.program, segment.arguments
    found = runs_more(judge, segment)
    given = bool(options(words, ("-e", "-f", "--regexp", "--file", "--expression", "--from-file", "--files")))
    skipped = 1 if program in PATTERNS and not given else 0
    if program.endswith("awk"):
        found += texts.awk(judge, segment)
    elif program == "sed":
        found += texts.sed(judge, segment)
    elif program in ("less", "more") and any(word.startswith("+") for word in words):
        found.append(judge.ask(segment, "runs_more", f"{program} + runs a command of the pager.", "Use cat."))
    named = paths(program, words, skipped)
    if options(words, OUTPUTS.get(program, ())):
        return found + judge.reach(segment).each("write", named) + judge.reach(segment).each("read", named)
    if program in ("uniq", "xxd") and len(named) > 1:
        found += judge.reach(segment).each("write", named[1:])
    return found + judge.reach(segment).each("read", named)


def writer(judge: Judging, segment: Segment, depth: int) -> list[Finding]:
    program, words = segment.program, segment.arguments
    found, reach = runs_more(judge, segment), judge.reach(segment)
    if program == "dd":
        for word in words:
            key, _, value = word.partition("=")
            if key in ("if", "of"):
                found += reach.each("read" if key == "if" else "write", [value])
        return found
    named = paths(program, words, patterns=1 if program == "chmod" else 0)
    if program == "chmod":
        found += permissions(judge, segment, named)
    if program == "zip" and ({"m"} & set(letters(words)) or "--move" in words):
        found.append(judge.ask(segment, "destroys", "zip -m deletes what it packs.", "Keep the files."))
    if program in ("mv", "split", "csplit"):
        found += [
            one for one in reach.each("read", named[:-1] if program == "mv" else named[:1]) if one.code == "credentials"
        ]
    if program in ("mkdir", "touch", "tee", "chmod", "rmdir", "mv", "rename", "install", "fallocate", "split"):
        return found + reach.each("write", [*named, *(options_values(words) if program in _TARGETED else ())])
    if program == "cp":
        return found + reach.each("read", named[:-1]) + reach.each("write", [*named[-1:], *options_values(words)])
    if program in ("tar", "unzip", "7z", "7za", "bsdtar"):
        return found + archive(judge, segment)
    if program == "ln":
        kept = ("credentials", "reads_secret", "device")
        found += [one for one in reach.each("read", named[:-1] or named) if one.code in kept]
        found += [
            judge.ask(
                segment,
                "outside_link",
                f"The link would lead to {shown(word)}, outside the workspace.",
                "Copy the file instead.",
            )
            for word in named[:-1] or named
            if not reach.places(word) <= {"inside", "workspace", "private"}
        ]
        return found + reach.each("write", [*(named[-1:] if len(named) > 1 else []), *options_values(words)])
    if program == "openssl":
        return found + openssl(judge, segment)
    made = [after for option, after in pairwise(words) if option in ("-o", "--output", "-out")]
    return found + reach.each("read", [word.split("=", 1)[-1] for word in named]) + reach.each("write", made)


def permissions(judge: Judging, segment: Segment, named: list[str]) -> list[Finding]:
    found: list[Finding] = []
    if any(re.search(r"[ug]?\+.*s|^[0-7]?[2467][0-7]{3}$", shown(word)) for word in segment.arguments):
        reason = "chmod would let a file run as another user."
        found.append(judge.ask(segment, "set_id", reason, "Use plain permissions such as 755."))
    if any("workspace" in judge.reach(segment).places(word) for word in named):
        reason = "chmod would change who may use the whole workspace."
        found.append(judge.ask(segment, "permissions", reason, "Name the files."))
    return found


def archive(judge: Judging, segment: Segment) -> list[Finding]:
    """Making an archive reads what goes in; unpacking one writes where it is told, and nowhere else unless it "
    "may name places itself."""
    program, words, reach = segment.program, segment.arguments, judge.reach(segment)
    named = paths(program, words)
    flags = letters(words) + (words[0] if words and program == "tar" and words[0][:1] != "-" else "")
    if program == "unzip":
        into = [after for option, after in pairwise(words) if option == "-d"]
        return reach.each("write", into) + reach.each("use", [word for word in named if word not in into])
    if "--remove-files" in words:
        return [judge.ask(segment, "destroys", "tar --remove-files deletes what it packs.", "Keep the files.")]
    if program.startswith("7z"):
        into = [word[2:] for word in words if word.startswith("-o")]
        return reach.each("write", into) + reach.each("read", named[1:])
    folders = [after for option, after in pairwise(words) if option in ("-C", "--directory")]
    folders += [word.partition("=")[2] for word in words if word.startswith("--directory=")]
    makes = "c" in flags or "--create" in words or "r" in flags or "u" in flags
    kept = [
        after
        for option, after in pairwise(words)
        if (option[:1] == "-" and option.endswith("f") and option[1:2] != "-") or option == "--file"
    ]
    kept += named[1:2] if words and words[0][:1] != "-" and "f" in words[0] else []
    if makes:
        return (
            reach.each("write", kept)
            + reach.each("read", [word for word in named if word not in kept])
            + reach.each("use", folders)
        )
    found = reach.each("use" if "t" in flags else "write", folders) + reach.each("use", kept)
    if {"P"} & set(flags) or "--absolute-names" in words:
        reason = "tar -P lets the archive say where its files go, also outside the workspace."
        found.append(judge.ask(segment, "unknown_path", reason, "Leave -P out."))
    return found


def openssl(judge: Judging, segment: Segment) -> list[Finding]:
    words = segment.arguments
    if words[:1] and words[0] in ("s_client", "s_server", "s_time", "ocsp", "engine", "ca", "ts"):
        reason = f"openssl {shown(words[0])} reaches the network, or loads other code."
        return [
            judge.ask(segment, "network_program", reason, "Use the tools made for it.", f"openssl {shown(words[0])}")
        ]
    made = [after for option, after in pairwise(words) if option in ("-out", "-keyout")]
    read = [
        after
        for option, after in pairwise(words)
        if option in ("-in", "-inkey", "-key", "-signkey", "-CAkey", "-CA", "-CAfile")
    ]
    public = words[:1] and words[0] in ("x509", "version", "dgst", "verify", "crl", "req") and "-inkey" not in words
    return judge.reach(segment).each("write", made) + judge.reach(segment).each("use" if public else "read", read)


def options_values(words: tuple[str, ...]) -> list[str]:
    """The folder of cp -t FOLDER, cp -vtFOLDER."""
    long = [word.partition("=")[2] for word in words if word.startswith("--target-directory=")]
    long += [found[1] for word in words if (found := re.fullmatch(r"-[A-Za-su-z]*t(.+)", word, re.DOTALL))]
    return long + [words[index + 1] for index, word in enumerate(words[:-1]) if word == "-t"]


def deleter(judge: Judging, segment: Segment, depth: int) -> list[Finding]:
    named = paths(segment.program, segment.arguments, 0)
    if segment.program == "truncate":
        named = [word for word in named if not re.fullmatch(r"[+<>-]?\d+[KMGT]?B?", word)]
    if "--no-preserve-root" in segment.arguments:
        return [
            judge.deny(
                segment,
                "deletes_outside",
                "--no-preserve-root is there to delete the whole machine.",
                "Delete named files only.",
            )
        ]
    if not named:
        return [judge.ask(segment, "destroys", f"What {segment.program} deletes is not said.", "Name the files.")]
    recursive = bool({"r", "R"} & set(letters(segment.arguments)) or "--recursive" in segment.arguments)
    found = judge.reach(segment).each("delete", named)
    if recursive:
        found = [
            structs.replace(finding, shape="rm -r" if finding.shape == "rm" else finding.shape) for finding in found
        ]
    return found


def destroyer(judge: Judging, segment: Segment, depth: int) -> list[Finding]:
    if machine.looks(segment):
        return []
    reason = f"{segment.program} can destroy a disk or stop the machine."
    return [
        judge.deny(
            segment, "destructive_program", reason, "Use lsblk, df or uptime to look; ask the person for the rest."
        )
    ]


JUDGES: dict[Kind, Callable[[Judging, Segment, int], list[Finding]]] = {
    "pure": pure,
    "lister": lister,
    "reader": reader,
    "writer": writer,
    "deleter": deleter,
    "developer": developers.judge,
    "interpreter": code.interpreter,
    "shell": code.shell,
    "network": network.judge,
    "administration": machine.judge,
    "database": lambda judge, segment, depth: snippets.sql(judge, segment),
    "destroyer": destroyer,
}

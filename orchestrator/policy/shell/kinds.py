"""One judge for each kind of program."""

import re
from collections.abc import Callable

from msgspec import structs

from orchestrator.policy.shell import beyond, code, databases, developers, machine, network, texts, writers
from orchestrator.policy.shell.arguments import letters, options, paths, values_of
from orchestrator.policy.shell.findings import Finding, Judging
from orchestrator.policy.shell.programs import OUTPUTS, PATTERNS, Kind
from orchestrator.policy.shell.script import Segment
from orchestrator.policy.shell.words import marked, shown, uncertain


def pure(judge: Judging, segment: Segment, depth: int) -> list[Finding]:
    words = segment.arguments
    told = values_of(words, ("-d", "--date", "-f", "--file", "-r", "--reference"))
    clock = any(re.fullmatch(r"\d{8,12}(\.\d\d)?", word) for word in words if word not in told)
    if segment.program == "date" and (clock or options(words, ("-s", "--set"))):
        return [
            judge.ask(segment, "administration", "date -s changes the clock of the machine.", "Leave the clock alone.")
        ]
    if segment.program == "hostname" and paths("hostname", words):
        return [judge.ask(segment, "administration", "hostname NAME renames the machine.", "Run hostname alone.")]
    if segment.program == "history" and words:
        return [judge.ask(segment, "administration", "history with options changes what is remembered.", "Leave it.")]
    if segment.program == "date":
        return judge.reach(segment).each("read", values_of(words, ("-f", "--file", "-r", "--reference")))
    if segment.program == "mktemp":
        template = [word for word in paths("mktemp", words) if not word.startswith("/tmp/")]
        return judge.reach(segment).each("write", [*values_of(words, ("-p", "--tmpdir")), *template])
    if segment.program == "finger" and any("@" in word for word in words):
        return [judge.ask(segment, "network_program", "finger asks another machine.", "Ask the person.", "finger")]
    if segment.program == "jobs" and "-x" in words:
        return [judge.ask(segment, "runs_more", "jobs -x starts another program.", "Start the program itself.")]
    if size := _huge(segment):
        reason = f"{segment.program} would go on to {size}, and keep the machine busy until it is ended."
        return [judge.ask(segment, "endless", reason, "Say how much, and let it be little.")]
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
    if (
        evaluated
        and any("$(" in word or "`" in word for word in words)
        and (segment.program != "printf" or "-v" in words)
    ):
        return [
            judge.ask(segment, "dynamic_code", f"{segment.program} may evaluate a word as code.", "Use plain words.")
        ]
    if segment.program in ("declare", "typeset", "local") and not set(letters(words)) <= set("Aarxg"):
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


_HUGE = re.compile(r"[+-]?(\d{8,}|\d+(\.\d+)?[eE]\d+|inf(inity)?)[smhd]?|%[-+ 0#]*\d{7,}\S*|\d{4,}d", re.IGNORECASE)


def _huge(segment: Segment) -> str:
    """What seq, sleep and printf are told, where it is more than anybody waits for."""
    if segment.program not in ("seq", "sleep", "printf"):
        return ""
    few = segment.program == "seq"  # it counts ten million in a moment
    huge = [word for word in segment.arguments if _HUGE.fullmatch(word) and not (few and re.fullmatch(r"\d{8}", word))]
    return shown(huge[0]) if huge else ""


def lister(judge: Judging, segment: Segment, depth: int) -> list[Finding]:
    written = beyond.written(judge, segment)
    output = "write" if options(segment.arguments, OUTPUTS.get(segment.program, ())) else "list"
    if segment.program == "file":  # -f FILE: the names in it, which it shows where it does not find them
        listed = values_of(segment.arguments, ("-f", "--files-from", "-m", "--magic-file"))
        return (
            beyond.runs_more(judge, segment)
            + judge.reach(segment).each("read", listed)
            + judge.reach(segment).each("list", paths("file", segment.arguments))
        )
    return (
        written
        + beyond.runs_more(judge, segment)
        + judge.reach(segment).each(output, paths(segment.program, segment.arguments))
    )


def reader(judge: Judging, segment: Segment, depth: int) -> list[Finding]:
    program, words = segment.program, segment.arguments
    found = beyond.runs_more(judge, segment) + beyond.written(judge, segment)
    given = bool(options(words, ("-e", "-f", "--regexp", "--file", "--expression", "--from-file", "--files")))
    skipped = 1 if program in PATTERNS and not given else 0
    if program.endswith("awk"):
        found += texts.awk(judge, segment)
    elif program == "sed":
        found += texts.sed(judge, segment)
    elif program in ("less", "more") and any(word.startswith("+") for word in words):
        found.append(judge.ask(segment, "runs_more", f"{program} + runs a command of the pager.", "Use cat."))
    named = paths(program, words, skipped)
    if program in ("awk", "gawk", "mawk", "cut"):  # who has an account here, and which shell
        named = [word for word in named if word not in ("/etc/passwd", "/etc/group")]
    found += [
        one for word in named if re.match(r"[a-z]+://", shown(word)) for one in beyond.fetched(judge, segment, word)
    ]
    if program in ("jq", "yq", "jaq", "gojq"):
        found += texts.query(judge, segment)
    if program == "tshark" and (set("iXwKFbCoJ") & set(letters(words)) or "r" not in letters(words)):
        found.append(judge.ask(segment, "runs_more", "tshark would do more than read a file.", "Use tshark -r FILE."))
    if program == "exiftool":
        found += writers.loses(judge, segment)
    if program in ("identify", "ffprobe"):
        found += writers.more_than_files(judge, segment)
    if program in ("mlr", "miller", "qsv"):
        found += texts.tables(judge, segment)
    if options(words, OUTPUTS.get(program, ())):
        return found + judge.reach(segment).each("replace", named) + judge.reach(segment).each("read", named)
    if program in ("uniq", "xxd", "pdftotext", "ptx") and len(named) > 1:
        found += judge.reach(segment).each("write", named[1:])
    return found + judge.reach(segment).each("read", named)


def deleter(judge: Judging, segment: Segment, depth: int) -> list[Finding]:
    named = paths(segment.program, segment.arguments, 0)
    if segment.program == "truncate":
        named = [word for word in named if not re.fullmatch(r"[+<>-]?\d+[KMGT]?B?", word)]
        sizes = [match[0] for word in segment.arguments if (match := re.search(r"\d+[KMGT]?B?$", word))]
        there = any(uncertain(word) or marked(word) or judge.reach(segment).exists(word) for word in named)
        if named and not there and not any(re.fullmatch("0+", size) for size in sizes):
            return judge.reach(segment).each("write", named)  # it makes them
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
    "writer": writers.judge,
    "deleter": deleter,
    "developer": developers.judge,
    "interpreter": code.interpreter,
    "shell": code.shell,
    "network": network.judge,
    "administration": machine.judge,
    "database": lambda judge, segment, depth: databases.judge(judge, segment),
    "destroyer": destroyer,
}

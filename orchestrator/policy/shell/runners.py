"""Programs that start others: wrappers, find, xargs. What they start is judged; code.py reads what shells are given."""

import re
from collections.abc import Callable
from itertools import pairwise

from msgspec import structs

from orchestrator.policy.shell import code
from orchestrator.policy.shell.arguments import values_of
from orchestrator.policy.shell.findings import Finding, Judging
from orchestrator.policy.shell.outputs import finds
from orchestrator.policy.shell.programs import KINDS, PRIVILEGE, WRAPPERS
from orchestrator.policy.shell.script import Segment, lists_names, names_listed, said
from orchestrator.policy.shell.words import FOUND, MADE, STAR, UNKNOWN, each, marked, shown, uncertain


def judge(judge: Judging, segment: Segment, depth: int) -> list[Finding]:
    name = segment.program
    if name in PRIVILEGE:
        return privilege(judge, segment, depth)
    if own := _OWN_WAYS.get(name):
        return own(judge, segment, depth)
    if name == "eval":
        found = judge.text(" ".join(segment.arguments), segment, depth)
        return [*found, judge.ask(segment, "dynamic_code", "eval runs text as code.", "Write the command itself.")]
    if name in ("source", "."):
        return code.sourced(judge, segment)
    if name in WRAPPERS:
        return wrapped(judge, segment, depth)
    if name == "alias" and not segment.arguments:
        return []
    if name == "trap" and any(MADE in word for word in segment.arguments):  # "rm -rf $tmp", which is put in at once
        words = tuple(word.replace(MADE, '"$_made"') for word in segment.arguments)
        segment = structs.replace(segment, arguments=words, bound=(*segment.bound, ("_made", (MADE,))))
    plain = not any(map(uncertain, segment.arguments)) and not any(map(marked, segment.arguments))
    if plain and name == "script" and values_of(segment.arguments, ("-c", "--command")):
        return kept(judge, segment, depth) + judge.reach(segment).each("write", segment.arguments[-1:])
    if plain and name == "trap" and len(segment.arguments) > 1:
        return kept(judge, segment, depth)
    if plain and name == "parallel" and ":::" in segment.arguments and not re.search(r"[;|&$`<>()]", segment.text):
        return kept(judge, segment, depth)
    return [
        *kept(judge, segment, depth),
        judge.ask(
            segment,
            "dynamic_code",
            f"{name} keeps or passes on code that this policy does not see run.",
            "Write the command itself.",
        ),
    ]


_PARALLEL_VALUED = each(
    "-j --jobs -n -N --joblog --results --delay --timeout --retries --tmpdir --load --memfree --nice"
)


def kept(judge: Judging, segment: Segment, depth: int) -> list[Finding]:
    """What is against the code that trap, script and parallel are given."""
    words = list(segment.arguments)
    if segment.program == "parallel" and ":::" in words:
        at = words.index(":::")
        made: list[str] = []
        while words[:1] and words[0].startswith("-") and words[0] != ":::":
            skipped = 2 if words[0] in _PARALLEL_VALUED else 1
            made += words[1:2] if words[0] in ("--joblog", "--results") else []
            words, at = words[skipped:], at - skipped
        numbered = r"\{(\d+|//?|\.|/\.|#)?\}"
        given = [word for word in words[at + 1 :] if word not in (":::", ":::+")]
        words[:at] = [re.sub(numbered, STAR, word) for word in words[:at]]
        found = judge.reach(segment).each("write", [re.sub(numbered, "0", word) for word in made])
        return found + started(judge, segment, (*words[:at], *given), depth)
    text = next((after for option, after in pairwise(words) if re.fullmatch(r"-[a-z]*c|--command", option)), "")
    text = text or (words[0] if segment.program == "trap" and words else "")
    return judge.text(text, segment, depth + 1, dict(segment.bound)) if text else []


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
    while words and (
        words[0].startswith("-") or (name in ("env", "cross-env") and re.match(r"[A-Za-z_]\w*=", words[0]))
    ):
        word = words.pop(0)
        if word.startswith("-S") or word.startswith("--split-string"):
            return [
                judge.ask(segment, "dynamic_code", "env -S splits text into a command.", "Write the command itself.")
            ]
        variable, _, value = word.partition("=")
        if "=" in word and not word.startswith("-"):
            found += judge.variable(segment, variable, value)
        if word == "--":
            break
        if name in ("time", "strace", "ltrace", "heaptrack"):
            found += _recorded(judge, segment, word, words[:1])
        if word in ("-C", "--chdir") and name == "env" and words:
            found += judge.reach(segment).each("list", words[:1])
            found.append(judge.ask(segment, "moving", "env -C changes the folder that paths are seen from.", "Use cd."))
        if word in valued and words:
            words.pop(0)
    if name in ("timeout", "taskset", "flock", "faketime") and words:
        words.pop(0)
    if name == "flock" and words[:1] in (["-c"], ["--command"]):
        return found + judge.text(" ".join(words[1:]), segment, depth + 1)
    if name == "watch" or (name == "entr" and any(re.fullmatch(r"-[a-z]*s[a-z]*", word) for word in segment.arguments)):
        return found + judge.text(" ".join(words), segment, depth)
    return found + started(judge, segment, tuple(words), depth)


def _recorded(judge: Judging, segment: Segment, option: str, behind: list[str]) -> list[Finding]:
    """Where time, strace and ltrace write what they saw; for strace a | is a program."""
    made = behind if option in ("-o", "--output") else [option.removeprefix("-o")] if option.startswith("-o") else []
    made = [option.partition("=")[2]] if option.startswith("--output=") else made
    if any(word[:1] in ("|", "!") for word in made) or (segment.program == "ltrace" and option.startswith("-F")):
        reason = f"{segment.program} {option} starts another program, or reads settings."
        return [judge.ask(segment, "runs_more", reason, "Name a file of the workspace.")]
    return judge.reach(segment).each("write", made)


def privilege(judge: Judging, segment: Segment, depth: int) -> list[Finding]:
    words = list(segment.arguments)
    while words and (words[0].startswith("-") or "=" in words[0]):
        if words.pop(0) in ("-u", "-g", "-h", "-p", "-C", "-T", "-U", "-R", "-D") and words:
            words.pop(0)
    found = [] if segment.program == "su" else started(judge, segment, tuple(words), depth)
    if segment.program in ("su", "runuser"):
        found += kept(judge, segment, depth)
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
    found = reach.each("search", [word.replace(FOUND, UNKNOWN) for word in starts])
    names = names_listed(segment)
    under = tuple(
        f"{start.rstrip('/')}/{name}" if start not in (".", "./") else name for start in starts for name in names
    )
    while words:
        word = words.pop(0)
        if word == "-delete":
            found += [
                structs.replace(
                    finding, shape="find -delete" if finding.verdict == "ask" and finding.path != STAR else None
                )
                for finding in reach.each("delete", under if STAR not in names else starts)
            ]
        elif word in ("-fprint", "-fprint0", "-fls", "-fprintf") and words:
            file = words.pop(0)
            found += reach.each("write", [file])
            empties = word == "-fprintf" and words[:1] == [""]
            if (empties or reach.exists(file)) and reach.places(file) <= {"inside"}:
                found.append(judge.ask(segment, "destroys", f"find would overwrite {shown(file)}.", "Name a new file."))
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


_FD_RUNS = re.compile(r"(-[a-zA-Z]*[xX]|--exec|--exec-batch)")
_FD_VALUED = each(
    "-e -E -d -t -S -c -j -o --extension --exclude --max-depth --min-depth --type --size --changed-within "
    "--changed-before --color --threads --owner --exact-depth --max-results --format"
)


def fd(judge: Judging, segment: Segment, depth: int) -> list[Finding]:
    words = list(segment.arguments)
    at = next((index for index, word in enumerate(words) if _FD_RUNS.fullmatch(word)), len(words))
    found, skip, named = list[Finding](), False, list[str]()
    for word in words[:at]:
        if not skip and not word.startswith("-"):
            named.append(word)
        skip = not skip and word in _FD_VALUED
    found += judge.reach(segment).each("search", [word for word in named if "/" in word or word in (".", "..")])
    ended = [index for index, word in enumerate(words[at + 1 :], at + 1) if word == ";"]
    command = words[at + 1 : ended[0] if ended else None]
    if not command:
        return found
    given = [re.sub(r"\{(//?|\.|/\.)?\}", STAR, word) for word in command]
    return found + started(judge, segment, tuple(given if given != command else [*given, STAR]), depth)


def timed(judge: Judging, segment: Segment, depth: int) -> list[Finding]:
    """hyperfine 'COMMAND' 'COMMAND': each word is a line of shell."""
    found, written, before = list[Finding](), list[str](), ""
    for word in segment.arguments:
        if before in ("--export-json", "--export-csv", "--export-markdown", "--output", "--input"):
            written.append(word)
        elif before in ("-p", "--prepare", "-c", "--cleanup", "-s", "--setup", "-n") or not re.match(r"-|\d+$", word):
            found += judge.text(word, segment, depth + 1) if before != "-n" else []
        before = word
    return found + judge.reach(segment).each("write", written)


_PERF_VALUED = each("-e -r -o -F -c -C -I --event --repeat --output --call-graph")


def perf(judge: Judging, segment: Segment, depth: int) -> list[Finding]:
    """perf stat COMMAND, perf record COMMAND: what it starts is judged."""
    name, *words = segment.arguments or ("",)
    if name in ("list", "report", "annotate", "version"):
        return judge.reach(segment).each("read", values_of(tuple(words), ("-i", "--input")))
    found: list[Finding] = []
    while name in ("stat", "record") and words and words[0].startswith("-"):
        word = words.pop(0)
        if word == "--":
            break
        if word in _PERF_VALUED and words:
            found += judge.reach(segment).each("write", words[:1] if word in ("-o", "--output") else [])
            words.pop(0)
        elif word.startswith(("--pre", "--post", "--control")) or word in ("-a", "-p", "--pid"):
            words = []
    if name in ("stat", "record") and words:
        return found + started(judge, segment, tuple(words), depth)
    reason = "perf administers the machine, beyond the workspace."
    asked = judge.ask(segment, "administration", reason, "Use the tools made for it, or do it yourself.", "perf")
    return [*found, asked]


def xargs(judge: Judging, segment: Segment, depth: int) -> list[Finding]:
    words = list(segment.arguments)
    found, told = list[Finding](), False
    marker = ""
    while words and words[0].startswith("-"):
        word = words.pop(0)
        if word.startswith(("-a", "--arg-file")):
            named = (
                words[:1] if word in ("-a", "--arg-file") else [word.removeprefix("-a").partition("=")[2] or word[2:]]
            )
            found += judge.reach(segment).each("read", named)
            told = not any(map(uncertain, named)) and not {*named} & {*judge.wrote}
        if word in ("-I", "-i", "--replace"):
            marker = words.pop(0) if word == "-I" and words else "{}"
        elif word.startswith("-I"):
            marker = word[2:]
        elif word in ("-n", "-d", "-P", "-L", "-E", "-s", "-a", "--max-args", "--delimiter", "--max-procs") and words:
            words.pop(0)
    values = [FOUND] if told or finds(segment.feeders) else [UNKNOWN]
    values = names_listed(segment.feeders[0]) if lists_names(segment.feeders) else values
    if [feeder.program for feeder in segment.feeders] == ["seq"]:
        values = ["1"]  # whichever number it is
    if not words:
        return found
    fed = said(segment.feeders[0]) if len(segment.feeders) == 1 else segment.fed
    if fed is not None and len(fed.split()) == 1:
        values = [fed.strip()]
    if marker:
        command = [
            word
            for part in words
            for word in ([part.replace(marker, one) for one in values] if marker in part else [part])
        ]
    else:
        command = [*words, *values]
    if any(KINDS.get(feeder.program) == "network" for feeder in segment.feeders) and KINDS.get(command[0]) in (
        "shell",
        "interpreter",
    ):
        return [*found, *code.piped(judge, structs.replace(segment, program=command[0]))]
    if uncertain(command[0]):
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


_OWN_WAYS: dict[str, Callable[[Judging, Segment, int], list[Finding]]] = {
    "find": find,
    "fd": fd,
    "fdfind": fd,
    "hyperfine": timed,
    "xargs": xargs,
    "perf": perf,
}

"""awk and sed: small languages inside a word, that can run programs and open files."""

import re

from msgspec import structs

from orchestrator.policy.shell import snippets
from orchestrator.policy.shell.arguments import options, values_of
from orchestrator.policy.shell.findings import Finding, Judging
from orchestrator.policy.shell.script import Segment
from orchestrator.policy.shell.words import FOUND, shown, uncertain

# Texts, and patterns where no number can be divided, in the order in which they stand; a pipe is told from "or".
_AWK_TOKEN = re.compile(r'("(?:[^"\\\n]|\\.)*")|(?:^|(?<=[{};(,!~&|\n]))\s*/(?:[^/\\\n]|\\.)+/')
_AWK_HIDDEN = re.compile(r"\bsystem\b|\bgetline\b|[|>]\s*\"")  # where a division might be a pattern after all
_AWK_ENDLESS = re.compile(r"\b(?:while|for)\s*\(\s*(?:1|;\s*;|;\s*1\s*;)")
_AWK_RUNS = re.compile(r"\bsystem\b|(?<!\|)\|(?!\|)|\bgetline\b|@|\bARGV\b|\bARGC\b|\bENVIRON\b|\bclose\b|/inet")

_ADDRESS = r"(?:\d+(?:~\d+)?|\$|/(?:[^/\\\n]|\\.)*/I?|\+\d+)"
_SUBSTITUTE = (
    r"s(?P<d{0}>[^\w\s\\])(?:(?!(?P=d{0}))[^\\\n]|\\.)*(?P=d{0})(?:(?!(?P=d{0}))[^\\\n]|\\.)*(?P=d{0})[gpiImM0-9]*"
)
_TRANSLATE = r"y/(?:[^/\\\n]|\\.)*/(?:[^/\\\n]|\\.)*/"
_SED_COMMAND = re.compile(
    rf"\s*(?:{_ADDRESS}(?:\s*,\s*{_ADDRESS})?)?\s*!?\s*\{{\s*|\s*(?:{_ADDRESS}(?:\s*,\s*{_ADDRESS})?)?\s*!?\s*(?:{_SUBSTITUTE.format(1)}|{_TRANSLATE}|[dDpPgGhHxnNz=l{{}}]|[qQ]\d*|[btT]\s*\w*|:\s*\w+|[aic]\\?[^\n]*|\#[^\n]*)\s*(?:;|\n|$|(?=}}))"
)

_SED_WRITES = re.compile(r"(?:^|[;/}\d$|,#!])\s*[wW]\s*(\S+)\s*$", re.MULTILINE)


def awk(judge: Judging, segment: Segment) -> list[Finding]:
    words = segment.arguments
    if words[:2] == ("-i", "inplace"):
        named = _positional(words[2:], ("-F", "-v"))[1:]
        rest = awk(judge, structs.replace(segment, arguments=words[2:]))
        return rest + judge.reach(segment).each("write", named)
    if options(words, ("-E", "--exec", "-i", "--include", "-l", "--load", "-e", "--source")):
        return [_unread(judge, segment)]
    if (script := values_of(words, ("-f", "--file"))) or options(words, ("-f", "--file")):
        return _of_the_workspace(judge, segment, script)
    program = next((word for word in _positional(words, ("-F", "-v")) if word), "")
    if uncertain(program):
        return [
            judge.ask(
                segment,
                "program_text",
                f"The program of {segment.program} is known only when it runs.",
                "Use single quotes and -v.",
            )
        ]
    left = _AWK_TOKEN.sub(lambda token: "''" if token[1] else "", shown(program))
    outside = left
    while (smaller := re.sub(r"\([^()]*\)", "", outside)) != outside:
        outside = smaller  # in brackets > compares
    if (
        _AWK_ENDLESS.search(left)
        or _AWK_RUNS.search(left)
        or re.search(r"\bprintf?\b[^;}\n]*>", outside)
        or '"' in left
        or ("/" in left and _AWK_HIDDEN.search(shown(program)))
    ):
        reason = f"This {segment.program} program may start other programs, or open files by itself."
        at_home = re.sub(r'"\s*ENVIRON\["HOME"\]\s*"', "~", shown(program))
        worse = snippets.denials(judge, segment, at_home)
        return [*worse, judge.ask(segment, "program_text", reason, "Only print, and redirect the output in the shell.")]
    return []


def sed(judge: Judging, segment: Segment) -> list[Finding]:
    words = segment.arguments
    if (named := values_of(words, ("-f", "--file"))) or options(words, ("-f", "--file")):
        return _of_the_workspace(judge, segment, named)
    given = [
        words[index + 1]
        for index, word in enumerate(words[:-1])
        if word in ("-e", "--expression") or re.fullmatch(r"-[nErsuz]*e", word)
    ]
    given += [word.split("=", 1)[1] for word in words if word.startswith("--expression=")]
    given += [word[2:] for word in words if word.startswith("-e") and len(word) > 2]
    scripts = given or _positional(words, ("-l",))[:1]
    for script in scripts:
        if uncertain(script.replace(FOUND, "")) or not _plain_sed(shown(script.replace(FOUND, "0"))):
            reason = "This sed script may start programs or write other files."
            asked = judge.ask(segment, "program_text", reason, "Use plain s/old/new/ and line commands.")
            return [asked, *judge.reach(segment).each("write", _SED_WRITES.findall(script))]
    return []


def _unread(judge: Judging, segment: Segment) -> Finding:
    reason = f"{segment.program} would run a program this policy does not read."
    return judge.ask(segment, "program_text", reason, "Give the program as one quoted word.")


def _of_the_workspace(judge: Judging, segment: Segment, named: list[str]) -> list[Finding]:
    """A program of the workspace, as python FILE runs one."""
    inside = bool(named) and all(judge.reach(segment).places(file) <= {"inside"} for file in named)
    given = any(uncertain(file) or file == "-" for file in named)  # on its input
    return [] if inside and not given else [_unread(judge, segment)]


_READS_MORE = re.compile(
    r"\b(?:repeat|range\s*\(\s*\d*[eE]\d+|range\s*\(\s*\d{8,}|load(?:_\w+)?|input_filename|envsubst|include|import|"
    r"system)\b"
)


def query(judge: Judging, segment: Segment) -> list[Finding]:
    """jq and yq: expressions that open files by themselves."""
    expression = next(iter(_positional(segment.arguments, ())), "")
    match = _READS_MORE.search(re.sub(r"\.\w+", "", shown(expression)))
    if match is None:
        return []
    reason = f"{match[0]} makes {segment.program} open other files."
    return [judge.ask(segment, "program_text", reason, "Name the files behind the expression.")]


_TABLE_CODE = re.compile(
    r"\b(system|exec|hostname|os_type|version)\s*\(|\b(tee|emit\w*|print\w*|dump|edump)\b[^;}]*[>|]|^(tee|split|case|luau|py|fetch\w*|"
    r"apply|extdedup|extsort|snappy|to|pro|prompt|describegpt|foreach)$"
)


def tables(judge: Judging, segment: Segment) -> list[Finding]:
    """Miller and qsv: verbs and expressions that start programs, fetch, or write files."""
    for word in map(shown, segment.arguments):
        if match := _TABLE_CODE.search(word):
            reason = f"{match[0].strip()} makes {segment.program} start programs or write other files."
            return [judge.ask(segment, "program_text", reason, "Only select and calculate, and redirect the output.")]
    return []


def _plain_sed(script: str) -> bool:
    at = 0
    while at < len(script.rstrip()):
        match = _SED_COMMAND.match(script, at)
        if not match or match.end() == at:
            return False
        at = match.end()
    return True


def _positional(words: tuple[str, ...], valued: tuple[str, ...]) -> list[str]:
    found, skip = [], False
    for word in words:
        if skip:
            skip = False
        elif word in valued:
            skip = True
        elif not word.startswith("-") or word == "-":
            found.append(word)
    return found

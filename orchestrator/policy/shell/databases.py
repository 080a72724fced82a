"""sqlite3 and duckdb: a file of data, and what they are told in a word or on their input.

Covers: questions, their own commands (`.mode`, `.import`, `.output`), tables that the same script makes, databases in
memory and in folders of outputs, scripts of the workspace that are read in. Whatever else changes data is asked.
"""

import re
from itertools import pairwise

from orchestrator.policy.shell import snippets, statements
from orchestrator.policy.shell.findings import Finding, Judging
from orchestrator.policy.shell.script import Segment
from orchestrator.policy.shell.words import each, marked, shown, uncertain

_QUOTED_NAME = re.compile(r"\[[^\]]*['\"]")  # a name in brackets, as sqlite3 alone reads them, in which a quote is none
_SHOWS = re.compile(
    r"\.(tables|schema|headers?|mode|indexes|indices|databases|width|separator|nullvalue|timer|show|fullschema|help|dump|"
    r"dbinfo|stats|print|columns?|changes|echo|bail|eqp|explain|maxrows|rows|prompt|quit|exit|once|output|import|read|save|"
    r"backup)\b(?P<rest>[^\n]*)"
)
_PLAIN = re.compile(r"(?:[\w ,.:;|'\"\\=+#*-]|\t)*")
_IMPORT = re.compile(r"\s*((?:--?\w+(?:\s+\d+)?\s+)*)(?P<file>'[^']+'|\"[^\"]+\"|[\w./-]+)\s+(?P<table>\w+)\s*")
_MAKES = re.compile(
    r"\s*create\s+(?:temp\w*\s+)?(?:table|view|index|unique\s+index)\s+(?:if\s+not\s+exists\s+)?[\"'`]?(\w+)",
    re.IGNORECASE,
)
_FILLS = re.compile(r"\s*insert\s+into\s+[\"'`]?(\w+)", re.IGNORECASE)
_WORKS = re.compile(
    r"\s*(?:create|drop\s+(?:table|view|index|trigger)|insert|replace\s+into|update|delete\s+from|alter\s+table|begin|commit|"
    r"end|rollback|analyze|vacuum\s*$|reindex|pragma\s+\w+)\b",
    re.IGNORECASE,
)
_OUTPUTS = re.compile(r"(?:\./)?(?:build|out|outputs?|dist|target|tmp|\.cache|/tmp)/[\w./-]+")
_TELLING = each("-cmd --cmd -c -s --command")
_VALUED = each("-separator -newline -nullvalue -colsep -rowsep -lookaside -maxsize -mmap -pagecache -vfs")
_INPUT = 20_000  # bytes of a script that is read in
_DEEP = 3


class _Told:
    """What a script does, statement by statement."""

    def __init__(self, judge: Judging, segment: Segment, own: bool, new: bool) -> None:
        self.judge, self.segment = judge, segment
        self.own, self.new = own, new  # nothing that is worth keeping can be lost; there is no such file yet
        self.reach = judge.reach(segment)
        self.found: list[Finding] = []
        self.made: set[str] = set()
        self.doubt = ""

    def script(self, text: str, depth: int = 0) -> None:
        plain: list[str] = []
        for line in text.splitlines():
            if line.startswith(".") and not "".join(plain).strip().rstrip(";").strip():
                self.command(line, depth)
            elif line.startswith(".") and "".join(plain).rstrip().endswith(";"):
                self.statements("\n".join(plain))
                plain = []
                self.command(line, depth)
            else:
                plain.append(line)
        self.statements("\n".join(plain))

    def command(self, line: str, depth: int) -> None:
        match = _SHOWS.fullmatch(line.strip())
        if match is None or not _PLAIN.fullmatch(match["rest"].replace("/", "")):
            self.doubt = self.doubt or f"{line.split()[0]} does more than look"
            return
        name, rest = match[1], match["rest"].strip().strip("'\"")
        if name == "import":
            given = _IMPORT.fullmatch(match["rest"])
            if given is None or not (self.own or (self.new and given["table"].lower() in self.made)):
                self.doubt = self.doubt or "it changes data"
            if given is not None:
                self.found += self.reach.each("read", [given["file"].strip("'\"")])
        elif name in ("output", "once", "save", "backup") and rest and rest != "stdout":
            self.found += self.reach.each("write", [rest.split()[-1]])
        elif name == "read":
            self.read(rest, depth)

    def read(self, file: str, depth: int) -> None:
        """A script of the workspace."""
        folder = next(iter(self.segment.folders), "")
        inside = self.reach.places(file) <= {"inside"} and len(self.segment.folders) == 1
        text = self.judge.places.text(file, folder, _INPUT) if inside and file not in self.judge.made else None
        if text is None or depth > _DEEP:
            self.doubt = self.doubt or f"what {file} says is not known"
        else:
            self.script(text, depth + 1)

    def statements(self, text: str) -> None:
        for statement in _apart(text):
            self.statement(statement)

    def statement(self, text: str) -> None:
        if self.segment.program == "duckdb" and (into := statements.copied(text)) is not None and "://" not in into[1]:
            self.found += self.reach.each("write", [into[1]])
            text = into[0]
        named = statements.files(text)
        reads = statements.only_looks(text) and not (self.segment.program == "sqlite3" and _QUOTED_NAME.search(text))
        if named is None or any("://" in one for one in named) or statements.reaches(text):
            self.doubt = self.doubt or "it changes data"
            return
        self.found += self.reach.each("read", named)
        if reads:
            return
        makes, fills = _MAKES.match(text), _FILLS.match(text)
        self.made |= {makes[1].lower()} if makes else set()
        adds = makes or (fills and fills[1].lower() in self.made) or text.strip().lower() in ("begin", "commit")
        if not ((self.new and adds) or (self.own and _WORKS.match(text))):
            self.doubt = self.doubt or "it changes data"


def _apart(text: str) -> list[str]:
    """The statements of a script."""
    said, found, begun = statements.bare(text), list[str](), 0
    for at, letter in enumerate(said):
        if letter == ";":
            found.append(text[begun:at])
            begun = at + 1
    return [one for one in (*found, text[begun:]) if statements.bare(one).strip()]


def judge(judge: Judging, segment: Segment) -> list[Finding]:
    words = segment.arguments
    if words and all(word in ("--version", "-version", "--help", "-help") for word in words):
        return []
    if {"-init", "--init", "-A", "-unsigned"} & set(words):
        return [snippets.inline(judge, segment)]
    texts, named = _words(words)
    files = [word for word in named[:1] if ":memory:" not in word]
    texts += named[1:]
    own = all(_OUTPUTS.fullmatch(shown(name)) and ".." not in name for name in files)
    told = _Told(judge, segment, own, new=not any(map(judge.reach(segment).exists, files)))
    told.found += told.reach.each("read", files)
    for text in map(shown, texts):
        told.script(text)
    if segment.fed is not None and not (uncertain(segment.fed) or marked(segment.fed)):
        told.script(segment.fed)
    elif segment.stdin or not texts:
        reason = f"What {segment.program} would do comes from its input."
        return [*told.found, judge.ask(segment, "inline_code", reason, "Give the statement as a word.")]
    if told.doubt or any(map(uncertain, texts)):
        reason = f"{segment.program} would change data, or do more than look at it."
        told.found.append(judge.ask(segment, "changes_data", reason, "Look with SELECT first, and keep a copy."))
    return told.found


def _words(words: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """What options tell it to do, and the words that stand alone: the file first, then what it is told."""
    told, alone = list[str](), list[str]()
    for before, word in pairwise(("", *words)):
        if before in _TELLING:
            told.append(word)
        elif before not in _VALUED and not word.startswith("-"):
            alone.append(word)
    return told, alone

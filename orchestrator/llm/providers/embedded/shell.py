"""A message that is a shell line typed as it is (`git status`, `df -h`): for a tool that takes a command."""

import re
import shlex
from collections.abc import Sequence
from typing import Final

from orchestrator.llm.providers.embedded.index import Entry, Index
from orchestrator.llm.providers.embedded.language import STOP_WORDS, fold
from orchestrator.llm.providers.embedded.lexicon import HOMONYMS, PROGRAMS

_OPERATOR: Final = re.compile(r"(?<!\S)(?:\||\|\||&&|\d?>>?|<)(?!\S)|;\s*\w+ |\$\(|\S\|\S")
_OPTION: Final = re.compile(r"(?<!\S)--?[A-Za-z][\w=./-]*")
_MOST: Final = 3  # plain words after the program, where nothing else says that it is a command

# What a person would type for an act that no tool does.
_ACTS: Final = {
    "delete": ("rm", 1),
    "move": ("mv", 2),
    "rename": ("mv", 2),
    "copy": ("cp", 2),
    "make folder": ("mkdir", 1),
}


def line(text: str, index: Index) -> tuple[Entry, str] | None:
    """The tool for a text that is a command, and the command; None where another tool knows the line as its own."""
    command = text.strip()
    marked = command.startswith("$ ")
    command = command.removeprefix("$ ").strip()
    taker = runner(index)
    if taker is None or not _is_line(command, marked):
        return None
    program = command.split()[0]
    options = set(_OPTION.findall(command))
    for entry in index.entries if not _OPERATOR.search(command) else ():
        known = [example.text.split() for example in entry.spec.examples if example.text.split()[:1] == [program]]
        if entry is not taker and known and options <= {word for example in known for word in example}:
            return None
    return taker, command


def runner(index: Index) -> Entry | None:
    """The tool that takes a command."""
    for entry in index.entries:
        if [parameter.name for parameter in entry.required if "command" in parameter.names] and len(
            entry.required
        ) == 1:
            return entry
    return None


def _is_line(command: str, marked: bool) -> bool:
    if not command or "\n" in command or len(command) > 2000:
        return False
    if marked:
        return True
    unquoted = re.sub(r"\"[^\"]*\"|'[^']*'", "", command)
    program, *rest = unquoted.split() or [""]
    path = bool(re.fullmatch(r"\.{0,2}/[\w./-]+", program)) and program not in ("/", "./", "../")
    if not (program in PROGRAMS | HOMONYMS or path) or unquoted.endswith(("?", "!", " .", ":")):
        return False
    strong = bool(_OPERATOR.search(unquoted) or _OPTION.search(unquoted))
    plain = [fold(word) for word in rest if word.isalpha()]
    if any(word in STOP_WORDS for word in plain) or (program in HOMONYMS and not strong):
        return False
    if not strong and any(word.endswith(("ed", "ing")) for word in plain):
        return False  # `mysql stopped working`
    return strong or (len(plain) <= _MOST and unquoted.isascii())


def suggested(act: str, paths: Sequence[str]) -> str:
    """The command by which a person could ask for an act that no tool does; nothing where it cannot be told."""
    program, count = _ACTS.get(act, ("", 0))
    if not program or len(paths) < count:
        return ""
    return " ".join([program, *(shlex.quote(path) for path in (paths if count == 1 else paths[:2]))])

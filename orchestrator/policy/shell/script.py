"""What is read from a line of shell: every program it may start, with its words and its folder."""

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Literal, TypeAlias

from msgspec import Struct

from orchestrator.policy.shell.words import ANY, SET, STAR, ansi, marked, uncertain

Stdin: TypeAlias = Literal["", "pipe", "text", "file"]
Folders: TypeAlias = frozenset[str]
Bound: TypeAlias = Mapping[str, tuple[str, ...]]  # variables, and all that each may hold


class Segment(Struct, frozen=True):
    """One program that would start. Its words are spellings: see `words`."""

    program: str  # "" where variables are set and nothing is started
    arguments: tuple[str, ...]
    text: str
    folders: Folders = frozenset({""})  # where it may run, seen from the workspace
    assignments: tuple[tuple[str, str], ...] = ()
    stdin: Stdin = ""
    feeders: "tuple[Segment, ...]" = ()  # those whose output it reads
    indirect: bool = False  # its name came from a variable, a brace or an expansion
    fed: str | None = None  # the text on its standard input, where it is written in the command
    bound: tuple[tuple[str, tuple[str, ...]], ...] = ()  # of trap: the variables that keep what they hold


class Redirect(Struct, frozen=True):
    operator: str
    target: str
    folders: Folders
    text: str
    content: str | None = None  # what is written there, where it is written in the command


class Doubt(Struct, frozen=True):
    """Something that could not be read for certain."""

    code: str
    text: str


class Script(Struct, frozen=True):
    segments: tuple[Segment, ...] = ()
    redirects: tuple[Redirect, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    loops: tuple[str, ...] = ()  # functions that call themselves


def said(segment: Segment) -> str | None:
    """What echo or printf would say, where it is written in the command."""
    words = list(segment.arguments)
    if segment.indirect or any(marked(word) for word in words):
        return None
    if segment.program == "echo":
        ended = "\n"
        while words and words[0] in ("-n", "-E"):
            ended = "" if words.pop(0) == "-n" else ended
        return None if words and re.fullmatch(r"-[neE]+", words[0]) else " ".join(words) + ended
    if segment.program == "printf" and words and not words[0].startswith("-"):
        if "%" not in words[0]:
            return ansi(words[0])
        if (shape := re.fullmatch(r"%s(|\\n| )", words[0])) and len(words) > 1:
            return "".join(word + ansi(shape[1]) for word in words[1:])
    return None


_LISTERS = frozenset({"find", "ls", "fd"})
_FILTERS = frozenset({"sort", "head", "tail", "uniq", "grep", "egrep", "fgrep"})
_LISTING_OPTION = re.compile(r"-[a-zA-Z]*l[a-zA-Z]*|--files(-with-matches)?")


_MARKS = str.maketrans({"*": STAR, "?": ANY, "[": SET})


def names_listed(first: Segment) -> list[str]:
    """The names, as patterns, that a listing was told to find; one star where it was told none, or may find others."""
    words = first.arguments if first.program == "find" else ()
    told = [after for option, after in pairwise(words) if option in ("-name", "-iname")]
    others = any(word in ("!", "-not") and after not in ("-path", "-wholename") for word, after in pairwise(words))
    either = sum(word in ("-o", "-or", ",") for word in words)
    others = others or (
        either > 0 and (either != len(told) - 1 or "(" not in words or {"!", "-not"} & set(words) != set())
    )
    return [name.translate(_MARKS) for name in told if not uncertain(name)] if told and not others else [STAR]


def lists_names(segments: tuple[Segment, ...]) -> bool:
    """Whether the output is names of files that were found, and nothing else."""
    if not segments:
        return False
    first, *rest = segments
    if first.program == "git":
        grepping = first.arguments[:1] == ("grep",) and any(map(_LISTING_OPTION.fullmatch, first.arguments))
        listing = first.arguments[:1] == ("ls-files",) or grepping
    elif first.program in ("grep", "rg"):
        listing = any(_LISTING_OPTION.fullmatch(word) for word in first.arguments)
    else:
        writes = any(word.startswith(("-printf", "-exec", "-fprint")) for word in first.arguments)
        listing = first.program in _LISTERS and not writes
    return listing and all(segment.program in _FILTERS for segment in rest)

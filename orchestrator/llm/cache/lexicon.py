"""The words of each language that a question may lose or exchange, read from data when they are first needed."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from re import Pattern

import msgspec
from msgspec import Struct

APOSTROPHES = str.maketrans({"’": "'", "ʼ": "'", "‘": "'", "ʹ": "'", "′": "'"})
TWO_FACED = frozenset(
    re.findall(
        r"\w+",
        "mercury cancer ford jobs gates bush cook baker reading bath cork mobile phoenix buffalo jordan crane "
        "king young brown green white black day love stone wood field fox wolf hunt page price rich catholic "
        "democrat republican liberal polish turkey china apple march may amazon python java rust go swift "
        "shell target windows word excel teams us it who aids orange mars pole office access oracle spring "
        "chrome ruby julia slack zoom signal visa gap august will mark bill rose grace hope faith nice tours "
        "sens angers bordeaux champagne cognac lens vienne pauline pierre marguerite violette olive prudence "
        "constance ",
    )
)  # another thing when written with a capital


class Words(Struct, frozen=True):
    marks: frozenset[str]  # that tell the language
    empty: frozenset[str]
    opening: frozenset[str]
    closing: frozenset[str]
    asking: frozenset[str]  # that make a question by standing first
    aspects: frozenset[str]
    what: str
    same: Mapping[str, str]
    turns: tuple[tuple[Pattern[str], str], ...]
    passing: Pattern[str]


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    marks: str
    empty: str
    opening: str
    closing: str
    asking: str
    aspects: str
    what: str
    same: str
    turns: list[tuple[str, str]]
    passing: str


@cache
def languages() -> dict[str, Words]:
    return {name: _read(Path(__file__).with_name(f"{name}.toml")) for name in ("en", "fr")}


def _read(path: Path) -> Words:
    file = msgspec.convert(tomllib.loads(path.read_text("utf-8")), _File)
    groups = [line.split() for line in file.same.strip().splitlines()]
    return Words(
        marks=frozenset(file.marks.split()),
        empty=frozenset(file.empty.split()),
        opening=frozenset(file.opening.split()),
        closing=frozenset(file.closing.split()),
        asking=frozenset(file.asking.split()),
        aspects=frozenset(file.aspects.split()),
        what=file.what,
        same={word: group[0] for group in groups for word in group[1:]},
        turns=tuple((_pattern(pattern), form) for pattern, form in file.turns),
        passing=re.compile(f" {file.passing.strip()} "),
    )


def _pattern(pattern: str) -> Pattern[str]:
    start = "^ " if pattern.startswith("^") else "(?<= )"
    end = "" if pattern.endswith("$") else "(?= )"
    return re.compile(f"{start}(?:{pattern.removeprefix('^')}){end}")

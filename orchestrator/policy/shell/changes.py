"""What ${x%.txt}, ${x/a/b}, ${x:0:3} and their like make of a value."""

import re
from fnmatch import fnmatchcase

from orchestrator.policy.shell.words import AWAY, FOUND, HERE, LONGEST, SPLIT, STAR, TILDE, UNKNOWN, UNSET, marked

_NUMERIC = re.compile(r"-?[0-9]+")
_SWAP = re.compile(r"(//?|/#|/%)((?:[^/\\]|\\.)+)(?:/([^/$`]*))?")
_CUT = re.compile(r"(##?|%%?)([^$`\\\"']+)")
SLICE = re.compile(r":\s*(-?\d+)(?::(\d+))?")


def are_numbers(values: tuple[str, ...]) -> bool:
    """What a file of the workspace says is taken for a number where one is needed."""
    return all(_NUMERIC.fullmatch(value.replace(FOUND, "0").replace(UNSET, "0")) for value in values)


def of_change(value: str, change: str) -> str:
    made = _made(value, change) if len(value) <= LONGEST else UNKNOWN
    return made if len(made) <= LONGEST else UNKNOWN


def _made(value: str, change: str) -> str:
    """${x/.wav/.mp3}, ${x%.txt}: what a star stands for may change too, and is a name of a file all the same."""
    if UNKNOWN in value or {HERE, TILDE, SPLIT} & set(value):
        return UNKNOWN
    if value == UNSET or FOUND in value:
        return value if value == UNSET else FOUND
    if change in (",,", "^^", ",", "^"):
        return value.lower() if change == ",," else value.upper() if change == "^^" else value
    if (swap := _SWAP.fullmatch(change)) and ".." not in change:
        return _swapped(value, swap[1], swap[2], swap[3] or "")
    if cut := _CUT.fullmatch(change):
        return _without(value, cut[1], cut[2])
    if (part := SLICE.fullmatch(change)) and not marked(value):
        start = int(part[1])
        return value[start : start + int(part[2])] if part[2] and start >= 0 else value[start:] or UNSET
    return UNKNOWN


def _swapped(value: str, how: str, old: str, new: str) -> str:
    if re.fullmatch(r"[\w. -]+", old) and how in ("/", "//"):
        return value.replace(old, new) or UNSET
    if value.startswith(AWAY) or re.search(r"[/.]", new):
        return UNKNOWN
    return STAR  # a name beneath the folder, whichever


def _without(value: str, how: str, pattern: str) -> str:
    """${x%.txt} is x without .txt behind it; ${x##*/} is its last part."""
    if pattern in ("*/", "/*") and how in ("##", "%"):
        return value.rpartition("/")[2] or UNSET if how == "##" else value.rpartition("/")[0] or value
    folder, slash, name = value.rpartition("/")
    if pattern == ".*" and how in ("%", "%%"):
        name = name.rpartition(".")[0] if how == "%" and "." in name else name.partition(".")[0]
        return f"{folder}{slash}{name}" or UNSET
    if not set("*?[") & set(pattern):
        return (value.removesuffix(pattern) if how[0] == "%" else value.removeprefix(pattern)) or UNSET
    if marked(value) or len(value) > 500:
        return UNKNOWN if value.startswith(AWAY) or not marked(value) else STAR
    cuts = range(len(value) + 1) if how in ("#", "%%") else range(len(value), -1, -1)
    front = how[0] == "#"
    at = next((at for at in cuts if fnmatchcase(value[:at] if front else value[at:], pattern)), None)
    return value if at is None else (value[at:] if front else value[:at]) or UNSET

"""Changing a part of a text file: one text for another, or a unified patch. Nothing is guessed: a text that is there
twice and a patch whose lines are not there exactly are explained, and the file stays as it was."""

import difflib
import os
import re

from msgspec import Struct

from orchestrator.kernel.errors import ToolFailed, ToolRetry
from orchestrator.tools.files.encodings import encoding_of
from orchestrator.tools.files.writing import write
from orchestrator.tools.workspace import Workspace, explained, regular

LIMIT = 4 * 2**20  # bytes of a file that can be edited
_SHOWN = 8  # places that are named
_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


class Edited(Struct, frozen=True):
    path: str
    changes: int
    diff: str

    def __str__(self) -> str:
        return self.diff or f"{self.path} is as it was: the new text is the old one."


class Hunk(Struct, frozen=True):
    start: int  # line of the old file, from 0
    old: tuple[str, ...]
    new: tuple[str, ...]


def text_of(workspace: Workspace, path: str) -> str:
    return _read(workspace, path)[0]


def _read(workspace: Workspace, path: str) -> tuple[str, str]:
    """The text, and the encoding it is kept in."""
    with workspace.opened(path) as handle, explained(path):
        if regular(path, os.fstat(handle)).st_size > LIMIT:
            raise ToolFailed(f"{path!r} is larger than the {LIMIT // 2**20} MB that can be edited.")
        with os.fdopen(os.dup(handle), "rb") as file:
            data = file.read()
    encoding = encoding_of(data)
    try:
        return data.decode(encoding), encoding
    except UnicodeDecodeError:
        said = f"{path!r} is no text in UTF-8 or Windows-1252: editing it would damage it."
        raise ToolFailed(said, why="no_text", path=path) from None


def edit(workspace: Workspace, path: str, changed: tuple[str, int]) -> Edited:
    """Put the changed text in the file's place."""
    (old, encoding), (new, changes) = _read(workspace, path), changed
    if new != old:
        write(workspace, path, new, append=False, encoding=encoding)
    name = workspace.relative(path)
    return Edited(name, changes, diff_of(name, old, new))


def diff_of(name: str, old: str, new: str) -> str:
    lines: list[str] = []
    for line in difflib.unified_diff(
        old.splitlines(keepends=True), new.splitlines(keepends=True), f"a/{name}", f"b/{name}"
    ):
        lines.append(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n")
    return "".join(lines)


def replaced(text: str, find: str, replace: str, *, every: bool) -> tuple[str, int]:
    count = text.count(find)
    if count == 0:
        raise ToolRetry("The text to find is not in the file.", hint=_nearest(text, find), why="text_not_found")
    if count > 1 and not every:
        raise ToolRetry(
            f"The text to find is there {count} times, at lines {_lines_of(text, find)}.",
            hint="Give more of the lines around the one that is meant, or set every to true.",
        )
    return text.replace(find, replace), count


def _lines_of(text: str, find: str) -> str:
    lines: list[str] = []
    place = text.find(find)
    while place >= 0 and len(lines) <= _SHOWN:
        lines.append(str(text.count("\n", 0, place) + 1))
        place = text.find(find, place + max(1, len(find)))
    return ", ".join(lines[:_SHOWN]) + (", …" if len(lines) > _SHOWN else "")


def _nearest(text: str, find: str) -> str:
    lines = text.splitlines()
    first = next((line for line in find.splitlines() if line.strip()), "")
    plain = [line.strip() for line in lines]
    near = difflib.get_close_matches(first.strip(), plain[:5000], 1, 0.6)
    if not near:
        return "Read the file and copy the lines exactly."
    number = plain.index(near[0]) + 1
    return f"Line {number} is near: {lines[number - 1][:200]!r}. Copy it exactly, spaces included."


def patched(text: str, patch: str) -> tuple[str, int]:
    """The text with every hunk applied, where its lines are exactly those of the file, perhaps further up or down."""
    hunks = hunks_of(patch)
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    ended = text.endswith("\n") or not text
    shift = 0
    for number, hunk in enumerate(hunks, 1):
        place = _place(lines, hunk, hunk.start + shift)
        if place is None:
            raise ToolRetry(
                f"Hunk {number} of the patch does not fit: its lines are not in the file.",
                hint="Read the file and make the patch from its lines as they are.",
            )
        lines[place : place + len(hunk.old)] = hunk.new
        shift += len(hunk.new) - len(hunk.old)
    result = "".join(lines)
    keeps_open = not ended or patch.rstrip("\n").endswith("\\ No newline at end of file")
    return (result.removesuffix("\n") if keeps_open else result), len(hunks)


def _place(lines: list[str], hunk: Hunk, expected: int) -> int | None:
    places = [at for at in range(len(lines) - len(hunk.old) + 1) if tuple(lines[at : at + len(hunk.old)]) == hunk.old]
    return min(places, key=lambda at: abs(at - expected), default=None)


def hunks_of(patch: str) -> list[Hunk]:
    """Raises ToolRetry for what is no patch of one file."""
    if sum(line.startswith("+++ ") for line in patch.splitlines()) > 1:
        raise ToolRetry("The patch changes several files.", hint="Make one call for each file.")
    found: list[tuple[int, list[str], list[str]]] = []
    for line in patch.splitlines():
        if match := _HUNK.match(line):
            start = int(match[1]) - (match[2] != "0")
            found.append((max(0, start), [], []))
        elif not found or line.startswith("\\"):
            continue
        elif line.startswith("-"):
            found[-1][1].append(line[1:] + "\n")
        elif line.startswith("+"):
            found[-1][2].append(line[1:] + "\n")
        else:
            same = line.removeprefix(" ") + "\n"
            found[-1][1].append(same)
            found[-1][2].append(same)
    if not found:
        raise ToolRetry("The patch has no hunk.", hint="A hunk begins with a line such as @@ -3,4 +3,5 @@.")
    return [Hunk(start, tuple(old), tuple(new)) for start, old, new in found]


def undone(text: str, patch: str) -> str | None:
    """The text before the patch, if the patch has been applied to it."""
    hunks = [Hunk(hunk.start, hunk.new, hunk.old) for hunk in hunks_of(patch)]
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    for hunk in hunks:
        place = _place(lines, hunk, hunk.start)
        if place is None or not hunk.old:
            return None
        lines[place : place + len(hunk.old)] = hunk.new
    return "".join(lines)

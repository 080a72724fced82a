"""Finding files by name and by the text in them, within bounds of count, size and time."""

import os
import re
import stat
from fnmatch import fnmatchcase
from typing import Annotated

from msgspec import Meta, Struct

from orchestrator.kernel.clock import Clock
from orchestrator.kernel.errors import ToolRetry
from orchestrator.policy.places import is_private
from orchestrator.tools.files.encodings import text_of
from orchestrator.tools.files.listing import TOO_DEEP, too_deep, walked
from orchestrator.tools.openat import open_beneath
from orchestrator.tools.workspace import Workspace, explained

FILES = 500
MATCHES = 200
VISITED = 50_000  # entries
FILE_LIMIT = 4 * 2**20  # bytes of a file that are searched
LINE_LIMIT = 300  # characters of a line that are shown
SECONDS = 15.0


class FoundFile(Struct, frozen=True):
    path: str
    size: int


class FoundLine(Struct, frozen=True):
    path: str
    line: int
    text: str


class Found(Struct, frozen=True):
    pattern: str
    files: Annotated[tuple[FoundFile, ...], Meta(description="with a text: those that contain it")]
    matches: Annotated[tuple[FoundLine, ...], Meta(description="the lines with the text, when one was given")]
    count: Annotated[int, Meta(description="of the lines when a text was given, else of the files")]
    truncated: bool
    note: str = ""

    def __str__(self) -> str:
        rows = [f"{match.path}:{match.line}: {match.text}" for match in self.matches]
        rows = rows or [file.path for file in self.files]
        if self.note:
            rows.append(f"[{self.note}]")
        return "\n".join(rows) or "Nothing was found."


def search(workspace: Workspace, pattern: str, text: str | None, path: str, clock: Clock) -> Found:
    """Files by name, or by a text in them; what usually holds keys is searched only where `path` names it."""
    wanted = _pattern(pattern)
    words = re.compile(re.escape(text), re.IGNORECASE if text.islower() else 0) if text else None
    base = workspace.relative(path)
    files: list[FoundFile] = []
    matches: list[FoundLine] = []
    note, until = "", clock.monotonic() + SECONDS
    withheld, deep, asked = 0, False, is_private(base)
    with workspace.directory(path) as folder, explained(path):
        for visited, entry in enumerate(walked(folder)):
            if visited >= VISITED or clock.monotonic() > until:
                note = "the search was ended early: narrow it with path or pattern"
                break
            if len(files) >= FILES or len(matches) >= MATCHES:
                note = "only the first results"
                break
            deep = deep or too_deep(entry)
            parts = entry.name.split("/")
            if entry.kind != "file" or not _matches(parts[-1:] if len(wanted) == 1 else parts, wanted):
                continue
            shown = entry.name if base == "." else f"{base}/{entry.name}"
            if words is None:
                files.append(FoundFile(shown, entry.size))
            elif is_private(entry.name) and not asked:
                withheld += 1
            elif lines := _lines(folder, entry.name, words, MATCHES - len(matches)):
                files.append(FoundFile(shown, entry.size))
                matches += [FoundLine(shown, number, line) for number, line in lines]
    count = len(matches) if words else len(files)
    truncated = bool(note) or deep
    keys = f"not searched, for they usually hold passwords or keys: {withheld} (read_file asks for them)"
    note = "; ".join(filter(None, [note, TOO_DEEP if deep else "", keys if withheld else ""]))
    return Found(pattern, tuple(files), tuple(matches), count, truncated, note)


def _lines(folder: int, name: str, words: re.Pattern[str], most: int) -> list[tuple[int, str]]:
    try:
        handle = open_beneath(folder, name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:  # it went away, or may not be read: it is not searched
        return []
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            return []
        data = file.read(FILE_LIMIT)
    if b"\0" in data[:8192]:
        return []
    found = []
    for number, line in enumerate(text_of(data).split("\n"), 1):
        if place := words.search(line):
            found.append((number, _excerpt(line.strip("\r"), place.start())))
            if len(found) == most:
                break
    return found


def _excerpt(line: str, place: int) -> str:
    if len(line) <= LINE_LIMIT:
        return line.strip()
    start = max(0, place - LINE_LIMIT // 3)
    return ("…" if start else "") + line[start : start + LINE_LIMIT].strip() + "…"


def _matches(parts: list[str], pattern: list[str]) -> bool:
    """Folder by folder, as in a shell; `**` is any number of folders."""
    if not pattern:
        return not parts
    if pattern[0] == "**":
        return any(_matches(parts[start:], pattern[1:]) for start in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], pattern[0]) and _matches(parts[1:], pattern[1:])


def _pattern(pattern: str) -> list[str]:
    parts = [part for part in pattern.split("/") if part not in ("", ".")]
    if len(pattern) > 300 or parts.count("**") > 3:
        raise ToolRetry("The pattern is too long: at most 300 characters, and ** three times.")
    return parts

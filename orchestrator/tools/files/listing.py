"""Listing a folder, its folders too if asked, up to a limit."""

import datetime
import os
import stat
from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta, Struct

from orchestrator.tools.workspace import Kind, Workspace, explained, kind_of

ENTRIES = 1000
DEPTH = 40  # folders in folders that are entered: each is held open on the way, and handles are few
SKIPPED = frozenset({".git", "node_modules", ".venv", "__pycache__", ".mypy_cache", ".ruff_cache"})


class Entry(Struct, frozen=True):
    name: Annotated[str, Meta(description="from the listed folder")]
    kind: Kind
    size: int
    modified: Annotated[str, Meta(description="ISO 8601, UTC")]


class Listing(Struct, frozen=True):
    path: str
    entries: tuple[Entry, ...]
    count: Annotated[int, Meta(description="of the entries given")]
    truncated: bool
    note: str = ""

    def __str__(self) -> str:
        rows = [f"{entry.name}/" if entry.kind == "directory" else _row(entry) for entry in self.entries]
        if self.note:
            rows.append(f"[{self.note}]")
        return "\n".join(rows) or f"{self.path} is empty."


def _row(entry: Entry) -> str:
    return f"{entry.name}  {entry.size} bytes" if entry.kind == "file" else f"{entry.name}  ({entry.kind})"


def listed(workspace: Workspace, path: str, recursive: bool) -> Listing:
    name = workspace.relative(path)
    entries: list[Entry] = []
    truncated = deep = False
    with workspace.directory(path) as folder, explained(path):
        for entry in walked(folder, recursive):
            if len(entries) == ENTRIES:
                truncated = True
                break
            entries.append(entry)
            deep = deep or too_deep(entry)
    note = f"only the first {ENTRIES} entries" if truncated else TOO_DEEP if deep else ""
    truncated = truncated or (recursive and deep)
    return Listing(name, tuple(entries), len(entries), truncated, note)


TOO_DEEP = f"folders more than {DEPTH} deep were not entered"


def too_deep(entry: Entry) -> bool:
    """Whether `walked` names this folder without entering it, for its depth."""
    return entry.kind == "directory" and entry.name.count("/") >= DEPTH


def walked(folder: int, recursive: bool = True) -> Iterator[Entry]:
    """Every entry beneath an open folder, in order of name; links are not followed.

    Folders of tools (SKIPPED) and folders too deep are named but not entered.
    """
    for above, folders, files, handle in os.fwalk(".", dir_fd=folder, onerror=None):
        prefix = above.removeprefix(".").lstrip("/")
        for name in sorted([*folders, *files]):
            if entry := _entry(handle, f"{prefix}/{name}".lstrip("/"), name):
                yield entry
        entered = recursive and prefix.count("/") + bool(prefix) < DEPTH
        folders[:] = sorted(set(folders) - SKIPPED) if entered else []


def _entry(folder: int, shown: str, name: str) -> Entry | None:
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except OSError:  # it went away meanwhile
        return None
    modified = datetime.datetime.fromtimestamp(found.st_mtime, datetime.UTC).isoformat(timespec="seconds")
    size = found.st_size if stat.S_ISREG(found.st_mode) else 0
    readable = shown.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return Entry(readable, kind_of(found.st_mode), size, modified)

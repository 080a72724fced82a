"""Writing a file whole or not at all: beside it, to the disk, then in its place."""

import contextlib
import os
import secrets
import stat
from collections.abc import Iterator
from typing import Any

from msgspec import Struct, to_builtins

from orchestrator.kernel.errors import ToolRetry
from orchestrator.tools.files.encodings import WINDOWS, encoding_of
from orchestrator.tools.workspace import Workspace, explained, regular

_PIECE = 2**20


class Written(Struct, frozen=True):
    path: str
    size: int
    lines: int
    created: bool

    def __str__(self) -> str:
        done = "Created" if self.created else "Wrote"
        size, lines = f"{self.size} byte{'s' * (self.size != 1)}", f"{self.lines} line{'s' * (self.lines != 1)}"
        return f"{done} {self.path}: {size}, {lines}."

    def data(self) -> Any:
        return to_builtins(self)


def write(workspace: Workspace, path: str, content: str, append: bool, encoding: str = "") -> Written:
    """The file as it is now; what is added is in its encoding. On any error the old file is as it was."""
    new = _encoded(content, encoding or (_found(workspace, path) if append else ""))
    with workspace.parent(path) as (folder, name), explained(path):
        old = _existing(folder, name, path)
        mode = stat.S_IMODE(os.fstat(old).st_mode) if old is not None else 0o644
        try:
            with placed(folder, name, f".{name[:80]}.{secrets.token_hex(6)}.part", mode) as handle:
                lines = _copy(old, handle) if append and old is not None else _Lines()
                if append and lines.size and lines.last != b"\n":
                    lines.write(handle, b"\n")
                lines.write(handle, new)
        finally:
            if old is not None:
                os.close(old)
    return Written(workspace.relative(path), lines.size, lines.count, old is None)


@contextlib.contextmanager
def placed(folder: int, name: str, beside: str, mode: int) -> Iterator[int]:
    """An open file beside its place, and in it once it is whole. On any error what was there is as it was."""
    try:
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=folder)
        try:
            yield handle
            os.fchmod(handle, mode)
            os.fsync(handle)
        finally:
            os.close(handle)
        os.rename(beside, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(beside, dir_fd=folder)
        raise
    os.fsync(folder)


def ends_with(workspace: Workspace, path: str, content: str, whole: bool) -> Written | None:
    """What is at the path, if it is this content (or, when not `whole`, ends with it)."""
    if workspace.stat(path) is None:
        return None
    new = _encoded(content, "" if whole else _found(workspace, path))
    with workspace.opened(path) as handle, explained(path):
        size = regular(path, os.fstat(handle)).st_size
        if size < len(new) or (whole and size != len(new)) or os.pread(handle, len(new), size - len(new)) != new:
            return None
        lines = _copy(handle, None)
    return Written(workspace.relative(path), lines.size, lines.count, False)


def _found(workspace: Workspace, path: str) -> str:
    """The encoding of what is there, by its beginning."""
    found = workspace.stat(path)
    if found is None or not stat.S_ISREG(found.st_mode):
        return ""
    with workspace.opened(path) as handle, explained(path):
        return encoding_of(os.pread(handle, _PIECE, 0))


def _encoded(content: str, encoding: str) -> bytes:
    if encoding != WINDOWS:
        return content.encode("utf-8", "replace")
    try:
        return content.encode(WINDOWS)
    except UnicodeEncodeError as error:
        raise ToolRetry(
            f"The file is kept in Windows-1252, which has no {content[error.start]!r}.",
            hint="Write other letters, or the whole file anew: it is UTF-8 then.",
        ) from error


class _Lines:
    """Bytes on their way to a file, and what is counted as they pass."""

    def __init__(self) -> None:
        self.size = 0
        self.last = b""
        self._breaks = 0

    @property
    def count(self) -> int:
        return self._breaks + (self.size > 0 and self.last != b"\n")

    def write(self, handle: int | None, data: bytes) -> None:
        if handle is not None:
            write_all(handle, data)
        if data:
            self.size += len(data)
            self.last = data[-1:]
            self._breaks += data.count(b"\n")


def write_all(handle: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]


def _copy(source: int, target: int | None) -> _Lines:
    lines, place = _Lines(), 0
    while piece := os.pread(source, _PIECE, place):
        lines.write(target, piece)
        place += len(piece)
    return lines


def _existing(folder: int, name: str, path: str) -> int | None:
    try:
        handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except FileNotFoundError:
        return None
    try:
        regular(path, os.fstat(handle))
    except BaseException:
        os.close(handle)
        raise
    return handle

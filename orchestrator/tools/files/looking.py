"""What a file is without reading it out, and waiting for it to change."""

import hashlib
import os
from typing import Annotated, Literal

from msgspec import Meta, Struct

from orchestrator.kernel.clock import Clock
from orchestrator.tools.files.encodings import WINDOWS, encoding_of
from orchestrator.tools.files.reading import media_type
from orchestrator.tools.workspace import Kind, Workspace, explained, kind_of

HASHED = 2 * 2**30  # bytes that are read for a digest
EVERY = 0.25  # seconds between two looks


class FileInfo(Struct, frozen=True):
    path: str
    kind: Kind
    size: int
    modified: Annotated[float, Meta(description="seconds since the Unix epoch")]
    mode: Annotated[str, Meta(description="permissions, octal")]
    media_type: str = ""
    encoding: Annotated[str, Meta(description="of a text: ascii, utf-8, utf-16, windows-1252 or unknown; binary")] = ""
    sha256: str = ""

    def __str__(self) -> str:
        lines = [f"{self.path}: {self.kind}, {self.size} bytes, mode {self.mode}"]
        lines += [f"{self.media_type}, {self.encoding}"] if self.encoding else []
        lines += [f"sha256 {self.sha256}"] if self.sha256 else []
        return "\n".join(lines)


class Watched(Struct, frozen=True):
    path: str
    changed: bool
    what: Literal["created", "changed", "removed", "nothing"]
    seconds: float

    def __str__(self) -> str:
        if not self.changed:
            return f"{self.path} did not change in {self.seconds:g} s."
        return f"{self.path} was {self.what} after {self.seconds:g} s."


def info(workspace: Workspace, path: str) -> FileInfo:
    name = workspace.relative(path)
    with workspace.opened(path, os.O_PATH) as place:
        found = os.fstat(place)
    kind = kind_of(found.st_mode)
    mode = f"{found.st_mode & 0o7777:04o}"
    if kind != "file":
        return FileInfo(name, kind, found.st_size, found.st_mtime, mode)
    digest = hashlib.sha256()
    with workspace.opened(path) as handle, explained(path):
        head = os.pread(handle, 65536, 0)
        place = 0
        while found.st_size <= HASHED and (piece := os.pread(handle, 2**20, place)):
            digest.update(piece)
            place += len(piece)
    encoding = _encoding(head)
    kind_name = media_type(name, head)
    if encoding != "binary" and kind_name == "unknown type":
        kind_name = "text/plain"
    sha256 = digest.hexdigest() if found.st_size <= HASHED else ""
    return FileInfo(name, kind, found.st_size, found.st_mtime, mode, kind_name, encoding, sha256)


def _encoding(head: bytes) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if b"\0" in head:
        return "binary"
    if head.isascii():
        return "ascii"
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start >= len(head) - 3:  # a letter cut at the end
            return "utf-8"
        return "windows-1252" if encoding_of(head) == WINDOWS else "unknown"
    return "utf-8"


async def watch(workspace: Workspace, path: str, seconds: float, clock: Clock) -> Watched:
    name, began = workspace.relative(path), clock.monotonic()
    before = _seen(workspace, path)
    while True:
        passed = round(clock.monotonic() - began, 2)
        now = _seen(workspace, path)
        if now != before:
            what: Literal["created", "changed", "removed"] = "changed"
            if before is None or now is None:
                what = "created" if before is None else "removed"
            return Watched(name, True, what, passed)
        if passed >= seconds:
            return Watched(name, False, "nothing", passed)
        await clock.sleep(min(EVERY, seconds - passed))


def _seen(workspace: Workspace, path: str) -> tuple[int, int, int] | None:
    found = workspace.stat(path)
    return None if found is None else (found.st_ino, found.st_size, found.st_mtime_ns)

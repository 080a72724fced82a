"""Reading a text file: some of its lines, in bounded memory, whatever the file turns out to be."""

import mimetypes
import os
from typing import Annotated

from msgspec import Meta, Struct

from orchestrator.tools.workspace import Workspace, explained, regular

CONTENT_LIMIT = 4 * 2**20  # bytes of text that are kept
SCAN_LIMIT = 512 * 2**20  # bytes that are looked at, to count lines
_PIECE = 64 * 1024  # bytes of one very long line that are taken at a time


class FileRead(Struct, frozen=True):
    path: str
    content: str
    lines: Annotated[int, Meta(description="of the whole file; 0 when it is binary")]
    size: Annotated[int, Meta(description="bytes of the whole file")]
    truncated: Annotated[bool, Meta(description="the content is not all that was asked for")]
    note: Annotated[str, Meta(description="what a reader should know: binary, invalid text, cut short")] = ""

    def __str__(self) -> str:
        return f"{self.content}\n[{self.note}]" if self.note else self.content


def read(workspace: Workspace, path: str, start_line: int, max_lines: int | None) -> FileRead:
    """The chosen lines. Raises ToolRetry for what is not a file, or a start beyond its end."""
    name = workspace.relative(path)
    with workspace.opened(path) as handle, explained(path), os.fdopen(os.dup(handle), "rb") as file:
        size = regular(path, os.fstat(handle)).st_size
        head = file.peek(8192)[:8192]
        if head.startswith((b"\xff\xfe", b"\xfe\xff")):
            return _utf16(name, file.read(CONTENT_LIMIT), size, start_line, max_lines)
        if b"\0" in head:
            note = f"binary, {size} bytes, {_media_type(name, head)}: not shown"
            return FileRead(name, "", 0, size, False, note)
        kept, lines, scanned, cut, ending = bytearray(), 0, 0, False, b""
        last = start_line + max_lines - 1 if max_lines else None
        while scanned < SCAN_LIMIT and (piece := file.readline(_PIECE)):
            number = lines + 1
            scanned += len(piece)
            ending = piece[-1:]
            lines += ending == b"\n"
            if number < start_line or (last and number > last):
                continue
            room = CONTENT_LIMIT - len(kept)
            cut = cut or len(piece) > room
            kept += piece[:room]
        lines += ending not in (b"", b"\n")  # a last line without a line break is a line
    content, note = _decoded(bytes(kept).removeprefix(b"\xef\xbb\xbf"))
    notes = [note] if note else []
    if start_line > max(lines, 1):
        notes.append(f"the file has {lines} lines: nothing from line {start_line}")
    if cut:
        notes.append(f"cut after {CONTENT_LIMIT} bytes; start_line and max_lines read the rest")
    if scanned < size:
        notes.append(f"lines were counted in the first {scanned} bytes only")
    return FileRead(name, content, lines, size, cut, "; ".join(notes))


def _decoded(data: bytes) -> tuple[str, str]:
    try:
        return data.decode("utf-8"), ""
    except UnicodeDecodeError:
        text = data.decode("utf-8", "replace")
        return text, f"not valid UTF-8: {text.count('�')} unreadable places are shown as �"


def _utf16(name: str, data: bytes, size: int, start_line: int, max_lines: int | None) -> FileRead:
    lines = data.decode("utf-16", "replace").splitlines(keepends=True)
    chosen = lines[start_line - 1 :][:max_lines]
    return FileRead(name, "".join(chosen), len(lines), size, len(data) < size, "decoded from UTF-16")


def _media_type(name: str, head: bytes) -> str:
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    return mimetypes.guess_type(name)[0] or "unknown type"


_MAGIC = (
    (b"\x89PNG", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"%PDF", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x1f\x8b", "application/gzip"),
    (b"\x7fELF", "application/x-executable"),
    (b"SQLite format 3", "application/vnd.sqlite3"),
)

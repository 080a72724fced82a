"""Reading a text file: some of its lines, in bounded memory, whatever the file turns out to be."""

import mimetypes
import os
from typing import Annotated

from msgspec import Meta, Struct

from orchestrator.tools.files.encodings import WINDOWS, encoding_of
from orchestrator.tools.workspace import Workspace, explained, regular

CONTENT_LIMIT = 4 * 2**20  # bytes of text that are kept
SCAN_LIMIT = 512 * 2**20  # bytes that are looked at, to count lines
_READERS = (
    ("sqlite", "describe_data and query_data read it"),
    ("spreadsheet", "describe_data and query_data read it"),
    ("parquet", "describe_data and query_data read it"),
    ("image/", "describe_image looks at it"),
    ("zip", "unpack_archive unpacks it"),
    ("ms-excel", "saved as .xlsx it can be read"),
    ("msword", "saved as .docx or PDF it can be read"),
    ("ms-powerpoint", "saved as .pptx or PDF it can be read"),
)
_PIECE = 64 * 1024  # bytes that are taken at a time, however many lines they are


class FileRead(Struct, frozen=True):
    path: str
    content: str
    lines: Annotated[int, Meta(description="of the whole file; 0 when it is binary")]
    size: Annotated[int, Meta(description="bytes of the whole file")]
    truncated: Annotated[bool, Meta(description="the content is not all that was asked for")]
    note: Annotated[str, Meta(description="what a reader should know: binary, invalid text, cut short")] = ""
    kind: Annotated[str, Meta(description="the media type of what is not shown")] = ""
    pages: Annotated[int, Meta(description="of a document, or its slides; 0 where it has none")] = 0

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
        kind = media_type(name, head)
        if b"\0" in head or kind == "application/pdf":
            reader = next((tool for sign, tool in _READERS if sign in kind), "")
            note = f"binary, {size} bytes, {kind}: not shown{reader and f'; {reader}'}"
            return FileRead(name, "", 0, size, False, note, kind)
        kept, lines, scanned, cut, ending = bytearray(), 0, 0, False, b""
        while scanned < SCAN_LIMIT and (piece := file.read(_PIECE)):
            scanned += len(piece)
            ending = piece[-1:]
            passed = start_line - 1 - lines  # lines of this piece before the chosen ones
            chosen = _lines(piece, passed, passed + max_lines if max_lines else None)
            lines += piece.count(b"\n")
            room = CONTENT_LIMIT - len(kept)
            cut = cut or len(chosen) > room
            kept += chosen[:room]
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


def _lines(piece: bytes, begin: int, end: int | None) -> bytes:
    """What is behind this many line breaks, up to that many."""
    breaks = piece.count(b"\n")
    if begin > breaks or (end is not None and end <= 0):
        return b""
    if end is not None and end <= breaks:
        piece = piece[: len(piece) - len(piece.split(b"\n", end)[-1])]
    return piece.split(b"\n", begin)[-1] if begin > 0 else piece


def _decoded(data: bytes) -> tuple[str, str]:
    try:
        return data.decode("utf-8"), ""
    except UnicodeDecodeError:
        if (encoding := encoding_of(data)) == WINDOWS:
            return data.decode(encoding), "read as Windows-1252"
        text = data.decode("utf-8", "replace")
        return text, f"not valid UTF-8: {text.count('�')} unreadable places are shown as �"


def _utf16(name: str, data: bytes, size: int, start_line: int, max_lines: int | None) -> FileRead:
    lines = data.decode("utf-16", "replace").splitlines(keepends=True)
    chosen = lines[start_line - 1 :][:max_lines]
    return FileRead(name, "".join(chosen), len(lines), size, len(data) < size, "decoded from UTF-16")


def media_type(name: str, head: bytes) -> str:
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return (kind in _PACKED and mimetypes.guess_type(name)[0]) or kind  # office files are archives too
    return mimetypes.guess_type(name)[0] or "unknown type"


_ZIP, _OLD_OFFICE = "application/zip", "application/x-ole-storage"
_PACKED = (_ZIP, _OLD_OFFICE)
_MAGIC = (
    (b"\x89PNG", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"%PDF", "application/pdf"),
    (b"PK\x03\x04", _ZIP),
    (b"\x1f\x8b", "application/gzip"),
    (b"\x7fELF", "application/x-executable"),
    (b"\xd0\xcf\x11\xe0", _OLD_OFFICE),
    (b"SQLite format 3", "application/vnd.sqlite3"),
)

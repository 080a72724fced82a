"""The text of documents that are no text files, each read by a confined process of its own: see extracting.py."""

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from orchestrator.kernel.errors import ToolFailed
from orchestrator.kernel.packages import command
from orchestrator.kernel.settings import Tools
from orchestrator.tools.base import Context
from orchestrator.tools.files.reading import FileRead
from orchestrator.tools.sandbox.base import Limits, Opening, Sandbox
from orchestrator.tools.workspace import Workspace

KINDS = frozenset(
    {
        "application/pdf",
        "application/vnd.oasis.opendocument.spreadsheet",
        "application/vnd.oasis.opendocument.text",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    }
)
_ROOM = Path(__file__).parent.parent
_START = f"import sys; sys.path.insert(0, {str(_ROOM)!r}); from files.extracting import main; main()"


class Documents:
    def __init__(self, sandbox: Sandbox, settings: Tools) -> None:
        self._sandbox = sandbox
        self._limits = Limits(memory=settings.memory_mb * 2**20, processes=settings.processes)

    async def read(self, context: Context, file: FileRead, start_line: int, max_lines: int | None) -> FileRead:
        """The same file with its text. Raises ToolFailed, in words, where it cannot be had."""
        said = await self._asked(context.workspace.resolve(), Workspace(context.workspace).relative(file.path))
        lines = said["text"].splitlines(keepends=True)
        content = "".join(lines[start_line - 1 :][:max_lines])
        return FileRead(file.path, content, len(lines), file.size, said["cut"], _note(said), pages=_pages(said))

    async def text(self, data: bytes, name: str) -> tuple[str, str]:
        """What is read in a document that is no file here, and a note on it. Raises as `read` does."""
        with tempfile.TemporaryDirectory(prefix="document-") as made:
            folder = await asyncio.to_thread(Path(made).resolve)
            await asyncio.to_thread((folder / name).write_bytes, data)
            said = await self._asked(folder, name)
        return said["text"], _note(said)

    async def _asked(self, folder: Path, path: str) -> dict[str, Any]:
        said = await self._told(folder, path)
        if problem := said.get("wrong"):
            raise ToolFailed(f"{path!r} cannot be read: {problem}.", why="document_unreadable", path=path)
        if said.get("missing"):
            said_so, needed = "Reading PDF files needs pypdf, which is not installed.", command("pypdf")
            raise ToolFailed(said_so, hint=needed, why="pypdf_missing", command=needed)
        return said

    async def _told(self, folder: Path, path: str) -> dict[str, Any]:
        opening = Opening((sys.executable, "-I", "-c", _START), readable=_interpreter())
        session = await self._sandbox.open(opening, folder, self._limits)
        try:
            await session.send(msgspec.json.encode(str(folder / path)) + b"\n")
            async for line in session.lines():
                answer: dict[str, Any] = msgspec.json.decode(line)
                return answer
            said = session.complaints[-300:] or "its process was ended"
            raise ToolFailed(f"{path!r} could not be read: {said}.", why="document_unreadable", path=path)
        finally:
            await session.end()


def _note(said: dict[str, Any]) -> str:
    notes = [] if said["text"] else ["there is no text in it: its pages may be pictures"]
    notes += [f"cut after {len(said['text'])} characters"] if said["cut"] else []
    return "; ".join(notes)


def _pages(said: dict[str, Any]) -> int:
    pages: int = said["parts"] if said["what"] else 0
    return pages


def _interpreter() -> tuple[Path, ...]:
    return (Path(sys.prefix), Path(sys.base_prefix), _ROOM, Path(sys.executable).resolve().parent)

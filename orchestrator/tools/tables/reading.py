"""Questions about files of tables, each answered by a confined process of its own: see engine.py."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from orchestrator.kernel.errors import ToolFailed, ToolRetry
from orchestrator.kernel.packages import command
from orchestrator.kernel.settings import Tools
from orchestrator.tools.base import Context
from orchestrator.tools.sandbox.base import Limits, Opening, Sandbox
from orchestrator.tools.workspace import Workspace, regular

SECONDS = 60.0
_FILES = 20
_ROOM = Path(__file__).parent.parent
_START = f"import sys; sys.path.append({str(_ROOM)!r}); from tables.engine import main; main()"  # and nothing above it


class Reader:
    def __init__(self, sandbox: Sandbox, settings: Tools) -> None:
        self._sandbox = sandbox
        self._settings = settings

    async def ask(self, context: Context, paths: Sequence[str], what: str, **more: Any) -> dict[str, Any]:
        """What the process answers. Raises ToolRetry for what cannot be meant, ToolFailed when it cannot be known."""
        if len(paths) > _FILES:
            raise ToolRetry(f"{_FILES} files at most can be asked at once.")
        files = [_whole(context.workspace, path) for path in paths]
        memory = self._settings.memory_mb
        asked = {"what": what, "files": files, "memory_mb": max(64, memory // 2), **more}
        opening = Opening((sys.executable, "-I", "-c", _START), readable=_interpreter())
        limits = Limits(memory=memory * 2**20, processes=self._settings.processes, file=self._settings.file_mb * 2**20)
        session = await self._sandbox.open(opening, context.workspace, limits)
        try:
            await session.send(msgspec.json.encode(asked) + b"\n")
            async for line in session.lines():
                return _answer(msgspec.json.decode(line))
            raise ToolFailed(f"The files could not be read: {session.complaints[-300:] or 'its process was ended'}.")
        finally:
            await session.end()


def _interpreter() -> tuple[Path, ...]:
    return (Path(sys.prefix), Path(sys.base_prefix), _ROOM, Path(sys.executable).resolve().parent)


def _whole(folder: Path, path: str) -> str:
    workspace = Workspace(folder)
    if (found := workspace.stat(path)) is None:
        hint = "list_directory or search_files show what there is."
        raise ToolRetry(f"{path!r} does not exist.", hint=hint, why="no_such_path", path=path)
    regular(path, found)
    return str(folder.resolve() / workspace.relative(path))


def _answer(said: dict[str, Any]) -> dict[str, Any]:
    if said.get("missing"):
        lacking, needed = "Tables need DuckDB, which is not installed.", command("duckdb")
        raise ToolFailed(lacking, hint=needed, why="duckdb_missing", command=needed)
    if problem := said.get("wrong"):
        raise ToolRetry(problem)
    return said

"""The process of one plugin: `python -m orchestrator.tools.plugins.child SOURCE WORKSPACE`.

SOURCE is a file, or `module:attribute` of an installed package. What the plugin prints goes to the error
stream; the line to the server is a copy of the first output, which the plugin does not know of.
"""

import asyncio
import importlib
import importlib.util
import os
import sys
import threading
import traceback
from collections.abc import Iterable
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any, BinaryIO

from orchestrator.kernel.clock import SystemClock
from orchestrator.kernel.errors import OrchestratorError, ToolFailed, ToolRetry
from orchestrator.tools.base import Context, Reconcilable, Result, Tool
from orchestrator.tools.plugins import protocol as p


class NoArtifacts:
    def put(self, data: bytes) -> str:
        raise ToolFailed("A plugin keeps bytes by returning a Result with `overflow`.")


class Beside(MetaPathFinder):
    """Finds the files beside a plugin that it may import: those whose names begin with _, and no others."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find_spec(self, fullname: str, path: object, target: object = None) -> ModuleSpec | None:
        file = self._folder / f"{fullname}.py"
        if path is None and fullname.startswith("_") and file.is_file():
            return importlib.util.spec_from_file_location(fullname, file)
        return None


def tools_of(source: str) -> list[Tool]:
    """Every tool that the source offers. Raises whatever is wrong with it."""
    if source.endswith(".py"):
        sys.meta_path.append(Beside(Path(source).parent))  # last: what Python has keeps its name
        spec = importlib.util.spec_from_file_location(Path(source).stem, source)
        if spec is None or spec.loader is None:
            raise ImportError(f"{source} is no Python file")
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        offered: Any = getattr(module, "tools", None) or [value for value in vars(module).values() if _is_tool(value)]
    else:
        name, _, attribute = source.partition(":")
        offered = getattr(importlib.import_module(name), attribute)
    found = list(offered() if callable(offered) else offered)
    if strange := [value for value in found if not _is_tool(value)]:
        raise TypeError(f"{strange[0]!r} is no tool; use @tool on a function")
    if not found:
        raise LookupError("it has no tool; use @tool on a function")
    return found


def _is_tool(value: object) -> bool:
    return all(hasattr(value, name) for name in ("spec", "check", "call")) and not isinstance(value, type)


class Child:
    def __init__(self, source: str, tools: Iterable[Tool], out: BinaryIO, workspace: Path) -> None:
        self._source = source
        self._tools = {tool.spec.name: tool for tool in tools}
        self._out = out
        self._workspace = workspace
        self._saying = threading.Lock()
        self._work: dict[int, asyncio.Task[None]] = {}

    def say(self, message: p.FromPlugin) -> None:
        with self._saying:
            self._out.write(p.line(message))
            self._out.flush()

    async def serve(self, lines: asyncio.StreamReader) -> None:
        while line := await lines.readline():
            message = p.read_ask(line)
            if isinstance(message, p.Cancel):
                if (task := self._work.get(message.id)) is not None:
                    task.cancel()
                continue
            task = asyncio.create_task(self._answer(message))
            self._work[message.id] = task
            task.add_done_callback(lambda _, number=message.id: self._work.pop(number, None))  # type: ignore[misc]
        for task in self._work.values():
            task.cancel()

    async def _answer(self, ask: p.Ask) -> None:
        try:
            self.say(await self._done(ask))
        except asyncio.CancelledError:
            self.say(p.Failed(ask.id, "failed", "Cancelled."))
            raise
        except ToolRetry as error:
            self.say(p.Failed(ask.id, "retry", error.detail, error.hint))
        except OrchestratorError as error:
            self.say(p.Failed(ask.id, "failed", error.detail, error.hint))
        except BaseException as error:  # noqa: BLE001 — whatever it is, it is the tool's, and it is told
            traceback.print_exc()
            self.say(p.Failed(ask.id, "broke", _said(self._source, error)))

    async def _done(self, ask: p.Ask) -> p.FromPlugin:
        tool = self._tools[ask.tool]
        context = Context(
            run_id=ask.run_id,
            key=ask.key,
            workspace=self._workspace,
            clock=SystemClock(),
            artifacts=NoArtifacts(),
            progress=lambda text: self.say(p.Progress(ask.id, text)),
        )
        tool.check(ask.arguments)
        result: Result | None
        if not ask.reconcile:
            result = await tool.call(ask.arguments, context)
        else:
            assert isinstance(tool, Reconcilable)
            result = await tool.reconcile(ask.arguments, context)
        if result is None:
            return p.Absent(ask.id)
        return p.Returned(ask.id, result.content, result.data, result.overflow, result.overflow_name)


async def _main(source: str, workspace: Path, out: BinaryIO) -> None:
    try:
        tools = tools_of(source)
    except BaseException as error:  # noqa: BLE001 — a broken plugin is told, not raised
        traceback.print_exc()
        out.write(p.line(p.Broken(_said(source, error))))
        out.flush()
        return
    child = Child(source, tools, out, workspace)
    child.say(p.Ready(tuple(p.Offer(tool.spec, isinstance(tool, Reconcilable)) for tool in tools)))
    lines = asyncio.StreamReader(limit=16 * 2**20)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    await child.serve(lines)


def _said(source: str, error: BaseException) -> str:
    """What is wrong, and in which line of the source, or of a file beside it."""
    folder = Path(source).parent
    rows = [(row.filename, row.lineno) for row in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, SyntaxError):
        rows = [(error.filename or "", error.lineno)]
    file, line = next(((Path(name), line) for name, line in reversed(rows) if Path(name).parent == folder), ("", None))
    where = f" in line {line}" if line else ""
    where += f" of {file.name}" if isinstance(file, Path) and file != Path(source) else ""
    return f"{type(error).__name__}{where}: {error}"


def main() -> None:
    source, workspace = sys.argv[1], Path(sys.argv[2])
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever the plugin prints is no answer
    try:
        asyncio.new_event_loop().run_until_complete(_main(source, workspace, out))
    finally:
        os._exit(0)  # threads of the plugin's own do not hold it


if __name__ == "__main__":
    main()

"""One plugin as the server sees it: its tools, and the confined process that does their work.

The process starts when it is needed and ends when it has been idle for a while, so that a plugin
nobody uses costs nothing. When it dies in the middle of a call, that call broke down: whether its
effect happened is for the journal to settle, as with any crash.
"""

import asyncio
import logging
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

import orchestrator
from orchestrator.kernel.clock import Clock
from orchestrator.kernel.errors import ToolError, ToolFailed, ToolRetry
from orchestrator.kernel.messages import Arguments, ToolSpec
from orchestrator.tools.base import Context, Result, Tool
from orchestrator.tools.judging import Judge
from orchestrator.tools.place import Place
from orchestrator.tools.plugins import protocol as p
from orchestrator.tools.sandbox.base import Limits, Opening, Sandbox, Session

IDLE = 60.0  # seconds after which a process without work is ended
STARTING = 20.0  # seconds a plugin may take to be ready
_LINES = 6  # of what a process wrote to its error stream, told when it ends
_GRACE = 1.0  # seconds a cancelled call may take to stop
_LIMITS = Limits(memory=1024 * 2**20, processes=64)

log = logging.getLogger("orchestrator.tools")


class PluginBroken(ToolFailed):
    """The plugin cannot be loaded; the detail says why, for whoever wrote it."""


class Fault(RuntimeError):
    """A fault of the tool's own."""


class Ground(Struct, frozen=True):
    """Where plugins run."""

    sandbox: Sandbox
    workspace: Path
    clock: Clock
    network: bool = False


class Plugin:
    """`source` is a file, or `module:attribute` of an installed package."""

    def __init__(self, source: str, ground: Ground) -> None:
        self.source = source
        self._ground = ground
        self._session: Session | None = None
        self._reader: asyncio.Task[None] | None = None
        self._sleeper: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._ready: asyncio.Future[p.Ready] | None = None
        self._waiting: dict[int, asyncio.Future[p.FromPlugin]] = {}
        self._contexts: dict[int, Context] = {}
        self._count = 0
        self._retired = False

    @property
    def name(self) -> str:
        return Path(self.source).name if self.source.endswith(".py") else self.source

    async def load(self) -> list[Tool]:
        """Its tools. Raises PluginBroken."""
        ready = await self._awake()
        return [(ReconcilablePluginTool if o.reconcilable else PluginTool)(o.spec, self) for o in ready.tools]

    async def ask(self, tool: str, arguments: Arguments, context: Context, *, reconcile: bool = False) -> Result | None:
        """What the tool says. Raises as a tool does, and ConnectionError when its process died at work."""
        await self._awake()
        assert self._session is not None
        session = self._session
        self._count += 1
        number = self._count
        answer: asyncio.Future[p.FromPlugin] = asyncio.get_running_loop().create_future()
        self._waiting[number], self._contexts[number] = answer, context
        try:
            await session.send(p.line(p.Ask(number, tool, arguments, context.run_id, context.key, reconcile)))
            try:
                said = await asyncio.shield(answer)
            except asyncio.CancelledError:
                await self._stop(number, answer, session)
                raise
        finally:
            del self._waiting[number], self._contexts[number]
            if not self._waiting:
                await self._rest()
        return _result(said)

    async def _stop(self, number: int, answer: "asyncio.Future[p.FromPlugin]", session: Session) -> None:
        """Ask the call to stop; a tool that does not listen goes down with its process."""
        try:
            await session.send(p.line(p.Cancel(number)))
            await asyncio.wait([answer], timeout=_GRACE)
        except ToolFailed:
            return  # it has ended
        if not answer.done():
            await self._end()

    async def retire(self) -> None:
        """End once nothing is under way; it starts no more."""
        self._retired = True
        if not self._waiting:
            await self._end()

    # The process.

    async def _awake(self) -> p.Ready:
        async with self._starting:
            if self._sleeper is not None:
                self._sleeper.cancel()
                self._sleeper = None
            if self._session is not None and self._reader is not None and self._reader.done():
                await self._end()
            if self._session is None:
                await self._start()
            assert self._ready is not None
            try:
                async with asyncio.timeout(STARTING):
                    return await asyncio.shield(self._ready)
            except TimeoutError:
                await self._end()
                raise PluginBroken(f"{self.name} was not ready within {STARTING:g} seconds.") from None

    async def _start(self) -> None:
        ground = self._ground
        argv = (sys.executable, "-m", "orchestrator.tools.plugins.child", self.source, str(ground.workspace))
        opening = Opening(argv, readable=_interpreter(self.source), network=ground.network, environment=_ENVIRONMENT)
        self._ready = asyncio.get_running_loop().create_future()
        self._session = await ground.sandbox.open(opening, ground.workspace, _LIMITS)
        self._reader = asyncio.create_task(self._read(self._session, self._ready), name=f"plugin {self.source}")

    async def _read(self, session: Session, ready: "asyncio.Future[p.Ready]") -> None:
        why = ""
        try:
            async for line in session.lines():
                self._hear(p.read_answer(line), ready)
        except (msgspec.MsgspecError, ToolFailed) as error:
            why = f"its process said what cannot be read: {error}"
        finally:
            last = "\n".join(session.complaints.splitlines()[-_LINES:])[-500:]
            said = f"{self.name}: {why or f'its process ended. {last}'.strip()}"
            if not ready.done():
                ready.set_exception(PluginBroken(said))
                ready.exception()
            for answer in self._waiting.values():
                if not answer.done():
                    answer.set_exception(ConnectionError(said))

    def _hear(self, message: p.FromPlugin, ready: "asyncio.Future[p.Ready]") -> None:
        match message:
            case p.Ready():
                if not ready.done():
                    ready.set_result(message)
            case p.Broken():
                if not ready.done():
                    ready.set_exception(PluginBroken(message.detail))
                    ready.exception()
            case p.Progress():
                if (context := self._contexts.get(message.id)) is not None:
                    context.progress(message.text)
            case _:
                answer = self._waiting.get(message.id)
                if answer is not None and not answer.done():
                    answer.set_result(message)

    async def _rest(self) -> None:
        if self._retired:
            await self._end()
        elif self._sleeper is None:
            self._sleeper = asyncio.create_task(self._fall_asleep())

    async def _fall_asleep(self) -> None:
        await self._ground.clock.sleep(IDLE)
        self._sleeper = None
        async with self._starting:
            if not self._waiting:
                await self._end()

    async def _end(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.end()
        if self._reader is not None:
            await asyncio.wait([self._reader])
            self._reader = None

    async def close(self) -> None:
        if self._sleeper is not None:
            self._sleeper.cancel()
        await self._end()


class PluginTool:
    place: Place = "sandbox"

    def __init__(self, spec: ToolSpec, plugin: Plugin) -> None:
        self.spec = spec
        self._plugin = plugin
        self.check = Judge(spec).check  # the tool itself checks again in its own process

    async def call(self, arguments: Arguments, context: Context) -> Result:
        result = await self._plugin.ask(self.spec.name, arguments, context)
        assert result is not None
        return result


class ReconcilablePluginTool(PluginTool):
    async def reconcile(self, arguments: Arguments, context: Context) -> Result | None:
        try:
            return await self._plugin.ask(self.spec.name, arguments, context, reconcile=True)
        except ConnectionError as error:
            raise ToolFailed(str(error)) from error


def _result(said: p.FromPlugin) -> Result | None:
    match said:
        case p.Returned():
            return Result(said.content, said.data, said.overflow, said.overflow_name)
        case p.Failed():
            kinds: dict[str, type[ToolError]] = {"retry": ToolRetry, "failed": ToolFailed}
            if said.kind in kinds:
                raise kinds[said.kind](said.detail, hint=said.hint)
            raise Fault(said.detail)
        case _:
            return None


_ENVIRONMENT: Mapping[str, str] = {"PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"}


def _interpreter(source: str) -> tuple[Path, ...]:
    """What the Python of the plugin must be able to read: itself, its packages, ours, and the plugin."""
    home = Path(orchestrator.__file__).parent
    places = [Path(sys.prefix), Path(sys.base_prefix), Path(sys.executable).resolve().parent, home]
    if source.endswith(".py"):
        places.append(Path(source).parent)  # where the files are that it imports, and nothing else
    return tuple(dict.fromkeys(places))


def described(error: BaseException) -> str:
    """For the list of tools: what is wrong with a plugin, in one line."""
    detail: Any = getattr(error, "detail", None) or str(error) or type(error).__name__
    return " ".join(str(detail).split())[:500]

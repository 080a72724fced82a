"""Running one process to its end: output drained within bounds, every descendant ended with it.

`run_process` is for a command, which is given no input; `Talk` for a program that stays.
"""

import asyncio
import os
import re
import signal
import subprocess
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO, Any, NamedTuple, TypeAlias, TypeVar

from msgspec import Struct

from orchestrator.kernel.errors import ToolFailed
from orchestrator.tools.sandbox.base import Limits, Outcome
from orchestrator.tools.sandbox.cgroup import Cgroup
from orchestrator.tools.sandbox.watching import Drain, Watch

T = TypeVar("T")

_GRACE = 1.0  # seconds between asking to end and ending
_ENDING = 5.0  # seconds within which the killed must be gone
_TOLD = 4096  # bytes that are read of what is said of a namespace
_LINE = 16 * 2**20  # bytes of one line of a program that is talked to


class Launch(Struct, frozen=True):
    """A process about to be started."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    group: Cgroup
    anchored: bool  # when the process dies, the kernel ends all that it started
    handles: tuple[int, ...] = ()
    told: tuple[IO[bytes], IO[bytes]] | None = None  # a pipe on which it says which is the first of its namespace

    def start(self, stdin: int) -> "subprocess.Popen[bytes]":
        """In a session of its own. Raises ToolFailed.

        Not asyncio's: the server's loop would copy the whole server for each start, its memory and all.
        """
        handles = (*self.handles, self.told[1].fileno()) if self.told else self.handles
        try:
            return subprocess.Popen(
                self.argv,
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=self.env,
                cwd="/",
                pass_fds=handles,
                start_new_session=True,
                bufsize=0,
            )
        except OSError as error:
            raise ToolFailed(f"{self.argv[0]} cannot be started: {error.strerror}.") from error
        finally:
            if self.told:
                self.told[1].close()


Make: TypeAlias = Callable[[ExitStack], Launch]  # what the launch holds goes onto the stack


def pipe(belongings: ExitStack) -> tuple[IO[bytes], IO[bytes]]:
    reading, writing = os.pipe()
    return belongings.enter_context(os.fdopen(reading, "rb", 0)), belongings.enter_context(os.fdopen(writing, "wb", 0))


class _Running:
    """Made without waiting: whoever is cancelled after the start has something to end."""

    def __init__(self, launch: Launch, limits: Limits, *, talks: bool) -> None:
        self.process = process = launch.start(subprocess.PIPE if talks else subprocess.DEVNULL)
        try:
            self._exit = Watch(os.pidfd_open(process.pid))
        except OSError as error:
            process.kill()
            process.wait()
            raise ToolFailed(f"{launch.argv[0]} cannot be watched: {error.strerror}.") from error
        self._limits = limits
        self._group = launch.group
        self._anchored = launch.anchored
        self._flooded: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        pipes = [process.stderr] if talks else [process.stderr, process.stdout]
        self.drains = [Drain(pipe, limits.kept, limits.output, self._flood) for pipe in pipes if pipe]
        self._first: Watch | None = None
        self._told: Drain | None = None
        if launch.told is not None:
            self._told = Drain(launch.told[0], _TOLD, _TOLD, lambda: None)
            self._told.over.add_done_callback(self._hear_of_first)

    def _flood(self) -> None:
        if not self._flooded.done():
            self._flooded.set_result(None)

    def _hear_of_first(self, told: object) -> None:
        """Of the first process of the namespace, which may outlive the command by some milliseconds."""
        assert self._told is not None
        if found := re.search(rb'"child-pid":\s*(\d+)', self._told.capture.value()):
            self._first = Watch.of(int(found[1]))

    async def until_over(self) -> str:
        await _first_of(self._limits.seconds, self._exit.over, self._flooded)
        if self._exit.over.done():
            return "by itself"
        return "output" if self._flooded.done() else "time"

    async def end(self) -> None:
        """Ask, then force; come back when nothing is left."""
        loop, process, exited = asyncio.get_running_loop(), self.process, self._exit.over
        if self._told is not None:
            await _first_of(_ENDING, self._told.over)
        left = [] if exited.done() else children(process.pid)
        watches = [watch for watch in (self._first, *map(Watch.of, left)) if watch is not None]
        try:
            if not exited.done():
                below = descendants(process.pid)
                for pid in (*below, *self._group.pids() - {process.pid, *below}):
                    _signal(pid, signal.SIGTERM)
                await _first_of(_GRACE, exited)
            deadline = loop.time() + _ENDING
            while not exited.done() and loop.time() < deadline:
                if self._anchored:
                    _signal(process.pid, signal.SIGKILL)
                for pid in descendants(process.pid):
                    _signal(pid, signal.SIGKILL)
                await _first_of(0.05, exited)
            if not exited.done():
                process.kill()
                await exited
            process.wait()
            self._group.kill()
            over = [*(watch.over for watch in watches), *(drain.over for drain in self.drains)]
            await asyncio.wait(over, timeout=_ENDING)
            while self._group.pids() and loop.time() < deadline:
                self._group.kill()
                await asyncio.sleep(0.005)
        finally:
            if self._told is not None:
                self._told.over.remove_done_callback(self._hear_of_first)
                self._told.close()
            for watch in (*watches, self._exit):
                watch.close()
            for drain in self.drains:
                drain.close()


async def run_process(make: Make, limits: Limits) -> Outcome:
    """Whatever happens, it and its descendants end."""
    launch, belongings = await _made(make)
    try:
        return await _run(launch, limits)
    finally:
        await _to_the_end(asyncio.to_thread(belongings.close))


async def _made(make: Make) -> tuple[Launch, ExitStack]:
    """In a thread: who makes a control group may have to wait for others who do."""
    belongings = ExitStack()
    try:
        return await _to_the_end(asyncio.to_thread(make, belongings)), belongings
    except BaseException:
        belongings.close()
        raise


async def _run(launch: Launch, limits: Limits) -> Outcome:
    loop = asyncio.get_running_loop()
    started = loop.time()
    running = _Running(launch, limits, talks=False)
    ended = "time"
    try:
        ended = await running.until_over()
    finally:
        await _to_the_end(running.end())
    code = running.process.returncode
    stderr, stdout = (drain.capture for drain in running.drains)
    return Outcome(
        exit_code=code if code >= 0 else 128 - code,
        stdout=stdout.value(),
        stderr=stderr.value(),
        seconds=loop.time() - started,
        ended="by itself" if ended == "by itself" else "output" if ended == "output" else "time",
        left_out=stdout.left_out + stderr.left_out,
    )


class Talk:
    """A program that stays: lines in, lines out."""

    def __init__(self, running: _Running, belongings: ExitStack, streams: "_Streams") -> None:
        self._running = running
        self._belongings = belongings
        self._streams = streams
        self._ending: asyncio.Task[None] | None = None

    @classmethod
    async def start(cls, make: Make, limits: Limits) -> "Talk":
        launch, belongings = await _made(make)
        try:
            running = _Running(launch, limits, talks=True)
            try:
                return cls(running, belongings, await _connected(running.process))
            except BaseException:
                await _to_the_end(running.end())
                raise
        except BaseException:
            belongings.close()
            raise

    async def send(self, line: bytes) -> None:
        try:
            self._streams.stdin.write(line)
            await self._streams.stdin.drain()
        except (OSError, RuntimeError) as error:
            raise ToolFailed(f"The program has ended. {self.complaints}".strip()) from error

    async def lines(self) -> AsyncIterator[bytes]:
        while True:
            try:
                line = await self._streams.stdout.readline()
            except ValueError as error:
                raise ToolFailed(f"The program wrote a line longer than {_LINE // 2**20} MB.") from error
            if not line:
                return
            yield line

    @property
    def complaints(self) -> str:
        return self._running.drains[0].capture.value().decode("utf-8", "replace").strip()[-2000:]

    async def end(self) -> None:
        if self._ending is None:
            self._ending = asyncio.ensure_future(self._end())
        await asyncio.shield(self._ending)

    async def _end(self) -> None:
        self._streams.stdin.close()
        try:
            await self._running.end()
        finally:
            self._streams.reading.close()
            await asyncio.to_thread(self._belongings.close)


class _Streams(NamedTuple):
    stdin: asyncio.StreamWriter
    stdout: asyncio.StreamReader
    reading: asyncio.ReadTransport


async def _connected(process: "subprocess.Popen[bytes]") -> _Streams:
    loop = asyncio.get_running_loop()
    stdout, nothing = asyncio.StreamReader(limit=_LINE), asyncio.StreamReader()
    reading, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stdout), process.stdout)
    writing, protocol = await loop.connect_write_pipe(lambda: asyncio.StreamReaderProtocol(nothing), process.stdin)
    return _Streams(asyncio.StreamWriter(writing, protocol, None, loop), stdout, reading)


async def _to_the_end(ending: Coroutine[Any, Any, T]) -> T:
    """Waits for it even while being cancelled, then lets the cancellation through."""
    work = asyncio.ensure_future(ending)
    cancelled: asyncio.CancelledError | None = None
    while not work.done():
        try:
            await asyncio.shield(work)
        except asyncio.CancelledError as error:
            if work.cancelled():
                break
            cancelled = error
    if cancelled is not None:
        raise cancelled
    return work.result()


def children(pid: int) -> set[int]:
    found: set[int] = set()
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            with suppress(OSError):
                found |= {int(child) for child in (task / "children").read_text().split()}
    return found


def descendants(pid: int, most: int = 5000) -> list[int]:
    """Parents before their children: who is asked to end must not see a child's end as the end of its own work."""
    found: dict[int, None] = {}
    pending = deque([pid])
    while pending and len(found) < most:
        fresh = children(pending.popleft()) - found.keys()
        found |= dict.fromkeys(fresh)
        pending += fresh
    return list(found)


async def _first_of(seconds: float, *futures: "asyncio.Future[None]") -> None:
    await asyncio.wait(futures, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)

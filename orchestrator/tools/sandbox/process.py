"""Running one process to its end: output drained within bounds, every descendant ended with it.

`run_process` is for a command, which is given no input; `Talk` for a program that stays.
"""

import asyncio
import os
import re
import select
import signal
from collections import deque
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from msgspec import Struct

from orchestrator.kernel.errors import ToolFailed
from orchestrator.tools.sandbox.base import Limits, Outcome
from orchestrator.tools.sandbox.cgroup import Cgroup

_GRACE = 1.0  # seconds between asking to end and ending
_ENDING = 5.0  # seconds within which the killed must be gone
_PIECE = 64 * 1024
_TAIL = 64 * 1024  # bytes kept of the end of a long output
_LINE = 16 * 2**20  # bytes of one line of a program that is talked to


class Capture:
    """The beginning and the end of a stream, and how much was between."""

    def __init__(self, kept: int) -> None:
        self._head, self._tail = bytearray(), bytearray()
        self._room = max(0, kept - _TAIL)
        self.total = 0

    def add(self, piece: bytes) -> None:
        self.total += len(piece)
        space = self._room - len(self._head)
        if space > 0:
            self._head += piece[:space]
            piece = piece[space:]
        self._tail += piece
        if len(self._tail) > 2 * _TAIL:
            del self._tail[:-_TAIL]

    @property
    def left_out(self) -> int:
        return max(0, self.total - len(self._head) - _TAIL)

    def value(self) -> bytes:
        tail = bytes(self._tail[-_TAIL:])
        if not self.left_out:
            return bytes(self._head) + tail
        return bytes(self._head) + f"\n[… {self.left_out} bytes left out …]\n".encode() + tail


class Launch(Struct, frozen=True):
    """A process about to be started."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    group: Cgroup
    anchored: bool  # when the process dies, the kernel ends all that it started
    handles: tuple[int, ...] = ()
    told: tuple[int, int] | None = None  # a pipe on which it says which process is the first of its namespace

    async def start(self, stdin: int) -> asyncio.subprocess.Process:
        """In a session of its own. Raises ToolFailed."""
        try:
            return await asyncio.create_subprocess_exec(
                *self.argv,
                stdin=stdin,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=dict(self.env),
                cwd="/",
                pass_fds=(*self.handles, self.told[1]) if self.told else self.handles,
                start_new_session=True,
                limit=_LINE,
            )
        except BaseException as error:
            if self.told:
                os.close(self.told[0])
            if isinstance(error, OSError):
                raise ToolFailed(f"{self.argv[0]} cannot be started: {error.strerror}.") from error
            raise
        finally:
            if self.told:
                os.close(self.told[1])


class _Running:
    def __init__(
        self, process: asyncio.subprocess.Process, limits: Limits, launch: Launch, *, drained: bool = True
    ) -> None:
        self.process = process
        self._limits = limits
        self._group = launch.group
        self._anchored = launch.anchored
        self.stdout, self.stderr = Capture(limits.kept), Capture(limits.kept)
        self._flooded = asyncio.Event()
        told = launch.told
        self._first = None if told is None else asyncio.ensure_future(asyncio.to_thread(_first_inside, told[0]))
        self.drains = [asyncio.ensure_future(self._drain(process.stderr, self.stderr))]
        if drained:
            self.drains.append(asyncio.ensure_future(self._drain(process.stdout, self.stdout)))

    async def _drain(self, stream: asyncio.StreamReader | None, capture: Capture) -> None:
        while stream is not None and (piece := await stream.read(_PIECE)):
            capture.add(piece)
            if capture.total > self._limits.output:
                self._flooded.set()
                await asyncio.sleep(0.01)  # it is being ended: no hurry to read more

    async def until_over(self) -> str:
        exited = asyncio.ensure_future(self.process.wait())
        flooded = asyncio.ensure_future(self._flooded.wait())
        try:
            await asyncio.wait((exited, flooded), timeout=self._limits.seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            exited.cancel()
            flooded.cancel()
        if self.process.returncode is not None:
            return "by itself"
        return "output" if self._flooded.is_set() else "time"

    async def end(self) -> None:
        """Ask, then force; come back when nothing is left."""
        process = self.process
        watched = _watch(process.pid)
        if self._first is not None and (handle := await self._first) is not None:
            watched.append(handle)
        try:
            if process.returncode is None:
                below = descendants(process.pid)
                for pid in (*below, *self._group.pids() - {process.pid, *below}):
                    _signal(pid, signal.SIGTERM)
                with suppress(TimeoutError):
                    await asyncio.wait_for(process.wait(), _GRACE)
            deadline = asyncio.get_running_loop().time() + _ENDING
            while process.returncode is None and asyncio.get_running_loop().time() < deadline:
                if self._anchored:
                    _signal(process.pid, signal.SIGKILL)
                for pid in descendants(process.pid):
                    _signal(pid, signal.SIGKILL)
                with suppress(TimeoutError):
                    await asyncio.wait_for(process.wait(), 0.05)
            self._group.kill()
            if process.returncode is None:
                process.kill()
                await process.wait()
            await _gone(watched)
            while self._group.pids() and asyncio.get_running_loop().time() < deadline:
                self._group.kill()
                await asyncio.sleep(0.005)
        finally:
            for handle in watched:
                os.close(handle)
        done, late = await asyncio.wait(self.drains, timeout=_ENDING)
        for drain in late:
            drain.cancel()
        for drain in done:
            drain.result()


async def run_process(launch: Launch, limits: Limits) -> Outcome:
    """Whatever happens, it and its descendants end."""
    loop = asyncio.get_running_loop()
    started = loop.time()
    process = await launch.start(asyncio.subprocess.DEVNULL)
    running = _Running(process, limits, launch)
    ended = "time"
    try:
        ended = await running.until_over()
    finally:
        await _to_the_end(running.end())
    code = process.returncode if process.returncode is not None else 137
    return Outcome(
        exit_code=code if code >= 0 else 128 - code,
        stdout=running.stdout.value(),
        stderr=running.stderr.value(),
        seconds=loop.time() - started,
        ended="by itself" if ended == "by itself" else "output" if ended == "output" else "time",
        left_out=running.stdout.left_out + running.stderr.left_out,
    )


class Talk:
    """A program that stays: lines in, lines out."""

    def __init__(self, running: _Running) -> None:
        self._running = running
        self._belongings = ExitStack()
        self._ending: asyncio.Task[None] | None = None

    @classmethod
    async def start(cls, launch: Launch, limits: Limits) -> "Talk":
        process = await launch.start(asyncio.subprocess.PIPE)
        return cls(_Running(process, limits, launch, drained=False))

    def keeping(self, belongings: ExitStack) -> "Talk":
        """The same, which lets these go when it has ended."""
        self._belongings = belongings
        return self

    async def send(self, line: bytes) -> None:
        stdin = self._running.process.stdin
        assert stdin is not None
        try:
            stdin.write(line)
            await stdin.drain()
        except (OSError, RuntimeError) as error:
            raise ToolFailed(f"The program has ended. {self.complaints}".strip()) from error

    async def lines(self) -> AsyncIterator[bytes]:
        stdout = self._running.process.stdout
        assert stdout is not None
        while True:
            try:
                line = await stdout.readline()
            except ValueError as error:
                raise ToolFailed(f"The program wrote a line longer than {_LINE // 2**20} MB.") from error
            if not line:
                return
            yield line

    @property
    def complaints(self) -> str:
        return self._running.stderr.value().decode("utf-8", "replace").strip()[-2000:]

    async def end(self) -> None:
        if self._ending is None:
            self._ending = asyncio.ensure_future(self._end())
        await asyncio.shield(self._ending)

    async def _end(self) -> None:
        stdin = self._running.process.stdin
        if stdin is not None:
            stdin.close()
        try:
            await self._running.end()
        finally:
            self._belongings.close()


async def _to_the_end(ending: Coroutine[Any, Any, None]) -> None:
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
    work.result()


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


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def _first_inside(told: int) -> int | None:
    """A handle of the first process of a namespace, from what is said on a pipe; the pipe is closed."""
    with os.fdopen(told, "rb") as pipe:
        found = re.search(rb'"child-pid":\s*(\d+)', pipe.read())
    try:
        return os.pidfd_open(int(found[1])) if found else None
    except OSError:
        return None


def _watch(pid: int) -> list[int]:
    """Handles of the children, which tell when each is gone for good."""
    handles = []
    for child in children(pid):
        with suppress(OSError):
            handles.append(os.pidfd_open(child))
    return handles


async def _gone(handles: Sequence[int]) -> None:
    deadline = asyncio.get_running_loop().time() + _ENDING
    waiting = set(handles)
    while waiting and asyncio.get_running_loop().time() < deadline:
        readable, _, _ = select.select(list(waiting), [], [], 0)
        waiting -= set(readable)
        if waiting:
            await asyncio.sleep(0.002)

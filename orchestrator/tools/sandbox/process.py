"""Running one process to its end: output drained within bounds, every descendant ended with it."""

import asyncio
import os
import re
import select
import signal
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from orchestrator.kernel.errors import ToolFailed
from orchestrator.tools.sandbox.base import Limits, Outcome
from orchestrator.tools.sandbox.cgroup import Cgroup

_GRACE = 1.0  # seconds between asking to end and ending
_ENDING = 5.0  # seconds within which the killed must be gone
_PIECE = 64 * 1024
_TAIL = 64 * 1024  # bytes kept of the end of a long output


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


class _Running:
    def __init__(
        self, process: asyncio.subprocess.Process, limits: Limits, group: Cgroup, anchored: bool, told: int | None
    ) -> None:
        self.process = process
        self._limits = limits
        self._group = group
        self._anchored = anchored  # when the process dies, the kernel ends all that it started
        self.stdout, self.stderr = Capture(limits.kept), Capture(limits.kept)
        self._flooded = asyncio.Event()
        self._first = None if told is None else asyncio.ensure_future(asyncio.to_thread(_first_inside, told))
        self.drains = [
            asyncio.ensure_future(self._drain(process.stdout, self.stdout)),
            asyncio.ensure_future(self._drain(process.stderr, self.stderr)),
        ]

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
                for pid in descendants(process.pid) | self._group.pids() - {process.pid}:
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


async def run_process(
    argv: Sequence[str],
    limits: Limits,
    group: Cgroup,
    *,
    env: Mapping[str, str],
    anchored: bool,
    handles: Sequence[int] = (),
    told: tuple[int, int] | None = None,
    cwd: Path | None = None,
) -> Outcome:
    """Runs it in a session of its own, without input. Whatever happens, it and its descendants end.

    `told` is a pipe on which the process says which process is the first of its namespace.
    """
    loop = asyncio.get_running_loop()
    started = loop.time()
    try:
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=dict(env),
            cwd=cwd,
            pass_fds=(*handles, told[1]) if told else tuple(handles),
            start_new_session=True,
        )
    except BaseException as error:
        if told:
            os.close(told[0])
        if isinstance(error, OSError):
            raise ToolFailed(f"{argv[0]} cannot be started: {error.strerror}.") from error
        raise
    finally:
        if told:
            os.close(told[1])
    running = _Running(process, limits, group, anchored, told[0] if told else None)
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


def descendants(pid: int, most: int = 5000) -> set[int]:
    found: set[int] = set()
    pending = [pid]
    while pending and len(found) < most:
        fresh = children(pending.pop()) - found
        found |= fresh
        pending += fresh
    return found


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

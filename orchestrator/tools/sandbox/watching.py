"""What the loop hears of a process: its output, and its end. No thread, no signal and no polling."""

import asyncio
import os
from collections.abc import Callable
from typing import IO

_PIECE = 64 * 1024
_TAIL = 64 * 1024  # bytes kept of the end of a long output
_PAUSE = 0.01  # seconds between two pieces of what is being ended


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


class Watch:
    """When a process is gone for good."""

    def __init__(self, handle: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._handle = handle
        self.over: asyncio.Future[None] = self._loop.create_future()
        self._loop.add_reader(handle, self.close)

    @classmethod
    def of(cls, pid: int) -> "Watch | None":
        """None for one that is not there any more, or where no handle is left to watch it by."""
        try:
            return cls(os.pidfd_open(pid))
        except OSError:
            return None

    def close(self) -> None:
        if not self.over.done():
            self._loop.remove_reader(self._handle)
            os.close(self._handle)
            self.over.set_result(None)


class Drain:
    """A pipe read to its end; slowly once there was too much, for then its writer is being ended."""

    def __init__(self, pipe: IO[bytes], kept: int, most: int, flooded: Callable[[], object]) -> None:
        self._loop = asyncio.get_running_loop()
        self._pipe = pipe
        self._most = most
        self._flooded = flooded
        self._pause: asyncio.TimerHandle | None = None
        self.capture = Capture(kept)
        self.over: asyncio.Future[None] = self._loop.create_future()
        os.set_blocking(pipe.fileno(), False)
        self._listen()

    def _listen(self) -> None:
        self._loop.add_reader(self._pipe.fileno(), self._hear)

    def _hear(self) -> None:
        try:
            piece = os.read(self._pipe.fileno(), _PIECE)
        except BlockingIOError:
            return
        if not piece:
            self.close()
            return
        self.capture.add(piece)
        if self.capture.total > self._most:
            self._flooded()
            self._loop.remove_reader(self._pipe.fileno())
            self._pause = self._loop.call_later(_PAUSE, self._listen)

    def close(self) -> None:
        if self.over.done():
            return
        if self._pause is not None:
            self._pause.cancel()
        self._loop.remove_reader(self._pipe.fileno())
        self._pipe.close()
        self.over.set_result(None)

"""The lane seam. Three qualities, each with a name and a price (benchmarks/lanes.py measures them):

    fast      `Lane`: at most once, to whoever listens now; microseconds, nothing kept
    reliable  `Sink`: kept when `send` returns, in order for each key; the journal is what it is told of
    workflow  the journal itself: numbered, fenced, exactly one end; what a run is made of

Nothing that must be true travels by the fast lane alone: it is a doorbell, and whoever rings finds
an open door in the journal. A reader is bounded, is never waited for, and is told what it missed.

Subjects are words joined by dots. A pattern may hold `*` (any one word) and end in `>` (any rest),
but its first word is plain: that is what a lane may be addressed by.
"""

import asyncio
import re
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Protocol, TypeAlias

from msgspec import Struct

from orchestrator.kernel.errors import InvalidInput

ROOM = 1024  # messages a slow reader may leave unread
UNKNOWN = 0  # how many were missed while there was no connection

_SUBJECT = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*", re.ASCII)

Handler: TypeAlias = Callable[[bytes], Awaitable[bytes]]
Stop: TypeAlias = Callable[[], Awaitable[None]]


class Message(Struct, frozen=True):
    subject: str
    payload: bytes


class Missed(Struct, frozen=True):
    """Messages that a reader was too slow for, or that came while there was no connection."""

    count: int = UNKNOWN


class Reader:
    """What was published, in order, from the moment the subscription stood."""

    def __init__(self, stop: Stop, room: int = ROOM) -> None:
        self._stop = stop
        self._room = room
        self._items: deque[Message] = deque()
        self._missed: list[int] | None = None  # [count]: what came when there was no room
        self._ready = asyncio.Event()
        self._closed = False

    def push(self, message: Message) -> None:
        if self._missed is None and len(self._items) < self._room:
            self._items.append(message)
        elif self._missed is None:
            self._missed = [1]
        elif self._missed[0] != UNKNOWN:
            self._missed[0] += 1
        self._ready.set()

    def lost(self) -> None:
        """There was no connection for a while."""
        self._missed = [UNKNOWN]
        self._ready.set()

    async def take(self) -> Message | Missed | None:
        """The next one; None once closed."""
        while not self._items and self._missed is None:
            if self._closed:
                return None
            self._ready.clear()
            await self._ready.wait()
        if self._items:
            return self._items.popleft()
        assert self._missed is not None
        missed, self._missed = Missed(self._missed[0]), None
        return missed

    async def __aiter__(self) -> AsyncIterator[Message | Missed]:
        while (item := await self.take()) is not None:
            yield item

    async def close(self) -> None:
        self._closed = True
        self._ready.set()
        await self._stop()


class Lane(Protocol):
    """Fast. Raises LaneUnavailable when there is no connection now, TooLarge when nothing could carry it."""

    name: str

    async def publish(self, subject: str, payload: bytes) -> None: ...

    async def subscribe(self, pattern: str, room: int = ROOM) -> Reader:
        """It stands when this returns: what is published after that is read, or said to be missed."""

    async def request(self, subject: str, payload: bytes, seconds: float) -> bytes:
        """Somebody's answer. Raises NobodyThere when nobody answers in time."""

    async def answer(self, pattern: str, handler: Handler) -> Stop:
        """Answer requests, several at once. One answer a request: patterns of two who answer do not overlap."""

    async def close(self) -> None: ...


class Record(Struct, frozen=True):
    key: str  # those of one key are kept in order
    id: str  # the same when it is sent again
    payload: bytes


class Sink(Protocol):
    """Reliable: others read it, whenever they like."""

    name: str

    async def send(self, records: Sequence[Record]) -> None:
        """All are kept when it returns. Raises LaneUnavailable: some may be kept then; they are sent again."""

    async def close(self) -> None: ...


def plain(subject: str) -> str:
    """The subject, if it is one. Raises InvalidInput."""
    if not _SUBJECT.fullmatch(subject):
        raise InvalidInput(f"{subject!r} is no subject.", hint="Words joined by dots, as in runs.started.")
    return subject


def pattern_of(text: str) -> Callable[[str], bool]:
    """Whether a subject matches. Raises InvalidInput when the pattern's first word is not plain."""
    words = text.split(".")
    plain(words[0])
    if ">" in words:
        if words.index(">") != len(words) - 1:
            raise InvalidInput(f"{text!r}: nothing may follow a >.")
        head = words[:-1]
        return lambda subject: len(found := subject.split(".")) > len(head) and _alike(head, found)
    return lambda subject: len(found := subject.split(".")) == len(words) and _alike(words, found)


def _alike(words: list[str], found: list[str]) -> bool:
    return all(word in ("*", other) for word, other in zip(words, found, strict=False))

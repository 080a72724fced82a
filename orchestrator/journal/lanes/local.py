"""Within one process: what a lane costs when there is nobody else.

Kept is what the process keeps: a put message outlives its worker, not the process. What must outlive
that is in the journal.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

from orchestrator.journal.lanes.base import ROOM, Delivery, Handler, Message, Reader, Record, Stop, pattern_of, plain
from orchestrator.kernel.clock import Clock
from orchestrator.kernel.errors import LaneUnavailable, NobodyThere

Match = Callable[[str], bool]


class Local:
    name = "local"

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._readers: dict[Reader, Match] = {}
        self._handlers: dict[object, tuple[Match, Handler]] = {}
        self._closed = False

    async def publish(self, subject: str, payload: bytes) -> None:
        self._check(subject)
        message = Message(subject, payload)
        for reader, matches in self._readers.items():
            if matches(subject):
                reader.push(message)

    async def subscribe(self, pattern: str, room: int = ROOM) -> Reader:
        matches = pattern_of(pattern)

        async def stop() -> None:
            self._readers.pop(reader, None)

        reader = Reader(stop, room)
        self._readers[reader] = matches
        return reader

    async def request(self, subject: str, payload: bytes, seconds: float) -> bytes:
        self._check(subject)
        for matches, handler in self._handlers.values():
            if matches(subject):
                try:
                    async with self._clock.timeout(seconds):
                        return await handler(payload)
                except TimeoutError:
                    break
        raise NobodyThere(f"Nobody answers {subject}.")

    async def answer(self, pattern: str, handler: Handler) -> Stop:
        key = object()
        self._handlers[key] = (pattern_of(pattern), handler)

        async def stop() -> None:
            self._handlers.pop(key, None)

        return stop

    def _check(self, subject: str) -> None:
        plain(subject)
        if self._closed:
            raise LaneUnavailable("The lane is closed.")

    async def close(self) -> None:
        self._closed = True
        for reader in list(self._readers):
            await reader.close()


class LocalSink:
    """Keeps what it is told as long as the process lives, or refuses all of it while `full`."""

    name = "local"

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.full = False

    async def send(self, records: Sequence[Record]) -> None:
        if self.full:
            raise LaneUnavailable("There is no room.")
        self.records += records

    async def close(self) -> None: ...


class _Kept:
    __slots__ = ("payload", "tries")

    def __init__(self, payload: bytes) -> None:
        self.payload = payload
        self.tries = 0


class _Group:
    def __init__(self) -> None:
        self.waiting: deque[_Kept] = deque()
        self.ready = asyncio.Condition()


class LocalDelivery:
    def __init__(self, worker: "LocalWorker", kept: _Kept) -> None:
        self.payload = kept.payload
        self.tries = kept.tries
        self._worker = worker
        self._kept = kept

    async def done(self) -> None:
        self._worker.held.discard(self._kept)

    async def again(self) -> None:
        if self._kept in self._worker.held:
            self._worker.held.discard(self._kept)
            await self._worker.give_back(self._kept)


class LocalWorker:
    def __init__(self, group: _Group) -> None:
        self._group = group
        self.held: set[_Kept] = set()

    async def take(self) -> Delivery:
        group = self._group
        async with group.ready:
            await group.ready.wait_for(lambda: group.waiting)
            kept = group.waiting.popleft()
        kept.tries += 1
        self.held.add(kept)
        return LocalDelivery(self, kept)

    async def give_back(self, *kept: _Kept) -> None:
        async with self._group.ready:
            self._group.waiting.extendleft(reversed(kept))
            self._group.ready.notify_all()

    async def close(self) -> None:
        """What it had taken and not done goes to another."""
        held, self.held = list(self.held), set()
        await self.give_back(*held)


class LocalQueue:
    name = "local"

    def __init__(self) -> None:
        self._topics: dict[str, dict[str, _Group]] = {}

    def _groups(self, topic: str) -> dict[str, _Group]:
        return self._topics.setdefault(plain(topic), {"": _Group()})

    async def put(self, topic: str, payload: bytes) -> None:
        for group in self._groups(topic).values():
            async with group.ready:
                group.waiting.append(_Kept(payload))
                group.ready.notify()

    async def open(self, topic: str, group: str = "") -> LocalWorker:
        return LocalWorker(self._groups(topic).setdefault(group, _Group()))

    async def close(self) -> None: ...

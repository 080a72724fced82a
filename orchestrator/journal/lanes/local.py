"""Within one process: what a lane costs when there is nobody else.

What its sink keeps does not outlive the process. What must is in the journal.
"""

from collections.abc import Callable, Sequence

from orchestrator.journal.lanes.base import ROOM, Handler, Message, Reader, Record, Stop, pattern_of, plain
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

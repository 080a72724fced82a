"""What one process writes down by the way: durable within moments, and nobody waits for it.

Every stream of it is this process's own, so that no head is asked for and no other server is in the way. What could
not be written is kept, and until it is, `check` refuses whatever would be written down next.
"""

import asyncio
import logging
from collections.abc import Callable

from orchestrator.journal.base import Journal
from orchestrator.kernel.clock import Clock
from orchestrator.kernel.errors import JournalUnavailable, OrchestratorError
from orchestrator.kernel.events import Body, Event
from orchestrator.kernel.ids import Ids

LONGEST = 10_000  # events of one stream; the next begins another

log = logging.getLogger("orchestrator.journal")


class _Stream:
    __slots__ = ("name", "seq")

    def __init__(self, name: str) -> None:
        self.name = name
        self.seq = 0


class Trail:
    def __init__(self, journal: Journal, clock: Clock, ids: Ids, noun: str) -> None:
        """`noun` is what the events are of: its streams are called `noun:TENANT:…`."""
        self._journal = journal
        self._clock = clock
        self._ids = ids
        self._noun = noun
        self._streams: dict[str, _Stream] = {}
        self._unwritten: list[tuple[Body, str, str]] = []
        self._mending = asyncio.Lock()

    def write(self, body: Body, *, tenant: str, subject: str) -> None:
        """Soon durable; told to those who watch events once it is."""
        written = self._append(body, tenant, subject, lazy=True)
        written.add_done_callback(self._heed(body, tenant, subject))

    async def check(self) -> None:
        """Raises JournalUnavailable, or what else is wrong, while something that happened is not written down."""
        if not self._unwritten:
            return
        async with self._mending:
            while self._unwritten:
                body, tenant, subject = self._unwritten[0]
                try:
                    await asyncio.shield(self._append(body, tenant, subject, lazy=False))
                except OrchestratorError as error:
                    self._streams.pop(tenant, None)
                    raise JournalUnavailable(
                        "Calls are not answered while they cannot be written down.", hint=str(error)
                    ) from error
                self._unwritten.pop(0)

    def _append(self, body: Body, tenant: str, subject: str, *, lazy: bool) -> "asyncio.Future[None]":
        stream = self._streams.get(tenant)
        if stream is None or stream.seq >= LONGEST:
            stream = self._streams[tenant] = _Stream(f"{self._noun}:{tenant}:{self._ids.new('part')}")
        stream.seq += 1
        event = Event(stream.name, stream.seq, self._clock.now(), tenant, subject, body)
        return self._journal.append([event], lazy=lazy)

    def _heed(self, body: Body, tenant: str, subject: str) -> "Callable[[asyncio.Future[None]], None]":
        def heed(written: "asyncio.Future[None]") -> None:
            if written.cancelled() or (error := written.exception()) is None:
                return
            log.error("a %s could not be written down, and is kept until it can: %s", self._noun, error)
            self._streams.pop(tenant, None)  # its end is not known any more
            self._unwritten.append((body, tenant, subject))

        return heed

"""Streams that are not runs: who signed in, what was granted, when the server started, a conversation's title.

Many may write to one of these, so each append asks for the stream's head under a lock. Another server
may be faster all the same: then the head is asked again.
"""

import asyncio

from orchestrator.journal.base import Journal
from orchestrator.kernel.clock import Clock
from orchestrator.kernel.errors import Fenced
from orchestrator.kernel.events import Body, Event

TRIES = 20


class Ledger:
    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._journal = journal
        self._clock = clock
        self._writing = asyncio.Lock()

    async def record(self, stream: str, body: Body, *, tenant: str, subject: str) -> Event:
        """Durable when it returns."""
        async with self._writing:
            for attempt in range(TRIES):
                seq = await self._journal.head(stream) + 1
                event = Event(stream, seq, self._clock.now(), tenant, subject, body)
                written = self._journal.append([event])
                try:
                    await asyncio.shield(written)
                    break
                except asyncio.CancelledError:
                    await asyncio.wait([written])  # the next one's seq depends on it
                    raise
                except Fenced:
                    if attempt == TRIES - 1:
                        raise
            return event

    async def read(self, stream: str, after: int = 0) -> list[Event]:
        return await self._journal.read(stream, after)

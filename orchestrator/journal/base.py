"""The journal seam: append, read back, look at the views. One contract for every store."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from orchestrator.kernel.errors import OrchestratorError
from orchestrator.kernel.events import Event


class Journal(Protocol):
    def append(self, events: Sequence[Event], *, lazy: bool = False) -> "asyncio.Future[None]":
        """Record events of one stream, in order, all or none.

        The future resolves once they would survive a power cut. Appends of one stream keep their
        order whether or not they are awaited; when one fails, those behind it fail too. `lazy` lets
        them wait some milliseconds for company: nobody is told of them meanwhile.
        Raises (through the future) Fenced when a `seq` is not the stream's next, RunFinished when
        the stream has its terminal event, JournalUnavailable or JournalBroken when the disk fails.
        """

    async def read(self, stream: str, after: int = 0) -> list[Event]:
        """The events of a stream with `seq` greater than `after`, in order."""

    async def head(self, stream: str) -> int:
        """The `seq` of the stream's last event; 0 when it has none."""

    async def tail(self, after: int = 0, limit: int = 1000) -> list[tuple[int, Event]]:
        """Events of every stream in the order of their commit, with their position."""

    async def trouble(self) -> OrchestratorError | None:
        """What keeps events from being recorded now, as far as is known; one that may pass is looked at again."""

    async def close(self) -> None: ...

"""Appends on their way to a store: gathered in their order while the batch before them is written."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from orchestrator.journal.keys import Key
from orchestrator.journal.projections import Statement, statements
from orchestrator.journal.rows import Row, is_personal, seal
from orchestrator.kernel.errors import Fenced, JournalBroken, JournalUnavailable, OrchestratorError, RunFinished
from orchestrator.kernel.events import Event, encode_body

PATIENCE = 0.02  # seconds that a lazy append waits for company

log = logging.getLogger("orchestrator.journal")

Publish: TypeAlias = Callable[[Sequence[Event]], None]
Fold: TypeAlias = Callable[[Event], Iterable[Statement]]
Head: TypeAlias = tuple[int, bytes]  # seq and hash of a stream's last event


class Append:
    """Events of one stream, encoded at once, so that bad data fails at its author."""

    __slots__ = ("bodies", "events", "future", "heed", "statements")

    def __init__(self, future: "asyncio.Future[None]", heed: Callable[[OrchestratorError | None], None]) -> None:
        self.heed = heed  # told how it went
        self.events: list[Event] = []
        self.future = future
        self.bodies: list[bytes] = []
        self.statements: list[Statement] = []

    def add(self, events: Sequence[Event], folds: Sequence[Fold]) -> None:
        bodies = [encode_body(event.body) for event in events]
        changes = [statement for event in events for fold in folds for statement in fold(event)]
        self.events += events
        self.bodies += bodies
        self.statements += changes

    def continued_by(self, event: Event) -> bool:
        return event.seq == self.events[-1].seq + 1

    def rows(self, head: Head | None, key: Callable[[Event], Key | None]) -> list[Row]:
        """The events chained to the head of their stream; None: it is finished. Raises Fenced, RunFinished.

        `key` is that of the subject of a personal event.
        """
        first = self.events[0]
        if head is None:
            raise RunFinished(f"{first.stream} is finished and does not change.")
        seq, previous = head
        if first.seq != seq + 1:
            raise Fenced(
                f"{first.stream} is at event {seq}; {first.seq} cannot follow.", hint="Someone else writes it."
            )
        rows: list[Row] = []
        who: tuple[str, str] | None = None
        held: Key | None = None
        for event, body in zip(self.events, self.bodies, strict=True):
            personal = is_personal(event.type)
            if personal and (event.tenant, event.subject) != who:
                who, held = (event.tenant, event.subject), key(event)
            row = seal(event, body, previous, held if personal else None)
            rows.append(row)
            previous = row.hash
        return rows

    def settle(self, error: OrchestratorError | None) -> None:
        self.heed(error)
        if self.future.done():  # it was cancelled
            return
        if error is None:
            self.future.set_result(None)
        else:
            self.future.set_exception(error)
            self.future.exception()  # seen: who does not await it learns from its next append


class Pending:
    """`begin` is called on the loop when there is something to write and nothing is being written.

    It answers with `take`, and when that batch is settled with `done`.
    """

    def __init__(self, begin: Callable[[], None], batch: int, *folds: Fold) -> None:
        self._begin = begin
        self._batch = batch
        self._folds = (statements, *folds)
        self._loop = asyncio.get_running_loop()
        self._entries: deque[Append] = deque()
        self._patient: dict[str, Append] = {}  # of the entries, those that wait for company
        self._alarm: asyncio.TimerHandle | None = None
        self._alone = 0  # how many of the next entries go in a batch of their own
        self.writing = False
        self.trouble: OrchestratorError | None = None  # why the last write failed, if the store is to blame
        self._refused: OrchestratorError | None = None
        self._emptied: asyncio.Future[None] | None = None

    def __bool__(self) -> bool:
        return bool(self._entries)

    def append(self, events: Sequence[Event], lazy: bool) -> "asyncio.Future[None]":
        stream = events[0].stream
        entry = self._patient.get(stream)
        if entry is not None and entry.continued_by(events[0]):
            entry.add(events, self._folds)  # they were waiting for company, and here it is
        else:
            entry = Append(self._loop.create_future(), self._heed)
            entry.add(events, self._folds)
            if self._refused is not None:
                entry.settle(self._refused)
                return entry.future
            self._entries.append(entry)
            if lazy:
                self._patient[stream] = entry
        if not self.writing:
            if not lazy:
                self.writing = True
                self._loop.call_soon(self._begin)
            elif self._alarm is None:
                self._alarm = self._loop.call_later(PATIENCE, self._wake)
        return entry.future

    def _heed(self, error: OrchestratorError | None) -> None:
        if error is None or isinstance(error, (JournalUnavailable, JournalBroken)):
            self.trouble = error

    def _wake(self) -> None:
        self._alarm = None
        if self._entries and not self.writing:
            self.writing = True
            self._begin()

    def take(self) -> list[Append]:
        taken: list[Append] = []
        room = 1 if self._alone else self._batch
        while self._entries and room > 0:
            entry = self._entries.popleft()
            self._patient.pop(entry.events[0].stream, None)
            room -= len(entry.events)
            taken.append(entry)
        if not self._entries and self._alarm is not None:
            self._alarm.cancel()  # nobody waits for company any more
            self._alarm = None
        self._alone = max(0, self._alone - 1)
        return taken

    def again(self, batch: Sequence[Append], *, alone: bool = False) -> None:
        """Put a batch back in front. Alone: one of them is at fault, and the others must not pay for it."""
        self._entries.extendleft(reversed(batch))
        self._alone = max(self._alone, len(batch)) if alone else self._alone

    def done(self) -> None:
        """What was taken is settled: go on with what came meanwhile."""
        if self._entries:
            self._loop.call_soon(self._begin)
            return
        self.writing = False
        if self._emptied is not None and not self._emptied.done():
            self._emptied.set_result(None)

    def fail(self, error: OrchestratorError) -> None:
        """What waits cannot be written."""
        self._patient.clear()
        while self._entries:
            self._entries.popleft().settle(error)

    def refuse(self, error: OrchestratorError) -> None:
        """Nothing can be written any more."""
        self._refused = error
        self.fail(error)

    async def close(self) -> None:
        """Take no more; return once what waits is written or has failed."""
        if self._emptied is None:
            self._refused = self._refused or JournalUnavailable("The journal is closed.")
            self._emptied = self._loop.create_future()
            if self._entries and not self.writing:
                self._wake()
            if not self.writing:
                self._emptied.set_result(None)
        await asyncio.shield(self._emptied)


def settle(batch: Sequence[Append], error: OrchestratorError) -> None:
    for entry in batch:
        entry.settle(error)


def tell(publish: Publish, events: Sequence[Event]) -> None:
    try:
        publish(events)
    except Exception:
        log.exception("somebody who is told of events failed: a fault of ours; the journal goes on")

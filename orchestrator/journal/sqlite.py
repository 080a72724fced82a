"""The journal in one SQLite file: many runs, one writer, one fsync for all that is waiting.

    append ... append -> pending -> [insert + fold the views]  -> commit (fsync) -> publish, resolve
                         one batch   on the loop, microseconds    in a thread

While a commit is at the disk the next batch gathers, so that the batch grows with the load.
Inserts stay on the loop's thread because a thread that must win the interpreter lock back for each
row waits up to five milliseconds for it, every time, under load; a commit wins it back once.

Does not protect against: a file changed by another program.
"""

import asyncio
import logging
import queue
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeAlias

from sqlalchemy import func, select

from orchestrator.journal.projections import Statement, statements
from orchestrator.kernel.errors import (
    Fenced,
    InvalidInput,
    JournalBroken,
    JournalUnavailable,
    OrchestratorError,
    RunFinished,
)
from orchestrator.kernel.events import Event, decode_body, encode_body
from orchestrator.storage.sqlite import SqliteDatabase
from orchestrator.storage.tables import events as events_table

_INSERT = "INSERT INTO events (stream, seq, type, tenant, subject, at, body) VALUES (?, ?, ?, ?, ?, ?, ?)"
_HEAD = "SELECT coalesce(max(seq), 0), coalesce(max(type = 'run.finished'), 0) FROM events WHERE stream = ?"
_HEADS_KEPT = 10_000
# The disk lied, or the file is no journal any more. The exceptions are what a full disk looks like.
_BROKEN = ("SQLITE_IOERR", "SQLITE_CORRUPT", "SQLITE_NOTADB")
_FULL = ("SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHM", "SQLITE_IOERR_NOMEM")
UNSTORABLE = (OverflowError, ValueError)  # a number beyond 64 bits, text that is no Unicode
_AUTHORS = (sqlite3.IntegrityError, *UNSTORABLE)  # errors of one append, not of the disk
PATIENCE = 0.02  # seconds that a lazy append waits for company

_Row: TypeAlias = tuple[str, int, str, str, str, float, bytes]
log = logging.getLogger("orchestrator.journal")

Publish = Callable[[Sequence[Event]], None]


class _Append:
    """Events of one stream on their way; encoded at once, so that bad data fails at its author."""

    __slots__ = ("events", "future", "rows", "statements")

    def __init__(self, future: "asyncio.Future[None]") -> None:
        self.events: list[Event] = []
        self.future = future
        self.rows: list[_Row] = []
        self.statements: list[Statement] = []

    def add(self, events: Sequence[Event]) -> None:
        rows = [(v.stream, v.seq, v.type, v.tenant, v.subject, v.at, encode_body(v.body)) for v in events]
        changes = [statement for event in events for statement in statements(event)]
        self.events += events
        self.rows += rows
        self.statements += changes

    def continued_by(self, event: Event) -> bool:
        return event.seq == self.events[-1].seq + 1

    def settle(self, error: OrchestratorError | None) -> None:
        if self.future.cancelled():
            return
        if error is None:
            self.future.set_result(None)
        else:
            self.future.set_exception(error)
            self.future.exception()  # seen: who does not await it learns from its next append


class SqliteJournal:
    def __init__(self, database: SqliteDatabase, publish: Publish, *, batch: int = 512) -> None:
        self._database = database
        self._publish = publish
        self._batch = batch
        self.connection = database.connect()
        self.connection.execute("PRAGMA busy_timeout=0")  # see _begin
        self.connection.execute("PRAGMA wal_autocheckpoint=4000")  # pages: the same few are written again and again
        self._pending: deque[_Append] = deque()
        self._patient: dict[str, _Append] = {}  # of those pending, the ones that wait for company
        self._alarm: asyncio.TimerHandle | None = None
        self._heads: dict[str, int] = {}
        self._writing = False
        self._alone = 0  # how many of the next appends go in a batch of their own
        self._broken: JournalBroken | None = None
        self._closing: asyncio.Future[None] | None = None
        self._loop = asyncio.get_running_loop()
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name="journal", daemon=True)
        self._thread.start()

    def append(self, events: Sequence[Event], *, lazy: bool = False) -> "asyncio.Future[None]":
        stream = events[0].stream
        entry = self._patient.get(stream)
        if entry is not None and entry.continued_by(events[0]):
            entry.add(events)  # they were waiting for company, and here it is
        else:
            entry = _Append(self._loop.create_future())
            entry.add(events)
            if self._broken is not None or self._closing is not None:
                entry.settle(self._broken or JournalUnavailable("The journal is closed."))
                return entry.future
            self._pending.append(entry)
            if lazy:
                self._patient[stream] = entry
        if not self._writing:
            if not lazy:
                self._writing = True
                self._loop.call_soon(self._begin)
            elif self._alarm is None:
                self._alarm = self._loop.call_later(PATIENCE, self._wake)
        return entry.future

    def _wake(self) -> None:
        self._alarm = None
        if self._pending and not self._writing:
            self._writing = True
            self._begin()

    # One batch, from begin to settle. Only one is under way at any time.

    def _begin(self) -> None:
        try:
            self.connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error:
            # Someone else writes to the file just now: wait for them, but not on the loop.
            self._work.put(self._begin_patiently)
            return
        self._write()

    def _begin_patiently(self) -> None:
        try:
            self.connection.execute("PRAGMA busy_timeout=10000")
            try:
                self.connection.execute("BEGIN IMMEDIATE")
            finally:
                self.connection.execute("PRAGMA busy_timeout=0")
        except sqlite3.Error as error:
            self._loop.call_soon_threadsafe(self._give_up, error)
        else:
            self._loop.call_soon_threadsafe(self._write)

    def _give_up(self, error: sqlite3.Error) -> None:
        self._settle(self._take(), error)

    def _take(self) -> list[_Append]:
        taken: list[_Append] = []
        room = self._batch if not self._alone else 1
        while self._pending and room > 0:
            entry = self._pending.popleft()
            self._patient.pop(entry.events[0].stream, None)
            room -= len(entry.events)
            taken.append(entry)
        if not self._pending and self._alarm is not None:
            self._alarm.cancel()  # nobody waits for company any more
            self._alarm = None
        self._alone = max(0, self._alone - 1)
        return taken

    def _write(self) -> None:
        taken, accepted = self._take(), list[_Append]()
        try:
            while taken:
                if refusal := self._refusal(taken[0].events):
                    taken.pop(0).settle(refusal)
                else:
                    accepted.append(taken.pop(0))
            self.connection.executemany(_INSERT, [row for entry in accepted for row in entry.rows])
            for entry in accepted:
                for sql, values in entry.statements:
                    self.connection.execute(sql, values)
        except (sqlite3.Error, *UNSTORABLE) as error:
            self._work.put(partial(self._roll_back, accepted + taken, error))
        else:
            self._work.put(partial(self._commit, accepted))

    def _refusal(self, events: Sequence[Event]) -> OrchestratorError | None:
        stream = events[0].stream
        head = self._heads.get(stream)
        if head is None:
            head, finished = 0, 0
            if events[0].seq != 1:
                head, finished = self.connection.execute(_HEAD, (stream,)).fetchone()
            if finished:
                return RunFinished(f"{stream} is finished and does not change.")
        if events[0].seq != head + 1:
            return Fenced(
                f"{stream} is at event {head}; {events[0].seq} cannot follow.", hint="Someone else writes it."
            )
        if len(self._heads) >= _HEADS_KEPT:
            self._heads.clear()
        if events[-1].type == "run.finished":
            self._heads.pop(stream, None)
        else:
            self._heads[stream] = events[-1].seq
        return None

    def _serve(self) -> None:
        while (work := self._work.get()) is not None:
            work()

    def _commit(self, batch: list[_Append]) -> None:
        try:
            self.connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._roll_back(batch, error)
        else:
            self._loop.call_soon_threadsafe(self._settle, batch, None)

    def _roll_back(self, batch: list[_Append], error: Exception) -> None:
        try:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
        except sqlite3.Error as second:
            error = second
        self._loop.call_soon_threadsafe(self._settle, batch, error)

    def _settle(self, batch: list[_Append], error: Exception | None) -> None:
        failure = self._explain(error) if error is not None else None
        if failure is not None:
            self._heads.clear()
        if isinstance(error, _AUTHORS) and len(batch) > 1:
            # One of them clashes with what is there, or cannot be stored; the others must not pay for it.
            self._pending.extendleft(reversed(batch))
            self._alone = len(batch)
            batch = []
        for entry in batch:
            if failure is None:
                self._tell(entry.events)
            entry.settle(failure)
        if isinstance(failure, JournalBroken):
            self._broken = failure
            self._patient.clear()
            while self._pending:
                self._pending.popleft().settle(failure)
        if self._pending:
            self._loop.call_soon(self._begin)
        else:
            self._writing = False
            if self._closing is not None and not self._closing.done():
                self._closing.set_result(None)

    def _tell(self, events: Sequence[Event]) -> None:
        try:
            self._publish(events)
        except Exception:
            log.exception("somebody who is told of events failed: a fault of ours; the journal goes on")

    def _explain(self, error: Exception) -> OrchestratorError:
        name = getattr(error, "sqlite_errorname", "")
        if isinstance(error, UNSTORABLE):
            return InvalidInput(f"The journal cannot hold this: {error}.")
        if isinstance(error, sqlite3.IntegrityError):
            return Fenced(f"The journal already holds these events: {error}.", hint="Someone else writes this stream.")
        if name.startswith(_BROKEN) and not name.startswith(_FULL):
            return JournalBroken(
                f"The disk failed while the journal was written ({name}).",
                hint="What was acknowledged is safe. Check the disk, then start again.",
            )
        return JournalUnavailable(
            f"The journal cannot be written: {error}.",
            hint="Is the disk full? Nothing acknowledged is lost; work goes on once there is room.",
        )

    async def read(self, stream: str, after: int = 0) -> list[Event]:
        table = events_table
        query = select(table).where(table.c.stream == stream, table.c.seq > after).order_by(table.c.seq)
        async with self._database.engine.connect() as connection:
            return [_event(row) for row in await connection.execute(query)]

    async def head(self, stream: str) -> int:
        table = events_table
        query = select(func.coalesce(func.max(table.c.seq), 0)).where(table.c.stream == stream)
        async with self._database.engine.connect() as connection:
            return int((await connection.execute(query)).scalar_one())

    async def tail(self, after: int = 0, limit: int = 1000) -> list[tuple[int, Event]]:
        table = events_table
        query = select(table).where(table.c.position > after).order_by(table.c.position).limit(limit)
        async with self._database.engine.connect() as connection:
            return [(row.position, _event(row)) for row in await connection.execute(query)]

    async def close(self) -> None:
        """What was appended is written first."""
        if self._closing is None:
            self._closing = self._loop.create_future()
            if self._pending and not self._writing:
                self._wake()
            if not self._writing:
                self._closing.set_result(None)
        await self._closing
        self._work.put(None)
        self._thread.join()
        self.connection.close()


def _event(row: object) -> Event:
    return Event(row.stream, row.seq, row.at, row.tenant, row.subject, decode_body(row.body))  # type: ignore[attr-defined]

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

from orchestrator.journal.keys import CREATE, FIND, Key, Keyring
from orchestrator.journal.projections import Statement, statements
from orchestrator.journal.rows import GENESIS, Row, is_personal, seal
from orchestrator.journal.stored import StoredEvents
from orchestrator.kernel.errors import (
    Fenced,
    InvalidInput,
    JournalBroken,
    JournalUnavailable,
    OrchestratorError,
    RunFinished,
)
from orchestrator.kernel.events import Event, encode_body
from orchestrator.storage.sqlite import SqliteDatabase

_INSERT = (
    "INSERT INTO events (stream, seq, type, tenant, subject, at, key, body, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_HEAD = "SELECT seq, hash, type FROM events WHERE stream = ? ORDER BY seq DESC LIMIT 1"
_ARCHIVED = "SELECT 1 FROM heads WHERE stream = ? AND archive <> ''"
_HEADS_KEPT = 10_000
# The disk lied, or the file is no journal any more. The exceptions are what a full disk looks like.
_BROKEN = ("SQLITE_IOERR", "SQLITE_CORRUPT", "SQLITE_NOTADB")
_FULL = ("SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHM", "SQLITE_IOERR_NOMEM")
UNSTORABLE = (OverflowError, ValueError)  # a number beyond 64 bits, text that is no Unicode
_AUTHORS = (sqlite3.IntegrityError, *UNSTORABLE)  # errors of one append, not of the disk
PATIENCE = 0.02  # seconds that a lazy append waits for company

_Head: TypeAlias = tuple[int, bytes]  # seq and hash of a stream's last event
log = logging.getLogger("orchestrator.journal")

Publish = Callable[[Sequence[Event]], None]


class _Append:
    """Events of one stream on their way; encoded at once, so that bad data fails at its author."""

    __slots__ = ("bodies", "events", "future", "statements")

    def __init__(self, future: "asyncio.Future[None]") -> None:
        self.events: list[Event] = []
        self.future = future
        self.bodies: list[bytes] = []
        self.statements: list[Statement] = []

    def add(self, events: Sequence[Event]) -> None:
        bodies = [encode_body(event.body) for event in events]
        changes = [statement for event in events for statement in statements(event)]
        self.events += events
        self.bodies += bodies
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


class SqliteJournal(StoredEvents):
    def __init__(self, database: SqliteDatabase, publish: Publish, keyring: Keyring, *, batch: int = 512) -> None:
        super().__init__(database.engine, keyring)
        self._publish = publish
        self._batch = batch
        self.connection = database.connect()
        self.connection.execute("PRAGMA busy_timeout=0")  # see _begin
        self.connection.execute("PRAGMA wal_autocheckpoint=4000")  # pages: the same few are written again and again
        self._pending: deque[_Append] = deque()
        self._patient: dict[str, _Append] = {}  # of those pending, the ones that wait for company
        self._alarm: asyncio.TimerHandle | None = None
        self._heads: dict[str, _Head] = {}
        self._fresh: dict[tuple[str, str], Key] = {}  # keys made or met in the batch under way
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
        rows: list[Row] = []
        try:
            while taken:
                if refusal := self._seal(taken[0], rows):
                    taken.pop(0).settle(refusal)
                else:
                    accepted.append(taken.pop(0))
            self.connection.executemany(_INSERT, rows)
            for entry in accepted:
                for sql, values in entry.statements:
                    self.connection.execute(sql, values)
        except (sqlite3.Error, *UNSTORABLE) as error:
            self._work.put(partial(self._roll_back, accepted + taken, error))
        else:
            self._work.put(partial(self._commit, accepted))

    def _seal(self, entry: _Append, rows: list[Row]) -> OrchestratorError | None:
        """Chain the entry's events to their stream, as rows; or why they cannot follow."""
        first = entry.events[0]
        head = self._heads.get(first.stream) or self._look(first)
        if head is None:
            return RunFinished(f"{first.stream} is finished and does not change.")
        seq, previous = head
        if first.seq != seq + 1:
            return Fenced(
                f"{first.stream} is at event {seq}; {first.seq} cannot follow.", hint="Someone else writes it."
            )
        for event, body in zip(entry.events, entry.bodies, strict=True):
            row = seal(event, body, previous, self._key(event))
            previous = row.hash
            rows.append(row)
        if len(self._heads) >= _HEADS_KEPT:
            self._heads.clear()
        if row.type == "run.finished":
            self._heads.pop(row.stream, None)
        else:
            self._heads[row.stream] = row.seq, row.hash
        return None

    def _look(self, first: Event) -> _Head | None:
        """The head of a stream as it is stored; None when it has its terminal event."""
        if first.seq != 1 and (row := self.connection.execute(_HEAD, (first.stream,)).fetchone()):
            return None if row[2] == "run.finished" else (row[0], row[1])
        return None if self.connection.execute(_ARCHIVED, (first.stream,)).fetchone() else (0, GENESIS)

    def _key(self, event: Event) -> Key | None:
        if not self._keyring.encrypts or not is_personal(event.type):
            return None
        who = event.tenant, event.subject
        return self._keyring.current(*who) or self._fresh.get(who) or self._meet(*who, event.at)

    def _meet(self, tenant: str, subject: str, at: float) -> Key:
        """The key of a subject, from the table; made if there is none, with the events that it is for."""
        who = {"tenant": tenant, "subject": subject}
        row = self.connection.execute(FIND, who).fetchone()
        if row is None:
            self.connection.execute(CREATE, self._keyring.make(tenant, subject, at))
            row = self.connection.execute(FIND, who).fetchone()
        key = self._fresh[tenant, subject] = self._keyring.unwrap(*row)
        return key

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
        else:
            for key in self._fresh.values():
                self._keyring.hold(key)
        self._fresh.clear()
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

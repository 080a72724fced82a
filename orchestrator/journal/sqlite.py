"""The journal in one SQLite file: many runs, one writer, one fsync for all that is waiting.

    append ... append -> pending -> [insert + fold the views]  -> commit (fsync) -> publish, resolve
                         one batch   on the loop, microseconds    in a thread

While a commit is at the disk the next batch gathers, so that the batch grows with the load.
Inserts stay on the loop's thread because a thread that must win the interpreter lock back for each
row waits up to five milliseconds for it, every time, under load; a commit wins it back once.

Does not protect against: a file changed by another program.
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from functools import cache, partial
from itertools import chain
from pathlib import Path

from orchestrator.journal.keys import CREATE, FIND, Key, Keyring
from orchestrator.journal.pending import Append, Head, Pending, Publish, tell
from orchestrator.journal.projections import merged
from orchestrator.journal.rows import GENESIS, Row
from orchestrator.journal.stored import StoredEvents
from orchestrator.kernel.errors import (
    Fenced,
    InvalidInput,
    JournalBroken,
    JournalDamaged,
    JournalUnavailable,
    OrchestratorError,
    RunFinished,
)
from orchestrator.kernel.events import Event
from orchestrator.storage.checkpoint import Checkpoints
from orchestrator.storage.sqlite import SqliteDatabase

_BLOCK = 32  # rows of one statement at most
_INSERT = "INSERT INTO events (stream, seq, type, tenant, subject, at, key, body, hash) VALUES "
_HEAD = "SELECT seq, hash, type FROM events WHERE stream = ? ORDER BY seq DESC LIMIT 1"
_ARCHIVED = "SELECT 1 FROM heads WHERE stream = ? AND archive <> ''"
_HEADS_KEPT = 10_000
# The disk lied, or the file is no journal any more. The exceptions are what a full disk looks like.
_BROKEN = ("SQLITE_IOERR", "SQLITE_CORRUPT", "SQLITE_NOTADB")
_FULL = ("SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHM", "SQLITE_IOERR_NOMEM")
UNSTORABLE = (OverflowError, ValueError)  # a number beyond 64 bits, text that is no Unicode
_AUTHORS = (sqlite3.IntegrityError, *UNSTORABLE, JournalDamaged)  # errors of one append, not of the disk


@cache
def _insert(count: int) -> str:
    """The statement for so many rows, which takes little more than half of the time that one for each takes."""
    return _INSERT + ", ".join(["(?, ?, ?, ?, ?, ?, ?, ?, ?)"] * count)


class SqliteJournal(StoredEvents):
    def __init__(
        self,
        database: SqliteDatabase,
        publish: Publish,
        keyring: Keyring,
        *,
        batch: int = 512,
        archive: Path | None = None,
    ) -> None:
        super().__init__(database.reading, keyring, archive)
        self._publish = publish
        self.connection = database.connect()
        self.connection.execute("PRAGMA busy_timeout=0")  # see _begin
        self.connection.execute("PRAGMA wal_autocheckpoint=16000")  # pages, should the checkpoints fall behind
        self._checkpoints = Checkpoints(database.connect)
        self._pending = Pending(self._begin, batch)
        self._heads: dict[str, Head] = {}
        self._fresh: dict[tuple[str, str], Key] = {}  # keys made or met in the batch under way
        self._loop = asyncio.get_running_loop()
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name="journal", daemon=True)
        self._thread.start()

    def append(self, events: Sequence[Event], *, lazy: bool = False) -> "asyncio.Future[None]":
        return self._pending.append(events, lazy)

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
        self._settle(self._pending.take(), error)

    def _write(self) -> None:
        taken, accepted = self._pending.take(), list[Append]()
        rows: list[Row] = []
        try:
            while taken:
                entry = taken.pop(0)
                accepted.append(entry)
                try:
                    rows += self._chained(entry)
                except (Fenced, RunFinished) as refusal:
                    accepted.pop().settle(refusal)
            for at in range(0, len(rows), _BLOCK):
                block = rows[at : at + _BLOCK]
                self.connection.execute(_insert(len(block)), tuple(chain.from_iterable(block)))
            for sql, values in merged(chain.from_iterable(entry.statements for entry in accepted)):
                self.connection.execute(sql, values)
        except (sqlite3.Error, *UNSTORABLE, OrchestratorError) as error:
            self._work.put(partial(self._roll_back, accepted + taken, error))
        else:
            self._work.put(partial(self._commit, accepted))

    def _chained(self, entry: Append) -> list[Row]:
        first = entry.events[0]
        rows = entry.rows(self._heads.get(first.stream) or self._look(first), self._key)
        if len(self._heads) >= _HEADS_KEPT:
            self._heads.clear()
        last = rows[-1]
        self._heads[last.stream] = last.seq, last.hash
        if last.type == "run.finished":
            del self._heads[last.stream]
        return rows

    def _look(self, first: Event) -> Head | None:
        """The head of a stream as it is stored; None when it has its terminal event."""
        if first.seq != 1 and (row := self.connection.execute(_HEAD, (first.stream,)).fetchone()):
            return None if row[2] == "run.finished" else (row[0], row[1])
        return None if self.connection.execute(_ARCHIVED, (first.stream,)).fetchone() else (0, GENESIS)

    def _key(self, event: Event) -> Key | None:
        if not self._keyring.encrypts:
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

    def _commit(self, batch: list[Append]) -> None:
        try:
            self.connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._roll_back(batch, error)
        else:
            self._loop.call_soon_threadsafe(self._settle, batch, None)
            self._checkpoints.wrote(sum(len(entry.events) + len(entry.statements) for entry in batch))

    def _roll_back(self, batch: list[Append], error: Exception) -> None:
        try:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
        except sqlite3.Error as second:
            error = second
        self._loop.call_soon_threadsafe(self._settle, batch, error)

    def _settle(self, batch: list[Append], error: Exception | None) -> None:
        failure = self._explain(error) if error is not None else None
        if failure is not None:
            self._heads.clear()
        else:
            for key in self._fresh.values():
                self._keyring.hold(key)
        self._fresh.clear()
        if isinstance(error, _AUTHORS) and len(batch) > 1:
            # One of them clashes with what is there, or cannot be stored.
            self._pending.again(batch, alone=True)
            batch = []
        if isinstance(failure, JournalBroken):
            self._pending.refuse(failure)
        self._pending.done()  # the next batch begins before those wake who are told of this one
        for entry in batch:
            if failure is None:
                tell(self._publish, entry.events)
            entry.settle(failure)

    def _explain(self, error: Exception) -> OrchestratorError:
        name = getattr(error, "sqlite_errorname", "")
        if isinstance(error, OrchestratorError):
            return error
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
        await self._pending.close()
        self._work.put(None)
        self._thread.join()
        self._checkpoints.close()
        self.connection.close()

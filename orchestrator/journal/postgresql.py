"""The journal in PostgreSQL: many runs of many servers, one flush for all that is waiting in each of them.

    append … append -> pending -> one call of one function: lock, rows, views, commit -> publish, resolve
                       one batch   (a statement of its own: nobody here can stop in the middle of it)

The server runs the whole batch from a single message. So a process that stops, or is cut off, never
holds the lock that all servers append under; and that lock makes `position` the order of commits, so
that `tail` misses nothing.

When the connection is lost under way, nobody knows whether the batch is there. Then its session is
ended on the server, the journal is read, and what is not there is written again: never twice, never
lost, and nobody is told anything before that is known.

Does not protect against: a fail-over to a copy that did not have what was acknowledged (see
PostgreSQL's synchronous_standby_names), nor against a pooler between us that shares sessions out.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]

from orchestrator.journal.bound import bind
from orchestrator.journal.claims import riding
from orchestrator.journal.keys import Key, Keyring
from orchestrator.journal.pending import Append, Head, Pending, Publish, settle, tell
from orchestrator.journal.projections import merged
from orchestrator.journal.rows import GENESIS, Row, is_personal
from orchestrator.journal.stored import StoredEvents
from orchestrator.kernel.errors import Fenced, InvalidInput, JournalUnavailable, OrchestratorError, RunFinished
from orchestrator.kernel.events import Event
from orchestrator.storage.postgresql import APPENDING, FAILURES, Connection, PostgresDatabase

GRACE = 5.0  # seconds that appends wait for a server that is away
AGAIN = 0.1  # seconds between attempts to reach it
_HEADS_KEPT = 10_000
_UNSTORABLE = (OverflowError, ValueError, asyncpg.InterfaceError)
_AUTHORS = ("22", "23", "54")  # classes of errors of one append: a value, a clash, a limit
_AGAIN = ("40001", "40P01")  # the server asks to try again
_GIVEN_UP, _KEY_GONE = "OR001", "OR002"

# It lives in this session: each server has the one of its own version.
_FUNCTION = f"""CREATE FUNCTION pg_temp.append(
  streams text[], seqs bigint[], types text[], tenants text[], subjects text[], ats float8[], keys text[],
  bodies bytea[], hashes bytea[], used text[], node text, texts text[], ends int[], given text[]
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  start int := 1;
  found_keys int;
BEGIN
  PERFORM pg_advisory_xact_lock({APPENDING});
  IF node <> '' THEN
    PERFORM 1 FROM nodes n WHERE n.node = append.node FOR KEY SHARE;
    IF NOT FOUND THEN RAISE EXCEPTION 'this server was given up by the others' USING ERRCODE = '{_GIVEN_UP}'; END IF;
  END IF;
  IF cardinality(used) > 0 THEN
    PERFORM 1 FROM subject_keys k WHERE k.id = ANY (used) AND k.destroyed_at IS NULL FOR SHARE;
    GET DIAGNOSTICS found_keys = ROW_COUNT;
    IF found_keys < cardinality(used) THEN
      RAISE EXCEPTION 'a key was destroyed' USING ERRCODE = '{_KEY_GONE}';
    END IF;
  END IF;
  IF 1 = ANY (seqs) AND EXISTS (SELECT 1 FROM heads h WHERE h.stream = ANY (streams) AND h.archive <> '') THEN
    RAISE EXCEPTION 'this stream was archived' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  INSERT INTO events (stream, seq, type, tenant, subject, at, key, body, hash)
    SELECT * FROM unnest(streams, seqs, types, tenants, subjects, ats, keys, bodies, hashes);
  FOR i IN 1 .. cardinality(texts) LOOP
    EXECUTE texts[i] USING given[start:ends[i]];
    start := ends[i] + 1;
  END LOOP;
END $$"""
_CALL = "SELECT pg_temp.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
_SELF = "SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()"
_END = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE pid = $1 AND backend_start = $2"
_THERE = "SELECT hash FROM events WHERE stream = $1 AND seq = $2"
_HEADS = """SELECT s.stream, e.seq, e.hash, e.type = 'run.finished' OR h.stream IS NOT NULL AS finished
  FROM unnest($1::text[]) AS s (stream)
  LEFT JOIN LATERAL (SELECT * FROM events WHERE events.stream = s.stream ORDER BY seq DESC LIMIT 1) AS e ON true
  LEFT JOIN heads AS h ON h.stream = s.stream AND h.archive <> ''"""


log = logging.getLogger("orchestrator.journal")


class _Session:
    """A connection that may append, and its name on the server."""

    def __init__(self, connection: Connection, call: Any, pid: int, began: Any) -> None:
        self.connection = connection
        self.call = call
        self.pid = pid
        self.began = began

    @classmethod
    async def open(cls, database: PostgresDatabase) -> "_Session":
        connection = await database.connect()
        try:
            await connection.execute(_FUNCTION)
            pid, began = await connection.fetchrow(_SELF)
            return cls(connection, await connection.prepare(_CALL), pid, began)
        except FAILURES as error:
            connection.terminate()
            raise database.explain(error) from error


class _InDoubt(Exception):
    """The connection was lost before the server said what became of a batch."""

    def __init__(self, session: _Session, last: Row) -> None:
        super().__init__()
        self.session = session
        self.last = last
        self.refused: JournalUnavailable | None = None  # what waited meanwhile was told this


class PostgresJournal(StoredEvents):
    def __init__(
        self,
        database: PostgresDatabase,
        publish: Publish,
        keyring: Keyring,
        *,
        batch: int = 512,
        node: Callable[[], str] | None = None,
        archive: Path | None = None,
    ) -> None:
        """With a `node`, the name of this one now, every append to a run holds that it was not given up (claims.py)."""
        super().__init__(database.reading, keyring, archive)
        self._database = database
        self._publish = publish
        self._node = node
        folds = (lambda event: riding(event, node()),) if node else ()
        self._pending = Pending(self._begin, batch, *folds)
        self._heads: dict[str, Head | None] = {}  # None: the stream is finished
        self._session: _Session | None = None
        self._away: float | None = None  # since when the server cannot be reached
        self._closing = False
        self._loop = asyncio.get_running_loop()
        self._task: asyncio.Task[None] | None = None

    def append(self, events: Sequence[Event], *, lazy: bool = False) -> "asyncio.Future[None]":
        return self._pending.append(events, lazy)

    def _begin(self) -> None:
        self._task = self._loop.create_task(self._write())

    async def _write(self) -> None:
        """One batch, from its taking to its settling. Only one is under way at any time."""
        batch = self._pending.take()
        try:
            session = await self._reach()
            batch, rows = await self._sealed(session, batch)
            if rows:
                try:
                    await self._send(session, batch, rows)
                except _InDoubt as doubt:
                    if not await self._is_there(doubt):
                        self._heads.clear()
                        if doubt.refused is None:
                            self._pending.again(batch)
                        else:  # what was to follow was refused: whoever goes on from what is there must find it so
                            settle(batch, doubt.refused)
                        batch = []
        except Exception as error:  # noqa: BLE001  (whatever it is, those who wait are told)
            self._heads.clear()
            self._refused(batch, error)
        else:
            for entry in batch:
                tell(self._publish, entry.events)
                entry.settle(None)
        self._pending.done()

    async def _send(self, session: _Session, batch: Sequence[Append], rows: Sequence[Row]) -> None:
        """All of the batch or nothing, in one message."""
        columns = list(zip(*rows, strict=True))
        used = list(set(columns[6]) - {""})
        node = self._node() if self._node and any(row.stream.startswith("run_") for row in rows) else ""
        changes = bind(list(merged(chain.from_iterable(entry.statements for entry in batch))))
        try:
            await session.call.fetchval(*columns, used, node, *changes)
        except FAILURES as error:
            if _is_answer(error, session):
                raise
            log.warning("the connection to PostgreSQL was lost under way: %s", error or type(error).__name__)
            self._drop()
            raise _InDoubt(session, rows[-1]) from error

    def _refused(self, batch: list[Append], error: Exception) -> None:
        state = getattr(error, "sqlstate", None) or ""
        if state == _KEY_GONE:
            for event in chain.from_iterable(entry.events for entry in batch):
                self._keyring.forget(event.tenant, event.subject)
        at_fault = state[:2] in _AUTHORS or state == _GIVEN_UP or isinstance(error, _UNSTORABLE)
        if state in (*_AGAIN, _KEY_GONE):
            self._pending.again(batch)
        elif at_fault and len(batch) > 1:
            self._pending.again(batch, alone=True)
        else:
            settle(batch, self._explain(error, state))
            if isinstance(error, JournalUnavailable):  # it is away: the others need not wait to hear that
                self._pending.fail(error)

    def _explain(self, error: Exception, state: str) -> OrchestratorError:
        if isinstance(error, OrchestratorError):
            return error
        if state == _GIVEN_UP:
            return Fenced("The other servers gave this one up.", hint="Its runs go on there. Start it again.")
        if state.startswith("23"):
            return Fenced(f"The journal already holds these events: {error}.", hint="Someone else writes this stream.")
        if state[:2] in _AUTHORS or isinstance(error, _UNSTORABLE):
            return InvalidInput(f"The journal cannot hold this: {error}.")
        if not isinstance(error, FAILURES):
            log.error("the journal could not be written: a fault of ours", exc_info=error)
        return self._database.explain(error)

    # The rows.

    async def _sealed(self, session: _Session, batch: list[Append]) -> tuple[list[Append], list[Row]]:
        """The appends that can follow, as rows; those that cannot are settled."""
        await self._meet(batch)
        await self._look(session, batch)
        accepted: list[Append] = []
        rows: list[Row] = []
        for entry in batch:
            try:
                rows += self._chained(entry)
            except (Fenced, RunFinished) as refusal:
                entry.settle(refusal)
            else:
                accepted.append(entry)
        return accepted, rows

    def _chained(self, entry: Append) -> list[Row]:
        rows = entry.rows(self._heads.get(entry.events[0].stream), self._key)
        last = rows[-1]
        self._heads[last.stream] = None if last.type == "run.finished" else (last.seq, last.hash)
        return rows

    def _key(self, event: Event) -> Key | None:
        return self._keyring.current(event.tenant, event.subject) if self._keyring.encrypts else None

    def _is_encrypted(self, event: Event) -> bool:
        return self._keyring.encrypts and is_personal(event.type)

    async def _meet(self, batch: Sequence[Append]) -> None:
        """The keys of the batch's subjects, made where there are none."""
        strangers = {
            (event.tenant, event.subject): event.at
            for entry in batch
            for event in entry.events
            if self._is_encrypted(event) and self._keyring.current(event.tenant, event.subject) is None
        }
        for (tenant, subject), at in strangers.items():
            async with self._database.engine.begin() as connection:
                key = await self._keyring.obtain(connection, tenant, subject, at)
            self._keyring.hold(key)

    async def _look(self, session: _Session, batch: Sequence[Append]) -> None:
        """Where the batch's streams end: as we wrote them, or else as they are stored.

        One that does not go on from where we left it was written by another server. A new one needs no
        look: were it there already, the database would refuse its first event.
        """
        if len(self._heads) > _HEADS_KEPT:
            self._heads.clear()
        firsts: dict[str, int] = {}
        for entry in batch:
            firsts.setdefault(entry.events[0].stream, entry.events[0].seq)
        unknown: list[str] = []
        for stream, seq in firsts.items():
            head = self._heads.setdefault(stream, (0, GENESIS))
            if head is None or head[0] != seq - 1:
                unknown.append(stream)
        if unknown:
            for stream, seq, digest, finished in await session.connection.fetch(_HEADS, unknown):
                self._heads[stream] = None if finished else (seq or 0, digest or GENESIS)

    # The connection.

    async def _reach(self) -> _Session:
        """The session to append with. Waits a little for a server that is away."""
        while self._session is None or self._session.connection.is_closed():
            try:
                self._session = await _Session.open(self._database)
            except JournalUnavailable:
                self._away = self._away or self._loop.time()
                if self._closing or self._loop.time() - self._away > GRACE:
                    raise
                await asyncio.sleep(AGAIN)
        self._away = None
        return self._session

    def _drop(self) -> None:
        if self._session is not None:
            self._session.connection.terminate()
            self._session = None

    async def _is_there(self, doubt: _InDoubt) -> bool:
        """Whether a batch in doubt was committed. Asks until it is known: what is said then stays true."""
        self._away = self._loop.time()
        while True:
            try:
                session = await self._reach()
                ended = await session.connection.fetchval(_END, doubt.session.pid, doubt.session.began)
                if ended is not False:  # it is gone: nothing of it can come any more
                    last = doubt.last
                    return bool(await session.connection.fetchval(_THERE, last.stream, last.seq) == last.hash)
            except JournalUnavailable as error:
                if self._closing:
                    raise JournalUnavailable(
                        "PostgreSQL was lost while events were written; whether they are there is not known.",
                        hint="The next start reads them from the journal, and goes on from what is there.",
                    ) from error
                doubt.refused = error
                self._pending.fail(error)
            except FAILURES as error:
                log.warning("PostgreSQL cannot say yet what it holds: %s", error)
                self._drop()
            await asyncio.sleep(AGAIN)

    async def close(self) -> None:
        """What was appended is written first."""
        self._closing = True
        await self._pending.close()
        if self._session is not None:
            with contextlib.suppress(*FAILURES):
                await self._session.connection.close()
            self._session = None


def _is_answer(error: Exception, session: _Session) -> bool:
    """Did the server say no? Otherwise nobody knows what it did."""
    if isinstance(error, asyncpg.PostgresError):
        gone = session.connection.is_closed() or str(error.sqlstate or "08")[:3] == "57P"
        return not gone and not isinstance(error, asyncpg.PostgresConnectionError)
    return isinstance(error, ValueError)  # it never left: the driver could not encode it

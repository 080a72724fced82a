"""What must not stop the journal, and what must: errors in each place where a batch may meet one."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from contracts.journal import event, start
from world import tick, until

from orchestrator.journal.bus import QUEUE, Bus
from orchestrator.journal.keys import Keyring, Master
from orchestrator.journal.ledger import Ledger
from orchestrator.journal.sqlite import SqliteJournal
from orchestrator.journal.views import Views
from orchestrator.kernel.clock import ManualClock
from orchestrator.kernel.errors import InvalidInput, JournalBroken, JournalUnavailable
from orchestrator.kernel.events import ApprovalAsked, ConversationRenamed, Delta, Event, RunFinished
from orchestrator.kernel.messages import Usage
from orchestrator.storage.sqlite import SqliteDatabase


class Told(list[Event]):
    """Who is told of events, and may be at fault."""

    fault: Exception | None = None

    def __call__(self, events: Any) -> None:
        self.extend(events)
        if self.fault is not None:
            raise self.fault


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    database = SqliteDatabase(tmp_path / "orchestrator.db")
    database.migrate()
    yield database
    await database.close()


@pytest.fixture
async def journal(database: SqliteDatabase, told: Told) -> AsyncIterator[SqliteJournal]:
    journal = SqliteJournal(database, told, Keyring(Master(bytes(32))))
    yield journal
    await journal.close()


class Failing:
    """A connection on which one statement fails, once."""

    in_transaction = True

    def __init__(self, connection: sqlite3.Connection, when: Callable[[str], bool], error: Exception) -> None:
        self.real = connection
        self._when = when
        self._error: Exception | None = error

    def execute(self, sql: str, values: Any = ()) -> sqlite3.Cursor:
        if self._error is not None and self._when(sql):
            error, self._error = self._error, None
            raise error
        return self.real.execute(sql, values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


def sqlite_error(kind: type[sqlite3.Error], name: str) -> sqlite3.Error:
    error = kind("the test says so")
    error.sqlite_errorname = name
    return error


def spoil(journal: SqliteJournal, word: str, error: Exception) -> None:
    journal.connection = Failing(journal.connection, lambda sql: word in sql, error)  # type: ignore[assignment]


@pytest.mark.parametrize("word", ["BEGIN", "SELECT seq, hash", "INSERT INTO runs", "COMMIT"])
async def test_everybody_in_a_batch_that_fails_is_told(journal: SqliteJournal, word: str) -> None:
    await journal.append([start("a")])
    journal._heads.clear()  # as after many streams: the head is asked of the file
    spoil(journal, word, sqlite_error(sqlite3.OperationalError, "SQLITE_FULL"))
    if word == "BEGIN":
        journal.connection._when = lambda sql: "BEGIN" in sql  # type: ignore[attr-defined]
    waiting = [journal.append([event("a", 2)]), journal.append([start("b")]), journal.append([start("c")])]
    async with asyncio.timeout(5):
        results = await asyncio.gather(*waiting, return_exceptions=True)
    if word == "BEGIN":  # the second, patient try went well
        assert results == [None] * 3
    else:
        assert all(isinstance(result, JournalUnavailable) for result in results)
        await journal.append([event("a", 2)])


async def test_a_wait_that_was_in_vain_does_not_make_the_loop_wait_the_next_time(
    journal: SqliteJournal, database: SqliteDatabase
) -> None:
    class Impatient(Failing):
        def execute(self, sql: str, values: Any = ()) -> sqlite3.Cursor:
            return super().execute(sql.replace("10000", "1"), values)

    other = database.connect()
    other.execute("BEGIN IMMEDIATE")
    journal.connection = Impatient(journal.connection, lambda _: False, ValueError())  # type: ignore[assignment]
    with pytest.raises(JournalUnavailable, match="locked"):
        await journal.append([start("a")])
    assert journal.connection.execute("PRAGMA busy_timeout").fetchone() == (0,)
    other.execute("COMMIT")
    other.close()
    await journal.append([start("a")])


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("SQLITE_FULL", JournalUnavailable),
        ("SQLITE_IOERR_SHMSIZE", JournalUnavailable),  # no room for the shared memory of the log
        ("SQLITE_IOERR_WRITE", JournalUnavailable),
        ("SQLITE_IOERR_FSYNC", JournalBroken),
        ("SQLITE_IOERR_READ", JournalBroken),
        ("SQLITE_CORRUPT", JournalBroken),
        ("SQLITE_NOTADB", JournalBroken),
    ],
)
async def test_what_each_failure_means(journal: SqliteJournal, name: str, kind: type[Exception]) -> None:
    spoil(journal, "COMMIT", sqlite_error(sqlite3.DatabaseError, name))
    with pytest.raises(kind):
        await journal.append([start("a")])


async def test_a_number_that_does_not_fit_hurts_its_author_alone(journal: SqliteJournal) -> None:
    await journal.append([start("a")])
    huge = Event("a", 2, 2.0, "t", "u", RunFinished("completed", "done", usage=Usage(2**63)))
    bad, good = journal.append([huge]), journal.append([start("b")])
    async with asyncio.timeout(5):
        with pytest.raises(InvalidInput, match="cannot hold"):
            await bad
        await good
        await journal.append([event("a", 2)])


async def test_a_listener_at_fault_does_not_stop_the_journal(journal: SqliteJournal, told: Told) -> None:
    told.fault = RuntimeError("a listener's own fault")
    async with asyncio.timeout(5):
        await journal.append([start("a")])
        await journal.append([event("a", 2)])
    assert len(told) == 2


async def test_whatever_ends_a_run_ends_its_questions(journal: SqliteJournal, database: SqliteDatabase) -> None:
    asked = ApprovalAsked("approval_1", "call", 1, "c", "ring", {}, "h", "ring", "code", "Why.")
    await journal.append([start("a"), Event("a", 2, 2.0, "t", "u", asked)])
    views = Views(database.engine)
    assert len(await views.approvals("t")) == 1
    await journal.append([Event("a", 3, 3.0, "t", "u", RunFinished("partial", "out of time"))])
    assert await views.approvals("t") == []


async def test_a_ledger_whose_writer_is_cancelled_keeps_count(journal: SqliteJournal, database: SqliteDatabase) -> None:
    """The disk is made slow by another writer; who wrote goes away; the next one follows without a clash."""
    ledger = Ledger(journal, ManualClock())
    other = database.connect()
    other.execute("BEGIN IMMEDIATE")
    first = asyncio.create_task(ledger.record("l", ConversationRenamed("one"), tenant="t", subject="u"))
    await until(lambda: journal._pending.writing)
    first.cancel()
    second = asyncio.create_task(ledger.record("l", ConversationRenamed("two"), tenant="t", subject="u"))
    await tick()
    other.execute("COMMIT")
    other.close()
    assert (await second).seq == 2
    assert [one.seq for one in await ledger.read("l")] == [1, 2]


async def test_a_reader_that_lagged_is_still_told_of_the_failure() -> None:
    bus = Bus()
    subscription = bus.subscribe("r")
    for number in range(QUEUE + 1):
        subscription.push(Delta("r", 1, "text", number, "x"))
    subscription.fail(JournalUnavailable("full"))
    assert [item async for item in subscription.items(0)] == []  # it must read the journal again
    async with asyncio.timeout(5):
        with pytest.raises(JournalUnavailable):
            await anext(subscription.items(0))


async def test_a_reader_that_was_left_behind_by_a_gap_goes_on_with_the_rest() -> None:
    bus = Bus()
    subscription = bus.subscribe("r")
    for seq in (3, 4):
        subscription.push(event("r", seq))
    assert [item async for item in subscription.items(1)] == []
    subscription.push(event("r", 5))
    async with asyncio.timeout(5):
        assert await anext(subscription.items(3)) == event("r", 4)

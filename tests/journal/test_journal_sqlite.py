"""The SQLite journal: the contract, and what its disk may do to it."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from contracts.journal import JournalContract, event, start

from orchestrator.journal.keys import Keyring, Master
from orchestrator.journal.sqlite import SqliteJournal
from orchestrator.journal.views import Views
from orchestrator.kernel.errors import JournalBroken, JournalUnavailable
from orchestrator.kernel.events import Event
from orchestrator.storage.sqlite import SqliteDatabase


@pytest.fixture
def published() -> list[Event]:
    return []


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    database = SqliteDatabase(tmp_path / "orchestrator.db")
    database.migrate()
    yield database
    await database.close()


@pytest.fixture
async def journal(database: SqliteDatabase, published: list[Event]) -> AsyncIterator[SqliteJournal]:
    journal = SqliteJournal(database, published.extend, Keyring(Master(bytes(32))))
    yield journal
    await journal.close()


class TestSqlite(JournalContract):
    async def test_a_full_disk_is_said_and_nothing_acknowledged_is_lost(
        self, journal: SqliteJournal, published: list[Event], database: SqliteDatabase
    ) -> None:
        await journal.append([start("a")])
        pages = journal.connection.execute("PRAGMA page_count").fetchone()[0]
        journal.connection.execute(f"PRAGMA max_page_count={pages}")
        full: JournalUnavailable | None = None
        acknowledged = 1
        while full is None:
            try:
                await journal.append([event("a", acknowledged + 1)])
                acknowledged += 1
            except JournalUnavailable as error:
                full = error
        assert "full" in str(full) and full.retryable
        journal.connection.execute("PRAGMA max_page_count=1000000")
        await journal.append([event("a", acknowledged + 1)])  # there is room again: work goes on
        assert [one.seq for one in await journal.read("a")] == list(range(1, acknowledged + 2))
        assert await journal.read("a") == published

    async def test_a_disk_that_lies_stops_the_journal(self, journal: SqliteJournal, published: list[Event]) -> None:
        await journal.append([start("a")])
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorname = "SQLITE_IOERR_FSYNC"

        class Lying:
            in_transaction = False

            def __init__(self, connection: sqlite3.Connection) -> None:
                self._connection = connection

            def execute(self, sql: str, values: tuple[object, ...] = ()) -> sqlite3.Cursor:
                if sql == "COMMIT":
                    self._connection.execute("ROLLBACK")
                    raise error
                return self._connection.execute(sql, values)

            def __getattr__(self, name: str) -> object:
                return getattr(self._connection, name)

        honest, journal.connection = journal.connection, Lying(journal.connection)  # type: ignore[assignment]
        pending = [journal.append([event("a", seq)]) for seq in (2, 3)]
        results = await asyncio.gather(*pending, return_exceptions=True)
        assert all(isinstance(result, JournalBroken) for result in results)
        journal.connection = honest
        with pytest.raises(JournalBroken):  # even if the disk seems well again
            await journal.append([event("a", 2)])
        assert len(published) == 1

    async def test_another_writer_is_waited_for_without_stopping_the_world(
        self, journal: SqliteJournal, database: SqliteDatabase
    ) -> None:
        other = database.connect()
        other.execute("BEGIN IMMEDIATE")
        waiting = journal.append([event("a", 1)])
        for _ in range(100):
            await asyncio.sleep(0)  # the loop is free
        assert not waiting.done()
        other.execute("COMMIT")
        other.close()
        await waiting
        assert await journal.head("a") == 1

    async def test_every_row_bears_its_tenant_and_another_tenant_sees_nothing(
        self, journal: SqliteJournal, database: SqliteDatabase
    ) -> None:
        await journal.append([start("a")])
        views = Views(database.engine)
        assert [view.run_id for view in await views.runs("t")] == ["a"]
        assert await views.runs("someone") == [] and await views.conversations("someone", "u") == []
        assert await views.counts("t") == {"running": 1} and await views.counts("someone") == {}


async def test_the_log_is_folded_back_beside_the_writer(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "orchestrator.db")
    database.migrate()
    journal = SqliteJournal(database, lambda events: None, Keyring(Master(bytes(32))))
    for seq in range(1, 12):
        await journal.append([event("a", (seq - 1) * 200 + n) for n in range(1, 201)])  # more than once its time
    journal._checkpoints.close()  # it has done what it was asked for
    connection = sqlite3.connect(f"file:{database.path}?immutable=1", uri=True)  # the file alone, without its log
    (folded,) = connection.execute("SELECT count(*) FROM events").fetchone()
    connection.close()
    assert folded >= 1500
    assert await journal.head("a") == 2200
    await journal.close()
    await database.close()

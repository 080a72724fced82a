"""A whole installation moved between databases of both kinds, and what keeps it from being moved by halves."""

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from contracts.journal import end, event, start

from orchestrator.journal.keys import Keyring, Master
from orchestrator.journal.moving import move
from orchestrator.journal.stores import open_journal
from orchestrator.journal.views import Views
from orchestrator.kernel.errors import Conflict, JournalDamaged
from orchestrator.kernel.events import Event, ToolReturned
from orchestrator.storage import tables_cluster  # noqa: F401  (what is not moved)
from orchestrator.storage.database import Database
from orchestrator.storage.postgresql import PostgresDatabase
from orchestrator.storage.sqlite import SqliteDatabase
from orchestrator.storage.tables import metadata

STREAMS = 40


class Cut(Exception):
    pass


@pytest.fixture
async def file(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    database = SqliteDatabase(tmp_path / "orchestrator.db")
    database.migrate()
    yield database
    await database.close()


@pytest.fixture
async def server(postgresql_url: str) -> AsyncIterator[PostgresDatabase]:
    database = PostgresDatabase(postgresql_url)
    yield database
    await database.close()


@pytest.fixture(params=["to PostgreSQL", "to SQLite"])
def pair(request: pytest.FixtureRequest, file: SqliteDatabase, server: PostgresDatabase) -> tuple[Database, Database]:
    return (file, server) if request.param == "to PostgreSQL" else (server, file)


def journal_of(database: Database) -> Any:
    return open_journal(database, lambda events: None, Keyring(Master(bytes(32))))


async def filled(database: Database) -> None:
    journal = journal_of(database)
    for number in range(STREAMS):
        name = f"run_{number:03}"
        used = ToolReturned(1, "c", "echo", "k", "ok", "said", seconds=0.1 * number)
        goal = start(name)
        events = [goal, Event(name, 2, 1.5, "t", f"u{number % 3}", used), *(event(name, seq) for seq in range(3, 9))]
        await journal.append([*events, end(name, 9)] if number % 2 else events)
    await journal.close()
    async with database.engine.begin() as connection:
        users = metadata.tables["users"]
        row = {"tenant": "t", "scopes": "read", "created_at": 1.25}
        rows = [
            {**row, "id": "user_1", "name": "ada", "password_hash": None, "disabled": True},
            {**row, "id": "user_2", "name": "é\U0001f600", "password_hash": "hash", "disabled": False},
        ]
        await connection.execute(sa.insert(users), rows)


async def held(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    async with database.engine.connect() as connection:
        return {
            table.name: [tuple(row) for row in await connection.execute(sa.select(table).order_by(*table.primary_key))]
            for table in metadata.sorted_tables
        }


async def test_everything_is_moved_and_goes_on_there(pair: tuple[Database, Database]) -> None:
    source, target = pair
    await filled(source)
    told: list[str] = []
    moved = await move(source, target, lambda what, done, total: told.append(what))
    assert (moved.rows["events"], moved.streams, moved.before) == (STREAMS * 8 + STREAMS // 2, STREAMS, False)
    assert await held(source) == await held(target)
    assert "copied: events" in told and told[-1] == "followed: chains of hashes"
    journal = journal_of(target)
    await journal.append([event("run_000", 9)])
    assert [one.seq for one in await journal.read("run_000")] == list(range(1, 10))
    positions = [position for position, _ in await journal.tail(limit=10_000)]
    assert positions == sorted(set(positions))
    await journal.close()
    views, before = Views(target.engine), Views(source.engine)
    assert await views.counts("t") == await before.counts("t") == {"running": STREAMS // 2, "completed": STREAMS // 2}
    assert await views.runs("t") == await before.runs("t")


TABLES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()",
}


async def test_every_table_is_moved(pair: tuple[Database, Database]) -> None:
    """Whoever adds a table to the migrations has it moved, or names it here."""
    source, target = pair
    source.migrate()
    stay = {"alembic_version", "nodes", "claims", "lane_bodies", "lane_groups", "lane_tasks"}
    async with source.engine.connect() as connection:
        names = set((await connection.execute(sa.text(TABLES[connection.dialect.name]))).scalars())
    moved = await move(source, target)
    assert names - stay == set(moved.rows)


async def test_moved_twice_it_is_found_there(pair: tuple[Database, Database]) -> None:
    source, target = pair
    await filled(source)
    first = await move(source, target)
    assert await move(source, target) == type(first)(first.rows, first.streams, True)


async def test_what_is_there_already_is_not_touched(pair: tuple[Database, Database]) -> None:
    source, target = pair
    await filled(source)
    journal = journal_of(target)
    await journal.append([start("somebody's")])
    await journal.close()
    before = await held(target)
    with pytest.raises(Conflict, match="other data"):
        await move(source, target)
    assert await held(target) == before


async def test_cut_short_nothing_is_there(pair: tuple[Database, Database]) -> None:
    source, target = pair
    await filled(source)

    def cut(what: str, done: int, total: int) -> None:
        if what.startswith("followed"):
            raise Cut

    with pytest.raises(Cut):
        await move(source, target, cut)
    assert not any((await held(target)).values())
    assert not (await move(source, target)).before


async def test_a_journal_that_was_changed_is_not_moved(file: SqliteDatabase, server: PostgresDatabase) -> None:
    await filled(file)
    connection = sqlite3.connect(file.path)
    connection.execute("DROP TRIGGER events_unchanged")
    connection.execute("UPDATE events SET at = 9 WHERE stream = 'run_007' AND seq = 4")
    connection.commit()
    connection.close()
    with pytest.raises(JournalDamaged, match="run_007"):
        await move(file, server)
    assert not any((await held(server)).values())


async def test_text_that_postgresql_cannot_hold_is_moved_as_it_would_be_written_there(
    file: SqliteDatabase, server: PostgresDatabase
) -> None:
    await filled(file)
    async with file.engine.begin() as connection:
        await connection.execute(sa.text("UPDATE runs SET goal = 'a' || char(0) || 'b' WHERE run_id = 'run_001'"))
    await move(file, server)
    assert (await Views(server.engine).run("t", "run_001")).goal == "a\ufffdb"

"""Every revision, up and down, with data in it, on both databases."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from servers.postgresql import Server, in_a_thread
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from orchestrator.storage import tables_identity  # noqa: F401  (adds its tables to the metadata)
from orchestrator.storage.database import Database, downgrade, upgrade
from orchestrator.storage.postgresql import PostgresDatabase
from orchestrator.storage.sqlite import SqliteDatabase
from orchestrator.storage.tables import metadata
from orchestrator.storage.tables_cluster import cluster

Change = Callable[[Callable[[sa.Connection], Any]], Any]


class Place:
    """An empty database of a kind, and a way to change it."""

    def __init__(self, database: Database, change: Change) -> None:
        self.database = database
        self.change = change


def _in_sqlite(database: SqliteDatabase, work: Callable[[sa.Connection], Any]) -> Any:
    with database.changing() as connection:
        return work(connection)


async def _in_postgresql(database: PostgresDatabase, work: Callable[[sa.Connection], Any]) -> Any:
    engine = create_async_engine("postgresql+asyncpg://", async_creator=database.connect, poolclass=NullPool)
    async with engine.begin() as connection:
        return await connection.run_sync(work)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "sqlite":
        file = SqliteDatabase(tmp_path / "orchestrator.db")
        return Place(file, partial(_in_sqlite, file))
    server: Server = request.getfixturevalue("postgresql")
    shared = PostgresDatabase(server.url(server.create()))
    return Place(shared, lambda work: in_a_thread(_in_postgresql(shared, work)))


def sample(column: sa.Column[Any], number: int) -> Any:
    kind = column.type.python_type
    return {str: f"{column.name} {number} é\U0001f600", int: 2**40 + number, float: number / 3, bool: True}.get(
        kind, b"\x00\xff" * number
    )


def rows(table: sa.Table) -> list[dict[str, Any]]:
    return [{column.name: sample(column, number) for column in table.columns} for number in (1, 2, 3)]


def fill(connection: sa.Connection) -> None:
    for table in metadata.sorted_tables:
        connection.execute(sa.insert(table), rows(table))


def held(connection: sa.Connection) -> dict[str, list[dict[str, Any]]]:
    return {
        table.name: [dict(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key)).mappings()]
        for table in metadata.sorted_tables
    }


def names(connection: sa.Connection) -> set[str]:
    return set(sa.inspect(connection).get_table_names())


def test_migrations_make_exactly_the_tables_of_the_code(place: Place) -> None:
    place.database.migrate()
    shared = isinstance(place.database, PostgresDatabase)
    tables: Any = [metadata, cluster] if shared else metadata
    assert place.change(lambda connection: compare_metadata(MigrationContext.configure(connection), tables)) == []


def test_up_down_and_up_again_with_data(place: Place) -> None:
    place.change(upgrade)
    place.change(fill)
    before = place.change(held)
    assert all(len(found) == 3 for found in before.values())
    assert before == {table.name: rows(table) for table in metadata.sorted_tables}
    place.change(downgrade)
    assert place.change(names) <= {"alembic_version"}
    place.change(upgrade)
    assert place.change(held) == {name: [] for name in before}
    place.change(fill)
    assert place.change(held) == before


def test_a_migration_that_fails_leaves_nothing(place: Place) -> None:
    def cut(connection: sa.Connection) -> None:
        upgrade(connection)
        raise InterruptedError

    with pytest.raises(InterruptedError):
        place.change(cut)
    assert place.change(names) == set()
    place.database.migrate()
    assert "events" in place.change(names)


@contextmanager
def refused() -> Iterator[None]:
    with pytest.raises(sa.exc.DBAPIError, match="append-only"):
        yield


def test_the_past_cannot_be_changed(place: Place) -> None:
    place.database.migrate()
    place.change(fill)
    events, heads = metadata.tables["events"], metadata.tables["heads"]
    place.change(partial(sa.Connection.execute, statement=sa.update(heads).values(archive="")))
    for change in (sa.update(events).values(at=0.0), sa.delete(events)):
        with refused():
            place.change(partial(sa.Connection.execute, statement=change))
    assert len(place.change(held)["events"]) == 3
    place.change(partial(sa.Connection.execute, statement=sa.update(heads).values(archive="2026.parquet")))
    place.change(partial(sa.Connection.execute, statement=sa.delete(events)))  # what is archived may leave
    assert place.change(held)["events"] == []

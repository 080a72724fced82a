"""PostgreSQL, for real: what it is asked at the start, and what its refusals mean."""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import pytest
from servers.postgresql import PASSWORD, Server, in_a_thread, running
from sqlalchemy import text

from orchestrator.kernel.errors import InvalidInput, InvalidSettings, JournalUnavailable
from orchestrator.kernel.settings import Secret, Storage
from orchestrator.storage.postgresql import PostgresDatabase
from orchestrator.storage.sqlite import SqliteDatabase
from orchestrator.storage.stores import open_database


def test_two_who_migrate_at_once_wait_for_each_other(postgresql: Server) -> None:
    url = postgresql.url(postgresql.create())
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: PostgresDatabase(url).migrate(), range(3)))
    assert [tuple(row) for row in in_a_thread(_asked(url, "SELECT version_num FROM alembic_version"))] == [("0001",)]


async def _asked(url: str, statement: str) -> Any:
    database = PostgresDatabase(url)
    async with database.engine.begin() as connection:
        rows = (await connection.execute(text(statement))).fetchall()
    await database.close()
    return rows


def test_text_is_compared_by_its_bytes(postgresql_url: str) -> None:
    found = in_a_thread(
        _asked(
            postgresql_url,
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
            " AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'",
        )
    )
    assert found == []


@pytest.mark.parametrize("change", ["UPDATE events SET at = 2", "DELETE FROM events", "TRUNCATE events"])
def test_the_past_cannot_be_changed(postgresql_url: str, change: str) -> None:
    url = postgresql_url
    in_a_thread(_asked(url, _ONE_EVENT))
    with pytest.raises(Exception, match="append-only"):
        in_a_thread(_asked(url, change))


_ONE_EVENT = (
    "INSERT INTO events (stream, seq, type, tenant, subject, at, key, body, hash)"
    " VALUES ('a', 1, 'run.started', 't', 'u', 1, '', '{}', '') RETURNING position"
)


def test_a_database_of_a_newer_version_is_said_so_and_left_alone(postgresql: Server) -> None:
    url = postgresql.url(postgresql.create())
    PostgresDatabase(url).migrate()
    in_a_thread(_asked(url, "UPDATE alembic_version SET version_num = '9999' RETURNING 1"))
    with pytest.raises(JournalUnavailable, match="newer version"):
        PostgresDatabase(url).migrate()


async def test_its_version_and_whether_it_is_durable_are_told(postgresql_url: str) -> None:
    version, durable = await PostgresDatabase(postgresql_url).state()
    assert int(version.partition(".")[0]) >= 14 and durable


async def test_others_on_the_same_database_are_counted(postgresql_url: str) -> None:
    database = PostgresDatabase(postgresql_url)
    assert await database.others() == 0
    other = await asyncpg.connect(postgresql_url, server_settings={"application_name": "orchestrator 1"})
    assert await database.others() == 1
    await other.close()
    await database.close()


def test_a_wrong_password(postgresql: Server) -> None:
    name = postgresql.create()
    PostgresDatabase(postgresql.address(name)).migrate()
    with pytest.raises(JournalUnavailable, match="refuses the user or the password") as raised:
        PostgresDatabase(postgresql.address(name, "not this")).migrate()
    assert "not this" not in str(raised.value) and "storage.url" in raised.value.hint


def test_a_database_that_is_not_there(postgresql: Server) -> None:
    with pytest.raises(JournalUnavailable, match="no such database") as raised:
        PostgresDatabase(postgresql.url("nowhere")).migrate()
    assert "createdb" in raised.value.hint


def test_a_database_that_holds_no_unicode(postgresql: Server) -> None:
    name = postgresql.create("template0", "ENCODING 'SQL_ASCII' LOCALE 'C'")
    with pytest.raises(JournalUnavailable, match="SQL_ASCII"):
        PostgresDatabase(postgresql.url(name)).migrate()


def test_a_user_who_may_not_make_tables(postgresql: Server) -> None:
    name = postgresql.create()
    postgresql.sql("DROP ROLE IF EXISTS guest")
    postgresql.sql("CREATE ROLE guest LOGIN")
    with pytest.raises(JournalUnavailable, match="does not let this user"):
        PostgresDatabase(postgresql.url(name).replace("orchestrator@", "guest@")).migrate()


@pytest.mark.parametrize("url", ["postgresql://u:secret@127.0.0.1:1/d", "postgresql://u@/d?host=/nowhere/at/all"])
def test_a_server_that_is_not_there(url: str) -> None:
    with pytest.raises(JournalUnavailable, match="cannot be reached") as raised:
        PostgresDatabase(url).migrate()
    assert "secret" not in str(raised.value) and raised.value.retryable


async def test_a_server_that_does_not_answer() -> None:
    silent = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    url = f"postgresql://u@127.0.0.1:{silent.sockets[0].getsockname()[1]}/d"
    with pytest.raises(JournalUnavailable, match="cannot be reached"):
        await PostgresDatabase(url, Storage(timeout=0.05)).connect()
    silent.close()


@pytest.mark.parametrize(
    "url", ["mysql://u@h/d", "postgresql://u@host:no-port/d", "just words", "postgresql://u@h/d?sslmode=sometimes"]
)
async def test_what_is_no_address(url: str) -> None:
    with pytest.raises(InvalidSettings, match=r"storage\.url"):
        await PostgresDatabase(url).connect()


def test_the_address_is_said_without_its_secrets() -> None:
    for url in (f"postgresql://u:{PASSWORD}@h:1/d", f"postgresql://u@h:1/d?password={PASSWORD}"):
        assert PostgresDatabase(url).where == "h:1/d"


def test_an_old_server_is_refused(postgresql: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestrator.storage.postgresql.OLDEST", 99)
    with pytest.raises(JournalUnavailable, match="99 or newer is needed"):
        PostgresDatabase(postgresql.url("postgres")).migrate()


async def test_what_the_database_cannot_hold_is_the_authors_fault(postgresql_url: str) -> None:
    database = PostgresDatabase(postgresql_url)
    async with database.engine.connect() as connection:
        with pytest.raises(InvalidInput, match="cannot hold"):
            await connection.execute(text("SELECT * FROM runs WHERE run_id = :id"), {"id": "a\x00b"})
    await database.close()


async def test_who_is_cancelled_while_he_asks_is_cancelled(postgresql_url: str) -> None:
    database = PostgresDatabase(postgresql_url)
    async with database.reading.connect() as watching:

        async def ask() -> None:
            async with database.reading.connect() as connection:
                await connection.execute(text("SELECT pg_sleep(60)"))

        asking = asyncio.create_task(ask())
        asked = text("SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)' AND state = 'active'")
        while not (await watching.execute(asked)).scalar_one():
            pass
        asking.cancel()
        await asyncio.wait([asking])
        assert asking.cancelled()
    await database.close()


async def test_a_connection_that_is_lost_amid_many_rows_is_said(postgresql_url: str) -> None:
    database = PostgresDatabase(postgresql_url)
    insert = text("INSERT INTO many VALUES (:text)")

    async def write() -> None:
        async with database.alone() as connection:
            await connection.execute(text("CREATE TEMPORARY TABLE many (text text)"))
            await connection.execute(insert, [{"text": "x" * 1000}] * 50_000)

    writing = asyncio.create_task(write())
    async with database.reading.connect() as other:
        end = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'INSERT INTO many%'")
        while not (await other.execute(end)).first():
            pass
    with pytest.raises(JournalUnavailable, match="cannot be reached"):
        await writing
    await database.close()


async def test_connections_that_are_all_in_use_are_waited_for_and_said(postgresql_url: str) -> None:
    database = PostgresDatabase(postgresql_url, Storage(connections=1, timeout=0.2))
    async with database.engine.connect():
        with pytest.raises(JournalUnavailable, match="All 1 connections"):
            async with database.reading.connect():
                raise AssertionError
    async with database.reading.connect() as connection:  # it is free again
        assert (await connection.execute(text("SELECT 1"))).scalar_one() == 1
    await database.close()


def test_the_setting_chooses(tmp_path: Path) -> None:
    assert isinstance(open_database(Storage(), tmp_path), SqliteDatabase)
    assert isinstance(open_database(Storage(url=Secret("postgresql://h/d")), tmp_path), PostgresDatabase)


async def test_a_server_that_died_and_came_back_is_found_again(caplog: pytest.LogCaptureFixture) -> None:
    with running() as server:
        server.sql("ALTER SYSTEM SET synchronous_commit = off")
        server.sql("ALTER SYSTEM SET fsync = off")
        server.kill()
        server.start()
        database = PostgresDatabase(server.url(server.create()))
        with caplog.at_level(logging.WARNING):
            database.migrate()
        assert "fsync off" in caplog.text
        durable = text("SELECT current_setting('synchronous_commit')")
        async with database.engine.connect() as connection:
            assert (await connection.execute(durable)).scalar_one() == "on"
        async with database.engine.connect() as connection:
            server.kill()
            with pytest.raises(JournalUnavailable):
                await connection.execute(text("SELECT 1"))
        with pytest.raises(JournalUnavailable, match="cannot be reached"):
            async with database.engine.connect() as connection:
                pass
        server.start()
        async with database.engine.connect() as connection:
            assert (await connection.execute(text("SELECT 1"))).scalar_one() == 1
        await database.close()

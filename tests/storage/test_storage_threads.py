"""The embedded database, awaited: nobody loses a connection, whoever is cancelled, and nobody waits for ever."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from orchestrator.kernel.errors import JournalUnavailable
from orchestrator.storage import threads
from orchestrator.storage.sqlite import CONNECTIONS, SqliteDatabase


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    made = SqliteDatabase(tmp_path / "test.db")
    async with made.engine.begin() as connection:
        await connection.exec_driver_sql("CREATE TABLE t (n INTEGER PRIMARY KEY)")
    yield made
    await made.close()


async def held(database: SqliteDatabase) -> list[int]:
    async with database.engine.connect() as connection:
        return list((await connection.execute(text("SELECT n FROM t ORDER BY n"))).scalars())


async def test_what_is_begun_is_committed_and_what_fails_is_not(database: SqliteDatabase) -> None:
    async with database.engine.begin() as connection:
        done = await connection.execute(text("INSERT INTO t VALUES (:n)"), [{"n": 1}, {"n": 2}])
        assert done.rowcount == 2
    with pytest.raises(IntegrityError):
        async with database.engine.begin() as connection:
            await connection.execute(text("INSERT INTO t VALUES (3)"))
            await connection.execute(text("INSERT INTO t VALUES (1)"))
    async with database.engine.connect() as connection:
        await connection.execute(text("INSERT INTO t VALUES (4)"))  # not committed
    assert await held(database) == [1, 2]


async def test_rows_outlive_the_connection_and_can_be_streamed(database: SqliteDatabase) -> None:
    async with database.engine.begin() as connection:
        await connection.execute(text("INSERT INTO t VALUES (:n)"), [{"n": n} for n in range(5)])
        streamed = await connection.stream(text("SELECT n FROM t ORDER BY n"))
        assert [len(rows) async for rows in streamed.partitions(2)] == [2, 2, 1]
        found = await connection.execute(text("SELECT n, n * n AS square FROM t WHERE n > 2"))
    assert [(row.n, row.square) for row in found] == [(3, 9), (4, 16)]


async def test_more_who_ask_than_connections_all_get_an_answer(database: SqliteDatabase) -> None:
    async def ask(number: int) -> int:
        async with database.engine.begin() as connection:
            (await connection.execute(text("SELECT count(*) FROM t"))).scalar_one()
            await asyncio.sleep(0)  # others come in between
            return int((await connection.execute(text("SELECT :n"), {"n": number})).scalar_one())

    wanted = range(CONNECTIONS * 4)
    assert await asyncio.gather(*map(ask, wanted)) == list(wanted)


async def test_who_finds_all_connections_busy_is_told(
    database: SqliteDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "PATIENCE", 0.0)
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(CONNECTIONS):
            await stack.enter_async_context(database.engine.connect())
        with pytest.raises(JournalUnavailable, match="busy"):
            await held(database)
    monkeypatch.undo()
    assert await held(database) == []


async def test_who_is_cancelled_in_a_statement_leaves_no_trace_and_no_connection(database: SqliteDatabase) -> None:
    began, go_on = threading.Event(), threading.Event()
    loop = asyncio.get_running_loop()
    reached = asyncio.Event()

    def wait(n: Any) -> Any:
        began.set()
        loop.call_soon_threadsafe(reached.set)
        go_on.wait(30)
        return n

    async def write() -> None:
        async with database.engine.begin() as connection:
            raw = await connection.execute(text("SELECT 1"))
            assert raw.scalar_one() == 1
            connection._held.connection.driver_connection.create_function("slowly", 1, wait)  # type: ignore[attr-defined]
            await connection.execute(text("INSERT INTO t VALUES (slowly(7))"))

    task = asyncio.create_task(write())
    await reached.wait()
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()  # impatient
    assert not task.done()  # its connection is in use
    go_on.set()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert task.cancelled()
    assert await held(database) == []


async def test_what_is_under_way_when_all_is_closed_is_done_first(database: SqliteDatabase) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def writing() -> None:
        async with database.engine.begin() as connection:
            await connection.execute(text("INSERT INTO t VALUES (7)"))
            begun.set()
            await go_on.wait()
            await connection.execute(text("INSERT INTO t VALUES (8)"))

    writes = asyncio.create_task(writing())
    await begun.wait()
    closing = asyncio.create_task(database.close())
    for _ in range(CONNECTIONS + 1):
        await asyncio.sleep(0)  # it takes what connections are free
    go_on.set()
    await asyncio.gather(closing, writes)
    assert await held(database) == [7, 8]  # whoever goes on afterwards has threads again

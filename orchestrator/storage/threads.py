"""A database whose driver blocks, awaited: each statement is one visit to a thread, its rows included."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from typing import TypeVar, cast

from sqlalchemy import Connection, Dialect, Engine, Executable

from orchestrator.kernel.errors import JournalUnavailable
from orchestrator.storage.engine import Answer, Found, Parameters

PATIENCE = 30.0  # seconds to wait for a connection
LAST = 5.0  # and for those that are in use when all is closed

T = TypeVar("T")


class Threads:
    def __init__(self, engine: Engine, connections: int) -> None:
        self.dialect: Dialect = engine.dialect
        self._engine = engine
        self._connections = connections
        self._room = asyncio.Semaphore(connections)  # nobody waits for a connection in a thread that another needs
        self._pool = self._threads()

    def _threads(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self._connections, "database")

    @asynccontextmanager
    async def connect(self) -> AsyncIterator["Threaded"]:
        try:
            async with asyncio.timeout(PATIENCE):
                await self._room.acquire()
        except TimeoutError as error:
            raise JournalUnavailable(
                f"All {self._connections} connections to the database are busy.", hint="Nothing was changed: try again."
            ) from error
        try:
            connection = Threaded(self._engine, self._pool)
            try:
                yield connection
            finally:
                await connection.close()
        finally:
            self._room.release()

    @asynccontextmanager
    async def begin(self) -> AsyncIterator["Threaded"]:
        async with self.connect() as connection:
            yield connection
            await connection.commit()

    async def dispose(self) -> None:
        """What is under way is done first: who is in the middle of something could not even leave without threads."""
        taken = 0
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST):
                while taken < self._connections:
                    await self._room.acquire()
                    taken += 1
        await _done(self._pool, self._engine.dispose)
        self._pool.shutdown(wait=False)
        self._pool = self._threads()  # should somebody go on, as with any engine
        for _ in range(taken):
            self._room.release()


class Threaded:
    """One connection, opened by its first statement."""

    def __init__(self, engine: Engine, pool: ThreadPoolExecutor) -> None:
        self.dialect: Dialect = engine.dialect
        self._engine = engine
        self._pool = pool
        self._held: Connection | None = None

    def _opened(self) -> Connection:
        if self._held is None:
            self._held = self._engine.connect()
        return self._held

    async def execute(self, statement: Executable, parameters: Parameters | None = None) -> Answer:
        return await _done(self._pool, lambda: _whole(self._opened().execute(statement, parameters)))

    async def exec_driver_sql(self, statement: str) -> Answer:
        return await _done(self._pool, lambda: _whole(self._opened().exec_driver_sql(statement)))

    async def stream(self, statement: Executable) -> "Streamed":
        return Streamed(self._pool, await _done(self._pool, lambda: self._opened().execute(statement)))

    async def commit(self) -> None:
        if self._held is not None:
            await _done(self._pool, self._held.commit)

    async def close(self) -> None:
        if self._held is not None:
            await _done(self._pool, self._held.close)


class Streamed:
    def __init__(self, pool: ThreadPoolExecutor, result: Answer) -> None:
        self._pool = pool
        self._result = result

    async def partitions(self, size: int) -> AsyncIterator[Sequence[Found]]:
        while rows := await _done(self._pool, lambda: self._result.fetchmany(size)):
            yield rows


async def _done(pool: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    """In a thread, to its end: who is cancelled meanwhile hears of it once the connection is free again."""
    future = asyncio.get_running_loop().run_in_executor(pool, work)
    cancelled: asyncio.CancelledError | None = None
    while not future.done():
        try:
            await asyncio.wait([future])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        future.exception()  # heard, and of no more use
        raise cancelled
    return future.result()


def _whole(result: Answer) -> Answer:
    """With all of its rows: who awaits it touches no cursor. What changed rows has their count, and none of them."""
    return cast(Answer, result.freeze()()) if result.returns_rows else result

"""The embedded database: one SQLite file in WAL mode."""

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, create_engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError

from orchestrator.kernel.errors import JournalUnavailable
from orchestrator.storage.database import Database, upgrade
from orchestrator.storage.engine import AsyncConnection
from orchestrator.storage.threads import Threads

CONNECTIONS = 8
_DISK = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_BUSY")


class SqliteDatabase(Database):
    def __init__(self, path: Path) -> None:
        self.path = path
        self.where = str(path)
        anywhere = {"check_same_thread": False}  # from thread to thread, one at a time
        engine = create_engine(_url(path), pool_size=4, max_overflow=CONNECTIONS - 4, connect_args=anywhere)
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "handle_error", _explained)
        self.engine = self.reading = Threads(engine, CONNECTIONS)

    def connect(self) -> sqlite3.Connection:
        """A plain connection for the journal's writer; it may be handed from thread to thread."""
        connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=10.0)
        _prepare(connection)
        return connection

    def migrate(self) -> None:
        try:
            if not self.is_newest(self._revision()):
                with self.changing() as connection:
                    upgrade(connection)
        except (sqlite3.DatabaseError, DBAPIError, OSError) as error:
            raise JournalUnavailable(
                f"The database {self.path} cannot be opened: {getattr(error, 'orig', error)}.",
                hint="Is the disk full, is the file yours, or is it something else? Nothing was changed.",
            ) from error

    def _revision(self) -> str | None:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path.touch(mode=0o600)  # not for other users of the machine; its neighbours (-wal, -shm) follow it
        connection = self.connect()
        try:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.OperationalError as error:
            if "no such table" not in str(error):
                raise
            return None
        finally:
            connection.close()
        return str(row[0]) if row else None

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[AsyncConnection]:
        async with self.engine.connect() as connection:
            await connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            await connection.commit()

    @contextmanager
    def changing(self) -> Iterator[Connection]:
        """A transaction that may change the schema too, and that nobody else writes beside."""
        engine = create_engine(_url(self.path))
        event.listen(engine, "connect", _left_alone)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
        try:
            with engine.begin() as connection:
                yield connection
        finally:
            engine.dispose()


def _url(path: Path) -> URL:
    return URL.create("sqlite", database=str(path))  # as text, a ? or a % of the path would mean something


def _left_alone(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # else Python's driver ends the transaction before each change of the schema


def _explained(context: ExceptionContext) -> JournalUnavailable | None:
    """What the disk does, in our own words; other errors stay what they are."""
    error = context.original_exception
    if not getattr(error, "sqlite_errorname", "").startswith(_DISK):
        return None
    return JournalUnavailable(
        f"The database cannot be used now: {error}.", hint="Is the disk full? Nothing acknowledged is lost."
    )


def _prepare(connection: Any, _: Any = None) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")  # a commit that returned survives a power cut
    cursor.execute("PRAGMA busy_timeout=10000")
    cursor.close()

"""The `database` store: an SQLite file of its own beside the journal's. It may be deleted at any time.

Its own file, because a cache is written often and worth nothing: it must not wait for the journal's writer, nor
make it wait, and has no place in backups. Any other process of this machine may use the same file.
"""

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from orchestrator.kernel import settings
from orchestrator.kernel.clock import Clock
from orchestrator.llm.cache.base import CacheUnavailable, Kept, Question, Stock

T = TypeVar("T")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    tenant TEXT NOT NULL, key TEXT NOT NULL, expires REAL NOT NULL, used INTEGER NOT NULL,
    scope TEXT NOT NULL, question TEXT NOT NULL, data BLOB NOT NULL, PRIMARY KEY (tenant, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS answers_scope ON answers (tenant, scope, used) WHERE scope <> '';
CREATE INDEX IF NOT EXISTS answers_used ON answers (used);
CREATE TABLE IF NOT EXISTS counter (
    id INTEGER PRIMARY KEY CHECK (id = 0), used INTEGER NOT NULL, size INTEGER NOT NULL
);
INSERT OR IGNORE INTO counter VALUES (0, 0, 0);
"""
_VERSION = 1
OPENINGS = 100
PAUSE = 0.02  # seconds between two of them
_BATCH = 64  # entries forgotten at once when it is full


class DatabaseFile:
    name = "database"

    def __init__(self, path: Path, clock: Clock, *, size: int) -> None:
        self._path = path
        self._clock = clock
        self._most_bytes = size
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="cache")
        self._connection: sqlite3.Connection | None = None

    async def _do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        def in_transaction() -> T:
            connection = self._opened()
            with connection:
                connection.execute("BEGIN IMMEDIATE")
                return work(connection)

        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, in_transaction)
        except sqlite3.DatabaseError as error:
            raise CacheUnavailable(
                f"The cache {self._path.name} cannot be used: {error}.", hint="It may be deleted: it holds only copies."
            ) from error

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = self._open()
        return self._connection

    def _open(self) -> sqlite3.Connection:
        for _ in range(OPENINGS):
            try:
                return self._prepared()
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                    raise
                time.sleep(PAUSE)  # on a thread of its own: another process changes to the log just now
            except sqlite3.DatabaseError:
                break
        else:
            return self._prepared()
        return self._made_anew()

    def _made_anew(self) -> sqlite3.Connection:
        for name in (self._path, *(self._path.with_name(self._path.name + end) for end in ("-wal", "-shm"))):
            name.unlink(missing_ok=True)  # it is no database: only copies are lost
        return self._prepared()

    def _prepared(self) -> sqlite3.Connection:
        self._path.touch(mode=0o600)
        connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, timeout=2.0)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=OFF")  # a cut of power may cost the cache, never an answer
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version not in (0, _VERSION):
                connection.execute("DROP TABLE IF EXISTS answers")
                connection.execute("DROP TABLE IF EXISTS counter")
            connection.executescript(_SCHEMA)
            connection.execute(f"PRAGMA user_version={_VERSION}")
        except sqlite3.DatabaseError:
            connection.close()
            raise
        return connection

    async def get(self, tenant: str, key: str) -> Kept | None:
        def work(connection: sqlite3.Connection) -> Kept | None:
            row = connection.execute(
                "SELECT data, expires FROM answers WHERE tenant = ? AND key = ? AND expires > ?",
                (tenant, key, self._clock.now()),
            ).fetchone()
            if row is None:
                return None
            connection.execute(
                "UPDATE answers SET used = ? WHERE tenant = ? AND key = ?", (_turn(connection), tenant, key)
            )
            return Kept(row[0], row[1])

        return await self._do(work)

    async def put(self, tenant: str, key: str, kept: Kept, *, scope: str = "", question: str = "") -> None:
        if len(kept.data) > self._most_bytes:
            return

        def work(connection: sqlite3.Connection) -> None:
            _drop(connection, "tenant = ? AND key = ?", tenant, key)
            values = (tenant, key, kept.expires, _turn(connection), scope, question, kept.data)
            connection.execute("INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?, ?)", values)
            connection.execute("UPDATE counter SET size = size + ?", (len(kept.data),))
            while connection.execute("SELECT size FROM counter").fetchone()[0] > self._most_bytes:
                if not _drop(connection, "expires <= ?", self._clock.now()):
                    oldest = "(tenant, key) IN (SELECT tenant, key FROM answers ORDER BY used LIMIT ?)"
                    _drop(connection, oldest, _BATCH)

        await self._do(work)

    async def questions(self, tenant: str, scope: str, limit: int) -> list[Question]:
        def work(connection: sqlite3.Connection) -> list[Question]:
            rows = connection.execute(
                "SELECT key, question, expires FROM answers WHERE tenant = ? AND scope = ? AND scope <> ''"
                " AND expires > ? ORDER BY used DESC LIMIT ?",
                (tenant, scope, self._clock.now(), limit),
            )
            return [Question(*row) for row in rows]

        return await self._do(work)

    async def remove(self, tenant: str, key: str) -> None:
        await self._do(lambda connection: _drop(connection, "tenant = ? AND key = ?", tenant, key))

    async def clear(self, tenant: str) -> int:
        return await self._do(lambda connection: _drop(connection, "tenant = ?", tenant))

    async def stock(self, tenant: str) -> Stock:
        def work(connection: sqlite3.Connection) -> Stock:
            count, size = connection.execute(
                "SELECT count(*), coalesce(sum(length(data)), 0) FROM answers WHERE tenant = ? AND expires > ?",
                (tenant, self._clock.now()),
            ).fetchone()
            return Stock(count, size)

        return await self._do(work)

    async def close(self) -> None:
        def work() -> None:
            connection, self._connection = self._connection, None
            if connection is not None:
                with contextlib.suppress(sqlite3.DatabaseError):
                    connection.close()

        await asyncio.get_running_loop().run_in_executor(self._thread, work)
        self._thread.shutdown()


def _turn(connection: sqlite3.Connection) -> int:
    (used,) = connection.execute("UPDATE counter SET used = used + 1 RETURNING used").fetchone()
    return int(used)


def _drop(connection: sqlite3.Connection, where: str, *values: object) -> int:
    """Delete entries, and count what they held; how many there were. `where` is ours, never a caller's."""
    rows = connection.execute(f"DELETE FROM answers WHERE {where} RETURNING length(data)", values).fetchall()
    connection.execute("UPDATE counter SET size = size - ?", (sum(size for (size,) in rows),))
    return len(rows)


def opened(chosen: settings.Cache, folder: Path, clock: Clock) -> DatabaseFile:
    return DatabaseFile(folder / "cache.db", clock, size=chosen.megabytes * 10 * 2**20)

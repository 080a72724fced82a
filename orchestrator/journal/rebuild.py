"""The views folded anew from the events, beside the old ones, and put in their place in one transaction.

The new ones are temporary tables of the same names: the projections' statements find them first. Whoever stops a
rebuild, in whatever way, leaves the old views as they were.
"""

import asyncio
import sqlite3
from collections.abc import Iterable
from itertools import chain
from typing import Any, Protocol

from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from orchestrator.journal.archive import Archive
from orchestrator.journal.chain import Progress
from orchestrator.journal.history import History
from orchestrator.journal.keys import Keyring
from orchestrator.journal.projections import Statement, merged, statements
from orchestrator.journal.rows import unseal
from orchestrator.kernel.errors import JournalUnavailable
from orchestrator.storage.database import Database
from orchestrator.storage.engine import AsyncEngine
from orchestrator.storage.sqlite import SqliteDatabase
from orchestrator.storage.tables import VIEWS

_NEEDED = (
    "ix_approvals_run_id"  # the one index, besides primary keys, that the projections themselves look things up by
)


class Draft(Protocol):
    """Views on their way, on a connection of their own."""

    async def open(self) -> None: ...

    async def fold(self, changes: list[Statement]) -> None: ...

    async def hold(self) -> None:
        """From now on nobody appends."""

    async def swap(self) -> None:
        """Put them in the place of the old ones, and let go."""

    async def close(self) -> None: ...


async def rebuild(
    database: Database, keyring: Keyring, archive: Archive, progress: Progress = lambda done, total: None
) -> int:
    """Fold every view anew. Returns how many events they come from; those of archived runs are read from the files."""
    draft = await _draft_of(database)
    try:
        await draft.open()
        work = _Fold(History(database.engine, archive), database.engine, keyring, draft, progress)
        await work.go_on()
        await draft.hold()
        await work.go_on(last=True)
        await draft.swap()
        return work.count
    finally:
        await draft.close()


class _Fold:
    def __init__(
        self, history: History, engine: AsyncEngine, keyring: Keyring, draft: Draft, progress: Progress
    ) -> None:
        self._history = history
        self._engine = engine
        self._keyring = keyring
        self._draft = draft
        self._progress = progress
        self.count = 0

    async def go_on(self, *, last: bool = False) -> None:
        """Up to what is committed now; archived events come where they were among the others."""
        async for rows in self._history.parts(last=last):
            async with self._engine.connect() as connection:
                keys = await self._keyring.named(connection, (row.key for row in rows))
            found = (unseal(row, keys.get(row.key)) for row in rows)
            await self._draft.fold(list(merged(chain.from_iterable(map(statements, found)))))
            self.count += len(rows)
            self._progress(self.count, 0)


async def _draft_of(database: Database) -> Draft:
    if isinstance(database, SqliteDatabase):
        return _SqliteDraft(database)
    from orchestrator.journal.rebuild_postgresql import PostgresDraft
    from orchestrator.storage.postgresql import PostgresDatabase

    assert isinstance(database, PostgresDatabase)
    return PostgresDraft(database)


class _SqliteDraft:
    def __init__(self, database: SqliteDatabase) -> None:
        self._connection = database.connect()
        self._holding = False

    async def _do(self, script: Iterable[Statement]) -> None:
        try:
            await asyncio.to_thread(self._run, script)
        except sqlite3.Error as error:
            raise JournalUnavailable(
                f"The views could not be rebuilt: {error}.", hint="Is the disk full? They are as they were before."
            ) from error

    def _run(self, script: Iterable[Statement]) -> None:
        for sql, values in script:
            self._connection.execute(sql, values)

    async def open(self) -> None:
        script: list[str] = []
        for view in VIEWS:
            script.append(
                str(CreateTable(view).compile(dialect=sqlite.dialect())).replace("TABLE", "TEMPORARY TABLE", 1)
            )
            needed = [index for index in view.indexes if index.name == _NEEDED]
            script += [str(CreateIndex(index).compile(dialect=sqlite.dialect())) for index in needed]
        await self._do((sql, {}) for sql in script)

    async def fold(self, changes: list[Statement]) -> None:
        around: tuple[list[Any], list[Any]] = ([], []) if self._holding else ([("BEGIN", {})], [("COMMIT", {})])
        await self._do([*around[0], *changes, *around[1]])

    async def hold(self) -> None:
        await self._do([("BEGIN IMMEDIATE", {})])
        self._holding = True

    async def swap(self) -> None:
        names = [(view.name, ", ".join(column.name for column in view.columns)) for view in VIEWS]
        script: list[Statement] = [(f"DELETE FROM main.{name}", {}) for name, _ in names]
        script += [(f"INSERT INTO main.{n} ({columns}) SELECT {columns} FROM temp.{n}", {}) for n, columns in names]
        await self._do([*script, ("DELETE FROM main.snapshots", {}), ("COMMIT", {})])

    async def close(self) -> None:
        await asyncio.to_thread(self._connection.close)  # and with it what was not committed

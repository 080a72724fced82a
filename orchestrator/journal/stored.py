"""Events read back from the tables, whatever the database: decrypted for whom their keys are there."""

import asyncio
from pathlib import Path

from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from orchestrator.journal.archive import Archive
from orchestrator.journal.keys import Keyring
from orchestrator.journal.pending import Pending
from orchestrator.journal.rows import unseal
from orchestrator.kernel.errors import OrchestratorError
from orchestrator.kernel.events import Event
from orchestrator.storage.engine import AsyncEngine
from orchestrator.storage.tables import events as table

_TOUCH = text("UPDATE alembic_version SET version_num = version_num")  # writes a page, and changes nothing
_PATIENCE = 5.0  # seconds for the store to take it


class StoredEvents:
    _pending: Pending

    def __init__(self, engine: AsyncEngine, keyring: Keyring, archive: Path | None = None) -> None:
        """With a folder `archive`, a stream that was moved there is read from there."""
        self._engine = engine
        self._keyring = keyring
        self._archive = Archive(engine, archive) if archive is not None else None

    async def read(self, stream: str, after: int = 0) -> list[Event]:
        query = select(table).where(table.c.stream == stream, table.c.seq > after).order_by(table.c.seq)
        async with self._engine.connect() as connection:
            rows = (await connection.execute(query)).all()
            keys = await self._keyring.named(connection, (row.key for row in rows))
        if not rows and self._archive is not None:
            return await self._archived(self._archive, stream, after)
        return [unseal(row, keys.get(row.key)) for row in rows]

    async def _archived(self, archive: Archive, stream: str, after: int) -> list[Event]:
        """Raises NotFound where the file is gone, JournalDamaged where it is not what was moved."""
        rows = [row for row in await archive.read(stream) if row.seq > after]
        async with self._engine.connect() as connection:
            keys = await self._keyring.named(connection, (row.key for row in rows))
        return [unseal(row, keys.get(row.key)) for row in rows]

    async def head(self, stream: str) -> int:
        query = select(func.coalesce(func.max(table.c.seq), 0)).where(table.c.stream == stream)
        async with self._engine.connect() as connection:
            return int((await connection.execute(query)).scalar_one())

    async def tail(self, after: int = 0, limit: int = 1000) -> list[tuple[int, Event]]:
        query = select(table).where(table.c.position > after).order_by(table.c.position).limit(limit)
        async with self._engine.connect() as connection:
            rows = (await connection.execute(query)).all()
            keys = await self._keyring.named(connection, (row.key for row in rows))
        return [(row.position, unseal(row, keys.get(row.key))) for row in rows]

    async def trouble(self) -> OrchestratorError | None:
        known = self._pending.trouble
        if known is None or not known.retryable:
            return known
        try:
            async with asyncio.timeout(_PATIENCE), self._engine.begin() as connection:
                await connection.execute(_TOUCH)
        except (SQLAlchemyError, OrchestratorError, OSError):
            return known
        self._pending.trouble = None
        return None

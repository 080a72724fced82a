"""Events read back from the tables, whatever the database: decrypted for whom their keys are there."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from orchestrator.journal.keys import Keyring
from orchestrator.journal.rows import unseal
from orchestrator.kernel.events import Event
from orchestrator.storage.tables import events as table


class StoredEvents:
    def __init__(self, engine: AsyncEngine, keyring: Keyring) -> None:
        self._engine = engine
        self._keyring = keyring

    async def read(self, stream: str, after: int = 0) -> list[Event]:
        query = select(table).where(table.c.stream == stream, table.c.seq > after).order_by(table.c.seq)
        async with self._engine.connect() as connection:
            rows = (await connection.execute(query)).all()
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

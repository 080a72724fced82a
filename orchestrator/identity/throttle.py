"""Failed sign-ins are counted by name and by address, across restarts; too many bring a pause."""

import asyncio
import hashlib

import sqlalchemy as sa

from orchestrator.kernel.clock import Clock
from orchestrator.kernel.errors import TooManyAttempts
from orchestrator.kernel.settings import Identity
from orchestrator.storage.engine import AsyncConnection, AsyncEngine
from orchestrator.storage.tables_identity import attempts

_FORGET_SECONDS = 3600.0
_COUNT = sa.text(
    "INSERT INTO attempts (key, failures, last_at, until) VALUES (:key, :failures, :last_at, :until)"
    " ON CONFLICT (key) DO UPDATE SET failures = :failures, last_at = :last_at, until = :until"
)


class Throttle:
    """An attempt counts as failed until it succeeds, so that many at once count as many."""

    def __init__(self, engine: AsyncEngine, settings: Identity, clock: Clock) -> None:
        self._engine = engine
        self._settings = settings
        self._clock = clock
        self._counting = asyncio.Lock()

    async def begin(self, name: str, address: str) -> None:
        """Count an attempt. Raises TooManyAttempts, which does not count."""
        now = self._clock.now()
        async with self._counting, self._engine.begin() as connection:
            await connection.execute(sa.delete(attempts).where(attempts.c.last_at < now - _FORGET_SECONDS))
            found = {key: await self._read(connection, key) for key in _keys(name, address)}
            waits = (until - now for _, until in found.values())
            # No pause is longer than this: what seems so was begun before the clock was set back.
            wait = max((wait for wait in waits if wait <= self._settings.pause_seconds), default=0.0)
            if wait <= 0:
                for key, (failures, _) in found.items():
                    await self._write(connection, key, failures + 1, now)
        if wait > 0:
            raise TooManyAttempts(
                "There were too many failed sign-ins.", hint=f"Try again in {int(wait) + 1} seconds.", retry_after=wait
            )

    async def succeed(self, name: str, address: str) -> None:
        """The attempt was right: what was counted against the name is forgotten, and this one of the address."""
        by_name, *by_address = _keys(name, address)
        async with self._counting, self._engine.begin() as connection:
            await connection.execute(sa.delete(attempts).where(attempts.c.key == by_name))
            for key in by_address:
                failures, _ = await self._read(connection, key)
                uncounted = {"failures": max(failures - 1, 0), "until": 0.0}
                await connection.execute(sa.update(attempts).where(attempts.c.key == key).values(uncounted))

    async def _read(self, connection: AsyncConnection, key: str) -> tuple[int, float]:
        query = sa.select(attempts.c.failures, attempts.c.until).where(attempts.c.key == key)
        row = (await connection.execute(query)).one_or_none()
        return (row.failures, row.until) if row else (0, 0.0)

    async def _write(self, connection: AsyncConnection, key: str, failures: int, now: float) -> None:
        until = now + self._settings.pause_seconds if failures >= self._settings.attempts else 0.0
        values = {"key": key, "failures": failures, "last_at": now, "until": until}
        await connection.execute(_COUNT, values)


def _keys(name: str, address: str) -> list[str]:
    """Hashes: people type passwords where their name belongs."""
    tried = [f"name:{name}"] + ([f"address:{address}"] if address else [])
    return [hashlib.sha256(what.encode("utf-8", "surrogatepass")).hexdigest() for what in tried]

"""Every row there is, in the order of the commits: those of the archive where they were among the others."""

from bisect import bisect_left
from collections.abc import AsyncIterator
from math import inf
from typing import Any

from sqlalchemy import Select, func, select

from orchestrator.journal.archive import Archive, Archived
from orchestrator.storage.engine import AsyncEngine
from orchestrator.storage.tables import events

_CHUNK = 250  # rows of the database at a time: the loop has other things to do
_PART = 5000  # of the archive: each look goes through its files


class History:
    """Gone through once, a part at a time, so that it may be longer than the memory."""

    def __init__(self, engine: AsyncEngine, archive: Archive, *, tenant: str = "", stream: str = "") -> None:
        self._engine = engine
        self._archive = archive
        self._tenant = tenant
        self._stream = stream
        self._after = 0
        self._old: list[Archived] = []  # read, and not given yet
        self._old_after = 0
        self._more = True  # in the archive

    async def count(self) -> int:
        async with self._engine.connect() as connection:
            query = select(func.count()).select_from(self._query().subquery())
            here = int((await connection.execute(query)).scalar_one())
        return here + await self._archive.count(self._tenant, self._stream)

    async def parts(self, *, last: bool = True) -> AsyncIterator[list[Any]]:
        """What was not given yet, up to what is committed now; `last`: all that the archive has besides."""
        while rows := await self._next():
            async for old in self._before(rows[-1].position):
                end = bisect_left(rows, old[-1].position, key=_position)
                yield sorted([*old, *rows[:end]], key=_position)
                rows = rows[end:]
            yield rows
        if last:
            async for old in self._before(inf):
                yield old

    async def _next(self) -> list[Any]:
        query = self._query().where(events.c.position > self._after).order_by(events.c.position).limit(_CHUNK)
        async with self._engine.connect() as connection:
            rows = list(await connection.execute(query))
        self._after = rows[-1].position if rows else self._after
        return rows

    async def _before(self, position: float) -> AsyncIterator[list[Archived]]:
        while True:
            if not self._old and self._more:
                self._old = await self._archive.tail(self._old_after, _PART, tenant=self._tenant, stream=self._stream)
                self._more = len(self._old) == _PART
                self._old_after = self._old[-1].position if self._old else self._old_after
            end = bisect_left(self._old, position, key=_position)
            if not end:
                return
            part, self._old = self._old[:end], self._old[end:]
            yield part

    def _query(self) -> Select[Any]:
        query = select(events)
        if self._tenant:
            query = query.where(events.c.tenant == self._tenant)
        return query.where(events.c.stream == self._stream) if self._stream else query


def _position(row: Any) -> int:
    return int(row.position)

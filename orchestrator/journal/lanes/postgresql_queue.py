"""Reliable, by a table of PostgreSQL: a row a message and group; who takes one sets when it is due again.

A notice on the fast lane says that something was put; who missed it looks again after a while.
"""

from typing import Any

import asyncpg  # type: ignore[import-untyped]

from orchestrator.journal.lanes.base import Delivery, Lane, Reader, plain
from orchestrator.kernel.clock import Clock
from orchestrator.kernel.errors import LaneUnavailable

HOLD = 30.0  # seconds a worker may take for a message before another gets it
LOOK = 5.0  # seconds between looks when no notice comes
AT_ONCE = 32  # messages a worker takes in one statement
ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)

_PUT = """INSERT INTO lane_tasks (topic, name, payload)
 SELECT $1, name, $2 FROM (SELECT '' AS name UNION SELECT name FROM lane_groups WHERE topic = $1) AS g"""
_OPEN = "INSERT INTO lane_groups (topic, name) VALUES ($1, $2) ON CONFLICT DO NOTHING"
_TAKE = """UPDATE lane_tasks SET due = now() + make_interval(secs => $3), tries = tries + 1 WHERE id IN (
 SELECT id FROM lane_tasks WHERE topic = $1 AND name = $2 AND due <= now() ORDER BY id LIMIT $4
 FOR UPDATE SKIP LOCKED) RETURNING id, payload, tries"""
# Whoever took too long has lost it to another, who may be at work: `tries` tells.
_DONE = "DELETE FROM lane_tasks WHERE id = $1 AND tries = $2"
_AGAIN = "UPDATE lane_tasks SET due = now(), tries = tries WHERE id = $1 AND tries = $2"


class PostgresqlDelivery:
    def __init__(self, worker: "PostgresqlWorker", row: Any) -> None:
        self.payload: bytes = row["payload"]
        self.tries: int = row["tries"]
        self._id: int = row["id"]
        self._worker = worker

    async def done(self) -> None:
        await self._worker.queue.run(_DONE, self._id, self.tries)

    async def again(self) -> None:
        await self._worker.queue.run(_AGAIN, self._id, self.tries)
        await self._worker.ring()


class PostgresqlWorker:
    def __init__(self, queue: "PostgresqlQueue", topic: str, group: str, doorbell: Reader) -> None:
        self.queue = queue
        self._topic = topic
        self._group = group
        self._doorbell = doorbell
        self._taken: list[Any] = []

    async def take(self) -> Delivery:
        while not self._taken:
            rows = await self.queue.rows(_TAKE, self._topic, self._group, self.queue.hold, AT_ONCE)
            self._taken = sorted(rows, key=lambda row: row["id"], reverse=True)
            if not self._taken:
                await self._rung()
        return PostgresqlDelivery(self, self._taken.pop())

    async def _rung(self) -> None:
        try:
            async with self.queue.clock.timeout(LOOK):
                await self._doorbell.take()
        except TimeoutError:
            return

    async def ring(self) -> None:
        await self.queue.ring(self._topic)

    async def close(self) -> None:
        for row in self._taken:
            await PostgresqlDelivery(self, row).again()
        self._taken.clear()
        await self._doorbell.close()


class PostgresqlQueue:
    name = "postgresql"

    def __init__(self, pool: Any, lane: Lane, clock: Clock, hold: float = HOLD) -> None:
        """`pool` is asyncpg's, the caller's to close."""
        self.clock = clock
        self.hold = hold
        self._pool = pool
        self._lane = lane

    async def rows(self, sql: str, *values: Any) -> list[Any]:
        try:
            return list(await self._pool.fetch(sql, *values))
        except ERRORS as error:
            raise LaneUnavailable(f"PostgreSQL keeps no messages now: {error}.") from error

    async def run(self, sql: str, *values: Any) -> None:
        await self.rows(sql, *values)

    async def put(self, topic: str, payload: bytes) -> None:
        await self.run(_PUT, plain(topic), payload)
        await self.ring(topic)

    async def ring(self, topic: str) -> None:
        await self._lane.publish(f"queue.{topic}", b"")

    async def open(self, topic: str, group: str = "") -> PostgresqlWorker:
        doorbell = await self._lane.subscribe(f"queue.{plain(topic)}", room=1)
        if group:
            await self.run(_OPEN, topic, group)
        return PostgresqlWorker(self, topic, group, doorbell)

    async def close(self) -> None: ...

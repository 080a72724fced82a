"""What this process needs to be one of several on a PostgreSQL: a lane, claims, a relay, a life."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from orchestrator.agents.node import Node
from orchestrator.journal.bus import Bus
from orchestrator.journal.claims import Claims, place
from orchestrator.journal.lanes.base import Lane
from orchestrator.journal.relay import Relay
from orchestrator.kernel.clock import Clock
from orchestrator.kernel.settings import Cluster
from orchestrator.storage.database import Database
from orchestrator.storage.postgresql import PostgresDatabase

Connect = Callable[[], Awaitable[Any]]  # a connection of one's own to the database


@asynccontextmanager
async def open_node(
    settings: Cluster,
    database: Database,
    bus: Bus,
    clock: Clock,
    *,
    process: str,
    room: int,
    visits: bool,
    version: str,
    learners: Sequence[Callable[[str], None]],
) -> AsyncIterator[Node]:
    """Not yet alive: who has made what it is to work on lets it `join`. Raises LaneUnavailable.

    `learners` are told of streams that are no runs and that other processes wrote to.
    """

    def news(stream: str) -> None:
        for learn in learners:
            learn(stream)

    assert isinstance(database, PostgresDatabase)
    connect = database.connect
    async with AsyncExitStack() as stack:
        lane = await _lane(settings, connect, clock, process)
        stack.push_async_callback(lane.close)
        claims = Claims(connect, patience=settings.lease_seconds / 2)
        stack.push_async_callback(claims.close)
        relay = Relay(bus, lane, process, lambda run_id: node.is_here(run_id), news)
        node = Node(
            claims=claims,
            lane=lane,
            relay=relay,
            clock=clock,
            process=process,
            lease=settings.lease_seconds,
            room=room,
            url=settings.url,
            place=place(),
            version=version,
            role="visiting" if visits else "serving" if settings.works else "fronting",
        )
        yield node


async def _lane(settings: Cluster, connect: Connect, clock: Clock, process: str) -> Lane:
    if settings.nats:
        from orchestrator.journal.lanes.nats import Nats

        return await Nats.open(settings.nats, settings.name)
    from orchestrator.journal.lanes.postgresql import Postgresql

    return await Postgresql.open(connect, clock, process)

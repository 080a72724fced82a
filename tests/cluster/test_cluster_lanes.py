"""Every lane against its contract, on real servers."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import pytest
from contracts.lane import Break, BrokenLaneContract, HeldContract, LaneContract, QueueContract
from servers.nats import NatsServer
from servers.postgresql import Server

from orchestrator.journal.lanes.local import Local, LocalQueue
from orchestrator.journal.lanes.nats import JetStream, Nats
from orchestrator.journal.lanes.postgresql import Postgresql
from orchestrator.journal.lanes.postgresql_queue import PostgresqlQueue
from orchestrator.kernel.clock import SystemClock

_numbers = itertools.count(1)
HOLD = 1.0


class TestLocal(LaneContract):
    @pytest.fixture
    async def lane(self) -> AsyncIterator[Local]:
        lane = Local(SystemClock())
        yield lane
        await lane.close()

    @pytest.fixture
    def other(self, lane: Local) -> Local:
        return lane


class TestLocalQueue(QueueContract):
    @pytest.fixture
    def queue(self) -> LocalQueue:
        return LocalQueue()

    @pytest.fixture
    def other_queue(self, queue: LocalQueue) -> LocalQueue:
        return queue

    async def test_what_a_closed_worker_held_goes_to_another(self, queue: LocalQueue) -> None:
        first, second = await queue.open("work"), await queue.open("work")
        await queue.put("work", b"x")
        await first.take()
        await first.close()
        assert (await second.take()).tries == 2


Connect = Callable[[], Awaitable[Any]]


@pytest.fixture(scope="module")
def url(postgresql: Server) -> Iterator[str]:
    with postgresql.migrated() as url:
        yield url


@pytest.fixture
def connect(url: str) -> Connect:
    async def connected() -> Any:
        return await asyncpg.connect(url)

    return connected


class TestPostgresql(LaneContract, BrokenLaneContract):
    @pytest.fixture
    async def lane(self, connect: Connect) -> AsyncIterator[Postgresql]:
        lane = await Postgresql.open(connect, SystemClock(), "one")
        yield lane
        await lane.close()

    @pytest.fixture
    async def other(self, connect: Connect) -> AsyncIterator[Postgresql]:
        lane = await Postgresql.open(connect, SystemClock(), "two")
        yield lane
        await lane.close()

    @pytest.fixture
    def cut(self, connect: Connect, other: Postgresql) -> Break:
        async def cut() -> None:
            connection = await connect()
            await connection.execute("SELECT pg_terminate_backend($1)", other.backend)
            await connection.close()

        return cut


class TestPostgresqlQueue(QueueContract, HeldContract):
    @pytest.fixture
    async def queue(self, url: str, connect: Connect) -> AsyncIterator[PostgresqlQueue]:
        async with asyncpg.create_pool(url, min_size=1, max_size=2) as pool:
            lane = await Postgresql.open(connect, SystemClock(), "one")
            yield PostgresqlQueue(pool, lane, SystemClock(), HOLD)
            await lane.close()

    @pytest.fixture
    async def other_queue(self, url: str, connect: Connect) -> AsyncIterator[PostgresqlQueue]:
        async with asyncpg.create_pool(url, min_size=1, max_size=2) as pool:
            lane = await Postgresql.open(connect, SystemClock(), "two")
            yield PostgresqlQueue(pool, lane, SystemClock(), HOLD)
            await lane.close()


@pytest.fixture
def prefix() -> str:
    return f"test{next(_numbers)}"


@pytest.fixture
async def lane(nats_server: NatsServer, prefix: str) -> AsyncIterator[Nats]:
    lane = await Nats.open([nats_server.url], prefix)
    yield lane
    await lane.close()


@pytest.fixture
async def other(nats_server: NatsServer, prefix: str) -> AsyncIterator[Nats]:
    lane = await Nats.open([nats_server.url], prefix)
    yield lane
    await lane.close()


class TestNats(LaneContract, BrokenLaneContract):
    @pytest.fixture
    def cut(self, nats_server: NatsServer, lane: Nats) -> Break:
        async def cut() -> None:
            nats_server.stop()
            nats_server.start()
            # Both find it again by themselves; only then is there somebody to publish.
            while not lane.client.is_connected:  # noqa: ASYNC110  (the client says it to one callback only, ours)
                await asyncio.sleep(0.01)

        return cut


class TestJetStream(QueueContract, HeldContract):
    @pytest.fixture
    def queue(self, lane: Nats, prefix: str) -> JetStream:
        return JetStream(lane, prefix, HOLD)

    @pytest.fixture
    def other_queue(self, other: Nats, prefix: str) -> JetStream:
        return JetStream(other, prefix, HOLD)

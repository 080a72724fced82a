"""Every lane against its contract, on real servers."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import pytest
from contracts.lane import Break, BrokenLaneContract, LaneContract
from servers.nats import NatsServer
from servers.postgresql import Server

from orchestrator.journal.lanes.local import Local
from orchestrator.journal.lanes.nats import Nats
from orchestrator.journal.lanes.postgresql import Postgresql
from orchestrator.kernel.clock import SystemClock

_numbers = itertools.count(1)


class TestLocal(LaneContract):
    @pytest.fixture
    async def lane(self) -> AsyncIterator[Local]:
        lane = Local(SystemClock())
        yield lane
        await lane.close()

    @pytest.fixture
    def other(self, lane: Local) -> Local:
        return lane


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


async def test_the_server_has_a_subscription_before_it_is_said_to_stand() -> None:
    """What the client sent, in order: the last question that was answered (PING) came after the subscription (SUB)."""
    sent: list[str] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'INFO {"server_id": "x", "version": "2.10.0", "proto": 1, "max_payload": 1048576}\r\n')
        while line := await reader.readline():
            sent.append(line.split()[0].decode())
            if sent[-1] == "PING":
                writer.write(b"PONG\r\n")
        writer.close()

    async def handler(body: bytes) -> bytes:
        return body

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        lane = await Nats.open([f"nats://127.0.0.1:{server.sockets[0].getsockname()[1]}"])
        for subscribe in (lane.subscribe("a.b"), lane.answer("c.d", handler)):
            sent.clear()
            await subscribe
            assert "PING" in sent[sent.index("SUB") :]
        await lane.close()

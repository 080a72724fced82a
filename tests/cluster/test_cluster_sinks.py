"""The sinks against their contract: JetStream on a real server, Kafka's wire against librdkafka's mock brokers."""

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any
from urllib.parse import unquote

import aiokafka  # type: ignore[import-untyped]
import pytest
from contracts.sink import Kept, LostSinkContract, SinkContract, records
from nats.aio.client import Client
from servers.kafka import Brokers
from servers.nats import NatsServer

from orchestrator.journal.lanes import jetstream, kafka
from orchestrator.journal.lanes.base import Record, Sink
from orchestrator.journal.lanes.jetstream import JetStream
from orchestrator.journal.lanes.kafka import Kafka
from orchestrator.journal.lanes.local import LocalSink

_numbers = itertools.count(1)


class TestLocalSink(SinkContract):
    @pytest.fixture
    def sink(self) -> LocalSink:
        return LocalSink()

    @pytest.fixture
    def kept(self, sink: LocalSink) -> Kept:
        async def read() -> list[Record]:
            return sink.records

        return read


@pytest.fixture(scope="module")
def brokers() -> Iterator[Brokers]:
    brokers = Brokers(2)
    yield brokers
    brokers.stop()


@pytest.fixture
def topic() -> str:
    return f"audit-{next(_numbers)}"


async def read(servers: list[str], topic: str) -> list[Record]:
    """All that a topic holds, each partition in its order."""
    consumer = aiokafka.AIOKafkaConsumer(topic, bootstrap_servers=servers, auto_offset_reset="earliest")
    await consumer.start()
    try:
        ends = await consumer.end_offsets(consumer.assignment())
        found: list[Record] = []
        for part, end in ends.items():
            while await consumer.position(part) < end:
                batches: dict[Any, list[Any]] = await consumer.getmany(part, timeout_ms=5000)
                for message in itertools.chain(*batches.values()):
                    found.append(Record(message.key.decode(), dict(message.headers)["id"].decode(), message.value))
        return found
    finally:
        await consumer.stop()


class TestKafka(SinkContract, LostSinkContract):
    @pytest.fixture
    async def sink(self, brokers: Brokers, topic: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Kafka]:
        monkeypatch.setattr(kafka, "SENDING", 2.0)  # seconds to wait for brokers that are not there
        monkeypatch.setattr(kafka, "CLOSING", 0.1)
        sink = Kafka(brokers.servers, topic)
        yield sink
        await sink.close()

    @pytest.fixture
    def kept(self, brokers: Brokers, topic: str) -> Kept:
        return lambda: read(brokers.servers, topic)

    @pytest.fixture
    def lose(self, brokers: Brokers) -> Iterator[Callable[[], Awaitable[None]]]:
        async def lose() -> None:
            brokers.down()

        yield lose
        brokers.up()

    @pytest.fixture
    def find(self, brokers: Brokers) -> Callable[[], Awaitable[None]]:
        async def find() -> None:
            brokers.up()

        return find

    async def test_replicas_out_of_step_are_waited_for(self, sink: Sink, kept: Kept, brokers: Brokers) -> None:
        await sink.send(records(range(3)))
        brokers.refuse(3)
        await sink.send(records(range(3, 9), keys=1))
        found = [record.id for record in await kept() if record.key == "run_0"]
        assert found == ["run_0:0", *(f"run_0:{n}" for n in range(3, 9))]


class TestJetStream(SinkContract, LostSinkContract):
    @pytest.fixture
    async def sink(
        self, nats_server: NatsServer, topic: str, monkeypatch: pytest.MonkeyPatch
    ) -> AsyncIterator[JetStream]:
        monkeypatch.setattr(jetstream, "KEPT", 1.0)  # seconds to wait for a server that is not there
        sink = JetStream([nats_server.url], topic)
        yield sink
        await sink.close()

    @pytest.fixture
    def kept(self, nats_server: NatsServer, topic: str) -> Kept:
        async def kept() -> list[Record]:
            client = Client()
            await client.connect([nats_server.url])
            try:
                stream = client.jetstream()
                found = []
                for number in range(1, (await stream.stream_info(topic)).state.messages + 1):
                    message = await stream.get_msg(topic, number)
                    headers = message.headers or {}
                    key, identifier = (unquote(headers[name]) for name in ("Orchestrator-Stream", "Nats-Msg-Id"))
                    found.append(Record(key, identifier, message.data or b""))
                return found
            finally:
                await client.close()

        return kept

    @pytest.fixture
    def lose(self, nats_server: NatsServer) -> Callable[[], Awaitable[None]]:
        async def lose() -> None:
            nats_server.stop()

        return lose

    @pytest.fixture
    def find(self, nats_server: NatsServer) -> Callable[[], Awaitable[None]]:
        async def find() -> None:
            nats_server.start()

        return find

    async def test_what_is_sent_again_is_kept_once(self, sink: Sink, kept: Kept) -> None:
        for _ in range(2):
            await sink.send(records(range(3)))
        assert await kept() == records(range(3))

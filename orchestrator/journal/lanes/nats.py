"""NATS: fast by its core, reliable by JetStream.

`Nats` and `JetStream` share one connection, which finds its server again by itself; readers are told
that something may have been missed meanwhile.
"""

import asyncio
import logging
from collections.abc import Sequence

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.errors import MaxPayloadError, NoRespondersError
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy, RetentionPolicy, StreamConfig

from orchestrator.journal.lanes.base import ROOM, Delivery, Handler, Message, Reader, Stop, pattern_of, plain
from orchestrator.kernel.errors import LaneUnavailable, NobodyThere, TooLarge

HOLD = 30.0  # seconds a worker may take for a message before another gets it
KEPT_DAYS = 7.0  # what nobody takes
ASKED = 30.0  # seconds one look for messages waits at the server

log = logging.getLogger("orchestrator.journal")


class Nats:
    name = "nats"

    def __init__(self, client: Client, prefix: str) -> None:
        self.client = client
        self._prefix = prefix
        self._readers: set[Reader] = set()

    @classmethod
    async def open(cls, servers: Sequence[str], prefix: str = "orchestrator") -> "Nats":
        """`prefix` keeps installations apart that share a server. Raises LaneUnavailable."""
        client = Client()
        lane = cls(client, plain(prefix))
        try:
            await client.connect(
                list(servers),
                connect_timeout=3,
                allow_reconnect=True,
                max_reconnect_attempts=-1,
                reconnect_time_wait=1,
                error_cb=_noted,
                reconnected_cb=lane._reconnected,
            )
        except (NatsError, OSError, TimeoutError) as error:
            raise LaneUnavailable(
                f"NATS cannot be reached at {', '.join(servers)}: {error}.", hint="Is it running? See lanes.nats."
            ) from error
        return lane

    async def _reconnected(self) -> None:
        for reader in self._readers:
            reader.lost()

    def _full(self, subject: str) -> str:
        return f"{self._prefix}.{subject}"

    def _connected(self) -> Client:
        # What is said while there is no connection would be kept and said later, when it is no longer so.
        if not self.client.is_connected:
            raise LaneUnavailable("NATS cannot be reached now.")
        return self.client

    async def publish(self, subject: str, payload: bytes) -> None:
        try:
            await self._connected().publish(self._full(plain(subject)), payload)
        except MaxPayloadError as error:
            raise TooLarge(f"A message of {len(payload)} bytes is too large for NATS.") from error
        except (NatsError, OSError) as error:
            raise LaneUnavailable(f"NATS takes no message now: {error!r}.") from error

    async def subscribe(self, pattern: str, room: int = ROOM) -> Reader:
        pattern_of(pattern)
        skip = len(self._prefix) + 1

        async def heard(message: Msg) -> None:
            reader.push(Message(message.subject[skip:], message.data))

        try:
            subscription = await self._connected().subscribe(self._full(pattern), cb=heard)
            await self.client.flush()
        except (NatsError, OSError, TimeoutError) as error:
            raise LaneUnavailable(f"NATS takes no subscription now: {error!r}.") from error

        async def stop() -> None:
            self._readers.discard(reader)
            if not self.client.is_closed:
                await subscription.unsubscribe()

        reader = Reader(stop, room)
        self._readers.add(reader)
        return reader

    async def request(self, subject: str, payload: bytes, seconds: float) -> bytes:
        try:
            answer = await self._connected().request(self._full(plain(subject)), payload, timeout=seconds)
        except (NoRespondersError, TimeoutError) as error:
            raise NobodyThere(f"Nobody answers {subject}.") from error
        except MaxPayloadError as error:
            raise TooLarge(f"A message of {len(payload)} bytes is too large for NATS.") from error
        except (NatsError, OSError) as error:
            raise LaneUnavailable(f"NATS takes no request now: {error!r}.") from error
        return bytes(answer.data)

    async def answer(self, pattern: str, handler: Handler) -> Stop:
        pattern_of(pattern)
        tasks: set[asyncio.Task[None]] = set()

        async def reply(message: Msg) -> None:
            try:
                await message.respond(await handler(message.data))
            except (NatsError, OSError) as error:
                log.warning("an answer could not be sent: %r", error)
            except Exception:
                log.exception("a request could not be answered: a fault of ours")

        async def heard(message: Msg) -> None:
            task = asyncio.create_task(reply(message))  # several at once
            tasks.add(task)
            task.add_done_callback(tasks.discard)

        subscription = await self._connected().subscribe(self._full(pattern), cb=heard)
        await self.client.flush()

        async def stop() -> None:
            if not self.client.is_closed:
                await subscription.unsubscribe()
            for task in list(tasks):
                task.cancel()

        return stop

    async def close(self) -> None:
        for reader in list(self._readers):
            await reader.close()
        if not self.client.is_closed:
            await self.client.close()


async def _noted(error: Exception) -> None:
    log.warning("NATS: %r", error)


class JetStreamDelivery:
    def __init__(self, message: Msg) -> None:
        self.payload = message.data
        self.tries: int = message.metadata.num_delivered or 1
        self._message = message

    async def done(self) -> None:
        await self._message.ack()

    async def again(self) -> None:
        await self._message.nak()


class JetStreamWorker:
    def __init__(self, subscription: JetStreamContext.PullSubscription) -> None:
        self._subscription = subscription

    async def take(self) -> Delivery:
        while True:
            try:
                (message,) = await self._subscription.fetch(1, timeout=ASKED)
            except TimeoutError:
                continue
            except (NatsError, OSError) as error:
                raise LaneUnavailable(f"JetStream gives no message now: {error!r}.") from error
            return JetStreamDelivery(message)

    async def close(self) -> None:
        if not self._subscription._nc.is_closed:
            await self._subscription.unsubscribe()


class JetStream:
    """One stream for all topics of an installation; a durable consumer a group."""

    name = "nats"

    def __init__(self, lane: Nats, prefix: str = "orchestrator", hold: float = HOLD) -> None:
        self._lane = lane
        self._stream = plain(prefix).replace(".", "-") + "-tasks"
        self._subjects = f"{prefix}-tasks"
        self._hold = hold
        self._js: JetStreamContext | None = None

    async def _context(self) -> JetStreamContext:
        if self._js is None:
            js = self._lane.client.jetstream()
            config = StreamConfig(
                name=self._stream,
                subjects=[f"{self._subjects}.>"],
                retention=RetentionPolicy.LIMITS,
                max_age=KEPT_DAYS * 86_400,
            )
            try:
                await js.add_stream(config)
            except (NatsError, OSError) as error:
                raise LaneUnavailable(
                    f"JetStream keeps no messages now: {error!r}.", hint="Start nats-server with -js and -sd FOLDER."
                ) from error
            self._js = js
        return self._js

    async def put(self, topic: str, payload: bytes) -> None:
        js = await self._context()
        try:
            await js.publish(f"{self._subjects}.{plain(topic)}", payload)
        except (NatsError, OSError) as error:
            raise LaneUnavailable(f"JetStream keeps no messages now: {error!r}.") from error

    async def open(self, topic: str, group: str = "") -> JetStreamWorker:
        js = await self._context()
        durable = plain(f"{topic}-{group or 'all'}".replace(".", "-"))
        config = ConsumerConfig(
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=self._hold,
            deliver_policy=DeliverPolicy.NEW if group else DeliverPolicy.ALL,
            max_ack_pending=1000,
        )
        try:
            return JetStreamWorker(
                await js.pull_subscribe(
                    f"{self._subjects}.{plain(topic)}", durable=durable, stream=self._stream, config=config
                )
            )
        except (NatsError, OSError) as error:
            raise LaneUnavailable(f"JetStream takes no worker now: {error!r}.") from error

    async def close(self) -> None:
        self._js = None

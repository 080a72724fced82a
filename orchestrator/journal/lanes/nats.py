"""NATS, fast: its core. The connection finds its server again by itself; readers are told that something may have
been missed meanwhile. What NATS keeps is told by `jetstream.py`.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.errors import MaxPayloadError, NoRespondersError

from orchestrator.journal.lanes.base import ROOM, Handler, Message, Reader, Stop, pattern_of, plain
from orchestrator.kernel.errors import LaneUnavailable, NobodyThere, TooLarge

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
        skip = len(self._prefix) + 1

        async def heard(message: Msg) -> None:
            reader.push(Message(message.subject[skip:], message.data))

        async def stop() -> None:
            self._readers.discard(reader)
            await end()

        reader = Reader(stop, room)
        end = await self._hear(pattern, heard)
        self._readers.add(reader)
        return reader

    async def _hear(self, pattern: str, heard: Callable[[Msg], Awaitable[None]]) -> Stop:
        """The server has the subscription when this returns."""
        pattern_of(pattern)
        try:
            subscription = await self._connected().subscribe(self._full(pattern), cb=heard)
            # nats-py writes a PING at once, and a SUB a moment later: only the second answer was asked for after it.
            await self.client.flush()
            await self.client.flush()
        except (NatsError, OSError, TimeoutError) as error:
            raise LaneUnavailable(f"NATS takes no subscription now: {error!r}.") from error

        async def end() -> None:
            if not self.client.is_closed:
                await subscription.unsubscribe()

        return end

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

        end = await self._hear(pattern, heard)

        async def stop() -> None:
            await end()
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

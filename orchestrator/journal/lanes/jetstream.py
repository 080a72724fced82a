"""NATS JetStream: reliable. One stream of the server keeps what is sent, in order.

Repeats are dropped by the server for two minutes, by their identifier; later ones are the reader's to know.
JetStream as shipped flushes its files now and then, not for each message.
"""

from collections.abc import Sequence
from urllib.parse import quote

from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import StreamConfig
from nats.js.errors import BadRequestError

from orchestrator.journal.lanes.base import Record
from orchestrator.kernel.errors import LaneUnavailable

KEPT = 10.0  # seconds until one message must be kept
IN_USE = 10058  # there is a stream of that name, set up otherwise: whoever did that knows why


class JetStream:
    name = "nats"

    def __init__(self, servers: Sequence[str], topic: str, *, user: str = "", password: str = "") -> None:
        """Connects at the first word. The stream has the name of the topic, and is made where it is missing."""
        self._servers = list(servers)
        self._topic = topic
        self._user, self._password = user or None, password or None
        self._client: Client | None = None
        self._stream: JetStreamContext | None = None

    async def send(self, records: Sequence[Record]) -> None:
        try:
            stream = self._stream or await self._opened()
            for record in records:  # one after the other: what comes after a failure must not be kept before it
                await stream.publish(
                    f"{self._topic}.{_word(record.key)}",
                    record.payload,
                    timeout=KEPT,
                    headers={"Nats-Msg-Id": quote(record.id), "Orchestrator-Stream": quote(record.key)},
                )
        except (NatsError, OSError, TimeoutError) as error:
            await self.close()
            raise LaneUnavailable(
                f"JetStream keeps nothing now: {error!r}.", hint="Start nats-server with -js and -sd FOLDER."
            ) from error

    async def _opened(self) -> JetStreamContext:
        client = self._client = Client()
        await client.connect(
            self._servers,
            connect_timeout=3,
            allow_reconnect=False,
            error_cb=_noted,
            user=self._user,
            password=self._password,
        )
        stream = client.jetstream()
        try:
            await stream.add_stream(StreamConfig(name=self._topic, subjects=[f"{self._topic}.>"]))
        except BadRequestError as error:
            if error.err_code != IN_USE:
                raise
        self._stream = stream
        return stream

    async def close(self) -> None:
        client, self._client, self._stream = self._client, None, None
        if client is not None and not client.is_closed:
            await client.close()


async def _noted(error: Exception) -> None:
    """Whoever sends is told by its own exception."""


def _word(key: str) -> str:
    """A stream's name as one word of a subject."""
    return "".join(sign if (sign.isalnum() and sign.isascii()) or sign in "_-" else "-" for sign in key) or "-"

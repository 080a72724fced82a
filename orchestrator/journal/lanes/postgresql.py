"""Fast, by PostgreSQL's own notices (LISTEN, NOTIFY): a lane for those who run nothing else.

One connection a process. What is published while a notice is on its way goes with the next one, in
one statement. A notice carries 8,000 bytes: what is longer is put in a table, and the notice says where.
"""

import asyncio
import base64
import itertools
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg  # type: ignore[import-untyped]

from orchestrator.journal.lanes.base import ROOM, Handler, Message, Reader, Stop, pattern_of, plain
from orchestrator.kernel.clock import Clock
from orchestrator.kernel.ending import ended
from orchestrator.kernel.errors import LaneUnavailable, NobodyThere, TooLarge

NOTICE = 7000  # bytes of text that surely fit one notice, with their subject
BACKLOG = 10_000  # notices heard and not yet given to their readers
LARGEST = 64 * 2**20  # bytes
BODIES_KEPT = 60  # seconds
AGAIN = 0.5  # seconds between attempts to connect again
ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)

Connect = Callable[[], Awaitable[Any]]  # an asyncpg connection of one's own

_NOTIFY = "SELECT pg_notify(channel, notice) FROM unnest($1::text[], $2::text[]) AS n (channel, notice)"

log = logging.getLogger("orchestrator.journal")


class _Sent:
    __slots__ = ("body", "channel", "future", "head")

    def __init__(self, channel: str, head: str, body: bytes, future: "asyncio.Future[None]") -> None:
        self.channel = channel
        self.head = head
        self.body = body
        self.future = future


class Postgresql:
    name = "postgresql"

    def __init__(self, connect: Connect, clock: Clock, node: str) -> None:
        self._connect = connect
        self._clock = clock
        self._node = plain(node)
        self._numbers = itertools.count(1)  # two equal notices of one transaction would be told once
        self._connection: Any = None
        self._using = asyncio.Lock()
        self._readers: dict[Reader, tuple[str, Callable[[str], bool]]] = {}
        self._handlers: dict[object, tuple[str, Callable[[str], bool], Handler]] = {}
        self._asked: dict[str, asyncio.Future[bytes]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._pending: list[_Sent] = []
        self._sending = False
        self._received: asyncio.Queue[str] = asyncio.Queue()
        self._closed = False

    @classmethod
    async def open(cls, connect: Connect, clock: Clock, node: str) -> "Postgresql":
        """`node` names this process among those it speaks to."""
        lane = cls(connect, clock, node)
        await lane._join()
        lane._spawn(lane._receive())
        return lane

    # The connection.

    async def _join(self) -> None:
        connection = await self._connect()
        self._connection = connection
        connection.add_termination_listener(self._ended)
        for channel in {f"lane-{self._node}-replies", *self._channels()}:
            await connection.add_listener(channel, self._heard)

    @property
    def backend(self) -> int:
        """The server's process on the other side of this lane."""
        return int(self._connection.get_server_pid())

    def _channels(self) -> set[str]:
        return {entry[0] for entry in self._readers.values()} | {entry[0] for entry in self._handlers.values()}

    def _ended(self, connection: Any) -> None:
        if self._connection is connection and not self._closed:
            self._connection = None
            self._spawn(self._rejoin())

    async def _rejoin(self) -> None:
        while not self._closed:
            try:
                async with self._using:
                    await self._join()
                break
            except ERRORS as error:
                log.warning("the lane has no connection: %s", error)
                await self._clock.sleep(AGAIN)
        self._lost()

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # Send.

    async def publish(self, subject: str, payload: bytes) -> None:
        await self._send(plain(subject).partition(".")[0], f"m||{subject}", payload)

    async def _send(self, channel: str, head: str, body: bytes) -> None:
        if self._closed:
            raise LaneUnavailable("The lane is closed.")
        if len(body) > LARGEST:
            raise TooLarge(f"A message of {len(body)} bytes is too large for a lane.")
        future = asyncio.get_running_loop().create_future()
        self._pending.append(_Sent(channel, head, body, future))
        if not self._sending:
            self._sending = True
            self._spawn(self._flush())
        await future

    async def _flush(self) -> None:
        try:
            while self._pending:
                batch, self._pending = self._pending[:1000], self._pending[1000:]
                try:
                    async with self._using:
                        await self._notify(batch)
                except ERRORS as error:
                    for sent in batch:
                        if not sent.future.done():
                            sent.future.set_exception(LaneUnavailable(f"PostgreSQL takes no notice now: {error}."))
                else:
                    for sent in batch:
                        if not sent.future.done():
                            sent.future.set_result(None)
        finally:
            self._sending = False

    async def _notify(self, batch: list[_Sent]) -> None:
        connection = self._connection
        if connection is None:
            raise OSError("there is no connection")
        notices = [await self._notice(connection, sent) for sent in batch]
        await connection.execute(_NOTIFY, [f"lane-{sent.channel}" for sent in batch], notices)

    async def _notice(self, connection: Any, sent: _Sent) -> str:
        head = f"{next(self._numbers)}|{sent.head}"
        if (text := _text(sent.body)) is not None and len(sent.body) <= NOTICE:
            return f"{head}|t{text}"
        if len(sent.body) <= NOTICE * 3 // 4:
            return f"{head}|b{base64.b64encode(sent.body).decode()}"
        number = await connection.fetchval("INSERT INTO lane_bodies (body) VALUES ($1) RETURNING id", sent.body)
        if number % 100 == 0:
            await connection.execute(f"DELETE FROM lane_bodies WHERE at < now() - interval '{BODIES_KEPT} seconds'")
        return f"{head}|x{number}"

    # Receive.

    def _heard(self, connection: Any, pid: int, channel: str, notice: str) -> None:
        if self._received.qsize() < BACKLOG:
            self._received.put_nowait(notice)
        else:
            self._lost()

    def _lost(self) -> None:
        for reader in self._readers:
            reader.lost()

    async def _receive(self) -> None:
        """In the order of arrival, also those whose body must be fetched."""
        while True:
            notice = await self._received.get()
            _, kind, reply, subject, carried = notice.split("|", 4)
            body = await self._body(carried)
            if body is None:
                self._lost()
            elif kind == "m":
                message = Message(subject, body)
                for reader, (_, matches) in self._readers.items():
                    if matches(subject):
                        reader.push(message)
            elif kind == "q":
                for _, matches, handler in self._handlers.values():
                    if matches(subject):
                        self._spawn(self._reply(reply, handler, body))
            elif (waiting := self._asked.get(subject)) is not None and not waiting.done():
                waiting.set_result(body)

    async def _body(self, carried: str) -> bytes | None:
        kind, rest = carried[0], carried[1:]
        if kind == "t":
            return rest.encode()
        if kind == "b":
            return base64.b64decode(rest)
        try:
            async with self._using:
                if self._connection is None:
                    return None
                found: bytes | None = await self._connection.fetchval(
                    "SELECT body FROM lane_bodies WHERE id = $1", int(rest)
                )
        except ERRORS as error:
            log.warning("a message could not be fetched: %s", error)
            return None
        return found

    async def _reply(self, reply: str, handler: Handler, body: bytes) -> None:
        try:
            answer = await handler(body)
        except Exception:
            log.exception("a request could not be answered: a fault of ours")
            return
        channel, _, number = reply.partition("#")
        try:
            await self._send(channel, f"r||{number}", answer)
        except LaneUnavailable as error:
            log.warning("an answer could not be sent: %s", error)

    # The seam.

    async def subscribe(self, pattern: str, room: int = ROOM) -> Reader:
        matches = pattern_of(pattern)

        async def stop() -> None:
            if entry := self._readers.pop(reader, None):
                await self._unlisten(entry[0])

        reader = Reader(stop, room)
        channel = f"lane-{pattern.partition('.')[0]}"
        await self._listen(channel)
        self._readers[reader] = (channel, matches)
        return reader

    async def answer(self, pattern: str, handler: Handler) -> Stop:
        matches, channel, key = pattern_of(pattern), f"lane-{pattern.partition('.')[0]}", object()

        async def stop() -> None:
            if self._handlers.pop(key, None):
                await self._unlisten(channel)

        await self._listen(channel)
        self._handlers[key] = (channel, matches, handler)
        return stop

    async def _listen(self, channel: str) -> None:
        if channel in self._channels():
            return
        try:
            async with self._using:
                if self._connection is None:
                    raise OSError("there is no connection")
                await self._connection.add_listener(channel, self._heard)
        except ERRORS as error:
            raise LaneUnavailable(f"PostgreSQL cannot be listened to now: {error}.") from error

    async def _unlisten(self, channel: str) -> None:
        if channel in self._channels() or self._connection is None or self._closed:
            return
        try:
            async with self._using:
                await self._connection.remove_listener(channel, self._heard)
        except ERRORS as error:
            log.debug("not listened to any more, with the connection: %s", error)

    async def request(self, subject: str, payload: bytes, seconds: float) -> bytes:
        number = str(next(self._numbers))
        waiting: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._asked[number] = waiting
        try:
            async with self._clock.timeout(seconds):
                head = f"q|{self._node}-replies#{number}|{plain(subject)}"
                await self._send(subject.partition(".")[0], head, payload)
                return await waiting
        except TimeoutError:
            raise NobodyThere(f"Nobody answers {subject}.") from None
        finally:
            del self._asked[number]

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        await ended(self._tasks)
        for sent in self._pending:
            sent.future.cancel()
        for reader in list(self._readers):
            await reader.close()
        if self._connection is not None:
            await self._connection.close()


def _text(body: bytes) -> str | None:
    """The same as text, where PostgreSQL can carry it."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text

"""Streams: what keeps a long answer going, and a run's events as server-sent events.

A reader never holds a run up: what it does not take in time waits in a short queue, then on the
bus, which drops it and reads the journal again.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import aclosing, contextmanager
from typing import Any, Literal, TypeAlias

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect

from orchestrator.agents.runs import Runs
from orchestrator.api.frames import delta_json, encode, event_json, merged
from orchestrator.api.problems import problem_of
from orchestrator.kernel.clock import Clock
from orchestrator.kernel.errors import NotAuthenticated, OrchestratorError
from orchestrator.kernel.events import Delta, Event
from orchestrator.telemetry.metrics import Metrics

ALIVE = b": alive\n\n"  # a comment, which readers of server-sent events pass over
QUEUE = 256  # items between a run and the network
PULSE = 15.0  # seconds between signs of life, and between checks that the caller is still signed in

SIGNED_OUT = 4401  # how a socket of nobody is closed
RESTARTING = 1012  # and every socket, when the server stops

Check = Callable[[], Awaitable[Any]]  # raises NotAuthenticated once the caller's session is over
End = Callable[[int], None]  # called with the reason, as the code that closes a WebSocket

Told: TypeAlias = Event | Delta | Exception | bytes

log = logging.getLogger("orchestrator.api")


class Streams:
    """The streams open now, by session: signing out ends them, and so does the end of the server."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._open: dict[str, set[End]] = {}

    @contextmanager
    def joined(self, session_id: str, kind: Literal["websocket", "events"], end: End) -> Iterator[None]:
        ends = self._open.setdefault(session_id, set())
        ends.add(end)
        self._metrics.stream_opened(kind)
        try:
            yield
        finally:
            self._metrics.stream_closed(kind)
            ends.discard(end)
            if not ends:
                self._open.pop(session_id, None)

    def end(self, session_id: str, code: int = SIGNED_OUT) -> None:
        for end in tuple(self._open.get(session_id, ())):
            end(code)

    def end_all(self) -> None:
        for session_id in tuple(self._open):
            self.end(session_id, RESTARTING)


async def batch(queue: "asyncio.Queue[Any]") -> list[Any]:
    """Everything that is in the queue, once there is something."""
    items = [await queue.get()]
    while not queue.empty():
        items.append(queue.get_nowait())
    return items


async def followed(runs: Runs, run_id: str, after: int) -> AsyncIterator[Event | Delta | Exception]:
    """What happens in a run from after `after` on; last, the error that keeps it from being told."""
    try:
        async with aclosing(runs.watch(run_id, after)) as items:  # type: ignore[type-var]
            async for item in items:
                yield item
    except OrchestratorError as error:
        yield error
    except Exception as error:
        log.exception("telling %s: a fault of ours", run_id)
        yield error


class EventStream(Response):
    """The events of one run as server-sent events: `id` is the seq, a delta has none."""

    media_type = "text/event-stream"

    def __init__(
        self, told: AsyncIterator[Told], clock: Clock, check: Check, streams: Streams, session_id: str
    ) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._told = told
        self._clock = clock
        self._check = check
        self._streams = streams
        self._session_id = session_id
        self._queue: asyncio.Queue[Told | None] = asyncio.Queue(QUEUE)
        self._over = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": b"retry: 1000\n\n", "more_body": True})
        ends = (self._write(send), self._pulse(), self._over.wait(), _gone(receive))
        work = [asyncio.create_task(part) for part in (self._pump(), *ends)]
        with self._streams.joined(self._session_id, "events", lambda _: self._over.set()):
            try:
                await asyncio.wait(work[1:], return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in work:
                    task.cancel()
                ended = await asyncio.gather(*work, return_exceptions=True)
        raise_unexpected(ended)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _pump(self) -> None:
        async with aclosing(self._told) as items:  # type: ignore[type-var]
            async for item in items:
                await self._queue.put(item)
        await self._queue.put(None)

    async def _pulse(self) -> None:
        """A sign of life now and then; returns once nobody is signed in any more."""
        while True:
            await self._clock.sleep(PULSE)
            try:
                await self._check()
            except NotAuthenticated:
                return
            if self._queue.empty():
                await self._queue.put(ALIVE)

    async def _write(self, send: Send) -> None:
        while True:
            items = await batch(self._queue)
            if body := b"".join(self._lines(items)):
                await send({"type": "http.response.body", "body": body, "more_body": True})
            if None in items:
                return

    def _lines(self, items: list[Told | None]) -> Iterator[bytes]:
        for item in merged(item for item in items if isinstance(item, Event | Delta)):
            if isinstance(item, Event):
                yield b"id: %d\nevent: %s\ndata: %s\n\n" % (item.seq, item.type.encode(), event_json(item))
            else:
                yield b"event: delta\ndata: %s\n\n" % delta_json(item)
        for other in items:
            if isinstance(other, Exception):
                yield b"event: error\ndata: %s\n\n" % encode(problem_of(other))
            elif isinstance(other, bytes):
                yield other


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def raise_unexpected(ended: Iterable[object]) -> None:
    """The first failure among ended tasks that is not the other side going away."""
    for error in ended:
        if isinstance(error, Exception) and not isinstance(error, OSError | WebSocketDisconnect):
            raise error

"""A reply on its way to a client: whole, or as it is made; and what becomes of it when the client goes away."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, aclosing, nullcontext
from functools import cached_property
from typing import Any, TypeAlias, cast

from starlette.types import Message, Receive, Send

from orchestrator.api.compatible.doors import Door, Teller
from orchestrator.api.streams import PULSE, End
from orchestrator.kernel.clock import Clock
from orchestrator.kernel.errors import ModelGarbled, ModelUnavailable, OrchestratorError
from orchestrator.llm.base import Chunk, Reply, Setback, TextDelta, ThinkingDelta

Header: TypeAlias = tuple[bytes, bytes]
Opening: TypeAlias = Callable[[], tuple[Teller, Sequence[Header]]]
Joined: TypeAlias = Callable[[End], AbstractContextManager[None]]
Take: TypeAlias = Callable[[bytes], bool]  # a piece at once; False where it must be sent
JSON: Header = (b"content-type", b"application/json")

log = logging.getLogger("orchestrator.api")


class Presence:
    """Cancels this task when the client hangs up, or is to. Asked only once the body of the request is read."""

    def __init__(self, receive: Receive) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._task: asyncio.Task[Any] = task
        self._before = task.cancelling()
        self._left = self.stopped = False
        self._waiting: asyncio.Future[Message] = asyncio.ensure_future(receive())
        self._waiting.add_done_callback(self._gone)

    def _gone(self, waited: "asyncio.Future[Message]") -> None:
        if not waited.cancelled():
            self._left = True
            self._task.cancel()

    def stop(self, code: int) -> None:
        """The server stops, or the caller has signed out."""
        self._left = self.stopped = True
        self._task.cancel()

    def over(self) -> None:
        self._waiting.remove_done_callback(self._gone)
        self._waiting.cancel()

    def caused(self) -> bool:
        """Asked once after a CancelledError: was it this, and nobody else?"""
        return self._left and self._task.uncancel() <= self._before


async def body_of(receive: Receive) -> bytes:
    message = await receive()
    if not message.get("more_body", False):
        whole: bytes = message.get("body", b"")
        return whole
    pieces = [message.get("body", b"")]
    while message["type"] == "http.request" and message.get("more_body", False):
        message = await receive()
        pieces.append(message.get("body", b""))
    return b"".join(pieces)


async def send_whole(send: Send, told: bytes, headers: Sequence[Header] = ()) -> None:
    size = (b"content-length", str(len(told)).encode())
    await send({"type": "http.response.start", "status": 200, "headers": [JSON, size, *headers]})
    await send({"type": "http.response.body", "body": told})


async def whole(chunks: AsyncIterator[Chunk], receive: Receive, tell: Callable[[Reply], Awaitable[None]]) -> None:
    """Tell the reply once it is made, unless nobody waits for it any more."""
    presence, told, answered = Presence(receive), False, False
    try:
        async with aclosing(cast(Any, chunks)):
            async for chunk in chunks:
                if isinstance(chunk, Reply):
                    told = True
                    presence.over()
                    await tell(chunk)  # and what comes after it is read, so that the model's connection can be kept
                    answered = True
        if not told:
            raise ModelGarbled("The model ended its reply in the middle.", hint="Ask again.")
    except asyncio.CancelledError:
        if not presence.caused():
            raise
    except OrchestratorError as error:
        if not answered:
            raise
        log.warning("after a reply: %s", error)
    finally:
        presence.over()


class Streaming:
    """A reply as it is made."""

    def __init__(self, door: Door, open: Opening, send: Send, clock: Clock, take: Take = lambda piece: False) -> None:
        """`open` is asked when there is something to tell: who answers is known only then."""
        self._door = door
        self._opening = open
        self._send = send
        self._clock = clock
        self._take = take
        self._quiet = True
        self._pulsing: asyncio.Task[None] | None = None
        self._open = self._ended = False
        self._rearm: Callable[[], None] | None = None

    async def run(
        self,
        chunks: AsyncIterator[Chunk],
        receive: Receive,
        joined: Joined = lambda end: nullcontext(),
        *,
        at_once: bool,
    ) -> None:
        """`at_once`: the client is answered before there is anything to tell. Raises what comes before that.

        `joined` is told how to end the stream from outside.
        """
        presence = Presence(receive)
        self._rearm = self._clock.call_later(PULSE, self._pulse) if self._door.pulse else None
        try:
            with joined(presence.stop):
                async with aclosing(cast(Any, chunks)):
                    if at_once:
                        await self._start(self._opened[0].begin())
                    await self._tell(chunks, presence)
        except asyncio.CancelledError:
            if not presence.caused():
                raise
            if presence.stopped:
                stopped = ModelUnavailable("The server stops, or you have signed out.", hint="Ask again.")
                if not self._open:
                    raise stopped from None
                await self._broken(stopped)
        except Exception as error:
            if not self._open:
                raise
            if not isinstance(error, OrchestratorError):
                log.exception("a stream that was begun cannot go on: a fault of ours")
            await self._broken(error)
        finally:
            presence.over()
            if self._rearm is not None:
                self._rearm()
            if self._pulsing is not None:
                self._pulsing.cancel()

    async def _tell(self, chunks: AsyncIterator[Chunk], presence: Presence) -> None:
        said = False
        async for chunk in chunks:
            if isinstance(chunk, Setback):
                if said:
                    raise ModelGarbled("The model broke off, and what it said cannot be taken back.", hint="Ask again.")
                continue
            teller = self._opened[0]
            if isinstance(chunk, TextDelta):
                said = True
                told = teller.text(chunk.text)
            elif isinstance(chunk, ThinkingDelta):
                told = teller.thinking(chunk.text)
            else:
                told, self._ended = teller.end(chunk), True
                presence.over()
                if self._open:
                    await self._write(told, more=False)
                else:
                    await self._start(teller.begin() + told, more=False)
                continue  # what comes after it is read, so that the model's connection can be kept
            self._quiet = False
            if not self._open:
                await self._start(teller.begin() + told)
            elif not self._take(told):
                await self._write(told, more=True)
        if not self._ended:
            raise ModelGarbled("The model ended its reply in the middle.", hint="Ask again.")

    async def _broken(self, error: Exception) -> None:
        if self._ended:
            log.warning("after a reply: %s", error)
        else:
            await self._write(self._opened[0].broken(error), more=False)

    @cached_property
    def _opened(self) -> tuple[Teller, Sequence[Header]]:
        return self._opening()

    async def _start(self, told: bytes, *, more: bool = True) -> None:
        kind = (b"content-type", self._door.media_type.encode())
        headers = [kind, (b"x-accel-buffering", b"no"), *self._opened[1]]
        self._open = True
        await self._send({"type": "http.response.start", "status": 200, "headers": headers})
        await self._write(told, more=more)

    async def _write(self, told: bytes, *, more: bool) -> None:
        await self._send({"type": "http.response.body", "body": told, "more_body": more})

    def _pulse(self) -> None:
        """A sign of life where there was none for a while, so that nobody on the way takes the stream for dead."""
        if self._quiet and self._open:
            self._pulsing = asyncio.ensure_future(self._write(self._door.pulse, more=True))
        self._quiet = True
        self._rearm = self._clock.call_later(PULSE, self._pulse)

"""Many who watch one run on sockets: what is equal for all of them is translated, encoded and framed once.

A socket first follows a run by itself. Once it has been told exactly what the audience has been told, it joins. One
that cannot take a frame at once leaves, and follows by itself again from there: nobody waits for it, it misses nothing.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from typing import Protocol

from websockets.frames import Frame as WebSocketFrame
from websockets.frames import Opcode

from orchestrator.agents.runs import Runs
from orchestrator.api.frames import Frame, Translator, encode, error_frame
from orchestrator.api.streams import QUEUE, batch, followed
from orchestrator.kernel.clock import Clock
from orchestrator.kernel.events import Delta, Event

AT_ONCE = 250  # readers told before anything else of this process has its turn

log = logging.getLogger("orchestrator.api")


class Member(Protocol):
    """A socket in an audience."""

    def take(self, prepared: bytes) -> bool:
        """Send prepared frames now; False when it cannot, and then nothing of them is sent."""

    def apart(self, run_id: str, told: Translator) -> None:
        """It has left the audience, told so much: it follows the run by itself from there."""

    def ended(self, run_id: str) -> None:
        """It has been told all there is."""


def prepared(frames: list[Frame]) -> bytes:
    """Frames as a server sends them over any WebSocket: unmasked text, which is the same for every reader."""
    return b"".join(WebSocketFrame(Opcode.TEXT, encode(frame)).serialize(mask=False) for frame in frames)


class Audience:
    def __init__(self, runs: Runs, run_id: str, told: Translator, clock: Clock) -> None:
        self.run_id = run_id
        self.members: dict[Member, None] = {}
        self.told = told.copy()
        self._runs = runs
        self._clock = clock
        self._queue: asyncio.Queue[Event | Delta | Exception | None] = asyncio.Queue(QUEUE)

    async def serve(self) -> None:
        pump = asyncio.create_task(self._pump())
        try:
            while True:
                items = await batch(self._queue)
                before = self.told.copy()
                await self._tell(self._frames(items), before)
                if None in items:
                    break
            for member in self._leaving():
                member.ended(self.run_id)
        except Exception:
            log.exception("telling all who watch %s: a fault of ours; each follows by itself", self.run_id)
        finally:
            pump.cancel()
            for member in self._leaving():
                member.apart(self.run_id, self.told.copy())

    async def _pump(self) -> None:
        async with aclosing(followed(self._runs, self.run_id, self.told.seq)) as items:  # type: ignore[type-var]
            async for item in items:
                await self._queue.put(item)
        await self._queue.put(None)

    def _frames(self, items: list[Event | Delta | Exception | None]) -> list[Frame]:
        now = self._clock.now()
        frames = self.told.frames([item for item in items if isinstance(item, Event | Delta)], now)
        errors = (item for item in items if isinstance(item, Exception))  # the last item, if any
        return [*frames, *(error_frame(error, now, self.run_id) for error in errors)]

    async def _tell(self, frames: list[Frame], before: Translator) -> None:
        if not frames:
            return
        data = prepared(frames)
        for at, member in enumerate(list(self.members), 1):
            if member in self.members and not member.take(data):
                del self.members[member]
                member.apart(self.run_id, before.copy())
            if at % AT_ONCE == 0:
                await asyncio.sleep(0)

    def _leaving(self) -> Iterator[Member]:
        members, self.members = self.members, {}
        return iter(members)


class Audiences:
    """Those of this process, by run. One reader alone has none."""

    def __init__(self, runs: Runs, clock: Clock) -> None:
        self._runs = runs
        self._clock = clock
        self._alone: Counter[str] = Counter()  # sockets that follow a run by themselves
        self._audiences: dict[str, tuple[Audience, asyncio.Task[None]]] = {}

    @contextmanager
    def alone(self, run_id: str) -> Iterator[None]:
        self._alone[run_id] += 1
        try:
            yield
        finally:
            self._alone[run_id] -= 1
            if not self._alone[run_id]:
                del self._alone[run_id]

    def join(self, run_id: str, told: Translator, member: Member) -> bool:
        """True when it is told from now on by the audience: it has been told what the others were."""
        found = self._audiences.get(run_id)
        if found is None:
            if self._alone[run_id] < 2:
                return False
            audience = Audience(self._runs, run_id, told, self._clock)
            task = asyncio.create_task(audience.serve(), name=f"the audience of {run_id}")
            self._audiences[run_id] = audience, task
            task.add_done_callback(lambda _: self._over(run_id, audience))
        else:
            audience, task = found
            if task.done() or task.cancelling() or not audience.told.level(told):
                return False
        audience.members[member] = None
        return True

    def leave(self, run_id: str, member: Member) -> None:
        found = self._audiences.get(run_id)
        if found is None:
            return
        audience, task = found
        if audience.members.pop(member, self) is None and not audience.members:
            task.cancel()

    def _over(self, run_id: str, audience: Audience) -> None:
        found = self._audiences.get(run_id)
        if found is not None and found[0] is audience:
            del self._audiences[run_id]

"""Live, from the node that works on a run to those where somebody watches it.

A node where a run is watched tells the others. Each of them listens to that run on its own bus, and
the one that works on it has something to pass on: first what the step under way has said so far, then
what follows, numbered. What arrives goes onto the watcher's bus as if the run were there. A number that
is missing is asked for again, from the beginning of the step; events are never missed, for the journal
has them, and a look at its heads now and then finds what no message told of.
"""

import asyncio
import itertools
import logging
from collections.abc import Callable, Iterable
from typing import TypeAlias

import msgspec
from msgspec import Struct

from orchestrator.journal.bus import Bus
from orchestrator.journal.lanes.base import Lane, Message, Reader
from orchestrator.kernel.ending import ended
from orchestrator.kernel.errors import LaneError, OrchestratorError
from orchestrator.kernel.events import Delta, Event

PENDING = 1024  # pieces that may wait for the lane, for one watcher of one run

log = logging.getLogger("orchestrator.journal")


class Said(Struct, frozen=True, tag="said"):
    speech: int
    step: int
    kind: str
    offset: int
    text: str


class Happened(Struct, frozen=True, tag="happened"):
    event: Event


class Failed(Struct, frozen=True, tag="failed"):
    code: str
    detail: str
    hint: str
    retryable: bool


Piece: TypeAlias = Said | Happened | Failed


class Told(Struct, frozen=True):
    run_id: str
    origin: str  # the node, and which of its outlets
    number: int  # of the first piece
    pieces: list[Piece]


class Wish(Struct, frozen=True):
    """Which runs a node wants to be told of."""

    node: str
    on: list[str]
    off: list[str] = []
    again: bool = False  # from the beginning of what is being said
    everyone: bool = False  # and it asks for the wishes of all others: it has just come


class Elsewhere(OrchestratorError):
    """What keeps a run from going on, as another node says it."""

    def __init__(self, failed: Failed) -> None:
        super().__init__(failed.detail, hint=failed.hint)
        self.code, self.retryable = failed.code, failed.retryable  # type: ignore[misc]


class _Outlet:
    """What one run says, on its way to one node."""

    def __init__(self, relay: "Relay", run_id: str, node: str, number: int) -> None:
        self.run_id = run_id
        self.node = node
        self._origin = f"{relay.node}.{number}"
        self._relay = relay
        self._sent = 0
        self._greets = False
        self._pieces: list[Piece] = []

    def push(self, item: Event | Delta) -> None:
        if isinstance(item, Event):
            self._put(Happened(item))
            return
        speech = self._relay.bus.speech(self.run_id)
        last = self._pieces[-1] if self._pieces else None
        if (
            isinstance(last, Said)
            and (last.speech, last.kind) == (speech, item.kind)
            and last.offset + len(last.text) == item.offset
        ):
            self._pieces[-1] = Said(speech, item.step, item.kind, last.offset, last.text + item.text)
        else:
            self._put(Said(speech, item.step, item.kind, item.offset, item.text))

    def fail(self, error: OrchestratorError) -> None:
        self._put(Failed(error.code, error.detail, error.hint, error.retryable))

    def _put(self, piece: Piece) -> None:
        if self._relay.echoing:
            return  # it came from another node, and is not ours to pass on
        if len(self._pieces) >= PENDING:
            self._sent += len(self._pieces)  # the gap in the numbers says so
            self._pieces.clear()
        self._pieces.append(piece)
        self._relay.due(self)

    def greet(self) -> None:
        """From now on all is told: what happened before is in the journal, and what was said so far follows."""
        self._greets = True
        self._relay.due(self)
        for delta in self._relay.bus.so_far(self.run_id):
            self.push(delta)

    def take(self) -> Told | None:
        if not self._pieces and not self._greets:
            return None
        self._greets = False
        told = Told(self.run_id, self._origin, self._sent, self._pieces)
        self._sent += len(self._pieces)
        self._pieces = []
        return told


class _Mirror:
    """What is known here of a run that is elsewhere."""

    def __init__(self) -> None:
        self.origin = ""
        self.next = 0
        self.waits = False  # for the beginning of what it hears
        self.speech: tuple[str, int] = ("", 0)
        self.lengths: dict[str, int] = {}
        self.seen = 0  # event
        self.head = 0  # in the journal, at the last look


class Relay:
    def __init__(
        self,
        bus: Bus,
        lane: Lane,
        node: str,
        is_here: Callable[[str], bool],
        news: Callable[[str], None] = lambda stream: None,
    ) -> None:
        """`news` is told of streams that are no runs, when another node wrote to one; of "" when that was missed."""
        self.bus = bus
        self.node = node
        self.echoing = False
        self._lane = lane
        self._is_here = is_here
        self._news = news
        self._written: set[str] = set()  # streams that others are to hear of
        self._numbers = itertools.count(1)
        self._outlets: dict[tuple[str, str], _Outlet] = {}
        self._due: dict[_Outlet, None] = {}
        self._wished: dict[str, _Mirror] = {}
        self._changed: set[str] = set()  # runs whose first reader came or last one went
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        live = await self._lane.subscribe(f"{self.node}.live", room=4096)
        wishes = await self._lane.subscribe("all.wishes", room=4096)
        own = await self._lane.subscribe(f"{self.node}.wishes", room=4096)
        news = await self._lane.subscribe("all.news", room=4096)
        self.bus.interest = self._interest
        self._tasks = [
            asyncio.create_task(work)
            for work in (self._hear(live), self._obey(wishes), self._obey(own), self._learn(news), self._send())
        ]
        await self._publish("all.wishes", Wish(self.node, sorted(self._wished), everyone=True))

    async def close(self) -> None:
        self.bus.interest = lambda run_id, watched: None
        await ended(self._tasks)
        for (run_id, _), outlet in self._outlets.items():
            self.bus.detach(run_id, outlet)
        self._outlets.clear()

    # What is no run: who signed out, what was granted.

    def tell(self, events: Iterable[Event]) -> None:
        """Committed here; others may have something of it in memory."""
        written = {event.stream for event in events if not event.stream.startswith("run_")}
        if written:
            self._written |= written
            self._wake.set()

    async def _learn(self, news: Reader) -> None:
        async for item in news:
            if not isinstance(item, Message):
                self._news("")
                continue
            node, streams = msgspec.json.decode(item.payload, type=tuple[str, list[str]])
            if node != self.node:
                for stream in streams:
                    self._news(stream)

    def found(self, streams: Iterable[str]) -> None:
        """Written by whomever, and seen in the journal: what a message told of too, and what none did."""
        for stream in streams:
            self._news(stream)

    # What is wished here.

    def _interest(self, run_id: str, watched: bool) -> None:
        self._changed.add(run_id)
        self._wake.set()

    def review(self) -> None:
        """Runs come and go: whose readers are here, and whose work is not, is to be told from elsewhere."""
        elsewhere = {run_id for run_id in self.bus.read_here() if not self._is_here(run_id)}
        self._changed |= elsewhere ^ self._wished.keys()
        if self._changed:
            self._wake.set()

    async def insist(self) -> None:
        """What was asked for again a while ago, and did not come."""
        await self._resume([run_id for run_id, mirror in self._wished.items() if mirror.waits])

    async def _wish(self) -> None:
        changed, self._changed = self._changed, set()
        read = self.bus.read_here() if changed else set()
        on = [r for r in changed if r in read and not self._is_here(r) and r not in self._wished]
        off = [r for r in changed if r in self._wished and (r not in read or self._is_here(r))]
        for run_id in on:
            self._wished[run_id] = _Mirror()
        for run_id in off:
            del self._wished[run_id]
            if not self._is_here(run_id):
                self.bus.end(run_id)
        if on or off:
            await self._publish("all.wishes", Wish(self.node, on, off))

    def heads(self) -> list[str]:
        return list(self._wished)

    def compare(self, heads: dict[str, int]) -> None:
        """The journal's heads, now and then: an event that was there last time and nobody told of was missed."""
        for run_id, head in heads.items():
            mirror = self._wished.get(run_id)
            if mirror is not None:
                if mirror.head > mirror.seen:
                    mirror.seen = mirror.head
                    self.bus.missed(run_id)
                mirror.head = head

    # What others wish.

    async def _obey(self, wishes: Reader) -> None:
        async for item in wishes:
            if not isinstance(item, Message):
                await self._publish("all.wishes", Wish(self.node, sorted(self._wished), everyone=True))
                continue
            wish = msgspec.json.decode(item.payload, type=Wish)
            if wish.node == self.node:
                continue
            for run_id in wish.off:
                self._remove(run_id, wish.node)
            for run_id in wish.on:
                if wish.again:
                    self._remove(run_id, wish.node)
                self._add(run_id, wish.node)
            if wish.everyone and self._wished:
                await self._publish(f"{wish.node}.wishes", Wish(self.node, sorted(self._wished)))

    def _add(self, run_id: str, node: str) -> None:
        if (run_id, node) in self._outlets:
            return
        outlet = self._outlets[run_id, node] = _Outlet(self, run_id, node, next(self._numbers))
        self.bus.attach(run_id, outlet)
        if self._is_here(run_id):
            outlet.greet()

    def _remove(self, run_id: str, node: str) -> None:
        if outlet := self._outlets.pop((run_id, node), None):
            self.bus.detach(run_id, outlet)
            self._due.pop(outlet, None)

    def forget(self, alive: Iterable[str]) -> None:
        """Nodes that are no more wish nothing."""
        living = set(alive)
        for run_id, node in [key for key in self._outlets if key[1] not in living]:
            self._remove(run_id, node)

    # Send.

    def due(self, outlet: _Outlet) -> None:
        self._due[outlet] = None
        self._wake.set()

    async def _send(self) -> None:
        """While one message is on its way, what follows gathers for the next."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            if self._changed:
                await self._wish()
            if self._written:
                written, self._written = self._written, set()
                await self._publish("all.news", (self.node, sorted(written)))
            due, self._due = self._due, {}
            by_node: dict[str, list[Told]] = {}
            for outlet in due:
                if (told := outlet.take()) is not None:
                    by_node.setdefault(outlet.node, []).append(told)
            for node, all_told in by_node.items():
                await self._publish(f"{node}.live", all_told)

    async def _publish(self, subject: str, what: object) -> None:
        try:
            await self._lane.publish(subject, msgspec.json.encode(what))
        except LaneError as error:
            log.warning("%s could not be told: %s", subject, error)  # the numbers will show it

    # Hear.

    async def _hear(self, live: Reader) -> None:
        async for item in live:
            if not isinstance(item, Message):
                await self._resume(list(self._wished))
                continue
            lost = [told.run_id for told in msgspec.json.decode(item.payload, type=list[Told]) if not self._take(told)]
            if lost:
                await self._resume(lost)

    async def _resume(self, runs: list[str]) -> None:
        """Something was missed: events are in the journal, and what is being said is asked for again."""
        runs = [run_id for run_id in runs if run_id in self._wished]
        for run_id in runs:
            self._wished[run_id].origin, self._wished[run_id].waits = "", False
            self.bus.missed(run_id)
        if runs:
            await self._publish("all.wishes", Wish(self.node, runs, again=True))

    def _take(self, told: Told) -> bool:
        """False when something before it was missed."""
        mirror = self._wished.get(told.run_id)
        if mirror is None or self._is_here(told.run_id):
            return True  # of no interest any more
        if told.origin != mirror.origin:
            if told.number:
                mirror.waits |= mirror.origin == ""  # what was asked for again may be on its way
                return mirror.waits
            mirror.origin, mirror.next, mirror.waits = told.origin, 0, False
            self.bus.missed(told.run_id)  # what happened before this is in the journal
        if told.number != mirror.next:
            return False
        mirror.next += len(told.pieces)
        self.echoing = True
        try:
            for piece in told.pieces:
                self._echo(told.run_id, told.origin.partition(".")[0], mirror, piece)
        finally:
            self.echoing = False
        return True

    def _echo(self, run_id: str, node: str, mirror: _Mirror, piece: Piece) -> None:
        match piece:
            case Happened(event):
                mirror.seen = max(mirror.seen, event.seq)
                self.bus.publish([event])
            case Failed():
                self.bus.fail(run_id, Elsewhere(piece))
            case Said():
                if mirror.speech != (node, piece.speech):
                    mirror.speech, mirror.lengths = (node, piece.speech), {}
                    self.bus.begin(run_id, piece.step)
                have = mirror.lengths.get(piece.kind, 0)
                if fresh := piece.text[max(0, have - piece.offset) :]:
                    mirror.lengths[piece.kind] = piece.offset + len(piece.text)
                    self.bus.say(run_id, piece.kind, fresh)

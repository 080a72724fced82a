"""This process among others that share one journal: it lives by its beat, takes runs that nobody works
on, lets go of its own before its lease is over, and passes on what concerns a run that is elsewhere.

A life begins with `join` and ends when a neighbour gives this node up, or when it could not say that it
lives: then all its turns are stopped, and it joins again under another name. Time is measured by this
process's own stopwatch alone.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, Literal, Protocol, TypeAlias, TypeVar

import msgspec
from msgspec import Struct

from orchestrator.journal.claims import Claims, gone
from orchestrator.journal.lanes.base import Lane, Reader, Stop
from orchestrator.journal.relay import Relay
from orchestrator.kernel.clock import Clock
from orchestrator.kernel.ending import ended
from orchestrator.kernel.errors import Conflict, Fenced, JournalUnavailable, LaneError, NotFound, OrchestratorError
from orchestrator.kernel.events import Event

MARGIN = 1 / 6  # of the lease, left for stopping what is at work
BEATS = 4  # a lease
LOOKS = 3  # beats between looks at the journal's heads, for those who watch runs elsewhere
ASKING = 30.0  # seconds a node may take to do what another asks of it

# serving: works on what anybody begins. visiting: on its own, for whoever stays a moment. fronting: on nothing.
Role: TypeAlias = Literal["serving", "visiting", "fronting"]

T = TypeVar("T")
log = logging.getLogger("orchestrator.agents")


class Workforce(Protocol):
    """The runs at work in this process."""

    def working(self) -> Collection[str]: ...

    async def take_up(self, run_id: str, reason: str) -> bool:
        """Go on with a run. False where there is nothing to do: it is finished, or waits."""

    async def let_go(self) -> None:
        """Stop every turn where it stands; nothing more is recorded."""

    async def reconcile(self) -> None:
        """What one run's end means for another, where a process died before it acted on that."""


class Asked(Struct, frozen=True):
    operation: str
    arguments: dict[str, Any]


class Answered(Struct, frozen=True):
    result: Any = None
    code: str = ""
    detail: str = ""
    hint: str = ""


Operation = Callable[..., Awaitable[Any]]
Heir = Callable[[str, bool], None]  # told of a node that was given up, and whether its process is surely gone


class Node:
    def __init__(
        self,
        *,
        claims: Claims,
        lane: Lane,
        relay: Relay,
        clock: Clock,
        process: str,
        lease: float,
        room: int,
        url: str,
        place: str,
        version: str,
        role: Role = "serving",
    ) -> None:
        """`process` names this process as long as it runs; `room` is how many runs it works on at once."""
        self.process = process
        self.url = url
        self.claims = claims
        self._lane = lane
        self._relay = relay
        self._clock = clock
        self._lease = lease
        self._room = room
        self._place = place
        self._version = version
        self._lives = 0
        self._ends = float("-inf")  # of the lease, by our stopwatch, with a margin
        self._state: Role | Literal["draining"] = role
        self._workforce: Workforce | None = None
        self._operations: Mapping[str, Operation] = {}
        self._seen: dict[str, tuple[int, float]] = {}  # of each other node: its beat, and since when it stands there
        self._idle: dict[str, int] = {}  # claims of ours that nobody worked on at the last beat, with their epoch
        self._doorbell = asyncio.Event()
        self._count = 0
        self._bereaved = False
        self._leaves = False
        self._read = 0  # as far as the journal was looked at for what is no run
        self.heirs: list[Heir] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._stops: list[Stop] = []

    @property
    def lane(self) -> str:
        return self._lane.name

    @property
    def name(self) -> str:
        return f"{self.process}-{self._lives}"

    def named(self) -> str:
        return self.name

    # What the rooms beside it ask.

    def check(self) -> None:
        """Before every effect and every append. Raises Fenced once the runs may be another's."""
        if self._clock.monotonic() >= self._ends:
            raise Fenced("This server lost touch with the others: its runs may be theirs by now.")

    def tell(self, events: Sequence[Event]) -> None:
        """Committed here."""
        self._relay.tell(events)

    def full(self) -> bool:
        """Whether another should work on what is begun here."""
        return self._state in ("fronting", "draining") or (self._state == "serving" and self._free() <= 0)

    def _free(self) -> int:
        return self._room - len(self._workforce.working()) if self._workforce is not None else 0

    def is_here(self, run_id: str) -> bool:
        return self._workforce is not None and run_id in self._workforce.working()

    async def hand_on(self, run_id: str) -> None:
        """A run that there is no room for here."""
        await self.claims.hand_on(self.name, run_id)
        await self._ring()

    def stir(self) -> None:
        """A run came to rest. Where there was no room for more, there is again: some may wait for it."""
        if self._free() <= 1:
            self._doorbell.set()

    async def at(
        self, run_id: str, operation: str, arguments: dict[str, Any], here: Callable[[], Awaitable[T]]
    ) -> T | Any:
        """Do something to a run where it is: `here`, unless another node works on it. Raises what it raises there."""
        patience = self._clock.monotonic() + ASKING
        while True:
            owner = await self.claims.owner(run_id)
            process = owner.rpartition("-")[0] if owner else self.process
            try:
                if process == self.process:
                    return await here()
                return await self._ask(process, Asked(operation, arguments), run_id, owner)
            except (Fenced, LaneError) as error:  # it changed hands, or is about to
                if self._clock.monotonic() > patience:
                    raise JournalUnavailable(
                        f"The server that works on {run_id} does not answer: {error}", hint="Try again."
                    ) from error
            await self._clock.sleep(self._lease / BEATS / 2)

    async def _ask(self, process: str, asked: Asked, run_id: str, owner: str | None) -> Any:
        """Its answer. Raises LaneError when it gives none and is not the owner any more."""
        request = asyncio.ensure_future(self._lane.request(f"{process}.runs", msgspec.json.encode(asked), ASKING))
        try:
            while not request.done():
                pause = asyncio.ensure_future(self._clock.sleep(self._lease / BEATS))
                await asyncio.wait({request, pause}, return_when=asyncio.FIRST_COMPLETED)
                pause.cancel()
                if not request.done() and await self.claims.owner(run_id) != owner:
                    raise LaneError(f"{run_id} changed hands.")
        finally:
            request.cancel()
        answer = msgspec.json.decode(request.result(), type=Answered)
        if answer.code:
            raise _error(answer)
        return answer.result

    async def _answer(self, body: bytes) -> bytes:
        asked = msgspec.json.decode(body, type=Asked)
        try:
            result = await self._operations[asked.operation](**asked.arguments)
        except OrchestratorError as error:
            return msgspec.json.encode(Answered(None, error.code, error.detail, error.hint))
        return msgspec.json.encode(Answered(result))

    # Its life.

    async def join(self, workforce: Workforce, operations: Mapping[str, Operation]) -> None:
        """Begin to live. Raises JournalUnavailable."""
        self._workforce = workforce
        self._operations = {**operations, "Node.rest": self._rest}
        self._read = await self.claims.position()
        await self._begin()
        await self._relay.open()
        work = await self._lane.subscribe("all.work", room=1)
        self._stops = [await self._lane.answer(f"{self.process}.runs", self._answer), work.close]
        await self.claims.adopt()
        await self._beat()  # what a neighbour of before left is taken at once, where it can be seen to be gone
        await self._take()
        if self._state == "serving":
            await workforce.reconcile()
        for life in (self._live(), self._guard(), self._listen(work)):
            self._tasks.append(asyncio.create_task(life))

    async def _begin(self) -> None:
        self._lives += 1
        began = self._clock.monotonic()
        await self.claims.join(self.name, url=self.url, place=self._place, version=self._version, room=self._room)
        self._extend(began)

    def _extend(self, said: float) -> None:
        """Others count from when they see a beat, which is later than when we said it."""
        self._ends = said + self._lease * (1 - MARGIN)

    async def _live(self) -> None:
        while True:
            try:
                async with self._clock.timeout(self._lease / BEATS):
                    await self._doorbell.wait()
                self._doorbell.clear()
            except TimeoutError:
                pass
            try:
                if await self._beat():
                    await self._take()
                if self._bereaved and self._workforce is not None:
                    await self._workforce.reconcile()
                    self._bereaved = False
                await self._look_around()
            except JournalUnavailable as error:
                log.warning("%s cannot say that it lives: %s", self.name, error)
            except Exception:
                log.exception("%s: a fault of ours; it lives on", self.name)

    async def _beat(self) -> bool:
        """Say that we live, and give up who does not. True when there may be runs to take."""
        said = self._clock.monotonic()
        assert self._workforce is not None
        working = len(self._workforce.working())
        beat = await self.claims.beat(self.name, running=working, room=self._room, state=self._state, url=self.url)
        if not beat.alive or said >= self._ends:
            await self._start_over()
            return True
        self._extend(said)
        now, buried = self._clock.monotonic(), False
        for node, (count, place) in beat.others.items():
            seen = self._seen.get(node)
            if seen is None or seen[0] != count:
                self._seen[node] = (count, now)
            surely = gone(place, self._place)
            if surely or (seen == self._seen[node] and said - seen[1] > self._lease):
                buried |= await self._bury(node, count, surely)
        self._seen = {node: seen for node, seen in self._seen.items() if node in beat.others}
        self._relay.forget({node.rpartition("-")[0] for node in beat.others})
        return beat.waiting or buried

    async def _bury(self, node: str, count: int, surely: bool) -> bool:
        buried = await self.claims.bury(node, count)
        if buried:
            log.warning("%s is gone: its runs are taken by others", node)
            for heir in self.heirs:
                heir(node, surely)
            await self._ring()
            self._bereaved = True
        return buried

    async def _start_over(self) -> None:
        """Given up, or out of touch for too long: nothing of before is ours any more."""
        log.warning("%s was out of touch: what it worked on is let go, and it joins again", self.name)
        await self._stop_work()
        await self.claims.leave(self.name)
        await self._begin()

    async def _stop_work(self) -> None:
        self._ends = float("-inf")
        if self._workforce is not None:
            await self._workforce.let_go()

    async def _guard(self) -> None:
        """Stop what is at work before the lease is over, when no beat has extended it."""
        while True:
            left = self._ends - self._clock.monotonic()
            if left > 0:
                await self._clock.sleep(left)
            else:
                if self._workforce is not None and self._workforce.working():
                    log.warning("%s has lost touch: it stops before its lease is over", self.name)
                    await self._stop_work()
                await self._clock.sleep(self._lease / BEATS)

    async def _take(self) -> None:
        workforce = self._workforce
        assert workforce is not None
        if self._free() <= 0 or self._state != "serving":
            return
        for run_id in await self.claims.take(self.name, self._free()):
            await workforce.take_up(run_id, "its server is gone, or had no room")

    async def _look_around(self) -> None:
        """Claims of ours that nobody works on are given back; what no message told of is found in the journal."""
        self._relay.review()
        self._count += 1
        if self._count % LOOKS:
            return
        await self._relay.insist()
        if watched := self._relay.heads():
            self._relay.compare(await self.claims.heads(watched))
        self._read, written = await self.claims.written(self._read)
        self._relay.found(written)
        await self._sweep()

    async def _sweep(self) -> None:
        workforce = self._workforce
        assert workforce is not None
        idle = {run: epoch for run, epoch in await self.claims.held(self.name) if run not in workforce.working()}
        for run_id, epoch in idle.items():
            if self._idle.get(run_id) == epoch and not await workforce.take_up(run_id, "nobody worked on it"):
                await self.claims.rest(self.name, run_id, epoch)
        self._idle = idle

    async def _ring(self) -> None:
        try:
            await self._lane.publish("all.work", b"")
        except LaneError as error:
            log.warning("others find what is to be done a beat later: %s", error)

    async def _listen(self, work: Reader) -> None:
        async for _ in work:
            self._doorbell.set()

    async def drain(self) -> None:
        """It is about to stop: no more runs; those at work are brought to a point by whoever stops them."""
        self._leaves = True
        self._state = "draining"
        try:
            await self.claims.beat(self.name, running=0, room=0, state=self._state, url=self.url)
        except JournalUnavailable as error:
            log.warning("others learn later that %s stops: %s", self.name, error)

    async def rest(self, node: str, on: bool) -> None:
        """Let a node take no more runs, or take them again; those at work there go on to their end.

        Raises NotFound, Conflict where it takes none anyway, JournalUnavailable where it does not answer.
        """
        if node not in {view.node for view in await self.claims.nodes()}:
            raise NotFound(f"There is no node {node}.", hint="`orchestrator cluster status` names them.")
        process = node.rpartition("-")[0]
        if process == self.process:
            return await self._rest(on)
        asked = msgspec.json.encode(Asked("Node.rest", {"on": on}))
        try:
            said = msgspec.json.decode(await self._lane.request(f"{process}.runs", asked, ASKING), type=Answered)
        except LaneError as error:
            raise JournalUnavailable(f"{node} does not answer: {error}", hint="Try again.") from error
        if said.code:
            raise _error(said)

    async def _rest(self, on: bool) -> None:
        if self._leaves or self._state not in ("serving", "draining"):
            raise Conflict(f"{self.name} is {self._state if not self._leaves else 'about to stop'}: it takes no runs.")
        self._state = "draining" if on else "serving"
        running = len(self._workforce.working()) if self._workforce is not None else 0
        await self.claims.beat(self.name, running=running, room=self._room, state=self._state, url=self.url)
        self._doorbell.set()

    async def leave(self) -> None:
        """After the last turn is stopped: all that is claimed here is free for others, at once."""
        await ended(self._tasks)
        for stop in self._stops:
            await stop()
        await self._relay.close()
        self._ends = float("-inf")
        try:
            await self.claims.leave(self.name)
        except JournalUnavailable as error:
            log.warning("others learn later that %s is gone: %s", self.name, error)
        await self._ring()


def _error(answer: Answered) -> OrchestratorError:
    """The same error as over there."""
    kinds: list[type[OrchestratorError]] = [OrchestratorError]
    for kind in kinds:
        kinds += kind.__subclasses__()
    found = next((kind for kind in kinds if kind.code == answer.code), OrchestratorError)
    return found(answer.detail, hint=answer.hint)

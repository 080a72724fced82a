"""One run being worked on in this process: its state, and the only hand that writes its stream."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from orchestrator.agents.ports import House
from orchestrator.agents.provenance import origins_in
from orchestrator.agents.state import OpenCall, RunState
from orchestrator.agents.toolset import Toolset
from orchestrator.kernel.errors import Fenced, OrchestratorError
from orchestrator.kernel.events import Body, Event
from orchestrator.kernel.messages import Message, ToolSpec

if TYPE_CHECKING:
    from orchestrator.agents.family import Harvest

EMBEDDED = "embedded"  # the model of the product, which is not drowned in tools: it is built from them
RECALLED = 20  # earlier messages of the conversation whose tools are offered again


def _nothing() -> None: ...


class Kin(Protocol):
    """The runs below this one."""

    def refusal(self, turn: "Turn") -> str:
        """Why no more may be begun; empty where one may."""

    async def begin(self, turn: "Turn", open_call: OpenCall) -> None: ...
    async def harvest(self, child_id: str) -> "Harvest | None": ...
    async def cancel_children(self, tenant: str, run_id: str, by: str) -> None: ...


class Turn:
    def __init__(
        self,
        house: House,
        state: RunState,
        granted: Callable[[], frozenset[tuple[str, str]]],
        history: Sequence[Message] = (),
        kin: Kin | None = None,
    ) -> None:
        self.house = house
        self.state = state
        self.granted = granted  # by "always", as of now
        self.history = history  # earlier messages of the conversation
        self.inherited = origins_in(history)  # whose words they hold
        self.earlier_calls = frozenset(call.id for message in history for call in message.calls)  # their names
        self.kin = kin  # None: it delegates nothing
        self.stirred = asyncio.Event()  # something happened that those at work on calls must look at
        self.news = False  # and it came from outside: an answer, the end of a sub-run
        self.cancelled_by = ""
        self.leaving = False  # this process stops: the step under way is the last one here
        self.deaf = False  # it did not stop when it was told to: nothing of it counts any more
        self.interrupted = False  # what is under way is being stopped, for somebody said something else
        self.failure: OrchestratorError | None = None  # the first that the journal could not take
        self._written: asyncio.Future[None] | None = None
        self._ring: Callable[[], None] | None = None  # sets the alarm anew
        self._workspace: Path | None = None  # known once it is started, as are its tools
        self._tools: Toolset | None = None

    @property
    def workspace(self) -> Path:
        if self._workspace is None:
            assert self.state.started is not None
            self._workspace = Path(self.state.started.workspace)
        return self._workspace

    @property
    def tools(self) -> Toolset:
        if self._tools is None:
            started = self.state.started
            assert started is not None
            delegates = self.kin is not None and started.depth < self.house.depth
            self._tools = Toolset(self.house.tools, started.tools, delegates=delegates, shelf=self.house.shelf)
        return self._tools

    def offered(self, model: str) -> tuple[ToolSpec, ...]:
        """The tools that a model is shown now: decided by the conversation, so the same when the run is made again."""
        if model == EMBEDDED:
            return self.tools.specs()
        return self.tools.offered([*self.history[-RECALLED:], *self.state.messages])

    @asynccontextmanager
    async def alarm(self) -> AsyncIterator[asyncio.Timeout]:
        """The end of the run's time, as asyncio.timeout; `retime` when its limit is another."""
        clock, worked, began = self.house.clock, self.state.worked, self.house.clock.monotonic()
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(None) as limit:
            call_off = _nothing

            def set_alarm() -> None:
                nonlocal call_off
                call_off()
                left = self.state.limits.seconds - worked - (clock.monotonic() - began)
                call_off = clock.call_later(max(0.0, left), lambda: limit.reschedule(loop.time()))

            self._ring = set_alarm
            set_alarm()
            try:
                yield limit
            finally:
                self._ring = None
                call_off()

    def retime(self) -> None:
        if self._ring is not None:
            self._ring()

    @property
    def lost(self) -> bool:
        """Whether another process has the run now."""
        return self.house.cluster is not None and isinstance(self.failure, Fenced)

    def stir(self) -> None:
        self.news = True
        self.stirred.set()

    def record(self, *bodies: Body, lazy: bool = False) -> "asyncio.Future[None]":
        """Append events and fold them into the state. Who must know that they are durable uses `commit`.

        Lazy events wait a few milliseconds for company, unless somebody is watching.
        """
        self.must_be_ours()
        state = self.state
        now = self.house.clock.now()
        events = [
            Event(state.run_id, state.seq + index, now, state.tenant, state.subject, body)
            for index, body in enumerate(bodies, 1)
        ]
        future = self.house.journal.append(events, lazy=lazy and not self.house.bus.watched(state.run_id))
        for event in events:
            state.apply(event)
        if future is not self._written:
            future.add_done_callback(self._noticed)
            self._written = future
        return future

    def must_be_ours(self) -> None:
        """Raises Fenced once the run may be another's: a process's, or a turn's."""
        if self.deaf:
            raise Fenced("This turn was left behind: the run goes on without it.")
        if self.house.cluster is not None:
            try:
                self.house.cluster.check()
            except Fenced as error:
                self.failure = self.failure or error
                raise

    async def commit(self, *bodies: Body) -> None:
        """Record, and return once it is durable. Whoever is cancelled meanwhile does not undo it."""
        await asyncio.shield(self.record(*bodies))

    async def flushed(self) -> None:
        """Return once all that was recorded is durable. Raises the first failure of the journal."""
        if self._written is not None and not self._written.done():
            await asyncio.wait([self._written])
        if self.failure is not None:
            raise self.failure

    def _noticed(self, future: "asyncio.Future[None]") -> None:
        error = None if future.cancelled() else future.exception()
        if self.failure is None and isinstance(error, OrchestratorError):
            self.failure = error

    async def caught_up(self) -> None:
        """Wait until a watcher has been told all that happened before what is about to be said."""
        if self._written is not None and not self._written.done() and self.house.bus.watched(self.state.run_id):
            await asyncio.wait([self._written])

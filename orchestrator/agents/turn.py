"""One run being worked on in this process: its state, and the only hand that writes its stream."""

import asyncio
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path

from orchestrator.agents.ports import House
from orchestrator.agents.state import RunState
from orchestrator.kernel.errors import OrchestratorError
from orchestrator.kernel.events import Body, Event
from orchestrator.kernel.messages import Message


class Turn:
    def __init__(
        self,
        house: House,
        state: RunState,
        granted: Callable[[], frozenset[tuple[str, str]]],
        history: Sequence[Message] = (),
    ) -> None:
        self.house = house
        self.state = state
        self.granted = granted  # by "always", as of now
        self.history = history  # earlier messages of the conversation
        self.answered = asyncio.Event()  # a person answered while the run was at work
        self.cancelled_by = ""
        self.failure: OrchestratorError | None = None  # the first that the journal could not take
        self._written: asyncio.Future[None] | None = None

    @cached_property
    def workspace(self) -> Path:
        assert self.state.started is not None
        return Path(self.state.started.workspace)

    def record(self, *bodies: Body, lazy: bool = False) -> "asyncio.Future[None]":
        """Append events and fold them into the state. Who must know that they are durable uses `commit`.

        Lazy events wait a few milliseconds for company, unless somebody is watching.
        """
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

    async def somebody_answers(self) -> None:
        await self.answered.wait()

    async def caught_up(self) -> None:
        """Wait until a watcher has been told all that happened before what is about to be said."""
        if self._written is not None and not self._written.done() and self.house.bus.watched(self.state.run_id):
            await asyncio.wait([self._written])

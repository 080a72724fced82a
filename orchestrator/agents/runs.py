"""Every run of this process, by one door: started, resumed, watched, steered, cancelled.

What stands behind the door: `desk.py` (the runs at work), `family.py` (runs below and behind others),
`steering.py` (what people do to them), `watch.py` (how they are followed).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from pathlib import Path
from typing import Any

from orchestrator.agents.desk import Desk, Past
from orchestrator.agents.grants import Grants
from orchestrator.agents.placing import operations, placed
from orchestrator.agents.ports import House
from orchestrator.agents.provenance import origins_in
from orchestrator.agents.state import RunState
from orchestrator.agents.steering import Steering
from orchestrator.agents.watch import Watch
from orchestrator.journal.views import Views
from orchestrator.kernel import events as e
from orchestrator.kernel.errors import InvalidInput, RunFinished
from orchestrator.kernel.events import Approvals, Delta, Event, Limits
from orchestrator.kernel.messages import Message, Scope, ToolCall


class Runs:
    def __init__(self, house: House, views: Views, workspace: Path, limits: Limits, concurrent: int = 64) -> None:
        self._house = house
        self._views = views
        self._workspace = workspace
        self._limits = limits
        self.desk = Desk(house, views, concurrent)
        self.steering = Steering(self.desk)
        self.cluster = house.cluster
        self._watch = Watch(self.desk)
        self.cancel = self.desk.cancel
        self.answer = self.steering.answer
        self.settled = self._watch.settled

    @property
    def grants(self) -> Grants:
        return self.desk.grants

    # Start.

    async def start(
        self,
        goal: Message,
        *,
        tenant: str,
        subject: str,
        conversation_id: str | None = None,
        model: str = "auto",
        channel: str = "api",
        approvals: Approvals = "ask",
        limits: Limits | None = None,
        call: ToolCall | None = None,
        scopes: Collection[Scope] = e.ALL_SCOPES,
        tools: Collection[str] | None = None,
        run_id: str = "",
        person: str | None = None,
    ) -> str:
        """The identifier of a new run, which a power cut would not lose any more; a `run_id` was made before."""
        if call is None and not goal.text.strip():
            raise InvalidInput("The goal is empty.", hint="Say what you want done.")
        past = Past()
        if conversation_id is not None:
            await self._views.conversation(tenant, subject, conversation_id)
            past = await self.desk.past(tenant, conversation_id)
        state = RunState(run_id or self._house.ids.new("run"))
        state.tenant, state.subject = tenant, subject
        turn = await self.desk.turn(state, past.messages)
        started = e.RunStarted(
            conversation_id=conversation_id or self._house.ids.new("conversation"),
            goal=goal,
            model=model,
            workspace=str(self._workspace),
            channel=channel,
            approvals=approvals,
            limits=limits or self._limits,
            call=call,
            scopes=tuple(sorted(scopes)),
            tools=None if tools is None else tuple(tools),
            origins=tuple(sorted({"user", *origins_in([goal]), *past.origins})),
            person=person,
        )
        written = turn.record(started)
        written.add_done_callback(lambda _: None if turn.failure else self.desk.work(turn))
        await asyncio.shield(written)  # who hangs up now has a run all the same
        return state.run_id

    async def take_up(self, bodies: Sequence[e.Body], *, tenant: str, subject: str) -> str:
        """A run that begins with events that are decided already, as a fork does. Its identifier, once durable."""
        state = RunState(self._house.ids.new("run"))
        state.tenant, state.subject = tenant, subject
        turn = await self.desk.turn(state)
        await asyncio.shield(turn.record(*bodies))
        async with self.desk.opening:
            self.desk.stir(await self.desk.open(await self._views.run(tenant, state.run_id)))
        return state.run_id

    def limits(self, **given: float | None) -> Limits:
        """The limits of a new run: those of the settings, and what was given instead."""
        chosen = {name: value for name, value in given.items() if value is not None}
        return Limits(**{**{name: getattr(self._limits, name) for name in Limits.__struct_fields__}, **chosen})

    async def recover(self) -> int:
        """Go on with every run that was under way when the process before this one ended.

        In a cluster a process takes such runs when it joins, and later.
        """
        if self.cluster is not None:
            return 0
        unfinished = await self._views.unfinished()
        running = [view for view in unfinished if view.status == "running"]
        for view in running:
            await self.desk.go_on_or_stall(view, "the server started again")
        await self.desk.family.reconcile([view for view in unfinished if view.parent is not None or view.paused])
        return len(running)

    def operations(self) -> dict[str, Callable[..., Awaitable[Any]]]:
        """What another process may ask this one to do to a run that is here."""
        return operations(self, self.desk, self.desk.family, self.steering)

    @placed
    async def resume(self, run_id: str, *, tenant: str, by: str = "") -> None:
        """Go on with a run that stands still: paused by a person, or left by a process that died."""
        view = await self._views.run(tenant, run_id)
        if view.finished_at is not None:
            raise RunFinished(f"{run_id} is {view.status}: a finished run does not change.")
        if view.paused in ("person", "parent"):
            return await self.steering.go_on(run_id, tenant=tenant, by=by or view.subject)
        if view.status == "running" and run_id not in self.desk.tasks:
            await self.desk.go_on(view, "asked by a person")
        if view.paused:
            for below in await self.desk.family.children(tenant, run_id):
                await self.resume(below.run_id, tenant=tenant, by=by)
            await self.desk.family.reconcile([view])

    def learn(self, stream: str) -> None:
        """Another process wrote to a stream that is no run; empty: to whatever stream."""
        if stream.startswith("grants") or not stream:
            self.desk.errand(self.grants.refresh())

    # Follow.

    def watch(self, run_id: str, after: int = 0) -> AsyncIterator[Event | Delta]:
        """Events with `seq` beyond `after`, then what happens, live, until the run is finished."""
        return self._watch.events(run_id, after)

    def at_work(self, run_id: str) -> bool:
        """Whether this process drives the run."""
        return run_id in self.desk.tasks

    async def close(self, patience: float = 2.0) -> None:
        """Let what is at work come to a point, then stop; unfinished runs go on at the next start."""
        await self.desk.close(patience)

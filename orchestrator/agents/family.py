"""Runs that belong together: sub-runs and the runs they work for, and what is queued behind a run.

A sub-run's identifier is derived from the key of the call that asked for it: whoever resumes the call
finds the run it began, and never begins a second one. Its parent rests meanwhile, as a run does that
waits for a person.
"""

import logging
from collections.abc import Awaitable
from typing import TYPE_CHECKING

from msgspec import Struct

from orchestrator.agents.placing import placed
from orchestrator.agents.provenance import heard, persons
from orchestrator.agents.state import OpenCall, RunState, fold
from orchestrator.agents.toolset import DELEGATE
from orchestrator.agents.turn import Turn
from orchestrator.journal.views import RunView
from orchestrator.kernel import events as e
from orchestrator.kernel.errors import Fenced, NotFound, OrchestratorError, RunFinished, ToolFailed
from orchestrator.kernel.messages import Arguments, Json, Origin, Outcome, Usage, user

if TYPE_CHECKING:
    from orchestrator.agents.desk import Desk

LONGEST = 20_000  # characters of an answer that the parent's model reads
TRUST: tuple[Origin, ...] = ("user", "model", "tool", "file", "skill", "memory", "web")  # the last is trusted least

_OUTCOMES: dict[e.FinalStatus, Outcome] = {
    "completed": "ok",
    "partial": "ok",
    "failed": "failed",
    "cancelled": "failed",
}

log = logging.getLogger("orchestrator.agents")


class Harvest(Struct, frozen=True):
    """What came of a sub-run."""

    outcome: Outcome
    content: str
    data: Json
    origin: Origin
    origins: tuple[Origin, ...]
    seconds: float
    cost: float
    usage: Usage


class Family:
    def __init__(self, desk: "Desk") -> None:
        self._desk = desk
        self.cluster = desk.cluster

    # Delegate.

    def refusal(self, turn: Turn) -> str:
        """Why this run may begin no more runs; empty where it may."""
        started, house = turn.state.started, self._desk.house
        assert started is not None
        if started.depth >= house.depth:
            return f"Delegation goes {house.depth} deep at most: do this yourself."
        if turn.state.children >= house.children:
            return f"This run has begun {house.children} sub-runs, which is the most it may: do the rest yourself."
        return ""

    async def begin(self, turn: Turn, open_call: OpenCall) -> None:
        """Start the run that a call delegates to, where it is not started yet; durable when it returns."""
        requested = open_call.requested
        assert requested is not None and requested.child
        try:
            await self._desk.views.run(turn.state.tenant, requested.child)
        except NotFound:
            pass
        else:
            return
        started = self._started(turn, open_call.call.arguments)
        state = RunState(requested.child)
        state.tenant, state.subject = turn.state.tenant, turn.state.subject
        child = await self._desk.turn(state)
        try:
            await child.commit(started)
        except Fenced:
            return  # it was started in this very moment
        self._desk.work(child)

    def _started(self, turn: Turn, arguments: Arguments) -> e.RunStarted:
        state, above = turn.state, turn.state.started
        assert above is not None
        tools = arguments.get("tools")
        if tools is None:
            tools = above.tools
        elif above.tools is not None:
            tools = [name for name in tools if name in above.tools]
        cost, tokens = self._share(state)
        asked = arguments.get("cost")
        limits = e.Limits(
            steps=min(arguments.get("steps") or state.limits.steps, state.limits.steps),
            seconds=max(1.0, state.limits.seconds - state.worked),
            cost=min(asked, cost) if asked and cost else asked or cost,
            tokens=tokens,
        )
        goal, said = arguments["goal"], heard(above, turn.history, state.messages)
        return e.RunStarted(
            conversation_id=above.conversation_id,
            goal=user(goal),
            model=arguments.get("model") or state.asked_model,
            workspace=above.workspace,
            agent=above.agent,
            channel=above.channel,
            approvals=above.approvals,
            limits=limits,
            parent=state.run_id,
            scopes=above.scopes,
            tools=None if tools is None else tuple(tools),
            origins=tuple(sorted(turn.inherited | state.origins)),
            depth=above.depth + 1,
            person=persons(goal, said),
        )

    @staticmethod
    def _share(state: RunState) -> tuple[float, int]:
        """What each run that this step delegates to may spend: an equal part of what is left. 0: no limit."""
        sharing = max(1, sum(name == DELEGATE for name in state.step_tools))
        cost, tokens = state.limits.cost, state.limits.tokens
        left = (cost - state.cost_before) / sharing if cost else 0.0
        left_tokens = (tokens - state.tokens_before) // sharing if tokens else 0
        if (cost and left <= 0) or (tokens and left_tokens <= 0):
            raise ToolFailed("Nothing of the budget is left to delegate with.")
        return left, left_tokens

    async def harvest(self, child_id: str) -> Harvest | None:
        """What came of a sub-run; None while it is not finished."""
        events = await self._desk.house.journal.read(child_id)
        if not events or not isinstance(events[-1].body, e.RunFinished):
            return None
        state = fold(child_id, events)
        end = state.finished
        assert end is not None
        content = end.answer if len(end.answer) <= LONGEST else f"{end.answer[:LONGEST]}\n[… cut]"
        if end.status != "completed":
            why = f": {end.problem.detail}" if end.problem else ""
            content = f"[The sub-run ended {end.status}{why}]\n{content}"
        return Harvest(
            outcome=_OUTCOMES[end.status],
            content=content,
            data={"run_id": child_id, "status": end.status, "steps": end.steps, "cost": end.cost},
            origin=max(state.origins, key=TRUST.index),
            origins=tuple(sorted(state.origins)),
            seconds=state.worked,
            cost=end.cost,
            usage=end.usage,
        )

    # What the end of a run means for others.

    def finished(self, state: RunState) -> None:
        started = state.started
        assert started is not None
        if started.parent is not None:
            self._desk.errand(self._quietly(self._wake(state.tenant, started.parent)))
        for message in state.queued:
            self._desk.errand(self._quietly(self._release(state.tenant, message.run_id)))

    async def _quietly(self, work: Awaitable[None]) -> None:
        try:
            await work
        except OrchestratorError as error:
            log.warning("a run that waits for another was not reached, and will be at the next start: %s", error)

    @placed
    async def _wake(self, tenant: str, run_id: str) -> None:
        """A sub-run is finished: its parent takes what came of it."""
        view = await self._desk.views.run(tenant, run_id)
        async with self._desk.opening:
            if view.finished_at is not None or run_id in self._desk.cancelling:
                return
            turn = await self._desk.at_hand(view)
            if turn.state.finished is None and turn.state.paused == "child":
                turn.record(e.RunContinued(reason="a sub-run is finished"))
            self._desk.stir(turn)

    @placed
    async def _release(self, tenant: str, run_id: str) -> None:
        """The run before it is finished: it starts. Who cancelled that one meant what was behind it too."""
        view = await self._desk.views.run(tenant, run_id)
        async with self._desk.opening:
            if view.finished_at is not None:
                return
            turn = await self._desk.at_hand(view)
            if turn.state.paused != "queue" or turn.state.started is None:
                return
            before = await self._before(turn.state)
            if before.finished is not None and before.finished.status != "cancelled":
                turn.record(e.RunContinued(reason="the run before it is finished"))
                return self._desk.stir(turn)
        if before.finished is None:
            await self._line_up(tenant, before.run_id, run_id)
        else:
            await self._desk.cancel(run_id, tenant=tenant, by=_canceller(before.finished))

    async def _before(self, state: RunState) -> RunState:
        """The run that it comes after, passing over those that were taken out of the queue."""
        assert state.started is not None
        before = await self._fold(state.started.after)
        while before.finished is not None and before.paused == "queue" and before.started is not None:
            before = await self._fold(before.started.after)
        return before

    async def _fold(self, run_id: str) -> RunState:
        turn = self._desk.turns.get(run_id)
        return turn.state if turn is not None else fold(run_id, await self._desk.house.journal.read(run_id))

    @placed
    async def _line_up(self, tenant: str, run_id: str, behind: str) -> None:
        """The word about a message that was queued, where it was not written."""
        queued = await self._fold(behind)
        assert queued.started is not None
        view = await self._desk.views.run(tenant, run_id)
        async with self._desk.opening:
            turn = await self._desk.at_hand(view)
            if turn.state.finished is None:
                started = queued.started
                turn.record(e.MessageQueued(behind, started.goal, queued.subject, started.model, started.channel))

    # What happens to a parent reaches those below it.

    async def children(self, tenant: str, run_id: str) -> list[RunView]:
        """Those that are not finished."""
        views = await self._desk.views.runs(tenant, parent=run_id, limit=200)
        return [view for view in views if view.finished_at is None]

    async def cancel_children(self, tenant: str, run_id: str, by: str) -> None:
        for view in await self.children(tenant, run_id):
            try:
                await self._desk.cancel(view.run_id, tenant=tenant, by=by)
            except RunFinished:
                continue  # it was faster

    async def pause_children(self, tenant: str, run_id: str, by: str) -> None:
        for view in await self.children(tenant, run_id):
            await self._pause(tenant, view.run_id, by)
            await self.pause_children(tenant, view.run_id, by)

    @placed
    async def _pause(self, tenant: str, run_id: str, by: str) -> None:
        view = await self._desk.views.run(tenant, run_id)
        async with self._desk.opening:
            turn = await self._desk.at_hand(view)
            if turn.state.finished is None and turn.state.paused != "person":
                await turn.commit(e.RunPaused("parent", by))

    async def continue_children(self, tenant: str, run_id: str, by: str) -> None:
        for view in await self.children(tenant, run_id):
            await self._continue(tenant, view.run_id, by)
            await self.continue_children(tenant, view.run_id, by)

    @placed
    async def _continue(self, tenant: str, run_id: str, by: str) -> None:
        view = await self._desk.views.run(tenant, run_id)
        async with self._desk.opening:
            turn = await self._desk.at_hand(view)
            if turn.state.finished is None and turn.state.paused == "parent":
                await turn.commit(e.RunContinued(by))
                self._desk.stir(turn)

    async def reconcile(self, views: list[RunView]) -> None:
        """After a start: what one run's events mean for another, where the process died before it acted on them."""
        for view in views:
            await self._quietly(self._reconciled(view))

    async def _reconciled(self, view: RunView) -> None:
        if view.paused == "queue":
            return await self._release(view.tenant, view.run_id)
        if view.paused == "child":
            await self._wake_if_due(view)
        if view.parent is None:
            return
        above = await self._desk.views.run(view.tenant, view.parent)
        if above.finished_at is not None:
            by = _canceller(above)
            await self._desk.cancel(view.run_id, tenant=view.tenant, by=by)
        elif above.paused in ("person", "parent"):
            await self.pause_children(view.tenant, above.run_id, "")
        elif view.paused == "parent":
            await self.continue_children(view.tenant, above.run_id, "")

    async def _wake_if_due(self, view: RunView) -> None:
        below = (await self._fold(view.run_id)).children_open
        self._desk.rests_for(view.run_id, below)
        for child in below:
            if not (found := await self._fold(child)).started or found.finished:
                return await self._wake(view.tenant, view.run_id)


def _canceller(end: e.RunFinished | RunView) -> str:
    """Who ended a run, for those that end with it."""
    detail = end.problem.detail if end.problem else ""
    by = detail.removeprefix("Cancelled by ").removesuffix(".") if detail.startswith("Cancelled by ") else ""
    return by or "the run it belongs to"

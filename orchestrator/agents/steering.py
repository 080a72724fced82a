"""What people do to a run that is not finished: answer, edit, say, steer, interrupt, pause, continue, set.

Each is an event of the run, durable when the call returns, whether the run is at work, rests, or was left by
a process that died.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import msgspec

from orchestrator.agents.desk import Desk
from orchestrator.agents.placing import placed
from orchestrator.agents.state import OpenCall, RunState
from orchestrator.agents.turn import Turn
from orchestrator.journal.views import ApprovalView, RunView
from orchestrator.kernel import events as e
from orchestrator.kernel.errors import (
    AlreadyAnswered,
    Conflict,
    InvalidInput,
    JournalError,
    NotFound,
    RunFinished,
    ToolRetry,
)
from orchestrator.kernel.messages import Arguments, Message
from orchestrator.tools.questions import filled_in

ANSWERS: dict[str, frozenset[str]] = {
    "call": frozenset({"once", "run", "always", "refuse"}),
    "outcome": frozenset({"done", "retry", "undone"}),
    "budget": frozenset({"once", "refuse"}),
    "question": frozenset({"accept", "refuse"}),
}

WITHDRAWN_BY = "asker"  # who answers a question that nobody waits for any more
WITHDRAWN = "Whoever asked this does not wait for an answer any more."


class Steering:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.cluster = desk.cluster
        desk.house.parked.withdrawn = lambda tenant, approval_id: desk.errand(self._withdraw(tenant, approval_id))

    # Answer.

    async def answer(
        self,
        approval_id: str,
        answer: e.Answer,
        *,
        tenant: str,
        by: str,
        note: str = "",
        content: Arguments | None = None,
    ) -> str:
        """Answer what a run waits for; `content` is what a form is filled in with. Returns the run's identifier."""
        view = await self._desk.views.approval(tenant, approval_id)
        allowed = ANSWERS[view.asked.kind]
        if answer not in allowed:
            raise InvalidInput(f"{answer!r} does not answer this.", hint=f"Say one of: {', '.join(sorted(allowed))}.")
        content = content or {}
        if content and answer != "accept":
            raise InvalidInput("Only what is accepted has a content.", hint="Leave the content out.")
        filled = filled_in(view.asked.form, content) if answer == "accept" else {}
        await self._answer(view.run_id, approval_id, answer, tenant, by, note, filled)
        return view.run_id

    @placed
    async def _answer(
        self, run_id: str, approval_id: str, answer: e.Answer, tenant: str, by: str, note: str, content: Arguments
    ) -> None:
        view = await self._desk.views.approval(tenant, approval_id)
        async with self._at_hand(tenant, run_id, approval_id) as turn:
            asked = self._asked(turn.state, view)
            if answer == "always":
                await self._desk.grants.give(tenant, self._granted(asked, by), view.subject)
            bodies: list[e.Body] = [e.ApprovalAnswered(approval_id, answer, by, note, content)]
            if asked.kind == "budget" and answer == "once" and (more := _as_much_again(turn.state, asked.code)):
                bodies.insert(0, e.LimitsChanged(more, by))
            await self._written(turn, *bodies)

    async def _withdraw(self, tenant: str, approval_id: str) -> None:
        """Whoever asked does not wait any more: the call goes on to what came of it."""
        with suppress(AlreadyAnswered, RunFinished, NotFound):
            await self.answer(approval_id, "refuse", tenant=tenant, by=WITHDRAWN_BY, note=WITHDRAWN)

    async def edit(self, approval_id: str, arguments: Arguments, *, tenant: str, by: str, note: str = "") -> str:
        """Change a call that waits for approval; policy decides anew on the call as it is then."""
        view = await self._desk.views.approval(tenant, approval_id)
        if view.asked.kind != "call":
            raise InvalidInput("Only a call that was not made yet can be edited.", hint="Answer the question instead.")
        await self._edit(view.run_id, approval_id, arguments, tenant, by, note)
        return view.run_id

    @placed
    async def _edit(self, run_id: str, approval_id: str, arguments: Arguments, tenant: str, by: str, note: str) -> None:
        view = await self._desk.views.approval(tenant, approval_id)
        async with self._at_hand(tenant, run_id, approval_id) as turn:
            asked = self._asked(turn.state, view)
            try:
                turn.tools.get(asked.tool).check(arguments)
            except ToolRetry as error:
                raise InvalidInput(error.detail, hint=error.hint) from None
            await self._written(turn, e.CallEdited(asked.call_id, approval_id, arguments, by, note))

    def _asked(self, state: RunState, view: ApprovalView) -> e.ApprovalAsked:
        """The question, while it waits."""
        asked: e.ApprovalAsked | None = state.budget
        if view.asked.kind != "budget":
            open_call: OpenCall | None = state.open.get(view.asked.call_id)
            asked = open_call.asked if open_call and open_call.waits else None
        if asked is None or asked.approval_id != view.approval_id:
            raise AlreadyAnswered(f"{view.approval_id} does not wait for an answer any more.")
        return asked

    def _granted(self, asked: e.ApprovalAsked, by: str) -> e.GrantGiven:
        return e.GrantGiven(self._desk.house.ids.new("grant"), asked.tool, asked.shape, by, asked.approval_id)

    # Say.

    async def say(self, run_id: str, message: Message, *, tenant: str, by: str, model: str, channel: str) -> str | None:
        """Queue a message behind the runs of this conversation: the identifier of the run that will answer it.

        None where none of them is under way: it is for the caller to start one.
        """
        view = await self._desk.views.run(tenant, run_id)
        while (last := await self._last(view)) is not None:
            queued = await self._behind(last.run_id, message, tenant, by, model, channel)
            if queued is not None:  # else it ended in this very moment
                return queued
        return None

    @placed
    async def _behind(
        self, run_id: str, message: Message, tenant: str, by: str, model: str, channel: str
    ) -> str | None:
        view = await self._desk.views.run(tenant, run_id)
        async with self._desk.opening:
            before = await self._desk.at_hand(view)
            if before.state.finished is not None:
                return None
            started = before.state.started
            assert started is not None
            state = RunState(self._desk.house.ids.new("run"))
            state.tenant, state.subject = before.state.tenant, before.state.subject
            behind = await self._desk.turn(state)
            chosen = model or before.state.asked_model
            begun = msgspec.structs.replace(
                started, goal=message, model=chosen, channel=channel, call=None, parent=None, depth=0,
                origins=tuple(sorted(before.inherited | before.state.origins)), after=run_id, forked_from=None,
                person=None,
            )  # fmt: skip
            written = behind.record(begun)  # before the word about it: who reads that one finds this one
            before.record(e.MessageQueued(state.run_id, message, by, chosen, channel))
        await asyncio.shield(written)
        await before.flushed()
        return state.run_id

    async def _last(self, view: RunView) -> RunView | None:
        """The newest run of its conversation that is not finished."""
        views = await self._desk.views.runs(
            view.tenant, conversation_id=view.conversation_id, children=False, limit=200
        )
        return next((one for one in views if one.finished_at is None), None)

    @placed
    async def steer(self, run_id: str, message: Message, urgency: e.Urgency, *, tenant: str, by: str) -> None:
        """Something the model reads at its next step; an interruption stops what is under way before."""
        if not message.text.strip():
            raise InvalidInput("The message is empty.", hint="Say what the agent should know.")
        async with self._at_hand(tenant, run_id) as turn:
            started = turn.state.started
            if started is not None and started.call is not None:
                raise Conflict(f"{run_id} is one call, and no model is there to hear you.")
            if turn.state.paused == "queue":
                raise Conflict(f"{run_id} has not begun: it waits for the run before it.")
            said = e.MessageAdded(self._desk.house.ids.new("message"), message, urgency, by)
            if urgency == "steer":
                return await self._written(turn, said)
            bodies: list[e.Body] = [said]
            for open_call in turn.state.open.values():
                if open_call.asked is not None and open_call.waits:  # nobody need answer it any more
                    bodies.append(e.ApprovalAnswered(open_call.asked.approval_id, "refuse", by, "interrupted"))
            if turn.state.paused is not None:
                bodies.append(e.RunContinued(by, "interrupted"))
            task = self._desk.tasks.get(run_id)
            written = turn.record(*bodies)
            if task is not None and not turn.cancelled_by:
                turn.interrupted = True
                task.cancel()
            await self._done(turn, written)

    # Rest.

    @placed
    async def pause(self, run_id: str, *, tenant: str, by: str, note: str = "") -> None:
        """The run, and those below it, rest once the calls under way are done."""
        async with self._at_hand(tenant, run_id) as turn:
            if turn.state.paused == "queue":
                raise Conflict(f"{run_id} has not begun: it waits for the run before it.", hint="Cancel it instead.")
            if turn.state.paused != "person":
                await self._written(turn, e.RunPaused("person", by, note))
        await self._desk.family.pause_children(tenant, run_id, by)

    @placed
    async def go_on(self, run_id: str, *, tenant: str, by: str) -> None:
        async with self._at_hand(tenant, run_id) as turn:
            if turn.state.paused == "queue":
                raise Conflict(f"{run_id} waits for the run before it.")
            if turn.state.paused is not None:
                await self._written(turn, e.RunContinued(by))
        await self._desk.family.continue_children(tenant, run_id, by)

    # Set.

    @placed
    async def set(
        self,
        run_id: str,
        *,
        tenant: str,
        by: str,
        model: str | None = None,
        steps: int | None = None,
        seconds: float | None = None,
        cost: float | None = None,
        tokens: int | None = None,
    ) -> None:
        """Another model, other limits, from the next step on."""
        given = {"steps": steps, "seconds": seconds, "cost": cost, "tokens": tokens}
        async with self._at_hand(tenant, run_id) as turn:
            state = turn.state
            limits = msgspec.structs.replace(
                state.limits, **{name: value for name, value in given.items() if value is not None}
            )
            bodies: list[e.Body] = []
            if model is not None and model != state.asked_model:
                bodies.append(e.ModelChosen(model, by))
            if limits != state.limits:
                bodies.append(e.LimitsChanged(limits, by))
                if state.budget is not None and _suffices(state, limits):
                    bodies.append(e.ApprovalAnswered(state.budget.approval_id, "once", by, "another limit was set"))
            if bodies:
                await self._written(turn, *bodies)
            turn.retime()

    # One run, whoever drives it.

    @asynccontextmanager
    async def _at_hand(self, tenant: str, run_id: str, approval_id: str = "") -> AsyncIterator[Turn]:
        """The turn of a run that is not finished; nobody else opens it meanwhile."""
        view = await self._desk.views.run(tenant, run_id)
        async with self._desk.opening:
            turn = await self._desk.at_hand(view)
            if (finished := turn.state.finished) is not None:
                if approval_id:
                    raise AlreadyAnswered(f"{approval_id} does not wait for an answer any more.")
                raise RunFinished(f"{run_id} is already {finished.status}.")
            yield turn

    async def _written(self, turn: Turn, *bodies: e.Body) -> None:
        await self._done(turn, turn.record(*bodies))

    async def _done(self, turn: Turn, written: "asyncio.Future[None]") -> None:
        self._desk.stir(turn)
        try:
            await asyncio.shield(written)
        except JournalError as error:
            raise turn.failure or error from None


def _suffices(state: RunState, limits: e.Limits) -> bool:
    return (not limits.cost or state.cost < limits.cost) and (not limits.tokens or state.tokens < limits.tokens)


def _as_much_again(state: RunState, code: str) -> e.Limits | None:
    """The limits with as much more as there was at first; None where the budget is not the run's own."""
    assert state.started is not None
    first, now = state.started.limits, state.limits
    if code == "budget_cost":
        return msgspec.structs.replace(now, cost=max(now.cost, state.cost) + (first.cost or now.cost))
    if code == "budget_tokens":
        return msgspec.structs.replace(now, tokens=max(now.tokens, state.tokens) + (first.tokens or now.tokens))
    return None

"""Every run of this process: started, resumed, watched, answered, cancelled."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Collection, Sequence
from pathlib import Path

from msgspec import Struct

from orchestrator.agents.grants import Grants
from orchestrator.agents.loop import Loop
from orchestrator.agents.ports import House
from orchestrator.agents.state import RunState, fold
from orchestrator.agents.turn import Turn
from orchestrator.journal.views import RunView, Views
from orchestrator.kernel import events as e
from orchestrator.kernel.errors import (
    AlreadyAnswered,
    InvalidInput,
    JournalError,
    NotFound,
    OrchestratorError,
    RunFinished,
)
from orchestrator.kernel.events import Approvals, Delta, Event, Limits
from orchestrator.kernel.messages import Message, Scope, ToolCall, assistant

HISTORY = 12  # earlier runs of a conversation that a model may read
REVIVE = 15.0  # seconds between attempts to go on with runs that the journal could not take

ANSWERS: dict[str, frozenset[str]] = {
    "call": frozenset({"once", "run", "always", "refuse"}),
    "outcome": frozenset({"done", "retry", "undone"}),
}

log = logging.getLogger("orchestrator.agents")


class Stalled(Struct, frozen=True):
    """A run that the journal could not take, and who wanted it cancelled."""

    error: OrchestratorError
    cancelled_by: str = ""


class Runs:
    def __init__(self, house: House, views: Views, workspace: Path, limits: Limits, concurrent: int = 64) -> None:
        self._house = house
        self._views = views
        self._workspace = workspace
        self._limits = limits
        self._room = asyncio.Semaphore(concurrent)
        self._turns: dict[str, Turn] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._stalled: dict[str, Stalled] = {}
        self._closed = False
        self._reviver: asyncio.Task[None] | None = None
        self._opening = asyncio.Lock()  # one turn for one run
        self.grants = Grants(house.ledger)

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
    ) -> str:
        """The identifier of a new run, which a power cut would not lose any more."""
        if call is None and not goal.text.strip():
            raise InvalidInput("The goal is empty.", hint="Say what you want done.")
        history: list[Message] = []
        if conversation_id is not None:
            await self._views.conversation(tenant, subject, conversation_id)
            history = await self._history(tenant, conversation_id)
        state = RunState(self._house.ids.new("run"))
        state.tenant, state.subject = tenant, subject
        turn = Turn(self._house, state, await self.grants.reader(tenant, subject), history)
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
        )
        written = turn.record(started)
        written.add_done_callback(lambda _: None if turn.failure else self._work(turn))
        await asyncio.shield(written)  # who hangs up now has a run all the same
        return state.run_id

    async def recover(self) -> int:
        """Go on with every run that was under way when the process before this one ended."""
        running = [view for view in await self._views.unfinished() if view.status == "running"]
        for view in running:
            await self._go_on_or_stall(view, "the server started again")
        return len(running)

    async def resume(self, run_id: str, *, tenant: str) -> None:
        view = await self._views.run(tenant, run_id)
        if view.finished_at is not None:
            raise RunFinished(f"{run_id} is {view.status}: a finished run does not change.")
        if view.status == "running" and run_id not in self._tasks:
            await self._go_on(view, "asked by a person")

    async def _go_on_or_stall(self, view: RunView, reason: str) -> None:
        """One run that cannot be opened keeps no other from going on."""
        try:
            await self._go_on(view, reason)
        except Exception as error:
            log.exception("run %s cannot go on: a fault of ours", view.run_id)
            why = error if isinstance(error, OrchestratorError) else OrchestratorError(f"It cannot be read: {error!r}.")
            self._stall(view.run_id, why)

    async def _go_on(self, view: RunView, reason: str) -> None:
        async with self._opening:
            if view.run_id in self._turns:
                return
            turn = await self._open(view)
            turn.record(e.RunResumed(reason))
            self._work(turn)

    async def _open(self, view: RunView) -> Turn:
        state = fold(view.run_id, await self._house.journal.read(view.run_id))
        history = await self._history(view.tenant, view.conversation_id, before=view.run_id)
        return Turn(self._house, state, await self.grants.reader(view.tenant, view.subject), history)

    async def _history(self, tenant: str, conversation_id: str, before: str | None = None) -> list[Message]:
        """What was said and done in this conversation, oldest first."""
        earlier = await self._views.runs(tenant, conversation_id=conversation_id, before=before, limit=HISTORY)
        messages: list[Message] = []
        for view in reversed(earlier):
            state = fold(view.run_id, await self._house.journal.read(view.run_id))
            if state.finished is None:
                continue
            messages.extend(state.told())
            if state.messages[-1].role != "assistant" or state.finished.status != "completed":
                messages.append(assistant(state.finished.answer))
        return messages

    # Work.

    def _work(self, turn: Turn) -> None:
        run_id = turn.state.run_id
        if self._closed:
            return  # it goes on at the next start
        self._stalled.pop(run_id, None)
        turn.cancelled_by = ""
        self._turns[run_id] = turn
        task = asyncio.create_task(self._drive(turn), name=run_id)
        self._tasks[run_id] = task
        task.add_done_callback(lambda ended: self._put_away(turn, ended))

    def _put_away(self, turn: Turn, ended: "asyncio.Task[None]") -> None:
        run_id, state = turn.state.run_id, turn.state
        del self._turns[run_id], self._tasks[run_id]
        idle = state.finished is not None or state.waits or run_id in self._stalled
        if not ended.cancelled() and not idle:
            self._work(turn)  # it was answered in the moment it came to rest

    async def _drive(self, turn: Turn) -> None:
        run_id = turn.state.run_id
        loop = Loop(turn)
        try:
            try:
                async with self._room:
                    await loop.drive()
            except asyncio.CancelledError:
                if not turn.cancelled_by:
                    raise  # the server stops; the run goes on when it starts again
                await loop.cancelled(turn.cancelled_by)
            await turn.flushed()
        except JournalError as error:
            self._stall(run_id, turn.failure or error, turn.cancelled_by)
        except Exception as error:
            log.exception("run %s: a fault of ours", run_id)
            await self._fail(turn, error)
        finally:
            self._house.bus.end(run_id)

    def _stall(self, run_id: str, error: OrchestratorError, cancelled_by: str = "") -> None:
        """The journal cannot take it: whatever was acknowledged is safe, and it will be tried again."""
        log.warning("run %s stands still: %s", run_id, error)
        self._stalled[run_id] = Stalled(error, cancelled_by)
        self._house.bus.end(run_id)
        self._house.bus.fail(run_id, error)
        if error.retryable and self._reviver is None and not self._closed:
            self._reviver = asyncio.create_task(self._revive())

    async def _revive(self) -> None:
        while any(stalled.error.retryable for stalled in self._stalled.values()):
            await self._house.clock.sleep(REVIVE)
            try:
                await self._try_again()
            except Exception:
                log.exception("what stands still could not be looked at; tried again in %g s", REVIVE)
        self._reviver = None

    async def _try_again(self) -> None:
        unfinished = {view.run_id: view for view in await self._views.unfinished()}
        for run_id, stalled in list(self._stalled.items()):
            view = unfinished.get(run_id)
            if view is None:
                self._stalled.pop(run_id, None)
            elif not stalled.error.retryable:
                continue
            elif stalled.cancelled_by:
                with contextlib.suppress(OrchestratorError):  # it stands still again, or is finished
                    await self.cancel(run_id, tenant=view.tenant, by=stalled.cancelled_by)
            elif view.status == "running":
                await self._go_on_or_stall(view, "the journal can be written again")
            else:
                self._stalled.pop(run_id, None)  # it waits for a person

    async def _fail(self, turn: Turn, error: Exception) -> None:
        problem = e.Problem("internal", f"{type(error).__name__}: {error}", "This is a fault of AI Orchestrator.")
        state = turn.state
        answer = state.answer or problem.detail
        finished = e.RunFinished("failed", answer, state.model, state.step, state.usage, state.cost, problem)
        try:
            await turn.commit(finished)
        except Exception as failure:
            log.exception("run %s: its end cannot be written down", state.run_id)
            told = failure if isinstance(failure, OrchestratorError) else OrchestratorError(problem.detail)
            self._stall(state.run_id, turn.failure or told)

    # Follow.

    async def watch(self, run_id: str, after: int = 0) -> AsyncIterator[Event | Delta]:
        """Events with `seq` beyond `after`, then what happens, live, until the run is finished.

        Deltas are live; to a new reader comes first all that the step under way has said, at offset 0.
        Raises NotFound, or what keeps the run from going on.
        """
        bus, seen = self._house.bus, after
        subscription = bus.subscribe(run_id)
        try:
            while True:
                if (turn := self._turns.get(run_id)) is not None:
                    await turn.caught_up()  # what is being said comes after the events that led to it
                events = await self._house.journal.read(run_id, seen)
                if not events and await self._over(run_id, seen):
                    return
                replied = 0
                for event in events:
                    yield event
                    seen = event.seq
                    if isinstance(event.body, e.ModelReplied):
                        replied = event.body.step
                    if isinstance(event.body, e.RunFinished):
                        return
                for delta in bus.so_far(run_id):
                    if delta.step > replied:
                        yield delta
                self._raise_if_stalled(run_id)
                async for item in subscription.items(seen):
                    yield item
                    if isinstance(item, Event):
                        seen = item.seq
                        if isinstance(item.body, e.RunFinished):
                            return
        finally:
            bus.unsubscribe(run_id, subscription)

    async def _over(self, run_id: str, seen: int) -> bool:
        """Whether nothing can follow event `seen`."""
        last = await self._house.journal.read(run_id, max(0, seen - 1))
        if not last:
            raise NotFound(f"There is no run {run_id}." if seen == 0 else f"{run_id} has no event {seen}.")
        return isinstance(last[-1].body, e.RunFinished) and last[-1].seq == seen

    async def settled(self, run_id: str) -> None:
        """Returns when the run is finished, waits for a person, or cannot go on now."""
        while (task := self._tasks.get(run_id)) is not None:
            await asyncio.wait([task])
        self._raise_if_stalled(run_id)

    def _raise_if_stalled(self, run_id: str) -> None:
        if stalled := self._stalled.get(run_id):
            raise stalled.error

    # Steer.

    async def answer(self, approval_id: str, answer: e.Answer, *, tenant: str, by: str, note: str = "") -> str:
        """Answer what a run waits for. Returns the run's identifier once the answer is durable."""
        view = await self._views.approval(tenant, approval_id)
        allowed = ANSWERS[view.asked.kind]
        if answer not in allowed:
            raise InvalidInput(f"{answer!r} does not answer this.", hint=f"Say one of: {', '.join(sorted(allowed))}.")
        async with self._opening:
            turn = self._turns.get(view.run_id) or await self._open(await self._views.run(tenant, view.run_id))
            open_call = turn.state.open.get(view.asked.call_id)
            asked = open_call.asked if open_call and open_call.waits else None
            if turn.state.finished or asked is None or asked.approval_id != approval_id:
                raise AlreadyAnswered(f"{approval_id} does not wait for an answer any more.")
            if answer == "always":
                await self.grants.give(tenant, self._granted(view.asked, by), view.subject)
            written = turn.record(e.ApprovalAnswered(approval_id, answer, by, note))
            turn.answered.set()
            if view.run_id not in self._turns:
                self._work(turn)
        try:
            await asyncio.shield(written)
        except JournalError as error:
            raise turn.failure or error from None
        return view.run_id

    def _granted(self, asked: e.ApprovalAsked, by: str) -> e.GrantGiven:
        return e.GrantGiven(self._house.ids.new("grant"), asked.tool, asked.shape, by, asked.approval_id)

    async def cancel(self, run_id: str, *, tenant: str, by: str) -> None:
        """Returns once the run is finished: the processes of its tools are dead."""
        view = await self._views.run(tenant, run_id)
        if view.finished_at is not None:
            raise RunFinished(f"{run_id} is already {view.status}.")
        while True:
            async with self._opening:
                task = self._tasks.get(run_id)
                turn = await self._open(view) if task is None else self._turns[run_id]
                if task is None:  # at rest
                    await self._cancelled_at_rest(turn, by)
                elif not turn.cancelled_by:
                    turn.cancelled_by = by
                    task.cancel()
            if task is not None:
                await asyncio.wait([task])
            await turn.flushed()
            if (finished := turn.state.finished) is not None:
                break
            # It came to rest, or to work again, in that very moment.
        if finished.status != "cancelled":
            raise RunFinished(f"{run_id} is already {finished.status}.")

    async def _cancelled_at_rest(self, turn: Turn, by: str) -> None:
        try:
            await Loop(turn).cancelled(by)
        except JournalError as error:
            self._stall(turn.state.run_id, turn.failure or error, by)
        else:
            self._stalled.pop(turn.state.run_id, None)

    async def close(self, patience: float = 2.0) -> None:
        """Let what is at work come to a point, then stop; unfinished runs go on at the next start."""
        self._closed = True
        tasks: Sequence[asyncio.Task[None]] = list(self._tasks.values())
        if self._reviver is not None:
            self._reviver.cancel()
            await asyncio.wait([self._reviver])
        if tasks:
            await asyncio.wait(tasks, timeout=patience)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

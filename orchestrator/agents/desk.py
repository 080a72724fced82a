"""The runs at work in this process: one turn for one run, one task that drives it, and what keeps it from going on."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Collection, Coroutine, Sequence
from typing import Any, TypeAlias

from msgspec import Struct

from orchestrator.agents.family import Family
from orchestrator.agents.frozen import EVERY, unfolded
from orchestrator.agents.grants import Grants
from orchestrator.agents.loop import Loop
from orchestrator.agents.placing import placed
from orchestrator.agents.ports import Cluster, House
from orchestrator.agents.provenance import a_strangers
from orchestrator.agents.state import RunState
from orchestrator.agents.transfers.imports import Imports
from orchestrator.agents.turn import Turn
from orchestrator.journal.views import RunView, Views
from orchestrator.kernel import events as e
from orchestrator.kernel.errors import Conflict, Fenced, JournalError, OrchestratorError, RunFinished
from orchestrator.kernel.messages import Message, Origin, assistant

HISTORY = 12  # earlier runs of a conversation that a model may read
REVIVE = 15.0  # seconds between attempts to go on with runs that the journal could not take
LEAVING = 3.0  # seconds that what is at work has to hear that it is stopped

log = logging.getLogger("orchestrator.agents")


# The house that a fork works in, and the earlier messages that its models read.
Stage: TypeAlias = Callable[[RunState, House], Awaitable[tuple[House, list[Message]]]]


class Stalled(Struct, frozen=True):
    """A run that the journal could not take, and who wanted it cancelled."""

    error: OrchestratorError
    cancelled_by: str = ""


class Past(Struct, frozen=True):
    """What was said and done in a conversation before, oldest first, and whose words it was done after."""

    messages: tuple[Message, ...] = ()
    origins: frozenset[Origin] = frozenset()


class Desk:
    def __init__(self, house: House, views: Views, concurrent: int) -> None:
        self.house = house
        self.cluster = house.cluster
        self.views = views
        self.grants = Grants(house.ledger)
        self.turns: dict[str, Turn] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self.stalled: dict[str, Stalled] = {}
        self.cancelling: set[str] = set()
        self.opening = asyncio.Lock()  # one turn for one run
        self.family = Family(self)
        self.imports = Imports(house.ledger)
        self.stage: Stage | None = None  # where forks work; without it they cannot be opened
        self._below: dict[str, list[str]] = {}  # of runs that rest for others: those others
        self._room = asyncio.Semaphore(concurrent)
        self._errands: set[asyncio.Task[None]] = set()
        self._closed = False
        self._reviver: asyncio.Task[None] | None = None

    # Open.

    async def turn(self, state: RunState, history: Sequence[Message] = ()) -> Turn:
        granted = await self.grants.reader(state.tenant, state.subject)
        return Turn(self.house, state, granted, history, self.family)

    async def open(self, view: RunView) -> Turn:
        """The turn of a run at rest, or that another process left. Called with `opening` held."""
        state = await unfolded(view.run_id, self.house.journal, self.house.snapshots)
        if state.started is not None and state.started.forked_from is not None:
            return await self._fork(state)
        if view.parent is None:
            past = await self.past(view.tenant, view.conversation_id, before=view.run_id)
            return await self.turn(state, past.messages)
        return await self.turn(state)

    async def _fork(self, state: RunState) -> Turn:
        """The turn of a fork: in a house of its own, with the history of the run it comes from, and none below it."""
        if self.stage is None:
            raise Conflict(f"{state.run_id} is a fork, and nothing here knows what it was forked from.")
        house, history = await self.stage(state, self.house)
        return Turn(house, state, await self.grants.reader(state.tenant, state.subject), history)

    async def at_hand(self, view: RunView) -> Turn:
        """The turn of a run, at work or not. Called with `opening` held."""
        return self.turns.get(view.run_id) or await self.open(view)

    async def past(self, tenant: str, conversation_id: str, before: str | None = None) -> Past:
        """Whose words a run was done after, it was with all before it: so none is forgotten with its messages."""
        earlier = await self.views.runs(
            tenant, conversation_id=conversation_id, children=False, before=before, limit=HISTORY
        )
        imported = await self.imports.of(tenant)
        messages: list[Message] = []
        origins: set[Origin] = set()
        for view in reversed(earlier):
            long = view.steps * 3 > EVERY
            state = await unfolded(view.run_id, self.house.journal, self.house.snapshots if long else None)
            if state.finished is None or state.paused == "queue":
                live = self.turns.get(view.run_id)
                origins |= live.state.origins if live is not None else state.origins
                continue  # under way, or taken back before it began
            strange = view.run_id in imported
            told = map(a_strangers, state.told()) if strange else state.told()
            messages.extend(told)
            origins |= {*state.origins, "web"} if strange else state.origins
            if state.messages[-1].role != "assistant" or state.finished.status != "completed":
                messages.append(assistant(state.finished.answer))
        return Past(tuple(messages), frozenset(origins))

    async def go_on(self, view: RunView, reason: str) -> None:
        async with self.opening:
            if view.run_id in self.turns:
                return
            turn = await self.open(view)
            turn.record(e.RunResumed(reason))
            self.work(turn)

    async def go_on_or_stall(self, view: RunView, reason: str) -> None:
        """One run that cannot be opened keeps no other from going on."""
        try:
            await self.go_on(view, reason)
        except Exception as error:
            log.exception("run %s cannot go on: a fault of ours", view.run_id)
            why = error if isinstance(error, OrchestratorError) else OrchestratorError(f"It cannot be read: {error!r}.")
            self._stall(view.run_id, why)

    # Work.

    def work(self, turn: Turn) -> None:
        run_id = turn.state.run_id
        if self._closed or run_id in self.tasks:
            return  # it goes on at the next start
        if self.cluster is not None and self.cluster.full() and run_id not in self.house.parked.runs():
            return self.errand(self._hand_on(turn, self.cluster))
        self.stalled.pop(run_id, None)
        self._below.pop(run_id, None)
        turn.cancelled_by = ""
        self.turns[run_id] = turn
        task = asyncio.create_task(self._drive(turn), name=run_id)
        self.tasks[run_id] = task
        task.add_done_callback(lambda ended: self._put_away(turn, ended))

    def stir(self, turn: Turn) -> None:
        """Something happened outside that matters to a run: it goes on, as far as it can."""
        turn.stir()
        state = turn.state
        if state.finished is None and state.paused is None and state.budget is None:
            self.work(turn)

    def _put_away(self, turn: Turn, ended: "asyncio.Task[None]") -> None:
        run_id, state = turn.state.run_id, turn.state
        if turn.deaf:
            return
        del self.turns[run_id], self.tasks[run_id]
        if not ended.cancelled() and not state.rests and run_id not in self.stalled and not turn.lost:
            self.work(turn)  # it was stirred in the moment it came to rest
        if self.cluster is not None:
            self.cluster.stir()
        if state.finished is not None:
            self.family.finished(state)
        elif state.paused == "child":
            self.rests_for(run_id, state.children_open)

    def rests_for(self, run_id: str, below: list[str]) -> None:
        self._below[run_id] = below

    def below(self, run_id: str) -> list[str] | None:
        """The runs that a run rests for; None where it does not."""
        return self._below.get(run_id)

    def errand(self, work: Coroutine[Any, Any, None]) -> None:
        """What is to be done for other runs, by and by."""
        if self._closed:
            work.close()  # it is done at the next start
            return
        task = asyncio.create_task(work)
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    @property
    def errands(self) -> "set[asyncio.Task[None]]":
        return set(self._errands)

    async def _drive(self, turn: Turn) -> None:
        run_id = turn.state.run_id
        loop = Loop(turn)
        try:
            await self._driven(turn, loop)
            await turn.flushed()
        except JournalError as error:
            if not turn.deaf:
                self._stall(run_id, turn.failure or error, turn.cancelled_by)
        except Exception as error:
            if turn.deaf:
                return log.warning("run %s: what was left behind of it has come to its end: %r", run_id, error)
            log.exception("run %s: a fault of ours", run_id)
            await self._fail(turn, error)
        finally:
            if not turn.deaf:
                self.house.bus.end(run_id)

    async def _driven(self, turn: Turn, loop: Loop) -> None:
        while True:
            try:
                async with self._room:
                    await loop.drive()
            except asyncio.CancelledError:
                if turn.cancelled_by:
                    return await loop.cancelled(turn.cancelled_by)
                if not turn.interrupted:
                    raise  # the server stops; the run goes on when it starts again
                turn.interrupted = False
                if (task := asyncio.current_task()) is not None:
                    task.uncancel()
                self.house.bus.end(turn.state.run_id)
            else:
                return

    def _stall(self, run_id: str, error: OrchestratorError, cancelled_by: str = "") -> None:
        """The journal cannot take it: whatever was acknowledged is safe, and it will be tried again."""
        if self.cluster is not None and isinstance(error, Fenced):
            log.info("run %s is another server's now: %s", run_id, error)
            return self.house.bus.end(run_id)
        log.warning("run %s stands still: %s", run_id, error)
        self.stalled[run_id] = Stalled(error, cancelled_by)
        self.house.bus.end(run_id)
        self.house.bus.fail(run_id, error)
        if error.retryable and self._reviver is None and not self._closed:
            self._reviver = asyncio.create_task(self._revive())

    async def _revive(self) -> None:
        while any(stalled.error.retryable for stalled in self.stalled.values()):
            await self.house.clock.sleep(REVIVE)
            try:
                await self._try_again()
            except Exception:
                log.exception("what stands still could not be looked at; tried again in %g s", REVIVE)
        self._reviver = None

    async def _try_again(self) -> None:
        unfinished = {view.run_id: view for view in await self.views.unfinished()}
        for run_id, stalled in list(self.stalled.items()):
            view = unfinished.get(run_id)
            if view is None:
                self.stalled.pop(run_id, None)
            elif not stalled.error.retryable:
                continue
            elif stalled.cancelled_by:
                with contextlib.suppress(OrchestratorError):  # it stands still again, or is finished
                    await self.cancel(run_id, tenant=view.tenant, by=stalled.cancelled_by)
            elif view.status == "running":
                await self.go_on_or_stall(view, "the journal can be written again")
            else:
                self.stalled.pop(run_id, None)  # it waits for a person

    async def _fail(self, turn: Turn, error: Exception) -> None:
        state = turn.state
        try:
            await turn.commit(Loop(turn).broken(error))
        except Exception as failure:
            log.exception("run %s: its end cannot be written down", state.run_id)
            why = f"{type(error).__name__}: {error}"
            told = failure if isinstance(failure, OrchestratorError) else OrchestratorError(why)
            self._stall(state.run_id, turn.failure or told)

    def raise_if_stalled(self, run_id: str) -> None:
        if stalled := self.stalled.get(run_id):
            raise stalled.error

    # Of several processes, this one.

    def working(self) -> Collection[str]:
        return self.tasks.keys()

    async def take_up(self, run_id: str, reason: str) -> bool:
        """Go on with a run that nobody works on. False where there is nothing to do: it is finished, or rests."""
        if run_id in self.house.parked.runs():
            return True  # a call of it is under way here: it can go on nowhere else
        view = await self.views.whose(run_id)
        if view is None or view.status != "running":
            return False
        if run_id not in self.tasks:
            await self.go_on_or_stall(view, reason)
        return True

    async def _hand_on(self, turn: Turn, cluster: Cluster) -> None:
        try:
            await turn.flushed()
            await cluster.hand_on(turn.state.run_id)
        except JournalError as error:
            log.warning("run %s is handed on a beat later: %s", turn.state.run_id, error)

    async def let_go(self) -> None:
        """Stop every turn where it stands; others go on with the runs."""
        for turn in self.turns.values():
            turn.interrupted = False
        await self._stop()
        self.stalled.clear()

    async def reconcile(self) -> None:
        """What one run's end means for another, where a process died before it acted on that."""
        unfinished = await self.views.unfinished()
        await self.family.reconcile([view for view in unfinished if view.parent is not None or view.paused])

    # End.

    @placed
    async def cancel(self, run_id: str, *, tenant: str, by: str) -> None:
        """Returns once the run and those below it are finished: the processes of their tools are dead."""
        view = await self.views.run(tenant, run_id)
        if view.finished_at is not None:
            raise RunFinished(f"{run_id} is already {view.status}.")
        self.cancelling.add(run_id)
        try:
            finished = await self._cancel(view, by)
        finally:
            self.cancelling.discard(run_id)
        if finished.status != "cancelled":
            raise RunFinished(f"{run_id} is already {finished.status}.")

    async def _cancel(self, view: RunView, by: str) -> e.RunFinished:
        run_id = view.run_id
        while True:
            if run_id not in self.tasks:
                await self.family.cancel_children(view.tenant, run_id, by)
            async with self.opening:
                task = self.tasks.get(run_id)
                turn = await self.at_hand(view)
                if task is None:
                    await self._cancelled_at_rest(turn, by)
                elif not turn.cancelled_by:
                    turn.cancelled_by = by
                    task.cancel()
            if task is not None:
                await asyncio.wait([task])
            await turn.flushed()
            if (finished := turn.state.finished) is not None:
                return finished
            # It came to rest, or to work again, in that very moment.

    async def _cancelled_at_rest(self, turn: Turn, by: str) -> None:
        try:
            await Loop(turn).cancelled(by)
        except JournalError as error:
            self._stall(turn.state.run_id, turn.failure or error, by)
        else:
            self.stalled.pop(turn.state.run_id, None)
            self._below.pop(turn.state.run_id, None)
            self.family.finished(turn.state)

    async def close(self, patience: float = 2.0) -> None:
        """Let what is at work come to a point, then stop; unfinished runs go on at the next start."""
        self._closed = True
        for turn in self.turns.values():
            turn.leaving = True
        tasks: Sequence[asyncio.Task[None]] = [*self.tasks.values(), *self._errands]
        if self._reviver is not None:
            self._reviver.cancel()
            await asyncio.wait([self._reviver])
        if tasks:
            await asyncio.wait(tasks, timeout=patience)
        await self._stop()

    async def _stop(self) -> None:
        """Stop what is at work; who does not hear it is left behind: it does and writes nothing more for its run."""
        tasks = [*self.tasks.values(), *self._errands]
        for task in tasks:
            task.cancel()
        with contextlib.suppress(TimeoutError):
            async with self.house.clock.timeout(LEAVING):
                if tasks:
                    await asyncio.wait(tasks)
        for run_id in [run_id for run_id, task in self.tasks.items() if not task.done()]:
            log.error("run %s does not stop: it is left behind, and whoever goes on with it asks what happened", run_id)
            self.turns.pop(run_id).deaf = True
            del self.tasks[run_id]

"""Makes a run again: the real loop over stand-ins, and what came from outside put in where it came then.

given: run.started · run.resumed · an answer · what a person said, changed or let rest · the end of a sub-run
       · being cancelled · a time limit
decided again, and compared: everything else, in the recorded order
"""

import asyncio
from collections.abc import Coroutine
from typing import Any

from msgspec import Struct

from orchestrator.agents import wording
from orchestrator.agents.forks.faculties import ForkPolicy, ForkTools, effects_of
from orchestrator.agents.forks.origin import Origin
from orchestrator.agents.loop import Loop
from orchestrator.agents.ports import Decide, House, Tools
from orchestrator.agents.replay.difference import Difference
from orchestrator.agents.replay.faculties import RecordedChooser, RecordedTools
from orchestrator.agents.replay.quiet import Quiet, quietly
from orchestrator.agents.replay.recording import Recording, Today
from orchestrator.agents.replay.script import Script, deaths, given
from orchestrator.agents.replay.standins import (
    RecordedArtifacts,
    RecordedBudget,
    RecordedClock,
    RecordedIds,
    RecordedJournal,
    RecordedKin,
)
from orchestrator.agents.state import RunState, fold
from orchestrator.agents.turn import Kin, Turn
from orchestrator.journal.bus import Bus
from orchestrator.journal.ledger import Ledger
from orchestrator.kernel import events as e


class Replayed(Struct, frozen=True):
    run_id: str
    exact: bool
    events: int
    same: int  # of them, up to the first difference
    swapped: int = 0  # that came before others of the same step which are none of theirs
    lost: int = 0  # decided again, though a process had died before they were durable
    unasked: int = 0  # questions to a model whose digest an older version did not keep
    difference: Difference | None = None


def replay(recording: Recording, today: Today) -> Replayed:
    """Make the run again on this thread, where no event loop may be running. It waits for nothing."""
    script = _farthest(recording, today)
    unasked = sum(isinstance(event.body, e.ModelAsked) and event.body.request is None for event in recording.events)
    exact = script.difference is None
    return Replayed(
        recording.run_id,
        exact,
        len(recording.events),
        script.place,
        script.swapped,
        script.lost,
        unasked,
        script.difference,
    )


def _farthest(recording: Recording, today: Today) -> Script:
    """What comes from outside meets a run before or after it has decided on its next step: both are legal."""
    early: frozenset[int] = frozenset()
    best = _played(recording, today, early)
    tried: set[frozenset[int]] = set()
    while best.difference is not None and (block := best.given_before(best.place)):
        other = early ^ block
        if other in tried:
            break
        tried.add(other)
        script = _played(recording, today, other)
        if script.difference is not None and script.place <= best.place:
            break
        best, early = script, other
    return best


def _played(recording: Recording, today: Today, early: frozenset[int]) -> Script:
    player = Player(recording, today, early)
    quietly(player.play)
    return player.script


class Played(Turn):
    """The turn of a run that is made again: who must come early comes as soon as it has recorded something."""

    def __init__(self, player: "Player", house: House, state: RunState, kin: Kin | None) -> None:
        super().__init__(house, state, player.granted, player.recording.history, kin)
        self._player = player

    def record(self, *bodies: e.Body, lazy: bool = False) -> "asyncio.Future[None]":
        written = super().record(*bodies, lazy=lazy)
        self._player.recorded()
        return written


class Player:
    def __init__(self, recording: Recording, today: Today, early: frozenset[int] = frozenset()) -> None:
        """`early` are places of what came from outside before the run had decided on its next step."""
        self.script = Script(recording.events, recording.given)
        self.recording = recording
        self._early = early
        self._today = today
        self._cancel_at = _cancelled(recording)
        self._deaths = deaths(recording.events)
        self._put_in = -1  # the last place where something was given
        self._work: asyncio.Task[None] | None = None

    async def play(self, loop: Quiet) -> None:
        self._loop = loop
        self.script.moved = self._moved
        self._open()
        self._begin()
        self._moved()
        try:
            while not self.script.over:
                await loop.quiet()
                if not self.script.over:
                    self._stir()
        finally:
            await self._stop()

    def _open(self) -> None:
        """As a process takes a run up: with what is in the journal, and nothing else."""
        script, clock, journal = self.script, RecordedClock(self.script), RecordedJournal(self.script)
        state = fold(self.recording.run_id, script.before())
        tools, policy = self._deciding(state)
        house = House(
            journal=journal,
            ledger=Ledger(journal, clock),
            bus=Bus(),
            models=RecordedChooser(script, clock),
            tools=RecordedTools(tools, script, clock),
            policy=policy,
            artifacts=RecordedArtifacts(),
            clock=clock,
            ids=RecordedIds(script),
            context_tokens=self._today.context_tokens,
            budget=RecordedBudget(script),
            depth=self._today.depth,
            children=self._today.children,
        )
        kin = None if self.recording.started.forked_from else RecordedKin(script, house)
        self._clock, self._journal = clock, journal
        self._turn = Played(self, house, state, kin)

    def _deciding(self, state: RunState) -> tuple[Tools, Decide]:
        """Today's tools and policy; those of a fork look into the run it came from."""
        today, forked = self._today, self.recording.started.forked_from
        if forked is None or forked.effects == "live":
            return today.tools, today.policy
        origin = Origin(self.recording.origin, effects_of(today.tools))
        own = forked.policy is not None and today.policy_of is not None
        policy = today.policy_of(forked.policy) if own else today.policy  # type: ignore[misc, arg-type]
        return ForkTools(state, forked, origin, today.tools), ForkPolicy(state, forked, origin, policy, today.policy)

    # Work.

    def _begin(self, work: Coroutine[Any, Any, None] | None = None) -> None:
        self._work = self._loop.create_task(work or self._drive(self._turn))
        self._work.add_done_callback(self._rested)

    async def _drive(self, turn: Turn) -> None:
        loop = Loop(turn)
        try:
            while True:
                try:
                    return await loop.drive()
                except asyncio.CancelledError:
                    if turn.cancelled_by:
                        return await loop.cancelled(turn.cancelled_by)
                    if not turn.interrupted:
                        raise
                    turn.interrupted = False
        except Exception as error:  # noqa: BLE001 - it ends the run, as it did then or for the first time
            turn.record(loop.broken(error))

    def _rested(self, ended: "asyncio.Task[None]") -> None:
        """As a server does: who was stirred in the moment it came to rest goes on."""
        if ended is self._work:
            self._work = None
            if ended.cancelled() or self.script.over:
                return
            if self._turn.cancelled_by and self._turn.state.finished is None:
                self._begin(Loop(self._turn).cancelled(self._turn.cancelled_by))
            elif self._goes_on:
                self._begin()

    @property
    def _goes_on(self) -> bool:
        state = self._turn.state
        answered = any(not call.waits and not _delegated(call.requested) for call in state.open.values())
        kept = state.finished is not None or state.paused is not None or state.budget is not None
        return not kept and (answered or not state.rests)

    # What comes from outside.

    def granted(self) -> frozenset[tuple[str, str]]:
        return self.recording.granted(self.script.at, self.script.answered)

    def recorded(self) -> None:
        if self.script.place in self._early and given(self.script.next):
            self._give()

    def _moved(self) -> None:
        self._loop.progress()
        if self.script.strikes:
            self._loop.call_soon(self._clock.strike)
        if not self.script.over and (given(self.script.next) or self.script.place in self._cancel_at):
            self._loop.call_soon(self._give)

    def _give(self) -> bool:
        """Put in what is next in the recording, if it came from outside."""
        script, body = self.script, self.script.next
        if script.over or self._put_in == script.place:
            return False
        place = script.place
        if place in self._cancel_at:
            self._cancel()
        elif body is not None and given(body):
            self._put_in = place
            self._say(body)
        else:
            return False
        self._put_in = place
        return True

    def _say(self, body: e.Body) -> None:
        if isinstance(body, e.RunResumed) or self.script.died or self.script.place in self._deaths:
            self._die()
            self._open()
        turn = self._turn
        turn.record(body)
        turn.stir()
        if isinstance(body, e.LimitsChanged):
            turn.retime()
        if isinstance(body, e.MessageAdded) and body.urgency == "interrupt" and self._work is not None:
            turn.interrupted = True
            self._work.cancel()
        elif self._work is None and self._goes_on:
            self._begin()

    def _stir(self) -> None:
        """Nothing goes on by itself: what is next came from outside, or is not decided any more."""
        body = self.script.next
        if self._give():
            return
        if isinstance(body, e.ToolReturned) and body.content == wording.LEFT_BEHIND:
            return self._clock.left_behind()
        if self.script.out_of_time and self._work is None and self._put_in != self.script.place:
            self._put_in = self.script.place
            self.script.strike()
            self.script.stricken()
            return self._begin(Loop(self._turn)._out_of_time())  # it was over while the disk was slow
        stopped = isinstance(body, e.ModelAsked | e.ToolReturned)
        if not (stopped and self._clock.strike()):
            self.script.differs(None)

    def _cancel(self) -> None:
        finished = self.recording.finished
        detail = finished.problem.detail if finished is not None and finished.problem is not None else ""
        by = detail.removeprefix(wording.CANCELLED_BY).removesuffix(".")
        self._turn.cancelled_by = by or "somebody"
        if self._work is not None:
            self._work.cancel()
        else:
            self._begin(Loop(self._turn).cancelled(by))

    def _die(self) -> None:
        self._journal.dead, self.script.died = True, False
        if self._work is not None:
            work, self._work = self._work, None
            work.cancel()

    async def _stop(self) -> None:
        """Whoever is stopped may have something to clean up, and be stopped again at it."""
        self._turn.cancelled_by, self._turn.interrupted = "", False
        while tasks := asyncio.all_tasks(self._loop) - {asyncio.current_task()}:
            for task in tasks:
                task.cancel()
            await self._loop.quiet()


def _delegated(begun: e.ToolRequested | None) -> bool:
    return begun is not None and bool(begun.child)


def _cancelled(recording: Recording) -> frozenset[int]:
    """The places of what cancelling wrote first, also where the process died before the run was finished."""
    found = set()
    closing = False  # what is before was written by cancelling
    for place, event in enumerate(recording.events):
        body = event.body
        stopped = isinstance(body, e.ToolReturned) and body.content == wording.AT_WORK
        ended = isinstance(body, e.RunFinished) and body.problem is not None and body.problem.code == "cancelled"
        if (stopped or ended) and not closing:
            found.add(place)
        closing = stopped
    return frozenset(found)

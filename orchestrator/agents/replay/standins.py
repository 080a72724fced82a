"""The rooms of a replay, SIMULATED: a journal, a clock, identifiers, money and sub-runs that answer from a recording.

Each answers when the recording comes to its answer, so that what was recorded together comes in the recorded order.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from weakref import WeakKeyDictionary

from orchestrator.agents import wording
from orchestrator.agents.family import Family, Harvest
from orchestrator.agents.forks.origin import Kept
from orchestrator.agents.ports import House
from orchestrator.agents.replay.script import LIMIT, Script
from orchestrator.agents.state import OpenCall
from orchestrator.agents.turn import Turn
from orchestrator.kernel import events as e
from orchestrator.kernel.errors import BudgetExceeded
from orchestrator.kernel.events import Event
from orchestrator.kernel.messages import Spared, Usage
from orchestrator.policy.budgets.base import Spending


class RecordedJournal:
    """Takes events as a journal does, and compares them with the recording. It keeps nothing."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self.dead = False  # the process that wrote to it has ended

    def append(self, events: Sequence[Event], *, lazy: bool = False) -> "asyncio.Future[None]":
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self.dead:
            return done
        for event in events:
            self._script.hear(event.body)
        if not self._script.holds:  # else it was the disk that the time ran out at
            done.set_result(None)
        return done

    async def read(self, stream: str, after: int = 0) -> list[Event]:
        return []

    async def head(self, stream: str) -> int:
        return 0

    async def tail(self, after: int = 0, limit: int = 1000) -> list[tuple[int, Event]]:
        return []

    async def trouble(self) -> None:
        return None

    async def close(self) -> None: ...


class RecordedClock:
    """Says what the clock said then. A time limit strikes where it struck then."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._took: WeakKeyDictionary[asyncio.Task[object], float] = WeakKeyDictionary()
        self._alarms: list[Callable[[], None]] = []
        self._struck: Callable[[], None] | None = None

    def now(self) -> float:
        return self._script.at

    def took(self, seconds: float) -> None:
        """What was just answered took so long."""
        task = asyncio.current_task()
        assert task is not None
        self._took[task] = seconds

    def monotonic(self) -> float:
        """The difference of two readings is what was recorded, to the last bit."""
        task = asyncio.current_task()
        return self._took.pop(task, 0.0) if task is not None else 0.0

    async def sleep(self, seconds: float) -> None:
        if self._script.holds:
            await asyncio.Event().wait()
        await asyncio.sleep(0)

    @asynccontextmanager
    async def timeout(self, seconds: float) -> AsyncIterator[asyncio.Timeout]:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(None) as limit:
            call_off = self.call_later(seconds, lambda: limit.reschedule(loop.time()))
            try:
                yield limit
            finally:
                call_off()

    def call_later(self, seconds: float, action: Callable[[], None]) -> Callable[[], None]:
        """The first that is asked for is the time limit of the run: it strikes where the recording says."""
        if not self._alarms and (seconds <= 0 or self._script.strikes):
            self._script.strike()
            asyncio.get_running_loop().call_soon(action)
            return self._script.stricken
        self._alarms.append(action)

        def call_off() -> None:
            if action in self._alarms:
                self._alarms.remove(action)
            elif action is self._struck:
                self._script.stricken()

        return call_off

    def strike(self) -> bool:
        """The time of the run is over; False where no limit is set."""
        if not self._alarms:
            return False
        self._script.strike()
        self._struck = self._alarms.pop(0)
        self._struck()
        return True

    def left_behind(self) -> None:
        """A tool that was told to stop did not, long after."""
        for action in self._alarms[1:]:
            action()


class RecordedIds:
    def __init__(self, script: Script) -> None:
        self._script = script

    def new(self, kind: str) -> str:
        body = self._script.next
        if kind == "approval" and isinstance(body, e.ApprovalAsked):
            return body.approval_id
        return f"{kind}_of_the_replay"


class RecordedArtifacts:
    def put(self, data: bytes) -> str:
        assert isinstance(data, Kept)
        return data.artifact.id


class RecordedBudget:
    """There was money then, or there was not."""

    def __init__(self, script: Script) -> None:
        self._script = script

    async def reserve(self, spending: Spending) -> int | None:
        if self._script.holds:
            await asyncio.Event().wait()
        body = await self._script.until(asks_for_money_or_model)
        if isinstance(body, e.ApprovalAsked):
            refusal = BudgetExceeded(body.reason, details=body.details)
            refusal.code = body.code  # type: ignore[misc]
            raise refusal
        if isinstance(body, e.RunFinished):
            raise BudgetExceeded("There were no closing words.")
        return None

    async def settle(
        self, spending: Spending, usage: Usage | None, cost: float, *, model: str = "", spared: Spared | None = None
    ) -> None: ...


def asks_for_money_or_model(body: e.Body) -> bool:
    ended = isinstance(body, e.RunFinished) and body.problem is not None and body.problem.code.startswith(LIMIT)
    return isinstance(body, e.ModelAsked) or ended or (isinstance(body, e.ApprovalAsked) and body.kind == "budget")


class _Desk:
    """What the family asks of those who drive runs, where none is driven."""

    cluster = None

    def __init__(self, house: House) -> None:
        self.house = house


class RecordedKin:
    """The runs below: whether one may be begun is decided again; what came of it is in the recording."""

    def __init__(self, script: Script, house: House) -> None:
        self._script = script
        self._family = Family(_Desk(house))  # type: ignore[arg-type]

    def refusal(self, turn: Turn) -> str:
        return self._family.refusal(turn)

    async def begin(self, turn: Turn, open_call: OpenCall) -> None:
        self._family._started(turn, open_call.call.arguments)

    async def harvest(self, child_id: str) -> Harvest | None:
        calls = [
            event.body.call_id
            for event in self._script.before()
            if isinstance(event.body, e.ToolRequested) and event.body.child == child_id
        ]

        def told(body: e.Body) -> bool:
            rests = isinstance(body, e.RunPaused) and body.reason == "child"
            return rests or (isinstance(body, e.ToolReturned) and body.call_id in calls)

        body = await self._script.until(told)
        if not isinstance(body, e.ToolReturned) or body.content in wording.STOPPED:
            return None
        return Harvest(
            body.outcome, body.content, body.data, body.origin, body.origins, body.seconds, body.cost, body.usage
        )

    async def cancel_children(self, tenant: str, run_id: str, by: str) -> None: ...

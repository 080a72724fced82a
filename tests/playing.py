"""Runs of many shapes, and their recordings: for replays, forks and comparisons."""

import asyncio
import contextlib
import random
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

from msgspec import Struct
from world import FunctionTool, Rules, ScriptModel, Toolbox, World, call, say, world

from orchestrator.agents.ports import Decide
from orchestrator.agents.replay.player import Replayed, replay
from orchestrator.agents.replay.recording import Recording, Today
from orchestrator.agents.steering import ANSWERS
from orchestrator.agents.trials import Trials
from orchestrator.kernel.errors import (
    Conflict,
    InvalidInput,
    ModelError,
    ModelGarbled,
    ModelUnavailable,
    ToolFailed,
    ToolRetry,
)
from orchestrator.kernel.events import ApprovalAnswered, ApprovalAsked, CallEdited, Limits, RunFinished
from orchestrator.kernel.ids import CountedIds
from orchestrator.kernel.messages import Arguments, user
from orchestrator.llm.base import Reply, Request
from orchestrator.storage import tables_budgets, tables_journal  # noqa: F401  (their tables are made too)
from orchestrator.tools.base import Context, Result, Tool


async def recorded(w: World, run_id: str, seq: int | None = None) -> Recording:
    past = await w.runs.desk.past("t", (await w.views.run("t", run_id)).conversation_id, before=run_id)
    events = (await w.journal.read(run_id))[:seq]
    return Recording(tuple(events), past.messages, tuple(await w.ledger.read("grants:t")))


async def replayed(recording: Recording, today: Today) -> Replayed:
    return await asyncio.to_thread(replay, recording, today)


def toolbox(pace: "Pace") -> tuple[Tool, ...]:
    """Tools that succeed, fail, break down, take their time, and say too much."""

    async def look(arguments: Arguments, context: Context) -> Result:
        await pace.wait()
        return Result(f"saw {arguments.get('n')}", {"n": arguments.get("n")})

    async def ring(arguments: Arguments, context: Context) -> Result:
        await pace.wait()
        if arguments.get("n", 0) % 5 == 3:
            raise ToolFailed("The bell is stuck.", hint="Oil it. ")
        return Result("rung")

    async def put(arguments: Arguments, context: Context) -> Result:
        await pace.wait()
        if arguments.get("n", 0) % 4 == 1:
            raise ToolRetry("Not like this.")
        return Result("put " * 10, overflow=b"put " * 1000, overflow_name="put.txt")

    async def fall(arguments: Arguments, context: Context) -> Result:
        await pace.wait()
        raise ZeroDivisionError("by zero")

    return (
        FunctionTool("look", look),
        FunctionTool("ring", ring, "once", "execute"),
        FunctionTool("put", put, "idempotent", "write"),
        FunctionTool("fall", fall, "once", "execute"),
    )


class Life:
    """All that may come over a run from outside, as drawn."""

    def __init__(self, w: World, seed: int, *, steered: bool = False) -> None:
        self._w = w
        self._random = random.Random(seed)
        self._steered = steered

    async def to_the_end(self, run_id: str) -> None:
        """Until the run is finished: time passes, people answer, and some cancel."""
        w, draw = self._w, self._random
        cancels = draw.random() < 0.15
        async with asyncio.timeout(30):
            seen = Seen(w, run_id)
            while not seen.finished:
                for _ in range(draw.randrange(4)):
                    await asyncio.sleep(0)
                w.clock.advance(draw.choice([0.0, 0.0, 0.1, 1.3]))
                for approval_id in seen.waiting:
                    if draw.random() < 0.3:
                        await self._answer(approval_id)
                if self._steered and draw.random() < 0.1:
                    with contextlib.suppress(Conflict, InvalidInput):
                        await self._steer(run_id)
                if cancels and draw.random() < 0.02:
                    with contextlib.suppress(Conflict):
                        await w.runs.cancel(run_id, tenant="t", by="u")
        await w.runs.settled(run_id)

    async def _steer(self, run_id: str) -> None:
        """One of the things that people do to a run at work."""
        steering, draw = self._w.runs.steering, self._random
        who: dict[str, str] = {"tenant": "t", "by": "u"}
        match draw.randrange(7):
            case 0:
                await steering.steer(run_id, user("Mind the gap."), "steer", **who)
            case 1:
                await steering.steer(run_id, user("Stop, and look."), "interrupt", **who)
            case 2:
                await steering.pause(run_id, **who)
            case 3 | 4:
                await steering.go_on(run_id, **who)
            case 5:
                await steering.set(
                    run_id, tenant="t", by="u", model=draw.choice(["auto", "script"]), steps=draw.choice([4, 9])
                )
            case 6:
                for approval_id in waiting(self._w, run_id)[:1]:
                    await steering.edit(approval_id, {"n": draw.randrange(9)}, **who)

    async def _answer(self, approval_id: str) -> None:
        asked = (await self._w.views.approval("t", approval_id)).asked
        answers = list(ANSWERS[asked.kind])
        answers.sort()
        with contextlib.suppress(Conflict):
            answer = self._random.choice(answers)
            await self._w.runs.answer(approval_id, answer, tenant="t", by="u", note="So be it.")  # type: ignore[arg-type]


class Seen:
    """What was committed of a run, each event looked at once."""

    def __init__(self, w: World, run_id: str) -> None:
        self._w = w
        self._run_id = run_id
        self._looked = 0
        self._finished = False
        self._waiting: list[str] = []

    @property
    def finished(self) -> bool:
        self._look()
        return self._finished

    @property
    def waiting(self) -> list[str]:
        """The questions that nobody has answered."""
        self._look()
        return list(self._waiting)

    def _look(self) -> None:
        new = self._w.committed[self._looked :]
        self._looked += len(new)
        for body in (event.body for event in new if event.stream == self._run_id):
            if isinstance(body, ApprovalAsked):
                self._waiting.append(body.approval_id)
            elif isinstance(body, ApprovalAnswered | CallEdited) and body.approval_id in self._waiting:
                self._waiting.remove(body.approval_id)
            elif isinstance(body, RunFinished):
                self._finished = True


def waiting(w: World, run_id: str) -> list[str]:
    """The questions of a run that nobody has answered."""
    return Seen(w, run_id).waiting


class Shape(Struct, frozen=True):
    """A run that is drawn from a number."""

    seed: int

    def open(self, folder: Path, ids: CountedIds) -> AbstractAsyncContextManager[World]:
        pace = Pace(self.seed)
        tools = toolbox(pace)
        return world(folder, ScriptModel(Play(self.seed, pace)), *tools, rules=self.rules, limits=self.limits, ids=ids)

    @property
    def rules(self) -> Rules:
        draw = random.Random(self.seed)
        return Rules(ring=draw.choice(["allow", "ask", "ask", "deny"]), fall=draw.choice(["allow", "ask"]))

    @property
    def limits(self) -> Limits:
        draw = random.Random(self.seed + 1)
        return Limits(draw.choice([2, 5, 25]), draw.choice([3.0, 30.0, 900.0]))

    @property
    def today(self) -> Today:
        return Today(Toolbox(*toolbox(Pace(0))), self.rules)

    async def start(self, w: World) -> str:
        approvals = random.Random(self.seed + 2).choice(["ask", "ask", "ask", "grant", "refuse"])
        return await w.run(f"number {self.seed}", approvals=approvals)


class Pace:
    """Lets each wait some turns of the loop, as drawn."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    async def wait(self) -> None:
        for _ in range(self._random.choice((0, 0, 1, 3, 9))):
            await asyncio.sleep(0)


class Play:
    """A model that says something else for each seed, by what it has read: a restart changes nothing."""

    def __init__(self, seed: int, pace: Pace) -> None:
        self._seed = seed
        self._pace = pace
        self.failed: set[int] = set()

    async def __call__(self, request: Request) -> Reply:
        await self._pace.wait()
        step = sum(message.role == "assistant" for message in request.messages)
        draw = random.Random(self._seed * 1000 + step)
        if step not in self.failed and draw.random() < 0.2:
            self.failed.add(step)
            raise draw.choice(
                [ModelUnavailable("Away.", retry_after=1.0), ModelGarbled("Nonsense."), ModelError("No.")]
            )
        if not request.tools or draw.random() < 0.25:
            return say(f"Answer {self._seed}.", finish=draw.choice(["stop", "stop", "length"]))
        names = draw.choices(["look", "ring", "put", "fall", "nothing"], [5, 4, 3, 1, 1], k=draw.randint(1, 4))
        calls = [call(name, draw.choice(["", f"c{index}"]), n=draw.randint(0, 6)) for index, name in enumerate(names)]
        return say(draw.choice(["", "I go on."]), *calls, plan=draw.choice([(), ("one", "two")]))


def trials_of(w: World) -> Trials:
    """What is done with runs again, over a world."""

    def policy_of(changed: dict[str, Any] | None) -> Decide:
        return w.runs._house.policy if changed is None else Rules(**changed)

    house = w.runs._house
    return Trials(house, w.views, w.runs, house.artifacts, policy_of, "0.0.0")  # type: ignore[arg-type]

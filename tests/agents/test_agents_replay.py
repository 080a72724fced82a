"""A replay makes the same events again; where today's code decides differently it says where."""

import random
from pathlib import Path

import pytest
from playing import Life, Shape, recorded, replayed
from world import FunctionTool, Rules, ScriptModel, Toolbox, call, say, world

from orchestrator.agents import wording
from orchestrator.agents.replay.recording import Today
from orchestrator.kernel.events import Event, ToolReturned
from orchestrator.kernel.ids import CountedIds
from orchestrator.kernel.messages import Arguments
from orchestrator.tools.base import Context, Result


async def ring(arguments: Arguments, context: Context) -> Result:
    return Result("rung", {"times": 1})


BELL = FunctionTool("ring", ring, "once", "execute")


async def test_a_run_of_one_call_is_the_same_again(tmp_path: Path) -> None:
    async with world(tmp_path, ScriptModel([say("", call("ring", n=1)), say("It rang.")]), BELL) as w:
        run_id = await w.run()
        await w.runs.settled(run_id)
        found = await replayed(await recorded(w, run_id), Today(Toolbox(BELL), Rules()))
        assert found.exact, found.difference
        assert found.same == found.events == 8


def durable(events: list[Event], count: int) -> list[Event]:
    """What a process that died may have left: events that are appended together are there together."""
    for place, event in enumerate(events):
        if isinstance(event.body, ToolReturned) and event.body.content == wording.OUT_OF_TIME and not event.body.key:
            count = min(count, place)  # a question that the run closed itself still waits in the view
    while count > 1 and (events[count - 1].type == "plan.made" or events[count].type == "approval.answered"):
        count -= 1
    return events[:count]


SEEDS = range(60)


@pytest.mark.parametrize("seed", SEEDS)
async def test_any_run_is_the_same_again(tmp_path: Path, seed: int) -> None:
    shape = Shape(seed)
    async with shape.open(tmp_path, CountedIds()) as w:
        run_id = await shape.start(w)
        await Life(w, seed).to_the_end(run_id)
        recording = await recorded(w, run_id)
    found = await replayed(recording, shape.today)
    assert found.exact, [found.difference, *recording.events]
    assert found.same == found.events


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_steered_run_is_the_same_again(tmp_path: Path, seed: int) -> None:
    shape = Shape(seed)
    async with shape.open(tmp_path, CountedIds()) as w:
        run_id = await shape.start(w)
        await Life(w, seed, steered=True).to_the_end(run_id)
        recording = await recorded(w, run_id)
    found = await replayed(recording, shape.today)
    assert found.exact, [found.difference, *recording.events]


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_run_that_died_and_went_on_is_the_same_again(tmp_path: Path, seed: int) -> None:
    shape, ids, draw = Shape(seed), CountedIds(), random.Random(seed)
    (tmp_path / "a").mkdir()
    async with shape.open(tmp_path / "a", ids) as w:
        run_id = await shape.start(w)
        await Life(w, seed).to_the_end(run_id)
        events, grants = await w.journal.read(run_id), await w.ledger.read("grants:t")
    for death in range(draw.choice([1, 2])):
        events = durable(events, draw.randrange(1, len(events)))
        (tmp_path / f"{death}").mkdir()
        async with shape.open(tmp_path / f"{death}", ids) as w:
            w.clock.jump(1e6 * (death + 1))
            await w.journal.append(events)
            if grants:
                await w.journal.append(grants)
            await w.runs.recover()
            await Life(w, seed + death).to_the_end(run_id)
            recording = await recorded(w, run_id)
        found = await replayed(recording, shape.today)
        assert found.exact, [found.difference, *recording.events]
        events = list(recording.events)

"""A tool that does not stop when it is told to holds no run: it is left behind, and its outcome is unknown."""

import asyncio
import logging
from pathlib import Path

import msgspec
import pytest
from world import FunctionTool, ScriptModel, World, call, say, tick, until, world

from orchestrator.agents.calls import GRACE
from orchestrator.kernel.events import ToolReturned
from orchestrator.kernel.messages import Arguments, Effects, user
from orchestrator.tools.base import Context, Result


class Deaf:
    """Does not hear that it is cancelled, until the test lets it go."""

    def __init__(self, effects: Effects = "once") -> None:
        self.at_work = asyncio.Event()
        self.go = asyncio.Event()
        self.tool = FunctionTool("deaf", self._work, effects, "execute")
        self.tool.spec = msgspec.structs.replace(self.tool.spec, timeout=10.0)

    async def _work(self, arguments: Arguments, context: Context) -> Result:
        self.at_work.set()
        for _ in range(10):  # deaf, but not for longer than a test that fails
            try:
                await self.go.wait()
            except asyncio.CancelledError:
                continue
            break
        return Result("here I am")


async def returned(w: World, run_id: str) -> list[ToolReturned]:
    return [e.body for e in await w.journal.read(run_id) if isinstance(e.body, ToolReturned)]


@pytest.mark.parametrize(("effects", "outcome"), [("once", "unknown"), ("none", "failed")])
async def test_the_run_goes_on_without_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, effects: Effects, outcome: str
) -> None:
    deaf, model = Deaf(effects), ScriptModel([say("", call("deaf")), say("It did not come back.")])
    async with world(tmp_path, model, deaf.tool) as w:
        run_id = await w.run()
        await deaf.at_work.wait()
        w.clock.advance(10.0 + GRACE - 1)
        await tick()
        assert not await returned(w, run_id)
        w.clock.advance(2)
        await w.runs.settled(run_id)
        (receipt,) = await returned(w, run_id)
        assert receipt.outcome == outcome and "left behind" in receipt.content
        assert (await w.views.run("t", run_id)).answer == "It did not come back."
        assert "deaf does not stop" in caplog.text and len(w.runs.desk.house.leftovers) == 1
        with caplog.at_level(logging.WARNING):
            deaf.go.set()
            await until(lambda: not w.runs.desk.house.leftovers)
        assert "has come to its end" in caplog.text
        assert len(await returned(w, run_id)) == 1  # what comes too late is not written down


@pytest.mark.parametrize("act", ["cancel", "interrupt"])
async def test_neither_cancelling_nor_interrupting_waits_for_it(tmp_path: Path, act: str) -> None:
    deaf, model = Deaf(), ScriptModel([say("", call("deaf")), say("As you wish.")])
    async with world(tmp_path, model, deaf.tool) as w:
        run_id = await w.run()
        await deaf.at_work.wait()
        ending: asyncio.Future[None]
        if act == "cancel":
            ending = asyncio.ensure_future(w.runs.cancel(run_id, tenant="t", by="u"))
        else:
            ending = asyncio.ensure_future(w.runs.steering.steer(run_id, user("stop"), "interrupt", tenant="t", by="u"))
        graced = w.clock.monotonic() + GRACE
        await until(lambda: any(wakes == graced for wakes, _ in w.clock._sleepers))
        assert run_id in w.runs.desk.tasks  # it has its grace
        w.clock.advance(GRACE + 0.1)
        await ending
        await w.runs.settled(run_id)
        (receipt,) = await returned(w, run_id)
        assert receipt.outcome == "unknown"
        assert (await w.views.run("t", run_id)).status == ("cancelled" if act == "cancel" else "completed")
        deaf.go.set()
        await until(lambda: not w.runs.desk.house.leftovers)

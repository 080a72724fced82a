"""A tool that does not stop when it is told to holds no run: it is left behind, and its outcome is unknown."""

import asyncio
import contextlib
import logging
from pathlib import Path

import msgspec
import pytest
from world import FunctionTool, ScriptModel, World, call, say, tick, until, world

from orchestrator.agents.calls import GRACE
from orchestrator.agents.desk import LEAVING
from orchestrator.kernel.events import ToolReturned
from orchestrator.kernel.ids import CountedIds
from orchestrator.kernel.messages import Arguments, Effects, user
from orchestrator.llm.base import Reply, Request
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


async def closed(w: World, closing: "asyncio.Task[None]") -> None:
    """Let the time pass that those who hear nothing are given."""
    waits = w.clock.monotonic() + LEAVING
    await until(lambda: any(wakes == waits for wakes, _ in w.clock._sleepers))
    assert not closing.done()
    w.clock.advance(LEAVING)
    await closing


async def test_a_server_that_stops_does_not_wait_for_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Its intent stays without a receipt, whatever it says later: whoever starts next asks what happened."""
    deaf, ids = Deaf(), CountedIds()
    async with world(tmp_path, ScriptModel([say("", call("deaf"))]), deaf.tool, ids=ids) as w:
        run_id = await w.run()
        await deaf.at_work.wait()
        (driver,) = w.runs.desk.tasks.values()
        await closed(w, asyncio.create_task(w.runs.close(patience=0.0)))
        assert (await w.types(run_id))[-1] == "tool.requested" and f"{run_id} does not stop" in caplog.text
        deaf.go.set()
        await asyncio.wait([driver])
        assert (await w.types(run_id))[-1] == "tool.requested"
    async with world(tmp_path, ScriptModel([say("I looked.")]), deaf.tool, ids=ids) as w:
        assert await w.runs.recover() == 1
        await w.runs.settled(run_id)
        (waiting,) = await w.views.approvals("t")
        assert waiting.asked.kind == "outcome"
        await w.runs.answer(waiting.approval_id, "done", tenant="t", by="u")
        await w.runs.settled(run_id)
        assert (await w.views.run("t", run_id)).answer == "I looked."


async def test_a_model_that_hears_nothing_is_left_behind_too(tmp_path: Path) -> None:
    """A server out of touch with its cluster lets go so, and may go on with the run while that model still talks."""
    asked, go = asyncio.Event(), asyncio.Event()

    async def script(request: Request) -> Reply:
        if len(model.requests) > 1:
            return say("Said at once.")
        asked.set()
        for _ in range(10):
            with contextlib.suppress(asyncio.CancelledError):
                await go.wait()
                break
        return say("Said too late.")

    model = ScriptModel(script)
    async with world(tmp_path, model) as w:
        run_id = await w.run()
        await until(lambda: asked.is_set() and any(event.type == "model.asked" for event in w.committed))
        (driver,) = w.runs.desk.tasks.values()
        await closed(w, asyncio.create_task(w.runs.desk.let_go()))
        assert await w.runs.desk.take_up(run_id, "it was let go")
        await w.runs.settled(run_id)
        written = await w.types(run_id)
        go.set()
        await asyncio.wait([driver])
        assert await w.types(run_id) == written and written[-1] == "run.finished"
        assert (await w.views.run("t", run_id)).answer == "Said at once."

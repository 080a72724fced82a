"""People and machines that steer one run in the same instant, in many orders: one end, nobody left waiting."""

import asyncio
import random
from pathlib import Path

import pytest
from world import FunctionTool, Rules, ScriptModel, World, call, say, world

from orchestrator.kernel.errors import AlreadyAnswered, Conflict, RunFinished
from orchestrator.kernel.ids import CountedIds
from orchestrator.kernel.messages import Arguments
from orchestrator.llm.base import Reply, Request
from orchestrator.tools.base import Context, Result

pytestmark = pytest.mark.usefixtures("store")

RUNS = 150  # in one world, each with moments of its own


class Steering:
    """One run, and all who meddle with it, each after a number of turns of the event loop."""

    def __init__(self, w: World, seed: int) -> None:
        self._w = w
        self._random = random.Random(seed)
        self.seed = seed
        self.cancelled = False

    async def _pause(self) -> None:
        for _ in range(self._random.randrange(60)):
            await asyncio.sleep(0)

    async def answer(self, run_id: str) -> None:
        waiting: list[str] = []
        while not waiting:
            await asyncio.sleep(0)
            waiting = [one.approval_id for one in await self._w.views.approvals("t", run_id=run_id)]
            if (await self._w.views.run("t", run_id)).finished_at is not None:
                return
        await self._pause()
        for approval_id in waiting:
            try:
                answer = self._random.choice(["once", "run", "always", "refuse"])
                await self._w.runs.answer(approval_id, answer, tenant="t", by="u")  # type: ignore[arg-type]
            except (AlreadyAnswered, RunFinished):
                pass

    async def cancel(self, run_id: str) -> None:
        await self._pause()
        try:
            await self._w.runs.cancel(run_id, tenant="t", by="u")
        except RunFinished:
            assert (await self._w.views.run("t", run_id)).finished_at is not None
        else:
            assert (await self._w.views.run("t", run_id)).status == "cancelled"
            self.cancelled = True

    async def resume(self, run_id: str) -> None:
        await self._pause()
        try:
            await self._w.runs.resume(run_id, tenant="t")
        except Conflict:
            assert (await self._w.views.run("t", run_id)).finished_at is not None

    async def watch(self, run_id: str) -> list[int]:
        await self._pause()
        return [item.seq async for item in self._w.runs.watch(run_id) if hasattr(item, "seq")]


def script(request: Request) -> Reply:
    done = sum(message.role == "tool" for message in request.messages)
    if done == 2:
        return say("All rung.")
    return say("", call("look", f"l{done}", n=done), call("ring", f"r{done}", n=done))


@pytest.mark.parametrize("meddlers", [("answer",), ("answer", "cancel"), ("answer", "resume", "cancel", "cancel")])
async def test_whatever_the_order_there_is_one_end(tmp_path: Path, meddlers: tuple[str, ...]) -> None:
    rung: list[str] = []

    async def ring(arguments: Arguments, context: Context) -> Result:
        rung.append(context.key)
        await asyncio.sleep(0)
        return Result("rung")

    tools = (FunctionTool("ring", ring, "once"), FunctionTool("look", ring))

    async def one(w: World, seed: int) -> None:
        steering = Steering(w, seed)
        run_id = await w.run(f"number {seed}")
        acts = [getattr(steering, meddler)(run_id) for meddler in (*meddlers, "watch", "watch")]
        again = asyncio.create_task(_answer_to_the_end(steering, run_id))
        results = await asyncio.gather(*acts)
        await again
        types = await w.types(run_id)
        assert types.count("run.finished") == 1 and types[-1] == "run.finished", seed
        for seen in results[-2:]:
            assert seen == list(range(1, len(types) + 1)), seed
        if steering.cancelled:
            assert (await w.views.run("t", run_id)).status == "cancelled"

    async with world(tmp_path, ScriptModel(script), *tools, rules=Rules(ring="ask"), ids=CountedIds()) as w:
        async with asyncio.timeout(60):
            await asyncio.gather(*(one(w, seed) for seed in range(RUNS)))
        assert len(rung) == len(set(rung))
        assert not w.runs.desk.tasks and not w.runs.desk.turns and not w.runs.desk.stalled
        assert not w.bus._speech and not w.bus._readers
        assert await w.views.approvals("t") == []


async def _answer_to_the_end(steering: Steering, run_id: str) -> None:
    while (await steering._w.views.run("t", run_id)).finished_at is None:
        await steering.answer(run_id)

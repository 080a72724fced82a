"""Who retries: the loop does not try again what was tried already, and says what it was told of setbacks."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from playing import trials_of
from world import ScriptModel, say, until, world

from orchestrator.kernel import events as e
from orchestrator.kernel.errors import ModelUnavailable
from orchestrator.llm.base import Chunk, Request, Setback, TextDelta


async def test_what_was_tried_already_is_not_tried_again(tmp_path: Path) -> None:
    tried = ModelUnavailable("down everywhere")
    tried.tried = True
    model = ScriptModel([tried, say("never asked")])
    async with world(tmp_path, model) as w:
        run_id = await w.run()
        await w.runs.settled(run_id)
        finished = (await w.journal.read(run_id))[-1].body
    assert isinstance(finished, e.RunFinished) and finished.status == "failed"
    assert len(model.requests) == 1


async def test_what_was_not_is_tried_by_the_loop(tmp_path: Path) -> None:
    model = ScriptModel([ModelUnavailable("down"), say("here")])
    async with world(tmp_path, model) as w:
        run_id = await w.run()
        await until(lambda: len(model.requests) == 1 and w.clock._sleepers)
        w.clock.advance(5)
        await w.runs.settled(run_id)
        assert "model.failed" in await w.types(run_id)
    assert len(model.requests) == 2


class Halting(ScriptModel):
    """Says half a reply, then somebody else says it all."""

    def __init__(self) -> None:
        super().__init__([say("The whole answer.")])
        self.watched = asyncio.Event()

    async def stream(self, request: Request) -> AsyncIterator[Chunk]:
        await self.watched.wait()
        yield TextDelta("Half a ")
        yield Setback("one/m", "two/m", ModelUnavailable("the plug was pulled"), 0.5)
        async for chunk in super().stream(request):
            yield chunk


async def test_a_setback_is_a_note_in_the_trace_and_costs_no_try(tmp_path: Path) -> None:
    model = Halting()
    async with world(tmp_path, model) as w:
        run_id = await w.run()
        said = ""
        async for item in w.runs.watch(run_id):
            model.watched.set()
            if not isinstance(item, e.Event):
                said = said[: item.offset] + item.text
        events = [event.body for event in await w.journal.read(run_id)]
        replayed = await trials_of(w).replay("t", run_id)
    assert replayed.exact, replayed.difference
    [replied] = [body for body in events if isinstance(body, e.ModelReplied)]
    assert replied.reason == "two/m took over: the plug was pulled. Chosen first: the test says so"
    [failed] = [body for body in events if isinstance(body, e.ModelFailed)]
    assert (failed.model, failed.next, failed.problem.detail) == ("one/m", "two/m", "the plug was pulled")
    assert said.strip() == "The whole answer."
    assert isinstance(events[-1], e.RunFinished) and events[-1].status == "completed"

"""A call that must know more: its question waits as any other does, and it goes on from where it stood."""

from collections.abc import Callable, Collection
from pathlib import Path

import pytest
from playing import recorded, replayed
from world import FunctionTool, Rules, ScriptModel, Toolbox, World, call, say, until, world

from orchestrator.agents.expiry import Expiry
from orchestrator.agents.replay.recording import Today
from orchestrator.agents.steering import WITHDRAWN_BY
from orchestrator.journal.views import ApprovalView
from orchestrator.kernel import events as e
from orchestrator.kernel.errors import InvalidInput
from orchestrator.kernel.ids import CountedIds
from orchestrator.kernel.messages import Arguments
from orchestrator.tools.base import Context, Result
from orchestrator.tools.questions import Asks, Question

CITY = Question(
    "mcp:weather",
    "Which city?",
    {"type": "object", "properties": {"city": {"type": "string", "minLength": 2}}, "required": ["city"]},
)


class Held:
    """A call that is under way somewhere while a person is asked."""

    def __init__(self) -> None:
        self.let = 0
        self.tell: Callable[[], None] = lambda: None

    def let_go(self) -> None:
        self.let += 1

    def when_over(self, tell: Callable[[], None]) -> None:
        self.tell = tell


class Forecast:
    """Asks for the city, once, and counts how often it was begun."""

    def __init__(self, memo: str = "", *, held: bool = False) -> None:
        self.memo, self.held, self.calls = memo, Held() if held else None, list[str]()

    async def __call__(self, arguments: Arguments, context: Context) -> Result:
        person = context.person
        if not person.there:
            return Result("Nobody was there to ask.")
        self.calls.append("held" if person.held is not None else person.memo or "anew")
        told = person.told.get(CITY.hash)
        if told is None:
            raise Asks(CITY, self.memo, self.held)
        return Result(f"Sun in {told.content['city']}." if told.accepted else "No city, no forecast.")


def forecast(act: Forecast) -> FunctionTool:
    return FunctionTool("forecast", act, "once", "execute")


def script() -> ScriptModel:
    return ScriptModel([say("", call("forecast")), say("That is the weather.")])


async def asked(w: World, run_id: str) -> ApprovalView:
    await until(lambda: any(isinstance(event.body, e.ApprovalAsked) for event in w.committed))
    await w.runs.settled(run_id)
    (view,) = await w.views.approvals("t")
    return view


async def said(w: World, run_id: str) -> tuple[str, str]:
    """The outcome of its call, and what came of it."""
    await w.runs.settled(run_id)
    bodies = [event.body for event in await w.journal.read(run_id)]
    (returned,) = [body for body in bodies if isinstance(body, e.ToolReturned)]
    return returned.outcome, returned.content


@pytest.mark.parametrize("act", [Forecast("here"), Forecast(held=True)])
async def test_the_run_rests_and_the_call_goes_on_with_the_answer(tmp_path: Path, act: Forecast) -> None:
    async with world(tmp_path, script(), forecast(act)) as w:
        run_id = await w.run()
        view = await asked(w, run_id)
        assert (view.asked.kind, view.asked.reason, view.asked.form) == ("question", "Which city?", CITY.form)
        assert (await w.views.run("t", run_id)).status == "waiting" and not w.runs.at_work(run_id)
        for wrong in ({}, {"city": "X"}, {"city": "Nice", "more": 1}):
            with pytest.raises(InvalidInput):
                await w.runs.answer(view.approval_id, "accept", tenant="t", by="u", content=wrong)
        with pytest.raises(InvalidInput):
            await w.runs.answer(view.approval_id, "once", tenant="t", by="u")
        await w.runs.answer(view.approval_id, "accept", tenant="t", by="u", content={"city": "Nice"})
        assert await said(w, run_id) == ("ok", "Sun in Nice.")
        assert act.calls == ["anew", act.memo or "held"] and not w.runs.desk.house.parked.runs()


async def test_a_call_with_a_memo_goes_on_after_a_restart(tmp_path: Path) -> None:
    act = Forecast("from here")
    ids = CountedIds()
    async with world(tmp_path, script(), forecast(act), ids=ids) as w:
        view = await asked(w, run_id := await w.run())
    async with world(tmp_path, ScriptModel([say("So.")]), forecast(act), ids=ids) as w:
        await w.runs.recover()
        assert (await w.views.approvals("t"))[0].approval_id == view.approval_id
        await w.runs.answer(view.approval_id, "accept", tenant="t", by="u", content={"city": "Nice"})
        assert await said(w, run_id) == ("ok", "Sun in Nice.") and act.calls == ["anew", "from here"]


async def test_a_call_that_was_under_way_in_a_process_that_died_may_have_happened(tmp_path: Path) -> None:
    act = Forecast(held=True)
    ids = CountedIds()
    async with world(tmp_path, script(), forecast(act), ids=ids) as w:
        view = await asked(w, run_id := await w.run())
    async with world(tmp_path, ScriptModel([say("So.")]), forecast(act), ids=ids) as w:
        await w.runs.recover()
        await w.runs.answer(view.approval_id, "accept", tenant="t", by="u", content={"city": "Nice"})
        doubt = await asked(w, run_id)
        assert doubt.asked.kind == "outcome" and act.calls == ["anew"]
        await w.runs.answer(doubt.approval_id, "retry", tenant="t", by="u")
        assert await said(w, run_id) == ("ok", "Sun in Nice.")  # what was said is not asked again
        assert act.calls == ["anew", "anew"]


async def test_a_crash_after_the_answer_does_not_make_the_call_twice(tmp_path: Path) -> None:
    class Falls(Forecast):
        async def __call__(self, arguments: Arguments, context: Context) -> Result:
            if context.person.memo:
                await until(lambda: False)  # the process ends here
            return await super().__call__(arguments, context)

    act = Falls("here")
    ids = CountedIds()
    async with world(tmp_path, script(), forecast(act), ids=ids) as w:
        view = await asked(w, run_id := await w.run())
        await w.runs.answer(view.approval_id, "accept", tenant="t", by="u", content={"city": "Nice"})
        await until(lambda: sum(isinstance(event.body, e.ToolRequested) for event in w.committed) == 2)
    async with world(tmp_path, ScriptModel([say("So.")]), forecast(act), ids=ids) as w:
        await w.runs.recover()
        assert (await asked(w, run_id)).asked.kind == "outcome"


async def test_what_is_declined_or_not_answered_in_time_is_told_to_the_tool(tmp_path: Path) -> None:
    async with world(tmp_path, script(), forecast(Forecast("here"))) as w:
        view = await asked(w, run_id := await w.run())
        w.clock.advance(25 * 3600)
        assert await Expiry(w.views, w.runs, w.clock, 24.0).sweep() == 1
        assert await said(w, run_id) == ("ok", "No city, no forecast.")
        assert view.asked.approval_id


async def test_who_asked_may_not_wait_any_more(tmp_path: Path) -> None:
    act = Forecast(held=True)
    async with world(tmp_path, script(), forecast(act)) as w:
        await asked(w, run_id := await w.run())
        assert act.held is not None
        act.held.tell()
        await until(lambda: any(isinstance(event.body, e.ApprovalAnswered) for event in w.committed))
        assert await said(w, run_id) == ("ok", "No city, no forecast.")
        (answer,) = [event.body for event in w.committed if isinstance(event.body, e.ApprovalAnswered)]
        assert (answer.by, answer.answer) == (WITHDRAWN_BY, "refuse")


async def test_another_server_of_a_cluster_does_not_take_a_run_whose_call_waits_here(tmp_path: Path) -> None:
    act = Forecast(held=True)
    async with world(tmp_path, script(), forecast(act)) as w:
        view = await asked(w, run_id := await w.run())
        assert await w.runs.desk.take_up(run_id, "nobody worked on it")  # the claim is kept
        await w.runs.answer(view.approval_id, "accept", tenant="t", by="u", content={"city": "Nice"})
        assert await said(w, run_id) == ("ok", "Sun in Nice.")
        assert not await w.runs.desk.take_up(run_id, "nobody worked on it")


async def test_a_cancelled_run_lets_go_of_the_call(tmp_path: Path) -> None:
    act = Forecast(held=True)
    async with world(tmp_path, script(), forecast(act)) as w:
        await asked(w, run_id := await w.run())
        await w.runs.cancel(run_id, tenant="t", by="u")
        assert act.held is not None and act.held.let == 1 and not w.runs.desk.house.parked.runs()


@pytest.mark.parametrize("approvals", ["refuse", "grant"])
async def test_nobody_is_asked_where_nobody_is(tmp_path: Path, approvals: str) -> None:
    async with world(tmp_path, script(), forecast(Forecast("here"))) as w:
        run_id = await w.run(approvals=approvals)
        assert await said(w, run_id) == ("ok", "Nobody was there to ask.")


async def test_two_calls_of_a_step_ask_beside_each_other(tmp_path: Path) -> None:
    model = ScriptModel([say("", call("forecast", "a"), call("forecast", "b", n=1)), say("Done.")])
    async with world(tmp_path, model, forecast(Forecast("here")), rules=Rules()) as w:
        run_id = await w.run()
        await until(lambda: sum(isinstance(event.body, e.ApprovalAsked) for event in w.committed) == 2)
        waiting: Collection[ApprovalView] = await w.views.approvals("t")
        for view in waiting:
            content = {"city": f"City {view.asked.call_id}"}
            await w.runs.answer(view.approval_id, "accept", tenant="t", by="u", content=content)
        await w.runs.settled(run_id)
        bodies = [event.body for event in await w.journal.read(run_id)]
        returned = {body.call_id: body.content for body in bodies if isinstance(body, e.ToolReturned)}
        assert returned == {"a": "Sun in City a.", "b": "Sun in City b."}


@pytest.mark.parametrize("act", [Forecast("here"), Forecast(held=True)])
async def test_a_run_with_a_question_is_replayed(tmp_path: Path, act: Forecast) -> None:
    tool = forecast(act)
    async with world(tmp_path, script(), tool) as w:
        view = await asked(w, run_id := await w.run())
        await w.runs.answer(view.approval_id, "accept", tenant="t", by="u", content={"city": "Nice"})
        await w.runs.settled(run_id)
        found = await replayed(await recorded(w, run_id), Today(Toolbox(tool), Rules()))
    assert found.exact, found.difference


async def test_a_run_whose_process_died_while_it_asked_is_replayed(tmp_path: Path) -> None:
    act, ids = Forecast(held=True), CountedIds()
    async with world(tmp_path, script(), forecast(act), ids=ids) as w:
        view = await asked(w, run_id := await w.run())
    async with world(tmp_path, ScriptModel([say("So.")]), forecast(act), ids=ids) as w:
        await w.runs.recover()
        await w.runs.answer(view.approval_id, "accept", tenant="t", by="u", content={"city": "Nice"})
        doubt = await asked(w, run_id)
        await w.runs.answer(doubt.approval_id, "retry", tenant="t", by="u")
        await w.runs.settled(run_id)
        found = await replayed(await recorded(w, run_id), Today(Toolbox(forecast(act)), Rules()))
    assert found.exact, found.difference

"""What people do to a run that is not finished: each word is an event, heard once, and outlives the process."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from world import FunctionTool, Rules, ScriptModel, World, call, say, tick, until, world

from orchestrator.kernel.errors import AlreadyAnswered, Conflict, InvalidInput, RunFinished
from orchestrator.kernel.events import (
    ApprovalAnswered,
    CallEdited,
    Limits,
    LimitsChanged,
    MessageAdded,
    MessageQueued,
    ModelChosen,
    RunContinued,
    RunPaused,
    ToolRequested,
    ToolReturned,
)
from orchestrator.kernel.ids import CountedIds
from orchestrator.kernel.messages import Arguments, ToolResult, user
from orchestrator.llm.base import Reply, Request
from orchestrator.tools.base import Context, Result


class Bell:
    """A tool with effects that a test may hold up."""

    def __init__(self) -> None:
        self.rung: list[Arguments] = []
        self.go = asyncio.Event()
        self.go.set()
        self.at_work = asyncio.Event()
        self.tool = FunctionTool("ring", self._ring, "once", "execute")

    async def _ring(self, arguments: Arguments, context: Context) -> Result:
        self.rung.append(arguments)
        self.at_work.set()
        await self.go.wait()
        return Result("rung")


class Held(ScriptModel):
    """A model that a test holds up in the middle of a reply."""

    def __init__(self, script: Callable[[Request], Reply]) -> None:
        super().__init__(self._answer)
        self._replies = script
        self.go = asyncio.Event()
        self.asked = asyncio.Event()

    async def _answer(self, request: Request) -> Reply:
        self.asked.set()
        await self.go.wait()
        return self._replies(request)


def said(request: Request) -> list[str]:
    """What people said in this request, and what was answered."""
    return [message.text for message in request.messages if message.role in ("user", "assistant")]


async def bodies(w: World, run_id: str, kind: type) -> list[object]:
    return [event.body for event in await w.journal.read(run_id) if isinstance(event.body, kind)]


async def steer(w: World, run_id: str, text: str, urgency: str = "steer") -> None:
    await w.runs.steering.steer(run_id, user(text), urgency, tenant="t", by="u")  # type: ignore[arg-type]


async def test_what_is_said_while_a_tool_works_is_read_at_the_next_step(tmp_path: Path) -> None:
    bell = Bell()
    bell.go.clear()
    model = ScriptModel([say("", call("ring")), say("It rang, in blue.")])
    async with world(tmp_path, model, bell.tool) as w:
        run_id = await w.run("ring")
        await bell.at_work.wait()
        await steer(w, run_id, "in blue")
        bell.go.set()
        await w.runs.settled(run_id)
        last = model.requests[1].messages
        assert [message.role for message in last[-3:]] == ["assistant", "tool", "user"]
        assert last[-1].text == "in blue"
        assert (await w.views.run("t", run_id)).answer == "It rang, in blue."
        (added,) = await bodies(w, run_id, MessageAdded)
        assert isinstance(added, MessageAdded) and added.by == "u"


async def test_what_is_said_while_the_model_answers_keeps_the_run_going(tmp_path: Path) -> None:
    """The answer under way did not know of it: there is another one, and that is the run's."""
    model = Held(lambda request: say("Blue." if "in blue" in said(request) else "Done."))
    async with world(tmp_path, model) as w:
        run_id = await w.run("paint it")
        await model.asked.wait()
        await steer(w, run_id, "in blue")
        model.go.set()
        await w.runs.settled(run_id)
        assert said(model.requests[1]) == ["paint it", "Done.", "in blue"]
        assert (await w.views.run("t", run_id)).answer == "Blue."
        with pytest.raises(RunFinished):
            await steer(w, run_id, "too late")


async def test_an_interruption_stops_the_model_and_is_read_at_once(tmp_path: Path) -> None:
    model = Held(lambda request: say("Never heard."))
    async with world(tmp_path, model) as w:
        run_id = await w.run("paint it")
        await model.asked.wait()
        model._replies = lambda request: say("Stopped painting.")
        model.asked.clear()
        await steer(w, run_id, "stop that", "interrupt")
        await model.asked.wait()
        model.go.set()
        await w.runs.settled(run_id)
        assert said(model.requests[1]) == ["paint it", "stop that"]
        view = await w.views.run("t", run_id)
        assert (view.status, view.answer, view.steps) == ("completed", "Stopped painting.", 1)


async def test_an_interruption_stops_the_tools_and_says_so(tmp_path: Path) -> None:
    bell, look = Bell(), Bell()
    bell.go.clear()
    asked = FunctionTool("shout", look._ring, "once", "execute")
    model = ScriptModel([say("", call("ring"), call("shout")), say("I stopped.")])
    async with world(tmp_path, model, bell.tool, asked, rules=Rules(shout="ask")) as w:
        run_id = await w.run()
        await bell.at_work.wait()
        await until(lambda: any(event.type == "approval.asked" for event in w.committed))
        await steer(w, run_id, "stop", "interrupt")
        await w.runs.settled(run_id)
        results = [p for m in model.requests[1].messages for p in m.parts if isinstance(p, ToolResult)]
        assert [(one.name, one.outcome) for one in results] == [("ring", "unknown"), ("shout", "refused")]
        assert model.requests[1].messages[-1].text == "stop" and not look.rung
        assert (await w.views.run("t", run_id)).status == "completed"
        assert await w.views.approvals("t") == []


async def test_an_interruption_of_a_run_that_waits_for_a_person(tmp_path: Path) -> None:
    ids, bell = CountedIds(), Bell()
    async with world(tmp_path, ScriptModel([say("", call("ring"))]), bell.tool, rules=Rules(ring="ask"), ids=ids) as w:
        run_id = await w.run()
        await w.runs.settled(run_id)
    model = ScriptModel([say("As you wish.")])
    async with world(tmp_path, model, bell.tool, rules=Rules(ring="ask"), ids=ids) as w:
        await steer(w, run_id, "leave it", "interrupt")
        await w.runs.settled(run_id)
        assert not bell.rung and (await w.views.run("t", run_id)).answer == "As you wish."
        (answered,) = await bodies(w, run_id, ApprovalAnswered)
        assert isinstance(answered, ApprovalAnswered) and answered.answer == "refuse"


async def test_an_interruption_outlives_the_process_that_took_it(tmp_path: Path) -> None:
    """The word was durable, the closing of what was open was not: who resumes does it."""
    ids, bell = CountedIds(), Bell()
    async with world(tmp_path, ScriptModel([say("", call("ring"))]), bell.tool, rules=Rules(ring="ask"), ids=ids) as w:
        run_id = await w.run()
        await w.runs.settled(run_id)
        w.runs.desk.work = lambda turn: None  # type: ignore[method-assign]  # it dies before it acts on it
        await steer(w, run_id, "leave it", "interrupt")
    model = ScriptModel([say("Left.")])
    async with world(tmp_path, model, bell.tool, rules=Rules(ring="ask"), ids=ids) as w:
        assert await w.runs.recover() == 1
        await w.runs.settled(run_id)
        assert (await w.views.run("t", run_id)).answer == "Left." and not bell.rung


async def test_a_paused_run_costs_nothing_and_goes_on_after_a_restart(tmp_path: Path) -> None:
    ids, bell = CountedIds(), Bell()
    bell.go.clear()
    async with world(tmp_path, ScriptModel([say("", call("ring"))]), bell.tool, ids=ids) as w:
        run_id = await w.run()
        await bell.at_work.wait()
        await w.runs.steering.pause(run_id, tenant="t", by="u", note="lunch")
        assert (await w.views.run("t", run_id)).status == "waiting"
        bell.go.set()
        await w.runs.settled(run_id)  # what was under way has come to its end
        assert not w.runs.at_work(run_id) and await bodies(w, run_id, ToolReturned)
        await steer(w, run_id, "in blue")
        await tick()
        assert not w.runs.at_work(run_id)
    model = ScriptModel([say("It rang.")])
    async with world(tmp_path, model, bell.tool, ids=ids) as w:
        assert await w.runs.recover() == 0
        await tick()
        view = await w.views.run("t", run_id)
        assert (view.status, view.paused, len(model.requests)) == ("waiting", "person", 0)
        await w.runs.steering.go_on(run_id, tenant="t", by="u")
        await w.runs.settled(run_id)
        assert model.requests[0].messages[-1].text == "in blue"
        assert (await w.views.run("t", run_id)).status == "completed"
        paused, continued = await bodies(w, run_id, RunPaused), await bodies(w, run_id, RunContinued)
        assert paused == [RunPaused("person", "u", "lunch")] and continued == [RunContinued("u")]


async def test_a_paused_run_takes_answers_and_does_not_act_on_them(tmp_path: Path) -> None:
    bell = Bell()
    model = ScriptModel([say("", call("ring")), say("It rang.")])
    async with world(tmp_path, model, bell.tool, rules=Rules(ring="ask")) as w:
        run_id = await w.run()
        await w.runs.settled(run_id)
        await w.runs.steering.pause(run_id, tenant="t", by="u")
        (waiting,) = await w.views.approvals("t")
        await w.runs.answer(waiting.approval_id, "once", tenant="t", by="u")
        await tick()
        assert not bell.rung and (await w.views.run("t", run_id)).status == "waiting"
        await w.runs.resume(run_id, tenant="t", by="u")
        await w.runs.settled(run_id)
        assert len(bell.rung) == 1 and (await w.views.run("t", run_id)).status == "completed"


async def test_an_edited_call_is_decided_anew_and_the_model_is_told(tmp_path: Path) -> None:
    bell = Bell()
    model = ScriptModel([say("", call("ring", n=1)), say("It rang.")])
    async with world(tmp_path, model, bell.tool, rules=Rules(ring="ask")) as w:
        run_id = await w.run()
        await w.runs.settled(run_id)
        (first,) = await w.views.approvals("t")
        edit = w.runs.steering.edit
        with pytest.raises(InvalidInput):
            await edit(first.approval_id, {"wrong": 1}, tenant="t", by="u")
        await edit(first.approval_id, {"n": 2}, tenant="t", by="u", note="Two is enough.")
        await w.runs.settled(run_id)
        (second,) = await w.views.approvals("t")
        assert second.asked.arguments == {"n": 2} and second.asked.hash != first.asked.hash
        with pytest.raises(AlreadyAnswered):
            await w.runs.answer(first.approval_id, "once", tenant="t", by="u")
        await w.runs.answer(second.approval_id, "once", tenant="t", by="u")
        await w.runs.settled(run_id)
        assert bell.rung == [{"n": 2}]
        told = str(model.requests[1].messages[-1])
        assert 'A person changed this call before it was made: {"n":2}. Two is enough.' in told
        (edited,) = await bodies(w, run_id, CallEdited)
        (requested,) = await bodies(w, run_id, ToolRequested)
        assert isinstance(edited, CallEdited) and edited.by == "u"
        assert isinstance(requested, ToolRequested) and requested.arguments == {"n": 2}


async def test_a_call_edited_into_its_twin_is_an_effect_of_its_own(tmp_path: Path) -> None:
    bell = Bell()
    model = ScriptModel([say("", call("ring", "a", n=1), call("ring", "b", n=2)), say("Both rang.")])
    async with world(tmp_path, model, bell.tool, rules=Rules(ring="ask")) as w:
        run_id = await w.run()
        await w.runs.settled(run_id)
        second = next(one for one in await w.views.approvals("t") if one.asked.call_id == "b")
        await w.runs.steering.edit(second.approval_id, {"n": 1}, tenant="t", by="u")
        await w.runs.settled(run_id)
        for waiting in await w.views.approvals("t"):
            await w.runs.answer(waiting.approval_id, "once", tenant="t", by="u")
        await w.runs.settled(run_id)
        assert bell.rung == [{"n": 1}, {"n": 1}]
        keys = {body.key for body in await bodies(w, run_id, ToolRequested)}  # type: ignore[attr-defined]
        assert len(keys) == 2


async def test_another_model_and_other_limits_from_the_next_step_on(tmp_path: Path) -> None:
    bell = Bell()
    bell.go.clear()
    model = ScriptModel([say("", call("ring")), say("It rang.")])
    chosen: list[str] = []
    async with world(tmp_path, model, bell.tool, limits=Limits(steps=1, seconds=20)) as w:
        choose = w.runs.desk.house.models.choose

        async def noted(asked: str, *more: object, **options: object) -> object:
            chosen.append(asked)
            return await choose(asked, *more, **options)  # type: ignore[arg-type]

        w.runs.desk.house.models.choose = noted  # type: ignore[method-assign, assignment]
        run_id = await w.run()
        await bell.at_work.wait()
        await w.runs.steering.set(run_id, tenant="t", by="u", model="other", steps=5, seconds=34)
        w.clock.advance(30)  # beyond the limit that was
        await tick()
        bell.go.set()
        await w.runs.settled(run_id)
        assert chosen == ["auto", "other"]
        assert (await w.views.run("t", run_id)).status == "completed"
        assert len(await bodies(w, run_id, ModelChosen)) == len(await bodies(w, run_id, LimitsChanged)) == 1


async def test_a_shorter_time_counts_at_once(tmp_path: Path) -> None:
    bell = Bell()
    bell.go.clear()
    script = [say("", call("ring")), say("Out of time.")]
    async with world(tmp_path, ScriptModel(script), bell.tool, limits=Limits(seconds=900)) as w:
        run_id = await w.run()
        await bell.at_work.wait()
        await w.runs.steering.set(run_id, tenant="t", by="u", seconds=10)
        w.clock.advance(11)
        await w.runs.settled(run_id)
        view = await w.views.run("t", run_id)
        assert view.status == "partial" and "Out of time." in view.answer


async def queue(w: World, run_id: str, text: str) -> str:
    queued = await w.runs.steering.say(run_id, user(text), tenant="t", by="u", model="", channel="cli")
    assert queued is not None
    return queued


async def test_what_is_queued_is_answered_after_what_is_under_way_in_order(tmp_path: Path) -> None:
    model = Held(lambda request: say(f"Done: {said(request)[-1]}."))
    async with world(tmp_path, model) as w:
        first = await w.run("one")
        await model.asked.wait()
        second = await queue(w, first, "two")
        third = await queue(w, first, "three")
        assert (await w.views.run("t", third)).paused == "queue"
        model.go.set()
        for run_id in (first, second, third):
            await until(lambda run_id=run_id: run_id not in w.runs.desk.tasks)  # type: ignore[misc]
        await until(lambda: not w.runs.desk.errands and not w.runs.desk.tasks)
        assert [one.answer for one in reversed(await w.views.runs("t"))] == ["Done: one.", "Done: two.", "Done: three."]
        assert said(model.requests[2]) == ["one", "Done: one.", "two", "Done: two.", "three"]
        assert len(await bodies(w, first, MessageQueued)) == 1
        assert await w.runs.steering.say(first, user("four"), tenant="t", by="u", model="", channel="cli") is None


async def test_what_is_queued_outlives_the_process(tmp_path: Path) -> None:
    ids = CountedIds()
    model = Held(lambda request: say("Never."))
    async with world(tmp_path, model, ids=ids) as w:
        first = await w.run("one")
        await model.asked.wait()
        second = await queue(w, first, "two")
    script = ScriptModel(lambda request: say(f"Done: {said(request)[-1]}."))
    async with world(tmp_path, script, ids=ids) as w:
        assert await w.runs.recover() == 1
        await until(lambda: not w.runs.desk.errands and not w.runs.desk.tasks)
        assert (await w.views.run("t", first)).answer == "Done: one."
        assert (await w.views.run("t", second)).answer == "Done: two."


async def test_a_process_that_dies_between_two_runs_loses_neither(tmp_path: Path) -> None:
    """The first is finished, and nobody was told to begin the second."""
    ids = CountedIds()
    model = Held(lambda request: say("Done."))
    async with world(tmp_path, model, ids=ids) as w:
        w.runs.desk.family._release = _forgotten  # type: ignore[method-assign]
        first = await w.run("one")
        second = await queue(w, first, "two")
        model.go.set()
        await w.runs.settled(first)
    async with world(tmp_path, ScriptModel([say("Done too.")]), ids=ids) as w:
        await w.runs.recover()
        await until(lambda: not w.runs.desk.tasks)
        assert (await w.views.run("t", second)).answer == "Done too."


async def _forgotten(tenant: str, run_id: str) -> None: ...


async def test_cancelling_means_what_is_behind_it_too_and_one_may_be_taken_out(tmp_path: Path) -> None:
    model = Held(lambda request: say(f"Done: {said(request)[-1]}."))
    async with world(tmp_path, model) as w:
        first = await w.run("one")
        await model.asked.wait()
        second = await queue(w, first, "two")
        third = await queue(w, first, "three")
        await w.runs.cancel(second, tenant="t", by="u")  # taken out: the third stays, behind the first
        await until(lambda: not w.runs.desk.errands)
        assert (await w.views.run("t", third)).status == "waiting"
        with pytest.raises(Conflict):
            await w.runs.steering.pause(third, tenant="t", by="u")
        await w.runs.cancel(first, tenant="t", by="u")
        await until(lambda: not w.runs.desk.errands)
        assert {one.status for one in await w.views.runs("t")} == {"cancelled"}
        assert len(model.requests) == 1


async def test_one_call_hears_nobody(tmp_path: Path) -> None:
    bell = Bell()
    bell.go.clear()
    async with world(tmp_path, ScriptModel([]), bell.tool) as w:
        run_id = await w.runs.start(user("ring"), tenant="t", subject="u", call=call("ring"))
        await bell.at_work.wait()
        with pytest.raises(Conflict):
            await steer(w, run_id, "in blue")
        bell.go.set()
        await w.runs.settled(run_id)

"""The loop, through Runs: what a goal becomes."""

import asyncio
from pathlib import Path

import pytest
from world import FunctionTool, Rules, ScriptModel, World, call, say, until, world

from orchestrator.kernel.errors import ModelGarbled, ModelRejected, ModelUnavailable, ToolFailed
from orchestrator.kernel.events import Limits, ModelFailed, PlanMade, RunFinished, ToolReturned
from orchestrator.kernel.messages import Arguments, ToolCall, ToolResult
from orchestrator.llm.base import Reply, Request
from orchestrator.tools.base import Context, Result

pytestmark = pytest.mark.usefixtures("store")


async def _echo(arguments: Arguments, context: Context) -> Result:
    return Result(str(arguments), arguments)


ECHO = FunctionTool("echo", _echo)


async def finished(w: object, run_id: str) -> RunFinished:
    await w.runs.settled(run_id)  # type: ignore[attr-defined]
    last = (await w.journal.read(run_id))[-1].body  # type: ignore[attr-defined]
    assert isinstance(last, RunFinished), last
    return last


async def time_passes(w: World, run_id: str) -> None:
    """Whenever the run waits for less than its own limit, until it is over."""

    def waits() -> bool:
        return any(wakes - w.clock.monotonic() < 60 for wakes, _ in w.clock._sleepers)

    while w.runs.at_work(run_id):
        await until(lambda: waits() or not w.runs.at_work(run_id))
        w.clock.advance(30 if waits() else 0)


async def test_a_goal_is_thought_about_acted_on_and_answered(tmp_path: Path) -> None:
    model = ScriptModel([say("I look.", call("echo", x=1), plan=("look", "answer")), say("It is 1.")])
    async with world(tmp_path, model, ECHO) as w:
        run_id = await w.run("what is x?")
        end = await finished(w, run_id)
        assert (end.status, end.answer, end.steps) == ("completed", "It is 1.", 2)
        assert (end.usage.input_tokens, end.usage.output_tokens) == (20, 10)
        assert await w.types(run_id) == [
            "run.started",
            "model.asked",
            "plan.made",
            "model.replied",
            "tool.requested",
            "tool.returned",
            "model.asked",
            "model.replied",
            "run.finished",
        ]
        view = await w.views.run("t", run_id)
        assert (view.status, view.answer, view.goal) == ("completed", "It is 1.", "what is x?")
        plan = next(event.body for event in await w.journal.read(run_id) if isinstance(event.body, PlanMade))
        assert plan.steps == ("look", "answer")


async def test_parallel_calls_run_together_and_come_back_in_order(tmp_path: Path) -> None:
    first, second = asyncio.Event(), asyncio.Event()

    async def meet(arguments: Arguments, context: Context) -> Result:
        mine, other = (first, second) if arguments["n"] == 1 else (second, first)
        mine.set()
        await other.wait()  # both must be at work at once
        return Result(str(arguments["n"]))

    calls = (call("meet", "a", n=1), call("meet", "b", n=2))
    model = ScriptModel([say("", *calls), say("done")])
    async with world(tmp_path, model, FunctionTool("meet", meet)) as w:
        assert (await finished(w, await w.run())).status == "completed"
        results = model.requests[1].messages[-1]
        assert [part.content for part in results.parts if isinstance(part, ToolResult)] == ["1", "2"]


async def test_call_ids_that_repeat_are_told_apart(tmp_path: Path) -> None:
    model = ScriptModel([say("", call("echo", "c", x=1)), say("", call("echo", "c", x=2)), say("both")])
    async with world(tmp_path, model, ECHO) as w:
        run_id = await w.run()
        await finished(w, run_id)
        returned = [v.body for v in await w.journal.read(run_id) if isinstance(v.body, ToolReturned)]
        assert len({body.call_id for body in returned}) == 2


async def test_what_the_model_gets_wrong_goes_back_to_it(tmp_path: Path) -> None:
    async def fails(arguments: Arguments, context: Context) -> Result:
        raise ToolFailed("The disk is gone.")

    model = ScriptModel(
        [
            say("", call("nothing"), ToolCall("m", "echo", {}, malformed="not JSON"), call("echo", wrong=1)),
            say("", call("fails")),
            say("I could not."),
        ]
    )
    async with world(tmp_path, model, ECHO, FunctionTool("fails", fails)) as w:
        end = await finished(w, await w.run())
        assert end.answer == "I could not."
        parts = [part for part in model.requests[1].messages[-1].parts if isinstance(part, ToolResult)]
        assert [part.outcome for part in parts] == ["retry"] * 3
        assert "There is no tool nothing" in parts[0].content and "not JSON" in parts[1].content
        (failed,) = (part for part in model.requests[2].messages[-1].parts if isinstance(part, ToolResult))
        assert (failed.outcome, failed.content) == ("failed", "The disk is gone.")


async def test_a_model_that_repeats_itself_is_stopped_with_an_honest_answer(tmp_path: Path) -> None:
    made = 0

    async def count(arguments: Arguments, context: Context) -> Result:
        nonlocal made
        made += 1
        return Result("same")

    def script(request: Request) -> Reply:
        return say("", call("count")) if request.tools else say("I only have: same.")

    async with world(tmp_path, ScriptModel(script), FunctionTool("count", count)) as w:
        end = await finished(w, await w.run())
        assert made == 2
        assert end.status == "partial" and "I only have: same." in end.answer
        assert end.problem is not None and end.problem.code == "limit_stuck"


async def test_the_limit_of_steps_ends_with_what_was_done(tmp_path: Path) -> None:
    def script(request: Request) -> Reply:
        if not request.tools:
            raise ModelRejected("no more")
        return say("", call("echo", n=len(request.messages)))

    async with world(tmp_path, ScriptModel(script), ECHO, limits=Limits(steps=3)) as w:
        end = await finished(w, await w.run("compte les fichiers"))
        assert end.status == "partial" and end.steps == 3
        assert "limite d'étapes" in end.answer and "echo : fait" in end.answer.replace("echo:", "echo :")


async def test_the_time_limit_stops_the_tool_and_answers(tmp_path: Path) -> None:
    stopped, at_work = False, asyncio.Event()

    async def hang(arguments: Arguments, context: Context) -> Result:
        nonlocal stopped
        at_work.set()
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            stopped = True
        raise AssertionError

    def script(request: Request) -> Reply:
        return say("", call("hang")) if request.tools else say("It never came back.")

    tool = FunctionTool("hang", hang, effects="once")  # its own time is 30 s
    async with world(tmp_path, ScriptModel(script), tool, limits=Limits(seconds=20)) as w:
        run_id = await w.run()
        await at_work.wait()
        w.clock.advance(21)
        end = await finished(w, run_id)
        assert stopped and end.status == "partial" and "It never came back." in end.answer
        (returned,) = (v.body for v in await w.journal.read(run_id) if isinstance(v.body, ToolReturned))
        assert returned.outcome == "unknown"


async def test_a_reply_cut_by_its_length_is_continued(tmp_path: Path) -> None:
    model = ScriptModel([say("One, ", finish="length"), say("two.")])
    async with world(tmp_path, model) as w:
        assert (await finished(w, await w.run())).answer == "One, two."
        assert "Go on" in model.requests[1].messages[-1].text


async def test_a_failing_model_is_tried_again_and_then_said_so(tmp_path: Path) -> None:
    model = ScriptModel([ModelUnavailable("busy"), ModelGarbled("half"), say("here")])
    async with world(tmp_path, model) as w:
        run_id = await w.run()
        await time_passes(w, run_id)
        assert (await finished(w, run_id)).answer == "here"
        failed = [v.body for v in await w.journal.read(run_id) if isinstance(v.body, ModelFailed)]
        assert [body.problem.code for body in failed] == ["model_unavailable", "model_garbled"]

    model = ScriptModel([ModelRejected("Your key is wrong.", hint="Set OPENAI_API_KEY.")])
    (tmp_path / "second").mkdir()
    async with world(tmp_path / "second", model) as w:
        end = await finished(w, await w.run())
        assert end.status == "failed" and "Your key is wrong. Set OPENAI_API_KEY." in end.answer
        assert end.problem is not None and end.problem.code == "model_rejected"


async def test_an_empty_reply_is_never_an_answer(tmp_path: Path) -> None:
    async with world(tmp_path, ScriptModel([say(""), say("  "), say("")])) as w:
        run_id = await w.run()
        await time_passes(w, run_id)
        end = await finished(w, run_id)
        assert end.status == "failed" and end.answer.strip()


async def test_policy_refuses_and_the_model_is_told_why(tmp_path: Path) -> None:
    model = ScriptModel([say("", call("echo")), say("It is not allowed.")])
    async with world(tmp_path, model, ECHO, rules=Rules(echo="deny")) as w:
        run_id = await w.run()
        assert (await finished(w, run_id)).status == "completed"
        assert "tool.requested" not in await w.types(run_id)
        (part,) = (part for part in model.requests[1].messages[-1].parts if isinstance(part, ToolResult))
        assert part.outcome == "refused" and "The test says deny. Do less." in part.content


async def test_one_call_without_a_model(tmp_path: Path) -> None:
    async with world(tmp_path, ScriptModel([]), ECHO) as w:
        run_id = await w.run("echo", call=ToolCall("c", "echo", {"x": 1}))
        end = await finished(w, run_id)
        assert (end.status, end.answer, end.steps) == ("completed", "{'x': 1}", 0)


async def test_a_conversation_remembers_what_was_said_and_done(tmp_path: Path) -> None:
    model = ScriptModel([say("", call("echo", x=7)), say("It is 7."), say("It was 7.")])
    async with world(tmp_path, model, ECHO) as w:
        first = await w.run("what is x?")
        await finished(w, first)
        conversation = (await w.views.run("t", first)).conversation_id
        await finished(w, await w.run("what was it?", conversation_id=conversation))
        roles = [message.role for message in model.requests[2].messages]
        assert roles == ["system", "user", "assistant", "tool", "assistant", "user"]
        said = await w.views.messages("t", conversation)
        assert [message.content for message in said] == ["what is x?", "It is 7.", "what was it?", "It was 7."]
        (shown,) = await w.views.conversations("t", "u")
        assert shown.title == "what is x?"

"""What a model is shown in a run of many tools: it grows as the run goes on, and at its end only."""

from pathlib import Path

from world import FunctionTool, ScriptModel, call, say, world

from orchestrator.agents.turn import EMBEDDED
from orchestrator.kernel.messages import Arguments
from orchestrator.tools.base import Context, Result
from orchestrator.tools.offering import FEW


async def _find(arguments: Arguments, context: Context) -> Result:
    return Result("zebra_feed: Feed it.", {"tools": [{"name": "zebra_feed"}]})


async def _done(arguments: Arguments, context: Context) -> Result:
    return Result("done")


TOOLS = [
    FunctionTool("find_tools", _find),
    FunctionTool("zebra_feed", _done),
    *(FunctionTool(f"tool{index}", _done) for index in range(FEW)),
]


async def test_a_model_is_shown_what_it_found_from_the_next_step_on(tmp_path: Path) -> None:
    script = [say("", call("find_tools", query="animals")), say("", call("zebra_feed")), say("Fed.")]
    model = ScriptModel(script)
    async with world(tmp_path, model, *TOOLS) as w:
        run_id = await w.run("look after the animals")
        await w.runs.settled(run_id)
    shown = [[tool.name for tool in request.tools] for request in model.requests]
    after = ["delegate", "find_tools", "zebra_feed"]
    assert shown == [["delegate"], after, after]  # nothing in this world is marked as always offered
    assert model.requests[1].tools == model.requests[2].tools  # what is cached stays good


async def test_a_run_that_was_given_tools_is_shown_exactly_these(tmp_path: Path) -> None:
    model = ScriptModel([say("Nothing to do.")])
    async with world(tmp_path, model, *TOOLS) as w:
        await w.runs.settled(await w.run("look after the animals", tools=["tool1", "tool2"]))
    assert [tool.name for tool in model.requests[0].tools] == ["tool1", "tool2"]


def test_the_embedded_model_has_the_name_that_is_looked_for() -> None:
    from orchestrator.llm.source import EMBEDDED as NAME

    assert EMBEDDED == NAME

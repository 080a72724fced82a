"""Two runs side by side: a run beside itself differs in nothing; what differs stands beside what it stands for."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from playing import Life, Shape
from world import FunctionTool, ScriptModel, call, say, world

from orchestrator.agents.compare import Comparison, compare, items
from orchestrator.kernel.events import Event
from orchestrator.kernel.ids import CountedIds
from orchestrator.kernel.messages import Arguments
from orchestrator.llm.base import Reply
from orchestrator.tools.base import Context, Result

Act = Callable[[Arguments, Context], Awaitable[Result]]


async def look(arguments: Arguments, context: Context) -> Result:
    return Result(f"saw {arguments['n']}")


async def run(folder: Path, act: Act, *replies: Reply) -> list[Event]:
    folder.mkdir()  # noqa: ASYNC240
    async with world(folder, ScriptModel(replies), FunctionTool("look", act)) as w:
        run_id = await w.run("look")
        await w.runs.settled(run_id)
        events: list[Event] = await w.journal.read(run_id)
        return events


@pytest.mark.parametrize("seed", range(20))
async def test_a_run_beside_itself(tmp_path: Path, seed: int) -> None:
    shape = Shape(seed)
    async with shape.open(tmp_path, CountedIds()) as w:
        run_id = await shape.start(w)
        await Life(w, seed).to_the_end(run_id)
        events = await w.journal.read(run_id)
    found = compare(events, events)
    assert found.same and found.left == found.right
    assert [row.left for row in found.rows] == items(events) == [row.right for row in found.rows]


async def test_what_differs_stands_side_by_side(tmp_path: Path) -> None:
    left = await run(tmp_path / "a", look, say("", call("look", "a", n=1), call("look", "b", n=2)), say("One, two."))
    right = await run(
        tmp_path / "b", look, say("", call("look", "a", n=1)), say("", call("look", "b", n=3)), say("One.")
    )
    found = compare(left, right)
    assert not found.same and (found.left.steps, found.right.steps) == (2, 3)
    assert told(found) == [
        ("same", "look", "look"),
        ("changed", "2 calls", "1 calls"),
        ("same", 'look {"n":1}', 'look {"n":1}'),
        ("right", "", "1 calls"),
        ("changed", 'look {"n":2}', 'look {"n":3}'),
        ("changed", "One, two.", "One."),
        ("changed", "One, two.", "One."),
    ]


async def test_the_other_way_round_nothing_is_lost(tmp_path: Path) -> None:
    left = await run(tmp_path / "a", look, say("", call("look", "a", n=1), call("look", "b", n=2)), say("One, two."))
    right = await run(
        tmp_path / "b", look, say("", call("look", "a", n=1)), say("", call("look", "b", n=3)), say("One.")
    )
    for found, ours, others in ((compare(left, right), left, right), (compare(right, left), right, left)):
        assert [row.left for row in found.rows if row.left] == items(ours)
        assert [row.right for row in found.rows if row.right] == items(others)
        for row in found.rows:
            assert (row.left is None) == (row.mark == "right") and (row.right is None) == (row.mark == "left")


async def test_a_call_that_gave_something_else_is_changed(tmp_path: Path) -> None:
    async def blind(arguments: Arguments, context: Context) -> Result:
        return Result("saw nothing")

    replies = say("", call("look", "a", n=1)), say("Seen.")
    left, right = await run(tmp_path / "a", look, *replies), await run(tmp_path / "b", blind, *replies)
    (changed,) = [row for row in compare(left, right).rows if row.mark != "same"]
    assert changed.left and changed.right and (changed.left.said, changed.right.said) == ("saw 1", "saw nothing")


async def test_figures_are_those_of_each_run(tmp_path: Path) -> None:
    left = await run(tmp_path / "a", look, say("", call("look", "a", n=1)), say("Seen."))
    right = await run(tmp_path / "b", look, say("Nothing to see."))
    found = compare(left, right)
    assert (found.left.calls, found.left.input_tokens, found.left.output_tokens) == (1, 20, 10)
    assert (found.right.calls, found.right.input_tokens, found.right.answer) == (0, 10, "Nothing to see.")


def told(found: Comparison) -> list[tuple[str, str, str]]:
    """Each row: how it compares, and the titles of both sides."""
    return [(row.mark, row.left.title if row.left else "", row.right.title if row.right else "") for row in found.rows]

"""When today's code decides differently a replay fails, at the very event, and says what is not the same."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from playing import recorded, replayed
from world import FunctionTool, Rules, ScriptModel, Toolbox, call, say, world

from orchestrator.agents import calls, context, loop, wording
from orchestrator.agents.replay.player import Replayed
from orchestrator.agents.replay.recording import Recording, Today
from orchestrator.kernel import events as e
from orchestrator.kernel.errors import ToolRetry
from orchestrator.kernel.events import Limits
from orchestrator.kernel.messages import Arguments
from orchestrator.tools.base import Context, Result


async def act(arguments: Arguments, context: Context) -> Result:
    return Result("done", {"n": arguments.get("n")})


LOOK, RING = FunctionTool("look", act), FunctionTool("ring", act, "once", "execute")
SCRIPT = (say("", call("look", "a", n=1)), say("", call("ring", "b", n=1), call("look", "c", n=2)), say("Rung."))
TODAY = Today(Toolbox(LOOK, RING), Rules())


async def recording(folder: Path, **options: object) -> Recording:
    async with world(folder, ScriptModel(SCRIPT), LOOK, RING) as w:
        run_id = await w.run("ring the bell", **options)
        await w.runs.settled(run_id)
        return await recorded(w, run_id)


def first(recording: Recording, kind: str, number: int = 1) -> int:
    """The `seq` of the first event of a kind."""
    return [event.seq for event in recording.events if event.type == kind][number - 1]


def at(found: Replayed, seq: int, *paths: str) -> None:
    assert not found.exact and found.difference is not None, "nobody noticed"
    assert found.difference.seq == seq and found.same == seq - 1, found.difference
    assert [change.path for change in found.difference.changes] == list(paths), found.difference


async def test_other_instructions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = await recording(tmp_path)
    monkeypatch.setattr(context, "INSTRUCTIONS", context.INSTRUCTIONS.replace("You are an agent", "You're an agent"))
    context.instructions.cache_clear()
    found = await replayed(made, TODAY)
    context.instructions.cache_clear()
    at(found, first(made, "model.asked"), "request.instructions")
    assert found.difference is not None and "other instructions" in found.difference.note


async def test_another_description_of_a_tool(tmp_path: Path) -> None:
    made = await recording(tmp_path)
    other = FunctionTool("look", act)
    other.spec = msgspec.structs.replace(other.spec, description="Looks.")
    at(await replayed(made, Today(Toolbox(other, RING), Rules())), first(made, "model.asked"), "request.tools")


async def test_a_tool_that_is_gone(tmp_path: Path) -> None:
    made = await recording(tmp_path)
    at(await replayed(made, Today(Toolbox(LOOK), Rules())), first(made, "model.asked"), "request.tools")


async def test_another_order_of_what_a_model_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = await recording(tmp_path)
    monkeypatch.setattr(wording, "date", lambda now: "some day")
    at(await replayed(made, TODAY), first(made, "model.asked"), "request.instructions")


async def test_a_smaller_context(tmp_path: Path) -> None:
    async def much(arguments: Arguments, context: Context) -> Result:
        return Result("much " * 1000)

    tool = FunctionTool("look", much)
    async with world(tmp_path, ScriptModel(SCRIPT), tool, RING) as w:
        run_id = await w.run("ring the bell")
        await w.runs.settled(run_id)
        made = await recorded(w, run_id)
    tools = Toolbox(tool, RING)
    assert (await replayed(made, Today(tools, Rules()))).exact
    at(
        await replayed(made, Today(tools, Rules(), context_tokens=600)),
        first(made, "model.asked", 2),
        "request.messages",
    )


async def test_a_policy_that_asks_now(tmp_path: Path) -> None:
    made = await recording(tmp_path)
    found = await replayed(made, Today(TODAY.tools, Rules(ring="ask")))
    at(found, first(made, "tool.requested", 2))
    assert found.difference is not None and found.difference.today is not None
    assert (found.difference.type, found.difference.today["type"]) == ("tool.requested", "approval.asked")


async def test_a_policy_that_forbids_now(tmp_path: Path) -> None:
    made = await recording(tmp_path)
    found = await replayed(made, Today(TODAY.tools, Rules(ring="deny")))
    at(found, first(made, "tool.requested", 2))
    assert found.difference is not None and found.difference.today is not None
    assert found.difference.today["outcome"] == "refused"


async def test_a_tool_with_other_effects(tmp_path: Path) -> None:
    made = await recording(tmp_path)
    ring = FunctionTool("ring", act, "idempotent", "execute")
    found = await replayed(_without_digests(made), Today(Toolbox(LOOK, ring), Rules()))
    at(found, first(made, "tool.requested", 2), "effects")


async def test_a_tool_that_takes_other_arguments(tmp_path: Path) -> None:
    made = await recording(tmp_path)

    class Strict(FunctionTool):
        def check(self, arguments: Arguments) -> None:
            raise ToolRetry("Say please.")

    found = await replayed(made, Today(Toolbox(Strict("look", act), RING), Rules()))
    at(found, first(made, "tool.requested"))
    assert found.difference is not None and found.difference.note == "Today's code does something else here."


async def test_other_keys_of_effects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = await recording(tmp_path)
    monkeypatch.setattr(calls, "effect_key", lambda *parts: "another")
    at(await replayed(made, TODAY), first(made, "tool.requested"), "key")


async def test_a_limit_that_is_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = await recording(tmp_path, limits=Limits(steps=1))
    assert isinstance(made.finished, e.RunFinished) and made.finished.status == "partial"
    monkeypatch.setattr(loop.Loop, "_wrap_up", loop.Loop._think)
    assert not (await replayed(made, TODAY)).exact


async def test_another_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = await recording(tmp_path, limits=Limits(steps=2))
    monkeypatch.setitem(wording._REASONS["en"], "steps", "It was enough.")
    found = await replayed(_without_digests(made), TODAY)
    at(found, len(made.events), "answer", "problem.detail")


async def test_code_that_stops_early(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing happens where something did: found without waiting."""
    made = await recording(tmp_path)

    async def nothing(self: loop.Loop) -> None: ...

    monkeypatch.setattr(loop.Loop, "drive", nothing)
    found = await replayed(made, TODAY)
    assert found.difference is not None and found.difference.today is None
    assert (found.difference.seq, found.difference.note) == (2, "Today's code does nothing here.")


async def test_code_that_breaks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = await recording(tmp_path)

    def broken(self: loop.Loop) -> Sequence[object]:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(loop.Loop, "_messages", broken)
    found = await replayed(made, TODAY)
    assert found.difference is not None and found.difference.today is not None
    assert found.difference.seq == 2 and found.difference.today["problem"]["code"] == "internal"


async def test_old_events_without_digests_are_accepted_and_counted(tmp_path: Path) -> None:
    made = _without_digests(await recording(tmp_path))
    found = await replayed(made, TODAY)
    assert found.exact and found.unasked == 3


async def test_what_was_recorded_is_not_changed_by_hand(tmp_path: Path) -> None:
    made = await recording(tmp_path)
    events = list(made.events)
    body = events[-1].body
    assert isinstance(body, e.RunFinished)
    events[-1] = msgspec.structs.replace(events[-1], body=msgspec.structs.replace(body, cost=1.0))
    at(await replayed(msgspec.structs.replace(made, events=tuple(events)), TODAY), len(events), "cost")


def _without_digests(made: Recording) -> Recording:
    events = tuple(
        msgspec.structs.replace(event, body=msgspec.structs.replace(event.body, request=None))
        if isinstance(event.body, e.ModelAsked)
        else event
        for event in made.events
    )
    return msgspec.structs.replace(made, events=events)

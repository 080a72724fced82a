"""What survives: waiting for a person, cancelling, the end of the process, a reader who comes back."""

import asyncio
from pathlib import Path

import pytest
from world import FunctionTool, Rules, ScriptModel, World, call, say, tick, world

from orchestrator.kernel.errors import AlreadyAnswered, InvalidInput, NotFound, RunFinished
from orchestrator.kernel.events import (
    ApprovalAnswered,
    ApprovalAsked,
    Delta,
    Event,
    ModelReplied,
    RunResumed,
    ToolRequested,
    ToolReturned,
)
from orchestrator.kernel.ids import CountedIds
from orchestrator.kernel.messages import Arguments, Effects
from orchestrator.llm.base import Reply, Request
from orchestrator.tools.base import Context, Result

pytestmark = pytest.mark.usefixtures("store")


class Bell:
    """A tool whose effects somebody outside counts."""

    def __init__(self, effects: Effects = "once") -> None:
        self.rung: list[str] = []
        self.hang: asyncio.Event | None = None
        self.tool = FunctionTool("ring", self._ring, effects, "execute")

    async def _ring(self, arguments: Arguments, context: Context) -> Result:
        self.rung.append(context.key)
        if self.hang is not None:
            await self.hang.wait()
        return Result("rung")


async def bodies(w: World, run_id: str, kind: type) -> list[object]:
    return [event.body for event in await w.journal.read(run_id) if isinstance(event.body, kind)]


SCRIPT = (say("", call("ring", n=1)), say("It rang."))


@pytest.mark.parametrize("answer", ["once", "run", "always"])
async def test_a_run_waits_for_a_person_then_goes_on(tmp_path: Path, answer: str) -> None:
    bell = Bell()
    async with world(tmp_path, ScriptModel(SCRIPT), bell.tool, rules=Rules(ring="ask")) as w:
        run_id = await w.run()
        await w.runs.settled(run_id)
        assert (await w.views.run("t", run_id)).status == "waiting" and not bell.rung
        (waiting,) = await w.views.approvals("t")
        assert waiting.asked.arguments == {"n": 1} and waiting.asked.reason == "The test says ask."
        await w.runs.answer(waiting.approval_id, answer, tenant="t", by="u")  # type: ignore[arg-type]
        await w.runs.settled(run_id)
        assert (await w.views.run("t", run_id)).status == "completed" and len(bell.rung) == 1
        assert await w.views.approvals("t") == []
        with pytest.raises(AlreadyAnswered):
            await w.runs.answer(waiting.approval_id, "once", tenant="t", by="u")
        assert bool(await w.runs.grants.of("t", "u")) == (answer == "always")
        assert not await w.runs.grants.of("t", "somebody else")


async def test_always_reaches_the_next_run_and_this_run_does_not(tmp_path: Path) -> None:
    for folder, answer, asked_again in (("a", "always", False), ("b", "run", True)):
        (tmp_path / folder).mkdir()
        script = ScriptModel([*SCRIPT, *SCRIPT])
        async with world(tmp_path / folder, script, Bell().tool, rules=Rules(ring="ask")) as w:
            first = await w.run()
            await w.runs.settled(first)
            (waiting,) = await w.views.approvals("t")
            await w.runs.answer(waiting.approval_id, answer, tenant="t", by="u")  # type: ignore[arg-type]
            await w.runs.settled(first)
            second = await w.run()
            await w.runs.settled(second)
            assert ((await w.views.run("t", second)).status == "waiting") is asked_again


async def test_a_refused_call_is_told_to_the_model(tmp_path: Path) -> None:
    bell, model = Bell(), ScriptModel([say("", call("ring")), say("You refused.")])
    async with world(tmp_path, model, bell.tool, rules=Rules(ring="ask")) as w:
        run_id = await w.run()
        await w.runs.settled(run_id)
        (waiting,) = await w.views.approvals("t")
        with pytest.raises(InvalidInput):
            await w.runs.answer(waiting.approval_id, "done", tenant="t", by="u")
        with pytest.raises(NotFound):
            await w.runs.answer(waiting.approval_id, "once", tenant="another", by="x")
        await w.runs.answer(waiting.approval_id, "refuse", tenant="t", by="u", note="Not today.")
        await w.runs.settled(run_id)
        assert not bell.rung and "Not today." in str(model.requests[1].messages[-1])


@pytest.mark.parametrize(("approvals", "rings"), [("grant", 1), ("refuse", 0)])
async def test_nobody_to_ask(tmp_path: Path, approvals: str, rings: int) -> None:
    bell, model = Bell(), ScriptModel(SCRIPT)
    async with world(tmp_path, model, bell.tool, rules=Rules(ring="ask")) as w:
        run_id = await w.run(approvals=approvals)
        await w.runs.settled(run_id)
        assert (await w.views.run("t", run_id)).status == "completed" and len(bell.rung) == rings
        assert len(await bodies(w, run_id, ApprovalAnswered)) == rings  # a yes is in the journal, whoever says it
        if not rings:
            assert "nobody is there" in str(model.requests[1].messages[-1])


async def test_an_answer_while_another_call_is_at_work(tmp_path: Path) -> None:
    slow, bell = Bell(), Bell()
    slow.hang, slow.tool = asyncio.Event(), FunctionTool("slow", slow._ring)
    model = ScriptModel([say("", call("slow"), call("ring")), say("both")])
    async with world(tmp_path, model, slow.tool, bell.tool, rules=Rules(ring="ask")) as w:
        run_id = await w.run()
        while not (waiting := await w.views.approvals("t")):
            await tick()
        await w.runs.answer(waiting[0].approval_id, "once", tenant="t", by="u")
        while not bell.rung:
            await tick()
        assert slow.rung
        slow.hang.set()
        await w.runs.settled(run_id)
        assert (await w.views.run("t", run_id)).answer == "both"


async def test_waiting_survives_the_process(tmp_path: Path) -> None:
    ids, bell = CountedIds(), Bell()
    async with world(tmp_path, ScriptModel(SCRIPT), bell.tool, rules=Rules(ring="ask"), ids=ids) as w:
        run_id = await w.run()
        await w.runs.settled(run_id)
    rest = ScriptModel(SCRIPT[1:])
    async with world(tmp_path, rest, bell.tool, rules=Rules(ring="ask"), ids=ids) as w:
        assert await w.runs.recover() == 0  # it waits, and costs nothing
        (waiting,) = await w.views.approvals("t")
        await w.runs.answer(waiting.approval_id, "once", tenant="t", by="u")
        await w.runs.settled(run_id)
        assert (await w.views.run("t", run_id)).answer == "It rang." and len(bell.rung) == 1


async def _stopped_in_the_effect(folder: Path, ids: CountedIds, bell: Bell) -> str:
    bell.hang = asyncio.Event()
    async with world(folder, ScriptModel(SCRIPT), bell.tool, ids=ids) as w:
        run_id = await w.run()
        while not bell.rung:
            await tick()
    bell.hang = None
    return run_id


@pytest.mark.parametrize(
    ("answer", "rings", "outcome"), [("done", 1, "ok"), ("retry", 2, "ok"), ("undone", 1, "failed")]
)
async def test_an_unknown_outcome_is_put_to_a_person(tmp_path: Path, answer: str, rings: int, outcome: str) -> None:
    ids, bell = CountedIds(), Bell("once")
    run_id = await _stopped_in_the_effect(tmp_path, ids, bell)
    async with world(tmp_path, ScriptModel(SCRIPT[1:]), bell.tool, ids=ids) as w:
        assert await w.runs.recover() == 1
        await w.runs.settled(run_id)
        assert len(bell.rung) == 1  # nobody guessed
        (waiting,) = await w.views.approvals("t")
        assert waiting.asked.kind == "outcome" and waiting.asked.code == "unknown_outcome"
        with pytest.raises(InvalidInput):
            await w.runs.answer(waiting.approval_id, "always", tenant="t", by="u")
        await w.runs.answer(waiting.approval_id, answer, tenant="t", by="u")  # type: ignore[arg-type]
        await w.runs.settled(run_id)
        (returned,) = await bodies(w, run_id, ToolReturned)
        assert len(bell.rung) == rings and len(set(bell.rung)) == 1  # the same effect, by its key
        assert isinstance(returned, ToolReturned) and returned.outcome == outcome


async def test_an_idempotent_effect_is_repeated_with_the_same_key(tmp_path: Path) -> None:
    ids, bell = CountedIds(), Bell("idempotent")
    run_id = await _stopped_in_the_effect(tmp_path, ids, bell)
    async with world(tmp_path, ScriptModel(SCRIPT[1:]), bell.tool, ids=ids) as w:
        await w.runs.recover()
        await w.runs.settled(run_id)
        assert len(bell.rung) == 2 and len(set(bell.rung)) == 1
        requested = await bodies(w, run_id, ToolRequested)
        assert [body.attempt for body in requested] == [1, 2]  # type: ignore[attr-defined]
        assert len(await bodies(w, run_id, RunResumed)) == 1


async def test_a_tool_that_can_say_is_asked_first(tmp_path: Path) -> None:
    class Knowing(FunctionTool):
        async def reconcile(self, arguments: Arguments, context: Context) -> Result | None:
            return Result("it had rung") if context.key in bell.rung else None

    ids, bell = CountedIds(), Bell("once")
    bell.tool = Knowing("ring", bell._ring, "once", "execute")
    run_id = await _stopped_in_the_effect(tmp_path, ids, bell)
    async with world(tmp_path, ScriptModel(SCRIPT[1:]), bell.tool, ids=ids) as w:
        await w.runs.recover()
        await w.runs.settled(run_id)
        (returned,) = await bodies(w, run_id, ToolReturned)
        assert len(bell.rung) == 1 and returned.content == "it had rung"  # type: ignore[attr-defined]


async def test_cancel_reaches_the_tool_and_the_end_is_said_once(tmp_path: Path) -> None:
    bell = Bell()
    bell.hang = asyncio.Event()
    async with world(tmp_path, ScriptModel(SCRIPT), bell.tool) as w:
        run_id = await w.run()
        while not bell.rung:
            await tick()
        await w.runs.cancel(run_id, tenant="t", by="u")
        view = await w.views.run("t", run_id)
        assert view.status == "cancelled" and view.answer
        assert (await w.types(run_id)).count("run.finished") == 1
        (returned,) = await bodies(w, run_id, ToolReturned)
        assert returned.outcome == "unknown"  # type: ignore[attr-defined]
        with pytest.raises(RunFinished):
            await w.runs.cancel(run_id, tenant="t", by="u")
        with pytest.raises(RunFinished):
            await w.runs.resume(run_id, tenant="t")


async def test_cancel_while_it_waits(tmp_path: Path) -> None:
    async with world(tmp_path, ScriptModel(SCRIPT), Bell().tool, rules=Rules(ring="ask")) as w:
        run_id = await w.run()
        await w.runs.settled(run_id)
        await w.runs.cancel(run_id, tenant="t", by="u")
        assert (await w.views.run("t", run_id)).status == "cancelled"
        assert await w.views.approvals("t") == []


Items = list[Event | Delta]


async def _collect(w: World, run_id: str, after: int = 0, until: int = 10_000, into: Items | None = None) -> Items:
    seen: Items = [] if into is None else into
    async for item in w.runs.watch(run_id, after):
        seen.append(item)
        if len(seen) >= until:
            break
    return seen


async def _has_text(items: Items) -> None:
    while not any(isinstance(item, Delta) for item in items):
        await tick()


def text_of(items: Items, step: int) -> str:
    """What a client shows: a delta replaces all from its offset on."""
    text = ""
    for item in items:
        if isinstance(item, Delta) and item.step == step and item.kind == "text":
            text = text[: item.offset] + item.text
    return text


async def test_a_reader_sees_everything_in_order_and_may_come_back_in_the_middle(tmp_path: Path) -> None:
    release, halfway = asyncio.Event(), asyncio.Event()

    class Slow(ScriptModel):
        async def stream(self, request: Request):  # type: ignore[no-untyped-def]
            async for chunk in super().stream(request):
                if isinstance(chunk, Reply):
                    halfway.set()
                    await release.wait()
                yield chunk

    async with world(tmp_path, Slow([say("one two three")])) as w:
        run_id = await w.run()
        first: Items = []
        second: Items = []
        early = asyncio.create_task(_collect(w, run_id, into=first))
        await halfway.wait()
        await _has_text(first)
        late = asyncio.create_task(_collect(w, run_id, after=1, into=second))
        await _has_text(second)
        release.set()
        await asyncio.gather(early, late)
        assert text_of(first, 1) == text_of(second, 1) == "one two three "
        assert [item.seq for item in first if isinstance(item, Event)] == [1, 2, 3, 4]
        assert [item.seq for item in second if isinstance(item, Event)] == [2, 3, 4]
        assert [item.seq for item in await _collect(w, run_id, after=2) if isinstance(item, Event)] == [3, 4]
        with pytest.raises(NotFound):
            await _collect(w, "run_none")


async def test_a_slow_reader_is_not_waited_for_and_loses_nothing(tmp_path: Path) -> None:
    words = " ".join(str(number) for number in range(5000))

    async with world(tmp_path, ScriptModel([say(words)])) as w:
        run_id = await w.run()
        watching = w.runs.watch(run_id)
        first = await anext(watching)
        await w.runs.settled(run_id)  # while the reader has taken one item
        rest = [first] + [item async for item in watching]
        assert [item.seq for item in rest if isinstance(item, Event)] == [1, 2, 3, 4]
        replied = next(item.body for item in rest if isinstance(item, Event) and isinstance(item.body, ModelReplied))
        assert replied.message.text == words
        assert len(rest) < 3000  # it was bounded


async def test_questions_of_a_run_are_in_its_events(tmp_path: Path) -> None:
    async with world(tmp_path, ScriptModel(SCRIPT), Bell().tool, rules=Rules(ring="ask")) as w:
        run_id = await w.run()
        await w.runs.settled(run_id)
        items = await _collect(w, run_id, until=4)
        (asked,) = (item.body for item in items if isinstance(item, Event) and isinstance(item.body, ApprovalAsked))
        assert asked.shape == "ring" and len(asked.hash) == 64
        assert asked.sources == dict.fromkeys(asked.arguments, ("model",))  # nobody else said these words

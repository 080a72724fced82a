"""What-if: a fork goes on from any event, takes what has not changed, and does nothing twice unasked."""

from pathlib import Path

import msgspec
import pytest
from playing import Life, Shape, replayed, trials_of, waiting
from world import FunctionTool, Rules, ScriptModel, World, call, say, world

from orchestrator.agents import wording
from orchestrator.agents.forks.opening import Changes
from orchestrator.agents.replay.recording import Today
from orchestrator.kernel import events as e
from orchestrator.kernel.errors import Conflict, InvalidInput, NotFound
from orchestrator.kernel.ids import CountedIds
from orchestrator.kernel.messages import Arguments, Effects, Message
from orchestrator.llm.base import Reply, Request
from orchestrator.tools.base import Context, Result


class Counted:
    """A tool that counts how often it was really called."""

    def __init__(self, name: str, effects: Effects) -> None:
        self.calls: list[Arguments] = []
        scope = "read" if effects == "none" else "execute"
        self.tool = FunctionTool(name, self._call, effects, scope)  # type: ignore[arg-type]

    async def _call(self, arguments: Arguments, context: Context) -> Result:
        self.calls.append(arguments)
        return Result(f"{self.tool.spec.name} {arguments.get('n', '')} number {len(self.calls)}")


def by_step(*replies: Reply) -> ScriptModel:
    def script(request: Request) -> Reply:
        return replies[min(sum(message.role == "assistant" for message in request.messages), len(replies) - 1)]

    return ScriptModel(script)


SCRIPT = (say("", call("look", "a", n=1), call("ring", "b", n=1)), say("", call("ring", "c", n=2)), say("Rung twice."))


async def ended(w: World, run_id: str) -> list[e.Event]:
    await w.runs.settled(run_id)
    events: list[e.Event] = await w.journal.read(run_id)
    return events


async def fork(w: World, run_id: str, at: int = 1, **changes: object) -> str:
    return await trials_of(w).fork("t", "u", run_id, at, Changes(**changes))  # type: ignore[arg-type]


async def test_nothing_changed_gives_the_same_and_calls_nobody(tmp_path: Path) -> None:
    look, ring, model = Counted("look", "none"), Counted("ring", "once"), by_step(*SCRIPT)
    async with world(tmp_path, model, look.tool, ring.tool) as w:
        first = await w.run()
        before = await ended(w, first)
        asked = len(model.requests)
        for at in range(1, len(before)):
            again = await fork(w, first, at)
            after = await ended(w, again)
            assert isinstance(after[-1].body, e.RunFinished) and after[-1].body.answer == "Rung twice."
            assert (len(look.calls), len(ring.calls), len(model.requests)) == (1, 2, asked), at
            assert {b.source for b in (v.body for v in after) if isinstance(b, e.ToolReturned)} == {"recorded"}
            assert (await trials_of(w).compare(first, again)).same
        with pytest.raises(Conflict):
            await fork(w, first, len(before))
        with pytest.raises(InvalidInput):
            await fork(w, first, len(before) + 1)
        with pytest.raises(NotFound):
            await fork(w, "run_none")


async def test_another_model_is_asked_and_takes_the_recorded_results(tmp_path: Path) -> None:
    look, ring = Counted("look", "none"), Counted("ring", "once")
    async with world(tmp_path, by_step(*SCRIPT), look.tool, ring.tool) as w:
        first = await w.run()
        await ended(w, first)
        other = by_step(say("", call("ring", "x", n=2)), say("", call("look", "y", n=9)), say("Another answer."))
        w.runs._house.models._model = other  # type: ignore[attr-defined]
        again = await fork(w, first, model="other")
        returned = [v.body for v in await ended(w, again) if isinstance(v.body, e.ToolReturned)]
        # ring n=2 was made, but after another ring: it is simulated. look n=9 never was: looking is done.
        assert [(one.tool, one.source) for one in returned] == [("ring", "simulated"), ("look", "made")]
        assert (len(look.calls), len(ring.calls)) == (2, 2) and len(other.requests) == 3
        found = await trials_of(w).compare(first, again)
        assert not found.same and found.right.forked_from == first and found.right.taken == 1


@pytest.mark.parametrize(
    ("effects", "outcome"), [("simulate", "refused"), ("forbid", "refused"), ("recorded", "refused")]
)
async def test_a_new_effect_is_not_made(tmp_path: Path, effects: str, outcome: str) -> None:
    ring = Counted("ring", "once")
    async with world(tmp_path, by_step(*SCRIPT), Counted("look", "none").tool, ring.tool) as w:
        first = await w.run(approvals="grant")
        await ended(w, first)
        w.runs._house.models._model = by_step(say("", call("ring", "x", n=7)), say("Done."))  # type: ignore[attr-defined]
        returned = [v.body for v in await ended(w, await fork(w, first, effects=effects, prompt="else"))]
        (one,) = [body for body in returned if isinstance(body, e.ToolReturned)]
        assert one.outcome == outcome and "not made now" in one.content and len(ring.calls) == 2


async def test_a_new_effect_is_asked_of_a_person_whatever_was_granted(tmp_path: Path) -> None:
    ring = Counted("ring", "once")
    async with world(tmp_path, by_step(*SCRIPT), Counted("look", "none").tool, ring.tool) as w:
        first = await w.run(approvals="grant")
        await ended(w, first)
        w.runs._house.models._model = by_step(say("", call("ring", "x", n=7)), say("Done."))  # type: ignore[attr-defined]
        again = await fork(w, first, effects="ask", prompt="else")
        await w.runs.settled(again)
        (asked,) = waiting(w, again)
        assert len(ring.calls) == 2
        await w.runs.answer(asked, "once", tenant="t", by="u")
        await w.runs.settled(again)
        assert ring.calls[-1] == {"n": 7} and len(ring.calls) == 3


async def test_another_policy_decides_and_what_was_answered_then_holds(tmp_path: Path) -> None:
    ring = Counted("ring", "once")
    async with world(tmp_path, by_step(*SCRIPT), Counted("look", "none").tool, ring.tool, rules=Rules(ring="ask")) as w:
        first = await w.run()
        await Life(w, 3).to_the_end(first)
        made = len(ring.calls)
        denied = [v.body for v in await ended(w, await fork(w, first, policy={"ring": "deny"}))]
        assert {b.outcome for b in denied if isinstance(b, e.ToolReturned) and b.tool == "ring"} == {"refused"}
        assert len(ring.calls) == made


async def test_a_fork_survives_the_process_and_replays(tmp_path: Path) -> None:
    ids, ring, look = CountedIds(), Counted("ring", "once"), Counted("look", "none")
    other = by_step(say("", call("ring", "x", n=7)), say("Done."))
    async with world(tmp_path, by_step(*SCRIPT), look.tool, ring.tool, ids=ids) as w:
        first = await w.run()
        await ended(w, first)
        w.runs._house.models._model = other  # type: ignore[attr-defined]
        again = await fork(w, first, effects="ask", model="other")
        await w.runs.settled(again)
        assert waiting(w, again)
    async with world(tmp_path, other, look.tool, ring.tool, ids=ids) as w:
        trials = trials_of(w)
        await w.runs.recover()
        (asked,) = [one.approval_id for one in await w.views.approvals("t")]
        await w.runs.answer(asked, "refuse", tenant="t", by="u")
        await w.runs.settled(again)
        assert (await w.views.run("t", again)).status == "completed" and len(ring.calls) == 2
        found = await trials.replay("t", again)
        assert found.exact, found.difference


async def test_the_question_and_the_instructions_may_be_others(tmp_path: Path) -> None:
    model = by_step(say("Hello."))
    async with world(tmp_path, model) as w:
        first = await w.run("say hello")
        await ended(w, first)
        again = await fork(w, first, prompt="say good bye", instructions="You are in {workspace}. Today is {date}.")
        await ended(w, again)
        head, question = model.requests[-1].messages
        assert isinstance(head, Message) and head.text.startswith("You are in /") and "{" not in head.text
        assert question.text == "say good bye"


async def test_a_yes_of_then_is_no_yes_now(tmp_path: Path) -> None:
    """The process stopped while a call was at work that a person had allowed: its fork does not make it."""
    ring = Counted("ring", "once")
    script = by_step(say("", call("ring", "a", n=1)), say("Rung."))
    async with world(tmp_path, script, ring.tool, rules=Rules(ring="ask")) as w:
        first = await w.run()
        await w.runs.settled(first)
        await w.runs.answer(waiting(w, first)[0], "once", tenant="t", by="u")
        await w.runs.settled(first)
        events = [v for v in await w.journal.read(first) if not isinstance(v.body, e.ToolReturned)]
        cut = [msgspec.structs.replace(v, stream="run_cut", seq=seq) for seq, v in enumerate(events[:6], 1)]
        assert [v.type for v in cut[-2:]] == ["approval.answered", "tool.requested"]
        body = e.RunFinished("cancelled", "")
        end = msgspec.structs.replace(cut[0], seq=7, body=body)
        cut[3] = msgspec.structs.replace(cut[3], body=msgspec.structs.replace(cut[3].body, approval_id="approval_x"))
        cut[4] = msgspec.structs.replace(cut[4], body=msgspec.structs.replace(cut[4].body, approval_id="approval_x"))
        await w.journal.append([*cut, end])
        for effects in ("simulate", "forbid", "recorded"):
            again = await ended(w, await fork(w, "run_cut", 6, effects=effects))
            assert len(ring.calls) == 1 and again[-1].type == "run.finished"
        asking = await fork(w, "run_cut", 6, effects="ask")
        await w.runs.settled(asking)
        assert len(waiting(w, asking)) == 1 and len(ring.calls) == 1


@pytest.mark.parametrize("seed", range(25))
async def test_any_run_can_be_forked_at_every_event(tmp_path: Path, seed: int) -> None:
    shape = Shape(seed)
    async with shape.open(tmp_path, CountedIds()) as w:
        run_id = await shape.start(w)
        await Life(w, seed).to_the_end(run_id)
        events = await w.journal.read(run_id)
        trials = trials_of(w)
        for at in range(1, len(events)):
            again = await fork(w, run_id, at, effects="recorded")
            await Life(w, 7).to_the_end(again)
            made = [v.body for v in await w.journal.read(again) if isinstance(v.body, e.ToolReturned)]
            done = [one for one in made if one.source == "made" and one.content not in wording.STOPPED]
            assert {one.outcome for one in done} <= {"refused", "retry"}, at
            recording = await trials.recording("t", again)
            found = await replayed(recording, Today(w.runs._house.tools, shape.rules))
            assert found.exact, (at, found.difference)

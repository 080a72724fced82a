"""Runs as cases: kept with their checks, tried again without effects, compared with the last time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playing import trials_of
from world import FunctionTool, ScriptModel, World, call, say, world

from orchestrator.agents.evaluations.cases import Evaluations, regressions
from orchestrator.agents.evaluations.checks import KINDS, OPINION
from orchestrator.kernel.errors import Conflict, InvalidInput, NotFound
from orchestrator.kernel.ids import CountedIds
from orchestrator.kernel.messages import Arguments
from orchestrator.kernel.trials import Check
from orchestrator.llm.base import Reply, Request
from orchestrator.tools.base import Context, Result


class Bells:
    def __init__(self) -> None:
        self.rung = 0
        self.tool = FunctionTool("ring", self._ring, "once", "execute")

    async def _ring(self, arguments: Arguments, context: Context) -> Result:
        self.rung += 1
        return Result("It rang.")


class Pupil:
    """A model that can be told to do badly."""

    def __init__(self) -> None:
        self.answer = "The bell rang."
        self.opinion = "YES, it is polite."

    def __call__(self, request: Request) -> Reply:
        if "You judge the answer" in request.messages[0].text:
            return say(self.opinion)
        asked = any(message.role == "tool" for message in request.messages)
        return say(self.answer) if asked else say("", call("ring", "a", n=1))


@asynccontextmanager
async def school(folder: Path, bells: Bells, pupil: Pupil) -> AsyncIterator[tuple[World, Evaluations]]:
    async with world(folder, ScriptModel(pupil), bells.tool, ids=CountedIds()) as w:
        yield w, Evaluations(w.runs._house, w.runs, trials_of(w))


async def one(w: World, **options: object) -> str:
    run_id = await w.run("ring the bell", **options)
    await w.runs.settled(run_id)
    return run_id


async def test_a_case_is_tried_without_effects_and_compared_with_the_last_time(tmp_path: Path) -> None:
    bells, pupil = Bells(), Pupil()
    async with school(tmp_path, bells, pupil) as (w, evaluations):
        case = await evaluations.add("t", "u", await one(w))
        assert [check.kind for check in case.checks] == ["status", "called"]
        kept = await evaluations.add("t", "u", case.run_id, name="polite", checks=[Check("contains", "rang")])
        first = await evaluations.run("t", "u")
        assert (first.passed, bells.rung, first.before) == (2, 1, None)
        pupil.answer = "I know nothing."
        second = await evaluations.run("t", "u")
        assert (second.passed, bells.rung) == (1, 1) and second.before is not None
        assert regressions(second) == [kept.id]
        (failed,) = [result for result in second.results if not result.passed]
        assert "does not contain" in failed.checks[0].detail
        assert (await evaluations.run("t", "u", only=[case.id])).passed == 1
        assert len(await evaluations.trials("t")) == 3
        again = Evaluations(w.runs._house, w.runs, trials_of(w))
        assert await again.cases("t") == {case.id: case, kept.id: kept} and await again.cases("another") == {}
        await evaluations.remove("t", "u", case.id)
        assert set(await again.cases("t")) == {kept.id}


async def test_live_tools_are_called(tmp_path: Path) -> None:
    bells = Bells()
    async with school(tmp_path, bells, Pupil()) as (w, evaluations):
        await evaluations.add("t", "u", await one(w))
        assert (await evaluations.run("t", "u", tools="live")).passed == 1 and bells.rung == 2


async def test_a_call_that_was_not_recorded_is_refused(tmp_path: Path) -> None:
    bells, pupil = Bells(), Pupil()
    async with school(tmp_path, bells, pupil) as (w, evaluations):
        await evaluations.add("t", "u", await one(w), checks=[Check("called", {"n": 2}, "ring")])

        def other(request: Request) -> Reply:
            asked = any(message.role == "tool" for message in request.messages)
            return say("Done.") if asked else say("", call("ring", "a", n=2))

        w.runs._house.models._model = ScriptModel(other)  # type: ignore[attr-defined]
        trial = await evaluations.run("t", "u", model="other")
        assert trial.passed == 0 and bells.rung == 1  # refused: it was never called


CHECKS: list[tuple[Check, bool]] = [
    (Check("status", "completed"), True),
    (Check("status", "failed"), False),
    (Check("contains", "bell rang"), True),
    (Check("contains", "nobody"), False),
    (Check("equals", "The bell rang."), True),
    (Check("equals", "The bell"), False),
    (Check("matches", r"^The .* rang\.$"), True),
    (Check("matches", r"\d"), False),
    (Check("called", None, "ring"), True),
    (Check("called", {"n": 1}, "ring"), True),
    (Check("called", {"n": 2}, "ring"), False),
    (Check("called", None, "look"), False),
    (Check("not_called", None, "look"), True),
    (Check("not_called", {"n": 1}, "ring"), False),
    (Check("no_scope", "execute"), False),
    (Check("no_scope", "write"), True),
    (Check("max_steps", 2), True),
    (Check("max_steps", 1), False),
    (Check("max_tokens", 30), True),
    (Check("max_tokens", 29), False),
    (Check("max_cost", 0), True),
    (Check("max_seconds", 9), True),
    (Check("schema", {"type": "object"}), False),
    (Check("judge", "Is it polite?"), True),
]


@pytest.mark.parametrize(("check", "passes"), CHECKS)
async def test_each_check_passes_and_fails(tmp_path: Path, check: Check, passes: bool) -> None:
    async with school(tmp_path, Bells(), Pupil()) as (w, evaluations):
        await evaluations.add("t", "u", await one(w), checks=[check])
        (result,) = (await evaluations.run("t", "u")).results
        assert result.passed is passes and bool(result.checks[0].detail) is (not passes or check.kind == "judge")
        if check.kind == "judge":
            assert result.checks[0].detail.startswith(OPINION)


def test_every_check_is_tried_above() -> None:
    assert {check.kind for check, _ in CHECKS} == set(KINDS)


@pytest.mark.parametrize(
    ("said", "passes"), [('{"n": 1}', True), ('Here:\n```json\n{"n": 1}\n```', True), ("n is 1", False)]
)
async def test_an_answer_of_a_schema(tmp_path: Path, said: str, passes: bool) -> None:
    pupil = Pupil()
    pupil.answer = said
    schema = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}
    async with school(tmp_path, Bells(), pupil) as (w, evaluations):
        await evaluations.add("t", "u", await one(w), checks=[Check("schema", schema)])
        assert (await evaluations.run("t", "u")).passed is int(passes)


@pytest.mark.parametrize("opinion", ["NO, it is rude.", "Perhaps.", ""])
async def test_an_opinion_that_is_no_yes_fails(tmp_path: Path, opinion: str) -> None:
    pupil = Pupil()
    pupil.opinion = opinion
    async with school(tmp_path, Bells(), pupil) as (w, evaluations):
        await evaluations.add("t", "u", await one(w), checks=[Check("judge", "Is it polite?")])
        assert (await evaluations.run("t", "u")).passed == 0


@pytest.mark.parametrize(
    "check",
    [
        Check("nonsense", "x"),
        Check("contains"),
        Check("matches", "("),
        Check("max_steps", "many"),
        Check("max_cost", -1),
        Check("max_cost", True),
        Check("called"),
        Check("called", "x", "ring"),
        Check("no_scope", "all"),
        Check("schema", "x"),
        Check("schema", {"type": "nonsense"}),
        Check("judge", ""),
    ],
)
async def test_what_is_no_check_is_refused(tmp_path: Path, check: Check) -> None:
    async with school(tmp_path, Bells(), Pupil()) as (w, evaluations):
        run_id = await one(w)
        with pytest.raises(InvalidInput):
            await evaluations.add("t", "u", run_id, checks=[check])
        assert await evaluations.cases("t") == {}


async def test_what_is_no_case_is_refused(tmp_path: Path) -> None:
    async with school(tmp_path, Bells(), Pupil()) as (w, evaluations):
        with pytest.raises(NotFound, match="no evaluations"):
            await evaluations.run("t", "u")
        with pytest.raises(NotFound):
            await evaluations.add("t", "u", "run_none")
        with pytest.raises(NotFound):
            await evaluations.remove("t", "u", "evaluation_none")
        with pytest.raises(InvalidInput, match="one call"):
            await evaluations.add("t", "u", await one(w, call=call("ring", "a", n=1)))
        unfinished = await w.run("ring")
        with pytest.raises(Conflict):
            await evaluations.add("t", "u", unfinished)

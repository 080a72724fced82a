"""Money: a run that reaches its budget rests until it may go on, and never spends more than the call under way."""

import asyncio
from pathlib import Path

import msgspec
import pytest
from world import FunctionTool, ScriptModel, World, call, say, world

from orchestrator.kernel.errors import BudgetExceeded, InvalidInput
from orchestrator.kernel.events import ApprovalAnswered, Limits, LimitsChanged
from orchestrator.kernel.ids import CountedIds
from orchestrator.kernel.messages import Arguments, Spared, Usage
from orchestrator.llm.base import Reply, Request
from orchestrator.policy.budgets.base import Spending
from orchestrator.tools.base import Context, Result


class Priced(ScriptModel):
    """Every reply costs forty cents and fifteen tokens."""

    async def stream(self, request: Request):  # type: ignore[no-untyped-def]
        async for chunk in super().stream(request):
            yield msgspec.structs.replace(chunk, cost=0.4) if isinstance(chunk, Reply) else chunk


async def look(arguments: Arguments, context: Context) -> Result:
    return Result(f"seen {arguments['n']}")


def script(request: Request) -> Reply:
    seen = sum(message.role == "tool" for message in request.messages)
    return say("Seen six.") if seen == 6 else say("", call("look", f"c{seen}", n=seen))


LOOK = FunctionTool("look", look)


async def question(w: World, run_id: str) -> str:
    (waiting,) = await w.views.approvals("t", run_id=run_id)
    assert waiting.asked.kind == "budget" and (await w.views.run("t", run_id)).status == "waiting"
    return waiting.approval_id


async def test_the_budget_pauses_and_a_person_lets_it_go_on(tmp_path: Path) -> None:
    model = Priced(script)
    async with world(tmp_path, model, LOOK, limits=Limits(cost=1.0)) as w:
        run_id = await w.run()
        await w.runs.settled(run_id)
        asked = await question(w, run_id)
        assert len(model.requests) == 3  # a dollar and twenty cents: the third call began below the limit
        with pytest.raises(InvalidInput):
            await w.runs.answer(asked, "always", tenant="t", by="u")
        await w.runs.answer(asked, "once", tenant="t", by="u")
        await w.runs.settled(run_id)
        assert len(model.requests) == 6  # as much again: up to 2.20
        await w.runs.steering.set(run_id, tenant="t", by="u", cost=5.0)
        await w.runs.settled(run_id)
        view = await w.views.run("t", run_id)
        assert view.status == "completed" and view.cost == pytest.approx(2.8)
        changed = [e.body.limits.cost for e in await w.journal.read(run_id) if isinstance(e.body, LimitsChanged)]
        answered = [e.body.answer for e in await w.journal.read(run_id) if isinstance(e.body, ApprovalAnswered)]
        assert changed == [pytest.approx(2.2), 5.0] and answered == ["once", "once"]


async def test_a_set_limit_that_does_not_suffice_changes_nothing_else(tmp_path: Path) -> None:
    async with world(tmp_path, Priced(script), LOOK, limits=Limits(cost=1.0)) as w:
        run_id = await w.run()
        await w.runs.settled(run_id)
        await w.runs.steering.set(run_id, tenant="t", by="u", cost=1.1)
        await question(w, run_id)


async def test_who_refuses_gets_what_there_is(tmp_path: Path) -> None:
    model = Priced(script)
    async with world(tmp_path, model, LOOK, limits=Limits(tokens=40)) as w:
        run_id = await w.run()
        await w.runs.settled(run_id)
        await w.runs.answer(await question(w, run_id), "refuse", tenant="t", by="u")
        await w.runs.settled(run_id)
        view = await w.views.run("t", run_id)
        assert view.status == "partial" and "seen 2" in view.answer and len(model.requests) == 3
        assert view.problem is not None and view.problem.code == "limit_budget"


async def test_it_waits_across_a_restart(tmp_path: Path) -> None:
    ids = CountedIds()
    async with world(tmp_path, Priced(script), LOOK, limits=Limits(cost=1.0), ids=ids) as w:
        run_id = await w.run()
        await w.runs.settled(run_id)
    async with world(tmp_path, Priced(script), LOOK, ids=ids) as w:
        assert await w.runs.recover() == 0
        await w.runs.steering.set(run_id, tenant="t", by="u", cost=10.0)
        await w.runs.settled(run_id)
        assert (await w.views.run("t", run_id)).answer == "Seen six."


class Purse:
    """A budget beyond the run's own, as a tenant's."""

    def __init__(self, left: float) -> None:
        self.left = left
        self.reserved: list[Spending] = []
        self.settled: list[tuple[str, float | None]] = []

    async def reserve(self, spending: Spending) -> int | None:
        if self.left <= 0:
            raise BudgetExceeded("The team has spent its budget of the month.")
        self.reserved.append(spending)
        return None

    async def settle(
        self, spending: Spending, usage: Usage | None, cost: float, *, model: str = "", spared: Spared | None = None
    ) -> None:
        self.left -= cost
        self.settled.append((spending.key, None if usage is None else cost))


async def test_budgets_of_others_are_asked_before_every_call_and_told_after(tmp_path: Path) -> None:
    model, purse = Priced(script), Purse(0.7)
    async with world(tmp_path, model, LOOK) as w:
        w.runs.desk.house.budget = purse
        run_id = await w.run()
        await w.runs.settled(run_id)
        asked = await question(w, run_id)
        assert len(model.requests) == 2 and purse.settled == [(f"{run_id}:1", 0.4), (f"{run_id}:2", 0.4)]
        assert purse.reserved[0].tokens > 0 and purse.reserved[0].subject == "u"
        purse.left = 100.0
        await w.runs.answer(asked, "once", tenant="t", by="u")
        await w.runs.settled(run_id)
        assert (await w.views.run("t", run_id)).status == "completed"


async def test_a_call_that_was_stopped_is_settled_too(tmp_path: Path) -> None:
    asked = asyncio.Event()

    async def never(request: Request) -> Reply:
        asked.set()
        await asyncio.Event().wait()
        raise AssertionError

    purse = Purse(1.0)
    async with world(tmp_path, ScriptModel(never)) as w:
        w.runs.desk.house.budget = purse
        run_id = await w.run()
        await asked.wait()
        await w.runs.cancel(run_id, tenant="t", by="u")
        assert purse.settled == [(f"{run_id}:1", None)]

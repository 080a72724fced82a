"""A tool that asks a model: on the account of its run, and no further than that reaches."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from world import FunctionTool, ScriptModel, World, call, say, world

from orchestrator.kernel.errors import BudgetExceeded, ModelUnavailable
from orchestrator.kernel.events import Limits, ToolReturned
from orchestrator.kernel.messages import Arguments, Spared, Usage
from orchestrator.llm.base import Chunk, Reply, Request
from orchestrator.policy.budgets.base import Spending
from orchestrator.tools.base import Context, Result

QUESTION = "What is the sea like?"


async def wonder(arguments: Arguments, context: Context) -> Result:
    found = await context.ask(QUESTION, instructions="Be short.")
    return Result(f"{found.model} says: {found.text}")


class Priced(ScriptModel):
    """Every reply costs forty cents and fifteen tokens. It asks its tool once."""

    def __init__(self, answer: str = "Wide.") -> None:
        super().__init__(lambda request: self._say(request, answer))

    def _say(self, request: Request, answer: str) -> Reply:
        if request.messages[-1].text == QUESTION:
            if answer == "unavailable":
                raise ModelUnavailable("It is gone.")
            return say(answer)
        if request.messages[-1].role == "tool":
            return say("It is done.")
        return say("", call("wonder"))

    async def stream(self, request: Request) -> AsyncIterator[Chunk]:
        async for chunk in super().stream(request):
            yield msgspec.structs.replace(chunk, cost=0.4) if isinstance(chunk, Reply) else chunk


class Till:
    """Remembers what was reserved and settled; refuses what a tool asks, where it is told to."""

    def __init__(self, refused: str = "") -> None:
        self.refused = refused
        self.reserved: list[Spending] = []
        self.settled: list[tuple[str, Usage | None, float]] = []

    async def reserve(self, spending: Spending) -> int | None:
        if self.refused and len(spending.key.split(":")) == 3:
            raise BudgetExceeded(self.refused)
        self.reserved.append(spending)
        return None

    async def settle(
        self, spending: Spending, usage: Usage | None, cost: float, *, model: str = "", spared: Spared | None = None
    ) -> None:
        self.settled.append((spending.key, usage, cost))


async def receipt(w: World, run_id: str) -> ToolReturned:
    (found,) = [event.body for event in await w.journal.read(run_id) if isinstance(event.body, ToolReturned)]
    return found


async def test_what_a_tool_asks_is_paid_for_by_its_run(tmp_path: Path) -> None:
    till, model = Till(), Priced()
    async with world(tmp_path, model, FunctionTool("wonder", wonder)) as w:
        w.runs.desk.house.budget = till
        run_id = await w.run()
        await w.runs.settled(run_id)
        found = await receipt(w, run_id)
        view = await w.views.run("t", run_id)
    assert found.content == "script says: Wide." and (found.cost, found.usage) == (0.4, Usage(10, 5))
    assert view.cost == pytest.approx(1.2)
    (spending,) = [one for one in till.reserved if one.key == f"{run_id}:{found.key}:1"]
    assert (spending.run_id, spending.tenant, spending.subject) == (run_id, "t", "u")
    assert (spending.key, Usage(10, 5), 0.4) in till.settled
    asked = model.requests[1]
    assert [(message.role, message.text) for message in asked.messages] == [("system", "Be short."), ("user", QUESTION)]
    assert asked.tools == () and asked.tenant == "t"


@pytest.mark.parametrize(
    ("limits", "till", "answer", "said"),
    [
        (Limits(cost=0.4), Till(), "Wide.", "has spent its $0.4"),
        (Limits(tokens=15), Till(), "Wide.", "has used its 15 tokens"),
        (Limits(), Till("The budget of the day is spent."), "Wide.", "budget of the day"),
        (Limits(), Till(), "unavailable", "It is gone."),
    ],
)
async def test_what_cannot_be_asked_fails_the_tool_and_not_the_run(
    tmp_path: Path, limits: Limits, till: Till, answer: str, said: str
) -> None:
    model = Priced(answer)
    async with world(tmp_path, model, FunctionTool("wonder", wonder), limits=limits) as w:
        w.runs.desk.house.budget = till
        run_id = await w.run()
        await w.runs.settled(run_id)
        found = await receipt(w, run_id)
    assert found.outcome == "failed" and said in found.content and found.cost == 0.0

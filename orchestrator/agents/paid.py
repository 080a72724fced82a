"""What budgets ask of runs: which ones are above one, and what a call of theirs had cost when a process died."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from orchestrator.journal.ledger import Ledger
from orchestrator.journal.views import Views
from orchestrator.kernel import events as e
from orchestrator.kernel.clock import Clock
from orchestrator.kernel.errors import NotFound
from orchestrator.kernel.settings import Settings
from orchestrator.policy.budgets.base import Spending
from orchestrator.policy.budgets.budgets import Ancestors, Budgets, Paid, Remembers, open_budgets
from orchestrator.storage.database import Database
from orchestrator.telemetry.metrics import Metrics

if TYPE_CHECKING:
    from orchestrator.agents.node import Node


def ancestors(views: Views) -> Ancestors:
    async def above(tenant: str, run_id: str) -> tuple[str, ...]:
        found: list[str] = []
        try:
            while (parent := (await views.run(tenant, run_id)).parent) is not None:
                found.append(parent)
                run_id = parent
        except NotFound:  # it is being begun in this moment, or was archived
            pass
        return tuple(found)

    return above


def remembers(ledger: Ledger) -> Remembers:
    async def paid(spending: Spending) -> Paid | None:
        if not spending.run_id:
            return None
        for event in await ledger.read(spending.run_id):
            body = event.body
            if isinstance(body, e.ModelReplied) and spending.key == f"{spending.run_id}:{body.step}":
                return Paid(body.usage, body.cost, body.model, body.spared)
            if isinstance(body, e.ToolReturned) and spending.key == f"{spending.run_id}:{body.key}:1":
                return Paid(body.usage, body.cost, spending.model, None)  # of all that the tool asked
        return None

    return paid


@asynccontextmanager
async def open_till(
    settings: Settings,
    database: Database,
    clock: Clock,
    ledger: Ledger,
    views: Views,
    metrics: Metrics,
    node: "Node | None",
) -> AsyncIterator[Budgets]:
    """What may be spent; what a process that died had paid for is settled first."""
    opening = open_budgets(
        database,
        settings.budgets,
        clock,
        ledger.record,
        ancestors(views),
        node.named if node is not None else None,
        longest=settings.llm.deadline,
    )
    async with opening as budgets:
        await budgets.catch_up(remembers(ledger))
        if node is not None:
            node.heirs.append(budgets.inherit)
        metrics.gauges("budget_used", "Share of a budget of all that is spent.", "budget", budgets.used)
        yield budgets

"""What counting money costs a call: without a budget, with one, with four; beside a call that counts nothing.

`python -m benchmarks.budgets` writes benchmarks/results/budgets.json. The model is a generator that says nothing, so
that what is measured is the counting; medians of seven rounds, in one process and run.
"""

import asyncio
import json
import platform
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from orchestrator.kernel.clock import SystemClock
from orchestrator.kernel.messages import Usage
from orchestrator.kernel.settings import Budgets as Chosen
from orchestrator.policy.budgets.base import Rates, Spending, Unbounded
from orchestrator.policy.budgets.budgets import open_budgets
from orchestrator.storage.sqlite import SqliteDatabase

RESULTS = Path(__file__).parent / "results" / "budgets.json"
CALLS, ROUNDS = 2000, 7
RATES = Rates(1.0, 5.0, 1000)


async def _record(*_: Any, **__: Any) -> None: ...


async def _nobody(tenant: str, run_id: str) -> tuple[str, ...]:
    return ()


async def _round(budget: Any) -> float:
    """Microseconds of processor and waiting for each call."""
    began = time.perf_counter()
    for number in range(CALLS):
        spending = Spending(f"{id(began)}:{number}", "", "t", "u", "m", 100, agent="a", rates=RATES)
        await budget.reserve(spending)
        await budget.settle(spending, Usage(100, 100), 0.0001)
    return (time.perf_counter() - began) / CALLS * 1e6


async def _measure(prepare: Callable[[Any], Awaitable[None]]) -> list[float]:
    with tempfile.TemporaryDirectory() as folder:
        database = SqliteDatabase(Path(folder) / "orchestrator.db")
        database.migrate()
        opening = open_budgets(database, Chosen(), SystemClock(), _record, _nobody, None, longest=600.0)
        async with opening as budgets:
            await prepare(budgets)
            rounds = []
            for _ in range(ROUNDS):
                rounds.append(await _round(budgets))
                await budgets.flush()
        await database.close()
    return rounds


async def main() -> dict[str, Any]:
    async def none(_: Any) -> None: ...

    async def one(budgets: Any) -> None:
        await budgets.set("t", "tenant", "", "month", 1e6, by="bench")

    async def four(budgets: Any) -> None:
        await one(budgets)
        await budgets.set("t", "user", "*", "day", 1e6, by="bench")
        await budgets.set("t", "agent", "a", "total", 1e6, by="bench")
        await budgets.set("t", "user", "u", "month", 1e6, by="bench")

    baseline = [await _round(Unbounded()) for _ in range(ROUNDS)]
    found = {name: await _measure(prepare) for name, prepare in (("none", none), ("one", one), ("four", four))}
    median = {name: round(statistics.median(rounds), 2) for name, rounds in found.items()}
    return {
        "what": "microseconds a call: reserve and settle, SQLite, written down meanwhile; medians",
        "machine": {"processor": platform.machine(), "python": platform.python_version()},
        "calls": CALLS,
        "rounds": ROUNDS,
        "nothing_counted": round(statistics.median(baseline), 2),
        "budgets": median,
        "spread": {name: [round(min(rounds), 2), round(max(rounds), 2)] for name, rounds in found.items()},
    }


if __name__ == "__main__":
    result = asyncio.run(main())
    RESULTS.write_text(json.dumps(result, indent=2) + "\n", "utf-8")
    print(json.dumps(result, indent=2))

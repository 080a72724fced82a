"""Budgets: never more is spent than there is, by however many callers, on both databases, whoever dies."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from world import opened

from orchestrator.kernel import events as e
from orchestrator.kernel.clock import ManualClock, SystemClock
from orchestrator.kernel.errors import BudgetExceeded, BudgetUnavailable, BudgetUnknown, InvalidInput, NotFound
from orchestrator.kernel.messages import Spared, Usage
from orchestrator.kernel.settings import Budgets as Chosen
from orchestrator.policy.budgets.base import FREE, Rates, Spending
from orchestrator.policy.budgets.budgets import Budgets, Paid, open_budgets
from orchestrator.policy.budgets.ledger import Ledger
from orchestrator.storage.database import Database

RATES = Rates(input=1.0, output=10.0, longest=1000)  # a call of 1,000 tokens there and back: about a cent
MILLION = 1_000_000


class Till(Budgets):
    """With what a test looks at."""

    said: list[e.Body]
    database: Database


@asynccontextmanager
async def till(
    folder: Path,
    clock: ManualClock | SystemClock | None = None,
    patience: float = 0.0,
    parents: dict[str, tuple[str, ...]] | None = None,
    holder: str = "p1",
    remembers: Any = None,
) -> AsyncIterator[Till]:
    database, said = opened(folder), list[e.Body]()

    async def record(stream: str, body: e.Body, *, tenant: str, subject: str) -> None:
        said.append(body)

    async def ancestors(tenant: str, run_id: str) -> tuple[str, ...]:
        return (parents or {}).get(run_id, ())

    shared = (folder / "storage.url").exists()
    chosen = Chosen(patience=patience)
    clock = clock or SystemClock()
    try:
        named = (lambda: holder) if shared else None
        async with open_budgets(database, chosen, clock, record, ancestors, named, longest=600.0) as budgets:
            if remembers is not None:
                await budgets.catch_up(remembers)
            budgets.__class__ = Till
            budgets.said, budgets.database = said, database  # type: ignore[attr-defined]
            yield budgets  # type: ignore[misc]
    finally:
        await database.close()


def call(key: str, **changed: Any) -> Spending:
    given = {"run_id": "", "tenant": "t", "subject": "ann", "model": "m", "tokens": 100, "rates": RATES, **changed}
    return Spending(key, **given)


async def spend(budgets: Budgets, spending: Spending, cost: float) -> int | None:
    allowed = await budgets.reserve(spending)
    await budgets.settle(spending, Usage(100, 10), cost)
    await budgets.flush()
    return allowed


async def view(budgets: Budgets, scope: str = "tenant", name: str = "") -> Any:
    return next(one for one in await budgets.show("t") if (one.scope, one.name) == (scope, name))


async def test_without_a_budget_nothing_is_reserved_and_all_is_in_the_ledger(tmp_path: Path, store: str) -> None:
    async with till(tmp_path) as budgets:
        assert await spend(budgets, call("k", rates=None), 0.25) is None
        await budgets.reserve(call("failed"))
        await budgets.settle(call("failed"), None, 0.0)
        await budgets.flush()
        (line,) = await Ledger(budgets.database.reading).lines("t")
        assert (line.key, line.dollars, line.input_tokens, line.subject) == ("k", 0.25, 100, "ann")


@pytest.mark.parametrize("patience", [0.0, 10.0])
async def test_two_hundred_callers_on_a_nearly_empty_budget_spend_no_more_than_there_is(
    tmp_path: Path, store: str, patience: float
) -> None:
    """What each call costs is anything up to the most it can; the last ones get shorter replies, or none."""
    chance = random.Random(7)
    async with till(tmp_path, patience=patience) as budgets:
        await budgets.set("t", "tenant", "", "month", 0.1, by="root")
        await budgets.set("t", "user", "*", "day", 0.06, by="root")
        spent: dict[str, float] = {}
        refused = 0

        async def caller(number: int) -> None:
            nonlocal refused
            who = f"u{number % 3}"
            spending = call(f"c{number}", subject=who)
            try:
                allowed = await budgets.reserve(spending)
            except BudgetExceeded:
                refused += 1
                return
            assert allowed is not None
            await asyncio.sleep(0)
            cost = (100 * RATES.input + chance.randint(0, allowed) * RATES.output) / MILLION
            spent[who] = spent.get(who, 0.0) + cost
            await budgets.settle(spending, Usage(100, allowed), cost)

        await asyncio.gather(*(caller(number) for number in range(200)))
        await budgets.flush()
        whole = await view(budgets)
        assert whole.spent == pytest.approx(sum(spent.values()), abs=1e-6) and whole.reserved == 0
        assert whole.spent <= 0.1 and all(one <= 0.06 for one in spent.values())
        assert refused and whole.spent > (0.09 if patience else 0.0)
        for who, dollars in spent.items():
            assert (await view(budgets, "user", who)).spent == pytest.approx(dollars, abs=1e-6)
        assert (await Ledger(budgets.database.reading).total("t")) == pytest.approx(sum(spent.values()), abs=1e-6)


async def test_two_servers_share_what_there_is(tmp_path: Path, postgresql_url: str) -> None:
    (tmp_path / "storage.url").write_text(postgresql_url, "utf-8")
    async with till(tmp_path, holder="a") as one, till(tmp_path, holder="b") as other:
        await one.set("t", "tenant", "", "total", 0.05, by="root")
        other.learn("budgets:t")
        await other.refresh()

        async def caller(budgets: Budgets, number: int) -> float:
            spending = call(f"{number}")
            try:
                allowed = await budgets.reserve(spending)
            except BudgetExceeded:
                return 0.0
            assert allowed is not None
            cost = (100 + allowed * 10) / MILLION
            await budgets.settle(spending, Usage(100, allowed), cost)
            return cost

        costs = await asyncio.gather(*(caller((one, other)[number % 2], number) for number in range(60)))
        await one.flush()
        await other.flush()
        found = await view(other)
        assert found.spent == pytest.approx(sum(costs)) and 0.04 < found.spent <= 0.05 and found.reserved == 0


async def test_what_counts_nowhere_waits_for_company(tmp_path: Path, postgresql_url: str) -> None:
    (tmp_path / "storage.url").write_text(postgresql_url, "utf-8")
    clock = ManualClock()
    async with till(tmp_path, clock) as budgets:

        async def charges() -> Any:
            async with budgets.database.engine.connect() as connection:
                return (await connection.execute(text("SELECT count(*) FROM charges"))).scalar_one()

        for number in range(3):
            await budgets.settle(call(f"c{number}"), Usage(100, 10), 0.25)
        assert await charges() == 0
        clock.advance(0.1)
        async with asyncio.timeout(20):
            while await charges() != 3:
                pass


async def test_what_a_dead_server_had_reserved_is_found_by_another(tmp_path: Path, postgresql_url: str) -> None:
    (tmp_path / "storage.url").write_text(postgresql_url, "utf-8")
    clock = ManualClock()

    async def remembers(spending: Spending) -> Paid | None:
        return Paid(Usage(100, 5), 0.125, "m", None)

    async with till(tmp_path, clock, holder="a") as dead:
        await dead.set("t", "tenant", "", "total", 1.0, by="root")
        await dead.reserve(call("r1:1", run_id="r1"))
    async with till(tmp_path, clock, holder="b", remembers=remembers) as other:
        assert (await view(other)).reserved > 0  # it may still come back
        clock._elapsed += 1000.0
        await other.settle(call("elsewhere"), Usage(1, 1), 0.0)  # there is something to do, and it looks
        async with asyncio.timeout(20):
            while (found := await view(other)).spent == 0:
                await other.flush()
        assert (found.reserved, found.spent) == pytest.approx((0.0, 0.125))


@pytest.mark.parametrize("surely", [True, False])
async def test_what_a_node_that_was_given_up_had_reserved_comes_back(
    tmp_path: Path, postgresql_url: str, surely: bool
) -> None:
    """Of one that is only silent, what no run had reserved may still be under way there."""
    (tmp_path / "storage.url").write_text(postgresql_url, "utf-8")

    async def remembers(spending: Spending) -> Paid | None:
        return Paid(Usage(100, 5), 0.125, "m", None) if spending.key == "r1:1" else None

    async with till(tmp_path, holder="a-1") as dead, till(tmp_path, holder="b-1", remembers=remembers) as heir:
        await dead.set("t", "tenant", "", "total", 1.0, by="root")
        await heir.refresh()
        for key, run_id in (("r1:1", "r1"), ("r1:2", "r1"), ("call", "")):
            await dead.reserve(call(key, run_id=run_id, most=100))
        await heir.reserve(call("r1:2", run_id="r1", most=100))  # it has taken over the run
        one = (await view(heir)).reserved / 3
        heir.inherit("a-1", surely)
        await asyncio.gather(*heir.beside)
        await heir.flush()
        found = await view(heir)
        assert found.spent == pytest.approx(0.125)
        assert found.reserved == pytest.approx(one if surely else 2 * one)
        await dead.settle(call("call"), Usage(100, 5), 0.25)  # it was only silent
        await dead.flush()
        assert (await view(heir)).spent == pytest.approx(0.375)


async def test_a_reply_may_be_as_long_as_the_money_lasts(tmp_path: Path) -> None:
    async with till(tmp_path) as budgets:
        await budgets.set("t", "tenant", "", "total", 0.01, by="root")
        plenty = await budgets.reserve(call("a", tokens=0, most=100))
        assert plenty == 100
        less = await budgets.reserve(call("b", tokens=0))
        assert less is not None and 800 < less < 1000
        with pytest.raises(BudgetExceeded, match="reserved by calls under way"):
            await budgets.reserve(call("c", tokens=0))
        await budgets.settle(call("b", tokens=0), None, 0.0)
        assert await budgets.reserve(call("c", tokens=0)) == less


async def test_one_call_leaves_something_for_others(tmp_path: Path) -> None:
    """A reply whose length nobody said keeps a quarter of what is left at most, but money for a decent reply."""
    endless = Rates(input=1.0, output=10.0)
    async with till(tmp_path) as budgets:
        await budgets.set("t", "tenant", "", "total", 0.4, by="root")
        lengths = [await budgets.reserve(call(f"{n}", tokens=0, rates=endless)) for n in range(8)]
        assert lengths == [9993, 7493, 5618, 4212, 3158, 2367, 2048, 2048]
        assert await budgets.reserve(call("asked", tokens=0, rates=endless, most=3000)) == 3000
        await budgets.set("t", "tenant", "", "total", 1000.0, by="root")
        assert await budgets.reserve(call("rich", tokens=0, rates=endless)) == 16_384


async def test_each_budget_counts_and_the_tightest_decides(tmp_path: Path, store: str) -> None:
    async with till(tmp_path, parents={"child": ("parent",)}) as budgets:
        for scope, name, dollars in (
            ("tenant", "", 100.0), ("user", "ann", 10.0), ("agent", "coder", 1.0), ("run", "parent", 0.1)
        ):  # fmt: skip
            await budgets.set("t", scope, name, "total", dollars, by="root")  # type: ignore[arg-type]
        await spend(budgets, call("child:1", run_id="child", agent="coder"), 0.098)
        for scope, name in (("tenant", ""), ("user", "ann"), ("agent", "coder"), ("run", "parent")):
            assert (await view(budgets, scope, name)).spent == pytest.approx(0.098)
        with pytest.raises(BudgetExceeded, match="run parent") as refused:
            await budgets.reserve(call("child:2", run_id="child", agent="coder"))
        assert refused.value.details["scope"] == "run"
        await spend(budgets, call("x", run_id="another", agent="coder"), 0.5)
        await spend(budgets, call("y", subject="bob", tenant="elsewhere"), 5.0)
        assert (await view(budgets)).spent == pytest.approx(0.598)


async def test_what_costs_nothing_goes_on_and_what_nobody_knows_is_refused(tmp_path: Path) -> None:
    async with till(tmp_path) as budgets:
        await budgets.set("t", "tenant", "", "day", 0.0, by="root")
        assert await budgets.reserve(call("local", rates=FREE)) is None
        with pytest.raises(BudgetUnknown, match="not known"):
            await budgets.reserve(call("strange", rates=None))
        with pytest.raises(BudgetExceeded, match="budget top-up"):
            await budgets.reserve(call("dear"))


async def test_no_call_makes_room_for_others(tmp_path: Path) -> None:
    """What is to be read costs money, however short the reply is said to be."""
    async with till(tmp_path) as budgets:
        await budgets.set("t", "tenant", "", "total", 1.0, by="root")
        for most in (0, -1, -1_000_000_000):
            await budgets.reserve(call(f"{most}", most=most))
        assert (await view(budgets)).reserved == pytest.approx(3 * (100 * 1.25 + 64) / MILLION)


async def test_a_top_up_lets_it_go_on_and_a_new_day_begins_anew(tmp_path: Path, store: str) -> None:
    clock = ManualClock()
    async with till(tmp_path, clock) as budgets:
        await budgets.set("t", "tenant", "", "day", 0.02, by="root")
        await spend(budgets, call("a"), 0.0195)
        with pytest.raises(BudgetExceeded, match="of today"):
            await budgets.reserve(call("b"))
        more = await budgets.top_up("t", "tenant", "", "day", 0.5, by="root", key="t1", note="for the demo")
        assert (more.limit, more.extra) == pytest.approx((0.52, 0.5))
        await spend(budgets, call("b"), 0.01)
        clock._elapsed += 86_400.0
        assert (await view(budgets)).spent == 0 and (await view(budgets)).limit == pytest.approx(0.02)
        await spend(budgets, call("c"), 0.01)
        assert (await view(budgets)).spent == pytest.approx(0.01)
        kinds = [type(body).__name__ for body in budgets.said]
        assert kinds == ["BudgetFixed", "BudgetAlerted", "BudgetRaised", "BudgetAlerted"]
        lines = await Ledger(budgets.database.reading).lines("t")
        assert [line.kind for line in lines if line.kind != "spent"] == ["topped_up"]


async def test_alerts_come_once_each(tmp_path: Path) -> None:
    async with till(tmp_path) as budgets:
        await budgets.set("t", "user", "ann", "total", 1.0, by="root")
        for number, cost in enumerate((0.3, 0.3, 0.1, 0.2, 0.05)):
            await spend(budgets, call(f"{number}"), cost)
        told = [body for body in budgets.said if isinstance(body, e.BudgetAlerted)]
        assert [one.share for one in told] == [60, 90] and told[0].name == "ann" and told[1].limit == 1.0


async def test_what_a_dead_process_had_reserved_is_let_go_and_what_it_paid_is_settled(
    tmp_path: Path, store: str
) -> None:
    clock = ManualClock()
    async with till(tmp_path, clock) as budgets:
        await budgets.set("t", "tenant", "", "total", 1.0, by="root")
        for key in ("r1:1", "r1:2"):
            await budgets.reserve(call(key, run_id="r1"))
        await budgets.flush()
        copy = await _as_after_a_crash(budgets)

    clock._elapsed += 1000.0

    async def remembers(spending: Spending) -> Paid | None:
        return Paid(Usage(100, 5), 0.125, "m", None) if spending.key == "r1:1" else None

    database = opened(tmp_path)
    await _restore(database, copy)
    await database.close()
    async with till(tmp_path, clock, remembers=remembers, holder="p2") as budgets:
        await budgets.flush()
        found = await view(budgets)
        assert (found.reserved, found.spent) == pytest.approx((0.0, 0.125))
        assert [line.key for line in await Ledger(budgets.database.reading).lines("t")] == ["r1:1"]


async def _as_after_a_crash(budgets: Till) -> dict[str, list[Any]]:
    async with budgets.database.engine.connect() as connection:
        return {
            table: [dict(row._mapping) for row in await connection.execute(text(f"SELECT * FROM {table}"))]
            for table in ("budgets", "reservations")
        }


async def _restore(database: Database, copy: dict[str, list[Any]]) -> None:
    async with database.engine.begin() as connection:
        for table, rows in copy.items():
            await connection.execute(text(f"DELETE FROM {table}"))
            for row in rows:
                names = ", ".join(f'"{name}"' for name in row)
                values = ", ".join(f":{name}" for name in row)
                await connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({values})"), row)


async def test_the_same_call_made_again_is_reserved_once_and_paid_twice(tmp_path: Path, store: str) -> None:
    async with till(tmp_path) as budgets:
        await budgets.set("t", "tenant", "", "total", 1.0, by="root")
        await budgets.reserve(call("r:1"))
        await budgets.reserve(call("r:1"))
        one = (await view(budgets)).reserved
        await budgets.settle(call("r:1"), Usage(10, 1), 0.1)
        await budgets.reserve(call("r:1"))
        assert (await view(budgets)).reserved == pytest.approx(one)
        await budgets.settle(call("r:1"), Usage(10, 1), 0.1)
        await budgets.flush()
        assert ((await view(budgets)).spent, (await view(budgets)).reserved) == pytest.approx((0.2, 0.0))
        (line,) = await Ledger(budgets.database.reading).lines("t")
        assert (line.dollars, line.input_tokens) == pytest.approx((0.2, 20))


async def test_without_a_database_nothing_is_let_pass(tmp_path: Path) -> None:
    clock = ManualClock()
    async with till(tmp_path, clock) as budgets:
        await budgets.set("t", "tenant", "", "total", 1.0, by="root")
        async with budgets.database.engine.begin() as connection:
            await connection.execute(text("ALTER TABLE charges RENAME TO elsewhere"))
        await budgets.reserve(call("a"))
        await budgets.settle(call("a"), Usage(10, 1), 0.1)
        with pytest.raises(Exception, match="charges"):
            await budgets.flush()
        with pytest.raises(BudgetUnavailable, match="cannot be written down"):
            await budgets.reserve(call("b"))
        async with budgets.database.engine.begin() as connection:
            await connection.execute(text("ALTER TABLE elsewhere RENAME TO charges"))
        await budgets.flush()
        assert await budgets.reserve(call("b"))
        assert (await Ledger(budgets.database.reading).total("t")) == pytest.approx(0.1)


async def test_a_postgresql_that_is_gone_lets_nothing_pass(tmp_path: Path, postgresql_url: str) -> None:
    (tmp_path / "storage.url").write_text(postgresql_url, "utf-8")
    async with till(tmp_path, ManualClock()) as budgets:
        await budgets.set("t", "tenant", "", "total", 1.0, by="root")
        async with budgets.database.engine.begin() as connection:
            await connection.execute(text("ALTER TABLE budgets RENAME TO elsewhere"))
        with pytest.raises(BudgetUnavailable, match="cannot be looked up"):
            await budgets.reserve(call("b"))
        async with budgets.database.engine.begin() as connection:
            await connection.execute(text("ALTER TABLE elsewhere RENAME TO budgets"))


async def test_savings_are_told_by_day_and_by_what_saved_them(tmp_path: Path, store: str) -> None:
    async with till(tmp_path, ManualClock()) as budgets:
        strong = Rates(10.0, 100.0, cached=1.0)
        routed = call("routed", rates=Rates(1.0, 10.0, strong=strong))
        await budgets.settle(routed, Usage(1000, 100), 0.002)
        await budgets.settle(call("cached"), Usage(), 0.0, spared=Spared(500, 0.5, "exact"))
        await budgets.settle(call("shorter"), Usage(10, 10), 0.1, spared=Spared(300, 0.25))
        await budgets.flush()
        (day,) = await Ledger(budgets.database.reading).savings("t")
        assert (day.cache, day.optimiser, day.router) == pytest.approx((0.5, 0.25, 0.018))
        assert (day.calls, day.spent) == pytest.approx((3, 0.102))


@pytest.mark.parametrize(
    ("scope", "name", "dollars"),
    [("tenant", "x", 1.0), ("user", "", 1.0), ("run", "*", 1.0), ("user", "u", -1.0), ("user", "u", float("nan"))],
)
async def test_nonsense_is_no_budget(tmp_path: Path, scope: Any, name: str, dollars: float) -> None:
    async with till(tmp_path) as budgets:
        with pytest.raises(InvalidInput):
            await budgets.set("t", scope, name, "day", dollars, by="root")
        with pytest.raises(NotFound):
            await budgets.top_up("t", "user", "nobody", "day", 1.0, by="root", key="k")


async def test_what_each_may_spend_follows_the_star_until_one_has_a_budget_of_their_own(tmp_path: Path) -> None:
    async with till(tmp_path) as budgets:
        await budgets.set("t", "user", "*", "month", 1.0, by="root")
        await spend(budgets, call("a"), 0.1)
        await spend(budgets, call("b", subject="bob"), 0.1)
        await budgets.set("t", "user", "bob", "month", 5.0, by="root")
        await budgets.set("t", "user", "*", "month", 2.0, by="root")
        assert (await view(budgets, "user", "ann")).limit == 2.0
        bob = await view(budgets, "user", "bob")
        assert (bob.limit, bob.spent) == pytest.approx((5.0, 0.1)) and not bob.drawn
        await budgets.remove("t", "user", "*", "month", by="root")
        assert [one.name for one in await budgets.show("t")] == ["bob"]
        await budgets.remove("t", "user", "bob", "month", by="root")
        assert await budgets.reserve(call("c", rates=None)) is None

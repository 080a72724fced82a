"""Budgets, reservations and charges as rows, the same statements on SQLite and PostgreSQL."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import delete, select, text
from sqlalchemy.exc import DBAPIError

from orchestrator.kernel.errors import JournalUnavailable
from orchestrator.kernel.messages import Spared, Usage
from orchestrator.policy.budgets.accounts import Account, Place, Reservation, day_of, nanodollars
from orchestrator.policy.budgets.base import Rates, Spending
from orchestrator.storage.engine import AsyncConnection
from orchestrator.storage.tables_budgets import budgets, charges, reservations

FAILURES = (JournalUnavailable, DBAPIError)
LOCK = 0x6F72_6368_0003  # of PostgreSQL: one at a time looks into the budgets of all servers

_ACCOUNT = tuple(column.name for column in budgets.columns)
_CHARGE = tuple(column.name for column in charges.columns)
_ADDED = ("input_tokens", "output_tokens", "cached_tokens", "size", "by_cache", "by_optimiser", "by_router")
_WINDOW = {name: f'"{name}"' for name in ("window", "key", "day")}  # words of SQL


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(_WINDOW.get(name, name) for name in names)


def _values(names: Iterable[str]) -> str:
    return ", ".join(f":{name}" for name in names)


_KEEP = (
    f"INSERT INTO budgets ({_quoted(_ACCOUNT)}) VALUES ({_values(_ACCOUNT)})"
    " ON CONFLICT (tenant, scope, name, period) DO UPDATE SET "
    + ", ".join(f"{_quoted([name])} = excluded.{_quoted([name])}" for name in _ACCOUNT[4:])
)
_CHARGED = (
    f"INSERT INTO charges ({_quoted(_CHARGE)}) VALUES ({_values(_CHARGE)})"
    ' ON CONFLICT (tenant, "key") DO UPDATE SET '
    + ", ".join(f"{name} = charges.{name} + excluded.{name}" for name in _ADDED)
    + ", at = excluded.at, model = excluded.model"
)
_RESERVED = (
    'INSERT INTO reservations (tenant, "key", holder, subject, at, size, accounts, spending)'
    " VALUES (:tenant, :key, :holder, :subject, :at, :size, :accounts, :spending)"
    ' ON CONFLICT (tenant, "key") DO UPDATE SET holder = excluded.holder, at = excluded.at, size = excluded.size,'
    " accounts = excluded.accounts, spending = excluded.spending"
)


class Charge(Struct, frozen=True):
    """A row of the ledger, with the columns of the table."""

    tenant: str
    key: str
    kind: str
    at: float
    day: str
    subject: str
    agent: str
    run_id: str
    door: str
    model: str
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    size: int = 0
    by_cache: int = 0
    by_optimiser: int = 0
    by_router: int = 0


def charge_of(spending: Spending, usage: Usage, cost: float, model: str, spared: Spared | None, now: float) -> Charge:
    saved = nanodollars(spared.cost) if spared is not None else 0
    remembered = spared is not None and bool(spared.cache)
    strong = spending.rates.strong if spending.rates is not None else None
    return Charge(
        spending.tenant,
        spending.key,
        "spent",
        now,
        day_of(now),
        spending.subject,
        spending.agent,
        spending.run_id,
        spending.door,
        model or spending.model,
        usage.input_tokens,
        usage.output_tokens,
        usage.cached_tokens,
        nanodollars(cost),
        saved if remembered else 0,
        0 if remembered else saved,
        0 if strong is None or remembered else nanodollars(_as_strong(strong, usage) - cost),
    )


def _as_strong(strong: Rates, usage: Usage) -> float:
    """What the same words would have cost with the best model there was."""
    fresh = max(0, usage.input_tokens - usage.cached_tokens)
    return (fresh * strong.input + usage.cached_tokens * strong.cached + usage.output_tokens * strong.output) / 1e6


async def load(connection: AsyncConnection, tenants: Sequence[str] = (), names: Sequence[str] = ()) -> list[Account]:
    """All budgets, or those of these tenants that bear one of these names."""
    query = select(budgets)
    if tenants:
        query = query.where(budgets.c.tenant.in_(tenants), budgets.c.name.in_(names))
    return [Account(*row) for row in await connection.execute(query)]


async def tenants(connection: AsyncConnection) -> dict[str, bool]:
    """The tenants that have budgets, and whether runs have some of their own."""
    found: dict[str, bool] = {}
    for tenant, scope in await connection.execute(select(budgets.c.tenant, budgets.c.scope).distinct()):
        found[tenant] = found.get(tenant, False) or scope == "run"
    return found


async def keep(connection: AsyncConnection, accounts: Iterable[Account]) -> None:
    if rows := [msgspec.structs.asdict(account) for account in accounts]:
        await connection.execute(text(_KEEP), rows)


async def forget(connection: AsyncConnection, places: Iterable[Place]) -> None:
    for tenant, scope, name, period in places:
        c = budgets.c
        await connection.execute(
            delete(budgets).where(c.tenant == tenant, c.scope == scope, c.name == name, c.period == period)
        )


async def hold(connection: AsyncConnection, made: Iterable[Reservation], holder: str) -> None:
    rows = [
        {
            "tenant": one.spending.tenant,
            "key": one.spending.key,
            "holder": holder,
            "subject": one.spending.subject,
            "at": one.at,
            "size": one.size,
            "accounts": msgspec.json.encode(one.places),
            "spending": msgspec.json.encode(one.spending),
        }
        for one in made
    ]
    if rows:
        await connection.execute(text(_RESERVED), rows)


async def let_go(
    connection: AsyncConnection, keys: Iterable[tuple[str, str]], holders: Collection[str] | None = None
) -> list[Reservation]:
    """Those of these reservations that were there; where holders are given, only theirs."""
    gone: list[Reservation] = []
    c = reservations.c
    for tenant, key in keys:
        query = delete(reservations).where(c.tenant == tenant, c.key == key)
        if holders is not None:
            query = query.where(c.holder.in_(holders))
        gone += [_reservation(row) for row in await connection.execute(query.returning(reservations))]
    return gone


async def held(connection: AsyncConnection) -> list[tuple[str, Reservation]]:
    """Every reservation, with its holder."""
    return [(row.holder, _reservation(row)) for row in await connection.execute(select(reservations))]


def _reservation(row: Any) -> Reservation:
    spending = msgspec.json.decode(row.spending, type=Spending)
    places = msgspec.json.decode(row.accounts, type=tuple[Place, ...])
    return Reservation(spending, row.size, places, row.at)


async def charge(connection: AsyncConnection, made: Iterable[Charge]) -> None:
    if rows := [msgspec.structs.asdict(one) for one in made]:
        await connection.execute(text(_CHARGED), rows)

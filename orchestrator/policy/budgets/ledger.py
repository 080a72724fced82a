"""The ledger: every call that was paid for, the money that was added, and what was saved, by day."""

import csv
import io
from collections.abc import AsyncIterator, Mapping
from typing import Any, Literal

from msgspec import Struct
from sqlalchemy import and_, func, or_, select

from orchestrator.policy.budgets.accounts import NANO
from orchestrator.storage.engine import AsyncEngine
from orchestrator.storage.tables_budgets import charges

_PAGE = 500
_c = charges.c


class Line(Struct, frozen=True):
    """In US dollars. `door` is how a call came in; of money that was added, to which budget."""

    at: float
    kind: Literal["spent", "topped_up"]
    key: str
    subject: str
    agent: str
    run_id: str
    door: str
    model: str
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    dollars: float
    by_cache: float
    by_optimiser: float
    by_router: float


COLUMNS = (
    "at", "kind", "key", "subject", "agent", "run_id", "door", "model", "input_tokens", "output_tokens",
    "cached_tokens", "dollars", "credits", "by_cache", "by_optimiser", "by_router",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_line(said: Mapping[str, object]) -> str:
    """A line of a CSV file; words that a spreadsheet would take for a formula are quoted as text."""
    out = io.StringIO()
    cells = (said[name] for name in COLUMNS)
    csv.writer(out).writerow([f"'{one}" if isinstance(one, str) and one.startswith(_FORMULA) else one for one in cells])
    return out.getvalue()


class Savings(Struct, frozen=True):
    """Of one day (UTC), in US dollars: what was spent, and what would have been besides.

    cache: what remembered answers cost when they were made. optimiser: what was not sent, at the price of what was
    not cached by the provider. router: the same words by the best model there was, less what they cost; below zero
    where routing chose the dearer one.
    """

    day: str
    calls: int
    spent: float
    cache: float
    optimiser: float
    router: float

    @property
    def saved(self) -> float:
        return self.cache + self.optimiser + self.router


class Ledger:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def lines(
        self, tenant: str, subject: str | None = None, *, since: str = "", before: tuple[float, str] | None = None,
        limit: int = 100, run_id: str = "",
    ) -> list[Line]:  # fmt: skip
        """The newest first. `before` is the time and the key of the last line that is known."""
        query = self._of(select(charges), tenant, subject, since)
        if before is not None:
            query = query.where(or_(_c.at < before[0], and_(_c.at == before[0], _c.key < before[1])))
        if run_id:
            query = query.where(_c.run_id == run_id)
        query = query.order_by(_c.at.desc(), _c.key.desc()).limit(limit)
        async with self._engine.connect() as connection:
            rows = (await connection.execute(query)).all()
        return [
            Line(
                row.at, row.kind, row.key, row.subject, row.agent, row.run_id, row.door, row.model,
                row.input_tokens, row.output_tokens, row.cached_tokens,
                row.size / NANO, row.by_cache / NANO, row.by_optimiser / NANO, row.by_router / NANO,
            )
            for row in rows
        ]  # fmt: skip

    async def all(self, tenant: str, subject: str | None = None, *, since: str = "") -> AsyncIterator[Line]:
        """Line by line, however many there are."""
        before: tuple[float, str] | None = None
        while page := await self.lines(tenant, subject, since=since, before=before, limit=_PAGE):
            for line in page:
                yield line
            before = page[-1].at, page[-1].key

    async def savings(self, tenant: str, subject: str | None = None, *, since: str = "") -> list[Savings]:
        """The newest day first."""
        sums = (func.sum(one) for one in (_c.size, _c.by_cache, _c.by_optimiser, _c.by_router))
        query = self._of(select(_c.day, func.count(), *sums), tenant, subject, since)
        query = query.where(_c.kind == "spent").group_by(_c.day).order_by(_c.day.desc())
        async with self._engine.connect() as connection:
            rows = (await connection.execute(query)).all()
        return [Savings(day, calls, *(int(one) / NANO for one in sums)) for day, calls, *sums in rows]

    async def total(self, tenant: str, subject: str | None = None, *, since: str = "") -> float:
        """US dollars spent."""
        query = self._of(select(func.coalesce(func.sum(_c.size), 0)), tenant, subject, since)
        async with self._engine.connect() as connection:
            return int((await connection.execute(query.where(_c.kind == "spent"))).scalar_one()) / NANO

    @staticmethod
    def _of(query: Any, tenant: str, subject: str | None, since: str) -> Any:
        query = query.where(_c.tenant == tenant)
        query = query if subject is None else query.where(_c.subject == subject)
        return query.where(_c.day >= since) if since else query

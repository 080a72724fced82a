"""What is left of budgets, and whether a call may still be made: a book in memory that knows no database.

A call is counted in every budget it belongs to: its tenant's, its person's, its agent's, its run's and those of the
runs above it; each by the day, by the month or in all. The tightest decides.
"""

import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeAlias

from msgspec import Struct

from orchestrator.kernel.errors import BudgetExceeded, BudgetUnknown
from orchestrator.policy.budgets.base import Period, Scope, Spending

Place: TypeAlias = tuple[str, Scope, str, Period]  # tenant, scope, name, period

SCOPES: tuple[Scope, ...] = ("tenant", "user", "agent", "run")
PERIODS: tuple[Period, ...] = ("day", "month", "total")
EACH = "*"  # a name that stands for each user, or each agent, that has no budget of its own
NANO = 1_000_000_000
LONGEST = 16_384  # tokens of a reply for which money is kept, where the request does not say
_FAIR = 2048  # tokens of a reply that a call may keep money for, however many others there are
_SHARES = 4  # of what is left: a call whose length nobody said keeps no more than one of them
SHORTEST = 256  # tokens of a reply that is still worth having
_MARGIN = 1.25  # what is read is estimated, and may be more
_FRAME = 64  # tokens around the messages


def nanodollars(dollars: float) -> int:
    return round(dollars * NANO)


def day_of(now: float) -> str:
    return _day(int(now // 86_400))


@lru_cache(maxsize=64)
def _day(days: int) -> str:
    return datetime.fromtimestamp(days * 86_400, UTC).strftime("%Y-%m-%d")


def window(period: Period, now: float) -> str:
    return "" if period == "total" else day_of(now)[: 10 if period == "day" else 7]


class Account(Struct):
    """One budget: a row of the table."""

    tenant: str
    scope: Scope
    name: str
    period: Period
    size: int
    extra: int
    spent: int
    reserved: int
    window: str
    alerted: int
    drawn: int

    @property
    def place(self) -> Place:
        return self.tenant, self.scope, self.name, self.period

    @property
    def whole(self) -> int:
        return self.size + self.extra

    @property
    def left(self) -> int:
        return self.whole - self.spent - self.reserved

    def roll(self, now: float) -> bool:
        """Begin anew with a new day or month; what calls under way have reserved stays reserved."""
        current = window(self.period, now)
        if current <= self.window:
            return False
        self.window, self.spent, self.extra, self.alerted = current, 0, 0, 0
        return True


class Held(Exception):
    """Only calls under way are in the way: some of what they reserved will come back."""


class Reservation(Struct, frozen=True):
    spending: Spending
    size: int
    places: tuple[Place, ...]
    at: float
    allowed: int | None = None  # tokens of the reply


class Alert(Struct, frozen=True):
    account: Account
    share: int  # per cent of it that is spent


class Book:
    def __init__(self, accounts: Iterable[Account] = (), alerts: Sequence[float] = ()) -> None:
        self.accounts: dict[Place, Account] = {account.place: account for account in accounts}
        self.changed: dict[Place, Account] = {}
        self._alerts = sorted(round(share * 100) for share in alerts)

    def put(self, account: Account) -> None:
        self.accounts[account.place] = self.changed[account.place] = account

    def concerned(self, spending: Spending, above: Sequence[str], now: float) -> list[Account]:
        """The budgets that the call counts in, made from "*" where they have to be."""
        tenant = spending.tenant
        names: list[tuple[Scope, str]] = [("tenant", ""), ("user", spending.subject)]
        names += [("agent", spending.agent)] if spending.agent else []
        names += [("run", run_id) for run_id in (spending.run_id, *above) if run_id]
        found = []
        for scope, name in names:
            for period in PERIODS:
                account = self.accounts.get((tenant, scope, name, period))
                each = self.accounts.get((tenant, scope, EACH, period)) if account is None else None
                if each is not None:
                    account = Account(tenant, scope, name, period, each.size, 0, 0, 0, window(period, now), 0, 1)
                    self.put(account)
                if account is not None:
                    if account.roll(now):
                        self.changed[account.place] = account
                    found.append(account)
        return found

    def reserve(self, spending: Spending, above: Sequence[str], now: float) -> Reservation | None:
        """None where no budget counts it, or it costs nothing. Raises BudgetExceeded, BudgetUnknown, Held."""
        accounts = self.concerned(spending, above, now)
        if not accounts:
            return None
        rates = spending.rates
        if rates is None:
            raise BudgetUnknown(
                f"What {spending.model} costs is not known, so no budget can hold it.",
                hint='Say it in config.toml, under [llm.models."PROVIDER/MODEL"]: input = …, output = … (0 is one).',
            )
        if not rates.input and not rates.output:
            return None
        read = (spending.tokens * _MARGIN + _FRAME) * rates.input * 1000  # nanodollars
        tightest = min(accounts, key=lambda account: account.left)
        longest = max(0, spending.most) if spending.most is not None else min(rates.longest or LONGEST, LONGEST)
        if spending.most is None and rates.output:  # one call leaves something for others
            fair = math.floor((tightest.left / _SHARES - read) / (rates.output * 1000))
            longest = min(longest, max(fair, _FAIR))
        size, allowed = math.ceil(read + longest * rates.output * 1000), longest
        if size > tightest.left:
            least = min(longest, SHORTEST)
            allowed = math.floor((tightest.left - read) / (rates.output * 1000)) if rates.output else 0
            if allowed < least:
                needed = read + least * rates.output * 1000
                held = all(account.whole - account.spent >= needed for account in accounts)
                raise Held if held else _exceeded(tightest, needed)
            size = tightest.left
        for account in accounts:
            account.reserved += size
            self.changed[account.place] = account
        return Reservation(spending, size, tuple(account.place for account in accounts), now, allowed)

    def refusal(self, spending: Spending, above: Sequence[str], now: float) -> BudgetExceeded:
        """Of a call that calls under way were in the way of for too long."""
        accounts = self.concerned(spending, above, now)
        return _exceeded(min(accounts, key=lambda account: account.left), 0)

    def release(self, reservation: Reservation) -> None:
        for place in reservation.places:
            if (account := self.accounts.get(place)) is not None:
                account.reserved = max(0, account.reserved - reservation.size)
                self.changed[place] = account

    def charge(self, spending: Spending, above: Sequence[str], cost: int, now: float) -> list[Alert]:
        """What was spent is spent, also where it is more than was reserved."""
        told = []
        for account in self.concerned(spending, above, now):
            account.spent += cost
            self.changed[account.place] = account
            if (alert := self._alert(account)) is not None:
                told.append(alert)
        return told

    def _alert(self, account: Account) -> Alert | None:
        share = 100 * account.spent // account.whole if account.whole > 0 else 100
        passed = max((one for one in self._alerts if one <= share), default=0)
        if passed <= account.alerted:
            return None
        account.alerted = passed
        return Alert(account, share)


def whose(account: Account) -> str:
    """For a person."""
    names = {"tenant": "all of this installation", "user": f"user {account.name}", "agent": f"agent {account.name}"}
    return names.get(account.scope, f"run {account.name}")


def _exceeded(account: Account, needed: float) -> BudgetExceeded:
    period = {"day": "of today", "month": "of this month", "total": "in all"}[account.period]
    more = f"; the call needs at least ${needed / NANO:.4g}" if needed else ""
    under_way = f", ${account.reserved / NANO:.4g} is reserved by calls under way" if account.reserved else ""
    return BudgetExceeded(
        f"The budget {period} for {whose(account)} is spent: ${account.spent / NANO:.4g} of"
        f" ${account.whole / NANO:.4g}{under_way}{more}.",
        hint="Add to it (orchestrator budget top-up), or use a model that costs nothing.",
        details=shown(account),
    )


def shown(account: Account) -> dict[str, Any]:
    return {
        "scope": account.scope,
        "name": account.name,
        "period": account.period,
        "limit": f"{account.whole / NANO:g}",
        "spent": f"{account.spent / NANO:.6g}",
    }

"""Budgets as the doors know them: reserve, settle; and as people do: set, top up, remove, look."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any, Protocol

from msgspec import Struct

from orchestrator.kernel import events as e
from orchestrator.kernel import settings
from orchestrator.kernel.clock import Clock
from orchestrator.kernel.errors import InvalidInput, NotFound
from orchestrator.kernel.messages import Spared, Usage
from orchestrator.policy.budgets.accounts import (
    EACH,
    NANO,
    PERIODS,
    SCOPES,
    Account,
    Alert,
    Book,
    Held,
    Place,
    Reservation,
    day_of,
    nanodollars,
    window,
)
from orchestrator.policy.budgets.alone import Alone
from orchestrator.policy.budgets.base import Period, Scope, Spending
from orchestrator.policy.budgets.shared import Shared
from orchestrator.policy.budgets.store import FAILURES, Charge, charge_of
from orchestrator.storage.database import Database
from orchestrator.storage.engine import AsyncEngine

MOST = 1_000_000_000.0  # US dollars of a budget
log = logging.getLogger("orchestrator.policy")


class Record(Protocol):
    def __call__(self, stream: str, body: e.Body, *, tenant: str, subject: str) -> Awaitable[Any]: ...


class Paid(Struct, frozen=True):
    """What the journal says of a call that was made, and may not have been settled."""

    usage: Usage
    cost: float
    model: str
    spared: Spared | None


Ancestors = Callable[[str, str], Awaitable[tuple[str, ...]]]  # tenant, run: the runs above it
Remembers = Callable[[Spending], Awaitable[Paid | None]]


class BudgetView(Struct, frozen=True):
    """In US dollars."""

    scope: Scope
    name: str
    period: Period
    limit: float  # with what was added
    extra: float
    spent: float
    reserved: float
    left: float
    window: str
    drawn: bool  # as "*" says


class Budgets:
    def __init__(
        self,
        till: Alone | Shared,
        chosen: settings.Budgets,
        clock: Clock,
        record: Record,
        ancestors: Ancestors,
        reading: AsyncEngine,
    ) -> None:
        """`reading` is for who reads the ledger."""
        self.reading = reading
        self._till = till
        self._settings = chosen
        self._clock = clock
        self._record = record
        self._ancestors = ancestors
        self._limited: dict[str, bool] = {}  # tenants that have budgets; whether runs have some
        self._above: dict[tuple[str, str], tuple[str, ...]] = {}  # of runs with calls under way
        self.beside: set[asyncio.Task[None]] = set()  # work of its own that is under way

    # The doors.

    async def reserve(self, spending: Spending) -> int | None:
        if spending.tenant not in self._limited:
            return None
        above: tuple[str, ...] = ()
        if spending.run_id and self._limited[spending.tenant]:
            above = await self._ancestors(spending.tenant, spending.run_id)
            self._above[spending.tenant, spending.key] = above
        gives_up = self._clock.monotonic() + self._settings.patience
        while True:
            try:
                return await self._till.reserve(spending, above)
            except Held:
                left = gives_up - self._clock.monotonic()
            if left <= 0:
                raise Book(await self._till.accounts(spending.tenant)).refusal(spending, above, self._clock.now())
            with contextlib.suppress(TimeoutError):
                async with self._clock.timeout(left):
                    await self._till.freed()

    async def settle(
        self, spending: Spending, usage: Usage | None, cost: float, *, model: str = "", spared: Spared | None = None
    ) -> None:
        counts = spending.tenant in self._limited
        if usage is None and not counts:
            return
        charge = charge_of(spending, usage, cost, model, spared, self._clock.now()) if usage is not None else None
        above = self._above.pop((spending.tenant, spending.key), ()) if self._above else ()
        self._till.settle(spending, above, charge, counts)

    # People.

    async def set(self, tenant: str, scope: Scope, name: str, period: Period, dollars: float, *, by: str) -> BudgetView:
        """How much may be spent. What was spent in this day or month before counts only if a budget saw it."""
        place = self._place(tenant, scope, name, period, dollars, least=0.0)

        def work(book: Book) -> Account:
            known = book.accounts.get(place)
            now = self._clock.now()
            account = known or Account(*place, 0, 0, 0, 0, window(period, now), 0, 0)
            account.roll(now)
            account.size, account.drawn, account.alerted = nanodollars(dollars), 0, 0
            book.put(account)
            for one in _drawn(book, place):
                one.size = account.size
                book.put(one)
            return account

        account = await self._till.change(work, tenant)
        await self.refresh()
        await self._say(e.BudgetFixed(scope, name, period, dollars, by), tenant, by)
        return shown(account)

    async def top_up(
        self, tenant: str, scope: Scope, name: str, period: Period, dollars: float, *, by: str, key: str, note: str = ""
    ) -> BudgetView:
        """More, in this day or month or in all. `key` names it: the ledger has it once."""
        place = self._place(tenant, scope, name, period, dollars, least=-MOST)

        def work(book: Book) -> Account:
            account = self._known(book, place)
            account.roll(self._clock.now())
            account.extra, account.alerted = account.extra + nanodollars(dollars), 0
            book.put(account)
            return account

        now = self._clock.now()
        what = f"{scope} {name} {period}".replace("  ", " ")
        charge = Charge(tenant, key, "topped_up", now, day_of(now), by, "", "", what, "", size=nanodollars(dollars))
        account = await self._till.change(work, tenant, charge)
        await self._say(e.BudgetRaised(scope, name, period, dollars, by, note), tenant, by)
        return shown(account)

    async def remove(self, tenant: str, scope: Scope, name: str, period: Period, *, by: str) -> None:
        place = self._place(tenant, scope, name, period, 0.0, least=0.0)

        def work(book: Book) -> None:
            self._known(book, place)
            for one in (place, *(drawn.place for drawn in _drawn(book, place))):
                del book.accounts[one]
                book.changed.pop(one, None)

        await self._till.change(work, tenant)
        await self.refresh()
        await self._say(e.BudgetRemoved(scope, name, period, by), tenant, by)

    async def show(self, tenant: str) -> list[BudgetView]:
        now = self._clock.now()
        found = await self._till.accounts(tenant)
        order = sorted(found, key=lambda one: (SCOPES.index(one.scope), one.name, PERIODS.index(one.period)))
        return [shown(one, now) for one in order]

    @property
    def credit(self) -> float:
        """US dollars."""
        return self._settings.credit

    async def flush(self) -> None:
        """What was spent is in the ledger when it returns. Raises JournalUnavailable."""
        await self._till.flush()

    async def refresh(self) -> None:
        self._limited = await self._till.tenants()

    def learn(self, told: str) -> None:
        """Another server wrote to this stream, or, where it is empty, to any."""
        if not told or told.startswith("budgets:"):
            self._later(self.refresh())

    def inherit(self, node: str, surely: bool) -> None:
        """Another server was given up: what it had reserved comes back.

        Unless its process is `surely` gone, calls that no run makes may still be under way there: they keep theirs.
        """
        if isinstance(self._till, Shared):
            self._later(self._till.bury(node, runs_only=not surely))

    def used(self) -> dict[str, float]:
        """How much of the budgets of everyone is spent, as shares, for metrics; of a server that is alone."""
        if not isinstance(self._till, Alone):
            return {}
        return {
            f"{one.tenant}/{one.period}": one.spent / one.whole if one.whole else 1.0
            for one in self._till.book.accounts.values()
            if one.scope == "tenant"
        }

    @staticmethod
    def _place(tenant: str, scope: Scope, name: str, period: Period, dollars: float, *, least: float) -> Place:
        if scope == "tenant" and name:
            raise InvalidInput("The budget of all has no name.", hint="Name a user, an agent or a run, or nobody.")
        if scope != "tenant" and not name:
            raise InvalidInput(f"Whose budget? A {scope} has a name.", hint=f'"{EACH}" means each one.')
        if name == EACH and scope == "run":
            raise InvalidInput("Each run has limits of its own.", hint="See agents.max_cost in docs/settings.md.")
        if not least <= dollars <= MOST:
            raise InvalidInput(f"${dollars:g} is no budget.", hint=f"From 0 to ${MOST:g}.")
        return tenant, scope, name, period

    @staticmethod
    def _known(book: Book, place: Place) -> Account:
        if place not in book.accounts:
            _, scope, name, period = place
            named = f"{scope} {name}".strip()
            raise NotFound(f"There is no budget {named} {period}.", hint="See them: orchestrator budget show.")
        return book.accounts[place]

    async def _say(self, body: e.Body, tenant: str, by: str) -> None:
        await self._record(stream(tenant), body, tenant=tenant, subject=by)

    async def catch_up(self, remembers: Remembers) -> None:
        """Settle what processes that died had paid for, as the journal remembers: now, and when more are found."""
        if isinstance(self._till, Shared):
            self._till.abandoned = lambda found: self._later(self._caught_up(remembers, found))
        await self._caught_up(remembers, self._till.left)

    async def _caught_up(self, remembers: Remembers, found: Sequence[Reservation]) -> None:
        for one in found:
            if (paid := await remembers(one.spending)) is not None:
                charge = charge_of(one.spending, paid.usage, paid.cost, paid.model, paid.spared, self._clock.now())
                self._till.settle(one.spending, _above(one), charge, counts=True)

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        """Beside everything else; when the database fails it is not done, and said so."""

        async def done() -> None:
            try:
                await work
            except FAILURES as error:
                log.error("budgets: %s", error)

        task = asyncio.create_task(done(), name="budgets")
        self.beside.add(task)
        task.add_done_callback(self.beside.discard)


def stream(tenant: str) -> str:
    return f"budgets:{tenant}"


def shown(account: Account, now: float | None = None) -> BudgetView:
    if now is not None and window(account.period, now) > account.window:
        fresh = Account(*account.place, account.size, 0, 0, account.reserved, window(account.period, now), 0, 0)
        fresh.drawn, account = account.drawn, fresh
    return BudgetView(
        scope=account.scope,
        name=account.name,
        period=account.period,
        limit=account.whole / NANO,
        extra=account.extra / NANO,
        spent=account.spent / NANO,
        reserved=account.reserved / NANO,
        left=max(0, account.left) / NANO,
        window=account.window,
        drawn=bool(account.drawn),
    )


def _drawn(book: Book, place: Place) -> list[Account]:
    """The budgets that are as this "*" says."""
    tenant, scope, name, period = place
    if name != EACH:
        return []
    return [
        one
        for one in book.accounts.values()
        if one.drawn and (one.tenant, one.scope, one.period) == (tenant, scope, period)
    ]


def _above(reservation: Reservation) -> Sequence[str]:
    own = reservation.spending.run_id
    return [name for _, scope, name, _ in reservation.places if scope == "run" and name != own]


@asynccontextmanager
async def open_budgets(
    database: Database,
    chosen: settings.Budgets,
    clock: Clock,
    record: Record,
    ancestors: Ancestors,
    holder: Callable[[], str] | None,
    *,
    longest: float,
) -> AsyncIterator[Budgets]:
    """`holder` names this process among the servers that share the budgets; None where it is alone with them.

    No call takes more than `longest` seconds.
    """

    def tell(alert: Alert, subject: str) -> None:  # beside the call that causes it
        opened._later(_told(record, alert, subject))

    till: Alone | Shared
    if holder is None:
        till = Alone(database.engine, clock, chosen.alerts, tell)
    else:
        till = Shared(database.engine, clock, chosen.alerts, tell, holder, longest)
    opened = Budgets(till, chosen, clock, record, ancestors, database.reading)
    opened._limited = await till.open()
    try:
        yield opened
    finally:
        await asyncio.gather(*opened.beside, return_exceptions=True)
        try:
            await till.close()
        except FAILURES as error:
            log.error("what was spent last could not be written down: %s", error)


async def _told(record: Record, alert: Alert, subject: str) -> None:
    account = alert.account
    body = e.BudgetAlerted(
        account.scope, account.name, account.period, alert.share, account.spent / NANO, account.whole / NANO
    )
    await record(stream(account.tenant), body, tenant=account.tenant, subject=subject)

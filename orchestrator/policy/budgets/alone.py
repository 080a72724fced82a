"""The budgets of a server that is alone on its database: decided in memory, written down right behind.

What is in memory is the truth while the process lives, for nobody else changes it; so a call waits for no disk. When
writing fails, nothing more is let pass until it works again.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

from orchestrator.kernel.clock import Clock
from orchestrator.kernel.ending import ended
from orchestrator.kernel.errors import BudgetUnavailable
from orchestrator.policy.budgets import store
from orchestrator.policy.budgets.accounts import Account, Alert, Book, Place, Reservation
from orchestrator.policy.budgets.base import Spending
from orchestrator.policy.budgets.store import Charge
from orchestrator.storage.engine import AsyncEngine

T = TypeVar("T")
_GATHER = 0.05  # seconds that what is to be written waits for company
_RETRY = 1.0


class Alone:
    def __init__(self, engine: AsyncEngine, clock: Clock, alerts: Sequence[float], tell: Callable[[Alert, str], None]):
        """`tell` is told of alerts, and whom the call was for."""
        self._engine = engine
        self._clock = clock
        self._alerts = alerts
        self._tell = tell
        self.book = Book((), alerts)
        self._held: dict[tuple[str, str], Reservation] = {}
        self._made: dict[tuple[str, str], Reservation] = {}  # to be written
        self._gone: set[tuple[str, str]] = set()
        self._charges: list[Charge] = []
        self._forgotten: set[Place] = set()
        self._work = asyncio.Event()
        self._freed = asyncio.Event()
        self._writing = asyncio.Lock()
        self._trouble: Exception | None = None
        self._writer: asyncio.Task[None] | None = None
        self.left: list[Reservation] = []  # by a process that died

    async def open(self) -> dict[str, bool]:
        """Who has budgets. What a process that died had reserved is let go."""
        async with self._engine.connect() as connection:
            self.book = Book(await store.load(connection), self._alerts)
            self.left = [reservation for _, reservation in await store.held(connection)]
            limited = await store.tenants(connection)
        for account in self.book.accounts.values():
            if account.reserved:
                account.reserved = 0
                self.book.put(account)
        for reservation in self.left:
            self._gone.add((reservation.spending.tenant, reservation.spending.key))
        if self.left:
            self._work.set()
        self._writer = asyncio.create_task(self._write(), name="budgets")
        return limited

    async def reserve(self, spending: Spending, above: Sequence[str]) -> int | None:
        """Raises BudgetExceeded, or Held."""
        if self._trouble is not None:
            raise BudgetUnavailable(f"What is spent cannot be written down: {self._trouble}", hint="Nothing was asked.")
        place = spending.tenant, spending.key
        if (before := self._held.pop(place, None)) is not None:
            self.book.release(before)
        made = self.book.reserve(spending, above, self._clock.now())
        if made is None:
            return None
        self._held[place] = self._made[place] = made
        self._gone.discard(place)
        self._work.set()
        return made.allowed

    def settle(self, spending: Spending, above: Sequence[str], charge: Charge | None, counts: bool) -> None:
        """`counts`: somebody has a budget that it may count in."""
        place = spending.tenant, spending.key
        if (made := self._held.pop(place, None)) is not None:
            self.book.release(made)
            if self._made.pop(place, None) is None:
                self._gone.add(place)
        if charge is not None:
            self._charges.append(charge)
            for alert in self.book.charge(spending, above, charge.size, charge.at) if counts else ():
                self._tell(alert, spending.subject)
        self._work.set()
        self._freed.set()

    async def freed(self) -> None:
        """Some of what was reserved came back."""
        self._freed.clear()
        await self._freed.wait()

    async def change(self, work: Callable[[Book], T], tenant: str, charge: Charge | None = None) -> T:
        """What a person does, with its line in the ledger. Durable when it returns."""
        before = set(self.book.accounts)
        done = work(self.book)
        self._charges += [charge] if charge is not None else []
        self._forgotten |= before - set(self.book.accounts)
        self._freed.set()
        await self.flush()
        return done

    async def accounts(self, tenant: str) -> list[Account]:
        return [account for account in self.book.accounts.values() if account.tenant == tenant]

    async def tenants(self) -> dict[str, bool]:
        found: dict[str, bool] = {}
        for tenant, scope, _, _ in self.book.accounts:
            found[tenant] = found.get(tenant, False) or scope == "run"
        return found

    # Written behind.

    async def _write(self) -> None:
        while True:
            await self._work.wait()
            await self._clock.sleep(_GATHER)
            try:
                await self.flush()
            except store.FAILURES:
                await self._clock.sleep(_RETRY)

    async def flush(self) -> None:
        """Write down all that has happened, also when who waits for it goes away. Raises JournalUnavailable."""
        await asyncio.shield(asyncio.ensure_future(self._flush()))

    async def _flush(self) -> None:
        async with self._writing:
            self._work.clear()
            changed, made, gone = self.book.changed, list(self._made.values()), self._gone
            charges, forgotten = self._charges, self._forgotten
            self.book.changed, self._made, self._gone, self._charges, self._forgotten = {}, {}, set(), [], set()
            try:
                async with self._engine.begin() as connection:
                    await store.let_go(connection, gone)
                    await store.forget(connection, forgotten)
                    await store.keep(connection, [one for place, one in changed.items() if place not in forgotten])
                    await store.hold(connection, made, "alone")
                    await store.charge(connection, charges)
            except store.FAILURES as error:
                self._trouble = error
                self._put_back(changed, made, gone, charges, forgotten)
                raise
            self._trouble = None

    def _put_back(
        self,
        changed: dict[Place, Account],
        made: list[Reservation],
        gone: set[tuple[str, str]],
        charges: list[Charge],
        forgotten: set[Place],
    ) -> None:
        self.book.changed = {**changed, **self.book.changed}
        for one in made:
            place = one.spending.tenant, one.spending.key
            if self._held.get(place) is one:
                self._made[place] = one
        self._gone |= gone - set(self._made)
        self._charges = charges + self._charges
        self._forgotten |= forgotten - set(self.book.accounts)
        self._work.set()

    async def close(self) -> None:
        if self._writer is not None:
            async with self._writing:
                self._writer.cancel()
            await ended([self._writer])
        if self._charges or self.book.changed or self._gone or self._made:
            await self.flush()

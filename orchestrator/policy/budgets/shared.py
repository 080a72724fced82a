"""The budgets of several servers on one PostgreSQL: decided in its transactions, one at a time.

All that a server is asked at once is one transaction, so many callers cost few. To settle waits for nothing: until it
is written, what was reserved is still held, which errs on the safe side.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

from msgspec import Struct
from sqlalchemy import text

from orchestrator.kernel.clock import Clock
from orchestrator.kernel.ending import ended
from orchestrator.kernel.errors import BudgetExceeded, BudgetUnavailable
from orchestrator.policy.budgets import store
from orchestrator.policy.budgets.accounts import EACH, Account, Alert, Book, Held, Reservation
from orchestrator.policy.budgets.base import Spending
from orchestrator.policy.budgets.store import Charge
from orchestrator.storage.engine import AsyncConnection, AsyncEngine

T = TypeVar("T")
_MARGIN = 60.0  # seconds that a call which is over may take to be written down
_RETRY = 1.0
_SWEEP = 60.0  # seconds between two looks for what nobody will settle
_COMPANY = 0.05  # seconds that what counts nowhere waits for more of its kind
_ASKED_AGAIN = 0.2  # seconds between two looks at what others may have given back


class _Asked(Struct, frozen=True):
    spending: Spending
    above: tuple[str, ...]
    answer: "asyncio.Future[int | None]"


class _Settled(Struct, frozen=True):
    spending: Spending
    above: tuple[str, ...]
    charge: Charge | None
    counts: bool


class Shared:
    def __init__(
        self,
        engine: AsyncEngine,
        clock: Clock,
        alerts: Sequence[float],
        tell: Callable[[Alert, str], None],
        holder: Callable[[], str],
        longest: float,
    ):
        """`holder` names this life of this process; `tell` is told of alerts, and whom the call was for.

        A reservation that is older than `longest`, the seconds a call may take, is nobody's.
        """
        self._engine = engine
        self._clock = clock
        self._alerts = alerts
        self._tell = tell
        self._holder = holder
        self._names: set[str] = set()  # of this process, in all its lives
        self._life = longest + _MARGIN
        self._asked: list[_Asked] = []
        self._settled: list[_Settled] = []
        self._work = asyncio.Event()
        self._alarm: Callable[[], None] | None = None  # calls off what would wake the worker
        self._writing = asyncio.Lock()
        self._worker: asyncio.Task[None] | None = None
        self._swept = 0.0
        self.left: list[Reservation] = []  # by processes that died
        self.abandoned: Callable[[list[Reservation]], None] = self.left.extend  # told of those found later

    async def open(self) -> dict[str, bool]:
        """Who has budgets."""
        limited = await self.tenants()
        self.left = await self.sweep()
        self._worker = asyncio.create_task(self._serve(), name="budgets")
        return limited

    async def sweep(self) -> list[Reservation]:
        """Let go what was reserved so long ago that whoever did it must have died."""
        self._swept = self._clock.monotonic()
        oldest = self._clock.now() - self._life
        return await self._let_go(lambda _, one: one.at < oldest)

    async def bury(self, holder: str, *, runs_only: bool) -> None:
        """Let go what another had reserved, who is gone."""
        async with self._writing:
            lost = await self._let_go(lambda who, one: who == holder and (bool(one.spending.run_id) or not runs_only))
        self.abandoned(lost)

    async def _let_go(self, lost: Callable[[str, Reservation], bool]) -> list[Reservation]:
        async with self._engine.begin() as connection:
            await self._alone(connection)
            found = [one for who, one in await store.held(connection) if lost(who, one)]
            gone = await store.let_go(connection, [(one.spending.tenant, one.spending.key) for one in found])
            book = Book(await store.load(connection))
            for one in gone:
                book.release(one)
            await store.keep(connection, book.changed.values())
        return gone

    async def reserve(self, spending: Spending, above: Sequence[str]) -> int | None:
        """Raises BudgetExceeded, or Held."""
        answer: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
        self._asked.append(_Asked(spending, tuple(above), answer))
        self._work.set()
        return await answer

    def settle(self, spending: Spending, above: Sequence[str], charge: Charge | None, counts: bool) -> None:
        """`counts`: somebody has a budget that it may count in."""
        self._settled.append(_Settled(spending, tuple(above), charge, counts))
        if counts:
            self._work.set()
        elif self._alarm is None:
            self._alarm = self._clock.call_later(_COMPANY, self._work.set)

    async def freed(self) -> None:
        """Some of what was reserved may have come back, here or elsewhere."""
        await self._clock.sleep(_ASKED_AGAIN)

    async def change(self, work: Callable[[Book], T], tenant: str, charge: Charge | None = None) -> T:
        """What a person does, with its line in the ledger. Durable when it returns."""
        await self.flush()
        async with self._engine.begin() as connection:
            await self._alone(connection)
            book = Book([one for one in await store.load(connection) if one.tenant == tenant], self._alerts)
            before = set(book.accounts)
            done = work(book)
            await store.forget(connection, before - set(book.accounts))
            await store.keep(connection, book.changed.values())
            await store.charge(connection, [charge] if charge is not None else [])
        return done

    async def accounts(self, tenant: str) -> list[Account]:
        async with self._engine.connect() as connection:
            return [one for one in await store.load(connection) if one.tenant == tenant]

    async def tenants(self) -> dict[str, bool]:
        async with self._engine.connect() as connection:
            return await store.tenants(connection)

    @staticmethod
    async def _alone(connection: AsyncConnection) -> None:
        await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": store.LOCK})

    # Transactions.

    async def _serve(self) -> None:
        while True:
            await self._work.wait()
            try:
                await self.flush()
                if self._clock.monotonic() - self._swept > _SWEEP:
                    await asyncio.shield(asyncio.ensure_future(self._look_around()))
            except store.FAILURES:
                await self._clock.sleep(_RETRY)

    async def _look_around(self) -> None:
        async with self._writing:  # who closes waits for it: what is cancelled in the database looks like its failure
            self.abandoned(await self.sweep())

    async def flush(self) -> None:
        """Do all that was asked, also when who waits for it goes away. Raises JournalUnavailable."""
        await asyncio.shield(asyncio.ensure_future(self._flush()))

    async def _flush(self) -> None:
        async with self._writing:
            self._work.clear()
            if self._alarm is not None:
                self._alarm()
                self._alarm = None
            asked, settled = self._asked, self._settled
            self._asked, self._settled = [], []
            if not asked and not settled:
                return
            try:
                answers, alerts = await self._transaction([one for one in asked if not one.answer.done()], settled)
            except store.FAILURES as error:
                refusal = BudgetUnavailable(f"What is spent cannot be looked up: {error}", hint="Nothing was asked.")
                for one in asked:
                    if not one.answer.done():
                        one.answer.set_exception(refusal)
                self._settled = settled + self._settled
                self._work.set()
                raise
            for one, answer in answers:
                if one.answer.done():  # who asked is gone
                    self.settle(one.spending, one.above, None, counts=True)
                elif isinstance(answer, Exception):
                    one.answer.set_exception(answer)
                else:
                    one.answer.set_result(answer)
            for alert, subject in alerts:
                self._tell(alert, subject)

    async def _transaction(
        self, asked: Sequence[_Asked], settled: Sequence[_Settled]
    ) -> tuple[list[tuple[_Asked, int | Exception | None]], list[tuple[Alert, str]]]:
        counted: list[_Asked | _Settled] = [*asked, *(one for one in settled if one.counts)]
        now, name = self._clock.now(), self._holder()
        self._names.add(name)
        async with self._engine.begin() as connection:
            book = Book()
            if counted:
                await self._alone(connection)
                tenants = sorted({one.spending.tenant for one in counted})
                names = {"", EACH} | {name for one in counted for name in _names(one)}
                book = Book(await store.load(connection, tenants, sorted(names)), self._alerts)
            alerts = await self._settle(connection, book, settled)
            stale = await store.let_go(connection, [(one.spending.tenant, one.spending.key) for one in asked])
            for reservation in stale:
                book.release(reservation)
            answers: list[tuple[_Asked, int | Exception | None]] = []
            made = list[Reservation]()
            for one in asked:
                try:
                    reservation_made = book.reserve(one.spending, one.above, now)
                except (BudgetExceeded, Held) as refusal:
                    answers.append((one, refusal))
                    continue
                answers.append((one, None if reservation_made is None else reservation_made.allowed))
                made += [reservation_made] if reservation_made is not None else []
            await store.keep(connection, book.changed.values())
            await store.hold(connection, made, name)
        return answers, alerts

    async def _settle(
        self, connection: AsyncConnection, book: Book, settled: Sequence[_Settled]
    ) -> list[tuple[Alert, str]]:
        keys = [(one.spending.tenant, one.spending.key) for one in settled if one.counts]
        for reservation in await store.let_go(connection, keys, self._names):
            book.release(reservation)  # of ours: another may have taken over the call meanwhile
        alerts = []
        for one in settled:
            if one.charge is not None and one.counts:
                found = book.charge(one.spending, one.above, one.charge.size, one.charge.at)
                alerts += [(alert, one.spending.subject) for alert in found]
        await store.charge(connection, [one.charge for one in settled if one.charge is not None])
        return alerts

    async def close(self) -> None:
        if self._worker is not None:
            async with self._writing:
                self._worker.cancel()
            await ended([self._worker])
        await self.flush()


def _names(one: _Asked | _Settled) -> tuple[str, ...]:
    return one.spending.subject, one.spending.agent, one.spending.run_id, *one.above

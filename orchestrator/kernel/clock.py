"""Time is an argument: rooms are handed a clock, so that no test sleeps."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol


class Clock(Protocol):
    def now(self) -> float:
        """Seconds since the Unix epoch; may jump when the machine's clock is set."""

    def monotonic(self) -> float:
        """Seconds from an arbitrary origin; never goes back."""

    async def sleep(self, seconds: float) -> None: ...

    def timeout(self, seconds: float) -> AbstractAsyncContextManager[asyncio.Timeout]:
        """As asyncio.timeout, by this clock."""

    def call_later(self, seconds: float, action: Callable[[], None]) -> Callable[[], None]:
        """Act once that time has passed, on the running loop; what is given back calls it off."""


class SystemClock:
    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def timeout(self, seconds: float) -> AbstractAsyncContextManager[asyncio.Timeout]:
        return asyncio.timeout(seconds)

    def call_later(self, seconds: float, action: Callable[[], None]) -> Callable[[], None]:
        return asyncio.get_running_loop().call_later(seconds, action).cancel


class ManualClock:
    """A clock for tests: it moves only when told to, and sleepers wake as it passes them."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self._start = now
        self._elapsed = 0.0
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []
        self._actions: list[tuple[float, Callable[[], None]]] = []

    def now(self) -> float:
        return self._start + self._elapsed

    def monotonic(self) -> float:
        return self._elapsed

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            return await asyncio.sleep(0)
        wake: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append((self._elapsed + seconds, wake))
        await wake

    @asynccontextmanager
    async def timeout(self, seconds: float) -> AsyncIterator[asyncio.Timeout]:
        async with asyncio.timeout(None) as limit:
            alarm = asyncio.create_task(self._expire(limit, seconds))
            try:
                yield limit
            finally:
                alarm.cancel()

    def call_later(self, seconds: float, action: Callable[[], None]) -> Callable[[], None]:
        planned = (self._elapsed + seconds, action)
        self._actions.append(planned)

        def call_off() -> None:
            if planned in self._actions:
                self._actions.remove(planned)

        return call_off

    async def _expire(self, limit: asyncio.Timeout, seconds: float) -> None:
        await self.sleep(seconds)
        limit.reschedule(asyncio.get_running_loop().time())

    def jump(self, seconds: float) -> None:
        """Set the wall clock, as a person or a time server does; no time passes."""
        self._start += seconds

    def advance(self, seconds: float) -> None:
        self._elapsed += seconds
        due = [sleeper for sleeper in self._sleepers if sleeper[0] <= self._elapsed]
        self._sleepers = [sleeper for sleeper in self._sleepers if sleeper[0] > self._elapsed]
        for _, wake in sorted(due, key=lambda sleeper: sleeper[0]):
            if not wake.done():
                wake.set_result(None)
        for planned in sorted((one for one in self._actions if one[0] <= self._elapsed), key=lambda one: one[0]):
            if planned in self._actions:
                self._actions.remove(planned)
                planned[1]()

"""An event loop that knows when nothing more can happen, for work that waits for nothing outside.

No socket is looked at and no time passes: when no callback is ready, all that could be done is done; so it is
when work goes round and round and brings about nothing. What is sent to a thread is done at once.
Not for work that waits for the world: it would stop.
"""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import Any, TypeVar, TypeVarTuple

ROUNDS = 20_000  # turns of the loop in which nothing comes of the work; a step of a run takes some dozens

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class _Blind(selectors.SelectSelector):
    """Looks at nothing; says when the loop would sleep."""

    def __init__(self) -> None:
        super().__init__()
        self.asleep: Callable[[], None] = lambda: None
        self.rounds = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.rounds += 1
        if timeout is None or timeout > 0 or self.rounds > ROUNDS:
            self.rounds = 0
            self.asleep()
        return []


class Quiet(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._eyes = _Blind()
        super().__init__(self._eyes)
        self._waiters: list[asyncio.Future[None]] = []
        self._eyes.asleep = self._asleep

    def progress(self) -> None:
        """Something came of the work."""
        self._eyes.rounds = 0

    async def quiet(self) -> None:
        """Returns once nothing else can happen."""
        waiter: asyncio.Future[None] = self.create_future()
        self._waiters.append(waiter)
        await waiter

    def _asleep(self) -> None:
        if not self._waiters:
            raise RuntimeError("A replay waits for something that is not in its recording.")
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
        self._waiters.clear()

    def run_in_executor(self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts) -> "asyncio.Future[T]":
        done: asyncio.Future[T] = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - raised again where it is awaited
            done.set_exception(error)
        return done


def quietly(work: Callable[[Quiet], Coroutine[Any, Any, T]]) -> T:
    """Do the work on a loop of its own, on this thread, where no other loop may be running."""
    loop = Quiet()
    try:
        return loop.run_until_complete(work(loop))
    finally:
        loop.close()

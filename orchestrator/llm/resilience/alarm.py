"""A time limit on a stream that is read piece by piece.

`asyncio.timeout` may not stand around a `yield`: it would cancel whoever reads, at whatever they do between two
pieces. An alarm ends only a wait inside the stream; at other times it is noticed when the next piece is wanted.
"""

import asyncio

from orchestrator.kernel.clock import Clock


class Alarm:
    __slots__ = ("_before", "_off", "_task", "rang", "waiting")

    def __init__(self, clock: Clock, seconds: float) -> None:
        self.rang = False
        self.waiting = True  # inside the stream; false while its reader has the word
        self._task = asyncio.current_task()
        self._before = self._task.cancelling() if self._task is not None else 0
        self._off = clock.call_later(seconds, self._ring)

    def _ring(self) -> None:
        self.rang = True
        if self.waiting and self._task is not None:
            self._task.cancel()

    def off(self) -> None:
        self._off()

    def caused(self) -> bool:
        """Asked once after a CancelledError: was it this alarm, and nobody else?"""
        return self.rang and self._task is not None and self._task.uncancel() <= self._before

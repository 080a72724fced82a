"""A provider has so many places; who finds none waits in line, and the line has an end.

So one slow provider cannot take all the memory and connections that the others need.
"""

import asyncio
from collections import deque

from orchestrator.kernel.errors import ModelPaused

LINE = 8  # who may wait, for each place


class Places:
    def __init__(self, count: int) -> None:
        self.count = count
        self.taken = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    async def take(self, provider: str) -> None:
        """Take a place, the next that becomes free. Raises ModelPaused where the line is too long."""
        if self.taken < self.count:
            self.taken += 1
            return
        if len(self._waiting) >= self.count * LINE:
            raise ModelPaused(f"{provider} has more to do than can wait for it.", hint="Ask again later.")
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn in self._waiting:
                self._waiting.remove(turn)
            elif turn.done() and not turn.cancelled():
                self.leave()  # the place came when nobody wanted it any more
            raise

    def leave(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)  # the place goes from hand to hand
                return
        self.taken -= 1

"""A provider has so many places; who finds none waits in line, and the line has an end.

So one slow provider cannot take all the memory and connections that the others need.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from orchestrator.kernel.errors import ModelPaused
from orchestrator.llm.base import Chunk, Model, Request
from orchestrator.llm.wrapper import Wrapper, leave

LINE = 8  # who may wait, for each place


class Places:
    def __init__(self, count: int) -> None:
        self.count = count
        self.taken = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    async def wait(self, provider: str) -> None:
        """Take the next place that becomes free. Raises ModelPaused where the line is too long."""
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


class Bulkhead(Wrapper):
    def __init__(self, inner: Model, places: Places) -> None:
        super().__init__(inner)
        self._places = places

    async def stream(self, request: Request) -> AsyncIterator[Chunk]:
        places = self._places
        await self._enter()
        chunks, done = self._inner.stream(request), False
        try:
            async for chunk in chunks:
                yield chunk
            done = True
        finally:
            try:
                if not done:
                    await leave(chunks)
            finally:
                places.leave()

    async def embed(self, texts: list[str], model: str = "") -> list[list[float]]:
        await self._enter()
        try:
            return await self._inner.embed(texts, model)
        finally:
            self._places.leave()

    async def _enter(self) -> None:
        if self._places.taken < self._places.count:
            self._places.taken += 1
        else:
            await self._places.wait(self.name)

"""One reply has so much time, all its tries together."""

import asyncio
from collections.abc import AsyncIterator

from orchestrator.kernel.clock import Clock
from orchestrator.kernel.errors import ModelTimeout
from orchestrator.llm.base import Chunk, Model, Request
from orchestrator.llm.resilience.alarm import Alarm
from orchestrator.llm.wrapper import Wrapper, leave


class Deadline(Wrapper):
    def __init__(self, inner: Model, clock: Clock, seconds: float) -> None:
        super().__init__(inner)
        self._clock = clock
        self._seconds = seconds

    async def stream(self, request: Request) -> AsyncIterator[Chunk]:
        alarm = Alarm(self._clock, self._seconds)
        chunks, done = self._inner.stream(request), False
        try:
            async for chunk in chunks:
                alarm.waiting = False
                yield chunk
                if alarm.rang:
                    raise self._late()
                alarm.waiting = True
            done = True
        except asyncio.CancelledError:
            if alarm.caused():
                raise self._late() from None
            raise
        finally:
            alarm.off()
            if not done:
                await leave(chunks)

    async def embed(self, texts: list[str], model: str = "") -> list[list[float]]:
        try:
            async with self._clock.timeout(self._seconds):
                return await self._inner.embed(texts, model)
        except TimeoutError:
            raise self._late() from None

    def _late(self) -> ModelTimeout:
        late = ModelTimeout(
            f"{self.name} was not done within {self._seconds:g} s.", hint="If it is only slow, raise llm.deadline."
        )
        late.tried = True
        return late

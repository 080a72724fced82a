"""How fast a provider's models are, as it was seen; and a limit on waiting for the first word that follows from it.

The estimate is that of TCP (RFC 6298): a mean and a deviation that forget slowly. A model that usually begins
after half a second is given up after ten, one that thinks for a minute is given its time.
"""

import asyncio
from collections.abc import AsyncIterator, Callable

from orchestrator.kernel.clock import Clock
from orchestrator.kernel.errors import ModelError, ModelPaused, ModelRejected, ModelTimeout
from orchestrator.llm.base import Chunk, Model, Reply, Request
from orchestrator.llm.resilience.alarm import Alarm
from orchestrator.llm.wrapper import Wrapper, leave

ENOUGH = 5  # replies before the limit follows them
LEAST = 10.0  # seconds
SLACK = 3.0  # times what is to be expected


class Speed:
    """One model's."""

    __slots__ = ("deviation", "failures", "first", "rate", "replies")

    def __init__(self) -> None:
        self.replies = 0
        self.failures = 0
        self.first = 0.0  # seconds to the first word
        self.deviation = 0.0
        self.rate = 0.0  # tokens a second after it; 0: unknown

    def began(self, seconds: float) -> None:
        if self.replies == 0:
            self.first, self.deviation = seconds, seconds / 2
        else:
            self.deviation += (abs(seconds - self.first) - self.deviation) / 4
            self.first += (seconds - self.first) / 8
        self.replies += 1

    def wrote(self, tokens: int, seconds: float) -> None:
        if tokens > 1 and seconds > 0:
            rate = tokens / seconds
            self.rate = rate if not self.rate else self.rate + (rate - self.rate) / 8

    def limit(self, most: float) -> float | None:
        """Seconds to wait for the first word; None where the provider's own limit on silence is enough."""
        if self.replies < ENOUGH:
            return None
        usual = max(LEAST, SLACK * (self.first + 4 * self.deviation))
        return usual if usual < most else None

    def predicted(self, tokens: int) -> float | None:
        """Seconds for a whole reply of so many tokens; None while nothing was seen."""
        if not self.replies:
            return None
        return self.first + (tokens / self.rate if self.rate else 0.0)


class Timed(Wrapper):
    """Measures, and gives up waiting for a first word that is long overdue."""

    def __init__(self, inner: Model, clock: Clock, most: float, speed: Callable[[str], Speed]) -> None:
        super().__init__(inner)
        self._clock = clock
        self._most = most
        self._speed = speed

    async def stream(self, request: Request) -> AsyncIterator[Chunk]:
        clock, speed = self._clock, self._speed(request.model)
        began, first = clock.monotonic(), 0.0
        limit = speed.limit(self._most)
        alarm = Alarm(clock, limit) if limit is not None else None
        chunks, done = self._inner.stream(request), False
        try:
            async for chunk in chunks:
                if not first:
                    if alarm is not None:
                        alarm.off()
                        alarm.waiting = False
                    first = clock.monotonic()
                    speed.began(first - began)
                if isinstance(chunk, Reply):
                    speed.wrote(chunk.usage.output_tokens, clock.monotonic() - first)
                yield chunk
            done = True
        except asyncio.CancelledError:
            if alarm is None or not alarm.caused():
                raise
            speed.failures += 1
            raise ModelTimeout(
                f"{self.name} said nothing for {limit:g} s.",
                hint=f"If it is only slow, raise llm.providers.{self.name}.timeout.",
            ) from None
        except ModelError as error:
            speed.failures += not isinstance(error, ModelPaused | ModelRejected)
            raise
        finally:
            if alarm is not None:
                alarm.off()
            if not done:
                await leave(chunks)

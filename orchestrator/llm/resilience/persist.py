"""Try again, and then elsewhere: retries and the chain of models that take over, counted together.

| what went wrong | what is done |
|---|---|
| refused for now, no connection, silence, half a stream, garbage | the same model again, after a pause; then the next |
| it says when to come back | that is waited for if it is short or nobody else is there; else the next |
| too many failures lately, or too much to do (ModelPaused) | the next; nothing is sent |
| wrong JSON, or not of the schema | the same again, told what was wrong; then the next |
| the request is refused (a key, a size, a name) | the next: the same would say the same |

No more than `tries` requests are sent for one reply, whatever fails: that is the ceiling of its cost. Models on
this machine cost nothing, come last, and are asked once even when the tries are used up. And one reply has so much
time, all its tries together.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence

import msgspec
from msgspec import Struct

from orchestrator.kernel.clock import Clock
from orchestrator.kernel.errors import ModelError, ModelPaused, ModelTimeout, ModelUnavailable
from orchestrator.kernel.messages import assistant, user
from orchestrator.llm.base import Chunk, Model, Request, Setback
from orchestrator.llm.resilience.alarm import Alarm
from orchestrator.llm.resilience.shape import Misshaped
from orchestrator.llm.wrapper import Wrapper, leave

EACH = 2  # tries of one model while others are there
PATIENCE = 20.0  # seconds that a provider may ask us to wait, where nobody else is there
IMPATIENCE = 1.5  # the same, where somebody is
PAUSE = 0.5  # seconds before the first retry; each pause is twice the one before, give or take a half


class Way(Struct, frozen=True):
    """One model that can answer."""

    model: Model
    name: str  # for Request.model
    provider: str
    local: bool = False  # costs nothing

    @property
    def label(self) -> str:
        return f"{self.provider}/{self.name}" if self.name else self.provider


class _Plan:
    """Who is asked next, and how often that is still allowed."""

    def __init__(self, ways: Sequence[Way], tries: int) -> None:
        self._ways = ways
        self._left = tries
        self._waits = tries  # for one that is not asked now
        self._at = 0
        self._tried = 0  # times that this one was
        self.failures: list[tuple[Way, ModelError]] = []

    @property
    def way(self) -> Way:
        return self._ways[self._at]

    def after(self, error: ModelError, jitter: float) -> float | None:
        """Move on to the next try; the seconds to wait before it, or None when there is none."""
        way = self.way
        self.failures.append((way, error))
        self._tried += 1
        if isinstance(error, ModelPaused):
            self._waits -= 1
        else:
            self._left -= not way.local
        others = any(other.local or self._left > 0 for other in self._ways[self._at + 1 :])
        again = self._left > 0 and self._waits > 0 and not way.local
        if error.retryable and again and (self._tried < EACH or not others):
            asked = error.retry_after if isinstance(error, ModelUnavailable) else None
            wait = PAUSE * 2 ** (self._tried - 1) * (0.5 + jitter) if asked is None else asked * (1 + jitter / 10)
            if (not others and wait <= PATIENCE) or (wait <= IMPATIENCE and not isinstance(error, ModelPaused)):
                return wait
        self._at += 1
        while self._at < len(self._ways) and self._left <= 0 and not self.way.local:
            self._at += 1
        self._tried = 0
        return 0.0 if self._at < len(self._ways) else None


class Late(ModelTimeout):
    """The time of all tries together is over."""

    def __init__(self, name: str, seconds: float) -> None:
        super().__init__(f"{name} was not done within {seconds:g} s.", hint="If it is only slow, raise llm.deadline.")
        self.tried = True


class Persistent(Wrapper):
    def __init__(
        self, ways: Sequence[Way], clock: Clock, jitter: Callable[[], float], tries: int, seconds: float
    ) -> None:
        """`jitter` gives numbers from 0 to 1; `seconds` are for one reply, all its tries together."""
        super().__init__(ways[0].model)
        self.ways = tuple(ways)
        self._clock = clock
        self._jitter = jitter
        self._tries = tries
        self._seconds = seconds

    async def stream(self, request: Request) -> AsyncIterator[Chunk]:
        plan, alarm = _Plan(self.ways, self._tries), Alarm(self._clock, self._seconds)
        try:
            while True:
                way, spoke, began = plan.way, False, self._clock.monotonic()
                asked = request if request.model == way.name else msgspec.structs.replace(request, model=way.name)
                chunks, done = way.model.stream(asked), False
                try:
                    async for chunk in chunks:
                        spoke, alarm.waiting = True, False
                        yield chunk
                        self._resume(alarm)
                    done = True
                    return
                except Late:
                    raise
                except ModelError as error:
                    failed = error
                finally:
                    if not done:
                        await leave(chunks)
                wait = plan.after(failed, self._jitter())
                if wait is None or (spoke and request.final):
                    raise _last(plan.failures)
                alarm.waiting = False
                yield Setback(way.label, plan.way.label, failed, self._clock.monotonic() - began)
                self._resume(alarm)
                if isinstance(failed, Misshaped) and plan.way is way:
                    request = _told(request, failed)
                if wait > 0:
                    await self._clock.sleep(wait)
        except asyncio.CancelledError:
            if alarm.caused():
                raise Late(self.name, self._seconds) from None
            raise
        finally:
            alarm.off()

    def _resume(self, alarm: Alarm) -> None:
        """The reader has given the word back."""
        if alarm.rang:
            raise Late(self.name, self._seconds)
        alarm.waiting = True

    async def embed(self, texts: list[str], model: str = "") -> list[list[float]]:
        """By the first one only, again if need be: vectors of another model mean something else."""
        plan = _Plan(self.ways[:1], self._tries)
        try:
            async with self._clock.timeout(self._seconds):
                while True:
                    try:
                        return await plan.way.model.embed(texts, model or plan.way.name)
                    except ModelError as error:
                        wait = plan.after(error, self._jitter())
                    if wait is None:
                        raise _last(plan.failures)
                    await self._clock.sleep(wait)
        except TimeoutError:
            raise Late(self.name, self._seconds) from None

    async def close(self) -> None:
        for way in self.ways:
            await way.model.close()


def _told(request: Request, failed: Misshaped) -> Request:
    correction = f"That is not what was asked for: {failed.detail} Answer again, with nothing but the JSON."
    messages = (*request.messages, assistant(failed.said or "…"), user(correction))
    return msgspec.structs.replace(request, messages=messages)


def _last(failures: Sequence[tuple[Way, ModelError]]) -> ModelError:
    """The error of the model that was meant, and what became of the others."""
    (way, error), others = failures[0], {}
    for other, failed in failures[1:]:
        if other is way:
            error = failed
        else:
            others[other.label] = failed.detail
    if others:
        error.hint = f"{error.hint} {'; '.join(f'{label}: {detail}' for label, detail in others.items())}".strip()
    error.tried = True
    return error

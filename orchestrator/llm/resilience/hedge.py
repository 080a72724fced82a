"""Ask twice: when the first word is long in coming, a second request is sent, and whoever begins first goes on.

Off unless `llm.hedge` is set, for it costs a second request: to the same model, or to the one that
`llm.hedge_with` names. The one that lost is closed at once.
"""

import asyncio
from collections.abc import AsyncIterator, Callable

import msgspec

from orchestrator.kernel.clock import Clock
from orchestrator.llm.base import Chunk, Model, Request
from orchestrator.llm.resilience.speed import ENOUGH, Speed
from orchestrator.llm.wrapper import Wrapper, leave

Begun = tuple[AsyncIterator[Chunk], Chunk]
Second = Callable[[Request], tuple[Model, str] | None]  # another model for this request, and its name; None: the same


class Hedge(Wrapper):
    def __init__(
        self,
        inner: Model,
        clock: Clock,
        times: float,
        speed: Callable[[str], Speed],
        second: Second = lambda request: None,
    ) -> None:
        super().__init__(inner)
        self._second = second
        self._clock = clock
        self._times = times
        self._speed = speed

    async def stream(self, request: Request) -> AsyncIterator[Chunk]:
        speed = self._speed(request.model)
        if speed.replies < ENOUGH:
            chunks = self._inner.stream(request)
            chunk: Chunk | None = None
        else:
            chunks, chunk = await self._race(request, self._times * (speed.first + speed.deviation))
        try:
            if chunk is not None:
                yield chunk
            async for chunk in chunks:
                yield chunk
        finally:
            await leave(chunks)

    async def _race(self, request: Request, patience: float) -> Begun:
        tasks = {asyncio.create_task(self._begin(self._inner, request))}
        bell = asyncio.create_task(self._clock.sleep(patience))
        try:
            await asyncio.wait({*tasks, bell}, return_when=asyncio.FIRST_COMPLETED)
            if not any(task.done() for task in tasks):
                tasks.add(asyncio.create_task(self._begin(*self._other(request))))
            while True:
                done, others = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                winner = next((task for task in done if task.exception() is None), None)
                if winner is not None:
                    tasks.discard(winner)
                    return winner.result()
                if not others:
                    return done.pop().result()  # raises
                tasks = others
        finally:
            bell.cancel()
            await self._give_up(tasks)
            await asyncio.gather(bell, return_exceptions=True)

    def _other(self, request: Request) -> tuple[Model, Request]:
        second = self._second(request)
        if second is None:
            return self._inner, request
        model, name = second
        return model, msgspec.structs.replace(request, model=name)

    async def _begin(self, model: Model, request: Request) -> Begun:
        chunks = model.stream(request)
        try:
            return chunks, await anext(chunks)
        except BaseException:
            await leave(chunks)
            raise

    async def _give_up(self, tasks: set[asyncio.Task[Begun]]) -> None:
        for task in tasks:
            task.cancel()
        for ended in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(ended, tuple):
                await leave(ended[0])

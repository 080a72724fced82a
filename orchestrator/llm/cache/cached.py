"""A model whose answers are remembered: the same protocol, one layer more.

    Cached -> (optimiser, resilience, ...) -> provider

A hit streams like a reply. Identical requests at the same moment are made once: the first asks, the others hear
what it hears. If the first is cancelled or fails, one of the others asks.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import cast

from orchestrator.kernel.errors import ModelError, ModelGarbled
from orchestrator.kernel.messages import Text, Thinking
from orchestrator.llm.base import (
    Chunk,
    Model,
    Reply,
    Request,
    Setback,
    TextDelta,
    ThinkingDelta,
)
from orchestrator.llm.cache.cache import Cache
from orchestrator.llm.cache.keys import Asked, asked, may_keep
from orchestrator.llm.wrapper import Wrapper

_PIECE = 256  # characters of a delta of a remembered answer


class _Flight:
    """A request under way, and what was heard of it so far."""

    def __init__(self) -> None:
        self.heard: list[Chunk] = []
        self.over = False  # whether or not it came to its reply
        self.error: ModelError | None = None
        self._news = asyncio.Event()

    def say(self, chunk: Chunk) -> None:
        self.heard.append(chunk)
        self._wake()

    def end(self) -> None:
        self.over = True
        self._wake()

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    async def more(self, known: int) -> bool:
        """Wait for what comes after so many chunks; false when nothing does."""
        while len(self.heard) == known and not self.over:
            await self._news.wait()
        return len(self.heard) > known


class Flights:
    """The requests under way that others may join; one for the whole process."""

    def __init__(self) -> None:
        self.by_key: dict[tuple[str, str], _Flight] = {}


class Cached(Wrapper):
    def __init__(self, model: Model, cache: Cache, flights: Flights, *, sampled: bool = False) -> None:
        super().__init__(model)
        self._cache = cache
        self._flights = flights
        self._sampled = sampled

    def stream(self, request: Request) -> AsyncIterator[Chunk]:
        known = asked(self.name, request, sampled=self._sampled, semantic=self._cache.means)
        return self._inner.stream(request) if known is None else self._found_or_asked(request, known)

    async def _found_or_asked(self, request: Request, known: Asked) -> AsyncIterator[Chunk]:
        found = await self._cache.find(known, request.account)
        if found is not None:
            for delta in _deltas(found):
                yield delta
            yield found
            return
        async with aclosing(self._joined(request, known)) as chunks:
            async for chunk in chunks:
                yield chunk

    async def _joined(self, request: Request, known: Asked) -> AsyncGenerator[Chunk, None]:
        place = (known.tenant, known.key)
        alone = False
        while not alone and (flight := self._flights.by_key.get(place)) is not None:
            told = 0
            while await flight.more(told):
                chunk = flight.heard[told]
                told += 1
                if isinstance(chunk, Reply):
                    alone = not may_keep(request, chunk)  # it has effects: each decides for itself
                    if alone:
                        break
                    self._cache.shared(known.tenant)
                    yield self._cache.spared(known.tenant, chunk, "exact")
                    return
                yield chunk
            if flight.error is not None:
                raise flight.error
            if told:
                yield self._began_again(request)
        self._cache.missed(known.tenant)
        own = _Flight()
        self._flights.by_key[place] = own
        try:
            async with aclosing(_generator(self._inner.stream(request))) as chunks:
                own_words = True
                async for chunk in chunks:
                    own_words &= not isinstance(chunk, Setback)  # another model may have stood in: not for longer
                    if isinstance(chunk, Reply) and own_words and may_keep(request, chunk):
                        await self._cache.keep(known, chunk)
                    own.say(chunk)
                    yield chunk
        except ModelError as error:
            own.error = error
            raise
        finally:
            if self._flights.by_key.get(place) is own:
                del self._flights.by_key[place]
            own.end()

    def _began_again(self, request: Request) -> Setback:
        """The request that this one shared ended, and this one asks for itself. Raises where that may not be."""
        error = ModelGarbled(f"The request to {self.name} that this one shared was given up.", hint="Ask again.")
        if request.final:
            raise error
        return Setback(request.model, request.model, error)


def _generator(chunks: AsyncIterator[Chunk]) -> AsyncGenerator[Chunk, None]:
    """Every stream is one: it can be closed, and its connection with it."""
    return cast(AsyncGenerator[Chunk, None], chunks)


def _deltas(reply: Reply) -> list[Chunk]:
    made: list[Chunk] = []
    for part in reply.message.parts:
        if isinstance(part, Text | Thinking):
            kind = TextDelta if isinstance(part, Text) else ThinkingDelta
            made += [kind(part.text[at : at + _PIECE]) for at in range(0, len(part.text), _PIECE)]
    return made

"""A model whose price a person knows better: its replies cost what they say."""

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Any, cast

import msgspec

from orchestrator.llm.base import Chunk, Model, Price, Reply, Request
from orchestrator.llm.prices import charged
from orchestrator.llm.wrapper import Wrapper


class Priced(Wrapper):
    def __init__(self, inner: Model, price: Callable[[str], Price | None]) -> None:
        """`price` is what was said of a model by its name; None: nothing was."""
        super().__init__(inner)
        self._price = price

    async def stream(self, request: Request) -> AsyncIterator[Chunk]:
        price = self._price(request.model)
        async with aclosing(cast(Any, self._inner.stream(request))) as chunks:
            async for chunk in chunks:
                if price is not None and isinstance(chunk, Reply):
                    chunk = msgspec.structs.replace(chunk, cost=charged(price, chunk.usage))
                yield chunk

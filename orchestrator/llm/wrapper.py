"""What every wrapper of a model shares: it is the model it wraps, but for what it changes."""

from collections.abc import AsyncIterator

from orchestrator.llm.base import Capability, Chunk, Health, Model, ModelInfo, Request


class Wrapper:
    def __init__(self, inner: Model) -> None:
        self._inner = inner
        self.name = inner.name
        self.capabilities: frozenset[Capability] = inner.capabilities

    def stream(self, request: Request) -> AsyncIterator[Chunk]:
        return self._inner.stream(request)

    async def models(self) -> list[ModelInfo]:
        return await self._inner.models()

    async def health(self) -> Health:
        return await self._inner.health()

    async def embed(self, texts: list[str], model: str = "") -> list[list[float]]:
        return await self._inner.embed(texts, model)

    async def close(self) -> None:
        await self._inner.close()


async def leave(chunks: AsyncIterator[Chunk]) -> None:
    """End a stream that may not have been read to its end, so that its connection closes now and not some day."""
    close = getattr(chunks, "aclose", None)
    if close is not None:
        await close()

"""Texts as vectors: by which model, behind the same guards as replies, and kept for who asks again.

Nobody takes over from a model that fails: vectors of another one mean something else.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from orchestrator.kernel.clock import Clock
from orchestrator.kernel.errors import ModelRejected, NoModel
from orchestrator.kernel.messages import Usage
from orchestrator.kernel.settings import Llm
from orchestrator.llm.cache.vectors import Vectors
from orchestrator.llm.connect import how_to_connect
from orchestrator.llm.rates import rates_of
from orchestrator.llm.resilience.persist import Way
from orchestrator.llm.resilience.stack import persistent
from orchestrator.llm.routing.router import LOCAL
from orchestrator.llm.source import Source
from orchestrator.policy.budgets.base import Budget, Rates, Spending

LETTERS = 3  # characters of a token, at least about


class Embedder(Struct, frozen=True):
    """The model that makes vectors."""

    provider: str
    name: str  # empty: the provider's own choice
    rates: Rates | None  # what it costs; None: nobody knows

    @property
    def label(self) -> str:
        return f"{self.provider}/{self.name}" if self.name else self.provider


class Bought(Struct, frozen=True):
    vectors: list[list[float]]
    usage: Usage  # as estimated: providers do not say
    cost: float  # US dollars


class Embeddings:
    def __init__(
        self,
        settings: Llm,
        clock: Clock,
        jitter: Callable[[], float],
        kept: Vectors | None,
        sources: Callable[[], Mapping[str, Source]],
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._jitter = jitter
        self._kept = kept
        self._sources = sources

    async def choose(self, asked: str = "") -> Embedder:
        """By "provider", "provider/model", a model's name, or the first provider that has embeddings.

        Raises NoModel.
        """
        sources = self._sources()
        provider, _, name = asked.partition("/")
        if provider in sources:
            await sources[provider].state()
            return self._embedder(sources[provider], name)
        states = await asyncio.gather(*(source.state() for source in sources.values()))
        able = [
            (source, state)
            for source, state in zip(sources.values(), states, strict=True)
            if state.health.ok and "embeddings" in source.model.capabilities
        ]
        if not able:
            raise ModelRejected("No provider has embeddings.", hint=how_to_connect())
        if not asked:
            return self._embedder(able[0][0], "")
        for source, state in able:
            if any(asked in (info.name, info.name.removesuffix(":latest")) for info in state.models):
                return self._embedder(source, asked)
        raise NoModel(
            f"No provider lists a model for embeddings called {asked!r}.",
            hint=f"Say whose it is: {able[0][0].name}/{asked}, or leave the choice to auto.",
        )

    @staticmethod
    def _embedder(source: Source, name: str) -> Embedder:
        name = name or source.embedding
        return Embedder(source.name, name, rates_of(source.info(name), local=source.place == LOCAL))

    async def buy(self, texts: Sequence[str], by: Embedder, budget: Budget, spending: Spending) -> Bought:
        """A vector a text, on that account. Raises BudgetExceeded, ModelError."""
        usage, cost = None, 0.0
        await budget.reserve(spending)
        try:
            vectors, asked = await self.make(texts, by, tenant=spending.tenant)
            usage = Usage(weight(asked), 0)
            cost = usage.input_tokens * by.rates.input / 1e6 if by.rates is not None else 0.0
        finally:
            await budget.settle(spending, usage, cost, model=by.label)
        return Bought(vectors, usage, cost)

    async def make(
        self, texts: Sequence[str], by: Embedder, *, tenant: str = ""
    ) -> tuple[list[list[float]], list[str]]:
        """A vector a text, and the texts that had to be asked for. Without a tenant nothing is kept."""
        found = await self._kept.find(tenant, by.label, texts) if self._kept is not None and tenant else {}
        missing = [text for text in dict.fromkeys(texts) if text not in found]
        if missing:
            source = self._sources()[by.provider]
            model = persistent([Way(source.guarded, by.name, by.provider)], self._settings, self._clock, self._jitter)
            made = dict(zip(missing, await model.embed(missing, by.name), strict=True))
            if self._kept is not None and tenant:
                await self._kept.keep(tenant, by.label, made)
            found |= made
        return [found[text] for text in texts], missing


def weight(texts: Sequence[str]) -> int:
    """Tokens, about, and rather too many."""
    return sum(len(text) // LETTERS + 1 for text in texts)

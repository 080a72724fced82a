"""Answers kept and found again: memory first, then the store behind it; exactly, then by meaning."""

import logging
from collections import Counter
from collections.abc import Coroutine
from typing import Any, Literal, TypeAlias, TypeVar

import msgspec
from msgspec import Struct

from orchestrator.kernel.clock import Clock
from orchestrator.kernel.errors import BudgetExceeded, ModelError
from orchestrator.kernel.messages import Spared
from orchestrator.llm.base import Reply
from orchestrator.llm.cache.base import CacheUnavailable, Kept, Stock, Store
from orchestrator.llm.cache.keys import Asked
from orchestrator.llm.cache.memory import Memory
from orchestrator.llm.cache.semantic import Semantic
from orchestrator.policy.budgets.base import Spending

T = TypeVar("T")
Way: TypeAlias = Literal["exact", "semantic"]

_PAUSE = 10.0  # seconds that a store which cannot be used is left alone
_PATIENCE = 2.0  # seconds that an embedder is waited for
_IN_MEMORY = 60.0  # seconds that a copy of another store's answer is used unasked: it may be cleared elsewhere
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Reply).decode

log = logging.getLogger("orchestrator.llm")


class Statistics(Struct, frozen=True):
    """Of one tenant, since this process started; what is kept, now."""

    exact: int = 0
    semantic: int = 0
    shared: int = 0  # that waited for an identical request under way
    missed: int = 0
    kept: int = 0
    tokens: int = 0  # spared
    cost: float = 0.0  # US dollars spared
    entries: int = 0
    size: int = 0  # bytes
    store: str = ""

    @property
    def rate(self) -> float:
        hits = self.exact + self.semantic + self.shared
        return hits / (hits + self.missed) if hits + self.missed else 0.0


class Cache:
    def __init__(
        self, clock: Clock, memory: Memory, *, behind: Store | None = None, semantic: Semantic | None = None, ttl: float
    ) -> None:
        self._clock = clock
        self._memory = memory
        self._behind = behind
        self._semantic = semantic
        self._ttl = ttl
        self._rest_until = 0.0
        self._counts: dict[str, Counter[str]] = {}
        self._spared: dict[str, float] = {}
        self.means = semantic is not None

    async def find(self, asked: Asked, account: Spending | None = None) -> Reply | None:
        """The answer, saying what it spared. `account` is of who asks, for what the search itself may cost."""
        way: Way = "exact"
        reply = await self._exact(asked.tenant, asked.key)
        if reply is None and asked.question and self._semantic is not None:
            way = "semantic"
            reply = await self._meant(asked, self._semantic, account)
        if reply is None:
            return None
        self._count(asked.tenant, way)
        return self.spared(asked.tenant, reply, way)

    def spared(self, tenant: str, reply: Reply, way: Way) -> Reply:
        """A copy of an answer that was paid for before: it costs nothing, and says what that saves."""
        tokens = reply.usage.input_tokens + reply.usage.output_tokens
        self._count(tenant, "tokens", tokens)
        self._spared[tenant] = self._spared.get(tenant, 0.0) + reply.cost
        free = type(reply.usage)()
        return msgspec.structs.replace(reply, usage=free, cost=0.0, spared=Spared(tokens, reply.cost, way))

    async def _exact(self, tenant: str, key: str) -> Reply | None:
        data = await self.data(tenant, key)
        return None if data is None else _read(data)

    async def data(self, tenant: str, key: str) -> bytes | None:
        """What was kept by this name."""
        kept = await self._memory.get(tenant, key)
        if kept is None and self._behind is not None:
            kept = await self._tried(self._behind.get(tenant, key))
            if kept is not None:
                soon = min(kept.expires, self._clock.now() + _IN_MEMORY)
                await self._memory.put(tenant, key, Kept(kept.data, soon))
        return None if kept is None else kept.data

    async def _meant(self, asked: Asked, semantic: Semantic, account: Spending | None) -> Reply | None:
        place = asked.tenant, asked.scope, asked.question, account
        try:
            async with self._clock.timeout(_PATIENCE):
                question = await semantic.find(self._memory, *place)
                if question is None and self._behind is not None:
                    question = await self._tried(semantic.find(self._behind, *place))
        except (ModelError, BudgetExceeded, TimeoutError) as error:
            log.warning("no embeddings, so nothing is found by meaning: %s", error)
            return None
        return None if question is None else await self._exact(asked.tenant, question.key)

    async def keep(self, asked: Asked, reply: Reply) -> None:
        self._count(asked.tenant, "kept")
        await self.keep_data(asked.tenant, asked.key, _encode(reply), scope=asked.scope, question=asked.question)

    async def keep_data(self, tenant: str, key: str, data: bytes, *, scope: str = "", question: str = "") -> None:
        kept = near = Kept(data, self._clock.now() + self._ttl)
        if self._behind is not None:
            near = Kept(data, min(kept.expires, self._clock.now() + _IN_MEMORY))
            await self._tried(self._behind.put(tenant, key, kept, scope=scope, question=question))
        await self._memory.put(tenant, key, near, scope=scope, question=question)

    def missed(self, tenant: str) -> None:
        self._count(tenant, "missed")

    def shared(self, tenant: str) -> None:
        self._count(tenant, "shared")

    def _count(self, tenant: str, what: str, many: int = 1) -> None:
        self._counts.setdefault(tenant, Counter())[what] += many

    async def clear(self, tenant: str) -> int:
        """Forget all of a tenant's answers. Raises CacheUnavailable if the store cannot be told."""
        count = await self._memory.clear(tenant)
        return count if self._behind is None else await self._behind.clear(tenant)

    async def statistics(self, tenant: str) -> Statistics:
        counts = self._counts.get(tenant, Counter())
        stock = await (self._behind or self._memory).stock(tenant)
        return self._statistics(tenant, counts, stock)

    def _statistics(self, tenant: str, counts: Counter[str], stock: Stock) -> Statistics:
        return Statistics(
            exact=counts["exact"],
            semantic=counts["semantic"],
            shared=counts["shared"],
            missed=counts["missed"],
            kept=counts["kept"],
            tokens=counts["tokens"],
            cost=self._spared.get(tenant, 0.0),
            entries=stock.entries,
            size=stock.size,
            store=(self._behind or self._memory).name,
        )

    @property
    def _resting(self) -> bool:
        return self._clock.monotonic() < self._rest_until

    async def _tried(self, work: Coroutine[Any, Any, T]) -> T | None:
        """What the store says; nothing while it cannot be used: a cache is never a reason to fail."""
        if self._resting:
            work.close()
            return None
        try:
            return await work
        except CacheUnavailable as error:
            self._rest_until = self._clock.monotonic() + _PAUSE
            log.warning("the cache goes on in memory for %g s: %s", _PAUSE, error)
            return None

    async def close(self) -> None:
        await self._memory.close()
        if self._behind is not None:
            await self._behind.close()


def _read(data: bytes) -> Reply | None:
    try:
        return _decode(data)
    except msgspec.MsgspecError:
        return None  # of another version

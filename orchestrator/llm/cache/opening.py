"""The cache as the settings want it, and the wrapper that puts it before a model."""

from pathlib import Path

from orchestrator.kernel import settings
from orchestrator.kernel.clock import Clock
from orchestrator.kernel.errors import InvalidSettings
from orchestrator.kernel.registry import Registry
from orchestrator.llm.base import Model
from orchestrator.llm.cache.base import Store
from orchestrator.llm.cache.cache import Cache
from orchestrator.llm.cache.cached import Cached, Flights
from orchestrator.llm.cache.memory import Memory
from orchestrator.llm.cache.sealed import Seal, Sealed
from orchestrator.llm.cache.semantic import Embed, Semantic

STORES = {
    "database": "orchestrator.llm.cache.database:opened",
    "redis": "orchestrator.llm.cache.redis:opened",
}


class Remembered:
    """Answers of the models it is put around."""

    def __init__(self, cache: Cache, *, sampled: bool) -> None:
        self.cache = cache
        self._flights = Flights()
        self._sampled = sampled

    def around(self, model: Model) -> Model:
        return Cached(model, self.cache, self._flights, sampled=self._sampled)

    async def close(self) -> None:
        await self.cache.close()


def open_cache(
    chosen: settings.Cache, folder: Path, clock: Clock, embed: Embed | None = None, seal: Seal | None = None
) -> Remembered | None:
    """None when it is off. `embed` is the embedder that the settings name; `seal` is for what leaves the memory.

    Raises InvalidSettings.
    """
    if chosen.mode == "off":
        return None
    if chosen.store == "redis" and not chosen.redis_url:
        raise InvalidSettings("llm.cache.store is redis, and llm.cache.redis_url is empty.", hint="redis://host:6379/0")
    memory = Memory(clock, entries=chosen.entries, size=chosen.megabytes * 2**20)
    behind: Store | None = None
    if chosen.store != "memory":
        behind = Registry("cache.store", STORES).load(chosen.store)(chosen, folder, clock)
        behind = Sealed(behind, seal) if seal is not None else behind
    semantic = Semantic(embed if chosen.embedder else None, near=chosen.near) if chosen.mode == "semantic" else None
    return Remembered(
        Cache(clock, memory, behind=behind, semantic=semantic, ttl=chosen.seconds), sampled=chosen.sampled
    )

"""Vectors kept for who embeds the same text again: as exact as they came, and never those of another tenant."""

import hashlib
from array import array
from collections.abc import Mapping, Sequence

from orchestrator.llm.cache.cache import Cache


class Vectors:
    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    async def find(self, tenant: str, model: str, texts: Sequence[str]) -> dict[str, list[float]]:
        """Those that are there."""
        found = {}
        for text in dict.fromkeys(texts):
            data = await self._cache.data(tenant, _key(model, text))
            if data is not None:
                found[text] = array("d", data).tolist()
        return found

    async def keep(self, tenant: str, model: str, made: Mapping[str, Sequence[float]]) -> None:
        for text, vector in made.items():
            await self._cache.keep_data(tenant, _key(model, text), array("d", vector).tobytes())


def _key(model: str, text: str) -> str:
    return hashlib.sha256(f"vector\n{model}\n{text}".encode("utf-8", "surrogatepass")).hexdigest()

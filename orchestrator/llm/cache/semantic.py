"""Questions in other words: vectors propose, meaning decides.

The newest questions of a scope (the same tenant, model, instructions, conversation so far and parameters) that lie
close enough to the one asked are proposed; one is taken only if its meaning is equal. So an embedding can make the
cache miss more, never hit more: what it cannot tell apart, such as two numbers, is not left to it.
"""

import hashlib
import math
from collections.abc import Sequence
from typing import Protocol

from orchestrator.llm.cache.base import Question, Store
from orchestrator.llm.cache.meaning import Meaning, meaning

NEAR = 0.9  # cosine from which on a question is proposed
NEWEST = 128  # questions of a scope that are looked at
_DIMENSIONS = 256


class Embedder(Protocol):
    """Texts as vectors: a model's `embed`, or `Lexical`."""

    async def embed(self, texts: list[str]) -> list[list[float]]: ...


class Lexical:
    """Words and their three-letter pieces, hashed: no model, no network. It knows spelling, not sense."""

    async def embed(self, texts: list[str]) -> list[list[float]]:
        return [_hashed(text) for text in texts]


def _hashed(text: str) -> list[float]:
    vector = [0.0] * _DIMENSIONS
    for word in text.split():
        for piece, weight in [(word, 1.0), *((f"#{word}#"[i : i + 3], 0.3) for i in range(len(word)))]:
            digest = hashlib.blake2b(piece.encode(), digest_size=4).digest()
            vector[int.from_bytes(digest[:2], "big") % _DIMENSIONS] += weight if digest[2] & 1 else -weight
    length = math.sqrt(sum(value * value for value in vector)) or 1.0
    return [value / length for value in vector]


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    if len(one) != len(other):
        return 0.0  # of two embedders
    product = sum(a * b for a, b in zip(one, other, strict=True))
    lengths = math.sqrt(sum(a * a for a in one)) * math.sqrt(sum(b * b for b in other))
    return product / lengths if lengths else 0.0


class Semantic:
    def __init__(self, embedder: Embedder, *, near: float = NEAR, most: int = 4096) -> None:
        """`most` vectors are remembered; those of other questions are made again."""
        self._embedder = embedder
        self._near = near
        self._most = most
        self._vectors: dict[str, list[float]] = {}

    async def find(self, store: Store, tenant: str, scope: str, text: str) -> Question | None:
        """The newest question of the scope that means the same."""
        asked = meaning(text)
        if asked is None:
            return None
        known = [(question, meaning(question.text)) for question in await store.questions(tenant, scope, NEWEST)]
        others = [(question, other) for question, other in known if other is not None]
        if not others:
            return None
        await self._embed([asked, *(other for _, other in others)])
        vector = self._vectors[asked.said]
        for question, other in others:
            if cosine(vector, self._vectors[other.said]) >= self._near and other == asked:
                return question
        return None

    async def _embed(self, meanings: Sequence[Meaning]) -> None:
        missing = list(dict.fromkeys(each.said for each in meanings if each.said not in self._vectors))
        if len(self._vectors) + len(missing) > self._most:
            self._vectors = {each.said: self._vectors[each.said] for each in meanings if each.said in self._vectors}
        if missing:
            self._vectors.update(zip(missing, await self._embedder.embed(missing), strict=True))

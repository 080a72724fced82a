"""Questions in other words: meaning decides, and vectors may only say no.

The newest questions of a scope (the same tenant, model, instructions, conversation so far and parameters) are compared
with the one asked; one is taken only if its meaning is equal. Where a model of embeddings is named, the two as they
were written must lie close to each other besides. So an embedding can make the cache miss more, never hit more: what
it cannot tell apart, such as two numbers, is not left to it.
"""

import math
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from orchestrator.llm.cache.base import Question, Store
from orchestrator.llm.cache.meaning import meaning
from orchestrator.policy.budgets.base import Spending

NEAR = 0.8  # cosine below which two questions are not the same, whatever their words
NEWEST = 128  # questions of a scope that are looked at

# Texts as vectors, on the account of the call that they are wanted for. Raises ModelError, BudgetExceeded.
Embed: TypeAlias = Callable[[list[str], Spending], Awaitable[list[list[float]]]]


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    if len(one) != len(other):
        return 0.0  # of two embedders
    product = sum(a * b for a, b in zip(one, other, strict=True))
    lengths = math.sqrt(sum(a * a for a in one)) * math.sqrt(sum(b * b for b in other))
    return product / lengths if lengths else 0.0


class Semantic:
    def __init__(self, embed: Embed | None = None, *, near: float = NEAR) -> None:
        self._embed = embed
        self._near = near

    async def find(
        self, store: Store, tenant: str, scope: str, text: str, account: Spending | None = None
    ) -> Question | None:
        """The newest question of the scope that means the same. Raises what embedding raises."""
        asked = meaning(text)
        if asked is None:
            return None
        for question in await store.questions(tenant, scope, NEWEST):
            if meaning(question.text) == asked and await self._near_enough(text, question.text, account):
                return question
        return None

    async def _near_enough(self, one: str, other: str, account: Spending | None) -> bool:
        if self._embed is None or one == other:
            return True
        if account is None:
            return False  # nobody pays for the vectors
        return cosine(*await self._embed([one, other], account)) >= self._near

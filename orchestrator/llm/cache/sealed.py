"""Answers that leave the memory of this process are sealed: nobody reads them who has only the file, or the Redis.

Each is bound to its tenant and its name, so that it cannot be put in another's place. The names are digests, and the
times are as they were.

Does not hide: how many answers there are, of which tenant, how long, when they were used.
"""

from typing import Protocol

import msgspec

from orchestrator.llm.cache.base import Kept, Question, Stock, Store


class Seal(Protocol):
    def seal(self, value: bytes, place: tuple[str, ...]) -> bytes: ...

    def unseal(self, sealed: bytes, place: tuple[str, ...]) -> bytes:
        """Raises ValueError where it was not sealed so, for this place."""


class Sealed:
    """A store whose inner one never sees what it keeps."""

    def __init__(self, inner: Store, seal: Seal) -> None:
        self._inner = inner
        self._seal = seal
        self.name = inner.name

    async def get(self, tenant: str, key: str) -> Kept | None:
        kept = await self._inner.get(tenant, key)
        if kept is None:
            return None
        try:
            return Kept(self._seal.unseal(kept.data, ("answer", tenant, key)), kept.expires)
        except ValueError:  # of another master key, or of a version that sealed nothing
            await self._inner.remove(tenant, key)
            return None

    async def put(self, tenant: str, key: str, kept: Kept, *, scope: str = "", question: str = "") -> None:
        data = self._seal.seal(kept.data, ("answer", tenant, key))
        hidden = self._seal.seal(question.encode(), ("question", tenant, key)).hex() if scope else ""
        await self._inner.put(tenant, key, Kept(data, kept.expires), scope=scope, question=hidden)

    async def questions(self, tenant: str, scope: str, limit: int) -> list[Question]:
        found = []
        for question in await self._inner.questions(tenant, scope, limit):
            try:
                text = self._seal.unseal(bytes.fromhex(question.text), ("question", tenant, question.key)).decode()
            except ValueError:
                continue
            found.append(msgspec.structs.replace(question, text=text))
        return found

    async def remove(self, tenant: str, key: str) -> None:
        await self._inner.remove(tenant, key)

    async def clear(self, tenant: str) -> int:
        return await self._inner.clear(tenant)

    async def stock(self, tenant: str) -> Stock:
        return await self._inner.stock(tenant)

    async def close(self) -> None:
        await self._inner.close()

"""The `redis` store: shared by every process that has the same Redis. Requires the extra `redis`.

Entries expire there by themselves; how much it may hold is Redis's own `maxmemory`, with an `allkeys-` or
`volatile-` policy. A tenant is a part of every name, and nothing is read that does not bear it.
"""

import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

import msgspec

from orchestrator.kernel import settings
from orchestrator.kernel.clock import Clock
from orchestrator.kernel.errors import InvalidSettings
from orchestrator.kernel.packages import command
from orchestrator.llm.cache.base import CacheUnavailable, Kept, Question, Stock

if TYPE_CHECKING:
    from redis.asyncio import Redis as Client

_PAGE = 500
_SECONDS = 2.0  # to connect, and for an answer
_GLOB = re.compile(r"[*?\[\]\\^]")
_kept = msgspec.msgpack.Decoder(Kept)
_question = msgspec.msgpack.Decoder(Question)


class Redis:
    name = "redis"

    def __init__(self, url: str, clock: Clock, *, prefix: str = "orchestrator:cache") -> None:
        try:
            from redis import asyncio as redis
        except ImportError as error:
            raise InvalidSettings(
                "llm.cache.store is redis, and the package redis is not installed.",
                hint=command("redis"),
            ) from error
        self._clock = clock
        self._prefix = prefix
        try:
            self._client: Client = redis.from_url(url, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS)
        except ValueError as error:
            raise InvalidSettings(f"llm.cache.redis_url: {error}.") from error

    def _name(self, tenant: str, kind: str, key: str = "") -> str:
        owner = hashlib.sha256(tenant.encode()).hexdigest()[:24]  # a tenant's name may hold any character
        return f"{self._prefix}:{owner}:{kind}:{key}"

    @asynccontextmanager
    async def _asking(self) -> AsyncIterator[None]:
        from redis.exceptions import RedisError

        try:
            yield
        except (RedisError, OSError, TimeoutError) as error:
            raise CacheUnavailable(
                f"Redis cannot be used: {str(error) or type(error).__name__}.", hint="Look at llm.cache.redis_url."
            ) from error

    async def get(self, tenant: str, key: str) -> Kept | None:
        async with self._asking():
            data = await self._client.get(self._name(tenant, "a", key))
        found = None if data is None else _kept.decode(cast(bytes, data))
        return found if found is not None and found.expires > self._clock.now() else None

    async def put(self, tenant: str, key: str, kept: Kept, *, scope: str = "", question: str = "") -> None:
        life = round((kept.expires - self._clock.now()) * 1000)
        if life <= 0:
            return
        async with self._asking():
            pipe = self._client.pipeline(transaction=False)
            pipe.set(self._name(tenant, "a", key), msgspec.msgpack.encode(kept), px=life)
            if scope:
                asked = self._name(tenant, "q", scope)
                pipe.hset(asked, key, msgspec.msgpack.encode(Question(key, question, kept.expires)))
                pipe.pexpire(asked, life)
            await pipe.execute()

    async def questions(self, tenant: str, scope: str, limit: int) -> list[Question]:
        asked = self._name(tenant, "q", scope)
        async with self._asking():
            found = [_question.decode(cast(bytes, value)) for value in await self._client.hvals(asked)]
            now = self._clock.now()
            over = [question.key for question in found if question.expires <= now]
            fresh = sorted((q for q in found if q.expires > now), key=lambda q: -q.expires)
            over += [question.key for question in fresh[limit * 2 :]]
            if over:
                await self._client.hdel(asked, *over)
        return fresh[:limit]

    async def remove(self, tenant: str, key: str) -> None:
        async with self._asking():
            await self._client.unlink(self._name(tenant, "a", key))

    async def clear(self, tenant: str) -> int:
        count = 0
        async with self._asking():
            async for names in self._pages(self._name(tenant, "*", "*")):
                count += sum(b":a:" in name for name in names)
                await self._client.unlink(*names)
        return count

    async def stock(self, tenant: str) -> Stock:
        entries = size = 0
        async with self._asking():
            async for names in self._pages(self._name(tenant, "a", "*")):
                pipe = self._client.pipeline(transaction=False)
                for name in names:
                    pipe.strlen(name)
                lengths = [length for length in await pipe.execute() if length]
                entries += len(lengths)
                size += sum(lengths)
        return Stock(entries, size)

    async def _pages(self, pattern: str) -> AsyncIterator[list[bytes]]:
        page: list[bytes] = []
        literal = _GLOB.sub(r"\\\g<0>", self._prefix)
        async for name in self._client.scan_iter(match=pattern.replace(self._prefix, literal, 1), count=_PAGE):
            page.append(name)
            if len(page) == _PAGE:
                yield page
                page = []
        if page:
            yield page

    async def close(self) -> None:
        await self._client.aclose()


def opened(chosen: settings.Cache, folder: Path, clock: Clock) -> Redis:
    return Redis(str(chosen.redis_url), clock)

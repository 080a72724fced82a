"""Where answers are kept: one protocol for memory, a database file and Redis.

A store knows bytes, tenants and time, nothing else. Whatever it is asked is asked of one tenant; there is no
way to ask for another's. A store that cannot be reached says so with CacheUnavailable: the caller goes on without.
"""

from typing import Protocol

from msgspec import Struct

from orchestrator.kernel.errors import OrchestratorError


class CacheUnavailable(OrchestratorError):
    code = "cache_unavailable"
    retryable = True


class Kept(Struct, frozen=True):
    data: bytes
    expires: float  # seconds since the Unix epoch


class Question(Struct, frozen=True):
    """What was asked of a scope, for who asks in other words."""

    key: str  # of the answer
    text: str
    expires: float


class Stock(Struct, frozen=True):
    entries: int
    size: int  # bytes


class Store(Protocol):
    name: str  # for a person

    async def get(self, tenant: str, key: str) -> Kept | None:
        """What was kept and has not expired."""

    async def put(self, tenant: str, key: str, kept: Kept, *, scope: str = "", question: str = "") -> None:
        """Keep it, in place of what was there. A question is found again by its scope."""

    async def questions(self, tenant: str, scope: str, limit: int) -> list[Question]:
        """The newest questions of a scope that have not expired."""

    async def remove(self, tenant: str, key: str) -> None: ...

    async def clear(self, tenant: str) -> int:
        """Forget all of a tenant's; how many there were."""

    async def stock(self, tenant: str) -> Stock: ...

    async def close(self) -> None: ...

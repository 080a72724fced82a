"""How the rooms speak with a database: connections whose work is awaited, whatever does it.

SQLAlchemy's asyncio extension has these methods, and brings its whole ORM, which nobody here uses: megabytes, and a
tenth of a second of each start. So only PostgreSQL is reached through it; see `threads.py` for the embedded database.
"""

from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeAlias

from sqlalchemy import CursorResult, Dialect, Executable, Row

Parameters: TypeAlias = Mapping[str, Any] | Sequence[Mapping[str, Any]]
Answer: TypeAlias = CursorResult[*tuple[Any, ...]]
Found: TypeAlias = Row[*tuple[Any, ...]]


class Rows(Protocol):
    """Read while they are looked at."""

    def partitions(self, size: int) -> AsyncIterator[Sequence[Found]]: ...


class AsyncConnection(Protocol):
    """In a transaction since its first statement; what is not committed is rolled back."""

    @property
    def dialect(self) -> Dialect: ...

    async def execute(self, statement: Executable, parameters: Parameters | None = None) -> Answer:
        """With every row of the answer."""

    async def exec_driver_sql(self, statement: str) -> Answer: ...
    def stream(self, statement: Executable) -> Awaitable[Rows]: ...
    async def commit(self) -> None: ...


class AsyncEngine(Protocol):
    @property
    def dialect(self) -> Dialect: ...

    def connect(self) -> AbstractAsyncContextManager[AsyncConnection]: ...

    def begin(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Committed at the end, unless that is an exception."""

    async def dispose(self) -> None: ...

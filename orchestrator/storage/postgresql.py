"""PostgreSQL: how it is reached, what its refusals mean, and its migrations. Many servers may share one."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypeAlias

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import event, make_url, text
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import ArgumentError, DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as Busy
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, ConnectionPoolEntry, NullPool

from orchestrator.kernel.errors import InvalidInput, InvalidSettings, JournalUnavailable, OrchestratorError
from orchestrator.kernel.settings import Storage
from orchestrator.storage.database import Database, upgrade

OLDEST = 14  # pg_terminate_backend that waits
MIGRATING = 0x6F72_6368_0001  # advisory locks: one who migrates,
APPENDING = 0x6F72_6368_0002  # and one who appends, of all servers
_REFUSED = {
    "28": ("refuses the user or the password", "Mend storage.url."),
    "3D": ("has no such database", "Create it first: createdb NAME, or mend storage.url."),
    "53": ("has no room", "Is its disk full, or are there too many connections? Nothing acknowledged is lost."),
    "42501": ("does not let this user", "It must own the database, or be granted CREATE on its schema and TEMPORARY."),
    "25006": ("is read-only", "Is it a replica? storage.url must name the one that is written."),
    "57": ("stops, or is starting", "Nothing acknowledged is lost; it is tried again."),
}
_UNREACHED = ("cannot be reached", "Is it running, and is storage.url right? Nothing acknowledged is lost.")
_UNABLE = ("could not do what was asked", "Its log says more. Nothing acknowledged is lost.")
FAILURES = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)

# A commit that returned survives a power cut, whatever the server's default is.
_DURABLE = "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
_OTHERS = """SELECT count(DISTINCT application_name) FROM pg_stat_activity
  WHERE application_name LIKE 'orchestrator %' AND datname = current_database() AND application_name <> :me"""

Connection: TypeAlias = Any  # asyncpg.Connection: it has no types

log = logging.getLogger("orchestrator.storage")


class _Pool(AsyncAdaptedQueuePool):
    def _do_get(self) -> ConnectionPoolEntry:
        try:
            return super()._do_get()
        except Busy as error:
            raise JournalUnavailable(
                f"All {self.size()} connections to PostgreSQL are busy.", hint="See storage.connections."
            ) from error


class PostgresDatabase(Database):
    def __init__(self, url: str, settings: Storage | None = None) -> None:
        self._url = url
        self._settings = settings or Storage()
        self.where = shown(url)
        self.engine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=self.connect,
            pool_size=self._settings.connections,
            max_overflow=0,  # to wait for one costs less than to make one
            pool_timeout=self._settings.timeout,
            poolclass=_Pool,
        )
        self.reading = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        event.listen(self.engine.sync_engine, "checkout", _looked_at)
        event.listen(self.engine.sync_engine, "handle_error", self._explained)

    async def connect(self, *, patient: bool = False) -> Connection:
        """A connection of one's own; a patient one may wait and work for as long as it takes.

        Raises JournalUnavailable, in words for a person.
        """
        timeout = self._settings.timeout
        options = {
            "application_name": _program(),
            "jit": "off",
            "idle_in_transaction_session_timeout": "0" if patient else f"{int(timeout * 1000)}",
        }
        try:
            connection = await asyncpg.connect(
                self._url, timeout=timeout, command_timeout=None if patient else timeout, server_settings=options
            )
            await connection.execute(_DURABLE)
        except asyncpg.ClientConfigurationError as error:
            raise InvalidSettings(f"storage.url is no address of PostgreSQL: {error}.", hint=_EXAMPLE) from error
        except FAILURES as error:
            raise self.explain(error) from error
        return connection

    def migrate(self) -> None:
        with ThreadPoolExecutor(1) as aside:  # a loop may be running here
            aside.submit(asyncio.run, self._migrate()).result()

    async def _migrate(self) -> None:
        connection = await self.connect()
        try:
            await self._inspect(connection)
            if self.is_newest(await _revision(connection)):
                return
        finally:
            await connection.close()
        async with self.alone() as changing:
            if not self.is_newest(await _revision((await changing.get_raw_connection()).driver_connection)):
                await changing.run_sync(upgrade)

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[AsyncConnection]:
        engine = create_async_engine(
            "postgresql+asyncpg://", async_creator=partial(self.connect, patient=True), poolclass=NullPool
        )
        try:
            async with engine.begin() as connection:
                for lock in (MIGRATING, APPENDING):
                    await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": lock})
                async with _while_it_lives((await connection.get_raw_connection()).driver_connection):
                    yield connection
        except (DBAPIError, *FAILURES) as error:
            raise self.explain(getattr(error, "orig", error)) from error
        finally:
            await engine.dispose()

    async def others(self) -> int:
        """How many other servers and commands use this database now."""
        async with self.engine.connect() as connection:
            return int((await connection.execute(text(_OTHERS), {"me": _program()})).scalar_one())

    async def state(self) -> tuple[str, bool]:
        """The server's version, and whether what it commits survives a power cut. Raises JournalUnavailable."""
        connection = await self.connect()
        try:
            await self._inspect(connection)
            version = str(await connection.fetchval("SHOW server_version")).partition(" ")[0]
            return version, await connection.fetchval("SHOW fsync") == "on"
        except FAILURES as error:
            raise self.explain(error) from error
        finally:
            connection.terminate()

    async def _inspect(self, connection: Connection) -> None:
        version = connection.get_server_version().major
        if version < OLDEST:
            raise JournalUnavailable(
                f"PostgreSQL at {self.where} is version {version}.",
                hint=f"Version {OLDEST} or newer is needed. Nothing was changed.",
            )
        encoding = await connection.fetchval("SHOW server_encoding")
        if encoding != "UTF8":
            raise JournalUnavailable(
                f"The database at {self.where} holds text as {encoding}.",
                hint="Create one that holds UTF8: createdb --encoding=UTF8 --template=template0 NAME",
            )
        if await connection.fetchval("SHOW fsync") == "off":
            log.warning("PostgreSQL at %s has fsync off: a power cut may lose what was acknowledged", self.where)

    def _explained(self, context: ExceptionContext) -> OrchestratorError | None:
        """What happens to the server, in our own words; what a statement did wrong stays what it is."""
        error = context.original_exception
        if not isinstance(error, Exception):
            return None  # cancelled, which is nobody's fault and stays what it is
        state = str(getattr(error, "sqlstate", None) or "")
        if state.startswith("22"):
            return InvalidInput(f"The database cannot hold this: {error}.")
        lost = context.is_disconnect or isinstance(error, OSError | TimeoutError | asyncpg.InternalClientError)
        return self.explain(error) if lost or _refusal(state) or state.startswith(("08", "58")) else None

    def explain(self, error: BaseException) -> JournalUnavailable:
        state = str(getattr(error, "sqlstate", None) or "08")
        what, hint = _refusal(state) or (_UNREACHED if state.startswith("08") else _UNABLE)
        said = str(error).partition("\n")[0].rstrip(".") or type(error).__name__
        return JournalUnavailable(f"PostgreSQL at {self.where} {what}: {said}.", hint=hint)


@asynccontextmanager
async def _while_it_lives(connection: Connection) -> AsyncIterator[None]:
    """Raises ConnectionError when the server ends it: asyncpg, in the middle of many rows, would wait for ever."""

    def ended(_: Connection) -> None:
        limit.reschedule(0.0)

    try:
        async with asyncio.timeout(None) as limit:
            connection.add_termination_listener(ended)
            try:
                yield
            finally:
                connection.remove_termination_listener(ended)
    except TimeoutError as error:
        if limit.expired():
            raise ConnectionError("the connection was lost") from error
        raise


def _looked_at(connection: Any, *_: Any) -> None:
    """A connection that ended while nobody used it is replaced."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError


def _program() -> str:
    """How the server's administrator sees this process."""
    return f"orchestrator {os.getpid()}"


_EXAMPLE = "It looks like this: postgresql://user:password@host:5432/database"


def shown(url: str) -> str:
    """The address without what is secret in it. Raises InvalidSettings when it is none."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise InvalidSettings("storage.url cannot be read as an address.", hint=_EXAMPLE) from error
    if parsed.drivername not in ("postgresql", "postgres"):
        raise InvalidSettings(f"storage.url begins with {parsed.drivername}://, not with postgresql://.", hint=_EXAMPLE)
    host = parsed.query.get("host") or parsed.host or "this machine"
    port = parsed.query.get("port") or parsed.port
    name = parsed.database or parsed.username or "its default database"
    return f"{host}{f':{port}' if port else ''}/{name}"


def _refusal(state: str) -> tuple[str, str] | None:
    return _REFUSED.get(state) or _REFUSED.get(state[:2])


async def _revision(connection: Connection) -> str | None:
    if await connection.fetchval("SELECT to_regclass('alembic_version')") is None:
        return None
    found = await connection.fetchval("SELECT version_num FROM alembic_version")
    return str(found) if found is not None else None

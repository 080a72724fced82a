"""The vault: secrets by name, sealed under the installation's master key, bound to hosts and tools.

A value is sealed together with its name and its binding, so that whoever can write to the database can neither
move it nor widen where it may go. The values are in the memory of this process, which finds them again in
whatever tools say. Does not protect against somebody who reads that memory, or the master key.
"""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import sqlalchemy as sa
from msgspec import Struct

from orchestrator.identity.base import TENANT, Record
from orchestrator.identity.redaction import SHORTEST, Redactor
from orchestrator.journal.keys import NONCE, Master
from orchestrator.kernel.clock import Clock
from orchestrator.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from orchestrator.kernel.events import SecretRemoved, SecretRevealed, SecretStored
from orchestrator.kernel.secrets import NAME, how_to_set
from orchestrator.kernel.settings import Secret
from orchestrator.storage.database import Database
from orchestrator.storage.tables_secrets import secrets

STREAM = f"secrets:{TENANT}"
LONGEST = 64 * 1024  # characters of a value
_PLACES = 32  # hosts, or tools, of one secret
_HOST = re.compile(r"(\*\.)?[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_-]{1,63})*|\[?[0-9a-f:]*:[0-9a-f:.]*\]?")
_TOOL = re.compile(r"[A-Za-z0-9_.:-]{1,100}")

log = logging.getLogger("orchestrator.identity")


class Entry(Struct, frozen=True):
    """What may be known of a secret; never its value."""

    name: str
    hosts: tuple[str, ...]
    tools: tuple[str, ...]
    by: str
    created_at: float  # seconds since the Unix epoch
    updated_at: float

    def admits(self, tool: str, host: str) -> bool:
        """Whether it may be used by this tool, towards this host: where both are bound, both must be right."""
        return (not self.tools or tool in self.tools) and (not self.hosts or is_among(host, self.hosts))

    def where(self) -> str:
        """For a person."""
        places = [("the hosts ", self.hosts), ("the tools ", self.tools)]
        return " and ".join(kind + ", ".join(names) for kind, names in places if names)


def is_among(host: str, patterns: Sequence[str]) -> bool:
    host = host.lower().rstrip(".").strip("[]")
    return any(
        host == pattern or (pattern.startswith("*.") and host.endswith(pattern[1:]) and host != pattern[2:])
        for pattern in patterns
    )


class Vault:
    def __init__(
        self, database: Database, master: Master, clock: Clock, entropy: Callable[[int], bytes], record: Record
    ) -> None:
        self._engine = database.engine
        self._master = master
        self._clock = clock
        self._entropy = entropy
        self._record = record
        self._entries: dict[str, Entry] = {}
        self._values: dict[str, str] = {}
        self._seen: dict[tuple[str, str], None] = {}  # every value this process knew: what was said of it stays hidden
        self._redactor = Redactor(())
        self._stale = True
        self._reading = asyncio.Lock()
        self._refresh: asyncio.Task[None] | None = None

    async def load(self) -> None:
        """Read it from the database, where it changed since."""
        async with self._reading:
            if not self._stale:
                return
            self._stale = False
            query = sa.select(secrets).where(secrets.c.tenant == TENANT).order_by(secrets.c.name)
            try:
                async with self._engine.connect() as connection:
                    rows = (await connection.execute(query)).all()
            except BaseException:
                self._stale = True
                raise
            self._entries = {row.name: _entry(row) for row in rows}
            self._values = {row.name: value for row in rows if (value := self._unsealed(row)) is not None}
            self._remember()

    def learn(self, stream: str) -> None:
        """Another server wrote to a stream; empty: to whatever stream."""
        if stream in (STREAM, ""):
            self._stale = True
            self._refresh = asyncio.ensure_future(self.load())

    async def close(self) -> None:
        if self._refresh is not None:
            self._refresh.cancel()
            await asyncio.wait([self._refresh])

    # Whoever administers

    async def entries(self) -> list[Entry]:
        await self.load()
        return list(self._entries.values())

    async def put(self, name: str, value: str, hosts: Sequence[str], tools: Sequence[str], *, by: str) -> Entry:
        """Keep a value under a name, in place of the one before. Raises InvalidInput, Conflict."""
        value, hosts, tools = _value(value), _hosts(hosts), _tools(tools)
        if not NAME.fullmatch(name):
            raise InvalidInput(
                f"{name!r} cannot be the name of a secret.",
                hint="Use up to 64 letters, digits and . _ -, a letter first.",
            )
        if not hosts and not tools:
            raise Conflict(
                f"{name} is bound to nothing: it could go anywhere.",
                hint="Name a host (--host), a tool (--tool), or both.",
            )
        await self.load()
        now = self._clock.now()
        before = self._entries.get(name)
        entry = Entry(name, tuple(hosts), tuple(tools), by, before.created_at if before else now, now)
        sealed = self._master.seal(value.encode("utf-8"), _place(entry), self._entropy(NONCE))
        row = {
            "tenant": TENANT,
            "name": name,
            "hosts": " ".join(entry.hosts),
            "tools": " ".join(entry.tools),
            "sealed": sealed,
            "by": by,
            "created_at": entry.created_at,
            "updated_at": now,
        }
        async with self._engine.begin() as connection:
            await connection.execute(sa.delete(secrets).where(secrets.c.tenant == TENANT, secrets.c.name == name))
            await connection.execute(sa.insert(secrets).values(row))
        self._entries = dict(sorted({**self._entries, name: entry}.items()))
        self._values[name] = value
        self._remember()
        await self._record(STREAM, SecretStored(name, by, entry.hosts, entry.tools), tenant=TENANT, subject=by)
        return entry

    async def remove(self, name: str, *, by: str) -> None:
        """Raises NotFound."""
        await self.load()
        if name not in self._entries:
            raise _unknown(name)
        async with self._engine.begin() as connection:
            await connection.execute(sa.delete(secrets).where(secrets.c.tenant == TENANT, secrets.c.name == name))
        del self._entries[name]
        self._values.pop(name, None)
        await self._record(STREAM, SecretRemoved(name, by), tenant=TENANT, subject=by)

    # Whoever uses: see kernel/secrets.py

    async def reveal(self, name: str, *, tool: str, host: str = "", run_id: str = "") -> Secret:
        await self.load()
        entry = self._entries.get(name)
        if entry is None:
            raise _unknown(name)
        if not entry.admits(tool, host):
            towards = f" towards {host}" if host else ""
            raise NotAllowed(
                f"The secret {name} may not be used by {tool}{towards}: it is bound to {entry.where()}.",
                hint="Whoever administers this server may bind it elsewhere.",
            )
        value = self._values.get(name)
        if value is None:
            raise NotAllowed(
                f"The secret {name} cannot be opened: what is stored is not what was sealed.",
                hint=f"Whoever administers this server can set it again: {how_to_set(name)}",
            )
        if run_id:
            told = SecretRevealed(name, tool, host, run_id)
            await self._record(STREAM, told, tenant=TENANT, subject=entry.by)
        return Secret(value)

    def redact(self, text: str) -> str:
        return self._redactor.redact(text)

    # What policy looks at

    def entry(self, name: str) -> Entry | None:
        return self._entries.get(name)

    def found(self, text: str) -> list[str]:
        """The names of the secrets whose values stand in a text."""
        return self._redactor.found(text)

    def _remember(self) -> None:
        known = {**self._seen, **dict.fromkeys(self._values.items())}
        if len(known) > len(self._seen) or not self._seen:
            self._seen = known
            self._redactor = Redactor(known)

    def _unsealed(self, row: Any) -> str | None:
        try:
            return self._master.unseal(bytes(row.sealed), _place(_entry(row))).decode("utf-8")
        except ValueError as error:
            log.error("the secret %s cannot be opened: %s", row.name, error)
            return None


@asynccontextmanager
async def open_vault(
    database: Database, master: Master, clock: Clock, entropy: Callable[[int], bytes], record: Record
) -> AsyncIterator[Vault]:
    """The vault, read."""
    vault = Vault(database, master, clock, entropy, record)
    await vault.load()
    try:
        yield vault
    finally:
        await vault.close()


def _entry(row: Any) -> Entry:
    hosts, tools = tuple(row.hosts.split()), tuple(row.tools.split())
    return Entry(row.name, hosts, tools, row.by, row.created_at, row.updated_at)


def _place(entry: Entry) -> tuple[str, ...]:
    return (TENANT, entry.name, " ".join(entry.hosts), " ".join(entry.tools))


def _unknown(name: str) -> NotFound:
    return NotFound(f"There is no secret {name!r}.", hint=f"Whoever administers this server can: {how_to_set(name)}")


def _value(value: str) -> str:
    value = value.strip("\r\n")
    if len(value.strip()) < SHORTEST:
        raise InvalidInput(
            f"The value has fewer than {SHORTEST} characters: it could not be told from other words and hidden.",
            hint="Choose a longer one.",
        )
    if len(value) > LONGEST or "\0" in value:
        raise InvalidInput(f"A value has at most {LONGEST} characters, and no zeros.")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InvalidInput("The value holds characters that cannot be written.") from error
    return value


def _hosts(given: Sequence[str]) -> list[str]:
    hosts = sorted({host.strip().lower().rstrip(".").strip("[]") for host in given})
    for host in hosts:
        if not _HOST.fullmatch(host) or len(host) > 253:
            raise InvalidInput(
                f"{host!r} is not the name of a host.", hint="Write it as api.example.org, or *.example.org."
            )
    return _few(hosts)


def _tools(given: Sequence[str]) -> list[str]:
    tools = sorted({tool.strip() for tool in given})
    for tool in tools:
        if not _TOOL.fullmatch(tool):
            raise InvalidInput(f"{tool!r} is not the name of a tool.", hint="orchestrator tools list shows them.")
    return _few(tools)


def _few(places: list[str]) -> list[str]:
    if len(places) > _PLACES:
        raise InvalidInput(f"A secret is bound to at most {_PLACES} hosts and as many tools.")
    return places

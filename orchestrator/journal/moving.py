"""A whole installation moved from one database to the other kind, in one transaction: all of it is there, or nothing.

Every row of every table is copied; then what the new database holds is read back and compared with the old one,
table by table, and each stream's chain of hashes is followed. Blobs, archives and keys are files, and stay.
"""

import hashlib
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct
from sqlalchemy import Table, func, insert, select, text

from orchestrator.journal.rows import GENESIS, verify
from orchestrator.kernel.errors import Conflict, JournalDamaged
from orchestrator.storage import (  # noqa: F401  (they add their tables to the metadata)
    tables_budgets,
    tables_identity,
    tables_journal,
    tables_secrets,
)
from orchestrator.storage.database import Database
from orchestrator.storage.engine import AsyncConnection
from orchestrator.storage.tables import events, metadata

_CHUNK = 1000  # rows at a time
_pack = msgspec.msgpack.Encoder().encode

Progress: TypeAlias = Callable[[str, int, int], None]  # what is done, rows, of how many
_Row: TypeAlias = tuple[Any, ...]


class Moved(Struct, frozen=True):
    rows: dict[str, int]  # by table
    streams: int  # whose chain of hashes holds
    before: bool  # it was there already, all of it


async def move(source: Database, target: Database, progress: Progress = lambda what, done, total: None) -> Moved:
    """Nobody may write to the source meanwhile. Raises Conflict when the target holds something else."""
    tables = metadata.sorted_tables
    async with source.engine.connect() as reading, target.alone() as writing:
        counts = {table.name: await _count(reading, table) for table in tables}
        filled = [table.name for table in tables if await _count(writing, table)]
        if not filled:
            for table in tables:
                await _copy(reading, writing, table, counts[table.name], progress)
            if writing.dialect.name == "postgresql":
                await writing.execute(text(_NEXT_POSITION))
        for table in tables:
            if await _sum(reading, table) != await _sum(writing, table):
                raise _differs(target, table, copied=not filled)
            progress(f"compared: {table.name}", counts[table.name], counts[table.name])
        streams = await _chains(writing, counts[events.name], progress)
    return Moved(counts, streams, bool(filled))


_NEXT_POSITION = (
    "SELECT setval(pg_get_serial_sequence('events', 'position'), coalesce(max(position), 0) + 1, false) FROM events"
)


def _differs(target: Database, table: Table, *, copied: bool) -> Conflict | JournalDamaged:
    if copied:
        return JournalDamaged(
            f"What {target.where} holds of {table.name} is not what was copied.",
            hint="Nothing was changed: neither there nor here.",
        )
    return Conflict(
        f"{target.where} holds other data already (look at {table.name}).",
        hint="Name an empty database. Nothing was changed.",
    )


async def _count(connection: AsyncConnection, table: Table) -> int:
    return int((await connection.execute(select(func.count()).select_from(table))).scalar_one())


async def _rows(connection: AsyncConnection, table: Table, *order: Any) -> AsyncIterator[list[_Row]]:
    found = await connection.stream(select(table).order_by(*(order or table.primary_key)))
    async for chunk in found.partitions(_CHUNK):
        yield [tuple(_plain(value) for value in row) for row in chunk]


def _plain(value: Any) -> Any:
    """The same value of either database: bytes as bytes, and no NUL in a text (PostgreSQL holds none)."""
    if isinstance(value, str):
        return value.replace("\0", "\ufffd") if "\0" in value else value
    return bytes(value) if isinstance(value, memoryview | bytearray) else value


async def _copy(
    reading: AsyncConnection, writing: AsyncConnection, table: Table, total: int, progress: Progress
) -> None:
    names, done = [column.name for column in table.columns], 0
    async for rows in _rows(reading, table):
        await writing.execute(insert(table), [dict(zip(names, row, strict=True)) for row in rows])
        done += len(rows)
        progress(f"copied: {table.name}", done, total)


async def _sum(connection: AsyncConnection, table: Table) -> bytes:
    digest = hashlib.sha256()
    async for rows in _rows(connection, table):
        for row in rows:
            digest.update(_pack(row))
    return digest.digest()


async def _chains(connection: AsyncConnection, total: int, progress: Progress) -> int:
    streams = done = 0
    stream, seq, previous = "", 0, GENESIS
    found = await connection.stream(select(events).order_by(events.c.stream, events.c.seq))
    async for rows in found.partitions(_CHUNK):
        for row in rows:
            if row.stream != stream:
                streams, stream, seq, previous = streams + 1, row.stream, 0, GENESIS
            if found_break := verify([row], seq, previous):
                raise JournalDamaged(
                    f"In {row.stream}, {found_break.reason}: it is not moved.",
                    hint="`orchestrator journal verify` says more. Nothing was changed.",
                )
            seq, previous = row.seq, bytes(row.hash)
        done += len(rows)
        progress("followed: chains of hashes", done, total)
    return streams

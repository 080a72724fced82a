"""The events of a tenant as a file: JSON lines, or Parquet for whoever counts with it. Bodies are decrypted."""

import asyncio
import os
from pathlib import Path
from typing import Any, Literal, TypeAlias

import msgspec
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from orchestrator.journal.archive import library, write_parquet
from orchestrator.journal.chain import Progress
from orchestrator.journal.keys import Keyring
from orchestrator.journal.rows import unseal
from orchestrator.kernel.errors import InvalidInput
from orchestrator.kernel.events import Erased
from orchestrator.storage.tables import events

Format: TypeAlias = Literal["jsonl", "parquet"]
_CHUNK = 250
_COLUMNS = {
    "position": "BIGINT",
    "stream": "VARCHAR",
    "seq": "BIGINT",
    "type": "VARCHAR",
    "tenant": "VARCHAR",
    "subject": "VARCHAR",
    "at": "DOUBLE",
    "body": "JSON",
    "hash": "VARCHAR",
}


async def export(
    engine: AsyncEngine,
    keyring: Keyring,
    tenant: str,
    to: Path,
    format: Format = "jsonl",
    *,
    stream: str = "",
    progress: Progress = lambda done, total: None,
) -> int:
    """Write the events of a tenant, or of one stream, in the order of their commits. Returns how many.

    A body whose key was destroyed is null. What was moved to the archive is not here.
    """
    if format == "parquet":
        library()
    _make_room(to)
    lines = to.with_name(f".{to.name}.lines")
    try:
        count = await _lines(engine, keyring, tenant, lines, stream, progress)
        if format == "parquet":
            await asyncio.to_thread(write_parquet, lines, _COLUMNS, to)
        else:
            lines.rename(to)
    finally:
        lines.unlink(missing_ok=True)
    return count


def _make_room(to: Path) -> None:
    if to.exists():
        raise InvalidInput(f"{to} exists.", hint="Choose another name: nothing is overwritten.")
    to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)


async def _lines(engine: AsyncEngine, keyring: Keyring, tenant: str, to: Path, stream: str, progress: Progress) -> int:
    query = select(events).where(events.c.tenant == tenant)
    if stream:
        query = query.where(events.c.stream == stream)
    async with engine.connect() as connection:
        total = int((await connection.execute(select(func.count()).select_from(query.subquery()))).scalar_one())
    descriptor = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    after = count = 0
    with os.fdopen(descriptor, "wb") as file:
        while True:
            async with engine.connect() as connection:
                some = query.where(events.c.position > after).order_by(events.c.position).limit(_CHUNK)
                rows = (await connection.execute(some)).all()
                keys = await keyring.named(connection, (row.key for row in rows))
            if not rows:
                break
            file.write(b"".join(msgspec.json.encode(_plain(row, keys.get(row.key))) + b"\n" for row in rows))
            after, count = rows[-1].position, count + len(rows)
            progress(count, total)
        file.flush()
        os.fsync(file.fileno())
    return count


def _plain(row: Any, key: Any) -> dict[str, Any]:
    event = unseal(row, key)
    body = None if isinstance(event.body, Erased) else event.body
    return {
        "position": row.position,
        "stream": row.stream,
        "seq": row.seq,
        "type": row.type,
        "tenant": row.tenant,
        "subject": row.subject,
        "at": row.at,
        "body": body,
        "hash": bytes(row.hash).hex(),
    }

"""The events of a tenant as a file: JSON lines, or Parquet for whoever counts with it. Bodies are decrypted."""

import asyncio
import os
from pathlib import Path
from typing import Any, Literal, TypeAlias

import msgspec

from orchestrator.journal.archive import COLUMNS, library, write_parquet
from orchestrator.journal.chain import Progress
from orchestrator.journal.history import History
from orchestrator.journal.keys import Keyring
from orchestrator.journal.rows import unseal
from orchestrator.kernel.errors import InvalidInput
from orchestrator.kernel.events import Erased
from orchestrator.storage.engine import AsyncEngine

Format: TypeAlias = Literal["jsonl", "parquet"]
_COLUMNS = {name: kind for name, kind in COLUMNS.items() if name != "key"} | {"body": "JSON", "hash": "VARCHAR"}


async def export(
    history: History,
    engine: AsyncEngine,
    keyring: Keyring,
    to: Path,
    format: Format = "jsonl",
    *,
    progress: Progress = lambda done, total: None,
) -> int:
    """Write a history in the order of its commits. Returns how many events it has.

    A body whose key was destroyed is null.
    """
    if format == "parquet":
        library()
    _make_room(to)
    lines, draft = to.with_name(f".{to.name}.lines"), to.with_name(f".{to.name}.part")
    try:
        count = await _lines(history, engine, keyring, lines, progress)
        if format == "parquet":
            await asyncio.to_thread(write_parquet, lines, _COLUMNS, draft)
            draft.rename(to)
        else:
            lines.rename(to)
    finally:
        lines.unlink(missing_ok=True)
        draft.unlink(missing_ok=True)
    return count


def _make_room(to: Path) -> None:
    if to.exists():
        raise InvalidInput(f"{to} exists.", hint="Choose another name: nothing is overwritten.")
    to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)


async def _lines(history: History, engine: AsyncEngine, keyring: Keyring, to: Path, progress: Progress) -> int:
    total, count = await history.count(), 0
    descriptor = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        async for rows in history.parts():
            async with engine.connect() as connection:
                keys = await keyring.named(connection, (row.key for row in rows))
            file.write(b"".join(msgspec.json.encode(plain(row, keys.get(row.key))) + b"\n" for row in rows))
            count += len(rows)
            progress(count, total)
        file.flush()
        os.fsync(file.fileno())
    return count


def plain(row: Any, key: Any) -> dict[str, Any]:
    """A row as others may read it; `body` is None where its key was destroyed."""
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

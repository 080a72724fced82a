"""Erasing a person: their key is destroyed, so that nobody can read what it encrypted; what was read from it goes too.

The events stay, and their chains stay whole: it is still known that something happened, and when.

Does not cover: what others' events say of the person; backups, and exports, made before; a disk that keeps what was
overwritten; events that were written while `journal.encrypt` was off.
"""

import contextlib

from msgspec import Struct
from sqlalchemy import and_, delete, func, select, text, update
from sqlalchemy.exc import DBAPIError

from orchestrator.journal.keys import NONCE, SIZE, Keyring
from orchestrator.journal.ledger import Ledger
from orchestrator.journal.rows import PLAIN
from orchestrator.kernel.errors import Conflict, JournalUnavailable
from orchestrator.kernel.events import SubjectErased
from orchestrator.storage.blobs import Blobs
from orchestrator.storage.engine import AsyncConnection, AsyncEngine
from orchestrator.storage.tables import VIEWS, artifacts, events, runs
from orchestrator.storage.tables_journal import snapshots, subject_keys

_TAG = 16  # bytes that AES-GCM adds


class Erasure(Struct, frozen=True):
    keys: int  # destroyed
    events: int  # of the database, that nobody can read any more
    readable: int  # that were written unencrypted, and stay readable
    files: int  # artifacts that were nobody else's


async def erase(
    engine: AsyncEngine,
    keyring: Keyring,
    ledger: Ledger,
    blobs: Blobs,
    tenant: str,
    subject: str,
    *,
    by: str,
    now: float,
) -> Erasure:
    """Raises Conflict while runs of the person are under way."""
    async with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            await connection.execute(text("PRAGMA secure_delete = ON"))  # what is deleted is overwritten
        keys = await _destroy(connection, tenant, subject, now)
        mine = (runs.c.tenant == tenant, runs.c.subject == subject)
        query = select(runs.c.run_id).where(*mine, runs.c.finished_at.is_(None)).limit(1)
        if run_id := (await connection.execute(query)).scalar_one_or_none():
            raise Conflict(f"{run_id} of {subject} is under way.", hint="Cancel the person's runs first.")
        files = await _drop_views(connection, tenant, subject)
        keyring.forget(tenant, subject)  # nobody appends before this is committed,
    keyring.forget(tenant, subject)  # and nobody has read the key again meanwhile
    for file in files:
        blobs.remove(file)
    if engine.dialect.name == "sqlite":
        await _fold_log(engine)
    hidden, readable = await _counted(engine, tenant, subject)
    told = SubjectErased(subject, by, hidden)
    await ledger.record(f"erasures:{tenant}", told, tenant=tenant, subject=by)
    return Erasure(keys, hidden, readable, len(files))


async def _destroy(connection: AsyncConnection, tenant: str, subject: str, now: float) -> int:
    c = subject_keys.c
    mine = (c.tenant == tenant, c.subject == subject, c.wrapped.is_not(None))
    nothing = bytes(NONCE + SIZE + _TAG)
    await connection.execute(update(subject_keys).where(*mine).values(wrapped=nothing))
    done = await connection.execute(update(subject_keys).where(*mine).values(wrapped=None, destroyed_at=now))
    return done.rowcount


async def _drop_views(connection: AsyncConnection, tenant: str, subject: str) -> list[str]:
    """The artifacts that nobody else has."""
    mine = and_(artifacts.c.tenant == tenant, artifacts.c.subject == subject)
    others = select(artifacts.c.id).where(~mine)
    query = select(artifacts.c.id).where(mine, artifacts.c.id.not_in(others)).distinct()
    alone = [row.id for row in await connection.execute(query)]
    for view in (*VIEWS, snapshots):
        await connection.execute(delete(view).where(view.c.tenant == tenant, view.c.subject == subject))
    return alone


async def _fold_log(engine: AsyncEngine) -> None:
    """Old pages are in the write-ahead log too, until it is folded back. While others read, that is put off."""
    with contextlib.suppress(DBAPIError, JournalUnavailable):
        async with engine.connect() as connection:
            await connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))


async def _counted(engine: AsyncEngine, tenant: str, subject: str) -> tuple[int, int]:
    c = events.c
    mine = select(func.count()).where(c.tenant == tenant, c.subject == subject)
    async with engine.connect() as connection:
        hidden = await connection.execute(mine.where(c.key != ""))
        readable = await connection.execute(mine.where(c.key == "", c.type.not_in(PLAIN)))
        return int(hidden.scalar_one()), int(readable.scalar_one())

"""The journal that goes with a database."""

from collections.abc import Callable
from pathlib import Path

from orchestrator.journal.base import Journal
from orchestrator.journal.keys import Keyring
from orchestrator.journal.pending import Publish
from orchestrator.journal.sqlite import SqliteJournal
from orchestrator.storage.database import Database
from orchestrator.storage.sqlite import SqliteDatabase


def open_journal(
    database: Database,
    publish: Publish,
    keyring: Keyring,
    *,
    batch: int = 512,
    node: Callable[[], str] | None = None,
    archive: Path | None = None,
) -> Journal:
    """`node` names this process among the servers of one PostgreSQL, where there are several.

    Streams that were moved to the folder `archive` are read from there.
    """
    if isinstance(database, SqliteDatabase):
        return SqliteJournal(database, publish, keyring, batch=batch, archive=archive)
    from orchestrator.journal.postgresql import PostgresJournal  # its driver costs who has no need of it
    from orchestrator.storage.postgresql import PostgresDatabase

    assert isinstance(database, PostgresDatabase)
    return PostgresJournal(database, publish, keyring, batch=batch, node=node, archive=archive)

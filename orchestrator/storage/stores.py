"""Which database: the one that storage.url names, or else a file in the data folder."""

from pathlib import Path

from orchestrator.kernel.settings import Storage
from orchestrator.storage.database import Database
from orchestrator.storage.sqlite import SqliteDatabase

FILE = "orchestrator.db"


def open_database(settings: Storage, data: Path) -> Database:
    if not settings.url:
        return SqliteDatabase(data / FILE)
    from orchestrator.storage.postgresql import PostgresDatabase  # its driver costs who has no need of it

    return PostgresDatabase(settings.url, settings)

"""A database under the journal, its views and identity, migrated before anyone reads it."""

from abc import ABC, abstractmethod
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from orchestrator.kernel.errors import JournalUnavailable
from orchestrator.storage.engine import AsyncConnection, AsyncEngine

if TYPE_CHECKING:
    from alembic.config import Config

REVISION = "0001"  # the newest migration; a test holds it to the migrations folder
MIGRATIONS = Path(__file__).parent / "migrations"


class Database(ABC):
    """Where the data is, and an engine for those who read it (or write a row now and then)."""

    engine: AsyncEngine
    reading: AsyncEngine  # the same connections, for single questions: without a transaction around each
    where: str  # for a person's eyes: no password in it

    @abstractmethod
    def migrate(self) -> None:
        """Bring it to the newest revision. Raises JournalUnavailable, with nothing changed."""

    @abstractmethod
    def alone(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """A transaction that may take long, and that nobody migrates or appends beside."""

    async def close(self) -> None:
        await self.engine.dispose()

    def is_newest(self, found: str | None) -> bool:
        if found is not None and found > REVISION:
            raise JournalUnavailable(
                f"The database {self.where} was written by a newer version ({found}; this one knows {REVISION}).",
                hint="Update AI Orchestrator. Nothing was changed.",
            )
        return found == REVISION


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Run the migrations up to a revision, in the caller's transaction: all of it happens, or nothing."""
    from alembic import command

    command.upgrade(_config(connection), revision)


def downgrade(connection: Connection, revision: str = "base") -> None:
    from alembic import command

    command.downgrade(_config(connection), revision)


def _config(connection: Connection) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config

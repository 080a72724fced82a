"""The PostgreSQL journal: the contract, and what a lost connection may do to it."""

from collections.abc import AsyncIterator

import pytest
from contracts.journal import JournalContract

from orchestrator.journal.keys import Keyring, Master
from orchestrator.journal.postgresql import PostgresJournal
from orchestrator.kernel.events import Event
from orchestrator.storage.postgresql import PostgresDatabase


@pytest.fixture
def published() -> list[Event]:
    return []


@pytest.fixture
async def database(postgresql_url: str) -> AsyncIterator[PostgresDatabase]:
    database = PostgresDatabase(postgresql_url)
    yield database
    await database.close()


@pytest.fixture
async def journal(database: PostgresDatabase, published: list[Event]) -> AsyncIterator[PostgresJournal]:
    journal = PostgresJournal(database, published.extend, Keyring(Master(bytes(32))))
    yield journal
    await journal.close()


class TestPostgresql(JournalContract):
    pass

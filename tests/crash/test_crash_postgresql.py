"""kill -9 with the journal in PostgreSQL: the same promises, at some of the boundaries and instants."""

import asyncio
import random
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from servers.postgresql import Server, in_a_thread

from crash.checks import check_events
from crash.harness import LEISURE, MASTER, Folder, Point, live, process
from crash.test_crash_boundaries import EFFECTS
from orchestrator.journal.keys import Keyring, Master
from orchestrator.journal.stored import StoredEvents
from orchestrator.kernel.events import Event
from orchestrator.storage.postgresql import PostgresDatabase

EVERY = 4  # boundaries
INSTANTS = 6


async def _journal(url: str) -> list[Event]:
    database = PostgresDatabase(url)
    tail = await StoredEvents(database.engine, Keyring(Master(MASTER))).tail()
    await database.close()
    return [event for _, event in tail if event.stream.startswith("run_")]


def journal(folder: Folder) -> list[Event]:
    return in_a_thread(_journal(folder.url))


class Places:
    """Folders, each with an empty database of its own."""

    def __init__(self, root: Path, server: Server, stack: ExitStack) -> None:
        self._root = root
        self._server = server
        self._stack = stack
        self._count = 0

    def new(self) -> Folder:
        self._count += 1
        return Folder(self._root / str(self._count), None, self._stack.enter_context(self._server.migrated()))


@pytest.fixture
def places(tmp_path: Path, postgresql: Server) -> Iterator[Places]:
    with ExitStack() as stack:
        yield Places(tmp_path, postgresql, stack)


def test_killed_at_boundaries_and_after_effects(places: Places) -> None:
    whole = places.new()
    asyncio.run(live(whole, None))
    events = journal(whole)
    check_events(whole, events)
    points = [Point(seq=event.seq) for event in events[::EVERY]]
    for point in [*points, *(Point(effect=number) for number in range(1, EFFECTS + 1, 2))]:
        folder = places.new()
        assert process(folder, point) == 9, f"{point} was never reached"
        assert process(folder, None) == 0, point
        check_events(folder, journal(folder))


def test_killed_at_any_instant(places: Places) -> None:
    chance = random.Random(7)
    at_leisure = places.new()
    assert process(at_leisure, Point(after=LEISURE)) == 0
    check_events(at_leisure, journal(at_leisure))
    for _ in range(INSTANTS):
        folder = places.new()
        process(folder, Point(after=chance.uniform(0.05, 0.6)))
        assert process(folder, None) == 0
        check_events(folder, journal(folder))

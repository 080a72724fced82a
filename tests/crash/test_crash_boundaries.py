"""kill -9 at every event boundary, and right after every effect: nothing is done twice, nothing is lost."""

import asyncio
import random
import sqlite3
import statistics
import time
from pathlib import Path

import pytest

from crash.harness import LEISURE, MASTER, Folder, Point, live, migrated, process
from orchestrator.journal.keys import Keyring, Master
from orchestrator.journal.rows import Row, unseal, verify
from orchestrator.kernel.events import Event, ToolRequested

EFFECTS = 8  # of a whole run: deposits, marks, and the one that is asked for


def journal(folder: Folder) -> list[Event]:
    connection = sqlite3.connect(folder.data / "orchestrator.db")
    keyring = Keyring(Master(MASTER))
    keys = {
        row[0]: keyring.unwrap(*row)
        for row in connection.execute("SELECT id, tenant, subject, wrapped FROM subject_keys")
    }
    rows = connection.execute(
        "SELECT stream, seq, type, tenant, subject, at, key, body, hash FROM events"
        " WHERE stream LIKE 'run_%' ORDER BY seq"
    ).fetchall()
    connection.close()
    assert verify(map(Row._make, rows)) is None
    return [unseal(row, keys.get(row.key)) for row in map(Row._make, rows)]


def check(folder: Folder) -> None:
    check_events(folder, journal(folder))


def check_events(folder: Folder, events: list[Event]) -> None:
    done = folder.effects()
    asked_for = {
        body.key for event in events if isinstance(body := event.body, ToolRequested) and body.effects != "none"
    }
    assert set(done) == asked_for and len(asked_for) == EFFECTS, "an effect was lost"
    assert max(done.values()) == 1, "an effect was done twice"
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert [event.type for event in events].count("run.finished") == 1 and events[-1].type == "run.finished"
    assert events[-1].body.answer == "All is deposited."  # type: ignore[union-attr]
    recorded = {f"{event.seq} {event.type}" for event in events}
    acknowledged = set(folder.acknowledged.read_text().splitlines())
    assert acknowledged <= recorded, "an acknowledged event was lost"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database of the newest revision."""
    return migrated(tmp_path_factory.mktemp("template"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, template: Path) -> list[Event]:
    """The run that nobody disturbs; in this process, so that every module is loaded before it is forked."""
    folder = Folder(tmp_path_factory.mktemp("undisturbed"), template)
    asyncio.run(live(folder, None))
    check(folder)
    return journal(folder)


def points(events: list[Event]) -> list[Point]:
    return [Point(seq=event.seq) for event in events] + [Point(effect=number) for number in range(1, EFFECTS + 1)]


def test_killed_at_every_boundary(whole: list[Event], template: Path, tmp_path: Path) -> None:
    resumed: list[float] = []
    kills = 0
    for number, point in enumerate(points(whole)):
        folder = Folder(tmp_path / str(number), template)
        died = process(folder, point)
        assert died == 9, f"{point} was never reached"
        kills += 1
        assert process(folder, None) == 0, point
        check(folder)
        if folder.resumed.exists():
            resumed.append(float(folder.resumed.read_text().split()[0]))
    assert kills == len(whole) + EFFECTS
    assert statistics.median(resumed) < 1.0  # seconds from the start of the process to the run's next event


def test_killed_again_and_again(whole: list[Event], template: Path, tmp_path: Path) -> None:
    """No process lives longer than five events: resumed, asked, answered, intent, receipt."""
    folder, deaths = Folder(tmp_path, template), 0
    while process(folder, Point(nth=5)):
        deaths += 1
        assert deaths < 100, "it does not come to its end"
    assert deaths > 5
    check(folder)


def test_killed_at_any_instant(whole: list[Event], template: Path, tmp_path: Path) -> None:
    """Not only at boundaries: while a reply streams, between an intent and its effect, in the middle of a commit."""
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    began = time.monotonic()
    assert process(Folder(tmp_path / "whole", template), Point(after=LEISURE)) == 0
    whole_life = time.monotonic() - began
    for number in range(30):
        folder = Folder(tmp_path / str(number), template if number % 3 else None)  # or killed while it migrates
        kills = [chance.uniform(0.005, whole_life) for _ in range(2)]
        for after in kills:
            process(folder, Point(after=after))
        assert process(folder, None) == 0
        try:
            check(folder)
        except AssertionError as error:
            error.add_note(f"seed {seed}, folder {number}, killed after {kills} s of {whole_life} s")
            raise

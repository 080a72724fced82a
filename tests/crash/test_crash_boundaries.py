"""kill -9 at every event boundary, and right after every effect: nothing is done twice, nothing is lost."""

import sqlite3
import statistics
from pathlib import Path

import pytest

from crash.harness import Folder, Point, process
from orchestrator.kernel.events import Event, ToolRequested, decode_body

EFFECTS = 8  # of a whole run: deposits, marks, and the one that is asked for


def journal(folder: Folder) -> list[Event]:
    connection = sqlite3.connect(folder.data / "orchestrator.db")
    rows = connection.execute(
        "SELECT stream, seq, at, tenant, subject, body FROM events WHERE stream LIKE 'run_%' ORDER BY seq"
    ).fetchall()
    connection.close()
    return [
        Event(stream, seq, at, tenant, subject, decode_body(body)) for stream, seq, at, tenant, subject, body in rows
    ]


def check(folder: Folder) -> None:
    events = journal(folder)
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
def whole(tmp_path_factory: pytest.TempPathFactory) -> list[Event]:
    """The run that nobody disturbs."""
    folder = Folder(tmp_path_factory.mktemp("undisturbed"))
    assert process(folder, None) == 0
    check(folder)
    return journal(folder)


def points(events: list[Event]) -> list[Point]:
    return [Point(seq=event.seq) for event in events] + [Point(effect=number) for number in range(1, EFFECTS + 1)]


def test_killed_at_every_boundary(whole: list[Event], tmp_path: Path) -> None:
    resumed: list[float] = []
    kills = 0
    for number, point in enumerate(points(whole)):
        folder = Folder(tmp_path / str(number))
        folder.root.mkdir()
        died = process(folder, point)
        assert died == 9, f"{point} was never reached"
        kills += 1
        assert process(folder, None) == 0, point
        check(folder)
        if folder.resumed.exists():
            resumed.append(float(folder.resumed.read_text().split()[0]))
    assert kills == len(whole) + EFFECTS
    assert statistics.median(resumed) < 1.0  # seconds from the start of the process to the run's next event


def test_killed_again_and_again(whole: list[Event], tmp_path: Path) -> None:
    """Each process dies three events later than the one before."""
    folder = Folder(tmp_path)
    for seq in range(2, 3 * len(whole), 3):
        if process(folder, Point(seq=seq)) == 0:
            break
    else:
        assert process(folder, None) == 0
    check(folder)

"""kill -9 at every event boundary, and right after every effect: nothing is done twice, nothing is lost."""

import asyncio
import os
import random
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from crash.checks import check_events, journal
from crash.harness import LEISURE, Folder, Point, live, migrated, process
from orchestrator.kernel.events import Event

EFFECTS = 8  # of a whole run: deposits, marks, and the one that is asked for
SHARES = 4  # of the boundaries: processes that test side by side take some each


def check(folder: Folder) -> None:
    check_events(folder, journal(folder))


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


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder in which no disk is waited for, where there is one: what was written before the kill is in either."""
    place = Path("/dev/shm")
    with TemporaryDirectory(dir=place if os.access(place, os.W_OK) else None) as folder:
        yield Path(folder)


def points(events: list[Event]) -> list[Point]:
    return [Point(seq=event.seq) for event in events] + [Point(effect=number) for number in range(1, EFFECTS + 1)]


@pytest.mark.parametrize("share", range(SHARES))
def test_killed_at_every_boundary(whole: list[Event], template: Path, memory: Path, share: int) -> None:
    resumed: list[float] = []
    for number, point in enumerate(points(whole)[share::SHARES]):
        folder = Folder(memory / str(number), template)
        died = process(folder, point)
        assert died == 9, f"{point} was never reached"
        assert process(folder, None) == 0, point
        check(folder)
        if folder.resumed.exists():
            resumed.append(float(folder.resumed.read_text().split()[0]))
    assert statistics.median(resumed) < 1.0  # seconds from opening the folder to the run's next event


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
    for number in range(12):
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

"""The long scenario, killed: thirty steps with sub-runs, approvals and a pause for money. All of it: `./run proofs`."""

import asyncio
import random
from pathlib import Path

import pytest
from servers.postgresql import Server

from crash.checks import check_events, journal
from crash.harness import Folder, Point, live, migrated, process
from crash.long import LONG
from crash.test_crash_postgresql import journal as journal_in_postgresql
from orchestrator.kernel.events import ApprovalAsked, Event

INSTANTS = 4
EACH = 3  # events that a life brings on: it resumes, does two more, and dies


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return migrated(tmp_path_factory.mktemp("template"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, template: Path) -> list[Event]:
    folder = Folder(tmp_path_factory.mktemp("undisturbed"), template, scenario=LONG)
    asyncio.run(live(folder, None))
    events = journal(folder)
    check_events(folder, events)
    return events


def test_the_scenario_has_in_it_what_it_says(whole: list[Event]) -> None:
    types = [event.type for event in whole]
    asked = [event.body.kind for event in whole if isinstance(event.body, ApprovalAsked)]
    assert asked.count("call") == 6 and asked.count("budget") == 1
    assert types.count("model.replied") == 30 + 2 * 4 and types.count("run.started") == 3
    assert types.count("run.paused") >= 1 and len(whole) > 200


def test_killed_again_and_again_at_boundaries(whole: list[Event], template: Path, tmp_path: Path) -> None:
    folder, deaths = Folder(tmp_path, template, scenario=LONG), 0
    while process(folder, Point(nth=EACH * 2)):
        deaths += 1
        assert deaths < 200, "it does not come to its end"
    assert deaths > len(whole) // (EACH * 2) // 2
    check_events(folder, journal(folder))


def test_killed_again_and_again_in_postgresql(whole: list[Event], postgresql: Server, tmp_path: Path) -> None:
    with postgresql.migrated() as url:
        folder, deaths = Folder(tmp_path, None, url, LONG), 0
        while process(folder, Point(nth=EACH * 6)):
            deaths += 1
            assert deaths < 200, "it does not come to its end"
        assert deaths > len(whole) // (EACH * 6) // 2
        check_events(folder, journal_in_postgresql(folder))


def test_killed_at_any_instant(whole: list[Event], template: Path, tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    for number in range(INSTANTS):
        folder = Folder(tmp_path / str(number), template, scenario=LONG)
        for _ in range(3):
            process(folder, Point(after=chance.uniform(0.05, 1.0)))
        assert process(folder, None) == 0
        try:
            check_events(folder, journal(folder))
        except AssertionError as error:
            error.add_note(f"seed {seed}, folder {number}")
            raise

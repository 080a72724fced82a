"""The proofs can fail: each mutant of the product breaks a promise, and the witness says so."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crash.checks import check_events, journal
from crash.harness import Folder, Point, migrated, process
from orchestrator.agents.calls import Caller
from orchestrator.agents.turn import Turn


def an_intent_that_is_not_durable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The effect begins while its intent is still on its way to the disk."""

    async def hasty(turn: Turn, *bodies: Any) -> None:
        turn.record(*bodies, lazy=True)

    monkeypatch.setattr(Turn, "commit", hasty)


def an_unknown_outcome_that_is_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was at work when the process died is simply done again."""

    async def guess(*_: object) -> None:
        return None

    monkeypatch.setattr(Caller, "_settle_unknown", guess)


def a_word_given_too_early(monkeypatch: pytest.MonkeyPatch) -> None:
    """Events are told to others before they are on the disk."""
    from orchestrator.journal.sqlite import SqliteJournal

    append = SqliteJournal.append

    def early(journal: Any, events: Any, *, lazy: bool = False) -> Any:
        journal._publish(events)
        return append(journal, events, lazy=lazy)

    monkeypatch.setattr(SqliteJournal, "append", early)


@pytest.mark.parametrize(
    ("mutate", "point", "says"),
    [
        (an_intent_that_is_not_durable, "effect", "twice"),
        (an_unknown_outcome_that_is_guessed, "effect", "twice"),
        (a_word_given_too_early, "nth", "acknowledged event was lost"),
    ],
)
def test_a_mutant_is_found(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    mutate: Callable[[pytest.MonkeyPatch], None],
    point: str,
    says: str,
) -> None:
    (tmp_path / "template").mkdir()
    template = migrated(tmp_path / "template")
    mutate(monkeypatch)
    for number in range(1, 9):
        folder = Folder(tmp_path / str(number), template)
        process(folder, Point(effect=number) if point == "effect" else Point(nth=number * 3))
        process(folder, None)
        try:
            check_events(folder, journal(folder))
        except AssertionError as error:
            if says in str(error):
                return
    pytest.fail("nobody noticed")

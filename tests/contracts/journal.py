"""What every journal must do, whatever it is stored in."""

import asyncio

import pytest

from orchestrator.journal.base import Journal
from orchestrator.kernel.errors import Fenced, JournalUnavailable, RunFinished
from orchestrator.kernel.events import Event, ModelAsked, RunStarted
from orchestrator.kernel.events import RunFinished as Finished
from orchestrator.kernel.messages import user


def event(stream: str, seq: int, step: int = 0, tenant: str = "t") -> Event:
    return Event(stream, seq, 1.5, tenant, "u", ModelAsked(step or seq, "m"))


def start(stream: str) -> Event:
    return Event(stream, 1, 1.0, "t", "u", RunStarted("c", user("goal"), "auto", "/w"))


def end(stream: str, seq: int) -> Event:
    return Event(stream, seq, 2.0, "t", "u", Finished("completed", "done"))


class JournalContract:
    """Inherit, and give a fixture `journal` and a list fixture `published` of what its publish saw."""

    async def test_what_was_appended_is_read_back(self, journal: Journal, published: list[Event]) -> None:
        events = [start("a"), event("a", 2), event("a", 3)]
        await journal.append(events)
        assert await journal.read("a") == events == published
        assert await journal.read("a", after=2) == events[2:]
        assert await journal.read("b") == []
        assert await journal.head("a") == 3 and await journal.head("b") == 0

    async def test_appends_keep_their_order_awaited_or_not(self, journal: Journal, published: list[Event]) -> None:
        for seq in range(1, 200):
            last = journal.append([event("a", seq)], lazy=seq % 3 == 0)
        await last
        assert [one.seq for one in await journal.read("a")] == list(range(1, 200))
        assert [one.seq for one in published] == list(range(1, 200))

    async def test_a_gap_or_a_repetition_is_fenced_and_changes_nothing(self, journal: Journal) -> None:
        await journal.append([event("a", 1)])
        for seq in (1, 3, 0):
            with pytest.raises(Fenced):
                await journal.append([event("a", seq)])
        await journal.append([event("a", 2)])
        assert await journal.head("a") == 2

    async def test_those_behind_a_failed_append_fail_too(self, journal: Journal) -> None:
        futures = [journal.append([event("a", seq)]) for seq in (1, 3, 4, 5)]
        results = await asyncio.gather(*futures, return_exceptions=True)
        assert results[0] is None and all(isinstance(result, Fenced) for result in results[1:])
        assert await journal.head("a") == 1

    async def test_a_finished_run_does_not_change(self, journal: Journal) -> None:
        await journal.append([start("a"), end("a", 2)])
        for seq in (3, 1):
            with pytest.raises((RunFinished, Fenced)):
                await journal.append([end("a", seq)])
        assert [one.type for one in await journal.read("a")] == ["run.started", "run.finished"]

    async def test_all_events_of_an_append_or_none(self, journal: Journal, published: list[Event]) -> None:
        await journal.append([start("a")])
        clash = [Event("b", 1, 1.0, "t", "u", start("a").body), Event("b", 1, 1.0, "t", "u", ModelAsked(1, "m"))]
        with pytest.raises(Fenced):
            await journal.append(clash)
        assert await journal.read("b") == [] and len(published) == 1

    async def test_one_bad_append_does_not_hurt_those_beside_it(self, journal: Journal) -> None:
        await journal.append([start("a")])
        bad = journal.append([Event("a", 1, 1.0, "t", "u", ModelAsked(1, "m"))])
        others = [journal.append([start(f"other{number}"), event(f"other{number}", 2)]) for number in range(20)]
        with pytest.raises(Fenced):
            await bad
        await asyncio.gather(*others)
        assert [await journal.head(f"other{number}") for number in range(20)] == [2] * 20

    async def test_many_runs_at_once(self, journal: Journal) -> None:
        async def run(name: str) -> None:
            for seq in range(1, 11):
                await journal.append([event(name, seq)], lazy=seq % 2 == 0)

        await asyncio.gather(*(run(f"r{number}") for number in range(100)))
        tail = await journal.tail(limit=2000)
        assert len(tail) == 1000
        assert [position for position, _ in tail] == sorted({position for position, _ in tail})
        for number in range(100):
            assert [one.seq for _, one in tail if one.stream == f"r{number}"] == list(range(1, 11))

    async def test_what_cannot_be_encoded_fails_at_its_author(self, journal: Journal) -> None:
        bad = Event("a", 1, 1.0, "t", "u", ModelAsked(1, object()))  # type: ignore[arg-type]
        with pytest.raises(TypeError):
            journal.append([bad])
        await journal.append([event("a", 1)])

    async def test_closing_writes_what_waits_and_takes_no_more(self, journal: Journal) -> None:
        waiting = journal.append([event("a", 1)], lazy=True)
        await journal.close()
        await waiting
        with pytest.raises(JournalUnavailable):
            await journal.append([event("a", 2)])

"""What every journal must do, whatever it is stored in."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from orchestrator.journal.base import Journal
from orchestrator.journal.rows import verify
from orchestrator.journal.stored import StoredEvents
from orchestrator.kernel.errors import Fenced, JournalUnavailable, RunFinished
from orchestrator.kernel.events import Event, ModelAsked, RunStarted
from orchestrator.kernel.events import RunFinished as Finished
from orchestrator.kernel.messages import user
from orchestrator.storage.tables import events


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

    async def test_a_body_is_stored_unreadable_and_read_back(self, journal: Journal) -> None:
        for seq, body in enumerate([start("a").body, ModelAsked(1, "m"), end("a", 3).body], 1):
            await journal.append([Event("a", seq, 1.0, "t", "u", body)])
        rows = await self.rows(journal)
        assert b"goal" not in b"".join(bytes(row.body) for row in rows if row.key)
        assert [bool(row.key) for row in rows] == [True, False, True]  # who was asked says nothing of a person
        assert len({row.key for row in rows if row.key}) == 1 and verify(rows) is None
        assert (await journal.read("a"))[0].body == start("a").body

    async def test_each_person_has_a_key_of_their_own(self, journal: Journal) -> None:
        for tenant, subject in (("t", "u"), ("t", "v"), ("other", "u"), ("t", "")):
            name = f"{tenant}-{subject}"
            await journal.append([Event(name, 1, 1.0, tenant, subject, start(name).body)])
        assert len({row.key for row in await self.rows(journal)}) == 4

    async def test_rows_are_chained_whatever_the_batches(self, journal: Journal) -> None:
        appends = [
            journal.append([event(f"r{n % 3}", n // 3 * 2 + 1), event(f"r{n % 3}", n // 3 * 2 + 2)]) for n in range(30)
        ]
        await asyncio.gather(*appends)
        rows = await self.rows(journal)
        for stream in ("r0", "r1", "r2"):
            mine = [row for row in rows if row.stream == stream]
            assert len(mine) == 20 and verify(mine) is None
            mine[3], mine[4] = mine[4], mine[3]
            broken = verify(mine)
            assert broken is not None and (broken.stream, broken.seq) == (stream, 4)

    async def rows(self, journal: Journal) -> list[Any]:
        """All rows as they are stored, in the order of their commits."""
        assert isinstance(journal, StoredEvents)
        async with journal._engine.connect() as connection:
            return list((await connection.execute(select(events).order_by(events.c.position))).all())

"""The journal told beyond this installation: all of it, at least once, in order, whatever breaks on the way."""

import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct
from world import opened, until

from orchestrator.journal.audit import BATCH, HOLD, LARGEST, LOOK, Audit, facts, sink_of
from orchestrator.journal.erasure import erase
from orchestrator.journal.keys import Keyring, Master
from orchestrator.journal.lanes.base import Record
from orchestrator.journal.lanes.local import LocalSink
from orchestrator.journal.ledger import Ledger
from orchestrator.journal.stores import open_journal
from orchestrator.journal.upkeep import Request, Upkeep
from orchestrator.kernel import settings
from orchestrator.kernel.clock import ManualClock
from orchestrator.kernel.errors import InvalidSettings, LaneUnavailable
from orchestrator.kernel.events import Event, ModelAsked, ModelReplied
from orchestrator.kernel.ids import CountedIds
from orchestrator.kernel.messages import Message, Text, Usage
from orchestrator.kernel.showing import shown
from orchestrator.storage.blobs import Blobs
from orchestrator.storage.database import Database


class Place(Struct):
    """A journal, and what tells a sink of it."""

    folder: Path
    database: Database
    journal: Any
    keyring: Keyring
    clock: ManualClock

    def audit(self, sink: Any, me: str = "a", **options: Any) -> Audit:
        return Audit("lake", sink, self.database, self.keyring, self.clock, me, **options)

    async def append(self, stream: str, seqs: range) -> None:
        for seq in seqs:
            await self.journal.append([Event(stream, seq, 1.0, "t", "u", ModelAsked(seq, "m"))])

    async def say(self, text: str) -> None:
        reply = ModelReplied(1, "m", Message("assistant", (Text(text),)), "stop", Usage(10, 5), 0.25, 1.5, "cheap")
        await self.journal.append([Event("run_said", 1, 1.0, "t", "u", reply)])


@asynccontextmanager
async def place(folder: Path) -> AsyncIterator[Place]:
    database, keyring = opened(folder), Keyring(Master(bytes(32)))
    journal = open_journal(database, lambda events: None, keyring)
    try:
        yield Place(folder, database, journal, keyring, ManualClock())
    finally:
        await journal.close()
        await database.close()


def ids(sink: LocalSink) -> list[str]:
    return [record.id for record in sink.records]


@pytest.mark.usefixtures("store")
async def test_all_is_told_in_the_order_of_the_journal_and_once(tmp_path: Path) -> None:
    async with place(tmp_path) as p:
        sink = LocalSink()
        audit = p.audit(sink)
        await p.append("run_1", range(1, 4))
        await audit.tell()
        await p.append("run_2", range(1, 3))
        assert (await audit.standing()).behind == 2
        await audit.tell()
        await audit.tell()
        assert ids(sink) == ["run_1:1", "run_1:2", "run_1:3", "run_2:1", "run_2:2"]
        assert [record.key for record in sink.records] == ["run_1"] * 3 + ["run_2"] * 2
        again = LocalSink()
        await p.audit(again, "b").tell()  # the next process goes on where this one was
        assert not again.records
        standing = await audit.standing()
        assert (standing.behind, standing.kind, standing.problem) == (0, "local", "")


async def test_a_sink_that_is_gone_is_tried_again_and_misses_nothing(tmp_path: Path) -> None:
    async with place(tmp_path) as p:
        sink = LocalSink()
        audit = p.audit(sink)
        await p.append("run_1", range(1, 3))
        sink.full = True
        audit.watch_over()
        await until(lambda: audit._problem)
        assert (await audit.standing()).problem == "There is no room." and not sink.records
        sink.full = False
        await p.append("run_1", range(3, 5))
        await until(lambda: p.clock._sleepers)
        p.clock.advance(LOOK * 2)
        await until(lambda: len(sink.records) == 4 and not audit._problem)
        await audit.close()
        assert ids(sink) == [f"run_1:{seq}" for seq in range(1, 5)]
        assert (await audit.standing()).problem == ""


async def test_what_was_sent_and_not_noted_is_sent_again(tmp_path: Path) -> None:
    class Dies(LocalSink):
        async def send(self, records: Sequence[Record]) -> None:
            await super().send(records)
            raise LaneUnavailable("The connection broke before the answer came.")

    async with place(tmp_path) as p:
        dies, sink = Dies(), LocalSink()
        await p.append("run_1", range(1, 4))
        with pytest.raises(LaneUnavailable):
            await p.audit(dies).tell()
        await p.audit(sink).tell()
        assert ids(dies) == ids(sink) == ["run_1:1", "run_1:2", "run_1:3"]


async def test_much_is_told_a_batch_at_a_time(tmp_path: Path) -> None:
    class Counts(LocalSink):
        largest = 0

        async def send(self, records: Sequence[Record]) -> None:
            self.largest = max(self.largest, len(records))
            await super().send(records)

    async with place(tmp_path) as p:
        sink, count = Counts(), BATCH * 2 + 7
        for start in range(1, count + 1, 100):
            many = [Event("run_1", seq, 1.0, "t", "u", ModelAsked(seq, "m")) for seq in range(start, start + 100)]
            await p.journal.append([event for event in many if event.seq <= count])
        await p.audit(sink).tell()
        assert ids(sink) == [f"run_1:{seq}" for seq in range(1, count + 1)] and sink.largest == BATCH


@pytest.mark.usefixtures("store")
async def test_of_several_servers_one_tells_and_another_takes_over(tmp_path: Path) -> None:
    async with place(tmp_path) as p:
        one, two = LocalSink(), LocalSink()
        first, second = p.audit(one, "a", alone=False), p.audit(two, "b", alone=False)
        await p.append("run_1", range(1, 3))
        await first.tell()
        await second.tell()
        await p.append("run_1", range(3, 4))
        p.clock.advance(HOLD - 1)
        await second.tell()
        assert not two.records and not (await second.standing()).here
        await first.tell()
        await p.append("run_1", range(4, 5))
        p.clock.advance(HOLD - 1)
        await second.tell()  # it has just seen the other go on
        assert not two.records
        p.clock.advance(HOLD)
        await second.tell()
        assert ids(two) == ["run_1:4"] and (await second.standing()).here
        await first.tell()  # it wakes, and is too late
        assert ids(one) == ["run_1:1", "run_1:2", "run_1:3"] and not (await first.standing()).here
        await second.close()  # who leaves in order is followed at once
        await p.append("run_1", range(5, 6))
        await first.tell()
        assert ids(one)[-1] == "run_1:5"


async def test_who_loses_its_place_while_it_sends_stops_there(tmp_path: Path) -> None:
    async with place(tmp_path) as p:
        other = LocalSink()

        class Slow(LocalSink):
            async def send(self, records: Sequence[Record]) -> None:
                await super().send(records)
                await p.audit(other, "b").tell()

        slow = Slow()
        audit = p.audit(slow)
        await p.append("run_1", range(1, 3))
        await audit.tell()
        assert ids(slow) == ids(other) == ["run_1:1", "run_1:2"]  # repeats, in order
        assert not (await audit.standing()).here and (await audit.standing()).behind == 0


async def test_what_was_said_leaves_only_where_a_person_set_that(tmp_path: Path) -> None:
    async with place(tmp_path) as p:
        await p.say("a secret of mine")
        sink = LocalSink()
        await p.audit(sink).tell()
        (told,) = [json.loads(record.payload) for record in sink.records]
        assert told["facts"]["cost"] == 0.25 and told["facts"]["usage"]["output_tokens"] == 5
        assert told["facts"]["model"] == "m" and (told["type"], told["subject"]) == ("model.replied", "u")
        assert "secret" not in str(told)
        full = LocalSink()
        await Audit("full", full, p.database, p.keyring, p.clock, "a", bodies=True).tell()
        assert "a secret of mine" in full.records[0].payload.decode()


async def test_a_body_that_no_broker_takes_holds_up_nothing(tmp_path: Path) -> None:
    async with place(tmp_path) as p:
        await p.say("x" * LARGEST)
        await p.append("run_1", range(1, 2))
        sink = LocalSink()
        await p.audit(sink, bodies=True).tell()
        large, next_one = [json.loads(record.payload) for record in sink.records]
        assert large["left_out"] > LARGEST and "body" not in large and next_one["body"]


async def test_what_was_erased_is_told_without_its_body(tmp_path: Path) -> None:
    async with place(tmp_path) as p:
        await p.say("a secret of mine")
        ledger = Ledger(p.journal, p.clock)
        blobs = Blobs(tmp_path / "blobs")
        await erase(p.database.engine, p.keyring, ledger, blobs, "t", "u", by="u", now=2.0)
        sink = LocalSink()
        await p.audit(sink, bodies=True).tell()
        told = json.loads(sink.records[0].payload)
        assert (told["body"], told["facts"]) == (None, {})


async def test_nothing_is_archived_that_a_sink_was_not_told(tmp_path: Path) -> None:
    async with place(tmp_path) as p:
        await p.append("run_1", range(1, 3))
        audit, ids = p.audit(LocalSink()), CountedIds()
        ledger, blobs = Ledger(p.journal, p.clock), Blobs(tmp_path / "blobs")
        upkeep = Upkeep(p.database, p.keyring, ledger, blobs, tmp_path, p.clock, ids, audits=[audit])
        assert await audit.lacks(2.0) and not await audit.lacks(0.5)
        job = await upkeep.finished(upkeep.begin("archive", Request(before=2.0), tenant="t", by="u"))
        assert job.problem is not None and "lake" in job.problem.detail
        await audit.tell()
        job = await upkeep.finished(upkeep.begin("archive", Request(before=2.0), tenant="t", by="u"))
        assert job.state == "done" and not await audit.lacks(2.0)
        await upkeep.close()


def test_sinks_are_settings_and_what_leaves_with_them_is_a_loosening(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = {"kind": "kafka", "servers": ["127.0.0.1:1"], "bodies": True, "password": "a word"}
    alarms = {"kind": "nats", "servers": ["nats://127.0.0.1:1"]}
    flags = {"data": tmp_path, "journal": {"sinks": {"lake": lake, "alarms": alarms}}}
    chosen = settings.load({"HOME": str(tmp_path)}, flags=flags)
    assert chosen.loosened() == {"journal.sinks.lake.bodies": True} and "a word" not in str(shown(chosen))
    sinks = chosen.journal.sinks
    assert [sink_of(sink).name for sink in sinks.values()] == ["kafka", "nats"]
    monkeypatch.setitem(sys.modules, "aiokafka", None)
    with pytest.raises(InvalidSettings, match="not installed"):
        sink_of(sinks["lake"])


def test_facts_are_numbers_and_names() -> None:
    assert facts({"n": 1, "yes": True, "tool": "echo", "goal": "buy milk", "usage": {"a": 2, "b": "c"}}) == {
        "n": 1,
        "yes": True,
        "tool": "echo",
        "usage": {"a": 2},
    }
    assert facts(None) == {}

"""The journal as a whole: verified, rebuilt, exported, archived, erased."""

import errno
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from orchestrator.journal import chain
from orchestrator.journal.keys import Keyring, Master
from orchestrator.journal.ledger import Ledger
from orchestrator.journal.sqlite import SqliteJournal
from orchestrator.journal.stored import StoredEvents
from orchestrator.journal.upkeep import ARCHIVE, Job, Kind, Request, Upkeep
from orchestrator.journal.views import Views
from orchestrator.kernel import events as e
from orchestrator.kernel.clock import ManualClock
from orchestrator.kernel.errors import Conflict, JournalDamaged, NotFound, RunFinished
from orchestrator.kernel.events import Event
from orchestrator.kernel.ids import CountedIds
from orchestrator.kernel.messages import Message, ToolCall, Usage, user
from orchestrator.storage.blobs import Blobs
from orchestrator.storage.sqlite import SqliteDatabase
from orchestrator.storage.tables import VIEWS

MASTER = bytes(range(32))


class Room:
    def __init__(self, database: SqliteDatabase, journal: SqliteJournal, upkeep: Upkeep, blobs: Blobs) -> None:
        self.database = database
        self.journal = journal
        self.upkeep = upkeep
        self.blobs = blobs
        self.views = Views(database.engine)

    async def job(self, kind: Kind, **options: Any) -> Job:
        job = self.upkeep.begin(kind, Request(**options), tenant="t", by="admin")
        return await self.upkeep.finished(job)

    async def done(self, kind: Kind, **options: Any) -> dict[str, Any]:
        job = await self.job(kind, **options)
        assert job.state == "done", job.problem
        return job.result

    async def findings(self, **options: Any) -> list[tuple[str, int, str]]:
        report = await self.done("verify", **options)
        return [(one["stream"], one["seq"], one["reason"]) for one in report["findings"]]

    def tamper(self, *script: str) -> None:
        """What another program could do to the file."""
        connection = sqlite3.connect(self.database.path)
        connection.execute("DROP TRIGGER events_unchanged")
        connection.execute("DROP TRIGGER events_kept")
        for sql in script:
            connection.executescript(sql)
        connection.commit()
        connection.close()

    def views_now(self) -> dict[str, list[Any]]:
        connection = sqlite3.connect(self.database.path)
        found = {
            view.name: connection.execute(
                f"SELECT * FROM {view.name} ORDER BY {', '.join(column.name for column in view.primary_key)}"
            ).fetchall()
            for view in VIEWS
        }
        connection.close()
        return found


@asynccontextmanager
async def opened(folder: Path, *, encrypt: bool = True) -> AsyncIterator[Room]:
    database = SqliteDatabase(folder / "orchestrator.db")
    database.migrate()
    keyring, clock = Keyring(Master(MASTER), encrypt=encrypt), ManualClock()
    journal = SqliteJournal(database, lambda events: None, keyring, archive=folder / ARCHIVE)
    blobs = Blobs(folder / "blobs")
    upkeep = Upkeep(database, keyring, Ledger(journal, clock), blobs, folder, clock, CountedIds())
    try:
        yield Room(database, journal, upkeep, blobs)
    finally:
        await upkeep.close()
        await journal.close()
        await database.close()


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with opened(tmp_path) as made:
        yield made


def read(path: str) -> str:
    return Path(path).read_text("utf-8")


def mode(path: str) -> int:
    return Path(path).stat().st_mode


def everything(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("orchestrator.db*"))


def a_run(name: str, subject: str = "u", at: float = 1000.0, artifact: e.Artifact | None = None) -> list[Event]:
    call = ToolCall("c1", "echo", {"text": "hello"})
    bodies: list[e.Body] = [
        e.RunStarted(f"conversation_{subject}", user(f"the secret goal of {name}"), "auto", "/w"),
        e.ModelAsked(1, "m"),
        e.ModelReplied(1, "m", Message("assistant", (call,)), "stop", Usage(10, 5), 0.1, 0.3),
        e.ToolRequested(1, "c1", "echo", {"text": "hello"}, "key", "none"),
        e.ToolReturned(1, "c1", "echo", "key", "ok", "hello", artifact=artifact, seconds=0.1),
        e.RunFinished("completed", f"the secret answer of {name}", "m", 1, Usage(10, 5), 0.1),
    ]
    return [Event(name, seq, at + seq, "t", subject, body) for seq, body in enumerate(bodies, 1)]


async def some_runs(room: Room, count: int = 5, **options: Any) -> list[str]:
    names = [f"run_{number}" for number in range(count)]
    for name in names:
        await room.journal.append(a_run(name, **options))
    return names


async def test_what_was_written_is_whole(room: Room) -> None:
    await some_runs(room)
    assert await room.findings() == []
    await room.done("anchor")
    report = await room.done("verify")
    assert (report["whole"], report["events"], report["streams"], report["uncovered"]) == (True, 30, 5, 0)


@pytest.mark.parametrize(
    ("change", "stream", "seq", "words"),
    [
        ("UPDATE events SET body = 'x' WHERE stream = 'run_2' AND seq = 3", "run_2", 3, "not what was written"),
        ("UPDATE events SET at = at + 1 WHERE stream = 'run_2' AND seq = 3", "run_2", 3, "not what was written"),
        ("UPDATE events SET subject = 'v' WHERE stream = 'run_2' AND seq = 1", "run_2", 1, "not what was written"),
        ("DELETE FROM events WHERE stream = 'run_2' AND seq = 3", "run_2", 3, "event 3 is missing"),
        ("DELETE FROM events WHERE stream = 'run_2' AND seq > 4", "run_2", 5, "the end is missing"),
        ("DELETE FROM events WHERE stream = 'run_4' AND seq > 4", "run_4", 5, "the end is missing"),
        ("DELETE FROM events WHERE stream = 'run_4'", "run_4", 1, "the stream is missing"),
        ("DELETE FROM events WHERE stream = 'run_2'", "run_2", 1, "the stream is missing"),
        (
            "UPDATE events SET seq = -seq WHERE stream = 'run_2' AND seq IN (4, 5);"
            "UPDATE events SET seq = 9 + seq WHERE seq < 0",
            "run_2",
            4,
            "5 comes in its place",
        ),
        ("UPDATE events SET stream = 'run_9' WHERE stream = 'run_2' AND seq = 6", "run_2", 6, "the end is missing"),
        ("UPDATE heads SET seq = 5 WHERE stream = 'run_2'", "", 0, "the heads are not those"),
        ("UPDATE anchors SET events = 29", "", 0, "not signed"),
        ("DELETE FROM anchors", "", 0, "the anchors are gone"),
        ("DELETE FROM subject_keys", "", 0, "is missing, and nobody erased it"),
        ("DELETE FROM heads WHERE stream = 'run_2'", "run_2", 1, "was not there"),
    ],
)
async def test_what_another_hand_changed_is_found(room: Room, change: str, stream: str, seq: int, words: str) -> None:
    await some_runs(room)
    await room.done("anchor")
    room.tamper(change)
    findings = await room.findings()
    assert any(found[:2] == (stream, seq) and words in found[2] for found in findings), findings


async def test_a_chain_that_was_computed_anew_is_found(room: Room) -> None:
    await some_runs(room)
    await room.done("anchor")
    forged = a_run("run_2", at=2000.0)
    room.tamper("DELETE FROM events WHERE stream = 'run_2'; DELETE FROM runs WHERE run_id = 'run_2'")
    room.journal._heads.clear()
    await room.journal.append(forged)  # a chain without fault, of other events
    assert any("anew" in reason for _, _, reason in await room.findings())


async def test_a_journal_put_back_to_an_earlier_day_is_found_by_an_anchor_kept_elsewhere(room: Room) -> None:
    await some_runs(room, 2)
    await room.done("anchor")
    room.database.path.with_name("earlier").write_bytes(b"")
    kept = (await room.done("anchor"))["anchor"]
    await room.journal.append(a_run("run_8"))
    newer = (await room.done("anchor"))["anchor"]
    assert await room.findings(known=kept) == [] == await room.findings(known=newer)
    room.tamper("DELETE FROM events WHERE stream = 'run_8'", "DELETE FROM heads WHERE stream = 'run_8'",
                "DELETE FROM anchors WHERE number = 2")  # fmt: skip
    assert await room.findings() == [] == await room.findings(known=kept)
    assert [newer in reason for _, _, reason in await room.findings(known=newer)] == [True]


async def test_an_anchor_goes_on_from_the_one_before(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain, "STRIDE", 7)  # many steps, streams cut by them
    await some_runs(room)
    await room.done("anchor")
    await room.journal.append(a_run("run_7"))
    await room.done("anchor")
    report = await room.done("verify")
    assert report["whole"] and report["uncovered"] == 0 and report["anchor"].startswith("6-")


async def test_the_past_cannot_be_changed_by_a_statement(room: Room) -> None:
    await some_runs(room, 1)
    connection = sqlite3.connect(room.database.path)
    for sql in ("UPDATE events SET at = 0", "DELETE FROM events"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute(sql)
    connection.close()


async def test_views_that_were_spoilt_are_rebuilt(room: Room) -> None:
    await some_runs(room)
    await room.journal.append(a_run("run_w")[:3])
    asked = e.ApprovalAsked(
        "approval_1", "call", 1, "c1", "echo", {"text": "é"}, "hash", "echo", "code", "why", {"a": "b"}
    )
    await room.journal.append([Event("run_w", 4, 5.0, "t", "u", asked)])
    before = room.views_now()
    room.tamper("DELETE FROM runs WHERE run_id = 'run_1'", "UPDATE usage SET replies = 99", "DELETE FROM approvals",
                "UPDATE conversations SET title = 'mine'", "DELETE FROM tool_statistics")  # fmt: skip
    assert room.views_now() != before
    assert (await room.done("rebuild"))["events"] == 34
    assert room.views_now() == before


async def test_a_rebuild_that_is_cut_short_changes_nothing(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    await some_runs(room)
    before = room.views_now()
    monkeypatch.setattr("orchestrator.journal.rebuild._SqliteDraft.swap", _cut)
    job = await room.job("rebuild")
    assert job.state == "failed" and room.views_now() == before
    await room.journal.append(a_run("run_9"))  # and nobody is locked out


async def _cut(draft: Any) -> None:
    await draft._do([("DELETE FROM main.runs", {})])
    raise OSError("the power went")


async def test_a_run_under_way_says_what_it_took_so_far(room: Room) -> None:
    events = a_run("run_1")
    for part in (events[:3], events[3:5], [Event("run_1", 6, 1006.0, "t", "u", events[2].body)]):
        await room.journal.append(part)
    view = await room.views.run("t", "run_1")
    assert (view.status, view.steps, view.usage, view.cost) == ("running", 2, Usage(20, 10), 0.2)
    before = room.views_now()
    await room.done("rebuild")
    assert room.views_now() == before
    await room.journal.append([Event("run_1", 7, 1007.0, "t", "u", events[-1].body)])
    view = await room.views.run("t", "run_1")
    assert (view.status, view.steps, view.usage, view.cost) == ("completed", 1, Usage(10, 5), 0.1)


async def test_an_export_says_everything_once(room: Room) -> None:
    await some_runs(room, 3)
    result = await room.done("export")
    lines = [json.loads(line) for line in read(result["path"]).splitlines()]
    assert len(lines) == 18 == result["events"]
    assert lines[0]["body"]["goal"]["parts"][0]["text"] == "the secret goal of run_0"
    assert [line["seq"] for line in lines if line["stream"] == "run_1"] == [1, 2, 3, 4, 5, 6]
    one = await room.done("export", stream="run_1")
    assert one["events"] == 6
    assert mode(result["path"]) & 0o077 == 0


async def test_an_export_has_what_was_archived_where_it_was(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestrator.journal.history._CHUNK", 4)
    monkeypatch.setattr("orchestrator.journal.history._PART", 5)
    names = [f"run_{number}" for number in range(6)]
    await room.journal.append(a_run("run_first", at=9000.0)[:3])
    for name in names[:3]:
        await room.journal.append(a_run(name))
    await room.journal.append(a_run("run_between", at=9000.0))
    for name in names[3:]:
        await room.journal.append(a_run(name))
    await room.journal.append(a_run("run_last", at=9000.0))
    whole = read((await room.done("export"))["path"])
    views = room.views_now()
    assert (await room.done("archive", before=5000.0))["streams"] == 6
    assert read((await room.done("export"))["path"]) == whole
    assert (await room.done("export", stream="run_2"))["events"] == 6
    await room.done("rebuild")
    assert room.views_now() == views
    await room.done("restore", stream="run_2")
    assert (await room.done("archive", before=5000.0))["streams"] == 1  # now it stands in two files, and counts in one
    assert read((await room.done("export"))["path"]) == whole
    others = await room.upkeep.finished(room.upkeep.begin("export", Request(), tenant="another", by="admin"))
    assert others.result["events"] == 0


async def test_an_archived_run_whose_file_is_away_says_so(room: Room) -> None:
    await some_runs(room, 2)
    await room.journal.append(a_run("run_late", at=9000.0))
    (file,) = (await room.done("archive", before=5000.0))["files"]
    path = room.upkeep.archive.folder / file
    kept = path.read_bytes()
    path.unlink()
    with pytest.raises(NotFound, match=file):
        await room.journal.read("run_0")
    assert (await room.job("export")).state == "failed"
    path.write_bytes(kept[:-100])
    with pytest.raises(JournalDamaged):
        await room.journal.read("run_0")
    path.write_bytes(kept)
    assert len(await room.journal.read("run_0")) == 6 and await room.journal.read("run_none") == []


@pytest.mark.parametrize(("format", "flushes"), [("jsonl", 0), ("parquet", 1)])
async def test_an_export_that_cannot_be_written_is_said_so_and_leaves_no_half(
    room: Room, format: str, flushes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    await some_runs(room, 3)
    whole = Path((await room.done("export", format=format))["path"])
    room_left = iter(range(flushes))

    def flushed(_: int) -> None:
        if next(room_left, None) is None:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", flushed)
    job = await room.job("export", format=format)
    assert job.problem is not None and "No space left on device" in job.problem.detail, job.problem
    assert list(whole.parent.iterdir()) == [whole]


async def test_an_export_as_parquet(room: Room) -> None:
    import duckdb

    await some_runs(room, 3)
    path = (await room.done("export", format="parquet"))["path"]
    rows = duckdb.execute(f"SELECT type, count(*) FROM '{path}' GROUP BY type ORDER BY type").fetchall()
    assert ("run.started", 3) in rows and sum(row[1] for row in rows) == 18
    found = duckdb.execute(
        f"SELECT body->>'answer' FROM '{path}' WHERE type = 'run.finished' ORDER BY stream"
    ).fetchone()
    assert found == ("the secret answer of run_0",)


async def test_finished_runs_are_archived_and_come_back(room: Room) -> None:
    names = await some_runs(room, 4)
    await room.journal.append(a_run("run_open")[:3])
    await room.journal.append(a_run("run_late", at=9000.0))
    views, events = room.views_now(), {name: await room.journal.read(name) for name in names}
    moved = await room.done("archive", before=5000.0)
    assert (moved["streams"], moved["events"], len(moved["files"])) == (4, 24, 1)
    assert await room.upkeep.archive.where("run_0") == moved["files"][0]
    assert await StoredEvents(room.database.engine, Keyring(Master(MASTER))).read("run_0") == []  # it is not here
    assert {name: await room.journal.read(name) for name in names} == events  # and read all the same
    assert await room.journal.read("run_0", 4) == events["run_0"][4:] and await room.journal.read("run_0", 6) == []
    report = await room.done("verify")
    assert (report["whole"], report["streams"], report["archived"]) == (True, 2, 4)
    await room.done("rebuild")
    assert room.views_now() == views
    with pytest.raises(RunFinished):
        await room.journal.append(a_run("run_0"))
    for name in names:
        assert (await room.done("restore", stream=name))["events"] == 6
        assert await room.journal.read(name) == events[name]
    assert await room.findings() == [] and room.views_now() == views
    assert (await room.done("archive", before=5000.0))["streams"] == 4
    assert (await room.done("archive", before=5000.0))["streams"] == 0


async def test_an_archive_that_was_changed_or_lost_is_found(room: Room) -> None:
    import duckdb

    await some_runs(room, 3)
    await room.journal.append(a_run("run_late", at=9000.0))
    (file,) = (await room.done("archive", before=5000.0))["files"]
    path = room.upkeep.archive.folder / file
    whole = path.read_bytes()
    other = path.with_suffix(".other")
    duckdb.execute(
        f'COPY (SELECT * REPLACE (CASE WHEN seq = 2 THEN "at" + 1 ELSE "at" END AS "at") FROM \'{path}\')'
        f" TO '{other}' (FORMAT parquet)"
    )
    other.replace(path)
    assert {(stream, seq) for stream, seq, _ in await room.findings()} == {(f"run_{n}", 2) for n in range(3)}
    job = await room.job("restore", stream="run_1")
    assert job.problem and job.problem.code == "journal_damaged"
    path.write_bytes(whole[:100])
    assert "cannot be read" in (await room.findings())[0][2]
    path.unlink()
    assert "is not there" in (await room.findings())[0][2]
    path.write_bytes(whole)
    assert await room.findings() == []


async def test_who_is_erased_cannot_be_read_by_anybody(room: Room, tmp_path: Path) -> None:
    artifact = room.blobs.put(b"mine"), room.blobs.put(b"ours")
    await room.journal.append(a_run("run_a", "ann", artifact=e.Artifact(artifact[0], "a", "text/plain", 4)))
    await room.journal.append(a_run("run_b", "ann", artifact=e.Artifact(artifact[1], "a", "text/plain", 4)))
    await room.journal.append(a_run("run_c", "bob", artifact=e.Artifact(artifact[1], "a", "text/plain", 4)))
    result = await room.done("erase", subject="ann")
    assert (result["keys"], result["events"], result["readable"], result["files"]) == (1, 10, 0, 1)
    bodies = [event.body for event in await room.journal.read("run_a")]
    assert bodies[0] == e.Erased("run.started") and isinstance(bodies[1], e.ModelAsked)
    assert [view.run_id for view in await room.views.runs("t")] == ["run_c"]
    assert await room.findings() == []
    views = room.views_now()
    await room.done("rebuild")
    assert room.views_now() == views
    with pytest.raises(NotFound):
        room.blobs.get(artifact[0])
    assert room.blobs.get(artifact[1]) == b"ours"
    exported = read((await room.done("export"))["path"])
    assert "secret goal of run_c" in exported and "secret goal of run_a" not in exported
    await room.database.engine.dispose()
    left = everything(tmp_path)
    assert b"secret goal of run_c" in left  # in a view
    assert b"secret goal of run_a" not in left and b"secret answer of run_b" not in left
    await room.journal.append(a_run("run_d", "ann"))  # who comes back has another key
    assert (await room.journal.read("run_d"))[0].body == a_run("run_d", "ann")[0].body
    async with opened(tmp_path) as again:
        assert (await again.journal.read("run_b"))[5].body == e.Erased("run.finished")
        assert (await again.journal.read("run_d"))[5].body == a_run("run_d", "ann")[5].body


async def test_who_has_runs_under_way_is_not_erased(room: Room) -> None:
    await room.journal.append(a_run("run_a", "ann")[:3])
    job = await room.job("erase", subject="ann")
    assert job.problem and job.problem.code == "conflict" and "run_a" in job.problem.detail
    assert (await room.journal.read("run_a"))[0].body == a_run("run_a", "ann")[0].body


async def test_an_erasure_reaches_the_archive(room: Room) -> None:
    await room.journal.append(a_run("run_a", "ann"))
    await room.journal.append(a_run("run_late", "bob", at=9000.0))
    await room.done("archive", before=5000.0)
    await room.done("erase", subject="ann")
    await room.done("restore", stream="run_a")
    assert (await room.journal.read("run_a"))[0].body == e.Erased("run.started")
    assert await room.findings() == []


async def test_what_was_written_unencrypted_is_said_to_stay(tmp_path: Path) -> None:
    async with opened(tmp_path, encrypt=False) as room:
        await room.journal.append(a_run("run_a", "ann"))
        assert (await room.done("erase", subject="ann"))["readable"] == 5


async def test_one_job_at_a_time(room: Room) -> None:
    first = room.upkeep.begin("verify", Request(), tenant="t", by="admin")
    with pytest.raises(Conflict):
        room.upkeep.begin("rebuild", Request(), tenant="t", by="admin")
    await room.upkeep.finished(first)
    assert (await room.job("anchor")).state == "done"
    with pytest.raises(NotFound):
        room.upkeep.job("another tenant", first.id)


async def test_anchors_are_made_by_themselves(room: Room) -> None:
    await some_runs(room, 1)
    room.upkeep.watch_over()
    await room.upkeep.close()  # the last one is signed on leaving
    assert (await room.upkeep.stats()).anchor.startswith("1-")


async def test_stats(room: Room) -> None:
    await some_runs(room, 3)
    await room.done("anchor")
    found = await room.upkeep.stats()
    assert (found.events, found.streams, found.keys, found.erased, found.archived_streams) == (18, 3, 1, 0, 0)
    assert found.types["run.started"] == 3 and found.bytes > 0 and found.encrypts

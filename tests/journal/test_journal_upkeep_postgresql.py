"""The journal as a whole in PostgreSQL: verified, rebuilt, archived, erased, with the same code."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select, text

from orchestrator.journal.keys import Keyring, Master
from orchestrator.journal.ledger import Ledger
from orchestrator.journal.postgresql import PostgresJournal
from orchestrator.journal.upkeep import ARCHIVE, Kind, Request, Upkeep
from orchestrator.kernel import events as e
from orchestrator.kernel.clock import ManualClock
from orchestrator.kernel.events import Event
from orchestrator.kernel.ids import CountedIds
from orchestrator.kernel.messages import Json, Message, ToolCall, Usage, user
from orchestrator.storage.blobs import Blobs
from orchestrator.storage.postgresql import PostgresDatabase
from orchestrator.storage.tables import VIEWS


class Room:
    def __init__(self, database: PostgresDatabase, folder: Path) -> None:
        self.database = database
        keyring, clock = Keyring(Master(bytes(32))), ManualClock()
        self.journal = PostgresJournal(database, lambda events: None, keyring, archive=folder / ARCHIVE)
        blobs = Blobs(folder / "blobs")
        self.upkeep = Upkeep(database, keyring, Ledger(self.journal, clock), blobs, folder, clock, CountedIds())

    async def done(
        self, kind: Kind, *, known: str = "", before: float = 0.0, stream: str = "", subject: str = ""
    ) -> Json:
        request = Request(known=known, before=before, stream=stream, subject=subject)
        job = await self.upkeep.finished(self.upkeep.begin(kind, request, tenant="t", by="admin"))
        assert job.state == "done", job.problem
        return job.result

    async def views(self) -> dict[str, list[tuple[object, ...]]]:
        async with self.database.engine.connect() as connection:
            return {
                view.name: [tuple(row) for row in await connection.execute(select(view).order_by(*view.primary_key))]
                for view in VIEWS
            }

    async def change(self, *script: str) -> None:
        async with self.database.engine.begin() as connection:
            for sql in script:
                await connection.execute(text(sql))


@pytest.fixture
async def room(postgresql_url: str, tmp_path: Path) -> AsyncIterator[Room]:
    database = PostgresDatabase(postgresql_url)
    room = Room(database, tmp_path)
    yield room
    await room.upkeep.close()
    await room.journal.close()
    await database.close()


def a_run(name: str, subject: str = "u", at: float = 1000.0) -> list[Event]:
    call = ToolCall("c1", "echo", {"text": "hello"})
    bodies: list[e.Body] = [
        e.RunStarted(f"conversation_{subject}", user("the secret goal"), "auto", "/w"),
        e.ModelReplied(1, "m", Message("assistant", (call,)), "stop", Usage(10, 5), 0.1, 0.3),
        e.ApprovalAsked(
            f"approval_{name}", "call", 1, "c1", "echo", {"n": 1.5}, "hash", "echo", "code", "why", {"a": "é"}
        ),
        e.ApprovalAnswered(f"approval_{name}", "once", "ann"),
        e.ToolReturned(1, "c1", "echo", "key", "ok", "hello", seconds=0.1),
        e.RunFinished("completed", "the secret answer", "m", 1, Usage(10, 5), 0.1),
    ]
    return [Event(name, seq, at + seq, "t", subject, body) for seq, body in enumerate(bodies, 1)]


async def test_verified_rebuilt_archived_and_erased(room: Room) -> None:
    for name, subject in (("run_0", "ann"), ("run_1", "bob"), ("run_2", "ann")):
        await room.journal.append(a_run(name, subject))
    await room.journal.append(a_run("run_late", "bob", at=9000.0))
    views = await room.views()
    await room.change("DELETE FROM runs WHERE run_id = 'run_1'", "UPDATE usage SET replies = 99")
    assert (await room.done("rebuild"))["events"] == 24
    assert await room.views() == views
    moved = await room.done("archive", before=5000.0)
    assert (moved["streams"], moved["events"]) == (3, 18)
    assert await room.journal.read("run_1") == a_run("run_1", "bob")
    assert (await room.done("export"))["events"] == 24
    report = await room.done("verify")
    assert report["whole"], report
    assert (report["streams"], report["archived"]) == (1, 3)
    await room.done("rebuild")
    assert await room.views() == views
    await room.done("restore", stream="run_0")
    assert await room.journal.read("run_0") == a_run("run_0", "ann")
    assert (await room.done("erase", subject="ann"))["events"] == 6
    assert (await room.journal.read("run_0"))[0].body == e.Erased("run.started")
    assert (await room.journal.read("run_2"))[0].body == e.Erased("run.started")  # in the archive
    views = await room.views()
    await room.done("rebuild")
    assert await room.views() == views
    assert (await room.done("verify"))["whole"]


async def test_what_another_hand_changed_is_found(room: Room) -> None:
    for name in ("run_0", "run_1", "run_2"):
        await room.journal.append(a_run(name))
    await room.done("anchor")
    await room.change(
        "SET LOCAL session_replication_role = replica",  # the database goes to other tests as it was
        "UPDATE events SET at = 1 WHERE stream = 'run_0' AND seq = 2",
        "DELETE FROM events WHERE stream = 'run_1' AND seq > 3",
        "DELETE FROM events WHERE stream = 'run_2'",
    )
    found = {(one["stream"], one["seq"]) for one in (await room.done("verify"))["findings"]}
    assert found == {("run_0", 2), ("run_1", 4), ("run_2", 1)}

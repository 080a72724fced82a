"""What must be true in the end, by the journal and by the witness outside."""

import sqlite3

from crash.harness import MASTER, Folder
from orchestrator.journal.keys import Keyring, Master
from orchestrator.journal.rows import Row, unseal, verify
from orchestrator.kernel.events import Event, RunStarted, ToolRequested


def journal(folder: Folder) -> list[Event]:
    connection = sqlite3.connect(folder.data / "orchestrator.db")
    keyring = Keyring(Master(MASTER))
    keys = {
        row[0]: keyring.unwrap(*row)
        for row in connection.execute("SELECT id, tenant, subject, wrapped FROM subject_keys")
    }
    rows = connection.execute(
        "SELECT stream, seq, type, tenant, subject, at, key, body, hash FROM events"
        " WHERE stream LIKE 'run_%' ORDER BY stream, seq"
    ).fetchall()
    connection.close()
    for stream in {row[0] for row in rows}:
        assert verify(Row._make(row) for row in rows if row[0] == stream) is None
    return [unseal(row, keys.get(row.key)) for row in map(Row._make, rows)]


def check_events(folder: Folder, events: list[Event]) -> None:
    scenario, done = folder.scenario, folder.effects()
    asked_for = {
        body.key for event in events if isinstance(body := event.body, ToolRequested) and body.effects != "none"
    }
    assert set(done) == asked_for and len(asked_for) == scenario.effects, "an effect was lost"
    assert max(done.values()) == 1, "an effect was done twice"
    streams: dict[str, list[Event]] = {}
    for event in events:
        streams.setdefault(event.stream, []).append(event)
    assert len(streams) == scenario.runs, "a run was lost, or begun twice"
    for stream in streams.values():
        assert [event.seq for event in stream] == list(range(1, len(stream) + 1))
        assert [event.type for event in stream].count("run.finished") == 1 and stream[-1].type == "run.finished"
    (first,) = (one for one in streams.values() if isinstance(one[0].body, RunStarted) and not one[0].body.parent)
    assert first[-1].body.answer == scenario.answer  # type: ignore[union-attr]
    recorded = {f"{event.stream} {event.seq} {event.type}" for event in events}
    acknowledged = set(folder.acknowledged.read_text().splitlines())
    assert acknowledged <= recorded, "an acknowledged event was lost"

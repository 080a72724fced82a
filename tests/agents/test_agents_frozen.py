"""The state of a run as bytes: nothing is lost, and going on from there is the same as from the first event."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.agents import frozen
from orchestrator.agents.frozen import Frozen, freeze, thaw, unfolded, version
from orchestrator.agents.state import RunState, fold
from orchestrator.journal.keys import Keyring, Master
from orchestrator.journal.snapshots import Snapshots
from orchestrator.journal.sqlite import SqliteJournal
from orchestrator.kernel import events as e
from orchestrator.kernel.clock import ManualClock
from orchestrator.kernel.events import Event
from orchestrator.kernel.messages import Message, Text, ToolCall, Usage, user
from orchestrator.storage.sqlite import SqliteDatabase


def a_run(steps: int) -> list[Event]:
    """Every step asks, acts and is answered, in the ways there are."""
    bodies: list[e.Body] = [e.RunStarted("c", user("the goal é"), "auto", "/w")]
    for n in range(1, steps + 1):
        calls = (ToolCall(f"a{n}", "echo", {"n": n % 3}), ToolCall(f"b{n}", "ask", {"x": [n / 7, None, {"é": True}]}))
        asked = e.ApprovalAsked(
            f"approval_{n}", "call", n, f"b{n}", "ask", {}, "hash", "shape", "code", "why", {"a": "b"}
        )
        bodies += [
            e.ModelAsked(n, "m"),
            e.PlanMade((f"step {n}",)),
            e.ModelReplied(n, "m", Message("assistant", (Text("so"), *calls)), "stop", Usage(3, 2, 1), 0.1, 0.2),
            asked,
            e.ToolRequested(n, f"a{n}", "echo", {"n": n % 3}, f"key{n}", "once"),
            e.ToolReturned(n, f"a{n}", "echo", f"key{n}", "ok", "said", {"n": n}, "web", seconds=0.3),
            e.ApprovalAnswered(f"approval_{n}", "run" if n % 2 else "refuse", "ann"),
            e.MessageAdded(f"m{n}", user("and this"), "steer", "ann"),
            e.ToolReturned(n, f"b{n}", "ask", "", "refused", "no", artifact=e.Artifact("f" * 64, "a", "text/plain", 1)),
        ]
    bodies.append(e.RunFinished("completed", "the answer", "m", steps, Usage(1, 1), 0.1))
    return [Event("run_x", seq, 1.0 + seq, "t", "u", body) for seq, body in enumerate(bodies, 1)]


EVENTS = a_run(5)


def test_every_attribute_is_kept() -> None:
    assert set(Frozen.__struct_fields__) == set(vars(RunState("run_x")))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(EVENTS)))
def test_going_on_from_a_snapshot_is_going_on(at: int) -> None:
    state = thaw(freeze(fold("run_x", EVENTS[:at])))
    assert vars(state) == vars(fold("run_x", EVENTS[:at]))
    for event in EVENTS[at:]:
        state.apply(event)
    assert vars(state) == vars(fold("run_x", EVENTS))
    call = ToolCall("other", "echo", {"n": 1})
    assert state.times_seen(call) == fold("run_x", EVENTS).times_seen(call)


class Counting:
    """A journal that counts what is read from it."""

    def __init__(self, journal: SqliteJournal) -> None:
        self._journal = journal
        self.read_events = 0

    def append(self, *given: Any, **named: Any) -> Any:
        return self._journal.append(*given, **named)

    async def read(self, stream: str, after: int = 0) -> list[Event]:
        events = await self._journal.read(stream, after)
        self.read_events += len(events)
        return events


async def test_a_long_run_is_opened_from_where_it_was_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frozen, "EVERY", 10)
    database = SqliteDatabase(tmp_path / "orchestrator.db")
    database.migrate()
    keyring = Keyring(Master(bytes(32)))
    journal = SqliteJournal(database, lambda events: None, keyring)
    counting, kept = Counting(journal), Snapshots(database.engine, keyring, ManualClock())
    await journal.append(EVENTS[:30])
    first = await unfolded("run_x", counting, kept)
    assert counting.read_events == 30 and b"the goal" not in await body_of(kept, database)
    await journal.append(EVENTS[30:35])
    state = await unfolded("run_x", counting, kept)
    assert counting.read_events == 35
    assert vars(state) == vars(fold("run_x", EVENTS[:35])) and vars(first) == vars(fold("run_x", EVENTS[:30]))
    monkeypatch.setattr(frozen, "version", lambda: version() + 1)  # another code folds anew
    assert vars(await unfolded("run_x", counting, kept)) == vars(state) and counting.read_events == 70
    await journal.close()
    await database.close()


async def test_a_snapshot_that_was_changed_is_not_believed(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "orchestrator.db")
    database.migrate()
    kept = Snapshots(database.engine, Keyring(Master(bytes(32))), ManualClock())
    await kept.keep("run_x", "t", "u", 30, version(), freeze(fold("run_x", EVENTS[:30])))
    assert await kept.load("run_x", version()) is not None
    connection = database.connect()
    connection.execute("UPDATE snapshots SET seq = 31")
    connection.close()
    assert await kept.load("run_x", version()) is None
    await database.close()


async def body_of(kept: Snapshots, database: SqliteDatabase) -> bytes:
    connection = database.connect()
    (body,) = connection.execute("SELECT body FROM snapshots").fetchone()
    connection.close()
    return bytes(body)

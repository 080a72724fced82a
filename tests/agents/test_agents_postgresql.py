"""PostgreSQL killed under runs at work, and started again: they go on, and nothing is done twice or lost."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers.postgresql import Server, running
from world import FunctionTool, ScriptModel, World, call, say, until, world

from orchestrator.agents.desk import REVIVE
from orchestrator.journal import postgresql as room
from orchestrator.kernel.errors import JournalUnavailable
from orchestrator.kernel.ids import effect_key
from orchestrator.kernel.messages import Arguments
from orchestrator.llm.base import Reply, Request
from orchestrator.storage.postgresql import PostgresDatabase
from orchestrator.tools.base import Context, Result

RUNS, STEPS = 12, 6


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with running() as server:
        url = server.url(server.create())
        PostgresDatabase(url).migrate()
        (tmp_path / "storage.url").write_text(url, "utf-8")
        yield server


class Deposits:
    """A tool whose effects are counted outside, and can be held up."""

    def __init__(self) -> None:
        self.made: Counter[str] = Counter()
        self.go = asyncio.Event()
        self.go.set()
        self.tool = FunctionTool("deposit", self._deposit, "once", "write")

    async def _deposit(self, arguments: Arguments, context: Context) -> Result:
        await self.go.wait()
        self.made[context.key] += 1
        return Result("deposited")


def step(request: Request) -> Reply:
    done = sum(message.role == "tool" for message in request.messages)
    return say("", call("deposit", f"c{done}", n=done)) if done < STEPS else say("All is deposited.")


async def finished(w: World, deposits: Deposits, names: list[str]) -> None:
    """The clock goes on until nothing stands still; a person who can look says what happened; all come to their end."""
    for name in names:
        while not any(event.type == "run.finished" for event in await w.journal.read(name)):
            try:
                await w.runs.settled(name)
            except JournalUnavailable:
                w.clock.advance(REVIVE)
                await asyncio.sleep(0.01)
            for waiting in await w.views.approvals("t", run_id=name):
                asked = waiting.asked
                happened = effect_key(name, asked.step, asked.tool, asked.arguments) in deposits.made
                await w.runs.answer(waiting.approval_id, "done" if happened else "retry", tenant="t", by="u")


async def check(w: World, deposits: Deposits, names: list[str]) -> None:
    for name in names:
        events = await w.journal.read(name)
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        assert [event.type for event in events].count("run.finished") == 1
        assert events[-1].body.answer == "All is deposited."
        told = [event for event in w.committed if event.stream == name]
        assert told == events, "what was told is not what is there"
    assert len(deposits.made) == RUNS * STEPS and set(deposits.made.values()) == {1}


async def test_a_server_that_is_soon_back_is_not_even_noticed(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "GRACE", 60.0)  # a loaded machine starts slowly
    deposits = Deposits()
    async with world(tmp_path, ScriptModel(step), deposits.tool) as w:
        names = [await w.run() for _ in range(RUNS)]
        for already in (RUNS, RUNS * STEPS // 2):
            await until(lambda already=already: deposits.made.total() >= already)  # type: ignore[misc]
            await asyncio.to_thread(server.kill)
            await asyncio.to_thread(server.start)
        for name in names:
            await w.runs.settled(name)
        await check(w, deposits, names)


async def test_a_server_that_stays_away_makes_runs_stand_still_and_go_on(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "GRACE", 0.0)
    deposits = Deposits()
    async with world(tmp_path, ScriptModel(step), deposits.tool) as w:
        names = [await w.run() for _ in range(RUNS)]
        await until(lambda: deposits.made.total() >= RUNS)
        deposits.go.clear()
        await asyncio.to_thread(server.kill)
        deposits.go.set()
        await until(lambda: w.runs.desk.stalled)
        with pytest.raises(JournalUnavailable, match="cannot be reached"):
            await w.run("begin while it is away")
        await asyncio.to_thread(server.start)
        await finished(w, deposits, names)
        await check(w, deposits, names)

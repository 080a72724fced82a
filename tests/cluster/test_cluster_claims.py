"""Claims on a real PostgreSQL: who is given up, when, and what that takes from them."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import pytest
from servers.postgresql import Server

from orchestrator.journal.claims import Claims, gone, place, riding
from orchestrator.journal.projections import Statement
from orchestrator.kernel import events as e
from orchestrator.kernel.errors import JournalUnavailable
from orchestrator.kernel.events import Event
from orchestrator.kernel.messages import user

STARTED = e.RunStarted("c", user("goal"), "auto", "/w")


@pytest.fixture
def url(postgresql: Server) -> Iterator[str]:
    with postgresql.migrated() as url:
        yield url


@pytest.fixture
async def line(url: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(url)
    yield connection
    await connection.close()


@pytest.fixture
async def claims(url: str) -> AsyncIterator[Claims]:
    async def connect() -> Any:
        return await asyncpg.connect(url)

    claims = Claims(connect, patience=20.0)
    for name in ("a-1", "b-1"):
        await claims.join(name, url="", place="", version="0", room=4)
    yield claims
    await claims.close()


def event(run_id: str, seq: int, body: e.Body) -> Event:
    return Event(run_id, seq, 0.0, "t", "u", body)


async def rides(line: Any, node: str, *events: Event) -> None:
    """What the journal does with the claims in the transaction of these events."""
    async with line.transaction():
        for one in events:
            for sql, values in riding(one, node):
                await line.execute(*_bound((sql, values)))


def _bound(statement: Statement) -> tuple[Any, ...]:
    sql, values = statement
    for number, name in enumerate(values, 1):
        kind = "bigint" if isinstance(values[name], int) else "text"
        sql = sql.replace(f":{name}", f"${number}::{kind}")
    return sql, *values.values()


async def owners(claims: Claims) -> dict[str, str | None]:
    return {claim.run_id: claim.node for claim in await claims.claims()}


async def test_a_run_is_its_starters_until_it_ends(claims: Claims, line: Any) -> None:
    await rides(line, "a-1", event("run_1", 1, STARTED))
    assert await claims.owner("run_1") == "a-1"
    await rides(line, "a-1", event("run_1", 2, e.RunFinished("completed", "done")))
    assert await claims.owner("run_1") is None and await owners(claims) == {}


async def test_streams_that_are_no_runs_are_claimed_by_nobody(claims: Claims, line: Any) -> None:
    await rides(line, "a-1", event("conversation_1", 1, e.ConversationOpened()))
    assert await owners(claims) == {}


async def test_a_run_of_a_node_that_lives_is_nobody_elses(claims: Claims, line: Any) -> None:
    await rides(line, "a-1", event("run_1", 1, STARTED))
    for body in (e.RunResumed("x"), e.ApprovalAnswered("p", "once", "u"), e.RunFinished("cancelled", "")):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await rides(line, "b-1", event("run_1", 2, body))
    await rides(line, "a-1", event("run_1", 2, e.ApprovalAnswered("p", "once", "u")))
    assert await owners(claims) == {"run_1": "a-1"}


async def test_who_is_given_up_loses_its_runs_in_that_moment(claims: Claims, line: Any) -> None:
    await rides(line, "a-1", event("run_1", 1, STARTED), event("run_2", 1, STARTED))
    seen = (await claims.beat("b-1", running=0, room=4)).others["a-1"][0]
    assert await claims.bury("a-1", seen)
    assert await owners(claims) == {"run_1": None, "run_2": None}
    assert (await claims.beat("b-1", running=0, room=4)).waiting
    assert not (await claims.beat("a-1", running=2, room=2)).alive
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await rides(line, "a-1", event("run_3", 1, STARTED))
    assert await claims.take("b-1", 1) == ["run_1"] and await claims.take("b-1", 5) == ["run_2"]
    await rides(line, "b-1", event("run_1", 7, e.RunResumed("x")))
    assert {claim.run_id: claim.epoch for claim in await claims.claims()} == {"run_1": 7, "run_2": 1}


async def test_a_beat_meanwhile_saves_a_node(claims: Claims) -> None:
    seen = (await claims.beat("b-1", running=0, room=4)).others["a-1"][0]
    await claims.beat("a-1", running=0, room=4)
    assert not await claims.bury("a-1", seen)


async def test_what_is_being_appended_comes_before_the_burial_or_not_at_all(claims: Claims, line: Any) -> None:
    """The two statements of the fence, for real: a transaction that holds the node's row delays its burial."""
    seen = (await claims.beat("b-1", running=0, room=4)).others["a-1"][0]
    async with line.transaction():
        assert await line.fetchval("SELECT 1 FROM nodes WHERE node = 'a-1' FOR KEY SHARE")
        assert not await claims.bury("a-1", seen)  # without waiting
        await claims.beat("b-1", running=0, room=4)  # nor does anybody's beat wait for it
    assert await claims.bury("a-1", seen)
    assert not await line.fetchval("SELECT 1 FROM nodes WHERE node = 'a-1' FOR KEY SHARE")


async def test_two_who_take_at_once_take_different_runs(claims: Claims, line: Any) -> None:
    await rides(line, "a-1", *(event(f"run_{number}", 1, STARTED) for number in range(20)))
    await claims.leave("a-1")
    await claims.join("c-1", url="", place="", version="0", room=4)
    taken = await asyncio.gather(*(claims.take(name, 3) for name in ("b-1", "c-1") * 3))
    assert len({run for some in taken for run in some}) == sum(map(len, taken)) == 18


async def test_rest_is_void_when_something_happened_since(claims: Claims, line: Any) -> None:
    await rides(line, "a-1", event("run_1", 1, STARTED))
    ((_, epoch),) = await claims.held("a-1")
    await rides(line, "a-1", event("run_1", 5, e.ApprovalAnswered("p", "once", "u")))
    await claims.rest("a-1", "run_1", epoch)
    assert await owners(claims) == {"run_1": "a-1"}
    await claims.rest("a-1", "run_1", 5)
    assert await owners(claims) == {}


async def test_handed_on_it_waits_for_another(claims: Claims, line: Any) -> None:
    await rides(line, "a-1", event("run_1", 1, STARTED))
    await claims.hand_on("b-1", "run_1")  # not its own
    assert await owners(claims) == {"run_1": "a-1"}
    await claims.hand_on("a-1", "run_1")
    assert await claims.take("b-1", 5) == ["run_1"]


async def test_a_run_of_before_there_were_claims_is_adopted(claims: Claims, line: Any) -> None:
    columns = "run_id, tenant, subject, conversation_id, goal, model, channel, started_at, status, finished_at"
    for run_id, status, finished in (("run_1", "running", None), ("run_2", "waiting", None), ("run_3", "failed", 1.0)):
        values = (run_id, "t", "u", "c", "g", "m", "api", 0.0, status, finished)
        places = ", ".join(f"${number}" for number in range(1, len(values) + 1))
        await line.execute(f"INSERT INTO runs ({columns}) VALUES ({places})", *values)
    await claims.adopt()
    await claims.adopt()
    assert await owners(claims) == {"run_1": None}


async def test_a_database_that_does_not_answer_is_not_waited_for() -> None:
    async def never() -> Any:
        await asyncio.Event().wait()

    claims = Claims(never, patience=0.01)
    with pytest.raises(JournalUnavailable):
        await claims.beat("a-1", running=0, room=1)


def test_a_neighbour_is_gone_when_its_process_is(tmp_path: Path) -> None:
    code = "from orchestrator.journal.claims import place; print(place(), flush=True); input()"
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None and process.stdout is not None
    other, own = process.stdout.readline().strip(), place()
    assert not gone(other, own) and not gone(own, own)
    boot, space, number, began = other.split("/")
    assert gone(f"{boot}/{space}/{number}/{int(began) - 1}", own)  # the number belongs to another by now
    assert not gone(f"another/{space}/{number}/{began}", own) and not gone("", own) and not gone(other, "")
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert gone(other, own)  # dead, though nobody has buried it
    process.wait()
    assert gone(other, own)
    process.stdin.close()
    process.stdout.close()

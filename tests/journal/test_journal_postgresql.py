"""The PostgreSQL journal: the contract, and what a lost connection or another server may do to it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg  # type: ignore[import-untyped]
import pytest
from contracts.journal import JournalContract, end, event, start
from servers.cutter import Cutter
from servers.postgresql import Server, running
from sqlalchemy import text
from world import until

from orchestrator.journal import postgresql as room
from orchestrator.journal.keys import Keyring, Master
from orchestrator.journal.ledger import Ledger
from orchestrator.journal.postgresql import PostgresJournal
from orchestrator.journal.views import Views
from orchestrator.kernel.clock import ManualClock
from orchestrator.kernel.errors import Fenced, InvalidInput, JournalUnavailable, RunFinished
from orchestrator.kernel.events import ConversationRenamed, Event, RunStarted
from orchestrator.kernel.events import RunFinished as Finished
from orchestrator.kernel.messages import Usage, user
from orchestrator.kernel.settings import Storage
from orchestrator.storage.postgresql import PostgresDatabase


@pytest.fixture
def published() -> list[Event]:
    return []


@pytest.fixture
async def database(postgresql_url: str) -> AsyncIterator[PostgresDatabase]:
    database = PostgresDatabase(postgresql_url)
    yield database
    await database.close()


def opened(database: PostgresDatabase, published: list[Event] | None = None) -> PostgresJournal:
    tell = published.extend if published is not None else lambda events: None
    return PostgresJournal(database, tell, Keyring(Master(bytes(32))))


@pytest.fixture
async def journal(database: PostgresDatabase, published: list[Event]) -> AsyncIterator[PostgresJournal]:
    journal = opened(database, published)
    yield journal
    await journal.close()


class TestPostgresql(JournalContract):
    pass


# Several servers.


async def test_two_servers_write_one_stream_and_one_of_them_is_fenced(
    journal: PostgresJournal, database: PostgresDatabase
) -> None:
    other = opened(database)
    await journal.append([start("a"), event("a", 2)])
    await other.append([event("a", 3)])
    with pytest.raises(Fenced):
        await journal.append([event("a", 3)])
    await journal.append([event("a", 4)])  # it looked again
    await other.append([end("a", 5)])
    with pytest.raises(RunFinished):
        await journal.append([event("a", 6)])
    assert [one.seq for one in await journal.read("a")] == [1, 2, 3, 4, 5]
    await other.close()


async def test_positions_are_in_the_order_of_commits_whoever_writes(
    journal: PostgresJournal, database: PostgresDatabase
) -> None:
    """A reader that goes on from the last position it saw never misses an event."""
    others = [opened(database) for _ in range(2)]
    seen: list[tuple[str, int]] = []
    done = asyncio.Event()

    async def read() -> None:
        after, last_look = 0, False
        while not last_look:
            last_look = done.is_set()
            for position, one in await journal.tail(after):
                assert position > after
                after = position
                seen.append((one.stream, one.seq))

    async def write(writer: PostgresJournal, name: str) -> None:
        for seq in range(1, 31):
            await writer.append([event(name, seq)])

    reader = asyncio.create_task(read())
    writers = (journal, *others)
    await asyncio.gather(*(write(one, f"{index}-{n}") for index, one in enumerate(writers) for n in range(3)))
    done.set()
    await reader
    assert len(seen) == len(set(seen)) == 9 * 30
    for writer in others:
        await writer.close()


async def test_ledgers_of_two_servers_follow_each_other(journal: PostgresJournal, database: PostgresDatabase) -> None:
    other = opened(database)
    ledgers = [Ledger(journal, ManualClock()), Ledger(other, ManualClock())]
    words = [ConversationRenamed(str(number)) for number in range(20)]
    await asyncio.gather(
        *(ledgers[number % 2].record("l", body, tenant="t", subject="u") for number, body in enumerate(words))
    )
    assert [one.seq for one in await journal.read("l")] == list(range(1, 21))
    await other.close()


async def test_a_server_that_was_given_up_writes_no_run(database: PostgresDatabase, published: list[Event]) -> None:
    async def done(statement: str) -> None:
        async with database.engine.begin() as connection:
            await connection.execute(text(statement))

    await done("INSERT INTO nodes (node, url, place, version, state, room) VALUES ('n1', '', '', '', 'serving', 1)")
    journal = PostgresJournal(database, published.extend, Keyring(Master(bytes(32))), node=lambda: "n1")
    await journal.append([start("run_1")])
    await done("DELETE FROM nodes")
    run, ledger = journal.append([event("run_1", 2)]), journal.append([event("server:t", 1)])
    with pytest.raises(Fenced, match="gave this one up"):
        await run
    await ledger  # what is no run is written all the same
    assert await journal.head("run_1") == 1
    await journal.close()


async def test_a_key_that_another_server_destroyed_encrypts_nothing_more(
    journal: PostgresJournal, database: PostgresDatabase
) -> None:
    await journal.append([start("a")])
    async with database.engine.begin() as connection:
        await connection.execute(text("UPDATE subject_keys SET wrapped = NULL, destroyed_at = 1"))
    await journal.append([start("b")])
    reader = opened(database)  # it remembers no key
    assert [one.type for one in await reader.read("a")] == ["event.erased"]
    assert await reader.read("b") == [start("b")]


# What cannot be kept.


async def test_values_at_the_edge(journal: PostgresJournal, database: PostgresDatabase) -> None:
    goal = "a\0b 'quoted' \\ $1 :name é\U0001f600"
    body = RunStarted("c", user(goal), "auto", "/w")
    done = Finished("completed", "yes", usage=Usage(2**40, 0), cost=0.1 + 0.2)
    await journal.append([Event("a", 1, 1e-300, "t", "u", body), Event("a", 2, 1.7e308, "t", "u", done)])
    assert [one.body for one in await journal.read("a")] == [body, done]
    view = await Views(database.engine).run("t", "a")
    assert view.goal == goal.replace("\0", "\ufffd")  # a text of PostgreSQL holds no NUL; the event does
    assert (view.usage.input_tokens, view.cost, view.started_at) == (2**40, 0.1 + 0.2, 1e-300)


@pytest.mark.parametrize("bad", ["number", "text", "long"])
async def test_what_cannot_be_kept_hurts_its_author_alone(journal: PostgresJournal, bad: str) -> None:
    await journal.append([start("a")])
    wrong = {
        "number": Event("a", 2, 2.0, "t", "u", Finished("completed", "done", usage=Usage(2**63))),
        "text": event("s\0", 1),
        "long": event("".join(chr(200 + index * 7919 % 50_000) for index in range(30_000)), 1),  # of an index
    }[bad]
    hurt, beside = journal.append([wrong]), journal.append([start("b")])
    with pytest.raises(InvalidInput, match="cannot hold"):
        await hurt
    await beside
    await journal.append([event("a", 2)])


# A connection that is lost.


@asynccontextmanager
async def cuttable(
    postgresql: Server, url: str, timeout: float = 10.0
) -> AsyncIterator[tuple[Cutter, PostgresJournal]]:
    name = url.partition("@/")[2].partition("?")[0]
    with TemporaryDirectory(dir="/tmp") as folder:
        here, there = Path(folder, ".s.PGSQL.1"), postgresql.socket
        async with Cutter(here, there) as cutter:
            database = PostgresDatabase(
                f"postgresql://orchestrator@/{name}?host={folder}&port=1", Storage(timeout=timeout)
            )
            journal = opened(database)
            yield cutter, journal
            cutter.mend()
            await journal.close()
            await database.close()


async def test_an_answer_that_was_lost_is_looked_up(postgresql: Server, postgresql_url: str) -> None:
    async with cuttable(postgresql, postgresql_url) as (cutter, journal):
        await journal.append([start("a")])
        cutter.hold(down=True)
        written = journal.append([event("a", 2)])
        await cutter.answered.wait()  # it is committed, and we were not told
        cutter.cut()
        cutter.mend()
        await written
        await journal.append([event("a", 3)])
        assert [one.seq for one in await journal.read("a")] == [1, 2, 3]


async def test_a_message_that_never_arrived_is_sent_again(postgresql: Server, postgresql_url: str) -> None:
    async with cuttable(postgresql, postgresql_url) as (cutter, journal):
        await journal.append([start("a")])
        cutter.hold(up=True)
        written = journal.append([event("a", 2)])
        await cutter.held.wait()
        cutter.cut()
        cutter.mend()  # it arrives now, late: at a session that has been ended, or before it is
        await written
        await journal.append([event("a", 3)])
        assert [one.seq for one in await journal.read("a")] == [1, 2, 3]


async def test_a_server_that_does_not_answer_in_time_is_asked_again(postgresql: Server, postgresql_url: str) -> None:
    async with cuttable(postgresql, postgresql_url, timeout=0.5) as (cutter, journal):
        await journal.append([start("a")])
        cutter.hold(up=True, down=True)  # as a network that fell apart: nobody is told
        written = [journal.append([event("a", seq)]) for seq in (2, 3)]
        await cutter.held.wait()
        await until(lambda: journal._session is None)  # it gives up by its own time limit
        cutter.mend()
        await asyncio.gather(*written)
        assert [one.seq for one in await journal.read("a")] == [1, 2, 3]


async def test_a_session_that_was_ended_while_idle_is_replaced(journal: PostgresJournal, postgresql: Server) -> None:
    await journal.append([start("a")])
    assert journal._session is not None
    postgresql.sql(f"SELECT pg_terminate_backend({journal._session.pid}, 5000)")
    await journal.append([event("a", 2)])
    assert await journal.head("a") == 2


async def test_killed_and_started_again_nothing_acknowledged_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "GRACE", 60.0)  # a loaded machine starts slowly
    with running() as server:
        database = PostgresDatabase(server.url(server.create()))
        database.migrate()
        journal = opened(database)
        acknowledged: dict[str, int] = {}
        over = asyncio.Event()

        async def write(name: str) -> None:
            seq = 0
            while not over.is_set():
                await journal.append([event(name, seq + 1)])
                acknowledged[name] = seq = seq + 1

        def gone_on(before: dict[str, int]) -> bool:
            return all(acknowledged.get(name, 0) > before.get(name, 0) for name in names)

        names = [f"r{number}" for number in range(10)]
        writers = [asyncio.create_task(write(name)) for name in names]
        for _ in range(2):
            await until(partial(gone_on, dict(acknowledged)))
            await asyncio.to_thread(server.kill)
            await asyncio.to_thread(server.start)
        over.set()
        await asyncio.gather(*writers)  # nobody was told a failure, either
        for name, seq in acknowledged.items():
            assert [one.seq for one in await journal.read(name)] == list(range(1, seq + 1))
        await journal.close()
        await database.close()


async def test_a_server_that_stays_away_is_said_and_what_was_in_doubt_waits(
    postgresql: Server, postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "GRACE", 0.0)
    async with cuttable(postgresql, postgresql_url) as (cutter, journal):
        await journal.append([start("a")])
        cutter.hold(down=True)
        doubtful = journal.append([event("a", 2)])
        await cutter.answered.wait()
        cutter.refuse(True)
        behind = journal.append([event("a", 3)])
        with pytest.raises(JournalUnavailable, match="cannot be reached") as raised:
            await behind
        assert raised.value.retryable and not doubtful.done()
        cutter.refuse(False)
        cutter.mend()
        await doubtful
        await journal.append([event("a", 3)])


async def test_what_never_arrived_is_not_sent_again_once_what_follows_was_refused(
    postgresql: Server, postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who was told reads what is there and goes on from it: what comes late would take the place of that."""
    monkeypatch.setattr(room, "GRACE", 0.0)
    async with cuttable(postgresql, postgresql_url) as (cutter, journal):
        await journal.append([start("a")])
        cutter.hold(up=True)
        doubtful = journal.append([event("a", 2)])
        await cutter.held.wait()
        cutter.refuse(True)
        cutter.lose()
        with pytest.raises(JournalUnavailable):
            await journal.append([event("a", 3)])
        cutter.refuse(False)
        cutter.mend()
        with pytest.raises(JournalUnavailable):
            await doubtful
        await journal.append([event("a", 2)])
        assert [one.seq for one in await journal.read("a")] == [1, 2]


async def test_closing_without_knowing_says_so(
    postgresql: Server, postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with cuttable(postgresql, postgresql_url) as (cutter, journal):
        await journal.append([start("a")])
        cutter.hold(down=True)
        doubtful = journal.append([event("a", 2)])
        await cutter.answered.wait()
        cutter.refuse(True)
        await journal.close()
        with pytest.raises(JournalUnavailable, match="is not known"):
            await doubtful


async def test_a_full_disk_is_said_and_the_journal_goes_on(journal: PostgresJournal) -> None:
    await journal.append([start("a")])
    assert journal._session is not None
    honest = journal._session.call

    class Full:
        async def fetchval(self, *_: object) -> None:
            raise asyncpg.DiskFullError("could not extend file: No space left on device")

    journal._session.call = Full()
    with pytest.raises(JournalUnavailable, match="has no room"):
        await journal.append([event("a", 2)])
    journal._session.call = honest
    await journal.append([event("a", 2)])

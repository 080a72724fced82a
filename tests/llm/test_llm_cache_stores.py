"""The stores of answers: memory, a database file, a real Redis."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from contracts.answers import StoreContract
from servers.redis import redis_server

from orchestrator.journal.keys import Master, Seals
from orchestrator.kernel.clock import ManualClock, SystemClock
from orchestrator.kernel.errors import InvalidSettings
from orchestrator.llm.cache.base import CacheUnavailable, Kept, Store
from orchestrator.llm.cache.database import DatabaseFile
from orchestrator.llm.cache.memory import Memory
from orchestrator.llm.cache.redis import Redis
from orchestrator.llm.cache.sealed import Sealed


class TestMemory(StoreContract):
    @pytest.fixture
    def store(self, clock: ManualClock) -> Store:
        return Memory(clock, entries=100, size=10**6)


class TestDatabaseFile(StoreContract):
    @pytest.fixture
    async def store(self, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Store]:
        made = DatabaseFile(tmp_path / "cache.db", clock, size=10**6)
        yield made
        await made.close()


class TestSealed(StoreContract):
    @pytest.fixture
    async def store(self, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Store]:
        made = Sealed(DatabaseFile(tmp_path / "cache.db", clock, size=10**6), Seals(Master(bytes(32)), "cache"))
        yield made
        await made.close()


def _bytes(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


async def test_what_is_sealed_is_read_by_nobody_else_and_in_no_other_place(clock: ManualClock, tmp_path: Path) -> None:
    inner = DatabaseFile(tmp_path / "cache.db", clock, size=10**6)
    mine, others = (Sealed(inner, Seals(Master(bytes([number] * 32)), "cache")) for number in (1, 2))
    until = clock.now() + 10
    await mine.put("t", "k", Kept(b"the secret answer", until), scope="s", question="the secret question")
    assert [found.text for found in await mine.questions("t", "s", 9)] == ["the secret question"]
    assert await others.questions("t", "s", 9) == []
    written = _bytes(tmp_path)
    assert b"secret" not in written and b"secret".hex().encode() not in written
    kept = await inner.get("t", "k")
    assert kept is not None
    for tenant, key in (("t", "other"), ("u", "k")):
        await inner.put(tenant, key, kept)
        assert await mine.get(tenant, key) is None
        assert await inner.get(tenant, key) is None  # it is of no use to anybody
    assert await mine.get("t", "k") == Kept(b"the secret answer", until)
    await inner.put("t", "old", Kept(b"of a version that sealed nothing", until))
    assert await mine.get("t", "old") is None
    assert await others.get("t", "k") is None
    await inner.close()


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    with redis_server() as url:
        yield url


class TestRedis(StoreContract):
    @pytest.fixture
    async def store(self, clock: ManualClock, redis_url: str, request: pytest.FixtureRequest) -> AsyncIterator[Store]:
        made = Redis(redis_url, clock, prefix=f"test:{request.node.name}")
        yield made
        await made.close()


async def test_redis_forgets_by_itself(redis_url: str) -> None:
    from redis import asyncio as client

    store = Redis(redis_url, SystemClock(), prefix="ttl")
    await store.put("t", "k", Kept(b"x", SystemClock().now() + 100), scope="s", question="q")
    await store.put("t", "late", Kept(b"x", SystemClock().now() - 1))
    async with client.from_url(redis_url) as redis:
        names = [name async for name in redis.scan_iter(match="ttl:*")]
        lives = [await redis.pttl(name) for name in names]
    assert len(names) == 2
    assert all(0 < life <= 100_000 for life in lives)
    await store.close()


async def test_redis_forgets_old_questions(redis_url: str) -> None:
    clock = ManualClock()
    store = Redis(redis_url, clock, prefix="old")
    for number in range(30):
        await store.put("t", str(number), Kept(b"x", clock.now() + 10 + number), scope="s", question=f"q{number}")
    assert len(await store.questions("t", "s", 5)) == 5
    assert len(await store.questions("t", "s", 100)) == 10  # twice as many as were asked for were left
    await store.close()


async def test_a_redis_that_is_not_there_says_so(clock: ManualClock) -> None:
    store = Redis("redis://127.0.0.1:1/0", clock)
    with pytest.raises(CacheUnavailable, match="Redis cannot be used"):
        await store.get("t", "k")
    with pytest.raises(CacheUnavailable):
        await store.put("t", "k", Kept(b"x", clock.now() + 1))
    await store.close()
    with pytest.raises(InvalidSettings, match=r"llm\.cache\.redis_url"):
        Redis("http://somewhere", clock)


async def test_memory_keeps_to_its_bounds(clock: ManualClock) -> None:
    store = Memory(clock, entries=3, size=10_000)
    for number in range(3):
        await store.put("t", str(number), Kept(b"x", clock.now() + 10), scope="s", question=str(number))
    await store.get("t", "0")
    await store.put("t", "3", Kept(b"x", clock.now() + 10), scope="s", question="3")
    assert [await store.get("t", str(number)) is not None for number in range(4)] == [True, False, True, True]
    assert {question.text for question in await store.questions("t", "s", 10)} == {"0", "2", "3"}
    await store.put("t", "big", Kept(b"x" * 9000, clock.now() + 10))
    assert await store.get("t", "big") is not None
    assert (await store.stock("t")).size <= 10_000
    await store.put("t", "too big", Kept(b"x" * 20_000, clock.now() + 10))
    assert await store.get("t", "too big") is None


async def test_the_file_keeps_to_its_bounds(clock: ManualClock, tmp_path: Path) -> None:
    store = DatabaseFile(tmp_path / "cache.db", clock, size=20_000)
    for number in range(100):
        await store.put("t", str(number), Kept(b"x" * 1000, clock.now() + 10))
        await store.get("t", "0")  # what is used stays
    stock = await store.stock("t")
    assert 0 < stock.size <= 20_000
    assert await store.get("t", "99") is not None
    await store.put("t", "too big", Kept(b"x" * 30_000, clock.now() + 10))
    assert await store.get("t", "too big") is None
    await store.close()


async def test_the_file_outlives_the_process_and_is_shared(clock: ManualClock, tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    one, other = DatabaseFile(path, clock, size=10**6), DatabaseFile(path, clock, size=10**6)
    await asyncio.gather(
        *(store.put("t", f"{n}", Kept(b"x", clock.now() + 10)) for n, store in enumerate([one, other] * 20))
    )
    assert (await one.stock("t")).entries == 40
    await one.close()
    await other.close()
    again = DatabaseFile(path, clock, size=10**6)
    assert await again.get("t", "7") is not None
    assert path.stat().st_mode & 0o077 == 0
    await again.close()


async def test_a_file_that_is_none_is_made_anew(clock: ManualClock, tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    path.write_bytes(b"this is no database " * 100)
    store = DatabaseFile(path, clock, size=10**6)
    await store.put("t", "k", Kept(b"x", clock.now() + 10))
    assert await store.get("t", "k") is not None
    await store.close()


async def test_a_file_of_another_version_is_made_anew(clock: ManualClock, tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE answers (x)")
        connection.execute("PRAGMA user_version=99")
    connection.close()
    store = DatabaseFile(path, clock, size=10**6)
    await store.put("t", "k", Kept(b"x", clock.now() + 10))
    assert await store.get("t", "k") is not None
    await store.close()


async def test_a_file_that_cannot_be_written_says_so(clock: ManualClock, tmp_path: Path) -> None:
    (tmp_path / "cache.db").mkdir()
    store = DatabaseFile(tmp_path / "cache.db", clock, size=10**6)
    with pytest.raises(CacheUnavailable):
        await store.get("t", "k")
    await store.close()

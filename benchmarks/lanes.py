"""The three qualities of a message lane, measured side by side on real servers of this machine.

    python -m benchmarks.lanes

fast: publish to a reader in another connection, and a request with its answer. reliable: put, take, done, with the
message kept before `put` returns. workflow: a durable append to the journal. Each one at a time (latency) and as many
at once as there is room for (rate). One process plays both ends, so that a rate is what one core does for both.
"""

import asyncio
import itertools
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import uvloop

from benchmarks.report import median, write
from orchestrator.journal.keys import Keyring, Master
from orchestrator.journal.lanes.base import Lane, Queue
from orchestrator.journal.lanes.local import Local, LocalQueue
from orchestrator.journal.lanes.nats import JetStream, Nats
from orchestrator.journal.lanes.postgresql import Postgresql
from orchestrator.journal.lanes.postgresql_queue import PostgresqlQueue
from orchestrator.journal.postgresql import PostgresJournal
from orchestrator.kernel.clock import SystemClock
from orchestrator.kernel.events import Event, ModelAsked
from orchestrator.storage.postgresql import PostgresDatabase

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))  # the servers that the tests start

ROUNDS = 3
ONE_BY_ONE = 500
AT_ONCE = 10_000
WINDOW = 200  # messages under way at once
BODY = b"x" * 200


async def one_by_one(act: Callable[[], Awaitable[Any]], count: int = ONE_BY_ONE) -> tuple[float, float]:
    """Microseconds, p50 and p99."""
    waits = []
    for _ in range(count):
        began = time.perf_counter()
        await act()
        waits.append((time.perf_counter() - began) * 1e6)
    waits.sort()
    return waits[count // 2], waits[int(count * 0.99)]


async def rate(act: Callable[[], Awaitable[Any]], count: int = AT_ONCE) -> float:
    """Messages a second with WINDOW of them under way."""
    left = count

    async def work() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            await act()

    began = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(WINDOW)))
    return count / (time.perf_counter() - began)


async def fast(lane: Lane, other: Lane) -> dict[str, float]:
    reader = await other.subscribe("bench.said", room=AT_ONCE * 2)

    async def said_and_heard() -> None:
        await lane.publish("bench.said", BODY)
        await reader.take()

    async def echo(body: bytes) -> bytes:
        return body

    stop = await other.answer("bench.asked", echo)
    heard = await one_by_one(said_and_heard)
    answered = await one_by_one(lambda: lane.request("bench.asked", BODY, 10.0))
    taken = asyncio.create_task(_all(reader.take, AT_ONCE))
    began = time.perf_counter()
    await rate(lambda: lane.publish("bench.said", BODY))
    await taken
    heard_rate = AT_ONCE / (time.perf_counter() - began)
    await stop()
    return {
        "heard after, µs, p50": heard[0],
        "heard after, µs, p99": heard[1],
        "answered after, µs, p50": answered[0],
        "published and heard a second": heard_rate,
    }


async def _all(take: Callable[[], Awaitable[Any]], count: int) -> None:
    for _ in range(count):
        await take()


async def reliable(queue: Queue, other: Queue) -> dict[str, float]:
    worker = await other.open("bench")

    async def through() -> None:
        await queue.put("bench", BODY)
        await (await worker.take()).done()

    kept = await one_by_one(through)
    count = AT_ONCE // 5

    async def work() -> None:
        for _ in range(count):
            await (await worker.take()).done()

    working = asyncio.create_task(work())
    began = time.perf_counter()
    await rate(lambda: queue.put("bench", BODY), count)
    await working
    return {
        "put, taken and done after, µs, p50": kept[0],
        "put, taken and done after, µs, p99": kept[1],
        "put, taken and done a second": count / (time.perf_counter() - began),
    }


async def workflow(url: str) -> dict[str, float]:
    database = PostgresDatabase(url)
    journal = PostgresJournal(database, lambda events: None, Keyring(Master(bytes(32))))
    numbers = itertools.count()

    async def append() -> None:
        stream = f"bench_{next(numbers)}"
        await journal.append([Event(stream, 1, 0.0, "t", "u", ModelAsked(1, "model"))])

    durable = await one_by_one(append)
    found = {
        "durable after, µs, p50": durable[0],
        "durable after, µs, p99": durable[1],
        "durable a second": await rate(append),
    }
    await journal.close()
    await database.close()
    return found


@asynccontextmanager
async def nats_server(folder: Path) -> AsyncIterator[str]:
    from servers.nats import NatsServer

    server = NatsServer(folder)
    server.start()
    try:
        yield server.url
    finally:
        server.stop()


async def measured(folder: Path, url: str) -> dict[str, dict[str, float]]:
    clock, found = SystemClock(), dict[str, dict[str, float]]()
    async with AsyncExitStack() as stack:
        local, kept = Local(clock), LocalQueue()
        found["fast, in process"] = await fast(local, local)
        found["reliable, in process (kept by the process only)"] = await reliable(kept, kept)

        async def connect() -> Any:
            return await asyncpg.connect(url)

        lanes = [await Postgresql.open(connect, clock, name) for name in ("one", "two")]
        found["fast, PostgreSQL notices"] = await fast(*lanes)
        pools = [await stack.enter_async_context(asyncpg.create_pool(url, min_size=4, max_size=8)) for _ in range(2)]
        queues = [PostgresqlQueue(pool, lane, clock) for pool, lane in zip(pools, lanes, strict=True)]
        found["reliable, PostgreSQL table"] = await reliable(*queues)
        for lane in lanes:
            await lane.close()

        server = await stack.enter_async_context(nats_server(folder))
        nats = [await Nats.open([server]) for _ in range(2)]
        found["fast, NATS core"] = await fast(*nats)
        streams = [JetStream(lane) for lane in nats]
        found["reliable, NATS JetStream"] = await reliable(*streams)
        for one in nats:
            await one.close()
        found["workflow, the journal on PostgreSQL"] = await workflow(url)
    return found


def main() -> None:
    from servers.postgresql import running

    rounds: list[dict[str, dict[str, float]]] = []
    with running() as server:
        for _ in range(ROUNDS):
            with tempfile.TemporaryDirectory(dir="/var/tmp") as folder, server.migrated() as url:
                rounds.append(uvloop.run(measured(Path(folder), url)))
    figures = {
        f"{lane}: {what}": round(median([one[lane][what] for one in rounds]))
        for lane, found in rounds[0].items()
        for what in found
    }
    write("lanes", "python -m benchmarks.lanes", {"bytes a message": len(BODY), "under way at once": WINDOW, **figures})


if __name__ == "__main__":
    main()

"""The three qualities of a message lane, measured side by side on real servers of this machine.

    python -m benchmarks.lanes

fast: publish to a reader in another connection, and a request with its answer. reliable: kept by a sink before `send`
returns. workflow: a durable append to the journal. Each one at a time (latency) and as many
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
from orchestrator.journal.audit import BATCH
from orchestrator.journal.keys import Keyring, Master
from orchestrator.journal.lanes.base import Lane, Record, Sink
from orchestrator.journal.lanes.jetstream import JetStream
from orchestrator.journal.lanes.local import Local, LocalSink
from orchestrator.journal.lanes.nats import Nats
from orchestrator.journal.lanes.postgresql import Postgresql
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


async def reliable(sink: Sink) -> dict[str, float]:
    numbers = itertools.count()

    def records(count: int) -> list[Record]:
        return [Record(f"run_{n % 50}", f"run_{n % 50}:{n}", BODY) for n in itertools.islice(numbers, count)]

    kept = await one_by_one(lambda: sink.send(records(1)))
    began = time.perf_counter()
    for _ in range(AT_ONCE // BATCH):
        await sink.send(records(BATCH))
    return {
        "kept after, µs, p50": kept[0],
        "kept after, µs, p99": kept[1],
        "kept a second, in batches of 256": AT_ONCE // BATCH * BATCH / (time.perf_counter() - began),
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
        local = Local(clock)
        found["fast, in process"] = await fast(local, local)
        found["reliable, in process (kept by the process only)"] = await reliable(LocalSink())

        async def connect() -> Any:
            return await asyncpg.connect(url)

        lanes = [await Postgresql.open(connect, clock, name) for name in ("one", "two")]
        found["fast, PostgreSQL notices"] = await fast(*lanes)
        for lane in lanes:
            await lane.close()

        server = await stack.enter_async_context(nats_server(folder))
        nats = [await Nats.open([server]) for _ in range(2)]
        found["fast, NATS core"] = await fast(*nats)
        stream = JetStream([server], "bench")
        found["reliable, NATS JetStream"] = await reliable(stream)
        await stream.close()
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

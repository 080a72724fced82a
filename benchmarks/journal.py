"""Durable appends: our journal beside a bare INSERT and COMMIT an event, on the same disk, in the same run.

python -m benchmarks.journal
"""

import asyncio
import sqlite3
import tempfile
import time
from pathlib import Path

import uvloop

from benchmarks.report import median, write
from orchestrator.journal.keys import Keyring, Master
from orchestrator.journal.sqlite import SqliteJournal
from orchestrator.kernel.events import Event, ModelAsked, encode_body
from orchestrator.storage.sqlite import SqliteDatabase

ROUNDS = 3
STREAMS, EACH = 500, 20


def bare(folder: Path, count: int) -> float:
    """Events a second of a loop that inserts one row and flushes it."""
    connection = sqlite3.connect(folder / "bare.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE events (stream TEXT, seq INTEGER, body BLOB, PRIMARY KEY (stream, seq))")
    began = time.perf_counter()
    for seq in range(count):
        body = encode_body(ModelAsked(seq, "model"))
        connection.execute("INSERT INTO events VALUES (?, ?, ?)", ("run", seq, body))  # its own commit
    seconds = time.perf_counter() - began
    connection.close()
    return count / seconds


async def ours(folder: Path) -> tuple[float, float, float, float]:
    """Events a second, their p50 and p99 in milliseconds, and microseconds of processor an event."""
    database = SqliteDatabase(folder / "orchestrator.db")
    database.migrate()
    journal = SqliteJournal(database, lambda events: None, Keyring(Master(bytes(32))))
    waits: list[float] = []

    async def run(name: str) -> None:
        for seq in range(1, EACH + 1):
            began = time.perf_counter()
            await journal.append([Event(name, seq, 0.0, "tenant", "subject", ModelAsked(seq, "model"))])
            waits.append(time.perf_counter() - began)

    began, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(run(f"run_{number}") for number in range(STREAMS)))
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    await journal.close()
    await database.close()
    waits.sort()
    count = STREAMS * EACH
    return count / seconds, waits[count // 2] * 1e3, waits[int(count * 0.99)] * 1e3, cpu / count * 1e6


def main() -> None:
    rates: list[tuple[float, float, float, float]] = []
    bares: list[float] = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
            bares.append(bare(Path(folder), 2000))
            rates.append(uvloop.run(ours(Path(folder))))
    rate, alone = median([one[0] for one in rates]), median(bares)
    write(
        "journal",
        "python -m benchmarks.journal",
        {
            "streams appending at once": STREAMS,
            "durable events a second": round(rate),
            "bare INSERT and flush, events a second": round(alone),
            "ratio": round(rate / alone, 1),
            "acknowledged after, ms, p50": round(median([one[1] for one in rates]), 2),
            "acknowledged after, ms, p99": round(median([one[2] for one in rates]), 2),
            "processor an event, µs": round(median([one[3] for one in rates]), 1),
        },
    )


if __name__ == "__main__":
    main()

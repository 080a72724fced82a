"""Durable appends: our journal beside a bare INSERT and COMMIT an event, and beside DBOS steps, on the same disk.

    python -m benchmarks.journal            (DBOS is installed in a folder of its own, and removed again)
    python -m benchmarks.journal --no-dbos

Also what hashing and encryption cost, and how long a run of 10,000 events takes to open, with its snapshot and without.
The collector is frozen as `orchestrator serve` does once it is ready.
"""

import asyncio
import gc
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path
from typing import Any

import uvloop
from msgspec import Struct

from benchmarks.report import median, write
from orchestrator.agents.frozen import unfolded
from orchestrator.journal.keys import Keyring, Master
from orchestrator.journal.rows import GENESIS, seal
from orchestrator.journal.snapshots import Snapshots
from orchestrator.journal.sqlite import SqliteJournal
from orchestrator.kernel.clock import SystemClock
from orchestrator.kernel.events import Body, Event, ModelAsked, ModelReplied, RunStarted, ToolReturned, encode_body
from orchestrator.kernel.messages import Message, ToolCall, Usage, user
from orchestrator.storage.sqlite import SqliteDatabase

ROUNDS = 5
STREAMS, EACH = 500, 20
RATE, SECONDS = 20_000, 2.0  # of the paced load
LONG = 10_000  # events of a long run
STEPS = 200  # of DBOS

DBOS = f"""
import json, os, statistics, sys, time
from dbos import DBOS, DBOSConfig
os.chdir(sys.argv[1])
at = "sqlite:///" + sys.argv[1] + "/dbos.sqlite"
DBOS(config=DBOSConfig(name="bench", system_database_url=at, log_level="ERROR"))

@DBOS.step()
def step(n):
    return n

@DBOS.workflow()
def work(count):
    waits = []
    for n in range(count):
        began = time.perf_counter()
        step(n)
        waits.append(time.perf_counter() - began)
    return waits

DBOS.launch()
work(20)
waits = sorted(work({STEPS}))
print("RESULT" + json.dumps([statistics.median(waits) * 1e3, waits[int(len(waits) * 0.99)] * 1e3]))
DBOS.destroy()
"""


class Load(Struct):
    rate: float  # events a second
    p50: float  # ms
    p99: float  # ms
    cpu: float  # µs an event


def reply(n: int) -> Body:
    call = ToolCall(f"call_{n}", "echo", {"text": "hello"})
    return ModelReplied(n, "model", Message("assistant", (call,)), "stop", Usage(10, 5), seconds=0.1)


def bare(folder: Path, count: int) -> float:
    """Events a second of a loop that inserts one row and flushes it."""
    connection = sqlite3.connect(folder / "bare.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE events (stream TEXT, seq INTEGER, body BLOB, PRIMARY KEY (stream, seq))")
    began = time.perf_counter()
    for seq in range(count):
        connection.execute(
            "INSERT INTO events VALUES (?, ?, ?)", ("run", seq, encode_body(reply(seq)))
        )  # its own commit
    seconds = time.perf_counter() - began
    connection.close()
    return count / seconds


def opened(folder: Path, encrypt: bool = True) -> tuple[SqliteDatabase, Keyring, SqliteJournal]:
    database = SqliteDatabase(folder / "orchestrator.db")
    database.migrate()
    keyring = Keyring(Master(bytes(32)), encrypt=encrypt)
    return database, keyring, SqliteJournal(database, lambda events: None, keyring)


async def loaded(folder: Path, *, rate: int = 0, encrypt: bool = True, body: Any = reply) -> Load:
    """Many runs at once, each waiting for its last event; as fast as they can, or so many events a second."""
    database, _, journal = opened(folder, encrypt)
    waits: list[float] = []
    each = round(RATE * SECONDS / STREAMS) if rate else EACH
    gc.collect()
    gc.freeze()

    async def run(number: int, began: float) -> None:
        for seq in range(1, each + 1):
            due = began + (seq - 1 + number / STREAMS) * STREAMS / rate if rate else 0.0
            if (left := due - time.perf_counter()) > 0:
                await asyncio.sleep(left)
            now = time.perf_counter()
            await journal.append([Event(f"run_{number}", seq, 0.0, "tenant", "subject", body(seq))])
            waits.append(time.perf_counter() - (due or now))

    began, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(run(number, began) for number in range(STREAMS)))
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    await journal.close()
    await database.close()
    gc.unfreeze()
    waits.sort()
    count = len(waits)
    return Load(count / seconds, waits[count // 2] * 1e3, waits[int(count * 0.99)] * 1e3, cpu / count * 1e6)


async def lone(folder: Path) -> tuple[float, float]:
    """One run alone: median milliseconds until an append is acknowledged, and µs of processor."""
    database, _, journal = opened(folder)
    waits: list[float] = []
    cpu = time.process_time()
    for seq in range(1, 1001):
        began = time.perf_counter()
        await journal.append([Event("run", seq, 0.0, "tenant", "subject", reply(seq))])
        waits.append(time.perf_counter() - began)
    cpu = time.process_time() - cpu
    await journal.close()
    await database.close()
    return median(waits) * 1e3, cpu / len(waits) * 1e6


def sealing(encrypt: bool) -> float:
    """Microseconds to make a row of an encoded event."""
    keyring = Keyring(Master(bytes(32)))
    key = keyring.unwrap(*list(keyring.make("tenant", "subject", 0.0).values())[:4]) if encrypt else None
    event = Event("run_0123456789abcdef", 7, 1.0, "tenant", "subject", reply(7))
    body, count = encode_body(event.body), 20_000
    began = time.perf_counter()
    for _ in range(count):
        seal(event, body, GENESIS, key)
    return (time.perf_counter() - began) / count * 1e6


async def long_run(folder: Path) -> tuple[float, float]:
    """Milliseconds to open a run of ten thousand events: from the first, and from its snapshot."""
    database, keyring, journal = opened(folder)
    bodies: list[Body] = [RunStarted("c", user("the goal"), "auto", "/w")]
    for n in range(1, LONG // 3 + 1):
        bodies += [
            ModelAsked(n, "m"),
            reply(n),
            ToolReturned(n, f"call_{n}", "echo", "k", "ok", "hello " * 10, seconds=0.1),
        ]
    events = [Event("run_x", seq, 1.0, "tenant", "subject", body) for seq, body in enumerate(bodies, 1)]
    for start in range(0, len(events), 500):
        await journal.append(events[start : start + 500])
    snapshots = Snapshots(database.engine, keyring, SystemClock())
    took: list[float] = []
    for kept in (None, snapshots, snapshots):  # the second keeps it
        began = time.perf_counter()
        await unfolded("run_x", journal, kept)
        took.append((time.perf_counter() - began) * 1e3)
    await journal.close()
    await database.close()
    return took[0], took[2]


def dbos(folder: Path) -> tuple[list[float] | None, str]:
    """Median and p99 milliseconds of a DBOS step on SQLite, in an environment of its own; or why there is none."""
    python = folder / "venv" / "bin" / "python"
    try:
        venv.create(folder / "venv", with_pip=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "dbos"]
        subprocess.run(install, check=True, capture_output=True, timeout=300)
        ran = subprocess.run(
            [str(python), "-c", DBOS, str(folder)], check=True, capture_output=True, text=True, timeout=120, cwd=folder
        )
    except (subprocess.SubprocessError, OSError) as error:
        said = getattr(error, "stderr", b"") or b""
        return None, (said.decode() if isinstance(said, bytes) else said).strip()[-200:] or str(error)
    line = next(line for line in ran.stdout.splitlines() if line.startswith("RESULT"))
    return json.loads(line.removeprefix("RESULT")), ""


def main() -> None:
    load = round(os.getloadavg()[0], 1)
    full: list[Load] = []
    plain: list[Load] = []
    paced: list[Load] = []
    alone: list[tuple[float, float]] = []
    bares: list[float] = []
    opening: list[tuple[float, float]] = []

    def fresh() -> Any:
        return tempfile.TemporaryDirectory(dir="/var/tmp")

    for _ in range(ROUNDS):
        with fresh() as folder:
            bares.append(bare(Path(folder), 2000))
        for kept, options in ((full, {}), (plain, {"encrypt": False}), (paced, {"rate": RATE})):
            with fresh() as folder:
                kept.append(uvloop.run(loaded(Path(folder), **options)))
        with fresh() as folder:
            alone.append(uvloop.run(lone(Path(folder))))
        with fresh() as folder:
            opening.append(uvloop.run(long_run(Path(folder))))
    figures: dict[str, Any] = {
        f"load of the machine before, of {os.cpu_count()} cores": load,
        "streams appending at once": STREAMS,
        "durable events a second": round(median([one.rate for one in full])),
        "bare INSERT and flush, events a second": round(median(bares)),
        "ratio": round(median([one.rate / base for one, base in zip(full, bares, strict=True)]), 1),
        "acknowledged after, ms, as fast as they can, p50": round(median([one.p50 for one in full]), 2),
        "acknowledged after, ms, as fast as they can, p99": round(median([one.p99 for one in full]), 2),
        "events a second, paced": RATE,
        "acknowledged after, ms, paced, p50": round(median([one.p50 for one in paced]), 2),
        "acknowledged after, ms, paced, p99": round(median([one.p99 for one in paced]), 2),
        "processor an event, µs": round(median([one.cpu for one in full]), 1),
        "processor an event, unencrypted, µs": round(median([one.cpu for one in plain]), 1),
        "a row: hash, µs": round(median([sealing(False) for _ in range(ROUNDS)]), 2),
        "a row: hash and AES-256-GCM, µs": round(median([sealing(True) for _ in range(ROUNDS)]), 2),
        "one run alone, ms an append": round(median([one[0] for one in alone]), 3),
        "one run alone, processor an append, µs": round(median([one[1] for one in alone])),
        "a run of 10,000 events opened, ms": round(median([one[0] for one in opening])),
        "the same from its snapshot, ms": round(median([one[1] for one in opening])),
    }
    if "--no-dbos" not in sys.argv:
        with fresh() as folder:
            found, why = dbos(Path(folder))
        if found is None:
            figures["DBOS step"] = f"could not be run here: {why}"
        else:
            figures |= {"DBOS step, ms, p50": round(found[0], 2), "DBOS step, ms, p99": round(found[1], 2)}
    write("journal", "python -m benchmarks.journal", figures)


if __name__ == "__main__":
    main()

"""The same agent runs and the same appends with the journal in PostgreSQL and in a SQLite file, in turn, on one disk.

python -m benchmarks.postgresql        (starts a PostgreSQL of its own, fsync on; Debian's, or `postgres` on the path)
"""

import asyncio
import gc
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import uvloop

from benchmarks.agent import Echo, measured, our_run
from benchmarks.model_server import ModelServer
from benchmarks.report import median, write
from orchestrator.app import open_app
from orchestrator.journal.keys import Keyring, Master
from orchestrator.journal.stores import open_journal
from orchestrator.kernel import settings
from orchestrator.kernel.events import Event, ModelAsked
from orchestrator.kernel.messages import Effects
from orchestrator.storage.database import Database
from orchestrator.storage.postgresql import PostgresDatabase
from orchestrator.storage.sqlite import SqliteDatabase

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from servers.postgresql import Server, running

ROUNDS = 5
STREAMS, EACH = 500, 20

Measures = dict[str, float]


async def agent_round(folder: Path, storage: str, model_url: str, effects: Effects, server: Server) -> Measures:
    provider = {"kind": "openai", "base_url": model_url, "api_key": "none", "model": "zero"}
    flags = {
        "data": folder,
        "storage": {"url": storage},
        "llm": {"providers": {"server": provider}},
        "policy": {"approve_all": True},
    }
    found: Measures = {}
    async with open_app(settings.load({"HOME": str(folder)}, flags=flags), tools=(Echo(effects, "read"),)) as app:
        gc.freeze()
        run = our_run(app)  # started, and waited for as the API waits
        for load, count, concurrent in (("alone", 100, 1), ("32", 640, 32)):
            served = server.seconds()
            cpu, rate = await measured(run, count, concurrent)
            found[f"{load} cpu"], found[f"{load} wall"] = cpu, 1e3 / rate
            found[f"{load} server"] = (server.seconds() - served) / count * 1e3
    return found


async def append_round(database: Database) -> Measures:
    database.migrate()
    journal = open_journal(database, lambda events: None, Keyring(Master(bytes(32))))
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
    return {"rate": len(waits) / seconds, "p99": waits[int(len(waits) * 0.99)] * 1e3, "cpu": cpu / len(waits) * 1e6}


@contextmanager
def places(server: Server) -> Iterator[dict[str, tuple[Path, str]]]:
    """A folder on a real disk and an address, for each kind."""
    with (
        tempfile.TemporaryDirectory(dir="/var/tmp") as one,
        tempfile.TemporaryDirectory(dir="/var/tmp") as two,
        server.migrated() as url,
    ):
        yield {"sqlite": (Path(one), ""), "postgresql": (Path(two), url)}


def main() -> None:
    agents: dict[tuple[str, Effects], list[Measures]] = {}
    appends: dict[str, list[Measures]] = {"sqlite": [], "postgresql": []}
    loads: tuple[Effects, ...] = ("none", "once")
    with running(Path("/var/tmp")) as server, ModelServer() as url:
        for _ in range(ROUNDS):
            for effects in loads:
                with places(server) as both:
                    for kind, (folder, storage) in both.items():
                        found = uvloop.run(agent_round(folder, storage, url, effects, server))
                        agents.setdefault((kind, effects), []).append(found)
            with places(server) as both:
                for kind, (folder, storage) in both.items():
                    database = PostgresDatabase(storage) if storage else SqliteDatabase(folder / "orchestrator.db")
                    appends[kind].append(uvloop.run(append_round(database)))
    write("postgresql", "python -m benchmarks.postgresql", figures(agents, appends))


def figures(
    agents: dict[tuple[str, Effects], list[Measures]], appends: dict[str, list[Measures]]
) -> dict[str, float | int]:
    said: dict[str, float | int] = {}

    def of(kind: str, effects: Effects, what: str) -> float:
        return median([one[what] for one in agents[kind, effects]])

    def ratio(what: str, rounds: Callable[[str], list[Measures]]) -> float:
        pairs = zip(rounds("postgresql"), rounds("sqlite"), strict=True)
        return round(median([there[what] / here[what] for there, here in pairs]), 2)

    names: dict[Effects, str] = {"none": "tools that only look", "once": "tools with effects"}
    for effects, tools in names.items():
        for load, words in (("alone", "one after another"), ("32", "32 at once")):
            title = f"a run of 5 steps, {tools}, {words}"
            said |= {
                f"{title}: ms of processor, SQLite": round(of("sqlite", effects, f"{load} cpu"), 2),
                f"{title}: ms of processor, PostgreSQL": round(of("postgresql", effects, f"{load} cpu"), 2),
                f"{title}: ms of processor, PostgreSQL's own beside it": round(
                    of("postgresql", effects, f"{load} server"), 2
                ),
                f"{title}: processor, ratio": ratio(f"{load} cpu", lambda kind, e=effects: agents[kind, e]),  # type: ignore[misc]
                f"{title}: ms of time, SQLite": round(of("sqlite", effects, f"{load} wall"), 2),
                f"{title}: ms of time, PostgreSQL": round(of("postgresql", effects, f"{load} wall"), 2),
                f"{title}: time, ratio": ratio(f"{load} wall", lambda kind, e=effects: agents[kind, e]),  # type: ignore[misc]
            }
    for kind, name in (("sqlite", "SQLite"), ("postgresql", "PostgreSQL")):
        said |= {
            f"durable appends, {STREAMS} streams at once: events a second, {name}": round(
                median([one["rate"] for one in appends[kind]])
            ),
            f"durable appends: acknowledged after, ms, p99, {name}": round(
                median([one["p99"] for one in appends[kind]]), 2
            ),
            f"durable appends: processor an event, µs, {name}": round(median([one["cpu"] for one in appends[kind]]), 1),
        }
    return said | {"durable appends: events a second, ratio": ratio("rate", lambda kind: appends[kind])}


if __name__ == "__main__":
    main()

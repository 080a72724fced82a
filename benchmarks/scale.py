"""One, two, four servers on one PostgreSQL: how much more do they do?

    python -m benchmarks.scale

The model is SIMULATED and slow, as models are: it waits, and burns next to nothing. Every server may work on the same
number of runs at once, so what is measured is whether servers get in each other's way: at the database, over the lane,
taking runs. Efficiency is the rate of N servers over N times the rate of one. All servers, the database and who begins
the runs share this machine: its two cores are what ends this in the end, and the processor time of a run is given too.
"""

import asyncio
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec
import psutil

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))  # the servers that the tests start

from benchmarks.report import median, write
from orchestrator.identity.base import TENANT
from orchestrator.kernel.messages import user

ROOM = 4  # runs a server works on at once
RUNS = 8  # a server
PAUSE = 0.2  # seconds between the words of the model: four a step, six steps
ROUNDS = 2
SERVERS = (1, 2, 4)


async def rate(root: Path, url: str, servers: int) -> tuple[float, float]:
    """Runs a second, and milliseconds of processor a run, of all servers together."""
    from cluster.test_cluster_workers import Worker
    from cluster.worker import Config, opened

    config = Config(str(root), "here", url, pause=PAUSE, room=ROOM, works=False)
    async with AsyncExitStack() as stack:
        app = await stack.enter_async_context(opened(config))
        workers = [Worker(msgspec.structs.replace(config, name=f"s{n}", works=True)) for n in range(servers)]
        for worker in workers:
            stack.callback(worker.end)
        for worker in workers:
            await worker.ready()
        before = sum(_processor(worker.process.pid) for worker in workers)
        began = time.perf_counter()
        count = RUNS * servers
        runs = [await app.runs.start(user("go"), tenant=TENANT, subject="u", model="script") for _ in range(count)]
        for run_id in runs:
            await app.runs.settled(run_id)
        seconds = time.perf_counter() - began
        after = sum(_processor(worker.process.pid) for worker in workers)
    return count / seconds, (after - before) / count * 1e3


def _processor(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


def main() -> None:
    from servers.postgresql import running

    rates: dict[int, list[float]] = {servers: [] for servers in SERVERS}
    costs: list[float] = []
    with running() as server:
        for _ in range(ROUNDS):
            for servers in SERVERS:
                with tempfile.TemporaryDirectory(dir="/var/tmp") as folder, server.migrated() as url:
                    found, cost = asyncio.run(rate(Path(folder), url, servers))
                    print(f"{servers} servers: {found:.3f} runs a second, {cost:.1f} ms a run")
                    rates[servers].append(found)
                    costs.append(cost)
    alone = median(rates[1])
    lasts = round(PAUSE * (24 + 5), 1)  # words, and effects
    figures: dict[str, float] = {"runs at once, a server": ROOM, "seconds a run takes alone": lasts}
    for servers in SERVERS:
        figures[f"{servers} servers, runs a second"] = round(median(rates[servers]), 3)
        figures[f"{servers} servers, efficiency"] = round(median(rates[servers]) / alone / servers, 3)
    figures["processor of the servers, ms a run"] = round(median(costs), 1)
    write("scale", "python -m benchmarks.scale", figures)


if __name__ == "__main__":
    main()

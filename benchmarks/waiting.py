"""A thousand runs that wait for a person: what they cost a server.

    python -m benchmarks.waiting

Each asks for approval and waits. Measured: the processor time and memory of the process that has them, beside the same
process before them, with nothing else to do.
"""

import asyncio
import gc
import tempfile
import time
from pathlib import Path

import psutil

from benchmarks.report import write
from orchestrator.app import App, open_app
from orchestrator.identity.base import TENANT
from orchestrator.kernel import settings
from orchestrator.kernel.messages import ToolCall, user

COUNT = 1000
SECONDS = 20.0


async def burnt(seconds: float) -> float:
    """Percent of a core, of this process."""
    process = psutil.Process()
    before = process.cpu_times()
    began = time.perf_counter()
    await asyncio.sleep(seconds)
    after = process.cpu_times()
    return (after.user + after.system - before.user - before.system) / (time.perf_counter() - began) * 100


def memory() -> float:
    gc.collect()
    return psutil.Process().memory_info().rss / 2**20


async def ask(app: App, count: int) -> None:
    """Runs of one call that must be approved."""
    runs = []
    for number in range(count):
        call = ToolCall(f"call_{number}", "execute_command", {"command": "rm -rf everything"})
        runs.append(await app.runs.start(user("tidy up"), tenant=TENANT, subject="u", call=call))
    for run_id in runs:
        await app.runs.settled(run_id)


async def measured(folder: Path) -> dict[str, float]:
    flags = {"data": folder / "data", "workspace": folder / "workspace", "tools": {"sandbox": "none"}}
    async with open_app(settings.load({"HOME": str(folder)}, flags=flags)) as app:
        await ask(app, 20)  # what is loaded at first use is not a cost of waiting
        await asyncio.sleep(2)
        idle, before = await burnt(SECONDS), memory()
        await ask(app, COUNT)
        waiting = len(await app.views.approvals(TENANT))
        after = memory()
        busy = await burnt(SECONDS)
    return {
        "runs that wait": waiting,
        "processor without them, % of a core": round(idle, 2),
        "processor with them, % of a core": round(busy, 2),
        "memory they added, MiB": round(after - before, 1),
    }


def main() -> None:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        write("waiting", "python -m benchmarks.waiting", asyncio.run(measured(Path(folder))))


if __name__ == "__main__":
    main()

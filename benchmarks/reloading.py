"""How soon a tool of one's own is the new one after its file was written, and what a call of it costs.

    python -m benchmarks.reloading

A watched folder as the server has it, each version in a confined process of its own; beside it the same file run by a
bare interpreter that imports what tools import, and the same function called in this process.
"""

import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.report import median, write
from orchestrator.kernel.clock import SystemClock
from orchestrator.kernel.settings import Tools
from orchestrator.storage.blobs import Blobs
from orchestrator.tools.base import Context, Tool
from orchestrator.tools.catalogue import Catalogue, kits
from orchestrator.tools.foreign import Change
from orchestrator.tools.plugins.child import tools_of
from orchestrator.tools.plugins.folder import Plugins, open_plugins
from orchestrator.tools.plugins.plugin import Ground
from orchestrator.tools.sandbox.probe import choose

ROUNDS, CALLS = 40, 1000
SOURCE = '''from orchestrator.tools import tool

@tool()
async def version() -> int:
    """Tell which version this is."""
    return {}
'''


async def measured(root: Path) -> dict[str, object]:
    folder, workspace = root / "tools", root / "workspace"
    folder.mkdir()
    workspace.mkdir()
    sandbox, changed = await choose(Tools()), asyncio.Event()
    catalogue = Catalogue(Tools(), sandbox, kits())
    context = Context("run", "key", workspace, SystemClock(), Blobs(root / "blobs"))

    async def tell(change: Change) -> None:
        changed.set()

    file, ground = folder / "version.py", Ground(sandbox, workspace, SystemClock())
    file.write_text(SOURCE.format(0))
    plugins = Plugins(folder, root / "copies", ground, catalogue.put, tell, dict)
    reloads, bare = [], []
    async with open_plugins(plugins, watching=True):
        await asyncio.sleep(0.5)  # the watch has begun
        for number in range(1, ROUNDS + 1):
            changed.clear()
            began = time.perf_counter()
            file.write_text(SOURCE.format(number))
            await changed.wait()
            reloads.append((time.perf_counter() - began) * 1000)
            assert (await catalogue.get("version").call({}, context)).data == {"value": number}
            began = time.perf_counter()
            process = await asyncio.create_subprocess_exec(sys.executable, str(file))
            await process.wait()
            bare.append((time.perf_counter() - began) * 1000)
        plugged = await _calls(catalogue.get("version"), context)
    (here,) = tools_of(str(file))
    return {
        "sandbox": sandbox.level,
        "reload_ms_p50": round(median(reloads), 1),
        "reload_ms_least": round(min(reloads), 1),
        "reload_ms_most": round(max(reloads), 1),
        "bare_interpreter_ms_p50": round(median(bare), 1),
        "bare_interpreter_ms_least": round(min(bare), 1),
        "call_in_its_process_ms_p50": round(plugged, 4),
        "call_in_this_process_ms_p50": round(await _calls(here, context), 4),
        "load": round(os.getloadavg()[0], 1),
    }


async def _calls(tool: Tool, context: Context) -> float:
    found = []
    for _ in range(CALLS):
        began = time.perf_counter()
        await tool.call({}, context)
        found.append((time.perf_counter() - began) * 1000)
    return median(found)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="reloading-") as name:
        write("reloading", "python -m benchmarks.reloading", asyncio.run(measured(Path(name))))


if __name__ == "__main__":
    main()

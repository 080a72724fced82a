"""What a sandbox costs, and whether the server still answers while hostile commands run in it.

    python -m benchmarks.sandbox

Starting `true` confined to its last trace, and a command until the first of its output is here, on the server's own
event loop, beside the same without any sandbox; a tool of this process through its wrappers, beside
the function itself; and a real server (a process of its own, on a data folder of its own) that is asked for /health
all the time while agents' commands fork, take memory, spin, fill the disk and flood their output.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvloop

from benchmarks.report import median, write
from orchestrator.kernel import settings
from orchestrator.kernel.clock import SystemClock
from orchestrator.storage.blobs import Blobs
from orchestrator.tools.base import Context
from orchestrator.tools.catalogue import Catalogue, kits
from orchestrator.tools.sandbox.base import Limits, Opening, Sandbox
from orchestrator.tools.sandbox.probe import choose

ROUNDS = 60
COMMAND = Path(sys.executable).with_name("orchestrator")
HOSTILE = {
    "fork bomb": "import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass\n",
    "memory hog": "kept = []\nwhile True:\n    kept.append(bytearray(8 * 2**20))\n",
    "regex spin": "import re\nre.match(r'(a+)+$', 'a' * 60 + 'b')\n",
    "disk filler": "with open('big', 'wb') as file:\n    while True:\n        file.write(bytes(2**20))\n",
    "output flood": "while True:\n    print('x' * 10000)\n",
}
SECONDS = 4  # that each may take


async def times(rounds: int, call: Callable[[], Awaitable[object]]) -> list[float]:
    found = []
    for _ in range(rounds):
        began = time.perf_counter()
        await call()
        found.append((time.perf_counter() - began) * 1000)
    return found


def bare() -> float:
    began = time.perf_counter()
    os.waitpid(os.posix_spawn("/bin/sh", ["sh", "-c", "true"], {}), 0)
    return (time.perf_counter() - began) * 1000


async def starts(sandbox: Sandbox, weaker: Sandbox, workspace: Path) -> dict[str, object]:
    words = Opening(("/bin/sh", "-c", "echo ready; exec cat"))

    async def first_word() -> float:
        began = time.perf_counter()
        session = await sandbox.open(words, workspace, Limits())
        try:
            await anext(aiter(session.lines()))
            return (time.perf_counter() - began) * 1000
        finally:
            await session.end()

    await sandbox.run("true", workspace, Limits())
    found: dict[str, list[float]] = {"confined": [], "first_word": [], "landlock": [], "bare": []}
    for _ in range(ROUNDS):  # side by side: the machine may be busy
        found["bare"].append(bare())
        found["confined"] += await times(1, lambda: sandbox.run("true", workspace, Limits()))
        found["first_word"].append(await first_word())
        if weaker.level == "landlock":
            found["landlock"] += await times(1, lambda: weaker.run("true", workspace, Limits()))
    figures: dict[str, object] = {"sandbox": sandbox.level}
    for name, measured in found.items():
        if measured:
            figures |= {f"start_{name}_ms_p50": round(median(measured), 2)}
            figures |= {f"start_{name}_ms_least": round(min(measured), 2)}
    return figures


async def overhead(sandbox: Sandbox, workspace: Path) -> dict[str, object]:
    """Of the wrappers around a tool of this process: sealed, checked, limited, capped."""
    catalogue = Catalogue(settings.Tools(), sandbox, kits())
    tool = catalogue.get("calculate")
    context = Context("run", "key", workspace, SystemClock(), Blobs(workspace / "blobs"))
    from orchestrator.tools.kits.calculator import tools as inner

    plain = next(one for one in inner if one.spec.name == "calculate")
    arguments = {"expression": "1 + 1"}
    wrapped = await times(2000, lambda: tool.call(arguments, context))
    direct = await times(2000, lambda: plain.call(arguments, context))
    return {
        "tool_call_wrapped_ms_p50": round(median(wrapped), 4),
        "tool_call_direct_ms_p50": round(median(direct), 4),
        "tool_overhead_ms_p50": round(median(wrapped) - median(direct), 4),
    }


def health(folder: Path) -> dict[str, object]:
    """The slowest answer of /health while each of the hostile commands runs."""
    data, workspace = folder / "data", folder / "served"
    workspace.mkdir()
    for name, code in HOSTILE.items():
        file = f"{name.replace(' ', '_')}.py"
        (workspace / file).write_text(f"open('{file}.ran', 'w').close()\n{code}")
    environ = {
        **os.environ,
        "ORCHESTRATOR_WORKSPACE": str(workspace),
        "ORCHESTRATOR_TOOLS_TIMEOUT": str(SECONDS),
        "ORCHESTRATOR_TOOLS_FILE_MB": "256",
        "ORCHESTRATOR_TOOLS_MEMORY_MB": "512",
        "ORCHESTRATOR_SERVER_PORT": "0",
    }
    serve = subprocess.Popen(
        [COMMAND, "serve", "--json", "--data", data], env=environ, stdout=subprocess.PIPE, text=True
    )
    assert serve.stdout is not None
    try:
        url = json.loads(serve.stdout.readline())["url"].rstrip("/")
        figures: dict[str, object] = {"health_quiet_ms_max": _slowest(url, None)}
        for name in HOSTILE:
            arguments = json.dumps({"command": f"python3 {name.replace(' ', '_')}.py"})
            run: list[str | Path] = [COMMAND, "tools", "call", "execute_command", "--args", arguments, "--data", data]
            with subprocess.Popen(run, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as call:
                figures[f"health_during_{name.replace(' ', '_')}_ms_max"] = _slowest(url, call)
                if not (workspace / f"{name.replace(' ', '_')}.py.ran").exists():
                    raise RuntimeError(f"The {name} did not run.")
        return figures
    finally:
        serve.terminate()
        serve.wait(30)
        serve.stdout.close()


def _slowest(url: str, call: "subprocess.Popen[bytes] | None") -> float:
    slowest, until = 0.0, time.monotonic() + (2 if call is None else SECONDS + 8)
    while time.monotonic() < until and (call is None or call.poll() is None):
        began = time.perf_counter()
        with urllib.request.urlopen(f"{url}/health", timeout=30) as answer:
            answer.read()
        slowest = max(slowest, (time.perf_counter() - began) * 1000)
        time.sleep(0.05)
    return round(slowest, 1)


async def measured(folder: Path) -> dict[str, object]:
    workspace = folder / "workspace"
    workspace.mkdir()
    sandbox = await choose(settings.Tools())
    weaker = await choose(settings.Tools(sandbox="landlock"))
    return {**await starts(sandbox, weaker, workspace), **await overhead(sandbox, workspace)}


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="sandbox-") as name:
        folder, load = Path(name), round(os.getloadavg()[0], 1)
        figures = {**uvloop.run(measured(folder)), **health(folder)}
        write("sandbox", "python -m benchmarks.sandbox", {**figures, "load": load})


if __name__ == "__main__":
    main()

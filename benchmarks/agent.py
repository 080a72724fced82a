"""An agent run of five tool steps and an answer, journal on, beside a bare aiohttp loop making the same calls.

    python -m benchmarks.agent

The model is a scripted HTTP server at zero delay in another process; processor time is this process's alone.
"""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import uvloop

from benchmarks.model_server import STEPS, TOKENS, ModelServer
from benchmarks.report import median, write
from orchestrator.app import App, open_app
from orchestrator.identity.base import TENANT
from orchestrator.kernel import settings
from orchestrator.kernel.messages import Arguments, Effects, Scope, ToolSpec, user
from orchestrator.tools.base import Context, Result

ROUNDS = 5
PARAMETERS = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
TOOL = {"type": "function", "function": {"name": "echo", "description": "Say it back.", "parameters": PARAMETERS}}

Work = Callable[[], Awaitable[None]]


class Echo:
    """What the bare loop does for a tool: give the text back."""

    def __init__(self, effects: Effects, scope: Scope) -> None:
        self.spec = ToolSpec("echo", "Say it back.", PARAMETERS, scope, effects)

    def check(self, arguments: Arguments) -> None: ...

    async def call(self, arguments: Arguments, context: Context) -> Result:
        return Result(arguments["text"])


async def bare_run(session: aiohttp.ClientSession, url: str) -> str:
    """The same six calls, streamed and read to the end, and nothing else."""
    messages: list[dict[str, Any]] = [{"role": "user", "content": "do the five steps"}]
    while True:
        body = {"model": "zero", "messages": messages, "tools": [TOOL], "stream": True}
        text, calls = "", []
        async with session.post(url, data=msgspec.json.encode(body)) as response:
            async for line in response.content:
                if not line.startswith(b"data: ") or line.startswith(b"data: [DONE]"):
                    continue
                for choice in msgspec.json.decode(line[6:])["choices"]:
                    text += choice["delta"].get("content") or ""
                    calls += choice["delta"].get("tool_calls") or []
        if not calls:
            return text
        messages.append({"role": "assistant", "content": None, "tool_calls": calls})
        for call in calls:
            given = msgspec.json.decode(call["function"]["arguments"])
            messages.append({"role": "tool", "tool_call_id": call["id"], "content": given["text"]})


async def measured(work: Work, count: int, concurrent: int) -> tuple[float, float]:
    """Milliseconds of processor a run, and runs a second."""

    async def some() -> None:
        for _ in range(count // concurrent):
            await work()

    await work()
    cpu, began = time.process_time(), time.perf_counter()
    await asyncio.gather(*(some() for _ in range(concurrent)))
    done = count // concurrent * concurrent
    return (time.process_time() - cpu) / done * 1e3, done / (time.perf_counter() - began)


def our_run(app: App, model: str = "server/zero") -> Work:
    async def run() -> None:
        run_id = await app.runs.start(user("do the five steps"), tenant=TENANT, subject="bench", model=model)
        await app.runs.settled(run_id)

    return run


async def streamed(app: App) -> float:
    """Microseconds of processor a streamed token, a reader following the run."""
    cpu = time.process_time()
    for _ in range(5):
        run_id = await app.runs.start(user("a long answer"), tenant=TENANT, subject="b", model="server/long")
        async for _item in app.runs.watch(run_id):
            pass
    return (time.process_time() - cpu) / 5 / TOKENS * 1e6


async def bare_streamed(session: aiohttp.ClientSession, url: str) -> float:
    cpu = time.process_time()
    for _ in range(5):
        body = {"model": "long", "messages": [{"role": "user", "content": "a long answer"}], "stream": True}
        async with session.post(url, data=msgspec.json.encode(body)) as response:
            async for line in response.content:
                if line.startswith(b"data: ") and not line.startswith(b"data: [DONE]"):
                    msgspec.json.decode(line[6:])
    return (time.process_time() - cpu) / 5 / TOKENS * 1e6


async def one_round(folder: Path, url: str, effects: Effects) -> dict[str, float]:
    provider = {"kind": "openai", "base_url": url, "api_key": "none", "model": "zero"}
    chosen = settings.load(
        {"HOME": str(folder)},
        flags={
            "data": folder,
            "llm": {"providers": {"server": provider}},
            "policy": {"approve_all": True},
            "agents": {"concurrent_runs": 64},
        },
    )
    found: dict[str, float] = {}
    endpoint = f"{url}/chat/completions"
    async with open_app(chosen, tools=(Echo(effects, "read"),)) as app, aiohttp.ClientSession() as session:

        async def bare() -> None:
            await bare_run(session, endpoint)

        ours = our_run(app)
        found["bare sequential"], _ = await measured(bare, 100, 1)
        found["ours sequential"], _ = await measured(ours, 100, 1)
        found["bare 32"], _ = await measured(bare, 640, 32)
        found["ours 32"], found["ours 32 runs/s"] = await measured(ours, 640, 32)
        found["bare token"] = await bare_streamed(session, endpoint)
        found["ours token"] = await streamed(app)
        view = (await app.views.runs(TENANT, limit=1))[0]
        assert view.status == "completed", view
    return found


def main() -> None:
    rounds: dict[Effects, list[dict[str, float]]] = {"none": [], "once": []}
    with ModelServer() as url:
        for _ in range(ROUNDS):
            for effects, kept in rounds.items():
                with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
                    kept.append(uvloop.run(one_round(Path(folder), url, effects)))

    def middle(name: str, effects: Effects = "none") -> float:
        return median([one[name] for one in rounds[effects]])

    def ratio(above: str, below: str, effects: Effects = "none") -> float:
        return round(median([one[above] / one[below] for one in rounds[effects]]), 2)

    write(
        "agent",
        "python -m benchmarks.agent",
        {
            "tool steps a run": STEPS,
            "bare loop, ms of processor a run, sequential": round(middle("bare sequential"), 2),
            "ours, ms of processor a run, sequential": round(middle("ours sequential"), 2),
            "ratio, sequential, tools that only look": ratio("ours sequential", "bare sequential"),
            "ratio, sequential, tools with effects (two flushes a step)": ratio(
                "ours sequential", "bare sequential", "once"
            ),
            "bare loop, runs a second of one core, 32 at once": round(1e3 / middle("bare 32")),
            "ours, runs a second of one core, 32 at once": round(1e3 / middle("ours 32")),
            "ours, the same with effects": round(1e3 / middle("ours 32", "once")),
            "ratio, 32 at once": ratio("ours 32", "bare 32"),
            "bare, µs of processor a streamed token": round(middle("bare token"), 1),
            "ours, µs of processor a streamed token, followed": round(middle("ours token"), 1),
        },
    )


if __name__ == "__main__":
    main()

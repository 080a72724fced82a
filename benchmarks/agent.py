"""An agent run of five tool steps and an answer, journal on, beside bare aiohttp loops making the same calls.

    python -m benchmarks.agent

The model is a scripted HTTP server at zero delay in another process; processor time is this process's alone.
"""

import asyncio
import gc
import json
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import uvloop

from benchmarks.model_server import STEPS, TOKENS, ModelServer
from benchmarks.report import median, write
from orchestrator.agents.context import INSTRUCTIONS
from orchestrator.agents.toolset import Toolset
from orchestrator.app import App, open_app
from orchestrator.identity.base import TENANT
from orchestrator.kernel import settings
from orchestrator.kernel.messages import Arguments, Effects, Scope, ToolSpec, user
from orchestrator.tools.base import Context, Result
from orchestrator.tools.catalogue import Catalogue, kits
from orchestrator.tools.sandbox.probe import Refused

ROUNDS = 5
GOAL = "do the five steps"
PARAMETERS = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}

Work = Callable[[], Awaitable[None]]
Codec = tuple[Callable[[Any], bytes], Callable[[bytes | str], Any]]


def _dumps(value: Any) -> bytes:
    return json.dumps(value).encode()


class Echo:
    """What the bare loop does for a tool: give the text back."""

    def __init__(self, effects: Effects, scope: Scope) -> None:
        self.spec = ToolSpec("echo", "Say it back.", PARAMETERS, scope, effects)

    def check(self, arguments: Arguments) -> None: ...

    async def call(self, arguments: Arguments, context: Context) -> Result:
        return Result(arguments["text"])


class Bare:
    """The loop that someone writes in an afternoon: the same requests, the same tool, nothing kept."""

    def __init__(self, url: str, tools: list[dict[str, Any]]) -> None:
        self._url = f"{url}/chat/completions"
        self._tools = tools

    def _begin(self) -> list[dict[str, Any]]:
        system = {"role": "system", "content": INSTRUCTIONS.format(workspace="/workspace", date="today")}
        return [system, {"role": "user", "content": GOAL}]

    async def whole(self, session: aiohttp.ClientSession) -> str:
        """Replies that are not streamed: less than ours asks for."""
        messages = self._begin()
        while True:
            body = {"model": "zero", "messages": messages, "tools": self._tools}
            async with session.post(self._url, json=body) as response:
                message = (await response.json())["choices"][0]["message"]
            messages.append(message)
            if not message.get("tool_calls"):
                return str(message["content"])
            for call in message["tool_calls"]:
                given = json.loads(call["function"]["arguments"])
                messages.append({"role": "tool", "tool_call_id": call["id"], "content": given["text"]})

    async def streamed(self, session: aiohttp.ClientSession, codec: Codec = (_dumps, json.loads)) -> str:
        """The very calls that ours makes: streamed replies."""
        encode, decode = codec
        messages = self._begin()
        while True:
            body = {"model": "zero", "messages": messages, "tools": self._tools, "stream": True}
            text = ""
            calls: list[dict[str, Any]] = []
            async with session.post(self._url, data=encode(body)) as response:
                async for line in response.content:
                    if not line.startswith(b"data: ") or line.startswith(b"data: [DONE]"):
                        continue
                    for choice in decode(line[6:])["choices"]:
                        text += choice["delta"].get("content") or ""
                        calls += choice["delta"].get("tool_calls") or []
            if not calls:
                return text
            messages.append({"role": "assistant", "content": None, "tool_calls": calls})
            for call in calls:
                given = decode(call["function"]["arguments"])
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
        run_id = await app.runs.start(user(GOAL), tenant=TENANT, subject="bench", model=model)
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
    flags = {"data": folder, "llm": {"providers": {"server": provider}}, "policy": {"approve_all": True}}
    found: dict[str, float] = {}
    async with open_app(settings.load({"HOME": str(folder)}, flags=flags), tools=(Echo(effects, "read"),)) as app:
        gc.freeze()  # as `orchestrator serve` does once it is ready
        bare = Bare(url, offered(app.tools))
        ours = our_run(app)
        async with aiohttp.ClientSession() as session:

            async def tuned() -> None:
                await bare.streamed(session, (msgspec.json.encode, msgspec.json.decode))

            for name, work in (("tuned", tuned), ("ours", ours), ("tuned", tuned), ("ours", ours)):
                found[f"{name} sequential"], _ = await measured(work, 100, 1)
                found[f"{name} 32"], _ = await measured(work, 640, 32)
            found["bare token"] = await bare_streamed(session, f"{url}/chat/completions")
        found["ours token"] = await streamed(app)
        view = (await app.views.runs(TENANT, limit=1))[0]
        assert view.status == "completed", view
    return found


async def plain_round(url: str, tools: list[dict[str, Any]]) -> dict[str, float]:
    bare = Bare(url, tools)
    found: dict[str, float] = {}
    async with aiohttp.ClientSession() as session:

        async def plain() -> None:
            await bare.streamed(session)

        async def whole() -> None:
            await bare.whole(session)

        for name, work in (("plain", plain), ("whole", whole)):
            found[f"{name} sequential"], _ = await measured(work, 100, 1)
            found[f"{name} 32"], _ = await measured(work, 640, 32)
    return found


def wired(specs: Sequence[ToolSpec]) -> list[dict[str, Any]]:
    return [
        {
            "type": "function",
            "function": {"name": spec.name, "description": spec.description, "parameters": spec.parameters},
        }
        for spec in specs
    ]


def offered(tools: Catalogue) -> list[dict[str, Any]]:
    """What our runs send too, of all the tools there are."""
    return wired(Toolset(tools, None, delegates=True).offered([user(GOAL)]))


def tools_of_a_run() -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        chosen = settings.load({"HOME": folder})
    return offered(Catalogue(chosen.tools, Refused([]), kits(), (Echo("none", "read"),)))


def main() -> None:
    rounds: dict[Effects, list[dict[str, float]]] = {"none": [], "once": []}
    tools = tools_of_a_run()
    with ModelServer() as url:
        for _ in range(ROUNDS):
            for effects, kept in rounds.items():
                with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
                    ours = uvloop.run(one_round(Path(folder), url, effects))
                kept.append({**ours, **asyncio.run(plain_round(url, tools))})

    def middle(name: str, effects: Effects = "none") -> float:
        return median([one[name] for one in rounds[effects]])

    def ratio(below: str, load: str, effects: Effects = "none") -> float:
        return round(median([one[f"ours {load}"] / one[f"{below} {load}"] for one in rounds[effects]]), 2)

    figures: dict[str, Any] = {"tool steps a run": STEPS}
    for load, words in (("sequential", "one after another"), ("32", "32 at once")):
        figures |= {
            f"plain aiohttp loop, ms of processor a run, {words}": round(middle(f"plain {load}"), 2),
            f"the same, replies not streamed, {words}": round(middle(f"whole {load}"), 2),
            f"the same tuned (uvloop, msgspec), {words}": round(middle(f"tuned {load}"), 2),
            f"ours, journal on, {words}": round(middle(f"ours {load}"), 2),
            f"ours / plain, {words}": ratio("plain", load),
            f"ours / plain with replies not streamed, {words}": ratio("whole", load),
            f"ours / tuned, {words}": ratio("tuned", load),
            f"ours / plain, tools with effects, {words}": ratio("plain", load, "once"),
        }
    figures |= {
        "runs a second of one core, 32 at once, plain loop": round(1e3 / middle("plain 32")),
        "runs a second of one core, 32 at once, ours": round(1e3 / middle("ours 32")),
        "runs a second of one core, 32 at once, ours, with effects": round(1e3 / middle("ours 32", "once")),
        "µs of processor a streamed token, bare reader": round(middle("bare token"), 1),
        "µs of processor a streamed token, ours, followed": round(middle("ours token"), 1),
    }
    write("agent", "python -m benchmarks.agent", figures)


if __name__ == "__main__":
    main()

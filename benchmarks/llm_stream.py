"""CPU per streamed chunk of each wire, beside a bare aiohttp loop that reads the same stream. `./run bench llm_stream`.

The server is another process; only this process's CPU counts. Paced: one chunk a network read, as a model writes.
Flat out: chunks come as fast as they can, and those of one read are one delta. SIMULATED server.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from multiprocessing import Process, Queue
from typing import Any

import aiohttp
import uvloop
from aiohttp import web

from benchmarks.report import median, write
from orchestrator.kernel.clock import SystemClock
from orchestrator.kernel.messages import user
from orchestrator.kernel.registry import Registry
from orchestrator.kernel.settings import Provider, Secret
from orchestrator.llm.base import Model, Reply, Request, TextDelta
from orchestrator.llm.catalogue import PROVIDERS

CHUNKS = 400
ROUNDS = 7
PACE = 0.002  # seconds between chunks, so that each comes in a read of its own
TEXT = [f"word{n} " for n in range(CHUNKS)]
PATHS = {"openai": "/v1/chat/completions", "anthropic": "/v1/messages", "ollama": "/api/chat"}


def _openai() -> list[bytes]:
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    frames = [{**head, "choices": [{"index": 0, "delta": {"content": word}, "finish_reason": None}]} for word in TEXT]
    frames.append({**head, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    return [*(b"data: " + json.dumps(frame).encode() + b"\n\n" for frame in frames), b"data: [DONE]\n\n"]


def _anthropic() -> list[bytes]:
    block = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    events: list[dict[str, Any]] = [{"type": "message_start", "message": {"model": "m", "usage": {}}}, block]
    delta = {"type": "content_block_delta", "index": 0}
    events += [{**delta, "delta": {"type": "text_delta", "text": word}} for word in TEXT]
    events += [{"type": "content_block_stop", "index": 0}, {"type": "message_stop"}]
    return [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events]


def _ollama() -> list[bytes]:
    head = {"model": "m", "created_at": "2026-01-01T00:00:00.000000Z"}
    lines: list[dict[str, Any]] = [
        {**head, "message": {"role": "assistant", "content": word}, "done": False} for word in TEXT
    ]
    lines.append({**head, "message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "stop"})
    return [json.dumps(line).encode() + b"\n" for line in lines]


def _serve(ports: "Queue[int]") -> None:
    frames = {PATHS["openai"]: _openai(), PATHS["anthropic"]: _anthropic(), PATHS["ollama"]: _ollama()}

    async def stream(request: web.Request) -> web.StreamResponse:
        body = await request.json()
        response = web.StreamResponse()
        await response.prepare(request)
        if body["model"] == "flat":
            for frame in frames[request.path]:
                await response.write(frame)
        else:
            for frame in frames[request.path]:
                await response.write(frame)
                await asyncio.sleep(PACE)
        return response

    async def show(request: web.Request) -> web.Response:
        return web.json_response({"capabilities": ["completion"], "model_info": {}})

    async def main() -> None:
        app = web.Application()
        app.add_routes([web.post(path, stream) for path in frames])
        app.add_routes([web.post("/api/show", show)])
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        ports.put(runner.addresses[0][1])
        await asyncio.Event().wait()

    uvloop.run(main())


def _provider(kind: str, url: str) -> Model:
    base = url + "/v1" if kind == "openai" else url
    plug = Registry("provider", PROVIDERS).load(kind)
    made: Model = plug(kind, Provider(kind, base, Secret("key"), "m"), SystemClock())
    return made


async def _ours(model: Model, pace: str) -> tuple[str, int]:
    text, deltas = "", 0
    async for chunk in model.stream(Request(pace, (user("Hello"),))):
        if isinstance(chunk, TextDelta):
            text += chunk.text
            deltas += 1
        elif isinstance(chunk, Reply):
            assert chunk.message.text == text
    return text, deltas


async def _frames(session: aiohttp.ClientSession, url: str, pace: str) -> AsyncIterator[bytes]:
    async with session.post(url, json={"model": pace, "stream": True}) as response:
        async for line in response.content:
            yield line


async def _bare(session: aiohttp.ClientSession, url: str, pace: str) -> tuple[str, int]:
    """What anybody writes: a line at a time, the standard library's JSON, the text out of it."""
    text, deltas = "", 0
    async for line in _frames(session, url, pace):
        line = line.removeprefix(b"data: ").strip()
        if not line.startswith(b"{"):
            continue
        frame = json.loads(line)
        said = (frame.get("choices") or [frame])[0]
        piece = (said.get("delta") or said.get("message") or {}).get("content") or (said.get("delta") or {}).get("text")
        if piece:
            text += piece
            deltas += 1
    return text, deltas


async def _floor(session: aiohttp.ClientSession, url: str, pace: str) -> tuple[str, int]:
    """Only waking up for every read: nothing is parsed."""
    reads = 0
    async with session.post(url, json={"model": pace, "stream": True}) as response:
        while await response.content.readany():
            reads += 1
    return "".join(TEXT), reads


async def _cost(work: Callable[[], Awaitable[tuple[str, int]]]) -> tuple[float, int]:
    """Microseconds of CPU per chunk, and how many deltas there were."""
    started = time.process_time()
    text, deltas = await work()
    spent = time.process_time() - started
    assert text == "".join(TEXT)
    return spent / CHUNKS * 1e6, deltas


async def _measure(url: str) -> dict[str, Any]:
    figures: dict[str, Any] = {"chunks": CHUNKS, "rounds": ROUNDS}
    async with aiohttp.ClientSession() as session:
        for kind, path in PATHS.items():
            model = _provider(kind, url)
            for pace in ("paced", "flat"):
                runs: dict[str, Callable[[], Awaitable[tuple[str, int]]]] = {
                    "ours": partial(_ours, model, pace),
                    "bare": partial(_bare, session, url + path, pace),
                    "floor": partial(_floor, session, url + path, pace),
                }
                spent: dict[str, list[float]] = {name: [] for name in runs}
                deltas = 0
                for round_ in range(ROUNDS + 1):  # in turns, so that what else the machine does falls on all
                    for name, run in runs.items():
                        cost, count = await _cost(run)
                        deltas = count if name == "ours" else deltas
                        if round_:  # the first warms up
                            spent[name].append(cost)
                ours, bare, floor = (median(spent[name]) for name in ("ours", "bare", "floor"))
                figures[f"{kind} {pace}: µs CPU per chunk"] = round(ours, 1)
                figures[f"{kind} {pace}: of a bare aiohttp loop"] = round(bare, 1)
                figures[f"{kind} {pace}: of aiohttp alone, unparsed"] = round(floor, 1)
                figures[f"{kind} {pace}: ours / bare"] = round(ours / bare, 2)
                figures[f"{kind} {pace}: deltas"] = deltas
            await model.close()
    return figures


def main() -> None:
    ports: Queue[int] = Queue()
    server = Process(target=_serve, args=(ports,), daemon=True)
    server.start()
    try:
        figures = uvloop.run(_measure(f"http://127.0.0.1:{ports.get(timeout=20)}"))
    finally:
        server.terminate()
        server.join()
    write("llm_stream", "python -m benchmarks.llm_stream", figures)


if __name__ == "__main__":
    main()

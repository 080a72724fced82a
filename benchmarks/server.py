"""The server as a person starts it: time to ready, memory at rest, and what it adds before the first token.

    python -m benchmarks.server

The model (scripted, in another process) says the time at which it speaks; a reader of our WebSocket, and one
that reads the model directly, note when they hear it.
"""

import asyncio
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import aiohttp
import msgspec
import psutil

from benchmarks.model_server import ModelServer
from benchmarks.report import median, write

STARTS = 5
ASKED = 60
COMMAND = str(Path(sys.executable).with_name("orchestrator"))


class Server:
    """`orchestrator serve` in a folder of its own."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        config = folder / "config.toml"
        config.write_text(f'[llm.providers.server]\nkind = "openai"\nbase_url = "{url}"\nmodel = "clock"\n')

    def __enter__(self) -> "Server":
        environment = {
            **os.environ,
            "ORCHESTRATOR_DATA": str(self.folder),
            "ORCHESTRATOR_SERVER_PORT": "0",
            "PYTHONDONTWRITEBYTECODE": "",  # what a change left uncompiled is compiled by the first start
        }
        began = time.perf_counter()
        self.process = subprocess.Popen(
            [COMMAND, "serve"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        said = ""
        assert self.process.stdout is not None
        while not (found := re.search(r"(http://127\.0\.0\.1:\d+)/sign-in\?token=(\S+)", said)):
            line = self.process.stdout.readline()
            if not line:
                raise RuntimeError(f"the server did not start:\n{said}")
            said += line
        self.url, self.link = found[1], found[0]
        self.seconds = time.perf_counter() - began
        times = psutil.Process(self.process.pid).cpu_times()
        self.processor = times.user + times.system
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(timeout=20)

    def memory(self) -> float:
        return psutil.Process(self.process.pid).memory_info().rss / 2**20


async def heard_over_websocket(server: Server) -> list[float]:
    """Milliseconds between the model's first token and its arrival in our WebSocket's reader."""
    late: list[float] = []
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        async with session.get(server.link, allow_redirects=False) as response:
            assert response.status == 303, response.status
        headers = {"Origin": server.url}
        async with session.ws_connect(f"{server.url}/api/v1/chat/ws", headers=headers) as socket:
            for _ in range(ASKED):
                await socket.send_json({"message": "what is the time?", "model": "server/clock"})
                heard = False
                while True:
                    frame = await socket.receive_json()
                    if frame["type"] == "token" and not heard:
                        heard = True
                        late.append((time.monotonic() - float(frame["data"]["text"])) * 1e3)
                    if frame["type"] in ("complete", "error"):
                        assert frame["data"].get("status") == "completed", frame
                        break
    return late


async def heard_directly(url: str) -> list[float]:
    late: list[float] = []
    body = {"model": "clock", "messages": [{"role": "user", "content": "what is the time?"}], "stream": True}
    async with aiohttp.ClientSession() as session:
        for _ in range(ASKED):
            async with session.post(f"{url}/chat/completions", data=msgspec.json.encode(body)) as response:
                first = await response.content.readline()
                said = msgspec.json.decode(first[6:])["choices"][0]["delta"]["content"]
                late.append((time.monotonic() - float(said)) * 1e3)
                await response.read()
    return late


def idle(server: Server, seconds: float) -> float:
    """Percent of one core used while nothing happens."""
    time.sleep(3)  # the first look at the providers is part of the start
    process = psutil.Process(server.process.pid)
    before = process.cpu_times()
    time.sleep(seconds)
    after = process.cpu_times()
    return (after.user + after.system - before.user - before.system) / seconds * 100


def main() -> None:
    ready: list[float] = []
    processor: list[float] = []
    with ModelServer() as url, tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        for _ in range(STARTS + 1):
            with Server(Path(folder), url) as server:
                ready.append(server.seconds)
                processor.append(server.processor)
        with Server(Path(folder), url) as server:
            burnt = idle(server, 10)
            at_rest = server.memory()
            ours = asyncio.run(heard_over_websocket(server))
            after = server.memory()
            direct = asyncio.run(heard_directly(url))
    ours.sort()
    write(
        "server",
        "python -m benchmarks.server",
        {
            "ready after, seconds of processor": round(median(processor[1:]), 2),
            "ready after, seconds": round(median(ready[1:]), 2),
            "first start (makes the database), seconds": round(ready[0], 2),
            "memory at rest, MiB": round(at_rest),
            "memory after 60 runs, MiB": round(after),
            "processor at rest, % of a core": round(burnt, 2),
            "model's first token heard directly after, ms, p50": round(median(direct), 2),
            "the same through our WebSocket, ms, p50": round(median(ours), 2),
            "the same through our WebSocket, ms, p95": round(ours[int(len(ours) * 0.95)], 2),
        },
    )


if __name__ == "__main__":
    main()

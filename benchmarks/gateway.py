"""What the compatible endpoints add to a call, beside a bare aiohttp pass-through in the same run.

    python -m benchmarks.gateway

The model's server is scripted and in a process of its own, with the client on the second core; each gateway has the
first core for itself (taskset). Ours has a key, a budget and the journal on. SIMULATED: no model is asked.

"Per core" is the processor time that the gateway's process took for a call, turned round: on a machine that others
use, that is what can be measured. What came out in fact, on the wall's clock, stands beside it.
"""

import asyncio
import contextlib
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import uvloop

from benchmarks.gateway_wire import GAP, Client
from benchmarks.report import median, write
from benchmarks.server import COMMAND

ROUNDS = 5
ALONE = 200  # calls of a round, one after the other
TOGETHER = 32  # connections at once
MANY = 1000  # calls of a round, together
CORE, OTHER = 0, 1 % (os.cpu_count() or 1)
KINDS = ("plain", "streamed at once", "streamed token by token")
TEXT = "Say twenty words about the sea, in no order that matters. " * 4


class Place:
    """Something that answers chat completions, and its process."""

    def __init__(self, name: str, port: int, process: int, key: str = "") -> None:
        self.name = name
        self.port = port
        self.key = key
        self._process = psutil.Process(process)

    def processor(self) -> float:
        times = self._process.cpu_times()
        return times.user + times.system

    def request(self, *, stream: bool, model: str = "fast", **more: Any) -> bytes:
        asked = {"model": model, "messages": [{"role": "user", "content": TEXT}], "stream": stream, **more}
        body = json.dumps(asked).encode()
        head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1:{self.port}\r\ncontent-length: {len(body)}\r\n"
        head += f"authorization: Bearer {self.key}\r\ncontent-type: application/json\r\n\r\n"
        return head.encode() + body

    async def client(self) -> Client:
        _, client = await asyncio.get_running_loop().create_connection(Client, "127.0.0.1", self.port)
        return client


@contextlib.contextmanager
def started(core: int, *arguments: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process on one core, and the first line it prints."""
    process = subprocess.Popen(
        ["taskset", "-c", str(core), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, **environment},
    )
    assert process.stdout is not None
    try:
        yield process, process.stdout.readline()
    finally:
        process.terminate()
        process.wait(timeout=20)


@contextlib.asynccontextmanager
async def ours(folder: Path, url: str) -> AsyncIterator[Place]:
    price = '[llm.models."lab/fast"]\ninput = 0.1\noutput = 0.4\n'
    provider = f'[llm.providers.lab]\nkind = "openai"\nbase_url = "{url}/v1"\nmodel = "fast"\nconcurrency = 256\n'
    (folder / "config.toml").write_text(provider + price)
    environment = {"ORCHESTRATOR_DATA": str(folder), "ORCHESTRATOR_SERVER_PORT": "0"}
    with started(CORE, COMMAND, "serve", **environment) as (process, said):
        assert process.stdout is not None
        while not (found := re.search(r"http://127\.0\.0\.1:(\d+)/sign-in\?token=(\S+)", said)):
            if process.poll() is not None:
                raise RuntimeError(f"the server did not start:\n{said}")
            said += process.stdout.readline()
        origin = f"http://127.0.0.1:{found[1]}"
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
            async with session.get(found[0], allow_redirects=False):
                pass
            headers = {"Origin": origin}
            async with session.post(origin + "/api/v1/auth/keys", json={"name": "bench"}, headers=headers) as reply:
                key = (await reply.json())["key"]
            budget = {"scope": "tenant", "period": "day", "dollars": 1000.0}
            async with session.put(origin + "/api/v1/budgets", json=budget, headers=headers) as reply:
                assert reply.status < 300, await reply.text()
        yield Place("ours", int(found[1]), process.pid, key)


async def alone(place: Place, request: bytes, mark: bytes, calls: int = ALONE) -> tuple[list[float], list[float]]:
    """Seconds until the first piece, and until the last, of calls one after the other."""
    client = await place.client()
    first, last = list[float](), list[float]()
    for _ in range(calls):
        began, ended, whole = await client.ask(request, mark)
        assert b"200 OK" in whole[:20] and b"word1" in whole, whole[:500]
        first.append(began)
        last.append(ended)
    client.close()
    return first, last


async def together(place: Place, request: bytes, calls: int = MANY) -> tuple[float, float]:
    """Calls a second by the wall's clock, and by the processor time of the gateway."""
    clients = [await place.client() for _ in range(TOGETHER)]
    left = iter(range(calls))

    async def ask(client: Client) -> None:
        for _ in left:
            _, _, whole = await client.ask(request)
            assert b"200 OK" in whole[:20], whole[:500]

    processor, began = place.processor(), time.perf_counter()
    await asyncio.gather(*map(ask, clients))
    wall, used = time.perf_counter() - began, place.processor() - processor
    for client in clients:
        client.close()
    return calls / wall, calls / max(used, 1e-9)


async def gaps(place: Place) -> tuple[list[float], float]:
    """How late each token came, in seconds, and the share of reads that brought more than one."""
    client = await place.client()
    late, reads, clumped = list[float](), 0, 0

    def heard(data: bytes) -> None:
        nonlocal reads, clumped
        now = time.monotonic()
        sent = [float(at) for at in re.findall(rb'"content":\s*"(\d+\.\d+) "', data)]
        reads += bool(sent)
        clumped += len(sent) > 1
        late.extend(now - at for at in sent)

    client.heard = heard
    for _ in range(5):
        await client.ask(place.request(stream=True, model="slow"))
    client.close()
    return late, clumped / max(reads, 1)


def _kinds(place: Place) -> dict[str, bytes]:
    plain, streamed = place.request(stream=False), place.request(stream=True)
    return dict(zip(KINDS, (plain, streamed, place.request(stream=True, model="paced")), strict=True))


async def measured(direct: Place, bare: Place, own: Place) -> dict[str, Any]:
    """Rounds in turns, so that what else the machine does falls on all alike."""
    seen: dict[str, list[float]] = {}

    def note(what: str, place: Place, value: float) -> None:
        seen.setdefault(f"{what} {place.name}", []).append(value)

    for number in range(ROUNDS + 1):
        for place in (direct, bare, own):
            _, plain = await alone(place, place.request(stream=False), b"\r\n\r\n")
            first, streamed = await alone(place, place.request(stream=True), b"word1")
            if number:  # the first round warms up
                note("plain", place, median(plain))
                note("first", place, median(first))
                note("streamed", place, median(streamed))
        for place in (bare, own):
            for kind, request in _kinds(place).items():
                wall, core = await together(place, request)
                if number:
                    note(f"{kind} wall", place, wall)
                    note(f"{kind} core", place, core)
    cached = own.request(stream=False, temperature=0)
    await alone(own, cached, b"\r\n\r\n", 20)
    hits = [median((await alone(own, cached, b"\r\n\r\n"))[1]) for _ in range(ROUNDS)]
    return {
        **_figures({what: median(values) for what, values in seen.items()}),
        **_hit(hits),
        **await _gaps(direct, own),
    }


def _hit(hits: list[float]) -> dict[str, Any]:
    return {"exact cache hit, whole call, p50 ms": round(median(hits) * 1e3, 3)}


async def _gaps(direct: Place, own: Place) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for name, place in (("the model's server", direct), ("ours", own)):
        late, clumped = await gaps(place)
        ranked = statistics.quantiles(late, n=100)
        told[f"tokens {GAP * 1e3:g} ms apart, late by, p50 / p99 ms, {name}"] = [
            round(ranked[49] * 1e3, 2),
            round(ranked[98] * 1e3, 2),
        ]
        told[f"reads that bring more than one token, {name}"] = round(clumped, 4)
    return told


def _figures(of: dict[str, float]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    names = {"plain": "plain call", "first": "first streamed token", "streamed": "whole stream of 20 tokens"}
    for what, name in names.items():
        for place in ("bare", "ours"):
            added = of[f"{what} {place}"] - of[f"{what} direct"]
            told[f"{name}, added p50 ms, {place}"] = round(added * 1e3, 3)
    for name in KINDS:
        for place in ("bare", "ours"):
            told[f"{name} calls a second of processor, {place}"] = round(of[f"{name} core {place}"])
            told[f"{name} calls a second, in fact, {place}"] = round(of[f"{name} wall {place}"])
        told[f"{name}: ours to bare"] = round(of[f"{name} core ours"] / of[f"{name} core bare"], 2)
    return told


async def main() -> None:
    os.sched_setaffinity(0, {OTHER})
    module = (sys.executable, "-m", "benchmarks.gateway_wire")
    with (
        tempfile.TemporaryDirectory() as folder,
        started(OTHER, *module, "upstream") as (upstream, port),
    ):
        url = f"http://127.0.0.1:{int(port)}"
        with started(CORE, *module, "passthrough", url) as (relay, relayed):
            direct = Place("direct", int(port), upstream.pid)
            bare = Place("bare", int(relayed), relay.pid)
            async with ours(Path(folder), url) as own:
                figures = await measured(direct, bare, own)
    write("gateway", "python -m benchmarks.gateway", figures)


if __name__ == "__main__":
    uvloop.run(main())

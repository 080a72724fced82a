"""What the wrappers cost when nothing goes wrong: processor a call and a chunk, beside the same model without them.

    python -m benchmarks.resilience

The model is in this process and says nothing but its chunks, so that everything measured is the wrappers. SIMULATED.
"""

import time
from collections.abc import AsyncIterator

import uvloop

from benchmarks.report import median, write
from orchestrator.kernel.clock import SystemClock
from orchestrator.kernel.messages import Message, Text, user
from orchestrator.kernel.settings import Capability, Llm, Provider
from orchestrator.llm.base import Chunk, Health, Model, ModelInfo, Reply, Request, TextDelta
from orchestrator.llm.resilience.persist import Way
from orchestrator.llm.resilience.stack import Guard, persistent

ROUNDS = 15
CALLS = 1500
CHUNKS = 30_000
REPLY = Reply(Message("assistant", (Text("x"),)), "m")
DELTA = TextDelta("x")
ASKED = Request("m", (user("?"),))


class Plain:
    name = "plain"
    capabilities: frozenset[Capability] = frozenset({"chat", "tools"})

    def __init__(self) -> None:
        self.chunks = 0

    async def stream(self, request: Request) -> AsyncIterator[Chunk]:
        for _ in range(self.chunks):
            yield DELTA
        yield REPLY

    async def models(self) -> list[ModelInfo]:
        return []

    async def health(self) -> Health:
        return Health(True)

    async def embed(self, texts: list[str], model: str = "") -> list[list[float]]:
        return []

    async def close(self) -> None: ...


async def seconds(model: Model, times: int) -> float:
    began = time.process_time()
    for _ in range(times):
        async for _ in model.stream(ASKED):
            pass
    return time.process_time() - began


async def measured() -> dict[str, float]:
    plain, clock = Plain(), SystemClock()
    settings = Provider("plain")
    guarded = Guard(settings, clock).around(plain)
    whole = persistent([Way(guarded, "m", "plain"), Way(guarded, "m", "other")], Llm(), clock, lambda: 0.5)
    calls: dict[str, list[float]] = {}
    chunks: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for name, model in (("without", plain), ("with", whole)):
            plain.chunks = 1
            calls.setdefault(name, []).append(await seconds(model, CALLS) / CALLS * 1e6)
            plain.chunks = CHUNKS
            chunks.setdefault(name, []).append(await seconds(model, 1) / CHUNKS * 1e6)
    return {
        "µs a call without the wrappers": round(median(calls["without"]), 2),
        "µs a call with all of them": round(median(calls["with"]), 2),
        "added µs a call": round(median(calls["with"]) - median(calls["without"]), 2),
        "added µs a chunk": round(median(chunks["with"]) - median(chunks["without"]), 3),
    }


def main() -> None:
    write("resilience", "python -m benchmarks.resilience", uvloop.run(measured()))


if __name__ == "__main__":
    main()

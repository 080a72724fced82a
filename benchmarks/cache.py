"""The cache of answers: wrong hits on look-alikes, hits on paraphrases, what hits cost. `python -m benchmarks.cache`.

Questions: benchmarks/questions (drawn from seed 3, and written by hand), English and French. Baseline in the same run:
an embedding by spelling with a threshold alone, as most semantic caches have one. A hit is timed through the wrapper,
on a conversation of 24 messages, beside a model that answers at once.
"""

import hashlib
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvloop

from benchmarks.questions.pairs import Pair, look_alikes, paraphrases
from benchmarks.report import median, write
from orchestrator.kernel.clock import SystemClock
from orchestrator.kernel.messages import Message, ToolCall, ToolResult, Usage, system, user
from orchestrator.llm.base import Reply, Request
from orchestrator.llm.cache.base import Store
from orchestrator.llm.cache.cache import Cache
from orchestrator.llm.cache.cached import Cached, Flights
from orchestrator.llm.cache.database import DatabaseFile
from orchestrator.llm.cache.meaning import meaning
from orchestrator.llm.cache.memory import Memory
from orchestrator.llm.cache.semantic import Semantic, cosine
from orchestrator.llm.providers.scripted import Scripted

CALLS = 400
_DIMENSIONS = 256


def main() -> None:
    figures: dict[str, Any] = _questions(look_alikes(), paraphrases())
    figures |= uvloop.run(_hits())
    write("cache", "python -m benchmarks.cache", figures)


def _same(pair: Pair) -> bool:
    found = meaning(pair.one)
    return found is not None and found == meaning(pair.other)


def _questions(unlike: list[Pair], alike: list[Pair]) -> dict[str, Any]:
    figures: dict[str, Any] = {"look-alike pairs": len(unlike), "paraphrase pairs": len(alike)}
    wrong = [pair for pair in unlike if _same(pair)]
    figures["wrong hits on look-alikes"] = f"{len(wrong)} ({len(wrong) / len(unlike):.2%})"
    for language in ("en", "fr"):
        own = [pair for pair in alike if pair.language == language]
        written = [pair for pair in own if pair.kind == "written"]
        figures[f"hits on paraphrases, {language}"] = f"{sum(map(_same, own)) / len(own):.0%}"
        figures[f"hits on paraphrases written by hand, {language}"] = f"{sum(map(_same, written)) / len(written):.0%}"
    for near in (0.8, 0.9, 0.95):
        hits = _by_threshold(unlike, near), _by_threshold(alike, near)
        figures[f"baseline, cosine over {near} alone: wrong hits"] = f"{hits[0] / len(unlike):.1%}"
        figures[f"baseline, cosine over {near} alone: hits on paraphrases"] = f"{hits[1] / len(alike):.0%}"
    return figures


def _by_threshold(pairs: list[Pair], near: float) -> int:
    return sum(cosine(_hashed(pair.one.lower()), _hashed(pair.other.lower())) >= near for pair in pairs)


def _hashed(text: str) -> list[float]:
    """Words and their three-letter pieces, hashed: it knows spelling, not sense."""
    vector = [0.0] * _DIMENSIONS
    for word in text.split():
        for piece, weight in [(word, 1.0), *((f"#{word}#"[i : i + 3], 0.3) for i in range(len(word)))]:
            digest = hashlib.blake2b(piece.encode(), digest_size=4).digest()
            vector[int.from_bytes(digest[:2], "big") % _DIMENSIONS] += weight if digest[2] & 1 else -weight
    return vector


def _conversation(number: int) -> Request:
    messages: list[Message] = [system("You are a careful assistant. " * 20), user(f"Question {number}?")]
    for turn in range(11):
        messages.append(Message("assistant", (ToolCall(f"c{turn}", "look", {"at": f"file{turn}.txt"}),)))
        messages.append(Message("tool", (ToolResult(f"c{turn}", "look", "A line of the file.\n" * 40),)))
    return Request("scripted", tuple(messages), temperature=0.0, tenant="t")


async def _hits() -> dict[str, Any]:
    clock = SystemClock()
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        stores: dict[str, Callable[[], Store | None]] = {
            "memory": lambda: None,
            "database": lambda: DatabaseFile(Path(folder) / "cache.db", clock, size=10**8),
        }
        for name, make in stores.items():
            behind = make()
            cached = _cached(clock, behind)
            figures[f"exact hit, {name}: µs at p50"] = await _timed(cached, [_conversation(n) for n in range(CALLS)])
            if behind is not None:
                fresh = _cached(clock, behind)  # another process: nothing in memory yet
                asked = [_conversation(n) for n in range(CALLS)]
                figures[f"exact hit, {name}, not in memory: µs at p50"] = await _timed(fresh, asked, warm=False)
            await cached.cache.close()
    plain = _cached(clock, None)
    questions = [_question(f"How do I reset item {n}?") for n in range(60)]
    for question in questions:
        await _once(plain, question)
    others = [_question(f"Could you tell me how to reset item {n}?") for n in range(60)]
    figures["hit by meaning among 60 questions: µs at p50"] = await _timed(plain, others, warm=False)
    bare = Scripted(lambda _: _reply())
    spent = []
    for request in [_conversation(n) for n in range(CALLS)]:
        began = time.perf_counter()
        async for _ in bare.stream(request):
            pass
        spent.append(time.perf_counter() - began)
    figures["baseline, a model that answers at once: µs at p50"] = round(median(spent) * 1e6, 1)
    return figures


class _Cached(Cached):
    def __init__(self, model: Scripted, cache: Cache) -> None:
        super().__init__(model, cache, Flights())
        self.cache = cache


def _cached(clock: SystemClock, behind: Store | None) -> _Cached:
    memory = Memory(clock, entries=10_000, size=10**8)
    cache = Cache(clock, memory, behind=behind, semantic=Semantic(), ttl=3600)
    return _Cached(Scripted(lambda _: _reply()), cache)


def _reply() -> Reply:
    from orchestrator.llm.providers.scripted import say

    return say("An answer of one sentence, as short as answers are. " * 4, usage=Usage(3000, 60))


def _question(text: str) -> Request:
    return Request("scripted", (system("Be brief."), user(text)), temperature=0.0, tenant="t")


async def _once(cached: Cached, request: Request) -> bool:
    async for chunk in cached.stream(request):
        if isinstance(chunk, Reply):
            return chunk.spared is not None
    return False


async def _timed(cached: Cached, requests: list[Request], *, warm: bool = True) -> float:
    if warm:
        for request in requests:
            await _once(cached, request)
    spent = []
    for request in requests:
        began = time.perf_counter()
        hit = await _once(cached, request)
        spent.append(time.perf_counter() - began)
        assert hit
    return round(median(spent) * 1e6, 1)


if __name__ == "__main__":
    main()

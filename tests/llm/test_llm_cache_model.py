"""A model whose answers are remembered: what hits, what never does, and what it says of itself."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from orchestrator.kernel.clock import ManualClock
from orchestrator.kernel.errors import BudgetExceeded, ModelError, ModelGarbled, ModelUnavailable
from orchestrator.kernel.messages import (
    Message,
    Text,
    ToolCall,
    ToolResult,
    ToolSpec,
    Usage,
    assistant,
    system,
    user,
)
from orchestrator.llm.base import Chunk, Reply, Request, Setback, TextDelta, ThinkingDelta
from orchestrator.llm.cache.base import CacheUnavailable, Kept, Question, Stock
from orchestrator.llm.cache.cache import Cache
from orchestrator.llm.cache.cached import Cached, Flights
from orchestrator.llm.cache.database import DatabaseFile
from orchestrator.llm.cache.memory import Memory
from orchestrator.llm.cache.semantic import Semantic
from orchestrator.llm.providers.scripted import Scripted, say
from orchestrator.policy.budgets.base import Spending

LOOK = ToolSpec("look", "Looks.", {"type": "object"}, effects="none")
SEND = ToolSpec("send", "Sends.", {"type": "object"}, effects="once")


def paid(text: str, *calls: ToolCall, thinking: str = "") -> Reply:
    return replace(say(text, *calls, thinking=thinking), usage=Usage(100, 20, 5), cost=0.25)


def ask(text: str = "What is the capital of France?", **more: Any) -> Request:
    given = {"messages": (system("Be brief."), user(text)), "temperature": 0.0, "tenant": "t", **more}
    return Request("scripted", **given)


class World:
    def __init__(self, clock: ManualClock, *replies: Any, semantic: bool = True, **options: Any) -> None:
        self.clock = clock
        self.model = Scripted(list(replies) if replies else lambda request: paid(f"answer {len(self.model.requests)}"))
        self.memory = Memory(clock, entries=100, size=10**6)
        meant = Semantic() if semantic else None
        self.cache = Cache(
            clock, self.memory, semantic=meant, ttl=options.pop("ttl", 100.0), behind=options.pop("behind", None)
        )
        self.cached = Cached(self.model, self.cache, Flights(), **options)

    async def say(self, request: Request) -> tuple[Reply, list[Chunk]]:
        *deltas, reply = [chunk async for chunk in self.cached.stream(request)]
        assert isinstance(reply, Reply)
        return reply, deltas

    async def hits(self, one: Request, other: Request) -> bool:
        await self.say(one)
        reply, _ = await self.say(other)
        return reply.spared is not None


@pytest.fixture
def world(clock: ManualClock) -> World:
    return World(clock)


async def test_the_same_request_is_answered_once(world: World) -> None:
    first, _ = await world.say(ask())
    second, deltas = await world.say(ask())
    assert len(world.model.requests) == 1
    assert first.spared is None
    assert first.cost == 0.25
    assert second.message == first.message
    assert (second.cost, second.usage) == (0.0, Usage())
    assert second.spared is not None
    assert (second.spared.cache, second.spared.cost, second.spared.tokens) == ("exact", 0.25, 120)
    assert "".join(delta.text for delta in deltas if isinstance(delta, TextDelta)) == second.message.text
    figures = await world.cache.statistics("t")
    assert (figures.exact, figures.missed, figures.kept, figures.entries) == (1, 1, 1, 1)
    assert (figures.cost, figures.tokens, figures.rate, figures.store) == (0.25, 120, 0.5, "memory")
    assert figures.size > 0


async def test_a_hit_streams_thinking_and_text_in_pieces(clock: ManualClock) -> None:
    world = World(clock, paid("word " * 300, thinking="hm " * 200))
    await world.say(ask())
    reply, deltas = await world.say(ask())
    assert len(deltas) > 5
    assert isinstance(deltas[0], ThinkingDelta)
    assert isinstance(deltas[-1], TextDelta)
    assert "".join(d.text for d in deltas if isinstance(d, TextDelta)) == reply.message.text


CHANGED: dict[str, dict[str, Any]] = {
    "tenant": {"tenant": "other"},
    "model": {"model": ""},
    "instructions": {"messages": (system("Be long."), user("What is the capital of France?"))},
    "history": {
        "messages": (system("Be brief."), user("Hi"), assistant("Yes?"), user("What is the capital of France?"))
    },
    "length": {"max_tokens": 5},
    "stop": {"stop": ("x",)},
    "schema": {"schema": {"type": "object"}},
    "tools": {"tools": (LOOK,)},
}


@pytest.mark.parametrize("what", CHANGED)
async def test_whatever_is_changed_is_another_request(world: World, what: str) -> None:
    more = dict(CHANGED[what])
    other = replace(ask(), **more)
    assert not await world.hits(ask(), other)


@pytest.mark.parametrize("request_", [ask(tenant=""), ask(temperature=None), ask(temperature=0.7)])
async def test_what_is_nobodys_or_meant_to_differ_is_not_remembered(world: World, request_: Request) -> None:
    assert not await world.hits(request_, request_)


async def test_sampled_answers_are_remembered_where_that_is_wanted(clock: ManualClock) -> None:
    world = World(clock, sampled=True)
    assert await world.hits(ask(temperature=0.7), ask(temperature=0.7))
    assert not await world.hits(ask(temperature=0.7, tenant=""), ask(temperature=0.7, tenant=""))


async def test_answers_end(clock: ManualClock) -> None:
    world = World(clock, ttl=50.0)
    await world.say(ask())
    clock.advance(49)
    assert (await world.say(ask()))[0].spared is not None
    clock.advance(2)
    assert (await world.say(ask()))[0].spared is None


async def test_clearing_forgets_one_tenant(world: World) -> None:
    await world.say(ask())
    await world.say(ask(tenant="other"))
    assert await world.cache.clear("t") == 1
    assert (await world.say(ask()))[0].spared is None
    assert (await world.say(ask(tenant="other")))[0].spared is not None


# Tools.


def turn(content: str, call: str = "c1", outcome: Any = "ok") -> tuple[Message, ...]:
    return (
        user("Look, then answer."),
        Message("assistant", (ToolCall(call, "look", {"at": "x"}),)),
        Message("tool", (ToolResult(call, "look", content, outcome),)),
    )


async def test_a_call_that_only_looks_may_be_remembered(clock: ManualClock) -> None:
    world = World(clock, paid("", ToolCall("c", "look", {})))
    request = ask(tools=(LOOK, SEND))
    assert await world.hits(request, request)


async def test_a_call_with_effects_is_decided_anew(clock: ManualClock) -> None:
    for name in ("send", "unknown"):
        call = paid("", ToolCall("c", name, {}))
        world = World(clock, call, call)
        assert not await world.hits(ask(tools=(LOOK, SEND)), ask(tools=(LOOK, SEND)))
    malformed = paid("", ToolCall("c", "look", {}, malformed="no JSON"))
    world = World(clock, malformed, malformed)
    assert not await world.hits(ask(tools=(LOOK,)), ask(tools=(LOOK,)))


async def test_a_changed_result_never_hits(world: World) -> None:
    request = ask(messages=turn("The limit is 30."), tools=(LOOK,))
    assert not await world.hits(request, ask(messages=turn("The limit is 31."), tools=(LOOK,)))
    assert (await world.say(request))[0].spared is not None


async def test_names_of_calls_do_not_count(world: World) -> None:
    assert await world.hits(
        ask(messages=turn("x", "call_a1"), tools=(LOOK,)), ask(messages=turn("x", "call_b7"), tools=(LOOK,))
    )


async def test_a_failed_result_is_not_built_upon(world: World) -> None:
    failed = ask(messages=turn("no network", outcome="failed"), tools=(LOOK,))
    assert not await world.hits(failed, failed)


async def test_a_question_with_tools_is_not_answered_by_meaning(world: World) -> None:
    assert not await world.hits(
        ask("How do I reset my password?", tools=(LOOK,)), ask("How can I reset my password?", tools=(LOOK,))
    )


@pytest.mark.parametrize("finish", ["length", "filtered"])
async def test_half_an_answer_is_not_remembered(clock: ManualClock, finish: Any) -> None:
    half = replace(paid("half"), finish=finish)
    world = World(clock, half, half)
    assert not await world.hits(ask(), ask())


# By meaning.


async def test_a_question_in_other_words_hits_and_says_so(world: World) -> None:
    first, _ = await world.say(ask("How do I reset my password?"))
    reply, _ = await world.say(ask("Could you tell me how I can reset my password?"))
    other, _ = await world.say(ask("what is the way to reset my password"))
    for each in (reply, other):
        assert each.spared is not None and each.spared.cache == "semantic"
        assert each.message == first.message
    assert (await world.cache.statistics("t")).semantic == 2


async def test_meaning_is_asked_only_where_it_is_wanted(clock: ManualClock) -> None:
    world = World(clock, semantic=False)
    assert not await world.hits(ask("How do I reset my password?"), ask("How can I reset my password?"))


async def test_meaning_stays_within_its_scope(world: World) -> None:
    await world.say(ask("How do I reset my password?"))
    for more in ({"tenant": "other"}, {"max_tokens": 9}, {"messages": (user("How can I reset my password?"),)}):
        request = replace(ask("How can I reset my password?"), **more)
        assert (await world.say(request))[0].spared is None, more


ACCOUNT = Spending("k", "", "t", "ann", "m", 10)


def asking(world: World, *vectors: list[float]) -> list[list[str]]:
    """The world with an embedder that says these vectors; what it is asked."""
    told: list[list[str]] = []

    async def embed(texts: list[str], account: Spending) -> list[list[float]]:
        assert account == ACCOUNT
        told.append(texts)
        return list(vectors)

    world.cache = Cache(world.clock, world.memory, semantic=Semantic(embed), ttl=100)
    world.cached = Cached(world.model, world.cache, Flights())
    return told


def paying(question: str) -> Request:
    return replace(ask(question), account=ACCOUNT)


async def test_no_embedding_makes_two_numbers_the_same(world: World) -> None:
    told = asking(world, [1.0, 0.0], [1.0, 0.0])
    assert not await world.hits(paying("Convert 3 miles to km"), paying("Convert 4 miles to km"))
    assert told == []  # nor is it asked
    assert await world.hits(paying("How do I boil 3 eggs?"), paying("How can I boil three eggs?"))
    assert told == [["How can I boil three eggs?", "How do I boil 3 eggs?"]]


async def test_an_embedding_may_say_no(world: World) -> None:
    asking(world, [1.0, 0.0], [0.5, 0.8])
    assert not await world.hits(paying("How do I boil 3 eggs?"), paying("How can I boil three eggs?"))


async def test_nobody_is_asked_for_vectors_on_nobodys_account(world: World) -> None:
    told = asking(world, [1.0, 0.0], [1.0, 0.0])
    assert not await world.hits(ask("How do I boil 3 eggs?"), ask("How can I boil three eggs?"))
    assert told == []


@pytest.mark.parametrize("error", [ModelUnavailable("busy"), BudgetExceeded("spent")])
async def test_what_embeddings_lack_is_a_miss(world: World, error: Exception) -> None:
    async def embed(texts: list[str], account: Spending) -> list[list[float]]:
        raise error

    world.cache = Cache(world.clock, world.memory, semantic=Semantic(embed), ttl=100)
    world.cached = Cached(world.model, world.cache, Flights())
    assert not await world.hits(paying("How do I boil 3 eggs?"), paying("How can I boil three eggs?"))


# At the same time.


async def test_identical_requests_are_made_once(clock: ManualClock) -> None:
    gate = Gate(0)
    world = World(clock)
    world.model = Scripted([paid("the answer")], gate=gate)
    world.cached = Cached(world.model, world.cache, Flights())
    tasks = [asyncio.create_task(world.say(ask())) for _ in range(20)]
    stranger = asyncio.create_task(world.say(ask(tenant="other")))
    await asyncio.sleep(0)
    gate.opened.set()
    found = await asyncio.gather(*tasks)
    with pytest.raises(ModelError):
        await stranger  # the script has one reply: the stranger's request was another
    assert {reply.message.text for reply, _ in found} == {"the answer"}
    assert sum(reply.spared is None for reply, _ in found) == 1
    for _, deltas in found:
        assert "".join(delta.text for delta in deltas if isinstance(delta, TextDelta)) == "the answer"
    assert (await world.cache.statistics("t")).shared == 19


async def started(world: World, gate: "Gate", requests: list[Request]) -> list["asyncio.Task[Any]"]:
    tasks = [asyncio.create_task(world.say(request)) for request in requests]
    await gate.reached.wait()
    for _ in range(20):
        await asyncio.sleep(0)
    return tasks


class Gate:
    """Lets so many deltas pass, then waits."""

    def __init__(self, passing: int) -> None:
        self.left = passing
        self.reached = asyncio.Event()
        self.opened = asyncio.Event()

    async def __call__(self) -> None:
        if self.left <= 0:
            self.reached.set()
            await self.opened.wait()
        self.left -= 1


@pytest.mark.parametrize("passing", [0, 1])
async def test_if_the_first_is_given_up_another_goes_on(clock: ManualClock, passing: int) -> None:
    gate = Gate(passing)
    world = World(clock)
    world.model = Scripted([paid("first try"), paid("second try")], gate=gate)
    world.cached = Cached(world.model, world.cache, Flights())
    first, second, third = await started(world, gate, [ask()] * 3)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    gate.opened.set()
    for task in (second, third):
        reply, deltas = await task
        assert reply.message.text == "second try"
        begun = max((n + 1 for n, chunk in enumerate(deltas) if isinstance(chunk, Setback)), default=0)
        assert bool(begun) == bool(passing)
        assert "".join(delta.text for delta in deltas[begun:] if isinstance(delta, TextDelta)) == "second try"


async def test_what_cannot_be_taken_back_is_not_begun_again(clock: ManualClock) -> None:
    gate = Gate(1)
    world = World(clock)
    world.model = Scripted([paid("first try"), paid("second try")], gate=gate)
    world.cached = Cached(world.model, world.cache, Flights())
    first, second = await started(world, gate, [ask(final=True)] * 2)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    gate.opened.set()
    with pytest.raises(ModelGarbled, match="given up"):
        await second


async def test_a_failure_is_shared_and_not_remembered(clock: ManualClock) -> None:
    gate = Gate(0)
    world = World(clock)

    def script(request: Request) -> Any:
        return ModelUnavailable("busy") if len(world.model.requests) == 1 else paid("now")

    class Slow(Scripted):
        async def stream(self, request: Request) -> AsyncIterator[Chunk]:
            await gate()
            async for chunk in super().stream(request):
                yield chunk

    world.model = Slow(script)
    world.cached = Cached(world.model, world.cache, Flights())
    tasks = await started(world, gate, [ask()] * 3)
    gate.opened.set()
    assert all(isinstance(found, ModelUnavailable) for found in await asyncio.gather(*tasks, return_exceptions=True))
    assert len(world.model.requests) == 1
    assert (await world.say(ask()))[0].message.text == "now"


async def test_effects_are_not_shared(clock: ManualClock) -> None:
    gate = Gate(0)
    call = paid("", ToolCall("c", "send", {}))
    world = World(clock)
    world.model = Scripted([call, call, call], gate=gate)
    world.cached = Cached(world.model, world.cache, Flights())
    tasks = await started(world, gate, [ask(tools=(SEND,))] * 3)
    gate.opened.set()
    assert all(reply.spared is None for reply, _ in await asyncio.gather(*tasks))
    assert len(world.model.requests) == 3


# Behind memory.


async def test_a_store_behind_serves_after_a_restart(clock: ManualClock, tmp_path: Path) -> None:
    one = World(clock, behind=DatabaseFile(tmp_path / "cache.db", clock, size=10**6))
    await one.say(ask("How do I reset my password?"))
    await one.cache.close()
    two = World(clock, behind=DatabaseFile(tmp_path / "cache.db", clock, size=10**6))
    assert (await two.say(ask("How do I reset my password?")))[0].spared is not None
    assert (await two.say(ask("How can I reset my password?")))[0].spared is not None
    assert not two.model.requests
    assert (await two.cache.statistics("t")).store == "database"
    assert await two.cache.clear("t") == 1
    assert (await two.say(ask("How do I reset my password?")))[0].spared is None
    await two.cache.close()


class Broken:
    name = "broken"

    def __init__(self) -> None:
        self.asked = 0

    async def get(self, tenant: str, key: str) -> Kept | None:
        self.asked += 1
        raise CacheUnavailable("no")

    async def put(self, tenant: str, key: str, kept: Kept, *, scope: str = "", question: str = "") -> None:
        self.asked += 1
        raise CacheUnavailable("no")

    async def questions(self, tenant: str, scope: str, limit: int) -> list[Question]:
        raise CacheUnavailable("no")

    async def remove(self, tenant: str, key: str) -> None:
        raise CacheUnavailable("no")

    async def clear(self, tenant: str) -> int:
        raise CacheUnavailable("no")

    async def stock(self, tenant: str) -> Stock:
        raise CacheUnavailable("no")

    async def close(self) -> None: ...


async def test_a_broken_store_costs_nothing_but_hits(clock: ManualClock) -> None:
    broken = Broken()
    world = World(clock, behind=broken)
    assert await world.hits(ask(), ask())  # from memory
    await world.say(ask("How do I reset my password?"))
    assert (await world.say(ask("How can I reset my password?")))[0].spared is not None
    assert broken.asked == 1  # then it is left alone for a while
    with pytest.raises(CacheUnavailable):
        await world.cache.clear("t")


async def test_what_cannot_be_read_is_a_miss(clock: ManualClock) -> None:
    world = World(clock)
    await world.say(ask())
    ((place, kept),) = world.memory._kept.items()
    world.memory._kept[place] = Kept(b"\xc1", kept.expires)
    assert (await world.say(ask()))[0].spared is None


async def test_the_rest_of_the_protocol_is_the_models(world: World) -> None:
    assert await world.cached.models() == await world.model.models()
    assert (await world.cached.health()).ok
    assert await world.cached.embed(["a"]) == await world.model.embed(["a"])
    assert world.cached.capabilities == world.model.capabilities
    request = ask(messages=(Message("user", (Text("Hi"), Text("there"))),))
    assert await world.hits(request, request)
    await world.cached.close()

"""Everything that fails between us and a provider: each has a stated outcome, and no more requests than allowed."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from contracts.model import WEATHER, ModelContract, answer, collect, told
from servers.clients import Hurried, ask
from servers.models import ModelServer
from servers.scenes import Scene

from orchestrator.kernel.clock import Clock, ManualClock
from orchestrator.kernel.errors import (
    ModelError,
    ModelGarbled,
    ModelMisshaped,
    ModelPaused,
    ModelRejected,
    ModelTimeout,
    ModelUnavailable,
)
from orchestrator.kernel.messages import Message, Text, user
from orchestrator.kernel.settings import Llm, Provider, Secret
from orchestrator.llm.base import Chunk, Model, Reply, Request, Setback, TextDelta
from orchestrator.llm.providers.openai import OpenAI
from orchestrator.llm.providers.scripted import Scripted
from orchestrator.llm.resilience.circuit import IN_A_ROW, REST, Circuit
from orchestrator.llm.resilience.gate import Gate
from orchestrator.llm.resilience.hedge import Hedge
from orchestrator.llm.resilience.persist import Persistent, Way
from orchestrator.llm.resilience.places import LINE, Places
from orchestrator.llm.resilience.speed import ENOUGH, LEAST, Speed, Timed
from orchestrator.llm.resilience.stack import Guard, persistent

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
HELLO = Request("", (user("Hello"),))


def way(server: ModelServer, model: str, clock: Clock, name: str = "one", **settings: Any) -> Way:
    provider = Provider("openai", server.url + "/v1", Secret("key"), model, **{"timeout": 5.0, **settings})
    made = OpenAI(name, provider, clock)
    return Way(Guard(provider, clock).around(made), model, name)


def stubborn(clock: Clock, *ways: Way, tries: int = 4) -> Model:
    return persistent(ways, Llm(tries=tries), clock, lambda: 0.5)


def requests(server: ModelServer) -> list[str]:
    return [seen.body["model"] for seen in server.seen if "messages" in seen.body]


# What goes wrong, and how often a model that does so is asked when another one is there, and when it is alone.
FAULTS = {
    "429": (1, 4), "500": (2, 4), "half": (2, 4), "disconnect": (2, 4), "garbage": (2, 4), "array": (2, 4),
    "mid_error": (2, 4), "401": (1, 1), "404": (1, 1), "quota": (1, 1),
}  # fmt: skip


@pytest.mark.parametrize("fault", list(FAULTS))
async def test_another_model_goes_on(fault: str, server: ModelServer) -> None:
    clock = Hurried()
    model = stubborn(clock, way(server, fault, clock, "first"), way(server, "say", clock, "second"))
    chunks = await collect(model.stream(HELLO))
    setbacks = [chunk for chunk in chunks if isinstance(chunk, Setback)]
    assert requests(server) == [fault] * FAULTS[fault][0] + ["say"]
    assert [(one.model, one.next) for one in setbacks][-1] == (f"first/{fault}", "second/say")
    assert all(one.model == f"first/{fault}" for one in setbacks)
    last = max(index for index, chunk in enumerate(chunks) if isinstance(chunk, Setback))
    reply = chunks[-1]
    assert isinstance(reply, Reply)
    assert told(chunks[last:], TextDelta) == reply.message.text == "Hello, world: éü 漢字 🙂!"
    await model.close()


@pytest.mark.parametrize("fault", list(FAULTS))
async def test_alone_it_is_asked_again_and_no_more_than_allowed(fault: str, server: ModelServer) -> None:
    clock = Hurried()
    model = stubborn(clock, way(server, fault, clock))
    with pytest.raises(ModelError) as caught:
        await collect(model.stream(HELLO))
    assert len(requests(server)) == FAULTS[fault][1]
    assert caught.value.tried
    assert "one" in caught.value.detail
    if fault == "429":
        assert clock.slept and all(7.0 <= pause <= 8.0 for pause in clock.slept)  # it said seven
    elif fault in ("500", "half"):
        assert clock.slept == [0.5, 1.0, 2.0]
    await model.close()


@pytest.mark.parametrize("fault", ["silent", "stall"])
async def test_silence_is_a_timeout_and_another_goes_on(fault: str, server: ModelServer) -> None:
    clock = Hurried()
    model = stubborn(clock, way(server, fault, clock, "first", timeout=0.05), way(server, "say", clock, "second"))
    chunks = await collect(model.stream(HELLO))
    errors = [chunk.error for chunk in chunks if isinstance(chunk, Setback)]
    assert [type(error) for error in errors] == [ModelTimeout, ModelTimeout]
    assert isinstance(chunks[-1], Reply)
    await model.close()


async def test_everybody_fails_and_the_sum_of_tries_is_kept(server: ModelServer) -> None:
    clock = Hurried()
    ways = [way(server, fault, clock, fault) for fault in ("500", "half", "garbage")]
    model = stubborn(clock, *ways, tries=4)
    with pytest.raises(ModelUnavailable) as caught:
        await collect(model.stream(HELLO))
    assert requests(server) == ["500", "500", "half", "half"]
    assert "half/half" in caught.value.hint and "500" in caught.value.detail
    assert caught.value.tried
    await model.close()


async def test_what_is_on_this_machine_is_asked_even_when_the_tries_are_used_up(server: ModelServer) -> None:
    clock = Hurried()
    local = Way(Scripted(lambda request: "at your service", name="embedded", model="e"), "e", "embedded", True)
    model = stubborn(clock, way(server, "500", clock), local, tries=1)
    assert (await answer(model, HELLO)).message.text == "at your service"
    assert requests(server) == ["500"]
    await model.close()


async def test_what_cannot_be_taken_back_is_not_begun_again(server: ModelServer) -> None:
    clock = Hurried()
    model = stubborn(clock, way(server, "half", clock), way(server, "say", clock, "second"))
    with pytest.raises(ModelGarbled):
        await collect(model.stream(Request("", (user("Hello"),), final=True)))
    assert requests(server) == ["half"]
    again = stubborn(clock, way(server, "500", clock), way(server, "say", clock, "second"))
    chunks = await collect(again.stream(Request("", (user("Hello"),), final=True)))  # nothing was said yet
    assert isinstance(chunks[-1], Reply)
    await model.close()
    await again.close()


class TestStack(ModelContract):
    """The whole stack is a model like any other."""

    asks = Request("say", (user("Say hello."),))
    calls = Request("two_tools", (user("The weather in Paris and Lyon?"),), (WEATHER,))
    unknown = None  # it asks for its own model, whatever name it is given

    @pytest.fixture
    async def model(self, server: ModelServer, request: pytest.FixtureRequest) -> AsyncIterator[Model]:
        clock = ManualClock()
        scene = "two_tools" if "calls" in request.node.name or "tools" in request.node.name else "say"
        settings = Provider("openai", server.url + "/v1", Secret("key"), scene, 5.0, {"embedding_model": "embed"})
        made = OpenAI("openai", settings, clock)
        model = stubborn(clock, Way(Guard(settings, clock, hedge=3.0).around(made), scene, "openai"))
        yield model
        await model.close()


# JSON of a schema.


@pytest.mark.parametrize(
    ("said", "fault"), [("Paris", "not JSON"), ('{"town": "Paris"}', "needs 'city'"), ('{"city": 5}', "must be string")]
)
async def test_what_is_not_of_the_schema_is_asked_again_with_what_was_wrong(
    said: str, fault: str, server: ModelServer
) -> None:
    replies = iter([said, '{"city": "Paris"}'])
    clock = Hurried()
    script = Scripted(lambda request: next(replies), model="m")
    model = stubborn(clock, Way(Guard(Provider("scripted"), clock).around(script), "m", "scripted"))
    chunks = await collect(model.stream(Request("m", (user("Where?"),), schema=SCHEMA)))
    [setback] = [chunk for chunk in chunks if isinstance(chunk, Setback)]
    assert isinstance(setback.error, ModelMisshaped) and fault in setback.error.detail
    assert chunks[0] is setback  # nothing of what was wrong was said
    assert isinstance(chunks[-1], Reply) and chunks[-1].message.text == '{"city": "Paris"}'
    assert [message.role for message in script.requests[-1].messages][-2:] == ["assistant", "user"]
    assert fault in script.requests[-1].messages[-1].text


async def test_a_model_that_never_makes_it_is_asked_so_often_and_no_more() -> None:
    clock = Hurried()
    script = Scripted(lambda request: "no", model="m")
    model = stubborn(clock, Way(Guard(Provider("scripted"), clock).around(script), "m", "scripted"), tries=3)
    with pytest.raises(ModelMisshaped):
        await collect(model.stream(Request("m", (user("Where?"),), schema=SCHEMA)))
    assert len(script.requests) == 3


async def test_a_fence_around_the_json_is_taken_off_and_a_refusal_is_left() -> None:
    clock = Hurried()
    fenced = '```json\n{"city": "Paris"}\n```'
    refusal = Reply(Message("assistant", (Text("I will not."),)), "m", "filtered")
    replies: Iterator[str | Reply] = iter([fenced, refusal])
    script = Scripted(lambda request: next(replies), model="m", capabilities=frozenset({"chat"}))
    model = Guard(Provider("scripted"), clock).around(script)
    asked = Request("m", (user("Where?"),), schema=SCHEMA)
    assert (await answer(model, asked)).message.text == '{"city": "Paris"}'
    assert '"city"' in script.requests[0].messages[0].text  # a model that takes no schema is told it in words
    assert (await answer(model, asked)).finish == "filtered"


# Each wrapper by itself.


class Failing(Scripted):
    """Fails as it is told, else says hello."""

    def __init__(self, *errors: ModelError | None) -> None:
        self.errors = list(errors)
        super().__init__(lambda request: self.next() or "hello", name="failing", model="m")

    def next(self) -> ModelError | None:
        return self.errors.pop(0) if self.errors else None


async def tried(model: Model) -> type[ModelError] | None:
    try:
        await collect(model.stream(Request("m", (user("?"),))))
    except ModelError as error:
        return type(error)
    return None


def states(circuit: Circuit) -> str:
    return circuit.state


async def test_a_provider_that_keeps_failing_is_left_in_peace_and_then_tried_once(clock: ManualClock) -> None:
    plug = Failing(*[ModelUnavailable("down")] * (IN_A_ROW + 1))
    circuit = Circuit(clock)
    model = Gate(plug, circuit, Places(1))
    assert [await tried(model) for _ in range(IN_A_ROW)] == [ModelUnavailable] * IN_A_ROW
    assert (circuit.state, circuit.resumes_in("m")) == ("open", REST)
    assert await tried(model) is ModelPaused
    assert len(plug.requests) == IN_A_ROW  # nothing was sent
    clock.advance(REST)
    assert states(circuit) == "half-open"
    assert await tried(model) is ModelUnavailable  # still down: twice as long
    assert circuit.resumes_in("m") == 2 * REST
    clock.advance(2 * REST)
    assert await tried(model) is None
    assert states(circuit) == "closed"
    assert [await tried(model) for _ in range(3)] == [None] * 3


async def test_only_one_is_sent_to_see(clock: ManualClock) -> None:
    gate = asyncio.Event()
    plug = Scripted(lambda request: "hello", model="m", gate=gate.wait)
    circuit = Circuit(clock)
    for _ in range(IN_A_ROW):
        circuit.failed("m", ModelTimeout("late"))
    clock.advance(REST)
    model = Gate(plug, circuit, Places(2))
    seeing = asyncio.create_task(tried(model))
    await asyncio.sleep(0)
    assert await tried(model) is ModelPaused
    gate.set()
    assert await seeing is None
    assert await tried(model) is None


async def test_who_was_sent_to_see_and_left_does_not_keep_the_door_shut(clock: ManualClock) -> None:
    circuit = Circuit(clock)
    for _ in range(IN_A_ROW):
        circuit.failed("m", ModelTimeout("late"))
    clock.advance(REST)
    model = Gate(Scripted(lambda request: "hello", model="m"), circuit, Places(1))
    chunks = model.stream(Request("m", (user("?"),)))
    await anext(chunks)
    await chunks.aclose()  # type: ignore[attr-defined]
    assert await tried(model) is None


async def test_what_is_wrong_with_a_request_does_not_count_against_the_provider(clock: ManualClock) -> None:
    circuit = Circuit(clock)
    model = Gate(Failing(*[ModelRejected("no such model")] * 20), circuit, Places(1))
    assert [await tried(model) for _ in range(20)] == [ModelRejected] * 20
    assert circuit.state == "closed"


async def test_when_to_come_back_holds_for_that_model_only(clock: ManualClock) -> None:
    circuit = Circuit(clock)
    model = Gate(Failing(ModelUnavailable("slow down", retry_after=30.0)), circuit, Places(1))
    assert await tried(model) is ModelUnavailable
    assert await tried(model) is ModelPaused
    assert circuit.resumes_in("m") == 30.0
    assert circuit.resumes_in("other") == 0.0
    assert circuit.state == "closed"
    clock.advance(30)
    assert await tried(model) is None


async def test_places_are_counted_handed_on_and_given_back(clock: ManualClock) -> None:
    gate = asyncio.Event()
    places = Places(2)
    model = Gate(Scripted(lambda request: "hello", model="m", gate=gate.wait), Circuit(clock), places)
    running = [asyncio.create_task(tried(model)) for _ in range(5)]
    await asyncio.sleep(0)
    assert (places.taken, places.waiting) == (2, 3)
    running[2].cancel()
    await asyncio.sleep(0)
    assert places.waiting == 2
    gate.set()
    assert await asyncio.gather(*running[:2], *running[3:]) == [None] * 4
    assert (places.taken, places.waiting) == (0, 0)


async def test_the_line_has_an_end(clock: ManualClock) -> None:
    gate = asyncio.Event()
    model = Gate(Scripted(lambda request: "hello", model="m", gate=gate.wait), Circuit(clock), Places(1))
    running = [asyncio.create_task(tried(model)) for _ in range(1 + LINE)]
    await asyncio.sleep(0)
    assert await tried(model) is ModelPaused
    gate.set()
    assert await asyncio.gather(*running) == [None] * (1 + LINE)


async def test_a_first_word_long_overdue_is_given_up(clock: ManualClock) -> None:
    """The limit follows what was seen; before anything was, it is the provider's own."""
    speed = Speed()
    assert speed.limit(120.0) is None
    for _ in range(ENOUGH + 20):
        speed.began(0.5)
    assert speed.limit(120.0) == LEAST
    gate = asyncio.Event()
    model = Timed(Scripted(lambda request: "hello", model="m", gate=gate.wait), clock, 120.0, lambda model: speed)
    waiting = asyncio.create_task(tried(model))
    await asyncio.sleep(0)
    clock.advance(LEAST)
    assert await waiting is ModelTimeout
    assert speed.failures == 1
    for _ in range(40):
        speed.began(60.0)
    assert speed.limit(120.0) is None  # one that thinks long is given its time


async def test_it_is_measured(clock: ManualClock) -> None:
    speed = Speed()

    async def pause() -> None:
        clock.advance(0.5)

    script = Scripted(lambda request: "one two three four", model="m", gate=pause, delta=100)
    await collect(Timed(script, clock, 120.0, lambda model: speed).stream(Request("m", (user("?"),))))
    assert (speed.replies, speed.first, speed.rate) == (1, 0.5, 8.0)  # four tokens in half a second
    assert speed.predicted(80) == 10.5


def limited(model: Model, clock: ManualClock, seconds: float) -> Model:
    """One reply of it has so many seconds."""
    return Persistent([Way(model, "m", "plug")], clock, lambda: 0.5, 4, seconds)


async def test_a_deadline_ends_a_reply_that_comes_too_slowly(clock: ManualClock) -> None:
    async def pause() -> None:
        asyncio.get_running_loop().call_soon(clock.advance, 1.0)
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    model = limited(Scripted(lambda request: "hello " * 20, model="m", gate=pause), clock, 3.5)
    said = []
    with pytest.raises(ModelTimeout, match=r"3\.5 s") as caught:
        async for chunk in model.stream(Request("m", (user("?"),))):
            said.append(chunk)
    assert len(said) in (3, 4)
    assert caught.value.tried


async def test_a_deadline_never_interrupts_its_reader(clock: ManualClock) -> None:
    model = limited(Scripted(lambda request: "hello", model="m", delta=1), clock, 3.0)
    chunks = model.stream(Request("m", (user("?"),)))
    await anext(chunks)
    clock.advance(5.0)
    await asyncio.sleep(0)  # the reader's own wait is left alone
    with pytest.raises(ModelTimeout):
        await anext(chunks)


async def test_a_deadline_is_not_mistaken_for_being_cancelled(clock: ManualClock) -> None:
    held = asyncio.Event()
    model = limited(Scripted(lambda request: "hello", model="m", gate=held.wait), clock, 3.0)
    reading = asyncio.create_task(tried(model))
    await asyncio.sleep(0)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading


class Slow(Scripted):
    """Its first request hangs; the others answer."""

    def __init__(self) -> None:
        super().__init__(lambda request: f"answer {len(self.requests)}", model="m")
        self.left = asyncio.Event()

    async def stream(self, request: Request) -> AsyncIterator[Chunk]:
        if not self.requests:
            self.requests.append(request)
            try:
                await asyncio.Event().wait()
            finally:
                self.left.set()
        async for chunk in super().stream(request):
            yield chunk


async def test_a_hedge_asks_twice_and_closes_the_one_that_lost(clock: ManualClock) -> None:
    speed = Speed()
    for _ in range(ENOUGH):
        speed.began(1.0)
    plug = Slow()
    model = Hedge(plug, clock, 2.0, lambda model: speed)
    reading = asyncio.create_task(answer(model, Request("m", (user("?"),))))
    for _ in range(5):
        await asyncio.sleep(0)
    assert len(plug.requests) == 1
    clock.advance(10.0)
    assert (await reading).message.text == "answer 2"
    assert plug.left.is_set()


async def test_a_hedge_asks_another_where_one_is_named(clock: ManualClock) -> None:
    speed = Speed()
    for _ in range(ENOUGH):
        speed.began(1.0)
    plug, other = Slow(), Scripted(["from the other"], model="o")
    model = Hedge(plug, clock, 2.0, lambda model: speed, lambda request: (other, "o"))
    reading = asyncio.create_task(answer(model, Request("m", (user("?"),))))
    for _ in range(5):
        await asyncio.sleep(0)
    assert not other.requests
    clock.advance(10.0)
    assert (await reading).message.text == "from the other"
    assert [request.model for request in other.requests] == ["o"]
    assert plug.left.is_set() and len(plug.requests) == 1


async def test_embeddings_meet_the_guards_too(clock: ManualClock) -> None:
    class Failing(Scripted):
        asked = 0

        async def embed(self, texts: list[str], model: str = "") -> list[list[float]]:
            self.asked += 1
            raise ModelUnavailable("It is not there.")

    plug = Failing([])
    guard = Guard(Provider("scripted", concurrency=1), clock)
    for _ in range(IN_A_ROW):
        with pytest.raises(ModelUnavailable):
            await guard.around(plug).embed(["a"])
    with pytest.raises(ModelPaused):
        await guard.around(plug).embed(["a"])
    assert plug.asked == IN_A_ROW and guard.places.taken == 0


async def test_embeddings_are_asked_for_again_and_never_of_another() -> None:
    class Limping(Scripted):
        asked = 0

        async def embed(self, texts: list[str], model: str = "") -> list[list[float]]:
            self.asked += 1
            if self.asked == 1:
                raise ModelUnavailable("It slept.")
            return await super().embed(texts, model)

    first, second = Limping([]), Limping([])
    clock = Hurried()
    ways = [Way(first, "", "first"), Way(second, "", "second")]
    made = await Persistent(ways, clock, lambda: 0.5, 4, 60.0).embed(["a"])
    assert made == await Scripted([]).embed(["a"])
    assert (first.asked, second.asked) == (2, 0)


async def test_a_plug_pulled_in_the_middle_is_seen_as_a_note(server: ModelServer) -> None:
    """What the issue asks for: the reader is told, what was said is void, and the answer comes from elsewhere."""
    server.scenes["cut"] = Scene(text=("I was ", "about to ", "say that", "…"), fault="disconnect")
    clock = Hurried()
    model = stubborn(clock, way(server, "cut", clock, "first"), way(server, "say", clock, "second"))
    shown = ""
    notes = []
    async for chunk in model.stream(ask("cut")):
        if isinstance(chunk, TextDelta):
            shown += chunk.text
        elif isinstance(chunk, Setback):
            notes.append((shown, chunk.next))
            shown = ""
    assert [next for _, next in notes] == ["first/cut", "second/say"]
    assert notes[0][0].startswith("I was")
    assert shown == "Hello, world: éü 漢字 🙂!"
    await model.close()

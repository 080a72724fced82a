import asyncio
from collections.abc import AsyncIterator

import pytest
from contracts.model import WEATHER, answer
from servers.clients import Hurried
from servers.models import ModelServer
from servers.scenes import Scene

from orchestrator.kernel.clock import ManualClock
from orchestrator.kernel.errors import ModelUnavailable, NoModel
from orchestrator.kernel.messages import user
from orchestrator.kernel.registry import Registry
from orchestrator.kernel.settings import UNNAMED, Llm, Provider, Secret
from orchestrator.llm.base import Capability, Chunk, Health, Model, ModelInfo, Reply, Request
from orchestrator.llm.catalogue import FRESH_SECONDS, PROVIDERS, Models
from orchestrator.llm.connect import how_to_connect
from orchestrator.llm.fenced import Fenced
from orchestrator.llm.optimiser.model import Optimised
from orchestrator.llm.providers.scripted import Scripted

# The scripted model stands where the embedded one will: what the catalogue does with it is the same.
PLUGS = Registry("provider", {**PROVIDERS, "embedded": PROVIDERS["scripted"]})
NOWHERE = "http://127.0.0.1:9"


class Counting(Scripted):
    """A scripted provider that counts how often it is asked how it is."""

    def __init__(self, *, ok: bool = True, tools: bool = True, slow: bool = False) -> None:
        can: frozenset[Capability] = frozenset({"chat", "tools"}) if tools else frozenset({"chat"})
        super().__init__(lambda request: "hello", name="counting", model="one", capabilities=can)
        self.ok = ok
        self.slow = slow
        self.asked = 0
        self.closed = False

    async def health(self) -> Health:
        self.asked += 1
        if self.slow:
            await asyncio.Event().wait()
        return Health(self.ok, "" if self.ok else "It sleeps.")

    async def close(self) -> None:
        self.closed = True


def models(settings: Llm | None = None, clock: ManualClock | None = None, **extra: Scripted) -> Models:
    return Models(settings or Llm(), clock or ManualClock(), PLUGS, extra=extra)


def ollama(server: ModelServer, model: str = "") -> Llm:
    return Llm(providers={"ollama": Provider("ollama", server.url, model=model)})


async def test_without_anything_the_embedded_model_stands_in() -> None:
    found = models(Llm(providers={"ollama": Provider("ollama", NOWHERE)}))
    choice = await found.choose("auto")
    assert choice.provider == "embedded"
    assert choice.reason == (
        f"No language model can be had (ollama: Nothing listens at {NOWHERE}); the embedded model stands in."
    )
    assert [info.provider for info in await found.list()] == ["embedded"]
    assert not (await found.health())["ollama"].ok
    await found.close()


async def test_auto_takes_the_first_that_answers(server: ModelServer) -> None:
    settings = Llm(
        providers={
            "dead": Provider("openai", NOWHERE, Secret("key"), "m"),
            "ollama": Provider("ollama", server.url, model="say"),
            "openai": Provider("openai", server.url + "/v1", Secret("key"), "say"),
        }
    )
    found = models(settings)
    choice = await found.choose("auto")
    assert (choice.provider, choice.name) == ("ollama", "say")
    assert choice.reason == (
        f"ollama/say is preferred of 2 good enough for a chat task (dead: Nothing listens at {NOWHERE})."
    )
    assert [way.label for way in choice.ways] == ["ollama/say", "openai/say", "embedded/scripted"]
    assert (await answer(choice.model, Request(choice.name, (user("?"),)))).message.text.startswith("Hello")
    await found.close()


async def test_auto_follows_the_settings_when_they_name_a_model() -> None:
    found = models(Llm(model="second"), first=Counting(), second=Counting())
    assert (await found.choose("auto")).provider == "second"
    assert (await found.choose("")).provider == "second"
    assert (await found.choose("first")).provider == "first"


async def test_an_ollama_that_nobody_spoke_of_is_not_spoken_of(server: ModelServer) -> None:
    guessed = Provider("ollama", NOWHERE, quality=UNNAMED)
    found = models(Llm(providers={"lab": Provider("ollama", server.url, model="say"), "ollama": guessed}))
    assert (await found.choose("auto")).reason.startswith("lab/say is the only one that can.")
    alone = models(Llm(providers={"ollama": guessed}))
    assert "Nothing listens" in (await alone.choose("auto")).reason
    await found.close()
    await alone.close()


async def test_a_refused_key_is_passed_over_and_said(server: ModelServer) -> None:
    found = models(Llm(providers={"anthropic": Provider("anthropic", server.url, Secret("wrong"), "say")}))
    choice = await found.choose("auto")
    assert choice.provider == "embedded"
    assert "ANTHROPIC_API_KEY" in choice.reason
    await found.close()


async def test_what_is_known_holds_for_a_while(clock: ManualClock) -> None:
    plug = Counting()
    found = models(clock=clock, plug=plug)
    for _ in range(3):
        await found.choose("auto")
    assert plug.asked == 1
    clock.advance(FRESH_SECONDS)
    plug.ok = False
    assert (await found.choose("auto")).provider == "embedded"
    assert plug.asked == 2


async def test_many_who_ask_at_once_share_one_probe() -> None:
    plug = Counting()
    found = models(plug=plug)
    await asyncio.gather(*(found.choose("auto") for _ in range(20)))
    assert plug.asked == 1


async def test_who_stops_waiting_does_not_stop_the_others() -> None:
    release = asyncio.Event()

    class Held(Counting):
        async def health(self) -> Health:
            await release.wait()
            return Health(True)

    found = models(plug=Held())
    first = asyncio.create_task(found.choose("auto"))
    second = asyncio.create_task(found.choose("auto"))
    await asyncio.sleep(0)
    first.cancel()
    release.set()
    assert (await second).provider == "plug"
    assert first.cancelled() or first.cancelling()


async def test_one_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestrator.llm.source.PROBE_SECONDS", 0.02)
    found = models(slow=Counting(slow=True), quick=Counting())
    choice = await found.choose("auto")
    assert choice.provider == "quick"
    assert "did not answer" in choice.reason
    await found.close()


async def test_needs_are_met(server: ModelServer) -> None:
    found = models(blind=Counting())
    choice = await found.choose("auto", frozenset({"vision"}))
    assert choice.provider == "embedded"  # the scripted stand-in sees
    with pytest.raises(NoModel) as caught:
        await found.choose("blind", frozenset({"vision"}))
    assert "vision" in caught.value.detail
    blind = Models(Llm(), ManualClock(), PLUGS, extra={"embedded": Counting()})
    with pytest.raises(NoModel) as caught:
        await blind.choose("auto", frozenset({"vision"}))
    assert caught.value.hint == how_to_connect("en")


def _fenced(model: Model) -> bool:
    """Behind the optimiser, which is around everything a provider has."""
    return isinstance(model, Optimised) and isinstance(model._inner, Fenced)


async def test_a_model_without_tools_is_fenced() -> None:
    found = models(plain=Counting(tools=False))
    choice = await found.choose("auto", frozenset({"tools"}))
    assert _fenced(choice.ways[0].model)
    assert (await found.choose("plain")).ways[0].model is choice.ways[0].model


async def test_a_model_of_ollama_is_fenced_by_what_it_says_of_itself(server: ModelServer) -> None:
    server.scenes = {"plain": Scene(text=("hi",)), "able": Scene(text=("hi",)), "embed": Scene()}
    found = models(ollama(server))
    assert (await found.choose("auto")).name == "able"  # those that call tools first
    assert not _fenced((await found.choose("ollama/able")).ways[0].model)
    assert _fenced((await found.choose("ollama/plain")).ways[0].model)
    assert {info.name for info in await found.list() if info.provider == "ollama"} == {"plain", "able", "embed"}
    await found.close()


async def test_a_model_that_is_configured_and_not_there_is_said(server: ModelServer) -> None:
    found = models(ollama(server, "qwen3"))
    choice = await found.choose("auto")
    assert choice.provider == "embedded"
    assert "ollama does not have qwen3" in choice.reason
    await found.close()


async def test_names(server: ModelServer) -> None:
    server.scenes = {"qwen3:latest": Scene(text=("hi",)), "org/name:7b": Scene(text=("hi",))}
    found = models(ollama(server))
    for asked, name in (
        ("ollama", "qwen3:latest"),
        ("ollama/qwen3", "qwen3:latest"),
        ("qwen3", "qwen3:latest"),
        ("ollama/org/name:7b", "org/name:7b"),
        ("org/name:7b", "org/name:7b"),
    ):
        choice = await found.choose(asked)
        assert (choice.provider, choice.name) == ("ollama", name)
        assert choice.reason == f"ollama/{name} was asked for."
    with pytest.raises(NoModel) as caught:
        await found.choose("gpt-17")
    assert "ollama/qwen3:latest" in caught.value.detail
    assert "orchestrator models pull gpt-17" in caught.value.hint
    assert how_to_connect() in caught.value.hint
    await found.close()


async def test_a_pinned_provider_that_is_down_says_so_when_it_is_used() -> None:
    found = models(Llm(providers={"openai": Provider("openai", NOWHERE, Secret("key"), "m")}), Hurried())
    choice = await found.choose("openai")
    with pytest.raises(ModelUnavailable):
        await answer(choice.model, Request(choice.name, (user("?"),)))
    with pytest.raises(NoModel, match="Nothing listens"):
        await models(Llm(providers={"vllm": Provider("openai", NOWHERE)})).choose("vllm")
    await found.close()


async def test_an_unknown_kind_of_provider_is_not_well() -> None:
    found = models(Llm(providers={"odd": Provider("telepathy")}))
    health = await found.health()
    assert "telepathy" in health["odd"].detail
    assert (await found.choose("auto")).provider == "embedded"


async def test_a_plug_may_come_from_elsewhere(server: ModelServer) -> None:
    """What the catalogue needs of a plug is the protocol and its constructor, and nothing else."""
    plugs = Registry("provider", {"mine": f"{__name__}:Mine", "embedded": PROVIDERS["scripted"]})
    found = Models(Llm(providers={"mine": Provider("mine", model="m")}), ManualClock(), plugs)
    choice = await found.choose("mine")
    assert (choice.name, choice.model.name) == ("m", "mine")
    await found.close()


async def test_everything_is_closed() -> None:
    plug = Counting()
    found = models(plug=plug)
    await found.choose("auto")
    await found.close()
    assert plug.closed


class Mine:
    capabilities: frozenset[Capability] = frozenset({"chat", "tools"})

    def __init__(self, name: str, settings: Provider, clock: ManualClock) -> None:
        self.name = name
        self.model = settings.model

    async def stream(self, request: Request) -> AsyncIterator[Chunk]:
        assert request.tools == (WEATHER,)
        yield Reply(user("unused"), self.model)

    async def models(self) -> list[ModelInfo]:
        return [ModelInfo(self.model, self.name, self.capabilities)]

    async def health(self) -> Health:
        return Health(True)

    async def embed(self, texts: list[str], model: str = "") -> list[list[float]]:
        return []

    async def close(self) -> None:
        return None

"""Vectors: by which model, and kept for their tenant only; and who is asked besides when hedging."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from servers.clients import ask

from orchestrator.kernel import settings
from orchestrator.kernel.clock import ManualClock
from orchestrator.kernel.errors import ModelRejected, NoModel
from orchestrator.kernel.messages import Message, Text, user
from orchestrator.kernel.settings import Known, Llm, Provider
from orchestrator.llm.base import Chunk, Health, ModelInfo, Request
from orchestrator.llm.cache.opening import open_cache
from orchestrator.llm.catalogue import Models
from orchestrator.llm.providers.scripted import Scripted
from orchestrator.llm.resilience.speed import ENOUGH
from orchestrator.llm.source import State

VEC = ModelInfo("vec", "far", frozenset({"embeddings"}))


class Counting(Scripted):
    def __init__(self, name: str, model: str) -> None:
        super().__init__(lambda _: f"{name} says so", name=name, model=model)
        self.texts: list[str] = []

    async def embed(self, texts: list[str], model: str = "") -> list[list[float]]:
        self.texts += texts
        return await super().embed(texts, model)


def models(folder: Path, clock: ManualClock, *plugs: Counting, **chosen: object) -> Models:
    remembered = open_cache(settings.Cache(mode="exact", store="memory"), folder, clock)
    said = Llm(**chosen)  # type: ignore[arg-type]
    return Models(said, clock, extra={plug.name: plug for plug in plugs}, remembered=remembered)


async def test_a_text_is_embedded_once_for_a_tenant(tmp_path: Path, clock: ManualClock) -> None:
    plug = Counting("one", "m")
    found = models(tmp_path, clock, plug)
    by = await found.embeddings.choose("one/m")
    first, asked = await found.embeddings.make(["a", "b", "a"], by, tenant="t")
    again, spared = await found.embeddings.make(["b", "c"], by, tenant="t")
    assert (asked, spared) == (["a", "b"], ["c"])
    assert first[0] == first[2] and again[0] == first[1]
    assert plug.texts == ["a", "b", "c"]
    _, others = await found.embeddings.make(["a"], by, tenant="other")
    assert others == ["a"]
    clock.advance(10**9)
    assert (await found.embeddings.make(["a"], by, tenant="t"))[1] == ["a"]
    await found.close()


async def test_nothing_is_kept_without_a_tenant(tmp_path: Path, clock: ManualClock) -> None:
    plug = Counting("one", "m")
    found = models(tmp_path, clock, plug)
    by = await found.embeddings.choose()
    assert await found.embeddings.make(["a"], by) == await found.embeddings.make(["a"], by)
    assert plug.texts == ["a", "a"]
    await found.close()


async def test_a_model_is_found_by_its_name(tmp_path: Path, clock: ManualClock) -> None:
    found = models(tmp_path, clock, Counting("one", "m"), Counting("two", "n"))
    assert (await found.embeddings.choose("n")).label == "two/n"
    assert (await found.embeddings.choose("two")).label == "two/n"
    assert (await found.embeddings.choose()).label == "one/m"
    await found.close()


async def test_a_bare_provider_means_a_model_whose_price_is_known(tmp_path: Path, clock: ManualClock) -> None:
    far = Provider("openai", "http://192.0.2.1/v1", options={"embedding_model": "vec"})
    said = {
        "providers": {"far": far},
        "models": {"far/vec": Known(input=2.0, output=0.0, capabilities=("embeddings",))},
    }
    found = models(tmp_path, clock, Counting("one", "m"), **said)
    found._sources["far"]._state = State(clock.monotonic(), Health(True), (found._sources["far"]._informed(VEC),))
    by = await found.embeddings.choose("far")
    assert by.label == "far/vec"
    assert by.rates is not None and by.rates.input == 2.0
    await found.close()


async def test_a_name_that_nobody_lists_is_nobodys(tmp_path: Path, clock: ManualClock) -> None:
    found = models(tmp_path, clock, Counting("one", "m"))
    with pytest.raises(NoModel, match="one/nosuch"):
        await found.embeddings.choose("nosuch")
    assert (await found.embeddings.choose("one/nosuch")).label == "one/nosuch"  # not all list all they have
    await found.close()


async def test_nobody_has_embeddings(tmp_path: Path, clock: ManualClock) -> None:
    found = models(tmp_path, clock)
    with pytest.raises(ModelRejected, match="No provider"):
        await found.embeddings.choose()
    await found.close()


class Stalled(Counting):
    """Never comes to its first word, from when it is told to stall."""

    stalled = False

    async def stream(self, request: Request) -> AsyncIterator[Chunk]:
        if self.stalled:
            await asyncio.Event().wait()
        async for chunk in super().stream(request):
            yield chunk


async def test_the_one_that_is_named_is_asked_besides(tmp_path: Path, clock: ManualClock) -> None:
    slow, other = Stalled("one", "m"), Counting("two", "n")
    found = models(tmp_path, clock, slow, other, hedge=2.0, hedge_with="two/n")
    choice = await found.choose("one/m")
    request = Request(choice.name, (Message("user", (Text("?"),)),))

    async def said() -> str:
        return "".join([chunk.text async for chunk in choice.model.stream(request) if hasattr(chunk, "text")])

    for _ in range(ENOUGH):
        assert await said() == "one says so"
    slow.stalled = True
    reading = asyncio.create_task(said())
    for _ in range(50):
        await asyncio.sleep(0)
    clock.advance(60.0)
    assert await reading == "two says so"
    assert [one.model for one in other.requests] == ["n"]
    await found.close()


async def test_what_the_other_cannot_do_is_asked_of_the_same(tmp_path: Path, clock: ManualClock) -> None:
    first = Counting("one", "m")
    other = Scripted(["no"], name="two", model="n", capabilities=frozenset({"chat"}))
    found = Models(Llm(hedge=2.0, hedge_with="two/n"), clock, extra={"one": first, "two": other})
    source = found._sources["one"]
    assert source._second(Request("m", (user("?"),))) is not None

    assert source._second(ask("m", tools=True)) is None
    await found.close()

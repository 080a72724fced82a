import pytest
from contracts.model import WEATHER, ModelContract

from orchestrator.kernel.clock import ManualClock
from orchestrator.kernel.messages import user
from orchestrator.kernel.settings import Provider
from orchestrator.llm.base import Model, Request, TextDelta
from orchestrator.llm.providers.embedded import Embedded


class TestEmbedded(ModelContract):
    asks = Request("", (user("Who are you?"),))
    calls = Request("", (user("The weather in Paris?"),), (WEATHER,))

    @pytest.fixture
    def model(self) -> Model:
        return Embedded("embedded", Provider("embedded"), ManualClock())


async def test_it_says_that_it_is_not_a_language_model() -> None:
    model = Embedded("embedded", Provider("embedded"), ManualClock())
    (info,) = await model.models()
    assert info.simulated
    assert "not a language model" in info.description


async def test_it_streams_word_by_word_and_loses_nothing() -> None:
    model = Embedded("embedded", Provider("embedded"), ManualClock())
    chunks = [chunk async for chunk in model.stream(Request("", (user("what can you do?"),)))]
    words = [chunk.text for chunk in chunks if isinstance(chunk, TextDelta)]
    assert len(words) > 10
    assert all(len(word.split()) == 1 for word in words)


@pytest.mark.parametrize(("limit", "finish"), [(3, "length"), (10_000, "stop")])
async def test_it_keeps_to_max_tokens(limit: int, finish: str) -> None:
    model = Embedded("embedded", Provider("embedded"), ManualClock())
    reply = model.reply(Request("", (user("who are you?"),), max_tokens=limit))
    assert reply.finish == finish
    assert len(reply.message.text.split()) <= limit


async def test_it_stops_where_it_is_told() -> None:
    model = Embedded("embedded", Provider("embedded"), ManualClock())
    reply = model.reply(Request("", (user("who are you?"),), stop=("model",)))
    assert "model" not in reply.message.text

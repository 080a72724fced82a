"""What every language model of the product must do, whoever provides it.

A test class inherits `ModelContract`, gives a `model` fixture and says what to ask of it.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from orchestrator.kernel.errors import ModelError, ModelRejected
from orchestrator.kernel.messages import Message, Thinking, ToolResult, ToolSpec, user
from orchestrator.llm.base import Chunk, Model, Reply, Request, TextDelta, ThinkingDelta

WEATHER = ToolSpec(
    "get_weather",
    "Say what the weather is in a city.",
    {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
)


async def collect(chunks: AsyncIterator[Chunk]) -> list[Chunk]:
    return [chunk async for chunk in chunks]


async def answer(model: Model, request: Request) -> Reply:
    last = (await collect(model.stream(request)))[-1]
    assert isinstance(last, Reply)
    return last


def told(chunks: list[Chunk], kind: type[TextDelta] | type[ThinkingDelta]) -> str:
    return "".join(chunk.text for chunk in chunks if isinstance(chunk, kind))


class ModelContract:
    asks: Request = Request("", (user("Say hello."),))  # answered with words, in more than one delta
    calls: Request | None = None  # answered with at least one call of its tools
    unknown: str | None = "no-such-model"  # a name that the provider refuses; None: it takes any
    one_delta: bool = False  # it may answer in a single delta

    @pytest.fixture
    def model(self) -> Model:
        raise NotImplementedError

    async def test_deltas_are_the_reply_in_pieces(self, model: Model) -> None:
        chunks = await collect(model.stream(self.asks))
        reply = chunks[-1]
        assert isinstance(reply, Reply)
        assert reply.message.role == "assistant"
        assert reply.message.text
        assert told(chunks, TextDelta) == reply.message.text
        thought = "".join(part.text for part in reply.message.parts if isinstance(part, Thinking))
        assert told(chunks, ThinkingDelta) == thought
        assert all(chunk.text for chunk in chunks if isinstance(chunk, TextDelta | ThinkingDelta))
        assert self.one_delta or len(chunks) > 2

    async def test_exactly_one_reply_comes_last(self, model: Model) -> None:
        chunks = await collect(model.stream(self.asks))
        assert [isinstance(chunk, Reply) for chunk in chunks].count(True) == 1
        assert isinstance(chunks[-1], Reply)
        assert chunks[-1].finish in ("stop", "length")

    async def test_it_says_who_answered_and_what_it_took(self, model: Model) -> None:
        reply = await answer(model, self.asks)
        assert reply.model
        assert reply.usage.input_tokens >= 0
        assert reply.usage.output_tokens >= 0
        assert 0 <= reply.usage.cached_tokens <= max(reply.usage.input_tokens, reply.usage.cached_tokens)
        assert reply.cost >= 0

    async def test_tools_are_called_and_their_results_answered(self, model: Model) -> None:
        if self.calls is None:
            pytest.skip("this model calls no tools")
        assert "tools" in model.capabilities
        reply = await answer(model, self.calls)
        names = {tool.name for tool in self.calls.tools}
        calls = reply.message.calls
        assert calls
        assert reply.finish == "tools"
        assert len({call.id for call in calls}) == len(calls)
        for call in calls:
            assert call.id
            assert call.name in names
            assert isinstance(call.arguments, dict)
            assert not call.malformed
        results = tuple(ToolResult(call.id, call.name, "18 °C, sunny") for call in calls)
        history = (*self.calls.messages, reply.message, Message("tool", results))
        second = await answer(model, Request(self.calls.model, history, self.calls.tools))
        assert second.message.text or second.message.calls

    async def test_calls_of_later_replies_have_other_names(self, model: Model) -> None:
        if self.calls is None:
            pytest.skip("this model calls no tools")
        first = (await answer(model, self.calls)).message
        results = Message("tool", tuple(ToolResult(call.id, call.name, "ok") for call in first.calls))
        again = Request(self.calls.model, (*self.calls.messages, first, results), self.calls.tools)
        second = (await answer(model, again)).message
        assert not {call.id for call in first.calls} & {call.id for call in second.calls}

    async def test_it_can_be_cancelled_in_the_middle(self, model: Model) -> None:
        begun = asyncio.Event()

        async def read() -> None:
            async for _ in model.stream(self.asks):
                begun.set()
                await asyncio.Event().wait()

        reading = asyncio.create_task(read())
        await begun.wait()
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        assert (await answer(model, self.asks)).message.text

    async def test_a_reader_may_leave_early(self, model: Model) -> None:
        chunks = model.stream(self.asks)
        async for _ in chunks:
            break
        with suppress(AttributeError):
            await chunks.aclose()  # type: ignore[attr-defined]
        assert (await answer(model, self.asks)).message.text

    async def test_two_at_once_do_not_mix(self, model: Model) -> None:
        one, two = await asyncio.gather(answer(model, self.asks), answer(model, self.asks))
        assert one.message.text
        assert one.message.text == two.message.text

    async def test_a_request_with_nothing_to_answer_is_rejected(self, model: Model) -> None:
        with pytest.raises(ModelRejected) as caught:
            await collect(model.stream(Request(self.asks.model, ())))
        assert caught.value.detail

    async def test_an_unknown_model_is_rejected(self, model: Model) -> None:
        if self.unknown is None:
            pytest.skip("this model takes any name")
        with pytest.raises(ModelRejected) as caught:
            await collect(model.stream(Request(self.unknown, (user("Hello"),))))
        assert self.unknown in caught.value.detail

    async def test_it_lists_its_models(self, model: Model) -> None:
        listed = await model.models()
        assert listed
        assert all(info.provider == model.name for info in listed)
        assert len({info.name for info in listed}) == len(listed)

    async def test_it_is_well(self, model: Model) -> None:
        health = await model.health()
        assert health.ok, health.detail
        assert health.seconds >= 0

    async def test_it_embeds_or_says_that_it_cannot(self, model: Model) -> None:
        if "embeddings" not in model.capabilities:
            with pytest.raises(ModelRejected):
                await model.embed(["a text"])
            return
        try:
            vectors = await model.embed(["a text", "un autre"])
        except ModelError as error:
            pytest.fail(f"it says that it can: {error}")
        assert len(vectors) == 2
        assert len(vectors[0]) == len(vectors[1]) > 0
        assert vectors[0] != vectors[1]
        assert await model.embed([]) == []

    async def test_it_may_be_closed_twice(self, model: Model) -> None:
        await answer(model, self.asks)
        await model.close()
        await model.close()

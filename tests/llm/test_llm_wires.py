"""The three wires against the scripted server: the contract, and what is sent."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from contracts.model import WEATHER, ModelContract, answer, collect
from servers.clients import ask, provider
from servers.models import ModelServer
from servers.scenes import Scene

from orchestrator.kernel.clock import ManualClock
from orchestrator.kernel.errors import ModelRejected
from orchestrator.kernel.messages import Image, Message, Text, Thinking, ToolCall, ToolResult, Usage, system, user
from orchestrator.kernel.settings import Provider
from orchestrator.llm.base import Model, Reply, Request, TextDelta
from orchestrator.llm.providers.ollama import Ollama

PICTURE = Image("image/png", "iVBORw0KGgo=")


class WireContract(ModelContract):
    kind: str
    asks = Request("say", (user("Say hello."),))
    calls = Request("two_tools", (user("The weather in Paris and Lyon?"),), (WEATHER,))

    @pytest.fixture
    async def model(self, server: ModelServer) -> AsyncIterator[Model]:
        model = provider(self.kind, server.url, embedding_model="embed")
        yield model
        await model.close()


class TestOpenAI(WireContract):
    kind = "openai"


class TestAnthropic(WireContract):
    kind = "anthropic"


class TestOllama(WireContract):
    kind = "ollama"


async def test_a_connection_is_kept_for_the_next_request(wired: Model, server: ModelServer) -> None:
    for _ in range(3):
        await answer(wired, ask("say"))
    assert len({seen.peer for seen in server.seen if seen.peer[1]}) == 1


async def test_deltas_of_one_read_are_one(wired: Model) -> None:
    chunks = await collect(wired.stream(ask("merged")))
    assert chunks[:-1] == [TextDelta("abc")]


async def test_malformed_arguments_are_asked_again(server: ModelServer) -> None:
    for kind in ("openai", "anthropic"):
        model = provider(kind, server.url)
        for scene, why in (("bad_arguments", "not valid JSON"), ("list_arguments", "one JSON object")):
            [call] = (await answer(model, ask(scene, tools=True))).message.calls
            assert call.name == "get_weather"
            assert call.arguments == {}
            assert why in call.malformed
        [call] = (await answer(model, ask("no_arguments", tools=True))).message.calls
        assert (call.arguments, call.malformed) == ({}, "")
        await model.close()


async def test_a_reply_cut_at_its_limit_says_so(wired: Model) -> None:
    assert (await answer(wired, ask("long"))).finish == "length"


@pytest.mark.parametrize("scene", ["no_usage", "no_done"])
async def test_servers_that_leave_things_out_are_borne(scene: str, server: ModelServer) -> None:
    model = provider("openai", server.url)
    reply = await answer(model, ask(scene))
    assert reply.message.text == "abcd"
    assert reply.usage == (Usage() if scene == "no_usage" else Usage(11, 7))
    await model.close()


async def test_an_unknown_model_says_which_there_are(wired: Model) -> None:
    with pytest.raises(ModelRejected) as caught:
        await answer(wired, ask("gpt-17"))
    assert "gpt-17" in caught.value.detail
    assert "two_tools" in str(caught.value)
    assert ("ollama pull gpt-17" in caught.value.hint) == (wired.name == "ollama")


CONVERSATION = (
    system("Be brief."),
    Message("user", (Text("What is this?"), PICTURE)),
    Message(
        "assistant",
        (
            Thinking("Hm.", "s" * 64),
            Text("I look."),
            ToolCall("call_1", "get_weather", {"city": "Paris"}),
            ToolCall("call_2", "look.up", {}),
        ),
    ),
    Message("tool", (ToolResult("call_1", "get_weather", "sunny"), ToolResult("call_2", "look.up", "gone", "failed"))),
    user("And now?"),
)


async def sent(kind: str, server: ModelServer, asked: Request, **options: Any) -> dict[str, Any]:
    model = provider(kind, server.url, **options)
    await answer(model, asked)
    await model.close()
    return next(seen.body for seen in reversed(server.seen) if "messages" in seen.body)


async def test_a_conversation_on_the_openai_wire(server: ModelServer) -> None:
    body = await sent("openai", server, Request("one_tool", CONVERSATION, (WEATHER,), 99, 0.5, ("END",)))
    calls = [
        {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city":"Paris"}'}},
        {"id": "call_2", "type": "function", "function": {"name": "look_up", "arguments": "{}"}},
    ]
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
    assert body["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "What is this?"}, picture]},
        {"role": "assistant", "content": "I look.", "tool_calls": calls},
        {"role": "tool", "tool_call_id": "call_1", "content": "sunny"},
        {"role": "tool", "tool_call_id": "call_2", "content": "gone"},
        {"role": "user", "content": "And now?"},
    ]
    assert (body["max_tokens"], body["temperature"], body["stop"]) == (99, 0.5, ["END"])
    assert body["tools"][0]["function"]["parameters"] == WEATHER.parameters


async def test_a_conversation_on_the_anthropic_wire(server: ModelServer) -> None:
    body = await sent("anthropic", server, Request("one_tool", CONVERSATION, (WEATHER,), 99, 0.5, ("END",)))
    source = {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}
    assert body["system"] == "Be brief."
    assert body["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "What is this?"}, {"type": "image", "source": source}]},
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "Hm.", "signature": "s" * 64},
                {"type": "text", "text": "I look."},
                {"type": "tool_use", "id": "call_1", "name": "get_weather", "input": {"city": "Paris"}},
                {"type": "tool_use", "id": "call_2", "name": "look_up", "input": {}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "call_1", "content": "sunny"},
                {"type": "tool_result", "tool_use_id": "call_2", "content": "gone", "is_error": True},
                {"type": "text", "text": "And now?"},
            ],
        },
    ]
    assert (body["max_tokens"], body["stop_sequences"]) == (99, ["END"])
    assert "temperature" not in body
    assert body["tools"][0]["input_schema"] == WEATHER.parameters


async def test_a_conversation_on_the_ollama_wire(server: ModelServer) -> None:
    body = await sent("ollama", server, Request("one_tool", CONVERSATION, (WEATHER,), 99, 0.5, ("END",)))
    calls = [
        {"id": "call_1", "function": {"name": "get_weather", "arguments": {"city": "Paris"}}},
        {"id": "call_2", "function": {"name": "look_up", "arguments": {}}},
    ]
    assert body["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "What is this?", "images": ["iVBORw0KGgo="]},
        {"role": "assistant", "content": "I look.", "thinking": "Hm.", "tool_calls": calls},
        {"role": "tool", "content": "sunny", "tool_name": "get_weather", "tool_call_id": "call_1"},
        {"role": "tool", "content": "gone", "tool_name": "look_up", "tool_call_id": "call_2"},
        {"role": "user", "content": "And now?"},
    ]
    assert body["options"] == {"num_predict": 99, "temperature": 0.5, "stop": ["END"], "num_ctx": 8192}


async def test_thinking_comes_back_with_its_signature(server: ModelServer) -> None:
    model = provider("anthropic", server.url)
    reply = await answer(model, ask("think"))
    assert reply.message.parts == (Thinking("First I think.", "s" * 64), Text("Then I say"))
    await answer(model, Request("say", (user("?"), reply.message, user("And?"))))
    block = server.seen[-1].body["messages"][1]["content"][0]
    assert block == {"type": "thinking", "thinking": "First I think.", "signature": "s" * 64}
    await model.close()


async def test_thinking_goes_back_under_the_name_it_came_with(server: ModelServer) -> None:
    model = provider("openai", server.url)
    reply = await answer(model, ask("think"))
    assert reply.message.parts[0] == Thinking("First I think.", "reasoning_content")
    again = Message("assistant", (*reply.message.parts, ToolCall("call_1", "get_weather", {})))
    await answer(model, Request("say", (user("?"), again, user("And?"))))
    assert server.seen[-1].body["messages"][1]["reasoning_content"] == "First I think."
    await model.close()


async def test_the_context_grows_with_the_conversation(server: ModelServer) -> None:
    for characters, expected in ((10, 8192), (40_000, 16_384), (10**6, 40_960)):  # 40,960 is all that the model has
        body = await sent("ollama", server, Request("say", (user("x" * characters),)))
        assert body["options"]["num_ctx"] == expected
    assert (await sent("ollama", server, ask("say"), num_ctx=512))["options"]["num_ctx"] == 512


async def test_what_is_configured_is_added(server: ModelServer) -> None:
    body = await sent("openai", server, ask("say"), request={"service_tier": "flex"}, headers={"X-Team": "a"})
    assert body["service_tier"] == "flex"
    assert server.seen[-1].headers["X-Team"] == "a"


async def test_ollama_is_a_whole_client(server: ModelServer) -> None:
    server.scenes["plain"] = Scene(text=("Once ", "upon"), input_tokens=3, output_tokens=2)
    model = Ollama("ollama", Provider("ollama", server.url, model="plain"), ManualClock())
    assert await model.version() == "0.99.0"
    told = await model.generate("Tell me", system="Be brief.", images=(PICTURE,))
    assert (told.message.text, told.usage) == ("Once upon", Usage(3, 2))
    assert server.seen[-1].body["system"] == "Be brief."
    assert server.seen[-1].body["images"] == [PICTURE.data]
    assert isinstance(await model.chat(ask("say")), Reply)
    shown = await model.show("plain")
    assert (shown.capabilities, shown.context) == (frozenset({"chat", "schema"}), 40_960)
    assert [step.status async for step in model.pull("qwen3")][-1] == "success"
    with pytest.raises(ModelRejected, match="does not exist"):
        [step async for step in model.pull("nowhere")]
    assert "embeddings" in {can for info in await model.models() for can in info.capabilities}
    assert len(await model.embed(["a"])) == 1
    await model.close()


async def test_ollama_takes_the_model_that_calls_tools_when_none_is_named(server: ModelServer) -> None:
    server.scenes = {"plain": Scene(text=("no",)), "say": Scene(text=("yes",)), "embed": Scene()}
    model = Ollama("ollama", Provider("ollama", server.url), ManualClock())
    assert (await answer(model, Request("", (user("?"),)))).model == "say"
    server.scenes = {}
    empty = Ollama("ollama", Provider("ollama", server.url), ManualClock())
    with pytest.raises(ModelRejected, match="no model yet"):
        await answer(empty, Request("", (user("?"),)))
    await model.close()
    await empty.close()

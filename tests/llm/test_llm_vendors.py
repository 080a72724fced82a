"""What is particular to a vendor: its seals, its schemas, its embeddings."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from contracts.model import WEATHER, ModelContract, answer
from servers.clients import WIRES, ask, provider
from servers.models import ModelServer, vector

from orchestrator.kernel.clock import ManualClock
from orchestrator.kernel.errors import ModelRejected, ModelUnavailable
from orchestrator.kernel.messages import Image, Message, Text, Thinking, ToolCall, ToolResult, Usage, system, user
from orchestrator.kernel.settings import Provider, Secret
from orchestrator.llm.base import Model, Request
from orchestrator.llm.providers.deepseek import DeepSeek
from orchestrator.llm.providers.huggingface import HuggingFace

PICTURE = Image("image/png", "iVBORw0KGgo=")
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
CONVERSATION = (
    system("Be brief."),
    Message("user", (Text("What is this?"), PICTURE)),
    Message("assistant", (Text("I look."), ToolCall("call_1", "get.weather", {"city": "Paris"}))),
    Message("tool", (ToolResult("call_1", "get.weather", "gone", "failed"),)),
    user("And now?"),
)


class VendorContract(ModelContract):
    kind: str
    asks = Request("say", (user("Say hello."),))
    calls = Request("two_tools", (user("The weather in Paris and Lyon?"),), (WEATHER,))

    @pytest.fixture
    async def model(self, server: ModelServer) -> AsyncIterator[Model]:
        model = provider(self.kind, server.url, embedding_model="embed")
        yield model
        await model.close()


class TestResponses(VendorContract):
    kind = "responses"


class TestGemini(VendorContract):
    kind = "gemini"


class TestHuggingFace(VendorContract):
    kind = "huggingface"


class TestDeepSeek(VendorContract):
    kind = "deepseek"

    @pytest.fixture
    async def model(self, server: ModelServer) -> AsyncIterator[Model]:
        model = DeepSeek("deepseek", Provider("deepseek", server.url + "/v1", Secret("key"), "say"), ManualClock())
        yield model
        await model.close()


async def sent(kind: str, server: ModelServer, asked: Request, **options: Any) -> dict[str, Any]:
    model = provider(kind, server.url, **options)
    await answer(model, asked)
    await model.close()
    return server.seen[-1].body


async def test_a_conversation_on_the_responses_wire(server: ModelServer) -> None:
    body = await sent("responses", server, Request("one_tool", CONVERSATION, (WEATHER,), 99, 0.5))
    assert body["instructions"] == "Be brief."
    picture = {"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo=", "detail": "auto"}
    assert body["input"] == [
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "What is this?"}, picture]},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "I look."}]},
        {"type": "function_call", "call_id": "call_1", "name": "get_weather", "arguments": '{"city":"Paris"}'},
        {"type": "function_call_output", "call_id": "call_1", "output": "gone"},
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "And now?"}]},
    ]
    assert (body["max_output_tokens"], body["temperature"], body["store"]) == (99, 0.5, False)
    assert body["tools"][0]["parameters"] == WEATHER.parameters


async def test_a_conversation_on_the_gemini_wire(server: ModelServer) -> None:
    body = await sent("gemini", server, Request("one_tool", CONVERSATION, (WEATHER,), 99, 0.5, ("END",)))
    assert body["systemInstruction"] == {"parts": [{"text": "Be brief."}]}
    call = {"id": "call_1", "name": "get_weather", "args": {"city": "Paris"}}
    result = {"id": "call_1", "name": "get_weather", "response": {"error": "gone"}}
    assert body["contents"] == [
        {
            "role": "user",
            "parts": [{"text": "What is this?"}, {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}}],
        },
        {"role": "model", "parts": [{"text": "I look."}, {"functionCall": call}]},
        {"role": "user", "parts": [{"functionResponse": result}, {"text": "And now?"}]},
    ]
    assert body["generationConfig"] == {
        "thinkingConfig": {"includeThoughts": True},
        "maxOutputTokens": 99,
        "temperature": 0.5,
        "stopSequences": ["END"],
    }


async def test_what_a_model_of_openai_thought_goes_back_sealed(server: ModelServer) -> None:
    model = provider("responses", server.url)
    reply = await answer(model, ask("seal", tools=True))
    thought = reply.message.parts[0]
    assert isinstance(thought, Thinking) and thought.text == "Hm."
    results = Message("tool", tuple(ToolResult(call.id, call.name, "18 °C") for call in reply.message.calls))
    await answer(model, Request("say", (user("?"), reply.message, results), (WEATHER,)))
    sealed = server.seen[-1].body["input"][1]
    summary = [{"type": "summary_text", "text": "Hm."}]
    assert sealed == {"type": "reasoning", "id": "rs_1", "summary": summary, "encrypted_content": "s" * 64}
    await model.close()


async def test_the_seal_of_gemini_is_on_the_call_that_had_it(server: ModelServer) -> None:
    model = provider("gemini", server.url)
    reply = await answer(model, ask("seal", tools=True))
    results = Message("tool", tuple(ToolResult(call.id, call.name, "18 °C") for call in reply.message.calls))
    await answer(model, Request("say", (user("?"), reply.message, results), (WEATHER,)))
    [call] = server.seen[-1].body["contents"][1]["parts"]
    assert call["functionCall"]["name"] == "get_weather"
    assert call["thoughtSignature"] == "s" * 64
    said = await answer(model, ask("think"))
    await answer(model, Request("say", (user("?"), said.message, user("And?"))))
    parts = server.seen[-1].body["contents"][1]["parts"]
    assert parts == [{"text": "Then I say"}, {"text": "", "thoughtSignature": "s" * 64}]
    await model.close()


@pytest.mark.parametrize("wire", WIRES)
async def test_seals_of_one_vendor_are_not_shown_to_another(wire: str, server: ModelServer) -> None:
    """A conversation may change its model in the middle: every wire takes what every other one left."""
    messages = [user("?")]
    for other in WIRES:
        model = provider(other, server.url)
        messages += [(await answer(model, ask("think"))).message, user("And?")]
        await model.close()
    body = await sent(wire, server, Request("say", tuple(messages)))
    seals = msgspec.json.encode(body).decode().count("s" * 64)
    assert seals == (1 if wire in ("anthropic", "responses", "gemini") else 0)


@pytest.mark.parametrize("wire", WIRES)
async def test_a_schema_is_asked_for_in_the_vendors_way(wire: str, server: ModelServer) -> None:
    body = await sent(wire, server, Request("say", (user("Where?"),), schema=SCHEMA))
    match wire:
        case "openai":
            assert body["response_format"]["json_schema"]["schema"] == SCHEMA
        case "responses":
            assert body["text"]["format"]["schema"] == SCHEMA
        case "anthropic":
            assert body["output_config"]["format"] == {"type": "json_schema", "schema": SCHEMA}
        case "gemini":
            assert body["generationConfig"]["responseJsonSchema"] == SCHEMA
        case "ollama":
            assert body["format"] == SCHEMA


async def test_deepseek_is_told_to_write_json_and_has_no_embeddings(server: ModelServer) -> None:
    model = DeepSeek("deepseek", Provider("deepseek", server.url + "/v1", Secret("key"), "say"), ManualClock())
    await answer(model, Request("say", (user("Where?"),), schema=SCHEMA))
    assert server.seen[-1].body["response_format"] == {"type": "json_object"}
    assert "schema" not in model.capabilities
    with pytest.raises(ModelRejected, match="no embeddings"):
        await model.embed(["a"])
    await model.close()


@pytest.mark.parametrize("root", ["", "/v1"])
async def test_hugging_face_is_its_router_and_its_own_inference(root: str, server: ModelServer) -> None:
    settings = Provider("huggingface", server.url + root, Secret("key"), "say")
    model = HuggingFace("huggingface", settings, ManualClock())
    assert (await answer(model, ask("say"))).usage == Usage(120, 9, 100)
    assert await model.embed(["one", "three"], "embed") == [vector("one"), vector("three")]
    assert server.seen[-1].path == "/hf-inference/models/embed/pipeline/feature-extraction"
    assert {"say", "think"} <= {info.name for info in await model.models()}
    await model.close()


async def test_gemini_says_when_to_come_back_in_its_body(server: ModelServer) -> None:
    model = provider("gemini", server.url)
    with pytest.raises(ModelUnavailable) as caught:
        await answer(model, ask("429"))
    assert caught.value.retry_after == 7.0
    assert "slow down" in caught.value.detail
    await model.close()


@pytest.mark.parametrize("wire", ["openai", "responses", "anthropic", "gemini"])
async def test_a_refusal_is_said_and_is_no_answer(wire: str, server: ModelServer) -> None:
    model = provider(wire, server.url)
    reply = await answer(model, ask("refuse"))
    assert (reply.message.text, reply.finish) == ("I will not.", "filtered")
    await model.close()


@pytest.mark.parametrize("wire", ["openai", "responses", "anthropic", "gemini"])
async def test_tokens_that_were_only_thought_are_counted(wire: str, server: ModelServer) -> None:
    model = provider(wire, server.url)
    assert (await answer(model, ask("think"))).usage == Usage(11, 7, 0, 3)
    assert (await answer(model, ask("say"))).usage == Usage(120, 9, 100, 0)
    await model.close()

"""Anthropic's and Ollama's own clients against our endpoints."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anthropic
import ollama
import pytest
from servers.site import Site, open_site

from orchestrator.kernel.errors import BudgetExceeded, ModelGarbled
from orchestrator.kernel.messages import Image, Message, Text, Thinking, ToolCall, ToolResult, Usage
from orchestrator.llm.base import Reply, Request
from orchestrator.llm.providers.scripted import Scripted

PLACE = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
HELLO: Any = [{"role": "user", "content": "Hello?"}]


def answering(request: Request) -> Reply | str | Exception:
    said = request.messages[-1].text
    results = [part for message in request.messages for part in message.parts if isinstance(part, ToolResult)]
    if said in ("fail", "broke"):
        return ModelGarbled("It went wrong.") if said == "fail" else BudgetExceeded("Nothing is left.")
    if results:
        kept = [part for message in request.messages for part in message.parts if isinstance(part, Thinking)]
        return f"It is {results[-1].content} ({results[-1].name}), {[part.signature for part in kept]}."
    usage = Usage(10, 4, 3, 1)
    if request.tools:
        parts = (Thinking("hm", "signed"), Text("Let me see."), ToolCall("c1", "weather", {"city": "Nantes"}))
        return Reply(Message("assistant", parts), "scripted", "tools", usage)
    if request.schema is not None:
        return '{"city": "Nantes"}'
    return Reply(Message("assistant", (Thinking("hm"), Text("Hello there, you."))), "scripted", "stop", usage)


@pytest.fixture
def model() -> Scripted:
    return Scripted(answering)


@pytest.fixture
async def site(tmp_path: Path, model: Scripted) -> AsyncIterator[Site]:
    async with open_site(tmp_path, model) as made:
        yield made


@pytest.fixture
async def claude(site: Site) -> AsyncIterator[anthropic.AsyncAnthropic]:
    async with anthropic.AsyncAnthropic(base_url=site.url, api_key=site.token, max_retries=0) as vendor:
        yield vendor


@pytest.fixture
def llama(site: Site) -> ollama.AsyncClient:
    return ollama.AsyncClient(site.url, headers={"Authorization": f"Bearer {site.token}"})


# Anthropic


async def test_messages_whole(claude: anthropic.AsyncAnthropic, model: Scripted) -> None:
    answer = await claude.messages.create(
        model="scripted", max_tokens=50, system="Be kind.", messages=HELLO, stop_sequences=["END"]
    )
    assert [block.type for block in answer.content] == ["thinking", "text"]
    assert answer.content[1].type == "text" and answer.content[1].text == "Hello there, you."
    assert answer.stop_reason == "end_turn"
    assert (answer.usage.input_tokens, answer.usage.cache_read_input_tokens, answer.usage.output_tokens) == (7, 3, 4)
    request = model.requests[-1]
    assert [message.role for message in request.messages] == ["system", "user"]
    assert (request.max_tokens, request.stop) == (50, ("END",))


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_tool_use_goes_round_with_its_thinking(claude: anthropic.AsyncAnthropic, streamed: bool) -> None:
    tools: Any = [{"name": "weather", "description": "The weather.", "input_schema": PLACE}]
    said: Any = [{"role": "user", "content": "The weather?"}]
    if streamed:
        async with claude.messages.stream(model="scripted", max_tokens=50, messages=said, tools=tools) as events:
            async for _ in events:
                pass
            first: Any = await events.get_final_message()
    else:
        first = await claude.messages.create(model="scripted", max_tokens=50, messages=said, tools=tools)
    assert first.stop_reason == "tool_use"
    assert first.usage.input_tokens == 7
    [call] = [block for block in first.content if block.type == "tool_use"]
    assert (call.name, call.input) == ("weather", {"city": "Nantes"})
    said.append({"role": "assistant", "content": [block.model_dump(exclude_none=True) for block in first.content]})
    back = {"type": "tool_result", "tool_use_id": call.id, "content": [{"type": "text", "text": "sunny"}]}
    said.append({"role": "user", "content": [back]})
    second: Any = await claude.messages.create(model="scripted", max_tokens=50, messages=said, tools=tools)
    assert second.content[0].text == "It is sunny (weather), ['signed']."


async def test_messages_streamed(claude: anthropic.AsyncAnthropic) -> None:
    pieces = []
    async with claude.messages.stream(model="auto", max_tokens=50, messages=HELLO) as events:
        async for piece in events.text_stream:
            pieces.append(piece)
        final: Any = await events.get_final_message()
    assert "".join(pieces) == "Hello there, you." and len(pieces) > 2
    assert [block.type for block in final.content] == ["thinking", "text"]
    assert final.usage.output_tokens == 4


async def test_anthropic_images_schemas_and_models(claude: anthropic.AsyncAnthropic, model: Scripted) -> None:
    source = {"type": "base64", "media_type": "image/png", "data": PIXEL}
    picture: Any = [{"type": "image", "source": source}, {"type": "text", "text": "What is it?"}]
    await claude.messages.create(model="scripted", max_tokens=9, messages=[{"role": "user", "content": picture}])
    assert isinstance(model.requests[-1].messages[-1].parts[0], Image)
    wanted: Any = {"format": {"type": "json_schema", "schema": PLACE}}
    shaped: Any = await claude.messages.create(model="scripted", max_tokens=9, messages=HELLO, output_config=wanted)
    assert json.loads(shaped.content[-1].text) == {"city": "Nantes"}
    assert "scripted/scripted" in [one.id async for one in claude.models.list()]
    assert (await claude.messages.count_tokens(model="scripted", messages=HELLO)).input_tokens > 1


async def test_anthropic_errors(claude: anthropic.AsyncAnthropic, site: Site) -> None:
    with pytest.raises(anthropic.NotFoundError) as missing:
        await claude.messages.create(model="nowhere/nothing", max_tokens=9, messages=HELLO)
    assert missing.value.body == {
        "type": "error",
        "error": {"type": "not_found_error", "message": str(missing.value.body["error"]["message"])},  # type: ignore[index]
    }
    with pytest.raises(anthropic.BadRequestError, match="run by its vendor"):
        tool: Any = {"type": "web_search_20250305", "name": "web_search"}
        await claude.messages.create(model="scripted", max_tokens=9, messages=HELLO, tools=[tool])
    with pytest.raises(anthropic.APIStatusError) as broke:
        await claude.messages.create(model="scripted", max_tokens=9, messages=[{"role": "user", "content": "broke"}])
    assert broke.value.status_code == 402
    stranger = anthropic.AsyncAnthropic(base_url=site.url, api_key="key_" + "x" * 43, max_retries=0)
    async with stranger:
        with pytest.raises(anthropic.AuthenticationError):
            await stranger.messages.create(model="scripted", max_tokens=9, messages=HELLO)


async def test_an_agent_by_anthropics_client(claude: anthropic.AsyncAnthropic, site: Site) -> None:
    async with claude.messages.stream(model="agent/assistant", max_tokens=9, messages=HELLO) as events:
        final: Any = await events.get_final_message()
    run = await site.get(f"/runs/{final.id.removeprefix('msg_')}")
    assert run["status"] == "completed" and final.content[-1].text.endswith(run["answer"])


# Ollama


@pytest.mark.parametrize("streamed", [False, True])
async def test_ollama_chat(llama: ollama.AsyncClient, model: Scripted, streamed: bool) -> None:
    options = {"temperature": 0.5, "num_predict": 50, "stop": ["END"]}
    if streamed:
        text, last = "", None
        async for last in await llama.chat("scripted", HELLO, stream=True, options=options):
            text += last.message.content or ""
        assert last is not None and last.done and last.prompt_eval_count == 10
    else:
        whole = await llama.chat("scripted", HELLO, options=options)
        assert (whole.message.thinking, whole.eval_count) == ("hm", 4)
        text = whole.message.content or ""
    assert text == "Hello there, you."
    request = model.requests[-1]
    assert (request.temperature, request.max_tokens, request.stop) == (0.5, 50, ("END",))


@pytest.mark.parametrize("streamed", [False, True])
async def test_ollama_tools_go_round(llama: ollama.AsyncClient, streamed: bool) -> None:
    tools: Any = [{"type": "function", "function": {"name": "weather", "description": "", "parameters": PLACE}}]
    said: Any = [{"role": "user", "content": "The weather?"}]
    calls: list[Any] = []
    if streamed:
        async for chunk in await llama.chat("scripted", said, tools=tools, stream=True):
            calls += chunk.message.tool_calls or []
    else:
        calls += (await llama.chat("scripted", said, tools=tools)).message.tool_calls or []
    assert [(call.function.name, dict(call.function.arguments)) for call in calls] == [("weather", {"city": "Nantes"})]
    said += [
        {"role": "assistant", "content": "", "tool_calls": [call.model_dump() for call in calls]},
        {"role": "tool", "tool_name": "weather", "content": "sunny"},
    ]
    assert "It is sunny (weather)" in ((await llama.chat("scripted", said, tools=tools)).message.content or "")


async def test_ollama_generates_lists_and_embeds(llama: ollama.AsyncClient, model: Scripted) -> None:
    made = await llama.generate("scripted", "Hello?", system="Be kind.", images=[PIXEL])
    assert made.response == "Hello there, you."
    assert [message.role for message in model.requests[-1].messages] == ["system", "user"]
    pieces = [part.response or "" async for part in await llama.generate("scripted", "Hello?", stream=True)]
    assert "".join(pieces) == "Hello there, you."
    shaped = await llama.chat("scripted", HELLO, format=PLACE)
    assert json.loads(shaped.message.content or "") == {"city": "Nantes"}
    assert "scripted/scripted" in [one.model for one in (await llama.list()).models]
    for name in ("scripted/scripted", "scripted", "scripted:latest", "auto", "auto:latest", "auto:batch"):
        assert "tools" in ((await llama.show(name)).capabilities or []), name
    vectors = await llama.embed("scripted", ["one", "two"])
    assert len(vectors.embeddings) == 2
    assert list((await llama.embeddings("scripted", "one")).embedding) == list(vectors.embeddings[0])


async def test_ollama_errors(llama: ollama.AsyncClient, site: Site) -> None:
    with pytest.raises(ollama.ResponseError) as missing:
        await llama.chat("nowhere/nothing", HELLO)
    assert missing.value.status_code == 404 and "no model" in missing.value.error
    with pytest.raises(ollama.ResponseError, match="model 'nowhere' not found"):
        await llama.show("nowhere")
    with pytest.raises(ollama.ResponseError) as nobody:
        await ollama.AsyncClient(site.url).list()
    assert nobody.value.status_code == 401


# A stream that breaks


async def test_a_stream_that_breaks_says_so_to_each(site: Site, model: Scripted, claude: Any, llama: Any) -> None:
    def breaking(request: Request) -> Reply:
        said = Message("assistant", (Text("Hello the"), ToolCall("c", "weather", {}, "half of it is missing")))
        return Reply(said, "scripted", "tools")

    model._script = breaking
    with pytest.raises(anthropic.APIStatusError, match="half of it"):
        async with claude.messages.stream(model="scripted", max_tokens=9, messages=HELLO) as events:
            async for _ in events:
                pass
    with pytest.raises(ollama.ResponseError, match="half of it"):
        async for _ in await llama.chat("scripted", HELLO, stream=True):
            pass

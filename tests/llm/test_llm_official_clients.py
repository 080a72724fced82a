"""The vendors' own clients read our scripted server as they read the vendors, and our wires read it as they do.

The one module that imports the vendors' packages.
"""

import json
from typing import Any

import anthropic
import ollama
import openai
import pytest
from contracts.model import WEATHER, answer
from msgspec import Struct
from servers.clients import WIRES, provider
from servers.models import ModelServer, Seen, vector

from orchestrator.kernel.clock import SystemClock
from orchestrator.kernel.errors import ModelError
from orchestrator.kernel.messages import Usage, user
from orchestrator.kernel.settings import Provider
from orchestrator.llm.base import Reply, Request


class Heard(Struct, frozen=True):
    """What a client made of a reply."""

    text: str
    calls: tuple[tuple[str, dict[str, Any]], ...]
    usage: Usage
    finish: str
    thinking: str = ""


def ours(reply: Reply) -> Heard:
    thinking = "".join(getattr(part, "text", "") for part in reply.message.parts if type(part).__name__ == "Thinking")
    calls = tuple((call.name, call.arguments) for call in reply.message.calls)
    return Heard(reply.message.text, calls, reply.usage, reply.finish, thinking)


async def openai_hears(url: str, scene: str) -> Heard:
    tool = {"type": "function", "function": {"name": WEATHER.name, "parameters": WEATHER.parameters}}
    async with openai.AsyncOpenAI(base_url=url + "/v1", api_key="key", max_retries=0) as client:
        stream = client.chat.completions.stream(
            model=scene,
            messages=[{"role": "user", "content": "Hello"}],
            tools=[tool],  # type: ignore[list-item]
            stream_options={"include_usage": True},
        )
        thinking = ""
        try:
            async with stream as events:
                async for event in events:
                    if event.type == "chunk" and event.chunk.choices:
                        thinking += getattr(event.chunk.choices[0].delta, "reasoning_content", None) or ""
                final: openai.types.chat.ChatCompletion = await events.get_final_completion()
        except openai.LengthFinishReasonError as cut:
            final = cut.completion
    message = final.choices[0].message
    made = [call for call in message.tool_calls or () if call.type == "function"]
    calls = tuple((call.function.name, json.loads(call.function.arguments)) for call in made)
    assert final.usage is not None and final.usage.prompt_tokens_details is not None
    cached = final.usage.prompt_tokens_details.cached_tokens or 0
    assert final.usage.completion_tokens_details is not None
    thought = final.usage.completion_tokens_details.reasoning_tokens or 0
    usage = Usage(final.usage.prompt_tokens, final.usage.completion_tokens, cached, thought)
    finish = {"tool_calls": "tools"}.get(final.choices[0].finish_reason, final.choices[0].finish_reason)
    refusal = message.refusal or ""
    return Heard((message.content or "") + refusal, calls, usage, "filtered" if refusal else finish, thinking)


async def anthropic_hears(url: str, scene: str) -> Heard:
    tool = {"name": WEATHER.name, "input_schema": WEATHER.parameters}
    client = anthropic.AsyncAnthropic(base_url=url, api_key="key", max_retries=0)
    question: anthropic.types.MessageParam = {"role": "user", "content": "Hello"}
    stream = client.messages.stream(model=scene, max_tokens=100, messages=[question], tools=[tool])  # type: ignore[list-item]
    async with client, stream as events:
        final = await events.get_final_message()
    text = "".join(block.text for block in final.content if block.type == "text")
    thinking = "".join(block.thinking for block in final.content if block.type == "thinking")
    calls = tuple((block.name, dict(block.input)) for block in final.content if block.type == "tool_use")
    cached = final.usage.cache_read_input_tokens or 0
    assert final.usage.output_tokens_details is not None
    thought = final.usage.output_tokens_details.thinking_tokens
    usage = Usage(final.usage.input_tokens + cached, final.usage.output_tokens, cached, thought)
    finish = {"end_turn": "stop", "tool_use": "tools", "max_tokens": "length", "refusal": "filtered"}[
        final.stop_reason or ""
    ]
    return Heard(text, calls, usage, finish, thinking)


async def ollama_hears(url: str, scene: str) -> Heard:
    tool = {"type": "function", "function": {"name": WEATHER.name, "parameters": WEATHER.parameters}}
    text, thinking, calls = "", "", list[tuple[str, dict[str, Any]]]()
    last = ollama.ChatResponse(message=ollama.Message(role="assistant"))
    client = ollama.AsyncClient(url, headers={"Authorization": "Bearer key"})
    chunks = await client.chat(scene, [{"role": "user", "content": "Hello"}], tools=[tool], stream=True)
    async for last in chunks:
        text += last.message.content or ""
        thinking += last.message.thinking or ""
        calls += [(call.function.name, dict(call.function.arguments)) for call in last.message.tool_calls or ()]
    assert last.done
    finish = "length" if last.done_reason == "length" else "tools" if calls else "stop"
    return Heard(text, tuple(calls), Usage(last.prompt_eval_count or 0, last.eval_count or 0), finish, thinking)


async def responses_hears(url: str, scene: str) -> Heard:
    tool = {"type": "function", "name": WEATHER.name, "parameters": WEATHER.parameters, "strict": False}
    async with openai.AsyncOpenAI(base_url=url + "/v1", api_key="key", max_retries=0) as client:
        stream = client.responses.stream(model=scene, input="Hello", tools=[tool], store=False)  # type: ignore[list-item]
        final: openai.types.responses.Response | None = None
        thinking = ""
        async with stream as events:
            async for event in events:
                if event.type == "response.reasoning_summary_text.delta":
                    thinking += event.delta
                elif event.type == "response.failed":
                    assert event.response.error is not None
                    raise openai.OpenAIError(event.response.error.message)
                elif event.type in ("response.completed", "response.incomplete"):
                    final = event.response
    assert final is not None and final.usage is not None
    text, refused = "", False
    calls: list[tuple[str, dict[str, Any]]] = []
    for item in final.output:
        if item.type == "function_call":
            calls.append((item.name, json.loads(item.arguments)))
        for piece in item.content if item.type == "message" else ():
            text += piece.text if piece.type == "output_text" else piece.refusal
            refused = refused or piece.type == "refusal"
    used = final.usage
    usage = Usage(
        used.input_tokens,
        used.output_tokens,
        used.input_tokens_details.cached_tokens,
        used.output_tokens_details.reasoning_tokens,
    )
    finish = "filtered" if refused else "length" if final.status == "incomplete" else "tools" if calls else "stop"
    return Heard(text, tuple(calls), usage, finish, thinking)


async def gemini_hears(url: str, scene: str) -> Heard:
    genai = pytest.importorskip("google.genai", reason="google-genai is not installed: Google's client cannot judge")
    types = genai.types
    tool = types.Tool(
        function_declarations=[
            types.FunctionDeclaration(name=WEATHER.name, parameters_json_schema=dict(WEATHER.parameters))
        ]
    )
    config = types.GenerateContentConfig(tools=[tool], thinking_config=types.ThinkingConfig(include_thoughts=True))
    options = types.HttpOptions(base_url=url, retry_options=types.HttpRetryOptions(attempts=1))
    client = genai.Client(api_key="key", vertexai=False, http_options=options).aio
    text, thinking, finish = "", "", "stop"
    calls: list[tuple[str, dict[str, Any]]] = []
    usage = Usage()
    stream = await client.models.generate_content_stream(model=scene, contents="Hello", config=config)
    async for chunk in stream:
        candidate = chunk.candidates[0]
        for part in candidate.content.parts or ():
            if part.function_call is not None:
                calls.append((part.function_call.name, dict(part.function_call.args or {})))
            elif part.thought:
                thinking += part.text or ""
            else:
                text += part.text or ""
        used = chunk.usage_metadata
        thought = used.thoughts_token_count or 0
        usage = Usage(
            used.prompt_token_count,
            used.candidates_token_count + thought,
            used.cached_content_token_count or 0,
            thought,
        )
        if candidate.finish_reason is not None:
            named = {"MAX_TOKENS": "length", "SAFETY": "filtered", "STOP": "tools" if calls else "stop"}
            finish = named[candidate.finish_reason.name]
    await client.aclose()
    return Heard(text, tuple(calls), usage, finish, thinking)


HEARS = {
    "openai": openai_hears,
    "responses": responses_hears,
    "anthropic": anthropic_hears,
    "gemini": gemini_hears,
    "ollama": ollama_hears,
}


@pytest.mark.parametrize("scene", ["say", "merged", "think", "one_tool", "two_tools", "long", "refuse"])
@pytest.mark.parametrize("wire", WIRES)
async def test_we_hear_what_the_official_client_hears(wire: str, scene: str, server: ModelServer) -> None:
    theirs = await HEARS[wire](server.url, scene)
    scripted = server.scenes[scene]
    if scene == "refuse" and wire == "ollama":
        pytest.skip("Ollama has no word for a refusal")
    assert theirs.text == "".join(scripted.text)  # the server is right
    assert theirs.thinking == "".join(scripted.thinking)
    assert theirs.calls == tuple((call.name, json.loads(call.arguments)) for call in scripted.calls)
    model = provider(wire, server.url)
    assert ours(await answer(model, Request(scene, (user("Hello"),), (WEATHER,)))) == theirs  # and so are we
    await model.close()


OFFICIAL_ERRORS: dict[str, type[Exception]] = {
    "openai": openai.APIError,
    "responses": openai.OpenAIError,
    "gemini": Exception,
    "anthropic": anthropic.APIError,
    "ollama": ollama.ResponseError,
}


@pytest.mark.parametrize("fault", ["401", "404", "429", "500", "mid_error"])
@pytest.mark.parametrize("wire", WIRES)
async def test_what_is_an_error_to_them_is_one_to_us(wire: str, fault: str, server: ModelServer) -> None:
    with pytest.raises(OFFICIAL_ERRORS[wire]):
        await HEARS[wire](server.url, fault)
    model = provider(wire, server.url)
    with pytest.raises(ModelError):
        await answer(model, Request(fault, (user("Hello"),), (WEATHER,)))
    await model.close()


async def test_embeddings_and_lists_are_the_same(server: ModelServer) -> None:
    texts = ["one", "three"]
    async with openai.AsyncOpenAI(base_url=server.url + "/v1", api_key="key") as client:
        found = await client.embeddings.create(model="embed", input=texts, encoding_format="float")
        listed = [model.id async for model in client.models.list()]
    by_openai = [item.embedding for item in sorted(found.data, key=lambda item: item.index)]
    by_ollama = await ollama.AsyncClient(server.url).embed("embed", texts)
    assert by_openai == [list(vector) for vector in by_ollama.embeddings] == [vector(text) for text in texts]
    async with anthropic.AsyncAnthropic(base_url=server.url, api_key="key") as other:
        assert [model.id async for model in other.models.list()] == listed
    for kind in ("openai", "ollama"):
        model = provider(kind, server.url)
        assert await model.embed(texts, "embed") == by_openai
        assert {info.name for info in await model.models()} == set(listed)
        await model.close()


@pytest.mark.parametrize("wire", WIRES)
async def test_what_we_ask_is_what_they_ask(wire: str, server: ModelServer) -> None:
    """The same question put by each client: the parts that mean it are equal on the wire."""
    await HEARS[wire](server.url, "say")
    theirs = server.seen[-1]
    model = provider(wire, server.url)
    await answer(model, Request("say", (user("Hello"),), (WEATHER,)))
    await model.close()
    mine = next(seen for seen in reversed(server.seen) if seen.path == theirs.path)
    assert mine.path == theirs.path
    assert mine.body.get("stream") is theirs.body.get("stream") is (None if wire == "gemini" else True)
    assert _words(mine.body) == _words(theirs.body) == [("user", "Hello")]
    assert _header(mine, "anthropic-version") == _header(theirs, "anthropic-version")
    assert _key(mine) == _key(theirs)
    if wire == "gemini":
        [[one], [other]] = [seen.body["tools"][0]["functionDeclarations"] for seen in (mine, theirs)]
        assert one["parametersJsonSchema"] == other["parameters_json_schema"]  # either spelling is read
        assert mine.body["generationConfig"]["thinkingConfig"] == {"includeThoughts": True}
        assert theirs.body["generationConfig"]["thinkingConfig"] == {"include_thoughts": True}


def _words(body: dict[str, Any]) -> list[tuple[str, str]]:
    said = body.get("messages") or body.get("input") or body["contents"]
    if isinstance(said, str):
        return [("user", said)]
    return [(one["role"], _text(one.get("content") or one["parts"])) for one in said]


def _text(content: str | list[dict[str, Any]]) -> str:
    return content if isinstance(content, str) else "".join(part["text"] for part in content)


def _header(seen: Seen, name: str) -> str:
    return next((value for header, value in seen.headers.items() if header.lower() == name), "")


def _key(seen: Seen) -> str:
    return (
        _header(seen, "x-api-key")
        or _header(seen, "x-goog-api-key")
        or _header(seen, "authorization").removeprefix("Bearer ")
    )


async def test_pull_is_the_same(server: ModelServer) -> None:
    from orchestrator.llm.providers.ollama import Ollama

    theirs = [
        (step.status or "", step.completed or 0, step.total or 0)
        async for step in await ollama.AsyncClient(server.url).pull("qwen3", stream=True)
    ]
    model = Ollama("ollama", Provider("ollama", server.url), SystemClock())
    assert [(step.status, step.completed, step.total) async for step in model.pull("qwen3")] == theirs
    await model.close()

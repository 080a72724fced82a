"""Servers of one wire differ: what they refuse, leave out or number oddly."""

from typing import Any

import pytest
from aiohttp import web
from contracts.model import WEATHER, answer
from servers.clients import ask, provider, serving

from orchestrator.kernel.errors import ModelRejected
from orchestrator.kernel.messages import Message, Text, Thinking, user
from orchestrator.llm.base import Request


class Fussy:
    """A server that refuses parameters, one at a time, as OpenAI's later models do."""

    def __init__(self, refuses: dict[str, str]) -> None:
        self.refuses = refuses
        self.bodies: list[dict[str, Any]] = []

    async def complete(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.bodies.append(body)
        for param, message in self.refuses.items():
            wrong = body.get(param) != "none" and body.get("tools") if param == "reasoning_effort" else param in body
            if wrong:
                problem = {"message": message, "type": "invalid_request_error", "param": param, "code": None}
                return web.json_response({"error": problem}, status=400)
        return web.Response(
            body=b'data: {"choices":[{"delta":{"content":"ok"},"finish_reason":"stop"}]}\n\ndata: [DONE]',
            content_type="text/event-stream",
        )


async def test_models_that_refuse_a_parameter_do_without_it_ever_after() -> None:
    fussy = Fussy(
        {
            "max_tokens": "Unsupported parameter: use 'max_completion_tokens'",
            "temperature": "Unsupported value",
            "reasoning_effort": "Function tools with reasoning_effort are not supported: set it to 'none'",
            "stop": "Not supported with this model",
        }
    )
    async with serving("/v1/chat/completions", fussy.complete) as url:
        model = provider("openai", url)
        request = Request("m", (user("Hello"),), (WEATHER,), 50, 0.5, ("END",))
        assert (await answer(model, request)).message.text == "ok"
        assert len(fussy.bodies) == 5
        assert (await answer(model, request)).message.text == "ok"
        assert len(fussy.bodies) == 6  # learned
        last = fussy.bodies[-1]
        assert last["max_completion_tokens"] == 50
        assert last["reasoning_effort"] == "none"
        assert not {"max_tokens", "temperature", "stop"} & set(last)
        fussy.refuses = {"messages": "no"}
        with pytest.raises(ModelRejected, match="no"):
            await answer(model, request)
        await model.close()


async def test_thinking_that_a_model_will_not_have_is_left_out() -> None:
    bodies: list[dict[str, Any]] = []

    async def messages(request: web.Request) -> web.Response:
        body = await request.json()
        bodies.append(body)
        if any(block["type"] == "thinking" for turn in body["messages"] for block in turn["content"]):
            problem = {"type": "invalid_request_error", "message": "Invalid `signature` in `thinking` block"}
            return web.json_response({"type": "error", "error": problem}, status=400)
        return web.Response(body=b'data: {"type":"message_stop"}\n\n', content_type="text/event-stream")

    async with serving("/v1/messages", messages) as url:
        model = provider("anthropic", url)
        said = Message("assistant", (Thinking("by another", "x" * 64), Text("Yes.")))
        await answer(model, Request("m", (user("?"), said, user("And?"))))
        assert [len(body["messages"][1]["content"]) for body in bodies] == [2, 1]
        await model.close()


async def test_parallel_calls_without_proper_indexes_are_still_apart() -> None:
    """As some servers of the OpenAI wire do: index 0 for all, or none at all, or no identifier."""
    deltas = [
        '{"tool_calls":[{"index":0,"id":"a","function":{"name":"get_weather","arguments":"{}"}}]}',
        '{"tool_calls":[{"index":0,"id":"b","function":{"name":"get_weather","arguments":"{\\"city\\":"}}]}',
        '{"tool_calls":[{"index":0,"function":{"arguments":"\\"Lyon\\"}"}}]}',
        '{"tool_calls":[{"id":"c","function":{"name":"get_weather","arguments":{"city":"Nice"}}}]}',
        '{"tool_calls":[{"function":{"name":"get_weather","arguments":"{\\"city\\":\\"Metz\\"}"}}]}',
    ]
    frames = "".join(f'data: {{"choices":[{{"delta":{delta}}}]}}\n\n' for delta in deltas) + "data: [DONE]\n\n"

    async def completions(request: web.Request) -> web.Response:
        return web.Response(body=frames.encode(), content_type="text/event-stream")

    async with serving("/v1/chat/completions", completions) as url:
        model = provider("openai", url)
        reply = await answer(model, ask("m", tools=True))
        assert [(call.id, call.arguments) for call in reply.message.calls] == [
            ("a", {}),
            ("b", {"city": "Lyon"}),
            ("c", {"city": "Nice"}),
            ("call_1", {"city": "Metz"}),
        ]
        await model.close()

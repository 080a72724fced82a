"""OpenAI's chat completions: `POST /v1/chat/completions`."""

from typing import Any

import msgspec
from msgspec import Struct

from orchestrator.api.compatible.doors import About, Asked, Vendor, arguments, encode, picture, read, spoken, tool
from orchestrator.api.compatible.refusals import refusal
from orchestrator.kernel.errors import InvalidInput
from orchestrator.kernel.messages import Message, Part, Role, Text, Thinking, ToolCall, ToolResult, Usage
from orchestrator.llm.base import Finish, Reply, Request
from orchestrator.llm.draft import read_arguments

_FINISHES: dict[Finish, str] = {
    "stop": "stop",
    "tools": "tool_calls",
    "length": "length",
    "filtered": "content_filter",
}
_ROLES: dict[str, Role] = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}


class _Url(Struct, frozen=True):
    url: str = ""


class _Part(Struct, frozen=True):
    type: str = "text"
    text: str | None = None
    refusal: str | None = None
    image_url: _Url | str | None = None


class _Function(Struct, frozen=True):
    name: str = ""
    arguments: str | None = None
    description: str | None = None
    parameters: dict[str, Any] | None = None


class _Call(Struct, frozen=True):
    id: str = ""
    function: _Function = _Function()


class _Message(Struct, frozen=True):
    role: str
    content: str | list[_Part] | None = None
    tool_calls: list[_Call] | None = None
    tool_call_id: str | None = None
    reasoning_content: str | None = None


class _Tool(Struct, frozen=True):
    type: str = "function"
    function: _Function | None = None


class _Schema(Struct, frozen=True):
    schema: dict[str, Any] | None = None


class _Format(Struct, frozen=True):
    type: str = "text"
    json_schema: _Schema | None = None


class _Streaming(Struct, frozen=True):
    include_usage: bool | None = None


class _Named(Struct, frozen=True):
    function: _Function | None = None


class _Body(Struct, frozen=True):
    messages: list[_Message]
    model: str = "auto"
    stream: bool | None = None
    stream_options: _Streaming | None = None
    tools: list[_Tool] | None = None
    tool_choice: str | _Named | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    seed: int | None = None
    stop: str | list[str] | None = None
    response_format: _Format | None = None
    n: int | None = None


_body = msgspec.json.Decoder(_Body)


class Chat:
    name = "openai.chat"
    vendor: Vendor = "openai"
    media_type = "text/event-stream"
    pulse = b": alive\n\n"

    def read(self, body: bytes) -> Asked:
        said = read(_body, body)
        if said.n is not None and said.n != 1:
            raise InvalidInput("One answer is made for a request.", hint="Leave `n` out, or ask again.")
        request = Request(
            said.model,
            _messages(said.messages),
            tuple(_tools(said)),
            said.max_tokens if said.max_completion_tokens is None else said.max_completion_tokens,
            said.temperature,
            (said.stop,) if isinstance(said.stop, str) else tuple(said.stop or ()),
            _schema(said.response_format),
            final=bool(said.stream),
            must=_must(said.tool_choice),
            top_p=said.top_p,
            seed=said.seed,
        )
        streaming = said.stream_options
        return Asked(spoken(request), bool(said.stream), streaming is not None and bool(streaming.include_usage))

    def teller(self, asked: Asked, about: About) -> "Telling":
        return Telling(asked, about)


def _tools(said: _Body) -> "list[Any]":
    functions = [one.function for one in said.tools or () if one.function is not None]
    if said.tool_choice == "none":
        return []
    return [tool(one.name, one.description, one.parameters) for one in functions]


def _must(wanted: str | _Named | None) -> str:
    """The tool that has to be called; "*" for any of them."""
    if isinstance(wanted, _Named):
        return wanted.function.name if wanted.function is not None else ""
    return "*" if wanted == "required" else ""


def _schema(wanted: _Format | None) -> dict[str, Any] | None:
    if wanted is None or wanted.type == "text":
        return None
    if wanted.type == "json_object" or wanted.json_schema is None:
        return {"type": "object"}
    return wanted.json_schema.schema or {"type": "object"}


def _messages(said: list[_Message]) -> tuple[Message, ...]:
    names = {call.id: call.function.name for message in said for call in message.tool_calls or ()}
    return tuple(_message(message, names) for message in said)


def _message(said: _Message, names: dict[str, str]) -> Message:
    parts = _parts(said.content)
    if said.role in ("tool", "function"):
        id = said.tool_call_id or ""
        words = "".join(part.text for part in parts if isinstance(part, Text))
        return Message("tool", (ToolResult(id, names.get(id, ""), words),))
    role = _ROLES.get(said.role)
    if role is None:
        raise InvalidInput(f"Nobody speaks as {said.role!r}.", hint="One of system, developer, user, assistant, tool.")
    if role == "assistant":
        if said.reasoning_content:
            parts.insert(0, Thinking(said.reasoning_content, "reasoning_content"))
        for call in said.tool_calls or ():
            given, malformed = read_arguments(call.function.arguments or "")
            parts.append(ToolCall(call.id, call.function.name, given, malformed))
    return Message(role, tuple(parts))


def _parts(content: str | list[_Part] | None) -> list[Part]:
    if content is None:
        return []
    if isinstance(content, str):
        return [Text(content)]
    parts: list[Part] = []
    for part in content:
        if part.image_url is not None:
            parts.append(picture(part.image_url if isinstance(part.image_url, str) else part.image_url.url))
        elif part.text is not None or part.refusal is not None:
            parts.append(Text(part.text or part.refusal or ""))
        else:
            raise InvalidInput(f"Parts of type {part.type!r} cannot be read.", hint="Send text and images.")
    return parts


def usage_of(usage: Usage) -> dict[str, Any]:
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning_tokens, "audio_tokens": 0},
    }


def _calls(reply: Reply) -> list[dict[str, Any]]:
    return [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments(call)}}
        for call in reply.message.calls
    ]


_CLOSING = b'},"logprobs":null,"finish_reason":null}]}\n\n'


class Telling:
    def __init__(self, asked: Asked, about: About) -> None:
        self._usage = asked.usage
        self._id = f"chatcmpl-{about.id}"
        self._about = about
        self._head = b'data: {"id":%s,"object":"chat.completion.chunk","created":%d,"model":%s,' % (
            encode(self._id),
            int(about.at),
            encode(about.model),
        )
        self._text = self._opening(b"content")

    def _opening(self, kind: bytes) -> bytes:
        """A piece up to its words."""
        return b'%s"choices":[{"index":0,"delta":{"%s":' % (self._head, kind)

    def begin(self) -> bytes:
        return self._choice({"role": "assistant", "content": ""}, None)

    def text(self, text: str) -> bytes:
        return self._text + encode(text) + _CLOSING

    def thinking(self, text: str) -> bytes:
        return self._opening(b"reasoning_content") + encode(text) + _CLOSING

    def end(self, reply: Reply) -> bytes:
        pieces = []
        if calls := _calls(reply):
            numbered = [{"index": index, **call} for index, call in enumerate(calls)]
            pieces.append(self._choice({"tool_calls": numbered}, None))
        pieces.append(self._choice({}, _FINISHES[reply.finish]))
        if self._usage:
            pieces.append(self._head + b'"choices":[],"usage":%s}\n\n' % encode(usage_of(reply.usage)))
        return b"".join(pieces) + b"data: [DONE]\n\n"

    def _choice(self, delta: dict[str, Any], finish: str | None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return self._head + b'"choices":[%s]}\n\n' % encode(choice)

    def broken(self, error: Exception) -> bytes:
        return b"data: %s\n\n" % encode(refusal(error, "openai"))

    def whole(self, reply: Reply) -> bytes:
        words, calls = reply.message.text, _calls(reply)
        refused = reply.finish == "filtered"
        message: dict[str, Any] = {"role": "assistant", "content": None if refused or (calls and not words) else words}
        message["refusal"] = words if refused else None
        if thought := "".join(part.text for part in reply.message.parts if isinstance(part, Thinking)):
            message["reasoning_content"] = thought
        if calls:
            message["tool_calls"] = calls
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _FINISHES[reply.finish]}
        return encode(
            {
                "id": self._id,
                "object": "chat.completion",
                "created": int(self._about.at),
                "model": self._about.model,
                "choices": [choice],
                "usage": usage_of(reply.usage),
            }
        )

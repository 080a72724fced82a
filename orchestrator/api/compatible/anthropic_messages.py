"""Anthropic's messages: `POST /v1/messages`."""

from typing import Any

import msgspec
from msgspec import Struct

from orchestrator.api.compatible.doors import About, Asked, Vendor, arguments, encode, picture, read, spoken, tool
from orchestrator.api.compatible.refusals import refusal
from orchestrator.api.compatible.sealed import opened, sealed
from orchestrator.kernel.errors import InvalidInput
from orchestrator.kernel.messages import (
    Image,
    Message,
    Part,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    ToolSpec,
    Usage,
    system,
)
from orchestrator.llm.base import Finish, Reply, Request

_STOPS: dict[Finish, str] = {"stop": "end_turn", "tools": "tool_use", "length": "max_tokens", "filtered": "refusal"}


class _Source(Struct, frozen=True):
    type: str = ""
    media_type: str = ""
    data: str = ""
    url: str = ""


class _Block(Struct, frozen=True):
    type: str
    text: str = ""
    source: _Source | None = None
    id: str = ""
    name: str = ""
    input: dict[str, Any] | None = None
    tool_use_id: str = ""
    content: "str | list[_Block] | None" = None
    is_error: bool | None = None
    thinking: str = ""
    signature: str = ""
    data: str = ""


class _Message(Struct, frozen=True):
    role: str
    content: str | list[_Block]


class _Tool(Struct, frozen=True):
    name: str = ""
    type: str | None = None
    description: str | None = None
    input_schema: dict[str, Any] | None = None


class _Wanted(Struct, frozen=True):
    type: str = "auto"
    name: str = ""


class _Format(Struct, frozen=True):
    type: str = ""
    schema: dict[str, Any] | None = None


class _Output(Struct, frozen=True):
    format: _Format | None = None


class _Body(Struct, frozen=True):
    messages: list[_Message]
    model: str = "auto"
    system: str | list[_Block] | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    stop_sequences: list[str] | None = None
    stream: bool | None = None
    tools: list[_Tool] | None = None
    tool_choice: _Wanted | None = None
    output_config: _Output | None = None
    output_format: _Format | None = None


_body = msgspec.json.Decoder(_Body)


class Messages:
    name = "anthropic.messages"
    vendor: Vendor = "anthropic"
    media_type = "text/event-stream"
    pulse = b'event: ping\ndata: {"type":"ping"}\n\n'

    def read(self, body: bytes) -> Asked:
        said = read(_body, body)
        wanted = said.output_format or (said.output_config.format if said.output_config is not None else None)
        names = {block.id: block.name for message in said.messages for block in _blocks(message.content)}
        messages = [made for message in said.messages for made in _messages(message, names)]
        if said.system:
            messages.insert(0, system("\n\n".join(block.text for block in _blocks(said.system))))
        choice = said.tool_choice or _Wanted()
        request = Request(
            said.model,
            tuple(messages),
            tuple(_tools(said)),
            said.max_tokens,
            said.temperature,
            tuple(said.stop_sequences or ()),
            wanted.schema if wanted is not None else None,
            final=bool(said.stream),
            must="*" if choice.type == "any" else choice.name,
            top_p=said.top_p,
        )
        return Asked(spoken(request), bool(said.stream))

    def teller(self, asked: Asked, about: About) -> "Telling":
        return Telling(about)


def _blocks(content: str | list[_Block]) -> list[_Block]:
    return [_Block("text", content)] if isinstance(content, str) else content


def _tools(said: _Body) -> list[ToolSpec]:
    if said.tool_choice is not None and said.tool_choice.type == "none":
        return []
    made = []
    for one in said.tools or ():
        if one.input_schema is None:
            raise InvalidInput(
                f"The tool {one.name or one.type!r} is run by its vendor, not here.", hint="Leave it out."
            )
        made.append(tool(one.name, one.description, one.input_schema))
    return made


def _messages(said: _Message, names: dict[str, str]) -> list[Message]:
    """A turn as our messages: what tools gave back stands before what a person says."""
    if said.role == "assistant":
        return [Message("assistant", tuple(part for block in _blocks(said.content) if (part := _said(block))))]
    if said.role not in ("user", "system"):
        raise InvalidInput(f"Nobody speaks as {said.role!r}.", hint="One of user, assistant, system.")
    results: list[Part] = []
    parts: list[Part] = []
    for block in _blocks(said.content):
        if block.type == "tool_result":
            results.append(_result(block, names))
            parts += [_part(one) for one in _blocks(block.content or "") if one.type == "image"]
        else:
            parts.append(_part(block))
    made = [Message("tool", tuple(results))] if results else []
    if parts or not results:
        made.append(Message("system" if said.role == "system" else "user", tuple(parts)))
    return made


def _result(block: _Block, names: dict[str, str]) -> ToolResult:
    words = "".join(one.text for one in _blocks(block.content or ""))
    outcome = "failed" if block.is_error else "ok"
    return ToolResult(block.tool_use_id, names.get(block.tool_use_id, ""), words, outcome)  # type: ignore[arg-type]


def _part(block: _Block) -> Text | Image:
    if block.type == "text":
        return Text(block.text)
    if block.type == "image" and block.source is not None:
        source = block.source
        return Image(source.media_type, source.data) if source.type == "base64" else picture(source.url)
    raise InvalidInput(f"Blocks of type {block.type!r} cannot be read.", hint="Send text, images and tool results.")


def _said(block: _Block) -> Part | None:
    """A block of the model's own; thinking that nobody signed is not given back to it."""
    match block.type:
        case "text":
            return Text(block.text) if block.text else None
        case "tool_use":
            return ToolCall(block.id, block.name, block.input or {})
        case "thinking":
            return Thinking(block.thinking, block.signature) if block.signature else None
        case "redacted_thinking":
            return opened(block.data)
    raise InvalidInput(f"Blocks of type {block.type!r} cannot be read.", hint="Send text, thinking and tool_use.")


def _usage(usage: Usage) -> dict[str, Any]:
    return {
        "input_tokens": usage.input_tokens - usage.cached_tokens,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": usage.cached_tokens,
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"thinking_tokens": usage.reasoning_tokens},
    }


def _event(kind: str, **more: Any) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (kind.encode(), encode({"type": kind, **more}))


class Telling:
    def __init__(self, about: About) -> None:
        self._id = f"msg_{about.id}"
        self._model = about.model
        self._index = -1
        self._kind = ""  # of the block that is open
        self._head = b""  # of its deltas

    def _message(self, content: list[dict[str, Any]], stop: str | None, usage: Usage) -> dict[str, Any]:
        return {
            "id": self._id,
            "type": "message",
            "role": "assistant",
            "model": self._model,
            "content": content,
            "stop_reason": stop,
            "stop_sequence": None,
            "usage": _usage(usage),
        }

    def begin(self) -> bytes:
        return _event("message_start", message=self._message([], None, Usage()))

    def text(self, text: str) -> bytes:
        opening = self._opened({"type": "text", "text": ""}) if self._kind != "text" else b""
        return b"%s%s%s}}\n\n" % (opening, self._head, encode(text))

    def thinking(self, text: str) -> bytes:
        block = {"type": "thinking", "thinking": "", "signature": ""}
        opening = self._opened(block) if self._kind != "thinking" else b""
        return b"%s%s%s}}\n\n" % (opening, self._head, encode(text))

    def _opened(self, block: dict[str, Any]) -> bytes:
        closing = self._closed()
        self._index += 1
        kind = self._kind = str(block["type"])
        if kind in ("text", "thinking"):
            self._head = (
                b"event: content_block_delta\n"
                b'data: {"type":"content_block_delta","index":%d,"delta":{"type":"%s_delta","%s":'
            ) % (self._index, kind.encode(), kind.encode())
        return closing + _event("content_block_start", index=self._index, content_block=block)

    def _closed(self) -> bytes:
        if not self._kind:
            return b""
        self._kind = ""
        return _event("content_block_stop", index=self._index)

    def end(self, reply: Reply) -> bytes:
        pieces = []
        for part in reply.message.parts:
            if isinstance(part, Thinking) and part.signature:
                pieces.append(self._opened({"type": "redacted_thinking", "data": sealed(part)}))
            elif isinstance(part, ToolCall):
                said = arguments(part)
                pieces.append(self._opened({"type": "tool_use", "id": part.id, "name": part.name, "input": {}}))
                delta = {"type": "input_json_delta", "partial_json": said}
                pieces.append(_event("content_block_delta", index=self._index, delta=delta))
        pieces.append(self._closed())
        stop = {"stop_reason": _STOPS[reply.finish], "stop_sequence": None}
        pieces.append(_event("message_delta", delta=stop, usage=_usage(reply.usage)))
        return b"".join([*pieces, _event("message_stop")])

    def whole(self, reply: Reply) -> bytes:
        content = [block for part in reply.message.parts if (block := _block(part))]
        return encode(self._message(content, _STOPS[reply.finish], reply.usage))

    def broken(self, error: Exception) -> bytes:
        return b"event: error\ndata: %s\n\n" % encode(refusal(error, "anthropic"))


def _block(part: Part) -> dict[str, Any] | None:
    match part:
        case Text(text=text) if text:
            return {"type": "text", "text": text}
        case Thinking() as thinking:
            if not thinking.text and thinking.signature:
                return {"type": "redacted_thinking", "data": sealed(thinking)}
            return {"type": "thinking", "thinking": thinking.text, "signature": thinking.signature}
        case ToolCall() as call:
            arguments(call)
            return {"type": "tool_use", "id": call.id, "name": call.name, "input": call.arguments}
    return None

"""The `responses` provider: OpenAI's Responses wire, on which its models think and call tools in one reply.

Requires: a key at OpenAI; other servers speak this wire too. Can: chat, tools, vision, thinking, embeddings,
JSON schemas. Nothing is stored at the vendor: what the model thought comes back sealed, and goes with the next
request. Options: `request` (fields added to every request, such as `reasoning`), `embedding_model`, `headers`.
"""

from collections.abc import AsyncIterator
from typing import Any, ClassVar

import msgspec
from msgspec import Struct

from orchestrator.kernel.errors import ModelGarbled
from orchestrator.kernel.messages import Image, Message, Part, Text, Thinking, ToolCall, ToolResult, Usage
from orchestrator.llm.base import Chunk, Finish, Reply, Request
from orchestrator.llm.draft import Call, Draft, Words, check, wire_name
from orchestrator.llm.framing import Events
from orchestrator.llm.prices import cost
from orchestrator.llm.wire import REPLY_LIMIT, Body, Refused, broken_off, decode, explained
from orchestrator.llm.wires.completions import Completions

_SEALED = "responses:"  # before the name and the sealed content of a reasoning item, as JSON
_FINISHES: dict[str, Finish] = {"max_output_tokens": "length", "content_filter": "filtered"}
_OPTIONAL = ("temperature", "include", "text", "reasoning")


class _Piece(Struct):
    text: str = ""


class _Item(Struct):
    type: str = ""
    id: str = ""
    call_id: str = ""
    name: str = ""
    arguments: str = ""
    encrypted_content: str | None = None
    summary: list[_Piece] | None = None


class _Read(Struct):
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None


class _Spent(Struct):
    reasoning_tokens: int | None = None


class _Used(Struct):
    input_tokens: int | None = None
    output_tokens: int | None = None
    input_tokens_details: _Read | None = None
    output_tokens_details: _Spent | None = None


class _Why(Struct):
    reason: str | None = None


class _Problem(Struct):
    code: str | None = None
    message: str | None = None


class _Response(Struct):
    model: str = ""
    status: str | None = None
    usage: _Used | None = None
    error: _Problem | None = None
    incomplete_details: _Why | None = None


class _Event(Struct):
    type: str
    delta: Any = None
    output_index: int = 0
    summary_index: int = 0
    item: _Item | None = None
    response: _Response | None = None
    code: str | None = None
    message: str | None = None


_event = msgspec.json.Decoder(_Event)


class Responses(Completions):
    address: ClassVar[str] = "https://api.openai.com/v1"
    embedding = "text-embedding-3-small"

    async def stream(self, request: Request) -> AsyncIterator[Chunk]:
        check(request)
        draft = Draft(request)
        reading = _Reading(draft, request.model or self._model)
        body = self._body(request)
        try:
            # Its last event repeats the whole reply, so a line may be as long as that.
            async with self._wire.stream("/responses", body, Events(REPLY_LIMIT), self._concede) as stream:
                while (frames := await stream.read()) is not None:
                    for frame in frames:
                        if not reading.take(decode(_event, frame, self.name), self.name):
                            stream.complete = True
                            break
                    for delta in draft.deltas():
                        yield delta
                    if stream.complete:
                        yield reading.reply(self.host)
                        return
                raise ModelGarbled(f"{self.name} ended its reply in the middle.", hint="Ask again.")
        except Refused as refused:
            raise await explained(self, refused, request.model or self._model) from refused

    def _body(self, request: Request) -> Body:
        model = request.model or self._model
        body: Body = {
            "model": model,
            "input": [item for message in request.messages for item in self._items(message)],
            "stream": True,
            "store": False,
            "include": ["reasoning.encrypted_content"],
        }
        if told := "\n\n".join(message.text for message in request.messages if message.role == "system"):
            body["instructions"] = told
        if request.tools:
            body["tools"] = [
                {
                    "type": "function",
                    "name": wire_name(tool.name),
                    "description": tool.description,
                    "parameters": tool.parameters,
                    "strict": False,
                }
                for tool in request.tools
            ]
            if request.must:
                named = {"type": "function", "name": wire_name(request.must)}
                body["tool_choice"] = "required" if request.must == "*" else named
        if request.max_tokens is not None:
            body["max_output_tokens"] = request.max_tokens
        if request.temperature is not None:
            body["temperature"] = request.temperature
        if request.top_p is not None:
            body["top_p"] = request.top_p
        if request.schema is not None:
            shape = {"type": "json_schema", "name": "answer", "schema": request.schema, "strict": False}
            body["text"] = {"format": shape}
        body.update(self._added)
        for param in self._conceded.get(model, ()):
            body.pop(param, None)
        return body

    def _items(self, message: Message) -> list[Body]:
        """The items of a message. What is said in one go is one item, so that calls keep their place."""
        items: list[Body] = []
        kind = "output_text" if message.role == "assistant" else "input_text"
        for part in message.parts if message.role != "system" else ():
            item = _item(part)
            if item is not None:
                items.append(item)
            elif (content := _content(part, kind)) is not None:
                if not items or "content" not in items[-1]:
                    role = "assistant" if message.role == "assistant" else "user"
                    items.append({"type": "message", "role": role, "content": []})
                items[-1]["content"].append(content)
        return items

    def _concede(self, refused: Refused, body: Body) -> bool:
        param = refused.param.partition(".")[0].partition("[")[0]
        if param == "input" and _forget_sealed(body):  # the thinking of another account, or of another model
            return True
        conceded = self._conceded.setdefault(body["model"], set())
        if param not in _OPTIONAL or param not in body:
            return False
        del body[param]
        conceded.add(param)
        return True


def _item(part: Part) -> Body | None:
    match part:
        case ToolCall(id, name, arguments):
            written = msgspec.json.encode(arguments).decode()
            return {"type": "function_call", "call_id": id, "name": wire_name(name), "arguments": written}
        case ToolResult(call_id, _, content):
            return {"type": "function_call_output", "call_id": call_id, "output": content}
        case Thinking(text, signature) if signature.startswith(_SEALED):
            sealed: Any = msgspec.json.decode(signature.removeprefix(_SEALED))
            summary = [{"type": "summary_text", "text": text}] if text else []
            return {"type": "reasoning", "id": sealed[0], "summary": summary, "encrypted_content": sealed[1]}
    return None


def _content(part: Part, kind: str) -> Body | None:
    if isinstance(part, Text):
        return {"type": kind, "text": part.text} if part.text else None
    if isinstance(part, Image):
        return {"type": "input_image", "image_url": f"data:{part.media_type};base64,{part.data}", "detail": "auto"}
    return None


def _forget_sealed(body: Body) -> bool:
    kept = [item for item in body["input"] if item["type"] != "reasoning"]
    changed = len(kept) < len(body["input"])
    body["input"] = kept
    return changed


class _Reading:
    """One reply of this wire, put together event by event."""

    def __init__(self, draft: Draft, model: str) -> None:
        self._draft = draft
        self._model = model
        self._items: dict[int, Words | Call] = {}
        self._refused = False
        self._ended = _Response()

    def take(self, event: _Event, provider: str) -> bool:
        """False once the stream has said that it is done."""
        delta = event.delta if isinstance(event.delta, str) else ""
        match event.type:
            case "response.output_text.delta":
                self._draft.text(delta)
            case "response.reasoning_summary_text.delta" | "response.reasoning_text.delta":
                self._draft.thinking(delta)
            case "response.function_call_arguments.delta":
                if isinstance(call := self._items.get(event.output_index), Call):
                    call.fragments.append(delta)
            case "response.output_item.added" if event.item is not None:
                self._begin(event.output_index, event.item)
            case "response.output_item.done" if event.item is not None:
                self._end(event.output_index, event.item)
            case "response.reasoning_summary_part.added" if event.summary_index:
                self._draft.thinking("\n\n")
            case "response.refusal.delta":
                self._refused = True
                self._draft.text(delta)
            case "response.completed" | "response.incomplete" if event.response is not None:
                self._ended = event.response
                return False
            case "response.failed":
                problem = (event.response.error if event.response else None) or _Problem()
                raise broken_off(provider, problem.code or "", problem.message or "")
            case "error":
                raise broken_off(provider, event.code or "", event.message or "")
        return True

    def _begin(self, index: int, item: _Item) -> None:
        match item.type:
            case "function_call":
                self._items[index] = self._draft.call(item.call_id, item.name)
            case "reasoning":
                self._items[index] = self._draft.begin(True)
            case "message":
                self._items[index] = self._draft.begin(False)

    def _end(self, index: int, item: _Item) -> None:
        if index not in self._items:  # some servers say an item only when it is whole
            self._begin(index, item)
        begun = self._items.get(index)
        if isinstance(begun, Call):
            if item.arguments and not begun.fragments:
                begun.fragments.append(item.arguments)
        elif isinstance(begun, Words) and begun.thinking and item.encrypted_content:
            begun.signature = _SEALED + msgspec.json.encode([item.id, item.encrypted_content]).decode()

    def reply(self, host: str) -> Reply:
        used = self._ended.usage or _Used()
        read, spent = used.input_tokens_details or _Read(), used.output_tokens_details or _Spent()
        usage = Usage(
            used.input_tokens or 0, used.output_tokens or 0, read.cached_tokens or 0, spent.reasoning_tokens or 0
        )
        why = (self._ended.incomplete_details or _Why()).reason or ""
        finish = _FINISHES.get(why, "tools" if self._draft.has_calls else "stop")
        model = self._ended.model or self._model
        money = cost(host, model, usage, read.cache_write_tokens or 0)
        return Reply(self._draft.message(), model, "filtered" if self._refused else finish, usage, money)

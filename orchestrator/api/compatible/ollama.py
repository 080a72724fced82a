"""Ollama's own wire: `POST /api/chat` and `POST /api/generate`. It streams unless told otherwise, a line a piece."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct

from orchestrator.api.compatible.doors import About, Asked, Vendor, arguments, encode, read, spoken, tool
from orchestrator.api.compatible.refusals import refusal
from orchestrator.kernel.errors import InvalidInput
from orchestrator.kernel.messages import (
    Image,
    Message,
    Part,
    Role,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    system,
    user,
)
from orchestrator.llm.base import Reply, Request

_ROLES: dict[str, Role] = {"system": "system", "user": "user", "assistant": "assistant"}
_KINDS = {"iVBOR": "image/png", "/9j/": "image/jpeg", "R0lGOD": "image/gif", "UklGR": "image/webp"}


class _Function(Struct, frozen=True):
    name: str = ""
    arguments: dict[str, Any] | None = None
    description: str | None = None
    parameters: dict[str, Any] | None = None


class _Call(Struct, frozen=True):
    function: _Function = _Function()


class _Message(Struct, frozen=True):
    role: str
    content: str | None = None
    images: list[str] | None = None
    tool_calls: list[_Call] | None = None
    tool_name: str | None = None


class _Options(Struct, frozen=True):
    temperature: float | None = None
    top_p: float | None = None
    seed: int | None = None
    num_predict: int | None = None
    stop: str | list[str] | None = None


class _Common(Struct, frozen=True):
    model: str = "auto"
    stream: bool | None = None
    format: str | dict[str, Any] | None = None
    options: _Options | None = None


class _Chat(_Common, frozen=True):
    messages: list[_Message] = []
    tools: list[_Call] | None = None


class _Generate(_Common, frozen=True):
    prompt: str = ""
    system: str | None = None
    images: list[str] | None = None


_chat = msgspec.json.Decoder(_Chat)
_generate = msgspec.json.Decoder(_Generate)


def _asked(said: _Common, messages: list[Message], tools: list[_Call]) -> Asked:
    options = said.options or _Options()
    stop = options.stop or ()
    stream = said.stream is not False
    given = [one.function for one in tools]
    request = Request(
        said.model.removesuffix(":latest"),
        tuple(messages),
        tuple(tool(one.name, one.description, one.parameters) for one in given),
        options.num_predict if options.num_predict is not None and options.num_predict > 0 else None,
        options.temperature,
        (stop,) if isinstance(stop, str) else tuple(stop),
        _schema(said.format),
        final=stream,
        top_p=options.top_p,
        seed=options.seed,
    )
    return Asked(spoken(request), stream)


def _schema(wanted: str | dict[str, Any] | None) -> dict[str, Any] | None:
    if isinstance(wanted, dict):
        return wanted or None
    return {"type": "object"} if wanted == "json" else None


def _images(said: list[str] | None) -> list[Image]:
    return [Image(_kind(data), data) for data in said or ()]


def _kind(data: str) -> str:
    for head, kind in _KINDS.items():
        if data.startswith(head):
            return kind
    raise InvalidInput("An image cannot be read.", hint="Send PNG, JPEG, GIF or WebP in base64.")


def _messages(said: list[_Message]) -> list[Message]:
    """This wire has no names of calls: results are taken in the order of the calls, or by the tool's name."""
    made: list[Message] = []
    waiting: list[ToolCall] = []
    count = 0
    for message in said:
        if message.role == "tool":
            call = next((one for one in waiting if one.name == message.tool_name), waiting[0] if waiting else None)
            if call is not None:
                waiting.remove(call)
            name = call.name if call is not None else message.tool_name or ""
            result = ToolResult(call.id if call is not None else "", name, message.content or "")
            made.append(Message("tool", (result,)))
            continue
        role = _ROLES.get(message.role)
        if role is None:
            raise InvalidInput(f"Nobody speaks as {message.role!r}.", hint="One of system, user, assistant, tool.")
        parts: list[Part] = [Text(message.content)] if message.content else []
        parts += _images(message.images)
        if role == "assistant":
            for one in message.tool_calls or ():
                count += 1
                call = ToolCall(f"call_{count}", one.function.name, one.function.arguments or {})
                waiting.append(call)
                parts.append(call)
        made.append(Message(role, tuple(parts)))
    return made


class Chat:
    name = "ollama.chat"
    vendor: Vendor = "ollama"
    media_type = "application/x-ndjson"
    pulse = b""

    def read(self, body: bytes) -> Asked:
        said = read(_chat, body)
        return _asked(said, _messages(said.messages), said.tools or [])

    def teller(self, asked: Asked, about: About) -> "Telling":
        return Telling(about, chat=True)


class Generate:
    name = "ollama.generate"
    vendor: Vendor = "ollama"
    media_type = "application/x-ndjson"
    pulse = b""

    def read(self, body: bytes) -> Asked:
        said = read(_generate, body)
        messages = [system(said.system)] if said.system else []
        if not said.prompt and not said.images:
            raise InvalidInput("The prompt is empty.", hint="Models are loaded by whoever serves them.")
        return _asked(said, [*messages, user(said.prompt, *_images(said.images))], [])

    def teller(self, asked: Asked, about: About) -> "Telling":
        return Telling(about, chat=False)


class Telling:
    def __init__(self, about: About, *, chat: bool) -> None:
        self._chat = chat
        self._made = datetime.fromtimestamp(about.at, UTC).isoformat().replace("+00:00", "Z")
        self._model = about.model
        self._head = b'{"model":%s,"created_at":%s,' % (encode(about.model), encode(self._made))

    def begin(self) -> bytes:
        return b""

    def text(self, text: str) -> bytes:
        said = b'"message":{"role":"assistant","content":%s}' if self._chat else b'"response":%s'
        return self._head + said % encode(text) + b',"done":false}\n'

    def thinking(self, text: str) -> bytes:
        said = (
            b'"message":{"role":"assistant","content":"","thinking":%s}'
            if self._chat
            else b'"response":"","thinking":%s'
        )
        return self._head + said % encode(text) + b',"done":false}\n'

    def end(self, reply: Reply) -> bytes:
        pieces = []
        if calls := _calls(reply):
            message = {"role": "assistant", "content": "", "tool_calls": calls}
            pieces.append(encode({**self._named(), "message": message, "done": False}) + b"\n")
        said: dict[str, Any] = {"message": {"role": "assistant", "content": ""}} if self._chat else {"response": ""}
        return b"".join([*pieces, encode({**self._named(), **said, **_ending(reply)}), b"\n"])

    def whole(self, reply: Reply) -> bytes:
        words = reply.message.text
        thought = "".join(part.text for part in reply.message.parts if isinstance(part, Thinking))
        also: dict[str, Any] = {"thinking": thought} if thought else {}
        if not self._chat:
            return encode({**self._named(), "response": words, **also, **_ending(reply)})
        if calls := _calls(reply):
            also["tool_calls"] = calls
        message = {"role": "assistant", "content": words, **also}
        return encode({**self._named(), "message": message, **_ending(reply)})

    def broken(self, error: Exception) -> bytes:
        return encode(refusal(error, "ollama")) + b"\n"

    def _named(self) -> dict[str, Any]:
        return {"model": self._model, "created_at": self._made}


def _calls(reply: Reply) -> list[dict[str, Any]]:
    for call in reply.message.calls:
        arguments(call)
    return [{"function": {"name": call.name, "arguments": call.arguments}} for call in reply.message.calls]


def _ending(reply: Reply) -> dict[str, Any]:
    return {
        "done": True,
        "done_reason": "length" if reply.finish == "length" else "stop",
        "prompt_eval_count": reply.usage.input_tokens,
        "eval_count": reply.usage.output_tokens,
    }

"""OpenAI's responses: `POST /v1/responses`. Nothing is stored for models: a conversation is sent whole each time.

An agent's answer can be gone on from by `previous_response_id`, for its run is durable.
"""

from typing import Any

import msgspec
from msgspec import Struct

from orchestrator.api.compatible.doors import About, Asked, Vendor, picture, read, spoken, tool
from orchestrator.api.compatible.responses_telling import PREFIX, Telling
from orchestrator.api.compatible.sealed import opened
from orchestrator.kernel.errors import InvalidInput
from orchestrator.kernel.messages import Message, Part, Role, Text, ToolCall, ToolResult, ToolSpec, system, user
from orchestrator.llm.base import Request
from orchestrator.llm.draft import read_arguments

_ROLES: dict[str, Role] = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}


class _Part(Struct, frozen=True):
    type: str = ""
    text: str | None = None
    refusal: str | None = None
    image_url: str | None = None


class _Item(Struct, frozen=True):
    type: str = "message"
    role: str = ""
    content: str | list[_Part] | None = None
    call_id: str = ""
    name: str = ""
    arguments: str = ""
    output: str | list[_Part] | None = None
    encrypted_content: str | None = None


class _Tool(Struct, frozen=True):
    type: str = "function"
    name: str = ""
    description: str | None = None
    parameters: dict[str, Any] | None = None


class _Wanted(Struct, frozen=True):
    type: str = ""
    name: str = ""


class _Format(Struct, frozen=True):
    type: str = "text"
    schema: dict[str, Any] | None = None


class _Words(Struct, frozen=True):
    format: _Format | None = None


class _Body(Struct, frozen=True):
    input: str | list[_Item]
    model: str = "auto"
    instructions: str | None = None
    stream: bool | None = None
    tools: list[_Tool] | None = None
    tool_choice: str | _Wanted | None = None
    max_output_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    text: _Words | None = None
    previous_response_id: str | None = None


_body = msgspec.json.Decoder(_Body)


class Responses:
    name = "openai.responses"
    vendor: Vendor = "openai"
    media_type = "text/event-stream"
    pulse = b": alive\n\n"

    def read(self, body: bytes) -> Asked:
        said = read(_body, body)
        messages = [user(said.input)] if isinstance(said.input, str) else _messages(said.input)
        if said.instructions:
            messages.insert(0, system(said.instructions))
        request = Request(
            said.model,
            tuple(messages),
            tuple(_tools(said)),
            said.max_output_tokens,
            said.temperature,
            schema=_schema(said.text.format if said.text is not None else None),
            final=bool(said.stream),
            must=_must(said.tool_choice),
            top_p=said.top_p,
        )
        before = (said.previous_response_id or "").removeprefix(PREFIX)
        return Asked(spoken(request), bool(said.stream), before=before)

    def teller(self, asked: Asked, about: About) -> Telling:
        return Telling(about)


def _schema(wanted: _Format | None) -> dict[str, Any] | None:
    if wanted is None or wanted.type == "text":
        return None
    return wanted.schema or {"type": "object"}


def _tools(said: _Body) -> list[ToolSpec]:
    if said.tool_choice == "none":
        return []
    made = []
    for one in said.tools or ():
        if one.type != "function":
            raise InvalidInput(f"Tools of type {one.type!r} are run by their vendor, not here.", hint="Leave it out.")
        made.append(tool(one.name, one.description, one.parameters))
    return made


def _must(wanted: str | _Wanted | None) -> str:
    """The tool that has to be called; "*" for any of them."""
    if isinstance(wanted, _Wanted):
        return wanted.name
    return "*" if wanted == "required" else ""


def _messages(items: list[_Item]) -> list[Message]:
    """Neighbouring items of the model are one message of it."""
    names = {item.call_id: item.name for item in items if item.type == "function_call"}
    made: list[Message] = []
    for item in items:
        message = _message(item, names)
        if message is None:
            continue
        if made and message.role == made[-1].role == "assistant":
            made[-1] = Message("assistant", (*made[-1].parts, *message.parts))
        else:
            made.append(message)
    return made


def _message(item: _Item, names: dict[str, str]) -> Message | None:
    match item.type:
        case "message":
            role = _ROLES.get(item.role)
            if role is None:
                raise InvalidInput(
                    f"Nobody speaks as {item.role!r}.", hint="One of system, developer, user, assistant."
                )
            return Message(role, tuple(_parts(item.content)))
        case "function_call":
            given, malformed = read_arguments(item.arguments)
            return Message("assistant", (ToolCall(item.call_id, item.name, given, malformed),))
        case "function_call_output":
            words = "".join(part.text for part in _parts(item.output) if isinstance(part, Text))
            return Message("tool", (ToolResult(item.call_id, names.get(item.call_id, ""), words),))
        case "reasoning":
            thinking = opened(item.encrypted_content or "")
            return Message("assistant", (thinking,)) if thinking is not None else None
    raise InvalidInput(f"Items of type {item.type!r} cannot be read.", hint="Send messages, calls and their outputs.")


def _parts(content: str | list[_Part] | None) -> list[Part]:
    if content is None:
        return []
    if isinstance(content, str):
        return [Text(content)]
    parts: list[Part] = []
    for part in content:
        if part.image_url is not None:
            parts.append(picture(part.image_url))
        elif part.text is not None or part.refusal is not None:
            parts.append(Text(part.text or part.refusal or ""))
        else:
            raise InvalidInput(f"Parts of type {part.type!r} cannot be read.", hint="Send text and images.")
    return parts

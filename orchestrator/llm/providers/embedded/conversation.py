"""What was said and done so far, read from the messages of a request. Only a person's own words are requests."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from orchestrator.kernel.messages import Message, Text, ToolCall, ToolResult


class Turn(Struct, frozen=True):
    """One message of the person, and all that followed it."""

    asked: str
    made: tuple[tuple[ToolCall, ToolResult], ...] = ()
    answered: str = ""


def turns(messages: Sequence[Message]) -> list[Turn]:
    found: list[Turn] = []
    calls: dict[str, ToolCall] = {}
    made: list[tuple[ToolCall, ToolResult]] = []
    asked: str | None = None
    answered = ""
    for message in messages:
        if message.role == "user":
            words = own_words(message)
            if asked is not None:
                found.append(Turn(asked, tuple(made), answered))
            asked, made, answered, calls = words, [], "", {}
        elif message.role == "assistant":
            calls |= {call.id: call for call in message.calls}
            answered = message.text or answered
        for part in message.parts:
            if isinstance(part, ToolResult) and part.call_id in calls:
                made.append((calls[part.call_id], _plain(part)))
    return [*found, Turn(asked or "", tuple(made), answered)]


def _plain(result: ToolResult) -> ToolResult:
    """With its data as JSON has it: lists, never tuples."""
    return msgspec.structs.replace(result, data=msgspec.json.decode(msgspec.json.encode(result.data)))


def own_words(message: Message) -> str:
    """The text that the person typed: not what came with it from a file, the web or a tool."""
    return "".join(part.text for part in message.parts if isinstance(part, Text) and part.origin in (None, "user"))

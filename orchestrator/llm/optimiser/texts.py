"""The texts inside messages, of ours and of the wires: what a model reads, and what may be written otherwise."""

from collections.abc import Callable
from typing import Any, Literal, TypeAlias, TypeVar, cast

from msgspec.structs import replace

from orchestrator.kernel.messages import Message, Part, Text, ToolResult

M = TypeVar("M", bound=Message | dict[str, Any])
Voice: TypeAlias = Literal["instructions", "person", "assistant", "tool", "file", "prompt"]
Change: TypeAlias = Callable[[str, Voice], str]

# Tools whose results are said by programs: they may show a file, and mostly say what they did.
_PROGRAMS = frozenset({"execute_command", "run_javascript", "run_python"})
_VOICES: dict[str, Voice] = {
    "system": "instructions",
    "developer": "instructions",
    "user": "person",
    "assistant": "assistant",
    "tool": "tool",
    "function": "tool",
}
_TEXTS = ("text", "input_text", "output_text")


def role_of(message: Message | dict[str, Any]) -> str:
    return message.role if isinstance(message, Message) else str(message.get("role"))


def texts_of(message: Message | dict[str, Any]) -> list[str]:
    """Every text that may be rewritten."""
    found: list[str] = []

    def note(text: str, voice: Voice) -> str:
        found.append(text)
        return text

    rewritten(message, note)
    return found


def rewritten(message: M, change: Change) -> M:
    """The message with each of its texts changed. Calls, thinking and images are never touched."""
    voice = _VOICES.get(role_of(message), "person")
    made = _message(message, voice, change) if isinstance(message, Message) else _body(message, voice, change)
    return cast(M, made)


def _message(message: Message, voice: Voice, change: Change) -> Message:
    parts = tuple([_part(part, voice, change) for part in message.parts])
    return message if parts == message.parts else Message(message.role, parts)


def _body(message: dict[str, Any], voice: Voice, change: Change) -> dict[str, Any]:
    content = message.get("content")
    if isinstance(content, str):
        return {**message, "content": change(content, voice)}
    if isinstance(content, list):
        return {**message, "content": [_item(item, voice, change) for item in content]}
    return message


def _part(part: Part, voice: Voice, change: Change) -> Part:
    if isinstance(part, Text):
        return replace(part, text=change(part.text, voice))
    if isinstance(part, ToolResult):
        shown = part.origin == "file" and part.name not in _PROGRAMS
        return replace(part, content=change(part.content, "file" if shown else "tool"))
    return part


def _item(item: Any, voice: Voice, change: Change) -> Any:
    if isinstance(item, dict):
        if item.get("type") == "tool_result" and isinstance(item.get("content"), str):
            return {**item, "content": change(item["content"], "tool")}
        if item.get("type") in _TEXTS and isinstance(item.get("text"), str):
            return {**item, "text": change(item["text"], voice)}
    return item

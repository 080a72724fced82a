"""A reply as it is being made: fragments go in as they come, merged deltas and one message come out."""

import re
from collections.abc import Iterable
from functools import lru_cache

import msgspec

from orchestrator.kernel.errors import ModelRejected
from orchestrator.kernel.messages import Arguments, Message, Part, Text, Thinking, ToolCall
from orchestrator.llm.base import Chunk, Request, TextDelta, ThinkingDelta

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_-]")


def check(request: Request) -> None:
    if not any(message.role != "system" for message in request.messages):
        raise ModelRejected("The request has no message for the model to answer.")


@lru_cache(maxsize=1024)
def wire_name(name: str) -> str:
    """A tool's name in the alphabet that every provider takes."""
    return _NOT_IN_NAMES.sub("_", name)[:64] or "unknown"


def read_arguments(raw: str | bytes) -> tuple[Arguments, str]:
    """Arguments as the model wrote them, or why they cannot be read. Nothing at all means none."""
    if not raw.strip():
        return {}, ""
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeError) as error:
        return {}, f"The arguments are not valid JSON: {error}."
    except RecursionError:
        return {}, "The arguments are nested too deeply."
    if not isinstance(value, dict):
        return {}, "The arguments must be one JSON object."
    return value, ""


def fresh_number(messages: Iterable[Message]) -> int:
    """The first n so that no call of these messages is named `call_n` or later."""
    numbers = [call.id.removeprefix("call_") for message in messages for call in message.calls]
    return max((int(number) for number in numbers if number.isascii() and number.isdigit()), default=0) + 1


class Words:
    """A run of text or of thinking."""

    def __init__(self, thinking: bool, signature: str = "") -> None:
        self.thinking = thinking
        self.pieces: list[str] = []
        self.signature = signature


class Call:
    """A tool call whose arguments come in fragments."""

    def __init__(self, id: str = "", name: str = "") -> None:
        self.id = id
        self.name = name
        self.fragments: list[str] = []


class Draft:
    def __init__(self, request: Request) -> None:
        self._tools = request.tools
        self._messages = request.messages
        self._number = 0  # of the next call that its server gives no name; 0: not known yet
        self._blocks: list[Words | Call] = []
        self._words: Words | None = None  # the run that grows now
        self._news: list[tuple[bool, list[str]]] = []  # what the reader has not been told yet

    def text(self, piece: str, *, thinking: bool = False) -> None:
        if not piece:
            return
        words = self._words
        if words is None or words.thinking is not thinking:
            words = self.begin(thinking)
        words.pieces.append(piece)
        if self._news and self._news[-1][0] is thinking:
            self._news[-1][1].append(piece)
        else:
            self._news.append((thinking, [piece]))

    def thinking(self, piece: str, signature: str = "") -> None:
        self.text(piece, thinking=True)
        if piece and signature and self._words is not None:
            self._words.signature = signature

    def begin(self, thinking: bool, signature: str = "") -> Words:
        """A new run of text or thinking, apart from the one before it."""
        self._words = words = Words(thinking, signature)
        self._blocks.append(words)
        return words

    def call(self, id: str = "", name: str = "") -> Call:
        call = Call(id, name)
        self._blocks.append(call)
        self._words = None
        return call

    @property
    def has_calls(self) -> bool:
        return any(isinstance(block, Call) for block in self._blocks)

    def deltas(self) -> list[Chunk]:
        """What was added since the last time, neighbours of a kind merged into one."""
        news, self._news = self._news, []
        return [ThinkingDelta("".join(pieces)) if thinking else TextDelta("".join(pieces)) for thinking, pieces in news]

    def message(self) -> Message:
        return Message("assistant", tuple(part for block in self._blocks if (part := self._part(block)) is not None))

    def _part(self, block: Words | Call) -> Part | None:
        if isinstance(block, Call):
            return self._tool_call(block)
        words = "".join(block.pieces)
        if block.thinking:
            return Thinking(words, block.signature) if words or block.signature else None
        return Text(words) if words else None

    def _tool_call(self, call: Call) -> ToolCall:
        arguments, why = read_arguments("".join(call.fragments))
        if not call.name:
            why = "The call names no tool."
        if not call.id:
            number = self._number or fresh_number(self._messages)
            call.id = f"call_{number}"
            self._number = number + 1
        return ToolCall(call.id, self._name(call.name), arguments, why)

    def _name(self, said: str) -> str:
        """The tool's own name, which the wire may have changed."""
        return next((tool.name for tool in self._tools if wire_name(tool.name) == said), said)

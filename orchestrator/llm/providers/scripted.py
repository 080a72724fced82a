"""The `scripted` provider, SIMULATED: it says what it was told to say, for tests, tutorials and demonstrations.

Requires: nothing. Can: chat, tools, vision (it looks at nothing), embeddings (hashes, without meaning).
Given a list, it replies in order; by configuration (`options = {replies = [...]}`) the reply is chosen by
how many replies the conversation already holds, so that a restart changes nothing.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct

from orchestrator.kernel.clock import Clock
from orchestrator.kernel.errors import InvalidSettings, ModelRejected
from orchestrator.kernel.messages import Message, Part, Text, Thinking, ToolCall, Usage
from orchestrator.kernel.settings import Provider
from orchestrator.llm.base import Capability, Chunk, Health, ModelInfo, Reply, Request, TextDelta, ThinkingDelta
from orchestrator.llm.draft import check, fresh_number

Line: TypeAlias = Reply | str | Exception
Script: TypeAlias = Callable[[Request], Line]

_CAPABILITIES: frozenset[Capability] = frozenset({"chat", "tools", "vision", "thinking", "embeddings"})
_DIMENSIONS = 16


class Scripted:
    def __init__(
        self,
        script: Sequence[Line] | Script,
        *,
        name: str = "scripted",
        model: str = "scripted",
        gate: Callable[[], Awaitable[object]] | None = None,
        capabilities: frozenset[Capability] = _CAPABILITIES,
        delta: int = 4,
    ) -> None:
        """`gate` is awaited before every delta; `delta` is how many characters one holds."""
        self.name = name
        self.capabilities = capabilities
        self.requests: list[Request] = []
        self._model = model
        self._script = script if callable(script) else _in_order(list(script))
        self._gate = gate
        self._delta = delta

    async def stream(self, request: Request) -> AsyncIterator[Chunk]:
        check(request)
        self.requests.append(request)
        if request.model not in ("", self._model):
            raise ModelRejected(f"{self.name} has no model {request.model!r}.", hint=f"It has: {self._model}.")
        line = self._script(request)
        if isinstance(line, Exception):
            raise line
        reply = line if isinstance(line, Reply) else say(line, model=self._model)
        for part in reply.message.parts:
            if isinstance(part, Text | Thinking):
                for start in range(0, len(part.text), self._delta):
                    await (self._gate() if self._gate else asyncio.sleep(0))
                    piece = part.text[start : start + self._delta]
                    yield TextDelta(piece) if isinstance(part, Text) else ThinkingDelta(piece)
        if self._gate:
            await self._gate()
        yield reply

    async def models(self) -> list[ModelInfo]:
        return [
            ModelInfo(
                self._model, self.name, self.capabilities, simulated=True, description="Says what it was told to say."
            )
        ]

    async def health(self) -> Health:
        return Health(True)

    async def embed(self, texts: list[str], model: str = "") -> list[list[float]]:
        if "embeddings" not in self.capabilities:
            raise ModelRejected(f"{self.name} has no embeddings.")
        return [[byte / 255 for byte in hashlib.sha256(text.encode()).digest()[:_DIMENSIONS]] for text in texts]

    async def close(self) -> None:
        return None


def say(
    text: str = "", *calls: ToolCall, thinking: str = "", model: str = "scripted", usage: Usage | None = None
) -> Reply:
    """A reply of these words and calls; unless told otherwise, a word is a token."""
    parts: list[Part] = [Thinking(thinking)] if thinking else []
    parts += [Text(text)] if text else []
    counted = usage or Usage(output_tokens=len(text.split()) + len(calls))
    return Reply(Message("assistant", (*parts, *calls)), model, "tools" if calls else "stop", counted)


def _in_order(lines: list[Line]) -> Script:
    rest = iter(lines)

    def script(request: Request) -> Line:
        line = next(rest, None)
        return _finished(len(lines)) if line is None else line

    return script


def _finished(length: int) -> ModelRejected:
    return ModelRejected(f"The script has no more than {length} replies.", hint="Write one more.")


class _Call(Struct, forbid_unknown_fields=True):
    name: str
    arguments: dict[str, Any] = {}


class _Written(Struct, forbid_unknown_fields=True):
    """A reply as it is written in a settings file."""

    text: str = ""
    thinking: str = ""
    calls: list[_Call] = []


class _Options(Struct, forbid_unknown_fields=True):
    replies: list[str | _Written] = []
    delta: int = 4


def from_settings(name: str, settings: Provider, clock: Clock) -> Scripted:
    try:
        options = msgspec.convert(settings.options, _Options)
    except msgspec.ValidationError as error:
        raise InvalidSettings(f"The script of {name} cannot be read: {error}.") from error
    return Scripted(_by_turn(options.replies), name=name, model=settings.model or "scripted", delta=options.delta)


def _by_turn(written: list[str | _Written]) -> Script:
    def script(request: Request) -> Line:
        turn = sum(message.role == "assistant" for message in request.messages)
        if turn >= len(written):
            return _finished(len(written))
        line = written[turn]
        if isinstance(line, str):
            return line
        first = fresh_number(request.messages)
        calls = [ToolCall(f"call_{first + n}", call.name, call.arguments) for n, call in enumerate(line.calls)]
        return say(line.text, *calls, thinking=line.thinking)

    return script

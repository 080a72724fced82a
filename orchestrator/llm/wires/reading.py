"""One reply of the chat-completions wire, put together frame by frame."""

from typing import Any

import msgspec
from msgspec import Struct

from orchestrator.kernel.errors import ModelGarbled
from orchestrator.kernel.messages import Usage
from orchestrator.llm.base import Finish, Reply
from orchestrator.llm.draft import Call, Draft
from orchestrator.llm.prices import cost
from orchestrator.llm.wire import broken_off, decode

_FINISHES: dict[str, Finish] = {"length": "length", "content_filter": "filtered"}


class _Function(Struct):
    name: str | None = None
    arguments: str | dict[str, Any] | None = None


class _Call(Struct):
    index: int | None = None
    id: str | None = None
    function: _Function | None = None


class _Delta(Struct):
    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    refusal: str | None = None
    tool_calls: list[_Call] | None = None


class _Choice(Struct):
    delta: _Delta | None = None
    finish_reason: str | None = None


class _Cached(Struct):
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None


class _Spent(Struct):
    reasoning_tokens: int | None = None


class _Usage(Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: _Cached | None = None
    completion_tokens_details: _Spent | None = None
    prompt_cache_hit_tokens: int | None = None  # DeepSeek


class _Problem(Struct):
    message: str | None = None
    type: str | None = None


class _Chunk(Struct):
    choices: list[_Choice] | None = None
    usage: _Usage | None = None
    model: str | None = None
    error: _Problem | str | None = None


_chunk = msgspec.json.Decoder(_Chunk)


class Reading:
    """One reply of this wire, put together frame by frame."""

    def __init__(self, draft: Draft, model: str) -> None:
        self._draft = draft
        self._model = model
        self._finish: str | None = None
        self._done = False
        self._usage = Usage()
        self._written = 0
        self._refused = False
        self._calls: dict[int, Call] = {}
        self._index = 0

    def take(self, frame: bytes, provider: str) -> bool:
        """False once the stream has said that it is done."""
        if not frame.startswith(b"{") and frame.lstrip().startswith(b"[DONE]"):
            self._done = True
            return False
        chunk = decode(_chunk, frame, provider)
        if chunk.error is not None:
            problem = _Problem(chunk.error) if isinstance(chunk.error, str) else chunk.error
            raise broken_off(provider, problem.type or "", problem.message or "")
        if chunk.choices:
            choice = chunk.choices[0]
            if choice.delta is not None:
                self._delta(choice.delta)
            self._finish = choice.finish_reason or self._finish
        if chunk.usage is not None:
            self._usage, self._written = _usage(chunk.usage)
        self._model = chunk.model or self._model
        return True

    def _delta(self, delta: _Delta) -> None:
        if delta.reasoning_content:
            self._draft.thinking(delta.reasoning_content, "reasoning_content")
        elif delta.reasoning:
            self._draft.thinking(delta.reasoning, "reasoning")
        if delta.content:
            self._draft.text(delta.content)
        elif delta.refusal:
            self._refused = True
            self._draft.text(delta.refusal)
        for piece in delta.tool_calls or ():
            self._call(piece)

    def _call(self, piece: _Call) -> None:
        function = piece.function or _Function()
        index = self._index if piece.index is None else piece.index
        call = self._calls.get(index)
        # Some servers give every parallel call the index 0, or none: another identifier is another call,
        # and so is another name where there is neither.
        if (
            call is None
            or (piece.id and call.id and piece.id != call.id)
            or (piece.index is None and piece.id is None and function.name and call.name)
        ):
            call = self._calls[index] = self._draft.call()
        self._index = index
        call.id = call.id or piece.id or ""
        call.name = call.name or function.name or ""
        if isinstance(function.arguments, str):
            call.fragments.append(function.arguments)
        elif function.arguments is not None:
            call.fragments.append(msgspec.json.encode(function.arguments).decode())

    def reply(self, provider: str, host: str) -> Reply:
        if self._finish is None and not self._done:
            raise ModelGarbled(f"{provider} ended its reply in the middle.", hint="Ask again.")
        finish = _FINISHES.get(self._finish or "", "tools" if self._draft.has_calls else "stop")
        if self._refused:
            finish = "filtered"
        usage = self._usage
        return Reply(self._draft.message(), self._model, finish, usage, cost(host, self._model, usage, self._written))


def _usage(usage: _Usage) -> tuple[Usage, int]:
    """What was used, and how much of it was put into the provider's cache."""
    details, spent = usage.prompt_tokens_details, usage.completion_tokens_details
    cached = (details.cached_tokens if details else None) or usage.prompt_cache_hit_tokens or 0
    reasoning = (spent.reasoning_tokens if spent else None) or 0
    used = Usage(usage.prompt_tokens or 0, usage.completion_tokens or 0, cached, reasoning)
    return used, (details.cache_write_tokens if details else None) or 0

"""The `openai` provider: the chat-completions wire, spoken by OpenAI, DeepSeek, Hugging Face, vLLM, llama.cpp.

Requires: nothing but the address, and a key where the server wants one. Can: chat, tools, vision,
thinking (where the server shows it), embeddings. Options: `capabilities` (what this server can do),
`request` (fields added to every request), `embedding_model`, `headers`.
"""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import msgspec
from msgspec import Struct

from orchestrator.kernel.clock import Clock
from orchestrator.kernel.errors import ModelError, ModelGarbled, ModelRejected
from orchestrator.kernel.messages import Image, Message, Text, Thinking, ToolResult, ToolSpec, Usage
from orchestrator.kernel.settings import Provider
from orchestrator.llm.base import Capability, Chunk, Finish, Health, ModelInfo, Reply, Request
from orchestrator.llm.draft import Call, Draft, check, wire_name
from orchestrator.llm.framing import Events
from orchestrator.llm.prices import cost
from orchestrator.llm.wire import Body, Refused, Wire, broken_off, decode

_ADDRESS = "https://api.openai.com/v1"
WIRES = 512  # messages whose JSON is kept
_CAPABILITIES: frozenset[Capability] = frozenset({"chat", "tools", "vision", "thinking", "embeddings"})
_FINISHES: dict[str, Finish] = {"length": "length", "content_filter": "filtered"}
_NOT_FOR_CHAT = ("whisper", "tts", "dall-e", "image", "audio", "realtime", "transcribe", "moderation", "sora")

# How servers call the model's thinking. It is kept as a part's signature, to be given back under the same name.
_THOUGHTS = ("reasoning_content", "reasoning")


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


class _Usage(Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: _Cached | None = None
    prompt_cache_hit_tokens: int | None = None  # DeepSeek


class _Problem(Struct):
    message: str | None = None
    type: str | None = None


class _Chunk(Struct):
    choices: list[_Choice] | None = None
    usage: _Usage | None = None
    model: str | None = None
    error: _Problem | str | None = None


class _Info(Struct):
    id: str
    max_model_len: int | None = None  # vLLM
    context_length: int | None = None  # routers


class _Infos(Struct):
    data: list[_Info] = []


class _Vector(Struct):
    embedding: list[float]
    index: int = 0


class _Vectors(Struct):
    data: list[_Vector]


_chunk = msgspec.json.Decoder(_Chunk)
_infos = msgspec.json.Decoder(_Infos)
_vectors = msgspec.json.Decoder(_Vectors)


class OpenAI:
    def __init__(self, name: str, settings: Provider, clock: Clock) -> None:
        headers = {"Authorization": f"Bearer {settings.api_key}"} if settings.api_key else {}
        self.name = name
        self.capabilities: frozenset[Capability] = frozenset(settings.options.get("capabilities", _CAPABILITIES))
        self._wire = Wire(name, settings, clock, settings.base_url or _ADDRESS, headers)
        self._model = settings.model
        known = "text-embedding-3-small" if self._wire.host == "api.openai.com" else settings.model
        self._embedding = str(settings.options.get("embedding_model", known))
        self._added: Body = settings.options.get("request", {})
        self._wires: dict[int, tuple[Message, tuple[msgspec.Raw, ...]]] = {}
        self._tools: tuple[tuple[ToolSpec, ...], msgspec.Raw] | None = None
        self._conceded: dict[str, set[str]] = {}  # by model: the parameters it will not have

    async def stream(self, request: Request) -> AsyncIterator[Chunk]:
        check(request)
        draft = Draft(request)
        reading = _Reading(draft, request.model or self._model)
        body = self._body(request)
        try:
            async with self._wire.stream("/chat/completions", body, Events(), self._concede) as stream:
                while (frames := await stream.read()) is not None:
                    for frame in frames:
                        if not reading.take(frame, self.name):
                            stream.complete = True
                            break
                    for delta in draft.deltas():
                        yield delta
                    if stream.complete:
                        break
                yield reading.reply(self.name, self._wire.host)
        except Refused as refused:
            raise await self._explained(refused, request) from refused

    def _body(self, request: Request) -> Body:
        model = request.model or self._model
        body: Body = {
            "model": model,
            "messages": [wired for message in request.messages for wired in self._kept(message)],
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if request.tools:
            body["tools"] = self._encoded(request.tools)
        if request.max_tokens is not None:
            body["max_tokens"] = request.max_tokens
        if request.temperature is not None:
            body["temperature"] = request.temperature
        if request.stop:
            body["stop"] = list(request.stop)
        body.update(self._added)
        for param in self._conceded.get(model, ()):
            _without(param, body)
        return body

    def _kept(self, message: Message) -> tuple[msgspec.Raw, ...]:
        """A message as JSON: a run sends it again at each of its steps."""
        known = self._wires.get(id(message))
        if known is None or known[0] is not message:
            if len(self._wires) >= WIRES:
                self._wires.clear()
            raw = tuple(msgspec.Raw(msgspec.json.encode(wired)) for wired in self._wired(message))
            known = self._wires[id(message)] = (message, raw)
        return known[1]

    def _encoded(self, tools: tuple[ToolSpec, ...]) -> msgspec.Raw:
        """The tools as JSON: the same for every step of every run, so made once."""
        if self._tools is None or self._tools[0] is not tools:
            self._tools = (tools, msgspec.Raw(msgspec.json.encode([_tool(tool) for tool in tools])))
        return self._tools[1]

    def _concede(self, refused: Refused, body: Body) -> bool:
        """Models differ in what they take, and say so: do without, and remember it of this model."""
        conceded = self._conceded.setdefault(body["model"], set())
        if refused.param in conceded or not _without(refused.param, body):
            return False
        conceded.add(refused.param)
        return True

    async def _explained(self, refused: Refused, request: Request) -> ModelRejected:
        if refused.status != 404:
            return refused
        try:
            names = [info.name for info in await self.models()]
        except ModelError:
            return refused
        model = request.model or self._model
        if not names or model in names:
            return refused
        return ModelRejected(f"{self.name} has no model {model!r}.", hint=f"It has: {', '.join(names[:20])}.")

    def _wired(self, message: Message) -> Iterator[Body]:
        if message.role == "assistant":
            yield from self._said(message)
            return
        results = [part for part in message.parts if isinstance(part, ToolResult)]
        for result in results:
            yield {"role": "tool", "tool_call_id": result.call_id, "content": result.content}
        images = [part for part in message.parts if isinstance(part, Image)]
        if images:
            yield {
                "role": "user",
                "content": [_content(part) for part in message.parts if isinstance(part, Text | Image)],
            }
        elif message.text or not results:
            yield {"role": "system" if message.role == "system" else "user", "content": message.text}

    def _said(self, message: Message) -> Iterator[Body]:
        said: Body = {"role": "assistant", "content": message.text or None}
        if message.calls:
            said["tool_calls"] = [
                {
                    "id": call.id,
                    "type": "function",
                    "function": {
                        "name": wire_name(call.name),
                        "arguments": msgspec.json.encode(call.arguments).decode(),
                    },
                }
                for call in message.calls
            ]
            if self._wire.host != "api.openai.com":  # which shows none, and rejects what it does not know
                for part in message.parts:
                    if isinstance(part, Thinking) and part.signature in _THOUGHTS:
                        said[part.signature] = said.get(part.signature, "") + part.text
        if message.text or message.calls:
            yield said

    async def models(self) -> list[ModelInfo]:
        """What the server lists, the configured model first: a server need not list all it takes."""
        try:
            listed = (await self._wire.get("/models", _infos)).data
        except Refused as refused:
            if refused.status not in (404, 405) or not self._model:
                raise
            listed = []
        if self._model and not any(info.id == self._model for info in listed):
            listed.append(_Info(self._model))
        return [
            ModelInfo(info.id, self.name, self._can(info.id), info.context_length or info.max_model_len)
            for info in sorted(listed, key=lambda info: info.id != self._model)
            if not any(word in info.id for word in _NOT_FOR_CHAT)
        ]

    def _can(self, model: str) -> frozenset[Capability]:
        return frozenset({"embeddings"}) if "embed" in model else self.capabilities - {"embeddings"}

    async def health(self) -> Health:
        return await self._wire.health("/models")

    async def embed(self, texts: list[str], model: str = "") -> list[list[float]]:
        if not texts:
            return []
        found = await self._wire.post("/embeddings", {"model": model or self._embedding, "input": texts}, _vectors)
        if len(found.data) != len(texts):
            raise ModelGarbled(f"{self.name} returned {len(found.data)} vectors for {len(texts)} texts.")
        return [vector.embedding for vector in sorted(found.data, key=lambda vector: vector.index)]

    async def close(self) -> None:
        await self._wire.close()


class _Reading:
    """One reply of this wire, put together frame by frame."""

    def __init__(self, draft: Draft, model: str) -> None:
        self._draft = draft
        self._model = model
        self._finish: str | None = None
        self._done = False
        self._usage = Usage()
        self._calls: dict[int, Call] = {}
        self._index = 0

    def take(self, frame: bytes, provider: str) -> bool:
        """False once the stream has said that it is done."""
        if frame.lstrip().startswith(b"[DONE]"):
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
            self._usage = _usage(chunk.usage)
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
        usage = self._usage
        return Reply(self._draft.message(), self._model, finish, usage, cost(host, self._model, usage))


def _usage(usage: _Usage) -> Usage:
    details = usage.prompt_tokens_details
    cached = (details.cached_tokens if details else None) or usage.prompt_cache_hit_tokens or 0
    return Usage(usage.prompt_tokens or 0, usage.completion_tokens or 0, cached)


def _without(param: str, body: Body) -> bool:
    """The request without a parameter that its model refuses; False when that cannot be."""
    if param == "reasoning_effort" and body.get("tools") and body.get("reasoning_effort") != "none":
        body["reasoning_effort"] = "none"  # OpenAI's reasoning models take tools on this wire only so
    elif param == "max_tokens" and param in body:
        body["max_completion_tokens"] = body.pop(param)
    elif param in ("temperature", "stop", "stream_options") and param in body:
        del body[param]
    else:
        return False
    return True


def _tool(tool: ToolSpec) -> Body:
    function = {"name": wire_name(tool.name), "description": tool.description, "parameters": tool.parameters}
    return {"type": "function", "function": function}


def _content(part: Text | Image) -> Body:
    if isinstance(part, Image):
        return {"type": "image_url", "image_url": {"url": f"data:{part.media_type};base64,{part.data}"}}
    return {"type": "text", "text": part.text}

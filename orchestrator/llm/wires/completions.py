"""The chat-completions wire: what most servers of models speak. A provider on it says its address and its ways.

Options of all: `capabilities` (what this server can do), `request` (fields added to every request),
`embedding_model`, `headers`.
"""

from collections.abc import AsyncIterator, Iterator
from typing import Any, ClassVar

import msgspec
from msgspec import Struct

from orchestrator.kernel.clock import Clock
from orchestrator.kernel.errors import ModelGarbled, ModelRejected
from orchestrator.kernel.messages import Image, Message, Text, Thinking, ToolResult, ToolSpec
from orchestrator.kernel.settings import Provider
from orchestrator.llm.base import Capability, Chunk, Health, ModelInfo, Request
from orchestrator.llm.draft import Draft, check, wire_name
from orchestrator.llm.facts import default
from orchestrator.llm.framing import Events
from orchestrator.llm.wire import Body, Refused, Wire, explained
from orchestrator.llm.wires.reading import Reading

WIRES = 512  # messages whose JSON is kept
SETS = 32  # of tools, the same
_NOT_FOR_CHAT = ("whisper", "tts", "dall-e", "image", "audio", "realtime", "transcribe", "moderation", "sora")

# How servers call the model's thinking. It is kept as a part's signature, to be given back under the same name.
_THOUGHTS = ("reasoning_content", "reasoning")


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


_infos = msgspec.json.Decoder(_Infos)
_vectors = msgspec.json.Decoder(_Vectors)


class Completions:
    address: ClassVar[str]
    root: ClassVar[str] = ""  # of its pages, where the address is given without it
    can: ClassVar[frozenset[Capability]] = frozenset(
        {"chat", "tools", "vision", "thinking", "embeddings", "schema"},
    )
    embedding: str = ""  # the model for vectors: first that of the vendor's own address
    shapes: ClassVar[bool] = True  # takes a JSON schema; else it can only be told to write JSON

    def __init__(self, name: str, settings: Provider, clock: Clock) -> None:
        headers = {"Authorization": f"Bearer {settings.api_key}"} if settings.api_key else {}
        address = (settings.base_url or self.address).rstrip("/")
        self.name = name
        self.capabilities: frozenset[Capability] = frozenset(settings.options.get("capabilities", self.can))
        self._wire = Wire(name, settings, clock, address.removesuffix(self.root) if self.root else address, headers)
        self.host = self._wire.host
        self._model = settings.model or default(self.host)
        known = self.embedding if self._wire.base_url in self.address else settings.model
        self.embedding = str(settings.options.get("embedding_model", known or self.embedding))
        self._added: Body = settings.options.get("request", {})
        self._wires: dict[int, tuple[Message, list[msgspec.Raw]]] = {}  # by identity, and what keeps it
        self._tools: dict[int, tuple[tuple[ToolSpec, ...], msgspec.Raw]] = {}  # the same, of tools
        self._conceded: dict[str, set[str]] = {}  # by model: the parameters it will not have

    async def stream(self, request: Request) -> AsyncIterator[Chunk]:
        check(request)
        draft = Draft(request)
        reading = Reading(draft, request.model or self._model)
        body = self._body(request)
        try:
            async with self._wire.stream(f"{self.root}/chat/completions", body, Events(), self._concede) as stream:
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
            raise await explained(self, refused, request.model or self._model) from refused

    def _body(self, request: Request) -> Body:
        model = request.model or self._model
        body: Body = {
            "model": model,
            "messages": self._kept(request.messages),
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if request.tools:
            body["tools"] = self._encoded(request.tools)
            if request.must:
                body["tool_choice"] = _must(request.must)
        if request.max_tokens is not None:
            body["max_tokens"] = request.max_tokens
        if request.temperature is not None:
            body["temperature"] = request.temperature
        if request.top_p is not None:
            body["top_p"] = request.top_p
        if request.seed is not None:
            body["seed"] = request.seed
        if request.stop:
            body["stop"] = list(request.stop)
        if request.schema is not None:
            body["response_format"] = _format(request.schema) if self.shapes else {"type": "json_object"}
        body.update(self._added)
        for param in self._conceded.get(model, ()):
            _without(param, body)
        return body

    def _kept(self, messages: tuple[Message, ...]) -> list[msgspec.Raw]:
        """Messages as JSON: a run sends them again at each of its steps."""
        wires, raw = self._wires, list[msgspec.Raw]()
        for message in messages:
            known = wires.get(id(message))
            if known is None:
                if len(wires) >= WIRES:
                    wires.clear()
                made = [msgspec.Raw(msgspec.json.encode(wired)) for wired in self._wired(message)]
                known = wires[id(message)] = (message, made)
            raw += known[1]
        return raw

    def _encoded(self, tools: tuple[ToolSpec, ...]) -> msgspec.Raw:
        """The tools as JSON: few sets of them go round among the steps of all runs."""
        known = self._tools.get(id(tools))
        if known is None:
            if len(self._tools) >= SETS:
                self._tools.clear()
            raw = msgspec.Raw(msgspec.json.encode([_tool(tool) for tool in tools]))
            known = self._tools[id(tools)] = tools, raw
        return known[1]

    def _concede(self, refused: Refused, body: Body) -> bool:
        """Models differ in what they take, and say so: do without, and remember it of this model."""
        conceded = self._conceded.setdefault(body["model"], set())
        if refused.param in conceded or not _without(refused.param, body):
            return False
        conceded.add(refused.param)
        return True

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
            listed = (await self._wire.get(f"{self.root}/models", _infos)).data
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
        return await self._wire.health(f"{self.root}/models")

    async def embed(self, texts: list[str], model: str = "") -> list[list[float]]:
        if not texts:
            return []
        if "embeddings" not in self.capabilities:
            raise ModelRejected(f"{self.name} has no embeddings.", hint="Use an openai or ollama provider for them.")
        body = {"model": model or self.embedding, "input": texts}
        found = await self._wire.post(f"{self.root}/embeddings", body, _vectors)
        if len(found.data) != len(texts):
            raise ModelGarbled(f"{self.name} returned {len(found.data)} vectors for {len(texts)} texts.")
        return [vector.embedding for vector in sorted(found.data, key=lambda vector: vector.index)]

    async def close(self) -> None:
        await self._wire.close()


# What a request can do without.
_OPTIONAL = ("temperature", "top_p", "seed", "tool_choice", "stop", "stream_options", "response_format")


def _without(param: str, body: Body) -> bool:
    """The request without a parameter that its model refuses; False when that cannot be."""
    if param == "reasoning_effort" and body.get("tools") and body.get("reasoning_effort") != "none":
        body["reasoning_effort"] = "none"  # OpenAI's reasoning models take tools on this wire only so
    elif param == "max_tokens" and param in body:
        body["max_completion_tokens"] = body.pop(param)
    elif (name := param.partition(".")[0]) in _OPTIONAL and name in body:
        del body[name]
    else:
        return False
    return True


def _format(schema: dict[str, Any]) -> Body:
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": False}}


def _must(name: str) -> Body | str:
    return "required" if name == "*" else {"type": "function", "function": {"name": wire_name(name)}}


def _tool(tool: ToolSpec) -> Body:
    function = {"name": wire_name(tool.name), "description": tool.description, "parameters": tool.parameters}
    return {"type": "function", "function": function}


def _content(part: Text | Image) -> Body:
    if isinstance(part, Image):
        return {"type": "image_url", "image_url": {"url": f"data:{part.media_type};base64,{part.data}"}}
    return {"type": "text", "text": part.text}

"""The `ollama` provider: a whole client of Ollama's own wire, and the model protocol over it.

Requires: a running Ollama. Can, as each model says of itself: chat, tools, vision, thinking, embeddings.
Options: `num_ctx` (tokens of context; else as much as the conversation needs, in powers of two, up to
what the model has), `think`, `keep_alive`, `embedding_model`, `request` (fields added to every chat), `headers`.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import msgspec
from msgspec import Struct

from orchestrator.kernel.clock import Clock
from orchestrator.kernel.errors import ModelError, ModelGarbled, ModelRejected
from orchestrator.kernel.messages import Image, Message, Thinking, ToolResult, ToolSpec, Usage, user
from orchestrator.kernel.settings import Provider
from orchestrator.llm.base import Capability, Chunk, Finish, Health, ModelInfo, Progress, Reply, Request
from orchestrator.llm.draft import Draft, check, wire_name
from orchestrator.llm.framing import Lines
from orchestrator.llm.wire import Body, Refused, Wire, broken_off, decode

_ADDRESS = "http://127.0.0.1:11434"
_LEAST_CONTEXT = 8192  # tokens; the server's own default is less than an agent needs, and it cuts silently
_CAPABILITIES: dict[str, tuple[Capability, ...]] = {
    "completion": ("chat", "schema"),
    "tools": ("tools",),
    "vision": ("vision",),
    "thinking": ("thinking",),
    "embedding": ("embeddings",),
}


class _Function(Struct):
    name: str = ""
    arguments: msgspec.Raw = msgspec.Raw(b"")


class _Call(Struct):
    function: _Function
    id: str = ""


class _Said(Struct):
    content: str = ""
    thinking: str = ""
    tool_calls: list[_Call] | None = None


class _Chunk(Struct):
    message: _Said | None = None
    response: str = ""  # of generate
    thinking: str = ""
    model: str = ""
    done: bool = False
    done_reason: str = ""
    prompt_eval_count: int = 0
    eval_count: int = 0
    error: str = ""


class _Tag(Struct):
    name: str
    digest: str = ""


class _Tags(Struct):
    models: list[_Tag] = []


class _Shown(Struct):
    capabilities: list[str] | None = None
    model_info: dict[str, Any] = {}


class _Vectors(Struct):
    embeddings: list[list[float]]


class _Version(Struct):
    version: str


class _Pulled(Struct):
    status: str = ""
    completed: int = 0
    total: int = 0
    error: str = ""


_chunk = msgspec.json.Decoder(_Chunk)
_tags = msgspec.json.Decoder(_Tags)
_shown = msgspec.json.Decoder(_Shown)
_vectors = msgspec.json.Decoder(_Vectors)
_version = msgspec.json.Decoder(_Version)
_pulled = msgspec.json.Decoder(_Pulled)


class Ollama:
    def __init__(self, name: str, settings: Provider, clock: Clock) -> None:
        headers = {"Authorization": f"Bearer {settings.api_key}"} if settings.api_key else {}
        self.name = name
        self.capabilities: frozenset[Capability] = frozenset(can for each in _CAPABILITIES.values() for can in each)
        self._wire = Wire(name, settings, clock, settings.base_url or _ADDRESS, headers)
        self.host = self._wire.host
        self._model = settings.model
        self._options = settings.options
        self._default = ""  # the model that was found best where none is configured
        self._shown: dict[str, tuple[str, ModelInfo]] = {}  # by name, with the digest it was shown for

    def stream(self, request: Request) -> AsyncIterator[Chunk]:
        return self._streamed("/api/chat", lambda: self._chat(request), request)

    async def chat(self, request: Request) -> Reply:
        return await _last(self.stream(request))

    def generate_stream(
        self, prompt: str, *, model: str = "", system: str = "", images: tuple[Image, ...] = ()
    ) -> AsyncIterator[Chunk]:
        """A completion of a prompt, without a conversation."""
        request = Request(model, (user(prompt, *images),))
        return self._streamed("/api/generate", lambda: self._generation(request, prompt, system), request)

    async def generate(
        self, prompt: str, *, model: str = "", system: str = "", images: tuple[Image, ...] = ()
    ) -> Reply:
        return await _last(self.generate_stream(prompt, model=model, system=system, images=images))

    async def _streamed(
        self, path: str, build: Callable[[], Awaitable[Body]], request: Request
    ) -> AsyncIterator[Chunk]:
        check(request)
        draft = Draft(request)
        try:
            async with self._wire.stream(path, await build(), Lines()) as stream:
                while (frames := await stream.read()) is not None:
                    chunk = _Chunk()
                    for frame in frames:
                        chunk = decode(_chunk, frame, self.name)
                        if chunk.error:
                            raise broken_off(self.name, "", chunk.error)
                        _take(chunk, draft)
                    for delta in draft.deltas():
                        yield delta
                    if chunk.done:
                        stream.complete = True
                        yield _reply(chunk, draft)
                        return
                raise ModelGarbled(f"{self.name} ended its reply in the middle.", hint="Ask again.")
        except Refused as refused:
            raise await self._explained(refused, request.model) from refused

    async def _chat(self, request: Request) -> Body:
        model = await self._named(request.model)
        body: Body = {
            "model": model,
            "messages": [wired for message in request.messages for wired in _wired(message)],
            "stream": True,
            **self._asked(),
        }
        if request.tools:
            body["tools"] = [_tool(tool) for tool in request.tools]
        if request.schema is not None:
            body["format"] = request.schema
        body["options"] = await self._sized(model, body, request)
        return body

    async def _generation(self, request: Request, prompt: str, system: str) -> Body:
        body: Body = {"model": await self._named(request.model), "prompt": prompt, "stream": True, **self._asked()}
        if system:
            body["system"] = system
        if images := [part.data for part in request.messages[0].parts if isinstance(part, Image)]:
            body["images"] = images
        body["options"] = await self._sized(body["model"], body, request)
        return body

    def _asked(self) -> Body:
        kept = {name: self._options[name] for name in ("think", "keep_alive") if name in self._options}
        return {**kept, **self._options.get("request", {})}

    async def _sized(self, model: str, body: Body, request: Request) -> Body:
        """Sampling options, and enough context: the server drops what is over, without a word."""
        sized: Body = {}
        if request.max_tokens is not None:
            sized["num_predict"] = request.max_tokens
        if request.temperature is not None:
            sized["temperature"] = request.temperature
        if request.top_p is not None:
            sized["top_p"] = request.top_p
        if request.seed is not None:
            sized["seed"] = request.seed
        if request.stop:
            sized["stop"] = list(request.stop)
        characters = sum(len(message.get("content", "")) for message in body.get("messages", ())) + len(
            msgspec.json.encode([body.get("tools"), body.get("prompt"), body.get("system")])
        )
        needed = characters // 3 + (request.max_tokens or 2048)
        most = (await self.show(model)).context or needed
        sized["num_ctx"] = self._options.get("num_ctx") or min(
            most, max(_LEAST_CONTEXT, 1 << (needed - 1).bit_length())
        )
        return sized

    async def _named(self, model: str) -> str:
        if name := model or self._model or self._default:
            return name
        found = [info for info in await self.models() if "chat" in info.capabilities]
        if not found:
            raise ModelRejected(f"{self.name} has no model yet.", hint="Get one: ollama pull qwen3.")
        self._default = max(found, key=lambda info: "tools" in info.capabilities).name
        return self._default

    async def _explained(self, refused: Refused, model: str) -> ModelRejected:
        if refused.status != 404:
            return refused
        try:
            names = [tag.name for tag in (await self._tags()).models]
        except ModelError:
            return refused
        wanted = model or self._model
        has = f"It has: {', '.join(names)}." if names else "It has none yet."
        return ModelRejected(f"{self.name} has no model {wanted!r}. {has}", hint=f"Get it: ollama pull {wanted}.")

    async def _tags(self) -> _Tags:
        return await self._wire.get("/api/tags", _tags)

    async def models(self) -> list[ModelInfo]:
        gate = asyncio.Semaphore(8)

        async def one(tag: _Tag) -> ModelInfo:
            async with gate:
                try:
                    return await self.show(tag.name, tag.digest)
                except ModelError:  # it is there all the same, and can at least talk
                    return ModelInfo(tag.name, self.name)

        return await asyncio.gather(*(one(tag) for tag in (await self._tags()).models))

    async def show(self, model: str, digest: str = "") -> ModelInfo:
        """What a model can do and how much it can read. Asked once of each version of a model."""
        known = self._shown.get(model)
        if known is not None and (not digest or known[0] == digest):
            return known[1]
        try:
            shown = await self._wire.post("/api/show", {"model": model}, _shown)
        except Refused as refused:
            raise await self._explained(refused, model) from refused
        context = next((size for key, size in shown.model_info.items() if key.endswith(".context_length")), None)
        said = shown.capabilities if shown.capabilities is not None else ["completion"]
        info = ModelInfo(
            model,
            self.name,
            frozenset(can for word in said for can in _CAPABILITIES.get(word, ())),
            context if isinstance(context, int) else None,
        )
        self._shown[model] = (digest, info)
        return info

    async def version(self) -> str:
        return (await self._wire.get("/api/version", _version)).version

    async def health(self) -> Health:
        return await self._wire.health("/api/version")

    async def pull(self, model: str) -> AsyncIterator[Progress]:
        """Fetch a model from Ollama's library. Ends when it is there; raises ModelRejected where it is not."""
        async with self._wire.stream("/api/pull", {"model": model, "stream": True}, Lines()) as stream:
            while (frames := await stream.read()) is not None:
                for frame in frames:
                    pulled = decode(_pulled, frame, self.name)
                    if pulled.error:
                        raise ModelRejected(f"{self.name} cannot pull {model!r}: {pulled.error}")
                    yield Progress(pulled.status, pulled.completed, pulled.total)
                    if pulled.status == "success":
                        stream.complete = True
                        self._shown.pop(model, None)
                        return
            raise ModelGarbled(f"{self.name} broke off while pulling {model!r}.", hint="Pull again: it goes on.")

    async def embed(self, texts: list[str], model: str = "") -> list[list[float]]:
        if not texts:
            return []
        name = model or self._options.get("embedding_model") or await self._embedding()
        try:
            found = await self._wire.post("/api/embed", {"model": name, "input": texts}, _vectors)
        except Refused as refused:
            raise await self._explained(refused, name) from refused
        if len(found.embeddings) != len(texts):
            raise ModelGarbled(f"{self.name} returned {len(found.embeddings)} vectors for {len(texts)} texts.")
        return found.embeddings

    async def _embedding(self) -> str:
        for info in await self.models():
            if "embeddings" in info.capabilities:
                return info.name
        raise ModelRejected(f"{self.name} has no embedding model.", hint="Get one: ollama pull nomic-embed-text.")

    async def close(self) -> None:
        await self._wire.close()


async def _last(chunks: AsyncIterator[Chunk]) -> Reply:
    async for chunk in chunks:
        if isinstance(chunk, Reply):
            return chunk
    raise ModelGarbled("The stream ended without a reply.")


def _take(chunk: _Chunk, draft: Draft) -> None:
    said = chunk.message
    if said is None:
        draft.thinking(chunk.thinking)
        draft.text(chunk.response)
        return
    if said.thinking:
        draft.thinking(said.thinking)
    if said.content:
        draft.text(said.content)
    for asked in said.tool_calls or ():
        call = draft.call(asked.id, asked.function.name)
        call.fragments.append(bytes(asked.function.arguments).decode())


def _reply(chunk: _Chunk, draft: Draft) -> Reply:
    finish: Finish = "length" if chunk.done_reason == "length" else "tools" if draft.has_calls else "stop"
    return Reply(draft.message(), chunk.model, finish, Usage(chunk.prompt_eval_count, chunk.eval_count))


def _tool(tool: ToolSpec) -> Body:
    function = {"name": wire_name(tool.name), "description": tool.description, "parameters": tool.parameters}
    return {"type": "function", "function": function}


def _wired(message: Message) -> Iterator[Body]:
    results = [part for part in message.parts if isinstance(part, ToolResult)]
    for result in results:
        name = wire_name(result.name)
        yield {"role": "tool", "content": result.content, "tool_name": name, "tool_call_id": result.call_id}
    said: Body = {"role": message.role if message.role != "tool" else "user", "content": message.text}
    if images := [part.data for part in message.parts if isinstance(part, Image)]:
        said["images"] = images
    if thoughts := "".join(part.text for part in message.parts if isinstance(part, Thinking)):
        said["thinking"] = thoughts
    if message.calls:
        said["tool_calls"] = [
            {"id": call.id, "function": {"name": wire_name(call.name), "arguments": call.arguments}}
            for call in message.calls
        ]
    if not results or message.text or images:
        yield said

"""The `anthropic` provider: the Messages wire.

Requires: a key. Can: chat, tools, vision, thinking, JSON schemas. Options: `max_tokens` (of a reply, when the
request does not say), `request` (fields added to every request, such as `thinking` or
`cache_control`), `headers`. Thinking goes back as it came, with its signature. This version of the
wire has no temperature: a request's is not sent.
"""

from collections.abc import AsyncIterator

import msgspec
from msgspec import Struct

from orchestrator.kernel.clock import Clock
from orchestrator.kernel.errors import ModelGarbled, ModelRejected
from orchestrator.kernel.messages import Image, Message, Part, Text, Thinking, ToolCall, ToolResult, Usage
from orchestrator.kernel.settings import Provider
from orchestrator.llm.base import Capability, Chunk, Finish, Health, ModelInfo, Reply, Request
from orchestrator.llm.draft import Call, Draft, Words, check, wire_name
from orchestrator.llm.facts import default
from orchestrator.llm.framing import Events
from orchestrator.llm.prices import cost
from orchestrator.llm.wire import Body, Refused, Wire, broken_off, decode, explained

_ADDRESS = "https://api.anthropic.com"
_VERSION = "2026-10-21"  # which has no temperature
_MAX_TOKENS = 16_384
_CAPABILITIES: frozenset[Capability] = frozenset({"chat", "tools", "vision", "thinking", "schema"})
_FINISHES: dict[str, Finish] = {
    "tool_use": "tools",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "filtered",
}
_REDACTED = "redacted_thinking:"  # before the sealed data of a block of thinking that may not be read


class _Spent(Struct):
    thinking_tokens: int | None = None


class _Usage(Struct):
    input_tokens: int | None = None
    output_tokens: int | None = None
    output_tokens_details: _Spent | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None


class _Message(Struct):
    model: str = ""
    usage: _Usage | None = None


class _Block(Struct):
    type: str
    id: str = ""
    name: str = ""
    text: str = ""
    thinking: str = ""
    signature: str = ""
    data: str = ""
    input: msgspec.Raw = msgspec.Raw(b"")


class _Delta(Struct):
    type: str = ""
    text: str = ""
    thinking: str = ""
    signature: str = ""
    partial_json: str = ""
    stop_reason: str | None = None


class _Problem(Struct):
    type: str = ""
    message: str = ""


class _Event(Struct):
    type: str
    index: int = 0
    delta: _Delta | None = None
    content_block: _Block | None = None
    message: _Message | None = None
    usage: _Usage | None = None
    error: _Problem | None = None


class _Info(Struct):
    id: str
    display_name: str = ""
    max_input_tokens: int | None = None


class _Infos(Struct):
    data: list[_Info]


_event = msgspec.json.Decoder(_Event)
_infos = msgspec.json.Decoder(_Infos)


class Anthropic:
    def __init__(self, name: str, settings: Provider, clock: Clock) -> None:
        address = (settings.base_url or _ADDRESS).rstrip("/").removesuffix("/v1")
        headers = {"x-api-key": str(settings.api_key), "anthropic-version": _VERSION}
        self.name = name
        self.capabilities = _CAPABILITIES
        self._wire = Wire(name, settings, clock, address, headers)
        self.host = self._wire.host
        self._model = settings.model or default(self.host)
        self._max_tokens = int(settings.options.get("max_tokens", _MAX_TOKENS))
        self._added: Body = settings.options.get("request", {})

    async def stream(self, request: Request) -> AsyncIterator[Chunk]:
        check(request)
        draft = Draft(request)
        reading = _Reading(draft)
        try:
            async with self._wire.stream("/v1/messages", self._body(request), Events(), self._concede) as stream:
                while (frames := await stream.read()) is not None:
                    for frame in frames:
                        if not reading.take(decode(_event, frame, self.name), self.name):
                            stream.complete = True
                            break
                    for delta in draft.deltas():
                        yield delta
                    if stream.complete:
                        yield reading.reply(self._wire.host)
                        return
                raise ModelGarbled(f"{self.name} ended its reply in the middle.", hint="Ask again.")
        except Refused as refused:
            raise await explained(self, refused, request.model or self._model) from refused

    def _body(self, request: Request) -> Body:
        body: Body = {
            "model": request.model or self._model,
            "max_tokens": request.max_tokens or self._max_tokens,
            "messages": _wired(request.messages),
            "stream": True,
        }
        if told := "\n\n".join(message.text for message in request.messages if message.role == "system"):
            body["system"] = told
        if request.tools:
            body["tools"] = [
                {"name": wire_name(tool.name), "description": tool.description, "input_schema": tool.parameters}
                for tool in request.tools
            ]
            if request.must:
                body["tool_choice"] = (
                    {"type": "any"} if request.must == "*" else {"type": "tool", "name": wire_name(request.must)}
                )
        if request.stop:
            body["stop_sequences"] = list(request.stop)
        if request.schema is not None:
            body["output_config"] = {"format": {"type": "json_schema", "schema": request.schema}}
        body.update(self._added)
        return body

    def _concede(self, refused: Refused, body: Body) -> bool:
        """A model does not take the thinking of another, or of another conversation, nor any schema: do without."""
        if "output_config" in refused.detail and body.pop("output_config", None):
            return True
        about_thinking = "thinking" in refused.detail or "signature" in refused.detail
        return about_thinking and _forget_thinking(body["messages"])

    async def models(self) -> list[ModelInfo]:
        """What the server lists, the configured model first: it need not list every alias it takes."""
        listed = (await self._wire.get("/v1/models?limit=100", _infos)).data
        if self._model and not any(info.id == self._model for info in listed):
            listed.append(_Info(self._model))
        return [
            ModelInfo(info.id, self.name, self.capabilities, info.max_input_tokens, description=info.display_name)
            for info in sorted(listed, key=lambda info: info.id != self._model)
        ]

    async def health(self) -> Health:
        return await self._wire.health("/v1/models?limit=1")

    async def embed(self, texts: list[str], model: str = "") -> list[list[float]]:
        raise ModelRejected(f"{self.name} has no embeddings.", hint="Use an openai or ollama provider for them.")

    async def close(self) -> None:
        await self._wire.close()


class _Reading:
    """One reply of this wire, put together event by event."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._model = ""
        self._stop: str | None = None
        self._input = 0
        self._output = 0
        self._written = 0
        self._cached = 0
        self._thought = 0
        self._blocks: dict[int, Words | Call] = {}

    def take(self, event: _Event, provider: str) -> bool:
        """False once the stream has said that it is done."""
        match event.type:
            case "content_block_delta" if event.delta is not None:
                self._delta(event.index, event.delta)
            case "content_block_start" if event.content_block is not None:
                self._begin(event.index, event.content_block)
            case "message_start" if event.message is not None:
                self._model = event.message.model
                self._count(event.message.usage)
            case "message_delta":
                self._stop = (event.delta.stop_reason if event.delta else None) or self._stop
                self._count(event.usage)
            case "error":
                problem = event.error or _Problem()
                raise broken_off(provider, problem.type, problem.message)
            case "message_stop":
                return False
        return True

    def _begin(self, index: int, block: _Block) -> None:
        match block.type:
            case "tool_use":
                self._blocks[index] = call = self._draft.call(block.id, block.name)
                if (given := bytes(block.input)).strip() not in (b"", b"{}"):  # whole at once, by some proxies
                    call.fragments.append(given.decode())
            case "thinking":
                self._blocks[index] = self._draft.begin(True, block.signature)
                self._draft.thinking(block.thinking)
            case "redacted_thinking":
                self._draft.begin(True, _REDACTED + block.data)
            case "text":
                self._blocks[index] = self._draft.begin(False)
                self._draft.text(block.text)

    def _delta(self, index: int, delta: _Delta) -> None:
        block = self._blocks.get(index)
        match delta.type:
            case "text_delta":
                self._draft.text(delta.text)
            case "thinking_delta":
                self._draft.thinking(delta.thinking)
            case "input_json_delta" if isinstance(block, Call):
                block.fragments.append(delta.partial_json)
            case "signature_delta" if isinstance(block, Words):
                block.signature += delta.signature

    def _count(self, usage: _Usage | None) -> None:
        """Counts are cumulative; the later one, where there is one, holds."""
        if usage is not None:
            self._input = self._input if usage.input_tokens is None else usage.input_tokens
            self._output = self._output if usage.output_tokens is None else usage.output_tokens
            self._cached = usage.cache_read_input_tokens or self._cached
            self._written = usage.cache_creation_input_tokens or self._written
            if usage.output_tokens_details is not None:
                self._thought = usage.output_tokens_details.thinking_tokens or self._thought

    def reply(self, host: str) -> Reply:
        usage = Usage(self._input + self._cached + self._written, self._output, self._cached, self._thought)
        finish = _FINISHES.get(self._stop or "", "tools" if self._draft.has_calls else "stop")
        money = cost(host, self._model, usage, self._written)
        return Reply(self._draft.message(), self._model, finish, usage, money)


def _wired(messages: tuple[Message, ...]) -> list[Body]:
    """Turns that alternate, as this wire wants them: what one side says in a row is one message."""
    turns: list[Body] = []
    for message in messages:
        if message.role == "system":
            continue
        role = "assistant" if message.role == "assistant" else "user"
        blocks = [block for part in message.parts if (block := _block(part)) is not None]
        if not blocks:
            continue
        if turns and turns[-1]["role"] == role:
            turns[-1]["content"] += blocks
        else:
            turns.append({"role": role, "content": blocks})
    return turns


def _block(part: Part) -> Body | None:
    match part:
        case Text(text):
            return {"type": "text", "text": text} if text.strip() else None
        case Image(media_type, data):
            return {"type": "image", "source": {"type": "base64", "media_type": media_type, "data": data}}
        case ToolCall(id, name, arguments):
            return {"type": "tool_use", "id": id, "name": wire_name(name), "input": arguments}
        case ToolResult(call_id, _, content, outcome):
            result = {"type": "tool_result", "tool_use_id": call_id, "content": content}
            return result if outcome == "ok" else {**result, "is_error": True}
        case Thinking(text, signature):
            return _thought(text, signature)


def _thought(text: str, signature: str) -> Body | None:
    if signature.startswith(_REDACTED):
        return {"type": "redacted_thinking", "data": signature.removeprefix(_REDACTED)}
    # Short signatures are field names that another wire keeps there, those with a colon are another vendor's seals;
    # thinking without a signature is not ours to send.
    ours = len(signature) > 20 and ":" not in signature
    return {"type": "thinking", "thinking": text, "signature": signature} if ours else None


def _forget_thinking(turns: list[Body]) -> bool:
    kept = [[block for block in turn["content"] if "thinking" not in block["type"]] for turn in turns]
    changed = any(len(blocks) < len(turn["content"]) for blocks, turn in zip(kept, turns, strict=True))
    for blocks, turn in zip(kept, turns, strict=True):
        turn["content"] = blocks or [{"type": "text", "text": "…"}]
    return changed

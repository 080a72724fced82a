"""The `gemini` provider: Google's own wire, generateContent and streamGenerateContent.

Requires: a key. Can: chat, tools, vision, thinking, embeddings, JSON schemas. The seals that its models put on
their calls go back with them, for without them the next step is refused. Options: `request` (fields added to
every request), `thoughts` (false: summaries of its thinking are not asked for), `embedding_model`, `headers`.
"""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import msgspec
from msgspec import Struct

from orchestrator.kernel.clock import Clock
from orchestrator.kernel.errors import ModelGarbled
from orchestrator.kernel.messages import Image, Message, Part, Text, Thinking, ToolCall, ToolResult, Usage
from orchestrator.kernel.settings import Provider
from orchestrator.llm.base import Capability, Chunk, Finish, Health, ModelInfo, Reply, Request
from orchestrator.llm.draft import Draft, check, wire_name
from orchestrator.llm.facts import default
from orchestrator.llm.framing import Events
from orchestrator.llm.prices import cost
from orchestrator.llm.wire import Body, Refused, Wire, broken_off, decode, explained

_ADDRESS = "https://generativelanguage.googleapis.com"
_VERSIONS = ("/v1", "/v1beta")  # the first is what Google's own client speaks; the address may name the other
_EMBEDDING = "gemini-embedding-001"
_CAPABILITIES: frozenset[Capability] = frozenset({"chat", "tools", "vision", "thinking", "embeddings", "schema"})
_SEAL = "gemini:"  # before the seal of the part that follows; where no call follows, of the text before it
_FILTERED = frozenset(
    {"SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY", "MODEL_ARMOR"}
)
_WRONG = frozenset(
    {
        "MALFORMED_FUNCTION_CALL",
        "MALFORMED_RESPONSE",
        "MISSING_THOUGHT_SIGNATURE",
        "TOO_MANY_TOOL_CALLS",
        "UNEXPECTED_TOOL_CALL",
    }
)


class _Asked(Struct, rename="camel"):
    name: str = ""
    id: str = ""
    args: msgspec.Raw = msgspec.Raw(b"")


class _Part(Struct, rename="camel"):
    text: str | None = None
    thought: bool = False
    thought_signature: str = ""
    function_call: _Asked | None = None


class _Content(Struct, rename="camel"):
    parts: list[_Part] | None = None


class _Candidate(Struct, rename="camel"):
    content: _Content | None = None
    finish_reason: str | None = None
    finish_message: str | None = None


class _Used(Struct, rename="camel"):
    prompt_token_count: int | None = None
    candidates_token_count: int | None = None
    thoughts_token_count: int | None = None
    cached_content_token_count: int | None = None


class _Blocked(Struct, rename="camel"):
    block_reason: str | None = None


class _Problem(Struct):
    message: str = ""
    status: str = ""


class _Chunk(Struct, rename="camel"):
    candidates: list[_Candidate] | None = None
    usage_metadata: _Used | None = None
    model_version: str | None = None
    prompt_feedback: _Blocked | None = None
    error: _Problem | None = None


class _Info(Struct, rename="camel"):
    name: str
    description: str = ""
    input_token_limit: int | None = None
    output_token_limit: int | None = None
    supported_generation_methods: list[str] = []
    thinking: bool = False


class _Infos(Struct):
    models: list[_Info] = []


class _Vector(Struct):
    values: list[float]


class _Vectors(Struct):
    embeddings: list[_Vector]


_chunk = msgspec.json.Decoder(_Chunk)
_infos = msgspec.json.Decoder(_Infos)
_vectors = msgspec.json.Decoder(_Vectors)


class Gemini:
    def __init__(self, name: str, settings: Provider, clock: Clock) -> None:
        address = (settings.base_url or _ADDRESS).rstrip("/")
        if not address.endswith(_VERSIONS):
            address += _VERSIONS[0]
        headers = {"x-goog-api-key": str(settings.api_key)} if settings.api_key else {}
        self.name = name
        self.capabilities = _CAPABILITIES
        self._wire = Wire(name, settings, clock, address, headers)
        self.host = self._wire.host
        self._model = settings.model or default(self.host)
        self.embedding = str(settings.options.get("embedding_model", _EMBEDDING))
        self._thoughts = bool(settings.options.get("thoughts", True))
        self._added: Body = settings.options.get("request", {})
        self._thoughtless: set[str] = set()  # models that do not think

    async def stream(self, request: Request) -> AsyncIterator[Chunk]:
        check(request)
        model = (request.model or self._model).removeprefix("models/")
        draft = Draft(request)
        reading = _Reading(draft, model)
        path = f"/models/{model}:streamGenerateContent?alt=sse"
        try:
            async with self._wire.stream(path, self._body(request, model), Events(), self._conceding(model)) as stream:
                while (frames := await stream.read()) is not None:
                    for frame in frames:
                        reading.take(decode(_chunk, frame, self.name), self.name)
                    for delta in draft.deltas():
                        yield delta
                yield reading.reply(self.name, self.host)
        except Refused as refused:
            raise await explained(self, refused, model) from refused

    def _body(self, request: Request, model: str) -> Body:
        body: Body = {"contents": _contents(request.messages)}
        if told := "\n\n".join(message.text for message in request.messages if message.role == "system"):
            body["systemInstruction"] = {"parts": [{"text": told}]}
        if request.tools:
            declared = [
                {"name": wire_name(tool.name), "description": tool.description, "parametersJsonSchema": tool.parameters}
                for tool in request.tools
            ]
            body["tools"] = [{"functionDeclarations": declared}]
            if request.must:
                only = {} if request.must == "*" else {"allowedFunctionNames": [wire_name(request.must)]}
                body["toolConfig"] = {"functionCallingConfig": {"mode": "ANY", **only}}
        config: Body = {}
        if self._thoughts and model not in self._thoughtless:
            config["thinkingConfig"] = {"includeThoughts": True}
        if request.max_tokens is not None:
            config["maxOutputTokens"] = request.max_tokens
        if request.temperature is not None:
            config["temperature"] = request.temperature
        if request.top_p is not None:
            config["topP"] = request.top_p
        if request.seed is not None:
            config["seed"] = request.seed
        if request.stop:
            config["stopSequences"] = list(request.stop)
        if request.schema is not None:
            config |= {"responseMimeType": "application/json", "responseJsonSchema": request.schema}
        if config:
            body["generationConfig"] = config
        body.update(self._added)
        return body

    def _conceding(self, model: str) -> Any:
        def concede(refused: Refused, body: Body) -> bool:
            """A model that does not think refuses to be asked for its thoughts."""
            if "hinking" not in refused.detail or "thinkingConfig" not in body.get("generationConfig", {}):
                return False
            del body["generationConfig"]["thinkingConfig"]
            self._thoughtless.add(model)
            return True

        return concede

    async def models(self) -> list[ModelInfo]:
        listed = (await self._wire.get("/models?pageSize=1000", _infos)).models
        found = [info for one in listed if (info := self._info(one)) is not None]
        if self._model and not any(info.name == self._model for info in found):
            found.append(ModelInfo(self._model, self.name, self.capabilities - {"embeddings"}))
        return sorted(found, key=lambda info: info.name != self._model)

    def _info(self, one: _Info) -> ModelInfo | None:
        name, methods = one.name.removeprefix("models/"), one.supported_generation_methods
        if "generateContent" in methods:
            can = self.capabilities - {"embeddings"} - (frozenset() if one.thinking else {"thinking"})
        elif "embedContent" in methods:
            can = frozenset({"embeddings"})
        else:
            return None
        return ModelInfo(name, self.name, can, one.input_token_limit, output=one.output_token_limit)

    async def health(self) -> Health:
        return await self._wire.health("/models?pageSize=1")

    async def embed(self, texts: list[str], model: str = "") -> list[list[float]]:
        if not texts:
            return []
        name = (model or self.embedding).removeprefix("models/")
        asked = [{"model": f"models/{name}", "content": {"parts": [{"text": text}]}} for text in texts]
        found = await self._wire.post(f"/models/{name}:batchEmbedContents", {"requests": asked}, _vectors)
        if len(found.embeddings) != len(texts):
            raise ModelGarbled(f"{self.name} returned {len(found.embeddings)} vectors for {len(texts)} texts.")
        return [vector.values for vector in found.embeddings]

    async def close(self) -> None:
        await self._wire.close()


class _Reading:
    """One reply of this wire, put together chunk by chunk."""

    def __init__(self, draft: Draft, model: str) -> None:
        self._draft = draft
        self._model = model
        self._finish = ""
        self._why = ""
        self._used = _Used()

    def take(self, chunk: _Chunk, provider: str) -> None:
        if chunk.error is not None:
            raise broken_off(provider, chunk.error.status, chunk.error.message)
        if chunk.candidates:
            candidate = chunk.candidates[0]
            if candidate.content is not None:
                for part in candidate.content.parts or ():
                    self._part(part)
            self._finish = candidate.finish_reason or self._finish
            self._why = candidate.finish_message or self._why
        if chunk.prompt_feedback is not None and chunk.prompt_feedback.block_reason:
            self._finish = "SAFETY"
        self._used = chunk.usage_metadata or self._used
        self._model = chunk.model_version or self._model

    def _part(self, part: _Part) -> None:
        if part.text and part.thought:
            self._draft.thinking(part.text)
        elif part.text:
            self._draft.text(part.text)
        if part.thought_signature and not part.thought:
            self._draft.begin(True, _SEAL + part.thought_signature)
        if part.function_call is not None:
            call = self._draft.call(part.function_call.id, part.function_call.name)
            call.fragments.append(bytes(part.function_call.args).decode())

    def reply(self, provider: str, host: str) -> Reply:
        if not self._finish:
            raise ModelGarbled(f"{provider} ended its reply in the middle.", hint="Ask again.")
        if self._finish in _WRONG:
            raise ModelGarbled(f"{provider} could not read its own model's call: {self._why or self._finish}.")
        finish: Finish = "tools" if self._draft.has_calls else "stop"
        if self._finish == "MAX_TOKENS":
            finish = "length"
        elif self._finish in _FILTERED:
            finish = "filtered"
        used = self._used
        thought = used.thoughts_token_count or 0
        usage = Usage(
            used.prompt_token_count or 0,
            (used.candidates_token_count or 0) + thought,
            used.cached_content_token_count or 0,
            thought,
        )
        return Reply(self._draft.message(), self._model, finish, usage, cost(host, self._model, usage))


def _contents(messages: tuple[Message, ...]) -> list[Body]:
    """Turns that alternate: what one side says in a row is one content."""
    turns: list[Body] = []
    for message in messages:
        if message.role == "system":
            continue
        role = "model" if message.role == "assistant" else "user"
        parts = list(_parts(message.parts))
        if parts and turns and turns[-1]["role"] == role:
            turns[-1]["parts"] += parts
        elif parts:
            turns.append({"role": role, "parts": parts})
    return turns


def _parts(parts: tuple[Part, ...]) -> Iterator[Body]:
    seal = ""
    for part in parts:
        wired = _wired(part)
        if seal:
            if wired is None or "functionCall" not in wired:
                yield {"text": "", "thoughtSignature": seal}
            else:
                wired["thoughtSignature"] = seal
        seal = ""
        if isinstance(part, Thinking) and part.signature.startswith(_SEAL):
            seal = part.signature.removeprefix(_SEAL)
        if wired is not None:
            yield wired
    if seal:
        yield {"text": "", "thoughtSignature": seal}


def _wired(part: Part) -> Body | None:
    match part:
        case Text(text):
            return {"text": text} if text else None
        case Image(media_type, data):
            return {"inlineData": {"mimeType": media_type, "data": data}}
        case ToolCall(id, name, arguments):
            return {"functionCall": {"id": id, "name": wire_name(name), "args": arguments}}
        case ToolResult(call_id, name, content, outcome):
            said = {"output": content} if outcome == "ok" else {"error": content}
            return {"functionResponse": {"id": call_id, "name": wire_name(name), "response": said}}
    return None

"""The `llamacpp` provider: a GGUF file, run in this process by llama-cpp-python (the extra `llamacpp`).

Requires: the extra, and a file (`model`, a path or the name of one that was pulled). Can: chat, embeddings, JSON
schemas (by a grammar); tools through the fenced protocol. Options: `context` (tokens), `gpu_layers`, `threads`,
`chat_format` (where the file has no template of its own), `draft` (speculative decoding: the path of a small
model of the same vocabulary, or a number: so many tokens are guessed from what the text said before),
`draft_tokens`, `folder` (where files are looked for), `seed`.

One request at a time: the file's state is one. Replies are made on a thread of their own, so that others go on.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import Any

from orchestrator.kernel.clock import Clock
from orchestrator.kernel.errors import ModelGarbled, ModelRejected, ModelUnavailable
from orchestrator.kernel.messages import Message, ToolResult, Usage
from orchestrator.kernel.packages import command
from orchestrator.kernel.settings import Provider
from orchestrator.llm.base import Capability, Chunk, Finish, Health, ModelInfo, Reply, Request
from orchestrator.llm.draft import Draft, check

_CONTEXT = 4096
_DRAFT_TOKENS = 8
_CAPABILITIES: frozenset[Capability] = frozenset({"chat", "embeddings", "schema"})
_END = object()


class LlamaCpp:
    def __init__(self, name: str, settings: Provider, clock: Clock, library: Callable[[], Any] | None = None) -> None:
        """`library` gives the module llama_cpp; it is imported when a model is first wanted."""
        self.name = name
        self.capabilities = _CAPABILITIES
        self.host = ""
        self._options = settings.options
        self._configured = settings.model
        self._library = library or _llama_cpp
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"llamacpp {name}")
        self._loaded: dict[tuple[str, bool], Any] = {}  # by path, and whether it is for embeddings
        self._turn = asyncio.Lock()

    async def stream(self, request: Request) -> AsyncIterator[Chunk]:
        check(request)
        path = self._path(request.model)
        draft = Draft(request)
        pieces: asyncio.Queue[Any] = asyncio.Queue()
        left = threading.Event()
        loop = asyncio.get_running_loop()

        def say(piece: Any) -> None:
            loop.call_soon_threadsafe(pieces.put_nowait, piece)

        async with self._turn:
            making = loop.run_in_executor(self._thread, self._make, path, request, say, left)
            finish, count = "", 0
            try:
                while (piece := await pieces.get()) is not _END:
                    choice = piece["choices"][0]
                    if text := choice["delta"].get("content"):
                        count += 1
                        draft.text(text)
                    finish = choice.get("finish_reason") or finish
                    for delta in draft.deltas():
                        yield delta
                total = await making
            finally:
                left.set()
                if not making.done():
                    await asyncio.shield(asyncio.wait([making]))
        if not finish:
            raise ModelGarbled(f"{self.name} ended its reply in the middle.", hint="Ask again.")
        ended: Finish = "length" if finish == "length" else "stop"
        yield Reply(draft.message(), path.name, ended, Usage(max(0, total - count), count))

    def _make(self, path: Path, request: Request, say: Callable[[Any], None], left: threading.Event) -> int:
        """On the thread: every chunk is said as it comes. The number of tokens there are at the end."""
        try:
            model = self._model(path, embedding=False)
            asked: dict[str, Any] = {"messages": [_wired(message) for message in request.messages], "stream": True}
            asked["max_tokens"] = request.max_tokens
            asked["temperature"] = 0.2 if request.temperature is None else request.temperature
            asked["stop"] = list(request.stop)
            if request.schema is not None:
                asked["response_format"] = {"type": "json_object", "schema": request.schema}
            try:
                for chunk in model.create_chat_completion(**asked):
                    if left.is_set():
                        break
                    say(chunk)
            except ValueError as error:
                raise ModelRejected(f"{self.name} cannot answer: {error}.") from error
            return int(model.n_tokens)
        finally:
            say(_END)

    def _model(self, path: Path, *, embedding: bool) -> Any:
        key = (str(path), embedding)
        if key not in self._loaded:
            self._loaded[key] = self._load(path, embedding=embedding)
        return self._loaded[key]

    def _load(self, path: Path, *, embedding: bool) -> Any:
        library = self._library()
        options, given = self._options, {}
        if "threads" in options:
            given["n_threads"] = int(options["threads"])
        if not embedding and (draft := options.get("draft")):
            given |= {"draft_model": self._draft(library, draft), "logits_all": True}
        try:
            return library.Llama(
                str(path),
                n_ctx=int(options.get("context", _CONTEXT)),
                n_gpu_layers=int(options.get("gpu_layers", 0)),
                seed=int(options.get("seed", 0)),
                chat_format=options.get("chat_format"),
                embedding=embedding,
                verbose=False,
                **given,
            )
        except (ValueError, RuntimeError, OSError) as error:
            raise ModelRejected(f"{self.name} cannot load {path}: {error}.", hint="Is it a GGUF file?") from error

    def _draft(self, library: Any, draft: int | str) -> Any:
        tokens = int(self._options.get("draft_tokens", _DRAFT_TOKENS))
        speculative = import_module(f"{library.__name__}.llama_speculative")
        if isinstance(draft, int):
            return speculative.LlamaPromptLookupDecoding(num_pred_tokens=draft)
        small = self._load_draft(library, draft)
        return drafting(speculative.LlamaDraftModel, small, tokens)

    def _load_draft(self, library: Any, draft: str) -> Any:
        path = self._path(draft)
        context = int(self._options.get("context", _CONTEXT))
        return library.Llama(str(path), n_ctx=context, verbose=False, seed=int(self._options.get("seed", 0)))

    def _path(self, model: str) -> Path:
        name = model or self._configured
        if not name:
            found = self._files()
            if not found:
                raise ModelRejected(f"{self.name} has no model yet.", hint="Get one: orchestrator models pull URL.")
            return found[0]
        places = [Path(name), *(folder / name for folder in self._folders()), *self._named(name)]
        for place in places:
            if place.is_file():
                return place
        raise ModelRejected(f"{self.name} has no model {name!r}.", hint="Say the path of a GGUF file, or pull it.")

    def _folders(self) -> Iterator[Path]:
        if folder := self._options.get("folder"):
            yield Path(folder).expanduser()

    def _named(self, name: str) -> list[Path]:
        files = [Path(self._configured), *self._files()] if self._configured else self._files()
        return [path for path in files if name in (path.stem, path.name)]

    def _files(self) -> list[Path]:
        return sorted(path for folder in self._folders() if folder.is_dir() for path in folder.glob("*.gguf"))

    async def models(self) -> list[ModelInfo]:
        paths = self._files()
        if self._configured:
            paths = list(dict.fromkeys([self._path(""), *paths]))
        context = int(self._options.get("context", _CONTEXT))
        return [ModelInfo(path.name, self.name, self.capabilities, context) for path in paths]

    async def health(self) -> Health:
        started = self._clock.monotonic()
        try:
            self._path("")
            await asyncio.get_running_loop().run_in_executor(self._thread, self._library)
        except (ModelRejected, ModelUnavailable) as error:
            return Health(False, str(error), code=error.code)
        return Health(True, seconds=self._clock.monotonic() - started)

    async def embed(self, texts: list[str], model: str = "") -> list[list[float]]:
        if not texts:
            return []
        path = self._path(model or str(self._options.get("embedding_model", "")))

        def make() -> list[list[float]]:
            made = self._model(path, embedding=True).create_embedding(texts)
            return [_vector(one["embedding"]) for one in made["data"]]

        async with self._turn:
            return await asyncio.get_running_loop().run_in_executor(self._thread, make)

    async def close(self) -> None:
        loaded, self._loaded = self._loaded, {}
        for model in loaded.values():
            model.close()
        self._thread.shutdown(wait=False)


def drafting(base: type, small: Any, tokens: int) -> Any:
    """A draft model of llama-cpp-python out of a whole small model: it goes on greedily, and the large one checks."""

    class Drafting(base):  # type: ignore[misc]
        def __call__(self, input_ids: Any, /, **_: Any) -> Any:
            said: list[int] = []
            for token in small.generate([int(token) for token in input_ids], temp=0.0):
                if token == small.token_eos():
                    break
                said.append(token)
                if len(said) >= tokens:
                    break
            return import_module("numpy").array(said, dtype="intc")

    return Drafting()


def _llama_cpp() -> Any:
    try:
        return import_module("llama_cpp")
    except ImportError as error:
        hint = f"Install it: {command('llama-cpp-python')}"
        raise ModelUnavailable("llama-cpp-python is not installed.", hint=hint) from error


def _wired(message: Message) -> dict[str, str]:
    results = "\n".join(part.content for part in message.parts if isinstance(part, ToolResult))
    role = message.role if message.role != "tool" else "user"
    return {"role": role, "content": message.text or results}


def _vector(embedding: Any) -> list[float]:
    """One vector a text; where the model gives one a token, their mean."""
    if embedding and isinstance(embedding[0], list):
        return [sum(column) / len(embedding) for column in zip(*embedding, strict=True)]
    return list(embedding)

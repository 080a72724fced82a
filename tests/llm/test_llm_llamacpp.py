"""GGUF files: our side against a stand-in of the library, and the library itself where it is installed."""

import inspect
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import msgspec
import pytest
from contracts.model import ModelContract, answer, collect
from servers import gguf

from orchestrator.kernel.clock import ManualClock, SystemClock
from orchestrator.kernel.errors import ModelRejected, ModelUnavailable
from orchestrator.kernel.messages import Usage, user
from orchestrator.kernel.settings import Provider
from orchestrator.llm.base import Model, Request, TextDelta
from orchestrator.llm.providers.llamacpp import LlamaCpp

RECORDED: dict[str, list[str]] = json.loads(
    Path(__file__).parents[1].joinpath("servers", "llama_cpp.json").read_text("utf-8")
)["parameters"]


class Llama:
    """SIMULATED: what our side uses of llama_cpp.Llama, and nothing more."""

    made: ClassVar[list[dict[str, Any]]] = []

    def __init__(
        self, model_path: str, *, n_ctx: int, n_gpu_layers: int = 0, seed: int, chat_format: str | None = None,
        embedding: bool = False, verbose: bool, n_threads: int | None = None, draft_model: Any = None,
        logits_all: bool = False,
    ) -> None:  # fmt: skip
        if not Path(model_path).read_bytes().startswith(b"GGUF"):
            raise ValueError(f"Failed to load model from file: {model_path}")
        self.n_tokens = 0
        self.made.append({"path": model_path, "draft": draft_model, "embedding": embedding})

    def create_chat_completion(
        self, messages: list[dict[str, str]], stream: bool, max_tokens: int | None, temperature: float, stop: list[str],
        response_format: dict[str, Any] | None = None,
    ) -> Iterator[dict[str, Any]]:  # fmt: skip
        said = '{"city": "Paris"}' if response_format else f"You said: {messages[-1]['content']}"
        words = said.split(" ")[: max_tokens or None]
        yield {"choices": [{"delta": {"role": "assistant"}, "finish_reason": None}]}
        for word in words:
            yield {"choices": [{"delta": {"content": word + " "}, "finish_reason": None}]}
        self.n_tokens = 5 + len(words)
        finish = "length" if max_tokens and len(words) == max_tokens else "stop"
        yield {"choices": [{"delta": {}, "finish_reason": finish}]}

    def create_embedding(self, input: list[str]) -> dict[str, Any]:
        return {"data": [{"embedding": [[float(len(text)), 1.0], [0.0, 1.0]]} for text in input]}

    def close(self) -> None: ...


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return gguf.write(tmp_path / "noise.gguf")


def ours(file: Path | str, **options: Any) -> LlamaCpp:
    settings = Provider("llamacpp", model=str(file), options=options)
    return LlamaCpp("llamacpp", settings, ManualClock(), lambda: SimpleNamespace(Llama=Llama, __name__="llama_cpp"))


class TestStandIn(ModelContract):
    asks = Request("", (user("Say hello."),))

    @pytest.fixture
    async def model(self, file: Path) -> AsyncIterator[Model]:
        model = ours(file)
        yield model
        await model.close()


async def test_what_is_asked_and_counted(file: Path) -> None:
    model = ours(file)
    reply = await answer(model, Request("", (user("a b"),), max_tokens=2))
    assert (reply.message.text, reply.finish, reply.usage) == ("You said: ", "length", Usage(5, 2))
    reply = await answer(model, Request("noise", (user("Where?"),), schema={"type": "object"}))
    assert msgspec.json.decode(reply.message.text) == {"city": "Paris"}
    assert await model.embed(["abc"]) == [[1.5, 1.0]]  # the mean of its tokens
    assert [made["embedding"] for made in Llama.made if made["path"] == str(file)] == [False, True]  # loaded once each
    await model.close()


async def test_files_are_found_by_path_name_and_folder(file: Path) -> None:
    model = ours("", folder=str(file.parent))
    assert [info.name for info in await model.models()] == ["noise.gguf"]
    for name in ("", "noise", "noise.gguf", str(file)):
        assert (await answer(model, Request(name, (user("?"),)))).model == "noise.gguf"
    (file.parent / "broken.gguf").write_bytes(b"no model")
    with pytest.raises(ModelRejected, match="Is it a GGUF file"):
        await answer(model, Request("broken", (user("?"),)))
    assert (await answer(model, Request("noise", (user("?"),)))).message.text  # and it still works
    empty = ours("", folder=str(file.parent / "none"))
    with pytest.raises(ModelRejected, match="no model yet"):
        await answer(empty, Request("", (user("?"),)))
    assert not (await empty.health()).ok
    for one in (model, empty):
        await one.close()


async def test_without_the_library_it_says_how_to_get_it(file: Path) -> None:
    def missing() -> Any:
        raise ModelUnavailable("llama-cpp-python is not installed.", hint="Install it.")

    model = LlamaCpp("llamacpp", Provider("llamacpp", model=str(file)), ManualClock(), missing)
    assert "not installed" in (await model.health()).detail
    with pytest.raises(ModelUnavailable, match="not installed"):
        await answer(model, Request("", (user("?"),)))
    await model.close()


# The library itself. It must be built from source, which takes minutes: it is an extra, and CI has it not.


@pytest.fixture
def library() -> Any:
    return pytest.importorskip("llama_cpp", reason="the extra llamacpp is not installed")


def real(file: Path, **options: Any) -> LlamaCpp:
    return LlamaCpp("llamacpp", Provider("llamacpp", model=str(file), options=options), SystemClock())


def parameters(kind: Any, name: str) -> set[str]:
    return set(inspect.signature(getattr(kind, name)).parameters) - {"self", "kwargs"}


@pytest.mark.parametrize("name", RECORDED)
def test_the_stand_in_takes_nothing_that_the_library_does_not(name: str) -> None:
    """As it was written down from the library (tests/servers/llama_cpp.json): this holds where it is not installed."""
    assert parameters(Llama, name) <= set(RECORDED[name])


def test_what_was_written_down_is_the_library(library: Any) -> None:
    for name, recorded in RECORDED.items():
        assert set(recorded) <= parameters(library.Llama, name), name


class TestLibrary(ModelContract):
    asks = Request("", (user("Say hello."),), max_tokens=12, temperature=0.0)

    @pytest.fixture
    async def model(self, library: Any, file: Path) -> AsyncIterator[Model]:
        model = real(file, context=256)
        yield model
        await model.close()


async def test_speculation_changes_the_speed_and_not_the_words(library: Any, file: Path, tmp_path: Path) -> None:
    """A draft is only a guess: with temperature 0 the large model's words are the same, whoever guesses."""
    asked = Request("", (user("the world a the world a"),), max_tokens=24, temperature=0.0)
    said = []
    other = gguf.write(tmp_path / "draft.gguf", seed=2)
    for draft in (None, 4, str(file), str(other)):
        model = real(file, context=256, **({"draft": draft} if draft else {}))
        said.append((await answer(model, asked)).message.text)
        await model.close()
    assert len(set(said)) == 1
    assert said[0]


async def test_a_schema_is_a_grammar(library: Any, file: Path) -> None:
    """Even noise writes what the schema allows."""
    schema = {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]}
    model = real(file, context=256)
    reply = await answer(model, Request("", (user("?"),), max_tokens=200, schema=schema))
    assert isinstance(msgspec.json.decode(reply.message.text)["ok"], bool)
    await model.close()


async def test_leaving_stops_the_library(library: Any, file: Path) -> None:
    model = real(file, context=512)
    chunks = model.stream(Request("", (user("go on"),), max_tokens=400))
    assert isinstance(await anext(chunks), TextDelta)
    await chunks.aclose()  # type: ignore[attr-defined]
    assert len(await collect(model.stream(Request("", (user("?"),), max_tokens=3)))) > 1
    await model.close()

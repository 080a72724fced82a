"""Providers connected while it runs, and models fetched: kept, journaled without a key, resumed, checked."""

import hashlib
import stat
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web
from contracts.model import answer
from servers import gguf
from servers.models import ModelServer

from orchestrator.kernel import events as e
from orchestrator.kernel.clock import ManualClock
from orchestrator.kernel.errors import (
    Conflict,
    InvalidInput,
    InvalidSettings,
    ModelRejected,
    ModelUnavailable,
    NotFound,
)
from orchestrator.kernel.messages import user
from orchestrator.kernel.registry import Registry
from orchestrator.kernel.settings import Llm, Provider, Secret
from orchestrator.llm.base import Progress, Request
from orchestrator.llm.catalogue import PROVIDERS, Models
from orchestrator.llm.connections import Connections, read, unlocked
from orchestrator.llm.download import address, download, file_name
from orchestrator.llm.preferences import Preferences
from orchestrator.storage.note import Note

PLUGS = Registry("provider", {**PROVIDERS, "embedded": PROVIDERS["scripted"]})
KEY = Secret("sk-very-secret")


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


class Keys(dict[str, tuple[str, tuple[str, ...]]]):
    """A vault, for tests: the value and the hosts by name."""

    async def put(self, name: str, value: str, hosts: Sequence[str], tools: Sequence[str], *, by: str) -> None:
        if len(value) < 6:
            raise InvalidInput("It is too short.")
        assert (tuple(tools), by) == (("models",), "u")
        self[name] = (str(value), tuple(hosts))

    async def remove(self, name: str, *, by: str) -> None:
        if self.pop(name, None) is None:
            raise NotFound(f"There is no secret {name}.")

    async def reveal(self, name: str, *, tool: str, host: str = "", run_id: str = "") -> Secret:
        value, hosts = self.get(name, ("", ()))
        if not value or host not in hosts:
            raise NotFound(f"There is no secret {name} for {host}.")
        return Secret(value)


class Room:
    def __init__(self, folder: Path, settings: Llm | None = None, keys: Keys | None = None) -> None:
        self.keys = Keys() if keys is None else keys
        self.note = Note(folder / "providers.json")
        self.models = Models(settings or Llm(), ManualClock(), PLUGS, added=read(self.note))
        self.recorded: list[e.Body] = []
        preferences = Preferences(self.models, Note(folder / "preferences.json"), self._record, Llm())
        self.connections = Connections(self.models, self.note, self._record, folder / "models", self.keys, preferences)

    async def _record(self, stream: str, body: e.Body, *, tenant: str, subject: str) -> None:
        assert (stream, tenant, subject) == ("models:t", "t", "u")
        self.recorded.append(body)

    async def add(self, name: str, provider: Provider) -> None:
        await self.connections.add(name, provider, tenant="t", by="u")

    async def remove(self, name: str) -> None:
        await self.connections.remove(name, tenant="t", by="u")

    async def pull(self, name: str, sha256: str = "") -> list[Progress]:
        return [step async for step in self.connections.pull(name, sha256, tenant="t", by="u")]


async def test_a_provider_answers_from_now_on_and_after_a_restart(tmp_path: Path, server: ModelServer) -> None:
    room = Room(tmp_path)
    await room.add("lab", Provider("openai", server.url + "/v1", KEY, "say"))
    choice = await room.models.choose("auto")
    assert choice.provider == "lab"
    assert (await answer(choice.model, Request(choice.name, (user("?"),)))).message.text.startswith("Hello")
    assert server.seen[-1].headers["Authorization"] == f"Bearer {KEY}"
    await room.models.close()
    again = Room(tmp_path, keys=room.keys)
    assert (await again.models.choose("lab")).name == "say"
    await again.remove("lab")
    with pytest.raises(NotFound):
        await again.remove("lab")
    assert (await again.models.choose("auto")).provider == "embedded"
    assert Room(tmp_path).models.providers().keys() == {"embedded"}
    await again.models.close()


async def test_the_key_is_in_the_vault_and_nowhere_else(tmp_path: Path) -> None:
    room = Room(tmp_path)
    await room.add("lab", Provider("openai", "http://127.0.0.1:9/v1", KEY, "m"))
    await room.remove("lab")
    await room.add("lab", Provider("openai", "http://127.0.0.1:9/v1", KEY, "m"))
    assert "sk-very-secret" not in str(msgspec.to_builtins(room.recorded))
    assert [type(body) for body in room.recorded] == [e.ProviderAdded, e.ProviderRemoved, e.ProviderAdded]
    added = room.recorded[0]
    assert isinstance(added, e.ProviderAdded) and (added.key, added.base_url) == ("vault", "http://127.0.0.1:9/v1")
    assert room.keys == {"models.lab": ("sk-very-secret", ("127.0.0.1",))}
    assert b"sk-very-secret" not in (tmp_path / "providers.json").read_bytes()
    mode = stat.S_IMODE((tmp_path / "providers.json").stat().st_mode)
    assert mode == 0o600
    assert names(tmp_path) == ["providers.json"]  # nothing is left beside it
    assert "sk-very-secret" not in repr(room.models.providers())


async def test_a_key_of_the_vault_is_there_again_after_a_restart(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    room = Room(tmp_path)
    await room.add("lab", Provider("openai", "http://127.0.0.1:9/v1", KEY, "m"))
    (lab,) = (await unlocked(read(room.note), room.keys)).values()
    assert lab.api_key == KEY and lab.api_key_secret == "models.lab"
    (bare,) = (await unlocked(read(room.note), Keys())).values()
    assert not bare.api_key and "lab has no key" in caplog.text


async def test_what_the_vault_does_not_take_is_not_connected(tmp_path: Path) -> None:
    room = Room(tmp_path)
    with pytest.raises(InvalidInput):
        await room.add("lab", Provider("openai", "http://127.0.0.1:9/v1", Secret("short"), "m"))
    assert "lab" not in room.models.providers() and not room.keys and room.note.load() is None


async def test_a_key_may_stay_in_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_KEY", "from the environment")
    room = Room(tmp_path)
    await room.add("lab", Provider("openai", "http://127.0.0.1:9/v1", api_key_env="LAB_KEY"))
    assert room.models.providers()["lab"].api_key == "from the environment"
    assert b"from the environment" not in (tmp_path / "providers.json").read_bytes()
    assert Room(tmp_path).models.providers()["lab"].api_key == "from the environment"
    with pytest.raises(Conflict, match="twice"):
        await room.add("two", Provider("openai", api_key=KEY, api_key_env="LAB_KEY"))


@pytest.mark.parametrize(
    ("name", "provider", "error"),
    [
        ("odd", Provider("telepathy"), NotFound),
        ("odd", Provider("openai", "localhost:8000"), InvalidSettings),
        ("odd", Provider("openai", "http://h", Secret("a\nb")), InvalidSettings),
        ("auto", Provider("scripted"), Conflict),
        ("a/b", Provider("scripted"), Conflict),
        ("embedded", Provider("scripted"), Conflict),
        ("mine", Provider("scripted"), Conflict),  # it is in the settings
    ],
)
async def test_what_cannot_be_is_refused_and_nothing_is_kept(
    tmp_path: Path, name: str, provider: Provider, error: type[Exception]
) -> None:
    room = Room(tmp_path, Llm(providers={"mine": Provider("scripted")}))
    with pytest.raises(error):
        await room.add(name, provider)
    assert not (tmp_path / "providers.json").exists()
    assert room.recorded == []
    with pytest.raises(Conflict):
        await room.remove("mine")


async def test_who_is_at_work_finishes(tmp_path: Path, server: ModelServer) -> None:
    room = Room(tmp_path)
    await room.add("lab", Provider("openai", server.url + "/v1", KEY, "stall", timeout=5))
    choice = await room.models.choose("lab")
    chunks = choice.model.stream(Request(choice.name, (user("?"),)))
    await anext(chunks)
    await room.remove("lab")
    server.hold.set()
    assert [chunk async for chunk in chunks]
    await room.models.close()


def test_a_file_that_cannot_be_read_says_which(tmp_path: Path) -> None:
    (tmp_path / "providers.json").write_text("{")
    with pytest.raises(InvalidSettings, match=r"providers\.json"):
        Room(tmp_path)


async def test_a_rating_teaches_and_is_recorded(tmp_path: Path, server: ModelServer) -> None:
    room = Room(tmp_path)
    await room.add("lab", Provider("openai", server.url + "/v1", KEY, "say"))
    await room.models.list()
    rated = await room.connections.rate("run_1", "Fix the bug in x.py", "say", False, "no", tenant="t", by="u")
    assert (rated.model, rated.kind) == ("lab/say", "code")
    assert room.models.learnt.judgements("code", "lab/say") == 1
    assert room.recorded[-1] == rated
    await room.models.close()


# Fetching.


async def test_a_model_of_ollama_is_pulled_by_ollama(tmp_path: Path, server: ModelServer) -> None:
    room = Room(tmp_path)
    with pytest.raises(NotFound, match="no Ollama"):
        await room.pull("qwen3")
    await room.add("ollama", Provider("ollama", server.url))
    steps = await room.pull("qwen3")
    assert (steps[-1].status, steps[1].completed, steps[1].total) == ("success", 40, 100)
    pulled = room.recorded[-1]
    assert isinstance(pulled, e.ModelPulled) and (pulled.provider, pulled.model) == ("ollama", "qwen3")
    with pytest.raises(ModelRejected, match="does not exist"):
        await room.pull("ollama/nowhere")
    await room.models.close()


Serve = Callable[[web.Request], Any]


class Files:
    """A server of one file, as it should be or not."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.tag = '"1"'
        self.ranges: list[str] = []
        self.stop_after: int | None = None  # bytes, then the connection breaks
        self.url = ""

    async def get(self, request: web.Request) -> web.StreamResponse:
        asked = request.headers.get("Range", "")
        self.ranges.append(asked)
        fits = asked and request.headers.get("If-Range") == self.tag
        begin = int(asked.removeprefix("bytes=").rstrip("-")) if fits else 0
        if fits and begin >= len(self.data):
            return web.Response(status=416)
        body = self.data[begin:]
        response = web.StreamResponse(status=206 if fits else 200, headers={"ETag": self.tag})
        response.content_length = len(body)
        await response.prepare(request)
        if self.stop_after is not None:
            await response.write(body[: self.stop_after])
            assert request.transport is not None
            request.transport.close()
            return response
        await response.write(body)
        return response


@asynccontextmanager
async def files(data: bytes) -> AsyncIterator[Files]:
    serving = Files(data)
    app = web.Application()
    app.router.add_get("/noise.gguf", serving.get)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    serving.url = f"http://127.0.0.1:{runner.addresses[0][1]}/noise.gguf"
    try:
        yield serving
    finally:
        await runner.cleanup()


@pytest.fixture
def data(tmp_path: Path) -> bytes:
    return gguf.write(tmp_path / "made.gguf").read_bytes()


async def test_a_file_is_fetched_checked_and_listed(tmp_path: Path, data: bytes) -> None:
    async with files(data) as there:
        room = Room(tmp_path)
        steps = await room.pull(there.url, hashlib.sha256(data).hexdigest().upper())
        assert steps[-1].status == "success"
        assert (tmp_path / "models" / "noise.gguf").read_bytes() == data
        assert names(tmp_path / "models") == ["noise.gguf"]
        pulled = room.recorded[-1]
        assert isinstance(pulled, e.ModelPulled)
        assert (pulled.provider, pulled.model, pulled.size) == ("llamacpp", "noise.gguf", len(data))
        assert pulled.sha256 == hashlib.sha256(data).hexdigest()
        listed = await room.models.provider("llamacpp").models()
        assert [info.name for info in listed] == ["noise.gguf"]
        await room.models.close()


async def test_what_broke_off_is_gone_on_with(tmp_path: Path, data: bytes) -> None:
    into = tmp_path / "models" / "noise.gguf"
    async with files(data) as there:
        there.stop_after = 1000
        with pytest.raises(ModelUnavailable, match="broke off"):
            [step async for step in download(there.url, into)]
        assert not into.exists()
        there.stop_after = None
        steps = [step async for step in download(there.url, into)]
        assert there.ranges[1].startswith("bytes=")
        assert steps[0].completed == int(there.ranges[1].removeprefix("bytes=").rstrip("-")) > 0
        assert into.read_bytes() == data


async def test_a_file_that_changed_meanwhile_is_fetched_anew(tmp_path: Path, data: bytes) -> None:
    into = tmp_path / "noise.gguf"
    async with files(data) as there:
        there.stop_after = 1000
        with pytest.raises(ModelUnavailable):
            [step async for step in download(there.url, into)]
        there.stop_after, there.tag, there.data = None, '"2"', data[::1] + b"more"
        [step async for step in download(there.url, into)]
        assert into.read_bytes() == data + b"more"


@pytest.mark.parametrize(
    ("sent", "sha256", "fault"),
    [(b"GGUF and more", "0" * 64, "not what was expected"), (b"<html>", "", "no GGUF file")],
)
async def test_what_is_not_it_is_not_kept(tmp_path: Path, sent: bytes, sha256: str, fault: str) -> None:
    async with files(sent) as there:
        with pytest.raises(ModelRejected, match=fault):
            [step async for step in download(there.url, tmp_path / "m" / "noise.gguf", sha256)]
        assert names(tmp_path / "m") == []
        with pytest.raises(ModelRejected, match="404"):
            [step async for step in download(there.url.replace("noise", "other"), tmp_path / "m" / "noise.gguf")]


def test_addresses() -> None:
    assert address("hf:owner/repo/dir/x.gguf") == "https://huggingface.co/owner/repo/resolve/main/dir/x.gguf"
    assert address("https://h/x.gguf") == "https://h/x.gguf"
    for wrong in ("http://h/x.gguf", "file:///etc/passwd", "ftp://h/x", "hf:owner/x", "hf://x"):
        with pytest.raises(InvalidInput):
            address(wrong)
    assert file_name("https://h/a/x.gguf?download=1") == "x.gguf"
    for wrong in ("https://h/x.bin", "https://h/..%2Fx.gguf", "https://h/.gguf", "https://h/"):
        with pytest.raises(InvalidInput):
            file_name(wrong)

"""Everything that goes wrong between us and a model: each has its error, and the next request works."""

import asyncio
import subprocess
import sys
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from aiohttp import web
from contracts.model import answer, collect
from servers.clients import WIRES, ask, provider, serving
from servers.models import ModelServer

from orchestrator.kernel.clock import ManualClock
from orchestrator.kernel.errors import InvalidSettings, ModelGarbled, ModelRejected, ModelTimeout, ModelUnavailable
from orchestrator.kernel.settings import Provider, Secret
from orchestrator.llm.base import Model, TextDelta
from orchestrator.llm.framing import Lines
from orchestrator.llm.providers.anthropic import Anthropic
from orchestrator.llm.providers.ollama import Ollama
from orchestrator.llm.providers.openai import OpenAI
from orchestrator.llm.wire import Wire


@pytest.mark.parametrize("scene", ["half", "garbage", "array", "utf8", "disconnect", "endless"])
async def test_a_broken_stream_is_garbled(wired: Model, scene: str) -> None:
    got: list[str] = []
    with pytest.raises(ModelGarbled) as caught:
        async for chunk in wired.stream(ask(scene)):
            assert isinstance(chunk, TextDelta)
            got.append(chunk.text)
    assert "".join(got) in ("", "a", "ab", "abc")
    assert wired.name in caught.value.detail or "bytes" in caught.value.detail
    assert caught.value.retryable
    assert (await answer(wired, ask("say"))).message.text  # and it still works


async def test_an_error_in_the_middle_says_what_the_server_said(wired: Model) -> None:
    with pytest.raises(ModelUnavailable, match=r"Overloaded|engine stopped"):
        await collect(wired.stream(ask("mid_error")))


async def test_a_wrong_key_says_where_to_look(wired: Model) -> None:
    with pytest.raises(ModelRejected) as caught:
        await collect(wired.stream(ask("401")))
    where = {"openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY", "gemini": "GEMINI_API_KEY"}
    assert where.get(wired.name, f"llm.providers.{wired.name}.api_key") in caught.value.hint
    assert "invalid key. Check " in str(caught.value)


async def test_busy_says_how_long_to_wait(wired: Model) -> None:
    with pytest.raises(ModelUnavailable) as caught:
        await collect(wired.stream(ask("429")))
    assert caught.value.retry_after == 7.0
    assert "slow down" in caught.value.detail


async def test_an_empty_purse_is_not_tried_again(server: ModelServer) -> None:
    model = provider("openai", server.url)
    with pytest.raises(ModelRejected, match="no money left"):
        await collect(model.stream(ask("quota")))
    await model.close()


async def test_a_broken_server_is_unavailable(wired: Model) -> None:
    with pytest.raises(ModelUnavailable, match="500"):
        await collect(wired.stream(ask("500")))


async def test_a_redirect_is_not_followed_with_the_key(wired: Model) -> None:
    with pytest.raises(ModelRejected, match="moved"):
        await collect(wired.stream(ask("redirect")))


@pytest.mark.parametrize("scene", ["silent", "stall"])
@pytest.mark.parametrize("kind", WIRES)
async def test_silence_is_a_timeout(kind: str, scene: str, server: ModelServer) -> None:
    model = provider(kind, server.url, timeout=0.05)
    with pytest.raises(ModelTimeout) as caught:
        await collect(model.stream(ask(scene)))
    assert f"llm.providers.{kind}.timeout" in caught.value.hint
    await model.close()


@pytest.mark.parametrize("kind", WIRES)
async def test_nobody_there_is_unavailable(kind: str) -> None:
    model = provider(kind, "http://127.0.0.1:9")
    with pytest.raises(ModelUnavailable):
        await collect(model.stream(ask("say")))
    health = await model.health()
    assert not health.ok and health.code == "model_unavailable"
    assert health.detail.startswith("Nothing listens at http://127.0.0.1:9")
    await model.close()


async def test_what_is_not_http_is_garbled() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n\r\n")
        await writer.drain()
        writer.close()

    listener = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with listener:
        port = listener.sockets[0].getsockname()[1]
        model = provider("openai", f"http://127.0.0.1:{port}")
        with pytest.raises((ModelGarbled, ModelUnavailable)):
            await collect(model.stream(ask("say")))
        assert not (await model.health()).ok
        await model.close()


@pytest.mark.parametrize("how", ["cancel", "leave"])
async def test_leaving_closes_the_connection_at_once(wired: Model, how: str, server: ModelServer) -> None:
    begun = asyncio.Event()

    async def read() -> None:
        async for _ in wired.stream(ask("stall")):
            begun.set()

    if how == "cancel":
        reading = asyncio.create_task(read())
        await begun.wait()
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
    else:
        chunks = wired.stream(ask("stall"))
        await anext(chunks)
        await chunks.aclose()  # type: ignore[attr-defined]
    seen = next(seen for seen in server.seen if seen.body.get("model") == "stall")
    async with asyncio.timeout(2):
        await seen.closed.wait()
    assert not server.hold.is_set()


def test_addresses_and_keys_that_cannot_be_are_refused_at_once() -> None:
    for plug in (OpenAI, Anthropic, Ollama):
        with pytest.raises(InvalidSettings, match="not a URL"):
            plug("x", Provider("x", "localhost:8000"), ManualClock())
        with pytest.raises(InvalidSettings, match="key"):
            plug("x", Provider("x", "http://h", Secret("a\nb")), ManualClock())
        with pytest.raises(InvalidSettings, match="X-Team") as caught:
            plug("x", Provider("x", "http://h", options={"headers": {"X-Team": "a\nb"}}), ManualClock())
        assert "llm.providers.x.options.headers" in caught.value.hint


async def test_when_to_come_back_may_be_a_date() -> None:
    clock = ManualClock(1_700_000_000.0)
    when = format_datetime(datetime.fromtimestamp(1_700_000_090, UTC), usegmt=True)
    replies = iter([when, "soon", "-3", ""])

    async def busy(request: web.Request) -> web.Response:
        return web.Response(status=503, headers={"Retry-After": next(replies)})

    async with serving("/x", busy) as url:
        wire = Wire("x", Provider("x"), clock, url, {})
        for expected in (90.0, None, 0.0, None):
            with pytest.raises(ModelUnavailable) as caught:
                async with wire.stream("/x", {}, Lines()):
                    pass
            assert caught.value.retry_after == expected
        await wire.close()


def test_importing_the_catalogue_imports_no_network() -> None:
    script = "import sys, orchestrator.llm.catalogue as c; from orchestrator.kernel.registry import Registry\n"
    script += "[Registry('p', c.PROVIDERS).load(n) for n in ('ollama', 'openai', 'anthropic', 'scripted')]\n"
    script += "print([m for m in ('aiohttp', 'openai', 'anthropic', 'ollama', 'httpx') if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"

"""Models over the API: connected, tried, fetched, judged; and a plug pulled in the middle of a stream."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from servers import gguf
from servers.models import ModelServer
from servers.scenery import SCENES
from servers.scenes import Scene
from servers.site import Opening, Site

from orchestrator.kernel import events as e
from orchestrator.kernel.messages import user

KEY = "sk-very-secret"


@pytest.fixture
async def vendors() -> AsyncIterator[ModelServer]:
    cut = Scene(text=("I was ", "about to ", "say that", "…"), fault="disconnect")
    async with ModelServer({**SCENES, "cut": cut}) as running:
        yield running


async def connect(site: Site, vendors: ModelServer, name: str, model: str, **more: Any) -> Any:
    body = {"name": name, "kind": "openai", "base_url": vendors.url + "/v1", "model": model, "api_key": KEY, **more}
    return await site.post("/models/providers", body, status=201)


async def test_a_provider_is_connected_used_and_removed(site: Site, vendors: ModelServer) -> None:
    added = await connect(site, vendors, "lab", "say")
    assert (added["ok"], added["key"], added["breaker"]) == (True, "set", "closed")
    assert KEY not in str(added)
    listed = await site.get("/models")
    assert KEY not in str(listed)
    assert {"lab/say", "scripted/scripted"} <= {model["model"] for model in listed["items"]}
    shown = await site.get("/models/show", model="lab/say")
    assert shown["auto"] is True and shown["price"] is None
    tested = await site.post("/models/test", {"model": "lab"})
    assert tested["text"].startswith("Hello") and tested["model"] == "lab/say"
    assert tested["usage"]["input_tokens"] == 120
    assert (await site.get("/models/show", model="lab/say"))["speed"]["replies"] == 1
    run = await site.post("/chat", {"message": "Hello", "model": "lab"})
    assert run["answer"].startswith("Hello, world")
    async with site.http.delete(f"{site.api}/models/providers/lab") as reply:
        assert reply.status == 204
    assert (await site.post("/models/test", {"model": "lab"}, status=409))["code"] == "no_model"
    events = await site.app.journal.read("models:" + (await site.app.accounts.owner()).tenant)
    assert [event.type for event in events] == ["provider.added", "provider.removed"]
    assert KEY not in str(events)


async def test_only_an_administrator_connects(site: Site, vendors: ModelServer) -> None:
    form = {"username": "ada", "password": "correct horse battery"}
    await site.post("/auth/register", form, status=201)
    token = (await site.post("/auth/login", form))["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    for method, path, body in (
        ("POST", "/models/providers", {"name": "lab", "kind": "scripted"}),
        ("DELETE", "/models/providers/lab", None),
        ("POST", "/models/pull", {"name": "qwen3"}),
    ):
        async with site.http.request(method, f"{site.api}{path}", json=body, headers=headers) as reply:
            assert reply.status == 403


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"name": "lab", "kind": "telepathy"}, 422),
        ({"name": "Lab!", "kind": "openai"}, 422),
        ({"name": "lab", "kind": "openai", "base_url": "file:///etc/passwd"}, 422),
        ({"name": "lab", "kind": "openai", "base_url": "http://h:99999"}, 422),
        ({"name": "lab", "kind": "openai", "api_key": "a b"}, 422),
        ({"name": "lab", "kind": "openai", "api_key": "k", "api_key_env": "K"}, 409),
        ({"name": "embedded", "kind": "openai"}, 409),
    ],
)
async def test_what_cannot_be_connected_says_why(site: Site, body: dict[str, Any], status: int) -> None:
    problem = await site.post("/models/providers", body, status=status)
    assert problem["detail"]


async def test_why_a_task_would_get_which_model(site: Site, vendors: ModelServer) -> None:
    await connect(site, vendors, "lab", "say")
    routed = await site.post("/models/route", {"task": "Fix the bug in x.py"})
    assert (routed["kind"], routed["model"]) == ("code", "lab/say")
    assert "lab/say" in routed["reason"]
    assert routed["chain"][-1] == "embedded/embedded"
    assert vendors.seen == [] or all("messages" not in seen.body for seen in vendors.seen)  # nothing was asked


async def test_an_answer_is_judged_and_auto_learns(site: Site, vendors: ModelServer) -> None:
    await connect(site, vendors, "lab", "say")
    run = await site.post("/chat", {"message": "What is the capital of Peru?"})
    for _ in range(40):
        rated = await site.post("/models/rate", {"run_id": run["run_id"], "good": False})
    assert (rated["model"], rated["kind"]) == ("lab/say", "question")
    assert (await site.post("/models/route", {"task": "What is the capital of Peru?"}))["model"] == "scripted/scripted"
    await site.post("/models/rate", {"run_id": "run_nowhere", "good": True}, status=404)


async def test_a_file_is_fetched_while_one_watches(site: Site, tmp_path: Path) -> None:
    data = gguf.write(tmp_path / "noise.gguf").read_bytes()

    async def file(request: web.Request) -> web.Response:
        return web.Response(body=data)

    app = web.Application()
    app.router.add_get("/noise.gguf", file)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/noise.gguf"
    try:
        async with site.http.post(f"{site.api}/models/pull", json={"name": url}) as reply:
            told = await reply.text()
        assert '"status":"success"' in told and hashlib.sha256(data).hexdigest() in told
        async with site.http.post(f"{site.api}/models/pull", json={"name": url, "sha256": "0" * 64}) as reply:
            assert "event: error" in (await reply.text())
        added = {provider["name"]: provider["added"] for provider in (await site.get("/models"))["providers"]}
        assert added["llamacpp"] and not added["scripted"]
    finally:
        await runner.cleanup()


async def test_a_plug_pulled_in_the_middle_of_a_stream_is_a_note_in_the_trace(
    opening: Opening, vendors: ModelServer
) -> None:
    async with opening() as site:
        await connect(site, vendors, "good", "say")
        await connect(site, vendors, "bad", "cut")  # the last one connected is preferred
        run_id = await site.app.runs.start(user("What is up?"), tenant="default", subject="someone", model="auto")
        said, tries = "", list[str]()
        async for item in site.app.runs.watch(run_id):
            if not isinstance(item, e.Event):
                said = said[: item.offset] + item.text
            elif isinstance(item.body, e.ModelFailed):
                tries.append(f"{item.body.model} then {item.body.next}")
        assert tries == ["bad/cut then bad/cut", "bad/cut then good/say"]
        assert said == "Hello, world: éü 漢字 🙂!"
        finished = (await site.app.journal.read(run_id))[-1].body
        assert isinstance(finished, e.RunFinished)
        assert (finished.status, finished.answer) == ("completed", said)
        metrics = await (await site.http.get(f"{site.url}/metrics")).text()
        assert 'orchestrator_provider_state{provider="bad"} 0.0' in metrics

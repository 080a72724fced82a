"""Secrets through the API: kept by an administrator, never read back, used where they are bound."""

import json
import sqlite3
from pathlib import Path

import aiohttp
from aiohttp import web
from servers.site import Opening, Site

from orchestrator.kernel.events import SecretRevealed
from orchestrator.kernel.messages import Message, ToolCall
from orchestrator.llm.base import Reply, Request
from orchestrator.llm.providers.scripted import Scripted

VALUE = "correct-horse-battery-staple"


def _nowhere(folder: Path) -> None:
    """No file holds the value, and the vault is one of those that were looked into."""
    assert not [file for file in folder.rglob("*") if file.is_file() and VALUE.encode() in file.read_bytes()]
    with sqlite3.connect(next(folder.rglob("orchestrator.db"))) as database:
        assert database.execute("SELECT count(*) FROM secrets").fetchone() == (1,)


async def test_it_is_listed_by_name_and_never_with_its_value(site: Site) -> None:
    url = f"{site.api}/secrets"
    async with site.http.put(f"{url}/github", json={"value": VALUE, "hosts": ["api.github.com"]}) as reply:
        assert reply.status == 200 and VALUE not in await reply.text()
    listed = await site.get("/secrets")
    (kept,) = listed["items"]
    assert (kept["name"], kept["hosts"], kept["tools"]) == ("github", ["api.github.com"], [])
    assert VALUE not in json.dumps(listed)
    async with site.http.put(f"{url}/github", json={"value": VALUE}) as reply:
        assert reply.status == 409 and "bound to nothing" in await reply.text()
    for wrong in (
        {"value": "short", "tools": ["x"]},
        {"value": VALUE, "hosts": ["https://h/"]},
        {"value": f"{VALUE}\0"},
    ):
        async with site.http.put(f"{url}/github", json=wrong) as reply:
            said = await reply.text()
            assert reply.status == 422 and VALUE not in said and "pattern" not in said
    async with site.http.get(f"{url}/github") as reply:
        assert reply.status in (404, 405)
    for status in (204, 404):
        async with site.http.delete(f"{url}/github") as reply:
            assert reply.status == status
    assert await site.get("/secrets") == {"items": []}


async def test_only_an_administrator_sees_them(site: Site) -> None:
    other = await site.app.accounts.register("mallory", None, ("read", "write", "execute"))
    session = await site.app.accounts.sign_in(await site.app.accounts.sign_in_link(other.id))
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {session.token}"}) as mallory:
        for ask in (
            mallory.get(f"{site.api}/secrets"),
            mallory.put(f"{site.api}/secrets/x", json={"value": VALUE, "tools": ["shout"]}),
            mallory.delete(f"{site.api}/secrets/x"),
        ):
            async with ask as reply:
                assert reply.status == 403


async def test_a_model_names_it_the_server_gets_it_and_nothing_keeps_it(opening: Opening, tmp_path: Path) -> None:
    got: list[str] = []

    async def echo(asked: web.Request) -> web.Response:
        got.append(asked.headers["Authorization"])
        return web.json_response({"you": asked.headers["Authorization"]}, headers={"X-You": got[-1]})

    application = web.Application()
    application.router.add_get("/user", echo)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    address = f"http://127.0.0.1:{port}/user"

    def asking(request: Request) -> Reply | str:
        if any(message.role == "tool" for message in request.messages):
            return f"It said: {request.messages[-1].parts[0].content}"  # type: ignore[union-attr]
        arguments = {"url": address, "headers": {"Authorization": "Bearer {{secret:lab}}"}}
        return Reply(Message("assistant", (ToolCall("c1", "http_request", arguments),)), "scripted", "tools")

    loose = {"allow_loopback": True, "hosts": ["127.0.0.1"]}
    try:
        async with opening(model=Scripted(asking), policy=loose) as site:
            await site.app.vault.put("lab", VALUE, ["127.0.0.1"], ["http_request"], by="user_1")
            run = await site.post("/chat", {"message": f"Ask {address} with {{{{secret:lab}}}}"})
            assert run["status"] == "completed" and got == [f"Bearer {VALUE}"]
            assert "Bearer [secret lab]" in run["answer"]
            events = await site.app.ledger.read("secrets:default")
            assert [event.body for event in events if isinstance(event.body, SecretRevealed)] == [
                SecretRevealed("lab", "http_request", "127.0.0.1", run["run_id"])
            ]
            assert VALUE not in json.dumps(await site.get(f"/runs/{run['run_id']}/events"))
            await site.app.vault.put("lab", VALUE, ["other.example"], [], by="user_1")
            denied = await site.post("/chat", {"message": f"Ask {address} with {{{{secret:lab}}}}"})
            assert len(got) == 1 and "bound to the hosts other.example" in denied["answer"]
    finally:
        await runner.cleanup()
    _nowhere(tmp_path)

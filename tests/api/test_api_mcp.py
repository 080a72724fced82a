"""MCP servers, OpenAPI documents and skills through the API: administrators add them, agents use their tools."""

import asyncio
import base64
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
from servers.rogue import ROGUE
from servers.site import Site

from orchestrator.api.frames import Translator
from orchestrator.kernel.events import RunStarted
from orchestrator.kernel.messages import Text

SERVER = """
import json, sys

def say(**message):
    print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)

for line in sys.stdin:
    message = json.loads(line)
    number, method = message.get("id"), message.get("method")
    if method == "initialize":
        say(id=number, result={"protocolVersion": "2025-06-18", "capabilities": {"tools": {}},
            "serverInfo": {"name": "pocket", "version": "1"}})
    elif method == "tools/list":
        say(id=number, result={"tools": [{"name": "look", "description": "Look.", "inputSchema": {"type": "object"}}]})
    elif method == "tools/call":
        say(id=number, result={"content": [{"type": "text", "text": "I see"}]})
    elif number is not None:
        say(id=number, error={"code": -32601, "message": "no"})
"""

PETS = """
openapi: 3.1.0
info: {title: Pets}
servers: [{url: "https://pets.example/v1"}]
paths: {/pets: {get: {operationId: listPets}}}
"""


def program(folder: Path) -> dict[str, Any]:
    file = folder / "pocket.py"
    file.write_text(SERVER)
    return {"command": [sys.executable, str(file)], "readable": [str(file), sys.prefix, sys.base_prefix]}


async def test_a_server_is_added_used_and_removed(site: Site, tmp_path: Path) -> None:
    url = f"{site.api}/mcp/pocket"
    async with site.http.put(url, json=program(tmp_path)) as reply:
        added = await reply.json()
    assert reply.status == 200 and added["connected"] and added["title"] == "pocket"
    assert [(tool["tool"], tool["state"]) for tool in added["tools"]] == [("pocket_look", "offered")]
    tool = await site.get("/tools/pocket_look")
    assert (tool["source"], tool["scope"], tool["effects"]) == ("mcp:pocket", "execute", "once")
    async with site.http.post(f"{site.api}/tools/pocket_look/call", json={"approvals": "refuse"}) as reply:
        assert "approval" in str(await reply.json())  # what a stranger's tool does is asked
    (listed,) = (await site.get("/mcp"))["items"]
    assert listed["name"] == "pocket" and listed["transport"] == "stdio"
    for body, status in (({"tools": {"look": "0" * 64}}, 409), ({"tools": {"none": "0" * 64}}, 404), ({}, 200)):
        async with site.http.post(f"{url}/approve", json=body) as reply:
            assert reply.status == status
    async with site.http.post(f"{url}/approve", json={"tools": {"look": added["tools"][0]["digest"]}}) as reply:
        assert reply.status == 200
    async with site.http.post(f"{url}/test") as reply:
        assert reply.status == 200
    async with site.http.post(f"{url}/login/back", json={"address": "http://127.0.0.1/callback?code=1"}) as reply:
        assert reply.status == 404
    for status in (204, 404):
        async with site.http.delete(url) as reply:
            assert reply.status == status


async def test_a_server_that_is_none_is_refused(site: Site) -> None:
    for body, status in (
        ({}, 422),
        ({"command": ["no-such-program"]}, 409),
        ({"command": ["a"], "url": "https://a.example"}, 422),
        ({"url": "ftp://a.example"}, 422),
    ):
        async with site.http.put(f"{site.api}/mcp/none", json=body) as reply:
            assert reply.status == status, await reply.text()
    assert (await site.get("/mcp"))["items"] == []


async def test_a_document_is_added_and_removed(site: Site) -> None:
    url = f"{site.api}/openapi/pets"
    async with site.http.post(f"{url}/look", json={"document": PETS}) as reply:
        looked = await reply.json()
    assert '"title":"Pets"' in looked.pop("document") and (await site.get("/openapi"))["items"] == []
    async with site.http.put(url, json={"document": PETS}) as reply:
        added = await reply.json()
    assert reply.status == 200 and added["server"] == "https://pets.example/v1" and added == looked
    assert [(tool["tool"], tool["method"]) for tool in added["tools"]] == [("pets_list_pets", "GET")]
    assert (await site.get("/tools/pets_list_pets"))["source"] == "openapi:pets"
    async with site.http.put(url, json={"document": PETS}) as reply:
        assert reply.status == 409
    async with site.http.put(f"{url}2", json={"document": "{"}) as reply:
        assert reply.status == 422
    async with site.http.delete(url) as reply:
        assert reply.status == 204
    assert (await site.get("/openapi")) == {"items": [], "problems": {}}


async def test_a_skill_is_looked_at_added_and_removed(site: Site) -> None:
    text = b"---\nname: knots\ndescription: Ties knots.\ncapabilities: [scripts]\n---\n# Knots\nOver, under."
    files = {"SKILL.md": base64.b64encode(text).decode(), "scripts/tie.py": base64.b64encode(b"print()").decode()}
    async with site.http.post(f"{site.api}/skills/look", json={"files": files}) as reply:
        looked = await reply.json()
    assert (looked["signed"], looked["needs"], looked["body"]) == ("no", ["scripts"], "# Knots\nOver, under.")
    async with site.http.post(f"{site.api}/skills", json={"files": files}) as reply:
        assert reply.status == 409 and "Nobody has signed knots" in (await reply.json())["detail"]
    async with site.http.post(f"{site.api}/skills", json={"files": files, "unsigned": True}) as reply:
        assert reply.status == 201 and (await reply.json())["digest"] == looked["digest"]
    assert await site.get("/skills/knots") == looked
    async with site.http.delete(f"{site.api}/skills/knots") as reply:
        assert reply.status == 204
    assert await site.get("/skills") == {"items": [], "problems": {}}


async def test_only_an_administrator_adds_them(site: Site, tmp_path: Path) -> None:
    other = await site.app.accounts.register("mallory", None, ("read", "write", "execute"))
    session = await site.app.accounts.sign_in(await site.app.accounts.sign_in_link(other.id))
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {session.token}"}) as mallory:
        for ask in (
            mallory.put(f"{site.api}/mcp/pocket", json=program(tmp_path)),
            mallory.delete(f"{site.api}/mcp/pocket"),
            mallory.post(f"{site.api}/mcp/pocket/login"),
            mallory.put(f"{site.api}/openapi/pets", json={"document": PETS}),
            mallory.post(f"{site.api}/openapi/pets/look", json={"document": PETS}),
            mallory.post(f"{site.api}/skills/look", json={"files": {"SKILL.md": ""}}),
        ):
            async with ask as reply:
                assert reply.status == 403


async def test_a_question_of_a_server_is_answered_and_a_prompt_is_said(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "rogue.py"
    file.write_text(ROGUE)
    command = [sys.executable, str(file), "2026", "library"]
    settings = {"command": command, "readable": [str(file), sys.prefix, sys.base_prefix]}
    async with site.http.put(f"{site.api}/mcp/rogue", json=settings) as reply:
        added = await reply.json()
    assert [one["uri"] for one in added["resources"]] == ["file:///notes.txt", "file:///logo.png"]
    assert added["prompts"][0]["state"] == "offered" and added["state"] == "connected"
    url = f"{site.api}/tools/rogue_look/call"
    async with site.http.post(url, json={"arguments": {"what": "ask city"}}) as reply:
        run_id = (await reply.json())["run_id"]

    async def asked(kind: str) -> dict[str, Any]:
        await until_async(lambda: waits(site, kind))
        return next(one for one in (await site.get("/approvals"))["items"] if one["kind"] == kind)

    async def answer(question: dict[str, Any], **said: Any) -> int:
        async with site.http.post(f"{site.api}/approvals/{question['approval_id']}", json=said) as reply:
            return reply.status

    assert await answer(await asked("call"), answer="once") == 200
    question = await asked("question")
    assert (question["reason"], question["details"]["source"]) == ("Which city?", "mcp:rogue")
    assert "city" in question["form"]["properties"] and "memo" not in question
    assert await answer(question, answer="accept", content={"city": "N"}) == 422
    assert await answer(question, answer="accept", content={"city": "Nice"}) == 200
    await site.app.runs.settled(run_id)
    assert "Nice" in (await site.get(f"/runs/{run_id}"))["answer"]

    form = {"name": "sum-up", "arguments": {"topic": "boats"}}
    async with site.http.post(f"{site.api}/mcp/rogue/prompts", json=form) as reply:
        text = (await reply.json())["text"]
    async with site.http.post(f"{site.api}/runs", json={"goal": "/rogue:sum-up", "quoted": [{"text": text}]}) as reply:
        run = await reply.json()
    (started, *_) = [event.body for event in await site.app.journal.read(run["run_id"])]
    assert isinstance(started, RunStarted) and "web" in started.origins
    assert started.goal.parts[1] == Text("\n\nSum up boats.", "web")
    # What is shown as said, and asked again, is what the person said: the server's words stand beside it.
    assert run["goal"] == "/rogue:sum-up"
    (frame, *_) = Translator().frames(await site.app.journal.read(run["run_id"]), 0.0)
    assert (frame.data["goal"], frame.data["quoted"]) == ("/rogue:sum-up", ["Sum up boats."])
    await site.app.runs.settled(run["run_id"])
    more = {"message": "And this?", "quoted": [{"text": text}]}
    async with site.http.post(f"{site.api}/runs/{run['run_id']}/messages", json=more) as reply:
        later = await reply.json()
    (started, *_) = [event.body for event in await site.app.journal.read(later["run_id"])]
    assert isinstance(started, RunStarted) and started.goal.parts[1] == Text("\n\nSum up boats.", "web")


async def waits(site: Site, kind: str) -> bool:
    return any(one["kind"] == kind for one in (await site.get("/approvals"))["items"])


async def until_async(so: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await so():  # noqa: ASYNC110  (what is waited for has no event of its own)
            await asyncio.sleep(0.01)

"""MCP servers and OpenAPI documents through the API: administrators add them, agents use their tools."""

import sys
from pathlib import Path
from typing import Any

import aiohttp
from servers.site import Site

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
    async with site.http.put(url, json={"document": PETS}) as reply:
        added = await reply.json()
    assert reply.status == 200 and added["server"] == "https://pets.example/v1"
    assert [(tool["tool"], tool["method"]) for tool in added["tools"]] == [("pets_list_pets", "GET")]
    assert (await site.get("/tools/pets_list_pets"))["source"] == "openapi:pets"
    async with site.http.put(url, json={"document": PETS}) as reply:
        assert reply.status == 409
    async with site.http.put(f"{url}2", json={"document": "{"}) as reply:
        assert reply.status == 422
    async with site.http.delete(url) as reply:
        assert reply.status == 204
    assert (await site.get("/openapi")) == {"items": [], "problems": {}}


async def test_only_an_administrator_adds_them(site: Site, tmp_path: Path) -> None:
    other = await site.app.accounts.register("mallory", None, ("read", "write", "execute"))
    session = await site.app.accounts.sign_in(await site.app.accounts.sign_in_link(other.id))
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {session.token}"}) as mallory:
        for ask in (
            mallory.put(f"{site.api}/mcp/pocket", json=program(tmp_path)),
            mallory.delete(f"{site.api}/mcp/pocket"),
            mallory.post(f"{site.api}/mcp/pocket/login"),
            mallory.put(f"{site.api}/openapi/pets", json={"document": PETS}),
        ):
            async with ask as reply:
                assert reply.status == 403

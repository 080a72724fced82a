"""Servers of tools at an address: both eras, somebody signs in, and no address leads astray."""

import asyncio
import base64
import hashlib
import json
import re
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from aiohttp import web
from contracts.tool import context_of

from orchestrator.kernel.clock import SystemClock
from orchestrator.kernel.errors import InvalidInput, InvalidSettings, NotFound, ToolFailed, ToolRetry
from orchestrator.kernel.events import ToolsPinned
from orchestrator.kernel.settings import McpServer, Secret, Tools
from orchestrator.storage.note import Note
from orchestrator.tools.catalogue import Catalogue, kits
from orchestrator.tools.foreign import Change
from orchestrator.tools.mcp.dialling import Ground
from orchestrator.tools.mcp.servers import House, Servers
from orchestrator.tools.mcp.signin import SignInNeeded
from orchestrator.tools.mcp.wire import LARGEST
from orchestrator.tools.sandbox.probe import choose

TOOL = {"name": "look", "description": "Look.", "inputSchema": {"type": "object"}}


class Vault:
    """As the real one: values by name, bound to hosts and tools."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[str, list[str], list[str]]] = {}

    async def put(self, name: str, value: str, hosts: Sequence[str], tools: Sequence[str], *, by: str) -> None:
        self.kept[name] = (value, list(hosts), list(tools))

    async def remove(self, name: str, *, by: str) -> None:
        if self.kept.pop(name, None) is None:
            raise NotFound(f"There is no secret {name!r}.")

    async def reveal(self, name: str, *, tool: str, host: str = "", run_id: str = "") -> Secret:
        if name not in self.kept:
            raise NotFound(f"There is no secret {name!r}.")
        value, hosts, tools = self.kept[name]
        assert host in hosts and tool in tools
        return Secret(value)

    def redact(self, text: str) -> str:
        return text


class Wire:
    """A server at an address, as the specification draws it; where `guarded`, it wants a token it gave."""

    def __init__(self) -> None:
        self.guarded = False
        self.issuer = ""  # empty: itself
        self.tokens: set[str] = set()
        self.asked: list[tuple[str, dict[str, Any]]] = []  # method and parameters
        self.headers: list[dict[str, str]] = []
        self.session = "s1"
        self.lives = 3600
        self.challenge = ""
        self.url = ""
        self.count = 0
        self.answer: tuple[int, str, bytes] | None = None  # to the next call: status, type and body
        self.forgets = False  # every session, before a call

    def application(self) -> web.Application:
        made = web.Application()
        made.router.add_post("/mcp", self.speak)
        made.router.add_route("*", "/mcp", self.nothing)
        made.router.add_get("/.well-known/oauth-protected-resource/mcp", self.resource)
        made.router.add_get("/.well-known/oauth-authorization-server", self.metadata)
        made.router.add_post("/register", self.register)
        made.router.add_get("/authorize", self.authorize)
        made.router.add_post("/token", self.token)
        return made

    async def nothing(self, request: web.Request) -> web.Response:
        return web.Response(status=405)

    async def speak(self, request: web.Request) -> web.Response:
        message = await request.json()
        self.headers.append(dict(request.headers))
        if self.guarded and request.headers.get("Authorization", "").removeprefix("Bearer ") not in self.tokens:
            said = f'Bearer resource_metadata="{self.url}/.well-known/oauth-protected-resource/mcp"'
            return web.Response(status=401, headers={"WWW-Authenticate": said})
        method, number = message["method"], message.get("id")
        if method == "tools/call" and self.answer is not None:
            (status, media_type, body), self.answer = self.answer, None
            return web.Response(
                status=status, content_type=media_type, body=body.replace(b'"ID"', json.dumps(number).encode())
            )
        self.asked.append((method, message.get("params") or {}))
        if number is None:
            return web.Response(status=202)
        ended = request.headers.get("Mcp-Session-Id") != self.session or (self.forgets and method == "tools/call")
        if method not in ("initialize", "server/discover") and ended:
            return web.Response(status=404)
        results: dict[str, dict[str, Any]] = {
            "initialize": {
                "protocolVersion": "2025-06-18",
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "w", "version": "1"},
            },
            "tools/list": {"tools": [TOOL]},
            "tools/call": {"content": [{"type": "text", "text": "I see"}]},
        }
        answer: dict[str, Any] = {"jsonrpc": "2.0", "id": number}
        if method in results:
            answer["result"] = results[method]
        else:
            answer["error"] = {"code": -32601, "message": "Method not found"}
        headers = {"Mcp-Session-Id": self.session} if method == "initialize" else {}
        return web.json_response(answer, headers=headers)

    async def resource(self, request: web.Request) -> web.Response:
        return web.json_response({"resource": f"{self.url}/mcp", "authorization_servers": [self.issuer or self.url]})

    async def metadata(self, request: web.Request) -> web.Response:
        return web.json_response(
            {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "registration_endpoint": f"{self.url}/register",
                "response_types_supported": ["code"],
                "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": ["none"],
            }
        )

    async def register(self, request: web.Request) -> web.Response:
        asked = await request.json()
        return web.json_response({**asked, "client_id": "client-1", "token_endpoint_auth_method": "none"}, status=201)

    async def authorize(self, request: web.Request) -> web.Response:
        asked = request.query
        self.challenge = asked["code_challenge"]
        back = f"{asked['redirect_uri']}?code=code-1&state={asked['state']}"
        raise web.HTTPFound(back)

    async def token(self, request: web.Request) -> web.Response:
        asked = await request.post()
        if asked["grant_type"] == "authorization_code":
            told = hashlib.sha256(str(asked["code_verifier"]).encode()).digest()
            assert base64.urlsafe_b64encode(told).rstrip(b"=").decode() == self.challenge and asked["code"] == "code-1"
            assert asked["resource"] == f"{self.url}/mcp"
        else:
            assert (asked["grant_type"], asked["refresh_token"]) == ("refresh_token", f"refresh-{self.count}")
        self.count += 1
        self.tokens = {f"access-{self.count}"}
        return web.json_response(
            {
                "access_token": f"access-{self.count}",
                "refresh_token": f"refresh-{self.count}",
                "token_type": "Bearer",
                "expires_in": self.lives,
            }
        )


class Home:
    def __init__(self, root: Path, catalogue: Catalogue, wire: Wire) -> None:
        self.root, self.catalogue, self.wire, self.vault = root, catalogue, wire, Vault()
        self.pins: dict[str, dict[str, str]] = {}
        self.settings = McpServer(url=f"{wire.url}/mcp")
        self.servers = self.opened()

    def opened(self) -> Servers:
        async def tell(change: Change) -> None:
            del change

        async def pin(pinned: ToolsPinned) -> None:
            self.pins[pinned.source] = pinned.tools

        ground = Ground(self.catalogue.sandbox, self.root, self.root / "mcp", SystemClock(), self.vault)

        def listing(name: str) -> Note:
            return Note(self.root / f"{name}.json")

        house = House(ground, Note(self.root / "mcp.json"), listing, self.catalogue.put, tell, pin)
        return Servers({}, house, self.pins)

    async def look(self) -> str:
        return (await self.catalogue.get("there_look").call({}, context_of(self.root))).content


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    wire = Wire()
    runner = web.AppRunner(wire.application(), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    wire.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield wire
    await runner.cleanup()


@pytest.fixture
async def home(tmp_path: Path, wire: Wire) -> AsyncIterator[Home]:
    home = Home(tmp_path, Catalogue(Tools(), await choose(Tools()), kits()), wire)
    yield home
    await home.servers.close()


async def test_a_server_at_an_address_is_used_with_its_headers(home: Home, wire: Wire) -> None:
    await home.vault.put("key", "correct-horse", ["127.0.0.1"], ["mcp:there"], by="usr_1")
    settings = McpServer(url=home.settings.url, headers={"Authorization": "Bearer {{secret:key}}"})
    server = await home.servers.add("there", settings, by="usr_1")
    assert (server.kept.protocol, server.kept.title) == ("2025-06-18", "w")
    assert await home.look() == "I see"
    assert {headers["Authorization"] for headers in wire.headers} == {"Bearer correct-horse"}
    assert ("sends" in home.catalogue.get("there_look").spec.risks) and "correct-horse" not in (
        home.root / "mcp.json"
    ).read_text()


async def test_a_session_that_the_server_ended_is_begun_again(home: Home, wire: Wire) -> None:
    await home.servers.add("there", home.settings, by="usr_1")
    wire.session = "s2"
    assert await home.look() == "I see"
    assert [method for method, _ in wire.asked].count("tools/call") == 2, "one was refused: it was not done"
    wire.forgets = True
    with pytest.raises(ToolFailed, match="ends every session before a call"):
        await home.look()


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        ((429, "text/plain", b"slow  down"), ToolFailed, "there says: HTTP 429: slow down"),
        ((400, "application/json", b'{"jsonrpc":"2.0","id":null,"error":{"code":-32602,"message":"what"}}'), ToolRetry,
         "there says: what"),
        ((500, "text/html", b"<h1>boom</h1>"), ConnectionError, "cannot be read: HTTP 500: <h1>boom</h1>"),
        ((503, "application/json", b'{"detail": "away"}'), ConnectionError, 'HTTP 503: {"detail": "away"}'),
        ((200, "text/html", b"<h1>hello</h1>"), ConnectionError, "gave no answer: Unexpected content type: text/html"),
        ((200, "application/json", b"{not"), ConnectionError, "gave no answer: Failed to parse JSON response."),
        ((200, "application/json", b"x" * (LARGEST + 1)), ConnectionError, "the answer is larger than 16 MB"),
        ((200, "text/event-stream", b"data: {"), ConnectionError, "gave no answer: SSE stream ended"),
        ((202, "text/plain", b""), ConnectionError, "gave no answer: server answered a request with 202"),
    ],
)  # fmt: skip
async def test_what_is_no_answer_is_said_and_nobody_knows_whether_it_happened(
    home: Home, wire: Wire, answer: tuple[int, str, bytes], error: type[Exception], said: str
) -> None:
    await home.servers.add("there", home.settings, by="usr_1")
    wire.answer = answer
    with pytest.raises(error, match=re.escape(said)):
        await home.look()
    assert await home.look() == "I see"


async def test_an_answer_in_a_stream_may_be_as_large_as_any_and_hold_what_is_not_known_yet(
    home: Home, wire: Wire
) -> None:
    await home.servers.add("there", home.settings, by="usr_1")
    picture = {"type": "image", "data": "eA==", "mimeType": "image/png"}
    parts = [{"type": "hologram", "data": "x"}, {"type": "text", "text": "x" * 2_000_000}, picture, picture]
    parts.append({"type": "image"})
    result = {"jsonrpc": "2.0", "id": "ID", "result": {"content": parts, "structuredContent": {"a": 1}}}
    wire.answer = (200, "text/event-stream", f"data: {json.dumps(result)}\n\n".encode())
    found = await home.catalogue.get("there_look").call({}, context_of(home.root))
    assert found.content.startswith("[hologram, which cannot be read here]\nxxx")
    assert found.content.endswith("this is not.]\n[image, which cannot be read here]") and found.data == {"a": 1}
    assert found.content.count("only the first is kept") == 1


async def test_somebody_signs_in_and_the_tokens_are_kept_in_the_vault(home: Home, wire: Wire) -> None:
    wire.guarded = True
    server = await home.servers.add("there", home.settings, by="usr_1")
    assert server.tools() == [] and "sign in" in home.servers.problems["mcp:there"]
    with pytest.raises(NotFound, match="Nobody is signing in"):
        server.came_back("http://127.0.0.1/callback?code=x")
    link = await home.servers.login("there", by="usr_1")
    asked = parse_qs(urlsplit(link).query)
    assert asked["code_challenge_method"] == ["S256"] and asked["redirect_uri"][0].startswith("http://127.0.0.1:")
    with pytest.raises(SignInNeeded):
        await server.client()
    with pytest.raises(InvalidInput):
        server.came_back("http://127.0.0.1/callback?state=x")
    async with aiohttp.ClientSession() as browser, browser.get(link) as page:
        assert page.status == 200 and "close this page" in await page.text()
    await server.signed_in()
    assert await home.look() == "I see" and home.pins["mcp:there"]
    assert home.vault.kept["mcp.there.access"] == ("access-1", ["127.0.0.1"], ["mcp:there"])
    await home.servers.remove("there", by="usr_1")
    assert home.vault.kept == {}


async def test_a_token_is_refreshed_after_a_restart_and_nobody_is_asked(home: Home, wire: Wire) -> None:
    wire.guarded, wire.lives = True, 1
    await home.servers.add("there", home.settings, by="usr_1")
    link = await home.servers.login("there", by="usr_1")
    async with aiohttp.ClientSession() as browser, browser.get(link, allow_redirects=False) as page:
        home.servers.get("there").came_back(page.headers["Location"])
    await home.servers.get("there").signed_in()
    await home.servers.close()
    value, hosts, tools = home.vault.kept["mcp.there.client"]
    past = value.replace('"expires_at":', '"expires_at":1,"was":')
    home.vault.kept["mcp.there.client"] = (past, hosts, tools)
    home.servers = home.opened()
    home.servers.offer()
    before = wire.count
    assert await home.look() == "I see" and wire.count == before + 1
    assert home.vault.kept["mcp.there.refresh"][0] == f"refresh-{wire.count}"


async def test_nobody_else_comes_back_in_a_persons_place(home: Home, wire: Wire) -> None:
    wire.guarded = True
    server = await home.servers.add("there", home.settings, by="usr_1")
    link = await home.servers.login("there", by="usr_1")
    asked = parse_qs(urlsplit(link).query)
    door, state = asked["redirect_uri"][0], asked["state"][0]
    with pytest.raises(InvalidInput, match="another attempt"):
        server.came_back(f"{door}?code=evil&state=x")
    async with aiohttp.ClientSession() as browser:
        for said in ("code=evil&state=x", "code=evil", "error=access_denied", f"state={state}"):
            async with browser.get(f"{door}?{said}") as page:
                assert page.status == 404
        assert server.signing_in
        async with browser.get(link) as page:
            assert page.status == 200
        await server.signed_in()
        with pytest.raises(aiohttp.ClientError):
            await browser.get(f"{door}?code=evil&state={state}")
    assert await home.look() == "I see"


async def test_a_person_who_says_no_is_told_so(home: Home, wire: Wire) -> None:
    wire.guarded = True
    server = await home.servers.add("there", home.settings, by="usr_1")
    await home.servers.login("there", by="usr_1")
    server.came_back("http://127.0.0.1/callback?error=access_denied")
    with pytest.raises(ToolFailed, match="access_denied"):
        await server.signed_in()
    assert not server.signing_in


@pytest.mark.parametrize(
    ("issuer", "said"), [("https://169.254.169.254", "private or reserved"), ("http://example.org", "without https")]
)
async def test_a_server_cannot_send_us_into_the_private_network(home: Home, wire: Wire, issuer: str, said: str) -> None:
    wire.guarded, wire.issuer = True, issuer
    with pytest.raises(ToolFailed, match=said):
        await home.servers.add("there", home.settings, by="usr_1")
    assert home.servers.all() == []


async def test_nobody_there_is_said(home: Home) -> None:
    with pytest.raises(ToolFailed, match="cannot be reached"):
        await home.servers.add("there", McpServer(url="http://127.0.0.1:9/mcp"), by="usr_1")


@pytest.mark.parametrize(
    "settings",
    [
        McpServer(url="ftp://a.example/"),
        McpServer(url="http://169.254.169.254/mcp"),
        McpServer(url="https://u:p@a.example/"),
        McpServer(url="http://a.example/", headers={"A": "{{secret:key}}"}),
        McpServer(url="https://a.example/", headers={"A": "b\nC: d"}),
    ],
)
async def test_an_address_that_cannot_be_meant_is_refused(home: Home, settings: McpServer) -> None:
    with pytest.raises(InvalidSettings):
        await home.servers.add("there", settings, by="usr_1")


async def test_a_server_of_the_official_sdk_is_used_at_its_address(home: Home) -> None:
    import uvicorn
    from mcp.server import MCPServer

    official = MCPServer("weather")

    @official.tool()
    def forecast(city: str) -> str:
        """Say what the weather will be."""
        return f"sun in {city}"

    config = uvicorn.Config(official.streamable_http_app(), host="127.0.0.1", port=0, log_level="error", lifespan="on")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(20):
        while not server.started:  # noqa: ASYNC110  (it has no event)
            await asyncio.sleep(0)
    port = server.servers[0].sockets[0].getsockname()[1]
    added = await home.servers.add("weather", McpServer(url=f"http://127.0.0.1:{port}/mcp"), by="usr_1")
    assert added.kept.protocol == "2026-07-28"
    said = await home.catalogue.get("weather_forecast").call({"city": "Nice"}, context_of(home.root))
    assert said.content == "sun in Nice"
    await home.servers.close()
    server.should_exit = True
    await serving

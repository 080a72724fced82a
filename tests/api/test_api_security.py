"""The gate: nobody, strangers, foreign pages, and what is too large or no text."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from itertools import product
from typing import Any

import aiohttp
import pytest
from fastapi.routing import APIRoute
from servers.site import Opening, Site
from starlette.routing import Route, WebSocketRoute

from orchestrator.api.security import COOKIE
from orchestrator.api.server import bare

# The whole list of what nobody may reach: docs/api.md promises it.
OPEN = {
    *product(("GET", "HEAD"), ("/health", "/health/ready", "/api/v1/health")),
    ("GET", "/sign-in"),
    *(("POST", path) for path in ("/api/v1/auth/login", "/api/v1/auth/refresh")),
}


def addresses() -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for route in bare().routes:
        assert isinstance(route, APIRoute | Route | WebSocketRoute), route
        methods = {"WS"} if isinstance(route, WebSocketRoute) else route.methods or {"GET"}
        found.extend((method, route.path) for method in sorted(methods))
    return found


def test_the_walk_finds_the_routes() -> None:
    found = addresses()
    assert len(found) > 25
    assert set(found) >= OPEN
    assert ("WS", "/api/v1/chat/ws") in found
    assert ("GET", "/metrics") in found
    assert ("GET", "/docs") in found


async def test_nobody_gets_in(site: Site, anyone: aiohttp.ClientSession) -> None:
    nobody: list[dict[str, str]] = [
        {},
        {"Authorization": "Bearer nonsense"},
        {"Authorization": "Bearer "},
        {"Authorization": "Basic b3duZXI6"},
        {"Cookie": f"{COOKIE}=nonsense"},
        {"Cookie": f';;=; "{COOKIE}; {COOKIE}="'},
    ]
    for method, path in addresses():
        if (method, path) in OPEN:
            continue
        url = f"{site.url}{path}".replace("{", "").replace("}", "")
        for shown in nobody:
            headers = {**shown, "Origin": site.url}
            if method == "WS":
                await _turned_away(anyone, url, headers)
                continue
            async with anyone.request(method, url, headers=headers) as reply:
                assert reply.status == 401, (method, path, shown, await reply.text())
                assert (await reply.json())["code"] == "not_authenticated"


async def _turned_away(anyone: aiohttp.ClientSession, url: str, headers: dict[str, str]) -> None:
    async with anyone.ws_connect(url, headers=headers) as socket:
        refused = await socket.receive_json()
        assert (refused["type"], refused["data"]["code"]) == ("error", "not_authenticated")
        await socket.receive()
        assert socket.close_code == 4401


async def test_what_is_open_says_little(site: Site, anyone: aiohttp.ClientSession) -> None:
    async with anyone.get(f"{site.url}/health") as reply:
        assert (reply.status, await reply.json()) == (200, {"status": "ok"})


async def test_only_its_own_names_are_answered(site: Site) -> None:
    for host, status in (
        ("localhost", 200),
        ("LOCALHOST:9999", 200),
        ("127.0.0.1", 200),
        ("[::1]:8000", 200),
        ("evil.example", 421),
        ("evil.example:80", 421),
        ("127.0.0.1.evil.example", 421),
        ("192.168.1.7", 421),
        ("", 421),
    ):
        async with site.http.get(f"{site.url}/health", headers={"Host": host}) as reply:
            assert reply.status == status, host
            if status == 421:
                assert (await reply.json())["code"] == "unknown_host"


async def test_names_may_be_added(opening: Opening) -> None:
    async with opening(server={"allowed_hosts": ["orchestrator.example"]}) as site:
        for host, status in (("orchestrator.example", 200), ("other.example", 421)):
            async with site.http.get(f"{site.url}/health", headers={"Host": host}) as reply:
                assert reply.status == status


async def test_bound_to_all_addresses_it_answers_to_addresses_not_names(opening: Opening) -> None:
    async with opening(server={"host": "0.0.0.0"}) as site:
        for host, status in (("192.168.1.7:8000", 200), ("[fe80::1]", 200), ("rebound.example", 421)):
            async with site.http.get(f"{site.url}/health", headers={"Host": host}) as reply:
                assert reply.status == status, host


async def test_a_socket_from_an_unknown_host_is_refused(site: Site) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await site.socket(headers={"Host": "evil.example"})
    assert refused.value.status == 421


async def test_a_foreign_page_may_not_act(site: Site, anyone: aiohttp.ClientSession) -> None:
    cookie = {"Cookie": f"{COOKIE}={site.token}"}
    url = f"{site.api}/conversations"
    cases: list[tuple[dict[str, str], int]] = [
        ({**cookie, "Origin": site.url}, 201),
        ({**cookie, "Origin": "https://evil.example"}, 403),
        ({**cookie, "Origin": "null"}, 403),
        ({**cookie, "Origin": site.url.replace("http", "http://evil.example#")}, 403),
        (cookie, 403),
        ({**cookie, "Sec-Fetch-Site": "same-origin"}, 201),
        ({**cookie, "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Authorization": f"Bearer {site.token}", "Origin": "https://evil.example"}, 403),
        ({"Authorization": f"Bearer {site.token}"}, 201),
    ]
    for headers, status in cases:
        async with anyone.post(url, headers=headers, json={}) as reply:
            assert reply.status == status, (headers, await reply.text())


async def test_a_foreign_page_may_not_listen(site: Site, anyone: aiohttp.ClientSession) -> None:
    cookie = {"Cookie": f"{COOKIE}={site.token}"}
    for headers in ({**cookie, "Origin": "https://evil.example"}, cookie):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await anyone.ws_connect(f"{site.api}/chat/ws", headers=headers)
        assert refused.value.status == 403
    async with anyone.ws_connect(f"{site.api}/chat/ws", headers={**cookie, "Origin": site.url}) as socket:
        await socket.send_json({"type": "nonsense"})
        assert (await socket.receive_json())["type"] == "error"


async def test_a_token_may_come_as_a_subprotocol(site: Site, anyone: aiohttp.ClientSession) -> None:
    offers = (
        (["orchestrator", f"bearer.{site.token}"], "orchestrator"),
        ([f"bearer.{site.token}"], f"bearer.{site.token}"),
    )
    for offered, chosen in offers:
        async with anyone.ws_connect(f"{site.api}/chat/ws", protocols=offered) as socket:
            assert socket.protocol == chosen
            await socket.send_json({"message": "hello"})
            assert (await socket.receive_json())["type"] == "thinking"


async def test_every_answer_protects_the_browser(site: Site, anyone: aiohttp.ClientSession) -> None:
    paths = ("/", "/health", "/api/v1/tools", "/api/v1/nope", "/nope.js", "/docs")
    for path, client in product(paths, (site.http, anyone)):
        async with client.get(f"{site.url}{path}") as reply:
            headers = reply.headers
            policy = headers["Content-Security-Policy"]
            assert "default-src 'self'" in policy
            assert "script-src 'self';" in policy
            assert "frame-ancestors 'none'" in policy
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["Referrer-Policy"] == "no-referrer"
            assert "Permissions-Policy" in headers
            assert "server" not in headers
            assert "Access-Control-Allow-Origin" not in headers


async def test_no_page_of_ours_needs_a_script(site: Site) -> None:
    for path in ("/", "/docs"):
        async with site.http.get(f"{site.url}{path}") as reply:
            assert "<script" not in await reply.text()


async def test_a_body_too_large_is_refused_before_it_is_sent(opening: Opening) -> None:
    async with opening(server={"max_body": 1000}) as site:
        refused = await site.post("/runs", {"goal": "x" * 2000}, status=413)
        assert refused["code"] == "too_large"


async def test_a_body_that_grows_too_large_is_refused_while_it_comes(opening: Opening) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield b'{"goal": "'
        while sent < 50_000_000:
            sent += 10_000
            yield b"x" * 10_000
            await asyncio.sleep(0)

    async with opening(server={"max_body": 100_000}) as site:
        headers = {"Content-Type": "application/json"}
        try:
            async with site.http.post(f"{site.api}/runs", data=endless(), headers=headers) as reply:
                assert reply.status == 413
                assert (await reply.json())["code"] == "too_large"
        except aiohttp.ClientConnectionError:
            pass  # the server closed while we were still sending: as refused as can be
        assert sent < 50_000_000


async def test_a_frame_too_large_closes_the_socket(opening: Opening) -> None:
    async with opening(server={"max_body": 1000}) as site, site.socket() as socket:
        await socket.send_str('{"message": "' + "x" * 2000 + '"}')
        await socket.receive()
        assert socket.close_code == 1009


async def test_what_is_no_json_is_said_to_be_none(site: Site) -> None:
    for body in (
        b"{",
        b"",
        b"nope",
        b'{"goal": "\xff\xfe"}',
        b'{"goal": "\\ud800"}',
        b'{"goal": NaN}',
        b'{"goal": 1e999}',
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b'{"goal": "x"} trailing',
    ):
        headers = {"Content-Type": "application/json"}
        async with site.http.post(f"{site.api}/runs", data=body, headers=headers) as reply:
            assert reply.status == (400 if body else 422), body[:20]
            assert (await reply.json())["code"] == ("malformed" if body else "invalid_input")
            assert reply.content_type == "application/problem+json"


async def test_a_body_says_that_it_is_json(site: Site) -> None:
    for headers in ({"Content-Type": "text/plain"}, {"Content-Type": "application/x-www-form-urlencoded"}):
        async with site.http.post(f"{site.api}/runs", data=b'{"goal": "x"}', headers=headers) as reply:
            assert reply.status == 415
    packed = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    async with site.http.post(f"{site.api}/runs", data=gzip.compress(b'{"goal": "x"}'), headers=packed) as reply:
        assert reply.status == 415 and "Content-Encoding" in (await reply.json())["detail"]


async def test_wrong_types_are_named(site: Site) -> None:
    wrong: list[tuple[Any, str]] = [
        ({}, "body.goal"),
        ({"goal": True}, "body.goal"),
        ({"goal": 1}, "body.goal"),
        ({"goal": None}, "body.goal"),
        ({"goal": "  "}, "body.goal"),
        ({"goal": "x", "unknown": 1}, "body.unknown"),
        ({"goal": "x", "approvals": "grant"}, "body.approvals"),
        ({"goal": "x", "images": [{"media_type": "image/png", "data": "?"}]}, "body.images.0.data"),
        ({"goal": "x", "images": [{"media_type": "text/html", "data": "AAAA"}]}, "body.images.0.media_type"),
        ([], "body"),
    ]
    for body, where in wrong:
        problem = await site.post("/runs", body, status=422)
        assert problem["code"] == "invalid_input"
        assert where in [error["where"] for error in problem["errors"]]
    for blank in ("", "  "):
        assert (await site.post("/runs", {"goal": blank}, status=422))["hint"] == "body.goal: It must not be empty"


async def test_wrong_queries_are_named(site: Site) -> None:
    for name, value in (("limit", "0"), ("limit", "201"), ("limit", "x"), ("status", "odd")):
        async with site.http.get(f"{site.api}/runs", params={name: value}) as reply:
            assert reply.status == 422
            assert (await reply.json())["errors"][0]["where"] == f"query.{name}"


async def test_a_fault_of_ours_leaks_nothing(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(tenant: str) -> dict[str, int]:
        raise RuntimeError("the secret inside")

    monkeypatch.setattr(site.app.views, "counts", broken)
    async with site.http.get(f"{site.api}/system/stats") as reply:
        assert reply.status == 500
        text = await reply.text()
        assert "secret" not in text
        assert (await reply.json())["code"] == "internal"
        assert reply.headers["X-Content-Type-Options"] == "nosniff"


async def test_methods_and_addresses_that_are_not_there(site: Site) -> None:
    for method, path, status, code in (
        ("GET", "/api/v1/nope", 404, "not_found"),
        ("POST", "/api/v1/nope", 404, "not_found"),
        ("DELETE", "/api/v1/tools", 405, "method_not_allowed"),
        ("PUT", "/health", 405, "method_not_allowed"),
        ("POST", "/somewhere", 405, "method_not_allowed"),
        ("TRACE", "/api/v1/runs", 405, "method_not_allowed"),
    ):
        async with site.http.request(method, f"{site.url}{path}") as reply:
            assert reply.status == status, (method, path)
            problem = await reply.json()
            assert (problem["code"], problem["status"]) == (code, status)
            assert status != 405 or reply.headers["Allow"]
    async with site.http.put(f"{site.api}/conversations/x", json={}) as reply:
        assert reply.headers["Allow"] == "DELETE, GET, PATCH"

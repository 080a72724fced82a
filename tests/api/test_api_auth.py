"""Signing in and out, against the real server."""

from http.cookies import SimpleCookie
from typing import Any

import aiohttp
import pytest
from servers.site import Opening, Site

from orchestrator.api.security import COOKIE

PASSWORD = "correct horse battery"


async def link(site: Site) -> str:
    owner = await site.app.accounts.ensure_owner()
    return f"{site.url}/sign-in?token={await site.app.accounts.sign_in_link(owner.id)}"


async def sign_in(site: Site, client: aiohttp.ClientSession, url: str) -> SimpleCookie:
    async with client.get(url, allow_redirects=False) as reply:
        assert (reply.status, reply.headers["Location"]) == (303, "/")
        return SimpleCookie(reply.headers["Set-Cookie"])


async def me(site: Site, headers: dict[str, str]) -> tuple[int, Any]:
    async with aiohttp.ClientSession() as client, client.get(f"{site.api}/auth/me", headers=headers) as reply:
        return reply.status, await reply.json()


async def test_a_link_signs_in_once(site: Site, anyone: aiohttp.ClientSession) -> None:
    url = await link(site)
    cookie = (await sign_in(site, anyone, url))[COOKIE]
    assert cookie["httponly"] is True
    assert (cookie["samesite"], cookie["path"], cookie["secure"]) == ("lax", "/", "")
    assert int(cookie["max-age"]) == 30 * 86_400
    status, user = await me(site, {"Cookie": f"{COOKIE}={cookie.value}"})
    assert (status, user["username"], user["has_password"]) == (200, "owner", False)
    assert user["scopes"] == ["admin", "execute", "read", "write"]
    for bad in (url, f"{site.url}/sign-in?token=", f"{site.url}/sign-in?token=nope"):
        async with anyone.get(bad) as reply:
            page = await reply.text()
            assert (reply.status, reply.content_type) == (401, "text/html")
            assert "Set-Cookie" not in reply.headers
            assert 'lang="fr"' in page
            assert "30 minutes" in page


async def test_behind_https_the_cookie_is_secure(site: Site, anyone: aiohttp.ClientSession) -> None:
    headers = {"X-Forwarded-Proto": "https"}  # from a proxy on this machine
    async with anyone.get(await link(site), headers=headers, allow_redirects=False) as reply:
        assert "; Secure" in reply.headers["Set-Cookie"]


async def test_a_link_is_not_logged(
    site: Site, anyone: aiohttp.ClientSession, capfd: pytest.CaptureFixture[str]
) -> None:
    url = await link(site)
    await sign_in(site, anyone, url)
    output = capfd.readouterr()
    assert url.partition("token=")[2] not in output.out + output.err


async def test_a_password_signs_in(site: Site, anyone: aiohttp.ClientSession) -> None:
    await site.post("/auth/password", {"password": PASSWORD}, status=204)
    body = {"username": "owner", "password": PASSWORD}
    async with anyone.post(f"{site.api}/auth/login", json=body) as reply:
        tokens = await reply.json()
        assert (reply.status, tokens["token_type"], tokens["user"]["username"]) == (200, "bearer", "owner")
        assert tokens["expires_in"] == 3600
        assert "Set-Cookie" not in reply.headers
        assert reply.headers["Cache-Control"] == "no-store"
    assert (await me(site, {"Authorization": f"Bearer {tokens['access_token']}"}))[0] == 200
    async with anyone.post(f"{site.api}/auth/login", json={**body, "cookie": True}) as reply:
        cookie = SimpleCookie(reply.headers["Set-Cookie"])[COOKIE]
    assert (await me(site, {"Cookie": f"{COOKIE}={cookie.value}"}))[0] == 200


async def test_a_refresh_token_works_once(site: Site, anyone: aiohttp.ClientSession) -> None:
    await site.post("/auth/password", {"password": PASSWORD}, status=204)
    async with anyone.post(f"{site.api}/auth/login", json={"username": "owner", "password": PASSWORD}) as reply:
        first = (await reply.json())["refresh_token"]
    for status in (200, 401):
        async with anyone.post(f"{site.api}/auth/refresh", json={"refresh_token": first}) as reply:
            assert reply.status == status


async def test_wrong_sign_ins_say_nothing_of_why_and_bring_a_pause(opening: Opening) -> None:
    async with opening() as site, aiohttp.ClientSession() as client:
        await site.post("/auth/password", {"password": PASSWORD}, status=204)
        said = []
        for name in ("owner", "nobody"):
            body = {"username": name, "password": "wrong wrong wrong"}
            async with client.post(f"{site.api}/auth/login", json=body) as reply:
                assert reply.status == 401
                said.append(await reply.json())
        assert said[0] == said[1]
        for _ in range(5):
            body = {"username": "owner", "password": "wrong wrong wrong"}
            async with client.post(f"{site.api}/auth/login", json=body) as reply:
                status, problem, headers = reply.status, await reply.json(), reply.headers
        assert (status, problem["code"], problem["retryable"]) == (429, "too_many_attempts", True)
        assert 1 <= int(headers["Retry-After"]) <= 60


async def test_signing_out_ends_this_session_only(site: Site, anyone: aiohttp.ClientSession) -> None:
    cookies = [(await sign_in(site, anyone, await link(site)))[COOKIE].value for _ in range(2)]
    first, second = ({"Cookie": f"{COOKIE}={value}", "Origin": site.url} for value in cookies)
    async with aiohttp.ClientSession() as client, client.post(f"{site.api}/auth/logout", headers=first) as reply:
        assert reply.status == 204
        assert SimpleCookie(reply.headers["Set-Cookie"])[COOKIE].value == ""
    assert (await me(site, first))[0] == 401
    assert (await me(site, second))[0] == 200


async def test_a_wrong_password_does_not_sign_out(site: Site) -> None:
    await site.post("/auth/password", {"password": PASSWORD}, status=204)
    tokens = await site.post("/auth/login", {"username": "owner", "password": PASSWORD})
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    cases: tuple[tuple[dict[str, str], int], ...] = (
        ({}, 403),
        ({"current": "wrong wrong wrong"}, 403),
        ({"username": "ada"}, 403),
        ({"current": PASSWORD}, 204),
    )
    async with aiohttp.ClientSession(headers=headers) as client:
        for more, status in cases:
            form = {"password": PASSWORD + "!", **more}
            async with client.post(f"{site.api}/auth/password", json=form) as reply:
                assert reply.status == status
                assert status == 204 or (await reply.json(content_type=None))["code"] == "not_allowed"
        assert (await me(site, headers))[1]["has_password"] is True


async def test_the_command_line_of_the_machine_sets_a_forgotten_password(site: Site) -> None:
    await site.post("/auth/register", {"username": "ada", "password": PASSWORD}, status=201)
    await site.post("/auth/password", {"password": PASSWORD + "?", "username": "ada"}, status=204)
    await site.post("/auth/login", {"username": "ada", "password": PASSWORD + "?"})
    await site.post("/auth/password", {"password": PASSWORD}, status=204)
    await site.post("/auth/password", {"password": PASSWORD + "!"}, status=204)
    await site.post("/auth/password", {"password": PASSWORD, "username": "nobody"}, status=404)


async def test_users_have_the_scopes_they_were_given(site: Site, anyone: aiohttp.ClientSession) -> None:
    new = {"username": "reader", "password": PASSWORD, "scopes": ["read"]}
    user = await site.post("/auth/register", new, status=201)
    assert (user["username"], user["scopes"]) == ("reader", ["read"])
    assert (await site.post("/auth/register", new, status=409))["code"] == "conflict"
    async with anyone.post(f"{site.api}/auth/login", json=new | {"scopes": None}) as reply:
        assert reply.status == 422
    body = {"username": "reader", "password": PASSWORD}
    async with anyone.post(f"{site.api}/auth/login", json=body) as reply:
        bearer = {"Authorization": f"Bearer {(await reply.json())['access_token']}"}
    for method, path, sent, status in (
        ("GET", "/runs", None, 200),
        ("GET", "/conversations", None, 200),
        ("POST", "/runs", {"goal": "x"}, 403),
        ("POST", "/chat", {"message": "x"}, 403),
        ("POST", "/tools/calculate/call", {"arguments": {}}, 403),
        ("POST", "/conversations", {}, 403),
        ("POST", "/approvals/x", {"answer": "once"}, 403),
        ("POST", "/auth/register", new, 403),
    ):
        async with anyone.request(method, f"{site.api}{path}", json=sent, headers=bearer) as reply:
            assert reply.status == status, path
            assert status == 200 or (await reply.json())["code"] == "not_allowed"
    async with anyone.ws_connect(f"{site.api}/chat/ws", headers=bearer) as socket:
        await socket.send_json({"message": "x"})
        assert (await socket.receive_json())["data"]["code"] == "not_allowed"


async def test_conversations_are_ones_own(site: Site, anyone: aiohttp.ClientSession) -> None:
    mine = await site.post("/conversations", {"title": "mine"}, status=201)
    await site.post("/auth/register", {"username": "other", "password": PASSWORD}, status=201)
    async with anyone.post(f"{site.api}/auth/login", json={"username": "other", "password": PASSWORD}) as reply:
        bearer = {"Authorization": f"Bearer {(await reply.json())['access_token']}"}
    async with anyone.get(f"{site.api}/conversations", headers=bearer) as reply:
        assert (await reply.json())["items"] == []
    for path in (f"/conversations/{mine['id']}", f"/conversations/{mine['id']}/messages"):
        async with anyone.get(f"{site.api}{path}", headers=bearer) as reply:
            assert reply.status == 404

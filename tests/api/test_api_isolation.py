"""Two people on one server: what is one's is neither seen nor steered by the other."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import pytest
from servers.site import Opening, Shout, Site, shouting

from orchestrator.kernel.messages import Scope
from orchestrator.llm.providers.scripted import Scripted


@pytest.fixture
async def site(opening: Opening) -> AsyncIterator[Site]:
    async with opening(model=Scripted(shouting), tools=[Shout()]) as made:
        yield made


async def somebody(site: Site, name: str, *scopes: Scope) -> aiohttp.ClientSession:
    user = await site.app.accounts.register(name, None, scopes)
    session = await site.app.accounts.sign_in(await site.app.accounts.sign_in_link(user.id))
    return aiohttp.ClientSession(headers={"Authorization": f"Bearer {session.token}"})


async def waiting(site: Site, http: aiohttp.ClientSession) -> dict[str, Any]:
    """A run of theirs that waits for an answer."""
    async with http.post(f"{site.api}/chat", json={"message": "Shout"}) as reply:
        run: dict[str, Any] = await reply.json()
    assert run["status"] == "waiting"
    return run


async def test_runs_approvals_events_and_artifacts_are_ones_own(site: Site) -> None:
    run = await waiting(site, site.http)
    approval = run["approvals"][0]["approval_id"]
    async with await somebody(site, "mallory", "read", "write", "execute") as mallory:

        async def denied(method: str, path: str, body: object = None) -> None:
            async with mallory.request(method, f"{site.api}{path}", json=body) as reply:
                assert (reply.status, (await reply.json())["code"]) == (404, "not_found"), path

        for path in ("", "/events", "/events?after=1"):
            await denied("GET", f"/runs/{run['run_id']}{path}")
        for path in ("/cancel", "/resume"):
            await denied("POST", f"/runs/{run['run_id']}{path}")
        for answer in ("once", "always", "refuse", "done"):
            await denied("POST", f"/approvals/{approval}", {"answer": answer})
        for path in ("/runs", "/approvals", "/conversations", f"/runs?conversation_id={run['conversation_id']}"):
            async with mallory.get(f"{site.api}{path}") as reply:
                assert (await reply.json())["items"] == [], path
        await denied("POST", "/chat", {"message": "x", "conversation_id": run["conversation_id"]})

        done = await site.post(f"/approvals/{approval}", {"answer": "once"})
        await site.app.runs.settled(done["run_id"])
        events = (await site.get(f"/runs/{run['run_id']}/events"))["items"]
        artifact = next(event["artifact"]["id"] for event in events if event["type"] == "tool.returned")
        await denied("GET", f"/artifacts/{artifact}")
        async with site.http.get(f"{site.api}/artifacts/{artifact}") as reply:
            assert reply.status == 200 and reply.headers["Content-Disposition"].startswith("attachment")


async def test_a_socket_steers_ones_own_runs_only(site: Site) -> None:
    run = await waiting(site, site.http)
    approval = run["approvals"][0]["approval_id"]
    async with (
        await somebody(site, "mallory", "read", "write", "execute") as mallory,
        mallory.ws_connect(f"{site.api}/chat/ws") as socket,
    ):
        for frame in (
            {"type": "watch", "run_id": run["run_id"]},
            {"type": "approve", "approval_id": approval, "answer": "always"},
            {"type": "cancel", "run_id": run["run_id"]},
        ):
            await socket.send_json(frame)
            told = await socket.receive_json()
            assert (told["type"], told["data"]["code"]) == ("error", "not_found"), frame
    assert (await site.get(f"/runs/{run['run_id']}"))["status"] == "waiting"


async def test_always_covers_the_runs_of_one_person(site: Site) -> None:
    async with await somebody(site, "mallory", "read", "write", "execute") as mallory:
        theirs = await waiting(site, mallory)
        url = f"{site.api}/approvals/{theirs['approvals'][0]['approval_id']}"
        async with mallory.post(url, json={"answer": "always"}) as reply:
            assert reply.status == 200
        async with mallory.post(f"{site.api}/chat", json={"message": "Shout"}) as reply:
            assert (await reply.json())["status"] == "completed"
    await waiting(site, site.http)


async def test_an_administrator_sees_and_answers_for_all(site: Site) -> None:
    async with await somebody(site, "alice", "read", "execute") as alice:
        run = await waiting(site, alice)
        (asked,) = (await site.get("/approvals"))["items"]
        left = datetime.fromisoformat(asked["expires_at"]) - datetime.fromisoformat(asked["asked_at"])
        assert asked["run_id"] == run["run_id"] and left == timedelta(hours=site.app.settings.agents.approval_hours)
        await site.post(f"/approvals/{run['approvals'][0]['approval_id']}", {"answer": "refuse"})


async def test_a_reader_starts_steers_and_administers_nothing(site: Site) -> None:
    run = await waiting(site, site.http)
    async with await somebody(site, "reader", "read") as reader:
        for method, path, body in (
            ("POST", "/chat", {"message": "Shout"}),
            ("POST", "/runs", {"goal": "Shout"}),
            ("POST", f"/runs/{run['run_id']}/cancel", None),
            ("POST", f"/runs/{run['run_id']}/resume", None),
            ("POST", f"/approvals/{run['approvals'][0]['approval_id']}", {"answer": "once"}),
            ("POST", "/tools/shout/call", {"arguments": {"text": "x"}}),
            ("POST", "/conversations", {"title": "x"}),
            ("POST", "/auth/register", {"username": "x", "password": "correct horse battery", "scopes": ["admin"]}),
            ("POST", "/auth/link", {"username": "owner"}),
            ("GET", "/auth/users", None),
        ):
            async with reader.request(method, f"{site.api}{path}", json=body) as reply:
                assert reply.status == 403, (method, path, await reply.text())
        async with reader.ws_connect(f"{site.api}/chat/ws") as socket:
            await socket.send_json({"type": "message", "message": "Shout"})
            assert (await socket.receive_json())["data"]["code"] == "not_allowed"


async def test_nobody_reaches_no_route(site: Site, anyone: aiohttp.ClientSession) -> None:
    async with site.http.get(f"{site.api}/openapi.json") as reply:
        paths = (await reply.json())["paths"]
    reached = set()
    for path, methods in paths.items():
        for method in methods:
            async with anyone.request(method, site.url + path.replace("{", "").replace("}", ""), json={}) as reply:
                if reply.status != 401:
                    reached.add(path)
    assert reached <= {
        "/health",
        "/health/ready",
        "/api/v1/health",
        "/sign-in",
        "/api/v1/auth/login",
        "/api/v1/auth/refresh",
    }


async def test_an_agent_may_do_no_more_than_who_asks(site: Site) -> None:
    async with await somebody(site, "reader", "read", "execute") as reader:
        body = {"arguments": {"path": "mine.txt", "content": "x"}}
        async with reader.post(f"{site.api}/tools/write_file/call", json=body) as reply:
            run = await reply.json()
    assert run["status"] == "failed" and "needs the scope 'write'" in run["answer"]
    assert not (site.app.settings.workspace / "mine.txt").exists()

"""Budgets over the API: set, reached by every door, topped up; the ledger as pages and as files; savings."""

import csv
import io
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from servers.models import ModelServer
from servers.scenery import SCENES
from servers.site import Opening, Site

PRICE = {"input": 10.0, "output": 100.0}  # US dollars a million tokens


@pytest.fixture
async def priced(opening: Opening) -> AsyncIterator[Site]:
    """A provider whose model costs money."""
    async with ModelServer(SCENES) as vendors:
        lab = {"kind": "openai", "base_url": f"{vendors.url}/v1", "model": "say"}
        async with opening(llm={"providers": {"lab": lab}, "models": {"lab/say": PRICE}}) as site:
            yield site


async def chat(site: Site, model: str = "lab") -> Any:
    return await site.post("/chat", {"message": "Hello", "model": model, "channel": "api"})


async def put(site: Site, status: int = 200, **form: Any) -> Any:
    async with site.http.put(f"{site.api}/budgets", json=form) as reply:
        assert reply.status == status, await reply.text()
        return await reply.json()


async def standing(site: Site, **which: str) -> Any:
    items = (await site.get("/budgets"))["items"]
    return next(one for one in items if all(one[name] == value for name, value in which.items()))


async def test_what_a_run_costs_is_counted_and_one_without_money_waits_for_a_top_up(priced: Site) -> None:
    site = priced
    await put(site, scope="tenant", period="month", dollars=5.0)
    owner = (await site.get("/auth/me"))["username"]
    await put(site, scope="user", name=owner, period="day", dollars=2.5)
    first = await chat(site)
    assert first["status"] == "completed" and first["cost"] > 0
    mine = await standing(site, scope="user")
    assert mine["spent"] == pytest.approx(first["cost"]) and mine["label"] == owner and mine["reserved"] == 0
    await put(site, scope="user", name=owner, period="day", dollars=0.0)
    run = await site.post("/runs", {"goal": "Hello", "model": "lab"}, status=201)
    await site.app.runs.settled(run["run_id"])
    waiting = await site.get(f"/runs/{run['run_id']}")
    assert waiting["status"] == "waiting"
    (asked,) = (await site.get("/approvals"))["items"]
    assert asked["kind"] == "budget" and "user" in asked["reason"] and asked["details"]["scope"] == "user"
    assert asked["expires_at"] is None  # money waits as long as it takes
    assert (await site.get("/budgets"))["waiting"] == 1
    form = {"scope": "user", "name": owner, "period": "day", "dollars": 3.0, "note": "the demo", "resume": True}
    topped = await site.post("/budgets/top-up", form)
    assert topped["resumed"] == [run["run_id"]] and topped["budget"]["limit"] == 3.0
    await site.app.runs.settled(run["run_id"])
    assert (await site.get(f"/runs/{run['run_id']}"))["status"] == "completed"
    assert (await chat(site, "scripted"))["status"] == "completed"


async def test_every_door_counts(priced: Site) -> None:
    site = priced
    await put(site, scope="tenant", period="total", dollars=5.0)
    await chat(site)
    await site.post("/models/test", {"model": "lab"})
    doors = [line["door"] for line in (await site.get("/budgets/ledger"))["items"]]
    assert sorted(doors) == ["run", "test"]
    await put(site, scope="tenant", period="total", dollars=0.0)
    refused = await site.post("/models/test", {"model": "lab"}, status=402)
    assert refused["code"] == "budget_exceeded" and "top-up" in refused["hint"]


async def test_the_ledger_comes_in_pages_and_as_files(priced: Site) -> None:
    site = priced
    await put(site, scope="tenant", period="month", dollars=5.0)
    for _ in range(3):
        run = await chat(site)
    await site.post("/budgets/top-up", {"scope": "tenant", "period": "month", "dollars": 2.0})
    page = await site.get("/budgets/ledger", limit=2)
    rest = await site.get("/budgets/ledger", limit=2, before=page["next"])
    kinds = [line["kind"] for line in [*page["items"], *rest["items"]]]
    assert kinds == ["topped_up", "spent", "spent", "spent"]
    (line,) = (await site.get("/budgets/ledger", run_id=run["run_id"]))["items"]
    assert line["credits"] == pytest.approx(line["dollars"] / 0.01) and line["dollars"] == pytest.approx(run["cost"])
    async with site.http.get(f"{site.api}/budgets/export") as reply:
        rows = list(csv.DictReader(io.StringIO(await reply.text())))
        assert reply.headers["Content-Type"].startswith("text/csv")
        assert "attachment" in reply.headers["Content-Disposition"]
    async with site.http.get(f"{site.api}/budgets/export", params={"format": "json"}) as reply:
        lines = [json.loads(text) for text in (await reply.text()).splitlines()]
    assert [row["key"] for row in rows] == [line["key"] for line in lines] and len(rows) == 4
    assert float(rows[-1]["dollars"]) == pytest.approx(lines[-1]["dollars"])
    (day,) = (await site.get("/budgets/savings"))["items"]
    assert day["calls"] == 3 and day["spent"] == pytest.approx(3 * run["cost"])


async def test_only_an_administrator_sets_budgets_and_others_see_their_own(priced: Site) -> None:
    site = priced
    form = {"username": "ada", "password": "correct horse battery"}
    await site.post("/auth/register", form, status=201)
    headers = {"Authorization": f"Bearer {(await site.post('/auth/login', form))['access_token']}"}
    await put(site, scope="user", name="ada", period="month", dollars=3.0)
    owner = (await site.get("/auth/me"))["username"]
    await put(site, scope="user", name=owner, period="month", dollars=4.0)
    await chat(site)
    budget = {"scope": "user", "name": "ada", "period": "month", "dollars": 9.0}
    for method, path, body in (
        ("PUT", "/budgets", budget),
        ("POST", "/budgets/top-up", budget),
        ("DELETE", "/budgets?scope=user&period=month&name=ada", None),
    ):
        async with site.http.request(method, f"{site.api}{path}", json=body, headers=headers) as reply:
            assert reply.status == 403
    async with site.http.get(f"{site.api}/budgets", headers=headers) as reply:
        assert [one["label"] for one in (await reply.json())["items"]] == ["ada"]
    async with site.http.get(f"{site.api}/budgets/ledger", headers=headers) as reply:
        assert (await reply.json())["items"] == []


async def test_budgets_are_removed_and_nonsense_is_refused(priced: Site) -> None:
    site = priced
    await put(site, scope="agent", name="*", period="day", dollars=2.0)
    where = {"scope": "agent", "name": "*", "period": "day"}
    for status in (204, 404):
        async with site.http.delete(f"{site.api}/budgets", params=where) as reply:
            assert reply.status == status
    for scope, name, status in (("user", "nobody", 404), ("user", "", 404), ("tenant", "x", 422), ("run", "*", 422)):
        assert (await put(site, status, scope=scope, name=name, period="day", dollars=2.0))["code"]
    async with site.http.get(f"{site.api}/budgets/ledger", params={"before": "yesterday"}) as reply:
        assert reply.status == 422

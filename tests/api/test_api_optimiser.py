"""Optimising and the cache, over HTTP."""

import json
from typing import Any

import aiohttp
import pytest
from servers.site import Site

from orchestrator.llm.cache.keys import Asked
from orchestrator.llm.providers.scripted import say


async def post(site: Site, url: str, body: Any) -> Any:
    async with site.http.post(url, json=body) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()


async def test_a_prompt_is_optimised_at_both_addresses(site: Site) -> None:
    rows = json.dumps([{"id": n, "name": f"n{n}", "city": "Lyon"} for n in range(40)], indent=2)
    body = {"prompt": f"Read.\n{rows}\nWho is 7?", "mode": "minimal", "check": True}
    for url in (f"{site.url}/optimize_prompt", f"{site.api}/optimizer/prompt"):
        answer = await post(site, url, body)
        assert answer["optimized_prompt"].endswith("Who is 7?")
        metrics = answer["metrics"]
        assert metrics["tokens_after"] == metrics["tokens_before"] - metrics["tokens_saved"]
        assert metrics["saved"] > 0.4
        assert metrics["money_saved"] > 0
        assert metrics["by_rule"]["documents"] == metrics["tokens_saved"]
        assert answer["fidelity"]["lossless"] is True
    plain = await post(site, f"{site.url}/optimize_prompt", {"prompt": "Why?"})
    assert plain["optimized_prompt"] == "Why?"
    assert (plain["metrics"]["tokens_saved"], plain["metrics"]["roi"], plain["fidelity"]) == (0, 0, None)


async def test_savings_are_priced_by_the_model_that_is_named(site: Site) -> None:
    body = {"prompt": "Why?", "model": "scripted"}
    answer = await post(site, f"{site.url}/optimize_prompt", body)
    assert answer["metrics"]["priced_as"] == "scripted/scripted, whose price is not known"


async def test_a_conversation_is_optimised(site: Site) -> None:
    long = "\n".join(f"row {n}: a line that is long enough to be referred to" for n in range(9))
    messages = [{"role": "user", "content": long}, {"role": "tool", "content": long}]
    answer = await post(site, f"{site.api}/optimizer/history", {"messages": messages, "mode": "minimal"})
    assert answer["messages"][0] == messages[0]
    assert answer["messages"][1]["content"].startswith("[[same 9 lines")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"prompt": "x", "mode": "wild"}, 422),
        ({}, 422),
        ({"prompt": 3}, 422),
        ({"prompt": "x", "model": "nobody/none"}, 409),
    ],
)
async def test_nonsense_is_refused(site: Site, body: dict[str, object], status: int) -> None:
    async with site.http.post(f"{site.url}/optimize_prompt", json=body) as answer:
        assert answer.status == status


async def test_nobody_optimises_without_signing_in(site: Site, anyone: aiohttp.ClientSession) -> None:
    async with anyone.post(f"{site.url}/optimize_prompt", json={"prompt": "x"}) as answer:
        assert answer.status == 401


async def test_the_cache_says_what_it_holds_and_is_cleared(site: Site) -> None:
    before = await site.get("/cache")
    assert (before["mode"], before["store"], before["entries"]) == ("exact", "memory", 0)
    async with site.http.delete(f"{site.api}/cache") as answer:
        assert await answer.json() == {"cleared": 0}


async def test_erasing_a_person_forgets_answers(site: Site) -> None:
    remembered = site.app.models.remembered
    assert remembered is not None
    owner = await site.app.accounts.owner()
    for tenant in (owner.tenant, "another"):
        await remembered.cache.keep(Asked(tenant, "k"), say("an answer"))
    assert (await site.get("/cache"))["entries"] == 1
    await site.post("/journal/jobs", {"kind": "erase", "subject": "user_gone"}, status=202)
    assert (await site.get("/cache"))["entries"] == 0
    assert (await remembered.cache.statistics("another")).entries == 1

"""What a person prefers of models while it runs: at once, after a restart, told, and by an administrator only."""

from typing import Any

from servers.site import Opening, Site

from orchestrator.kernel import events as e


async def put(site: Site, status: int = 200, **form: Any) -> Any:
    async with site.http.put(f"{site.api}/models/preferences", json=form) as reply:
        assert reply.status == status, await reply.text()
        return await reply.json()


async def test_preferences_count_at_once_and_after_a_restart(opening: Opening) -> None:
    wanted: dict[str, Any] = {"pins": {"assistant": "scripted"}, "optimise": "balanced", "cache": False}
    async with opening() as site:
        assert await site.get("/models/preferences") == {"pins": {}, "optimise": "minimal", "cache": True}
        assert await put(site, **wanted) == wanted
        assert site.app.runs.desk.house.optimise == "balanced"
        choice = await site.app.models.choose("auto", agent="assistant")
        assert choice.provider == "scripted" and "asked for" in choice.reason
        (event,) = await site.app.journal.read("models:" + (await site.app.accounts.owner()).tenant)
        assert isinstance(event.body, e.PreferencesChanged) and event.body.pins == {"assistant": "scripted"}
    async with opening() as site:
        assert await site.get("/models/preferences") == wanted
        assert site.app.runs.desk.house.optimise == "balanced" and not site.app.models.remembering


async def test_what_cannot_be_is_not_preferred(opening: Opening) -> None:
    async with opening(llm={"cache": {"mode": "off"}}) as site:
        refused = await put(site, 409, pins={}, optimise="off", cache=True)
        assert refused["code"] == "conflict" and "config.toml" in refused["hint"]
        assert (await put(site, 409, pins={"a": "nowhere/x"}, optimise="off", cache=False))["code"] == "no_model"
        assert (await put(site, 422, pins={}, optimise="wildly", cache=False))["code"] == "invalid_input"
        assert (await site.get("/models/preferences"))["optimise"] == "minimal"

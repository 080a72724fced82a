"""What is to happen later, by the API: set in words, listed, cancelled, each person their own."""

from servers.site import Site


async def test_set_listed_and_cancelled(site: Site) -> None:
    made = await site.post("/schedules", {"text": "check the backups", "when": "every Monday at 9", "kind": "reminder"})
    assert made["when"] == "every Monday at 09:00" and made["next"] and made["fired"] == 0
    assert [one["id"] for one in (await site.get("/schedules"))["items"]] == [made["id"]]
    async with site.http.delete(f"{site.api}/schedules/{made['id']}") as reply:
        assert reply.status == 200 and (await reply.json())["ended"] == "cancelled"
    assert (await site.get("/schedules"))["items"] == []
    assert [one["ended"] for one in (await site.get("/schedules", ended="true"))["items"]] == ["cancelled"]


async def test_what_is_no_time_is_refused(site: Site) -> None:
    for form in ({"text": "x", "when": "sometimes"}, {"text": "x", "when": "every day", "zone": "Mars/Base"}):
        refused = await site.post("/schedules", form, status=422)
        assert refused["hint"]


async def test_what_is_not_there_is_not_found(site: Site) -> None:
    async with site.http.delete(f"{site.api}/schedules/schedule_none") as reply:
        assert reply.status == 404


async def test_paused_resumed_and_had_now(site: Site) -> None:
    made = await site.post("/schedules", {"text": "say hello", "when": "every day at 9"})
    assert (made["paused"], made["last"]) == (False, None)
    paused = await site.post(f"/schedules/{made['id']}/pause")
    assert paused["paused"] and paused["next"] is None
    now = await site.post(f"/schedules/{made['id']}/run")
    assert now["paused"] and now["fired"] == 1 and now["last"]
    await site.app.runs.settled(now["run_id"])
    run = await site.get(f"/runs/{now['run_id']}")
    assert (run["answer"], run["channel"], run["goal"]) == ("Hello there.", "schedule", "say hello")
    resumed = await site.post(f"/schedules/{made['id']}/resume")
    assert not resumed["paused"] and resumed["next"] == made["next"]


async def test_what_is_over_is_not_paused_and_what_is_once_is_had_once(site: Site) -> None:
    made = await site.post("/schedules", {"text": "stretch", "when": "in 20 minutes", "kind": "reminder"})
    assert (await site.post(f"/schedules/{made['id']}/run"))["ended"] == "done"
    for what in ("pause", "resume", "run"):
        refused = await site.post(f"/schedules/{made['id']}/{what}", status=409)
        assert "is over (done)" in refused["detail"]
        await site.post(f"/schedules/none/{what}", status=404)

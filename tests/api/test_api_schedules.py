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

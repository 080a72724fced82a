"""An "always" may be seen, and taken back, by whom it is for."""

import aiohttp
from servers.site import Opening, Shout, shouting

from orchestrator.llm.providers.scripted import Scripted


async def test_what_was_allowed_for_always_is_listed_and_taken_back(opening: Opening) -> None:
    async with opening(model=Scripted(shouting), tools=[Shout()]) as site:
        assert await site.get("/grants") == {"items": []}
        run = await site.post("/chat", {"message": "Shout hey"})
        (asked,) = run["approvals"]
        run = await site.post(f"/approvals/{asked['approval_id']}", {"answer": "always"})
        await site.app.runs.settled(run["run_id"])
        (grant,) = (await site.get("/grants"))["items"]
        assert (grant["tool"], grant["shape"]) == ("shout", asked["shape"])
        assert grant["approval_id"] == asked["approval_id"] and grant["at"].endswith("Z")
        assert (await site.post("/chat", {"message": "Shout hey"}))["status"] == "completed"

        other = await site.app.accounts.register("mallory", None, ("read", "execute"))
        session = await site.app.accounts.sign_in(await site.app.accounts.sign_in_link(other.id))
        url = f"{site.api}/grants"
        async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {session.token}"}) as mallory:
            async with mallory.get(url) as reply:
                assert await reply.json() == {"items": []}
            async with mallory.delete(f"{url}/{grant['id']}") as reply:
                assert reply.status == 404

        for status in (204, 404):
            async with site.http.delete(f"{url}/{grant['id']}") as reply:
                assert reply.status == status
        assert await site.get("/grants") == {"items": []}
        assert (await site.post("/chat", {"message": "Shout hey"}))["status"] == "waiting"

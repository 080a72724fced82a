"""What the policy would say, asked through the API: nothing is done and nothing is recorded."""

from servers.site import Opening, Site


async def test_a_call_is_explained_and_not_made(opening: Opening) -> None:
    async with opening() as site:
        before = await site.app.views.events()
        asked = {"tool": "execute_command", "arguments": {"command": "rm -rf build"}}
        found = await site.post("/policy/explain", asked)
        assert (found["verdict"], found["rule"], found["code"]) == ("ask", "commands", "deletes")
        assert found["shape"] == "rm -r"
        assert found["reason"] and found["alternative"]
        assert await site.app.views.events() == before
        assert await site.get("/runs") == {"items": [], "next": None}


async def test_whose_words_it_is_changes_what_is_said(opening: Opening) -> None:
    async with opening() as site:
        call = {"tool": "http_request", "arguments": {"url": "https://example.com/a"}}
        for typed in ({}, {"origins": ["user"]}, {"sources": {"url": ["user"]}}):
            said = await site.post("/policy/explain", {**call, **typed})
            assert (said["verdict"], said["code"]) == ("allow", "users_address")
        said = await site.post("/policy/explain", {**call, "origins": ["user", "model"]})
        assert said["code"] == "new_host"
        said = await site.post("/policy/explain", {**call, "sources": {"url": ["web"]}, "origins": ["user", "web"]})
        assert said["verdict"] == "ask"


async def test_what_cannot_be_meant_is_said(opening: Opening) -> None:
    async with opening() as site:
        for body, status in (
            ({"tool": "no_such_tool"}, 404),
            ({"tool": ""}, 422),
            ({"tool": "calculate", "origins": ["nobody"]}, 422),
            ({"tool": "calculate", "arguments": "x"}, 422),
        ):
            async with site.http.post(f"{site.api}/policy/explain", json=body) as reply:
                assert reply.status == status, await reply.text()


async def test_policies_are_checked_listed_and_taken_up(site: Site) -> None:
    forbid = '@id("no") forbid(principal, action, resource == Tool::"execute_command");'
    checked = await site.post("/policy/check", {"text": forbid, "name": "workspace/w.cedar"})
    assert checked["problem"] == "" and checked["items"][0]["id"] == "workspace/w.cedar#no"
    checked = await site.post("/policy/check", {"text": forbid + "\nforbid("})
    assert checked["items"] == [] and "base.cedar, line 2" in checked["problem"]
    held = await site.get("/policy")
    assert held["items"] == [] and "entity Tool" in held["schema_text"]
    (site.app.policies.path / "base.cedar").write_text(forbid)
    (item,) = (await site.post("/policy/reload"))["items"]
    assert (item["layer"], item["kind"], item["line"]) == ("owner", "forbid", 1)
    call = {"tool": "execute_command", "arguments": {"command": "ls"}}
    assert (await site.post("/policy/explain", call))["details"]["policy"] == "base.cedar#no"

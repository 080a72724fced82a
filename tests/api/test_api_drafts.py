"""Drafted tools over HTTP: a person looks, approves, discards."""

from pathlib import Path

from servers.site import open_site

from orchestrator.tools.plugins.drafts import Drafts

CODE = '''"""Dice."""

from orchestrator.tools import tool


@tool(category="games")
def roll_die() -> int:
    """Roll one die."""
    return 4
'''


async def test_a_draft_becomes_a_tool_when_a_person_approves_what_they_saw(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        kept = Drafts(site.app.settings.tools_folder)
        kept.write("roll_die", CODE, "")
        (item,) = (await site.get("/drafts"))["items"]
        assert item["code"] == CODE and (await site.get("/drafts/roll_die")) == item
        refused = await site.post("/drafts/roll_die/approve", {"digest": "0" * 64}, status=409)
        assert "not what you looked at" in str(refused)
        assert site.app.tools.place("list_tools") == "server"
        done = await site.post("/drafts/roll_die/approve", {"digest": item["digest"]})
        assert [(change["what"], change["tools"]) for change in done["items"]] in ([("added", ["roll_die"])], [])
        made = await site.get("/tools/roll_die")
        assert (made["source"], made["place"], made["sandbox"]) == ("roll_die.py", "sandbox", site.app.sandbox.level)
        assert (await site.get("/drafts"))["items"] == []
        kept.write("other", "def other(): ...", "")
        async with site.http.delete(f"{site.api}/drafts/other") as reply:
            assert reply.status == 204
        async with site.http.delete(f"{site.api}/drafts/other") as reply:
            assert reply.status == 404

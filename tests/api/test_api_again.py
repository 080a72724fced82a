"""Runs again through the API: replays, forks, comparisons, files and evaluations, and garbage sent to each."""

from pathlib import Path
from typing import Any

import pytest
from servers.site import Opening, Site

from orchestrator.agents import context
from orchestrator.kernel.messages import Arguments, Message, Text, ToolCall, ToolSpec
from orchestrator.llm.base import Reply, Request
from orchestrator.llm.providers.scripted import Scripted
from orchestrator.tools.base import Context, Result


class Look:
    spec = ToolSpec("look", "Look.", {"type": "object"}, "read", "none")

    def __init__(self) -> None:
        self.looked = 0

    def check(self, arguments: Arguments) -> None: ...

    async def call(self, arguments: Arguments, within: Context) -> Result:
        self.looked += 1
        return Result("a tree")


def looking(request: Request) -> Reply | str:
    if any(message.role == "tool" for message in request.messages):
        asked = next(message.text for message in request.messages if message.role == "user")
        return f"A tree: {asked}"
    return Reply(Message("assistant", (Text("I look."), ToolCall("c1", "look", {}))), "scripted", "tools")


async def looked(site: Site) -> str:
    made = await site.post("/runs", {"goal": "What is there?"}, status=201)
    run_id: str = made["run_id"]
    await site.app.runs.settled(run_id)
    return run_id


async def test_nothing_is_called_by_a_replay(opening: Opening, monkeypatch: pytest.MonkeyPatch) -> None:
    model, tool = Scripted(looking), Look()
    async with opening(model=model, tools=(tool,)) as site:
        run_id = await looked(site)
        made = len(model.requests), tool.looked
        found = await site.post(f"/runs/{run_id}/replay", {})
        assert found["exact"] and found["same"] == found["events"] and found["difference"] is None
        last = await site.post("/runs/replay", {"last": 10})
        assert (last["exact"], last["different"]) == (1, 0)
        assert (len(model.requests), tool.looked) == made
        monkeypatch.setattr(context, "INSTRUCTIONS", context.INSTRUCTIONS + "\nBe brief.")
        context.instructions.cache_clear()
        found = await site.post(f"/runs/{run_id}/replay", {})
        assert not found["exact"] and found["difference"]["seq"] == 2
        assert [change["path"] for change in found["difference"]["changes"]] == ["request.instructions"]
    monkeypatch.undo()
    context.instructions.cache_clear()


async def test_a_fork_takes_what_it_can_and_stands_beside_the_run(opening: Opening) -> None:
    model, tool = Scripted(looking), Look()
    async with opening(model=model, tools=(tool,)) as site:
        run_id = await looked(site)
        fork = await site.post(f"/runs/{run_id}/fork", {"at": 1, "prompt": "And here?"}, status=201)
        await site.app.runs.settled(fork["run_id"])
        found = await site.get(f"/runs/{run_id}/diff", other=fork["run_id"])
        assert not found["same"] and found["right"]["answer"] == "A tree: And here?"
        assert (found["right"]["taken"], found["right"]["forked_from"], tool.looked) == (1, run_id, 1)
        assert (await site.get(f"/runs/{run_id}/diff", other=run_id))["same"]


async def test_a_run_as_a_file(opening: Opening, tmp_path: Path) -> None:
    async with opening(model=Scripted(looking), tools=(Look(),)) as site:
        run_id = await looked(site)
        kept = await site.get(f"/runs/{run_id}/export")
        assert "a tree" not in str(await site.get(f"/runs/{run_id}/export", redact="true"))
        assert (await site.post("/runs/import", kept, status=201))["already"]
        kept["events"][2]["at"] += 1.0
        refused = await site.post("/runs/import", kept, status=422)
        assert refused["code"] == "invalid_input" and "chain breaks at event 3" in refused["detail"]


async def test_evaluations(opening: Opening) -> None:
    tool = Look()
    async with opening(model=Scripted(looking), tools=(tool,)) as site:
        run_id = await looked(site)
        checks = [{"kind": "contains", "value": "tree"}, {"kind": "not_called", "tool": "look"}]
        case = await site.post("/evals", {"run_id": run_id, "checks": checks[:1]}, status=201)
        bad = await site.post("/evals", {"run_id": run_id, "checks": checks}, status=201)
        trial = await site.post("/evals/run", {})
        assert (trial["passed"], trial["failed"], trial["regressions"], tool.looked) == (1, 1, [], 1)
        (failed,) = [one for one in trial["results"] if not one["passed"]]
        assert failed["evaluation_id"] == bad["id"] and failed["checks"][1]["detail"] == "look was called."
        assert (await site.post("/evals/run", {"only": [case["id"]]}))["before"]["id"] == trial["id"]
        assert len((await site.get("/evals/trials"))["items"]) == 2


GARBAGE: list[tuple[str, Any, int]] = [
    ("/runs/run_none/replay", {}, 404),
    ("/runs/replay", {"last": 0}, 422),
    ("/runs/replay", {"last": "many"}, 422),
    ("/runs/RUN/fork", {"at": 99}, 422),
    ("/runs/RUN/fork", {"at": 0}, 422),
    ("/runs/RUN/fork", {"at": 8}, 409),
    ("/runs/RUN/fork", {"effects": "all"}, 422),
    ("/runs/RUN/fork", {"policy": {"nonsense": 1}}, 422),
    ("/runs/run_none/fork", {}, 404),
    ("/runs/import", {}, 422),
    ("/runs/import", [1, 2], 422),
    ("/runs/import", {"format": "orchestrator.run", "version": 99}, 422),
    ("/runs/import", {"format": "orchestrator.run", "version": 1, "events": "none"}, 422),
    ("/evals", {"run_id": "run_none"}, 404),
    ("/evals", {"run_id": "RUN", "checks": [{"kind": "nonsense"}]}, 422),
    ("/evals", {"run_id": "RUN", "checks": [{"kind": "schema", "value": {"type": "x"}}]}, 422),
    ("/evals/run", {"only": ["evaluation_none"]}, 404),
    ("/evals/run", {"tools": "all"}, 422),
    ("/evals/run", {}, 404),
]


async def test_garbage_is_refused_with_a_reason(opening: Opening) -> None:
    async with opening(model=Scripted(looking), tools=(Look(),)) as site:
        run_id = await looked(site)
        for path, body, status in GARBAGE:
            if isinstance(body, dict) and body.get("run_id") == "RUN":
                body = {**body, "run_id": run_id}
            refused = await site.post(path.replace("RUN", run_id), body, status=status)
            assert refused["code"] and refused["detail"], (path, body)

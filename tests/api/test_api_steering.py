"""A run at work is steered over HTTP and over the socket, and shows those below it."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
from servers.site import Gate, Shout, Site, open_site

from orchestrator.kernel.messages import Message, Text, ToolCall, Usage
from orchestrator.llm.base import Reply, Request
from orchestrator.llm.providers.scripted import Scripted


def said(request: Request) -> list[str]:
    return [message.text for message in request.messages if message.role == "user"]


def call(tool: str, **arguments: Any) -> Reply:
    return Reply(Message("assistant", (ToolCall(f"c_{tool}", tool, arguments),)), "scripted", "tools")


def shout_then_say(request: Request) -> Reply | str:
    results = [part.content for m in request.messages if m.role == "tool" for part in m.parts]  # type: ignore[union-attr]
    return f"Shouted: {results[0]}" if results else call("shout", text="hey")


async def until_finished(site: Site, run_id: str) -> dict[str, Any]:
    async with asyncio.timeout(20), site.socket() as socket:
        await socket.send_json({"type": "watch", "run_id": run_id})
        while (frame := await socket.receive_json())["type"] != "complete":
            assert frame["type"] != "error", frame
    return dict(await site.get(f"/runs/{run_id}"))


async def test_queue_steer_and_interrupt(tmp_path: Path) -> None:
    gate = Gate()
    model = Scripted(lambda request: f"Heard {' and '.join(said(request))}.", gate=gate)
    async with open_site(tmp_path, model) as site, site.socket() as socket:
        run = await site.post("/runs", {"goal": "one"}, status=201)
        await socket.send_json({"type": "watch", "run_id": run["run_id"]})
        while (frame := await socket.receive_json())["data"].get("phase") != "asked":
            pass
        path = f"/runs/{run['run_id']}/messages"
        queued = await site.post(path, {"message": "three", "urgency": "queue"})
        assert queued["run_id"] != run["run_id"] and (queued["status"], queued["paused"]) == ("waiting", "queue")
        steered = await site.post(path, {"message": "two", "urgency": "interrupt"})
        assert steered["run_id"] == run["run_id"]
        gate.let(1000)
        states = []
        while (frame := await socket.receive_json())["type"] != "complete":
            if frame["type"] == "steering":
                states.append((frame["data"]["state"], frame["data"].get("text"), frame["data"].get("next_run_id")))
        assert states == [("queued", "three", queued["run_id"]), ("said", "two", None)]
        assert frame["data"]["answer"] == "Heard one and two."
        assert (await until_finished(site, queued["run_id"]))["answer"] == "Heard one and two and three."
        late = await site.post(path, {"message": "four"})  # nothing is under way: it starts at once
        assert late["run_id"] not in (run["run_id"], queued["run_id"])
        refused = await site.post(path, {"message": "five", "urgency": "steer"}, status=409)
        assert refused["code"] == "run_finished"
        await site.post(path, {"message": "five", "urgency": "shout"}, status=422)


async def test_pause_edit_set_and_continue(tmp_path: Path) -> None:
    async with open_site(tmp_path, Scripted(shout_then_say), [Shout()]) as site:
        run = await site.post("/chat", {"message": "shout"})
        (approval,) = run["approvals"]
        paused = await site.post(f"/runs/{run['run_id']}/pause", {"note": "lunch"})
        assert (paused["status"], paused["paused"]) == ("waiting", "person")
        edited = await site.post(f"/approvals/{approval['approval_id']}/edit", {"arguments": {"text": "ho"}})
        assert edited["approvals"] == []  # decided anew once it goes on
        async with site.http.patch(
            f"{site.api}/runs/{run['run_id']}", json={"model": "scripted", "limits": {"cost": 2.5, "steps": 9}}
        ) as reply:
            assert reply.status == 200, await reply.text()
        await site.post(f"/runs/{run['run_id']}/continue")
        async with asyncio.timeout(20):
            while not (now := await site.get(f"/runs/{run['run_id']}"))["approvals"]:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert now["approvals"][0]["arguments"] == {"text": "ho"}
        await site.post(f"/approvals/{now['approvals'][0]['approval_id']}", {"answer": "once"})
        assert "HO" in (await until_finished(site, run["run_id"]))["answer"]
        types = [event["type"] for event in (await site.get(f"/runs/{run['run_id']}/events"))["items"]]
        for kind in ("run.paused", "call.edited", "model.chosen", "limits.changed", "run.continued"):
            assert types.count(kind) == 1, kind


async def test_the_socket_takes_the_same(tmp_path: Path) -> None:
    async with open_site(tmp_path, Scripted(shout_then_say), [Shout()]) as site, site.socket() as socket:
        await socket.send_json({"type": "message", "message": "shout"})
        while (frame := await socket.receive_json())["type"] != "approval":
            pass
        run_id, approval = frame["run_id"], frame["data"]["approval_id"]
        seen: list[str] = []

        async def told(state: str) -> dict[str, Any]:
            async with asyncio.timeout(20):
                while (frame := await socket.receive_json())["data"].get("state") != state:
                    assert frame["type"] != "error", frame
                    seen.append(frame["type"])
            return dict(frame["data"])

        await socket.send_json({"type": "pause", "run_id": run_id, "note": "wait"})
        assert (await told("paused"))["note"] == "wait"
        await socket.send_json({"type": "edit", "approval_id": approval, "arguments": {"text": "ho"}})
        assert (await told("edited"))["arguments"] == {"text": "ho"}
        await socket.send_json({"type": "set", "run_id": run_id, "limits": {"cost": 1.0}})
        assert (await told("limits"))["limits"]["cost"] == 1.0
        await socket.send_json({"type": "continue", "run_id": run_id})
        again = await told("asked")
        assert again["arguments"] == {"text": "ho"}
        await socket.send_json({"type": "say", "run_id": run_id, "message": "leave it", "urgency": "interrupt"})
        assert (await told("said"))["text"] == "leave it"
        await socket.send_json({"type": "say", "run_id": "run_none", "message": "hello"})
        async with asyncio.timeout(20):
            while (frame := await socket.receive_json())["type"] != "error":
                pass
        assert frame["data"]["code"] == "not_found"


async def test_a_run_shows_those_below_it_and_what_they_ask(tmp_path: Path) -> None:
    def script(request: Request) -> Reply | str:
        if said(request)[0] == "all" and not any(m.role == "tool" for m in request.messages):
            return call("delegate", goal="a part")
        return shout_then_say(request)

    async with open_site(tmp_path, Scripted(script), [Shout()]) as site:
        run = await site.post("/chat", {"message": "all"})
        (child,), (approval,) = run["children"], run["approvals"]
        assert child["parent"] == run["run_id"] and child["goal"] == "a part" and child["status"] == "waiting"
        assert approval["run_id"] == child["run_id"] and run["paused"] == "child"
        assert [one["run_id"] for one in (await site.get("/runs"))["items"]] == [run["run_id"]]
        assert [one["run_id"] for one in (await site.get("/runs", parent=run["run_id"]))["items"]] == [child["run_id"]]
        assert len((await site.get("/runs", children="true"))["items"]) == 2
        messages = (await site.get(f"/conversations/{run['conversation_id']}/messages"))["items"]
        assert [one["content"] for one in messages] == ["all"]
        await site.post(f"/approvals/{approval['approval_id']}", {"answer": "once"})
        assert "Shouted: HEY" in (await until_finished(site, run["run_id"]))["answer"]


async def test_money_is_a_question(tmp_path: Path) -> None:
    def script(request: Request) -> Reply:
        text = Message("assistant", (Text("Done."),))
        return (
            msgspec.structs.replace(call("get_time"), usage=Usage(10, 5))
            if len(request.messages) < 4
            else Reply(text, "scripted")
        )

    async with open_site(tmp_path, Scripted(script), [Shout()]) as site:
        run = await site.post("/chat", {"message": "spend", "limits": {"tokens": 1}})
        (approval,) = run["approvals"]
        assert approval["kind"] == "budget" and approval["code"] == "budget_tokens" and run["status"] == "waiting"
        assert approval["details"]["limit"] == "1"
        async with site.http.patch(f"{site.api}/runs/{run['run_id']}", json={"limits": {"tokens": 0}}) as reply:
            assert (await reply.json())["approvals"] == []
        assert (await until_finished(site, run["run_id"]))["answer"] == "Done."

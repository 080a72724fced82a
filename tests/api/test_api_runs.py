"""Runs over REST and server-sent events, against the real server."""

import asyncio
from typing import Any

import aiohttp
import msgspec
from servers.site import Gate, Opening, Shout, Site, shouting

from orchestrator.kernel.clock import ManualClock
from orchestrator.kernel.messages import user
from orchestrator.llm.providers.scripted import Scripted


class Reader:
    """Reads server-sent events as a browser does."""

    def __init__(self, reply: aiohttp.ClientResponse) -> None:
        self._reply = reply
        self.comments: list[str] = []
        self.last_id: str | None = None

    async def __aiter__(self) -> Any:
        event, data = "", ""
        async for raw in self._reply.content:
            line = raw.decode().rstrip("\n")
            if line.startswith(":"):
                self.comments.append(line)
            elif line.startswith("id: "):
                self.last_id = line[4:]
            elif line.startswith("event: "):
                event = line[7:]
            elif line.startswith("data: "):
                data = line[6:]
            elif not line and data:
                yield event, msgspec.json.decode(data)
                event, data = "", ""


STREAM = {"Accept": "text/event-stream"}


def listen(site: Site, run_id: str, **headers: str) -> Any:
    return site.http.get(f"{site.api}/runs/{run_id}/events", headers={**STREAM, **headers})


async def test_chat_answers_once_the_run_is_finished(site: Site) -> None:
    run = await site.post("/chat", {"message": "Hello?"})
    assert (run["status"], run["answer"], run["goal"], run["channel"]) == ("completed", "Hello there.", "Hello?", "api")
    assert run["finished_at"].endswith("Z")
    assert run["approvals"] == []
    assert set(run["usage"]) == {"input_tokens", "output_tokens", "cached_tokens"}
    assert await site.get(f"/runs/{run['run_id']}") == run


async def test_a_run_says_by_what_door_it_came(site: Site) -> None:
    assert (await site.post("/runs", {"goal": "Hello?", "channel": "web"}, status=201))["channel"] == "web"
    assert (await site.post("/chat", {"message": "Hello?", "channel": "cli"}))["channel"] == "cli"
    called = await site.post("/tools/calculate/call", {"arguments": {"expression": "1"}, "channel": "cli"})
    assert called["channel"] == "cli"
    await site.post("/runs", {"goal": "Hello?", "channel": "pigeon"}, status=422)


async def test_a_call_that_nobody_can_approve_says_so(site: Site) -> None:
    body = {"arguments": {"url": "https://example.org/", "method": "POST"}, "approvals": "refuse"}
    run = await site.post("/tools/http_request/call", body)
    assert run["status"] != "waiting" and "nobody is there" in run["answer"]


async def test_chat_answers_when_a_person_is_needed(opening: Opening) -> None:
    async with opening(model=Scripted(shouting), tools=[Shout()]) as site:
        run = await site.post("/chat", {"message": "Shout hey"})
        assert run["status"] == "waiting"
        (asked,) = run["approvals"]
        assert (asked["tool"], asked["arguments"], asked["run_id"]) == ("shout", {"text": "hey"}, run["run_id"])
        assert (await site.get("/runs", status="waiting"))["items"] == [run]
        await site.post(f"/approvals/{asked['approval_id']}", {"answer": "once"})
        await site.app.runs.settled(run["run_id"])
        assert (await site.get(f"/runs/{run['run_id']}"))["answer"] == "It was shouted."
        assert (await site.get("/approvals"))["items"] == []
        again = await site.post(f"/approvals/{asked['approval_id']}", {"answer": "once"}, status=409)
        assert again["code"] == "already_answered"


async def test_an_answer_that_does_not_fit_is_refused(opening: Opening) -> None:
    async with opening(model=Scripted(shouting), tools=[Shout()]) as site:
        run = await site.post("/chat", {"message": "Shout"})
        wrong = await site.post(f"/approvals/{run['approvals'][0]['approval_id']}", {"answer": "done"}, status=422)
        assert wrong["code"] == "invalid_input"


async def test_a_client_who_hangs_up_does_not_end_the_run(opening: Opening) -> None:
    gate = Gate()
    async with opening(model=Scripted(lambda _: "said to the end", gate=gate)) as site:
        asking = asyncio.create_task(site.post("/chat", {"message": "Go"}))
        while not (found := (await site.get("/runs"))["items"]):
            pass
        asking.cancel()
        await asyncio.wait([asking])
        gate.let(1000)
        run_id = found[0]["run_id"]
        await site.app.runs.settled(run_id)
        assert (await site.get(f"/runs/{run_id}"))["status"] == "completed"


async def test_runs_are_listed_by_pages(site: Site) -> None:
    made = [(await site.post("/chat", {"message": f"number {number}"}))["run_id"] for number in range(5)]
    first = await site.get("/runs", limit=2)
    second = await site.get("/runs", limit=2, before=first["next"])
    third = await site.get("/runs", limit=2, before=second["next"])
    listed = [run["run_id"] for page in (first, second, third) for run in page["items"]]
    assert listed == made[::-1]
    assert third["next"] is None


async def test_a_run_starts_at_once_and_may_be_cancelled(opening: Opening) -> None:
    gate = Gate()
    async with opening(model=Scripted(lambda _: "never", gate=gate)) as site:
        run = await site.post("/runs", {"goal": "Go"}, status=201)
        assert run["status"] == "running"
        assert (await site.post(f"/runs/{run['run_id']}/resume"))["status"] == "running"
        assert (await site.post(f"/runs/{run['run_id']}/cancel"))["status"] == "cancelled"
        for act in ("cancel", "resume"):
            refused = await site.post(f"/runs/{run['run_id']}/{act}", status=409)
            assert refused["code"] == "run_finished"


async def test_an_image_goes_to_the_model(opening: Opening) -> None:
    model = Scripted(lambda _: "I see.")
    async with opening(model=model) as site:
        await site.post("/chat", {"message": "Look", "images": [{"media_type": "image/png", "data": "iVBORw0K"}]})
    (goal,) = [message for message in model.requests[0].messages if message.role == "user"]
    assert goal.parts[1].data == "iVBORw0K"  # type: ignore[union-attr]


async def test_events_are_listed(site: Site) -> None:
    run = await site.post("/chat", {"message": "Hello?"})
    items = (await site.get(f"/runs/{run['run_id']}/events"))["items"]
    assert [item["seq"] for item in items] == list(range(1, len(items) + 1))
    assert items[0]["type"] == "run.started"
    assert items[0]["goal"]["parts"][0]["text"] == "Hello?"
    assert items[-1]["type"] == "run.finished"
    assert {item["run_id"] for item in items} == {run["run_id"]}
    later = (await site.get(f"/runs/{run['run_id']}/events", after=items[-2]["seq"]))["items"]
    assert later == items[-1:]


async def test_events_are_streamed_with_their_ids(site: Site) -> None:
    run = await site.post("/runs", {"goal": "Hello?"}, status=201)
    async with listen(site, run["run_id"]) as reply:
        assert reply.status == 200
        assert reply.content_type == "text/event-stream"
        reader = Reader(reply)
        got = [(event, data) async for event, data in reader]
    events = [data for event, data in got if event != "delta"]
    assert [event for event, _ in got if event != "delta"] == [data["type"] for data in events]
    assert [data["seq"] for data in events] == list(range(1, len(events) + 1))
    assert events == (await site.get(f"/runs/{run['run_id']}/events"))["items"]
    assert reader.last_id == str(events[-1]["seq"])


async def test_a_stream_is_taken_up_in_the_middle_of_a_reply(opening: Opening) -> None:
    gate, text = Gate(), "One day this will be a very long story indeed. " * 5
    async with opening(model=Scripted(lambda _: text, gate=gate)) as site:
        run_id = (await site.post("/runs", {"goal": "Tell"}, status=201))["run_id"]
        gate.let(8)
        held = ""
        async with listen(site, run_id) as reply:
            reader = Reader(reply)
            async for event, data in reader:
                if event == "delta":
                    held = held[: data["offset"]] + data["text"]
                if len(held) >= 32:
                    break
        assert text.startswith(held)
        gate.let(3)
        seen: list[int] = []
        async with listen(site, run_id, **{"Last-Event-ID": str(reader.last_id)}) as reply:
            async for event, data in Reader(reply):
                if event == "delta":
                    assert data["offset"] <= len(held)
                    held = held[: data["offset"]] + data["text"]
                    gate.let(1000)
                else:
                    seen.append(data["seq"])
        assert held == text
        assert seen[0] == int(str(reader.last_id)) + 1
        assert seen == list(range(seen[0], seen[-1] + 1))


async def test_a_stream_of_what_is_all_told_is_over(site: Site) -> None:
    run = await site.post("/chat", {"message": "Hello?"})
    last = (await site.get(f"/runs/{run['run_id']}/events"))["items"][-1]["seq"]
    async with listen(site, run["run_id"], **{"Last-Event-ID": str(last)}) as reply:
        assert reply.status == 204


async def test_a_wrong_place_to_go_on_from_is_refused(site: Site) -> None:
    run = await site.post("/chat", {"message": "Hello?"})
    for last in ("x", "-1", "1.5", "99999999999999999999"):
        async with listen(site, run["run_id"], **{"Last-Event-ID": last}) as reply:
            assert reply.status == 422


async def test_a_quiet_stream_gives_signs_of_life(opening: Opening, clock: ManualClock) -> None:
    async with opening(model=Scripted(shouting), tools=[Shout()], clock=clock) as site:
        run = await site.post("/chat", {"message": "Shout"})
        async with listen(site, run["run_id"]) as reply:
            lines = []
            async for line in reply.content:
                lines.append(line)
                if line.startswith(b"event: approval.asked"):
                    break
            for _ in range(3):
                clock.advance(15)
                async for line in reply.content:
                    if line.startswith(b": alive"):
                        break


async def test_a_stream_ends_with_the_session(opening: Opening) -> None:
    async with opening(model=Scripted(shouting), tools=[Shout()]) as site:
        run = await site.post("/chat", {"message": "Shout"})
        async with listen(site, run["run_id"]) as reply:
            reader = aiter(Reader(reply))
            await anext(reader)
            await site.post("/auth/logout", status=204)
            async with asyncio.timeout(10):
                assert [event async for event, _ in reader][-1] == "approval.asked"


async def test_unknown_and_foreign_things_are_not_found(site: Site) -> None:
    theirs = await site.app.runs.start(user("theirs"), tenant="another", subject="someone")
    await site.app.runs.settled(theirs)
    conversation = (await site.app.views.run("another", theirs)).conversation_id
    for run_id in ("run_nope", theirs, "a%2F..%2Fb", "x" * 80):
        for path in (f"/runs/{run_id}", f"/runs/{run_id}/events"):
            async with site.http.get(f"{site.api}{path}") as reply:
                assert (reply.status, (await reply.json())["code"]) == (404, "not_found")
        for path in (f"/runs/{run_id}/cancel", f"/runs/{run_id}/resume"):
            assert (await site.post(path, status=404))["code"] == "not_found"
    async with listen(site, theirs) as reply:
        assert reply.status == 404
    for identifier in ("conversation_nope", conversation):
        for method, path, body in (
            ("GET", f"/conversations/{identifier}", None),
            ("GET", f"/conversations/{identifier}/messages", None),
            ("PATCH", f"/conversations/{identifier}", {"title": "mine"}),
            ("DELETE", f"/conversations/{identifier}", None),
            ("POST", "/chat", {"message": "x", "conversation_id": identifier}),
        ):
            async with site.http.request(method, f"{site.api}{path}", json=body) as reply:
                assert reply.status == 404, (method, path)
    assert (await site.get("/runs"))["items"] == []
    assert (await site.get("/conversations"))["items"] == []
    assert (await site.post("/approvals/approval_nope", {"answer": "once"}, status=404))["code"] == "not_found"
    for path in ("/tools/nope", "/artifacts/nope", f"/artifacts/{'0' * 64}"):
        async with site.http.get(f"{site.api}{path}") as reply:
            assert reply.status == 404


async def test_conversations(site: Site) -> None:
    opened = await site.post("/conversations", {"title": "  Plans "}, status=201)
    assert opened["title"] == "Plans"
    run = await site.post("/chat", {"message": "Hello?", "conversation_id": opened["id"]})
    assert run["conversation_id"] == opened["id"]
    other = await site.post("/chat", {"message": "A goal gives its title"})
    listed = (await site.get("/conversations"))["items"]
    assert [item["id"] for item in listed] == [other["conversation_id"], opened["id"]]
    assert listed[0]["title"].startswith("A goal")
    said = (await site.get(f"/conversations/{opened['id']}/messages"))["items"]
    assert [(message["role"], message["content"]) for message in said] == [
        ("user", "Hello?"),
        ("assistant", "Hello there."),
    ]
    async with site.http.patch(f"{site.api}/conversations/{opened['id']}", json={"title": "Done"}) as reply:
        assert (await reply.json())["title"] == "Done"
    async with site.http.delete(f"{site.api}/conversations/{opened['id']}") as reply:
        assert (reply.status, await reply.read()) == (204, b"")
    assert [item["id"] for item in (await site.get("/conversations"))["items"]] == [other["conversation_id"]]
    async with site.http.get(f"{site.api}/conversations/{opened['id']}") as reply:
        assert reply.status == 404


async def test_conversations_are_listed_by_pages(site: Site) -> None:
    made = [(await site.post("/conversations", {"title": str(at)}, status=201))["id"] for at in range(5)]
    listed, before = [], None
    while True:
        page = await site.get("/conversations", limit=2, **({"before": before} if before else {}))
        listed += [item["id"] for item in page["items"]]
        if (before := page["next"]) is None:
            break
    assert listed == made[::-1]


async def test_a_tool_is_called_as_a_run(opening: Opening) -> None:
    async with opening(tools=[Shout()]) as site:
        run = await site.post("/tools/shout/call", {"arguments": {"text": "hey"}})
        assert run["status"] == "waiting"
        await site.post(f"/approvals/{run['approvals'][0]['approval_id']}", {"answer": "once"})
        await site.app.runs.settled(run["run_id"])
        events = (await site.get(f"/runs/{run['run_id']}/events"))["items"]
        (returned,) = [event for event in events if event["type"] == "tool.returned"]
        assert returned["data"] == {"said": "HEY"}
        shown = await site.get("/tools/shout")
        assert (shown["calls"], shown["failures"]) == (1, 0)
        async with site.http.get(f"{site.api}/artifacts/{returned['artifact']['id']}") as reply:
            assert (reply.status, await reply.read()) == (200, b"HEY" * 100)
            assert reply.headers["Content-Disposition"] == 'attachment; filename="shout.txt"'
            assert reply.content_type == "application/octet-stream"
            assert "sandbox" in reply.headers["Content-Security-Policy"]


async def test_the_system_says_how_it_is(site: Site) -> None:
    await site.post("/chat", {"message": "Hello?"})
    stats = await site.get("/system/stats")
    assert stats["runs"] == {"completed": 1}
    assert stats["events"] >= 4
    assert stats["memory"]["process"] > 10**7
    assert stats["disk"]["total"] > 0
    async with site.http.get(f"{site.url}/metrics") as reply:
        text = await reply.text()
        assert reply.content_type == "text/plain"
    assert 'orchestrator_runs_finished_total{status="completed"} 1.0' in text
    assert 'orchestrator_http_requests_total{method="POST",route="/api/v1/chat",status="200"} 1.0' in text


async def test_metrics_know_routes_not_paths(site: Site) -> None:
    for path in ("/api/v1/runs/run_secret", "/api/v1/nope/secret", "/secret"):
        async with site.http.get(f"{site.url}{path}") as reply:
            await reply.read()
    text = site.app.metrics.exposition().decode()
    assert "secret" not in text
    assert 'route="/api/v1/runs/{run_id}",status="404"' in text


async def test_models_are_listed(site: Site) -> None:
    models = await site.get("/system/models")
    assert models["auto"]["model"] == "scripted/scripted"
    assert models["health"]["scripted"]["ok"] is True
    (scripted,) = [model for model in models["items"] if model["provider"] == "scripted"]
    assert scripted["simulated"] is True

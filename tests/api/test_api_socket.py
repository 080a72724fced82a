"""The chat WebSocket, against the real server."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from unittest.mock import ANY

import aiohttp
import pytest
from servers.site import Gate, Opening, Shout, Site, shouting

from orchestrator.api import chat
from orchestrator.kernel.clock import ManualClock
from orchestrator.kernel.messages import Message, Text, user
from orchestrator.llm.base import Chunk, Reply, Request, TextDelta
from orchestrator.llm.providers.scripted import Scripted

Frame = dict[str, Any]


async def until(socket: aiohttp.ClientWebSocketResponse, kind: str) -> list[Frame]:
    """The frames up to the first of a kind."""
    frames: list[Frame] = []
    while not frames or frames[-1]["type"] != kind:
        frames.append(await socket.receive_json(timeout=10))
    return frames


def told(frames: list[Frame], run_id: str, step: int = 1) -> str:
    """The text that a client holds after these frames."""
    text = ""
    for frame in frames:
        if frame["type"] == "token" and frame["run_id"] == run_id and frame["data"]["step"] == step:
            offset = frame["data"]["offset"]
            assert offset <= len(text), "a gap"
            text = text[:offset] + frame["data"]["text"]
    return text


def seqs(frames: list[Frame], run_id: str) -> list[int]:
    return [frame["data"]["seq"] for frame in frames if frame["run_id"] == run_id and "seq" in frame["data"]]


async def test_a_message_is_answered_by_the_frames_of_its_run(site: Site) -> None:
    async with site.socket() as socket:
        await socket.send_json({"message": "Hello?"})
        frames = await until(socket, "complete")
    run_id = frames[0]["run_id"]
    assert frames[0]["type"] == "thinking"
    assert frames[0]["data"]["phase"] == "started"
    assert frames[0]["data"]["goal"] == "Hello?"
    assert told(frames, run_id) == "Hello there."
    assert seqs(frames, run_id) == list(range(1, len(seqs(frames, run_id)) + 1))
    last = frames[-1]["data"]
    assert (last["status"], last["answer"]) == ("completed", "Hello there.")
    assert last["conversation_id"] == frames[0]["data"]["conversation_id"]
    assert set(frames[-1]) == {"type", "data", "timestamp", "run_id"}


async def test_the_type_may_be_said(site: Site) -> None:
    async with site.socket() as socket:
        await socket.send_json({"type": "message", "message": "Hello?", "model": "scripted"})
        assert (await until(socket, "complete"))[-1]["data"]["status"] == "completed"


async def test_an_approval_is_asked_and_answered_on_the_socket(opening: Opening) -> None:
    async with opening(model=Scripted(shouting), tools=[Shout()]) as site, site.socket() as socket:
        await socket.send_json({"message": "Shout hey"})
        asked = (await until(socket, "approval"))[-1]["data"]
        assert (asked["state"], asked["tool"], asked["arguments"]) == ("asked", "shout", {"text": "hey"})
        waiting = await site.get("/approvals")
        assert waiting["items"][0] == {k: v for k, v in asked.items() if k not in ("state", "seq")} | {
            "expires_at": ANY
        }
        await socket.send_json({"type": "approve", "approval_id": asked["approval_id"], "answer": "once", "note": "ok"})
        frames = await until(socket, "complete")
        answered = next(frame["data"] for frame in frames if frame["type"] == "approval")
        assert (answered["state"], answered["answer"], answered["note"]) == ("answered", "once", "ok")
        tools = [frame["data"] for frame in frames if frame["type"] == "tool"]
        assert [tool["state"] for tool in tools] == ["requested", "returned"]
        assert tools[1]["data"] == {"said": "HEY"}
        assert tools[1]["artifact"]["name"] == "shout.txt"
        assert frames[-1]["data"]["answer"] == "It was shouted."
        await socket.send_json({"type": "approve", "approval_id": asked["approval_id"], "answer": "once"})
        assert (await until(socket, "error"))[-1]["data"]["code"] == "already_answered"


async def test_a_run_is_cancelled_on_the_socket(opening: Opening) -> None:
    gate = Gate()
    async with opening(model=Scripted(lambda _: "never said to its end", gate=gate)) as site, site.socket() as socket:
        await socket.send_json({"message": "Go"})
        gate.let(1)
        run_id = (await until(socket, "token"))[-1]["run_id"]
        await socket.send_json({"type": "cancel", "run_id": run_id})
        assert (await until(socket, "complete"))[-1]["data"]["status"] == "cancelled"
        await socket.send_json({"type": "cancel", "run_id": run_id})
        assert (await until(socket, "error"))[-1]["data"]["code"] == "run_finished"


async def test_several_runs_share_a_socket(opening: Opening) -> None:
    def reply(request: Request) -> str:
        return "Answer to " + request.messages[-1].text + "." * 40

    async with opening(model=Scripted(reply)) as site, site.socket() as socket:
        for number in range(8):
            await socket.send_json({"message": f"question {number}"})
        frames: list[Frame] = []
        while sum(frame["type"] == "complete" for frame in frames) < 8:
            frames.append(await socket.receive_json(timeout=10))
    goals = {frame["run_id"]: frame["data"]["goal"] for frame in frames if frame["data"].get("phase") == "started"}
    assert len(goals) == 8
    for run_id, goal in goals.items():
        assert told(frames, run_id) == f"Answer to {goal}" + "." * 40
        assert seqs(frames, run_id) == sorted(seqs(frames, run_id))


async def test_a_reader_who_comes_back_in_the_middle_misses_nothing(opening: Opening) -> None:
    gate, text = Gate(), "The quick brown fox jumps over the lazy dog, again and again. " * 5
    async with opening(model=Scripted(lambda _: text, gate=gate)) as site:
        async with site.socket() as socket:
            await socket.send_json({"message": "Tell"})
            gate.let(10)
            frames = await until(socket, "token")
            run_id = frames[0]["run_id"]
            while len(told(frames, run_id)) < 40 or 2 not in seqs(frames, run_id):
                frames.append(await socket.receive_json(timeout=10))
        seen = max(seqs(frames, run_id))
        gate.let(10)  # said while nobody listens
        async with site.socket() as socket:
            await socket.send_json({"type": "watch", "run_id": run_id, "after": seen})
            more = [await socket.receive_json(timeout=10)]
            assert more[0]["type"] == "token", more
            assert more[0]["data"]["offset"] == 0
            assert more[0]["data"]["text"].startswith(told(frames, run_id))
            gate.let(1000)
            more += await until(socket, "complete")
        assert told(frames + more, run_id) == text
        assert min(seqs(more, run_id)) == seen + 1


async def test_a_finished_run_is_told_again_whole(opening: Opening) -> None:
    async with opening(model=Scripted(shouting), tools=[Shout()]) as site:
        run = await site.post("/chat", {"message": "Shout", "approvals": "refuse"})
        async with site.socket() as socket:
            await socket.send_json({"type": "watch", "run_id": run["run_id"]})
            frames = await until(socket, "complete")
            assert told(frames, run["run_id"], 1) == "I will shout."
            assert told(frames, run["run_id"], 2) == "It was shouted."
            assert seqs(frames, run["run_id"]) == list(range(1, frames[-1]["data"]["seq"] + 1))
            await socket.send_json({"type": "watch", "run_id": run["run_id"], "after": frames[-1]["data"]["seq"] - 1})
            assert [frame["type"] for frame in await until(socket, "complete")] == ["complete"]
            await socket.send_json({"type": "watch", "run_id": run["run_id"], "after": 10_000})
            assert seqs(await until(socket, "complete"), run["run_id"])[0] == 1


async def test_closing_the_socket_does_not_end_the_run(opening: Opening) -> None:
    gate = Gate()
    async with opening(model=Scripted(lambda _: "said to the end", gate=gate)) as site:
        async with site.socket() as socket:
            await socket.send_json({"message": "Go"})
            run_id = (await socket.receive_json())["run_id"]
        gate.let(1000)
        await site.app.runs.settled(run_id)
        assert (await site.get(f"/runs/{run_id}"))["answer"] == "said to the end"


async def test_garbage_is_answered_and_the_socket_lives_on(site: Site) -> None:
    garbage: tuple[str | bytes, ...] = (
        b"\x00\x01",
        b'{"message": "bytes"}',
        "",
        "nope",
        "[]",
        "null",
        '"message"',
        "{}",
        '{"type": "dance"}',
        '{"type": 1}',
        '{"type": ["watch"]}',
        '{"message": 1}',
        '{"message": ""}',
        '{"message": "x", "extra": 1}',
        '{"message": "x", "model": true}',
        '{"message": "\\ud800"}',
        '{"type": "watch"}',
        '{"type": "watch", "run_id": "run_x", "after": -1}',
        '{"type": "watch", "run_id": "run_x", "after": true}',
        '{"type": "watch", "run_id": "run_x", "after": 99999999999999999999}',
        '{"type": "approve", "approval_id": "a", "answer": "maybe"}',
        "[" * 50_000,
    )
    async with site.socket() as socket:
        for sent in garbage:
            await (socket.send_str(sent) if isinstance(sent, str) else socket.send_bytes(sent))
            frame = await socket.receive_json(timeout=10)
            assert (frame["type"], frame["run_id"], frame["data"]["code"]) == ("error", None, "invalid_input"), sent
        await socket.send_json({"message": "Hello?"})
        assert (await until(socket, "complete"))[-1]["data"]["status"] == "completed"


async def test_unknown_things_are_not_found(site: Site) -> None:
    async with site.socket() as socket:
        for sent in (
            {"type": "watch", "run_id": "run_nope"},
            {"type": "cancel", "run_id": "run_nope"},
            {"type": "approve", "approval_id": "approval_nope", "answer": "once"},
            {"message": "x", "conversation_id": "conversation_nope"},
        ):
            await socket.send_json(sent)
            assert (await socket.receive_json(timeout=10))["data"]["code"] == "not_found"


async def test_what_is_someone_elses_is_not_found(site: Site) -> None:
    run_id = await site.app.runs.start(user("theirs"), tenant="another", subject="someone")
    await site.app.runs.settled(run_id)
    async with site.socket() as socket:
        for sent in ({"type": "watch", "run_id": run_id}, {"type": "cancel", "run_id": run_id}):
            await socket.send_json(sent)
            assert (await socket.receive_json(timeout=10))["data"]["code"] == "not_found"


async def test_a_slow_reader_holds_nothing_up_and_loses_nothing(opening: Opening) -> None:
    """It reads nothing while a long reply is made; the run ends meanwhile, and the reader still gets it whole."""
    text = "".join(f"{number:>9} " for number in range(60_000))  # 600 kB, far beyond the buffers of a connection
    async with opening(model=Scripted(lambda _: text, delta=10)) as site, site.socket(max_msg_size=0) as socket:
        await socket.send_json({"message": "Tell me everything"})
        first = await socket.receive_json(timeout=10)
        transport = socket._response.connection.transport
        transport.pause_reading()
        run_id = first["run_id"]
        async with asyncio.timeout(30):
            await site.app.runs.settled(run_id)
        transport.resume_reading()
        frames = [first, *await until(socket, "complete")]
    assert told(frames, run_id) == text
    assert seqs(frames, run_id) == sorted(set(seqs(frames, run_id)))


class Burst(Scripted):
    """Says everything at once, as a provider does whose pieces came in one packet."""

    async def stream(self, request: Request) -> AsyncIterator[Chunk]:
        for _ in range(4000):
            yield TextDelta("x")
        yield Reply(Message("assistant", (Text("x" * 4000),)), "scripted")


async def test_pieces_said_together_are_told_together(opening: Opening) -> None:
    async with opening(model=Burst([])) as site, site.socket() as socket:
        await socket.send_json({"message": "Go"})
        frames = await until(socket, "complete")
    tokens = [frame for frame in frames if frame["type"] == "token"]
    assert told(frames, frames[0]["run_id"]) == "x" * 4000
    assert len(tokens) < 100


async def test_a_socket_of_a_session_that_ends_is_closed(opening: Opening, clock: ManualClock) -> None:
    async with opening(clock=clock) as site, site.socket() as socket:
        await socket.send_json({"message": "Hello?"})
        await until(socket, "complete")
        await site.post("/auth/logout", status=204)
        assert (await socket.receive(timeout=10)).type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)
        assert socket.close_code == 4401


async def test_a_socket_of_a_session_that_expires_is_closed(opening: Opening, clock: ManualClock) -> None:
    async with opening(clock=clock) as site, site.socket() as socket:
        await socket.send_json({"message": "Hello?"})
        await until(socket, "complete")
        clock.advance(15)
        await socket.send_json({"message": "Still here?"})
        await until(socket, "complete")
        clock.advance(60 * 86_400)
        assert (await socket.receive_json(timeout=10))["data"]["code"] == "not_authenticated"
        await socket.receive(timeout=10)
        assert socket.close_code == 4401


async def test_a_socket_follows_so_many_runs_and_no_more(opening: Opening, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat, "FOLLOWED", 2)
    gate = Gate()
    async with opening(model=Scripted(lambda _: "done", gate=gate)) as site, site.socket() as socket:
        for number in range(2):
            await socket.send_json({"message": f"question {number}"})
            await until(socket, "thinking")
        await socket.send_json({"message": "one too many"})
        assert (await until(socket, "error"))[-1]["data"]["code"] == "invalid_input"
        assert len((await site.get("/runs"))["items"]) == 2
        gate.let(100)
        await until(socket, "complete")
        await until(socket, "complete")
        await socket.send_json({"message": "now there is room"})
        assert (await until(socket, "complete"))[-1]["data"]["answer"] == "done"


async def test_a_run_watched_twice_on_a_socket_is_told_from_the_new_place(opening: Opening) -> None:
    async with opening(model=Scripted(shouting), tools=[Shout()]) as site, site.socket() as socket:
        run = await site.post("/chat", {"message": "Shout"})
        for _ in range(3):
            await socket.send_json({"type": "watch", "run_id": run["run_id"]})
            assert seqs(await until(socket, "approval"), run["run_id"])[0] == 1
        await socket.send_json({"type": "cancel", "run_id": run["run_id"]})
        frames = await until(socket, "complete")
        assert [frame["type"] for frame in frames].count("complete") == 1


async def test_open_streams_are_counted(opening: Opening) -> None:
    async with opening(model=Scripted(shouting), tools=[Shout()]) as site:
        run = await site.post("/chat", {"message": "Shout"})
        sample = site.app.metrics.registry.get_sample_value
        headers = {"Accept": "text/event-stream"}
        async with site.socket() as socket, site.http.get(f"{site.api}/runs/{run['run_id']}/events", headers=headers):
            await socket.send_json({"type": "watch", "run_id": run["run_id"]})
            await until(socket, "approval")
            assert sample("orchestrator_streams", {"kind": "websocket"}) == 1
            assert sample("orchestrator_streams", {"kind": "events"}) == 1

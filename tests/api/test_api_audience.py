"""Many sockets on one run: told by an audience, as if each followed by itself."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
from servers.site import Opening, Shout, shouting

from orchestrator.api import audience as room
from orchestrator.api.audience import Audiences, prepared
from orchestrator.api.frames import Frame, Translator, moment
from orchestrator.kernel.clock import ManualClock
from orchestrator.kernel.events import Delta, Event, RunFinished
from orchestrator.llm.providers.scripted import Scripted


class Told:
    """The runs, as far as an audience needs them: what is put is told, until None."""

    def __init__(self) -> None:
        self.items: asyncio.Queue[Event | Delta | None] = asyncio.Queue()

    async def watch(self, run_id: str, after: int = 0) -> AsyncIterator[Event | Delta]:
        while (item := await self.items.get()) is not None:
            yield item


class Reader:
    def __init__(self, slow: bool = False) -> None:
        self.slow = slow
        self.got: list[bytes] = []
        self.left: asyncio.Future[Translator | None] = asyncio.get_running_loop().create_future()
        self.heard = asyncio.Event()

    def take(self, frames: bytes) -> bool:
        if not self.slow:
            self.got.append(frames)
            self.heard.set()
        return not self.slow

    def apart(self, run_id: str, told: Translator) -> None:
        self.left.set_result(told)

    def ended(self, run_id: str) -> None:
        self.left.set_result(None)


def piece(offset: int, text: str) -> Delta:
    return Delta("run_1", 1, "text", offset, text)


def joined(runs: Told, *readers: Reader) -> Audiences:
    audiences = Audiences(runs, ManualClock())  # type: ignore[arg-type]
    with audiences.alone("run_1"), audiences.alone("run_1"):
        for reader in readers:
            assert audiences.join("run_1", Translator("c"), reader)
    return audiences


def test_prepared_frames_are_what_a_server_sends() -> None:
    frame = Frame("token", {"text": "é" * 200}, moment(0), "run_1")
    data = prepared([frame, frame])
    assert data[0] == 0x81, "a whole text frame"
    assert data[1] == 126, "not masked, with a length of two bytes"
    length = int.from_bytes(data[2:4], "big")
    assert len(data) == 2 * (4 + length)
    assert data[: 4 + length] == data[4 + length :]


async def test_one_reader_alone_has_no_audience() -> None:
    audiences = Audiences(Told(), ManualClock())  # type: ignore[arg-type]
    with audiences.alone("run_1"):
        assert not audiences.join("run_1", Translator("c"), Reader())


async def test_all_get_the_same_bytes_and_the_end() -> None:
    runs = Told()
    readers = [Reader() for _ in range(room.AT_ONCE * 2 + 1)]
    joined(runs, *readers)
    runs.items.put_nowait(piece(0, "Hello"))
    await asyncio.gather(*(reader.heard.wait() for reader in readers))
    assert len({id(reader.got[0]) for reader in readers}) == 1, "made once"
    runs.items.put_nowait(None)
    assert await asyncio.gather(*(reader.left for reader in readers)) == [None] * len(readers)


async def test_who_is_slow_leaves_and_knows_how_much_it_was_told() -> None:
    runs, quick, slow = Told(), Reader(), Reader()
    audiences = joined(runs, quick, slow)
    runs.items.put_nowait(piece(0, "Hello"))
    await slow.heard.wait()
    slow.slow = True
    runs.items.put_nowait(piece(5, ", you"))
    told = await slow.left
    assert told is not None
    assert told.level(_after(piece(0, "Hello")))
    assert not audiences.join("run_1", told, slow), "it has not been told what the others were"
    told.frames([piece(5, ", you")], 0.0)
    assert audiences.join("run_1", told, slow)


async def test_a_fault_leaves_everybody_to_follow_by_themselves() -> None:
    runs, reader, other = Told(), Reader(), Reader()
    joined(runs, reader, other)
    unspeakable = RunFinished("completed", object())  # type: ignore[arg-type]
    runs.items.put_nowait(Event("run_1", 1, 0.0, "home", "owner", unspeakable))
    for member in (reader, other):
        assert isinstance(await member.left, Translator)


async def test_the_last_to_leave_ends_it() -> None:
    runs, reader = Told(), Reader()
    audiences = joined(runs, reader)
    (task,) = (task for task in asyncio.all_tasks() if task.get_name() == "the audience of run_1")
    audiences.leave("run_1", reader)
    await asyncio.wait([task])
    assert not reader.left.done()
    with audiences.alone("run_1"):
        assert not audiences.join("run_1", Translator("c"), reader), "alone again"


def _after(*items: Delta) -> Translator:
    translator = Translator("c")
    translator.frames(items, 0.0)
    return translator


async def _hear(socket: aiohttp.ClientWebSocketResponse, run_id: str) -> list[dict[str, Any]]:
    frames: list[dict[str, Any]] = []
    while not frames or frames[-1]["type"] != "complete":
        frames.append(await socket.receive_json(timeout=10))
    assert {frame["run_id"] for frame in frames} == {run_id}
    return frames


async def test_sockets_of_one_run_are_told_whole_and_together(opening: Opening, monkeypatch: Any) -> None:
    joined, join = asyncio.Semaphore(0), Audiences.join

    def seen(self: Audiences, run_id: str, told: Translator, member: room.Member) -> bool:
        if done := join(self, run_id, told, member):
            joined.release()
        return done

    monkeypatch.setattr(Audiences, "join", seen)
    async with opening(model=Scripted(shouting), tools=[Shout()]) as site:
        run = await site.post("/chat", {"message": "Shout"})
        run_id = run["run_id"]
        sockets: list[aiohttp.ClientWebSocketResponse] = [await site.socket() for _ in range(5)]
        for socket in sockets:
            await socket.send_json({"type": "watch", "run_id": run_id})
        hearing = [asyncio.create_task(_hear(socket, run_id)) for socket in sockets]
        async with asyncio.timeout(20):
            for _ in sockets[1:]:  # the first is alone: it joins when it is told something more
                await joined.acquire()
        await site.post(f"/approvals/{run['approvals'][0]['approval_id']}", {"answer": "once"})
        heard = await asyncio.gather(*hearing)
        for socket in sockets:
            await socket.close()
    for frames in heard:
        seqs = [frame["data"]["seq"] for frame in frames if "seq" in frame["data"]]
        assert seqs == list(range(1, seqs[-1] + 1))
        assert [frame["data"]["answer"] for frame in frames if frame["type"] == "complete"] == ["It was shouted."]
        told = "".join(frame["data"]["text"] for frame in frames if frame["type"] == "token")
        assert told == "I will shout.It was shouted."

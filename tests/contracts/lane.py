"""What every lane must do, whoever carries it."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from orchestrator.journal.lanes.base import Lane, Message, Missed, Reader
from orchestrator.kernel.errors import InvalidInput, LaneUnavailable, NobodyThere

PATIENCE = 60.0  # seconds until a test that waits in vain fails


async def taken(reader: Reader, count: int) -> list[str]:
    async with asyncio.timeout(PATIENCE):
        items = [await reader.take() for _ in range(count)]
    return [item.payload.decode() if isinstance(item, Message) else f"missed {item}" for item in items]


class LaneContract:
    """Inherit, and give fixtures `lane` and `other`: two connections of one installation."""

    async def test_what_is_published_is_read_in_order(self, lane: Lane, other: Lane) -> None:
        reader = await other.subscribe("a.b")
        for number in range(200):
            await lane.publish("a.b", str(number).encode())
        assert await taken(reader, 200) == [str(number) for number in range(200)]

    async def test_published_at_once_by_many_each_is_read_once(self, lane: Lane, other: Lane) -> None:
        reader = await other.subscribe("a.b")
        await asyncio.gather(*(lane.publish("a.b", b"same") for _ in range(100)), other.publish("a.b", b"last"))
        assert sorted(await taken(reader, 101)) == ["last", *["same"] * 100]

    async def test_patterns(self, lane: Lane, other: Lane) -> None:
        one, any_word, rest = [await other.subscribe(p) for p in ("a.b.c", "a.*.c", "a.>")]
        for subject in ("a.b.c", "a.x.c", "a.b", "ab.c", "a"):
            await lane.publish(subject, subject.encode())
        await lane.publish("a.end.c", b"end")
        assert await taken(one, 1) == ["a.b.c"]
        assert await taken(any_word, 3) == ["a.b.c", "a.x.c", "end"]
        assert await taken(rest, 4) == ["a.b.c", "a.x.c", "a.b", "end"]

    async def test_a_reader_of_before_reads_no_more(self, lane: Lane, other: Lane) -> None:
        reader, kept = await other.subscribe("a.b"), await other.subscribe("a.b")
        await reader.close()
        await lane.publish("a.b", b"x")
        assert await taken(kept, 1) == ["x"] and await reader.take() is None

    async def test_any_bytes_of_any_length(self, lane: Lane, other: Lane) -> None:
        reader = await other.subscribe("a.b")
        bodies = [b"", b"\0\xff\xfe", "é|\n'\"".encode(), b"x" * 9000, bytes(range(256)) * 1000]
        for body in bodies:
            await lane.publish("a.b", body)
        async with asyncio.timeout(PATIENCE):
            assert [await reader.take() for _ in bodies] == [Message("a.b", body) for body in bodies]

    async def test_a_slow_reader_is_told_what_it_missed(self, lane: Lane, other: Lane) -> None:
        slow, quick = await other.subscribe("a.b", room=10), await other.subscribe("a.b")
        for number in range(25):
            await lane.publish("a.b", str(number).encode())
        await taken(quick, 25)
        heard, missed = await taken(slow, 10), 0
        assert heard == [str(number) for number in range(10)]
        while len(heard) + missed < 25:  # what still comes finds room again
            async with asyncio.timeout(PATIENCE):
                item = await slow.take()
            if isinstance(item, Missed):
                missed += item.count
            else:
                assert item is not None
                heard.append(item.payload.decode())
        assert missed > 0 and heard == sorted(heard, key=int)
        await lane.publish("a.b", b"again")
        assert await taken(slow, 1) == ["again"]

    async def test_requests_are_answered(self, lane: Lane, other: Lane) -> None:
        async def shout(body: bytes) -> bytes:
            await asyncio.sleep(0)
            return body.upper()

        stop = await other.answer("node1.do", shout)
        answers = await asyncio.gather(
            *(lane.request("node1.do", f"n{number}".encode(), PATIENCE) for number in range(50))
        )
        assert answers == [f"N{number}".encode() for number in range(50)]
        assert await lane.request("node1.do", b"x" * 20_000, PATIENCE) == b"X" * 20_000
        await stop()
        with pytest.raises(NobodyThere):
            await lane.request("node1.do", b"x", 0.2)

    async def test_nobody_answers(self, lane: Lane) -> None:
        with pytest.raises(NobodyThere):
            await lane.request("node2.do", b"x", 0.2)

    async def test_one_slow_answer_holds_no_other_up(self, lane: Lane, other: Lane) -> None:
        never = asyncio.Event()

        async def answer(body: bytes) -> bytes:
            if body == b"slow":
                await never.wait()
            return body

        stop = await other.answer("node1.do", answer)
        slow = asyncio.create_task(lane.request("node1.do", b"slow", PATIENCE))
        assert await lane.request("node1.do", b"quick", PATIENCE) == b"quick"
        never.set()
        assert await slow == b"slow"
        await stop()

    async def test_what_is_no_subject(self, lane: Lane) -> None:
        for subject in ("", "a b", "a..b", "a.*", "a.>", "é", "a|b", "a."):
            with pytest.raises(InvalidInput):
                await lane.publish(subject, b"")
        for pattern in ("*.a", ">", "a.>.b", ""):
            with pytest.raises(InvalidInput):
                await lane.subscribe(pattern)

    async def test_closed(self, lane: Lane) -> None:
        reader = await lane.subscribe("a.b")
        await lane.close()
        await lane.close()
        assert await reader.take() is None
        with pytest.raises(LaneUnavailable):
            await lane.publish("a.b", b"x")


Break = Callable[[], Awaitable[None]]


class BrokenLaneContract:
    """For lanes with a connection: fixtures `lane`, `other`, and `cut`, which breaks that of `other`."""

    async def test_a_reader_is_told_that_there_was_no_connection(self, lane: Lane, other: Lane, cut: Break) -> None:
        reader = await other.subscribe("a.b")
        await cut()
        async with asyncio.timeout(PATIENCE):
            assert await reader.take() == Missed()
        await lane.publish("a.b", b"again")
        assert await taken(reader, 1) == ["again"]

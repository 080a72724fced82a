"""A stream on its way: signs of life while there is nothing to tell, and an error that comes too late."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest
from world import until

from orchestrator.api.compatible.doors import About, Asked
from orchestrator.api.compatible.openai_chat import Chat
from orchestrator.api.compatible.telling import Streaming, Take, whole
from orchestrator.api.connection import take
from orchestrator.api.streams import PULSE, End
from orchestrator.kernel.clock import ManualClock
from orchestrator.kernel.errors import ModelUnavailable
from orchestrator.kernel.messages import user
from orchestrator.llm.base import Chunk, Reply, Request, Setback, TextDelta
from orchestrator.llm.providers.scripted import say


class Line:
    """The client's end."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.left = asyncio.Event()

    async def send(self, message: Any) -> None:
        self.sent.append(message)

    async def receive(self) -> dict[str, Any]:
        await self.left.wait()
        return {"type": "http.disconnect"}

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent)


def streaming(line: Line, clock: ManualClock, at_once: Take = lambda piece: False) -> Streaming:
    teller = Chat().teller(Asked(Request("m", (user("?"),)), True), About("req_1", "m", 0.0))
    return Streaming(Chat(), lambda: (teller, []), line.send, clock, at_once)


async def test_pieces_are_written_at_once_while_their_reader_keeps_up(clock: ManualClock) -> None:
    line = Line()
    taken: list[bytes] = []

    def at_once(piece: bytes) -> bool:
        if b'"slow"' in piece:
            return False
        taken.append(piece)
        return True

    async def chunks() -> AsyncIterator[Chunk]:
        for word in ("head", "fast", "slow", "fast"):
            yield TextDelta(word)
        yield say("headfastslowfast")

    await streaming(line, clock, at_once).run(chunks(), line.receive, at_once=False)
    assert [b'"fast"' in piece for piece in taken] == [True, True]
    assert b'"head"' in line.body and b'"slow"' in line.body and b'"fast"' not in line.body
    assert line.body.endswith(b"data: [DONE]\n\n")


@pytest.mark.parametrize(
    "wrong",
    [
        {"response_started": False},
        {"response_complete": True},
        {"chunked_encoding": None},
        {"disconnected": True},
        {"flow": SimpleNamespace(write_paused=True)},
        {"transport": SimpleNamespace(is_closing=lambda: True)},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_what_cannot_be_written_at_once_is_left_to_be_sent(wrong: dict[str, Any]) -> None:
    written: list[bytes] = []
    flowing: dict[str, Any] = {
        "response_started": True,
        "response_complete": False,
        "chunked_encoding": True,
        "disconnected": False,
        "flow": SimpleNamespace(write_paused=False),
        "transport": SimpleNamespace(is_closing=lambda: False, write=written.append),
    }
    assert take(cast(Any, SimpleNamespace(**flowing)), b"hello world, sixteen+") and written == [
        b"15\r\nhello world, sixteen+\r\n"
    ]
    assert not take(cast(Any, SimpleNamespace(**{**flowing, **wrong})), b"x") and len(written) == 1


async def test_a_sign_of_life_while_nothing_is_said(clock: ManualClock) -> None:
    line, go_on = Line(), asyncio.Event()

    async def chunks() -> AsyncIterator[Chunk]:
        yield TextDelta("a")
        await go_on.wait()
        yield say("ab")

    telling = asyncio.create_task(streaming(line, clock).run(chunks(), line.receive, at_once=False))
    await until(lambda: b'"a"' in line.body)
    clock.advance(PULSE)  # something was said since it began
    clock.advance(PULSE)
    await until(lambda: line.body.count(b": alive") == 1)
    go_on.set()
    await telling
    clock.advance(10 * PULSE)
    assert line.body.endswith(b"data: [DONE]\n\n") and line.body.count(b": alive") == 1


async def test_an_error_before_the_first_word_is_no_stream(clock: ManualClock) -> None:
    line = Line()

    async def chunks() -> AsyncIterator[Chunk]:
        raise ModelUnavailable("It is not there.")
        yield  # pragma: no cover

    with pytest.raises(ModelUnavailable):
        await streaming(line, clock).run(chunks(), line.receive, at_once=False)
    assert not line.sent


async def test_words_that_are_taken_back_end_the_stream(clock: ManualClock) -> None:
    line = Line()

    async def chunks() -> AsyncIterator[Chunk]:
        yield Setback("m", "n", ModelUnavailable("It is not there."))  # nothing was said: nobody need know
        yield TextDelta("a")
        yield Setback("n", "o", ModelUnavailable("It went away."))
        yield say("b")

    await streaming(line, clock).run(chunks(), line.receive, at_once=False)
    assert b"cannot be taken back" in line.body and b"[DONE]" not in line.body
    assert line.sent[-1]["more_body"] is False


async def test_what_comes_after_the_reply_is_read(clock: ManualClock) -> None:
    line, ended = Line(), list[bool]()

    async def chunks() -> AsyncIterator[Chunk]:
        reply: Reply = say("a")
        yield reply
        ended.append(True)  # a model's connection is read to its end here

    await streaming(line, clock).run(chunks(), line.receive, at_once=False)
    assert ended and line.body.endswith(b"data: [DONE]\n\n")


async def test_who_has_gone_is_told_nothing_more(clock: ManualClock) -> None:
    line, left = Line(), asyncio.Event()

    async def chunks() -> AsyncIterator[Chunk]:
        try:
            yield TextDelta("a")
            await asyncio.Event().wait()
        finally:
            left.set()

    telling = asyncio.create_task(streaming(line, clock).run(chunks(), line.receive, at_once=False))
    await until(lambda: b'"a"' in line.body)
    line.left.set()
    await telling
    assert left.is_set() and b"[DONE]" not in line.body


async def test_a_server_that_stops_says_so(clock: ManualClock) -> None:
    line, ends = Line(), list[End]()

    @contextmanager
    def joined(end: End) -> Iterator[None]:
        ends.append(end)
        yield

    async def chunks() -> AsyncIterator[Chunk]:
        yield TextDelta("a")
        await asyncio.Event().wait()

    telling = asyncio.create_task(streaming(line, clock).run(chunks(), line.receive, joined, at_once=False))
    await until(lambda: b'"a"' in line.body)
    ends[0](1012)
    await telling
    assert b"The server stops" in line.body and line.sent[-1]["more_body"] is False


async def test_an_error_after_the_reply_is_nobodys_answer(clock: ManualClock) -> None:
    line = Line()

    async def chunks() -> AsyncIterator[Chunk]:
        yield say("a")
        raise ModelUnavailable("The connection broke.")

    await streaming(line, clock).run(chunks(), line.receive, at_once=False)
    assert line.body.endswith(b"data: [DONE]\n\n")
    told: list[Reply] = []

    async def tell(reply: Reply) -> None:
        told.append(reply)

    await whole(chunks(), line.receive, tell)
    assert len(told) == 1

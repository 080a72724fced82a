"""What is written down by the way: in its own streams, soon, and never lost without a word."""

import asyncio
from collections.abc import Sequence

import pytest
from world import until

from orchestrator.journal.trail import LONGEST, Trail
from orchestrator.kernel.clock import ManualClock
from orchestrator.kernel.errors import JournalUnavailable, OrchestratorError
from orchestrator.kernel.events import Event, RequestClosed
from orchestrator.kernel.ids import CountedIds


class Book:
    """A journal that may be full. Answers when it is let."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.full = False
        self.lazy: list[bool] = []

    def append(self, events: Sequence[Event], *, lazy: bool = False) -> "asyncio.Future[None]":
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.lazy.append(lazy)
        if self.full:
            error: OrchestratorError = JournalUnavailable("The disk is full.")
            written.set_exception(error)
        else:
            self.events += events
            written.set_result(None)
        return written


def closed(number: int) -> RequestClosed:
    return RequestClosed(f"req_{number}", "openai.chat", "auto")


def trail(book: Book, clock: ManualClock) -> Trail:
    return Trail(book, clock, CountedIds(), "requests")  # type: ignore[arg-type]


async def test_a_tenant_has_a_stream_of_its_own(clock: ManualClock) -> None:
    book = Book()
    written = trail(book, clock)
    for number, tenant in enumerate(("a", "b", "a")):
        written.write(closed(number), tenant=tenant, subject="s")
    await written.check()
    streams = [(event.stream, event.seq) for event in book.events]
    assert streams[0][0] == streams[2][0] != streams[1][0]
    assert [seq for _, seq in streams] == [1, 1, 2]
    assert all(book.lazy)


async def test_a_long_stream_is_followed_by_another(clock: ManualClock) -> None:
    book = Book()
    written = trail(book, clock)
    for number in range(LONGEST + 1):
        written.write(closed(number), tenant="a", subject="s")
    assert (book.events[-2].seq, book.events[-1].seq) == (LONGEST, 1)
    assert book.events[-1].stream != book.events[0].stream


async def test_nothing_more_is_begun_until_all_is_written(clock: ManualClock) -> None:
    book = Book()
    written = trail(book, clock)
    book.full = True
    for number in range(2):
        written.write(closed(number), tenant="a", subject="s")
    await until(lambda: len(written._unwritten) == 2)
    with pytest.raises(JournalUnavailable, match="cannot be written down"):
        await written.check()
    book.full = False
    await written.check()
    assert [event.body for event in book.events] == [closed(0), closed(1)]
    assert [event.seq for event in book.events] == [1, 2]
    written.write(closed(2), tenant="a", subject="s")
    await written.check()
    assert book.events[-1].seq == 3

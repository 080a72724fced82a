"""What every sink must do, whoever keeps what it is told."""

from collections import defaultdict
from collections.abc import Awaitable, Callable

import pytest

from orchestrator.journal.lanes.base import Record, Sink
from orchestrator.kernel.errors import LaneUnavailable

Kept = Callable[[], Awaitable[list[Record]]]  # all that is there, in the order in which a reader gets it


def records(numbers: range, keys: int = 3) -> list[Record]:
    return [Record(f"run_{n % keys}", f"run_{n % keys}:{n}", f"{n}é".encode()) for n in numbers]


def by_key(kept: list[Record]) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = defaultdict(list)
    for record in kept:
        found[record.key].append(record)
    return found


class SinkContract:
    """Inherit, and give fixtures `sink`, and `kept`."""

    async def test_what_is_sent_is_kept_in_order_for_each_key(self, sink: Sink, kept: Kept) -> None:
        sent = records(range(60))
        for start in range(0, 60, 20):
            await sink.send(sent[start : start + 20])
        assert by_key(await kept()) == by_key(sent)

    async def test_nothing_is_sent_with_nothing(self, sink: Sink, kept: Kept) -> None:
        await sink.send([])
        await sink.send(records(range(1)))
        assert await kept() == records(range(1))

    async def test_a_large_record_and_an_odd_key(self, sink: Sink, kept: Kept) -> None:
        odd = [Record("identity:é/t *>", "identity:é/t *>:1", bytes(range(256)) * 500)]
        await sink.send(odd)
        (found,) = await kept()
        assert found.payload == odd[0].payload and found.key == odd[0].key


class LostSinkContract:
    """For sinks that somebody else keeps: fixtures `lose` and `find`, which take that away and bring it back."""

    async def test_what_was_refused_is_kept_when_it_is_sent_again(
        self, sink: Sink, kept: Kept, lose: Callable[[], Awaitable[None]], find: Callable[[], Awaitable[None]]
    ) -> None:
        sent = records(range(30))
        await sink.send(sent[:10])
        await lose()
        with pytest.raises(LaneUnavailable):
            await sink.send(sent[10:])
        await find()
        await sink.send(sent[10:])
        for key, found in by_key(await kept()).items():
            once = list(dict.fromkeys(found))  # repeats are allowed, and nothing else
            assert once == by_key(sent)[key]

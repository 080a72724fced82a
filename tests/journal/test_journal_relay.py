"""What is said on one node, heard on another: whole, once, in order, whatever the lane loses."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from orchestrator.journal.bus import Bus
from orchestrator.journal.lanes.base import Message
from orchestrator.journal.lanes.local import Local
from orchestrator.journal.relay import Elsewhere, Relay
from orchestrator.kernel.clock import ManualClock
from orchestrator.kernel.errors import JournalUnavailable
from orchestrator.kernel.events import Delta, Event, ModelAsked


async def tick() -> None:
    """Let everything that can run, run; no time passes."""
    for _ in range(50):
        await asyncio.sleep(0)


async def until(so: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not so():  # noqa: ASYNC110  (what is waited for has no event of its own)
            await asyncio.sleep(0)


class Leaky(Local):
    """Loses every third message between nodes that is not a wish."""

    count = 0

    async def publish(self, subject: str, payload: bytes) -> None:
        self.count += subject.endswith(".live")
        if not (subject.endswith(".live") and self.count % 3 == 0):
            await super().publish(subject, payload)


class Place:
    """A node: its bus, its relay, and the runs it works on."""

    def __init__(self, name: str, lane: Local) -> None:
        self.bus = Bus()
        self.here: set[str] = set()
        self.relay = Relay(self.bus, lane, name, self.here.__contains__)
        self.heard: list[Event | Delta] = []
        self.rereads = 0

    async def watch(self, run_id: str, events: list[Event]) -> None:
        """As Runs.watch does: the journal, what is said so far, then live, again and again."""
        subscription, seen = self.bus.subscribe(run_id), 0
        while True:
            self.rereads += 1
            for event in events[seen:]:
                self.heard.append(event)
                seen = event.seq
            self.heard += self.bus.so_far(run_id)
            async for item in subscription.items(seen):
                self.heard.append(item)
                if isinstance(item, Event):
                    seen = item.seq

    def text(self) -> str:
        """What a client has that puts each delta where it says it belongs."""
        said = ""
        for item in self.heard:
            if isinstance(item, Delta):
                assert item.offset <= len(said), "a piece before it is missing"
                said = said[: item.offset] + item.text
        return said

    def seqs(self) -> list[int]:
        return [item.seq for item in self.heard if isinstance(item, Event)]


@asynccontextmanager
async def places(lane: Local, *names: str) -> AsyncIterator[list[Place]]:
    nodes = [Place(name, lane) for name in names]
    for node in nodes:
        await node.relay.open()
    try:
        yield nodes
    finally:
        for node in nodes:
            await node.relay.close()


def event(seq: int) -> Event:
    return Event("r", seq, 0.0, "t", "u", ModelAsked(seq, "m"))


async def test_what_is_said_here_is_heard_there() -> None:
    async with places(Local(ManualClock()), "a", "b", "c") as (a, b, c):
        a.here.add("r")
        journal = [event(1)]
        a.bus.begin("r", 1)
        a.bus.say("r", "text", "before ")
        watchers = [asyncio.create_task(node.watch("r", journal)) for node in (b, c)]
        await until(lambda: b.text() == c.text() == "before ")
        a.bus.say("r", "text", "and ")
        await until(lambda: b.text() == c.text() == "before and ")
        a.bus.say("r", "text", "after ")
        await until(lambda: b.text() == c.text() == "before and after ")
        journal.append(event(2))
        a.bus.publish([journal[-1]])
        a.bus.say("r", "text", "the end")
        await until(lambda: b.text().endswith("the end") and c.text().endswith("the end"))
        for node in (b, c):
            assert node.text() == "before and after the end" and node.seqs() == [1, 2]
            assert [d.offset for d in node.heard if isinstance(d, Delta)][:3] == [0, 7, 11]
        for task in watchers:
            task.cancel()


async def test_nothing_is_sent_where_nobody_watches() -> None:
    lane = Local(ManualClock())
    reader = await lane.subscribe("b.>")
    async with places(lane, "a", "b") as (a, b):
        a.here.add("r")
        a.bus.begin("r", 1)
        a.bus.say("r", "text", "x")
        await tick()
        watcher = asyncio.create_task(b.watch("r", []))
        await until(lambda: b.text() == "x")
        watcher.cancel()
        b.bus.unsubscribe("r", next(iter(b.bus._readers["r"])))
        await until(lambda: not a.bus.watched("r"))
        a.bus.say("r", "text", "y")
        await tick()
    await reader.close()
    sent = [item async for item in reader]
    assert len([item for item in sent if isinstance(item, Message) and item.subject == "b.live"]) == 1


async def test_what_the_lane_loses_is_asked_for_again() -> None:
    async with places(Leaky(ManualClock()), "a", "b") as (a, b):
        a.here.add("r")
        journal: list[Event] = []
        watcher = asyncio.create_task(b.watch("r", journal))
        await until(lambda: a.bus.watched("r"))
        a.bus.begin("r", 1)
        said = ""
        for number in range(40):
            said += f"{number} "
            a.bus.say("r", "text", f"{number} ")
            journal.append(event(number + 1))
            a.bus.publish([journal[-1]])
            await tick()
        while b.text() != said or b.seqs() != list(range(1, 41)):  # what was lost last shows at the next look
            await b.relay.insist()
            b.relay.compare({"r": 40})
            b.relay.compare({"r": 40})
            said += "."
            a.bus.say("r", "text", ".")
            await tick()
        watcher.cancel()


async def test_an_event_that_no_message_told_of_is_found_by_the_heads() -> None:
    async with places(Local(ManualClock()), "b") as (b,):
        journal = [event(1)]
        watcher = asyncio.create_task(b.watch("r", journal))
        await until(lambda: b.seqs() == [1] and b.relay.heads())
        journal.append(event(2))
        assert b.relay.heads() == ["r"]
        b.relay.compare({"r": 2})
        b.relay.compare({"r": 2})
        await until(lambda: b.seqs() == [1, 2])
        looks = b.rereads
        b.relay.compare({"r": 2})
        await tick()
        assert b.rereads == looks
        watcher.cancel()


async def test_a_run_that_changes_hands_begins_its_step_again() -> None:
    async with places(Local(ManualClock()), "a", "b", "c") as (a, b, c):
        a.here.add("r")
        watcher = asyncio.create_task(b.watch("r", []))
        await until(lambda: a.bus.watched("r") and c.bus.watched("r"))
        a.bus.begin("r", 1)
        a.bus.say("r", "text", "half of an ans")
        await until(lambda: b.text() == "half of an ans")
        a.here.clear()
        c.here.add("r")
        c.bus.begin("r", 1)
        c.bus.say("r", "text", "another ")
        await until(lambda: b.text() == "another ")
        c.bus.say("r", "text", "answer")
        await until(lambda: b.text() == "another answer")
        watcher.cancel()


async def test_a_run_that_comes_here_is_not_told_from_elsewhere() -> None:
    async with places(Local(ManualClock()), "a", "b") as (a, b):
        a.here.add("r")
        watcher = asyncio.create_task(b.watch("r", []))
        await until(lambda: a.bus.watched("r"))
        a.here.clear()
        b.here.add("r")
        b.relay.review()
        await until(lambda: not a.bus.watched("r"))
        b.bus.begin("r", 1)
        b.bus.say("r", "text", "mine")
        await until(lambda: b.text() == "mine")
        b.here.clear()
        a.here.add("r")
        b.relay.review()
        await until(lambda: a.bus.watched("r"))
        a.bus.begin("r", 2)
        a.bus.say("r", "text", "yours")
        await until(lambda: b.text() == "yours")
        watcher.cancel()


async def test_a_node_that_comes_later_learns_what_is_wished() -> None:
    lane = Local(ManualClock())
    async with places(lane, "b") as (b,):
        watcher = asyncio.create_task(b.watch("r", []))
        await until(b.relay.heads)
        async with places(lane, "a") as (a,):
            await until(lambda: a.bus.watched("r"))
            a.here.add("r")
            a.bus.begin("r", 1)
            a.bus.say("r", "text", "hello")
            await until(lambda: b.text() == "hello")
            a.relay.forget(["a"])
            assert not a.bus.watched("r")
        watcher.cancel()


async def test_what_keeps_a_run_from_going_on_is_told() -> None:
    async with places(Local(ManualClock()), "a", "b") as (a, b):
        a.here.add("r")
        watcher = asyncio.create_task(b.watch("r", []))
        await until(lambda: a.bus.watched("r"))
        a.bus.fail("r", JournalUnavailable("The disk is full.", hint="Make room."))
        await until(watcher.done)
        error = watcher.exception()
        assert isinstance(error, Elsewhere) and error.code == "journal_unavailable" and error.retryable
        assert (error.detail, error.hint) == ("The disk is full.", "Make room.")


async def test_a_watcher_that_is_too_slow_holds_nothing_up() -> None:
    lane = Local(ManualClock())
    async with places(lane, "a", "b") as (a, b):
        a.here.add("r")
        journal = [event(seq) for seq in range(1, 5001)]
        watcher = asyncio.create_task(b.watch("r", journal))
        await until(lambda: a.bus.watched("r"))
        for one in journal:
            a.bus.publish([one])  # without letting anybody send
        await until(lambda: b.seqs() == list(range(1, 5001)))
        watcher.cancel()


async def test_others_hear_what_was_written_elsewhere() -> None:
    lane = Local(ManualClock())
    heard: list[str] = []
    a = Relay(Bus(), lane, "a", lambda run_id: False)
    b = Relay(Bus(), lane, "b", lambda run_id: False, heard.append)
    await a.open()
    await b.open()
    a.tell(
        [
            event(1),
            Event("grants:t", 1, 0.0, "t", "u", ModelAsked(1, "m")),
            Event("run_1", 1, 0.0, "t", "u", ModelAsked(1, "m")),
        ]
    )
    b.tell([Event("identity:t", 1, 0.0, "t", "u", ModelAsked(1, "m"))])
    await until(lambda: len(heard) == 2)
    await tick()  # and nothing of one's own
    await a.close()
    await b.close()
    assert heard == ["grants:t", "r"]

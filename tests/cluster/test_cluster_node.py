"""The life of nodes on a real PostgreSQL, each with a stopwatch of its own that the test moves."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import pytest
from servers.postgresql import Server

from orchestrator.agents.node import Node
from orchestrator.journal.bus import Bus
from orchestrator.journal.claims import Claims
from orchestrator.journal.lanes.local import Local
from orchestrator.journal.relay import Relay
from orchestrator.kernel.clock import ManualClock, SystemClock
from orchestrator.kernel.errors import Fenced, NotFound, RunFinished

LEASE = 3.0
STEP = 0.25  # seconds of the stopwatches between looks


@pytest.fixture
def url(postgresql: Server) -> Iterator[str]:
    with postgresql.migrated() as url:
        yield url


class Bench:
    """Runs as far as a node knows them: names of what is worked on."""

    def __init__(self) -> None:
        self.at_work: set[str] = set()
        self.resting: set[str] = set()
        self.taken: list[str] = []
        self.let_go_at: list[float] = []
        self.clock = ManualClock()

    def working(self) -> Collection[str]:
        return self.at_work

    async def take_up(self, run_id: str, reason: str) -> bool:
        if run_id in self.resting:
            return False
        self.at_work.add(run_id)
        self.taken.append(run_id)
        return True

    async def reconcile(self) -> None: ...

    async def let_go(self) -> None:
        self.at_work.clear()
        self.let_go_at.append(self.clock.monotonic())


class Machine:
    """A node with everything around it, and a database that can be taken away from it."""

    def __init__(self, process: str, url: str, lane: Local, room: int = 10) -> None:
        self.bench = Bench()
        self.clock = self.bench.clock
        self.reachable = True
        self.tries = 0

        async def connect() -> Any:
            self.tries += 1
            if not self.reachable:
                raise OSError("cut off")
            return await asyncpg.connect(url)

        self.claims = Claims(connect, patience=20.0)
        bus = Bus()
        self.node = Node(
            claims=self.claims,
            lane=lane,
            relay=Relay(bus, lane, process, self.bench.at_work.__contains__),
            clock=self.clock,
            process=process,
            lease=LEASE,
            room=room,
            url="",
            place="",
            version="0",
        )

    async def join(self, **operations: Any) -> None:
        await self.node.join(self.bench, operations)

    def cut(self) -> None:
        self.reachable = False
        self.claims._drop()

    async def die(self) -> None:
        """As killed: it says nothing more."""
        for task in self.node._tasks:
            task.cancel()
        await asyncio.gather(*self.node._tasks, return_exceptions=True)


class Town:
    def __init__(self, url: str) -> None:
        self._url = url
        self.lane = Local(SystemClock())
        self.machines: dict[str, Machine] = {}
        self.asleep: set[str] = set()  # stopped: their stopwatch goes on, and they do not

    async def add(self, process: str, room: int = 10, **operations: Any) -> Machine:
        machine = self.machines[process] = Machine(process, self._url, self.lane, room)
        await machine.join(**operations)
        return machine

    async def settle(self) -> None:
        """Until no node is in the middle of a question to the database."""
        quiet = 0
        while quiet < 30:
            await asyncio.sleep(0)
            quiet = 0 if any(machine.claims._using.locked() for machine in self.machines.values()) else quiet + 1

    async def passes(self, seconds: float) -> None:
        for _ in range(round(seconds / STEP)):
            for name, machine in self.machines.items():
                if name not in self.asleep:
                    machine.clock.advance(STEP)
            await self.settle()

    async def until(self, so: Callable[[], object]) -> float:
        waited = 0.0
        while not so():
            await self.passes(STEP)
            waited += STEP
        return waited

    async def start(self, process: str, *runs: str) -> None:
        """What the journal writes when a node starts runs."""
        machine = self.machines[process]
        for run_id in runs:
            await machine.claims._rows(
                "INSERT INTO claims (run_id, node, epoch) VALUES ($1, $2, 1)", run_id, machine.node.name
            )
            machine.bench.at_work.add(run_id)


@pytest.fixture
async def town(url: str) -> AsyncIterator[Town]:
    async with opened(Town(url)) as town:
        yield town


@asynccontextmanager
async def opened(town: Town) -> AsyncIterator[Town]:
    try:
        yield town
    finally:
        for machine in town.machines.values():
            await machine.die()
            await machine.claims.close()


async def test_a_dead_nodes_runs_move_after_its_lease_and_not_before(town: Town) -> None:
    a, b = await town.add("a"), await town.add("b")
    await town.start("a", "run_1", "run_2")
    await town.passes(20)
    assert b.bench.taken == [] and a.bench.let_go_at == []
    inherited: list[tuple[str, bool]] = []
    b.node.heirs.append(lambda node, surely: inherited.append((node, surely)))
    await a.die()
    await town.passes(LEASE - STEP)
    assert b.bench.taken == [] and inherited == []
    waited = await town.until(lambda: b.bench.taken)
    assert sorted(b.bench.taken) == ["run_1", "run_2"]
    assert inherited == [("a-1", False)]  # it may only be silent
    assert LEASE - STEP + waited < 5


async def test_cut_off_it_stops_before_anybody_takes_its_runs(town: Town) -> None:
    a, b = await town.add("a"), await town.add("b")
    await town.start("a", "run_1")
    await town.passes(LEASE)
    a.cut()
    a.node.check()
    began = a.clock.monotonic()
    await town.until(lambda: a.bench.let_go_at)
    assert b.bench.taken == []
    assert a.bench.let_go_at[0] - began < LEASE
    with pytest.raises(Fenced):
        a.node.check()
    await town.until(lambda: b.bench.taken)
    a.reachable = True
    await town.until(lambda: a.node.name == "a-2")
    a.node.check()
    assert b.bench.at_work == {"run_1"} and a.bench.at_work == set()


async def test_stopped_for_longer_than_its_lease_it_wakes_to_nothing(town: Town) -> None:
    a, b = await town.add("a"), await town.add("b")
    await town.start("a", "run_1")
    await town.passes(2 * LEASE)
    town.asleep.add("a")
    await town.until(lambda: b.bench.taken)
    town.asleep.clear()
    # It wakes: all the time that passed comes at once, and the first thing it does is to look at its lease.
    a.clock._elapsed = b.clock._elapsed
    with pytest.raises(Fenced):
        a.node.check()
    await town.passes(LEASE)
    assert a.bench.at_work == set() and a.node.name != "a-1" and b.bench.at_work == {"run_1"}


async def test_who_wakes_gives_up_nobody_for_having_slept_itself(town: Town) -> None:
    a, b = await town.add("a"), await town.add("b")
    await town.start("a", "run_1")
    await town.passes(2 * LEASE)
    town.asleep.add("b")
    await town.passes(10 * LEASE)
    town.asleep.clear()
    b.clock._elapsed = a.clock._elapsed
    await town.passes(2 * LEASE)
    assert b.bench.taken == [] and a.node.name == "a-1"


async def test_clocks_that_are_set_change_nothing(town: Town) -> None:
    a, b = await town.add("a"), await town.add("b")
    await town.start("a", "run_1")
    for jump in (86_400.0, -400 * 86_400.0, 5.0):
        a.clock.jump(jump)
        b.clock.jump(-jump)
        await town.passes(3 * LEASE)
    assert a.node.name == "a-1" and b.node.name == "b-1" and b.bench.taken == []


async def test_who_leaves_is_succeeded_at_once(town: Town) -> None:
    a, b = await town.add("a"), await town.add("b")
    await town.start("a", "run_1")
    await town.passes(LEASE)
    await a.node.drain()
    assert a.node.full()
    await a.node.leave()
    await town.settle()
    assert b.bench.taken == ["run_1"]  # no time passed
    nodes = {view.node: view for view in await b.claims.nodes()}
    assert list(nodes) == ["b-1"]


async def test_a_run_there_is_no_room_for_goes_where_there_is(town: Town) -> None:
    a, b = await town.add("a", room=2), await town.add("b")
    await town.start("a", "run_1", "run_2")
    assert a.node.full()
    await town.start("a", "run_3")
    a.bench.at_work.discard("run_3")
    await a.node.hand_on("run_3")
    await town.settle()
    assert b.bench.taken == ["run_3"] and not a.bench.taken


async def test_nobody_has_room_until_somebody_has(town: Town) -> None:
    a = await town.add("a", room=1)
    await town.start("a", "run_1", "run_2")
    a.bench.at_work.discard("run_2")
    await a.node.hand_on("run_2")
    await town.passes(2 * LEASE)
    assert a.bench.taken == []
    a.bench.at_work.discard("run_1")
    a.node.stir()
    await town.settle()
    assert a.bench.taken == ["run_2"]


async def test_where_there_was_room_an_end_calls_for_nothing(town: Town) -> None:
    a = await town.add("a", room=3)
    await town.start("a", "run_1")
    a.bench.at_work.discard("run_1")
    a.node.stir()
    assert not a.node._doorbell.is_set()


async def test_a_run_that_came_to_rest_is_claimed_no_more(town: Town) -> None:
    a = await town.add("a")
    await town.start("a", "run_1", "run_2")
    a.bench.at_work.discard("run_1")
    a.bench.resting.add("run_1")
    await town.passes(4 * LEASE)
    assert [claim.run_id for claim in await a.claims.claims()] == ["run_2"]


async def test_a_claim_whose_work_was_lost_is_worked_on_again(town: Town) -> None:
    a = await town.add("a")
    await town.start("a", "run_1")
    a.bench.at_work.clear()
    await town.passes(4 * LEASE)
    assert a.bench.taken == ["run_1"]


async def test_what_concerns_a_run_is_done_where_it_is(town: Town) -> None:
    done: list[tuple[str, str]] = []

    async def cancel(run_id: str, by: str) -> str:
        done.append((run_id, by))
        if by == "late":
            raise RunFinished(f"{run_id} is already completed.", hint="Nothing to do.")
        return f"cancelled by {by}"

    a, b = await town.add("a", cancel=cancel), await town.add("b")
    await town.start("a", "run_1")

    async def never() -> str:
        raise AssertionError("it is not here")

    async def here() -> str:
        return "here"

    assert await b.node.at("run_1", "cancel", {"run_id": "run_1", "by": "u"}, never) == "cancelled by u"
    with pytest.raises(RunFinished) as refused:
        await b.node.at("run_1", "cancel", {"run_id": "run_1", "by": "late"}, never)
    assert (refused.value.detail, refused.value.hint) == ("run_1 is already completed.", "Nothing to do.")
    assert await a.node.at("run_1", "cancel", {}, here) == "here"
    assert await b.node.at("run_2", "cancel", {}, here) == "here"  # nobody works on it
    assert done == [("run_1", "u"), ("run_1", "late")]
    for stop in a.node._stops:
        await stop()
    await a.die()
    asked = asyncio.create_task(b.node.at("run_1", "cancel", {"run_id": "run_1", "by": "u"}, here))
    await town.until(asked.done)
    assert await asked == "here" and b.bench.taken == ["run_1"]


async def test_who_is_asked_and_has_just_lost_it_says_so_and_another_is_asked(town: Town) -> None:
    tries = 0

    async def fenced() -> str:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise Fenced("It changed hands.")
        return "done"

    a = await town.add("a")
    asked = asyncio.create_task(a.node.at("run_1", "cancel", {}, fenced))
    await town.until(asked.done)
    assert await asked == "done" and tries == 3


async def test_an_operation_that_fails_there_fails_here(town: Town) -> None:
    async def cancel(run_id: str) -> None:
        raise NotFound("There is no such run.")

    await town.add("a", cancel=cancel)
    b = await town.add("b")
    await town.start("a", "run_1")
    with pytest.raises(NotFound, match="no such run"):
        await b.node.at("run_1", "cancel", {"run_id": "run_1"}, lambda: asyncio.sleep(0))

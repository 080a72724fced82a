"""Following a run: what happened, then what happens, live."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

from orchestrator.agents.desk import Desk
from orchestrator.agents.turn import Turn
from orchestrator.kernel import events as e
from orchestrator.kernel.errors import NotFound
from orchestrator.kernel.events import Delta, Event


class Watch:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def events(self, run_id: str, after: int = 0) -> AsyncIterator[Event | Delta]:
        """Events with `seq` beyond `after`, then what happens, live, until the run is finished.

        Deltas are live; to a new reader comes first all that the step under way has said, at offset 0.
        Raises NotFound, or what keeps the run from going on.
        """
        house = self._desk.house
        bus, seen = house.bus, after
        subscription = bus.subscribe(run_id)
        try:
            while True:
                if (turn := self._desk.turns.get(run_id)) is not None:
                    await turn.caught_up()  # what is being said comes after the events that led to it
                events = await house.journal.read(run_id, seen)
                if not events and await self._over(run_id, seen):
                    return
                replied = 0
                for event in events:
                    yield event
                    seen = event.seq
                    if isinstance(event.body, e.ModelReplied):
                        replied = event.body.step
                    if isinstance(event.body, e.RunFinished):
                        return
                for delta in bus.so_far(run_id):
                    if delta.step > replied:
                        yield delta
                self._desk.raise_if_stalled(run_id)
                async for item in subscription.items(seen):
                    yield item
                    if isinstance(item, Event):
                        seen = item.seq
                        if isinstance(item.body, e.RunFinished):
                            return
        finally:
            bus.unsubscribe(run_id, subscription)

    async def _over(self, run_id: str, seen: int) -> bool:
        """Whether nothing can follow event `seen`."""
        last = await self._desk.house.journal.read(run_id, max(0, seen - 1))
        if not last:
            raise NotFound(f"There is no run {run_id}." if seen == 0 else f"{run_id} has no event {seen}.")
        return isinstance(last[-1].body, e.RunFinished) and last[-1].seq == seen

    async def settled(self, run_id: str) -> None:
        """Returns when the run is finished, waits for a person, or cannot go on now.

        A run that rests for those below it is settled once they are, or wait for a person.
        """
        desk, turn = self._desk, None
        while True:
            turn = desk.turns.get(run_id, turn)
            waited = await self._busy(run_id)
            if not waited:
                break
            await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        desk.raise_if_stalled(run_id)
        if desk.cluster is not None and not await self._settled_here(run_id, turn):
            await self._settled_elsewhere(run_id)

    async def _settled_here(self, run_id: str, turn: Turn | None) -> bool:
        """Whether it is known without reading the run again: by who worked on it here, or by its row."""
        if turn is not None and not turn.lost and not turn.deaf:
            state = turn.state
            return state.finished is not None or (state.rests and state.paused != "child")
        view = await self._desk.views.whose(run_id)
        return view is not None and view.finished_at is not None

    async def _settled_elsewhere(self, run_id: str) -> None:
        """The same for a run that another process works on, by what is told of it."""
        desk = self._desk
        async with aclosing(self.events(run_id)) as items:  # type: ignore[type-var]
            async for item in items:
                if not isinstance(item, Event) or not isinstance(item.body, e.ApprovalAsked | e.RunPaused):
                    continue
                view = await desk.views.whose(run_id)
                if view is None or view.status == "running":
                    continue
                if view.paused != "child":
                    return
                for below in await desk.family.children(view.tenant, run_id):
                    await self.settled(below.run_id)
                if await desk.family.children(view.tenant, run_id):
                    return  # those that are left wait for a person

    async def _busy(self, run_id: str) -> "list[asyncio.Task[None]]":
        """The tasks that will have to end before the run is settled."""
        desk = self._desk
        if (task := desk.tasks.get(run_id)) is not None:
            return [task]
        below = desk.below(run_id)
        if below is None:
            return []
        busy = list(desk.errands)
        for child in below:
            busy += await self._busy(child)
        return busy

"""The open calls of one turn, brought on together: each to its receipt, to a person, or to a run below.

A model that asks for several calls in one reply has said that none needs another's result. Someone may
answer a question while other calls are still at work. A tool that does not end when it is told to is left
behind after a grace: the run goes on, and what the tool may still do is an unknown outcome.
"""

import asyncio
import contextlib
import logging

from orchestrator.agents import wording
from orchestrator.agents.calls import GRACE, Caller, closed
from orchestrator.agents.turn import Turn

PARALLEL = 16  # calls of one run at work at once

log = logging.getLogger("orchestrator.agents")


class Crew:
    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self._state = turn.state
        self._clock = turn.house.clock
        self._caller = Caller(turn)
        self._tasks: dict[str, asyncio.Task[bool]] = {}
        self._parked: set[str] = set()  # calls that wait for a run below
        self._heard = 0  # how often there was news
        self._looked: dict[str, int] = {}  # how often there had been when a call at work was begun

    async def work(self) -> None:
        """Bring every open call as far as it goes."""
        turn = self._turn
        try:
            while True:
                self._reap()
                if turn.news:
                    turn.news = False
                    self._heard += 1
                    self._parked.clear()
                turn.stirred.clear()
                if self._state.paused is None and not self._state.interrupted:
                    self._launch()
                if not self._tasks:
                    return
                await self._something()
        finally:
            if self._tasks:
                await self._dismiss()

    def _launch(self) -> None:
        for call_id, open_call in self._state.open.items():
            if len(self._tasks) >= PARALLEL:
                return
            if call_id not in self._tasks and call_id not in self._parked and not open_call.waits:
                task = asyncio.create_task(self._caller.perform(call_id))
                self._tasks[call_id], self._looked[call_id] = task, self._heard
                task.add_done_callback(self._ended)

    def _ended(self, _: "asyncio.Task[bool]") -> None:
        self._turn.stirred.set()

    def _reap(self) -> None:
        for call_id in [call_id for call_id, task in self._tasks.items() if task.done()]:
            waits_below = self._tasks.pop(call_id).result()
            if waits_below and self._looked[call_id] == self._heard:  # else it may have looked before the news
                self._parked.add(call_id)

    async def _something(self) -> None:
        """Until something happens, or a tool is long over its time."""
        await self._turn.stirred.wait()
        if not self._caller.at_work:
            return
        now = self._clock.monotonic()
        for call_id, deadline in list(self._caller.at_work.items()):
            if now >= deadline and call_id in self._tasks:
                open_call = self._state.open[call_id]
                self._leave(call_id)
                self._turn.record(closed(open_call, wording.LEFT_BEHIND))

    async def _dismiss(self) -> None:
        """Stop what is at work, and wait until it has cleaned up; but not for ever."""
        for task in self._tasks.values():
            task.cancel()
        with contextlib.suppress(TimeoutError):
            async with self._clock.timeout(GRACE):
                await asyncio.wait(self._tasks.values())
        for call_id in [call_id for call_id, task in self._tasks.items() if not task.done()]:
            self._leave(call_id)
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def _leave(self, call_id: str) -> None:
        task, house = self._tasks.pop(call_id), self._turn.house
        tool, run_id = self._state.open[call_id].call.name, self._state.run_id
        log.error("run %s: the tool %s does not stop; it is left behind, and the run goes on", run_id, tool)
        self._caller.at_work.pop(call_id, None)
        house.leftovers.add(task)

        def gone(ended: "asyncio.Task[bool]") -> None:
            house.leftovers.discard(ended)
            how = "was cancelled" if ended.cancelled() else repr(ended.exception() or "ended")
            log.warning("run %s: the tool %s that was left behind has come to its end: %s", run_id, tool, how)

        task.remove_done_callback(self._ended)
        task.add_done_callback(gone)
        task.cancel()

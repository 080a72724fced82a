"""A run with those below it, as one feed; and what a person types meanwhile."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any

from orchestrator.cli.connection import Connection
from orchestrator.kernel.errors import NotFound
from orchestrator.kernel.messages import Json

_TRIES = 40  # to find a sub-run that is about to begin
_PAUSE = 0.05  # seconds between them


class Family:
    """The events of a run and of those below it; each bears its `run_id`. It ends with the run above."""

    def __init__(self, connection: Connection, run_id: str, after: int, *, typed: bool = False) -> None:
        self._connection = connection
        self._run_id = run_id
        self._after = after
        self._typed = typed
        self._queue: asyncio.Queue[Any] = asyncio.Queue()
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def __aiter__(self) -> AsyncIterator[Json]:
        self._follow(self._run_id, self._after)
        await self.listen()
        try:
            while (item := await self._queue.get()) is not None:
                if isinstance(item, Exception):
                    raise item
                yield item
        finally:
            await self.mute()
            for task in self._tasks.values():
                task.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def _follow(self, run_id: str, after: int) -> None:
        if run_id not in self._tasks:
            self._tasks[run_id] = asyncio.create_task(self._pump(run_id, after))

    async def _pump(self, run_id: str, after: int) -> None:
        try:
            for left in range(_TRIES, 0, -1):
                try:
                    async for item in self._connection.watch(run_id, after):
                        self._queue.put_nowait(item)
                        if item["type"] == "tool.requested" and item.get("child"):
                            self._follow(item["child"], 0)
                    break
                except NotFound:
                    if run_id == self._run_id or left == 1:
                        raise
                    await asyncio.sleep(_PAUSE)
        except Exception as error:  # noqa: BLE001 - raised again where the feed is read
            self._queue.put_nowait(error)
        else:
            if run_id == self._run_id:
                self._queue.put_nowait(None)

    # What is typed. The terminal hands over whole lines, so that reading one never waits.

    async def listen(self) -> None:
        if self._typed:
            asyncio.get_running_loop().add_reader(sys.stdin.fileno(), self._hear)

    async def mute(self) -> None:
        """Somebody else reads the terminal now."""
        if self._typed:
            asyncio.get_running_loop().remove_reader(sys.stdin.fileno())

    def _hear(self) -> None:
        line = sys.stdin.readline()
        if not line:  # Ctrl-D: nothing more is said
            self._typed = False
            asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
            return
        if text := line.strip():
            self._queue.put_nowait({"type": "typed", "text": text, "run_id": self._run_id})


Heard = Callable[[str], None]  # what is done with a typed line

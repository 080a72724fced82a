"""The two ways to the product: in this process, or through the server that owns the data folder.

Both speak the JSON of docs/api.md, so that a command does not know which it has.
"""

import asyncio
import signal
from collections.abc import AsyncIterator, Coroutine, Generator, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Thread
from types import FrameType
from typing import Any, Protocol, TypeVar

from orchestrator.cli import ending
from orchestrator.kernel.ending import ended
from orchestrator.kernel.errors import OrchestratorError
from orchestrator.kernel.events import Answer, Approvals
from orchestrator.kernel.messages import Json, Scope

T = TypeVar("T")


class ServerUnreachable(OrchestratorError):
    code = "server_unreachable"
    retryable = True


class SystemFailed(OrchestratorError):
    code = "system_failed"  # a file, a disk, a terminal: of the machine, not of the request


class Connection(Protocol):
    where: str  # for a person: an address, or the data folder
    drives: bool  # whether runs work in this process, and only as long as it lives

    async def ask(self, method: str, path: str, body: Json = None, **query: Any) -> Json:
        """Any operation of the API, by its path below /api/v1. Raises what the API answers as a problem."""

    async def fetched(self, path: str) -> bytes:
        """What is at a path of the API that is no JSON. Raises as `ask`."""

    async def start(
        self, goal: str, *, conversation_id: str | None, model: str | None, approvals: Approvals
    ) -> Json: ...

    def watch(self, run_id: str, after: int = 0) -> AsyncIterator[Json]:
        """The run's events and deltas, past and to come; ends after run.finished."""

    async def run(self, run_id: str) -> Json: ...
    async def events(self, run_id: str) -> Json: ...
    async def runs(
        self, *, status: str | None, conversation_id: str | None, before: str | None, limit: int
    ) -> Json: ...
    async def cancel(self, run_id: str) -> Json: ...
    async def resume(self, run_id: str) -> Json: ...
    async def approvals(self) -> Json: ...
    async def answer(
        self, approval_id: str, answer: Answer, note: str = "", content: dict[str, Any] | None = None
    ) -> Json: ...
    async def grants(self) -> Json: ...
    async def revoke(self, grant_id: str) -> None: ...
    async def tools(self) -> Json: ...
    async def tool(self, name: str) -> Json: ...
    async def call(self, name: str, arguments: dict[str, Any], approvals: Approvals) -> Json: ...
    async def models(self) -> Json: ...

    def pull(self, name: str, sha256: str) -> AsyncIterator[Json]:
        """How the fetching of a model goes on, until it is there."""

    async def stats(self) -> Json: ...
    async def conversations(self, *, before: str | None, limit: int) -> Json: ...
    async def conversation(self, conversation_id: str) -> Json: ...
    async def messages(self, conversation_id: str) -> Json: ...
    async def me(self) -> Json: ...
    async def users(self) -> Json: ...
    async def register(self, username: str, password: str, scopes: tuple[Scope, ...]) -> Json: ...
    async def set_password(self, password: str, *, current: str | None, username: str | None) -> None: ...
    async def sign_in_link(self, username: str | None) -> Json: ...
    async def close(self) -> None: ...


class Interrupted:
    """Ctrl-C, as an item of a feed."""


class Feed:
    """The items as they come, and an Interrupted for Ctrl-C; a second Ctrl-C is a KeyboardInterrupt at once."""

    def __init__(self, loop: asyncio.AbstractEventLoop, items: AsyncIterator[Json]) -> None:
        self._loop = loop
        self._items = items
        self._queue: SimpleQueue[Any] = SimpleQueue()
        self._interrupts = 0
        self._unheard = False  # of Ctrl-C, nobody has been told yet

    def __iter__(self) -> Generator[Json | Interrupted, None, None]:
        before = signal.signal(signal.SIGINT, self._interrupt)
        future = asyncio.run_coroutine_threadsafe(self._pump(), self._loop)
        try:
            while (item := self._queue.get()) is not None:
                if isinstance(item, Exception):
                    raise item
                if isinstance(item, Interrupted):
                    if not self._unheard:
                        continue
                    self._unheard = False
                yield item
        finally:
            signal.signal(signal.SIGINT, before)
            future.cancel()

    async def _pump(self) -> None:
        try:
            async for item in self._items:
                self._queue.put(item)
            self._queue.put(None)
        except Exception as error:  # noqa: BLE001 - raised again where the feed is read
            self._queue.put(error)

    def _interrupt(self, _: int, __: FrameType | None) -> None:
        self._interrupts += 1
        if self._interrupts > 1:
            raise KeyboardInterrupt
        self._unheard = True
        self._queue.put(Interrupted())

    @contextmanager
    def attentive(self) -> Iterator[None]:
        """While a person is asked, Ctrl-C is a KeyboardInterrupt at once: that, too, of which nobody was told yet."""
        before = signal.getsignal(signal.SIGINT)
        try:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            if self._unheard:
                self._unheard = False
                raise KeyboardInterrupt
            yield
        finally:
            signal.signal(signal.SIGINT, before)


class Worker:
    """An event loop on a thread of its own: it goes on while this thread reads the terminal."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="orchestrator", daemon=True)
        self._thread.start()

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except KeyboardInterrupt:
            future.cancel()
            raise

    def feed(self, items: AsyncIterator[Json]) -> "Feed":
        return Feed(self._loop, items)

    def close(self) -> bool:
        """Whether all that was at work has ended; what does not hear that it shall is left behind."""

        async def rest() -> None:
            others = asyncio.all_tasks() - {asyncio.current_task()}
            await ended(others)
            await asyncio.gather(*others, return_exceptions=True)
            await self._loop.shutdown_asyncgens()
            await self._loop.shutdown_default_executor()

        try:
            asyncio.run_coroutine_threadsafe(rest(), self._loop).result(ending.GRACE)
        except TimeoutError:
            return False
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        return True

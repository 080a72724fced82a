"""What happens, live: committed events, and the reply being made.

Readers are bounded and never waited for. One that falls behind loses its queue, is told so, and
reads the journal again from the last event it saw: late, but nothing is missed.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Protocol

from orchestrator.kernel.errors import OrchestratorError
from orchestrator.kernel.events import Delta, Event

QUEUE = 1024  # items a slow reader may leave unread


class Listener(Protocol):
    """Somebody who is told and never waited for."""

    def push(self, item: Event | Delta) -> None: ...

    def fail(self, error: OrchestratorError) -> None: ...


class Subscription:
    def __init__(self) -> None:
        self._items: deque[Event | Delta] = deque()
        self._ready = asyncio.Event()
        self._lagged = False
        self._failure: OrchestratorError | None = None

    def push(self, item: Event | Delta) -> None:
        if len(self._items) >= QUEUE:
            self._items.clear()
            self._lagged = True
        if not self._lagged:
            self._items.append(item)
        self._ready.set()

    def fail(self, error: OrchestratorError) -> None:
        self._failure = error
        self._ready.set()

    def missed(self) -> None:
        """Something did not come this way: the journal must be read again."""
        self._items.clear()
        self._lagged = True
        self._ready.set()

    async def items(self, seen: int) -> AsyncIterator[Event | Delta]:
        """What comes after event `seen`, until something was missed and the journal must be read again."""
        while True:
            if not self._items and not self._lagged and self._failure is None:
                self._ready.clear()
                await self._ready.wait()
            if self._lagged:
                self._lagged = False
                return
            while self._items:
                item = self._items.popleft()
                if isinstance(item, Event):
                    if item.seq <= seen:
                        continue
                    if item.seq != seen + 1:
                        return
                    seen = item.seq
                yield item
            if self._failure is not None:
                failure, self._failure = self._failure, None
                raise failure


class _Speech:
    """What has been said of the step under way."""

    __slots__ = ("lengths", "number", "parts", "step")

    def __init__(self, step: int, number: int) -> None:
        self.step = step
        self.number = number
        self.parts: dict[str, list[str]] = {"text": [], "thinking": []}
        self.lengths = {"text": 0, "thinking": 0}


class Bus:
    def __init__(self) -> None:
        self._readers: dict[str, set[Subscription]] = {}
        self._listeners: dict[str, set[Listener]] = {}  # those of other processes
        self._speech: dict[str, _Speech] = {}
        self._begun = 0
        self.interest: Callable[[str, bool], None] = lambda run_id, watched: None  # told of first and last readers

    def subscribe(self, run_id: str) -> Subscription:
        subscription = Subscription()
        if run_id not in self._readers:
            self._readers[run_id] = set()
            self.interest(run_id, True)
        self._readers[run_id].add(subscription)
        return subscription

    def unsubscribe(self, run_id: str, subscription: Subscription) -> None:
        readers = self._readers.get(run_id)
        if readers is not None:
            readers.discard(subscription)
            if not readers:
                del self._readers[run_id]
                self.interest(run_id, False)

    def attach(self, run_id: str, listener: Listener) -> None:
        self._listeners.setdefault(run_id, set()).add(listener)

    def detach(self, run_id: str, listener: Listener) -> None:
        listeners = self._listeners.get(run_id)
        if listeners is not None:
            listeners.discard(listener)
            if not listeners:
                del self._listeners[run_id]

    def read_here(self) -> set[str]:
        """The runs that somebody reads in this process."""
        return set(self._readers)

    def missed(self, run_id: str) -> None:
        for reader in self._readers.get(run_id, ()):
            reader.missed()

    def watched(self, run_id: str) -> bool:
        return run_id in self._readers or run_id in self._listeners

    def _audience(self, run_id: str) -> Iterator[Listener]:
        yield from self._readers.get(run_id, ())
        if self._listeners:
            yield from self._listeners.get(run_id, ())

    def publish(self, events: Sequence[Event]) -> None:
        for event in events:
            if event.stream in self._readers or event.stream in self._listeners:
                for reader in self._audience(event.stream):
                    reader.push(event)

    def fail(self, run_id: str, error: OrchestratorError) -> None:
        """Tell the readers of a run that it cannot go on now."""
        for reader in self._audience(run_id):
            reader.fail(error)

    def begin(self, run_id: str, step: int) -> None:
        """A step starts to speak: what was said before of it is void."""
        self._begun += 1
        self._speech[run_id] = _Speech(step, self._begun)

    def say(self, run_id: str, kind: str, text: str) -> None:
        speech = self._speech[run_id]
        offset = speech.lengths[kind]
        speech.parts[kind].append(text)
        speech.lengths[kind] = offset + len(text)
        if run_id in self._readers or run_id in self._listeners:
            delta = Delta(run_id, speech.step, kind, offset, text)  # type: ignore[arg-type]
            for reader in self._audience(run_id):
                reader.push(delta)

    def end(self, run_id: str) -> None:
        self._speech.pop(run_id, None)

    def speech(self, run_id: str) -> int:
        """The number of the speech under way; a step that speaks again has another."""
        speech = self._speech.get(run_id)
        return speech.number if speech is not None else 0

    def so_far(self, run_id: str) -> list[Delta]:
        speech = self._speech.get(run_id)
        if speech is None:
            return []
        return [
            Delta(run_id, speech.step, kind, 0, "".join(parts))  # type: ignore[arg-type]
            for kind, parts in speech.parts.items()
            if parts
        ]

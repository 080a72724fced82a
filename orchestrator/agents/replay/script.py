"""The recording as it is followed: how far the run has come, who waits for what is next, and the first difference."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeAlias

from orchestrator.agents import wording
from orchestrator.agents.replay.difference import Difference, difference, same
from orchestrator.kernel.events import (
    ApprovalAnswered,
    ApprovalAsked,
    Body,
    CallEdited,
    Event,
    LimitsChanged,
    MessageAdded,
    MessageQueued,
    ModelAsked,
    ModelChosen,
    ModelReplied,
    RunContinued,
    RunFinished,
    RunPaused,
    RunResumed,
    ToolRequested,
    ToolReturned,
)

Said: TypeAlias = RunContinued | MessageAdded | MessageQueued | ModelChosen | LimitsChanged | CallEdited | RunResumed

Suits = Callable[[Body], bool]
LIMIT = "limit_"  # the `finish` of closing words, and the problem of a run that ended at a limit


class Script:
    def __init__(self, events: Sequence[Event], begins: int) -> None:
        self._events = list(events)
        self.place = begins
        self.swapped = 0  # events that came before others of which they know nothing
        self.lost = 0  # events decided again that a process took with it when it died
        self.answered = {  # questions, by now
            event.body.approval_id for event in events[:begins] if isinstance(event.body, ApprovalAnswered)
        }
        self.died = False  # the process that is played has lost something, and ends where it is taken up again
        self.difference: Difference | None = None
        self.moved: Callable[[], None] = lambda: None
        self._strikes = _strikes(events)
        self._struck = self._known = -1  # the last places where it struck, and where the run knew it
        self._waiting: list[tuple[Suits, asyncio.Future[None]]] = []

    @property
    def next(self) -> Body | None:
        return self.ahead(0)

    @property
    def at(self) -> float:
        """When what is next was recorded."""
        return self._events[min(self.place, len(self._events) - 1)].at

    @property
    def over(self) -> bool:
        return self.next is None or self.difference is not None

    @property
    def strikes(self) -> bool:
        """Whether the time limit struck before what is next, and has not struck yet."""
        return self.out_of_time and self._struck != self.place

    @property
    def out_of_time(self) -> bool:
        return self.place in self._strikes

    @property
    def holds(self) -> bool:
        """Whether nothing goes on before the time limit has struck and the run knows it."""
        return self.out_of_time and self._known != self.place

    def strike(self) -> None:
        self._struck = self.place

    def stricken(self) -> None:
        self._known = self._struck

    def ahead(self, count: int) -> Body | None:
        place = self.place + count
        return self._events[place].body if place < len(self._events) else None

    def before(self) -> Sequence[Event]:
        return self._events[: self.place]

    def hear(self, body: Body) -> None:
        """An event that today's code decided, or that was put in as it was recorded."""
        recorded = self.next
        if recorded is None or self.difference is not None:
            return
        if given(recorded) and type(recorded) is not type(body):
            self.lost += 1  # the process died before this was durable; who came from outside found it so
            self.died = True
            return
        if not same(recorded, body) and not self._swapped(body):
            self.differs(body)
            return
        self.place += 1
        if isinstance(body, ApprovalAnswered):
            self.answered.add(body.approval_id)
        self._tell()
        self.moved()

    def _swapped(self, body: Body) -> bool:
        """Whether the recording has this a little later, among what other calls of the step were decided."""
        if not _of_one_call(body):
            return False
        place = self.place
        while _of_one_call(self.ahead(place - self.place)):
            other = self._events[place].body
            if same(other, body):
                self._events.insert(self.place, self._events.pop(place))
                self.swapped += 1
                return True
            if other.call_id == body.call_id:  # type: ignore[union-attr]
                return False
            place += 1
        return False

    def differs(self, today: Body | None) -> None:
        if self.difference is None:
            self.difference = difference(self.place + 1, self.next, today)
            self.moved()

    async def until(self, suits: Suits) -> Body:
        """The next event, once it is one that suits."""
        while True:
            body = self.next
            if body is not None and self.difference is None and suits(body):
                return body
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append((suits, turn))
            try:
                await turn
            finally:
                self._waiting = [one for one in self._waiting if one[1] is not turn]

    def given_before(self, place: int) -> frozenset[int]:
        """The places just before one whose events came from outside."""
        first = place
        while first > 0 and given(self._events[first - 1].body):
            first -= 1
        return frozenset(range(first, place))

    def finishes(self, suits: Suits) -> bool:
        """Whether something that suits comes before this process ends."""
        for event in [] if self.over else self._events[self.place :]:
            if isinstance(event.body, RunResumed):
                return False
            if suits(event.body):
                return True
        return False

    def _tell(self) -> None:
        body = self.next
        if body is None:
            return
        for suits, turn in self._waiting:
            if not turn.done() and suits(body):
                turn.set_result(None)


def _of_one_call(body: Body | None) -> bool:
    """Whether this was decided for one call, whatever becomes of the others that were made with it.

    Calls of one reply are brought on together, so that their intents and refusals come in no order of their own.
    """
    return isinstance(body, ToolRequested) or (isinstance(body, ToolReturned) and not body.key)


def given(body: Body | None) -> bool:
    """Whether it came from outside the run."""
    if isinstance(body, ApprovalAnswered):
        return body.note not in wording.STOPPED  # else the run closed its own question
    if isinstance(body, RunPaused):
        return body.reason != "child"
    return isinstance(body, Said)


def deaths(events: Sequence[Event]) -> frozenset[int]:
    """The places of what came from outside and found that the process had died, with a call at work.

    A run that rests is not resumed when a server starts: its journal shows by a call that is made
    again, or asked about, that there was another process in between.
    """
    found = set()
    begun: dict[str, int] = {}  # by call: where it was begun, in this process
    for place, event in enumerate(events):
        body = event.body
        if isinstance(body, RunResumed):
            begun.clear()
        elif isinstance(body, ApprovalAsked) and body.kind == "question":
            begun.pop(body.call_id, None)  # it goes on after the answer, in whatever process
        elif isinstance(body, ToolRequested | ApprovalAsked):
            again = isinstance(body, ToolRequested) or body.kind == "outcome"
            if again and body.call_id in begun:
                last = max((at for at in range(begun[body.call_id], place) if given(events[at].body)), default=-1)
                while last > 0 and given(events[last - 1].body):
                    last -= 1
                found.add(last)
                begun.clear()
            if isinstance(body, ToolRequested):
                begun[body.call_id] = place
        elif isinstance(body, ToolReturned):
            begun.pop(body.call_id, None)
    return frozenset(found)


def _strikes(events: Sequence[Event]) -> frozenset[int]:
    """The places of what follows when a run is out of time: what is open is closed, and closing words are asked for."""
    bodies = [event.body for event in events]
    found = set()
    for place, body in enumerate(bodies):
        before = bodies[place - 1] if place else None
        if _stopped(before):
            continue
        following = bodies[place + 1] if place + 1 < len(bodies) else None
        if _stopped(body) or (isinstance(body, ModelAsked) and _ends_for_time(following)):
            found.add(place)
    return frozenset(found)


def _stopped(body: Body | None) -> bool:
    said = body.content if isinstance(body, ToolReturned) else body.note if isinstance(body, ApprovalAnswered) else ""
    return said == wording.OUT_OF_TIME


def _ends_for_time(body: Body | None) -> bool:
    if isinstance(body, RunFinished):
        return body.problem is not None and body.problem.code == LIMIT + "time"
    return isinstance(body, ModelReplied) and body.finish == LIMIT + "time"

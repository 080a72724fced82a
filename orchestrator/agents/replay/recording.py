"""What a replay has to go by: the events of a run, and what it knew beside them."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from msgspec import Struct

from orchestrator.agents.ports import Decide, Tools
from orchestrator.kernel import events as e
from orchestrator.kernel.errors import OrchestratorError
from orchestrator.kernel.events import Event
from orchestrator.kernel.messages import Message
from orchestrator.policy.grants import fold, pairs


class Recording(Struct, frozen=True):
    events: tuple[Event, ...]
    history: tuple[Message, ...] = ()  # earlier messages of the conversation
    grants: tuple[Event, ...] = ()  # of the tenant
    origin: tuple[Event, ...] = ()  # of the run it was forked from

    @property
    def run_id(self) -> str:
        return self.events[0].stream

    @property
    def started(self) -> e.RunStarted:
        body = self.events[0].body
        assert isinstance(body, e.RunStarted)
        return body

    @property
    def finished(self) -> e.RunFinished | None:
        body = self.events[-1].body
        return body if isinstance(body, e.RunFinished) else None

    @property
    def given(self) -> int:
        """How many events were not decided by this run: its start, and what a fork took over."""
        forked = self.started.forked_from
        return 1 if forked is None else max(1, forked.taken)

    def granted(self, at: float, answered: Collection[str]) -> frozenset[tuple[str, str]]:
        """What was allowed for always at a moment. What this run's answers allow counts from the answer on."""
        own = {event.body.approval_id for event in self.events if isinstance(event.body, e.ApprovalAnswered)}

        def counts(event: Event) -> bool:
            body = event.body
            if isinstance(body, e.GrantGiven) and body.approval_id in own:
                return body.approval_id in answered
            return event.at <= at

        return pairs(fold(filter(counts, self.grants)), self.events[0].subject)


class Today(Struct, frozen=True):
    """What decides now: a recording answers for models and for what tools do, and for nothing else."""

    tools: Tools  # what they are and which arguments they take; none is called
    policy: Decide
    context_tokens: int = 24_000
    depth: int = 2  # of delegation
    children: int = 8
    policy_of: Callable[[dict[str, Any]], Decide] | None = None  # by settings, for forks that were given some


def error_kinds(kind: type[OrchestratorError]) -> dict[str, type[OrchestratorError]]:
    """A family of errors by their stable codes."""
    found: dict[str, type[OrchestratorError]] = {}
    for below in reversed(kind.__subclasses__()):
        found |= error_kinds(below)
    return found | {kind.code: kind}


def whole(events: Sequence[Event]) -> bool:
    """Whether this is the stream of a run from its beginning, without gaps."""
    return (
        bool(events)
        and isinstance(events[0].body, e.RunStarted)
        and [event.seq for event in events] == list(range(1, len(events) + 1))
    )

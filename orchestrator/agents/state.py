"""The state of a run: the fold of its events, and nothing else."""

from collections import Counter
from collections.abc import Callable, Iterable, Set
from typing import Any

import msgspec
from msgspec import Struct

from orchestrator.agents.provenance import typed
from orchestrator.kernel import events as e
from orchestrator.kernel.ids import canonical
from orchestrator.kernel.messages import Image, Message, Origin, Part, Text, ToolCall, ToolResult, Usage
from orchestrator.policy.screen.telling import told

UNANSWERED = "Not done: the run ended before."


class OpenCall(Struct):
    """A call of the model that has no receipt yet."""

    call: ToolCall
    step: int
    occurrence: int  # among identical calls of this step
    asked: e.ApprovalAsked | None = None
    answered: e.ApprovalAnswered | None = None
    requested: e.ToolRequested | None = None
    edited: e.CallEdited | None = None
    begun_at: float = 0.0  # seconds since the Unix epoch
    told: list[tuple[e.ApprovalAsked, e.ApprovalAnswered]] = []  # what it asked in the middle of it
    typed: tuple[str, ...] = ()  # what people put into it

    @property
    def waits(self) -> bool:
        return self.asked is not None and self.answered is None

    @property
    def below(self) -> str:
        """The run that does it, where the call delegates."""
        return self.requested.child if self.requested is not None else ""


class RunState:
    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        self.tenant = ""
        self.subject = ""
        self.seq = 0
        self.began = 0.0  # when a person or a server last set it to work: the day that models are told
        self.started: e.RunStarted | None = None
        self.finished: e.RunFinished | None = None
        self.limits = e.Limits()
        self.asked_model = ""  # a name, or "auto"
        self.paused: e.Pause | None = None
        self.budget: e.ApprovalAsked | None = None  # may it go on spending? not answered yet
        self.ended_by_budget = False  # it was answered, by no
        self.interrupted = False  # what is open is to be closed, for somebody said something else
        self.queued: list[e.MessageQueued] = []  # what comes after it
        self.children = 0  # runs it has delegated to
        self.step = 0
        self.messages: list[Message] = []  # from the goal on, as a model reads them
        self.open: dict[str, OpenCall] = {}
        self.plan: tuple[str, ...] = ()
        self.usage = Usage()
        self.cost = 0.0
        self.cost_before = 0.0  # the calls of the step under way, and so are
        self.tokens_before = 0
        self.model = ""
        self.finish = ""  # of the last reply
        self.failures = 0  # of models, one after another
        self.continued = 0  # replies cut by their length, one after another
        self.answer_parts: list[str] = []  # text of the replies since the last call
        self.granted: set[tuple[str, str]] = set()  # allowed by a person for this whole run
        self.origins: set[Origin] = {"user"}
        self.repeats: dict[bytes, Counter[str]] = {}  # for each exact call, how often it gave which result
        self.fruitless = 0  # steps in a row whose every call was sent back before it was made
        self.returned: list[e.ToolReturned] = []
        self.worked = 0.0  # seconds; waiting for a person and being switched off do not count
        self._slowest = 0.0  # call of the step under way
        self._fruitful = False
        self._asked = False  # a model is at work on what it has read
        self._heard: list[Message] = []  # said meanwhile, to be read after what is under way
        self._results: list[ToolResult] = []  # of the step under way
        self.call_ids: set[str] = set()  # of every call it made
        self._calls: tuple[ToolCall, ...] = ()  # of the last reply, as the model made them
        self._order: list[str] = []  # their names

    @property
    def _kept_day(self) -> bool:
        """A fork stays in the day of what it was forked from."""
        return self.started is not None and self.started.forked_from is not None

    @property
    def waits(self) -> bool:
        return bool(self.open) and any(call.waits for call in self.open.values())

    @property
    def rests(self) -> bool:
        """Whether nothing goes on until somebody or something outside stirs it."""
        if self.finished is not None or self.paused is not None or self.budget is not None:
            return True
        return self.waits and not self.interrupted and all(call.waits or call.below for call in self.open.values())

    @property
    def tokens(self) -> int:
        return self.usage.input_tokens + self.usage.output_tokens

    @property
    def children_open(self) -> list[str]:
        """The runs below whose calls have no receipt yet."""
        return [call.below for call in self.open.values() if call.below]

    @property
    def step_tools(self) -> list[str]:
        """The tools that the last reply called."""
        return [call.name for call in self._calls]

    @property
    def answer(self) -> str:
        return "".join(self.answer_parts).strip()

    def apply(self, event: e.Event) -> None:
        self.seq = event.seq
        if (fold := _FOLDS.get(type(event.body))) is not None:
            fold(self, event.body, event)

    def _started(self, body: e.RunStarted, event: e.Event) -> None:
        self.started, self.tenant, self.subject = body, event.tenant, event.subject
        self.limits, self.asked_model, self.origins = body.limits, body.model, set(body.origins)
        self.paused = "queue" if body.after else None
        self.began = body.forked_from.began if body.forked_from is not None else event.at
        self.origins |= _speakers(body.goal)
        self.messages.append(body.goal)
        if body.call is not None:
            self._opened(Message("assistant", (body.call,)), 0)

    def _resumed(self, body: e.RunResumed, event: e.Event) -> None:
        if not self._kept_day:
            self.began = event.at
        self._heed()  # whatever a model was saying is lost

    def _paused(self, body: e.RunPaused, _: e.Event) -> None:
        self.paused = body.reason

    def _continued(self, body: e.RunContinued, event: e.Event) -> None:
        self.paused = None
        if not self._kept_day:
            self.began = event.at

    def _plan_made(self, body: e.PlanMade, _: e.Event) -> None:
        self.plan = body.steps

    def _model_asked(self, body: e.ModelAsked, _: e.Event) -> None:
        self._asked = True

    def _model_failed(self, body: e.ModelFailed, _: e.Event) -> None:
        self.worked += body.seconds
        if not body.next:  # nobody went on at once
            self.failures += 1
            self._heed()

    def _approval_asked(self, body: e.ApprovalAsked, _: e.Event) -> None:
        if body.kind == "budget":
            self.budget = body
        else:
            self.open[body.call_id].asked = body
            self.open[body.call_id].answered = None

    def _call_edited(self, body: e.CallEdited, event: e.Event) -> None:
        opened = self.open[body.call_id]
        opened.typed = (*opened.typed, typed(opened.call.arguments, body.arguments))
        opened.call = msgspec.structs.replace(opened.call, arguments=body.arguments)
        opened.occurrence = event.seq  # an effect of its own, also where another call of the step is the same now
        opened.edited, opened.asked, opened.answered = body, None, None

    def _requested(self, body: e.ToolRequested, event: e.Event) -> None:
        opened = self.open[body.call_id]
        if body.child and opened.requested is None:
            self.children += 1
        opened.begun_at = event.at
        opened.requested, opened.asked, opened.answered = body, None, None  # an answer serves once

    def _finished(self, body: e.RunFinished, _: e.Event) -> None:
        self.finished = body

    def _limits_changed(self, body: e.LimitsChanged, _: e.Event) -> None:
        self.limits = body.limits

    def _model_chosen(self, body: e.ModelChosen, _: e.Event) -> None:
        self.asked_model = body.model

    def _message_queued(self, body: e.MessageQueued, _: e.Event) -> None:
        self.queued.append(body)

    def _message_added(self, body: e.MessageAdded, _: e.Event) -> None:
        self._heard.append(body.message)
        self.origins |= _speakers(body.message)
        if body.urgency == "interrupt":
            self._asked = False
            self.interrupted = bool(self.open)
        if not self._asked:
            self._heed()

    def _heed(self) -> None:
        """What was said meanwhile is read next; every call must have its result before."""
        self._asked = False
        if self._heard and not self.open:
            self.messages += self._heard
            self._heard.clear()
            self.answer_parts.clear()
            self.fruitless = self.continued = self.failures = 0

    def _replied(self, body: e.ModelReplied, _: e.Event) -> None:
        self.step = body.step
        self.failures = 0
        self.worked += body.seconds
        self.usage += body.usage
        self.cost += body.cost
        self.model = body.model
        self.finish = body.finish
        self.answer_parts.append(body.message.text)
        self.continued = self.continued + 1 if body.finish == "length" and not body.message.calls else 0
        self.cost_before, self.tokens_before = self.cost, self.tokens
        self._opened(body.message, body.step)
        self._heed()

    def _opened(self, message: Message, step: int) -> None:
        self.messages.append(message)
        self._calls = message.calls
        self._order = [call.id for call in self._calls]
        self.call_ids.update(self._order)
        seen: dict[bytes, int] = {}
        for call in self._calls:
            same = canonical([call.name, call.arguments])
            self.open[call.id] = OpenCall(call, step, seen.get(same, 0))
            seen[same] = seen.get(same, 0) + 1

    def _answered(self, body: e.ApprovalAnswered, _: e.Event) -> None:
        if self.budget is not None and self.budget.approval_id == body.approval_id:
            self.budget, self.ended_by_budget = None, body.answer == "refuse"
        for call in self.open.values():
            if call.asked is not None and call.asked.approval_id == body.approval_id:
                call.answered = body
                if call.asked.kind == "question":
                    call.told.append((call.asked, body))
                if body.answer == "run":  # "always" is a grant of the tenant's, and may be revoked
                    self.granted.add((call.asked.tool, call.asked.shape))

    def _returned(self, body: e.ToolReturned, _: e.Event) -> None:
        call = self.open.pop(body.call_id)
        self.returned.append(body)
        self.origins.add(body.origin)
        self.origins.update(body.origins)
        self.cost += body.cost
        self.usage += body.usage
        self.answer_parts.clear()
        self._slowest = max(self._slowest, body.seconds)
        same = canonical([body.tool, call.call.arguments])
        self.repeats.setdefault(same, Counter())[body.content] += 1
        if body.outcome != "retry" or body.key:
            self._fruitful = True
        content = told(body.content, body.passages)
        content = f"{_told_of(call.edited)}{content}" if call.edited else content
        data = None if any(passage.withheld for passage in body.passages) else body.data
        self._results.append(ToolResult(body.call_id, body.tool, content, body.outcome, data=data, origin=body.origin))
        if not self.open:
            # One message for the step, its results in the order of the calls whatever came back first.
            self._results.sort(key=lambda result: self._order.index(result.call_id))
            parts: tuple[Part, ...] = tuple(self._results)
            self.messages.append(Message("tool", parts))
            self._results.clear()
            self.fruitless = 0 if self._fruitful else self.fruitless + 1
            self._fruitful = False
            self.worked += self._slowest
            self._slowest = 0.0
            self.interrupted = False
            self._heed()

    def told(self) -> list[Message]:
        """The messages with every call answered: a provider takes no conversation with a call left open."""
        if not self.open:
            return self.messages
        left = {call_id: ToolResult(call_id, one.call.name, UNANSWERED, "failed") for call_id, one in self.open.items()}
        results = {**{result.call_id: result for result in self._results}, **left}
        return [*self.messages, Message("tool", tuple(results[call_id] for call_id in self._order))]

    def times_seen(self, call: ToolCall) -> int:
        """How often this exact call has already given the same result."""
        results = self.repeats.get(canonical([call.name, call.arguments]))
        return max(results.values()) if results else 0


_FOLDS: dict[type, Callable[[RunState, Any, e.Event], None]] = {
    e.RunStarted: RunState._started,
    e.RunResumed: RunState._resumed,
    e.RunPaused: RunState._paused,
    e.RunContinued: RunState._continued,
    e.RunFinished: RunState._finished,
    e.MessageAdded: RunState._message_added,
    e.MessageQueued: RunState._message_queued,
    e.ModelChosen: RunState._model_chosen,
    e.LimitsChanged: RunState._limits_changed,
    e.PlanMade: RunState._plan_made,
    e.ModelAsked: RunState._model_asked,
    e.ModelReplied: RunState._replied,
    e.ModelFailed: RunState._model_failed,
    e.ApprovalAsked: RunState._approval_asked,
    e.ApprovalAnswered: RunState._answered,
    e.CallEdited: RunState._call_edited,
    e.ToolRequested: RunState._requested,
    e.ToolReturned: RunState._returned,
}


def _speakers(message: Message) -> set[Origin]:
    """Others than the person, whose words a message of theirs hands on."""
    said: set[Origin] = {part.origin for part in message.parts if isinstance(part, Text) and part.origin is not None}
    return said | {"file"} if any(isinstance(part, Image) for part in message.parts) else said


def _told_of(edited: e.CallEdited) -> str:
    """What a model is told of a call that a person changed."""
    made = canonical(edited.arguments).decode()
    note = f" {edited.note.strip()}" if edited.note.strip() else ""
    return f"[A person changed this call before it was made: {made}.{note}]\n"


def fold(run_id: str, events: Iterable[e.Event]) -> RunState:
    state = RunState(run_id)
    for event in events:
        state.apply(event)
    return state


def with_unique_ids(message: Message, earlier: Set[str], here: Set[str], step: int) -> Message:
    """The same reply with call ids that no other call of the conversation or the run has.

    Some models number from zero each time.
    """
    ids = [call.id for call in message.calls]
    unique = all(ids) and len(set(ids)) == len(ids)
    if unique and earlier.isdisjoint(ids) and here.isdisjoint(ids):
        return message
    used = {*earlier, *here}
    parts: list[Part] = []
    for index, part in enumerate(message.parts):
        if isinstance(part, ToolCall):
            if not part.id or part.id in used:
                part = msgspec.structs.replace(part, id=_fresh(f"call_{step}_{index}", used))
            used.add(part.id)
        parts.append(part)
    return Message(message.role, tuple(parts))


def _fresh(name: str, used: set[str]) -> str:
    return name if name not in used else _fresh(name + "_", used)

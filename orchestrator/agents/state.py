"""The state of a run: the fold of its events, and nothing else."""

from collections import Counter
from collections.abc import Iterable

import msgspec
from msgspec import Struct

from orchestrator.kernel import events as e
from orchestrator.kernel.ids import canonical
from orchestrator.kernel.messages import Message, Part, ToolCall, ToolResult, Usage

UNANSWERED = "Not done: the run ended before."


class OpenCall(Struct):
    """A call of the model that has no receipt yet."""

    call: ToolCall
    step: int
    occurrence: int  # among identical calls of this step
    asked: e.ApprovalAsked | None = None
    answered: e.ApprovalAnswered | None = None
    requested: e.ToolRequested | None = None

    @property
    def waits(self) -> bool:
        return self.asked is not None and self.answered is None


class RunState:
    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        self.tenant = ""
        self.subject = ""
        self.seq = 0
        self.began = 0.0  # when a person or a server last set it to work: the day that models are told
        self.started: e.RunStarted | None = None
        self.finished: e.RunFinished | None = None
        self.step = 0
        self.messages: list[Message] = []  # from the goal on, as a model reads them
        self.open: dict[str, OpenCall] = {}
        self.plan: tuple[str, ...] = ()
        self.usage = Usage()
        self.cost = 0.0
        self.model = ""
        self.finish = ""  # of the last reply
        self.failures = 0  # of models, one after another
        self.continued = 0  # replies cut by their length, one after another
        self.answer_parts: list[str] = []  # text of the replies since the last call
        self.granted: set[tuple[str, str]] = set()  # allowed by a person for this whole run
        self.origins: set[str] = {"user"}
        self.repeats: dict[bytes, Counter[str]] = {}  # for each exact call, how often it gave which result
        self.fruitless = 0  # steps in a row whose every call was sent back before it was made
        self.returned: list[e.ToolReturned] = []
        self.worked = 0.0  # seconds; waiting for a person and being switched off do not count
        self._slowest = 0.0  # call of the step under way
        self._fruitful = False
        self._results: list[ToolResult] = []  # of the step under way
        self._order: list[str] = []  # its calls, as the model made them

    @property
    def _kept_day(self) -> bool:
        """A fork stays in the day of what it was forked from."""
        return self.started is not None and self.started.forked_from is not None

    @property
    def waits(self) -> bool:
        return bool(self.open) and any(call.waits for call in self.open.values())

    @property
    def answer(self) -> str:
        return "".join(self.answer_parts).strip()

    def apply(self, event: e.Event) -> None:
        body = event.body
        self.seq = event.seq
        if isinstance(body, e.RunStarted | e.RunResumed | e.ApprovalAnswered) and not self._kept_day:
            self.began = event.at
        match body:
            case e.RunStarted():
                self.started, self.tenant, self.subject = body, event.tenant, event.subject
                if body.forked_from is not None:
                    self.began = body.forked_from.began
                self.messages.append(body.goal)
                if body.call is not None:
                    self._opened(Message("assistant", (body.call,)), 0)
            case e.PlanMade():
                self.plan = body.steps
            case e.ModelReplied():
                self._replied(body)
            case e.ModelFailed():
                self.failures += 1
                self.worked += body.seconds
            case e.ApprovalAsked():
                self.open[body.call_id].asked = body
                self.open[body.call_id].answered = None
            case e.ApprovalAnswered():
                self._answered(body)
            case e.ToolRequested():
                opened = self.open[body.call_id]
                opened.requested, opened.asked, opened.answered = body, None, None  # an answer serves once
            case e.ToolReturned():
                self._returned(body)
            case e.RunFinished():
                self.finished = body

    def _replied(self, body: e.ModelReplied) -> None:
        self.step = body.step
        self.failures = 0
        self.worked += body.seconds
        self.usage += body.usage
        self.cost += body.cost
        self.model = body.model
        self.finish = body.finish
        self.answer_parts.append(body.message.text)
        self.continued = self.continued + 1 if body.finish == "length" and not body.message.calls else 0
        self._opened(body.message, body.step)

    def _opened(self, message: Message, step: int) -> None:
        self.messages.append(message)
        self._order = [call.id for call in message.calls]
        seen: Counter[bytes] = Counter()
        for call in message.calls:
            same = canonical([call.name, call.arguments])
            self.open[call.id] = OpenCall(call, step, seen[same])
            seen[same] += 1

    def _answered(self, body: e.ApprovalAnswered) -> None:
        for call in self.open.values():
            if call.asked is not None and call.asked.approval_id == body.approval_id:
                call.answered = body
                if body.answer == "run":  # "always" is a grant of the tenant's, and may be revoked
                    self.granted.add((call.asked.tool, call.asked.shape))

    def _returned(self, body: e.ToolReturned) -> None:
        call = self.open.pop(body.call_id)
        self.returned.append(body)
        self.origins.add(body.origin)
        self.answer_parts.clear()
        self._slowest = max(self._slowest, body.seconds)
        same = canonical([body.tool, call.call.arguments])
        self.repeats.setdefault(same, Counter())[body.content] += 1
        if body.outcome != "retry" or body.key:
            self._fruitful = True
        self._results.append(
            ToolResult(body.call_id, body.tool, body.content, body.outcome, data=body.data, origin=body.origin)
        )
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


def fold(run_id: str, events: Iterable[e.Event]) -> RunState:
    state = RunState(run_id)
    for event in events:
        state.apply(event)
    return state


def with_unique_ids(message: Message, taken: Iterable[str], step: int) -> Message:
    """The same reply with call ids that no other call of the run has (some models number from zero each time)."""
    if not message.calls:
        return message
    used = set(taken)
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

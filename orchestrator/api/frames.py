"""What happens in a run, as the frames of the chat WebSocket. Pure translation: see docs/api.md.

Replies of a model are spoken by deltas while they are made. A reader who was not there (it
connects later, or was too slow) gets the whole text of a reply when the reply is recorded.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias

import msgspec
from msgspec import Struct

from orchestrator.api.problems import problem_of
from orchestrator.kernel.events import (
    ApprovalAnswered,
    ApprovalAsked,
    CallEdited,
    Delta,
    Event,
    LimitsChanged,
    MessageAdded,
    MessageQueued,
    ModelAsked,
    ModelChosen,
    ModelFailed,
    ModelReplied,
    PlanMade,
    RunContinued,
    RunFinished,
    RunPaused,
    RunResumed,
    RunStarted,
    ToolRequested,
    ToolReturned,
)
from orchestrator.kernel.messages import Message, Thinking
from orchestrator.policy.lookalikes import lookalikes

FrameType: TypeAlias = Literal["thinking", "token", "plan", "tool", "approval", "steering", "complete", "error"]
Translation: TypeAlias = Callable[[Event], tuple[FrameType, dict[str, Any]]]


class Frame(Struct, frozen=True):
    type: FrameType
    data: dict[str, Any]
    timestamp: datetime
    run_id: str | None


encode = msgspec.json.Encoder().encode


def moment(at: float) -> datetime:
    """Seconds since the epoch as an instant, to the millisecond: written 2026-01-31T12:00:00.123Z."""
    return datetime.fromtimestamp(round(at, 3), UTC)


def event_json(event: Event) -> bytes:
    """An event on the wire: seq, at, type and run_id, beside the fields of its body."""
    body = msgspec.to_builtins(event.body)
    return encode({"seq": event.seq, "at": moment(event.at), "run_id": event.stream, **body})


def delta_json(delta: Delta) -> bytes:
    return encode({"type": "delta", **msgspec.structs.asdict(delta)})


def error_frame(error: Exception, now: float, run_id: str | None = None) -> Frame:
    return Frame("error", msgspec.to_builtins(problem_of(error)), moment(now), run_id)


def approval(asked: ApprovalAsked, run_id: str, asked_at: float) -> dict[str, Any]:
    """An approval as the API shows it, wherever it does."""
    return {
        "approval_id": asked.approval_id,
        "run_id": run_id,
        "kind": asked.kind,
        "tool": asked.tool,
        "arguments": asked.arguments,
        "code": asked.code,
        "reason": asked.reason,
        "details": asked.details,
        "alternative": asked.alternative,
        "shape": asked.shape,
        "asked_at": moment(asked_at),
        "call_id": asked.call_id,
        "step": asked.step,
        "risks": asked.risks,
        "sources": asked.sources,
        "lookalikes": [msgspec.to_builtins(one) for one in lookalikes({**asked.arguments, **_said(asked)})],
        "form": asked.form,
        "link": asked.link,
    }


def _said(asked: ApprovalAsked) -> dict[str, Any]:
    """What a question itself says, in words of somebody else."""
    if asked.kind != "question":
        return {}
    return {"question": [asked.reason, asked.form, asked.link, asked.details.get("host", "")]}


def merged(items: Iterable[Event | Delta]) -> list[Event | Delta]:
    """The same, with neighbouring pieces of one text joined."""
    out: list[Event | Delta] = []
    pieces: list[Delta] = []
    end = 0

    def flush() -> None:
        if pieces:
            first = pieces[0]
            whole = first if len(pieces) == 1 else _with_text(first, "".join(piece.text for piece in pieces))
            out.append(whole)
            pieces.clear()

    for item in items:
        if isinstance(item, Event):
            flush()
            out.append(item)
            continue
        if pieces:
            first = pieces[0]
            if (item.run_id, item.step, item.kind, item.offset) != (first.run_id, first.step, first.kind, end):
                flush()
        pieces.append(item)
        end = item.offset + len(item.text)
    flush()
    return out


def _with_text(delta: Delta, text: str) -> Delta:
    return Delta(delta.run_id, delta.step, delta.kind, delta.offset, text)


class Translator:
    """One reader's view of one run. It knows how much of a reply this reader has been told."""

    def __init__(self, conversation_id: str = "", seq: int = 0) -> None:
        self.seq = seq  # of the last event told
        self._conversation_id = conversation_id  # learnt from the first event, for who reads from there
        self._told: dict[tuple[int, str], int] = {}  # (step, kind): characters

    def copy(self) -> "Translator":
        other = Translator(self._conversation_id, self.seq)
        other._told = dict(self._told)
        return other

    def level(self, other: "Translator") -> bool:
        """Whether both readers were told the same, so that all that follows is equal for them."""
        mine, theirs = (self.seq, self._conversation_id, self._told), (other.seq, other._conversation_id, other._told)
        return mine == theirs

    def frames(self, items: Sequence[Event | Delta], now: float) -> list[Frame]:
        """The frames of these items; `now` dates what has no date of its own."""
        out: list[Frame] = []
        for item in merged(items):
            if isinstance(item, Delta):
                out.extend(self._delta(item, now))
            else:
                out.extend(self._event(item))
        return out

    def _delta(self, delta: Delta, now: float) -> list[Frame]:
        told = self._told.get((delta.step, delta.kind), 0)
        if delta.offset > told:  # a piece before it was missed: the recorded reply will say it all
            return []
        self._told[delta.step, delta.kind] = delta.offset + len(delta.text)
        return [_spoken(delta.run_id, delta.step, delta.kind, delta.offset, delta.text, now)]

    def _event(self, event: Event) -> list[Frame]:
        self.seq = event.seq
        made = _DATA.get(type(event.body))
        if made is None:
            return []
        kind, data = made(event)
        frame = Frame(kind, {**data, "seq": event.seq}, moment(event.at), event.stream)
        match event.body:
            case ModelReplied() as body:
                return [*self._untold(event, body), frame]
            case ModelAsked() | ModelFailed() as body:  # another try speaks from its beginning
                self._told = {told: length for told, length in self._told.items() if told[0] != body.step}
            case RunStarted() as body:
                self._conversation_id = body.conversation_id
            case RunFinished():
                frame.data["conversation_id"] = self._conversation_id
        return [frame]

    def _untold(self, event: Event, body: ModelReplied) -> list[Frame]:
        said = (("thinking", _thoughts(body.message)), ("text", body.message.text))
        return [
            _spoken(event.stream, body.step, kind, 0, text, event.at)
            for kind, text in said
            if text and self._told.pop((body.step, kind), 0) < len(text)
        ]


def _thoughts(message: Message) -> str:
    return "".join(part.text for part in message.parts if isinstance(part, Thinking))


def _spoken(run_id: str, step: int, kind: str, offset: int, text: str, at: float) -> Frame:
    data: dict[str, Any] = {"step": step, "offset": offset, "text": text}
    if kind == "text":
        return Frame("token", data, moment(at), run_id)
    return Frame("thinking", {"phase": "delta", **data}, moment(at), run_id)


def _started(event: Event) -> tuple[FrameType, dict[str, Any]]:
    body = event.body
    assert isinstance(body, RunStarted)
    data = {"conversation_id": body.conversation_id, "goal": body.goal.said, "channel": body.channel}
    return "thinking", {"phase": "started", **data, **_quoted(body.goal)}


def _quoted(message: Message) -> dict[str, Any]:
    return {"quoted": list(message.quoted)} if message.quoted else {}


def _asked(event: Event) -> tuple[FrameType, dict[str, Any]]:
    body = event.body
    assert isinstance(body, ApprovalAsked)
    return "approval", {"state": "asked", **approval(body, event.stream, event.at)}


def _added(event: Event) -> tuple[FrameType, dict[str, Any]]:
    body = event.body
    assert isinstance(body, MessageAdded)
    said = {"message_id": body.message_id, "text": body.message.said, "urgency": body.urgency, "by": body.by}
    return "steering", {"state": "said", **said, **_quoted(body.message)}


def _queued(event: Event) -> tuple[FrameType, dict[str, Any]]:
    body = event.body
    assert isinstance(body, MessageQueued)
    return "steering", {"state": "queued", "next_run_id": body.run_id, "text": body.message.said, "by": body.by}


def _fields(kind: FrameType, marks: dict[str, str], fields: str) -> Translation:
    """A translation that copies these fields of the event's body beside the marks."""
    names = tuple(fields.split())
    return lambda event: (kind, {**marks, **{name: getattr(event.body, name) for name in names}})


_DATA: dict[type, Translation] = {
    RunStarted: _started,
    RunResumed: _fields("thinking", {"phase": "resumed"}, "reason"),
    ModelAsked: _fields("thinking", {"phase": "asked"}, "step model"),
    ModelFailed: _fields("thinking", {"phase": "failed"}, "step model problem"),
    ModelReplied: _fields("thinking", {"phase": "replied"}, "step model finish usage cost seconds reason spared"),
    PlanMade: _fields("plan", {}, "steps"),
    ToolRequested: _fields("tool", {"state": "requested"}, "call_id tool step arguments attempt child"),
    ToolReturned: _fields(
        "tool", {"state": "returned"}, "call_id tool step outcome content data artifact seconds origin passages"
    ),
    ApprovalAsked: _asked,
    ApprovalAnswered: _fields("approval", {"state": "answered"}, "approval_id answer by note content"),
    CallEdited: _fields("approval", {"state": "edited"}, "approval_id call_id arguments by note"),
    MessageAdded: _added,
    MessageQueued: _queued,
    RunPaused: _fields("steering", {"state": "paused"}, "reason by note"),
    RunContinued: _fields("steering", {"state": "continued"}, "reason by"),
    ModelChosen: _fields("steering", {"state": "model"}, "model by"),
    LimitsChanged: _fields("steering", {"state": "limits"}, "limits by"),
    RunFinished: _fields("complete", {}, "status answer model steps usage cost problem repeats"),
}

"""Two runs side by side: what was asked, said, called and answered, and what it cost."""

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Any, Literal, TypeAlias

from msgspec import Struct

from orchestrator.agents.state import fold
from orchestrator.kernel import events as e
from orchestrator.kernel.events import Event
from orchestrator.kernel.ids import canonical
from orchestrator.kernel.messages import Json, Text
from orchestrator.kernel.trials import Source

Kind: TypeAlias = Literal["goal", "reply", "call", "approval", "failure", "said", "end"]
Mark: TypeAlias = Literal["same", "changed", "left", "right"]  # left, right: only in that one


class Item(Struct, frozen=True):
    """One thing that happened in a run."""

    seq: int
    kind: Kind
    step: int
    title: str  # a call with its arguments, the first words of a text
    said: str = ""  # the whole of it: what was answered or returned
    outcome: str = ""
    source: Source = "made"
    cost: float = 0.0
    tokens: int = 0
    seconds: float = 0.0


class Row(Struct, frozen=True):
    mark: Mark
    left: Item | None = None
    right: Item | None = None


class Summary(Struct, frozen=True):
    run_id: str
    status: str
    model: str
    steps: int
    calls: int
    taken: int  # of its replies and results, those that are from a recording
    cost: float
    input_tokens: int
    output_tokens: int
    seconds: float  # at work
    answer: str
    forked_from: str = ""
    at: int = 0  # the last event that it shares with that one


class Comparison(Struct, frozen=True):
    left: Summary
    right: Summary
    rows: tuple[Row, ...]
    same: bool


def compare(left: Sequence[Event], right: Sequence[Event]) -> Comparison:
    rows = tuple(_aligned(items(left), items(right)))
    return Comparison(summary(left), summary(right), rows, all(row.mark == "same" for row in rows))


def summary(events: Sequence[Event]) -> Summary:
    state = fold(events[0].stream, events)
    end, started = state.finished, state.started
    assert started is not None
    bodies = [event.body for event in events]
    forked = started.forked_from
    return Summary(
        run_id=state.run_id,
        status=end.status if end is not None else "waiting" if state.waits else "running",
        model=state.model or started.model,
        steps=state.step,
        calls=sum(isinstance(body, e.ToolRequested) for body in bodies),
        taken=sum(isinstance(body, e.ModelReplied | e.ToolReturned) and body.source != "made" for body in bodies),
        cost=state.cost,
        input_tokens=state.usage.input_tokens,
        output_tokens=state.usage.output_tokens,
        seconds=state.worked,
        answer=end.answer if end is not None else state.answer,
        forked_from=forked.run_id if forked is not None else "",
        at=forked.seq if forked is not None else 0,
    )


def items(events: Sequence[Event]) -> list[Item]:
    """What happened, in the order of a person's interest: each call once, with what came of it."""
    found: list[Item] = []
    calls: dict[str, int] = {}  # by call: its place in what was found
    step = 0
    for event in events:
        match body := event.body:
            case e.RunStarted():
                found.append(Item(event.seq, "goal", 0, _first(body.goal.text), body.goal.text))
            case e.ModelReplied():
                step = body.step
                found.append(_reply(event.seq, body))
                for call in body.message.calls:
                    calls[call.id] = len(found)
                    found.append(Item(event.seq, "call", step, f"{call.name} {_json(call.arguments)}"))
            case e.ModelFailed():
                text = body.problem.detail
                found.append(Item(event.seq, "failure", body.step, _first(text), text, body.problem.code))
            case e.MessageAdded():
                found.append(Item(event.seq, "said", step, _first(body.message.text), body.message.text))
            case e.ApprovalAnswered():
                found.append(Item(event.seq, "approval", step, body.answer, body.note))
            case e.ToolReturned():
                _returned(found, calls, event.seq, body)
            case e.RunFinished():
                found.append(Item(event.seq, "end", body.steps, _first(body.answer), body.answer, body.status))
    return found


def _reply(seq: int, body: e.ModelReplied) -> Item:
    text = "".join(part.text for part in body.message.parts if isinstance(part, Text))
    tokens = body.usage.input_tokens + body.usage.output_tokens
    said = _first(text) or f"{len(body.message.calls)} calls"
    return Item(seq, "reply", body.step, said, text, body.model, body.source, body.cost, tokens, body.seconds)


def _returned(found: list[Item], calls: dict[str, int], seq: int, body: e.ToolReturned) -> None:
    place = calls.get(body.call_id)
    title = found[place].title if place is not None else body.tool
    tokens = body.usage.input_tokens + body.usage.output_tokens
    item = Item(seq, "call", body.step, title, body.content, body.outcome, body.source, body.cost, tokens, body.seconds)
    if place is None:
        found.append(item)
    else:
        found[place] = item


def _aligned(left: list[Item], right: list[Item]) -> list[Row]:
    """Rows of what corresponds: the same kind and title; between those, what is of one kind stands side by side."""
    keys, others = ([(item.kind, item.title) for item in one] for one in (left, right))
    rows: list[Row] = []
    for tag, i, j, k, m in SequenceMatcher(None, keys, others, autojunk=False).get_opcodes():
        if tag == "equal":
            rows += [_row(was, now) for was, now in zip(left[i:j], right[k:m], strict=True)]
        else:
            rows += _side_by_side(left[i:j], right[k:m])
    return rows


def _side_by_side(left: list[Item], right: list[Item]) -> list[Row]:
    rows: list[Row] = []
    rest = list(right)
    for item in left:
        place = next((place for place, other in enumerate(rest) if other.kind == item.kind), None)
        if place is None:
            rows.append(Row("left", item))
            continue
        rows += [Row("right", None, other) for other in rest[:place]]
        rows.append(_row(item, rest[place]))
        rest = rest[place + 1 :]
    return [*rows, *(Row("right", None, other) for other in rest)]


def _row(left: Item, right: Item) -> Row:
    alike = (left.title, left.said, left.outcome) == (right.title, right.said, right.outcome)
    return Row("same" if alike else "changed", left, right)


def _first(text: str) -> str:
    line = text.strip().split("\n", 1)[0]
    return line if len(line) <= 100 else line[:99] + "…"


def _json(value: Json) -> str:
    text: Any = canonical(value).decode()
    return _first(text)

"""Where today's code decides differently: the recorded event, today's, and what is not the same in them."""

from typing import Any

import msgspec
from msgspec import Struct

from orchestrator.kernel.events import ApprovalAsked, Body, ModelAsked, ToolReturned, encode_body
from orchestrator.kernel.messages import Json

SHOWN = 12  # changes listed at most


class Change(Struct, frozen=True):
    path: str  # of a field: arguments.path
    recorded: Json
    today: Json


class Difference(Struct, frozen=True):
    seq: int
    recorded: dict[str, Any] | None  # the event's body; None: the recording says nothing more
    today: dict[str, Any] | None  # None: today's code does nothing here
    changes: tuple[Change, ...] = ()
    note: str = ""

    @property
    def type(self) -> str:
        return str((self.recorded or self.today or {}).get("type", ""))


def same(recorded: Body, today: Body) -> bool:
    """To the last bit; but what an older version did not write down cannot differ."""
    today = _as_old(recorded, today)
    left, right = encode_body(recorded), encode_body(today)
    return left == right or msgspec.json.decode(left) == msgspec.json.decode(right)  # the order of keys means nothing


def difference(seq: int, recorded: Body | None, today: Body | None) -> Difference:
    if recorded is not None and today is not None:
        today = _as_old(recorded, today)
    left = None if recorded is None else msgspec.json.decode(encode_body(recorded))
    right = None if today is None else msgspec.json.decode(encode_body(today))
    changes = changed(left, right) if left and right and left["type"] == right["type"] else []
    return Difference(seq, left, right, tuple(changes[:SHOWN]), _note(recorded, today))


def changed(recorded: Json, today: Json, path: str = "") -> list[Change]:
    """The leaves that are not the same."""
    if isinstance(recorded, dict) and isinstance(today, dict):
        names = [*recorded, *(name for name in today if name not in recorded)]
        return [
            change
            for name in names
            for change in changed(recorded.get(name), today.get(name), f"{path}.{name}" if path else name)
        ]
    if isinstance(recorded, list) and isinstance(today, list) and len(recorded) == len(today):
        pairs = enumerate(zip(recorded, today, strict=True))
        return [change for index, (was, now) in pairs for change in changed(was, now, f"{path}[{index}]")]
    return [] if recorded == today and type(recorded) is type(today) else [Change(path, recorded, today)]


def _as_old(recorded: Body, today: Body) -> Body:
    if isinstance(recorded, ModelAsked) and isinstance(today, ModelAsked) and recorded.request is None:
        return msgspec.structs.replace(today, request=None)
    if isinstance(recorded, ApprovalAsked) and isinstance(today, ApprovalAsked) and not recorded.sources:
        return msgspec.structs.replace(today, risks=recorded.risks, sources={})
    if isinstance(recorded, ToolReturned) and isinstance(today, ToolReturned) and not recorded.doubts:
        return msgspec.structs.replace(today, doubts=())
    return today


def _note(recorded: Body | None, today: Body | None) -> str:
    if recorded is None:
        return "Today's code goes on where the recording ends."
    if today is None:
        return "Today's code does nothing here."
    if isinstance(recorded, ModelAsked) and isinstance(today, ModelAsked) and recorded.request and today.request:
        parts = [
            name
            for name in recorded.request.__struct_fields__
            if getattr(recorded.request, name) != getattr(today.request, name)
        ]
        if parts:
            return f"The model would be asked something else: other {' and '.join(parts)}."
    if type(recorded) is not type(today):
        return "Today's code does something else here."
    return ""

"""A run without what was said in it: its shape, its figures and its decisions stay; words, names and results go."""

from typing import Any

import msgspec

from orchestrator.kernel.events import Event, decode_body

# What says nothing of anybody: kinds, identifiers of this product, and values of a known small set.
_PLAIN = frozenset({
    "type", "role", "id", "call_id", "name", "tool", "key", "effects", "outcome", "origin", "origins", "status",
    "finish", "model", "kind", "approval_id", "code", "rule", "hash", "channel", "agent", "approvals", "urgency",
    "conversation_id", "run_id", "parent", "after", "child", "source", "scopes", "tools", "media_type", "before",
    "message_id", "next",
})  # fmt: skip
_DIGESTS = frozenset({"request", "limits", "usage"})  # kept whole
_ANSWERS = frozenset({"once", "run", "always", "refuse", "done", "retry", "undone"})


def redacted(event: Event) -> Event:
    """The event with every text replaced by its length."""
    body = _without(msgspec.to_builtins(event.body))
    return msgspec.structs.replace(event, body=decode_body(msgspec.json.encode(body)))


def _without(value: Any, name: str = "") -> Any:
    if name in _DIGESTS:
        return value
    if isinstance(value, dict):
        if name in ("arguments", "data", "details", "policy"):
            return {f"_{place}": _without(item) for place, item in enumerate(value.values())}
        if name == "artifact":
            return {**value, "name": "artifact"}  # by what it is, not by what somebody called it
        return {key: _without(item, key) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without(item, name) for item in value]
    if not isinstance(value, str) or not value or name in _PLAIN:
        return value
    if name == "answer" and value in _ANSWERS:
        return value
    return f"[{len(value)} characters]"

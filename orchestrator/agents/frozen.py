"""The state of a run as bytes, and back: so that a long run need not be folded from its first event each time.

Bytes of another version of the fold are worth nothing: `version` tells them apart, and they are folded anew.
"""

import inspect
import zlib
from collections import Counter
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Struct

from orchestrator.agents import state as folding
from orchestrator.agents.ports import Recorder, Snapshots
from orchestrator.agents.state import OpenCall, RunState
from orchestrator.kernel import events as e
from orchestrator.kernel.messages import Message, Origin, ToolCall, ToolResult, Usage

EVERY = 500  # events folded before the state is worth keeping


class Frozen(Struct, array_like=True):
    """Every attribute of a RunState, by its name: who adds one there adds it here, or long runs are folded whole."""

    run_id: str
    tenant: str
    subject: str
    seq: int
    began: float
    started: e.RunStarted | None
    finished: e.RunFinished | None
    limits: e.Limits
    asked_model: str
    paused: e.Pause | None
    budget: e.ApprovalAsked | None
    ended_by_budget: bool
    interrupted: bool
    queued: list[e.MessageQueued]
    children: int
    step: int
    messages: list[Message]
    open: dict[str, OpenCall]
    call_ids: set[str]
    plan: tuple[str, ...]
    usage: Usage
    cost: float
    cost_before: float
    tokens_before: int
    model: str
    finish: str
    failures: int
    continued: int
    answer_parts: list[str]
    granted: set[tuple[str, str]]
    origins: set[Origin]
    repeats: dict[bytes, dict[str, int]]
    fruitless: int
    returned: list[e.ToolReturned]
    worked: float
    _slowest: float
    _fruitful: bool
    _asked: bool
    _heard: list[Message]
    _results: list[ToolResult]
    _calls: tuple[ToolCall, ...]
    _order: list[str]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Frozen).decode


@lru_cache(maxsize=1)
def version() -> int:
    """Of the code that folds: another code folds anew."""
    return zlib.crc32(inspect.getsource(folding).encode() + inspect.getsource(Frozen).encode())


def freeze(state: RunState) -> bytes:
    return _encode(Frozen(**vars(state)))


def thaw(data: bytes) -> RunState:
    """Raises msgspec.DecodeError when it is no such state."""
    frozen = _decode(data)
    state = RunState(frozen.run_id)
    values: dict[str, Any] = msgspec.structs.asdict(frozen)
    vars(state).update(values, repeats={call: Counter(results) for call, results in frozen.repeats.items()})
    return state


async def unfolded(run_id: str, journal: Recorder, snapshots: Snapshots | None) -> RunState:
    """The state of a run: what was kept of it, and the events since."""
    kept = await snapshots.load(run_id, version()) if snapshots is not None else None
    state = thaw(kept) if kept is not None else RunState(run_id)
    events = await journal.read(run_id, state.seq)
    for event in events:
        state.apply(event)
    if snapshots is not None and len(events) >= EVERY and vars(state).keys() == set(Frozen.__struct_fields__):
        await snapshots.keep(run_id, state.tenant, state.subject, state.seq, version(), freeze(state))
    return state

"""A run as a file, whole and for itself: its events in a chain of hashes, what it knew beside them, its artifacts.

The chain shows that nothing was changed by accident or by somebody who did not know it; it is no signature.
"""

import base64
import binascii
import hashlib
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from orchestrator.agents.replay.recording import Recording, whole
from orchestrator.agents.transfers.redact import redacted
from orchestrator.kernel import events as e
from orchestrator.kernel.errors import Conflict, InvalidInput, NotFound, TooLarge
from orchestrator.kernel.events import Body, Event
from orchestrator.kernel.messages import Message

FORMAT = "orchestrator.run"
VERSION = 1
LARGEST = 64 * 2**20  # bytes of a file
MOST = 100_000  # events


class Line(Struct, frozen=True, forbid_unknown_fields=True):
    """An event, and the hash of it and of all before it."""

    seq: Annotated[int, Meta(ge=1)]
    at: float
    body: Body
    chain: str


class Bytes(Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    data: str  # base64


class Allowed(Struct, frozen=True, forbid_unknown_fields=True):
    """What was allowed for always, and when."""

    at: float
    body: e.GrantGiven | e.GrantRevoked


class Run(Struct, frozen=True, forbid_unknown_fields=True):
    """The file."""

    format: str
    version: int
    product: str  # its version
    exported_at: float
    run_id: str
    tenant: str
    subject: str
    events: tuple[Line, ...]
    history: tuple[Message, ...] = ()
    grants: tuple[Allowed, ...] = ()
    origin: tuple[Line, ...] = ()  # events of the run it was forked from
    artifacts: tuple[Bytes, ...] = ()
    redacted: bool = False

    @property
    def digest(self) -> str:
        return self.events[-1].chain


class Context(Struct, frozen=True):
    """What an imported run knew beside its events, as it is kept."""

    history: tuple[Message, ...] = ()
    grants: tuple[Allowed, ...] = ()
    origin: tuple[Line, ...] = ()


_decode = msgspec.json.Decoder(Run).decode
encode_context = msgspec.json.Encoder().encode
decode_context = msgspec.json.Decoder(Context).decode


def lines(events: Sequence[Event]) -> tuple[Line, ...]:
    chain, found = "", []
    for event in events:
        chain = _link(chain, event.seq, event.at, msgspec.to_builtins(event.body))
        found.append(Line(event.seq, event.at, event.body, chain))
    return tuple(found)


def events_of(run_id: str, kept: Sequence[Line], tenant: str, subject: str) -> tuple[Event, ...]:
    return tuple(Event(run_id, line.seq, line.at, tenant, subject, line.body) for line in kept)


def export(
    recording: Recording, *, product: str, at: float, read: Callable[[str], bytes], redact: bool = False
) -> bytes:
    """The file of a finished run. Raises Conflict for one that is not, TooLarge."""
    if recording.finished is None:
        raise Conflict(f"{recording.run_id} is not finished.", hint="Let it end, or cancel it; then export it.")
    events = [redacted(event) for event in recording.events] if redact else list(recording.events)
    kept: list[Bytes] = []
    for identifier in [] if redact else dict.fromkeys(_artifacts(events)):
        try:
            kept.append(Bytes(identifier, base64.b64encode(read(identifier)).decode()))
        except NotFound:
            continue  # it was removed here; a replay does not need it
    grants = [event for event in recording.grants if isinstance(event.body, e.GrantGiven | e.GrantRevoked)]
    made = Run(
        format=FORMAT,
        version=VERSION,
        product=product,
        exported_at=at,
        run_id=recording.run_id,
        tenant=recording.events[0].tenant,
        subject=recording.events[0].subject,
        events=lines(events),
        history=() if redact else recording.history,
        grants=tuple(
            Allowed(event.at, event.body)  # type: ignore[arg-type]
            for event in grants
            if event.subject == recording.events[0].subject and event.at <= recording.events[-1].at
        ),
        origin=() if redact else lines(recording.origin),
        artifacts=tuple(kept),
        redacted=redact,
    )
    data = msgspec.json.format(msgspec.json.encode(made), indent=1)
    if len(data) > LARGEST:
        raise TooLarge(
            f"The file would have {len(data)} bytes, more than {LARGEST}.", hint="Export it without its texts: redact."
        )
    return data


def read(data: bytes) -> Run:
    """The run in a file, verified. Raises InvalidInput saying what is wrong with it, TooLarge."""
    if len(data) > LARGEST:
        raise TooLarge(f"The file has {len(data)} bytes, more than {LARGEST}.")
    head = _head(data)
    if head.get("format") != FORMAT:
        raise InvalidInput("This is no exported run.", hint="Give a file that `orchestrator runs export` wrote.")
    if head.get("version") != VERSION:
        raise InvalidInput(
            f"The file is of version {head.get('version')!r}; this server reads version {VERSION}.",
            hint="Update the older of the two.",
        )
    try:
        run = _decode(data)
    except (msgspec.ValidationError, RecursionError) as error:
        raise InvalidInput(f"The file is damaged: {error}.", hint="Export the run once more.") from error
    _verify_chains(run, head)
    _verify(run)
    return run


def content(run: Run) -> dict[str, bytes]:
    """The artifacts by their identifiers. Raises InvalidInput where one is not what its name says."""
    found = {}
    for one in run.artifacts:
        try:
            data = base64.b64decode(one.data, validate=True)
        except (binascii.Error, ValueError) as error:
            raise _damaged(f"artifact {one.id[:12]} is not base64") from error
        if hashlib.sha256(data).hexdigest() != one.id:
            raise _damaged(f"artifact {one.id[:12]} is not what its name says")
        found[one.id] = data
    return found


def _head(data: bytes) -> dict[str, Any]:
    try:
        head = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise InvalidInput(f"This is no exported run: {error}.", hint="Is it the whole file?") from error
    return head if isinstance(head, dict) else {}


def _verify_chains(run: Run, written: dict[str, Any]) -> None:
    """Over what is written, not what was understood of it: an older file lacks the fields that events have by now."""
    for kept, name, what in ((run.events, "events", "event"), (run.origin, "origin", "event of the origin")):
        chain = ""
        for line, raw in zip(kept, written.get(name, ()), strict=True):
            chain = _link(chain, line.seq, line.at, raw["body"])
            if chain != line.chain:
                raise _damaged(f"the chain breaks at {what} {line.seq}: it is not as it was exported")


def _verify(run: Run) -> None:
    for kept, run_id, what in ((run.events, run.run_id, "event"), (run.origin, "", "event of the origin")):
        if kept and not whole(events_of(run_id, kept, "", "")):
            raise _damaged(f"its {what}s are not all there, or not in order")
    if not run.events or len(run.events) > MOST:
        raise _damaged(f"it has {len(run.events)} events")
    if not isinstance(run.events[-1].body, e.RunFinished):
        raise InvalidInput("The run in this file is not finished.", hint="Only finished runs are imported.")
    if any(isinstance(line.body, e.RunFinished) for line in run.events[:-1]):
        raise _damaged("something follows the end of the run")
    if not all(isinstance(line.body, RUN) for line in run.events):
        raise _damaged("it holds events that are none of a run")


def _artifacts(events: Sequence[Event]) -> list[str]:
    return [
        event.body.artifact.id
        for event in events
        if isinstance(event.body, e.ToolReturned) and event.body.artifact is not None
    ]


def _link(chain: str, seq: int, at: float, body: Any) -> str:
    line = msgspec.json.encode([chain, seq, at, body], order="sorted")
    return hashlib.sha256(line).hexdigest()


def _damaged(why: str) -> InvalidInput:
    return InvalidInput(f"The file is damaged: {why}.", hint="Export the run once more.")


# What the stream of a run may hold.
RUN = (
    e.RunStarted, e.RunResumed, e.RunPaused, e.RunContinued, e.RunFinished, e.PlanMade, e.ModelAsked, e.ModelReplied,
    e.ModelFailed, e.ModelChosen, e.LimitsChanged, e.MessageAdded, e.MessageQueued, e.ApprovalAsked,
    e.ApprovalAnswered, e.CallEdited, e.ToolRequested, e.ToolReturned,
)  # fmt: skip

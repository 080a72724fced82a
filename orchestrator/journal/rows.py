"""An event as a row, the same in every store: its body encrypted for its subject, itself chained to the row before.

    hash = SHA-256(hash of the stream's previous row ‖ MessagePack [stream, seq, type, tenant, subject, at, key, body])

The hash covers the body as it is stored, so that a chain can be verified by whoever has no key, and
still holds when a key was destroyed. `key` names the key of the body; it is empty when the body is plain.
"""

import hashlib
from collections.abc import Iterable
from typing import NamedTuple, Protocol

import msgspec
from msgspec import Struct

from orchestrator.kernel.errors import JournalDamaged
from orchestrator.kernel.events import Erased, Event, decode_body

GENESIS = bytes(32)  # what the first row of a stream is chained to

# Bodies that say nothing of a person. Whatever is not named here is encrypted.
PLAIN = frozenset({"server.started", "server.stopped", "subject.erased", "tools.changed", "model.asked", "run.resumed"})

_pack = msgspec.msgpack.Encoder().encode


class Cipher(Protocol):
    """The key of one subject."""

    @property
    def id(self) -> str: ...

    def encrypt(self, data: bytes, context: bytes) -> bytes: ...

    def decrypt(self, data: bytes, context: bytes) -> bytes:
        """Raises ValueError when it is not what was encrypted, in this context."""


class Stored(Protocol):
    """What a row of any store has; `Row`, or what SQLAlchemy gives."""

    @property
    def stream(self) -> str: ...
    @property
    def seq(self) -> int: ...
    @property
    def type(self) -> str: ...
    @property
    def tenant(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def at(self) -> float: ...
    @property
    def key(self) -> str: ...
    @property
    def body(self) -> bytes: ...
    @property
    def hash(self) -> bytes: ...


class Row(NamedTuple):
    """In the order of the columns of `events`, after `position`."""

    stream: str
    seq: int
    type: str
    tenant: str
    subject: str
    at: float
    key: str
    body: bytes
    hash: bytes


class Break(Struct, frozen=True):
    """The first place where a stream is not what was written."""

    stream: str
    seq: int
    reason: str


def is_personal(type: str) -> bool:
    return type not in PLAIN


def seal(event: Event, body: bytes, previous: bytes, key: Cipher | None) -> Row:
    """The row of an event whose encoded body this is. Raises ValueError or OverflowError for what no store can hold."""
    type, at, name = event.type, event.at + 0.0, ""
    if key is not None:
        name = key.id
        body = key.encrypt(body, _pack((event.stream, event.seq, type)))
    fields = (event.stream, event.seq, type, event.tenant, event.subject, at, name, body)
    return Row(*fields, hashlib.sha256(previous + _pack(fields)).digest())


def unseal(row: Stored, key: Cipher | None) -> Event:
    """The event of a row. Without its key (it was destroyed) the body is Erased. Raises JournalDamaged."""
    try:
        body = bytes(row.body)
        if not row.key:
            content = decode_body(body)
        elif key is None:
            content = Erased(row.type)
        else:
            content = decode_body(key.decrypt(body, _pack((row.stream, row.seq, row.type))))
    except (TypeError, ValueError) as error:
        raise JournalDamaged(
            f"Event {row.seq} of {row.stream} is not what was written.",
            hint="Another hand changed the database: `orchestrator journal verify` says where; restore a backup.",
        ) from error
    return Event(row.stream, row.seq, row.at, row.tenant, row.subject, content)


def chained(row: Stored, previous: bytes) -> bytes:
    """The hash that this row must have, after a row with that hash."""
    fields = (row.stream, row.seq, row.type, row.tenant, row.subject, row.at + 0.0, row.key, bytes(row.body))
    return hashlib.sha256(previous + _pack(fields)).digest()


def follows(row: Stored, previous: bytes) -> bool:
    """Whether this is the row that was written after one with that hash."""
    try:
        return chained(row, previous) == row.hash
    except (TypeError, ValueError, OverflowError):
        return False  # not even of the right kind: SQLite takes anything


def verify(rows: Iterable[Stored], seq: int = 0, previous: bytes = GENESIS) -> Break | None:
    """The first row of a stream that does not follow the one before it; the first follows `seq` and `previous`."""
    for row in rows:
        seq += 1
        if row.seq != seq:
            return Break(row.stream, seq, f"event {seq} is missing: {row.seq} comes in its place")
        if not follows(row, previous):
            return Break(row.stream, seq, f"event {seq} is not what was written, or not where it was written")
        previous = bytes(row.hash)
    return None

"""What proves that the journal is what was written: each stream's chain of hashes, and a signed sum over its heads.

A chain shows an event that was edited, removed from the middle, or moved. It cannot show that its own end is missing,
or all of it: for that an anchor is signed now and then, over the last event of every stream.

Does not cover: what came after the last anchor, when it is cut off at the end of its stream; the whole database put
back to an earlier day (keep an anchor elsewhere, and compare); whoever holds the master key.
"""

import hmac
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct
from sqlalchemy import func, select, text

from orchestrator.journal.keys import Master
from orchestrator.journal.rows import GENESIS, Break, Stored, follows
from orchestrator.storage.engine import AsyncConnection, AsyncEngine
from orchestrator.storage.tables import events
from orchestrator.storage.tables_journal import anchors, heads, subject_keys

STRIDE = 20_000  # positions in one anchor at most: it holds the database for their time
_CHUNK = 500
_FINDINGS = 100  # that are told; more are counted
_MODULUS = 1 << 256
_pack = msgspec.msgpack.Encoder().encode

Progress: TypeAlias = Callable[[int, int], None]  # done, of how many

_LOCK = "UPDATE anchors SET number = number WHERE number = -1"  # who writes first waits for nobody later
_MOVED = """SELECT e.stream, e.tenant, e.seq, e.hash, e.position, h.seq AS old_seq, h.hash AS old_hash
  FROM (SELECT stream, max(seq) AS seq FROM events WHERE position > :after AND position <= :until GROUP BY stream) AS l
  JOIN events AS e ON e.stream = l.stream AND e.seq = l.seq LEFT JOIN heads AS h ON h.stream = e.stream"""
_HEAD = """INSERT INTO heads (stream, tenant, seq, hash, position) VALUES (:stream, :tenant, :seq, :hash, :position)
  ON CONFLICT (stream) DO UPDATE SET seq = :seq, hash = :hash, position = :position"""


class Anchor(Struct, frozen=True):
    number: int
    at: float
    position: int  # everything up to here is covered
    streams: int
    events: int
    sum: bytes  # over the heads, each keyed by the master key: in any order
    mac: bytes

    @property
    def name(self) -> str:
        """To be kept elsewhere, and looked for later."""
        return f"{self.number}-{self.mac.hex()[:32]}"


class Report(Struct, frozen=True):
    events: int
    streams: int
    archived: int  # streams, whose files are looked at on their own
    findings: list[Break]
    more: int  # findings that are not told
    anchor: str  # the name of the last one; empty when there is none
    uncovered: int  # events after the last anchor

    @property
    def whole(self) -> bool:
        return not self.findings


def _weight(master: Master, stream: str, seq: int, hash: bytes) -> int:
    return int.from_bytes(master.sign(_pack(("head", stream, seq, bytes(hash)))), "big")


def _signature(master: Master, anchor: Sequence[Any]) -> bytes:
    return master.sign(_pack(("anchor", *anchor)))


async def last_anchor(connection: AsyncConnection) -> Anchor | None:
    row = (await connection.execute(select(anchors).order_by(anchors.c.number.desc()).limit(1))).first()
    return (
        Anchor(row.number, row.at, row.position, row.streams, row.events, bytes(row.sum), bytes(row.mac))
        if row
        else None
    )


async def anchor(engine: AsyncEngine, master: Master, now: float) -> Anchor | None:
    """Sign the heads of all streams; None when nothing was written since the last time."""
    made: Anchor | None = None
    while step := await _step(engine, master, now):
        made = step
    return made


async def _step(engine: AsyncEngine, master: Master, now: float) -> Anchor | None:
    async with engine.begin() as connection:
        await connection.execute(text(_LOCK))
        last = await last_anchor(connection)
        after = last.position if last else 0
        newest = (await connection.execute(select(func.max(events.c.position)))).scalar_one() or 0
        if newest <= after:
            return None
        until = min(newest, after + STRIDE)
        moved = (await connection.execute(text(_MOVED), {"after": after, "until": until})).all()
        total = int.from_bytes(last.sum, "big") if last else 0
        streams, count = (last.streams, last.events) if last else (0, 0)
        for row in moved:
            total += _weight(master, row.stream, row.seq, row.hash)
            count += row.seq - (row.old_seq or 0)
            if row.old_seq is None:
                streams += 1
            else:
                total -= _weight(master, row.stream, row.old_seq, row.old_hash)
        if moved:
            fields = ("stream", "tenant", "seq", "hash", "position")
            await connection.execute(text(_HEAD), [{name: getattr(row, name) for name in fields} for row in moved])
        signed = (last.number + 1 if last else 1, now, until, streams, count, (total % _MODULUS).to_bytes(32, "big"))
        made = Anchor(*signed, _signature(master, signed))
        await connection.execute(anchors.insert().values(msgspec.structs.asdict(made)))
        return made


class _Walk:
    """Every chain at once, in the order of the commits."""

    def __init__(self) -> None:
        self.events = 0
        self.streams = 0
        self.findings: list[Break] = []
        self.more = 0
        self.keys: set[str] = set()
        self._at: dict[str, tuple[int, bytes, int, bytes]] = {}  # seq, hash; and as they were when last anchored
        self._lost: set[str] = set()  # streams in which something was found: what follows it is no news

    def find(self, stream: str, seq: int, reason: str) -> None:
        if len(self.findings) < _FINDINGS:
            self.findings.append(Break(stream, seq, reason))
        else:
            self.more += 1

    def unknown(self, rows: Iterable[Any]) -> set[str]:
        return {row.stream for row in rows if row.stream not in self._at}

    def begin(self, stream: str, head: tuple[int, bytes]) -> None:
        self._at[stream] = (0, GENESIS, *head)
        self.streams += 1

    def step(self, row: Stored) -> None:
        self.events += 1
        if row.key:
            self.keys.add(row.key)
        if row.stream in self._lost:
            return
        seq, previous, head_seq, head_hash = self._at[row.stream]
        if row.seq != seq + 1:
            self._lose(row.stream, seq + 1, f"event {seq + 1} is missing: {row.seq} comes in its place")
        elif not follows(row, previous):
            self._lose(row.stream, row.seq, f"event {row.seq} is not what was written, or not where it was written")
        elif row.seq == head_seq and row.hash != head_hash:
            self._lose(row.stream, row.seq, f"event {row.seq} was written anew after it was anchored")
        else:
            self._at[row.stream] = (row.seq, row.hash, head_seq, head_hash)

    def _lose(self, stream: str, seq: int, reason: str) -> None:
        self._lost.add(stream)
        self.find(stream, seq, reason)

    def end(self) -> None:
        for stream, (seq, _, head_seq, _) in self._at.items():
            if stream not in self._lost and seq < head_seq:
                self.find(stream, seq + 1, f"the end is missing: events {seq + 1} to {head_seq} were there")


async def verify(
    engine: AsyncEngine, master: Master, *, known: str = "", progress: Progress = lambda done, total: None
) -> Report:
    """Walk every chain; `known` is the name of an anchor that was kept elsewhere. Archived streams are not walked."""
    walk = _Walk()
    async with engine.connect() as connection:
        last = await last_anchor(connection)
        await _check_anchors(connection, master, last, known, walk)
        newest = (await connection.execute(select(func.max(events.c.position)))).scalar_one() or 0
    async for rows in _all(engine, newest):
        async with engine.connect() as connection:
            await _begin(connection, walk, walk.unknown(rows), last)
        for row in rows:
            walk.step(row)
        progress(rows[-1].position, newest)
    walk.end()
    async with engine.connect() as connection:
        archived = await _check_rest(connection, walk)
    uncovered = await _count(engine, last.position if last else 0)
    name = last.name if last else ""
    return Report(walk.events, walk.streams, archived, walk.findings, walk.more, name, uncovered)


async def _all(engine: AsyncEngine, newest: int) -> AsyncIterator[Sequence[Any]]:
    after = 0
    while True:
        query = select(events).where(events.c.position > after, events.c.position <= newest)
        async with engine.connect() as connection:
            rows = (await connection.execute(query.order_by(events.c.position).limit(_CHUNK))).all()
        if not rows:
            return
        yield rows
        after = rows[-1].position


async def _begin(connection: AsyncConnection, walk: _Walk, streams: set[str], last: Anchor | None) -> None:
    """Streams that are met for the first time, each with its head as it was anchored."""
    if not streams:
        return
    found = (await connection.execute(select(heads).where(heads.c.stream.in_(streams)))).all()
    covered = last.position if last is not None else 0  # heads beyond that were signed while we walk
    known = {row.stream: (row.seq, bytes(row.hash)) if row.position <= covered else (0, b"") for row in found}
    firsts = select(events.c.stream, func.min(events.c.position)).where(events.c.stream.in_(streams))
    for stream, position in (await connection.execute(firsts.group_by(events.c.stream))).all():
        walk.begin(stream, known.get(stream, (0, b"")))
        if last is not None and position <= last.position and stream not in known:
            walk.find(stream, 1, "the stream was not there when what is around it was anchored")


async def _check_anchors(
    connection: AsyncConnection, master: Master, last: Anchor | None, known: str, walk: _Walk
) -> None:
    if known:
        number = int(known.partition("-")[0]) if known.partition("-")[0].isdigit() else -1
        row = (await connection.execute(select(anchors.c.mac).where(anchors.c.number == number))).first()
        if row is None or not hmac.compare_digest(known, f"{number}-{bytes(row.mac).hex()[:32]}"):
            walk.find(
                "", 0, f"the anchor {known} is not of this journal: it was put back to an earlier day, or replaced"
            )
    if last is None:
        if (await connection.execute(select(heads.c.stream).limit(1))).first():
            walk.find("", 0, "the anchors are gone")
        return
    fields = (last.number, last.at, last.position, last.streams, last.events, last.sum)
    if not hmac.compare_digest(_signature(master, fields), last.mac):
        walk.find("", 0, f"anchor {last.number} is not signed with this master key")
        return
    total = streams = count = 0
    for row in await connection.execute(select(heads.c.stream, heads.c.seq, heads.c.hash)):
        total += _weight(master, row.stream, row.seq, row.hash)
        streams += 1
        count += row.seq
    if (total % _MODULUS).to_bytes(32, "big") != last.sum:
        said = f"{last.streams} streams and {last.events} events; there are {streams} and {count}"
        walk.find("", 0, f"the heads are not those that anchor {last.number} signed: {said}")


async def _check_rest(connection: AsyncConnection, walk: _Walk) -> int:
    """Streams that are gone as a whole, and keys. The number of archived streams."""
    here = select(events.c.stream).where(events.c.stream == heads.c.stream).exists()
    gone = select(heads.c.stream, heads.c.seq).where(heads.c.archive == "", ~here).limit(_FINDINGS)
    for row in await connection.execute(gone):
        walk.find(row.stream, 1, f"the stream is missing: its {row.seq} events were there")
    rows = await connection.execute(select(subject_keys.c.id, subject_keys.c.wrapped, subject_keys.c.destroyed_at))
    keys = {row.id: (row.wrapped, row.destroyed_at) for row in rows}
    for key in sorted(walk.keys):
        wrapped, destroyed_at = keys.get(key, (None, None))
        if wrapped is None and destroyed_at is None:
            walk.find("", 0, f"the key {key} is missing, and nobody erased it")
    counted = await connection.execute(select(func.count()).where(heads.c.archive != ""))
    return int(counted.scalar_one())


async def _count(engine: AsyncEngine, after: int) -> int:
    async with engine.connect() as connection:
        return int((await connection.execute(select(func.count()).where(events.c.position > after))).scalar_one())

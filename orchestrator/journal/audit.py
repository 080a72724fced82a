"""The journal, told beyond this installation: every committed event goes to a sink, at least once, in order per stream.

How far a sink is, is a row of the database. The journal is the buffer: a sink that is slow or gone is simply behind,
and costs one batch of memory. Of several servers one tells; when it is gone another goes on where it was, and repeats
what the other had sent and not noted. Whoever reads knows repeats by (stream, seq).
"""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from orchestrator.journal.export import plain
from orchestrator.journal.keys import Keyring
from orchestrator.journal.lanes.base import Record, Sink
from orchestrator.kernel.clock import Clock
from orchestrator.kernel.ending import ended
from orchestrator.kernel.errors import OrchestratorError
from orchestrator.kernel.ids import Ids
from orchestrator.kernel.messages import Json
from orchestrator.kernel.sinks import Sink as Settings
from orchestrator.storage.database import Database
from orchestrator.storage.tables import events

BATCH = 256  # events sent at once, and held in memory
LARGEST = 512 * 1024  # bytes of one event; of a longer one the body is left out
LOOK = 1.0  # seconds between looks at the journal
PATIENCE = 30.0  # seconds at most between attempts to reach a sink
HOLD = 60.0  # seconds after which another server takes over from one that stands still; longer than a batch may take
NAMED = frozenset({"tool", "model", "status", "outcome", "source", "finish", "kind", "effects"})

_TOLD = text("UPDATE sinks SET position = :position, beats = beats + 1 WHERE name = :name AND holder = :me")
_BEAT = text("UPDATE sinks SET beats = beats + 1 WHERE name = :name AND holder = :me")
_NEW = text("INSERT INTO sinks (name, position, holder, beats) VALUES (:name, 0, '', 0) ON CONFLICT DO NOTHING")
_LOOK = text("SELECT position, holder, beats FROM sinks WHERE name = :name")
_TAKE = text(
    "UPDATE sinks SET holder = :me, beats = beats + 1 WHERE name = :name AND holder = :holder AND beats = :beats"
)
_LEAVE = text("UPDATE sinks SET holder = '' WHERE name = :name AND holder = :me")

log = logging.getLogger("orchestrator.journal")


class Standing(Struct, frozen=True):
    """How far a sink is."""

    name: str
    kind: str
    position: int  # of the last event that it keeps
    behind: int  # events that it does not have yet
    here: bool  # whether this server tells it
    problem: str  # why it gets no further, as this server knows it


class Audit:
    """Tells one sink."""

    def __init__(
        self,
        name: str,
        sink: Sink,
        database: Database,
        keyring: Keyring,
        clock: Clock,
        me: str,
        *,
        bodies: bool = False,
        alone: bool = True,
    ) -> None:
        """`me` is this process; where it is `alone`, no other can be there, and nobody is waited for."""
        self.name = name
        self._sink = sink
        self._engine = database.engine
        self._keyring = keyring
        self._clock = clock
        self._me = me
        self._bodies = bodies
        self._alone = alone
        self._here = False
        self._problem = ""
        self._seen: tuple[str, int] = ("", -1)  # of another who tells it: its name, and its beat
        self._since = 0.0  # when that was seen first
        self._task: asyncio.Task[None] | None = None

    def watch_over(self) -> None:
        self._task = asyncio.create_task(self._live(), name=f"audit {self.name}")

    async def close(self) -> None:
        if self._task is not None:
            await ended([self._task])
        try:
            if self._here:
                await self._changed(_LEAVE)
        except (OrchestratorError, SQLAlchemyError, OSError) as error:
            log.warning("%s: another server takes over in a minute: %s", self.name, error)
        await self._sink.close()

    async def _live(self) -> None:
        wait = LOOK
        while True:
            try:
                await self.tell()
                wait, self._problem = LOOK, ""
            except (OrchestratorError, SQLAlchemyError, OSError) as error:
                if str(error) != self._problem:
                    log.warning("the sink %s gets no further, and is tried again: %s", self.name, error)
                wait, self._problem = min(wait * 2, PATIENCE), str(error)
            except Exception as error:
                log.exception("the sink %s: a fault of ours", self.name)
                wait, self._problem = PATIENCE, repr(error)
            await self._clock.sleep(wait)

    async def tell(self) -> None:
        """Send all that there is and is not sent yet. Raises LaneUnavailable."""
        position = await self._begin()
        while position is not None:
            last, records = await self._next(position)
            if not records:
                return
            await self._sink.send(records)
            position = last if await self._changed(_TOLD, position=last) else None
            self._here = position is not None

    async def standing(self) -> Standing:
        async with self._engine.connect() as connection:
            row = (await connection.execute(_LOOK, {"name": self.name})).one_or_none()
            position = row.position if row is not None else 0
            count = select(func.count()).where(events.c.position > position)
            behind = (await connection.execute(count)).scalar_one()
        return Standing(self.name, self._sink.name, position, behind, self._here, self._problem)

    async def lacks(self, before: float) -> bool:
        """Whether something that happened before then is not told yet: it must not leave the journal."""
        async with self._engine.connect() as connection:
            row = (await connection.execute(_LOOK, {"name": self.name})).one_or_none()
            position = row.position if row is not None else 0
            query = select(events.c.position).where(events.c.position > position, events.c.at < before).limit(1)
            return (await connection.execute(query)).first() is not None

    # Who tells it.

    async def _begin(self) -> int | None:
        """Where to go on; None while another server tells it."""
        self._here = await self._changed(_BEAT) or await self._take()
        if not self._here:
            return None
        async with self._engine.connect() as connection:
            position: int = (await connection.execute(_LOOK, {"name": self.name})).one().position
            return position

    async def _take(self) -> bool:
        async with self._engine.begin() as connection:
            await connection.execute(_NEW, {"name": self.name})
            row = (await connection.execute(_LOOK, {"name": self.name})).one()
        now = self._clock.monotonic()
        if (row.holder, row.beats) != self._seen:
            self._seen, self._since = (row.holder, row.beats), now
        if row.holder and not self._alone and now - self._since < HOLD:
            return False
        return await self._changed(_TAKE, holder=row.holder, beats=row.beats)

    async def _changed(self, statement: Any, **values: Any) -> bool:
        async with self._engine.begin() as connection:
            done = await connection.execute(statement, {"name": self.name, "me": self._me, **values})
            return bool(done.rowcount)

    # What it is told.

    async def _next(self, after: int) -> tuple[int, list[Record]]:
        query = select(events).where(events.c.position > after).order_by(events.c.position).limit(BATCH)
        async with self._engine.connect() as connection:
            rows = (await connection.execute(query)).all()
            keys = await self._keyring.named(connection, (row.key for row in rows))
        records = [self._record(row, keys.get(row.key)) for row in rows]
        return (rows[-1].position if rows else after), records

    def _record(self, row: Any, key: Any) -> Record:
        told = plain(row, key)
        body = told.pop("body")
        told["facts"] = facts(msgspec.to_builtins(body))
        payload = msgspec.json.encode({**told, "body": body} if self._bodies else told)
        if len(payload) > LARGEST:  # what no broker takes must not hold up what comes after it
            payload = msgspec.json.encode({**told, "left_out": len(payload)})
        return Record(row.stream, f"{row.stream}:{row.seq}", payload)


def facts(body: Json) -> dict[str, Json]:
    """What can be counted and says nothing of a person: numbers, and the names of tools, models and outcomes."""
    if not isinstance(body, dict):
        return {}
    found: dict[str, Json] = {}
    for name, value in body.items():
        if isinstance(value, bool | int | float) or (name in NAMED and isinstance(value, str)):
            found[name] = value
        elif name == "usage":
            found[name] = facts(value)
    return found


def sink_of(settings: Settings) -> Sink:
    """The one that the settings name: connected when there is something to say. Raises InvalidSettings."""
    if settings.kind == "kafka":
        from orchestrator.journal.lanes.kafka import Kafka  # an extra

        return Kafka(settings.servers, settings.topic, tls=settings.tls, user=settings.user, password=settings.password)
    from orchestrator.journal.lanes.jetstream import JetStream  # its driver costs who has no need of it

    return JetStream(settings.servers, settings.topic, user=settings.user, password=settings.password)


def open_audits(
    sinks: Mapping[str, Settings], database: Database, keyring: Keyring, clock: Clock, ids: Ids, *, alone: bool
) -> list[Audit]:
    """One for each sink of the settings; none of them is at work yet."""
    me = ids.new("process")
    return [
        Audit(name, sink_of(sink), database, keyring, clock, me, bodies=sink.bodies, alone=alone)
        for name, sink in sinks.items()
    ]

"""Who works on which run, where several processes share one PostgreSQL.

A node is one life of one process: a row that goes on (`beat`) as long as it lives. A claim says which
node works on a run. Nobody's clock is compared with anybody's: a node is given up by a neighbour that
has seen its beat stand still for a whole lease by the neighbour's own stopwatch, or that looks at the
process table of the machine both are on and finds it gone. To give it up is to delete its row, and
that is the one moment that counts:

    its claims are free (the foreign key sets them so, in that statement);
    its transactions cannot commit any more: each one that appends to a run locks its node's row, so that
    it came before the deletion, or finds no row (see postgresql.py);
    it cannot know yet, and need not: it stops before its lease is over, by its own stopwatch.

Does not protect against: an effect begun before the lease was over and still on its way after; its
intent is in the journal without a receipt, and whoever takes the run treats it as unknown.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]
from msgspec import Struct

from orchestrator.journal.projections import Statement
from orchestrator.kernel import events as e
from orchestrator.kernel.errors import JournalUnavailable

ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)

_JOIN = "INSERT INTO nodes (node, url, place, version, state, room) VALUES ($1, $2, $3, $4, 'serving', $5)"
_BEAT = """WITH mine AS (
 UPDATE nodes SET beat = beat + 1, running = $2, room = $3, state = $4, url = $5 WHERE node = $1 RETURNING node)
 SELECT node, beat, place, node IN (SELECT node FROM mine) AS mine,
 EXISTS (SELECT 1 FROM claims WHERE claims.node IS NULL) AS waiting FROM nodes"""
_BURY = """DELETE FROM nodes WHERE node IN (
 SELECT node FROM nodes WHERE node = $1 AND beat = $2 FOR UPDATE SKIP LOCKED) RETURNING node"""
_TAKE = """UPDATE claims SET node = $1, since = now() WHERE run_id IN (
 SELECT run_id FROM claims WHERE node IS NULL ORDER BY since LIMIT $2 FOR UPDATE SKIP LOCKED) RETURNING run_id"""
_HEADS = "SELECT stream, max(seq) AS head FROM events WHERE stream = ANY($1::text[]) GROUP BY stream"
_WRITTEN = """SELECT stream, max(position) AS position FROM events
 WHERE position > $1 AND (stream < 'run_' OR stream >= 'run`') GROUP BY stream"""  # ` comes after _
_ADOPT = """INSERT INTO claims (run_id, epoch) SELECT run_id, 0 FROM runs
 WHERE finished_at IS NULL AND status = 'running' ON CONFLICT DO NOTHING"""
_NODES = """SELECT n.*, (SELECT count(*) FROM claims c WHERE c.node = n.node) AS claims FROM nodes n
 ORDER BY n.started_at, n.node"""

Connect = Callable[[], Awaitable[Any]]  # an asyncpg connection of one's own


class Beat(Struct, frozen=True):
    """What a node learns when it says that it lives."""

    alive: bool  # it has not been given up
    waiting: bool  # there are runs that nobody works on
    others: dict[str, tuple[int, str]]  # by name: beat and place


class NodeView(Struct, frozen=True):
    node: str
    url: str
    place: str
    version: str
    state: str
    room: int
    running: int
    claims: int
    beat: int
    started_at: datetime


class ClaimView(Struct, frozen=True):
    run_id: str
    node: str | None
    epoch: int
    since: datetime


class Claims:
    def __init__(self, connect: Connect, patience: float) -> None:
        """`patience`: seconds the database may take to answer."""
        self._connect = connect
        self._patience = patience
        self._connection: Any = None
        self._using = asyncio.Lock()

    async def _rows(self, sql: str, *values: Any) -> list[Any]:
        """On a connection of its own: a node that has much to read must not look dead for that."""
        async with self._using:
            try:
                async with asyncio.timeout(self._patience):
                    if self._connection is None or self._connection.is_closed():
                        self._connection = await self._connect()
                    return list(await self._connection.fetch(sql, *values))
            except ERRORS as error:
                self._drop()
                raise JournalUnavailable(f"The database does not answer: {error!r}.") from error
            except asyncio.CancelledError:
                self._drop()  # it may be in the middle of an answer
                raise

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(*ERRORS):
                connection.terminate()

    # A node.

    async def join(self, node: str, *, url: str, place: str, version: str, room: int) -> None:
        await self._rows(_JOIN, node, url, place, version, room)

    async def beat(self, node: str, *, running: int, room: int, state: str = "serving", url: str = "") -> Beat:
        rows = await self._rows(_BEAT, node, running, room, state, url)
        others = {row["node"]: (row["beat"], row["place"]) for row in rows if row["node"] != node}
        return Beat(any(row["mine"] for row in rows), any(row["waiting"] for row in rows), others)

    async def bury(self, node: str, beat: int) -> bool:
        """Give up a node whose beat stands still: its runs are free. False if it went on, or is being given up."""
        return bool(await self._rows(_BURY, node, beat))

    async def leave(self, node: str) -> None:
        """What it still claims is free at once."""
        await self._rows("DELETE FROM nodes WHERE node = $1", node)

    # Its runs.

    async def take(self, node: str, limit: int) -> list[str]:
        """Claim runs that nobody works on, the longest waiting first."""
        return [row["run_id"] for row in await self._rows(_TAKE, node, limit)]

    async def owner(self, run_id: str) -> str | None:
        rows = await self._rows("SELECT node FROM claims WHERE run_id = $1", run_id)
        return rows[0]["node"] if rows else None

    async def hand_on(self, node: str, run_id: str) -> None:
        """Another node with room may take it."""
        await self._rows("UPDATE claims SET node = NULL, since = now() WHERE run_id = $2 AND node = $1", node, run_id)

    async def rest(self, node: str, run_id: str, epoch: int) -> None:
        """Nobody need work on it until something happens to it; unless that happened since `epoch`."""
        await self._rows("DELETE FROM claims WHERE run_id = $2 AND node = $1 AND epoch = $3", node, run_id, epoch)

    async def held(self, node: str) -> list[tuple[str, int]]:
        """The runs it claims, each with the epoch of its claim."""
        rows = await self._rows("SELECT run_id, epoch FROM claims WHERE node = $1", node)
        return [(row["run_id"], row["epoch"]) for row in rows]

    async def heads(self, runs: list[str]) -> dict[str, int]:
        """The last event of each."""
        rows = await self._rows(_HEADS, runs)
        return {row["stream"]: row["head"] for row in rows}

    async def written(self, after: int) -> tuple[int, list[str]]:
        """The streams that are no runs and have events beyond that position; and the position of the last."""
        rows = await self._rows(_WRITTEN, after)
        return max((row["position"] for row in rows), default=after), [row["stream"] for row in rows]

    async def position(self) -> int:
        """Of the last event of all."""
        (row,) = await self._rows("SELECT coalesce(max(position), 0) AS position FROM events")
        return int(row["position"])

    async def adopt(self) -> None:
        """Runs that are under way by the journal and claimed by nobody: from before there were claims."""
        await self._rows(_ADOPT)

    async def nodes(self) -> list[NodeView]:
        rows = await self._rows(_NODES)
        return [NodeView(**{name: row[name] for name in NodeView.__struct_fields__}) for row in rows]

    async def claims(self) -> list[ClaimView]:
        rows = await self._rows("SELECT run_id, node, epoch, since FROM claims ORDER BY run_id")
        return [ClaimView(**dict(row)) for row in rows]

    async def close(self) -> None:
        async with self._using:
            if self._connection is not None:
                await self._connection.close()
                self._connection = None


_FRESH = "INSERT INTO claims (run_id, node, epoch) VALUES (:run, :node, :seq)"
_MINE = """INSERT INTO claims (run_id, node, epoch) VALUES (:run, :node, :seq) ON CONFLICT (run_id)
 DO UPDATE SET node = :node, epoch = :seq, since = now()
 WHERE claims.node IS NULL OR claims.node = :node"""
# A claim of another node that lives is there still: then this one cannot be, and the unique key says so.
_NOT_THEIRS = """INSERT INTO claims (run_id, node, epoch) SELECT run_id, :node, 0 FROM claims
 WHERE run_id = :run AND node <> :node"""
_WORKER = (  # what only a turn at work writes: its run is claimed
    e.PlanMade,
    e.ModelAsked,
    e.ModelReplied,
    e.ModelFailed,
    e.ApprovalAsked,
    e.ToolRequested,
    e.ToolReturned,
)


def riding(event: e.Event, node: str) -> Iterator[Statement]:
    """What changes in the claims with an event of a run, in its own transaction: a run that begins, or that
    something happens to from outside, is its writer's; one that ends is nobody's."""
    if not event.stream.startswith("run_"):
        return
    who = {"run": event.stream, "node": node}
    taken = {**who, "seq": event.seq}
    if isinstance(event.body, e.RunStarted):
        yield _FRESH, taken
    elif isinstance(event.body, e.RunFinished):
        yield _NOT_THEIRS, who
        yield "DELETE FROM claims WHERE run_id = :run", {"run": event.stream}
    elif not isinstance(event.body, _WORKER):
        yield _MINE, taken
        yield _NOT_THEIRS, who


# A neighbour on the same machine can be looked at.


def place(proc: Path = Path("/proc")) -> str:
    """This process as its neighbours may find it: the machine's boot, the namespace, the number, when it began."""
    try:
        boot = (proc / "sys/kernel/random/boot_id").read_text().strip()
        own = (proc / "self/stat").read_text()
        return f"{boot}/{(proc / 'self/ns/pid').readlink()}/{own.split()[0]}/{_began(own)}"
    except OSError:
        return ""


def gone(other: str, own: str, proc: Path = Path("/proc")) -> bool:
    """Whether another process is surely no more. What cannot be looked at may live."""
    if not own or not other or other.split("/")[:2] != own.split("/")[:2]:
        return False
    number, began = other.split("/")[2:]
    try:
        stat = (proc / number / "stat").read_text()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return _began(stat) != began or _state(stat) == "Z"


def _fields(stat: str) -> list[str]:
    return stat.rpartition(")")[2].split()  # the name of a program may hold anything


def _state(stat: str) -> str:
    return _fields(stat)[0]


def _began(stat: str) -> str:
    return _fields(stat)[19]

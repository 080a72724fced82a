"""Finished streams moved from the database to Parquet files, and back.

A file holds rows exactly as they were stored: sealed, chained, encrypted. The heads of its streams stay in
the database, so that `verify` can tell a file that was changed; a key that is destroyed erases here too.
A stream leaves the database only when its file was flushed to the disk, read again, and found whole.
"""

import asyncio
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from msgspec import Struct
from sqlalchemy import Select, delete, func, select, text, update

from orchestrator.journal.chain import Progress
from orchestrator.journal.rows import Break, verify
from orchestrator.kernel.errors import InvalidSettings, JournalDamaged, NotFound
from orchestrator.kernel.packages import command
from orchestrator.storage.engine import AsyncEngine
from orchestrator.storage.tables import events
from orchestrator.storage.tables_journal import heads

if TYPE_CHECKING:
    import duckdb

STREAMS = 500  # in a file at most
_CHUNK = 1000

# Runs that ended before then; not the newest event's, whose position must not be given twice; not one of a family
# that is still at work.
_DUE = """SELECT e.stream FROM events AS e LEFT JOIN runs AS r ON r.run_id = e.stream
  WHERE e.type = 'run.finished' AND e.at < :before AND e.position < (SELECT max(position) FROM events)
  AND NOT EXISTS (SELECT 1 FROM runs AS p WHERE p.run_id = r.parent AND p.finished_at IS NULL)
  ORDER BY e.stream LIMIT :limit"""


class Archived(NamedTuple):
    """A row of a file, as it was in the table."""

    position: int
    stream: str
    seq: int
    type: str
    tenant: str
    subject: str
    at: float
    key: str
    body: bytes
    hash: bytes


_KINDS = {int: "BIGINT", str: "VARCHAR", float: "DOUBLE", bytes: "BLOB"}
COLUMNS = {name: _KINDS[kind] for name, kind in Archived.__annotations__.items()}  # as Parquet has them


class Moved(Struct, frozen=True):
    streams: int
    events: int
    files: list[str]


def library() -> Any:
    """DuckDB, which reads and writes Parquet. Raises InvalidSettings when it is not installed."""
    try:
        import duckdb
    except ImportError as error:
        raise InvalidSettings("Parquet files need DuckDB, which is not installed.", hint=command("duckdb")) from error
    return duckdb


def write_parquet(lines: Path, columns: dict[str, str], to: Path) -> None:
    """JSON lines as a Parquet file, durable when it returns; bytes are written in hexadecimal."""
    read = ", ".join(f"'{name}': '{'VARCHAR' if kind == 'BLOB' else kind}'" for name, kind in columns.items())
    said = ", ".join(
        f'unhex("{name}") AS "{name}"' if kind == "BLOB" else f'"{name}"' for name, kind in columns.items()
    )
    with closing(_open()) as connection:
        try:
            connection.execute(
                f"COPY (SELECT {said} FROM read_json('{_quoted(lines)}', format='newline_delimited',"
                f" columns={{{read}}}, maximum_object_size=268435456))"
                f" TO '{_quoted(to)}' (FORMAT parquet, COMPRESSION zstd)"
            )
        except library().IOException as error:
            raise OSError(str(error).partition("\n")[0]) from error
    to.chmod(0o600)
    for path in (to, to.parent):
        opened = os.open(path, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def _open() -> "duckdb.DuckDBPyConnection":
    connection: duckdb.DuckDBPyConnection = library().connect()
    connection.execute("SET threads = 1")
    return connection


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def read_file(path: Path, streams: Sequence[str] | None = None) -> Iterator[Archived]:
    """The rows of a file, by stream and seq. Raises JournalDamaged when it is no such file."""
    where = "" if streams is None else " WHERE stream IN (SELECT unnest($streams))"
    names = ", ".join(f'"{name}"' for name in COLUMNS)
    with closing(_open()) as connection:
        try:
            found = connection.execute(
                f"SELECT {names} FROM read_parquet('{_quoted(path)}'){where} ORDER BY stream, seq",
                {} if streams is None else {"streams": list(streams)},
            )
            while rows := found.fetchmany(_CHUNK):
                yield from map(Archived._make, rows)
        except library().Error as error:
            raise JournalDamaged(
                f"The archive {path.name} cannot be read: {str(error).partition(chr(10))[0]}",
                hint="Put it back from a backup.",
            ) from error


def check_rows(rows: Iterable[Archived], known: dict[str, tuple[int, bytes]]) -> list[Break]:
    """What is wrong with rows that should be exactly these streams, each up to this head."""
    found: list[Break] = []
    missing = dict(known)
    for stream, group in groupby(rows, key=lambda row: row.stream):
        held = list(group)
        head = missing.pop(stream, None)
        if head is None:
            continue  # it is back in the database
        if broken := verify(held):
            found.append(broken)
        elif (held[-1].seq, held[-1].hash) != head:
            found.append(Break(stream, held[-1].seq, "the archive does not hold what was moved there"))
    return found + [Break(stream, 1, "the archive does not hold this stream") for stream in missing]


def _look_through(path: Path, known: dict[str, tuple[int, bytes]]) -> list[Break]:
    return check_rows(read_file(path), known)


def _rows_of(path: Path, streams: list[str]) -> list[Archived]:
    return list(read_file(path, streams))


def _next_of(paths: list[Path], kept: list[tuple[str, str]], after: int, limit: int) -> list[Archived]:
    """The first rows after a position, of several files. `kept` are the files' streams that count."""
    names = ", ".join(f'p."{name}"' for name in COLUMNS)
    files = ", ".join(f"'{_quoted(path)}'" for path in paths)
    values = {"files": [file for file, _ in kept], "streams": [stream for _, stream in kept], "after": after}
    with closing(_open()) as connection:
        try:
            found = connection.execute(
                f"SELECT {names} FROM read_parquet([{files}], filename = true) AS p"
                " JOIN (SELECT unnest($files) AS file, unnest($streams) AS stream) AS k"
                " ON parse_filename(p.filename) = k.file AND p.stream = k.stream"
                f" WHERE p.position > $after ORDER BY p.position LIMIT {limit:d}",
                values,
            )
            return list(map(Archived._make, found.fetchall()))
        except library().Error as error:
            raise JournalDamaged(
                f"The archive cannot be read: {str(error).partition(chr(10))[0]}",
                hint="orchestrator journal verify says which file it is; put that back from a backup.",
            ) from error


class Archive:
    def __init__(self, engine: AsyncEngine, folder: Path) -> None:
        self._engine = engine
        self.folder = folder

    async def move(self, before: float, progress: Progress = lambda done, total: None) -> Moved:
        """Move the runs that finished before then. Whoever stops it loses nothing: a stream is here, or there."""
        library()
        self.folder.mkdir(mode=0o700, exist_ok=True)
        files: list[str] = []
        streams = count = 0
        while due := await self._due(before):
            rows = await self._rows(due)
            file = await asyncio.to_thread(self._write, rows)
            await self._leave(due, file)
            files.append(file)
            streams, count = streams + len(due), count + len(rows)
            progress(count, count)
        return Moved(streams, count, files)

    async def _due(self, before: float) -> list[str]:
        async with self._engine.connect() as connection:
            found = await connection.execute(text(_DUE), {"before": before, "limit": STREAMS})
            return [row.stream for row in found]

    async def _rows(self, streams: list[str]) -> list[Archived]:
        """The streams' rows, which their heads in the database prove."""
        columns = [events.c[name] for name in COLUMNS]
        query = select(*columns).where(events.c.stream.in_(streams)).order_by(events.c.stream, events.c.seq)
        async with self._engine.connect() as connection:
            rows = [Archived._make(row) for row in await connection.execute(query)]
            found = await connection.execute(select(heads).where(heads.c.stream.in_(streams)))
            known = {row.stream: (row.seq, bytes(row.hash)) for row in found}
        if broken := check_rows(rows, known):
            first = broken[0]
            raise JournalDamaged(
                f"{first.stream} is not moved: {first.reason}.", hint="Look at it with: orchestrator journal verify"
            )
        if unknown := set(streams) - known.keys():
            raise JournalDamaged(f"{min(unknown)} is not moved: no anchor covers it.", hint="Try again.")
        return rows

    def _write(self, rows: list[Archived]) -> str:
        name = f"events-{min(row.position for row in rows):012}-{max(row.position for row in rows):012}"
        path = next(path for number in range(10_000) if not (path := self.folder / f"{name}-{number}.parquet").exists())
        lines, draft = path.with_suffix(".lines"), path.with_suffix(".part")
        try:
            descriptor = os.open(lines, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                for row in rows:
                    plain = {**row._asdict(), "body": bytes(row.body).hex(), "hash": bytes(row.hash).hex()}
                    file.write(msgspec.json.encode(plain) + b"\n")
            write_parquet(lines, COLUMNS, draft)
            if list(read_file(draft)) != [row._replace(body=bytes(row.body), hash=bytes(row.hash)) for row in rows]:
                raise JournalDamaged(f"{path} does not read back as it was written.", hint="Is the disk sound?")
            draft.rename(path)
        finally:
            lines.unlink(missing_ok=True)
            draft.unlink(missing_ok=True)
        opened = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
        return path.name

    async def _leave(self, streams: list[str], file: str) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(update(heads).where(heads.c.stream.in_(streams)).values(archive=file))
            await connection.execute(delete(events).where(events.c.stream.in_(streams)))

    async def read(self, stream: str) -> list[Archived]:
        """A stream that was moved here, proved by its head; nothing where it was not."""
        query = select(heads).where(heads.c.stream == stream, heads.c.archive != "")
        async with self._engine.connect() as connection:
            row = (await connection.execute(query)).first()
        if row is None:
            return []
        rows = await asyncio.to_thread(_rows_of, self._path(row.archive), [stream])
        if broken := check_rows(rows, {stream: (row.seq, bytes(row.hash))}):
            raise JournalDamaged(f"{row.archive}: {broken[0].reason}.", hint="Put the file back from a backup.")
        return rows

    async def restore(self, stream: str) -> int:
        """Put an archived stream back. Returns how many events it has."""
        rows = await self.read(stream)
        if not rows:
            raise NotFound(f"{stream} is not in the archive.")
        async with self._engine.begin() as connection:
            await connection.execute(update(heads).where(heads.c.stream == stream).values(archive=""))
            await connection.execute(events.insert(), [one._asdict() for one in rows])
        return len(rows)

    def _path(self, file: str) -> Path:
        path = self.folder / file
        if not path.exists():
            raise NotFound(
                f"The archive file {file} is not there.",
                hint=f"It has the events. Put it back into {self.folder.name}/ of the data folder.",
            )
        return path

    async def where(self, stream: str) -> str:
        """The file that a stream was moved to; empty when it is not in the archive."""
        async with self._engine.connect() as connection:
            found = await connection.execute(select(heads.c.archive).where(heads.c.stream == stream))
            return found.scalar_one_or_none() or ""

    async def files(self) -> dict[str, int]:
        """The archive's files, and how many streams each holds."""
        query = select(heads.c.archive, func.count()).where(heads.c.archive != "").group_by(heads.c.archive)
        async with self._engine.connect() as connection:
            return {row[0]: row[1] for row in await connection.execute(query.order_by(heads.c.archive))}

    async def verify(self) -> list[Break]:
        """What is wrong with the files."""
        found: list[Break] = []
        for file in await self.files():
            async with self._engine.connect() as connection:
                rows = await connection.execute(select(heads).where(heads.c.archive == file))
                known = {row.stream: (row.seq, bytes(row.hash)) for row in rows}
            try:
                path = self._path(file)
                found += await asyncio.to_thread(_look_through, path, known)
            except (NotFound, JournalDamaged) as error:
                found.append(Break("", 0, error.detail.rstrip(".")))
        return found

    async def count(self, tenant: str = "", stream: str = "") -> int:
        """How many events are here and not in the database; of everybody, or of a tenant or a stream."""
        query = _counted(select(func.coalesce(func.sum(heads.c.seq), 0)), tenant, stream)
        async with self._engine.connect() as connection:
            return int((await connection.execute(query)).scalar_one())

    async def tail(self, after: int, limit: int, *, tenant: str = "", stream: str = "") -> list[Archived]:
        """Rows that are here and not in the database, in the order of their commits."""
        async with self._engine.connect() as connection:
            query = _counted(select(heads.c.archive, heads.c.stream), tenant, stream)
            kept = [(row.archive, row.stream) for row in await connection.execute(query)]
        if not kept:
            return []
        paths = [self._path(file) for file in sorted({file for file, _ in kept})]
        return await asyncio.to_thread(_next_of, paths, kept, after, limit)


def _counted(query: Select[Any], tenant: str, stream: str) -> Select[Any]:
    query = query.where(heads.c.archive != "")
    if tenant:
        query = query.where(heads.c.tenant == tenant)
    return query.where(heads.c.stream == stream) if stream else query

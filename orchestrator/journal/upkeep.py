"""What is done to the journal as a whole: verified, rebuilt, exported, archived, erased, anchored. One thing at a time.

Long work is a job: begun, watched, and over when it is done, when it failed, or when the process ends. None of it
leaves anything half done.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

import msgspec
from msgspec import Struct
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from orchestrator.journal import chain
from orchestrator.journal.archive import Archive
from orchestrator.journal.audit import Audit
from orchestrator.journal.erasure import erase
from orchestrator.journal.export import Format, export
from orchestrator.journal.history import History
from orchestrator.journal.keys import Keyring
from orchestrator.journal.ledger import Ledger
from orchestrator.journal.rebuild import rebuild
from orchestrator.journal.snapshots import Snapshots
from orchestrator.kernel.clock import Clock
from orchestrator.kernel.ending import ended
from orchestrator.kernel.errors import Conflict, InvalidInput, JournalUnavailable, NotFound, OrchestratorError
from orchestrator.kernel.events import Problem
from orchestrator.kernel.ids import Ids
from orchestrator.kernel.messages import Json
from orchestrator.storage.blobs import Blobs
from orchestrator.storage.database import Database
from orchestrator.storage.tables import events
from orchestrator.storage.tables_journal import heads, snapshots, subject_keys

Kind: TypeAlias = Literal["verify", "rebuild", "export", "archive", "restore", "erase", "anchor"]
KINDS: tuple[Kind, ...] = get_args(Kind)
ANCHORED = 60.0  # seconds between anchors, while something is written
ARCHIVE = "archive"  # a folder of the data folder
_DAY = 86_400.0
_KEPT = 50  # jobs that are over

log = logging.getLogger("orchestrator.journal")


class Job(Struct):
    id: str
    kind: Kind
    tenant: str
    by: str
    begun_at: float
    state: Literal["working", "done", "failed"] = "working"
    done: int = 0
    total: int = 0  # 0: nobody knows
    result: dict[str, Json] = msgspec.field(default_factory=dict)
    problem: Problem | None = None
    ended_at: float | None = None


class Request(Struct, frozen=True):
    """What each kind of job may be told; the others' fields are empty."""

    known: str = ""  # verify: an anchor that was kept elsewhere
    archives: bool = True  # verify: the files too
    format: Format = "jsonl"  # export
    stream: str = ""  # export, restore
    before: float = 0.0  # archive: runs that finished before then
    subject: str = ""  # erase


class Stats(Struct, frozen=True):
    events: int
    streams: int
    types: dict[str, int]
    first_at: float | None
    last_at: float | None
    bytes: int  # of the database; 0 where it does not say
    archived_streams: int
    archives: int  # files
    keys: int
    erased: int  # keys that were destroyed
    snapshots: int
    anchor: str  # the name of the last one: keep it elsewhere
    anchored_at: float | None
    encrypts: bool


class Upkeep:
    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        ledger: Ledger,
        blobs: Blobs,
        folder: Path,
        clock: Clock,
        ids: Ids,
        *,
        archive_days: float = 0.0,
        audits: Sequence[Audit] = (),
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._ledger = ledger
        self._blobs = blobs
        self._clock = clock
        self._ids = ids
        self._archive_days = archive_days
        self.audits = audits
        self.archive = Archive(database.engine, folder / ARCHIVE)
        self.exports = folder / "exports"
        self.snapshots = Snapshots(database.engine, keyring, clock)
        self._jobs: dict[str, Job] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._alone = asyncio.Lock()
        self._ticking: asyncio.Task[None] | None = None
        self._kinds: Mapping[Kind, Callable[[Job, Request], Awaitable[dict[str, Json]]]] = {
            "verify": self._verify,
            "rebuild": self._rebuild,
            "export": self._export,
            "archive": self._move,
            "restore": self._restore,
            "erase": self._erase,
            "anchor": self._anchor,
        }

    # Jobs.

    def begin(self, kind: Kind, request: Request, *, tenant: str, by: str) -> Job:
        """Raises Conflict while another job is at work."""
        if self._tasks:
            (other,) = self._tasks
            raise Conflict(f"{self._jobs[other].kind} is at work ({other}).", hint="Wait until it is done.")
        job = Job(self._ids.new("job"), kind, tenant, by, self._clock.now())
        for old in list(self._jobs)[: max(0, len(self._jobs) - _KEPT)]:
            del self._jobs[old]
        self._jobs[job.id] = job
        self._tasks[job.id] = asyncio.create_task(self._work(job, request), name=job.id)
        return job

    def jobs(self, tenant: str) -> list[Job]:
        return [job for job in self._jobs.values() if job.tenant == tenant]

    def job(self, tenant: str, identifier: str) -> Job:
        job = self._jobs.get(identifier)
        if job is None or job.tenant != tenant:
            raise NotFound(f"There is no job {identifier}.", hint="Jobs are forgotten when the process ends.")
        return job

    async def finished(self, job: Job) -> Job:
        if task := self._tasks.get(job.id):
            await asyncio.wait([task])
        return job

    async def _work(self, job: Job, request: Request) -> None:
        try:
            async with self._alone:
                job.result = await self._kinds[job.kind](job, request)
            job.state = "done"
        except OrchestratorError as error:
            job.state, job.problem = "failed", Problem(error.code, error.detail, error.hint)
        except asyncio.CancelledError:
            job.state, job.problem = "failed", Problem("cancelled", "The process ended before it was done.")
            raise
        except OSError as error:
            said = f"A file could not be written or read: {error.strerror or error}."
            hint = "Is the disk full, is the folder yours? The journal is as it was."
            job.state, job.problem = "failed", Problem(JournalUnavailable.code, said, hint)
        except Exception as error:
            log.exception("%s failed: a fault of ours", job.kind)
            job.state, job.problem = "failed", Problem("internal", f"It failed: {error!r}.", "The log says more.")
        finally:
            job.ended_at = self._clock.now()
            del self._tasks[job.id]

    def _watching(self, job: Job) -> chain.Progress:
        def progress(done: int, total: int) -> None:
            job.done, job.total = done, total or job.total

        return progress

    async def _verify(self, job: Job, request: Request) -> dict[str, Json]:
        engine, master = self._database.engine, self._keyring.master
        report = await chain.verify(engine, master, known=request.known, progress=self._watching(job))
        findings = list(report.findings)
        if request.archives and report.archived:
            findings += await self.archive.verify()
        found: Json = [msgspec.structs.asdict(one) for one in findings]
        return {**msgspec.structs.asdict(report), "findings": found, "whole": not findings}

    async def _rebuild(self, job: Job, request: Request) -> dict[str, Json]:
        job.total = await History(self._database.engine, self.archive).count()
        return {"events": await rebuild(self._database, self._keyring, self.archive, self._watching(job))}

    async def _export(self, job: Job, request: Request) -> dict[str, Json]:
        path = self.exports / f"{job.id}.{request.format}"
        engine, progress = self._database.engine, self._watching(job)
        history = History(engine, self.archive, tenant=job.tenant, stream=request.stream)
        count = await export(history, engine, self._keyring, path, request.format, progress=progress)
        return {"events": count, "name": path.name, "path": str(path)}

    async def _move(self, job: Job, request: Request) -> dict[str, Json]:
        if request.before <= 0:
            raise InvalidInput("Say before which day.", hint="Runs that finished before it are moved.")
        await self._sign()
        return msgspec.structs.asdict(await self._archived(request.before, self._watching(job)))

    async def _archived(self, before: float, progress: chain.Progress = lambda done, total: None) -> Any:
        """Raises Conflict where a sink would miss what is moved."""
        for audit in self.audits:
            if await audit.lacks(before):
                raise Conflict(
                    f"The sink {audit.name} was not told all of that yet: nothing is archived.",
                    hint="`orchestrator cluster status` says why. Take it out of journal.sinks if it is no more.",
                )
        return await self.archive.move(before, progress)

    async def _restore(self, job: Job, request: Request) -> dict[str, Json]:
        return {"events": await self.archive.restore(request.stream)}

    async def _erase(self, job: Job, request: Request) -> dict[str, Json]:
        if not request.subject:
            raise InvalidInput("Say whose events are to be erased.")
        done = await erase(
            self._database.engine,
            self._keyring,
            self._ledger,
            self._blobs,
            job.tenant,
            request.subject,
            by=job.by,
            now=self._clock.now(),
        )
        return msgspec.structs.asdict(done)

    async def _anchor(self, job: Job, request: Request) -> dict[str, Json]:
        await self._sign()
        return {"anchor": (await self.stats()).anchor}

    # The rest.

    async def _sign(self) -> None:
        with contextlib.suppress(IntegrityError):  # another node signed the same
            await chain.anchor(self._database.engine, self._keyring.master, self._clock.now())

    def watch_over(self) -> None:
        """From now on anchor every minute, move old runs to the archive once a day, and tell the sinks what happens."""
        self._ticking = asyncio.create_task(self._tick(), name="upkeep")
        for audit in self.audits:
            audit.watch_over()

    async def _tick(self) -> None:
        moved_at = float("-inf")
        while True:
            await self._clock.sleep(ANCHORED)
            try:
                async with self._alone:
                    await self._sign()
                    if self._archive_days and self._clock.monotonic() - moved_at >= _DAY:
                        moved_at = self._clock.monotonic()
                        await self._archived(self._clock.now() - self._archive_days * _DAY)
            except OrchestratorError as error:
                log.warning("the journal was not looked after this time: %s", error)

    async def stats(self) -> Stats:
        e, h, k = events.c, heads.c, subject_keys.c
        async with self._database.engine.connect() as connection:

            async def one(query: Any) -> Any:
                return (await connection.execute(query)).scalar_one()

            types = (await connection.execute(select(e.type, func.count()).group_by(e.type).order_by(e.type))).all()
            last = await chain.last_anchor(connection)
            return Stats(
                events=sum(row[1] for row in types),
                streams=await one(select(func.count(e.stream.distinct()))),
                types={row[0]: row[1] for row in types},
                first_at=await one(select(func.min(e.at))),
                last_at=await one(select(func.max(e.at))),
                bytes=await one(text(_SIZE.get(self._database.engine.dialect.name, "SELECT 0"))),
                archived_streams=await one(select(func.count()).where(h.archive != "")),
                archives=await one(select(func.count(h.archive.distinct())).where(h.archive != "")),
                keys=await one(select(func.count()).where(k.wrapped.is_not(None))),
                erased=await one(select(func.count()).where(k.destroyed_at.is_not(None))),
                snapshots=await one(select(func.count()).select_from(snapshots)),
                anchor=last.name if last else "",
                anchored_at=last.at if last else None,
                encrypts=self._keyring.encrypts,
            )

    async def close(self) -> None:
        """Stop what is under way, and anchor what was written."""
        await ended([*self._tasks.values(), *([self._ticking] if self._ticking else [])])
        for audit in self.audits:
            await audit.close()
        if self._ticking:  # a command that only looks writes nothing
            with contextlib.suppress(OrchestratorError):
                await self._sign()


_SIZE = {
    "sqlite": "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
    "postgresql": "SELECT pg_database_size(current_database())",
}

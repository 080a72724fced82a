"""The journal as a whole: what it holds; jobs that verify, rebuild, export, archive and erase. For administrators."""

import asyncio
import re
from datetime import UTC, date, datetime, time
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel, BeforeValidator, Field

from orchestrator.api.access import Admin, House, Reader, reach
from orchestrator.api.bodies import JsonRoute
from orchestrator.api.forms import Form, Identifier
from orchestrator.api.frames import moment
from orchestrator.journal import upkeep
from orchestrator.kernel.errors import NotFound
from orchestrator.kernel.events import Problem

router = APIRouter(route_class=JsonRoute, prefix="/api/v1/journal", tags=["journal"])


def _day(value: object) -> object:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ValueError("a day is written as 2026-11-21")
    return value


_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
Day = Annotated[date, Field(strict=False), BeforeValidator(_day)]


class JobForm(Form):
    kind: upkeep.Kind
    known: Annotated[str, Field(max_length=80)] = ""
    archives: bool = True
    format: Literal["jsonl", "parquet"] = "jsonl"
    stream: Annotated[str, Field(max_length=200)] = ""
    before: Day | None = None
    subject: Annotated[str, Field(max_length=200)] = ""


class JobProblem(BaseModel):
    code: str
    detail: str
    hint: str

    @classmethod
    def of(cls, problem: Problem) -> "JobProblem":
        return cls(code=problem.code, detail=problem.detail, hint=problem.hint)


class Job(BaseModel):
    id: str
    kind: upkeep.Kind
    state: Literal["working", "done", "failed"]
    by: str
    done: int
    total: int
    begun_at: datetime
    ended_at: datetime | None
    result: dict[str, Any]
    problem: JobProblem | None

    @classmethod
    def of(cls, job: upkeep.Job) -> "Job":
        return cls(
            id=job.id,
            kind=job.kind,
            state=job.state,
            by=job.by,
            done=job.done,
            total=job.total,
            begun_at=moment(job.begun_at),
            ended_at=moment(job.ended_at) if job.ended_at is not None else None,
            result=job.result,
            problem=JobProblem.of(job.problem) if job.problem else None,
        )


class JobList(BaseModel):
    items: list[Job]


class JournalStats(BaseModel):
    events: int
    streams: int
    types: dict[str, int]
    first_at: datetime | None
    last_at: datetime | None
    bytes: int
    archived_streams: int
    archives: int
    keys: int
    erased: int
    snapshots: int
    anchor: str
    anchored_at: datetime | None
    encrypts: bool


class DayOfUse(BaseModel):
    day: str
    subject: str
    model: str
    replies: int
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    cost: float


class Use(BaseModel):
    items: list[DayOfUse]


@router.get("/stats", summary="What the journal holds")
async def journal_stats(app: House, caller: Admin) -> JournalStats:
    found = await app.upkeep.stats()
    moments = {
        name: moment(at) if (at := getattr(found, name)) is not None else None
        for name in ("first_at", "last_at", "anchored_at")
    }
    return JournalStats(**{**msgspec.structs.asdict(found), **moments})


@router.get("/usage", summary="Model replies, tokens and cost by day, person and model, the newest day first")
async def usage(
    app: House,
    caller: Reader,
    since: Annotated[Day | None, Query(description="a day, UTC")] = None,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
) -> Use:
    found = await app.views.usage(caller.tenant, reach(caller), since=since.isoformat() if since else "", limit=limit)
    return Use(
        items=[
            DayOfUse(
                day=one.day,
                subject=one.subject,
                model=one.model,
                replies=one.replies,
                input_tokens=one.usage.input_tokens,
                output_tokens=one.usage.output_tokens,
                cached_tokens=one.usage.cached_tokens,
                cost=one.cost,
            )
            for one in found
        ]
    )


@router.post("/jobs", status_code=202, summary="Begin to verify, rebuild, export, archive, restore, erase or anchor")
async def begin_job(form: JobForm, app: House, caller: Admin) -> Job:
    request = upkeep.Request(
        known=form.known,
        archives=form.archives,
        format=form.format,
        stream=form.stream,
        before=datetime.combine(form.before, time(), UTC).timestamp() if form.before else 0.0,
        subject=form.subject,
    )
    if form.kind == "erase" and app.models.remembered is not None:  # what is erased is not given again either
        await app.models.remembered.cache.clear(caller.tenant)
    return Job.of(app.upkeep.begin(form.kind, request, tenant=caller.tenant, by=caller.id))


@router.get("/jobs", summary="The jobs of this process, the oldest first")
async def jobs(app: House, caller: Admin) -> JobList:
    return JobList(items=[Job.of(job) for job in app.upkeep.jobs(caller.tenant)])


@router.get("/jobs/{job_id}", summary="How far a job is, and what came of it")
async def job(
    job_id: Identifier,
    app: House,
    caller: Admin,
    wait: Annotated[float, Query(ge=0, le=30, description="seconds to wait for its end")] = 0.0,
) -> Job:
    found = app.upkeep.job(caller.tenant, job_id)
    if wait:
        await asyncio.wait([asyncio.ensure_future(app.upkeep.finished(found))], timeout=wait)
    return Job.of(found)


@router.get("/exports/{name}", summary="An export, as a file", response_class=Response)
async def exported(
    name: Annotated[str, Path(pattern=r"^job_[0-9a-z]+\.(jsonl|parquet)$")], app: House, caller: Admin
) -> Response:
    app.upkeep.job(caller.tenant, name.partition(".")[0])
    path = app.upkeep.exports / name
    if not await asyncio.to_thread(path.exists):
        raise NotFound(f"There is no export {name}.")
    return FileResponse(path, filename=name)

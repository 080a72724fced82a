"""What is to happen later: set, listed, paused, had now, cancelled."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from orchestrator.agents.schedules.schedules import Schedule as Kept
from orchestrator.api.access import Actor, House, Reader, reach
from orchestrator.api.bodies import JsonRoute
from orchestrator.api.forms import Form
from orchestrator.api.frames import moment
from orchestrator.kernel.timing import Timing as Meant

router = APIRouter(route_class=JsonRoute, prefix="/api/v1/schedules", tags=["schedules"])

ScheduleId = Annotated[str, Path(min_length=1, max_length=100)]
Kind = Literal["reminder", "task"]


class ScheduleForm(Form):
    """What is to happen, and when in words, English or French: `every Monday at 9`, `dans 20 minutes`."""

    text: Annotated[str, Field(max_length=4000, pattern=r"^[^\u0000]*\S[^\u0000]*$")]
    when: Annotated[str, Field(min_length=2, max_length=200)]
    kind: Kind = "task"
    zone: Annotated[str, Field(max_length=60)] = ""


class Timing(BaseModel):
    """When, to be said in whatever language. One of: at; every; hour and minute (on days or a date); path."""

    at: datetime | None
    every: float  # seconds; 0: not so
    days: list[int]  # Monday is 0; empty: every day
    date: int  # of every month; 0: not so
    hour: int  # -1: not so
    minute: int
    zone: str
    path: str

    @classmethod
    def of(cls, meant: Meant) -> "Timing":
        return cls(
            at=moment(meant.at) if meant.at else None,
            every=meant.every,
            days=list(meant.days),
            date=meant.date,
            hour=meant.hour,
            minute=meant.minute,
            zone=meant.zone,
            path=meant.path,
        )


class Schedule(BaseModel):
    id: str
    kind: Kind
    text: str
    when: str  # in English
    timing: Timing
    next: datetime | None
    last: datetime | None  # when it last happened; of a file: when that was changed
    paused: bool
    subject: str
    set_at: datetime
    fired: int
    run_id: str
    ended: str

    @classmethod
    def of(cls, one: Kept) -> "Schedule":
        return cls(
            id=one.id,
            kind=one.kind,
            text=one.text,
            when=str(one.timing),
            timing=Timing.of(one.timing),
            next=None if one.due is None else moment(one.due),
            last=moment(one.last) if one.fired else None,
            paused=one.paused,
            subject=one.subject,
            set_at=moment(one.since),
            fired=one.fired,
            run_id=one.run_id,
            ended=one.ended,
        )


class ScheduleList(BaseModel):
    items: list[Schedule]


@router.get("", summary="What is to happen later, the oldest first; with what is over, if asked")
async def schedules(app: House, caller: Reader, ended: bool = False) -> ScheduleList:
    found = (await app.schedules.given(reach(caller))).values()
    return ScheduleList(items=[Schedule.of(one) for one in found if ended or not one.ended])


@router.post("", summary="Let something happen later")
async def add_schedule(form: ScheduleForm, app: House, caller: Actor) -> Schedule:
    made = await app.schedules.add(
        form.kind, form.text, form.when, subject=caller.id, scopes=caller.scopes, zone=form.zone
    )
    return Schedule.of(made)


@router.delete("/{schedule_id}", summary="Cancel what was to happen; a run that is under way goes on")
async def cancel_schedule(schedule_id: ScheduleId, app: House, caller: Actor) -> Schedule:
    return Schedule.of(await app.schedules.cancel(schedule_id, by=caller.id, subject=reach(caller)))


@router.post("/{schedule_id}/pause", summary="Let nothing of it happen until it is resumed")
async def pause_schedule(schedule_id: ScheduleId, app: House, caller: Actor) -> Schedule:
    return Schedule.of(await app.schedules.pause(schedule_id, by=caller.id, subject=reach(caller)))


@router.post("/{schedule_id}/resume", summary="Let it happen again, from now on")
async def resume_schedule(schedule_id: ScheduleId, app: House, caller: Actor) -> Schedule:
    return Schedule.of(await app.schedules.resume(schedule_id, by=caller.id, subject=reach(caller)))


@router.post("/{schedule_id}/run", summary="Let it happen now; what happens once happens now instead")
async def run_schedule(schedule_id: ScheduleId, app: House, caller: Actor) -> Schedule:
    return Schedule.of(await app.schedules.happen(schedule_id, app.runs, by=caller.id, subject=reach(caller)))

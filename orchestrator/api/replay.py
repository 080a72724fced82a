"""Runs again: replayed, forked, side by side, and as files."""

from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from orchestrator.agents.compare import Comparison, Row
from orchestrator.agents.forks.opening import Changes
from orchestrator.agents.replay.difference import Difference
from orchestrator.agents.replay.player import Replayed
from orchestrator.api.access import Actor, House, Reader, reach
from orchestrator.api.bodies import JsonRoute
from orchestrator.api.forms import WHOLE, Form
from orchestrator.api.runs import RunId, shown
from orchestrator.api.wire import Run

router = APIRouter(route_class=JsonRoute, prefix="/api/v1/runs", tags=["replay"])

_FILE: dict[int | str, dict[str, Any]] = {200: {"content": {"application/json": {"schema": {"type": "object"}}}}}
_BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}}


class ReplayForm(Form):
    last: Annotated[int, Field(ge=1, le=1000), WHOLE] = 100


class ForkForm(Form):
    at: Annotated[int, Field(ge=1, lt=2**53), WHOLE] = 1  # the last event that both share
    model: Annotated[str, Field(max_length=200)] = ""
    prompt: Annotated[str, Field(max_length=200_000)] = ""  # instead of the goal
    instructions: Annotated[str, Field(max_length=200_000)] = ""
    policy: dict[str, Any] | None = None  # settings of the policy section
    effects: Literal["simulate", "ask", "forbid", "recorded"] = "simulate"


class Change(BaseModel):
    path: str
    recorded: Any
    today: Any


class Differs(BaseModel):
    """The first event that today's code decides differently."""

    seq: int
    type: str
    recorded: dict[str, Any] | None
    today: dict[str, Any] | None
    changes: list[Change]
    note: str

    @classmethod
    def of(cls, one: Difference) -> "Differs":
        return cls(**{**msgspec.to_builtins(one), "type": one.type})


class Replay(BaseModel):
    run_id: str
    exact: bool
    events: int
    same: int
    swapped: int
    lost: int
    unasked: int
    difference: Differs | None

    @classmethod
    def of(cls, one: Replayed) -> "Replay":
        plain = msgspec.to_builtins(one)
        return cls(**{**plain, "difference": None if one.difference is None else Differs.of(one.difference)})


class ReplayList(BaseModel):
    items: list[Replay]
    exact: int
    different: int


class ComparedItem(BaseModel):
    seq: int
    kind: Literal["goal", "reply", "call", "approval", "failure", "said", "end"]
    step: int
    title: str
    said: str
    outcome: str
    source: Literal["made", "recorded", "simulated"]
    cost: float
    tokens: int
    seconds: float


class ComparedRow(BaseModel):
    mark: Literal["same", "changed", "left", "right"]
    left: ComparedItem | None
    right: ComparedItem | None

    @classmethod
    def of(cls, row: Row) -> "ComparedRow":
        return cls(**msgspec.to_builtins(row))


class ComparedRun(BaseModel):
    run_id: str
    status: str
    model: str
    steps: int
    calls: int
    taken: int  # of its replies and results, those from a recording
    cost: float
    input_tokens: int
    output_tokens: int
    seconds: float
    answer: str
    forked_from: str
    at: int


class RunDiff(BaseModel):
    left: ComparedRun
    right: ComparedRun
    same: bool
    rows: list[ComparedRow]

    @classmethod
    def of(cls, one: Comparison) -> "RunDiff":
        return cls(
            left=ComparedRun(**msgspec.to_builtins(one.left)),
            right=ComparedRun(**msgspec.to_builtins(one.right)),
            same=one.same,
            rows=[ComparedRow.of(row) for row in one.rows],
        )


class ImportedRun(BaseModel):
    run_id: str
    events: int
    artifacts: int
    already: bool
    redacted: bool


@router.post("/replay", summary="Make the latest runs again from their recordings: nothing is called or written")
async def replay_last(form: ReplayForm, app: House, caller: Reader) -> ReplayList:
    found = await app.trials.replay_last(caller.tenant, reach(caller), form.last)
    exact = sum(one.exact for one in found)
    return ReplayList(items=[Replay.of(one) for one in found], exact=exact, different=len(found) - exact)


@router.post("/{run_id}/replay", summary="Make a run again from its recording: nothing is called or written")
async def replay(run_id: RunId, app: House, caller: Reader) -> Replay:
    await app.views.run(caller.tenant, run_id, reach(caller))
    return Replay.of(await app.trials.replay(caller.tenant, run_id))


@router.post("/{run_id}/fork", status_code=201, summary="What if: go on from an event, with something changed")
async def fork(run_id: RunId, form: ForkForm, app: House, caller: Actor) -> Run:
    await app.views.run(caller.tenant, run_id, reach(caller))
    changes = Changes(form.model, form.prompt, form.instructions, form.policy, form.effects)
    made = await app.trials.fork(caller.tenant, caller.id, run_id, form.at, changes, scopes=caller.scopes)
    return await shown(app, caller, made)


@router.get("/{run_id}/diff", summary="Two runs side by side")
async def diff(
    run_id: RunId, app: House, caller: Reader, other: Annotated[str, Query(min_length=1, max_length=80)]
) -> RunDiff:
    for one in (run_id, other):
        await app.views.run(caller.tenant, one, reach(caller))
    return RunDiff.of(await app.trials.compare(run_id, other))


@router.get("/{run_id}/export", summary="A finished run as a file", response_class=Response, responses=_FILE)
async def export(run_id: RunId, app: House, caller: Reader, redact: bool = False) -> Response:
    await app.views.run(caller.tenant, run_id, reach(caller))
    data = await app.trials.export(caller.tenant, run_id, redact=redact)
    named = {"Content-Disposition": f'attachment; filename="{run_id}.run.json"', "Cache-Control": "no-store"}
    return Response(data, media_type="application/json", headers=named)


@router.post("/import", status_code=201, summary="Keep a run that was exported elsewhere", openapi_extra=_BODY)
async def take_in(request: Request, app: House, caller: Actor) -> ImportedRun:
    found = await app.trials.take_in(await request.body(), tenant=caller.tenant, subject=caller.id)
    return ImportedRun(**msgspec.to_builtins(found))

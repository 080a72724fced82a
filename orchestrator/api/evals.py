"""Evaluations: runs as cases that others are measured by."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field

from orchestrator.agents.evaluations import cases
from orchestrator.api.access import Actor, House, Reader, reach
from orchestrator.api.bodies import JsonRoute
from orchestrator.api.forms import Form, Identifier
from orchestrator.api.frames import moment
from orchestrator.app import App
from orchestrator.identity.base import Principal
from orchestrator.kernel.errors import NotFound
from orchestrator.kernel.trials import Check

router = APIRouter(route_class=JsonRoute, prefix="/api/v1/evals", tags=["evaluations"])

EvalId = Annotated[str, Path(min_length=1, max_length=80)]


class CheckForm(Form):
    kind: Annotated[str, Field(max_length=40)]
    value: Any = None
    tool: Annotated[str, Field(max_length=100)] = ""


class EvalForm(Form):
    run_id: Identifier
    name: Annotated[str, Field(max_length=200)] = ""
    checks: Annotated[list[CheckForm], Field(max_length=50, default_factory=list)]


class TrialForm(Form):
    model: Annotated[str, Field(max_length=200)] = ""
    tools: Literal["recorded", "live"] = "recorded"
    only: Annotated[list[Identifier], Field(max_length=1000, default_factory=list)]


class EvalCheck(BaseModel):
    kind: str
    value: Any
    tool: str


class Eval(BaseModel):
    id: str
    name: str
    run_id: str
    goal: str
    checks: list[EvalCheck]
    by: str
    at: datetime

    @classmethod
    def of(cls, case: cases.Case) -> "Eval":
        return cls(**{**msgspec.to_builtins(case), "at": moment(case.at)})


class EvalList(BaseModel):
    items: list[Eval]


class CheckOutcome(BaseModel):
    kind: str
    passed: bool
    detail: str


class CaseOutcome(BaseModel):
    evaluation_id: str
    run_id: str
    passed: bool
    checks: list[CheckOutcome]
    status: str
    steps: int
    cost: float
    tokens: int
    seconds: float
    problem: str


class Trial(BaseModel):
    id: str
    at: datetime
    model: str
    tools: Literal["recorded", "live"]
    passed: int
    failed: int
    seconds: float
    regressions: list[str]  # cases that passed the last time
    results: list[CaseOutcome]
    before: "Trial | None"

    @classmethod
    def of(cls, trial: cases.Trial) -> "Trial":
        return cls(
            id=trial.id,
            at=moment(trial.at),
            model=trial.model,
            tools=trial.tools,
            passed=trial.passed,
            failed=len(trial.results) - trial.passed,
            seconds=trial.seconds,
            regressions=cases.regressions(trial),
            results=[CaseOutcome(**msgspec.to_builtins(result)) for result in trial.results],
            before=None if trial.before is None else cls.of(trial.before),
        )


class TrialList(BaseModel):
    items: list[Trial]


async def _within_reach(app: App, caller: Principal) -> dict[str, cases.Case]:
    whose = reach(caller)
    known = await app.evaluations.cases(caller.tenant)
    return {name: case for name, case in known.items() if whose in (None, case.by)}


async def _case(app: App, caller: Principal, evaluation_id: str) -> cases.Case:
    found = (await _within_reach(app, caller)).get(evaluation_id)
    if found is None:
        raise NotFound(f"There is no evaluation {evaluation_id}.")
    return found


@router.get("", summary="The evaluations, the oldest first")
async def evals(app: House, caller: Reader) -> EvalList:
    return EvalList(items=[Eval.of(case) for case in (await _within_reach(app, caller)).values()])


@router.post("", status_code=201, summary="Make a run an evaluation")
async def add_eval(form: EvalForm, app: House, caller: Actor) -> Eval:
    await app.views.run(caller.tenant, form.run_id, reach(caller))
    checks = [Check(check.kind, check.value, check.tool) for check in form.checks]
    return Eval.of(
        await app.evaluations.add(caller.tenant, caller.id, form.run_id, name=form.name.strip(), checks=checks)
    )


@router.get("/trials", summary="When evaluations were run, and what came of it, newest first")
async def trials(app: House, caller: Reader) -> TrialList:
    known = await _within_reach(app, caller)
    found = [Trial.of(trial) for trial in reversed(await app.evaluations.trials(caller.tenant))]
    for trial in found:
        trial.results = [result for result in trial.results if result.evaluation_id in known]
    return TrialList(items=[trial for trial in found if trial.results][:100])


@router.post("/run", summary="Run evaluations with a model, and wait for what comes of it")
async def run_evals(form: TrialForm, app: House, caller: Actor) -> Trial:
    known = await _within_reach(app, caller)
    if missing := [name for name in form.only if name not in known]:
        raise NotFound(f"There is no evaluation {missing[0]}.")
    only = form.only or list(known)
    return Trial.of(await app.evaluations.run(caller.tenant, caller.id, model=form.model, tools=form.tools, only=only))


@router.get("/{evaluation_id}", summary="One evaluation")
async def one_eval(evaluation_id: EvalId, app: House, caller: Reader) -> Eval:
    return Eval.of(await _case(app, caller, evaluation_id))


@router.delete("/{evaluation_id}", status_code=204, summary="Remove an evaluation", response_class=Response)
async def remove_eval(evaluation_id: EvalId, app: House, caller: Actor) -> Response:
    await _case(app, caller, evaluation_id)
    await app.evaluations.remove(caller.tenant, caller.id, evaluation_id)
    return Response(status_code=204)

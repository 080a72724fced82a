"""Money: what may be spent, by whom; what was spent on what; what was saved."""

from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import date, datetime
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field
from starlette.responses import StreamingResponse

from orchestrator.api.access import Admin, House, Reader, reach
from orchestrator.api.bodies import JsonRoute
from orchestrator.api.forms import Form, Identifier
from orchestrator.api.frames import moment
from orchestrator.api.journal import Day
from orchestrator.app import App
from orchestrator.identity.base import Principal
from orchestrator.kernel.errors import AlreadyAnswered, NotFound, RunFinished
from orchestrator.policy.budgets.accounts import EACH
from orchestrator.policy.budgets.base import Period, Scope
from orchestrator.policy.budgets.budgets import BudgetView
from orchestrator.policy.budgets.ledger import COLUMNS, Ledger, Line, csv_line

router = APIRouter(route_class=JsonRoute, prefix="/api/v1/budgets", tags=["budgets"])

Whose = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f]*$")]
Dollars = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]
CURSOR = r"^([0-9]{1,12}(\.[0-9]{1,9})?~[A-Za-z0-9_:.~-]{1,200})?$"


class BudgetForm(Form):
    """`name` is of a user, an agent or a run; "*" of each user or agent that has none of its own."""

    scope: Scope
    name: Whose = ""
    period: Period
    dollars: Dollars


class TopUpForm(BudgetForm):
    dollars: Annotated[float, Field(ge=-1e9, le=1e9, allow_inf_nan=False)]
    note: Annotated[str, Field(max_length=500)] = ""
    resume: bool = False  # let the runs go on that wait for money


class Budget(BaseModel):
    """In US dollars. `left` is of this day or month, or of all."""

    scope: Scope
    name: str
    label: str  # for a person
    period: Period
    limit: float
    extra: float
    spent: float
    reserved: float
    left: float
    since: str
    drawn: bool  # as "*" says

    @classmethod
    def of(cls, view: BudgetView, names: dict[str, str]) -> "Budget":
        return cls(
            scope=view.scope,
            name=view.name,
            label=names.get(view.name, view.name) if view.scope == "user" else view.name,
            period=view.period,
            limit=view.limit,
            extra=view.extra,
            spent=view.spent,
            reserved=view.reserved,
            left=view.left,
            since=view.window,
            drawn=view.drawn,
        )


class BudgetList(BaseModel):
    items: list[Budget]
    credit: float  # US dollars
    waiting: int  # runs that wait for money


class ToppedUp(BaseModel):
    budget: Budget
    resumed: list[str]  # runs


class LedgerLine(BaseModel):
    at: datetime
    kind: Literal["spent", "topped_up"]
    key: str
    subject: str
    agent: str
    run_id: str
    door: str
    model: str
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    dollars: float
    credits: float
    by_cache: float
    by_optimiser: float
    by_router: float

    @classmethod
    def of(cls, line: Line, credit: float) -> "LedgerLine":
        said = {**msgspec.structs.asdict(line), "at": moment(line.at)}
        return cls(**said, credits=line.dollars / credit)


class LedgerPage(BaseModel):
    items: list[LedgerLine]
    next: str | None


class DayOfSavings(BaseModel):
    day: str
    calls: int
    spent: float
    cache: float
    optimiser: float
    router: float


class SavingsList(BaseModel):
    items: list[DayOfSavings]


async def _names(app: App, caller: Principal) -> dict[str, str]:
    return {user.id: user.name for user in await app.accounts.users(caller.tenant)}


async def _named(app: App, caller: Principal, scope: Scope, name: str) -> str:
    """A user may be called by their name. Raises NotFound: money for a name misspelt would never be missed."""
    if scope != "user" or name == EACH:
        return name
    names = await _names(app, caller)
    if name in names:
        return name
    found = next((identifier for identifier, known in names.items() if known == name), None)
    if found is None:
        raise NotFound(f"There is no user {name!r}.", hint="See them: orchestrator users list.")
    return found


@router.get("", summary="Budgets, and how they stand; without `admin`, those of all and one's own")
async def budgets(app: House, caller: Reader) -> BudgetList:
    names, whose = await _names(app, caller), reach(caller)
    found = await app.budgets.show(caller.tenant)
    mine = [one for one in found if whose is None or one.scope == "tenant" or (one.scope, one.name) == ("user", whose)]
    waiting = await _waiting(app, caller.tenant, whose)
    return BudgetList(items=[Budget.of(one, names) for one in mine], credit=app.budgets.credit, waiting=len(waiting))


@router.put("", summary="Set a budget, or change how much it is")
async def set_budget(form: BudgetForm, app: House, caller: Admin) -> Budget:
    name = await _named(app, caller, form.scope, form.name)
    made = await app.budgets.set(caller.tenant, form.scope, name, form.period, form.dollars, by=caller.id)
    return Budget.of(made, await _names(app, caller))


@router.post("/top-up", summary="Add to a budget in this day or month, or in all; let runs that wait for money go on")
async def top_up_budget(form: TopUpForm, app: House, caller: Admin) -> ToppedUp:
    name = await _named(app, caller, form.scope, form.name)
    made = await app.budgets.top_up(
        caller.tenant, form.scope, name, form.period, form.dollars,
        by=caller.id, key=app.ids.new("topup"), note=form.note,
    )  # fmt: skip
    resumed = await _resume(app, caller) if form.resume else []
    return ToppedUp(budget=Budget.of(made, await _names(app, caller)), resumed=resumed)


@router.delete("", status_code=204, summary="Remove a budget: nothing limits what it limited", response_class=Response)
async def remove_budget(
    app: House,
    caller: Admin,
    scope: Annotated[Scope, Query()],
    period: Annotated[Period, Query()],
    name: Annotated[Whose, Query()] = "",
) -> Response:
    named = await _named(app, caller, scope, name)
    await app.budgets.remove(caller.tenant, scope, named, period, by=caller.id)
    return Response(status_code=204)


async def _waiting(app: App, tenant: str, whose: str | None) -> list[tuple[str, str]]:
    """Questions whether runs may go on spending, and their runs; not those about a run's own limits."""
    asked = await app.views.approvals(tenant, whose)
    return [
        (one.approval_id, one.run_id)
        for one in asked
        if one.asked.kind == "budget" and one.asked.code in ("budget_exceeded", "budget_unknown", "budget_unavailable")
    ]


async def _resume(app: App, caller: Principal) -> list[str]:
    resumed = []
    for approval_id, run_id in await _waiting(app, caller.tenant, None):
        with suppress(AlreadyAnswered, RunFinished):
            await app.runs.answer(
                approval_id, "once", tenant=caller.tenant, by=caller.id, note="a budget was topped up"
            )
            resumed.append(run_id)
    return resumed


@router.get("/ledger", summary="Every call that was paid for, and money that was added, the newest first")
async def ledger(
    app: House,
    caller: Reader,
    since: Annotated[Day | None, Query(description="a day, UTC")] = None,
    before: Annotated[str, Query(max_length=300, pattern=CURSOR, description="`next` of the page before")] = "",
    run_id: Annotated[Identifier | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> LedgerPage:
    await app.budgets.flush()
    lines = await Ledger(app.budgets.reading).lines(
        caller.tenant, reach(caller), since=_since(since), before=_cursor(before), limit=limit, run_id=run_id or ""
    )
    last = f"{lines[-1].at!r}~{lines[-1].key}" if len(lines) == limit else None
    return LedgerPage(items=[LedgerLine.of(line, app.budgets.credit) for line in lines], next=last)


def _since(day: date | None) -> str:
    return day.isoformat() if day else ""


def _cursor(before: str) -> tuple[float, str] | None:
    at, _, key = before.partition("~")
    return (float(at), key) if before else None


@router.get(
    "/export",
    summary="The whole ledger as a file: CSV, or JSON line by line",
    responses={200: {"content": {"text/csv": {"schema": {}}, "application/x-ndjson": {"schema": {}}}}},
)
async def export_ledger(
    app: House,
    caller: Reader,
    format: Annotated[Literal["csv", "json"], Query()] = "csv",
    since: Annotated[Day | None, Query(description="a day, UTC")] = None,
) -> StreamingResponse:
    await app.budgets.flush()
    lines = Ledger(app.budgets.reading).all(caller.tenant, reach(caller), since=_since(since))
    kind, ending = ("text/csv; charset=utf-8", "csv") if format == "csv" else ("application/x-ndjson", "jsonl")
    headers = {"Content-Disposition": f'attachment; filename="ledger.{ending}"', "Cache-Control": "no-store"}
    return StreamingResponse(_written(lines, format, app.budgets.credit), media_type=kind, headers=headers)


async def _written(lines: AsyncIterator[Line], format: str, credit: float) -> AsyncIterator[bytes]:
    if format == "csv":
        yield (",".join(COLUMNS) + "\r\n").encode()
    async for line in lines:
        said = LedgerLine.of(line, credit).model_dump(mode="json")
        yield (csv_line(said) if format == "csv" else msgspec.json.encode(said).decode() + "\n").encode()


@router.get("/savings", summary="What was spent and saved, by day (UTC), the newest first")
async def savings(
    app: House, caller: Reader, since: Annotated[Day | None, Query(description="a day, UTC")] = None
) -> SavingsList:
    await app.budgets.flush()
    found = await Ledger(app.budgets.reading).savings(caller.tenant, reach(caller), since=_since(since))
    return SavingsList(items=[DayOfSavings(**msgspec.structs.asdict(one)) for one in found])

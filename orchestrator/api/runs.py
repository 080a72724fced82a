"""Runs, their events and their approvals; and chat without a socket."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Request, Response

from orchestrator.api.access import Actor, House, Reader, reach, still, streams_of
from orchestrator.api.bodies import JsonRoute
from orchestrator.api.forms import AnswerForm, Asking, ChatForm, RunForm, SayForm
from orchestrator.api.frames import event_json
from orchestrator.api.streams import EventStream, followed
from orchestrator.api.wire import Approval, ApprovalList, Run, RunPage
from orchestrator.app import App
from orchestrator.identity.base import Principal
from orchestrator.kernel.events import RunStatus
from orchestrator.kernel.messages import Message, user, with_quoted

router = APIRouter(route_class=JsonRoute, prefix="/api/v1", tags=["runs"])

RunId = Annotated[str, Path(min_length=1, max_length=80)]
Limit = Annotated[int, Query(ge=1, le=200)]
Seq = Annotated[int, Query(ge=0, lt=2**53, description="Events with a greater `seq` only.")]

_EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/EventList"}},
            "text/event-stream": {"schema": {"type": "string"}},
        }
    },
    204: {"description": "A stream of which all is told."},
}


def said(text: str, form: Asking | SayForm) -> Message:
    """What a person says, with all that goes with it."""
    images = [image.image() for image in form.images]
    return with_quoted(user(text, *images), [quoted.text for quoted in form.quoted])


async def begin(app: App, caller: Principal, form: Asking, goal: str) -> str:
    """Start a run for a caller. Returns its identifier, once it is durable."""
    return await app.runs.start(
        said(goal, form),
        tenant=caller.tenant,
        subject=caller.id,
        conversation_id=form.conversation_id,
        model=form.model or "auto",
        channel=form.channel,
        approvals=form.approvals,
        scopes=caller.scopes,
        limits=app.runs.limits(**form.limits.model_dump()) if form.limits else None,
    )


async def shown(app: App, caller: Principal, run_id: str) -> Run:
    """A run with those below it, and all that they ask."""
    view = await app.views.run(caller.tenant, run_id, reach(caller))
    family = await app.views.family(caller.tenant, run_id)
    waiting = [one.run_id for one in (view, *family) if one.status == "waiting"]
    approvals = [asked for one in waiting for asked in await app.views.approvals(caller.tenant, run_id=one)]
    return Run.of(view, approvals, family)


async def place(app: App, run_id: str, after: int) -> int:
    """Where to go on reading. A place that the run has not reached is taken for its beginning."""
    return after if after == 0 or await app.journal.read(run_id, after - 1) else 0


@router.post("/chat", summary="Say something and wait for the answer")
async def chat(form: ChatForm, app: House, caller: Actor) -> Run:
    run_id = await begin(app, caller, form, form.message)
    await app.runs.settled(run_id)
    return await shown(app, caller, run_id)


@router.post("/runs", status_code=201, summary="Start a run, and do not wait")
async def start(form: RunForm, app: House, caller: Actor) -> Run:
    return await shown(app, caller, await begin(app, caller, form, form.goal))


@router.get("/runs", summary="The runs, newest first")
async def runs(
    app: House,
    caller: Reader,
    status: RunStatus | None = None,
    conversation_id: str | None = None,
    parent: Annotated[str | None, Query(description="The sub-runs of this run.")] = None,
    children: Annotated[bool, Query(description="Sub-runs too.")] = False,
    limit: Limit = 50,
    before: Annotated[str | None, Query(description="`next` of the page before.")] = None,
) -> RunPage:
    views = await app.views.runs(
        caller.tenant,
        reach(caller),
        status=status,
        conversation_id=conversation_id,
        parent=parent,
        children=children,
        before=before,
        limit=limit,
    )
    waiting = await app.views.approvals(caller.tenant, reach(caller))
    items = [Run.of(view, waiting) for view in views]
    return RunPage(items=items, next=items[-1].run_id if len(items) == limit else None)


@router.get("/runs/{run_id}", summary="One run")
async def run(run_id: RunId, app: House, caller: Reader) -> Run:
    return await shown(app, caller, run_id)


@router.get(
    "/runs/{run_id}/events",
    summary="The events of a run; with Accept: text/event-stream, live",
    description="A stream goes on from the header `Last-Event-ID`, as browsers do by themselves.",
    response_class=Response,
    responses=_EVENTS,
)
async def events(
    run_id: RunId,
    request: Request,
    app: House,
    caller: Reader,
    after: Seq = 0,
    accept: Annotated[str, Header(include_in_schema=False)] = "",
    last_event_id: Annotated[int | None, Header(ge=0, lt=2**53, include_in_schema=False)] = None,
) -> Response:
    view = await app.views.run(caller.tenant, run_id, reach(caller))
    after = last_event_id if last_event_id is not None else after
    if "text/event-stream" not in accept:
        items = b",".join(event_json(event) for event in await app.journal.read(run_id, after))
        return Response(b'{"items":[%s]}' % items, media_type="application/json")
    if view.finished_at is not None and not await app.journal.read(run_id, after):
        return Response(status_code=204)  # all is told: a browser does not come back
    told = followed(app.runs, run_id, await place(app, run_id, after))
    return EventStream(told, app.clock, still(request), streams_of(request), caller.session_id)


@router.post("/runs/{run_id}/cancel", summary="Stop a run")
async def cancel(run_id: RunId, app: House, caller: Actor) -> Run:
    await app.views.run(caller.tenant, run_id, reach(caller))
    await app.runs.cancel(run_id, tenant=caller.tenant, by=caller.id)
    return await shown(app, caller, run_id)


@router.post("/runs/{run_id}/resume", summary="Go on with a run that stands still")
async def resume(run_id: RunId, app: House, caller: Actor) -> Run:
    await app.views.run(caller.tenant, run_id, reach(caller))
    await app.runs.resume(run_id, tenant=caller.tenant, by=caller.id)
    return await shown(app, caller, run_id)


@router.get("/approvals", summary="What waits for a person")
async def approvals(app: House, caller: Reader) -> ApprovalList:
    hours = app.settings.agents.approval_hours
    waiting = await app.views.approvals(caller.tenant, reach(caller))
    return ApprovalList(items=[Approval.of(view, hours) for view in waiting])


@router.post("/approvals/{approval_id}", summary="Answer what waits")
async def answer(
    approval_id: Annotated[str, Path(min_length=1, max_length=80)], form: AnswerForm, app: House, caller: Actor
) -> Run:
    await app.views.approval(caller.tenant, approval_id, reach(caller))
    run_id = await app.runs.answer(
        approval_id, form.answer, tenant=caller.tenant, by=caller.id, note=form.note, content=form.content
    )
    return await shown(app, caller, run_id)

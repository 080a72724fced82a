"""What people do to a run while it works: say something, pause it, let it go on, edit what it asks, set its limits."""

from typing import Annotated

from fastapi import APIRouter, Path

from orchestrator.agents.passages import withheld
from orchestrator.api.access import Actor, House, reach
from orchestrator.api.bodies import JsonRoute
from orchestrator.api.forms import ChatForm, EditForm, NoteForm, PassageForm, SayForm, SetForm
from orchestrator.api.runs import RunId, begin, said, shown
from orchestrator.api.wire import Run
from orchestrator.app import App
from orchestrator.identity.base import Principal
from orchestrator.kernel.events import GrantGiven

router = APIRouter(route_class=JsonRoute, prefix="/api/v1", tags=["runs"])


async def say(app: App, caller: Principal, run_id: str, form: SayForm) -> str:
    """Returns the run that will answer: a new one for what is queued, else the run itself."""
    view = await app.views.run(caller.tenant, run_id, reach(caller))
    steering, message = app.runs.steering, said(form.message, form)
    if form.urgency != "queue":
        await steering.steer(run_id, message, form.urgency, tenant=caller.tenant, by=caller.id)
        return run_id
    queued = await steering.say(
        run_id, message, tenant=caller.tenant, by=caller.id, model=form.model or "", channel=form.channel
    )
    if queued is not None:
        return queued
    goal = ChatForm(
        message=form.message,
        conversation_id=view.conversation_id,
        model=form.model,
        images=form.images,
        quoted=form.quoted,
        channel=form.channel,
    )
    return await begin(app, caller, goal, form.message)  # nothing is under way there: it starts at once


async def set_run(app: App, caller: Principal, run_id: str, form: SetForm) -> None:
    await app.views.run(caller.tenant, run_id, reach(caller))
    limits = form.limits.model_dump() if form.limits else {}
    await app.runs.steering.set(run_id, tenant=caller.tenant, by=caller.id, model=form.model, **limits)


@router.post("/runs/{run_id}/messages", summary="Say something to a run at work, or behind it")
async def message(run_id: RunId, form: SayForm, app: House, caller: Actor) -> Run:
    return await shown(app, caller, await say(app, caller, run_id, form))


@router.post("/runs/{run_id}/pause", summary="Let a run rest once what is under way is done")
async def pause(run_id: RunId, app: House, caller: Actor, form: NoteForm | None = None) -> Run:
    await app.views.run(caller.tenant, run_id, reach(caller))
    await app.runs.steering.pause(run_id, tenant=caller.tenant, by=caller.id, note=form.note if form else "")
    return await shown(app, caller, run_id)


@router.post("/runs/{run_id}/continue", summary="Let a paused run go on")
async def go_on(run_id: RunId, app: House, caller: Actor) -> Run:
    await app.views.run(caller.tenant, run_id, reach(caller))
    await app.runs.steering.go_on(run_id, tenant=caller.tenant, by=caller.id)
    return await shown(app, caller, run_id)


@router.post("/runs/{run_id}/passages", summary="Let the model read what was withheld from it")
async def let_through(run_id: RunId, form: PassageForm, app: House, caller: Actor) -> Run:
    """Read at the next step of a run at work; else a new run of the conversation reads it."""
    view = await app.views.run(caller.tenant, run_id, reach(caller))
    found = withheld(await app.journal.read(run_id), form.call_id)
    if form.always:
        grant = GrantGiven(app.ids.new("grant"), found.tool, found.source, caller.id)
        await app.runs.grants.give(caller.tenant, grant, view.subject)
    whose, steering = {"tenant": caller.tenant, "by": caller.id}, app.runs.steering
    if view.finished_at is None:
        await steering.steer(run_id, found.message, "steer", **whose)
        return await shown(app, caller, run_id)
    reads = await steering.say(run_id, found.message, **whose, model="", channel="api") or await app.runs.start(
        found.message,
        tenant=caller.tenant,
        subject=view.subject,
        conversation_id=view.conversation_id,
        scopes=caller.scopes,
    )
    return await shown(app, caller, reads)


@router.patch("/runs/{run_id}", summary="Another model, other limits, from the next step on")
async def change(run_id: RunId, form: SetForm, app: House, caller: Actor) -> Run:
    await set_run(app, caller, run_id, form)
    return await shown(app, caller, run_id)


@router.post("/approvals/{approval_id}/edit", summary="Change a call that waits; policy decides anew")
async def edit(
    approval_id: Annotated[str, Path(min_length=1, max_length=80)], form: EditForm, app: House, caller: Actor
) -> Run:
    await app.views.approval(caller.tenant, approval_id, reach(caller))
    run_id = await app.runs.steering.edit(
        approval_id, form.arguments, tenant=caller.tenant, by=caller.id, note=form.note
    )
    return await shown(app, caller, run_id)

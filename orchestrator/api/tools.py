"""Tools: what there is, how it fares, and one call of it as a run. And artifacts."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Path
from starlette.responses import FileResponse

from orchestrator.api.access import Actor, Admin, House, Reader, reach
from orchestrator.api.bodies import JsonRoute
from orchestrator.api.forms import CallForm
from orchestrator.api.runs import shown
from orchestrator.api.wire import Run, Tool, ToolChange, ToolChanges, ToolList
from orchestrator.app import App
from orchestrator.journal.views import ToolStatistics
from orchestrator.kernel.messages import ToolCall, ToolSpec, user

router = APIRouter(route_class=JsonRoute, prefix="/api/v1", tags=["tools"])

ToolName = Annotated[str, Path(min_length=1, max_length=100)]


def _tool(app: App, spec: ToolSpec, statistics: dict[str, ToolStatistics]) -> Tool:
    used = statistics.get(spec.name, ToolStatistics())
    place = app.tools.place(spec.name)
    return Tool(
        name=spec.name,
        description=spec.description,
        category=spec.category,
        scope=spec.scope,
        effects=spec.effects,
        parameters=spec.parameters,
        examples=msgspec.to_builtins(spec.examples),
        place=place,
        sandbox=app.sandbox.level if place == "sandbox" else None,
        source=app.tools.source(spec.name),
        calls=used.calls,
        failures=used.failures,
        seconds=used.seconds,
    )


@router.get("/tools", summary="The tools there are")
async def tools(app: House, caller: Reader) -> ToolList:
    statistics = await app.views.tool_statistics(caller.tenant)
    items = [_tool(app, spec, statistics) for spec in app.tools.specs()]
    return ToolList(items=items, problems={**app.plugins.problems, **app.foreign.problems})


@router.post("/tools/reload", summary="Load the tools of the folder and of installed packages anew")
async def reload(app: House, caller: Admin) -> ToolChanges:
    changes = await app.plugins.reload(again=True)
    return ToolChanges(
        items=[ToolChange(source=c.source, what=c.what, tools=list(c.tools), problem=c.problem) for c in changes]
    )


@router.get("/tools/{name}", summary="One tool")
async def tool(name: ToolName, app: House, caller: Reader) -> Tool:
    return _tool(app, app.tools.get(name).spec, await app.views.tool_statistics(caller.tenant))


@router.post("/tools/{name}/call", summary="Call a tool once, under the same policy, and wait")
async def call(name: ToolName, form: CallForm, app: House, caller: Actor) -> Run:
    known = app.tools.get(name).spec.name
    run_id = await app.runs.start(
        user(_spoken(known, form.arguments)),
        tenant=caller.tenant,
        subject=caller.id,
        channel=form.channel,
        approvals=form.approvals,
        scopes=caller.scopes,
        call=ToolCall(app.ids.new("call"), known, form.arguments),
    )
    if form.wait:
        await app.runs.settled(run_id)
    return await shown(app, caller, run_id)


def _spoken(name: str, arguments: dict[str, Any]) -> str:
    return f"{name} {msgspec.json.encode(arguments).decode()}"


@router.get("/artifacts/{artifact_id}", summary="Bytes that a run kept", response_class=FileResponse)
async def artifact(artifact_id: Annotated[str, Path(max_length=80)], app: House, caller: Reader) -> FileResponse:
    kept = await app.views.artifact(caller.tenant, artifact_id, reach(caller))
    return FileResponse(
        app.artifacts.path(kept.id),
        media_type="application/octet-stream",  # never shown inside a page
        filename=kept.name or kept.id,
        headers={"Content-Security-Policy": "default-src 'none'; sandbox", "Cache-Control": "private, no-cache"},
    )

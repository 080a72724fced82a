"""Tools that were drafted and wait for a person: looked at, approved, discarded."""

from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field

from orchestrator.api.access import Admin, House
from orchestrator.api.bodies import JsonRoute
from orchestrator.api.forms import Form
from orchestrator.api.wire import ToolChange, ToolChanges
from orchestrator.tools.plugins.drafts import Draft, Drafts

router = APIRouter(route_class=JsonRoute, prefix="/api/v1/drafts", tags=["tools"])

DraftName = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{1,63}$")]


class DraftForm(Form):
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="of what was looked at")]


class ToolDraft(BaseModel):
    name: str
    code: str
    test: str
    digest: Annotated[str, Field(description="sha256 of the code")]


class ToolDrafts(BaseModel):
    items: list[ToolDraft]


def _shown(draft: Draft) -> ToolDraft:
    return ToolDraft(name=draft.name, code=draft.code, test=draft.test, digest=draft.digest)


@router.get("", summary="Tools that wait for a person's approval")
async def drafts(app: House, caller: Admin) -> ToolDrafts:
    kept = Drafts(app.settings.tools_folder)
    return ToolDrafts(items=[_shown(kept.get(name)) for name in kept.names()])


@router.get("/{name}", summary="One of them, with its code")
async def draft(name: DraftName, app: House, caller: Admin) -> ToolDraft:
    return _shown(Drafts(app.settings.tools_folder).get(name))


@router.post("/{name}/approve", summary="Make a draft a tool; it is loaded at once")
async def approve_draft(name: DraftName, form: DraftForm, app: House, caller: Admin) -> ToolChanges:
    file = Drafts(app.settings.tools_folder).approve(name, form.digest)
    changes = [change for change in await app.plugins.reload() if change.source == file.name]
    return ToolChanges(
        items=[ToolChange(source=c.source, what=c.what, tools=list(c.tools), problem=c.problem) for c in changes]
    )


@router.delete("/{name}", summary="Throw a draft away", status_code=204)
async def discard_draft(name: DraftName, app: House, caller: Admin) -> Response:
    Drafts(app.settings.tools_folder).discard(name)
    return Response(status_code=204)

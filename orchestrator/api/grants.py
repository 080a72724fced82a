"""What was answered with "always": listed, and taken back."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel

from orchestrator.api.access import Actor, House, Reader, reach
from orchestrator.api.bodies import JsonRoute
from orchestrator.api.frames import moment
from orchestrator.app import App
from orchestrator.identity.base import Principal
from orchestrator.kernel.errors import NotFound
from orchestrator.policy import grants as policy

router = APIRouter(route_class=JsonRoute, prefix="/api/v1/grants", tags=["grants"])


class Grant(BaseModel):
    id: str
    tool: str
    shape: str
    subject: str
    by: str
    at: datetime
    approval_id: str

    @classmethod
    def of(cls, grant: policy.Grant) -> "Grant":
        return cls(
            id=grant.id,
            tool=grant.tool,
            shape=grant.shape,
            subject=grant.subject,
            by=grant.by,
            at=moment(grant.at),
            approval_id=grant.approval_id,
        )


class GrantList(BaseModel):
    items: list[Grant]


async def _within_reach(app: App, caller: Principal) -> dict[str, policy.Grant]:
    whose = reach(caller)
    given = await app.runs.grants.given(caller.tenant)
    return {name: grant for name, grant in given.items() if whose in (None, grant.subject)}


@router.get("", summary="What need not be asked any more, the oldest first")
async def grants(app: House, caller: Reader) -> GrantList:
    return GrantList(items=[Grant.of(grant) for grant in (await _within_reach(app, caller)).values()])


@router.delete(
    "/{grant_id}",
    status_code=204,
    summary='Take back an "always": from now on it is asked again',
    response_class=Response,
)
async def revoke(grant_id: Annotated[str, Path(min_length=1, max_length=80)], app: House, caller: Actor) -> Response:
    if grant_id not in await _within_reach(app, caller):
        raise NotFound(f"There is no grant {grant_id}.")
    await app.runs.grants.revoke(caller.tenant, grant_id, caller.id)
    return Response(status_code=204)

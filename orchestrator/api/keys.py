"""Keys of programs: made, listed, revoked. See docs/gateway.md."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field

from orchestrator.api.access import House, Reader, reach
from orchestrator.api.bodies import JsonRoute
from orchestrator.api.forms import Form
from orchestrator.api.frames import moment
from orchestrator.identity.base import ApiKey, Reach
from orchestrator.identity.sessions import DAY
from orchestrator.kernel.errors import NotAllowed
from orchestrator.kernel.messages import Scope

router = APIRouter(route_class=JsonRoute, prefix="/api/v1/auth/keys", tags=["identity"])


class KeyForm(Form):
    name: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]
    reach: Reach = "models"
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=4)] = Field(default=["read", "execute"])
    days: Annotated[float, Field(gt=0, le=36_500)] | None = None
    username: Annotated[str, Field(min_length=1, max_length=64)] | None = None


class Key(BaseModel):
    id: str
    name: str
    username: str
    reach: Reach
    scopes: list[Scope]
    ending: str
    created_at: datetime
    expires_at: datetime | None
    last_used: datetime | None
    revoked_at: datetime | None

    @classmethod
    def of(cls, key: ApiKey) -> "Key":
        return cls(
            id=key.id,
            name=key.name,
            username=key.username,
            reach=key.reach,
            scopes=sorted(key.scopes),
            ending=key.ending,
            created_at=moment(key.created_at),
            expires_at=_moment(key.expires_at),
            last_used=_moment(key.last_used),
            revoked_at=_moment(key.revoked_at),
        )


class NewKey(Key):
    key: str  # shown now, and never again


class KeyList(BaseModel):
    items: list[Key]


def _moment(at: float | None) -> datetime | None:
    return None if at is None else moment(at)


@router.get("", summary="One's keys; an administrator, everyone's")
async def list_keys(app: House, caller: Reader) -> KeyList:
    found = await app.accounts.keys.of(caller.tenant, reach(caller))
    return KeyList(items=[Key.of(key) for key in found])


@router.post("", status_code=201, summary="Make a key for a program: it is shown once")
async def make_key(form: KeyForm, app: House, caller: Reader) -> NewKey:
    """An administrator makes them for others too; a key has no more scopes than its person."""
    owner = caller
    if form.username is not None and form.username.strip().lower() != caller.name:
        if "admin" not in caller.scopes:
            raise NotAllowed("One makes keys for oneself only.", hint="Ask somebody with the 'admin' scope.")
        owner = await app.accounts.named(form.username, caller.tenant)
    seconds = None if form.days is None else form.days * DAY
    key, token = await app.accounts.keys.make(
        owner, form.name.strip() or "key", reach=form.reach, scopes=form.scopes, seconds=seconds
    )
    return NewKey(**Key.of(key).model_dump(), key=token)


@router.delete("/{key_id}", status_code=204, summary="Revoke a key: it opens nothing from now on")
async def revoke_key(key_id: Annotated[str, Path(min_length=1, max_length=80)], app: House, caller: Reader) -> Response:
    await app.accounts.keys.revoke(caller.tenant, key_id, caller.id, of=reach(caller))
    return Response(status_code=204)

"""Secrets: kept under a name, bound to hosts and tools, listed without their values, removed. Never read back."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field

from orchestrator.api.access import Admin, House
from orchestrator.api.bodies import JsonRoute
from orchestrator.api.forms import Form
from orchestrator.api.frames import moment
from orchestrator.identity.vault import Entry

router = APIRouter(route_class=JsonRoute, prefix="/api/v1/secrets", tags=["secrets"])

SecretName = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[A-Za-z][A-Za-z0-9_.-]*$")]
# These say how a value is written; the vault holds it to that, and says what is wrong in words.
_VALUE = r"^[^\u0000]*\S[^\u0000]{4,}\S[^\u0000]*$"
_HOST = r"^((\*\.)?[A-Za-z0-9_][A-Za-z0-9_-]{0,62}(\.[A-Za-z0-9_-]{1,63})*|\[?[0-9a-fA-F]*:[0-9a-fA-F:.]*\]?)$"
_TOOL = r"^[A-Za-z0-9_.:-]{1,100}$"
Value = Annotated[str, Field(max_length=65_536, json_schema_extra={"pattern": _VALUE})]
Host = Annotated[str, Field(max_length=253, json_schema_extra={"pattern": _HOST})]
Tool = Annotated[str, Field(json_schema_extra={"pattern": _TOOL})]


class SecretForm(Form):
    """A value, and where it may go: to these hosts, by these tools; at least one of them is said."""

    value: Value
    hosts: Annotated[list[Host], Field(max_length=32, default_factory=list)]
    tools: Annotated[list[Tool], Field(max_length=32, default_factory=list)]


class KeptSecret(BaseModel):
    name: str
    hosts: list[str]
    tools: list[str]
    by: str
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, entry: Entry) -> "KeptSecret":
        return cls(
            name=entry.name,
            hosts=list(entry.hosts),
            tools=list(entry.tools),
            by=entry.by,
            created_at=moment(entry.created_at),
            updated_at=moment(entry.updated_at),
        )


class SecretList(BaseModel):
    items: list[KeptSecret]


@router.get("", summary="The secrets there are, by name, and where they may go")
async def secrets(app: House, caller: Admin) -> SecretList:
    return SecretList(items=[KeptSecret.of(entry) for entry in await app.vault.entries()])


@router.put("/{name}", summary="Keep a secret under a name; it is never shown again")
async def keep_secret(name: SecretName, form: SecretForm, app: House, caller: Admin) -> KeptSecret:
    return KeptSecret.of(await app.vault.put(name, form.value, form.hosts, form.tools, by=caller.id))


@router.delete("/{name}", status_code=204, summary="Remove a secret", response_class=Response)
async def remove_secret(name: SecretName, app: House, caller: Admin) -> Response:
    await app.vault.remove(name, by=caller.id)
    return Response(status_code=204)

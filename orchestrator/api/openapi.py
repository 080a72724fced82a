"""OpenAPI documents as tools: looked at, added, listed, removed."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field

from orchestrator.api.access import Admin, House, Reader
from orchestrator.api.bodies import JsonRoute
from orchestrator.api.forms import Form
from orchestrator.tools.openapi.documents import Api
from orchestrator.tools.openapi.operations import Operations
from orchestrator.tools.openapi.reading import LARGEST

router = APIRouter(route_class=JsonRoute, prefix="/api/v1/openapi", tags=["tools"])

Name = Annotated[str, Path(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
SchemeName = Annotated[str, Field(min_length=1, max_length=200)]
SecretName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,63}$")]


class DocumentForm(Form):
    """A document, or where it is; where its server is, if it does not say; the secrets it is called with."""

    document: Annotated[str, Field(max_length=LARGEST)] = ""
    url: Annotated[str, Field(max_length=2000)] = ""
    server: Annotated[str, Field(max_length=2000)] = ""
    secrets: Annotated[dict[SchemeName, SecretName], Field(max_length=20, default_factory=dict)]
    replace: Annotated[bool, Field(description="in the place of the version that is there")] = False


class ApiTool(BaseModel):
    name: str
    tool: str
    method: str
    path: str
    signed: bool
    description: str
    scope: Literal["read", "write", "execute", "admin"]
    effects: Literal["none", "idempotent", "once"]


class ApiShown(BaseModel):
    name: str
    title: str
    server: str
    secrets: dict[str, str]
    schemes: Annotated[list[str], Field(description="the security schemes that the document names")]
    tools: list[ApiTool]
    problems: Annotated[dict[str, str], Field(description="by operation: why it is no tool")]
    digest: str


class ApiLooked(ApiShown):
    """What adding it would give. `document` is what was looked at: what is added with it is just that."""

    document: str


class ApiList(BaseModel):
    items: list[ApiShown]
    problems: dict[str, str]


def _shown(name: str, api: Api, found: Operations) -> ApiShown:
    tools = [
        ApiTool(
            name=one.name,
            tool=one.spec.name,
            method=one.method,
            path=one.path,
            signed=bool(one.schemes),
            description=one.spec.description,
            scope=one.spec.scope,
            effects=one.spec.effects,
        )
        for one in found.usable
    ]
    return ApiShown(
        name=name,
        title=api.title,
        server=api.server,
        secrets=api.secrets,
        schemes=list(found.schemes),
        tools=tools,
        problems=found.problems,
        digest=api.digest,
    )


@router.get("", summary="The OpenAPI documents there are, and the tools they give")
async def openapi_documents(app: House, caller: Reader) -> ApiList:
    documents = app.foreign.documents
    return ApiList(
        items=[_shown(name, api, found) for name, (api, found) in documents.all().items()], problems=documents.problems
    )


@router.put("/{name}", summary="Add an OpenAPI document: each of its operations becomes a tool")
async def add_openapi_document(name: Name, form: DocumentForm, app: House, caller: Admin) -> ApiShown:
    added = await app.foreign.documents.add(
        name,
        form.document,
        url=form.url,
        server=form.server,
        secrets=form.secrets,
        by=caller.id,
        replace=form.replace,
    )
    return _shown(name, *added)


@router.post("/{name}/look", summary="What an OpenAPI document would give: nothing is kept, nothing offered")
async def look_at_openapi_document(name: Name, form: DocumentForm, app: House, caller: Admin) -> ApiLooked:
    api, found = await app.foreign.documents.look(
        name, form.document, url=form.url, server=form.server, secrets=form.secrets
    )
    return ApiLooked(**_shown(name, api, found).model_dump(), document=api.text)


@router.delete("/{name}", status_code=204, summary="Remove an OpenAPI document", response_class=Response)
async def remove_openapi_document(name: Name, app: House, caller: Admin) -> Response:
    await app.foreign.documents.remove(name, by=caller.id)
    return Response(status_code=204)

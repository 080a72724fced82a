"""Servers of tools, over the Model Context Protocol: added, looked at, and what they say of their tools agreed to."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field

from orchestrator.api.access import Actor, Admin, House, Reader
from orchestrator.api.bodies import JsonRoute
from orchestrator.api.forms import Form
from orchestrator.api.frames import moment
from orchestrator.kernel.errors import ToolFailed
from orchestrator.kernel.settings import McpServer
from orchestrator.tools.mcp.offers import PromptOffer, ServerState
from orchestrator.tools.mcp.server import Server

router = APIRouter(route_class=JsonRoute, prefix="/api/v1/mcp", tags=["tools"])

Name = Annotated[str, Path(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
Word = Annotated[str, Field(min_length=1, max_length=4000, pattern=r"^[^\u0000]*$")]
Variable = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,99}$")]
Header = Annotated[str, Field(pattern=r"^[A-Za-z0-9!#$%&'*+.^_|~-]{1,100}$")]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
ToolThere = Annotated[str, Field(min_length=1, max_length=256)]


class ServerForm(Form):
    """A program that is started here, confined; or the address of a server."""

    command: Annotated[list[Word], Field(max_length=100, default_factory=list)]
    url: Annotated[str, Field(max_length=2000)] = ""
    client_id: Annotated[str, Field(max_length=2000)] = ""
    client_secret: Annotated[str, Field(max_length=2000)] = ""
    environment: Annotated[dict[Variable, Word], Field(max_length=100, default_factory=dict)]
    headers: Annotated[dict[Header, Word], Field(max_length=50, default_factory=dict)]
    readable: Annotated[list[Word], Field(max_length=100, default_factory=list)]
    workspace: bool = False
    network: bool = False
    trusted: bool = False
    seconds: Annotated[float, Field(gt=0, le=3600)] = 60.0

    def settings(self) -> McpServer:
        return McpServer(
            command=tuple(self.command),
            url=self.url,
            headers=self.headers,
            client_id=self.client_id,
            client_secret=self.client_secret,
            environment=self.environment,
            readable=tuple(self.readable),
            workspace=self.workspace,
            network=self.network,
            trusted=self.trusted,
            seconds=self.seconds,
        )


class SeenForm(Form):
    """What a person has looked at: the digest of each tool and prompt, by the name it has there."""

    tools: Annotated[dict[ToolThere, Digest], Field(max_length=2048, default_factory=dict)]
    prompts: Annotated[dict[ToolThere, Digest], Field(max_length=2048, default_factory=dict)]


class FillForm(Form):
    """A prompt, and what stands in its blanks."""

    name: ToolThere
    arguments: Annotated[dict[ToolThere, Word], Field(max_length=100, default_factory=dict)]


class BackForm(Form):
    """Where the browser was sent in the end: of use where that is not this machine's own."""

    address: Annotated[str, Field(min_length=1, max_length=8000)]


class SignInLink(BaseModel):
    link: Annotated[str, Field(description="where a person signs in; empty: nobody need")]


class ServerTool(BaseModel):
    name: str
    tool: str
    state: Literal["offered", "new", "changed", "unusable"]
    description: str
    before: str
    problem: str
    digest: str


class ServerResource(BaseModel):
    uri: str
    name: str
    description: str
    media_type: str
    size: int | None
    updated_at: datetime | None = Field(description="when it changed after it was read here, as far as is known")


class ServerTemplate(BaseModel):
    uri: str
    name: str
    description: str
    media_type: str
    fields: list[str]


class PromptBlank(BaseModel):
    name: str
    description: str
    required: bool


class ServerPrompt(BaseModel):
    name: str
    title: str
    description: str
    before: str
    state: Literal["offered", "new", "changed"]
    digest: str
    blanks: list[PromptBlank]


class PromptText(BaseModel):
    text: str = Field(description="what the server makes of it, for a person to read before it is said to an agent")


class McpServerShown(BaseModel):
    name: str
    transport: Literal["stdio", "http"]
    place: str
    connected: bool
    signing_in: bool
    problem: str
    protocol: str
    title: str
    given: bool
    network: bool
    trusted: bool
    state: ServerState
    environment: list[str] = Field(description="the names of what it is given; the values are not shown")
    headers: list[str] = Field(description="the names of what is sent with every request")
    tools: list[ServerTool]
    resources: list[ServerResource]
    templates: list[ServerTemplate]
    prompts: list[ServerPrompt]


class McpServers(BaseModel):
    items: list[McpServerShown]


def _shown(app: House, server: Server) -> McpServerShown:
    settings, kept = server.settings, server.kept
    return McpServerShown(
        name=server.name,
        transport="http" if settings.url else "stdio",
        place=settings.url or " ".join(settings.command),
        connected=server.connected,
        signing_in=server.signing_in,
        problem=server.problem,
        protocol=kept.protocol,
        title=kept.title,
        given=app.foreign.servers.is_given(server.name),
        network=bool(settings.url) or settings.network,
        trusted=settings.trusted,
        state=server.state,
        environment=sorted(settings.environment),
        headers=sorted(settings.headers),
        resources=[
            ServerResource(**msgspec.to_builtins(one), updated_at=_moment(server.updated.get(one.uri)))
            for one in kept.held.resources
        ],
        templates=[ServerTemplate(**msgspec.to_builtins(one), fields=one.fields) for one in kept.held.templates],
        prompts=[_prompt(offer) for offer in server.prompts()],
        tools=[
            ServerTool(
                name=offer.name,
                tool=offer.tool,
                state=offer.state,
                description=offer.description,
                before=offer.before,
                problem=offer.problem,
                digest=offer.digest,
            )
            for offer in server.offers()
        ],
    )


def _prompt(offer: PromptOffer) -> ServerPrompt:
    shown = msgspec.to_builtins(offer.prompt)
    return ServerPrompt(**shown, before=offer.before, state=offer.state, digest=offer.prompt.digest)  # type: ignore[arg-type]


def _moment(at: float | None) -> datetime | None:
    return None if at is None else moment(at)


@router.get("", summary="The MCP servers there are, and how each of their tools stands")
async def mcp_servers(app: House, caller: Reader) -> McpServers:
    return McpServers(items=[_shown(app, server) for server in app.foreign.servers.all()])


@router.get("/{name}", summary="One MCP server")
async def mcp_server(name: Name, app: House, caller: Reader) -> McpServerShown:
    return _shown(app, app.foreign.servers.get(name))


@router.put("/{name}", summary="Add an MCP server: its tools as they are now count as seen")
async def add_mcp_server(name: Name, form: ServerForm, app: House, caller: Admin) -> McpServerShown:
    return _shown(app, await app.foreign.servers.add(name, form.settings(), by=caller.id))


@router.delete("/{name}", status_code=204, summary="Remove an MCP server and its tools", response_class=Response)
async def remove_mcp_server(name: Name, app: House, caller: Admin) -> Response:
    await app.foreign.servers.remove(name, by=caller.id)
    return Response(status_code=204)


@router.post("/{name}/test", summary="Ask an MCP server now what it offers")
async def test_mcp_server(name: Name, app: House, caller: Admin) -> McpServerShown:
    return _shown(app, await app.foreign.servers.test(name))


@router.post("/{name}/approve", summary="Say that a person has looked at new or changed tools and prompts")
async def approve_mcp_tools(name: Name, form: SeenForm, app: House, caller: Admin) -> McpServerShown:
    return _shown(app, await app.foreign.servers.approve(name, form.tools, form.prompts, by=caller.id))


@router.post("/{name}/prompts", summary="What a prompt of an MCP server says, for a person to read and send")
async def mcp_prompt(name: Name, form: FillForm, app: House, caller: Actor) -> PromptText:
    try:
        return PromptText(text=await app.foreign.servers.get(name).prompt(form.name, form.arguments))
    except ConnectionError as error:
        raise ToolFailed(str(error), hint="Try again.") from error


@router.post("/{name}/login", summary="Begin to sign in at an MCP server: gives the link that a person opens")
async def login_to_mcp_server(name: Name, app: House, caller: Admin) -> SignInLink:
    return SignInLink(link=await app.foreign.servers.login(name, by=caller.id))


@router.post("/{name}/login/back", summary="Say where the browser was sent after signing in")
async def back_from_mcp_login(name: Name, form: BackForm, app: House, caller: Admin) -> McpServerShown:
    server = app.foreign.servers.get(name)
    server.came_back(form.address)
    await server.signed_in()
    return _shown(app, server)

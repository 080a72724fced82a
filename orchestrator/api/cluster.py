"""The servers of this installation, and which of them works on what."""

from datetime import datetime
from typing import Literal

import msgspec
from fastapi import APIRouter
from pydantic import BaseModel, Field

from orchestrator.api.access import Admin, House, Reader
from orchestrator.api.bodies import JsonRoute
from orchestrator.app import App
from orchestrator.kernel.errors import NotFound

router = APIRouter(route_class=JsonRoute, prefix="/api/v1", tags=["system"])


class ClusterNode(BaseModel):
    node: str = Field(description="One life of one process.")
    url: str
    state: str = Field(description="serving, fronting (leaves the work to others), visiting (a command), draining")
    room: int = Field(description="Runs it works on at once.")
    running: int
    claims: int = Field(description="Runs that are its own.")
    version: str
    started_at: datetime


class ClusterSink(BaseModel):
    name: str
    kind: str = Field(description="kafka, nats")
    behind: int = Field(description="Events that it does not have yet.")
    position: int = Field(description="Of the last event that it keeps.")
    here: bool = Field(description="Whether the server that answers tells it.")
    problem: str = Field(description="Why it gets no further, as that server knows it.")


class DrainForm(BaseModel):
    on: bool = Field(True, description="false: it takes runs again.")


class ClusterState(BaseModel):
    mode: Literal["single", "cluster"]
    this: str = Field(description="The node that answers; empty where it is the only one.")
    lane: str = Field(description="What carries what is live: postgresql, nats; local where there is one process.")
    waiting: int = Field(description="Runs that no node works on yet.")
    nodes: list[ClusterNode]
    sinks: list[ClusterSink] = Field(description="Who is told of every event, beyond this installation.")


@router.get("/system/cluster", summary="The servers on this journal")
async def cluster(app: House, caller: Reader) -> ClusterState:
    return await _state(app)


@router.post("/system/cluster/nodes/{node}/drain", summary="Let a server take no more runs")
async def drain(node: str, form: DrainForm, app: House, caller: Admin) -> ClusterState:
    """Those that it works on go on to their end; what is begun there is handed to others."""
    if app.node is None:
        raise NotFound("This server is alone with its database.", hint="See docs/cluster.md.")
    await app.node.rest(node, form.on)
    return await _state(app)


async def _state(app: App) -> ClusterState:
    standings = [await audit.standing() for audit in app.upkeep.audits]
    sinks = [ClusterSink(**msgspec.structs.asdict(standing)) for standing in standings]
    if app.node is None:
        return ClusterState(mode="single", this="", lane="local", waiting=0, nodes=[], sinks=sinks)
    views = await app.node.claims.nodes()
    nodes = [
        ClusterNode(
            node=view.node,
            url=view.url,
            state=view.state,
            room=view.room,
            running=view.running,
            claims=view.claims,
            version=view.version,
            started_at=view.started_at,
        )
        for view in views
    ]
    waiting = sum(claim.node is None for claim in await app.node.claims.claims())
    return ClusterState(
        mode="cluster", this=app.node.name, lane=app.node.lane, waiting=waiting, nodes=nodes, sinks=sinks
    )

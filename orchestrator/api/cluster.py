"""The servers of this installation, and which of them works on what."""

from datetime import datetime
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from orchestrator.api.access import House, Reader
from orchestrator.api.bodies import JsonRoute

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


class ClusterState(BaseModel):
    mode: Literal["single", "cluster"]
    this: str = Field(description="The node that answers; empty where it is the only one.")
    lane: str = Field(description="What carries what is live: postgresql, nats; local where there is one process.")
    waiting: int = Field(description="Runs that no node works on yet.")
    nodes: list[ClusterNode]


@router.get("/system/cluster", summary="The servers on this journal")
async def cluster(app: House, caller: Reader) -> ClusterState:
    if app.node is None:
        return ClusterState(mode="single", this="", lane="local", waiting=0, nodes=[])
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
    return ClusterState(mode="cluster", this=app.node.name, lane=app.node.lane, waiting=waiting, nodes=nodes)

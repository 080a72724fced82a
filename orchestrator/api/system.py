"""How the server fares: health, statistics, models, metrics."""

import os
from typing import Any

import psutil
from fastapi import APIRouter, Request, Response

from orchestrator import __version__
from orchestrator.api.access import House, Reader
from orchestrator.api.bodies import JsonRoute
from orchestrator.api.wire import Chosen, Cpu, Disk, Health, Memory, Model, ModelHealth, Models, Stats
from orchestrator.app import App
from orchestrator.kernel.errors import ModelError

router = APIRouter(route_class=JsonRoute, tags=["system"])

METRICS: dict[int | str, dict[str, Any]] = {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}}


ILL: dict[int | str, dict[str, Any]] = {503: {"model": Health}}


@router.get(
    "/health", summary="Whether the server works, or must start again", responses=ILL, response_model_exclude_none=True
)
@router.head("/health", include_in_schema=False)  # as many monitors ask
@router.head("/api/v1/health", include_in_schema=False)
@router.get("/api/v1/health", summary="The same", responses=ILL, response_model_exclude_none=True, name="health_of_api")
async def health(app: House, response: Response) -> Health:
    """503 only where a new start is the cure: what passes by itself is said with 200."""
    found = await _health(app)
    if found.status == "failing":
        response.status_code = 503
    return found


@router.head("/health/ready", include_in_schema=False)
@router.get(
    "/health/ready", summary="Whether work can be given to the server", responses=ILL, response_model_exclude_none=True
)
async def ready(app: House, response: Response) -> Health:
    found = await _health(app)
    if found.status != "ok":
        response.status_code = 503
    return found


async def _health(app: App) -> Health:
    trouble = await app.journal.trouble()
    if trouble is None:
        return Health(status="ok")
    return Health(status="degraded" if trouble.retryable else "failing", code=trouble.code)


@router.get("/metrics", summary="Prometheus metrics", response_class=Response, responses=METRICS)
async def metrics(request: Request, app: House, caller: Reader) -> Response:
    return Response(app.metrics.exposition(), media_type=app.metrics.media_type)


@router.get("/api/v1/system/stats", summary="The server and the machine in figures")
async def stats(app: House, caller: Reader) -> Stats:
    memory, disk = psutil.virtual_memory(), psutil.disk_usage(str(app.settings.data))
    return Stats(
        version=__version__,
        uptime=app.clock.now() - app.started_at,
        runs=await app.views.counts(caller.tenant),
        events=await app.views.events(),
        memory=Memory(
            total=memory.total,
            used=memory.total - memory.available,
            percent=memory.percent,
            process=psutil.Process().memory_info().rss,
        ),
        cpu=Cpu(count=os.cpu_count() or 1, percent=psutil.cpu_percent(), load=psutil.getloadavg()[0]),
        disk=Disk(total=disk.total, used=disk.used, percent=disk.percent),
        sandbox=app.sandbox.level,
        loosened=app.settings.loosened(),
    )


@router.get("/api/v1/system/models", summary="The models that can be used, and the one `auto` takes")
async def models(app: House, caller: Reader) -> Models:
    health, vitals = await app.models.health(), app.models.vitals()
    return Models(
        items=[
            Model(
                name=model.name,
                provider=model.provider,
                capabilities=sorted(model.capabilities),
                context=model.context,
                simulated=model.simulated,
                description=model.description,
            )
            for model in await app.models.list()
        ],
        health={
            name: ModelHealth(
                ok=state.ok,
                detail=state.detail,
                code=state.code,
                breaker=vitals[name].state if name in vitals else "closed",
                resumes_in=vitals[name].resumes_in if name in vitals else 0.0,
            )
            for name, state in health.items()
        },
        auto=await _auto(app),
    )


async def _auto(app: App) -> Chosen | None:
    try:
        choice = await app.models.choose("auto")
    except ModelError:
        return None
    return Chosen(model=f"{choice.provider}/{choice.name}", reason=choice.reason)

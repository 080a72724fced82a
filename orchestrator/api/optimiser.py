"""Fewer tokens for the same: prompts and conversations optimised; and the cache of answers."""

import asyncio

from fastapi import APIRouter

from orchestrator.api.access import Admin, House, Reader
from orchestrator.api.bodies import JsonRoute
from orchestrator.api.wire_savings import (
    CacheStatistics,
    Cleared,
    FidelityReport,
    HistoryForm,
    OptimisedHistory,
    OptimisedPrompt,
    OptimiserMetrics,
    PromptForm,
)
from orchestrator.app import App
from orchestrator.llm.cache.cache import Statistics
from orchestrator.llm.optimiser.fidelity import check
from orchestrator.llm.optimiser.metrics import REFERENCE, Tariff
from orchestrator.llm.optimiser.prompt import PromptOptimizer

router = APIRouter(route_class=JsonRoute, tags=["optimizer"])


@router.post("/api/v1/optimizer/prompt", summary="A prompt in fewer tokens")
async def optimize_prompt(form: PromptForm, app: House, caller: Reader) -> OptimisedPrompt:
    optimizer = PromptOptimizer(form.mode, tariff=await _tariff(app, form.model))
    made, metrics = await asyncio.to_thread(optimizer.optimize, form.prompt)
    found = await asyncio.to_thread(check, form.prompt, made) if form.check else None
    return OptimisedPrompt(
        optimized_prompt=made,
        metrics=OptimiserMetrics.of(metrics),
        fidelity=FidelityReport.of(found) if found is not None else None,
    )


router.add_api_route(
    "/optimize_prompt",
    optimize_prompt,
    methods=["POST"],
    name="optimize_prompt_by_its_old_name",
    summary="A prompt in fewer tokens, at the address that programs know",
)


@router.post("/api/v1/optimizer/history", summary="A conversation in fewer tokens; a longer one begins with the same")
async def optimize_history(form: HistoryForm, app: House, caller: Reader) -> OptimisedHistory:
    optimizer = PromptOptimizer(form.mode, tariff=await _tariff(app, form.model))
    made, metrics = await asyncio.to_thread(optimizer.optimize_history, form.messages)
    return OptimisedHistory(messages=made, metrics=OptimiserMetrics.of(metrics))


async def _tariff(app: App, model: str) -> Tariff:
    """What reading costs at the model that was named. Raises NoModel."""
    if not model:
        return REFERENCE
    choice = await app.models.choose(model)
    label = f"{choice.provider}/{choice.name}"
    if choice.price is None:
        return Tariff(0.0, 0.0, 0.0, f"{label}, whose price is not known")
    return Tariff(choice.price.input, choice.price.cached, choice.price.written, label)


@router.get("/api/v1/cache", summary="What the cache of answers holds and spared")
async def cache(app: House, caller: Reader) -> CacheStatistics:
    remembered = app.models.remembered
    if remembered is None:
        return CacheStatistics.of("off", Statistics())
    return CacheStatistics.of(app.settings.llm.cache.mode, await remembered.cache.statistics(caller.tenant))


@router.delete("/api/v1/cache", summary="Forget the answers of this tenant")
async def clear_cache(app: House, caller: Admin) -> Cleared:
    remembered = app.models.remembered
    return Cleared(cleared=0 if remembered is None else await remembered.cache.clear(caller.tenant))

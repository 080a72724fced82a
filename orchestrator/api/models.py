"""Models: what there is and how it fares, providers connected and removed, models fetched, answers judged."""

import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field
from starlette.responses import StreamingResponse

from orchestrator.api.access import Actor, Admin, House, Reader
from orchestrator.api.bodies import JsonRoute
from orchestrator.api.forms import Form
from orchestrator.api.problems import problem_of
from orchestrator.api.runs import shown
from orchestrator.api.wire import Usage
from orchestrator.app import App
from orchestrator.kernel.errors import NotFound, OrchestratorError
from orchestrator.kernel.messages import user
from orchestrator.kernel.settings import Provider, Secret
from orchestrator.llm.base import ModelInfo, Progress, Reply, Request, Setback
from orchestrator.llm.metered import metered
from orchestrator.llm.preferences import Preferred
from orchestrator.llm.routing.kinds import classify
from orchestrator.llm.routing.router import Errand
from orchestrator.llm.source import EMBEDDED
from orchestrator.policy.budgets.base import Spending

router = APIRouter(route_class=JsonRoute, prefix="/api/v1/models", tags=["models"])

ModelName = Annotated[str, Field(min_length=1, max_length=500)]
Kind = Literal[
    "ollama", "openai", "responses", "anthropic", "gemini", "deepseek", "huggingface", "llamacpp", "scripted"
]  # fmt: skip
STREAM: dict[int | str, dict[str, Any]] = {200: {"content": {"text/event-stream": {"schema": {}}}}}
URL = r"^(https?://[A-Za-z0-9][A-Za-z0-9.-]*(:([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}))?(/[A-Za-z0-9._~/-]*)?)?$"


class ModelPrice(BaseModel):
    """US dollars a million tokens."""

    input: float
    output: float
    cached: float


class ModelSpeed(BaseModel):
    replies: int
    failures: int
    first_seconds: float
    tokens_per_second: float


class ModelDetail(BaseModel):
    model: str  # provider/name
    provider: str
    name: str
    capabilities: list[str]
    context: int | None
    output: int | None
    price: ModelPrice | None
    quality: float | None
    simulated: bool
    description: str
    speed: ModelSpeed | None
    auto: bool  # whether routing may take it


class ProviderState(BaseModel):
    name: str
    kind: str
    base_url: str
    model: str
    key: Literal["", "set", "environment"]
    place: str
    ok: bool
    detail: str
    code: Annotated[str, Field(description="of what is wrong, where it is known")]
    breaker: Literal["closed", "open", "half-open"]
    resumes_in: float
    busy: int
    waiting: int
    concurrency: int
    added: bool  # while it ran: it can be removed; else the settings or the environment say it


class ModelList(BaseModel):
    items: list[ModelDetail]
    providers: list[ProviderState]


class ProviderForm(Form):
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
    kind: Kind
    base_url: Annotated[str, Field(max_length=500, pattern=URL)] = ""
    api_key: Annotated[str, Field(max_length=1000, pattern=r"^[!-~]*$")] = ""
    api_key_env: Annotated[str, Field(max_length=100, pattern=r"^[A-Za-z0-9_]*$")] = ""
    model: Annotated[str, Field(max_length=500)] = ""
    place: Annotated[str, Field(max_length=40)] = ""
    options: Annotated[dict[str, Any], Field(default_factory=dict)]


class TestForm(Form):
    model: ModelName = "auto"


class Tested(BaseModel):
    model: str
    reason: str
    text: str
    seconds: float
    usage: Usage
    cost: float
    notes: list[str]  # what failed on the way


class RouteForm(Form):
    task: Annotated[str, Field(max_length=200_000)]
    model: ModelName = "auto"


class RankedModel(BaseModel):
    model: str
    quality: float
    dollars: float
    judgements: float


class Routed(BaseModel):
    model: str
    kind: str
    reason: str
    chain: list[str]
    ranked: list[RankedModel]


class PullForm(Form):
    name: Annotated[str, Field(min_length=1, max_length=2000)]
    sha256: Annotated[str, Field(pattern=r"^([0-9a-fA-F]{64})?$")] = ""


class RateForm(Form):
    run_id: Annotated[str, Field(min_length=1, max_length=80)]
    good: bool
    note: Annotated[str, Field(max_length=2000)] = ""


class PreferencesForm(Form):
    pins: Annotated[
        dict[Annotated[str, Field(min_length=1, max_length=100)], ModelName],
        Field(default_factory=dict, max_length=200),
    ]
    optimise: Literal["off", "minimal", "balanced", "aggressive"]
    cache: bool


class Preferences(BaseModel):
    pins: dict[str, str]  # by agent: what `auto` means for it
    optimise: Literal["off", "minimal", "balanced", "aggressive"]
    cache: bool

    @classmethod
    def of(cls, preferred: Preferred) -> "Preferences":
        return cls(pins=preferred.pins, optimise=preferred.optimise, cache=preferred.cache)


class Rated(BaseModel):
    run_id: str
    good: bool
    model: str
    kind: str


@router.get("", summary="Every model and provider, with prices, speeds and breakers")
async def list_models(app: House, caller: Reader) -> ModelList:
    health = await app.models.health()
    vitals = app.models.vitals()
    routable = {candidate.label for candidate in app.models.candidates()}
    items = [_detail(app, info, routable) for info in await app.models.list()]
    providers, added = [], app.connections.added()
    for name, settings in app.models.providers().items():
        if name == EMBEDDED:
            continue
        state = vitals[name]
        providers.append(
            ProviderState(
                name=name,
                kind=settings.kind,
                base_url=settings.base_url,
                model=settings.model,
                key="environment" if settings.api_key_env else "set" if settings.api_key else "",
                place=settings.place,
                ok=health[name].ok,
                detail=health[name].detail,
                code=health[name].code,
                breaker=state.state,
                resumes_in=state.resumes_in,
                busy=state.busy,
                waiting=state.waiting,
                concurrency=settings.concurrency,
                added=name in added,
            )
        )
    return ModelList(items=items, providers=providers)


def _detail(app: App, info: ModelInfo, routable: set[str]) -> ModelDetail:
    label = f"{info.provider}/{info.name}"
    state = app.models.vitals().get(info.provider)
    seen = state.speeds.get(info.name) if state is not None else None
    price = info.price
    return ModelDetail(
        model=label,
        provider=info.provider,
        name=info.name,
        capabilities=sorted(info.capabilities),
        context=info.context,
        output=info.output,
        price=ModelPrice(input=price.input, output=price.output, cached=price.cached) if price else None,
        quality=info.quality,
        simulated=info.simulated,
        description=info.description,
        speed=ModelSpeed(
            replies=seen.replies, failures=seen.failures, first_seconds=seen.first, tokens_per_second=seen.rate
        )
        if seen is not None and seen.replies + seen.failures
        else None,
        auto=label in routable,
    )


@router.get("/show", summary="One model")
async def show_model(model: ModelName, app: House, caller: Reader) -> ModelDetail:
    found = {f"{info.provider}/{info.name}": info for info in await app.models.list()}
    routable = {candidate.label for candidate in app.models.candidates()}
    info = found.get(model) or next((one for one in found.values() if one.name == model), None)
    if info is None:
        raise NotFound(f"There is no model {model!r}.", hint=f"There is: {', '.join(list(found)[:20])}.")
    return _detail(app, info, routable)


@router.post("/providers", status_code=201, summary="Connect a provider, from now on and without a restart")
async def add_provider(form: ProviderForm, app: House, caller: Admin) -> ProviderState:
    provider = Provider(
        form.kind,
        form.base_url,
        Secret(form.api_key),
        form.model,
        options=form.options,
        api_key_env=form.api_key_env,
        place=form.place,
    )
    await app.connections.add(form.name, provider, tenant=caller.tenant, by=caller.id)
    return next(one for one in (await list_models(app, caller)).providers if one.name == form.name)


@router.delete("/providers/{name}", status_code=204, summary="Remove a provider that was connected here")
async def remove_provider(name: Annotated[str, Path(max_length=80)], app: House, caller: Admin) -> Response:
    await app.connections.remove(name, tenant=caller.tenant, by=caller.id)
    return Response(status_code=204)


@router.get("/preferences", summary="Pins of agents, how prompts are shortened, whether answers are remembered")
async def show_preferences(app: House, caller: Reader) -> Preferences:
    return Preferences.of(app.connections.preferences.current)


@router.put("/preferences", summary="Prefer it otherwise, from now on and instead of the settings")
async def set_preferences(form: PreferencesForm, app: House, caller: Admin) -> Preferences:
    wanted = Preferred(form.pins, form.optimise, form.cache)
    made = await app.connections.preferences.change(wanted, tenant=caller.tenant, by=caller.id)
    app.runs.desk.house.optimise = made.optimise
    return Preferences.of(made)


@router.post("/test", summary="Ask a model for one word, and time it")
async def test_model(form: TestForm, app: House, caller: Actor) -> Tested:
    choice = await app.models.choose(form.model)
    began, notes, answered = app.clock.monotonic(), [], f"{choice.provider}/{choice.name}"
    request = Request(choice.name, (user("Say OK, and nothing else."),), max_tokens=500)
    spending = Spending(
        app.ids.new("test"), "", caller.tenant, caller.id, answered, 20, door="test", rates=choice.rates, most=500
    )
    async with aclosing(metered(app.budgets, spending, choice.model, request)) as chunks:  # type: ignore[type-var]
        async for chunk in chunks:
            if isinstance(chunk, Setback):
                notes.append(f"{chunk.model}: {chunk.error.detail}")
                answered = chunk.next
            elif isinstance(chunk, Reply):
                reply = chunk
    used = reply.usage
    return Tested(
        model=answered,
        reason=choice.reason,
        text=reply.message.text[:2000],
        seconds=app.clock.monotonic() - began,
        usage=Usage(input_tokens=used.input_tokens, output_tokens=used.output_tokens, cached_tokens=used.cached_tokens),
        cost=reply.cost,
        notes=notes,
    )


@router.post("/route", summary="Which model a task would get, and why; nothing is asked of it")
async def route_task(form: RouteForm, app: House, caller: Reader) -> Routed:
    choice = await app.models.choose(form.model, task=form.task)
    kind = classify(form.task)
    return Routed(
        model=f"{choice.provider}/{choice.name}",
        kind=kind,
        reason=choice.reason,
        chain=[way.label for way in choice.ways],
        ranked=[
            RankedModel(
                model=one.candidate.label,
                quality=one.quality,
                dollars=one.dollars,
                judgements=app.models.learnt.judgements(kind, one.candidate.label),
            )
            for one in app.models.ranked(Errand(kind, manner=form.model.partition(":")[2]))
        ],
    )


@router.post("/pull", summary="Fetch a model: Ollama's by name, a GGUF file by address", responses=STREAM)
async def pull_model(form: PullForm, app: House, caller: Admin) -> StreamingResponse:
    steps = app.connections.pull(form.name, form.sha256, tenant=caller.tenant, by=caller.id)
    return StreamingResponse(_told(steps), media_type="text/event-stream", headers={"Cache-Control": "no-store"})


async def _told(steps: AsyncIterator[Progress]) -> AsyncIterator[bytes]:
    last = 0.0
    try:
        async for step in steps:
            if step.status != "downloading" or step.completed == step.total or time.monotonic() - last > 0.2:
                last = time.monotonic()
                yield b"data: " + msgspec.json.encode(step) + b"\n\n"
    except OrchestratorError as error:
        yield b"event: error\ndata: " + msgspec.json.encode(problem_of(error)) + b"\n\n"


@router.post("/rate", summary="Say whether an answer was good: `auto` learns from it")
async def rate_run(form: RateForm, app: House, caller: Actor) -> Rated:
    run = await shown(app, caller, form.run_id)
    rated = await app.connections.rate(
        run.run_id, run.goal, run.model, form.good, form.note, tenant=caller.tenant, by=caller.id
    )
    return Rated(run_id=rated.run_id, good=rated.good, model=rated.model, kind=rated.kind)

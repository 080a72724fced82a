"""The models there are: which providers answer, which model is meant, and which one `auto` takes."""

import asyncio
from collections.abc import Mapping, Sequence

from msgspec import Struct

from orchestrator.kernel.clock import Clock
from orchestrator.kernel.errors import NoModel, OrchestratorError
from orchestrator.kernel.registry import Registry
from orchestrator.kernel.settings import Llm, Provider
from orchestrator.llm.base import Capability, Health, Model, ModelInfo
from orchestrator.llm.connect import how_to_connect
from orchestrator.llm.fenced import Fenced

PROVIDERS = {
    "ollama": "orchestrator.llm.providers.ollama:Ollama",
    "openai": "orchestrator.llm.providers.openai:OpenAI",
    "responses": "orchestrator.llm.providers.responses:Responses",
    "anthropic": "orchestrator.llm.providers.anthropic:Anthropic",
    "gemini": "orchestrator.llm.providers.gemini:Gemini",
    "deepseek": "orchestrator.llm.providers.deepseek:DeepSeek",
    "huggingface": "orchestrator.llm.providers.huggingface:HuggingFace",
    "llamacpp": "orchestrator.llm.providers.llamacpp:LlamaCpp",
    "embedded": "orchestrator.llm.providers.embedded:Embedded",
    "scripted": "orchestrator.llm.providers.scripted:from_settings",
}
EMBEDDED = "embedded"
FRESH_SECONDS = 30.0  # what a provider said of itself holds so long
PROBE_SECONDS = 1.5


class Choice(Struct, frozen=True):
    model: Model
    name: str  # for Request.model
    provider: str
    reason: str  # one sentence, for a person


class State(Struct, frozen=True):
    """What a provider said of itself, and when."""

    at: float
    health: Health
    models: tuple[ModelInfo, ...] = ()


class Source:
    """One provider: loaded when it is first wanted, asked how it is at most once in a while."""

    def __init__(self, name: str, settings: Provider, clock: Clock, registry: Registry, model: Model | None = None):
        self.name = name
        self.configured = settings.model
        self._settings = settings
        self._clock = clock
        self._registry = registry
        self._model = model
        self._fenced: Fenced | None = None
        self._state: State | None = None
        self._asking: asyncio.Task[State] | None = None

    @property
    def model(self) -> Model:
        if self._model is None:
            plug = self._registry.load(self._settings.kind)
            made: Model = plug(self.name, self._settings, self._clock)
            self._model = made
        return self._model

    def speaking(self, info: ModelInfo | None) -> Model:
        """The provider, behind the fenced protocol if this model cannot call tools itself."""
        if "tools" in (info.capabilities if info is not None else self.model.capabilities):
            return self.model
        if self._fenced is None:
            self._fenced = Fenced(self.model)
        return self._fenced

    def refresh(self) -> "asyncio.Task[State] | None":
        """The probe under way, begun now if what is known is stale; None when it is fresh."""
        if self._state is not None and self._clock.monotonic() - self._state.at < FRESH_SECONDS:
            return None
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._probe(), name=f"probe {self.name}")
        return self._asking

    async def state(self) -> State:
        """How it is now. Many who ask at once share one probe."""
        asking = self.refresh()
        if asking is not None:
            return await asyncio.shield(asking)
        assert self._state is not None
        return self._state

    async def _probe(self) -> State:
        health, models = Health(False), tuple[ModelInfo, ...]()
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                health = await self.model.health()
            if health.ok:
                async with asyncio.timeout(PROBE_SECONDS):
                    models = tuple(await self.model.models())
        except TimeoutError:
            health = Health(False, f"{self.name} did not answer within {PROBE_SECONDS:g} s.")
        except OrchestratorError as error:
            health = Health(False, str(error))
        self._state = State(self._clock.monotonic(), health, models)
        return self._state

    async def close(self) -> None:
        if self._asking is not None and not self._asking.done():
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)
        if self._model is not None:
            await self._model.close()


class Models:
    def __init__(
        self, settings: Llm, clock: Clock, registry: Registry | None = None, *, extra: Mapping[str, Model] | None = None
    ) -> None:
        """`extra` are ready models, preferred to what is configured."""
        plugs = registry or Registry("provider", PROVIDERS)
        self._asked = settings.model
        self._sources = {
            name: Source(name, Provider(kind=name), clock, plugs, model) for name, model in (extra or {}).items()
        }
        for name, provider in settings.providers.items():
            self._sources.setdefault(name, Source(name, provider, clock, plugs))
        self._sources.setdefault(EMBEDDED, Source(EMBEDDED, Provider(kind=EMBEDDED), clock, plugs))

    async def choose(self, asked: str, needs: frozenset[Capability] = frozenset()) -> Choice:
        """The model that is meant by "auto", a provider, "provider/model" or a model's name. Raises NoModel."""
        wanted = self._asked if asked in ("", "auto") else asked
        if wanted in ("", "auto"):
            return await self._auto(needs - {"tools"})
        provider, slash, model = wanted.partition("/")
        if provider in self._sources and (model or not slash):
            return await self._pinned(self._sources[provider], model, needs - {"tools"})
        return await self._named(wanted, needs - {"tools"})

    async def _auto(self, needs: frozenset[Capability]) -> Choice:
        candidates = [source for source in self._sources.values() if source.name != EMBEDDED]
        for source in candidates:
            source.refresh()
        passed: list[str] = []
        for source in candidates:
            state = await source.state()
            info = _suiting(state.models, source.configured, needs)
            if state.health.ok and info is not None:
                why = "is the first that can" if passed else "is preferred and answers"
                return Choice(source.speaking(info), info.name, source.name, f"{source.name} {why}{_because(passed)}.")
            passed.append(_why_not(source, state, needs))
        return await self._embedded(needs, passed)

    async def _embedded(self, needs: frozenset[Capability], passed: list[str]) -> Choice:
        source = self._sources[EMBEDDED]
        state = await source.state()
        info = _suiting(state.models, source.configured, needs)
        if info is None:
            raise NoModel(f"No model can do {_list(needs)}{_because(passed)}.", hint=how_to_connect())
        reason = f"No language model can be had{_because(passed)}; the embedded model stands in."
        return Choice(source.speaking(info), info.name, source.name, reason)

    async def _pinned(self, source: Source, model: str, needs: frozenset[Capability]) -> Choice:
        state = await source.state()
        known = {info.name: info for info in state.models}
        if not model:
            info = _suiting(state.models, source.configured, needs)
            if info is None and not source.configured:
                raise NoModel(_why_not(source, state, needs) + ".", hint=how_to_connect())
            name = info.name if info is not None else source.configured
        else:
            name = model if model in known or f"{model}:latest" not in known else f"{model}:latest"
            info = known.get(name)
        if info is not None and not needs <= info.capabilities:
            raise NoModel(f"{source.name}/{name} cannot do {_list(needs - info.capabilities)}.", hint=how_to_connect())
        return Choice(source.speaking(info), name, source.name, f"{source.name}/{name} was asked for.")

    async def _named(self, name: str, needs: frozenset[Capability]) -> Choice:
        states = await self._states()
        for source in self._sources.values():
            names = {info.name for info in states[source.name].models} | {source.configured}
            if name in names or f"{name}:latest" in names:
                return await self._pinned(source, name, needs)
        there = [f"{info.provider}/{info.name}" for state in states.values() for info in state.models]
        raise NoModel(
            f"There is no model called {name!r}. There is: {', '.join(there[:20])}.",
            hint=f"If it is Ollama's, get it: ollama pull {name}. {how_to_connect()}",
        )

    async def _states(self) -> dict[str, State]:
        states = await asyncio.gather(*(source.state() for source in self._sources.values()))
        return dict(zip(self._sources, states, strict=True))

    async def list(self) -> list[ModelInfo]:
        """Every model of every provider that answers, in order of preference."""
        return [info for state in (await self._states()).values() for info in state.models]

    async def health(self) -> dict[str, Health]:
        return {name: state.health for name, state in (await self._states()).items()}

    async def close(self) -> None:
        for source in reversed(self._sources.values()):
            await source.close()


def _suiting(models: Sequence[ModelInfo], configured: str, needs: frozenset[Capability]) -> ModelInfo | None:
    """The configured model if it suits, else the first that does, those that call tools before others."""
    able = [info for info in models if needs | {"chat"} <= info.capabilities]
    if configured:
        return next((info for info in able if info.name in (configured, f"{configured}:latest")), None)
    return max(able, key=lambda info: "tools" in info.capabilities, default=None)


def _why_not(source: Source, state: State, needs: frozenset[Capability]) -> str:
    if not state.health.ok:
        return f"{source.name}: {state.health.detail.rstrip('.')}"
    if source.configured and not any(info.name.startswith(source.configured) for info in state.models):
        return f"{source.name} does not have {source.configured}"
    return f"{source.name} has no model for {_list(needs | {'chat'})}"


def _because(passed: Sequence[str]) -> str:
    return f" ({'; '.join(passed)})" if passed else ""


def _list(needs: frozenset[Capability]) -> str:
    return ", ".join(sorted(needs))

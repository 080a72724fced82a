"""One provider: loaded when it is first wanted, asked how it is at most once in a while, guarded when it is used."""

import asyncio
import ipaddress
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from orchestrator.kernel.clock import Clock
from orchestrator.kernel.errors import ModelTimeout, OrchestratorError
from orchestrator.kernel.messages import Image
from orchestrator.kernel.registry import Registry
from orchestrator.kernel.settings import UNNAMED, Known, Llm, Provider
from orchestrator.llm.base import Health, Model, ModelInfo, Price, Request
from orchestrator.llm.facts import default, informed, known
from orchestrator.llm.fenced import Fenced
from orchestrator.llm.optimiser.model import Optimised
from orchestrator.llm.priced import Priced
from orchestrator.llm.resilience.persist import Way
from orchestrator.llm.resilience.stack import Guard, Vitals
from orchestrator.llm.routing.router import LOCAL, Candidate

EMBEDDED = "embedded"
FRESH_SECONDS = 30.0  # what a provider said of itself holds so long
ILL_SECONDS = 5.0  # the same, of one that was not well
PROBE_SECONDS = 1.5


class State(Struct, frozen=True):
    """What a provider said of itself, and when."""

    at: float
    health: Health
    models: tuple[ModelInfo, ...] = ()


class Source:
    def __init__(
        self,
        name: str,
        settings: Provider,
        clock: Clock,
        registry: Registry,
        model: Model | None = None,
        said: Llm | None = None,
        sources: "Callable[[], Mapping[str, Source]]" = dict,
    ) -> None:
        """`sources` are all there are: the one that is asked besides when hedging is among them."""
        self._sources = sources
        self._besides = said.hedge_with if said is not None else ""
        self.name = name
        self.settings = settings
        self.configured = settings.model
        self.place = settings.place or (LOCAL if self._here(settings) or name == EMBEDDED else "")
        self._said: dict[str, Known] = _of(name, said)
        self._clock = clock
        self._registry = registry
        self._model = model
        self._guard = Guard(settings, clock, said.hedge if said is not None else 0.0, self._second)
        self._guarded: Model | None = None
        self._talking: Model | None = None
        self._fenced: Model | None = None
        self._alone: Model | None = None  # guarded, and not hedged
        self._state: State | None = None
        self._asking: asyncio.Task[State] | None = None

    @staticmethod
    def _here(settings: Provider) -> bool:
        if settings.kind == "llamacpp":
            return True
        host = urlsplit(settings.base_url).hostname or ""
        try:
            return host == "localhost" or ipaddress.ip_address(host).is_loopback
        except ValueError:
            return False

    @property
    def model(self) -> Model:
        if self._model is None:
            plug = self._registry.load(self.settings.kind)
            made: Model = plug(self.name, self.settings, self._clock)
            self._model = made
        return self._model

    @property
    def host(self) -> str:
        """Where it is, by which it is known; empty while it is not loaded and the settings do not say."""
        return urlsplit(self.settings.base_url).hostname or str(getattr(self._model, "host", ""))

    @property
    def default(self) -> str:
        """The model that its bare name means; empty: the first that can."""
        return self.configured or default(self.host)

    @property
    def embedding(self) -> str:
        """The model that its bare name means for vectors; empty: nobody knows before it is asked."""
        said = self.settings.options.get("embedding_model") or getattr(self.model, "embedding", "")
        listed = self._state.models if self._state is not None else ()
        return str(said or next((info.name for info in listed if "embeddings" in info.capabilities), ""))

    @property
    def guessed(self) -> bool:
        """Nobody named it: it is looked for where it usually is."""
        return self.settings.kind == "ollama" and self.settings.quality == UNNAMED

    @property
    def busy(self) -> bool:
        return self._guard.places.taken > 0

    def vitals(self) -> Vitals:
        return self._guard.vitals()

    def way(self, name: str, info: ModelInfo | None) -> Way:
        return Way(self._speaking(info), name, self.name, self.name == EMBEDDED)

    @property
    def guarded(self) -> Model:
        """The provider, behind what guards it alone: breaker, bulkhead and the rest."""
        if self._guarded is None:
            guarded = self._guard.around(self.model)
            self._guarded = Priced(guarded, self._said_price) if self._said else guarded
        return self._guarded

    def _second(self, request: Request) -> tuple[Model, str] | None:
        """Who is asked besides when this one is slow; None: the same once more, also for what the other cannot do."""
        provider, _, name = self._besides.partition("/")
        other = self._sources().get(provider)
        if other is None or (other is self and name in ("", request.model)):
            return None
        name = name or other.default
        info = other.info(name)
        can = info.capabilities if info is not None else other.model.capabilities
        seen = any(isinstance(part, Image) for message in request.messages for part in message.parts)
        if (request.tools and "tools" not in can) or (seen and "vision" not in can):
            return None
        if other._alone is None:
            other._alone = other._guard.around(other.model, hedged=False)
        return other._alone, name

    def _speaking(self, info: ModelInfo | None) -> Model:
        """The provider, behind the fenced protocol if this model cannot call tools itself."""
        if self.name == EMBEDDED:
            return self.model  # it is in this process: nothing of what the guards are for can happen
        if self._fenced is None:
            guarded = self.guarded
            self._talking, self._fenced = Optimised(guarded, self._price), Optimised(Fenced(guarded), self._price)
        talks = "tools" in (info.capabilities if info is not None else self.model.capabilities)
        return self._talking if talks and self._talking is not None else self._fenced

    def _price(self, name: str) -> Price | None:
        info = self.info(name)
        return info.price if info is not None else None

    def _said_price(self, name: str) -> Price | None:
        """The price, where a person said something of it."""
        said = self._said.get(name)
        return self._price(name) if said is not None and (said.input, said.output) != (None, None) else None

    def candidates(self, order: int) -> list[Candidate]:
        """Its models that routing may take: the one that is configured, else those it is known for, else the first."""
        if self._state is None or not self._state.health.ok:
            return []
        models = self._state.models
        if self.configured:
            taken = [info for info in models if info.name in (self.configured, f"{self.configured}:latest")][:1]
        else:
            taken = [info for info in models if (facts := known(self.host, info.name)) is not None and facts.auto]
            if not taken:
                able = [info for info in models if "chat" in info.capabilities]
                taken = sorted(able, key=lambda info: "tools" not in info.capabilities)
        circuit, places = self._guard.circuit, self._guard.places
        busy = (places.taken + places.waiting) / places.count
        return [
            Candidate(
                f"{self.name}/{info.name}",
                info,
                self.place,
                busy,
                circuit.resumes_in(info.name),
                self._guard.speed(info.name),
                order,
            )
            for info in taken
        ]

    def info(self, name: str) -> ModelInfo | None:
        models = self._state.models if self._state is not None else ()
        return next((info for info in models if info.name == name), None)

    @property
    def known(self) -> State | None:
        """What it said last, however long ago."""
        return self._state

    @property
    def fresh(self) -> bool:
        if self._state is None:
            return False
        holds = FRESH_SECONDS if self._state.health.ok else ILL_SECONDS
        return self._clock.monotonic() - self._state.at < holds

    def refresh(self) -> "asyncio.Task[State] | None":
        """The probe under way, begun now if what is known is stale; None when it is fresh."""
        if self.fresh:
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
                    models = tuple(map(self._informed, await self.model.models()))
        except TimeoutError:
            said = f"{self.name} did not answer within {PROBE_SECONDS:g} s."
            health = Health(False, said, code=ModelTimeout.code)
        except OrchestratorError as error:
            health = Health(False, str(error), code=error.code)
        self._state = State(self._clock.monotonic(), health, models)
        return self._state

    def _informed(self, info: ModelInfo) -> ModelInfo:
        told = informed(info, self.host, self._said.get(info.name))
        if told.quality is None and self.settings.quality is not None:
            told = msgspec.structs.replace(told, quality=self.settings.quality)
        return told

    def forget(self) -> None:
        """What it said of itself holds no more: a model was pulled."""
        self._state = None

    async def close(self) -> None:
        if self._asking is not None and not self._asking.done():
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)
        if self._model is not None:
            await self._model.close()


def _of(provider: str, settings: Llm | None) -> dict[str, Known]:
    """What the settings say of this provider's models."""
    if settings is None:
        return {}
    mark = f"{provider}/"
    return {name.removeprefix(mark): said for name, said in settings.models.items() if name.startswith(mark)}

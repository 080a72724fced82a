"""The models there are: which providers answer, which model is meant, and which ones `auto` takes, in which order."""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from orchestrator.kernel.clock import Clock
from orchestrator.kernel.errors import Conflict, NoModel, NotFound
from orchestrator.kernel.registry import Registry
from orchestrator.kernel.settings import Llm, Provider
from orchestrator.llm.base import Capability, Health, Model, ModelInfo, Price, Request
from orchestrator.llm.cache.opening import Remembered
from orchestrator.llm.cache.vectors import Vectors
from orchestrator.llm.connect import how_to_connect
from orchestrator.llm.embeddings import Embeddings
from orchestrator.llm.rates import dearest, rates_of, together, twice
from orchestrator.llm.resilience.persist import Way
from orchestrator.llm.resilience.stack import Vitals, persistent
from orchestrator.llm.routing.bandit import Learnt, Note
from orchestrator.llm.routing.cascade import Cascaded
from orchestrator.llm.routing.kinds import Kind, classify
from orchestrator.llm.routing.router import LOCAL, Candidate, Errand, Ranked, rank
from orchestrator.llm.routing.verify import Judge, Verify, check
from orchestrator.llm.source import EMBEDDED, FRESH_SECONDS, Source, State
from orchestrator.policy.budgets.base import FREE, Rates

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
AUTO = "auto"
CASCADE = "cascade"
MOMENT = 0.25  # seconds
CHAIN = 3  # models of a chain, before the one that is always there

__all__ = ("FRESH_SECONDS", "PROVIDERS", "Choice", "Models")


class Choice(Struct, frozen=True):
    model: Model
    name: str  # for Request.model
    provider: str
    reason: str  # one sentence, for a person
    ways: tuple[Way, ...] = ()  # who may answer, this one first
    kind: Kind = "question"  # of task, where it was looked at
    price: Price | None = None  # of the first
    rates: Rates | None = None  # at most, whichever of the ways answers; None: nobody knows


class Models:
    def __init__(
        self,
        settings: Llm,
        clock: Clock,
        registry: Registry | None = None,
        *,
        extra: Mapping[str, Model] | None = None,
        added: Mapping[str, Provider] | None = None,
        note: Note | None = None,
        chance: random.Random | None = None,
        remembered: Remembered | None = None,
    ) -> None:
        """`extra` are ready models, preferred to what is configured; `added` were connected while it ran.

        `note` keeps what is learnt of models; `chance` is what pauses and trials of little known models go by;
        `remembered` are the answers that are given again.
        """
        self.remembered = remembered
        self._plugs = registry or Registry("provider", PROVIDERS)
        self._settings = settings
        self.pins, self.optimise, self.remembering = settings.pins, settings.optimise, True  # as preferred
        self._clock = clock
        self._chance = chance or random.Random()
        self._jitter: Callable[[], float] = self._chance.random
        self.learnt = Learnt(self._chance.betavariate, note)
        self._sources: dict[str, Source] = {}
        self._retired: list[Source] = []
        for name, model in (extra or {}).items():
            self._sources[name] = self._source(name, Provider(kind=name), model)
        for name, provider in {**(added or {}), **settings.providers}.items():
            if name not in self._sources:
                self._sources[name] = self._source(name, provider)
        kept = Vectors(remembered.cache) if remembered is not None else None
        self.embeddings = Embeddings(settings, clock, self._jitter, kept, lambda: self._sources)
        if EMBEDDED not in self._sources:
            self._sources[EMBEDDED] = self._source(EMBEDDED, Provider(kind=EMBEDDED))

    def _source(self, name: str, provider: Provider, model: Model | None = None) -> Source:
        return Source(name, provider, self._clock, self._plugs, model, self._settings, lambda: self._sources)

    # Which one?

    async def choose(
        self,
        asked: str,
        needs: frozenset[Capability] = frozenset(),
        *,
        task: str = "",
        agent: str = "",
        tokens: int = 0,
    ) -> Choice:
        """The model that is meant by "auto", "auto:CLASS", a provider, "provider/model" or a model's name.

        `task` is what is to be done, in words; `agent` who does it; `tokens` an estimate of what is to be read.
        Raises NoModel.
        """
        wanted = asked or AUTO
        if wanted == AUTO:
            wanted = self.pins.get(agent) or self._settings.model or AUTO
        needs -= {"tools", "schema"}  # which every model that talks can be given
        if wanted == AUTO or wanted.startswith("auto:"):
            manner = wanted.partition(":")[2]
            return await self._auto(Errand(classify(task), needs, tokens or 500, manner))
        provider, slash, model = wanted.partition("/")
        if provider == CASCADE and model in self._settings.cascades:
            return await self._cascade(model)
        if provider in self._sources and (model or not slash):
            return await self._pinned(self._sources[provider], model, needs)
        return await self._named(wanted, needs)

    async def _auto(self, errand: Errand) -> Choice:
        await self._fresh()
        ranked = self.ranked(errand)
        passed = self._passed(errand, quietly=bool(ranked))
        if not ranked:
            return await self._embedded(errand, passed)
        first = ranked[0].candidate
        ways = self._chain(ranked, errand)
        reason = f"{ranked[0].reason}{_because(passed)}."
        best = max(ranked, key=lambda one: one.quality).candidate.info.price
        return self._choice(ways, first.info.provider, reason, errand.kind, best)

    def ranked(self, errand: Errand) -> list[Ranked]:
        """Who should do it, of those of whom something is known now. The decision itself: it waits for nothing."""
        return rank(self.candidates(), errand, self.learnt, self._settings.target)

    def candidates(self) -> Sequence[Candidate]:
        return [
            candidate
            for order, source in enumerate(self._sources.values())
            if source.name != EMBEDDED
            for candidate in source.candidates(order)
        ]

    async def _fresh(self) -> None:
        """Ask those who were not asked lately. One that was well is waited for only a moment."""
        asked = [(source, task) for source in self._sources.values() if (task := source.refresh()) is not None]
        if new := [task for source, task in asked if source.known is None]:
            await asyncio.wait(new)
        if old := [task for source, task in asked if not task.done()]:
            await asyncio.wait(old, timeout=MOMENT)

    def _chain(self, ranked: Sequence[Ranked], errand: Errand) -> list[Way]:
        """The choice, then the best of every other provider, and what is in the product last."""
        taken: dict[str, Way] = {}
        for one in ranked:
            provider, name = one.candidate.label.partition("/")[0], one.candidate.info.name
            if provider not in taken and len(taken) < CHAIN:
                taken[provider] = self._sources[provider].way(name, one.candidate.info)
        # A private errand stays here; nor does what cannot see stand in for what can.
        return [*taken.values(), *self._last(errand)]

    def _last(self, errand: Errand) -> list[Way]:
        source = self._sources[EMBEDDED]
        return [
            source.way(one.info.name, one.info)
            for one in source.candidates(0)[:1]
            if errand.needs <= one.info.capabilities
        ]

    def _choice(
        self, ways: Sequence[Way], provider: str, reason: str, kind: Kind = "question", best: Price | None = None
    ) -> Choice:
        first = ways[0]
        if first.local and len(ways) == 1:
            return Choice(first.model, first.name, provider, reason, tuple(ways), kind, rates=FREE)
        if self.rates(first.provider, first.name) is None:
            reason = f"{reason} What it costs is not known."
        rates = dearest([self.rates(way.provider, way.name) for way in ways], best)
        besides, _, name = self._settings.hedge_with.partition("/")
        if self._settings.hedge and rates is not None:
            rates = twice(rates, self.rates(besides, name) if besides in self._sources else rates)
        guarded = persistent(ways, self._settings, self._clock, self._jitter)
        if self.remembered is not None and self.remembering:
            guarded = self.remembered.around(guarded)
        return Choice(guarded, first.name, first.provider, reason, tuple(ways), kind, self.price(first), rates)

    def rates(self, provider: str, name: str = "") -> Rates | None:
        """What a model may cost at most; None where nobody knows."""
        source = self._sources[provider]
        return rates_of(source.info(name or source.default), local=source.place == LOCAL)

    def price(self, way: Way) -> Price | None:
        info = self._sources[way.provider].info(way.name) if way.provider in self._sources else None
        return info.price if info is not None else None

    async def _embedded(self, errand: Errand, passed: Sequence[str]) -> Choice:
        source = self._sources[EMBEDDED]
        await source.state()
        ways = self._last(errand)
        if not ways:
            raise NoModel(f"No model can do {_list(errand.needs)}{_because(passed)}.", hint=how_to_connect())
        reason = f"No language model can be had{_because(passed)}; the embedded model stands in."
        return self._choice(ways, source.name, reason, errand.kind)

    async def _pinned(self, source: Source, model: str, needs: frozenset[Capability]) -> Choice:
        state = await source.state()
        known = {info.name: info for info in state.models}
        if not model:
            info = _suiting(state.models, source.default, needs)
            if info is None and not source.default:
                raise NoModel(_why_not(source, state, needs) + ".", hint=how_to_connect())
            name = info.name if info is not None else source.default
        else:
            name = model if model in known or f"{model}:latest" not in known else f"{model}:latest"
            info = known.get(name)
        if info is not None and not needs <= info.capabilities:
            raise NoModel(f"{source.name}/{name} cannot do {_list(needs - info.capabilities)}.", hint=how_to_connect())
        ways = [source.way(name, info), *await self._fallbacks(source.name, needs)]
        return self._choice(ways, source.name, f"{source.name}/{name} was asked for.")

    async def _fallbacks(self, pinned: str, needs: frozenset[Capability]) -> list[Way]:
        """Those that the settings let take over from a model that was asked for by name."""
        ways = []
        for wanted in self._settings.fallbacks:
            provider, _, model = wanted.partition("/")
            source = self._sources.get(provider)
            if source is None or provider == pinned:
                continue
            state = await source.state()
            info = _suiting(state.models, model or source.default, needs)
            if state.health.ok and info is not None:
                ways.append(source.way(info.name, info))
        return ways

    async def _named(self, name: str, needs: frozenset[Capability]) -> Choice:
        states = await self._states()
        for source in self._sources.values():
            names = {info.name for info in states[source.name].models} | {source.default}
            if name in names or f"{name}:latest" in names:
                return await self._pinned(source, name, needs)
        there = [f"{info.provider}/{info.name}" for state in states.values() for info in state.models]
        raise NoModel(
            f"There is no model called {name!r}. There is: {', '.join(there[:20])}.",
            hint=f"If it is Ollama's, get it: orchestrator models pull {name}. {how_to_connect()}",
        )

    async def _cascade(self, name: str) -> Choice:
        settings = self._settings.cascades[name]
        chosen = [await self.choose(model) for model in settings.models]
        verify: Verify = check
        asked = [one.rates for one in chosen]
        if settings.verifier:
            judge = await self.choose(settings.verifier)
            verify, asked = Judge(judge.model, judge.name), [*asked, judge.rates]

        def learn(request: Request, label: str, good: float) -> None:
            said = next((message.text for message in reversed(request.messages) if message.role == "user"), "")
            self.learnt.judged(classify(said), label, good)

        ways = [Way(one.model, one.name, one.provider) for one in chosen]
        reason = f"{CASCADE}/{name} was asked for: {', then '.join(way.label for way in ways)}."
        model = Cascaded(ways, verify, settings.threshold, learn)
        return Choice(model, ways[0].name, CASCADE, reason, tuple(ways), rates=together(asked))

    # What there is.

    async def _states(self) -> dict[str, State]:
        if asked := [task for source in self._sources.values() if (task := source.refresh()) is not None]:
            await asyncio.wait(asked)
        return {name: await source.state() for name, source in self._sources.items()}

    async def list(self) -> list[ModelInfo]:
        """Every model of every provider that answers, in order of preference."""
        return [info for state in (await self._states()).values() for info in state.models]

    async def health(self) -> dict[str, Health]:
        return {name: state.health for name, state in (await self._states()).items()}

    def vitals(self) -> dict[str, Vitals]:
        """How each provider fares as it is seen from here; asks nobody."""
        return {name: source.vitals() for name, source in self._sources.items() if name != EMBEDDED}

    def states(self) -> dict[str, float]:
        """Each provider's breaker as a number, for metrics."""
        numbers = {"closed": 0.0, "half-open": 1.0, "open": 2.0}
        return {name: numbers[vitals.state] for name, vitals in self.vitals().items()}

    def providers(self) -> dict[str, Provider]:
        return {name: source.settings for name, source in self._sources.items()}

    def provider(self, name: str) -> Model:
        """A provider itself, unguarded: for what only it can do. Raises NotFound."""
        if name not in self._sources:
            raise NotFound(f"There is no provider {name!r}.", hint=f"There is: {', '.join(self._sources)}.")
        return self._sources[name].model

    def label(self, model: str) -> str:
        """ "provider/model" of a model that answered by this name; empty where it is not known."""
        for source in self._sources.values():
            for info in source.known.models if source.known is not None else ():
                if model in (info.name, f"{source.name}/{info.name}"):
                    return f"{source.name}/{info.name}"
        return ""

    def forget(self, name: str) -> None:
        self._sources[name].forget()

    # Connected while it runs.

    def add(self, name: str, provider: Provider) -> None:
        """A provider from now on; what runs goes on with what it has. Raises Conflict, NotFound."""
        if name in self._sources and name in self._settings.providers:
            raise Conflict(f"{name} is in the settings already.", hint="Choose another name, or change config.toml.")
        if name in (EMBEDDED, CASCADE, AUTO) or "/" in name or ":" in name:
            raise Conflict(f"A provider cannot be called {name!r}.", hint="Choose another name.")
        source = self._source(name, provider)
        source.model  # noqa: B018 - an unknown kind, a wrong address or key is said now
        self._retire(name)
        self._sources = {name: source, **self._sources}

    async def remove(self, name: str) -> None:
        """Raises NotFound, or Conflict for what the settings say."""
        if name not in self._sources:
            raise NotFound(f"There is no provider {name!r}.", hint=f"There is: {', '.join(self._sources)}.")
        if name in self._settings.providers or name == EMBEDDED:
            raise Conflict(f"{name} was not added while it ran.", hint="Take it out of config.toml or the environment.")
        self._retire(name)
        await self._bury()

    def _retire(self, name: str) -> None:
        if (source := self._sources.pop(name, None)) is not None:
            self._retired.append(source)

    async def _bury(self) -> None:
        """Close those who are no longer wanted, once their last reply is done."""
        idle = [source for source in self._retired if not source.busy]
        self._retired = [source for source in self._retired if source.busy]
        for source in idle:
            await source.close()

    async def close(self) -> None:
        if self.remembered is not None:
            await self.remembered.close()
        for source in [*self._retired, *reversed(self._sources.values())]:
            await source.close()

    def _passed(self, errand: Errand, *, quietly: bool) -> Sequence[str]:
        """Why those were not taken who cannot, in order of preference; `quietly`: but for what nobody spoke of."""
        said = []
        for source in self._sources.values():
            state = source.known
            if source.name == EMBEDDED or state is None or (quietly and source.guessed and not state.health.ok):
                continue
            if not state.health.ok or _suiting(state.models, source.default, errand.needs) is None:
                said.append(_why_not(source, state, errand.needs))
            elif (wait := source.vitals().resumes_in) > 0:
                said.append(f"{source.name} failed too often and is not asked for {wait:.0f} s")
        return said


def _suiting(models: Sequence[ModelInfo], configured: str, needs: frozenset[Capability]) -> ModelInfo | None:
    """The configured model if it suits, else the first that does, those that call tools before others."""
    able = [info for info in models if needs | {"chat"} <= info.capabilities]
    if configured:
        return next((info for info in able if info.name in (configured, f"{configured}:latest")), None)
    return max(able, key=lambda info: "tools" in info.capabilities, default=None)


def _why_not(source: Source, state: State, needs: frozenset[Capability]) -> str:
    if not state.health.ok:
        return f"{source.name}: {state.health.detail.rstrip('.')}"
    wanted = source.default
    if wanted and not any(info.name.startswith(wanted) for info in state.models):
        return f"{source.name} does not have {wanted}"
    return f"{source.name} has no model for {_list(needs | {'chat'})}"


def _because(passed: Sequence[str]) -> str:
    return f" ({'; '.join(passed)})" if passed else ""


def _list(needs: frozenset[Capability]) -> str:
    return ", ".join(sorted(needs))

"""The forms of the optimiser and of the cache."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from orchestrator.api.forms import Form
from orchestrator.llm.cache.cache import Statistics
from orchestrator.llm.optimiser.fidelity import Fidelity
from orchestrator.llm.optimiser.metrics import Metrics

Mode = Literal["minimal", "balanced", "aggressive"]
LONGEST = 4_000_000  # characters


class PromptForm(Form):
    prompt: Annotated[str, Field(max_length=LONGEST)]
    mode: Mode = "balanced"
    model: Annotated[str, Field(max_length=200)] = ""  # "provider/model" by whose price savings are counted
    check: bool = False


class HistoryForm(Form):
    messages: Annotated[list[dict[str, Any]], Field(max_length=10_000)]
    mode: Mode = "balanced"
    model: Annotated[str, Field(max_length=200)] = ""


class OptimiserMetrics(BaseModel):
    mode: str
    tokens_before: int
    tokens_after: int
    tokens_saved: int
    saved: float
    by_rule: dict[str, int]
    seconds: float
    money_saved: float
    cost: float
    roi: float
    priced_as: str
    cached_tokens: int

    @classmethod
    def of(cls, metrics: Metrics) -> "OptimiserMetrics":
        return cls(
            mode=metrics.mode,
            tokens_before=metrics.tokens_before,
            tokens_after=metrics.tokens_after,
            tokens_saved=metrics.tokens_saved,
            saved=metrics.saved,
            by_rule=metrics.by_rule,
            seconds=metrics.seconds,
            money_saved=metrics.money_saved,
            cost=metrics.cost,
            roi=metrics.roi,
            priced_as=metrics.priced_as,
            cached_tokens=metrics.cached_tokens,
        )


class FidelityReport(BaseModel):
    faithful: bool
    lossless: bool
    statements: int
    kept: int
    share: float
    lost: list[str]
    facts: dict[str, int]
    facts_lost: dict[str, int]

    @classmethod
    def of(cls, found: Fidelity) -> "FidelityReport":
        return cls(
            faithful=found.faithful,
            lossless=found.lossless,
            statements=found.statements,
            kept=found.kept,
            share=found.share,
            lost=list(found.lost),
            facts=found.facts,
            facts_lost=found.facts_lost,
        )


class OptimisedPrompt(BaseModel):
    optimized_prompt: str
    metrics: OptimiserMetrics
    fidelity: FidelityReport | None


class OptimisedHistory(BaseModel):
    messages: list[dict[str, Any]]
    metrics: OptimiserMetrics


class CacheStatistics(BaseModel):
    """Of the caller's tenant. Hits and what they spared: since the server started."""

    mode: Literal["off", "exact", "semantic"]
    store: str
    entries: int
    bytes: int
    exact: int
    semantic: int
    shared: int
    missed: int
    rate: float
    tokens_spared: int
    cost_spared: float

    @classmethod
    def of(cls, mode: Literal["off", "exact", "semantic"], found: Statistics) -> "CacheStatistics":
        return cls(
            mode=mode,
            store=found.store,
            entries=found.entries,
            bytes=found.size,
            exact=found.exact,
            semantic=found.semantic,
            shared=found.shared,
            missed=found.missed,
            rate=found.rate,
            tokens_spared=found.tokens,
            cost_spared=found.cost,
        )


class Cleared(BaseModel):
    cleared: int

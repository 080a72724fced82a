"""What is known of models beforehand: prices, sizes, abilities. It is data (facts.toml), with its dates and sources."""

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path

import msgspec
from msgspec import Struct

from orchestrator.kernel.settings import Known
from orchestrator.llm.base import Capability, ModelInfo, Price

_FILE = Path(__file__).with_name("facts.toml")


class Rates(Struct, frozen=True, forbid_unknown_fields=True):
    input: float
    output: float
    cached: float | None = None
    written: float = 0.0

    @property
    def price(self) -> Price:
        return Price(self.input, self.output, self.input if self.cached is None else self.cached, self.written)


class Facts(Struct, frozen=True, forbid_unknown_fields=True):
    """One model. None: unknown."""

    input: float | None = None
    output: float | None = None
    cached: float | None = None
    written: float = 0.0
    context: int | None = None
    most: int | None = None  # tokens of one reply
    quality: float | None = None
    can: frozenset[Capability] | None = None
    auto: bool = False
    default: bool = False
    over: int = 0  # tokens of prompt beyond which `long` holds for the whole request
    long: Rates | None = None

    def price(self, prompt: int = 0) -> Price | None:
        if self.input is None or self.output is None:
            return None
        if self.long is not None and prompt > self.over:
            return self.long.price
        return Rates(self.input, self.output, self.cached, self.written).price


class Vendor(Struct, frozen=True, forbid_unknown_fields=True):
    host: str
    source: str
    read: date
    can: frozenset[Capability]
    models: dict[str, Facts]

    @property
    def default(self) -> str:
        return next((name for name, facts in self.models.items() if facts.default), "")


@lru_cache(maxsize=1)
def vendors() -> Mapping[str, Vendor]:
    """By the host that they answer at."""
    with _FILE.open("rb") as file:
        found = msgspec.convert(tomllib.load(file), dict[str, Vendor])
    return {vendor.host: vendor for vendor in found.values()}


@lru_cache(maxsize=1024)
def known(host: str, model: str) -> Facts | None:
    """What is known of a model at its vendor's own address; a dated name is the same model."""
    vendor = vendors().get(host)
    if vendor is None:
        return None
    name, _, dated = model.rpartition("-20")  # claude-haiku-4-5-20251001, gpt-5.4-mini-2026-03-17
    return vendor.models.get(model) or (vendor.models.get(name) if dated.replace("-", "").isdigit() else None)


def default(host: str) -> str:
    """The model that a vendor's bare name means."""
    vendor = vendors().get(host)
    return "" if vendor is None else vendor.default


def informed(info: ModelInfo, host: str, said: Known | None = None) -> ModelInfo:
    """What a provider said of its model, filled up with what is known, over which goes what the settings say."""
    facts = known(host, info.name)
    if facts is not None:
        vendor = vendors()[host]
        info = msgspec.structs.replace(
            info,
            capabilities=info.capabilities if "embeddings" in info.capabilities else facts.can or vendor.can,
            context=info.context or facts.context,
            price=info.price or facts.price(),
            output=info.output or facts.most,
            quality=info.quality if info.quality is not None else facts.quality,
        )
    return info if said is None else _overridden(info, said)


def _overridden(info: ModelInfo, said: Known) -> ModelInfo:
    price = info.price
    if said.input is not None and said.output is not None:
        price = Rates(said.input, said.output, said.cached).price
    return msgspec.structs.replace(
        info,
        capabilities=frozenset(said.capabilities) if said.capabilities else info.capabilities,
        context=said.context or info.context,
        price=price,
        quality=info.quality if said.quality is None else said.quality,
    )

"""The models as the settings want them, those that were connected while it ran, and what was learnt of them."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import msgspec

from orchestrator.identity.vault import Vault
from orchestrator.journal.ledger import Ledger
from orchestrator.kernel.clock import Clock
from orchestrator.kernel.settings import Settings
from orchestrator.llm.base import Model
from orchestrator.llm.cache.opening import open_cache
from orchestrator.llm.cache.sealed import Seal
from orchestrator.llm.catalogue import Models
from orchestrator.llm.connections import Connections, read, unlocked
from orchestrator.llm.embeddings import weight
from orchestrator.llm.preferences import Preferences
from orchestrator.policy.budgets.base import Budget, Spending
from orchestrator.storage.note import Note
from orchestrator.telemetry.metrics import Metrics


@asynccontextmanager
async def open_models(
    settings: Settings,
    clock: Clock,
    ledger: Ledger,
    vault: Vault,
    seal: Seal,
    metrics: Metrics,
    budget: Budget,
    ready: Mapping[str, Model] | None = None,
) -> AsyncIterator[tuple[Models, Connections]]:
    """`ready` are models beside the configured ones; `seal` is for the answers that the cache keeps."""

    async def embed(texts: list[str], account: Spending) -> list[list[float]]:
        """For the cache, as a call of its own."""
        by = await models.embeddings.choose(cache.embedder)
        key, tokens = f"{account.key}:meaning", weight(texts)
        own = msgspec.structs.replace(
            account, key=key, model=by.label, tokens=tokens, door="cache", rates=by.rates, most=0
        )
        return (await models.embeddings.buy(texts, by, budget, own)).vectors

    note = Note(settings.data / "providers.json")
    learnt = Note(settings.data / "learnt.json")
    cache = settings.llm.cache
    sealed = seal if settings.journal.encrypt else None
    remembered = open_cache(cache, settings.data, clock, embed, sealed)
    given = msgspec.structs.replace(settings.llm, providers=await unlocked(settings.llm.providers, vault))
    added = await unlocked(read(note), vault)
    models = Models(given, clock, extra=ready, added=added, note=learnt, remembered=remembered)
    try:
        metrics.gauges("provider_state", "0: closed, 1: half-open, 2: open.", "provider", models.states)
        preferences = Preferences(models, Note(settings.data / "preferences.json"), ledger.record, given)
        yield models, Connections(models, note, ledger.record, settings.data / "models", vault, preferences)
    finally:
        await models.close()

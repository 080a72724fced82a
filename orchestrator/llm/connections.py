"""Providers that are connected while the product runs: kept in one file for its owner alone, said in the journal.

A key is kept in the vault, or named by the variable of the environment that holds it; neither that file nor the
journal ever sees it.
"""

import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import msgspec

from orchestrator.kernel import events as e
from orchestrator.kernel.errors import (
    Conflict,
    InvalidSettings,
    ModelRejected,
    NotAllowed,
    NotFound,
    OrchestratorError,
)
from orchestrator.kernel.settings import Provider, Secret, keyed
from orchestrator.llm.base import Progress
from orchestrator.llm.catalogue import Models
from orchestrator.llm.download import address, download, file_name
from orchestrator.llm.preferences import Preferences
from orchestrator.llm.routing.kinds import classify

FILES = "llamacpp"  # the provider of files that were pulled
ROOM = "models"  # what the vault knows this room by: no tool is called so

log = logging.getLogger("orchestrator.llm")


class Note(Protocol):
    def load(self) -> bytes | None: ...

    def save(self, data: bytes) -> None: ...


class Record(Protocol):
    def __call__(self, stream: str, body: e.Body, *, tenant: str, subject: str) -> Awaitable[Any]: ...


class Keys(Protocol):
    """The vault, as it keeps the keys of providers."""

    async def put(self, name: str, value: str, hosts: Sequence[str], tools: Sequence[str], *, by: str) -> Any: ...
    async def remove(self, name: str, *, by: str) -> None: ...
    async def reveal(self, name: str, *, tool: str, host: str = "", run_id: str = "") -> Secret: ...


class Pulls(Protocol):
    """A provider that fetches models itself."""

    def pull(self, model: str) -> AsyncIterator[Progress]: ...


def read(note: Note) -> dict[str, Provider]:
    """What was connected, with the keys that variables hold. Raises InvalidSettings."""
    data = note.load()
    if data is None:
        return {}
    try:
        kept = msgspec.json.decode(data, type=dict[str, Provider], dec_hook=_secret)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        detail = f"providers.json in the data folder cannot be read: {error}."
        raise InvalidSettings(detail, hint="Mend it or move it away.") from error
    return {name: keyed(provider) for name, provider in kept.items()}


def _secret(kind: type, value: Any) -> Any:
    return kind(value)


async def unlocked(providers: Mapping[str, Provider], keys: Keys) -> dict[str, Provider]:
    """With the keys that the vault holds. A provider whose key is gone is there without it, and will say so."""
    found: dict[str, Provider] = {}
    for name, provider in providers.items():
        found[name] = provider
        if provider.api_key_secret and not provider.api_key:
            try:
                key = await keys.reveal(provider.api_key_secret, tool=ROOM, host=_host(provider))
            except (NotFound, NotAllowed) as error:
                log.warning("%s has no key: %s", name, error)
            else:
                found[name] = msgspec.structs.replace(provider, api_key=key)
    return found


def _host(provider: Provider) -> str:
    return urlsplit(provider.base_url).hostname or ""


class Connections:
    def __init__(
        self, models: Models, note: Note, record: Record, folder: Path, keys: Keys, preferences: Preferences
    ) -> None:
        """`folder` is where GGUF files are kept, `keys` the vault."""
        self.preferences = preferences
        self._models = models
        self._note = note
        self._record = record
        self._folder = folder
        self._keys = keys

    async def add(self, name: str, provider: Provider, *, tenant: str, by: str) -> None:
        """From now on, without a restart. Raises InvalidInput, InvalidSettings, Conflict, NotFound."""
        if provider.api_key and provider.api_key_env:
            raise Conflict("The key was given twice.", hint="Give the key, or the variable that holds it.")
        self._models.add(name, keyed(provider))
        if provider.api_key:
            host = _host(provider)
            try:
                await self._keys.put(_secret_of(name), provider.api_key, (host,) if host else (), (ROOM,), by=by)
            except OrchestratorError:
                await self._models.remove(name)
                raise
            provider = msgspec.structs.replace(provider, api_key=Secret(""), api_key_secret=_secret_of(name))
        kept = self._kept()
        self._keep({**kept, name: provider})
        key = "environment" if provider.api_key_env else "vault" if provider.api_key_secret else ""
        body = e.ProviderAdded(name, provider.kind, by, provider.base_url, provider.model, key)
        await self._record(f"models:{tenant}", body, tenant=tenant, subject=by)

    async def remove(self, name: str, *, tenant: str, by: str) -> None:
        """Raises NotFound, or Conflict for what the settings say."""
        await self._models.remove(name)
        provider = self._kept().get(name)
        if provider is not None and provider.api_key_secret == _secret_of(name):
            with contextlib.suppress(NotFound):  # somebody has removed it already
                await self._keys.remove(provider.api_key_secret, by=by)
        self._keep({other: provider for other, provider in self._kept().items() if other != name})
        await self._record(f"models:{tenant}", e.ProviderRemoved(name, by), tenant=tenant, subject=by)

    def added(self) -> Collection[str]:
        """The providers that were connected while it ran."""
        return self._kept().keys()

    def _kept(self) -> dict[str, Provider]:
        data = self._note.load()
        return {} if data is None else msgspec.json.decode(data, type=dict[str, Provider], dec_hook=_secret)

    def _keep(self, providers: Mapping[str, Provider]) -> None:
        self._note.save(msgspec.json.encode({name: _plain(provider) for name, provider in providers.items()}))

    async def pull(self, name: str, sha256: str = "", *, tenant: str, by: str) -> AsyncIterator[Progress]:
        """Fetch a model: a name of Ollama's, or the address of a GGUF file. Raises ModelError, InvalidInput."""
        if "://" in name or name.startswith("hf:"):
            provider, model, steps = await self._file(name, sha256, tenant=tenant, by=by)
        else:
            provider, model, steps = self._named(name)
        last = Progress()
        async for last in steps:
            yield last
        self._models.forget(provider)
        body = e.ModelPulled(provider, model, by, last.total, last.sha256)
        await self._record(f"models:{tenant}", body, tenant=tenant, subject=by)

    async def _file(self, name: str, sha256: str, *, tenant: str, by: str) -> tuple[str, str, AsyncIterator[Progress]]:
        url = address(name)
        path = self._folder / file_name(url)
        if FILES not in self._models.providers():
            settings = Provider(FILES, options={"folder": str(self._folder)})
            await self.add(FILES, settings, tenant=tenant, by=by)
        return FILES, path.name, download(url, path, sha256)

    def _named(self, name: str) -> tuple[str, str, AsyncIterator[Progress]]:
        provider, _, model = name.partition("/")
        known = self._models.providers()
        if provider not in known or not model:
            provider, model = next((each for each, one in known.items() if one.kind == "ollama"), ""), name
        if not provider:
            raise NotFound("There is no Ollama here.", hint="Connect one: orchestrator models add NAME --kind ollama.")
        plug: Any = self._models.provider(provider)
        if not hasattr(plug, "pull"):
            raise ModelRejected(f"{provider} fetches no models.", hint="Ollama does, and GGUF files by their address.")
        steps: AsyncIterator[Progress] = plug.pull(model)
        return provider, model, steps

    async def rate(
        self, run_id: str, goal: str, model: str, good: bool, note: str, *, tenant: str, by: str
    ) -> e.RunRated:
        """What a person thinks of the answer of a run: `auto` learns from it."""
        kind = classify(goal)
        label = self._models.label(model)
        if label:
            self._models.learnt.judged(kind, label, 1.0 if good else 0.0)
        rated = e.RunRated(run_id, good, by, label or model, kind, note)
        await self._record(f"models:{tenant}", rated, tenant=tenant, subject=by)
        return rated


def _secret_of(name: str) -> str:
    """What the key of a provider is called in the vault."""
    return f"{ROOM}.{name}"


def _plain(provider: Provider) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(provider, enc_hook=str)
    return {**plain, "api_key": str(provider.api_key)}

"""What a person prefers while it runs, instead of what the settings say; kept in a file, told in the journal.

Which model `auto` means for an agent, how much of what agents' models read may be shortened, and whether answers are
remembered. What runs goes on with what it has. Other servers of an installation keep their own.
"""

import logging
from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec
from msgspec import Struct

from orchestrator.kernel.errors import Conflict
from orchestrator.kernel.events import PreferencesChanged
from orchestrator.kernel.settings import Llm

if TYPE_CHECKING:
    from orchestrator.llm.catalogue import Models
    from orchestrator.llm.connections import Note, Record

Mode: TypeAlias = Literal["off", "minimal", "balanced", "aggressive"]
log = logging.getLogger("orchestrator.llm")


class Preferred(Struct, frozen=True):
    pins: dict[str, str]  # by agent
    optimise: Mode
    cache: bool


class Preferences:
    def __init__(self, models: "Models", note: "Note", record: "Record", settings: Llm) -> None:
        self._models = models
        self._note = note
        self._record = record
        self._possible = settings.cache.mode != "off"
        said = Preferred(dict(settings.pins), settings.optimise, self._possible)
        self.current = self._kept() or said
        self._apply()

    def _kept(self) -> Preferred | None:
        data = self._note.load()
        try:
            return msgspec.json.decode(data, type=Preferred) if data is not None else None
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            log.warning("preferences.json in the data folder cannot be read, so the settings count: %s", error)
            return None

    def _apply(self) -> None:
        self._models.pins = self.current.pins
        self._models.optimise = self.current.optimise
        self._models.remembering = self.current.cache

    async def change(self, wanted: Preferred, *, tenant: str, by: str) -> Preferred:
        """From the next request on. Raises NoModel for a pin that leads nowhere, Conflict for a cache that is not."""
        if wanted.cache and not self._possible:
            raise Conflict(
                "The cache is off in the settings.", hint="Set llm.cache.mode in config.toml, and start again."
            )
        for model in set(wanted.pins.values()) - set(self.current.pins.values()):
            await self._models.choose(model)
        self._note.save(msgspec.json.encode(wanted))
        self.current = wanted
        self._apply()
        body = PreferencesChanged(wanted.pins, wanted.optimise, wanted.cache, by)
        await self._record(f"models:{tenant}", body, tenant=tenant, subject=by)
        return wanted

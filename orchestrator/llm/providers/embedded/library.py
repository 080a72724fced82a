"""Tools that were compiled, kept: each set of tools that is offered is mostly made of those of the one before."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from orchestrator.kernel.ids import canonical
from orchestrator.kernel.messages import ToolSpec
from orchestrator.llm.providers.embedded.index import Entry, Index, gathered, learnt
from orchestrator.llm.providers.embedded.mentions import Finder

_SETS: Final = 8
_TOOLS: Final = 1024


class _Kept(Struct, frozen=True):
    specs: tuple[ToolSpec, ...]  # held, so that no other object can have their identities
    index: Index


class Library:
    """Nothing is compiled before it is asked for."""

    def __init__(self) -> None:
        self._sets: OrderedDict[tuple[int, ...], _Kept] = OrderedDict()
        self._entries: OrderedDict[bytes, Entry] = OrderedDict()

    def __len__(self) -> int:
        return len(self._sets)

    def index(self, specs: Sequence[ToolSpec], finder: Finder) -> Index:
        key = tuple(map(id, specs))
        if kept := self._sets.get(key):
            self._sets.move_to_end(key)
            return kept.index
        index = gathered([self._entry(spec, finder) for spec in specs])
        self._sets[key] = _Kept(tuple(specs), index)
        if len(self._sets) > _SETS:
            self._sets.popitem(last=False)
        return index

    def _entry(self, spec: ToolSpec, finder: Finder) -> Entry:
        key = canonical(spec)
        if found := self._entries.get(key):
            self._entries.move_to_end(key)
            return found
        entry = self._entries[key] = learnt(spec, finder)
        if len(self._entries) > _TOOLS:
            self._entries.popitem(last=False)
        return entry

    def clear(self) -> None:
        self._sets.clear()
        self._entries.clear()

"""What the runs of a house share of its tools: made once for each state of the catalogue, not for each run."""

import hashlib
from collections.abc import Iterable
from functools import cached_property
from typing import Any

import msgspec

from orchestrator.kernel.messages import ToolSpec
from orchestrator.tools.offering import Offering

_STOCKS = 8  # states: with and without a tool of the run's own, before and after a change
_ROWS = 256  # choices from one state
_DIGESTS = 256  # of tools and of instructions


class Stock:
    """All tools of one state of the catalogue."""

    def __init__(self, specs: tuple[ToolSpec, ...], own: str = "") -> None:
        """`own` is the name of the run's own tool among them."""
        self.specs = specs
        self.core = tuple(spec.name for spec in specs if spec.always or spec.name == own)  # offered whatever is asked
        self._named = {spec.name: spec for spec in specs}
        self._rows: dict[tuple[str, ...], tuple[ToolSpec, ...]] = {}

    @cached_property
    def offering(self) -> Offering:
        return Offering([spec for spec in self.specs if not spec.always])

    def row(self, names: Iterable[str]) -> tuple[ToolSpec, ...]:
        """Those of these names: always the same object, so that what others make of it can be kept by identity."""
        wanted = tuple(name for name in names if name in self._named)
        found = self._rows.get(wanted)
        if found is None:
            if len(self._rows) >= _ROWS:
                self._rows.clear()
            found = self._rows[wanted] = tuple(self._named[name] for name in wanted)
        return found


class Shelf:
    def __init__(self) -> None:
        self._stocks: dict[tuple[int, int], tuple[tuple[ToolSpec, ...], ToolSpec | None, Stock]] = {}
        self._digests: dict[int, tuple[Any, str]] = {}  # by identity, and what keeps it from being another's
        self._weights: dict[int, tuple[tuple[ToolSpec, ...], int]] = {}

    def stock(self, everything: tuple[ToolSpec, ...], own: ToolSpec | None) -> Stock:
        """A catalogue as it is in this moment, with one tool of the run's own in place of its namesake."""
        place = id(everything), id(own)
        found = self._stocks.get(place)
        if found is None:
            specs = everything
            if own is not None:
                specs = (*(spec for spec in everything if spec.name != own.name), own)
            stock = Stock(specs, own.name if own is not None else "")
            if len(self._stocks) >= _STOCKS:
                self._stocks.clear()
            found = self._stocks[place] = everything, own, stock  # held, so that no other gets their identity
        return found[2]

    def digest(self, shared: Any) -> str:
        """What tells some tools, or some instructions, from others in a question that is kept."""
        found = self._digests.get(id(shared))
        if found is None:
            if len(self._digests) >= _DIGESTS:
                self._digests.clear()
            found = self._digests[id(shared)] = shared, hashlib.sha256(msgspec.json.encode(shared)).hexdigest()[:16]
        return found[1]

    def weight(self, row: tuple[ToolSpec, ...]) -> int:
        """Tokens that a model reads of these tools, about."""
        found = self._weights.get(id(row))
        if found is None:
            if len(self._weights) >= _ROWS:
                self._weights.clear()
            weight = sum((len(tool.description) + len(repr(tool.parameters))) // 4 for tool in row)
            found = self._weights[id(row)] = row, weight
        return found[1]

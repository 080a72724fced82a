"""Plugs by name: a room's table of "module:attribute", plus entry points of other packages.

Nothing is imported until it is asked for by name.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module, invalidate_caches
from importlib.metadata import entry_points
from typing import Any

from orchestrator.kernel.errors import NotFound


class Registry:
    def __init__(self, seam: str, builtin: Mapping[str, str]) -> None:
        self._seam = seam
        self._builtin = builtin

    def builtin(self) -> tuple[str, ...]:
        """The names of the room's own table."""
        return tuple(self._builtin)

    def outside(self) -> dict[str, tuple[str, str]]:
        """What other packages name, as installed now: `module:attribute` and the package's version, by name."""
        invalidate_caches()
        points = [
            point for point in entry_points(group=f"orchestrator.{self._seam}") if point.name not in self._builtin
        ]
        return {point.name: (point.value, point.dist.version if point.dist else "") for point in points}

    def _targets(self) -> dict[str, str]:
        found = {point.name: point.value for point in entry_points(group=f"orchestrator.{self._seam}")}
        return {**found, **self._builtin}  # another package adds names; it does not take ours

    def __iter__(self) -> Iterator[str]:
        return iter(self._targets())

    def load(self, name: str) -> Any:
        target = self._builtin.get(name) or self._targets().get(name)  # ours without a look at every package
        if target is None:
            known = ", ".join(sorted(self._targets()))
            raise NotFound(f"There is no {self._seam} called {name!r}.", hint=f"Known: {known}.")
        module, _, attribute = target.partition(":")
        return getattr(import_module(module), attribute)

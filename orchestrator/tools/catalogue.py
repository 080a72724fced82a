"""The tools there are, by name, each in its wrappers."""

import difflib
from collections.abc import Iterable

from orchestrator.kernel.errors import Conflict, NotFound
from orchestrator.kernel.messages import ToolSpec
from orchestrator.kernel.registry import Registry
from orchestrator.kernel.settings import Tools
from orchestrator.tools.base import Tool
from orchestrator.tools.kit import Equipment
from orchestrator.tools.sandbox.base import Sandbox
from orchestrator.tools.wrappers import wrapped

KITS = {
    "files": "orchestrator.tools.kits.files:tools",
    "commands": "orchestrator.tools.kits.commands:kit",
    "system": "orchestrator.tools.kits.system:tools",
    "calculator": "orchestrator.tools.kits.calculator:tools",
    "http": "orchestrator.tools.kits.http:tools",
}


def kits() -> Registry:
    """The kits of the product, and those that other packages add."""
    return Registry("tools", KITS)


class Catalogue:
    """Built once. `more` are ready tools, beside those of the kits."""

    def __init__(self, settings: Tools, sandbox: Sandbox, registry: Registry, more: Iterable[Tool] = ()) -> None:
        self.sandbox = sandbox
        self._tools: dict[str, Tool] = {}
        equipment = Equipment(settings, sandbox)
        for name in registry:
            kit = registry.load(name)
            self._add(kit(equipment) if callable(kit) else kit, settings)
        self._add(more, settings)
        self._specs = tuple(tool.spec for tool in self._tools.values())

    def _add(self, tools: Iterable[Tool], settings: Tools) -> None:
        for tool in tools:
            if tool.spec.name in self._tools:
                raise Conflict(f"Two tools are called {tool.spec.name!r}.", hint="Rename one, or remove its kit.")
            self._tools[tool.spec.name] = wrapped(tool, settings.output_limit)

    def specs(self) -> tuple[ToolSpec, ...]:
        return self._specs

    def get(self, name: str) -> Tool:
        """Raises NotFound, with the names that are near."""
        if tool := self._tools.get(name):
            return tool
        near = difflib.get_close_matches(name, self._tools, 3, 0.5)
        hint = f"Did you mean {' or '.join(near)}?" if near else f"There are: {', '.join(sorted(self._tools))}."
        raise NotFound(f"There is no tool called {name!r}.", hint=hint)

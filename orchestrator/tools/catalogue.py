"""The tools there are, by name, each in its wrappers.

A shelf never changes; the catalogue puts a new one in its place when tools come and go, so that a
step in flight keeps the shelf it started with.
"""

import difflib
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from orchestrator.kernel.errors import Conflict, InvalidSettings, NotFound
from orchestrator.kernel.messages import ToolSpec
from orchestrator.kernel.registry import Registry
from orchestrator.kernel.secrets import NoSecrets, Secrets
from orchestrator.kernel.settings import Tools
from orchestrator.tools.base import Tool
from orchestrator.tools.foreign import Change
from orchestrator.tools.kit import Equipment, Kit
from orchestrator.tools.offering import CORE, FEW, FIND, finder
from orchestrator.tools.place import Place, place_of
from orchestrator.tools.sandbox.base import Sandbox
from orchestrator.tools.wrappers import wrapped

KITS = {
    "ai": "orchestrator.tools.kits.ai:tools",
    "files": "orchestrator.tools.kits.files:kit",
    "changes": "orchestrator.tools.kits.changes:tools",
    "code": "orchestrator.tools.kits.code:kit",
    "commands": "orchestrator.tools.kits.commands:kit",
    "data": "orchestrator.tools.kits.data:kit",
    "contributing": "orchestrator.tools.kits.contributing:kit",
    "docker": "orchestrator.tools.kits.docker:kit",
    "git": "orchestrator.tools.kits.git:kit",
    "github": "orchestrator.tools.kits.github:kit",
    "host": "orchestrator.tools.kits.host:kit",
    "huggingface": "orchestrator.tools.kits.huggingface:kit",
    "meta": "orchestrator.tools.kits.meta:kit",
    "network": "orchestrator.tools.kits.network:tools",
    "operating": "orchestrator.tools.kits.operating:tools",
    "systemd": "orchestrator.tools.kits.systemd:tools",
    "system": "orchestrator.tools.kits.system:tools",
    "vercel": "orchestrator.tools.kits.vercel:kit",
    "calculator": "orchestrator.tools.kits.calculator:tools",
    "http": "orchestrator.tools.kits.http:tools",
    "web": "orchestrator.tools.kits.web:kit",
}


def kits() -> Registry:
    """The kits of the product, and those that other packages add."""
    return Registry("tools", KITS)


class Shelf:
    """Tools as they were at one moment."""

    def __init__(self, tools: Mapping[str, Tool], sources: Mapping[str, str], always: frozenset[str] = CORE) -> None:
        """`always`: names, categories and sources of what every model is offered; "*" is all."""
        self._tools = tools
        self._sources = sources
        self._specs = tuple(
            msgspec.structs.replace(spec, always=True)
            if not always.isdisjoint((spec.name, spec.category, sources[spec.name], "*"))
            else spec
            for spec in (tool.spec for tool in tools.values())
        )

    def specs(self) -> tuple[ToolSpec, ...]:
        return self._specs

    def source(self, name: str) -> str:
        """The kit, file or package that a tool is from."""
        return self._sources[name]

    def place(self, name: str) -> Place:
        """Where its work is done."""
        return place_of(self._tools[name])

    def get(self, name: str) -> Tool:
        """Raises NotFound, with the names that are near."""
        if tool := self._tools.get(name):
            return tool
        near = difflib.get_close_matches(name, self._tools, 3, 0.5)
        names = sorted(self._tools)
        known = ", ".join(names) if len(names) <= FEW else f"{len(names)} tools; {FIND} finds one by what it does"
        hint = f"Did you mean {' or '.join(near)}?" if near else f"There are: {known}."
        raise NotFound(f"There is no tool called {name!r}.", hint=hint)


async def _nothing_to_load() -> Sequence[Change]:
    return ()


class Catalogue:
    """`more` are ready tools, beside those of the kits."""

    def __init__(
        self,
        settings: Tools,
        sandbox: Sandbox,
        registry: Registry,
        more: Iterable[Tool] = (),
        secrets: Secrets | None = None,
        folder: Path | None = None,
    ) -> None:
        self.sandbox = sandbox
        self._secrets = secrets or NoSecrets()
        self._limit = settings.output_limit
        self._always = CORE.union(settings.always)
        self._by_source: dict[str, dict[str, Tool]] = {}
        self.reload: Callable[[], Awaitable[Sequence[Change]]] = _nothing_to_load
        self._registry, self._omit = registry, settings.omit
        self._equipment = Equipment(settings, sandbox, folder, self)
        if strange := sorted(set(settings.omit) - set(registry.builtin())):
            raise InvalidSettings(
                f"tools.omit names {strange[0]!r}, which is no kit.", hint=f"Kits: {', '.join(registry.builtin())}."
            )
        for name in registry.builtin():
            if name not in settings.omit:
                self.put(name, self._tools_of(name))
        self.put("tools", (finder(self.specs),))
        self.put("more", more)

    def _tools_of(self, name: str) -> Sequence[Tool]:
        kit: Kit = self._registry.load(name)
        return kit(self._equipment) if callable(kit) else kit

    def omitted(self, name: str) -> tuple[str, ToolSpec] | None:
        """A tool of a kit that the settings take away, and that kit."""
        for kit in self._omit:
            for tool in self._tools_of(kit):
                if tool.spec.name == name:
                    return kit, tool.spec
        return None

    def put(self, source: str, tools: Iterable[Tool]) -> None:
        """From now on these, and no others, are the tools of this source. Raises Conflict, and changes nothing."""
        fresh: dict[str, Tool] = {}
        taken = {name: other for other, held in self._by_source.items() if other != source for name in held}
        for tool in tools:
            name = tool.spec.name
            if name in taken or name in fresh:
                other = f"; one is of {taken[name]}" if name in taken else ""
                raise Conflict(f"Two tools are called {name!r}{other}.", hint="Rename one, or remove its kit.")
            fresh[name] = wrapped(tool, self._limit, self._secrets)
        if fresh:
            self._by_source[source] = fresh
        else:
            self._by_source.pop(source, None)
        every = {name: tool for held in self._by_source.values() for name, tool in held.items()}
        sources = {name: origin for origin, held in self._by_source.items() for name in held}
        self._shelf = Shelf(every, sources, self._always)

    def now(self) -> Shelf:
        return self._shelf

    def specs(self) -> tuple[ToolSpec, ...]:
        return self._shelf.specs()

    def source(self, name: str) -> str:
        return self._shelf.source(name)

    def place(self, name: str) -> Place:
        return self._shelf.place(name)

    def get(self, name: str) -> Tool:
        return self._shelf.get(name)

"""The resources of a server as tools: looked up here, read there. What is said of them, we say."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from orchestrator.kernel.errors import ToolRetry
from orchestrator.kernel.messages import Arguments, Risk, ToolSpec
from orchestrator.tools.arguments import Parameters
from orchestrator.tools.base import Context, Result, Tool
from orchestrator.tools.mcp.holdings import filled
from orchestrator.tools.place import Place

if TYPE_CHECKING:
    from orchestrator.tools.mcp.server import Server


READERS = ("resources", "read_resource", "read_resource_template")


def _field(kind: Any, says: str, **bounds: Any) -> Any:
    return Annotated[kind, msgspec.Meta(description=says, **bounds)]


_QUERY = {"query": (_field(str, "words that must be in its name, address or description", max_length=200), "")}
_URI = {"uri": (_field(str, "the address, as it is listed", min_length=1, max_length=4000), msgspec.NODEFAULT)}
_TEMPLATE = {
    "template": (_field(str, "the template, as it is listed", min_length=1, max_length=4000), msgspec.NODEFAULT),
    "values": (_field(dict[str, str], "a value for each {field} of it"), msgspec.NODEFAULT),
}


class _Reader:
    def __init__(self, server: "Server", name: str, about: str, fields: Mapping[str, Any], *risks: Risk) -> None:
        self._server = server
        self._parameters = Parameters(name, dict(fields))
        self.place: Place = "elsewhere" if server.settings.url else "sandbox"
        self.spec = ToolSpec(
            name=name,
            description=about,
            parameters=self._parameters.schema,
            scope="read",
            effects="none",
            category=server.name,
            origin="web",
            timeout=server.settings.seconds,
            risks=risks,
        )

    def check(self, arguments: Arguments) -> None:
        self._parameters.check(arguments)


class Listed(_Reader):
    async def call(self, arguments: Arguments, context: Context) -> Result:
        held = self._server.kept.held
        data = {
            "resources": msgspec.to_builtins(held.resources),
            "templates": [msgspec.to_builtins(one) for one in held.templates],
        }
        return Result(held.told(arguments.get("query", "")), data)


class Read(_Reader):
    """Only what is listed: nothing of the caller's own words leaves with it."""

    def check(self, arguments: Arguments) -> None:
        super().check(arguments)
        if not self._server.kept.held.known(arguments["uri"]):
            raise ToolRetry(
                f"{self._server.name} lists no resource {arguments['uri'][:200]!r}.",
                hint=f"{self._server.called['resources']} lists them.",
            )

    async def call(self, arguments: Arguments, context: Context) -> Result:
        return await self._server.read(arguments["uri"], context)


class Filled(_Reader):
    """A template with values of the caller's: what is written there is told to the server."""

    def check(self, arguments: Arguments) -> None:
        super().check(arguments)
        known = [one.uri for one in self._server.kept.held.templates]
        if arguments["template"] not in known:
            raise ToolRetry(f"{self._server.name} has no such template.", hint=f"It has {', '.join(known)[:1000]}.")
        filled(arguments["template"], arguments["values"])

    async def call(self, arguments: Arguments, context: Context) -> Result:
        return await self._server.read(filled(arguments["template"], arguments["values"]), context)


def readers(server: "Server") -> list[Tool]:
    """None where it has no resources."""
    held, called, name = server.kept.held, server.called, server.name
    if not held.reads:
        return []
    leaves: tuple[Risk, ...] = ("sends",) if server.settings.url or server.settings.network else ()
    found: list[Tool] = [
        Listed(server, called["resources"], f"List what {name} has to read: addresses and templates.", _QUERY),
        Read(server, called["read_resource"], f"Read something that {name} lists, by its address.", _URI),
    ]
    if held.templates:
        about = f"Read what a template of {name} leads to, with values for its fields."
        found.append(Filled(server, called["read_resource_template"], about, _TEMPLATE, *leaves))
    return found

"""What would be judged of a tool that nobody can call now: of a kit that is taken away, of a server not yet heard."""

from collections.abc import Iterable

from msgspec import Struct

from orchestrator.kernel.errors import NotFound
from orchestrator.kernel.messages import ToolSpec
from orchestrator.tools.catalogue import Catalogue
from orchestrator.tools.mcp.definitions import Definition, spec_of
from orchestrator.tools.mcp.server import Server


class Expected(Struct, frozen=True):
    spec: ToolSpec
    note: str = ""  # why it cannot be called now; empty: it can


def expected(name: str, catalogue: Catalogue, servers: Iterable[Server]) -> Expected:
    """Raises NotFound, with the names that are near."""
    try:
        return Expected(catalogue.get(name).spec)
    except NotFound:
        if (found := catalogue.omitted(name)) is not None:
            kit, spec = found
            return Expected(spec, f"The kit {kit} is taken away by the setting tools.omit: nobody can call it now.")
        for server in servers:
            if name.startswith(f"{server.name.replace('-', '_')}_"):
                why = server.problem or "it offers no such tool that a person has seen"
                spec = spec_of(server.name, name, Definition(name), server.settings)
                return Expected(spec, f"The server {server.name} is not asked for it now: {why}")
        raise

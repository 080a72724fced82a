"""Transports: how a server is reached, as its settings say."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

from msgspec import Struct

from orchestrator.kernel.clock import Clock
from orchestrator.kernel.errors import InvalidSettings, NotAllowed, NotFound, ToolFailed
from orchestrator.kernel.secrets import MENTION, Secrets
from orchestrator.kernel.settings import McpServer
from orchestrator.tools.mcp.connection import Dial, Over
from orchestrator.tools.mcp.pipe import pipe
from orchestrator.tools.sandbox.base import Limits, Opening, Sandbox

_LIMITS = Limits(memory=2048 * 2**20, processes=256)


class Ground(Struct, frozen=True):
    """Where servers run."""

    sandbox: Sandbox
    workspace: Path  # of the agents
    folder: Path  # in which each program has a folder of its own
    clock: Clock
    secrets: Secrets


def checked(name: str, settings: McpServer) -> None:
    """Raises InvalidSettings."""
    if bool(settings.command) == bool(settings.url):
        raise InvalidSettings(f"{name} is a program or an address.", hint="Say what to start, or --url, and not both.")
    if settings.url:
        raise InvalidSettings("Servers at an address cannot be reached yet.", hint="Start it as a program.")
    if any("\0" in word for word in (*settings.command, *settings.environment, *settings.environment.values())):
        raise InvalidSettings(f"What {name} is started with holds a zero.", hint="Write it without.")


def dial_of(name: str, settings: McpServer, ground: Ground) -> Dial:
    """How to reach it. Secrets are put in at every connection."""

    readable = tuple(Path(place).expanduser() for place in settings.readable)

    async def start(over: Over) -> AbstractAsyncContextManager[Any]:
        own = ground.folder / name
        own.mkdir(mode=0o700, parents=True, exist_ok=True)
        workspace = ground.workspace if settings.workspace else own
        environment = await _filled(settings.environment, name, "", ground.secrets)
        opening = Opening(
            argv=settings.command,
            readable=readable,
            network=settings.network,
            environment=environment,
        )
        return pipe(await ground.sandbox.open(opening, workspace, _LIMITS), over)

    return start


async def _filled(values: Mapping[str, str], name: str, host: str, secrets: Secrets) -> dict[str, str]:
    """The values with what their secrets are called by replaced by what they are. Raises ToolFailed."""
    wanted: Sequence[str] = sorted({mention for value in values.values() for mention in MENTION.findall(value)})
    try:
        known = {one: str(await secrets.reveal(one, tool=f"mcp:{name}", host=host)) for one in wanted}
    except (NotFound, NotAllowed) as error:
        raise ToolFailed(error.detail, hint=error.hint or f"Bind the secret to the tool mcp:{name}.") from None
    return {key: MENTION.sub(lambda found: known[found[1]], value) for key, value in values.items()}

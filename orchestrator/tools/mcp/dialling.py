"""Transports: how a server is reached, as its settings say."""

import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from msgspec import Struct

from orchestrator.kernel.clock import Clock
from orchestrator.kernel.errors import InvalidInput, InvalidSettings, NotAllowed, NotFound, ToolFailed
from orchestrator.kernel.secrets import MENTION, Secrets
from orchestrator.kernel.settings import McpServer
from orchestrator.policy.addresses import is_loopback, is_metadata
from orchestrator.tools.mcp.connection import Dial, Over
from orchestrator.tools.mcp.pipe import pipe
from orchestrator.tools.mcp.signin import SignIn
from orchestrator.tools.sandbox.base import Limits, Opening, Sandbox

# What is called so is a secret, whatever it holds.
_SECRET = re.compile(r"auth|cookie|token|secret|password|passwd|credential|(?:api|access|private)[-_]?key|_key$", re.I)
_LIMITS = Limits(memory=2048 * 2**20, processes=256)


class Keys(Secrets, Protocol):
    """The vault, as it keeps the tokens of servers."""

    async def put(self, name: str, value: str, hosts: Sequence[str], tools: Sequence[str], *, by: str) -> Any: ...
    async def remove(self, name: str, *, by: str) -> None: ...


class Ground(Struct, frozen=True):
    """Where servers run."""

    sandbox: Sandbox
    workspace: Path  # of the agents
    folder: Path  # in which each program has a folder of its own
    clock: Clock
    secrets: Keys


def checked(name: str, settings: McpServer) -> None:
    """Raises InvalidSettings."""
    if bool(settings.command) == bool(settings.url):
        raise InvalidSettings(
            f"{name} is a program or an address.", hint="Say what to start, or --at ADDRESS, and not both."
        )
    values = (*settings.environment.items(), *settings.headers.items())
    if any("\0" in word or "\n" in word for word in (*settings.command, *(word for pair in values for word in pair))):
        raise InvalidSettings(f"What {name} is started with holds a zero or a line's end.", hint="Write it without.")
    if settings.url:
        _address(name, settings)


def kept_apart(name: str, settings: McpServer) -> None:
    """What is to be remembered holds no secret but by its name. Raises InvalidInput."""
    for where, values in (("header", settings.headers), ("variable", settings.environment)):
        for key, value in values.items():
            if _SECRET.search(key) and value and not MENTION.search(value):
                raise InvalidInput(
                    f"The {where} {key} of {name} looks like a secret, which is not written down here.",
                    hint=f"Keep it as a secret for the tool mcp:{name}, and say {{{{secret:NAME}}}} instead.",
                )
    if settings.client_secret and not MENTION.search(settings.client_secret):
        raise InvalidInput(
            f"The client secret of {name} is not written down here.",
            hint=f"Keep it as a secret for the tool mcp:{name}, and say {{{{secret:NAME}}}} instead.",
        )


def _address(name: str, settings: McpServer) -> None:
    try:
        parts = urlsplit(settings.url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host, parts = "", urlsplit("")
    if parts.scheme not in ("http", "https") or not host or parts.username or any(map(str.isspace, settings.url)):
        raise InvalidSettings(f"{settings.url[:200]!r} is not the address of a server.", hint="https://host/mcp")
    if is_metadata(host):
        raise InvalidSettings(f"{host} gives away the credentials of this machine.", hint="Name another server.")
    secret = any(MENTION.search(value) for value in settings.headers.values())
    if secret and parts.scheme != "https" and not is_loopback(host):
        raise InvalidSettings(f"{name} is given a secret, which goes over https only.", hint="Write https://.")


def dial_of(name: str, settings: McpServer, ground: Ground) -> Dial:
    """How to reach it. Secrets are put in at every connection."""
    readable = tuple(Path(place).expanduser() for place in settings.readable)

    async def start(over: Over, sign_in: SignIn | None, by: str) -> AbstractAsyncContextManager[Any]:
        del sign_in, by
        own = ground.folder / name
        own.mkdir(mode=0o700, parents=True, exist_ok=True)
        workspace = ground.workspace if settings.workspace else own
        environment = await _filled(settings.environment, name, "", ground.secrets)
        opening = Opening(settings.command, readable, settings.network, environment)
        return pipe(await ground.sandbox.open(opening, workspace, _LIMITS), over)

    async def reach(over: Over, sign_in: SignIn | None, by: str) -> AbstractAsyncContextManager[Any]:
        from orchestrator.tools.mcp import oauth, wire

        headers = await _filled(settings.headers, name, urlsplit(settings.url).hostname or "", ground.secrets)
        signs = not any(header.lower() == "authorization" for header in headers)
        known = await _filled({"": settings.client_secret}, name, urlsplit(settings.url).hostname or "", ground.secrets)
        client = oauth.Client(settings.client_id, known[""])
        auth = await oauth.provider(name, settings.url, ground.secrets, sign_in, by, client, over) if signs else None
        return wire.reached(settings.url, headers, auth, over)

    return reach if settings.url else start


async def _filled(values: Mapping[str, str], name: str, host: str, secrets: Secrets) -> dict[str, str]:
    """The values with what their secrets are called by replaced by what they are. Raises ToolFailed."""
    wanted: Sequence[str] = sorted({mention for value in values.values() for mention in MENTION.findall(value)})
    try:
        known = {one: str(await secrets.reveal(one, tool=f"mcp:{name}", host=host)) for one in wanted}
    except (NotFound, NotAllowed) as error:
        raise ToolFailed(error.detail, hint=error.hint or f"Bind the secret to the tool mcp:{name}.") from None
    return {key: MENTION.sub(lambda found: known[found[1]], value) for key, value in values.items()}


async def forget(name: str, keys: Keys, by: str) -> None:
    """Its tokens."""
    for what in ("access", "refresh", "client"):
        with suppress(NotFound):
            await keys.remove(f"mcp.{name}.{what}", by=by)

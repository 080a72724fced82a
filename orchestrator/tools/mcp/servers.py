"""The servers there are: those of the settings, and those that an administrator added while it runs.

What a person has seen of their tools is in the journal, as digests; the texts are in a file beside. Where the file
does not fit the journal, the journal is right and the tool is withheld.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from msgspec import Struct

from orchestrator.kernel.errors import Conflict, InvalidSettings, NotFound
from orchestrator.kernel.events import ToolsPinned
from orchestrator.kernel.settings import McpServer
from orchestrator.tools.foreign import Change, Note, Pin, Put, Told, named
from orchestrator.tools.mcp.dialling import Ground, checked, dial_of, forget, kept_apart
from orchestrator.tools.mcp.offers import Kept, read_kept
from orchestrator.tools.mcp.server import Server
from orchestrator.tools.mcp.signin import SignInNeeded

_OF_THE_SETTINGS = "settings"  # who has seen what is first heard of a server that nobody has just added


class House(Struct, frozen=True):
    """What the servers live among."""

    ground: Ground
    note: Note  # of those that were added
    listing: Callable[[str], Note]  # what is remembered of one
    put: Put  # gives the catalogue the tools of a source
    tell: Told
    pin: Pin


class Servers:
    def __init__(self, given: Mapping[str, McpServer], house: House, pins: Mapping[str, Mapping[str, str]]) -> None:
        """`given` are those of the settings, `pins` the digests in the journal, by source."""
        self._given = dict(given)
        self._house = house
        self._pins = pins
        self._watching = False
        self._servers: dict[str, Server] = {}
        for name, settings in {**self._added(), **self._given}.items():
            named(name, "a server")
            checked(name, settings)
            self._servers[name] = self._server(name, settings)
            self._servers[name].seen_by = _OF_THE_SETTINGS

    def all(self) -> list[Server]:
        return list(self._servers.values())

    def get(self, name: str) -> Server:
        """Raises NotFound."""
        if (server := self._servers.get(name)) is None:
            there = f"There are: {', '.join(self._servers)}." if self._servers else "There are none."
            raise NotFound(f"There is no MCP server {name!r}.", hint=there)
        return server

    def is_given(self, name: str) -> bool:
        """Whether the settings name it."""
        return name in self._given

    @property
    def problems(self) -> dict[str, str]:
        """By source: why some of what it offers is not in use."""
        found: dict[str, str] = {}
        for server in self._servers.values():
            offers = server.offers()
            withheld = [offer.name for offer in offers if offer.state in ("new", "changed")]
            unusable = [f"{offer.name}: {offer.problem}" for offer in offers if offer.state == "unusable"]
            said = [server.problem] if server.problem else []
            withheld += [one.prompt.name for one in server.prompts() if one.state in ("new", "changed")]
            if withheld:
                said.append(f"A person must look at {', '.join(withheld)}: orchestrator tools mcp show {server.name}.")
            if said + unusable:
                found[server.source] = " ".join(said + unusable)[:1000]
        return found

    def offer(self) -> None:
        """Give the catalogue what is known of all."""
        for server in self._servers.values():
            self._put(server)

    def watch(self) -> None:
        """Stay connected to all, from now on."""
        self._watching = True
        for server in self._servers.values():
            server.watch()

    async def add(self, name: str, settings: McpServer, *, by: str) -> Server:
        """Connect, and offer what it offers. Raises InvalidInput, Conflict, ToolFailed where it cannot be reached."""
        named(name, "a server")
        checked(name, settings)
        kept_apart(name, settings)
        if name in self._servers:
            raise Conflict(f"There is an MCP server {name!r} already.", hint="Remove it first, or choose another name.")
        server = self._servers[name] = self._server(name, settings)
        server.seen_by = by
        self._keep({**self._added(), name: settings})
        try:
            await server.look()
        except SignInNeeded:
            pass  # it is there, and somebody signs in next
        except BaseException:
            self._keep({other: known for other, known in self._added().items() if other != name})
            del self._servers[name]
            await server.close()
            raise
        if self._watching:
            server.watch()
        return server

    async def remove(self, name: str, *, by: str) -> None:
        """Raises NotFound, or Conflict for what the settings say."""
        server = self.get(name)
        if self.is_given(name):
            raise Conflict(f"The settings name {name}.", hint=f"Take tools.mcp.{name} out of the settings file.")
        self._keep({other: settings for other, settings in self._added().items() if other != name})
        del self._servers[name]
        tools = tuple(tool.spec.name for tool in server.tools())
        self._house.put(server.source, ())
        await server.close()
        for source in (server.source, prompts_of(server.name)):
            await self._house.pin(ToolsPinned(source, {}, by))
        await self._house.tell(Change(server.source, "removed", tools))
        if server.settings.url:
            await forget(name, self._house.ground.secrets, by)

    async def approve(
        self, name: str, seen: Mapping[str, str], prompts: Mapping[str, str] | None = None, *, by: str
    ) -> Server:
        """A person has seen these tools and prompts: their digests, by name. Raises NotFound, Conflict."""
        server = self.get(name)
        known = {one.prompt.name: one.prompt.digest for one in server.prompts()}
        for prompt, digest in (prompts or {}).items():
            if prompt not in known:
                raise NotFound(f"{name} has no prompt {prompt[:200]!r}.", hint=f"It has {', '.join(sorted(known))}.")
            if known[prompt] != digest:
                raise Conflict(f"The prompt {prompt} is no longer what was looked at.", hint="Look again.")
        offers = {offer.name: offer for offer in server.offers() if offer.state != "unusable"}
        for tool, digest in seen.items():
            if tool not in offers:
                raise NotFound(f"{name} offers no {tool[:200]!r}.", hint=f"It offers {', '.join(sorted(offers))}.")
            if offers[tool].digest != digest:
                raise Conflict(f"{tool} is no longer what was looked at.", hint="Look again.")
        kept = {tool: pin for tool, pin in (server.pins or {}).items() if tool in offers}
        told = {prompt: pin for prompt, pin in server.prompt_pins.items() if prompt in known}
        await self._pin(server, {**kept, **seen}, by, {**told, **(prompts or {})})
        await self._offer(server, "changed")
        return server

    async def refresh(self) -> None:
        """Another server of the cluster has added, removed or approved: the same counts here."""
        wanted = {**self._added(), **self._given}
        for name, server in list(self._servers.items()):
            if wanted.get(name) != server.settings:
                del self._servers[name]
                self._house.put(server.source, ())
                await server.close()
        for name, settings in wanted.items():
            if (known := self._servers.get(name)) is None:
                known = self._servers[name] = self._server(name, settings)
                known.seen_by = _OF_THE_SETTINGS
                if self._watching:
                    known.watch()
            else:
                pins = self._pins.get(known.source)
                told = self._pins.get(prompts_of(name), {})
                before = known.pins, known.prompt_pins, known.kept
                known.take_over(dict(pins) if pins else known.pins, self._kept(name), dict(told))
                if before == (known.pins, known.prompt_pins, known.kept):
                    continue
            self._put(known)

    async def test(self, name: str) -> Server:
        """Ask it now what it offers. Raises NotFound, ToolFailed."""
        server = self.get(name)
        await server.look()
        return server

    async def login(self, name: str, *, by: str) -> str:
        """A link with which a person signs in there; empty where it is not needed. Raises NotFound, ToolFailed."""
        return await self.get(name).login(by)

    async def close(self) -> None:
        for server in self._servers.values():
            await server.close()

    def _server(self, name: str, settings: McpServer) -> Server:
        dial = dial_of(name, settings, self._house.ground)
        pins = self._pins.get(f"mcp:{name}")
        told, clock = self._pins.get(prompts_of(name)), self._house.ground.clock
        return Server(name, settings, self._kept(name), pins, dial, self._heard, clock, told)

    def _kept(self, name: str) -> Kept:
        data = self._house.listing(name).load()
        try:
            return read_kept(data) if data else Kept()
        except msgspec.DecodeError:
            return Kept()  # it is asked anew

    async def _heard(self, server: Server) -> None:
        """It says what it offers."""
        self._house.listing(server.name).save(msgspec.json.encode(server.kept))
        first = server.pins is None
        if first:
            prompts = {prompt.name: prompt.digest for prompt in server.kept.held.prompts}
            await self._pin(server, server.pinning(), server.seen_by, prompts)
        await self._offer(server, "added" if first else "changed")

    async def _pin(self, server: Server, pins: Mapping[str, str], by: str, prompts: Mapping[str, str]) -> None:
        if prompts != server.prompt_pins:
            await self._house.pin(ToolsPinned(prompts_of(server.name), dict(prompts), by))
        if pins != server.pins:
            await self._house.pin(ToolsPinned(server.source, dict(pins), by))
        server.take_over(dict(pins), server.kept, dict(prompts))
        self._house.listing(server.name).save(msgspec.json.encode(server.kept))

    async def _offer(self, server: Server, what: Any) -> None:
        tools = server.tools()
        if problem := self._put(server):
            what, tools = "broken", []
        await self._house.tell(Change(server.source, what, tuple(tool.spec.name for tool in tools), "", problem))

    def _put(self, server: Server) -> str:
        """Give the catalogue what it offers, under other names where some are taken; why that cannot be."""
        try:
            try:
                self._house.put(server.source, server.tools())
            except Conflict:
                server.set_apart()
                self._house.put(server.source, server.tools())
        except Conflict as error:
            server.problem = error.detail
            self._house.put(server.source, ())
            return error.detail
        return ""

    def _added(self) -> dict[str, McpServer]:
        data = self._house.note.load()
        if data is None:
            return {}
        try:
            return msgspec.json.decode(data, type=dict[str, McpServer])
        except msgspec.DecodeError as error:
            raise InvalidSettings(
                f"mcp.json in the data folder cannot be read: {error}.", hint="Mend it or move it away."
            ) from error

    def _keep(self, added: Mapping[str, McpServer]) -> None:
        self._house.note.save(msgspec.json.encode(added))


def prompts_of(name: str) -> str:
    """The source under which the prompts of a server are pinned."""
    return f"mcp:{name}/prompts"


@asynccontextmanager
async def open_servers(servers: Servers, *, watching: bool) -> AsyncIterator[Servers]:
    """What was pinned is offered on entering; connected as needed, or all the time while watching."""
    try:
        servers.offer()
        if watching:
            servers.watch()
        yield servers
    finally:
        await servers.close()

"""One server: what it offers and what of that a person has seen, and the calls of its tools.

What is offered is what was pinned, from the file where it is kept: agents have these tools before the server is
even connected, and a server that says something else of a tool than what a person has seen loses that tool.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from math import inf
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from orchestrator.kernel.clock import Clock
from orchestrator.kernel.errors import Conflict, NotFound, ToolFailed
from orchestrator.kernel.messages import Arguments, ToolSpec
from orchestrator.kernel.settings import McpServer
from orchestrator.tools.base import Context, Result, Tool
from orchestrator.tools.mcp.asking import MODERN, Talk, Underway, answered
from orchestrator.tools.mcp.calling import Mishaps, ServerTool, in_time
from orchestrator.tools.mcp.connection import Connection, Dial
from orchestrator.tools.mcp.definitions import Definition, names, spec_of
from orchestrator.tools.mcp.holdings import said as said_of
from orchestrator.tools.mcp.listing import Listing
from orchestrator.tools.mcp.offers import Kept, Offer, PromptOffer, ServerState, state_of
from orchestrator.tools.mcp.reading import READERS, readers
from orchestrator.tools.mcp.results import read_of, result_of
from orchestrator.tools.mcp.signin import SignIn, SignInNeeded
from orchestrator.tools.questions import NOBODY

if TYPE_CHECKING:
    import mcp

_FIRST, _LONGEST = 1.0, 300.0  # seconds after which a server that is away is tried again

HEADER_MISMATCH = -32020  # what it offers is no longer what it said

Request: TypeAlias = "Callable[[mcp.Client, Any, str | None], Awaitable[Any]]"
Heard = Callable[["Server"], Awaitable[None]]


class Server:
    def __init__(
        self,
        name: str,
        settings: McpServer,
        kept: Kept,
        pins: Mapping[str, str] | None,
        dial: Dial,
        heard: Heard,
        clock: Clock,
        prompt_pins: Mapping[str, str] | None = None,
    ) -> None:
        """`pins` are the digests a person has seen; None: nobody has, and what it says first counts as seen."""
        self.prompt_pins = prompt_pins or {}
        self.name = self.prefix = name  # what its tools are called begins with the prefix
        self.seen_by = ""  # who is taken to have seen what it offers when it is first heard
        self.settings = settings
        self.kept = kept
        self.pins = pins
        self.problem = ""
        self._dial = dial
        self._heard = heard
        self._clock = clock
        self._connection: Connection | None = None
        self._connecting = asyncio.Lock()
        self._patience = _FIRST
        self._not_before = 0.0
        self._watch: asyncio.Task[None] | None = None
        self._sign_in: SignIn | None = None
        self._specs: dict[Offer, ToolSpec] = {}
        self._offered: tuple[Kept, Mapping[str, str] | None, list[Offer]] | None = None
        self._wanted = ""  # the scope of the call for which somebody must sign in anew
        self._login: asyncio.Task[None] | None = None

    @property
    def source(self) -> str:
        return f"mcp:{self.name}"

    @property
    def connected(self) -> bool:
        return self._connection is not None and self._connection.open

    @property
    def signing_in(self) -> bool:
        return self._sign_in is not None

    @property
    def state(self) -> ServerState:
        """The most urgent of what can be said of it."""
        if self.signing_in:
            return "signing_in"
        if self.problem and not self.connected:
            return "broken"
        tools, prompts = (one.state for one in self.offers()), (one.state for one in self.prompts())
        if {"new", "changed"} & {*tools, *prompts}:
            return "approval"
        return "connected" if self.connected else "idle"

    # What it offers

    def offers(self) -> list[Offer]:
        """Found anew only where something is new: there may be thousands, and each schema is judged."""
        if self._offered is None or self._offered[0] is not self.kept or self._offered[1] is not self.pins:
            self._offered = self.kept, self.pins, self._offers()
        return self._offered[2]

    def set_apart(self) -> None:
        """Its tools would have the names of others: they are called otherwise."""
        self.prefix, self._offered = f"mcp-{self.name}", None

    def _offers(self) -> list[Offer]:
        called = names(self.prefix, (tool.name for tool in self.kept.said))
        before = {tool.name: tool.description for tool in self.kept.pinned}
        found = [self._offer(tool, called[tool.name], before.get(tool.name, "")) for tool in self.kept.said]
        return found + [Offer(name, name, "unusable", "", "", why) for name, why in self.kept.left_out.items()]

    def _offer(self, tool: Definition, called: str, before: str) -> Offer:
        problem = tool.problem()
        state = "unusable" if problem else state_of((self.pins or {}).get(tool.name), tool.digest)
        return Offer(
            tool.name, called, state, tool.description, tool.digest, problem, before if state == "changed" else ""
        )

    def prompts(self) -> list[PromptOffer]:
        before = {prompt.name: prompt.description for prompt in self.kept.prompts}
        return [
            PromptOffer(prompt, state, before.get(prompt.name, "") if state == "changed" else "")
            for prompt in self.kept.held.prompts
            for state in [state_of(self.prompt_pins.get(prompt.name), prompt.digest)]
        ]

    @property
    def called(self) -> dict[str, str]:
        """What the tools are called that read its resources: its own come first."""
        own = [tool.name for tool in self.kept.said]
        return {tool: name for tool, name in names(self.prefix, [*own, *READERS]).items() if tool in READERS}

    def tools(self) -> list[Tool]:
        """Ready to be called."""
        by_name = {tool.name: tool for tool in self.kept.said}
        offered = [offer for offer in self.offers() if offer.state == "offered"]
        made = {
            offer: self._specs.get(offer) or spec_of(self.name, offer.tool, by_name[offer.name], self.settings)
            for offer in offered
        }
        self._specs = made  # its words are screened, which takes its time: once
        return [ServerTool(spec, offer.name, self) for offer, spec in made.items()] + readers(self)

    def take_over(
        self, pins: Mapping[str, str] | None, kept: Kept, prompt_pins: Mapping[str, str] | None = None
    ) -> None:
        """What a person has seen by now, and what is remembered; what it says on its own connection is newer."""
        known = self.kept if self.connected else kept
        found = (*known.pinned, *kept.pinned, *known.said)
        seen = {tool.name: tool for tool in found if (pins or {}).get(tool.name) == tool.digest}
        if prompt_pins is not None:
            self.prompt_pins = prompt_pins
        told = (*known.prompts, *kept.prompts, *known.held.prompts)
        prompts = {prompt.name: prompt for prompt in told if self.prompt_pins.get(prompt.name) == prompt.digest}
        self.pins = pins
        self.kept = msgspec.structs.replace(known, pinned=tuple(seen.values()), prompts=tuple(prompts.values()))

    def pinning(self) -> dict[str, str]:
        """The digests of all that it offers now."""
        return {offer.name: offer.digest for offer in self.offers() if offer.state != "unusable"}

    # The connection

    async def client(self) -> "mcp.Client":
        """Raises ToolFailed when it cannot be reached."""
        if self._sign_in is not None:
            raise SignInNeeded(self.name)
        async with self._connecting:
            if self._connection is None or not self._connection.open:
                await self._connect()
            assert self._connection is not None
            return self._connection.client

    def sign_in_wanted(self) -> bool:
        """Whether the connection is over because somebody must sign in."""
        wanted = self._connection.wanted if self._connection is not None else None
        if wanted is None:
            return False
        self._wanted, self.problem = wanted, SignInNeeded(self.name).detail
        return True

    def lose(self, why: str) -> None:
        if self._connection is not None:
            self._connection.lose(why)

    async def _connect(self, sign_in: SignIn | None = None, by: str = "") -> None:
        wait = self._not_before - self._clock.monotonic()
        if wait > 0:
            raise ToolFailed(f"{self.problem} It is tried again in {wait:.0f} seconds.")
        if self._connection is not None:
            await self._connection.close()
        seconds = self.settings.seconds
        self._connection = Connection(self.name, self._dial, self._learn, self._clock, seconds, sign_in, by)
        try:
            await self._connection.start()
        except ToolFailed as error:
            self.problem = error.detail
            self._not_before = self._clock.monotonic() + self._patience
            self._patience = min(self._patience * 2, _LONGEST)
            raise
        self.problem, self._patience, self._not_before = "", _FIRST, 0.0

    async def look(self) -> None:
        """Ask it now what it offers, whatever was tried before. Raises ToolFailed."""
        self._not_before = 0.0
        if self.connected:
            assert self._connection is not None
            await self._connection.look()
        else:
            await self.client()

    async def login(self, by: str) -> str:
        """The link with which somebody signs in; empty where nobody need. Raises ToolFailed."""
        await self._leave_login()
        self._sign_in = sign_in = SignIn(self._wanted)
        await sign_in.open()
        self._login = asyncio.create_task(self._logged_in(sign_in, by), name=f"mcp {self.name}, signing in")
        await asyncio.wait((self._login, sign_in.link), return_when=asyncio.FIRST_COMPLETED)
        if sign_in.link.done() and not sign_in.link.cancelled():
            return sign_in.link.result()
        await self._login
        if self.problem:
            raise ToolFailed(self.problem)
        return ""

    async def _logged_in(self, sign_in: SignIn, by: str) -> None:
        self._not_before = 0.0
        try:
            async with self._connecting:
                await self._connect(sign_in, by)
        except ToolFailed:
            return  # the problem is kept
        finally:
            self._sign_in = None
            await sign_in.close()

    def came_back(self, address: str) -> None:
        """Where the browser was sent in the end. Raises NotFound when nobody signs in, InvalidInput."""
        if self._sign_in is None:
            raise NotFound(f"Nobody is signing in to {self.name}.", hint=f"orchestrator tools mcp login {self.name}")
        self._sign_in.finish(address)

    async def signed_in(self) -> None:
        """Until what was begun with `login` is over. Raises ToolFailed where it went wrong."""
        if self._login is not None:
            await asyncio.wait([self._login])
        if self.problem:
            raise ToolFailed(self.problem)

    async def _leave_login(self) -> None:
        if self._login is not None:
            self._login.cancel()
            await asyncio.wait([self._login])
            self._login = None

    async def _learn(self, listing: Listing) -> None:
        old = self.kept
        kept = Kept(
            listing.tools, old.pinned, listing.protocol, listing.title, listing.held, old.prompts, listing.left_out
        )
        if kept != self.kept or self.pins is None:
            self.kept = kept
            await self._heard(self)

    def watch(self) -> None:
        """Stay connected from now on."""
        if self._watch is None:
            self._watch = asyncio.create_task(self._stay(), name=f"mcp {self.name}, watched")

    async def _stay(self) -> None:
        while True:
            began = self._clock.monotonic()
            try:
                await self.client()
                assert self._connection is not None
                await self._connection.wait()
            except ToolFailed:
                await self._clock.sleep(max(0.0, self._not_before - self._clock.monotonic()))
                continue
            if self._sign_in is not None:
                await self._clock.sleep(_FIRST)
                continue
            self.problem = f"{self.name} has gone. {self._connection.why}".strip()
            if self._clock.monotonic() - began < _LONGEST:
                await self._clock.sleep(self._patience)
                self._patience = min(self._patience * 2, _LONGEST)

    async def close(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.wait([self._watch])
        await self._leave_login()
        if self._connection is not None:
            await self._connection.close()

    # Calls

    async def call(self, tool: str, arguments: Arguments, context: Context) -> Result:

        async def tell(progress: float, total: float | None, message: str | None) -> None:
            share = f"{progress / total:.0%}" if total else f"{progress:g}"
            context.progress(message[:500] if message else share)

        async def send(client: "mcp.Client", responses: Any, state: str | None) -> Any:
            return await client.session.call_tool(
                tool,
                arguments,
                inf,  # the tool's own limit of time ends it; it may wait for a person longer than that
                tell,
                input_responses=responses,
                request_state=state,
                allow_input_required=True,
            )

        return result_of(await self._request(send, context), self.name)

    async def read(self, uri: str, context: Context) -> Result:
        """A resource, and be told from now on when it changes."""

        async def send(client: "mcp.Client", responses: Any, state: str | None) -> Any:
            return await client.session.read_resource(
                uri, input_responses=responses, request_state=state, allow_input_required=True
            )

        answer = await self._request(send, context)
        if self._connection is not None and self.connected:
            await self._connection.follow(uri)
        return read_of(answer)

    @property
    def updated(self) -> Mapping[str, float]:
        """When resources that were read here changed, as far as is known: seconds since the Unix epoch."""
        return self._connection.updated if self._connection is not None else {}

    async def prompt(self, name: str, arguments: Mapping[str, str]) -> str:
        """What a prompt says with these words in its blanks. Raises NotFound, Conflict, ToolError, ConnectionError."""
        found = next((one for one in self.prompts() if one.prompt.name == name), None)
        if found is None:
            there = ", ".join(one.prompt.name for one in self.prompts())
            raise NotFound(f"{self.name} has no prompt {name[:200]!r}.", hint=f"It has: {there or 'none'}.")
        if found.state != "offered":
            raise Conflict(f"The prompt {name[:200]} is {found.state}: somebody must look at it first.")
        found.prompt.check(arguments)
        return await in_time(self, lambda: self._prompted(name, arguments))

    async def _prompted(self, name: str, arguments: Mapping[str, str]) -> str:
        client = await self.client()
        assert self._connection is not None

        async def send(responses: Any, state: str | None) -> Any:
            return await client.session.get_prompt(
                name, dict(arguments), input_responses=responses, request_state=state, allow_input_required=True
            )

        talk = Talk(self.name, NOBODY, trusted=self.settings.trusted)  # what it asks has its blanks
        async with Mishaps(self, self._connection):
            return said_of((await answered(send, talk, self._clock)).messages)

    async def _request(self, send: Request, context: Context) -> Any:
        """What comes of a request, after what a person must say first. Raises Asks, ToolError, ConnectionError."""
        return await in_time(self, lambda: self._requested(send, context))

    async def _requested(self, send: Request, context: Context) -> Any:
        held = context.person.held
        if isinstance(held, Underway):
            async with Mishaps(self, held.connection):
                return await held.go_on(context.person)
        client = await self.client()
        connection = self._connection
        assert connection is not None

        async def once(responses: Any, state: str | None) -> Any:
            try:
                return await send(client, responses, state)
            except Exception as error:
                if getattr(error, "code", None) != HEADER_MISMATCH:
                    raise
            await connection.look()  # it is asked what it offers now, and then once more
            return await send(client, responses, state)

        talk = Talk(self.name, context.person, trusted=self.settings.trusted)
        work = answered(once, talk, context.clock)
        async with Mishaps(self, connection):
            if client.protocol_version >= MODERN:
                return await work
            underway = Underway(work, talk, context.run_id, connection)
            connection.underway.append(underway)
            return await underway.result()

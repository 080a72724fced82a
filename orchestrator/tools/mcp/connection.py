"""One connection to a server, kept by a task of its own: made when it is needed, told when it is over.

The SDK is imported when the first connection is made: it costs a second and 60 MB.
"""

import asyncio
import importlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from typing import TYPE_CHECKING, Any, Protocol

from orchestrator import __version__
from orchestrator.kernel.clock import Clock
from orchestrator.kernel.errors import OrchestratorError, ToolFailed
from orchestrator.tools.mcp.asking import MODERN, Underway
from orchestrator.tools.mcp.listing import Listing, Sieve, ill_formed, listing
from orchestrator.tools.mcp.signin import SECONDS, SignIn, SignInNeeded

if TYPE_CHECKING:
    import mcp
    import mcp_types

UNREADABLE = -32099  # the code that stands for an answer which was none
STARTING = 30.0  # seconds until a server must have said what it offers
_QUIET = 1.0  # seconds between two looks at what is new
_FOLLOWED = 256  # resources whose changes are told
_ENDING = 10.0

log = logging.getLogger("orchestrator.tools")


class Over(Protocol):
    def __call__(self, why: str, wanted: str | None = None) -> None:
        """It is over, and why. `wanted`: because somebody must sign in, for this scope."""


# A transport. It is told whom to tell why it is over, who signs in where somebody does, and in whose name.
Dial = Callable[[Over, SignIn | None, str], Awaitable["AbstractAsyncContextManager[Any]"]]
Hear = Callable[[Listing], Awaitable[None]]


class Connection:
    """`dial` makes the transport, `hear` is told of what the server offers, at first and whenever it changes."""

    def __init__(
        self,
        name: str,
        dial: Dial,
        hear: Hear,
        clock: Clock,
        seconds: float,
        sign_in: SignIn | None = None,
        by: str = "",
    ) -> None:
        self.underway: list[Underway] = []  # calls that it may ask about on this connection
        self.updated: dict[str, float] = {}  # when resources that were read here are known to have changed
        self._followed: dict[str, None] = {}
        self._resubscribe = asyncio.Event()
        self.why = ""  # it is over
        self.wanted: str | None = None  # the scope for which somebody must sign in
        self._sign_in = sign_in
        self._by = by
        self._name = name
        self._dial = dial
        self._hear = hear
        self._clock = clock
        self._seconds = seconds
        self._news = asyncio.Event()
        self._over = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._client: mcp.Client | None = None
        self._sieve = Sieve()

    @property
    def open(self) -> bool:
        return self._client is not None and not self._over.is_set()

    @property
    def client(self) -> "mcp.Client":
        """Raises ToolFailed when there is none any more."""
        if self._client is None or self._over.is_set():
            raise ToolFailed(f"{self._name} is not connected. {self.why}".strip())
        return self._client

    async def start(self) -> None:
        """Connect. Raises ToolFailed, which says why not."""
        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._keeper = asyncio.create_task(self._keep(ready), name=f"mcp {self._name}")
        try:
            await asyncio.shield(ready)
        except asyncio.CancelledError:
            await self.close()
            raise

    async def wait(self) -> None:
        """Until it is over."""
        await self._over.wait()

    async def close(self) -> None:
        self._over.set()
        if self._keeper is not None:
            _, late = await asyncio.wait([self._keeper], timeout=_ENDING)
            if late:
                self._keeper.cancel()
                await asyncio.wait([self._keeper])

    def lose(self, why: str) -> None:
        """It is over: the next call makes another."""
        self._is_over(why)

    async def look(self) -> None:
        """Ask it anew what it offers. Raises ToolFailed."""
        try:
            found = await listing(self.client, self._sieve)
        except Exception as error:
            first = first_of(error)
            if not _is_of_the_sdk(first):
                raise
            raise ToolFailed(f"{self._name} does not say what it offers: {self.why or said(first)}") from error
        await self._hear(found)

    async def follow(self, uri: str) -> None:
        """It was read: be told when it changes, where the server tells."""
        capability = self.client.server_capabilities.resources
        self.updated.pop(uri, None)
        if uri in self._followed or len(self._followed) >= _FOLLOWED or not (capability and capability.subscribe):
            return
        self._followed[uri] = None
        if self.client.protocol_version >= MODERN:
            self._resubscribe.set()
            return
        import mcp_types
        from mcp.shared.exceptions import MCPError

        wish = mcp_types.SubscribeRequest(params=mcp_types.SubscribeRequestParams(uri=uri))
        with suppress(MCPError):  # it does not tell of this one
            await self.client.session.send_request(wish, mcp_types.EmptyResult)

    def _is_over(self, why: str, wanted: str | None = None) -> None:
        self.why = self.why or why
        self.wanted = self.wanted if wanted is None else wanted
        self._over.set()

    async def _keep(self, ready: "asyncio.Future[None]") -> None:
        try:
            await asyncio.to_thread(importlib.import_module, "mcp.client")
            logging.getLogger("mcp").setLevel(logging.CRITICAL)  # what a stranger's server does wrong is said here
            patience = SECONDS if self._sign_in is not None else STARTING
            async with asyncio.timeout(patience) as starting, await self._made() as client:
                await self._hear(await listing(client, self._sieve))
                starting.reschedule(None)
                self._client = client
                ready.set_result(None)
                await self._follow(client)
        except TimeoutError:
            self._is_over(f"It did not say in time what it offers ({patience:g} seconds).")
        except Exception as error:
            first = first_of(error)
            if not isinstance(first, OrchestratorError | OSError) and not _is_of_the_sdk(first):
                log.exception("the connection to %s: a fault of ours", self._name)
            self._is_over(said(first))
        finally:
            self._is_over("It was closed.")
            self._client = None
            if not ready.done():
                needed = SignInNeeded(self._name) if self.wanted is not None else None
                ready.set_exception(needed or ToolFailed(f"{self._name} cannot be reached: {self.why}"))
                ready.exception()

    async def _made(self) -> "mcp.Client":
        import mcp
        import mcp_types

        changes = (
            mcp_types.ToolListChangedNotification,
            mcp_types.ResourceListChangedNotification,
            mcp_types.PromptListChangedNotification,
        )

        async def heard(message: Any) -> None:
            if isinstance(message, changes):
                self._news.set()
            elif isinstance(message, mcp_types.ResourceUpdatedNotification):
                self.updated[str(message.params.uri)[:4000]] = self._clock.now()

        self._sieve = Sieve()
        self._sieve.client = mcp.Client(
            self._sieve.around(await self._dial(self._is_over, self._sign_in, self._by)),
            read_timeout_seconds=self._seconds,
            message_handler=heard,
            elicitation_callback=self._elicited,
            client_info=mcp_types.Implementation(name="ai-orchestrator", version=__version__),
            cache=None,
        )
        return self._sieve.client

    async def _elicited(
        self, context: Any, params: "mcp_types.ElicitRequestParams"
    ) -> "mcp_types.ElicitResult | mcp_types.ErrorData":
        """A question of a server of before 2026, which does not say which call it is about."""
        import mcp_types

        del context
        self.underway = [call for call in self.underway if not call.over]
        runs = {call.run_id for call in self.underway}
        if len(runs) == 1:
            return await self.underway[-1].asked(params)
        why = "no call is under way" if not runs else "calls of several runs are under way"
        log.warning("%s asks a question, and nobody can tell whom: %s; it is declined", self._name, why)
        return mcp_types.ElicitResult(action="decline")

    async def _follow(self, client: "mcp.Client") -> None:
        """Hear what changes, until it is over."""
        # Its schemas are a stranger's: what it answers is not held to them, for they may take for ever to judge by.
        client.session.validate_tool_result = _unjudged  # type: ignore[method-assign]
        listening = asyncio.ensure_future(self._listen(client))
        over = asyncio.ensure_future(self._over.wait())
        try:
            while not over.done():
                news = asyncio.ensure_future(self._news.wait())
                await asyncio.wait((over, news), return_when=asyncio.FIRST_COMPLETED)
                news.cancel()
                if over.done():
                    return
                self._news.clear()
                await self._hear(await listing(client, self._sieve))
                quiet = asyncio.ensure_future(self._clock.sleep(_QUIET))
                await asyncio.wait((over, quiet), return_when=asyncio.FIRST_COMPLETED)
                quiet.cancel()
        finally:
            for task in (listening, over):
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    async def _listen(self, client: "mcp.Client") -> None:
        """Servers of 2026 are asked to tell; those before tell by themselves."""
        from mcp.client.subscriptions import ListenNotSupportedError, SubscriptionLost
        from mcp.shared.exceptions import MCPError

        try:
            while True:
                self._resubscribe.clear()
                async with client.listen(
                    tools_list_changed=True,
                    prompts_list_changed=True,
                    resources_list_changed=True,
                    resource_subscriptions=tuple(self._followed),
                ):  # what is told comes by `heard`, as from those before
                    await self._resubscribe.wait()
        except ListenNotSupportedError:
            return
        except (MCPError, SubscriptionLost, TimeoutError) as error:
            log.debug("%s does not tell of changes: %s", self._name, error)


async def _unjudged(name: str, result: "mcp_types.CallToolResult") -> None:
    del name, result


def first_of(error: BaseException) -> BaseException:
    """What went wrong first, out of the groups that tasks make of it."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def said(error: BaseException) -> str:
    detail = getattr(error, "detail", None) or ill_formed(error) or str(error) or type(error).__name__
    return " ".join(str(detail).split())[:500]


def _is_of_the_sdk(error: BaseException) -> bool:
    """Whether the SDK, or what it speaks with, said that the server is wrong."""
    modules: Sequence[str] = ("mcp", "mcp_types", "httpx2", "httpcore2", "anyio", "pydantic_core")
    return type(error).__module__.partition(".")[0] in modules

"""A tool of a server, and what goes wrong in a call of it, said as a tool says it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

from orchestrator.kernel.errors import ToolError, ToolFailed, ToolRetry
from orchestrator.kernel.messages import Arguments, ToolSpec
from orchestrator.tools.base import Context, Result
from orchestrator.tools.judging import Judge
from orchestrator.tools.mcp.connection import UNREADABLE, Connection, first_of, said
from orchestrator.tools.mcp.definitions import seen
from orchestrator.tools.mcp.signin import SignInNeeded
from orchestrator.tools.place import Place
from orchestrator.tools.questions import Asks

if TYPE_CHECKING:
    from orchestrator.tools.mcp.server import Server


T = TypeVar("T")

# What the SDK says in the place of an answer that did not come, or was none.
_UNANSWERED = (
    "Connection closed", "Failed to parse", "SSE stream", "Unexpected content type", "server answered a request",
)  # fmt: skip


class SessionEnded(ToolFailed):
    """The call was not made: it is made again, in a session of its own."""


async def in_time(server: "Server", ask: Callable[[], Awaitable[T]]) -> T:
    """What it answers, in a session of its own where the first had ended. Raises ConnectionError when it is late."""
    seconds = server.settings.seconds
    try:
        async with asyncio.timeout(seconds):
            try:
                return await ask()
            except SessionEnded:
                return await ask()
    except TimeoutError:
        raise ConnectionError(f"{server.name} did not answer within {seconds:g} seconds.") from None


class Mishaps:
    """What goes wrong in a call, as a tool says it. ConnectionError: nobody knows whether it happened."""

    def __init__(self, server: "Server", connection: Connection) -> None:
        self._server = server
        self._connection = connection

    async def __aenter__(self) -> None:
        return None

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: Any) -> None:
        if error is None or not isinstance(error, Exception) or isinstance(error, Asks):
            return
        from mcp.shared.exceptions import MCPError
        from mcp_types import INVALID_PARAMS

        first, name = first_of(error), self._server.name
        if self._server.sign_in_wanted():
            raise SignInNeeded(name) from None
        if isinstance(first, ToolError):
            raise first from None
        if not self._connection.open:
            why = self._connection.why or said(first)
            raise ConnectionError(f"{name} went away in the middle of it: {why.rstrip('.')}.") from error
        if isinstance(first, MCPError) and first.message == "Session terminated":
            self._server.lose("It ended the session.")
            raise SessionEnded(f"{name} ends every session before a call.") from None
        if isinstance(first, ValueError) or (isinstance(first, MCPError) and first.code == UNREADABLE):
            raise ConnectionError(f"{name} answered what cannot be read: {said(first)}.") from error
        if isinstance(first, MCPError) and first.message.startswith(_UNANSWERED):
            raise ConnectionError(f"{name} gave no answer: {first.message.partition(': 1 validation error')[0]}.")
        if isinstance(first, MCPError):
            problem = f"{name} says: {seen(first.message, 2000)}"
            raise (ToolRetry(problem) if first.code == INVALID_PARAMS else ToolFailed(problem)) from None


class ServerTool:
    def __init__(self, spec: ToolSpec, name: str, server: "Server") -> None:
        self.spec = spec
        self.place: Place = "elsewhere" if server.settings.url else "sandbox"
        self._name = name
        self._server = server
        self.check = Judge(spec).check

    async def call(self, arguments: Arguments, context: Context) -> Result:
        return await self._server.call(self._name, arguments, context)

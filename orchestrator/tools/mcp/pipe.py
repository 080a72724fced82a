"""The stdio transport over a confined process: one JSON-RPC message a line, either way."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from orchestrator.kernel.errors import ToolFailed
from orchestrator.tools.mcp.connection import UNREADABLE, Over
from orchestrator.tools.mcp.connection import said as said_of
from orchestrator.tools.sandbox.base import Session

if TYPE_CHECKING:
    from mcp.client._transport import TransportStreams

_STRAY = 200  # lines that are no message before it is no server

log = logging.getLogger("orchestrator.tools")


class _Line(Struct):
    id: int | str | None = None
    method: str | None = None


def _answered(line: bytes) -> int | str | None:
    """The request to which an unreadable line is the answer: who waits for it is told so at once."""
    try:
        found = msgspec.json.decode(line, type=_Line)
    except (ValueError, RecursionError):
        return None
    return found.id if found.method is None else None


@asynccontextmanager
async def pipe(session: Session, over: Over) -> AsyncIterator["TransportStreams"]:
    """What the SDK talks through. `over` is told, once, why nothing more is said. The process ends with it."""
    import anyio
    import mcp_types
    from mcp.shared.message import SessionMessage

    heard, hearing = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    saying, said = anyio.create_memory_object_stream[SessionMessage](0)

    async def read() -> None:
        stray = 0
        why = "its process ended"
        async with heard:  # closed once it is said why: who waits for an answer is told
            try:
                async for line in session.lines():
                    try:
                        message = mcp_types.jsonrpc_message_adapter.validate_json(line, by_name=False)
                    except ValueError as error:
                        if (number := _answered(line)) is None:
                            stray += 1
                            if stray > _STRAY:
                                raise ToolFailed("it says what is no message of MCP") from error
                            continue
                        why_not = mcp_types.ErrorData(code=UNREADABLE, message=said_of(error))
                        message = mcp_types.JSONRPCError(jsonrpc="2.0", id=number, error=why_not)
                    await heard.send(SessionMessage(message))
            except ToolFailed as error:
                why = error.detail
            except (anyio.ClosedResourceError, anyio.BrokenResourceError):
                why = "it was closed"
            over(f"{why}. {session.complaints[-500:]}".strip())

    async def write() -> None:
        async with said:
            async for message in said:
                data = message.message.model_dump_json(by_alias=True, exclude_unset=True)
                try:
                    await session.send(data.encode() + b"\n")
                except ToolFailed:
                    await heard.aclose()  # whoever waits for an answer hears that there is none
                    return

    try:
        async with anyio.create_task_group() as work:
            work.start_soon(read)
            work.start_soon(write)
            yield hearing, saying
            work.cancel_scope.cancel()
    finally:
        with anyio.CancelScope(shield=True):
            await session.end()
        for stream in (heard, hearing, saying, said):
            stream.close()

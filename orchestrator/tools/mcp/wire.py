"""HTTP to one server, within bounds. Imported when the first server at an address is reached.

Covers: the owner named the server's host, and it may be anywhere; any other host that the server sends us to (to
sign in) must be public, is resolved once and reached at exactly that address. No answer is larger than what is said
here. A refusal of HTTP is told with its status and words, as an error of the protocol: what the server may have done
before it failed (5xx) is not known. Redirects stay on the server, which the SDK sees to. Does not cover what the server
does with what it is told.
"""

import asyncio
import ipaddress
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import msgspec
from mcp.client.streamable_http import streamable_http_client
from mcp_types import INVALID_REQUEST

from orchestrator.kernel.errors import ToolFailed
from orchestrator.policy.addresses import is_loopback
from orchestrator.tools.mcp.connection import UNREADABLE, Over
from orchestrator.tools.web import judge

LARGEST = 16 * 2**20  # bytes of one answer that is no stream
# A server may be silent for long, while a person thinks; one that is gone is noticed by the connection itself.
_SECONDS = httpx2.Timeout(30.0, read=None)
_ALIVE = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
if sys.platform == "linux":
    _ALIVE += [(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 60), (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 20)]


@asynccontextmanager
async def reached(url: str, headers: Mapping[str, str], auth: httpx2.Auth | None, over: Over) -> AsyncIterator[Any]:
    """A transport for the SDK. A server at an address is never over by itself: it is asked, or not."""
    del over
    transport = Guarded(httpx2.URL(url))
    async with (
        httpx2.AsyncClient(
            headers=dict(headers), auth=auth, timeout=_SECONDS, transport=transport, trust_env=False
        ) as client,
        streamable_http_client(url, http_client=client, max_sse_event_size=LARGEST) as streams,
    ):
        yield streams


class Guarded(httpx2.AsyncBaseTransport):
    def __init__(self, url: httpx2.URL) -> None:
        self._url, self._own = url, url.host
        self._inner = httpx2.AsyncHTTPTransport(trust_env=False, socket_options=_ALIVE)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.host != self._own:
            request = await self._pinned(request)
        answer = await self._inner.handle_async_request(request)
        if answer.headers.get("content-type", "").lower().startswith("text/event-stream"):
            return answer
        assert isinstance(answer.stream, httpx2.AsyncByteStream)
        bounded = httpx2.Response(
            answer.status_code, headers=answer.headers, stream=_Bounded(answer.stream), extensions=answer.extensions
        )
        said = request.method == "POST" and request.url == self._url
        return await _told(bounded) if said and _is_refusal(answer.status_code) else bounded

    async def _pinned(self, request: httpx2.Request) -> httpx2.Request:
        """The same request, to an address that was judged."""
        host = request.url.host
        near = is_loopback(self._own)
        if request.url.scheme != "https" and not (near and is_loopback(host)):
            raise ToolFailed(f"The server sends us to {host} without https.")
        port = request.url.port or (443 if request.url.scheme == "https" else 80)
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise ToolFailed(f"{host}, where the server sends us, is not known.") from error
        for _, _, _, _, place in found:
            judge(host, ipaddress.ip_address(str(place[0]).partition("%")[0]), near)
        address = str(found[0][4][0])
        return httpx2.Request(
            request.method,
            request.url.copy_with(host=address),
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": host},
        )

    async def aclose(self) -> None:
        await self._inner.aclose()


def _is_refusal(status: int) -> bool:
    """Not of what the SDK answers itself: by signing in (401, 403), and by another session (404)."""
    return status >= 400 and status not in (401, 403, 404)


async def _told(answer: httpx2.Response) -> httpx2.Response:
    """A refusal as an error of the protocol, with its status and words, unless it is one."""
    text = (await answer.aread()).decode("utf-8", "replace")
    try:
        error = msgspec.json.decode(text, type=_Refusal).error
    except (msgspec.DecodeError, RecursionError):
        code = UNREADABLE if answer.status_code >= 500 else INVALID_REQUEST
        words = " ".join(text[:1000].split())
        error = {"code": code, "message": f"HTTP {answer.status_code}{f': {words}' if words else ''}"}
    return httpx2.Response(answer.status_code, json={"jsonrpc": "2.0", "id": None, "error": error})


class _Refusal(msgspec.Struct):
    jsonrpc: str
    error: dict[str, Any]


class _Bounded(httpx2.AsyncByteStream):
    def __init__(self, inner: httpx2.AsyncByteStream) -> None:
        self._inner = inner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = LARGEST
        async for piece in self._inner:
            left -= len(piece)
            if left < 0:
                raise httpx2.StreamError(f"the answer is larger than {LARGEST // 2**20} MB")
            yield piece

    async def aclose(self) -> None:
        await self._inner.aclose()

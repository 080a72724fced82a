"""What uvicorn lacks at a connection: limits on the head of a request, frames that are made once for many sockets,
and pieces of an answer that are written as they come.

Without the limits anyone who can connect could fill the memory or hold connections.
"""

import asyncio
from functools import partial
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request
from websockets.protocol import State

from orchestrator.api.problems import MEDIA_TYPE, encode, problem

PREPARED = "orchestrator.prepared"  # the extension in a WebSocket's scope: see Socket.take
PIECES = "orchestrator.pieces"  # the extension in a request's scope: see `take`
HEAD_BYTES = 64 * 1024
HEAD_SECONDS = 15.0

_REFUSED = b"HTTP/1.1 %d %s\r\ncontent-type: %s\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%s"


class Connection(HttpToolsProtocol):
    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._head = 0  # bytes of the head that is being read
        self._waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._begin()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._begin()

    def on_headers_complete(self) -> None:
        self._end()
        super().on_headers_complete()
        if self.cycle is not None and self.cycle.scope is self.scope:
            self.scope.setdefault("extensions", {})[PIECES] = {"take": partial(take, self.cycle)}

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._waiting is not None:
            self._head += len(data)
            if self._head > HEAD_BYTES:
                self._refuse(431, "too_large", f"The head of the request is larger than {HEAD_BYTES} bytes.")

    def connection_lost(self, exc: Exception | None) -> None:
        self._end()
        super().connection_lost(exc)

    def _begin(self) -> None:
        self._end()
        self._head = 0
        late = f"The head of the request did not come within {HEAD_SECONDS:.0f} s."
        self._waiting = self.loop.call_later(HEAD_SECONDS, self._refuse, 408, "too_slow", late)

    def _end(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def send_400_response(self, msg: str) -> None:
        self._refuse(400, "malformed", "What was sent is no HTTP request.")

    def _refuse(self, status: int, code: str, detail: str) -> None:
        self._end()
        if not self.transport.is_closing():
            made = problem(status, code, detail)
            body = encode(made)
            head = status, made.title.encode(), MEDIA_TYPE.encode(), len(body)
            self.transport.write(_REFUSED % (*head, body))
            self.transport.close()


def take(cycle: RequestResponseCycle, piece: bytes) -> bool:
    """Write a piece of an answer that is streamed, at once and past every wrapper, whose word is the head of it.

    False, and nothing is written, when it is not begun or is over, or the reader is slow or gone: then `send` it.
    """
    streamed = cycle.response_started and cycle.chunked_encoding and not cycle.response_complete
    if not streamed or cycle.disconnected or cycle.flow.write_paused or cycle.transport.is_closing():
        return False
    cycle.transport.write(b"%x\r\n%s\r\n" % (len(piece), piece))
    return True


class Socket(WebSocketsSansIOProtocol):
    """A WebSocket that also takes prepared frames, without a coroutine and without copying them."""

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if self.response.status_code == 101:
            self.scope["extensions"][PREPARED] = {"take": self.take}

    def take(self, prepared: bytes) -> bool:
        """Write whole frames at once; False, and nothing is written, when the reader is slow or the socket closes."""
        open_ = self.handshake_complete and not self.close_sent and self.conn.state is State.OPEN
        if not open_ or not self.writable.is_set() or self.transport.is_closing():
            return False
        self.transport.write(prepared)
        return True

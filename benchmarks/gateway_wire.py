"""The other ends of the gateway's benchmark, as small as they can be: a model's server and a client. SIMULATED.

Both speak just enough HTTP over bare sockets, so that what is measured is what stands between them.

    python -m benchmarks.gateway_wire upstream      # prints its port
    python -m benchmarks.gateway_wire passthrough URL   # the bare aiohttp pass-through, prints its port
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable

import uvloop

WORDS = 20  # pieces of a reply
PACE = 0.005  # the same, where it is called "paced"
GAP = 0.01  # seconds between pieces, where the model is called "slow"


def _chunk(delta: dict[str, str], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
    return b"data: " + json.dumps(head).encode() + b"\n\n"


def _framed(body: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(body), body)


USAGE = {"prompt_tokens": 20, "completion_tokens": WORDS, "total_tokens": 20 + WORDS}
_LAST = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": []}
PIECES = [
    _chunk({"role": "assistant", "content": ""}),
    *(_chunk({"content": f"word{n} "}) for n in range(WORDS)),
    _chunk({}, "stop"),
    b"data: " + json.dumps({**_LAST, "usage": USAGE}).encode() + b"\n\n",
    b"data: [DONE]\n\n",
]
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
SAID = "".join(f"word{n} " for n in range(WORDS))
WHOLE = json.dumps(
    {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": SAID}, "finish_reason": "stop"}],
        "usage": USAGE,
    }
).encode()
LISTED = b'{"object":"list","data":[{"id":"fast"},{"id":"slow"},{"id":"paced"}]}'


def _answer(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)


class Upstream(asyncio.Protocol):
    """One connection to the model's server."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]
        self._buffer = b""
        self._playing: asyncio.Task[None] | None = None

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end]
            size = _length(head)
            if len(self._buffer) < end + 4 + size:
                return
            body, self._buffer = self._buffer[end + 4 : end + 4 + size], self._buffer[end + 4 + size :]
            self._serve(head, body)

    def _serve(self, head: bytes, body: bytes) -> None:
        if head.startswith(b"GET"):
            self._transport.write(_answer(LISTED))
        elif b'"stream":true' not in body.replace(b" ", b""):
            self._transport.write(_answer(WHOLE))
        elif b'"slow"' in body:
            self._playing = asyncio.ensure_future(self._slowly())
        elif b'"paced"' in body:
            self._playing = asyncio.ensure_future(self._paced())
        else:
            self._transport.write(HEAD + b"".join(map(_framed, PIECES)) + b"0\r\n\r\n")

    async def _slowly(self) -> None:
        """Every piece says when it was sent, and is sent by itself."""
        self._transport.write(HEAD)
        for n in range(WORDS):
            self._transport.write(_framed(_chunk({"content": f"{time.monotonic():.6f} "})))
            await asyncio.sleep(GAP * (1 + n % 3) / 2)
        self._transport.write(b"".join(map(_framed, PIECES[-3:])) + b"0\r\n\r\n")

    async def _paced(self) -> None:
        """Every piece comes alone, as from a model that is quick."""
        self._transport.write(HEAD)
        for piece in PIECES[:-1]:
            self._transport.write(_framed(piece))
            await asyncio.sleep(PACE)
        self._transport.write(_framed(PIECES[-1]) + b"0\r\n\r\n")


def _length(head: bytes) -> int:
    at = head.lower().find(b"content-length:")
    return int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0


class Client(asyncio.Protocol):
    """One connection of a client, kept open: a request at a time."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]
        self._buffer = b""
        self._done: asyncio.Future[bytes] | None = None
        self._first = 0.0
        self._mark = b""
        self.heard: Callable[[bytes], None] | None = None

    def connection_lost(self, exc: Exception | None) -> None:
        if self._done is not None and not self._done.done():
            self._done.set_exception(exc or ConnectionResetError("the server closed the connection"))

    def data_received(self, data: bytes) -> None:
        if self.heard is not None:
            self.heard(data)
        self._buffer += data
        if not self._first and self._mark in self._buffer:
            self._first = time.perf_counter()
        if self._done is not None and _is_whole(self._buffer):
            whole, self._buffer = self._buffer, b""
            self._done.set_result(whole)

    async def ask(self, request: bytes, mark: bytes = b"\r\n\r\n") -> tuple[float, float, bytes]:
        """Seconds until `mark` was there, and until all was; and all of it."""
        self._done, self._first, self._mark = asyncio.get_running_loop().create_future(), 0.0, mark
        began = time.perf_counter()
        self._transport.write(request)
        whole = await self._done
        ended = time.perf_counter()
        return (self._first or ended) - began, ended - began, whole

    def close(self) -> None:
        self._transport.close()


def _is_whole(data: bytes) -> bool:
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return False
    if b"chunked" in data[:end].lower():
        return data.endswith(b"0\r\n\r\n")
    return len(data) >= end + 4 + _length(data[:end])


async def upstream() -> None:
    server = await asyncio.get_running_loop().create_server(Upstream, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def passthrough(url: str) -> None:
    """What a gateway costs that does nothing: the request goes on as it came, and so does the answer."""
    import aiohttp
    from aiohttp import web

    session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=256), auto_decompress=False)

    async def go_on(request: web.Request) -> web.StreamResponse:
        body = await request.read()
        async with session.post(url + request.path, data=body, headers={"Content-Type": "application/json"}) as reply:
            if reply.content_type != "text/event-stream":
                return web.Response(body=await reply.read(), content_type=reply.content_type)
            response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
            await response.prepare(request)
            async for piece in reply.content.iter_any():
                await response.write(piece)
            await response.write_eof()
            return response

    app = web.Application()
    app.router.add_post("/{path:.*}", go_on)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(upstream() if sys.argv[1] == "upstream" else passthrough(sys.argv[2]))

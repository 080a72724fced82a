"""Ten thousand WebSockets open on one server process, all watching one run: how late is the last to hear?

    python -m benchmarks.sockets

They watch a run that waits for an answer. It is answered, and every socket is sent what happens then. Late is counted
from the moment before the answer is posted, so it holds the commit too. The readers are bare protocols in a process of
their own, on the other core of this machine: what they cost is in every figure. Beside it, the same library sending the
same number of sockets one text, in a loop, with nothing behind it (bare_sockets.py).
"""

import asyncio
import base64
import os
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import aiohttp
import msgspec
import uvloop

from benchmarks.report import median, write
from benchmarks.server import Server

SOCKETS = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
ROUNDS = 3
AT_ONCE = 100  # handshakes under way


class Listener(asyncio.Protocol):
    """The least of a WebSocket client: a handshake, one frame to say what it watches, and when it hears."""

    def __init__(self, host: str, token: str) -> None:
        self._hello = (
            f"GET /api/v1/chat/ws HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nAuthorization: Bearer {token}\r\n"
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n\r\n"
        ).encode()
        self.open: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.told: asyncio.Future[None] | None = None
        self.after = 0.0
        self.heard = 0.0
        self._transport: asyncio.Transport | None = None
        self._rest = b""  # of a frame that has not come whole

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(self._hello)

    def data_received(self, data: bytes) -> None:
        if not self.open.done():
            if data.startswith(b"HTTP/1.1 101"):
                self.open.set_result(None)
            else:
                self.open.set_exception(RuntimeError(data[:200].decode("latin-1")))
            return
        self._rest += data
        while (frame := self._frame()) is not None:
            kind, said = frame
            if kind == 0x89 and self._transport is not None:  # a ping: who does not answer is put out
                self._transport.write(bytes([0x8A, 0x80 | len(said)]) + bytes(4) + said)
            elif self.told is not None and not self.told.done():
                self.heard = time.monotonic()
                self.told.set_result(None)

    def _frame(self) -> tuple[int, bytes] | None:
        """The next one that is whole, taken from what came."""
        rest = self._rest
        if len(rest) < 2:
            return None
        head, size = {126: (4, int.from_bytes(rest[2:4])), 127: (10, int.from_bytes(rest[2:10]))}.get(
            rest[1], (2, rest[1])
        )
        if len(rest) < head or len(rest) < head + size:
            return None
        self._rest = rest[head + size :]
        return rest[0], rest[head : head + size]

    def connection_lost(self, error: Exception | None) -> None:
        """A benchmark that has lost a reader says so, and does not wait for it."""
        for waited in (self.open, self.told):
            if waited is not None and not waited.done():
                waited.set_exception(error or ConnectionError("The server closed the socket."))

    def watch(self, run_id: str) -> None:
        assert self._transport is not None
        text = msgspec.json.encode({"type": "watch", "run_id": run_id})
        self.told = asyncio.get_running_loop().create_future()
        self._transport.write(bytes([0x81, 0x80 | len(text)]) + bytes(4) + text)  # a mask of zeros changes nothing

    def again(self) -> None:
        self.told = asyncio.get_running_loop().create_future()

    def close(self) -> None:
        assert self._transport is not None
        self._transport.abort()


async def opened(url: str, token: str) -> list[Listener]:
    where = urlsplit(url)
    loop, room = asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE)

    async def one() -> Listener:
        async with room:
            _, listener = await loop.create_connection(
                lambda: Listener(where.netloc, token), where.hostname or "", where.port or 80
            )
            await listener.open
            return listener

    return list(await asyncio.gather(*(one() for _ in range(SOCKETS))))


async def broadcast(session: aiohttp.ClientSession, url: str, listeners: list[Listener]) -> list[float]:
    """Milliseconds until each heard."""
    body = {"arguments": {"command": "rm -rf everything"}}
    async with session.post(f"{url}/api/v1/tools/execute_command/call", json=body) as reply:
        run = await reply.json()
    for at in range(0, len(listeners), 500):
        for listener in listeners[at : at + 500]:
            listener.watch(run["run_id"])
        await asyncio.gather(*(one.told for one in listeners[at : at + 500] if one.told))
    await asyncio.sleep(3)  # what was said before is said
    for listener in listeners:
        listener.again()
    began = time.monotonic()
    approval = run["approvals"][0]["approval_id"]
    async with session.post(f"{url}/api/v1/approvals/{approval}", json={"answer": "refuse"}) as reply:
        assert reply.status == 200, await reply.text()
    await asyncio.gather(*(one.told for one in listeners if one.told))
    await asyncio.sleep(3)
    return sorted((one.heard - began) * 1e3 for one in listeners)


async def bare() -> float:
    """The same for the library alone: milliseconds until 99 % heard."""
    command = [sys.executable, "-m", "benchmarks.bare_sockets"]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    try:
        url = (await process.stdout.readline()).decode().strip()
        listeners = await opened(url, "none")
        for at in range(0, len(listeners), 500):
            for listener in listeners[at : at + 500]:
                listener.watch("none")
            await asyncio.gather(*(one.told for one in listeners[at : at + 500] if one.told))
        late = []
        async with aiohttp.ClientSession() as session:
            for _ in range(ROUNDS):
                for listener in listeners:
                    listener.again()
                began = time.monotonic()
                async with session.post(url) as reply:
                    assert reply.status == 200
                await asyncio.gather(*(one.told for one in listeners if one.told))
                late.append(sorted((one.heard - began) * 1e3 for one in listeners)[int(len(listeners) * 0.99)])
                await asyncio.sleep(3)
    finally:
        process.terminate()
        await process.wait()
    return median(late)


async def measured(server: Server) -> dict[str, float | list[int]]:
    token = msgspec.json.decode((server.folder / "server.json").read_bytes())["token"]
    before = server.memory()
    began = time.perf_counter()
    listeners = await opened(server.url, token)
    seconds = time.perf_counter() - began
    p50: list[float] = []
    p99: list[float] = []
    last: list[float] = []
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session:
        for _ in range(ROUNDS):
            late = await broadcast(session, server.url, listeners)
            p50.append(late[len(late) // 2])
            p99.append(late[int(len(late) * 0.99)])
            last.append(late[-1])
    memory = server.memory() - before
    for listener in listeners:
        listener.close()
    return {
        "sockets open on one process": len(listeners),
        "opened a second": round(SOCKETS / seconds),
        "memory a socket, KiB": round(memory * 1024 / SOCKETS, 1),
        "heard after, ms, p50": round(median(p50)),
        "heard after, ms, p99": round(median(p99)),
        "heard by the last after, ms": round(median(last)),
        "p99 of each round": [round(late) for late in p99],
        "the library alone: heard after, ms, p99": round(await bare()),
        "processes that wanted this machine's cores, at the end": round(os.getloadavg()[0], 1),
        "cores": os.cpu_count() or 0,
    }


def main() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder, Server(Path(folder), "http://127.0.0.1:9/v1") as server:
        figures = uvloop.run(measured(server))
    write("sockets" if SOCKETS == 10_000 else f"sockets_{SOCKETS}", "python -m benchmarks.sockets", figures)


if __name__ == "__main__":
    main()

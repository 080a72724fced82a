"""A wire to a server that can be cut: on the way there, on the way back, or so that neither side notices."""

import asyncio
import contextlib
from pathlib import Path


class Cutter:
    """Listens on one socket, passes on to another. What is held goes on once the wire is mended, if anyone is there."""

    def __init__(self, here: Path, there: Path) -> None:
        self._here = here
        self._there = there
        self._wires: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.passes_up = asyncio.Event()
        self.passes_down = asyncio.Event()
        self.held = asyncio.Event()  # something waits on the way there
        self.answered = asyncio.Event()  # something waits on the way back
        self._refuses = False
        self.mend()

    async def __aenter__(self) -> "Cutter":
        self._server = await asyncio.start_unix_server(self._meet, self._here)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.mend()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def hold(self, *, up: bool = False, down: bool = False) -> None:
        self.held.clear()
        self.answered.clear()
        if up:
            self.passes_up.clear()
        if down:
            self.passes_down.clear()

    def mend(self) -> None:
        self.passes_up.set()
        self.passes_down.set()

    def refuse(self, so: bool) -> None:
        """Cut every wire, and take no new one, until told otherwise."""
        self._refuses = so
        if so:
            self.cut()

    def cut(self) -> None:
        """The client's side ends; the server's side notices nothing yet."""
        for client, _ in self._wires:
            client.transport.abort()

    def lose(self) -> None:
        """What is held arrives nowhere: the server's side ends too."""
        for _, server in self._wires:
            server.transport.abort()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refuses:
            writer.transport.abort()
            return
        try:
            from_server, to_server = await asyncio.open_unix_connection(self._there)
        except OSError:
            writer.transport.abort()
            return
        wire = (writer, to_server)
        self._wires.add(wire)
        up = asyncio.create_task(self._pass(reader, to_server, self.passes_up, self.held))
        down = asyncio.create_task(self._pass(from_server, writer, self.passes_down, self.answered))
        self._tasks |= {up, down}
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait([up, down])
        self._tasks -= {up, down}
        self._wires.discard(wire)
        for side in wire:
            side.transport.abort()

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, free: asyncio.Event, waits: asyncio.Event
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                if not free.is_set():
                    waits.set()
                    await free.wait()
                writer.write(data)
                await writer.drain()
        if not free.is_set():
            await free.wait()  # a wire that is cut tells nobody
        writer.close()

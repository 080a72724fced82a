"""A person signs in, in a browser, and comes back to a door of this machine that is open for that moment only."""

import asyncio
from urllib.parse import parse_qs, urlsplit

from orchestrator.kernel.errors import InvalidInput, ToolFailed

SECONDS = 600.0  # that a person has
_PAGE = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close\r\n"
    b"Content-Security-Policy: default-src 'none'\r\n\r\n<title>AI Orchestrator</title><p>%s You can close this page."
)


class SignInNeeded(ToolFailed):
    """Somebody must sign in at the server before it can be used."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} wants somebody to sign in.",
            hint=f"Whoever administers this server can: orchestrator tools mcp login {name}",
        )


class SignIn:
    """One attempt. `link` is where the person goes, `finish` takes where they come back with."""

    def __init__(self, scope: str = "") -> None:
        self.scope = scope  # to ask for, beside what the server wants at first
        loop = asyncio.get_running_loop()
        self.link: asyncio.Future[str] = loop.create_future()
        self._back: asyncio.Future[dict[str, str]] = loop.create_future()
        self._door: asyncio.Server | None = None
        self.address = ""
        self.closed = False

    async def open(self) -> None:
        self._door = await asyncio.start_server(self._come, "127.0.0.1", 0, limit=16 * 1024)
        self.address = f"http://127.0.0.1:{self._door.sockets[0].getsockname()[1]}/callback"

    async def close(self) -> None:
        self.closed = True
        if self._door is not None:
            self._door.close()
        for waiting in (self.link, self._back):
            waiting.cancel()

    async def back(self) -> dict[str, str]:
        """What the person came back with."""
        return await self._back

    def finish(self, address: str) -> dict[str, str]:
        """Raises InvalidInput for an address that nobody comes back with from this attempt."""
        found = _asked(address)
        if "code" not in found and "error" not in found:
            raise InvalidInput(
                "This is not where a person comes back to.", hint="Paste the whole address, ?code=… too."
            )
        if found.get("state", "" if "code" in found else self._state) != self._state:
            raise InvalidInput("This is of another attempt to sign in.", hint="Open the link that was shown last.")
        if not self._back.done():
            self._back.set_result(found)
        return found

    @property
    def _state(self) -> str:
        """By which an answer is known to be one to this link."""
        known = self.link.done() and not self.link.cancelled()
        return _asked(self.link.result()).get("state", "") if known else ""

    async def _come(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(10):
                line = (await reader.readline()).decode("ascii", "replace").split(" ")
            writer.write(self._met(line[1] if len(line) == 3 else ""))
            await writer.drain()
        except (OSError, ValueError):
            pass  # whoever knocked, it was not the person
        finally:
            writer.close()

    def _met(self, path: str) -> bytes:
        """What is said to whoever knocks. Any page can send a browser here, but none knows the state of the link."""
        if path.startswith("/callback?") and self._state and _asked(path).get("state") == self._state:
            try:
                return _PAGE % (
                    b"It goes on where you began." if "code" in self.finish(path) else b"Nobody was signed in."
                )
            except InvalidInput:
                pass
        return b"HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n"


def _asked(address: str) -> dict[str, str]:
    try:
        return {name: values[0] for name, values in parse_qs(urlsplit(address).query, max_num_fields=20).items()}
    except ValueError:
        return {}

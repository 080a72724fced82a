"""HTTP/1.1 to one server: connections that are kept and used again, replies as they come.

Covers: TLS, both families of addresses at once, time limits (to connect, and without a byte), a reader that is slower
than its server, bounded heads, replies without a length, connections that their server gave up meanwhile.
No proxy, netrc or cookie is taken from the environment and no redirect is followed, so a key goes only where it was
configured to go. Why not a library's client: decision 0205.
"""

import asyncio
import re
import socket
from base64 import b64encode
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast
from urllib.parse import quote, unquote, urlsplit

import aiohappyeyeballs
import httptools

if TYPE_CHECKING:
    import ssl

CONNECT_SECONDS = 10.0
KEPT_SECONDS = 15.0  # unused: servers that close theirs do so later, and no request should cross that on the way
HEAD_LIMIT = 64 * 2**10  # bytes
UNREAD_LIMIT = 2**20  # bytes of a reply that its reader has not taken: the server waits
_FAMILY_SECONDS = 0.25  # before the next address is tried too: RFC 8305
_PLAIN = re.compile(r"[!-~]*").fullmatch
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+").fullmatch  # RFC 9110, 5.6.2
_VALUE = re.compile(r"[\t -~]*").fullmatch


class NotHttp(Exception):
    """What the server sends is not HTTP."""


class BadHeader(ValueError):
    """A header that would not arrive as what it is."""


class NotReached(TimeoutError):
    """No connection was made in time."""


class Server:
    """One server, and the connections to it. Raises ValueError for an address that cannot be, BadHeader."""

    def __init__(self, url: str, headers: Mapping[str, str], silence: float) -> None:
        """`silence` is how many seconds may pass without a byte of a reply that is waited for."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
            raise ValueError("no address of a server")
        self._host = parts.hostname if ":" in parts.hostname else parts.hostname.encode("idna").decode()
        self._tls = parts.scheme == "https"
        self._port = parts.port or (443 if self._tls else 80)
        self._root = parts.path.rstrip("/")
        self._silence = silence
        self._context: ssl.SSLContext | None = None
        self._idle: list[Connection] = []
        self._connections: set[Connection] = set()
        sent = {"Host": parts.netloc.rpartition("@")[2].encode("idna").decode(), **headers}
        if parts.username is not None:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            sent.setdefault("Authorization", f"Basic {b64encode(pair.encode()).decode()}")
        for name, value in sent.items():
            if not _NAME(name) or not _VALUE(value):
                raise BadHeader(name)
        self._headers = "".join(f"{name}: {value}\r\n" for name, value in sent.items())

    async def request(self, method: str, path: str, body: bytes | None) -> "Connection":
        """The connection, once the head of its reply is there. Raises OSError, TimeoutError, NotHttp."""
        target = self._root + path
        if not _PLAIN(target):
            target = quote(target, safe="!$%&'()*+,/:;=?@[]~")
        length = "" if body is None else f"Content-Length: {len(body)}\r\n"
        head = f"{method} {target} HTTP/1.1\r\n{self._headers}{length}\r\n".encode("ascii")
        connection = self._idle.pop() if self._idle else await self._connect()
        try:
            await connection.ask(head + body if body else head)
        except BaseException:
            connection.close()
            raise
        return connection

    async def _connect(self) -> "Connection":
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                if self._tls and self._context is None:
                    self._context = await asyncio.to_thread(_verifying)
                found = await loop.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
                sock = await aiohappyeyeballs.start_connection(found, happy_eyeballs_delay=_FAMILY_SECONDS)
                try:
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
                    name = self._host if self._tls else None
                    _, connection = await loop.create_connection(
                        lambda: Connection(self._idle, self._connections, self._silence),
                        sock=sock,
                        ssl=self._context,
                        server_hostname=name,
                    )
                except BaseException:
                    sock.close()
                    raise
        except TimeoutError as error:
            raise NotReached(f"no connection to {self._host} in {CONNECT_SECONDS:g} s") from error
        return connection

    def close(self) -> None:
        for connection in list(self._connections):
            connection.close()


def _verifying() -> "ssl.SSLContext":
    import ssl

    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


class Connection(asyncio.Protocol):
    """One connection, and the reply that is under way on it. The parser calls the methods that begin with `on_`."""

    _transport: asyncio.Transport

    def __init__(self, idle: "list[Connection]", connections: "set[Connection]", silence: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._idle = idle
        self._connections = connections
        self._silence = silence
        self._parser: httptools.HttpResponseParser | None = None  # none: nothing was asked
        self._waiter: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._since = 0.0  # of the silence, or of being idle
        self._begin()

    def _begin(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.done = False  # the reply has come whole
        self._error: Exception | None = None
        self._pieces: list[bytes] = []
        self._unread = 0
        self._head = 0  # bytes that came before it was whole
        self._headed = False
        self._endless = False  # without a length: the end is where the server closes
        self._reusable = False
        self._paused = False

    async def ask(self, request: bytes) -> None:
        """Send it, and wait for the head of the reply."""
        self._begin()
        self._parser = httptools.HttpResponseParser(self)
        self._parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self._transport.write(request)
        while not self._headed:
            await self._more()

    async def read(self) -> bytes:
        """What has come of the body since the last time; nothing at its end."""
        while not self._pieces:
            if self.done:
                return b""
            await self._more()
        data = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self._pieces = []
        self._unread = 0
        if self._paused:
            self._paused = False
            self._transport.resume_reading()
        return data

    def release(self) -> None:
        """Keep the connection for the next request if this reply is over, else close it."""
        self._parser = None
        if not self._reusable:
            self.close()
        elif not self._transport.is_closing():
            self._idle.append(self)
            self._since = self._loop.time()
            if self._timer is None or self._timer.when() > self._since + KEPT_SECONDS:
                self._at(self._since + KEPT_SECONDS)

    def close(self) -> None:
        """At once, whatever is still under way."""
        self._transport.abort()
        if self._timer is not None:
            self._timer.cancel()

    async def _more(self) -> None:
        """Until something has come, or nothing will."""
        if self._error is not None:
            raise self._error
        self._waiter = self._loop.create_future()
        self._since = self._loop.time()
        due = self._since + self._silence
        if self._timer is None or self._timer.when() > due:  # an idle one's is later than a short silence
            self._at(due)
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _at(self, when: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(when, self._due)

    def _due(self) -> None:
        """One timer for the silence of a reply and for idling: it is set again where it came too early."""
        self._timer = None
        if self._parser is not None and self._waiter is None:  # nobody waits for a byte
            return
        due = self._since + (KEPT_SECONDS if self._parser is None else self._silence)
        if due > self._loop.time():
            self._at(due)
        elif self._parser is None:
            self.close()
        else:
            self._fail(TimeoutError(f"nothing came for {self._silence:g} s"))

    def _fail(self, error: Exception) -> None:
        self._error = error
        self._transport.abort()
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            if self._error is None:
                self._waiter.set_result(None)
            else:
                self._waiter.set_exception(self._error)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.discard(self)
        if self._timer is not None:
            self._timer.cancel()
        if self in self._idle:
            self._idle.remove(self)
        if self._endless and exc is None:
            self.done = True
        elif not self.done and self._error is None:
            self._error = exc if isinstance(exc, OSError) else ConnectionResetError("the server closed the connection")
        self._wake()

    def data_received(self, data: bytes) -> None:
        if self._parser is None or self.done:  # nobody asked for this
            self._transport.abort()
            return
        self._since = self._loop.time()
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._reusable = False
            if not self.done:  # what follows a reply that is whole is nobody's
                self._fail(NotHttp(str(error)))
                return
        if not self._headed:
            self._head += len(data)
            if self._head > HEAD_LIMIT:
                self._fail(NotHttp(f"a head of more than {HEAD_LIMIT} bytes"))
            return
        if self._unread > UNREAD_LIMIT and not self._paused:
            self._paused = True
            self._transport.pause_reading()
        self._wake()

    def on_message_begin(self) -> None:
        if self.done:
            raise NotHttp("more than was asked for")

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        assert self._parser is not None
        self.status = self._parser.get_status_code()
        self._headed = self.status >= 200
        bare = "content-length" not in self.headers and "chunked" not in self.headers.get("transfer-encoding", "")
        self._endless = bare and self._headed and self.status not in (204, 304)

    def on_body(self, data: bytes) -> None:
        self._pieces.append(data)
        self._unread += len(data)

    def on_message_complete(self) -> None:
        assert self._parser is not None
        if self._headed:
            self.done = True
            self._reusable = self._parser.should_keep_alive()
        else:  # 100, 103: what was asked for comes after it
            self.headers = {}

"""HTTP/1.1 as servers really speak it, said byte by byte by a server of the test."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvloop
from servers.certificates import identity
from world import until

from orchestrator.llm import http
from orchestrator.llm.http import BadHeader, Connection, NotHttp, NotReached, Server

OK = b"HTTP/1.1 200 OK\r\n"
HELLO = OK + b"Content-Length: 5\r\n\r\nhello"


class Scripted:
    """A server that says these bytes to one request after another, `b""` being the end of a connection."""

    def __init__(self, *said: bytes) -> None:
        self.said = list(said)
        self.heard: list[bytes] = []
        self.connections = 0
        self.left = asyncio.Event()  # somebody closed
        self.tls: ssl.SSLContext | None = None

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = next((int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length")), 0)
                self.heard.append(head + await reader.readexactly(length))
                while self.said and (piece := self.said.pop(0)):
                    writer.write(piece)
                    await writer.drain()
                    if piece.endswith(b"hello"):
                        break
                else:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.left.set()
            writer.close()

    @asynccontextmanager
    async def open(self, silence: float = 5.0, host: str = "127.0.0.1", **headers: str) -> AsyncIterator[Server]:
        listener = await asyncio.start_server(self.talk, host, 0, ssl=self.tls)
        async with listener:
            port = listener.sockets[0].getsockname()[1]
            address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
            server = Server(f"http{'s' if self.tls else ''}://{address}", headers, silence)
            try:
                yield server
            finally:
                server.close()


async def whole(connection: Connection) -> bytes:
    data = b""
    while piece := await connection.read():
        data += piece
    connection.release()
    return data


async def asked(server: Server, path: str = "/") -> bytes:
    return await whole(await server.request("POST", path, b"{}"))


@pytest.mark.parametrize(
    "said",
    [
        HELLO,
        OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nTrailer: 1\r\n\r\n",
        OK + b"\r\nhello",
        b"HTTP/1.0 200 OK\r\n\r\nhello",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + HELLO,
        OK + b"CONTENT-length:5\r\nContent-Type: text/plain\r\n\r\nhello",
        HELLO + b"HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\nno",
        OK + b"Connection: close\r\nContent-Length: 5\r\n\r\nhelloo",
    ],
    ids=["length", "chunks", "until closed", "1.0", "informed first", "case", "more than asked", "more after close"],
)
@pytest.mark.parametrize("cut", [1, 7, 1_000])
async def test_a_reply_is_read_however_it_is_cut(said: bytes, cut: int) -> None:
    class Cut(Scripted):
        async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"{}")
            for at in range(0, len(said), cut):
                writer.write(said[at : at + cut])
                await writer.drain()
                await asyncio.sleep(0)
            writer.close()

    async with Cut().open() as server:
        connection = await server.request("POST", "/", b"{}")
        assert connection.status == 200
        assert await whole(connection) == b"hello"


async def test_what_is_sent_is_a_request() -> None:
    scripted = Scripted(HELLO, HELLO)
    async with scripted.open(Authorization="Bearer key") as server:
        await asked(server, "/v1/models/a b\r\né:x?alt=sse&q=%20")
        await whole(await server.request("GET", "/y", None))
    first, second = scripted.heard
    lines = first.split(b"\r\n")
    assert lines[0] == b"POST /v1/models/a%20b%0D%0A%C3%A9:x?alt=sse&q=%20 HTTP/1.1"
    assert lines[1].startswith(b"Host: 127.0.0.1:")
    assert lines[2:] == [b"Authorization: Bearer key", b"Content-Length: 2", b"", b"{}"]
    assert second.startswith(b"GET /y HTTP/1.1\r\n")
    assert b"Content-Length" not in second


async def test_a_connection_serves_again_unless_something_speaks_against_it() -> None:
    scripted = Scripted(HELLO, HELLO, b"HTTP/1.1 204 No Content\r\n\r\n", b"")
    async with scripted.open() as server:
        assert [await asked(server), await asked(server)] == [b"hello", b"hello"]
        assert scripted.connections == 1
        assert await asked(server) == b""
        await until(lambda: not server._connections)  # it is seen that the other side closed
        scripted.said = [OK + b"Connection: close\r\nContent-Length: 5\r\n\r\nhello", HELLO]
        assert [await asked(server), await asked(server)] == [b"hello", b"hello"]
        assert scripted.connections == 3


async def test_a_connection_that_is_left_in_the_middle_is_closed_at_once() -> None:
    scripted = Scripted(OK + b"Content-Length: 9\r\n\r\nhello")
    async with scripted.open() as server:
        connection = await server.request("POST", "/", b"{}")
        assert await connection.read() == b"hello"
        connection.release()
        await scripted.left.wait()


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (b"220 mail.example ESMTP\r\n\r\n", NotHttp),
        (b"HTTP/1.1 2000 OK\r\n\r\n", NotHttp),
        (OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", NotHttp),
        (OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", NotHttp),
        (b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n", NotHttp),
        (OK + b"X: " + b"x" * 2 * http.HEAD_LIMIT, NotHttp),
        (b"", ConnectionResetError),
        (b"HTTP/1.1 200", ConnectionResetError),
        (OK + b"Content-Length: 9\r\n\r\nhell", ConnectionResetError),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhell", ConnectionResetError),
    ],
)
async def test_what_breaks_off_or_is_no_http_says_so(said: bytes, error: type[Exception]) -> None:
    scripted = Scripted(said, b"", HELLO)
    async with scripted.open() as server:
        with pytest.raises(error):
            await asked(server)
        scripted.said = [HELLO]
        assert await asked(server) == b"hello"


@pytest.mark.parametrize("said", [b"", OK + b"Content-Length: 5\r\n\r\nhell"], ids=["nothing", "the most of it"])
async def test_silence_ends(said: bytes) -> None:
    class Silent(Scripted):
        async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"{}")
            writer.write(said)
            await reader.read()  # until they leave
            self.left.set()

    silent = Silent()
    async with silent.open(silence=0.02) as server:
        with pytest.raises(TimeoutError):
            await asked(server)
        await silent.left.wait()


async def test_silence_ends_as_soon_where_the_connection_was_idle() -> None:
    class Once(Scripted):
        async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"{}")
            writer.write(HELLO)
            await reader.read()

    async with Once().open(silence=0.02) as server, asyncio.timeout(http.KEPT_SECONDS / 3):
        assert await asked(server) == b"hello"
        with pytest.raises(TimeoutError, match="nothing came"):
            await asked(server)


async def test_a_slow_reader_makes_the_server_wait_and_is_no_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "UNREAD_LIMIT", 2**16)
    size = 2**24

    class Large(Scripted):
        sent = 0

        async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"{}")
            writer.write(OK + b"Content-Length: %d\r\n\r\n" % size)
            while self.sent < size:
                writer.write(b"x" * 2**16)
                await writer.drain()
                self.sent += 2**16

    large = Large()
    async with large.open() as server:
        connection = await server.request("POST", "/", b"{}")
        for _ in range(1_000):
            await asyncio.sleep(0)
        assert large.sent < size
        assert len(await whole(connection)) == size


async def test_what_is_idle_is_closed_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "KEPT_SECONDS", 0.01)
    scripted = Scripted(HELLO, HELLO)
    async with scripted.open() as server:
        await asked(server)
        await scripted.left.wait()
        assert await asked(server) == b"hello"
        assert scripted.connections == 2


async def test_all_connections_close_with_the_server() -> None:
    scripted = Scripted(HELLO)
    async with scripted.open() as server:
        await asked(server)
        server.close()
        await scripted.left.wait()


async def test_what_cannot_be_reached_says_so() -> None:
    with pytest.raises(ConnectionRefusedError):
        await asked(Server("http://127.0.0.1:9", {}, 1.0))
    with pytest.raises(OSError, match="Connect call failed"):
        await asked(Server("http://localhost:9", {}, 1.0))


async def test_a_handshake_that_is_not_answered_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "CONNECT_SECONDS", 0.05)

    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        await reader.read()
        writer.close()

    listener = await asyncio.start_server(mute, "127.0.0.1", 0)
    async with listener:
        with pytest.raises(NotReached):
            await asked(Server(f"https://127.0.0.1:{listener.sockets[0].getsockname()[1]}", {}, 1.0))


async def test_a_certificate_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scripted = Scripted(HELLO)
    scripted.tls = identity(tmp_path, "127.0.0.1")
    async with scripted.open() as server:
        with pytest.raises(ssl.SSLCertVerificationError):
            await asked(server)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    async with scripted.open() as server:
        assert await asked(server) == b"hello"


async def test_an_address_may_be_of_the_sixth_version_and_hold_a_name_and_password() -> None:
    scripted = Scripted(HELLO)
    async with scripted.open(host="::1") as server:
        assert await asked(server) == b"hello"
    assert b"\r\nHost: [::1]:" in scripted.heard[0]
    with_name = Server("http://ada:pass%3Aword@models.example/root/", {}, 1.0)
    assert "Host: models.example\r\nAuthorization: Basic YWRhOnBhc3M6d29yZA==\r\n" in with_name._headers


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://h", "http://", "http://h:0", "http://h:99999", "http://[::1"])
def test_an_address_that_cannot_be_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"address|Port|IPv6"):
        Server(url, {}, 1.0)


@pytest.mark.parametrize("header", [("X-A", "b\r\nX-C: d"), ("X A", "b"), ("", "b"), ("X-A", "é")])
def test_a_header_cannot_smuggle_another(header: tuple[str, str]) -> None:
    with pytest.raises(BadHeader):
        Server("http://h", dict([header]), 1.0)


def test_it_is_the_same_on_the_loop_of_the_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(test_a_connection_serves_again_unless_something_speaks_against_it())
        runner.run(test_a_connection_that_is_left_in_the_middle_is_closed_at_once())
        runner.run(test_a_reply_is_read_however_it_is_cut(OK + b"\r\nhello", 7))
        runner.run(
            test_what_breaks_off_or_is_no_http_says_so(OK + b"Content-Length: 9\r\n\r\nhell", ConnectionResetError)
        )
        runner.run(test_silence_ends(b""))
        runner.run(test_what_cannot_be_reached_says_so())
        for test in (
            test_a_slow_reader_makes_the_server_wait_and_is_no_silence,
            test_what_is_idle_is_closed_after_a_while,
            test_a_handshake_that_is_not_answered_ends,
        ):
            with monkeypatch.context() as patched:
                runner.run(test(patched))
        runner.run(test_a_certificate_is_checked(tmp_path, monkeypatch))

"""The network kit against servers of its own on this machine; private addresses are refused."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from contracts.tool import ToolContract, context_of
from servers.certificates import identity

from orchestrator.kernel.answers import say
from orchestrator.kernel.clock import ManualClock
from orchestrator.kernel.errors import ToolFailed, ToolRetry
from orchestrator.kernel.failures import explained
from orchestrator.kernel.messages import Arguments
from orchestrator.kernel.settings import Policy
from orchestrator.policy.base import Call, Decision
from orchestrator.policy.rules.hosts import Hosts
from orchestrator.tools import reaching
from orchestrator.tools.base import Context, Tool
from orchestrator.tools.kits import network


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[int]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    made = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=identity(tmp_path, "shop.example"))
    yield made.sockets[0].getsockname()[1]
    made.close()


@pytest.fixture
async def site() -> AsyncIterator[int]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 503 Busy\r\nServer: tests\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    made = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield made.sockets[0].getsockname()[1]
    made.close()


class Names(asyncio.DatagramProtocol):
    """A name server that knows one mail server and one text."""

    transport: Any

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, address: Any) -> None:
        (kind,) = struct.unpack("!H", data[-4:-2])
        rest = {15: b"\x00\x0a\x04mail\xc0\x0c", 16: b"\x05hello\x06 world"}.get(kind)
        head = data[:2] + struct.pack("!5H", 0x8180 if rest else 0x8183, 1, 1 if rest else 0, 0, 0) + data[12:]
        record = b"\xc0\x0c" + struct.pack("!2HIH", kind, 1, 60, len(rest)) + rest if rest else b""
        self.transport.sendto(b"xx" + head[2:] + record, address)  # not an answer to us
        self.transport.sendto(head + record, address)


@pytest.fixture
async def names(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[str, int]]:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Names, local_addr=("127.0.0.1", 0))
    where: tuple[str, int] = transport.get_extra_info("sockname")
    monkeypatch.setattr(network, "nameservers", lambda: ["127.0.0.1"])
    real = reaching.lookup
    monkeypatch.setattr(network, "lookup", lambda name, kind, _: real(name, kind, [where]))
    yield where
    transport.close()


class Reach(ToolContract):
    made: ClassVar[Tool]

    @pytest.fixture
    def tool(self) -> Tool:
        return self.made

    @pytest.fixture
    def context(self, workspace: Path) -> Context:
        return context_of(workspace, allow_loopback=True)


class TestPing(Reach):
    made, arguments = network.ping, {"host": "127.0.0.1", "count": 2}


class TestCheckPort(Reach):
    made = network.check_port

    @pytest.fixture
    def call(self, server: int) -> Arguments:
        return {"host": "127.0.0.1", "port": server}


class TestDnsLookup(Reach):
    made, arguments = network.dns_lookup, {"host": "example.org", "type": "MX"}

    @pytest.fixture
    def tool(self, names: tuple[str, int]) -> Tool:
        return self.made


class TestTraceRoute(Reach):
    made, arguments = network.trace_route, {"host": "127.0.0.1", "limit": 2}


class TestTlsCertificate(Reach):
    made = network.tls_certificate

    @pytest.fixture
    def call(self, server: int) -> Arguments:
        return {"host": "localhost", "port": server}


class TestHttpCheck(Reach):
    made = network.http_check

    @pytest.fixture
    def call(self, site: int) -> Arguments:
        return {"url": f"http://127.0.0.1:{site}/"}


@pytest.fixture
def near(workspace: Path) -> Context:
    return context_of(workspace, allow_loopback=True)


async def test_an_open_port_and_a_closed_one(server: int, near: Context) -> None:
    opened = (await network.check_port.call({"host": "127.0.0.1", "port": server}, near)).data
    assert opened["state"] == "open"
    free = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = free.sockets[0].getsockname()[1]
    free.close()
    await free.wait_closed()
    closed = (await network.check_port.call({"host": "127.0.0.1", "port": port}, near)).data
    assert closed["state"] == "closed" and "refused" in closed["why"]


async def test_a_bad_certificate_is_shown_and_why_it_is_bad(server: int, near: Context) -> None:
    found = (await network.tls_certificate.call({"host": "127.0.0.1", "port": server}, near)).data
    assert found["names"] == ["shop.example"] and found["expires"] == "2094-01-01" and found["days"] > 20_000
    assert not found["trusted"] and found["why"] == "it is signed by itself; it is for other names"


async def test_a_certificate_that_has_expired_says_since_when(server: int, workspace: Path) -> None:
    later = context_of(workspace, ManualClock(4_000_000_000), allow_loopback=True)  # 2096
    found = (await network.tls_certificate.call({"host": "127.0.0.1", "port": server}, later)).data
    assert found["past"] > 700 and found["why"].endswith("it has expired; it is for other names")
    french = say(network.tls_certificate.spec.answers["fr"], found, "fr")
    assert "a expiré le 2094-01-01, il y a" in french and "il est signé par lui-même ; il a expiré" in french


async def test_what_cannot_be_spoken_to_says_why(
    server: int, site: int, near: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ToolFailed, match=r"The certificate of localhost is not trusted: it is signed by itself\."):
        await network.http_check.call({"url": f"https://localhost:{server}/"}, near)
    monkeypatch.setattr(reaching, "SECONDS", 0.2)  # who does not speak it waits for more
    with pytest.raises(ToolFailed, match=r"localhost:\d+ does not speak TLS\."):
        await network.tls_certificate.call({"host": "localhost", "port": site}, near)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        with pytest.raises(ToolFailed, match=r"127\.0\.0\.1 cannot be reached: Connection refused\.") as told:
            await network.http_check.call({"url": f"http://127.0.0.1:{nobody.getsockname()[1]}/"}, near)
    assert explained(told.value.told, "fr") == "127.0.0.1 est injoignable : la connexion est refusée."


async def test_names_are_asked_and_strange_answers_passed_over(names: tuple[str, int], near: Context) -> None:
    mail = (await network.dns_lookup.call({"host": "example.org", "type": "MX"}, near)).data
    assert mail["records"] == ["10 mail.example.org"]
    text = (await network.dns_lookup.call({"host": "example.org", "type": "TXT"}, near)).data
    assert text["records"] == ["hello world"]
    with pytest.raises(ToolFailed, match="no such name"):
        await network.dns_lookup.call({"host": "example.org", "type": "A"}, near)


def test_a_damaged_answer_is_an_answer_that_cannot_be_read() -> None:
    good = reaching.question("a.b", "A", 7)
    looping = struct.pack("!6H", 7, 0x8180, 0, 1, 0, 0) + b"\xc0\x0c" + b"\0" * 10
    for bad in (good[:5], struct.pack("!6H", 7, 0x8180, 1, 1, 0, 0), looping):
        with pytest.raises(ToolFailed, match="cannot be read"):
            reaching.records(bad, "A")


@pytest.mark.parametrize("tool", [network.ping, network.check_port, network.trace_route, network.tls_certificate])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "10.0.0.1", "169.254.169.254", "[::1]", "::ffff:127.0.0.1"])
async def test_private_addresses_are_refused(tool: Tool, host: str, context: Context) -> None:
    arguments = {"host": host, **({"port": 80} if tool is network.check_port else {})}
    with pytest.raises(ToolFailed):
        await tool.call(arguments, context)
    with pytest.raises(ToolRetry, match="no name of a host"):
        await tool.call({**arguments, "host": "a b/c"}, context)


def judged(host: str, said_by: str) -> Decision | None:
    sources: Any = {"host": frozenset({said_by}), "port": frozenset({"user"})}
    call = Call("t", "s", "check_port", {"host": host, "port": 443}, "read", "none", Path("/w"), sources=sources)
    return Hosts(Policy()).judge(call)


def test_policy_knows_a_host_that_has_no_address_around_it() -> None:
    verdicts = [(judged(host, by) or pytest.fail()).verdict for host, by in HOSTS]
    assert verdicts == ["allow", "ask", "deny", "deny", "deny"]


HOSTS = (
    ("example.org", "user"),
    ("example.org", "web"),
    ("127.0.0.1", "user"),
    ("::1", "user"),
    ("metadata.google.internal", "user"),
)

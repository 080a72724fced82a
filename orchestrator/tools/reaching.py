"""Other machines, below HTTP: names, ports, round trips, certificates.

Private addresses are refused as for web requests. What a name stands for is judged once, and exactly that is reached.
"""

import asyncio
import ipaddress
import os
import secrets
import socket
import ssl
import struct
import time
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct, structs

from orchestrator.kernel.errors import ToolFailed, ToolRetry
from orchestrator.tools.web import EXPIRED, OTHERS, WRONG, judge

SECONDS = 5.0
_IP_RECVERR = 11
_MSG_ERRQUEUE = 0x2000
_TYPES = {"A": 1, "NS": 2, "CNAME": 5, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28}
_NAMES = {number: name for name, number in _TYPES.items()}
_OUTCOMES = {0: "", 1: "the question was not understood", 2: "the server failed", 3: "no such name", 5: "refused"}


async def resolved(host: str, port: int, allow_loopback: bool) -> list[str]:
    """The addresses of a host, all of them public. Raises ToolFailed."""
    name = host.strip().rstrip(".").strip("[]")
    if not name or any(character.isspace() or character in "/@?#\\%\0" for character in name):
        raise ToolRetry(f"{host[:100]!r} is no name of a host.", hint="Give a name such as example.org, or an address.")
    try:
        found = await asyncio.get_running_loop().getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        said = f"The name {name} cannot be resolved: {getattr(error, 'strerror', None) or error}."
        raise ToolFailed(said, why="no_such_host", host=name) from None
    addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
    for address in addresses:
        judge(name, ipaddress.ip_address(address.partition("%")[0]), allow_loopback)
    return addresses


async def connect(address: str, port: int, seconds: float = SECONDS) -> tuple[bool, float, str]:
    """Whether a TCP port answers, after how long, and why not."""
    began = time.perf_counter()
    try:
        async with asyncio.timeout(seconds):
            _, writer = await asyncio.open_connection(address, port)
    except TimeoutError:
        return False, time.perf_counter() - began, f"no answer within {seconds:g} s"
    except OSError as error:
        why = (
            "the connection is refused" if isinstance(error, ConnectionRefusedError) else os.strerror(error.errno or 0)
        )
        return False, time.perf_counter() - began, why
    passed = time.perf_counter() - began
    writer.close()
    return True, passed, ""


async def echo(address: str, number: int, seconds: float = 2.0) -> float | None:
    """The round trip of one ICMP echo, in seconds. Raises PermissionError where the kernel lets nobody send them."""
    six = ":" in address
    family, protocol = (socket.AF_INET6, 58) if six else (socket.AF_INET, socket.IPPROTO_ICMP)
    loop = asyncio.get_running_loop()
    with socket.socket(family, socket.SOCK_DGRAM, protocol) as channel:
        channel.setblocking(False)
        channel.connect((address, 0))
        payload = struct.pack("!BBHHH", 128 if six else 8, 0, 0, 0, number) + secrets.token_bytes(16)
        began = time.perf_counter()
        await loop.sock_sendall(channel, _summed(payload))
        try:
            async with asyncio.timeout(seconds):
                while (await loop.sock_recv(channel, 1024))[6:8] != payload[6:8]:
                    continue
        except (TimeoutError, OSError):
            return None
    return time.perf_counter() - began


def _summed(packet: bytes) -> bytes:
    total = sum(struct.unpack(f"!{len(packet) // 2}H", packet))
    total = (total >> 16) + (total & 0xFFFF)
    return packet[:2] + struct.pack("!H", ~(total + (total >> 16)) & 0xFFFF) + packet[4:]


class Hop(Struct, frozen=True):
    number: int
    address: str  # empty: it does not say
    milliseconds: float | None


async def hops(address: str, most: int) -> list[Hop]:
    """The machines on the way, as far as they say so, without any right: each lets one packet die."""
    found: list[Hop] = []
    for number in range(1, most + 1):
        found.append(await asyncio.to_thread(_hop, address, number))
        if found[-1].address == address:
            break
    return found


def _hop(address: str, number: int) -> Hop:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
        channel.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, number)
        channel.setsockopt(socket.IPPROTO_IP, _IP_RECVERR, 1)
        channel.connect((address, 33434 + number))
        began = time.perf_counter()
        channel.send(b"trace")
        while (passed := time.perf_counter() - began) < 1.0:
            try:
                _, notes, _, _ = channel.recvmsg(512, 1024, _MSG_ERRQUEUE)
            except BlockingIOError:
                time.sleep(0.005)
                continue
            for level, kind, data in notes:
                if (level, kind) == (socket.IPPROTO_IP, _IP_RECVERR) and len(data) >= 24:
                    return Hop(number, socket.inet_ntoa(data[20:24]), round(passed * 1000, 2))
    return Hop(number, "", None)


class Certificate(Struct, frozen=True):
    subject: str
    issuer: str
    names: list[str]
    expires: float  # seconds since the Unix epoch
    wrong: list[str]  # with it
    protocol: str


async def certificate(address: str, host: str, port: int, now: float) -> Certificate:
    """The certificate that a server shows, whether it is good or not."""
    wrong = await _distrust(address, host, port)
    bare = ssl.create_default_context()
    bare.check_hostname, bare.verify_mode = False, ssl.CERT_NONE
    try:
        async with asyncio.timeout(SECONDS):
            _, writer = await asyncio.open_connection(address, port, ssl=bare, server_hostname=host)
    except (TimeoutError, OSError) as error:
        if error.errno and not isinstance(error, ssl.SSLError):
            said, place = os.strerror(error.errno), f"{host}:{port}"
            why = f"{place} cannot be reached: {said}."
            raise ToolFailed(why, why="unreachable", host=place, said=said) from error
        raise ToolFailed(f"{host}:{port} does not speak TLS.", why="no_tls", host=host, port=port) from error
    channel = writer.get_extra_info("ssl_object")
    data, protocol = channel.getpeercert(binary_form=True), channel.version()
    writer.close()
    found = _certificate(data, protocol or "")
    wrong += [EXPIRED] if found.expires < now else []
    wrong += [OTHERS] if not any(_stands_for(name, host) for name in found.names) else []
    return structs.replace(found, wrong=list(dict.fromkeys(wrong)))


def _stands_for(name: str, host: str) -> bool:
    own, wanted = name.lower().rstrip("."), host.lower().strip("[]").rstrip(".")
    return own == wanted or (own.startswith("*.") and own[2:] == wanted.partition(".")[2])


async def _distrust(address: str, host: str, port: int) -> list[str]:
    """The first thing that OpenSSL finds wrong."""
    try:
        async with asyncio.timeout(SECONDS):
            _, writer = await asyncio.open_connection(
                address, port, ssl=ssl.create_default_context(), server_hostname=host
            )
        writer.close()
    except ssl.SSLCertVerificationError as error:
        return [WRONG.get(error.verify_code, error.verify_message)]
    except (TimeoutError, OSError):
        return ["the connection failed"]
    return []


def _certificate(data: bytes, protocol: str) -> Certificate:
    from cryptography import x509

    found = x509.load_der_x509_certificate(data)
    names: list[str] = []
    try:
        alternative = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = [*alternative.get_values_for_type(x509.DNSName)]
        names += [str(address) for address in alternative.get_values_for_type(x509.IPAddress)]
    except x509.ExtensionNotFound:
        pass
    subject, issuer = found.subject.rfc4514_string(), found.issuer.rfc4514_string()
    return Certificate(subject, issuer, names, found.not_valid_after_utc.timestamp(), [], protocol)


# Names.


def nameservers(path: Path = Path("/etc/resolv.conf")) -> list[str]:
    try:
        lines = path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return []
    return [words[1] for line in lines if len(words := line.split()) > 1 and words[0] == "nameserver"]


async def lookup(name: str, kind: str, servers: Sequence[tuple[str, int]]) -> list[str]:
    """The records of a name, asked of the first server that answers. Raises ToolFailed."""
    if not servers:
        raise ToolFailed("This machine has no name server to ask.")
    for server in servers:
        number = secrets.randbelow(65536)
        try:
            answer = await _asked(server, question(name, kind, number))
        except (TimeoutError, OSError):
            continue
        return records(answer, kind)
    raise ToolFailed("No name server of this machine answered.")


async def _asked(server: tuple[str, int], packet: bytes) -> bytes:
    loop = asyncio.get_running_loop()
    family = socket.AF_INET6 if ":" in server[0] else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as channel:
        channel.setblocking(False)
        channel.connect(server)
        await loop.sock_sendall(channel, packet)
        async with asyncio.timeout(3.0):
            while (data := await loop.sock_recv(channel, 4096))[:2] != packet[:2]:
                continue
    return data


def question(name: str, kind: str, number: int) -> bytes:
    try:
        labels = name.rstrip(".").encode("idna").split(b".")
    except UnicodeError:
        raise ToolRetry(f"{name[:100]!r} is no name.") from None
    packed = b"".join(bytes([len(label)]) + label for label in labels)
    return struct.pack("!6H", number, 0x0100, 1, 0, 0, 0) + packed + b"\0" + struct.pack("!2H", _TYPES[kind], 1)


def records(answer: bytes, kind: str) -> list[str]:
    """Raises ToolFailed for an answer that says no, or none."""
    try:
        _, flags, questions, answers, _, _ = struct.unpack_from("!6H", answer)
        if why := _OUTCOMES.get(flags & 15, "an error"):
            raise ToolFailed(f"The name server says: {why}.", why="name_server", said=why)
        place = 12
        for _ in range(questions):
            _, place = _name(answer, place)
            place += 4
        found = []
        for _ in range(answers):
            _, place = _name(answer, place)
            number, _, _, length = struct.unpack_from("!2HIH", answer, place)
            place += 10
            if _NAMES.get(number) == kind:
                found.append(_record(answer, place, length, kind))
            place += length
    except (struct.error, IndexError, UnicodeDecodeError, ValueError) as error:
        raise ToolFailed("The name server's answer cannot be read.") from error
    return sorted(found)


def _record(answer: bytes, place: int, length: int, kind: str) -> str:
    data = answer[place : place + length]
    if kind in ("A", "AAAA"):
        return str(ipaddress.ip_address(data))
    if kind == "MX":
        return f"{struct.unpack_from('!H', data)[0]} {_name(answer, place + 2)[0]}"
    if kind == "TXT":
        pieces, at = [], 0
        while at < len(data):
            pieces.append(data[at + 1 : at + 1 + data[at]].decode("utf-8", "replace"))
            at += 1 + data[at]
        return "".join(pieces)
    return _name(answer, place)[0]


def _name(answer: bytes, place: int) -> tuple[str, int]:
    labels: list[str] = []
    after, jumps = -1, 0
    while length := answer[place]:
        if length >= 0xC0:
            after = after if after >= 0 else place + 2
            place = (length & 0x3F) << 8 | answer[place + 1]
            jumps += 1
            if jumps > 20:
                raise ValueError("names that point at each other")
            continue
        labels.append(answer[place + 1 : place + 1 + length].decode("ascii", "replace"))
        place += 1 + length
    return ".".join(labels), after if after >= 0 else place + 1

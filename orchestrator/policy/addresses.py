"""What an address on the network is, however it is written."""

import ipaddress
import re
import unicodedata
from collections.abc import Iterable
from typing import TypeAlias
from urllib.parse import SplitResult, unquote, urlsplit

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

LOCAL_NAMES = re.compile(
    r"(.*\.)?(localhost|localdomain|ip6-localhost|ip6-loopback|local|internal|lan|home\.arpa|localtest\.me|lvh\.me|nip\.io|sslip\.io|xip\.io|"
    r"corp|svc|home|intra|intranet|private|vcap\.me|lacolhost\.com|traefik\.me)|[^.:]+"
)
_LOOPBACK_NAMES = re.compile(r"(.*\.)?(localhost|ip6-loopback|ip6-localhost)")
_METADATA = frozenset({"metadata", "metadata.google.internal", "instance-data", "instance-data.ec2.internal"})
_METADATA_ADDRESSES = frozenset(
    {"169.254.169.254", "169.254.170.2", "100.100.100.200", "192.0.0.192", "fd00:ec2::254", "168.63.129.16"}
)
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]*|[0-9]+")


# A name that says which private address it leads to (127.0.0.1.nip.io, 7f000001.c0a80001.rbndr.us), or that changes.
_REBINDS = re.compile(
    r"(?:.*[.-])?(?:127[.-]\d{1,3}|10[.-]\d{1,3}|192[.-]168|169[.-]254|172[.-](?:1[6-9]|2\d|3[01]))[.-]\d{1,3}[.-]\d{1,3}[.-].*|"
    r"(?:.*[.-])?(?:7f0000[0-9a-f]{2}|a9fea9fe|c0a8[0-9a-f]{4})[.-].*|"
    r"(?:.*\.)?(?:rbndr\.us|1u\.ms|rebind\.it|rebind\.network|rebinder\.net|burpcollaborator\.net|lock\.cmpxchg8b\.com)"
)


def is_local_name(name: str) -> bool:
    """Whether a name is one of a private network, or of a service that leads to one."""
    return bool(LOCAL_NAMES.fullmatch(name) or _REBINDS.fullmatch(name))


def is_metadata(name: str) -> bool:
    """Whether this host gives away the credentials of the machine to whoever asks."""
    address = address_of(name)
    return name in _METADATA or (address is not None and str(address) in _METADATA_ADDRESSES)


def is_loopback(name: str) -> bool:
    address = address_of(name)
    return bool(_LOOPBACK_NAMES.fullmatch(name)) if address is None else address.is_loopback or address.is_unspecified


def listed(name: str, hosts: Iterable[str]) -> bool:
    """Whether a host is among these names; `*.example.com` stands for every name under it."""
    return any(name == host or (host.startswith("*.") and name.endswith(host[1:])) for host in hosts)


def split(url: str) -> SplitResult | None:
    """The parts of an address, or None where two readers could see two addresses."""
    if re.search(r"[\x00-\x20\x7f-\xa0\\\u200b-\u200f\u2028-\u202f\ufeff]", url):
        return None
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 — raises when it is no number
    except ValueError:
        return None
    host = parts.hostname or ""
    if (
        unicodedata.normalize("NFKC", host) != host
        or "%" in host
        or "@" in unquote(parts.netloc).rpartition("@")[0]
        or unquote(parts.netloc) != parts.netloc
    ):
        return None
    return parts


def address_of(host: str) -> Address | None:
    """The address that a host is, however resolvers let it be written: 127.1, 0x7f000001, ::ffff:127.0.0.1."""
    try:
        address: Address = ipaddress.ip_address(host)
    except ValueError:
        return _loose_ipv4(host)
    if isinstance(address, ipaddress.IPv6Address):
        for hidden in (address.ipv4_mapped, address.sixtofour, (address.teredo or (None, None))[1], _embedded(address)):
            if hidden is not None:
                return hidden
    return address


def _embedded(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """An IPv4 address behind 64:ff9b::/96, 64:ff9b:1::/48, ::ffff:0:0/96 or ::/96."""
    high, low = int(address) >> 32, int(address) & 0xFFFFFFFF
    return ipaddress.IPv4Address(low) if _carries(high) or (high == 0 and low > 1) else None


def _carries(high: int) -> bool:
    return high == 0x64FF9B << 64 or high >> 48 == 0x64FF9B0001 or high == 0xFFFF0000


def _loose_ipv4(host: str) -> ipaddress.IPv4Address | None:
    parts = host.translate(str.maketrans("。．｡", "...")).split(".")
    if not 1 <= len(parts) <= 4 or not all(_NUMBER.fullmatch(part) for part in parts):
        return None
    try:
        numbers = [
            int(part, 16) if part[:2].lower() == "0x" else int(part, 8 if part[0] == "0" and len(part) > 1 else 10)
            for part in parts
        ]
    except ValueError:
        return None
    last = numbers.pop()
    total = sum((number & 0xFF) << (24 - 8 * index) for index, number in enumerate(numbers)) + last
    return ipaddress.IPv4Address(total & 0xFFFFFFFF)

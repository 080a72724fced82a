"""Rule: addresses on the network. Loopback, private and metadata addresses are denied however they are written.

Judges the address as written; a name that resolves to a private address is refused by the tool,
which resolves once and connects to what it resolved.
"""

import ipaddress
import re
import unicodedata
from typing import ClassVar, TypeAlias
from urllib.parse import SplitResult, unquote, urlsplit

from orchestrator.kernel.addresses import written_out
from orchestrator.kernel.ids import call_hash
from orchestrator.kernel.settings import Policy
from orchestrator.policy.base import Call, Decision

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_LOCAL_NAMES = re.compile(
    r"(.*\.)?(localhost|localdomain|ip6-localhost|ip6-loopback|local|internal|lan|home\.arpa|localtest\.me|lvh\.me|nip\.io|sslip\.io|xip\.io)"
)
_METADATA = frozenset({"metadata", "metadata.google.internal", "instance-data", "instance-data.ec2.internal"})
_METADATA_ADDRESSES = frozenset(
    {"169.254.169.254", "169.254.170.2", "100.100.100.200", "fd00:ec2::254", "168.63.129.16"}
)
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]*|[0-9]+")


class Hosts:
    name: ClassVar[str] = "hosts"

    def __init__(self, settings: Policy) -> None:
        self._hosts = tuple(host.lower().rstrip(".") for host in settings.hosts)
        self._allow_loopback = settings.allow_loopback

    def judge(self, call: Call) -> Decision | None:
        url = url_of(call)
        if url is None:
            return None
        parts = split(url)
        if parts is None or not parts.hostname:
            return self._deny(
                "invalid_address",
                f"{url[:200]!r} is not an address that can be read for certain.",
                url,
                "",
                "Write a plain https address.",
            )
        if parts.scheme not in ("http", "https"):
            return self._deny(
                "scheme",
                f"{parts.scheme} is not a way to reach a web server.",
                url,
                parts.hostname,
                "Use an http or https address.",
            )
        if parts.username is not None or parts.password is not None:
            return self._deny(
                "userinfo",
                "The address hides a name or a password before the host.",
                url,
                parts.hostname,
                "Write the address without it.",
            )
        return self._judge_host(call, url, parts.hostname)

    def _judge_host(self, call: Call, url: str, host: str) -> Decision:
        name = unquote(host).lower().rstrip(".")
        address = address_of(name)
        listed = self._listed(name)
        if name in _METADATA or (address and str(address) in _METADATA_ADDRESSES):
            return self._deny("metadata", f"{host} gives away the credentials of this machine.", url, host)
        loopback = (
            address.is_loopback or address.is_unspecified
            if address
            else re.fullmatch(r"(.*\.)?(localhost|ip6-loopback|ip6-localhost)", name)
        )
        if loopback:
            if not self._allow_loopback:
                return self._deny(
                    "loopback", f"{host} is this machine itself.", url, host, "The owner may set policy.allow_loopback."
                )
        elif not listed:
            if address and (not address.is_global or address.is_multicast):
                return self._deny(
                    "private_address",
                    f"{host} is on a private network.",
                    url,
                    host,
                    "The owner may name it in policy.hosts.",
                )
            if not address and _LOCAL_NAMES.fullmatch(name):
                return self._deny(
                    "private_address",
                    f"{host} is a name of a private network.",
                    url,
                    host,
                    "The owner may name it in policy.hosts.",
                )
        details = {"host": host, "url": url, "method": method_of(call)}
        if listed:
            return Decision(
                "allow", self.name, "known_host", f"{host} is among the hosts that may be reached unasked.", details
            )
        if not host.isascii() or "xn--" in host:
            return Decision(
                "ask",
                self.name,
                "lookalike_host",
                f"{host} is written with letters that may look like others.",
                details,
                "Check it letter by letter.",
            )
        if self._named_by_user(call, details["method"]):
            return Decision(
                "allow", self.name, "users_address", f"The user wrote this address: {host} is only read.", details
            )
        return Decision(
            "ask",
            self.name,
            "new_host",
            f"{call.tool} would send a {details['method']} request to {host}.",
            details,
            "The owner may name it in policy.hosts.",
        )

    def _named_by_user(self, call: Call, method: str) -> bool:
        """Whether it only reads what the user's own words name, and sends nothing along."""
        if method not in _READING or call.sources is None:
            return False
        address = url_argument(call)
        return address is not None and all(
            sources <= {"user"} if name != address else sources == {"user"} for name, sources in call.sources.items()
        )

    def _listed(self, name: str) -> bool:
        return any(name == host or (host.startswith("*.") and name.endswith(host[1:])) for host in self._hosts)

    def _deny(
        self, code: str, reason: str, url: str, host: str, alternative: str = "Use a public address."
    ) -> Decision:
        return Decision("deny", self.name, code, reason, {"url": url[:500], "host": host}, alternative)

    def shape(self, call: Call) -> str | None:
        url = url_of(call)
        if url is None:
            return None
        parts = split(url)
        if parts is None or not parts.hostname or not parts.hostname.isascii():
            return call_hash(call.tool, call.arguments)
        port = f":{parts.port}" if parts.port else ""
        kind = "read" if method_of(call) in _READING else "change"
        return f"{kind} {parts.scheme}://{parts.hostname.lower()}{port}"


def url_of(call: Call) -> str | None:
    name = url_argument(call)
    return None if name is None else written_out(call.arguments[name])


def url_argument(call: Call) -> str | None:
    """The argument that is an address."""
    return next((name for name in ("url", "uri", "endpoint") if isinstance(call.arguments.get(name), str)), None)


def method_of(call: Call) -> str:
    method = call.arguments.get("method", "GET")
    return method.upper() if isinstance(method, str) else "GET"


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
    """An IPv4 address behind 64:ff9b::/96 or ::/96."""
    high, low = int(address) >> 32, int(address) & 0xFFFFFFFF
    return ipaddress.IPv4Address(low) if high == 0x64FF9B << 64 or (high == 0 and low > 1) else None


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

"""HTTP requests to public addresses only.

Covers: every address a name stands for is judged once and the connection is made to exactly those
addresses, so a name cannot point elsewhere between the check and the connection; every redirect is
judged again. Private, loopback, link-local (the metadata services of clouds), shared, reserved and
multicast addresses are refused, also when written inside IPv6. What is judged is the address as the
client reads it, so no spelling is read in two ways. Another server that a redirect names is asked, never
told: it gets no headers that could be secret, and no request that changes something. A host that the owner
named in the settings may be on a private network, or this machine. Does not cover what a public server does
with what it is told, nor proxies: none is used.
"""

import contextlib
import ipaddress
import os
import re
import socket
from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, TypeVar

from msgspec import Meta, Struct

from orchestrator.kernel.errors import ToolFailed, ToolRetry
from orchestrator.tools.files.encodings import encoding_of

if TYPE_CHECKING:
    import aiohttp
    import yarl

EXPIRED, OTHERS = "it has expired", "it is for other names"
_EARLY, _ITSELF, _UNKNOWN = "it is not valid yet", "it is signed by itself", "who issued it is unknown here"
WRONG = {
    9: _EARLY,
    10: EXPIRED,
    18: _ITSELF,
    19: _UNKNOWN,
    20: _UNKNOWN,
    21: _UNKNOWN,
    62: OTHERS,
    64: OTHERS,
}  # OpenSSL's
BODY_LIMIT = 2 * 2**20  # bytes
SECONDS = 30.0
REDIRECTS = 5
_HEADERS = 50
_HEADER_LIMIT = 1000
_CHARSET = re.compile(
    rb"""<(?:meta|\?xml)\b[^>]*?(?:charset|encoding)\s*=\s*["']?\s*([A-Za-z0-9_:-]{1,40})""", re.IGNORECASE
)
_OURS = frozenset({"host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "expect"})
_ANYONES = frozenset({"accept", "accept-language", "content-type", "user-agent"})  # no secrets of one server
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[^\0\r\n]*")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Taken = TypeVar("Taken")
Take: TypeAlias = "Callable[[aiohttp.ClientResponse, str], Awaitable[Taken]]"  # the answer, and a remark on it


class Fetched(Struct, frozen=True):
    status: int
    url: Annotated[str, Meta(description="that answered, after redirects")]
    media_type: str
    body: str
    headers: dict[str, str]
    note: str = ""

    def __str__(self) -> str:
        first = f"HTTP {self.status} {self.url} ({self.media_type or 'no type'})"
        return "\n".join(filter(None, [first, self.body, f"[{self.note}]" if self.note else ""]))


async def fetch(
    url: str,
    method: str,
    headers: dict[str, str],
    body: str | bytes | None,
    allow_loopback: bool,
    own: str = "",
    limit: int = BODY_LIMIT,
) -> Fetched:
    """What the address answers. Raises as `reach` does. `limit`: bytes of the answer."""
    return await reach(
        url, method, headers, body, allow_loopback, lambda answer, remark: fetched(answer, limit, remark), own
    )


async def reach(
    url: str,
    method: str,
    headers: dict[str, str],
    body: str | bytes | None,
    allow_loopback: bool,
    take: "Take[Taken]",
    own: str = "",
    seconds: float = SECONDS,
) -> "Taken":
    """What `take` makes of the answer. Raises ToolRetry for a wrong request, ToolFailed for one that cannot be made.

    `own` is the host that the owner's settings name: it alone may be private.
    """
    import aiohttp

    for name, value in headers.items():
        if name.lower() in _OURS or not _TOKEN.fullmatch(name) or not _VALUE.fullmatch(value):
            raise ToolRetry(f"The header {name[:60]!r} cannot be sent.")
    data = body.encode() if isinstance(body, str) else body
    connector = aiohttp.TCPConnector(resolver=_guarded_resolver(allow_loopback, own), force_close=True)
    timeout = aiohttp.ClientTimeout(total=seconds, connect=10, sock_read=SECONDS)
    with told(url):
        async with aiohttp.ClientSession(
            connector=connector, timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()
        ) as session:
            address = _judged(url, allow_loopback, own=own)
            for _ in range(REDIRECTS + 1):
                async with session.request(
                    method, address, headers=headers, data=data, allow_redirects=False
                ) as answer:
                    target = answer.headers.get("Location") if answer.status in (301, 302, 303, 307, 308) else None
                    if target is None:
                        return await take(answer, "")
                    method, data = _after_redirect(answer.status, method, data)
                    following = _judged(target, allow_loopback, address, own)
                    if following.origin() != address.origin():
                        if method not in ("GET", "HEAD", "OPTIONS"):
                            return await take(answer, f"it leads to {following}, which was not told")
                        headers = {name: value for name, value in headers.items() if name.lower() in _ANYONES}
                    address = following
        said = f"The address redirects more than {REDIRECTS} times."
        raise ToolFailed(said, why="redirects", host=_host(url), times=REDIRECTS)


@contextlib.contextmanager
def told(url: str) -> Iterator[None]:
    """What goes wrong on the way to an address, in the words of the tool seam."""
    import aiohttp

    try:
        yield
    except TimeoutError:
        raise ToolFailed(f"{_host(url)} did not answer in time.", why="host_silent", host=_host(url)) from None
    except aiohttp.InvalidURL:
        raise ToolRetry(f"{url[:200]!r} is not a usable address.", why="not_an_address", url=url[:200]) from None
    except (aiohttp.ClientError, OSError) as error:
        refused = _refusal(error)
        if refused is not None:
            raise refused from None
        raise _unreachable(_host(url), error) from error
    except ValueError as error:
        raise ToolRetry(f"The request cannot be sent: {str(error)[:200]}.") from error


def _unreachable(host: str, error: Exception) -> ToolFailed:
    import aiohttp

    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        wrong = error.certificate_error
        said = WRONG.get(getattr(wrong, "verify_code", 0), getattr(wrong, "verify_message", "")) or str(wrong)[:200]
        return ToolFailed(f"The certificate of {host} is not trusted: {said}.", why="untrusted", host=host, said=said)
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return ToolFailed(f"The name {host} cannot be resolved.", why="no_such_host", host=host)
    number = getattr(error, "errno", None) or 0
    said = os.strerror(number) if number > 0 else str(error)[:200] or type(error).__name__
    return ToolFailed(f"{host} cannot be reached: {said}.", why="unreachable", host=host, said=said)


def _after_redirect(status: int, method: str, data: bytes | None) -> tuple[str, bytes | None]:
    if status == 303 or (status in (301, 302) and method == "POST"):
        return ("HEAD" if method == "HEAD" else "GET"), None
    return method, data


def _host(url: str) -> str:
    import yarl

    try:
        return yarl.URL(url).host or "The address"
    except ValueError:
        return "The address"


def _judged(url: str, allow_loopback: bool, base: "yarl.URL | None" = None, own: str = "") -> "yarl.URL":
    """The address, as the client reads it: full-width digits, for instance, are digits to it."""
    import yarl

    try:
        address = yarl.URL(url) if base is None else base.join(yarl.URL(url))
    except ValueError:
        raise ToolRetry(f"{url[:200]!r} is not a usable address.", why="not_an_address", url=url[:200]) from None
    if address.scheme not in ("http", "https"):
        said = f"Only http and https addresses can be requested, not {address.scheme or 'none'!r}."
        raise ToolRetry(said, why="not_an_address", url=url[:200])
    host = address.raw_host
    if not host or any(character.isspace() for character in url):
        raise ToolRetry(f"{url[:200]!r} is not a usable address.", why="not_an_address", url=url[:200])
    if address.user or address.password:
        raise ToolRetry("An address may not contain a user name or password.", hint="Use a header.")
    try:
        literal = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return address  # a name: what it stands for is judged when that is known
    judge(host, literal, allow_loopback, own)
    return address


def judge(host: str, address: Address, allow_loopback: bool, own: str = "") -> None:
    """Raises ToolFailed unless the address is public (or loopback, where that is allowed; or the owner's)."""
    inner = _inner(address)
    if inner.is_loopback and allow_loopback:
        return
    if own and host.lower() == own and (inner.is_loopback or (inner.is_private and not inner.is_link_local)):
        return
    if not inner.is_global or inner.is_multicast or inner.is_reserved or inner.is_unspecified:
        kind = "this machine" if inner.is_loopback or inner.is_unspecified else "a private or reserved network"
        said = f"{host} is an address of {kind}, which http_request may not reach."
        raise ToolFailed(said, why="private_address", host=host)


def _inner(address: Address) -> Address:
    """The IPv4 address that an IPv6 one carries, where it does."""
    if isinstance(address, ipaddress.IPv6Address):
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        return address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1] or address
    return address


class _Refused(OSError):
    """Carries a ToolFailed through the connector, which only lets OSError pass."""

    def __init__(self, problem: ToolFailed) -> None:
        super().__init__(problem.detail)
        self.problem = problem


def _refusal(error: BaseException | None) -> ToolFailed | None:
    while error is not None:
        if isinstance(error, _Refused):
            return error.problem
        error = error.__cause__ or error.__context__
    return None


def _guarded_resolver(allow_loopback: bool, own: str) -> "aiohttp.abc.AbstractResolver":
    from aiohttp.resolver import ThreadedResolver

    class Guarded(ThreadedResolver):
        async def resolve(self, host: str, port: int = 0, family: Any = socket.AF_INET) -> Any:
            found = await super().resolve(host, port, family)
            for each in found:
                try:
                    judge(host, ipaddress.ip_address(each["host"].partition("%")[0]), allow_loopback, own)
                except ToolFailed as problem:
                    raise _Refused(problem) from None
            return found

    return Guarded()


async def fetched(answer: "aiohttp.ClientResponse", limit: int, remark: str = "") -> Fetched:
    pieces, size = [], 0
    async for piece in answer.content.iter_chunked(64 * 1024):
        pieces.append(piece[: limit - size])
        size += len(piece)
        if size > limit:
            break
    data = b"".join(pieces)
    body, note = _text(data, answer.content_type if "Content-Type" in answer.headers else "", answer.charset)
    if size > limit:
        note = "; ".join(filter(None, [note, f"cut after {limit} bytes"]))
    note = "; ".join(filter(None, [remark, note]))
    headers = {name.lower(): value[:_HEADER_LIMIT] for name, value in list(answer.headers.items())[:_HEADERS]}
    media_type = answer.content_type if "Content-Type" in answer.headers else ""
    return Fetched(answer.status, str(answer.url), media_type, body, headers, note)


def _text(data: bytes, media_type: str, charset: str | None) -> tuple[str, str]:
    textual = media_type.startswith("text/") or any(
        word in media_type for word in ("json", "xml", "javascript", "yaml", "csv", "x-www-form-urlencoded")
    )
    if not data:
        return "", ""
    if textual and data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace"), ""
    if b"\0" in data[:8192] or not (textual or not media_type or _is_utf8(data)):
        return "", f"binary, {len(data)} bytes, {media_type or 'unknown type'}: not shown"
    if charset is None:
        named = _CHARSET.search(data[:2048])
        charset = named[1].decode() if named else encoding_of(data)
    try:
        return data.decode("utf-8" if charset.lower() == "utf-16" else charset, "replace"), ""  # it was read in ASCII
    except LookupError:
        return data.decode("utf-8", "replace"), f"the charset {charset!r} is unknown: read as UTF-8"


def _is_utf8(data: bytes) -> bool:
    try:
        data[: len(data) // 2].decode("utf-8") if len(data) > 4096 else data.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start > len(data) // 2 - 8 and len(data) > 4096
    return True

"""The network kit: is it there, how far, behind which names, with which certificate. Public addresses only."""

import time
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from orchestrator.kernel.addresses import written_out
from orchestrator.kernel.errors import ToolFailed
from orchestrator.tools.base import Context
from orchestrator.tools.function import tool
from orchestrator.tools.kits.examples import network as said
from orchestrator.tools.reaching import Hop, certificate, connect, echo, hops, lookup, nameservers, resolved
from orchestrator.tools.web import fetch

Host = Annotated[str, Meta(description="a host name or address, such as example.org", min_length=1, max_length=253)]
PortNumber = Annotated[int, Meta(description="the port", ge=1, le=65535)]


class Ping(msgspec.Struct, frozen=True):
    host: str
    address: str
    reachable: bool
    received: int
    sent: int
    milliseconds: Annotated[float | None, Meta(description="the mean round trip")]
    method: Annotated[str, Meta(description="icmp, or the TCP port that was knocked at where ICMP is not allowed")]

    def __str__(self) -> str:
        took = f", {self.milliseconds} ms" if self.milliseconds is not None else ""
        return f"{self.host} ({self.address}): {self.received} of {self.sent} answers{took} [{self.method}]"


@tool(
    category="network",
    examples=said.PING,
    answers={
        "en": "{host} ({address}): {received} of {sent} answers[, {milliseconds} ms] ({method}).",
        "fr": "{host} ({address}) : {received} réponses sur {sent}[, {milliseconds} ms] ({method:word}).",
    },
    timeout=60.0,
)
async def ping(
    host: Host, context: Context, count: Annotated[int, Meta(description="how often", ge=1, le=10)] = 3
) -> Ping:
    """Tell whether a host answers, and how long a round trip takes."""
    address = (await resolved(host, 0, context.allow_loopback))[0]
    try:
        trips = [await echo(address, number) for number in range(1, count + 1)]
        method = "icmp"
    except PermissionError:
        method, trips = await _knock(address, count)
    heard = [trip for trip in trips if trip is not None]
    mean = round(1000 * sum(heard) / len(heard), 2) if heard else None
    return Ping(host, address, bool(heard), len(heard), count, mean, method)


async def _knock(address: str, count: int) -> tuple[str, list[float | None]]:
    """A refusal is an answer too: somebody is there."""
    for port in (443, 80):
        is_open, passed, why = await connect(address, port, 2.0)
        if is_open or "refused" in why:
            again = [await connect(address, port, 2.0) for _ in range(count - 1)]
            return f"tcp port {port}", [passed, *(took if ok or "refused" in w else None for ok, took, w in again)]
    return "tcp ports 443 and 80", [None] * count


class PortCheck(msgspec.Struct, frozen=True):
    host: str
    port: int
    address: str
    state: Literal["open", "closed"]
    milliseconds: float
    why: str = ""

    def __str__(self) -> str:
        return f"Port {self.port} of {self.host} ({self.address}) is {self.state}{': ' if self.why else ''}{self.why}."


@tool(
    category="network",
    examples=said.CHECK_PORT,
    answers={
        "en": "Port {port} of {host} is {state}[: {why}] ({milliseconds} ms).",
        "fr": "Le port {port} de {host} est {state:word}[ : {why:word}] ({milliseconds} ms).",
    },
)
async def check_port(host: Host, port: PortNumber, context: Context) -> PortCheck:
    """Tell whether a TCP port of a host is open."""
    address = (await resolved(host, port, context.allow_loopback))[0]
    is_open, passed, why = await connect(address, port)
    return PortCheck(host, port, address, "open" if is_open else "closed", round(1000 * passed, 2), why)


class Records(msgspec.Struct, frozen=True):
    host: str
    type: str
    records: list[str]

    def __str__(self) -> str:
        return "\n".join(self.records) or f"{self.host} has no {self.type} record."


@tool(
    category="network",
    origin="web",
    examples=said.DNS_LOOKUP,
    answers={
        "en": "{host} ({type}): [{records}|no record].",
        "fr": "{host} ({type}) : [{records}|aucun enregistrement].",
    },
)
async def dns_lookup(
    host: Host,
    context: Context,
    type: Annotated[Literal["A", "AAAA", "MX", "TXT", "NS", "CNAME", "PTR"], "which records"] = "A",
) -> Records:
    """Ask the name servers for the records of a name: addresses, mail servers, texts, name servers."""
    return Records(host, type, await lookup(host, type, [(server, 53) for server in nameservers()]))


class Trace(msgspec.Struct, frozen=True):
    host: str
    address: str
    hops: list[Hop]
    note: str = ""

    def __str__(self) -> str:
        lines = [f"{hop.number} {hop.address or '*'} {hop.milliseconds or ''}".rstrip() for hop in self.hops]
        return "\n".join([*lines, self.note]).strip()


@tool(
    category="network",
    examples=said.TRACE_ROUTE,
    answers={
        "en": "{host} ({address}):\n{*hops {number}: {address} ({milliseconds} ms)*}[\n{note}]",
        "fr": "{host} ({address}) :\n{*hops {number}: {address} ({milliseconds} ms)*}[\n{note:word}]",
    },
    timeout=45.0,
)
async def trace_route(
    host: Host, context: Context, limit: Annotated[int, Meta(description="hops at most", ge=1, le=30)] = 20
) -> Trace:
    """Tell which machines lie on the way to a host, as far as they say so."""
    found = [one for one in await resolved(host, 0, context.allow_loopback) if ":" not in one]
    if not found:
        raise ToolFailed(f"{host} has only IPv6 addresses, which cannot be traced.")
    way = await hops(found[0], limit)
    note = "" if way[-1].address == found[0] else "The host itself did not answer: many do not."
    return Trace(host, found[0], way, note)


class TlsCertificate(msgspec.Struct, frozen=True):
    host: str
    port: int
    subject: str
    issuer: str
    names: list[str]
    expires: Annotated[str, Meta(description="the day on which it expires")]
    days: Annotated[int, Meta(description="days that are left; negative: it has expired")]
    past: Annotated[int, Meta(description="days since it has expired; 0: it has not")]
    trusted: bool
    why: Annotated[str, Meta(description="it is not trusted")]
    protocol: str

    def __str__(self) -> str:
        trust = "trusted" if self.trusted else f"NOT trusted: {self.why}"
        return (
            f"{self.host}:{self.port}: expires {self.expires} (in {self.days} days), {trust}\n"
            f"for {', '.join(self.names)}\nissued by {self.issuer}, {self.protocol}"
        )


@tool(
    category="network",
    origin="web",
    examples=said.TLS_CERTIFICATE,
    answers={
        "en": "The certificate of {host} [expired on {expires}, {past|day|days} ago"
        "|expires on {expires} ({days|day|days} left)|expires today].[ It is not trusted: {why}.]\n"
        "Issued by {issuer}[ for:\n{names}|.]",
        "fr": "Le certificat de {host} [a expiré le {expires}, il y a {past|jour|jours}"
        "|expire le {expires} (dans {days|jour|jours})|expire aujourd'hui].[ Il n'est pas fiable : {why:word}.]\n"
        "Émis par {issuer}[ pour :\n{names}|.]",
    },
)
async def tls_certificate(host: Host, context: Context, port: PortNumber = 443) -> TlsCertificate:
    """Tell until when the TLS certificate of a host is good, who issued it, and for which names."""
    address = (await resolved(host, port, context.allow_loopback))[0]
    now = context.clock.now()
    found = await certificate(address, host, port, now)
    day = time.strftime("%Y-%m-%d", time.gmtime(found.expires))
    left = int((found.expires - now) // 86400)
    past, why = max(1, int((now - found.expires) // 86400)) if found.expires < now else 0, "; ".join(found.wrong)
    return TlsCertificate(
        host, port, found.subject, found.issuer, found.names, day, left, past, not why, why, found.protocol
    )


class HttpCheck(msgspec.Struct, frozen=True):
    url: str
    ok: bool
    status: int
    milliseconds: float
    server: str = ""

    def __str__(self) -> str:
        return f"{self.url}: HTTP {self.status}, {self.milliseconds} ms {self.server}".rstrip()


@tool(
    category="network",
    origin="web",
    examples=said.HTTP_CHECK,
    answers={
        "en": "{url} answers {status} ({milliseconds} ms).",
        "fr": "{url} répond {status} ({milliseconds} ms).",
    },
    timeout=35.0,
)
async def http_check(
    url: Annotated[str, Meta(description="an http or https address", min_length=4, max_length=4096)], context: Context
) -> HttpCheck:
    """Tell whether a web site is up: its status and how long it takes, without its content."""
    began = time.perf_counter()
    found = await fetch(written_out(url), "GET", {}, None, context.allow_loopback)
    passed = round(1000 * (time.perf_counter() - began), 1)
    return HttpCheck(found.url, found.status < 400, found.status, passed, found.headers.get("server", "")[:100])


tools = (ping, check_port, dns_lookup, trace_route, tls_certificate, http_check)

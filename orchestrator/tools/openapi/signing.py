"""Who asks: what a document wants to know of that, said with secrets of the vault."""

import base64
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import urlencode, urljoin, urlsplit

import msgspec
from msgspec import Struct

from orchestrator.kernel.errors import InvalidInput, NotAllowed, NotFound, ToolFailed
from orchestrator.tools.base import Context
from orchestrator.tools.openapi.reading import Document
from orchestrator.tools.web import fetch

_EARLY = 30.0  # seconds before its end at which a token is no longer used


class Scheme(Struct, frozen=True):
    """How a server wants to know who asks, and the secret that says so."""

    kind: Literal["header", "query", "cookie", "bearer", "basic"]
    name: str  # of the header or the query's field
    secret: str
    token_url: str = ""  # where id:secret is exchanged for a token; empty: the secret is the token
    scope: str = ""


class Signs(Struct):
    """What goes with one request to say who asks."""

    headers: dict[str, str]
    query: list[tuple[str, str]]
    cookies: list[tuple[str, str]]
    tokens: list[str] = []  # that were exchanged for a secret: they are nobody else's to read


def schemes_of(document: Document, raw: Mapping[str, Any], secrets: Mapping[str, str]) -> tuple[Scheme, ...]:
    """Of the ways to say who asks, the first for which there are secrets. Raises InvalidInput."""
    ways = raw["security"] if "security" in raw else document.raw.get("security")
    components = document.raw.get("components")
    known = components.get("securitySchemes") if isinstance(components, dict) else None
    known = known if isinstance(known, dict) else {}
    for way in ways if isinstance(ways, list) else ():
        if isinstance(way, dict) and way and all(scheme in secrets and scheme in known for scheme in way):
            return tuple(_scheme(document.found(known[scheme]), secrets[scheme], way[scheme]) for scheme in way)
    return ()


def _scheme(entry: dict[str, Any], secret: str, scopes: Any) -> Scheme:
    match entry.get("type"), str(entry.get("in")), str(entry.get("scheme")).lower():
        case "apiKey", ("header" | "query" | "cookie") as place, _:
            return Scheme(place, str(entry.get("name")), secret)
        case "http", _, "basic":
            return Scheme("basic", "Authorization", secret)
        case "oauth2", _, _:
            flows = entry.get("flows")
            flow = flows.get("clientCredentials") if isinstance(flows, dict) else None
            token_url = str(flow.get("tokenUrl") or "") if isinstance(flow, dict) else ""
            wanted = " ".join(map(str, scopes)) if isinstance(scopes, list) else ""
            return Scheme("bearer", "Authorization", secret, token_url, wanted)
        case ("http", _, "bearer") | ("openIdConnect", _, _):
            return Scheme("bearer", "Authorization", secret)
    raise InvalidInput(f"It wants to know who asks in a way that is not known: {entry.get('type')}.")


class Signer:
    """Of one API. Tokens are kept here until they end, and nowhere else."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._host = urlsplit(server).hostname or ""
        self._tokens: dict[Scheme, tuple[str, float]] = {}  # with when they end, in seconds since the Unix epoch

    async def signs(self, schemes: tuple[Scheme, ...], context: Context) -> Signs:
        """Raises ToolFailed: a secret must be there, and bound to the host that it goes to."""
        made = Signs({}, [], [])
        for scheme in schemes:
            value = await self._revealed(scheme, self._host, context) if not scheme.token_url else ""
            match scheme.kind:
                case "bearer":
                    if scheme.token_url:
                        value = await self._token(scheme, context)
                        made.tokens.append(value)
                    made.headers["Authorization"] = f"Bearer {value}"
                case "basic":
                    made.headers["Authorization"] = f"Basic {base64.b64encode(value.encode()).decode()}"
                case "header":
                    made.headers[scheme.name] = value
                case "query":
                    made.query.append((scheme.name, value))
                case "cookie":
                    made.cookies.append((scheme.name, value))
        return made

    def forget(self, schemes: tuple[Scheme, ...]) -> bool:
        """The server does not take these tokens any more; whether there were any."""
        known = [scheme for scheme in schemes if scheme in self._tokens]
        for scheme in known:
            del self._tokens[scheme]
        return bool(known)

    async def _revealed(self, scheme: Scheme, host: str, context: Context) -> str:
        try:
            return str(await context.secret(scheme.secret, host=host))
        except (NotAllowed, NotFound) as error:
            raise ToolFailed(error.detail, hint=error.hint) from None

    async def _token(self, scheme: Scheme, context: Context) -> str:
        """A token of OAuth's client credentials; the secret itself where it is no `id:secret`."""
        token, ends = self._tokens.get(scheme, ("", 0.0))
        if token and context.clock.now() < ends - _EARLY:
            return token
        url = urljoin(f"{self._server}/", scheme.token_url)
        host = urlsplit(url).hostname or ""
        if not url.startswith("https://") and host != self._host:
            raise ToolFailed(f"The document sends a secret to {host} without https.")
        value = await self._revealed(scheme, host, context)
        if ":" not in value:
            return value if host == self._host else await self._revealed(scheme, self._host, context)
        form = {"grant_type": "client_credentials"} | ({"scope": scheme.scope} if scheme.scope else {})
        headers = {
            "Authorization": f"Basic {base64.b64encode(value.encode()).decode()}",
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        }
        answer = await fetch(url, "POST", headers, urlencode(form), context.allow_loopback, self._host)
        try:
            said = msgspec.json.decode(answer.body, type=_Said)
        except msgspec.DecodeError:
            said = _Said()
        if answer.status != 200 or not said.access_token:
            why = said.error_description or said.error or answer.body[:500]
            raise ToolFailed(f"{host} gives no token for {scheme.secret}: {answer.status} {why}".rstrip())
        self._tokens[scheme] = said.access_token, context.clock.now() + said.expires_in
        return said.access_token


class _Said(Struct, frozen=True):
    access_token: str = ""
    expires_in: float = 60.0
    error: str = ""
    error_description: str = ""

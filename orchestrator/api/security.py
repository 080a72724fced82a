"""The gate before every route: who calls, from where, with how much.

Covers: names this server answers to (DNS rebinding), foreign origins (cross-site requests and
sockets), bodies too large, too slow or not text, callers who are nobody, headers for browsers.
Does not cover: encryption (a proxy does it), floods of connections.
"""

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable
from http.cookies import CookieError, SimpleCookie

from msgspec import Struct
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from orchestrator.api import problems
from orchestrator.api.compatible import refusals
from orchestrator.api.compatible.refusals import vendor_of
from orchestrator.api.frames import encode, error_frame
from orchestrator.api.streams import SIGNED_OUT
from orchestrator.identity.base import Principal
from orchestrator.kernel.clock import Clock
from orchestrator.kernel.errors import NotAllowed, NotAuthenticated, OrchestratorError, TooLarge
from orchestrator.kernel.settings import Server

COOKIE = "orchestrator_session"
PROTOCOL = "orchestrator"  # a socket's subprotocol, beside `bearer.<token>`

_BODY_SECONDS = 30.0  # between two pieces of a body
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]", "::1"})
_WILDCARD = frozenset({"0.0.0.0", "::", ""})

_GUARDED = ("/api/", "/v1/", "/metrics", "/docs", "/optimize_prompt")
_OPEN = frozenset({"/api/v1/auth/login", "/api/v1/auth/refresh", "/api/v1/health"})

CONTENT_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = (
    (b"content-security-policy", CONTENT_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(self), payment=(), usb=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)

Authenticate = Callable[[str], Awaitable[Principal]]


class Credential(Struct, frozen=True):
    token: str
    ambient: bool  # a browser sends it by itself: a cookie


def credential(headers: Headers) -> Credential | None:
    """What the caller shows: a bearer token, a key, a socket's bearer protocol, or the session cookie."""
    if key := headers.get("x-api-key"):
        return Credential(key, ambient=False)
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return Credential(token.strip(), ambient=False)
    for offered in protocols(headers):
        if offered.startswith("bearer."):
            return Credential(offered.removeprefix("bearer."), ambient=False)
    try:
        cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return None
    return Credential(cookie.value, ambient=True) if cookie and cookie.value else None


def protocols(headers: Headers) -> list[str]:
    return [name.strip() for name in headers.get("sec-websocket-protocol", "").split(",") if name.strip()]


def guarded(path: str) -> bool:
    return path.startswith(_GUARDED) and path not in _OPEN


def _host_name(host: str) -> str:
    return host[: host.index("]") + 1] if host.startswith("[") and "]" in host else host.rpartition(":")[0] or host


class Gate:
    """The middleware. It leaves the caller's Principal in `scope["state"]["principal"]`."""

    def __init__(self, app: ASGIApp, *, settings: Server, authenticate: Authenticate, clock: Clock) -> None:
        self._app = app
        self._clock = clock
        self._settings = settings
        self._authenticate = authenticate
        self._names = _LOOPBACK | {
            name.lower() for name in (settings.host, f"[{settings.host}]", *settings.allowed_hosts)
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self._app(scope, receive, send)
        headers = Headers(scope=scope)
        try:
            self._check_host(headers)
            shown = credential(headers)
            self._check_origin(scope, headers, shown)
            self._check_length(headers)
        except (OrchestratorError, HTTPException) as error:
            return await _refuse(error, scope, receive, send)
        try:
            principal = await self._authenticate(shown.token) if shown and guarded(scope["path"]) else None
            if principal is None and guarded(scope["path"]):
                raise NotAuthenticated("Nobody is signed in.", hint="Sign in, or send `Authorization: Bearer …`.")
            if principal is not None and principal.reach is not None:
                _check_reach(principal, scope)
        except OrchestratorError as error:
            if scope["type"] == "websocket" and isinstance(error, NotAuthenticated):
                return await _turn_away(error, headers, self._clock.now(), receive, send)
            return await _refuse(error, scope, receive, send)
        scope.setdefault("state", {})["principal"] = principal
        scope["state"]["credential"] = shown
        if scope["type"] == "http" and scope["method"] not in _SAFE:
            receive = _Body(receive, self._settings.max_body)
        await self._app(scope, receive, send)

    def _check_host(self, headers: Headers) -> None:
        host = headers.get("host", "")
        name = _host_name(host.lower())
        if name in self._names or (self._settings.host in _WILDCARD and _is_address(name)):
            return
        raise HTTPException(421, f"This server does not answer to {host!r}: add it to server.allowed_hosts.")

    def _check_origin(self, scope: Scope, headers: Headers, shown: Credential | None) -> None:
        if scope["type"] == "http" and scope["method"] in _SAFE:
            return
        origin = headers.get("origin")
        if origin is not None:
            if origin.partition("://")[2].lower() != headers.get("host", "").lower():
                raise NotAllowed(f"A page of {origin} may not do this here.", hint="Use the app at its own address.")
        elif shown is not None and shown.ambient and headers.get("sec-fetch-site") not in ("same-origin", "none"):
            raise NotAllowed(
                "A session cookie counts only together with an Origin header.",
                hint="Programs use `Authorization: Bearer …` instead.",
            )

    def _check_length(self, headers: Headers) -> None:
        length = headers.get("content-length", "0")
        if length.isdecimal() and int(length) > self._settings.max_body:
            raise _too_large(self._settings.max_body)


def _check_reach(principal: Principal, scope: Scope) -> None:
    """A program's key goes as far as it was made for, and makes no other keys."""
    if principal.reach != "api" and vendor_of(scope) is None:
        raise NotAllowed(
            f"This key is for {principal.reach} at the compatible endpoints only.",
            hint="For the whole API: orchestrator users key new --reach api",
        )
    if scope["path"].startswith("/api/v1/auth/") and (scope["type"] != "http" or scope["method"] not in _SAFE):
        raise NotAllowed("A key neither makes keys nor changes accounts.", hint="Sign in.")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The request is larger than {limit} bytes.", hint="Send less, or raise server.max_body.")


class _Body:
    """A body as it comes in: counted, and not waited for without end."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._limit = limit
        self._size = 0
        self._whole = False

    async def __call__(self) -> Message:
        if self._whole:
            return await self._receive()
        try:
            async with asyncio.timeout(_BODY_SECONDS):
                message = await self._receive()
        except TimeoutError:
            raise HTTPException(408, "The request came too slowly.") from None
        self._size += len(message.get("body", b""))
        if self._size > self._limit:
            raise HTTPException(413, _too_large(self._limit).detail)
        self._whole = not message.get("more_body", False)
        return message


async def _refuse(error: Exception, scope: Scope, receive: Receive, send: Send) -> None:
    """A problem, before any route is reached; for a socket, instead of the upgrade."""
    if scope["type"] == "websocket" and "websocket.http.response" not in scope.get("extensions", {}):
        return await send({"type": "websocket.close", "code": 1008})
    vendor = vendor_of(scope)
    answer = problems.answer(error) if vendor is None else refusals.answer(error, vendor)
    await answer(scope, receive, send)


async def _turn_away(error: NotAuthenticated, headers: Headers, now: float, receive: Receive, send: Send) -> None:
    """Tell a socket that nobody is signed in: a browser cannot read the answer to an upgrade."""
    await receive()
    await send({"type": "websocket.accept", "subprotocol": chosen_protocol(headers)})
    await send({"type": "websocket.send", "text": encode(error_frame(error, now)).decode()})
    await send({"type": "websocket.close", "code": SIGNED_OUT, "reason": error.code})


def chosen_protocol(headers: Headers) -> str | None:
    offered = protocols(headers)
    return PROTOCOL if PROTOCOL in offered else next((name for name in offered if name.startswith("bearer.")), None)


class Sealed:
    """The middleware that puts the headers of `_HEADERS` on every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sealed(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                headers = list(message.get("headers", ()))
                said = {name.lower() for name, _ in headers}
                headers += [header for header in _HEADERS if header[0] not in said]
                if scope["path"].startswith(_GUARDED) and b"cache-control" not in said:
                    headers.append((b"cache-control", b"no-store"))
                message["headers"] = headers
            await send(message)

        await self._app(scope, receive, sealed)

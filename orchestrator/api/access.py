"""What a route may ask for: the assembled rooms, and the caller with the scope it needs."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.requests import HTTPConnection

from orchestrator.api.audience import Audiences
from orchestrator.api.streams import Streams
from orchestrator.app import App
from orchestrator.identity.base import Principal
from orchestrator.kernel.errors import NotAllowed, NotAuthenticated
from orchestrator.kernel.messages import Scope


def app_of(connection: HTTPConnection) -> App:
    app: App = connection.app.state.orchestrator
    return app


def streams_of(connection: HTTPConnection) -> Streams:
    streams: Streams = connection.app.state.streams
    return streams


def audiences_of(connection: HTTPConnection) -> Audiences:
    audiences: Audiences = connection.app.state.audiences
    return audiences


def caller_of(connection: HTTPConnection, scope: Scope) -> Principal:
    """Who calls. Raises NotAuthenticated, or NotAllowed without the scope."""
    principal: Principal | None = connection.scope.get("state", {}).get("principal")
    if principal is None:
        raise NotAuthenticated("Nobody is signed in.", hint="Sign in, or send `Authorization: Bearer …`.")
    allow(principal, scope)
    return principal


def allow(principal: Principal, scope: Scope) -> None:
    if scope not in principal.scopes:
        raise NotAllowed(f"{principal.name} may not do this.", hint=f"It needs the {scope!r} scope.")


def reach(principal: Principal) -> str | None:
    """Whose runs one may see and steer: one's own; an administrator, everyone's (None)."""
    return None if "admin" in principal.scopes else principal.id


def still(connection: HTTPConnection) -> Callable[[], Awaitable[Any]]:
    """A check that the caller's session is not over since the connection was opened."""
    token = connection.scope["state"]["credential"].token
    accounts = app_of(connection).accounts
    return lambda: accounts.authenticate(token)


# Dependencies must be declared with fastapi's Request: a signature it knows.
def _app(request: Request) -> App:
    return app_of(request)


def _needs(scope: Scope) -> Callable[[Request], Principal]:
    def caller(request: Request) -> Principal:
        return caller_of(request, scope)

    return caller


House = Annotated[App, Depends(_app)]
Reader = Annotated[Principal, Depends(_needs("read"))]
Actor = Annotated[Principal, Depends(_needs("execute"))]
Writer = Annotated[Principal, Depends(_needs("write"))]
Admin = Annotated[Principal, Depends(_needs("admin"))]

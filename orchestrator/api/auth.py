"""Signing in and out, and who one is."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.responses import RedirectResponse

from orchestrator.api.access import House, Reader
from orchestrator.api.bodies import JsonRoute
from orchestrator.api.security import COOKIE
from orchestrator.api.static import Static, bad_link
from orchestrator.api.wire import User
from orchestrator.identity.accounts import Session
from orchestrator.kernel.errors import NotAuthenticated

router = APIRouter(route_class=JsonRoute, tags=["identity"])


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _keep(response: Response, request: Request, session: Session) -> None:
    """Give the browser its session cookie."""
    response.set_cookie(
        COOKIE,
        session.token,
        max_age=round(session.expires_in),
        path="/",
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )


@router.get("/sign-in", summary="Sign in by a link", response_class=RedirectResponse, status_code=303)
async def sign_in(request: Request, app: House, token: Annotated[str | None, Query()] = None) -> Response:
    if token is None:
        app_files: Static = request.app.router.default
        return app_files.answer(request.scope)
    try:
        session = await app.accounts.sign_in(token)
    except NotAuthenticated:
        return bad_link(app.settings.identity.link_minutes)
    answer = RedirectResponse("/", 303)
    _keep(answer, request, session)
    return answer


@router.get("/api/v1/auth/me", summary="Who one is")
async def me(caller: Reader) -> User:
    return User(id=caller.id, username=caller.name, scopes=sorted(caller.scopes), has_password=caller.has_password)

"""Signing in and out, and who one is."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.responses import RedirectResponse

from orchestrator.api.access import Admin, House, Reader, streams_of
from orchestrator.api.security import COOKIE
from orchestrator.api.static import bad_link
from orchestrator.api.wire import LoginForm, PasswordForm, RefreshForm, RegisterForm, Tokens, User
from orchestrator.identity.accounts import Principal, Session
from orchestrator.kernel.errors import NotAuthenticated

router = APIRouter(tags=["identity"])


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

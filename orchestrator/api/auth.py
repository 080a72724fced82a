"""Signing in and out, and who one is."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from starlette.responses import RedirectResponse

from orchestrator.api.access import Admin, House, Reader, streams_of
from orchestrator.api.bodies import JsonRoute
from orchestrator.api.security import COOKIE
from orchestrator.api.static import Static, bad_link
from orchestrator.api.wire import (
    Link,
    LinkForm,
    LoginForm,
    PasswordForm,
    RefreshForm,
    RegisterForm,
    Tokens,
    User,
    UserList,
)
from orchestrator.app import App
from orchestrator.identity.base import Principal, Session
from orchestrator.kernel.errors import NotAllowed, NotAuthenticated, NotFound

router = APIRouter(route_class=JsonRoute, tags=["identity"])

_PAGES: dict[int | str, dict[str, Any]] = {
    200: {"description": "The web app's sign-in page.", "content": {"text/html": {}}},
    303: {"description": "Signed in: on to the app."},
    401: {"description": "The link is used or too old; a page that says so.", "content": {"text/html": {}}},
}


@router.get("/sign-in", summary="Sign in by a link", response_class=Response, status_code=303, responses=_PAGES)
async def sign_in(request: Request, app: House, token: Annotated[str | None, Query()] = None) -> Response:
    if token is None:
        files: Static = request.app.router.default
        return files.answer(request.scope)
    try:
        session = await app.accounts.sign_in(token)
    except NotAuthenticated:
        return bad_link(app.settings.identity.link_minutes)
    answer = RedirectResponse("/", 303, {"Cache-Control": "no-store"})
    _keep(answer, request, session)
    return answer


@router.post("/api/v1/auth/login", summary="Sign in by a password")
async def login(form: LoginForm, request: Request, response: Response, app: House) -> Tokens:
    address = request.client.host if request.client else ""
    tokens = await app.accounts.login(form.username, form.password, address)
    if form.cookie:
        _keep(response, request, await app.accounts.open_cookie(tokens.principal))
    return Tokens.of(tokens)


@router.post("/api/v1/auth/refresh", summary="New tokens for a refresh token, which works once")
async def refresh(form: RefreshForm, app: House) -> Tokens:
    return Tokens.of(await app.accounts.refresh(form.refresh_token))


@router.post("/api/v1/auth/logout", status_code=204, summary="End this session")
async def logout(request: Request, app: House, caller: Reader) -> Response:
    await app.accounts.logout(caller)
    streams_of(request).end(caller.session_id)
    answer = Response(status_code=204)
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")
    return answer


@router.get("/api/v1/auth/me", summary="Who one is")
async def me(caller: Reader) -> User:
    return User.of(caller)


@router.post("/api/v1/auth/password", status_code=204, summary="Set one's own password; other sessions end")
async def password(form: PasswordForm, app: House, caller: Reader) -> Response:
    """On the machine of the server, whoever holds the data folder sets anybody's, and needs no current one."""
    try:
        await app.accounts.set_password(caller, form.password, form.current, name=form.username)
    except NotAuthenticated as error:  # the session is good: it is the password that is not
        raise NotAllowed(error.detail, hint=error.hint) from error
    return Response(status_code=204)


@router.post("/api/v1/auth/register", status_code=201, summary="Add a user")
async def register(form: RegisterForm, app: House, caller: Admin) -> User:
    made = await app.accounts.register(form.username, form.password, form.scopes, tenant=caller.tenant)
    return User.of(made)


@router.get("/api/v1/auth/users", summary="Who has an account")
async def users(app: House, caller: Admin) -> UserList:
    return UserList(items=[User.of(user) for user in await app.accounts.users(caller.tenant)])


@router.post("/api/v1/auth/link", status_code=201, summary="Make a link that signs a user in, once")
async def link(form: LinkForm, request: Request, app: House, caller: Admin) -> Link:
    return await linked(app, caller, form.username, str(request.base_url))


async def linked(app: App, caller: Principal, username: str | None, base: str) -> Link:
    name = caller.name if username is None else username.strip().lower()
    user = next((user for user in await app.accounts.users(caller.tenant) if user.name == name), None)
    if user is None:
        raise NotFound(f"There is no user {name}.")
    token = await app.accounts.sign_in_link(user.id)
    return Link(url=f"{base}sign-in?token={token}", expires_in=app.settings.identity.link_minutes * 60)


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

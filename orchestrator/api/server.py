"""The web application assembled, and the server that runs it."""

import asyncio
import errno
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from orchestrator import __version__
from orchestrator.api import (
    auth,
    budgets,
    chat,
    cluster,
    conversations,
    drafts,
    evals,
    grants,
    journal,
    keys,
    mcp,
    models,
    openapi,
    optimiser,
    policy,
    problems,
    reference,
    replay,
    runs,
    schedules,
    secrets,
    skills,
    steering,
    system,
    tools,
)
from orchestrator.api.audience import Audiences
from orchestrator.api.compatible.endpoint import Compatible
from orchestrator.api.connection import Connection, Socket
from orchestrator.api.security import Gate, Sealed
from orchestrator.api.static import BUILT, Static
from orchestrator.api.streams import Streams
from orchestrator.api.traffic import Traffic
from orchestrator.app import App
from orchestrator.kernel.errors import Conflict, InvalidSettings, OrchestratorError
from orchestrator.telemetry.logs import attach

Ready = Callable[[App, str], None]  # told of the server's address once it listens


def bare(**options: Any) -> FastAPI:
    """The routes alone: enough to describe the API."""
    web = FastAPI(
        title="AI Orchestrator",
        version=__version__,
        summary="Autonomous AI agents you host yourself.",
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
        **options,
    )
    for room in (
        auth,
        keys,
        runs,
        steering,
        replay,
        evals,
        schedules,
        grants,
        policy,
        secrets,
        conversations,
        tools,
        drafts,
        mcp,
        openapi,
        skills,
        models,
        optimiser,
        budgets,
        system,
        cluster,
        journal,
        reference,
    ):
        web.router.routes += room.router.routes  # to include a router makes each route once more
    web.router.add_websocket_route("/api/v1/chat/ws", chat.socket)
    return web


async def _not_this_method(request: Request, error: Exception) -> Response:
    """A 405 that lists every method of the address: several routes may share one."""
    answer = problems.answer(error)
    found = [route for route in request.app.routes if isinstance(route, Route)]
    found = [route for route in found if route.path_regex.match(request.scope["path"])]
    # `/runs/import` is an address of its own, although `/runs/{run_id}` matches it too.
    path = min((route.path for route in found), key=lambda path: path.count("{"), default="")
    allowed = {method for route in found if route.path == path for method in route.methods or ()}
    if allowed:
        answer.headers["Allow"] = ", ".join(sorted(allowed))
    return answer


def create(app: App, static: Path = BUILT) -> FastAPI:
    """The ASGI application over the assembled rooms."""
    settings, authenticate, streams = app.settings.server, app.accounts.authenticate, Streams(app.metrics)
    web = bare(
        middleware=[
            Middleware(Sealed),
            Middleware(Traffic, metrics=app.metrics, clock=app.clock),
            Middleware(Gate, settings=settings, authenticate=authenticate, clock=app.clock),
            Middleware(Compatible, app=app, streams=streams),
        ],
        exception_handlers={
            OrchestratorError: problems.handle,
            RequestValidationError: problems.handle,
            HTTPException: problems.handle,
            405: _not_this_method,
        },
    )
    web.state.orchestrator = app
    web.state.streams = streams
    web.state.audiences = Audiences(app.runs, app.clock)
    web.router.default = Static(static)
    return web


class _Server(uvicorn.Server):
    """uvicorn, ending open streams when told to stop, and leaving the rest of the process in peace."""

    def __init__(self, config: uvicorn.Config, streams: Streams) -> None:
        super().__init__(config)
        self._streams = streams
        self._told = asyncio.Event()

    def stop(self) -> None:
        self.should_exit = True
        self._told.set()

    async def main_loop(self) -> None:
        """Until it is told to stop. uvicorn looks ten times a second whether it was; the date needs one look."""
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), 1.0)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._streams.end_all()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        # uvicorn raises the signal again once it has stopped, which would kill the process before
        # the journal is closed.
        loop = asyncio.get_running_loop()
        signals = (signal.SIGINT, signal.SIGTERM)
        try:
            for number in signals:
                loop.add_signal_handler(number, self._stop, number, None)
        except (ValueError, RuntimeError):  # not in the main thread: whoever started it stops it
            yield
            return
        try:
            yield
        finally:
            for number in signals:
                loop.remove_signal_handler(number)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.handle_exit(number, frame)
        self._told.set()


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens there. Raises Conflict or InvalidSettings saying what to do."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        bound = socket.create_server((host, port), family=family, backlog=2048)
        # Connections inherit it: without it, every answer of two writes waits 40 ms for the reader.
        bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return bound
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            hint = f"Stop the other program, or choose another port: --port {port + 1}."
            raise Conflict(f"Port {port} of {host} is in use.", hint=hint) from error
        hint = "Choose another with --host and --port, or in the section [server] of config.toml."
        raise InvalidSettings(f"This server cannot listen on {host}, port {port}: {error}.", hint=hint) from error


async def serve(app: App, *, ready: Ready | None = None, static: Path = BUILT) -> None:
    """Answer until the process is told to stop. `ready` is told of the address."""
    settings = app.settings.server
    web = create(app, static)
    with listening(settings.host, settings.port) as bound, attach(app.settings.telemetry) as logs:
        logs.hide = app.vault.redact
        config = uvicorn.Config(
            web,
            http=Connection,
            ws=Socket,
            lifespan="off",
            ws_max_size=settings.max_body,
            ws_per_message_deflate=False,  # tokens are short, and time is dear
            log_config=None,
            access_log=False,
            server_header=False,
            workers=1,
            forwarded_allow_ips=["127.0.0.1", "::1"],
            timeout_graceful_shutdown=settings.shutdown_seconds,  # type: ignore[arg-type]  # any number will do
        )
        server = _Server(config, web.state.streams)
        task = asyncio.create_task(server.serve(sockets=[bound]))
        try:
            if ready is not None:
                ready(app, address(bound))
            await asyncio.shield(task)
        finally:
            server.stop()
            await task


def address(bound: socket.socket) -> str:
    """The URL a browser on this machine can open."""
    host, port = bound.getsockname()[:2]
    if host in ("0.0.0.0", "::"):
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

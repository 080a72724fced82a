"""The outermost middleware: every request is counted, timed, and answered even when we are at fault."""

import logging

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from orchestrator.api import problems
from orchestrator.api.compatible import refusals
from orchestrator.api.compatible.refusals import vendor_of
from orchestrator.kernel.clock import Clock
from orchestrator.telemetry.metrics import Metrics

log = logging.getLogger("orchestrator.api")

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Traffic:
    def __init__(self, app: ASGIApp, *, metrics: Metrics, clock: Clock) -> None:
        self._app = app
        self._metrics = metrics
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._request(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = self._clock.monotonic()
        status = 0

        async def counted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, counted)
        except Exception as error:
            log.exception("%s %s: a fault of ours", scope["method"], scope["path"])
            if status:
                raise  # too late for an answer: the connection is cut
            vendor = vendor_of(scope)
            answer = problems.answer(error) if vendor is None else refusals.answer(error, vendor)
            await answer(scope, receive, counted)
        finally:
            seconds = self._clock.monotonic() - began
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self._metrics.answered(method, _template(scope), status or 499, seconds)
            log.debug("%s %s %d %.4f s", scope["method"], scope["path"], status or 499, seconds)


def _template(scope: Scope) -> str:
    """The route's template: what a caller writes into a path is not worth a label."""
    path: str = getattr(scope.get("route"), "path", "")
    return path or "static"

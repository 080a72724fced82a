"""The API without HTTP: its routes called in this process, as a principal who needs no credential."""

import asyncio
from typing import Any
from urllib.parse import urlencode

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from orchestrator.api import problems
from orchestrator.api.server import bare
from orchestrator.api.streams import Streams
from orchestrator.app import App
from orchestrator.identity.base import Principal
from orchestrator.kernel.errors import OrchestratorError


class Within:
    """For one caller. What a server answers over HTTP, this answers too: status and body."""

    def __init__(self, app: App, caller: Principal) -> None:
        self._caller = caller
        told = (OrchestratorError, RequestValidationError, HTTPException)
        self._web: FastAPI = bare(exception_handlers=dict.fromkeys(told, problems.handle))
        self._web.state.orchestrator = app
        self._web.state.streams = Streams(app.metrics)

    async def ask(self, method: str, path: str, body: bytes | None, query: dict[str, str]) -> tuple[int, bytes]:
        given = [(b"content-type", b"application/json")] if body is not None else []
        scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": urlencode(query).encode(),
            "headers": [(b"host", b"localhost"), *given],
            "client": None,
            "server": None,
            "state": {"principal": self._caller},
        }
        status, pieces = 500, list[bytes]()
        requests = iter([{"type": "http.request", "body": body or b"", "more_body": False}])

        async def receive() -> dict[str, Any]:
            if (request := next(requests, None)) is not None:
                return request
            never: asyncio.Future[dict[str, Any]] = asyncio.Future()
            return await never  # nobody hangs up: whoever listens for it is cancelled

        async def send(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body":
                pieces.append(message.get("body", b""))

        await self._web(scope, receive, send)
        return status, b"".join(pieces)

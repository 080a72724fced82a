"""Bodies as they are read: JSON, whole, and nothing that a later reader would choke on."""

from collections.abc import Callable, Coroutine
from typing import Any

import msgspec
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from orchestrator.api.schema import RESPONSES

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


def decoded(body: bytes | str) -> Any:
    """The value of a JSON text. Raises ValueError: for no JSON, no UTF-8, lone surrogates, NaN, too deep."""
    try:
        return msgspec.json.decode(body)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except msgspec.MsgspecError as error:
        raise ValueError(str(error)) from error


class JsonRequest(Request):
    async def json(self) -> Any:
        try:
            return decoded(await self.body())
        except ValueError as error:
            raise HTTPException(400, f"The body is not JSON: {error}.") from error


class JsonRoute(APIRoute):
    """An operation: known by its name, with what any may answer, and a body, if it takes one, that is JSON."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **given: Any) -> None:
        given["responses"] = {**RESPONSES, **(given.get("responses") or {})}
        given["generate_unique_id_function"] = lambda route: route.name
        super().__init__(path, endpoint, **given)

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()

        async def strict(request: Request) -> Response:
            kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
            if self.body_field is not None and kind != "application/json" and not self._may_be_empty(request):
                raise HTTPException(415, "The body must be JSON, sent with Content-Type: application/json.")
            if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
                raise HTTPException(415, "The body must be sent as it is, without Content-Encoding.")
            return await handle(JsonRequest(request.scope, request.receive))

        return strict

    def _may_be_empty(self, request: Request) -> bool:
        """Nothing was sent, and nothing need be."""
        assert self.body_field is not None
        sent = request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers
        return not sent and not self.body_field.field_info.is_required()

"""Every error of the API as a problem of RFC 9457, with a stable code. The HTTP status lives here."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from fastapi.exceptions import RequestValidationError
from msgspec import Struct
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from orchestrator.kernel import errors as e

MEDIA_TYPE = "application/problem+json"

STATUS: dict[type[e.OrchestratorError], int] = {
    e.OrchestratorError: 500,
    e.InvalidInput: 422,
    e.TooLarge: 413,
    e.NotFound: 404,
    e.Conflict: 409,
    e.BudgetExceeded: 402,
    e.BudgetUnavailable: 503,
    e.NotAuthenticated: 401,
    e.NotAllowed: 403,
    e.TooManyAttempts: 429,
    e.ModelError: 502,
    e.ModelUnavailable: 503,
    e.ModelTimeout: 504,
    e.NoModel: 409,
    e.ToolError: 409,
    e.JournalUnavailable: 503,
    e.Fenced: 503,
}

# Codes for what the web server itself refuses, by status.
CODES = {
    400: "malformed",
    401: "not_authenticated",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    408: "too_slow",
    413: "too_large",
    415: "unsupported_media_type",
    421: "unknown_host",
    422: "invalid_input",
}


_BLANK = ("string_too_short", "string_pattern_mismatch")  # what a text without a word breaks, by pydantic's names


class FieldError(Struct, frozen=True):
    where: str  # body.message, query.limit
    what: str


class Problem(Struct, frozen=True, omit_defaults=False):
    type: str
    title: str
    status: int
    detail: str
    code: str
    hint: str = ""
    retryable: bool = False
    errors: Sequence[FieldError] | msgspec.UnsetType = msgspec.UNSET


encode = msgspec.json.Encoder().encode


def status_of(kind: type[e.OrchestratorError]) -> int:
    return next(STATUS[base] for base in kind.__mro__ if base in STATUS)


def problem(status: int, code: str, detail: str, **more: Any) -> Problem:
    return Problem(f"/docs#{code}", HTTPStatus(status).phrase, status, detail, code, **more)


def problem_of(error: Exception) -> Problem:
    """Any error as a problem. What is not ours says nothing of itself: it goes to the log."""
    if isinstance(error, e.OrchestratorError):
        status = status_of(type(error))
        if error.code == "internal":
            return _internal()
        return problem(status, error.code, error.detail, hint=error.hint, retryable=error.retryable)
    if isinstance(error, RequestValidationError | ValidationError):
        found = [_field_error(item) for item in error.errors()]
        detail = "The request does not have the form this operation takes."
        return problem(422, "invalid_input", detail, hint=_first(found), errors=found)
    if isinstance(error, HTTPException):
        code = CODES.get(error.status_code, "refused")
        return problem(error.status_code, code, _sentence(error))
    return _internal()


def _internal() -> Problem:
    return problem(500, "internal", "The server made a mistake.", hint="Its log says more.")


def _first(found: Sequence[FieldError]) -> str:
    return f"{found[0].where}: {found[0].what}" if found else ""


def _field_error(item: Mapping[str, Any]) -> FieldError:
    given = item.get("input")
    blank = item["type"] in _BLANK and isinstance(given, str) and not given.strip()
    return FieldError(".".join(map(str, item["loc"])), "It must not be empty" if blank else str(item["msg"]))


def _sentence(error: HTTPException) -> str:
    if error.status_code == 404:
        return "There is nothing at this address."
    if error.status_code == 405:
        return "This address does not take this method."
    return str(error.detail)


def headers_of(error: Exception) -> dict[str, str]:
    headers = dict(getattr(error, "headers", None) or {})
    if isinstance(error, e.NotAuthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, e.TooManyAttempts):
        headers["Retry-After"] = str(max(1, round(getattr(error, "retry_after", None) or 60)))
    return headers


def answer(error: Exception) -> Response:
    made = problem_of(error)
    return Response(encode(made), made.status, headers_of(error), MEDIA_TYPE)


async def handle(_: Request, error: Exception) -> Response:
    """The exception handler of the application for every error that is expected."""
    return answer(error)

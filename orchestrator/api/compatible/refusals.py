"""Errors in each vendor's shape, so that its client raises what its documentation says."""

from typing import Any

from starlette.responses import Response
from starlette.types import Scope

from orchestrator.api import problems
from orchestrator.api.compatible.doors import Vendor, encode
from orchestrator.kernel import errors as e
from orchestrator.llm.wire import Refused

_THEIRS = frozenset({400, 404, 413, 422})  # what a provider says of a request is the caller's; its key is ours

_OPENAI = {
    401: "invalid_request_error",
    403: "permission_error",
    404: "invalid_request_error",
    429: "rate_limit_error",
}
_ANTHROPIC = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
    504: "timeout_error",
    529: "overloaded_error",
}
_CODES = {
    "not_authenticated": "invalid_api_key",
    "no_model": "model_not_found",
    "budget_exceeded": "insufficient_quota",
}


def vendor_of(scope: Scope) -> Vendor | None:
    """Whose endpoint this is; None where it is ours."""
    path: str = scope["path"]
    if path.startswith("/v1/") and scope["type"] == "http":
        lists = path == "/v1/models" or path.startswith("/v1/models/")  # both vendors have that address
        says_so = lists and any(name == b"anthropic-version" for name, _ in scope["headers"])
        return "anthropic" if says_so or path.startswith("/v1/messages") else "openai"
    if path.startswith("/api/") and not f"{path}/".startswith("/api/v1/") and scope["type"] == "http":
        return "ollama"
    return None


def status_of(error: Exception, vendor: Vendor) -> int:
    match error:
        case e.BudgetUnavailable():
            return 503
        case e.BudgetExceeded():
            return 429 if vendor == "openai" else 402
        case e.NoModel():
            return 404
        case Refused():
            return error.status if error.status in _THEIRS else 502
        case e.ModelRejected():
            return 400
        case e.TooLarge():
            return 413
        case e.InvalidInput():
            return 400
    return problems.problem_of(error).status


def refusal(error: Exception, vendor: Vendor) -> dict[str, Any]:
    """The body of an error."""
    problem = problems.problem_of(error)
    status = status_of(error, vendor)
    said = f"{problem.detail} {problem.hint}".strip()
    if vendor == "anthropic":
        return {"type": "error", "error": {"type": _ANTHROPIC.get(status, "api_error"), "message": said}}
    if vendor == "ollama":
        return {"error": said}
    kind = "insufficient_quota" if problem.code == "budget_exceeded" else _OPENAI.get(status)
    kind = kind or ("invalid_request_error" if status < 500 else "server_error")
    code = _CODES.get(problem.code, problem.code)
    return {"error": {"message": said, "type": kind, "param": None, "code": code}}


def answer(error: Exception, vendor: Vendor) -> Response:
    headers = problems.headers_of(error)
    wait = getattr(error, "retry_after", None)
    if wait is not None:
        headers["Retry-After"] = str(max(1, round(wait)))
    again = getattr(error, "retryable", False) and not getattr(error, "tried", False)
    headers["x-should-retry"] = "true" if again else "false"
    return Response(encode(refusal(error, vendor)), status_of(error, vendor), headers, "application/json")

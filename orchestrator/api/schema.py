"""The API's own description: OpenAPI 3.1, made from the routes.

`python -m orchestrator.api.schema > openapi.json` writes it, without starting anything.
"""

import sys
from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from orchestrator.api import problems
from orchestrator.api.security import COOKIE, guarded
from orchestrator.api.wire import Problem
from orchestrator.kernel import events as e
from orchestrator.kernel.errors import OrchestratorError

# The events that a run's stream may hold.
EVENTS = (
    e.RunStarted,
    e.RunResumed,
    e.PlanMade,
    e.ModelAsked,
    e.ModelReplied,
    e.ModelFailed,
    e.ApprovalAsked,
    e.ApprovalAnswered,
    e.ToolRequested,
    e.ToolReturned,
    e.RunFinished,
)

_SAID = {
    400: "The request is not HTTP or JSON that can be read.",
    401: "Nobody is signed in.",
    403: "The caller may not do this.",
    404: "There is no such thing, or it is someone else's.",
    409: "It clashes with what is already so.",
    413: "The body is too large.",
    415: "The body is not sent as JSON.",
    422: "The request does not have the form this operation takes.",
    429: "Too many attempts.",
    503: "Not now: try again.",
}


def _problem(status: int) -> dict[str, Any]:
    content = {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": _SAID[status], "content": content}


# What every operation may answer besides what it is for.
RESPONSES: dict[int | str, dict[str, Any]] = {status: _problem(status) for status in _SAID}


def describe(web: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of the application."""
    document = get_openapi(
        title=web.title,
        version=web.version,
        summary=web.summary,
        license_info=web.license_info,
        routes=web.routes,
        description="Errors are RFC 9457 problems. The chat WebSocket is described in docs/api.md.",
    )
    components = document["components"]
    components["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer", "description": "An access token of /auth/login."},
        "cookie": {"type": "apiKey", "in": "cookie", "name": COOKIE, "description": "The session of /sign-in."},
    }
    shapes = components["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        shapes.pop(unused, None)
    shapes["Problem"] = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    shapes["FieldError"] = shapes["Problem"].pop("$defs")["FieldError"]
    shapes.update(_events())
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if guarded(path):
                operation["security"] = [{"bearer": []}, {"cookie": []}]
            for status in _impossible(path, method, operation):
                operation["responses"].pop(str(status), None)
    return document


def _impossible(path: str, method: str, operation: dict[str, Any]) -> set[int]:
    """The common problems that this operation cannot have."""
    never: set[int] = set()
    if "requestBody" not in operation:
        never |= {413, 415}
    if method == "get":
        never |= {409} if "parameters" in operation else {404, 409, 422}
    if not guarded(path):
        never |= {403}
    if "/auth/" not in path:
        never |= {429}
    return never


def _events() -> dict[str, Any]:
    """The shapes of events on the wire, from the events themselves."""
    _, shapes = msgspec.json.schema_components(EVENTS, ref_template="#/components/schemas/Event{name}")
    made: dict[str, Any] = {f"Event{name}": {**shape, "title": f"Event{name}"} for name, shape in shapes.items()}
    placed = {
        "seq": {"type": "integer", "minimum": 1},
        "at": {"type": "string", "format": "date-time"},
        "run_id": {"type": "string"},
    }
    variants = []
    for kind in EVENTS:
        shape = made[f"Event{kind.__name__}"]
        shape["properties"] = {**placed, **shape["properties"]}
        shape["required"] = sorted({*placed, *shape["properties"]})
        variants.append({"$ref": f"#/components/schemas/Event{kind.__name__}"})
    mapping = {kind.__struct_config__.tag: f"#/components/schemas/Event{kind.__name__}" for kind in EVENTS}
    made["Event"] = {"oneOf": variants, "discriminator": {"propertyName": "type", "mapping": mapping}}
    made["EventList"] = {
        "type": "object",
        "required": ["items"],
        "properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/Event"}}},
    }
    return made


def codes() -> dict[str, int]:
    """Every stable code of a problem, with its HTTP status."""
    found = {code: status for status, code in problems.CODES.items()}
    kinds: list[type[OrchestratorError]] = [OrchestratorError]
    while kinds:
        kind = kinds.pop()
        found.setdefault(kind.code, problems.status_of(kind))
        kinds.extend(kind.__subclasses__())
    return dict(sorted(found.items()))


def main() -> None:
    from orchestrator.api.server import bare

    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(describe(bare())), indent=2) + b"\n")


if __name__ == "__main__":
    main()

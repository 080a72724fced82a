"""The description of the API: as a document for programs, and as one page for people. No script."""

import html
from typing import Any

import msgspec
from fastapi import APIRouter, Request, Response

from orchestrator.api import schema
from orchestrator.api.access import Reader
from orchestrator.api.static import page

router = APIRouter(include_in_schema=False)


@router.get("/api/v1/openapi.json")
async def openapi(request: Request, caller: Reader) -> Response:
    return Response(msgspec.json.encode(_described(request)), media_type="application/json")


@router.get("/docs")
async def docs(request: Request, caller: Reader) -> Response:
    described = _described(request)
    parts = ["<h1>The API</h1>", f"<p>{html.escape(described['info']['description'])}</p>"]
    parts.append('<p><a href="/api/v1/openapi.json">openapi.json</a></p>')
    for path, operations in described["paths"].items():
        parts.extend(_operation(path, method, operation) for method, operation in operations.items())
    parts.append("<h2>Shapes</h2>")
    parts.extend(_shape(name, shape) for name, shape in sorted(described["components"]["schemas"].items()))
    parts.append("<h2>Codes of problems</h2><ul>")
    parts.extend(f'<li id="{code}"><code>{code}</code> {status}</li>' for code, status in schema.codes().items())
    return page("The API", "".join([*parts, "</ul>"]))


def _described(request: Request) -> dict[str, Any]:
    """The description, made when it is first wanted: it takes a tenth of a second."""
    state = request.app.state
    if not hasattr(state, "described"):
        state.described = schema.describe(request.app)
    made: dict[str, Any] = state.described
    return made


def _operation(path: str, method: str, operation: dict[str, Any]) -> str:
    inputs = [f"{item['in']} {item['name']}" for item in operation.get("parameters", ())]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    if "$ref" in body:
        inputs.append(f"body {_link(body['$ref'])}")
    answers = [
        f"{status} {_link(content['schema']['$ref'])}" if "$ref" in content.get("schema", {}) else status
        for status, response in operation["responses"].items()
        for content in (response.get("content") or {"": {}}).values()
        if status < "300"
    ]
    return (
        f"<h3><code>{method.upper()} {html.escape(path)}</code></h3><p>{html.escape(operation['summary'])}.<br>"
        f"<small>{', '.join(inputs) or 'no input'} → {', '.join(answers)}</small></p>"
    )


def _link(reference: str) -> str:
    name = reference.rpartition("/")[2]
    return f'<a href="#{name}">{name}</a>'


def _shape(name: str, shape: dict[str, Any]) -> str:
    fields = msgspec.json.format(msgspec.json.encode(shape.get("properties", shape)), indent=2).decode()
    return f'<details id="{name}"><summary>{name}</summary><pre>{html.escape(fields)}</pre></details>'

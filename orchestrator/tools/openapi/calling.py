"""One call of an operation: a request made of its arguments, sent to the server that was named, and to no other."""

import base64
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from orchestrator.kernel.errors import NotAllowed, NotFound, ToolFailed, ToolRetry
from orchestrator.kernel.messages import Arguments, Json
from orchestrator.tools.base import Context, Result
from orchestrator.tools.mcp.definitions import validator
from orchestrator.tools.openapi.operations import Operation, Parameter, Scheme
from orchestrator.tools.web import Fetched, fetch


class OperationTool:
    """`server` is the base of every address, without a slash at its end."""

    def __init__(self, operation: Operation, server: str) -> None:
        self.spec = operation.spec
        self._operation = operation
        self._server = server
        self._schema = validator(operation.spec.parameters)

    def check(self, arguments: Arguments) -> None:
        if (error := next(iter(self._schema.iter_errors(arguments)), None)) is not None:
            place = ".".join(str(step) for step in error.instance_path)
            at = f" at {place}" if place else ""
            raise ToolRetry(f"The arguments of {self.spec.name} are wrong{at}: {error.message}.")

    async def call(self, arguments: Arguments, context: Context) -> Result:
        operation, host = self._operation, urlsplit(self._server).hostname or ""
        headers = {"Accept": "application/json, text/*;q=0.8, */*;q=0.5"}
        query: list[tuple[str, str]] = []
        path = operation.path
        for parameter in operation.parameters:
            if (value := arguments.get(parameter.argument)) is None:
                continue
            match parameter.place:
                case "path":
                    path = path.replace(f"{{{parameter.name}}}", _segment(value, parameter))
                case "query":
                    query += _asked(value, parameter)
                case "header":
                    headers[parameter.name] = _joined(value, ",")
        for scheme in operation.schemes:
            await _told(scheme, host, context, headers, query)
        body = _body(operation, arguments)
        if body is not None:
            headers["Content-Type"] = operation.media_type
        url = self._server + path + (f"?{urlencode(query)}" if query else "")
        answer = await fetch(url, operation.method, headers, body, context.allow_loopback, host)
        return _result(answer)


def _segment(value: Json, parameter: Parameter) -> str:
    text = _joined(value, ",")
    if text in ("", ".", ".."):
        raise ToolRetry(f"{parameter.argument} cannot be {text!r}: it is part of the address.")
    return quote(text, safe=",")


def _asked(value: Json, parameter: Parameter) -> Iterator[tuple[str, str]]:
    name = parameter.name
    if parameter.style == "json":
        yield name, msgspec.json.encode(value).decode()
    elif isinstance(value, list) and parameter.explode:
        yield from ((name, _plain(item)) for item in value)
    elif isinstance(value, list):
        yield name, _joined(value, {"spaceDelimited": " ", "pipeDelimited": "|"}.get(parameter.style, ","))
    elif isinstance(value, dict) and parameter.style == "deepObject":
        yield from ((f"{name}[{key}]", _plain(item)) for key, item in value.items())
    elif isinstance(value, dict) and parameter.explode:
        yield from ((key, _plain(item)) for key, item in value.items())
    else:
        yield name, _joined(value, ",")


def _joined(value: Json, by: str) -> str:
    if isinstance(value, list):
        return by.join(_plain(item) for item in value)
    if isinstance(value, dict):
        return by.join(f"{key}{by}{_plain(item)}" for key, item in value.items())
    return _plain(value)


def _plain(value: Json) -> str:
    if isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode() if not isinstance(value, float) else f"{value:.15g}"


def _body(operation: Operation, arguments: Arguments) -> str | None:
    argument = "request_body" if "request_body" in operation.spec.parameters["properties"] else "body"
    if not operation.body or argument not in arguments:
        return None
    value: Any = arguments[argument]
    if operation.body == "text":
        return str(value)
    if operation.body == "form":
        if not isinstance(value, dict):
            raise ToolRetry(f"{argument} must be an object: it is sent as a form.")
        return urlencode([(name, _plain(one)) for name, one in value.items()])
    return msgspec.json.encode(value).decode()


async def _told(
    scheme: Scheme, host: str, context: Context, headers: dict[str, str], query: list[tuple[str, str]]
) -> None:
    """Who asks. The secret must be there, and bound to the server's host."""
    try:
        value = str(await context.secret(scheme.secret, host=host))
    except (NotAllowed, NotFound) as error:
        raise ToolFailed(error.detail, hint=error.hint) from None
    match scheme.kind:
        case "bearer":
            headers["Authorization"] = f"Bearer {value}"
        case "basic":
            headers["Authorization"] = f"Basic {base64.b64encode(value.encode()).decode()}"
        case "header":
            headers[scheme.name] = value
        case "query":
            query.append((scheme.name, value))


def _result(answer: Fetched) -> Result:
    """Raises ToolRetry or ToolFailed for what the server refuses."""
    said = "\n".join(filter(None, [answer.body, f"[{answer.note}]" if answer.note else ""]))
    if answer.status >= 400:
        problem = f"The server says {answer.status}: {said[:2000] or 'and not why'}"
        hint = "Whoever administers this server can name a secret for it." if answer.status in (401, 403) else ""
        raise ToolRetry(problem) if answer.status in (400, 422) else ToolFailed(problem, hint=hint)
    body: Json = answer.body
    if "json" in answer.media_type:
        try:
            body = msgspec.json.decode(answer.body)
        except (msgspec.DecodeError, RecursionError):
            body = answer.body
    return Result(said or f"HTTP {answer.status}, and nothing more.", {"status": answer.status, "body": body})

"""A request made of the arguments of a call: what stands where, as the document's styles have it."""

import os
import secrets
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from orchestrator.kernel.errors import ToolRetry
from orchestrator.kernel.messages import Arguments, Json
from orchestrator.tools.openapi.bodies import Body
from orchestrator.tools.openapi.operations import Operation, Parameter
from orchestrator.tools.workspace import Workspace, regular

_LARGEST = 32 * 2**20  # bytes of one file that is sent
_BY = {"spaceDelimited": " ", "pipeDelimited": "|"}


def path_of(operation: Operation, arguments: Arguments) -> str:
    """Raises ToolRetry for a value that would make it another path."""
    path = operation.path
    for parameter in operation.parameters:
        if parameter.place == "path" and (value := arguments.get(parameter.argument)) is not None:
            path = path.replace(f"{{{parameter.name}}}", _segment(value, parameter))
    return path


_PLAIN = Parameter("a part of it", "a part of it", "path", "simple", explode=False)


def _segment(value: Json, parameter: Parameter) -> str:
    first, by = {"label": (".", "."), "matrix": (";", ";")}.get(parameter.style, ("", ","))
    by = by if parameter.explode else ","
    if parameter.style == "matrix":
        pairs = _pairs(parameter.name, value, "form", explode=parameter.explode)
        text = first + by.join(f"{name}={quote(one, safe=',')}" for name, one in pairs)
    elif isinstance(value, dict) and parameter.explode:
        text = first + by.join(f"{quote(key, safe='')}={quote(_plain(one), safe='')}" for key, one in value.items())
    elif parameter.reserved:
        text = first + "/".join(_segment(step, _PLAIN) for step in _joined(value, by).split("/"))
    else:
        text = first + quote(_joined(value, by), safe=",")
    if text.strip(".;") == "":
        raise ToolRetry(f"{parameter.argument} cannot be {_joined(value, ',')!r}: it is part of the address.")
    return text


def given(operation: Operation, arguments: Arguments, place: str) -> Iterator[tuple[str, str, bool]]:
    """What goes into the query, the headers or the cookies: name, value, and whether it stands as it is."""
    for parameter in operation.parameters:
        if parameter.place == place and (value := arguments.get(parameter.argument)) is not None:
            for name, text in _pairs(parameter.name, value, parameter.style, explode=parameter.explode):
                yield name, text, parameter.reserved


def query_of(pairs: list[tuple[str, str, bool]]) -> str:
    """The query of an address; what stands as it is may hold all that a query can."""
    return "&".join(
        f"{quote(name, safe='[]')}={quote(text, safe=':/?@!$()*,;' + chr(39) if reserved else ',')}"
        for name, text, reserved in pairs
    )


def body_of(body: Body, arguments: Arguments, workspace: Workspace) -> tuple[bytes | None, str]:
    """What is sent, and as what. Raises ToolRetry."""
    if body.argument not in arguments:
        return None, ""
    value: Any = arguments[body.argument]
    match body.form:
        case "text":
            return str(value).encode(), body.media_type
        case "bytes":
            return _file(str(value), workspace), body.media_type
        case "json":
            return msgspec.json.encode(value), body.media_type
    if not isinstance(value, dict):
        raise ToolRetry(f"{body.argument} must be an object: it is sent as a form.")
    if body.form == "form":
        fields = [pair for name, one in value.items() for pair in _fields(body, name, one)]
        return urlencode(fields).encode(), body.media_type
    return _parts(body, value, workspace)


def _parts(body: Body, value: dict[str, Any], workspace: Workspace) -> tuple[bytes, str]:
    boundary = secrets.token_hex(16)
    made = bytearray()
    for name, one in value.items():
        for text in (one if isinstance(one, list) else [one]) if name in body.files else ():
            data, filename = _file(str(text), workspace), str(text).rpartition("/")[2]
            about = f'; filename="{_quoted(filename)}"\r\nContent-Type: application/octet-stream'
            made += f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(name)}"{about}\r\n\r\n'.encode()
            made += data + b"\r\n"
        for field, text in _fields(body, name, one) if name not in body.files else ():
            made += (
                f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(field)}"\r\n\r\n{text}\r\n'.encode()
            )
    made += f"--{boundary}--\r\n".encode()
    return bytes(made), f"multipart/form-data; boundary={boundary}"


def _quoted(name: str) -> str:
    return name.replace("\\", "\\\\").replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _fields(body: Body, name: str, value: Any) -> Iterator[tuple[str, str]]:
    style, explode = body.encodings.get(name, ("form", True))
    if isinstance(value, dict) and style != "deepObject":
        yield name, _plain(value)  # an object in a form is JSON, unless the document says otherwise
    elif value is not None:
        yield from _pairs(name, value, style, explode=explode)


def _file(path: str, workspace: Workspace) -> bytes:
    """A file of the workspace. Raises ToolRetry."""
    with workspace.opened(path) as handle:
        if regular(path, os.fstat(handle)).st_size > _LARGEST:
            raise ToolRetry(f"{path!r} has more than {_LARGEST // 2**20} MB.")
        with os.fdopen(os.dup(handle), "rb") as file:
            return file.read(_LARGEST)


def _pairs(name: str, value: Json, style: str, *, explode: bool) -> Iterator[tuple[str, str]]:
    if style == "json":
        yield name, msgspec.json.encode(value).decode()
    elif isinstance(value, dict | list) and style == "deepObject":
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _pairs(f"{name}[{key}]", inner, style, explode=explode)
    elif isinstance(value, list) and explode and style != "simple":
        yield from ((name, _plain(item)) for item in value)
    elif isinstance(value, dict) and explode and style != "simple":
        yield from ((key, _plain(item)) for key, item in value.items())
    elif isinstance(value, dict) and explode:
        yield name, ",".join(f"{key}={_plain(item)}" for key, item in value.items())
    else:
        yield name, _joined(value, _BY.get(style, ","))


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

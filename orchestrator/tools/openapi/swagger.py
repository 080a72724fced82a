"""A document of Swagger 2.0 as one of OpenAPI 3.0: what is asked of a server is the same, written down elsewhere."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from orchestrator.kernel.errors import InvalidInput

Found = Callable[[Any], dict[str, Any]]  # the object, or the one that it refers to; raises InvalidInput

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
_STYLES = {"multi": ("form", True), "ssv": ("spaceDelimited", False), "pipes": ("pipeDelimited", False)}
_FLOWS = {"application": "clientCredentials", "accessCode": "authorizationCode"}
_BESIDE = ("name", "in", "required", "description", "schema", "collectionFormat", "allowEmptyValue")


def converted(raw: Mapping[str, Any], found: Found) -> dict[str, Any]:
    """The definitions stay where they are, and are found there."""
    made = {
        **{key: one for key, one in raw.items() if key != "swagger"},
        "openapi": "3.0.0",
        "servers": [{"url": _server(raw)}],
    }
    made["components"] = {"securitySchemes": dict(_schemes(raw.get("securityDefinitions")))}
    made["paths"] = {path: _item(raw, item, found) for path, item in raw["paths"].items()}
    return made


def _server(raw: Mapping[str, Any]) -> str:
    base = raw["basePath"] if isinstance(raw.get("basePath"), str) else "/"
    if not isinstance(host := raw.get("host"), str):
        return base
    schemes = raw["schemes"] if isinstance(raw.get("schemes"), list) else []
    return f"{'http' if schemes and 'https' not in schemes else 'https'}://{host}{base}"


def _schemes(definitions: Any) -> Iterator[tuple[str, Any]]:
    for name, entry in definitions.items() if isinstance(definitions, dict) else ():
        kind = entry.get("type") if isinstance(entry, dict) else None
        if kind == "basic":
            yield name, {"type": "http", "scheme": "basic"}
        elif kind == "oauth2":
            flow = str(entry.get("flow"))
            yield name, {"type": "oauth2", "flows": {_FLOWS.get(flow, flow): entry}}
        else:
            yield name, entry


def _item(raw: Mapping[str, Any], item: Any, found: Found) -> Any:
    if not isinstance(item, dict):
        return item
    shared = item.get("parameters")
    made = {key: value for key, value in item.items() if key != "parameters"}
    for method in _METHODS:
        if isinstance(operation := item.get(method), dict):
            own = operation.get("parameters")
            listed = [*(shared if isinstance(shared, list) else []), *(own if isinstance(own, list) else [])]
            made[method] = _operation(raw, operation, listed, found)
    return made


def _operation(raw: Mapping[str, Any], operation: dict[str, Any], listed: list[Any], found: Found) -> dict[str, Any]:
    parameters: list[Any] = []
    fields: list[dict[str, Any]] = []
    body: dict[str, Any] | None = None
    for one in listed:
        try:
            entry = found(one)
        except InvalidInput:
            parameters.append(one)  # what is wrong with it is said with its operation
            continue
        if entry.get("in") == "body":
            body = entry
        elif entry.get("in") == "formData":
            fields.append(entry)
        else:
            parameters.append(_parameter(entry))
    made = {**operation, "parameters": parameters}
    consumes = operation.get("consumes", raw.get("consumes"))
    kinds = [kind for kind in consumes if isinstance(kind, str)] if isinstance(consumes, list) else []
    if body is not None:
        content = {kind: {"schema": body.get("schema", {})} for kind in kinds or ["application/json"]}
        made["requestBody"] = {"content": content, "required": body.get("required") is True}
    elif fields:
        made["requestBody"] = _form(fields, kinds)
    return made


def _parameter(entry: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {key: entry[key] for key in ("name", "in", "required", "description") if key in entry}
    style, explode = _STYLES.get(str(entry.get("collectionFormat")), ("", False))
    made |= {"schema": _schema(entry), "explode": explode}
    return {**made, "style": style} if style and entry.get("in") == "query" else made


def _form(fields: list[dict[str, Any]], kinds: list[str]) -> dict[str, Any]:
    properties = {str(entry.get("name")): _schema(entry) for entry in fields}
    required = [str(entry.get("name")) for entry in fields if entry.get("required") is True]
    parts = any(entry.get("type") == "file" for entry in fields) or kinds == ["multipart/form-data"]
    encoding = {
        str(entry.get("name")): {"style": "form", "explode": entry.get("collectionFormat") == "multi"}
        for entry in fields
        if entry.get("type") == "array"
    }
    schema = {"type": "object", "properties": properties, "required": required}
    media = {"schema": schema, "encoding": encoding}
    kind = "multipart/form-data" if parts else "application/x-www-form-urlencoded"
    return {"content": {kind: media}, "required": bool(required)}


def _schema(entry: dict[str, Any]) -> dict[str, Any]:
    schema = {key: value for key, value in entry.items() if key not in _BESIDE}
    if schema.get("type") == "file":
        schema = {"type": "string", "format": "binary"}
    if "description" in entry:
        schema["description"] = entry["description"]
    return schema

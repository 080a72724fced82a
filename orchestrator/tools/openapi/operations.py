"""The operations of a document: what each takes, where it goes in a request, and what policy goes by."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal, TypeAlias

from msgspec import Struct

from orchestrator.kernel.errors import InvalidInput
from orchestrator.kernel.messages import Effects, Risk, Scope, ToolSpec
from orchestrator.tools.mcp.definitions import Definition, names, seen
from orchestrator.tools.openapi.reading import Document

Place: TypeAlias = Literal["path", "query", "header"]
Form: TypeAlias = Literal["", "json", "form", "text"]

MOST = 512  # operations of one document
_METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
_OURS = frozenset({"accept", "content-type", "authorization", "host", "content-length", "cookie"})


class Parameter(Struct, frozen=True):
    name: str  # as the server knows it
    argument: str  # as a model writes it
    place: Place
    style: str
    explode: bool


class Scheme(Struct, frozen=True):
    """How a server wants to know who asks, and the secret that says so."""

    kind: Literal["header", "query", "bearer", "basic"]
    name: str  # of the header or the query's field
    secret: str


class Operation(Struct, frozen=True):
    spec: ToolSpec
    name: str  # in the document
    method: str
    path: str
    parameters: tuple[Parameter, ...]
    body: Form
    media_type: str
    schemes: tuple[Scheme, ...]


class Operations(Struct, frozen=True):
    usable: tuple[Operation, ...]
    problems: dict[str, str]  # by name: why it is no tool
    schemes: tuple[str, ...] = ()  # of security, that the document names


def operations(api: str, document: Document, secrets: Mapping[str, str]) -> Operations:
    """`secrets` are the names of secrets, by security scheme."""
    usable: list[Operation] = []
    problems: dict[str, str] = {}
    found = list(_listed(document, problems))
    if len(found) > MOST:
        problems[f"{len(found) - MOST} more"] = f"of one document, the first {MOST} operations become tools."
        found = found[:MOST]
    called = names(api, [_snake(name) for name, *_ in found])
    for name, path, method, raw, shared in found:
        try:
            made = _operation(api, called[_snake(name)], (name, path, method), raw, shared, document, secrets)
        except InvalidInput as error:
            problems[name] = error.detail
            continue
        if problem := Definition(name, parameters=made.spec.parameters).problem():
            problems[name] = problem
        else:
            usable.append(made)
    return Operations(tuple(usable), problems, _named_schemes(document.raw))


def _listed(document: Document, problems: dict[str, str]) -> Iterator[tuple[str, str, str, dict[str, Any], list[Any]]]:
    taken: set[str] = set()
    for path, item in document.raw["paths"].items():
        if not isinstance(path, str) or not path.startswith("/"):
            continue
        try:
            entry = document.found(item)
        except InvalidInput as error:
            problems[path] = error.detail
            continue
        shared = entry.get("parameters") or []
        for method in _METHODS:
            if isinstance(raw := entry.get(method), dict):
                plain = raw.get("operationId") if isinstance(raw.get("operationId"), str) else ""
                name = plain or f"{method} {path}"
                if name in taken:
                    name = f"{method} {path}"
                taken.add(name)
                yield name, path, method, raw, shared if isinstance(shared, list) else []


def _operation(
    api: str,
    called: str,
    named: tuple[str, str, str],
    raw: dict[str, Any],
    shared: list[Any],
    document: Document,
    secrets: Mapping[str, str],
) -> Operation:
    name, path, method = named
    properties: dict[str, Any] = {}
    required: list[str] = []
    parameters = list(_parameters(document, shared, raw, properties, required))
    missing = set(re.findall(r"\{([^{}]+)\}", path)) - {one.name for one in parameters if one.place == "path"}
    if missing:
        raise InvalidInput(f"Its path names {sorted(missing)[0]}, which is no parameter.", hint="Mend the document.")
    body, media_type = _body(document, raw, properties, required)
    schema: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
    if required:
        schema["required"] = required
    scope, effects, risks = _meaning(method)
    said = " ".join(
        str(raw[key]).strip()
        for key in ("summary", "description")
        if isinstance(raw.get(key), str) and raw[key].strip()
    )
    spec = ToolSpec(
        name=called,
        description=seen(said, 1500) or f"{method.upper()} {path}, of {api}.",
        parameters=schema,
        scope=scope,
        effects=effects,
        category=api,
        origin="web",
        risks=risks,
        timeout=60.0,
    )
    schemes = _schemes(document, raw, secrets)
    return Operation(spec, name, method.upper(), path, tuple(parameters), body, media_type, schemes)


def _named_schemes(raw: Mapping[str, Any]) -> tuple[str, ...]:
    components = raw.get("components")
    named = components.get("securitySchemes") if isinstance(components, dict) else None
    return tuple(map(str, named)) if isinstance(named, dict) else ()


def _meaning(method: str) -> tuple[Scope, Effects, tuple[Risk, ...]]:
    """As HTTP means its methods; whoever wrote the server may not have. What is asked with is told, always."""
    if method in ("get", "head", "options"):
        return "read", "none", ("sends",)
    if method == "put":
        return "execute", "idempotent", ("destroys", "sends")
    if method == "delete":
        return "execute", "idempotent", ("destroys", "sends")
    return "execute", "once", ("sends",)


def _parameters(
    document: Document, shared: list[Any], raw: dict[str, Any], properties: dict[str, Any], required: list[str]
) -> Iterator[Parameter]:
    own = raw.get("parameters") if isinstance(raw.get("parameters"), list) else []
    merged: dict[tuple[str, str], dict[str, Any]] = {}
    for one in (*shared, *(own or [])):
        entry = document.found(one)
        merged[(str(entry.get("in")), str(entry.get("name")))] = entry
    for (place, name), entry in merged.items():
        is_ours = place == "header" and name.lower() in _OURS
        if place not in ("path", "query", "header") or is_ours:
            if entry.get("required") is True and not is_ours:
                raise InvalidInput(f"It must be given a {place} {name[:100]!r}, which cannot be sent.")
            continue
        argument = name if name not in properties else f"{place}_{name}"
        content = entry.get("content")
        first: Any = next(iter(content.values()), {}) if isinstance(content, dict) else {}
        schema = entry.get("schema") or (first.get("schema") if isinstance(first, dict) else {})
        written = document.schema(schema)
        if isinstance(written, dict) and isinstance(entry.get("description"), str):
            written = {**written, "description": seen(entry["description"], 500)}
        properties[argument] = written
        if entry.get("required") is True or place == "path":
            required.append(argument)
        style = str(entry.get("style") or ("form" if place == "query" else "simple"))
        explode = entry["explode"] if isinstance(entry.get("explode"), bool) else style == "form"
        where: Place = "path" if place == "path" else "query" if place == "query" else "header"
        yield Parameter(name, argument, where, "json" if isinstance(content, dict) else style, explode)


def _body(document: Document, raw: dict[str, Any], properties: dict[str, Any], required: list[str]) -> tuple[Form, str]:
    if "requestBody" not in raw:
        return "", ""
    entry = document.found(raw["requestBody"])
    content = entry.get("content")
    kinds: dict[str, Any] = content if isinstance(content, dict) else {}
    for media_type, about in kinds.items():
        plain = media_type.partition(";")[0].strip().lower()
        form: Form = (
            "json" if plain == "application/json" or plain.endswith("+json") or plain == "*/*"
            else "form" if plain == "application/x-www-form-urlencoded"
            else "text" if plain.startswith("text/") else ""
        )  # fmt: skip
        if form:
            schema = about.get("schema", {}) if isinstance(about, dict) else {}
            argument = "body" if "body" not in properties else "request_body"
            properties[argument] = {"type": "string"} if form == "text" else document.schema(schema)
            if entry.get("required") is True:
                required.append(argument)
            return form, "application/json" if plain == "*/*" else plain
    if entry.get("required") is True:
        raise InvalidInput(f"It wants {', '.join(kinds) or 'a body of no kind'}, which cannot be sent.")
    return "", ""


def _schemes(document: Document, raw: dict[str, Any], secrets: Mapping[str, str]) -> tuple[Scheme, ...]:
    """Of the ways to say who asks, the first for which there are secrets."""
    ways = raw["security"] if "security" in raw else document.raw.get("security")
    components = document.raw.get("components")
    known = components.get("securitySchemes") if isinstance(components, dict) else None
    known = known if isinstance(known, dict) else {}
    for way in ways if isinstance(ways, list) else ():
        if isinstance(way, dict) and way and all(scheme in secrets and scheme in known for scheme in way):
            return tuple(_scheme(document.found(known[scheme]), secrets[scheme]) for scheme in way)
    return ()


def _scheme(entry: dict[str, Any], secret: str) -> Scheme:
    match entry.get("type"), str(entry.get("in")), str(entry.get("scheme")).lower():
        case "apiKey", "header", _:
            return Scheme("header", str(entry.get("name")), secret)
        case "apiKey", "query", _:
            return Scheme("query", str(entry.get("name")), secret)
        case "http", _, "basic":
            return Scheme("basic", "Authorization", secret)
        case ("http", _, "bearer") | ("oauth2" | "openIdConnect", _, _):
            return Scheme("bearer", "Authorization", secret)
    raise InvalidInput(f"It wants to know who asks in a way that is not known: {entry.get('type')}.")


def _snake(name: str) -> str:
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)

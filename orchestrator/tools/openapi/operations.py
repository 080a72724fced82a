"""The operations of a document: what each takes, where it goes in a request, and what policy goes by."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal, TypeAlias, get_args
from urllib.parse import urljoin, urlsplit

from msgspec import Struct

from orchestrator.kernel.errors import InvalidInput
from orchestrator.kernel.messages import Effects, Risk, Scope, ToolSpec
from orchestrator.policy.screen.screen import without_orders
from orchestrator.tools.mcp.definitions import MOST, Definition, harmless, names, seen
from orchestrator.tools.openapi.bodies import Body, body_of
from orchestrator.tools.openapi.reading import Document, named_server
from orchestrator.tools.openapi.signing import Scheme, schemes_of

Place: TypeAlias = Literal["path", "query", "header", "cookie"]

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "query")
_OURS = frozenset({"accept", "content-type", "authorization", "host", "content-length", "cookie"})


class Parameter(Struct, frozen=True):
    name: str  # as the server knows it
    argument: str  # as a model writes it
    place: Place
    style: str
    explode: bool
    reserved: bool = False  # what is written stands in the query as it is


class Operation(Struct, frozen=True):
    spec: ToolSpec
    name: str  # in the document
    method: str
    path: str
    base: str  # where it is called, at the same server; empty: as the others
    parameters: tuple[Parameter, ...]
    body: Body
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
    called = names(api, [_snake(one.name) for one in found])
    for one in found:
        name = one.name
        try:
            made = _operation(api, called[_snake(name)], one, document, secrets)
        except InvalidInput as error:
            problems[name] = error.detail
            continue
        if problem := Definition(name, parameters=made.spec.parameters).problem():
            problems[name] = problem
        else:
            usable.append(made)
    return Operations(tuple(usable), problems, _named_schemes(document.raw))


class _Listed(Struct, frozen=True):
    name: str
    path: str
    method: str
    raw: dict[str, Any]
    item: dict[str, Any]  # of the path, which its operations share


def _listed(document: Document, problems: dict[str, str]) -> Iterator[_Listed]:
    taken: set[str] = set()
    for path, item in document.raw["paths"].items():
        if not isinstance(path, str) or not path.startswith("/"):
            continue
        try:
            entry = document.found(item)
        except InvalidInput as error:
            problems[path] = error.detail
            continue
        further = entry.get("additionalOperations")
        strange = {} if not isinstance(further, dict) else further
        for method in (*_METHODS, *strange):
            if isinstance(raw := strange.get(method) or entry.get(method), dict):
                plain = raw.get("operationId") if isinstance(raw.get("operationId"), str) else ""
                name = plain or f"{method.lower()} {path}"
                if _snake(name) in taken:
                    name = f"{method.lower()} {path}"
                taken.add(_snake(name))
                yield _Listed(name, path, method.lower(), raw, entry)


def _operation(api: str, called: str, one: _Listed, document: Document, secrets: Mapping[str, str]) -> Operation:
    raw, path, method = one.raw, one.path, one.method
    if not method.isalpha():
        raise InvalidInput(f"{method[:50]!r} is no method.", hint="Mend the document.")
    properties: dict[str, Any] = {}
    required: list[str] = []
    parameters = list(_parameters(document, one.item.get("parameters"), raw, properties, required))
    missing = set(re.findall(r"\{([^{}]+)\}", path)) - {one.name for one in parameters if one.place == "path"}
    if missing:
        raise InvalidInput(f"Its path names {sorted(missing)[0]}, which is no parameter.", hint="Mend the document.")
    body = body_of(document, raw, properties, required)
    schema: dict[str, Any] = {"type": "object", "properties": harmless(properties), "additionalProperties": False}
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
        description=without_orders(seen(said, 1500)) or f"{method.upper()} {path}, of {api}.",
        parameters=schema,
        scope=scope,
        effects=effects,
        category=api,
        origin="web",
        risks=risks,
        timeout=60.0,
    )
    base = _base(document, raw.get("servers") or one.item.get("servers"))
    schemes = schemes_of(document, raw, secrets)
    return Operation(spec, one.name, method.upper(), path, base, tuple(parameters), body, schemes)


def _base(document: Document, servers: Any) -> str:
    """Where an operation is called that has servers of its own: at the document's server. Raises InvalidInput."""
    own, other = named_server(document.raw.get("servers")), named_server(servers)
    if not other or other == own:
        return ""
    here, there = urlsplit(own), urlsplit(urljoin(own, other))
    if (there.scheme, there.netloc) != (here.scheme, here.netloc):
        raise InvalidInput(f"It is at another server: {other[:200]}.", hint="Add it as a document of its own.")
    return there.path.rstrip("/") or "/"


def _named_schemes(raw: Mapping[str, Any]) -> tuple[str, ...]:
    components = raw.get("components")
    named = components.get("securitySchemes") if isinstance(components, dict) else None
    return tuple(map(str, named)) if isinstance(named, dict) else ()


def _meaning(method: str) -> tuple[Scope, Effects, tuple[Risk, ...]]:
    """As HTTP means its methods; whoever wrote the server may not have. What is asked with is told, always."""
    if method in ("get", "head", "options", "query"):
        return "read", "none", ("sends",)
    if method == "put":
        return "execute", "idempotent", ("destroys", "sends")
    if method == "delete":
        return "execute", "idempotent", ("destroys", "sends")
    return "execute", "once", ("sends",)


def _parameters(
    document: Document, shared: Any, raw: dict[str, Any], properties: dict[str, Any], required: list[str]
) -> Iterator[Parameter]:
    merged: dict[tuple[str, str], dict[str, Any]] = {}
    for listed in (shared, raw.get("parameters")):
        for one in listed if isinstance(listed, list) else ():
            entry = document.found(one)
            merged[(str(entry.get("in")), str(entry.get("name")))] = entry
    for (place, name), entry in merged.items():
        where: Place | None = next((one for one in get_args(Place) if one == place), None)
        is_ours = place == "header" and name.lower() in _OURS
        if where is None or is_ours:
            if entry.get("required") is True and not is_ours:
                raise InvalidInput(f"It must be given a {place} {name[:100]!r}, which cannot be sent.")
            continue
        argument = name if name not in properties else f"{place}_{name}"
        properties[argument] = _described(document, entry)
        if entry.get("required") is True or place == "path":
            required.append(argument)
        form = place in ("query", "cookie")
        style = "json" if isinstance(entry.get("content"), dict) else str(entry.get("style") or "")
        style = style or ("form" if form else "simple")
        explode = entry["explode"] if isinstance(entry.get("explode"), bool) else style in ("form", "cookie")
        yield Parameter(name, argument, where, style, explode, entry.get("allowReserved") is True)


def _described(document: Document, entry: dict[str, Any]) -> Any:
    content = entry.get("content")
    first: Any = next(iter(content.values()), {}) if isinstance(content, dict) else {}
    written = document.schema(entry.get("schema") or (first.get("schema") if isinstance(first, dict) else {}))
    if isinstance(written, dict) and isinstance(entry.get("description"), str):
        return {**written, "description": seen(entry["description"], 500)}
    return written


def _snake(name: str) -> str:
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)

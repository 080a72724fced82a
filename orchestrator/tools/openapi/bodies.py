"""The body of an operation: what a model writes for it, and as what it is sent."""

from typing import Any, Literal, TypeAlias

from msgspec import Struct

from orchestrator.tools.mcp.definitions import seen
from orchestrator.tools.openapi.reading import Document

Form: TypeAlias = Literal["", "json", "form", "parts", "text", "bytes"]
Style: TypeAlias = tuple[str, bool]  # as a parameter has it, and whether it is exploded

_FILE = "a file of the workspace, by its path"


class Body(Struct, frozen=True):
    form: Form = ""
    media_type: str = ""
    argument: str = ""
    encodings: dict[str, Style] = {}  # of the fields of a form, where they are said
    files: frozenset[str] = frozenset()  # fields that are files


def body_of(document: Document, raw: dict[str, Any], properties: dict[str, Any], required: list[str]) -> Body:
    """Raises InvalidInput."""
    if "requestBody" not in raw:
        return Body()
    entry = document.found(raw["requestBody"])
    content = entry.get("content")
    kinds: dict[str, Any] = content if isinstance(content, dict) else {}
    if not kinds:
        return Body()
    best = min(kinds, key=lambda kind: _ORDER.index(_form_of(kind)))
    form, plain = _form_of(best), best.partition(";")[0].strip().lower()
    about: dict[str, Any] = kinds[best] if isinstance(kinds[best], dict) else {}
    argument = "body" if "body" not in properties else "request_body"
    files: set[str] = set()
    if form in ("text", "bytes"):
        properties[argument] = {"type": "string"} | ({"description": _FILE} if form == "bytes" else {})
    else:
        schema = document.schema(about.get("schema", {}))
        if form == "parts" and isinstance(fields := schema.get("properties"), dict):
            files = {name for name, field in fields.items() if _is_file(field)}
            schema["properties"] = {name: _as_path(one) if name in files else one for name, one in fields.items()}
        properties[argument] = schema
    if isinstance(entry.get("description"), str) and isinstance(properties[argument], dict):
        properties[argument].setdefault("description", seen(entry["description"], 500))
    if entry.get("required") is True:
        required.append(argument)
    media_type = "application/json" if "*" in plain else plain
    return Body(form, media_type, argument, _encodings(about.get("encoding")), frozenset(files))


_ORDER: tuple[Form, ...] = ("json", "form", "parts", "text", "bytes")


def _form_of(media_type: str) -> Form:
    plain = media_type.partition(";")[0].strip().lower()
    if plain in ("application/json", "*/*", "application/*") or plain.endswith("+json"):
        return "json"
    if plain == "application/x-www-form-urlencoded":
        return "form"
    if plain == "multipart/form-data":
        return "parts"
    return "text" if plain.startswith("text/") or plain.endswith(("/xml", "+xml", "/yaml", "ndjson")) else "bytes"


def _encodings(given: Any) -> dict[str, Style]:
    found: dict[str, Style] = {}
    for name, one in given.items() if isinstance(given, dict) else ():
        if isinstance(one, dict) and ("style" in one or "explode" in one):
            style = str(one.get("style") or "form")
            found[name] = style, one["explode"] if isinstance(one.get("explode"), bool) else style == "form"
    return found


def _is_file(field: Any) -> bool:
    """As 3.0 says it (format: binary), and as 3.1 does (a media type, and no encoding)."""
    if not isinstance(field, dict):
        return False
    if field.get("type") == "array":
        return _is_file(field.get("items"))
    octets = "contentMediaType" in field and "contentEncoding" not in field
    return field.get("format") == "binary" or octets


def _as_path(field: dict[str, Any]) -> dict[str, Any]:
    if field.get("type") == "array":
        return {**field, "items": _as_path(field["items"])}
    about = f"{field['description']} ({_FILE})" if isinstance(field.get("description"), str) else _FILE
    return {"type": "string", "description": about}

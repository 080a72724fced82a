"""JSON Schemas of types, with nothing to look up elsewhere."""

from typing import Any

import msgspec


def schema_of(kind: Any) -> dict[str, Any]:
    """The JSON Schema of a type, its definitions written in place, without titles.

    A type that contains itself has no such schema and is refused.
    """
    (found,), definitions = msgspec.json.schema_components([kind])
    return dict(_inlined(found, definitions, ()))


def _inlined(schema: Any, definitions: dict[str, Any], within: tuple[str, ...]) -> Any:
    if isinstance(schema, list):
        return [_inlined(item, definitions, within) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if reference := schema.get("$ref"):
        name = reference.rpartition("/")[2]
        if name in within:
            raise TypeError(f"{name} contains itself: a tool's arguments and data must be flat enough to write out.")
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        return {**_inlined(definitions[name], definitions, (*within, name)), **beside}
    inlined = {}
    for key, value in schema.items():
        if key == "properties":
            inlined[key] = {name: _inlined(each, definitions, within) for name, each in value.items()}
        elif key == "default" or key == "enum":
            inlined[key] = value
        elif key != "title":
            inlined[key] = _inlined(value, definitions, within)
    return inlined

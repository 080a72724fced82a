"""JSON Schemas of types, with nothing to look up elsewhere."""

from pathlib import Path, PurePath
from typing import Any

import msgspec

from orchestrator.kernel.messages import Json


def schema_of(kind: Any) -> dict[str, Any]:
    """The JSON Schema of a type, its definitions written in place, without titles.

    A type that contains itself has no such schema and is refused.
    """
    (found,), definitions = msgspec.json.schema_components([kind], schema_hook=_of_another)
    return dict(_inlined(found, definitions, ()))


def plain(value: Any) -> Json:
    """A value as JSON has it. Raises TypeError for what JSON has not."""
    found: Json = msgspec.to_builtins(value, enc_hook=_said)
    return found


def converted(value: Json, kind: Any) -> Any:
    """A value as a type has it. Raises msgspec.ValidationError."""
    return msgspec.convert(value, kind, dec_hook=_read)


def _of_another(kind: Any) -> dict[str, Any]:
    """Of a type that msgspec does not know: a path is a string."""
    if isinstance(kind, type) and issubclass(kind, PurePath):
        return {"type": "string"}
    raise TypeError(
        f"{getattr(kind, '__name__', kind)} is no type that JSON has."
        " Take str, int, float, bool, a list, a dict, a Literal, an Enum, a dataclass, a TypedDict or a Struct."
    )


def _said(value: Any) -> str:
    if isinstance(value, PurePath):
        return str(value)
    raise TypeError(f"A tool cannot return {type(value).__name__}: JSON has no such thing.")


def _read(kind: Any, value: Any) -> Any:
    if not isinstance(value, str) or "\0" in value:
        raise ValueError("Expected `str`, a path")
    return (Path if kind is PurePath else kind)(value)


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

"""Is a JSON value of a JSON Schema? The part of it that models are asked for.

Covers: type, enum, const, properties, required, additionalProperties, items, prefixItems, lengths, bounds, pattern,
anyOf, oneOf, allOf, and $ref within the schema. Does not cover: formats, dependent and conditional schemas,
references elsewhere: such keywords are not looked at.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

DEPTH = 64  # of references; deeper is not looked at

_TYPES: dict[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "integer": lambda value: (
        not isinstance(value, bool) and (isinstance(value, int) or (isinstance(value, float) and value.is_integer()))
    ),
}


def fault(value: Any, schema: dict[str, Any]) -> str:
    """The first thing that is wrong, with its place; empty when nothing is."""
    return next(_faults(value, schema, schema, "$", 0), "")


def _faults(value: Any, schema: Any, root: dict[str, Any], at: str, depth: int) -> Iterator[str]:
    if schema is False:
        yield f"{at} may not be"
    if not isinstance(schema, dict) or depth > DEPTH:
        return
    if isinstance(reference := schema.get("$ref"), str):
        yield from _faults(value, _found(reference, root), root, at, depth + 1)
    kinds = schema.get("type")
    named = [kinds] if isinstance(kinds, str) else kinds or []
    if named and not any(_TYPES[kind](value) for kind in named if kind in _TYPES):
        yield f"{at} must be {' or '.join(named)}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{at} must be one of {schema['enum']}"
    if "const" in schema and value != schema["const"]:
        yield f"{at} must be {schema['const']!r}"
    if isinstance(value, dict):
        yield from _of_object(value, schema, root, at, depth)
    elif isinstance(value, list):
        yield from _of_array(value, schema, root, at, depth)
    elif isinstance(value, str):
        yield from _of_string(value, schema, at)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _of_number(value, schema, at)
    yield from _combined(value, schema, root, at, depth)


def _found(reference: str, root: dict[str, Any]) -> Any:
    found: Any = root
    for step in reference.removeprefix("#").strip("/").split("/"):
        if step:
            found = found.get(step.replace("~1", "/").replace("~0", "~"), {}) if isinstance(found, dict) else {}
    return found


def _of_object(value: dict[str, Any], schema: Any, root: Any, at: str, depth: int) -> Iterator[str]:
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{at} needs {name!r}"
    properties = schema.get("properties", {})
    beside = schema.get("additionalProperties", True)
    for name, item in value.items():
        inner = properties.get(name, beside)
        if inner is False:
            yield f"{at} has no {name!r}"
        else:
            yield from _faults(item, inner, root, f"{at}.{name}", depth + 1)


def _of_array(value: list[Any], schema: Any, root: Any, at: str, depth: int) -> Iterator[str]:
    yield from _bounded(len(value), schema, "minItems", "maxItems", f"{at} has {len(value)} items")
    first = schema.get("prefixItems", [])
    for index, item in enumerate(value):
        inner = first[index] if index < len(first) else schema.get("items", True)
        yield from _faults(item, inner, root, f"{at}[{index}]", depth + 1)


def _of_string(value: str, schema: Any, at: str) -> Iterator[str]:
    yield from _bounded(len(value), schema, "minLength", "maxLength", f"{at} has {len(value)} characters")
    pattern = schema.get("pattern")
    if isinstance(pattern, str):
        try:
            matches = re.search(pattern, value) is not None
        except re.error:
            return  # a dialect that is not ours
        if not matches:
            yield f"{at} must match {pattern}"


def _of_number(value: float, schema: Any, at: str) -> Iterator[str]:
    yield from _bounded(value, schema, "minimum", "maximum", f"{at} is {value}")
    if "exclusiveMinimum" in schema and value <= schema["exclusiveMinimum"]:
        yield f"{at} is {value}, and must be more than {schema['exclusiveMinimum']}"
    if "exclusiveMaximum" in schema and value >= schema["exclusiveMaximum"]:
        yield f"{at} is {value}, and must be less than {schema['exclusiveMaximum']}"


def _bounded(size: float, schema: Any, least: str, most: str, what: str) -> Iterator[str]:
    if least in schema and size < schema[least]:
        yield f"{what}, and {least} is {schema[least]}"
    if most in schema and size > schema[most]:
        yield f"{what}, and {most} is {schema[most]}"


def _combined(value: Any, schema: Any, root: Any, at: str, depth: int) -> Iterator[str]:
    for inner in schema.get("allOf", ()):
        yield from _faults(value, inner, root, at, depth + 1)
    for word in ("anyOf", "oneOf"):
        if choices := schema.get(word):
            fits = sum(not any(True for _ in _faults(value, inner, root, at, depth + 1)) for inner in choices)
            if fits == 0 or (word == "oneOf" and fits > 1):
                yield f"{at} fits {fits} of the {len(choices)} forms it may have"

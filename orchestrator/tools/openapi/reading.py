"""An OpenAPI document from its text, and its schemas written out: nothing to look up, nothing without an end.

Covers 3.0 and 3.1, JSON and YAML. References are followed inside the document only; where a schema contains itself,
what is inside is anything.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from orchestrator.kernel.errors import InvalidInput
from orchestrator.tools.plain_yaml import load

LARGEST = 4 * 2**20  # characters of a document
_DEEPEST = 24  # levels of a schema that are written out
_WIDEST = 20_000  # values in one schema
_ANNOTATIONS = frozenset({"example", "examples", "xml", "externalDocs", "discriminator", "deprecated", "nullable"})


def read(text: str) -> dict[str, Any]:
    """Raises InvalidInput for what is no OpenAPI document of a version that is known."""
    if len(text) > LARGEST:
        raise InvalidInput(f"The document has {len(text)} characters, more than {LARGEST}.", hint="Take less of it.")
    try:
        document = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        document = load(text, "The document")
    version = document.get("openapi") if isinstance(document, dict) else None
    if not isinstance(version, str) or not version.startswith(("3.0", "3.1")):
        said = f"says openapi {version!r}" if version else "does not say which version of OpenAPI it is"
        raise InvalidInput(f"The document {said}.", hint="3.0 and 3.1 are understood; convert it.")
    if not isinstance(document.get("paths"), dict):
        raise InvalidInput("The document has no paths.", hint="Each path is what a tool is made of.")
    return dict(document)


class Document:
    """A document whose references are followed."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.raw = raw

    def found(self, value: Any) -> dict[str, Any]:
        """The object, or the one that it refers to. Raises InvalidInput."""
        seen: set[str] = set()
        while isinstance(value, dict) and isinstance(reference := value.get("$ref"), str):
            if reference in seen:
                raise InvalidInput(f"{reference[:200]} refers to itself.", hint="Mend the document.")
            seen.add(reference)
            value = self._at(reference)
        if not isinstance(value, dict):
            raise InvalidInput("The document has something else where an object must be.", hint="Mend the document.")
        return value

    def _at(self, reference: str) -> Any:
        if not reference.startswith("#/"):
            raise InvalidInput(f"The document refers elsewhere: {reference[:200]}.", hint="Bundle it into one file.")
        value: Any = self.raw
        for step in reference[2:].split("/"):
            step = step.replace("~1", "/").replace("~0", "~")
            if isinstance(value, dict) and step in value:
                value = value[step]
            elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
                value = value[int(step)]
            else:
                raise InvalidInput(f"{reference[:200]} is not in the document.", hint="Mend the document.")
        return value

    def schema(self, raw: Any, *, sent: bool = True) -> dict[str, Any]:
        """A JSON Schema of today, written out. `sent`: of what we send, so without what is only read."""
        made: dict[str, Any] = _Writer(self, sent).written(raw, (), 0)
        return made


class _Writer:
    def __init__(self, document: Document, sent: bool) -> None:
        self._document = document
        self._sent = sent
        self._left = _WIDEST

    def written(self, raw: Any, within: tuple[str, ...], depth: int) -> Any:
        self._left -= 1
        if not isinstance(raw, dict) or depth > _DEEPEST or self._left < 0:
            return raw if isinstance(raw, bool) else {}
        reference = raw.get("$ref")
        if isinstance(reference, str):
            if reference in within:
                return {"description": "as above, once more"}
            beside = {key: value for key, value in raw.items() if key != "$ref"}
            inner = self.written(self._document._at(reference), (*within, reference), depth + 1)
            return {**inner, **self.written(beside, within, depth + 1)} if isinstance(inner, dict) else inner
        written: dict[str, Any] = {}
        for key, value in raw.items():
            if key in _ANNOTATIONS or key.startswith("x-"):
                continue
            if key == "properties" and isinstance(value, dict):
                written[key] = {name: self.written(one, within, depth + 1) for name, one in self._kept(value)}
            elif key in ("allOf", "anyOf", "oneOf", "prefixItems") and isinstance(value, list):
                written[key] = [self.written(one, within, depth + 1) for one in value]
            elif key in ("items", "additionalProperties", "not") and isinstance(value, dict):
                written[key] = self.written(value, within, depth + 1)
            else:
                written[key] = value
        return _of_today(written, raw)

    def _kept(self, properties: Mapping[str, Any]) -> list[tuple[str, Any]]:
        return [(name, one) for name, one in properties.items() if not (self._sent and _is_only_read(one))]


def _is_only_read(schema: Any) -> bool:
    return isinstance(schema, dict) and schema.get("readOnly") is True


def _of_today(schema: dict[str, Any], raw: Mapping[str, Any]) -> dict[str, Any]:
    """What 3.0 says in another way than JSON Schema does now."""
    for bound, limit in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(schema.get(bound), bool) and schema.pop(bound) and limit in schema:
            schema[bound] = schema.pop(limit)
    if isinstance(schema.get("required"), list) and isinstance(schema.get("properties"), dict):
        schema["required"] = [
            name for name in schema["required"] if isinstance(name, str) and name in schema["properties"]
        ]
    if raw.get("nullable") is True and isinstance(schema.get("type"), str):
        schema["type"] = [schema["type"], "null"]
        if isinstance(schema.get("enum"), list) and None not in schema["enum"]:
            schema["enum"] = [*schema["enum"], None]
    return schema

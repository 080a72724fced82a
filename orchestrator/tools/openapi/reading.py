"""An OpenAPI document from its text, and its schemas written out: nothing to look up, nothing without an end.

Covers 3.0, 3.1 and 3.2, and Swagger 2.0, in JSON and YAML. References are followed inside the document only; where a
schema contains itself, what is inside is anything.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import msgspec

from orchestrator.kernel.errors import InvalidInput
from orchestrator.tools.openapi.swagger import converted
from orchestrator.tools.plain_yaml import load

LARGEST = 16 * 2**20  # characters of a document
_DEPTHS = (12, 6, 4, 3)  # levels of a schema that are written out: as many as its bound allows
_WIDEST = 1500  # values in one schema
_LINKS = 50  # references within references
_ANNOTATIONS = frozenset({"example", "examples", "xml", "externalDocs", "discriminator", "deprecated", "nullable"})


def read(text: str) -> dict[str, Any]:
    """Raises InvalidInput for what is no OpenAPI document of a version that is known."""
    if len(text) > LARGEST:
        raise InvalidInput(f"The document has {len(text)} characters, more than {LARGEST}.", hint="Take less of it.")
    try:
        document = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        document = load(text, "The document")
    if not isinstance(document, dict):
        raise InvalidInput("The document is no table.", hint="openapi: 3.1.0, paths: …")
    version = str(document.get("openapi") or document.get("swagger") or "")
    if not version.startswith(("3.0", "3.1", "3.2") if "openapi" in document else "2."):
        said = f"says openapi {version[:50]!r}" if version else "does not say which version of OpenAPI it is"
        raise InvalidInput(f"The document {said}.", hint="2.0, 3.0, 3.1 and 3.2 are understood; convert it.")
    if not isinstance(document.get("paths"), dict):
        raise InvalidInput("The document has no paths.", hint="Each path is what a tool is made of.")
    return converted(document, Document(document).found) if "openapi" not in document else document


def named_server(servers: Any) -> str:
    """The first of some servers, with the defaults of its variables."""
    first = servers[0] if isinstance(servers, list) and servers and isinstance(servers[0], dict) else {}
    named = str(first.get("url") or "")
    variables = first.get("variables")
    for name, about in variables.items() if isinstance(variables, dict) else ():
        if isinstance(about, dict):
            named = named.replace(f"{{{name}}}", str(about.get("default", "")))
    return named


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
            step = unquote(step).replace("~1", "/").replace("~0", "~")
            if isinstance(value, dict) and step in value:
                value = value[step]
            elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
                value = value[int(step)]
            else:
                raise InvalidInput(f"{reference[:200]} is not in the document.", hint="Mend the document.")
        return value

    def schema(self, raw: Any, *, sent: bool = True) -> dict[str, Any]:
        """A JSON Schema of today, written out. `sent`: of what we send, so without what is only read.

        What is too deep, or too much, is anything.
        """
        made: dict[str, Any] = {}
        for deepest in _DEPTHS:
            writer = _Writer(self, sent, deepest)
            made = writer.written(raw, (), 0)
            if writer.left >= 0:
                break
        return made


class _Writer:
    def __init__(self, document: Document, sent: bool, deepest: int) -> None:
        self._document = document
        self._sent = sent
        self._deepest = deepest
        self.left = _WIDEST

    def written(self, raw: Any, within: tuple[str, ...], depth: int) -> Any:
        self.left -= 1
        if not isinstance(raw, dict) or depth > self._deepest or self.left < 0:
            return raw if isinstance(raw, bool) else {}
        reference = raw.get("$ref")
        if isinstance(reference, str):
            if reference in within or len(within) > _LINKS:
                return {"description": "as above, once more"}
            beside = {key: value for key, value in raw.items() if key != "$ref"}
            inner = self.written(self._document._at(reference), (*within, reference), depth)
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
        return [(name, one) for name, one in properties.items() if not (self._sent and self._is_only_read(one))]

    def _is_only_read(self, schema: Any) -> bool:
        if isinstance(schema, dict) and isinstance(schema.get("$ref"), str) and "readOnly" not in schema:
            try:
                schema = self._document.found(schema)
            except InvalidInput:
                return False  # what is wrong with it is said where it is written out
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
    elif raw.get("nullable") is True and not schema.keys().isdisjoint(("allOf", "anyOf", "oneOf")):
        return {"anyOf": [schema, {"type": "null"}]}
    return schema

"""Results as values: their items, their numbers, what they say as text. Nothing here is invented."""

import posixpath
from collections.abc import Sequence
from typing import Any, Final

from msgspec import Struct

from orchestrator.kernel.messages import Arguments, Json, ToolResult
from orchestrator.llm.providers.embedded.index import Entry
from orchestrator.llm.providers.embedded.language import concept_of, fold

SAYING: Final = ("content", "stdout", "body", "text", "value", "result", "output", "answer")
_LABELS: Final = ("path", "name", "title", "label", "url", "id", "text")


class Called(Struct, frozen=True):
    """What a step's calls gave, in order."""

    entry: Entry
    results: tuple[tuple[Arguments, ToolResult], ...]
    lost: tuple[tuple[Arguments, ToolResult], ...] = ()  # calls of the same step that did not succeed


class Number(Struct, frozen=True):
    value: int | float
    unit: str


class Pairs(Struct, frozen=True):
    """A number for each thing."""

    pairs: tuple[tuple[str, Any], ...]
    unit: str


class Things(Struct, frozen=True):
    items: tuple[dict[str, Any], ...]
    unit: str = ""


class Verdict(Struct, frozen=True):
    passed: bool | None
    detail: str


class Excerpt(Struct, frozen=True):
    """Some lines of a text."""

    parts: tuple[tuple[str, str], ...]  # where each is from, and its lines


Value = Excerpt | Called | Number | Pairs | Things | Verdict


def items(value: Value, unit: str = "") -> list[dict[str, Any]]:
    """The things in a value, each with all that is known of it."""
    if isinstance(value, Things):
        return list(value.items)
    if isinstance(value, Pairs):
        return [{"name": name, value.unit: number} for name, number in value.pairs]
    if not isinstance(value, Called):
        return []
    listed = [each for _, result in value.results for each in _listed(value.entry, result.data, unit)]
    if value.entry.listed:
        return listed
    return [{**arguments, **result.data} for arguments, result in value.results if isinstance(result.data, dict)]


def _listed(entry: Entry, data: Json, unit: str) -> list[dict[str, Any]]:
    if not isinstance(data, dict):
        return []
    lists = {name: data[name] for name in entry.listed if isinstance(data.get(name), list)}
    named = [found for name, found in lists.items() if concept_of(fold(name)) == unit]
    chosen = (named or [found for found in lists.values() if found] or [[]])[0]
    things = [_placed(each, data) if isinstance(each, dict) else {"name": str(each)} for each in chosen]
    if unit and not named:  # `files` among entries: those of that kind, where the entries tell their kind
        kinds = [each for each in things if any(_is(value, unit) for value in each.values())]
        tells = any(_is(value, kind) for each in things for value in each.values() for kind in ("file", "folder"))
        return kinds if tells and unit in ("file", "folder") else things
    return things


def _is(value: Any, unit: str) -> bool:
    return isinstance(value, str) and len(value) < 20 and concept_of(fold(value)) == unit


def _placed(item: dict[str, Any], data: dict[str, Any]) -> dict[str, Any]:
    """A thing known by its name within a folder has a path."""
    folder = data.get("path")
    if "path" in item or not isinstance(item.get("name"), str) or not isinstance(folder, str):
        return item
    return {**item, "path": posixpath.normpath(posixpath.join(folder, item["name"]))}


def take(value: Value, name: str) -> list[Any]:
    """The property of this name in a value: one, or one for each thing."""
    if isinstance(value, Called):
        if not value.entry.listed:
            found = [
                {**arguments, **(result.data if isinstance(result.data, dict) else {})}.get(name)
                for arguments, result in value.results
            ]
            return [each for each in found if each is not None]
        things = [each.get(name) for each in items(value)]
        if any(thing is not None for thing in things):
            return list(dict.fromkeys(str(thing) for thing in things if thing is not None))
        return [r.data[name] for _, r in value.results if isinstance(r.data, dict) and name in r.data]
    return [each[name] for each in items(value) if name in each]


def measure(item: dict[str, Any], concept: str) -> Any:
    """The property of a thing that a concept names (`size`, `line`)."""
    root = concept_of(concept)
    for key, value in item.items():
        if concept_of(fold(key)) == root and isinstance(value, int | float | str) and not isinstance(value, bool):
            return value
    return None


def label(item: dict[str, Any]) -> str:
    named = next((item[key] for key in _LABELS if isinstance(item.get(key), str) and item[key]), "")
    return str(named) or ", ".join(str(value) for value in item.values() if isinstance(value, str | int) and value)


def line(item: dict[str, Any]) -> str:
    """A thing on one line: where it is, and what stands there."""
    if "text" in item and isinstance(item.get("path"), str):
        number = f":{item['line']}" if "line" in item else ""
        return f"{item['path']}{number}: {str(item['text']).strip()}"
    return label(item)


def text(value: Value, name: str = "") -> str:
    """What a value says, as a file would hold it."""
    if isinstance(value, Number):
        return plain(value.value)
    if isinstance(value, Pairs):
        return "\n".join(f"{thing}: {plain(number)}" for thing, number in value.pairs)
    if isinstance(value, Things):
        return "\n".join(line(item) for item in value.items)
    if isinstance(value, Verdict):
        return value.detail
    if isinstance(value, Excerpt):
        return "\n".join(lines.rstrip("\n") for _, lines in value.parts)
    return "\n".join(_saying(value.entry, result, name).rstrip("\n") for _, result in value.results)


def _saying(entry: Entry, result: ToolResult, name: str) -> str:
    data = result.data
    if not isinstance(data, dict):
        return result.content
    if name and name in data:
        return plain(data[name])
    for key in SAYING:
        if key in data and isinstance(data[key], str | int | float):
            return plain(data[key])
    lists: Sequence[Any] = [data[key] for key in entry.listed if data.get(key)]
    if lists:
        detailed = [found for found in lists if isinstance(found[0], dict) and "text" in found[0]]
        things = (detailed or lists)[0]
        return "\n".join(line(each) if isinstance(each, dict) else str(each) for each in things)
    return "" if entry.listed else result.content


def plain(value: Any) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)

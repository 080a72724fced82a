"""How a tool's result is said to a person: a template over its data, small enough to read aloud.

    {path}          a field; {memory.percent} a field of a field
    {files.path}    through a list: that field of every item, one a line
    {size:bytes}    a size a person reads; {uptime:duration} likewise for seconds
    {total:number}  a number as a person writes it: thousands set apart, no more figures than are read
    {date:weekday}  the day of the week of an ISO date; {path:folder} a folder, `This folder` for `.`
    {state:word}    a word or remark of a program, as `words.fr.json` says it; several behind `; `
    {count|file|files}          a number with its noun, one or many as the language counts
    {*matches {path}: {text}*}  for every item of a list a line of its own, over the item's fields
    [ … {field} … ] said only when every field in it is there: not null, false, 0 or empty
    [ … | … ]       the first of these whose every field is there; also in the line of an item

Numbers and units follow the language. There is no other syntax, and data is never a template.
"""

import datetime
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any, NamedTuple, TypeAlias

from orchestrator.kernel.messages import Json, Language

_FIELD = re.compile(
    r"\{([a-z_]\w*(?:\.\w+)*)(?::(bytes|duration|number|weekday|folder|word)|\|([^{}|]+)\|([^{}|]+))?\}"
)
_PLAIN = re.compile(r"[^\[\]{}|*]+")
_ITEMS = re.compile(r"\{\*([a-z_]\w*) ")
_UNITS = {"en": ("bytes", "KB", "MB", "GB", "TB"), "fr": ("octets", "Ko", "Mo", "Go", "To")}
_BYTE = {"en": "byte", "fr": "octet"}
_HERE = {"en": "This folder", "fr": "Ce dossier"}
_DAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
}
_PERIODS = {"en": ((86400, "d"), (3600, "h"), (60, "min")), "fr": ((86400, "j"), (3600, "h"), (60, "min"))}


class _Field(NamedTuple):
    name: str
    style: str | None
    one: str | None  # its noun
    many: str | None


class _Items(NamedTuple):
    name: str
    line: "_Template"


class _Choice(NamedTuple):
    options: list["_Template"]


_Template: TypeAlias = list[str | _Field | _Items | _Choice]


def fields(template: str) -> tuple[str, ...]:
    """The fields a template speaks of, dotted."""
    return tuple(_fields(_read(template)))


def say(template: str, data: Json, language: Language) -> str:
    """The template filled from the data. A field that is not there is said as nothing."""
    return _filled(_read(template), data, language).strip()


def singular(count: float, language: Language) -> bool:
    return abs(count) < 2 if language == "fr" else abs(count) == 1


def _read(template: str) -> _Template:
    return _parts(template, 0, ())[0]


def _parts(text: str, at: int, ends: tuple[str, ...]) -> tuple[_Template, int]:
    parts: _Template = []
    while at < len(text) and not text.startswith(ends, at):
        part, at = _part(text, at)
        parts.append(part)
    return parts, at


def _part(text: str, at: int) -> tuple[str | _Field | _Items | _Choice, int]:
    """What begins there; a sign that begins nothing is itself."""
    if plain := _PLAIN.match(text, at):
        return plain[0], plain.end()
    if field := _FIELD.match(text, at):
        return _Field(*field.groups()), field.end()
    if items := _ITEMS.match(text, at):
        line, end = _parts(text, items.end(), ("*}",))
        if end < len(text):
            return _Items(items[1], line), end + 2
    options: list[_Template] = []
    end = at
    while text[at] == "[" and end < len(text):
        option, end = _parts(text, end + 1, ("|", "]"))
        options.append(option)
        if text.startswith("]", end):
            return _Choice(options), end + 1
    return text[at], at + 1


def _fields(parts: _Template, before: str = "") -> Iterator[str]:
    for part in parts:
        if isinstance(part, _Field):
            yield before + part.name
        elif isinstance(part, _Items):
            yield from _fields(part.line, f"{before}{part.name}.")
        elif isinstance(part, _Choice):
            for option in part.options:
                yield from _fields(option, before)


def _filled(parts: _Template, data: Json, language: Language) -> str:
    """One pass: what the data says is never read as a template."""
    return "".join([_spoken(part, data, language) for part in parts])


def _spoken(part: str | _Field | _Items | _Choice, data: Json, language: Language) -> str:
    if isinstance(part, str):
        return part
    if isinstance(part, _Choice):
        return next((_filled(one, data, language) for one in part.options if _complete(one, data)), "")
    value = _find(data, part.name.split("."))
    if isinstance(part, _Items):
        filled = [_filled(part.line, item, language) for item in (value if isinstance(value, list) else [])]
        lines = [f"- {line}".replace("\n- ", "\n  - ") for line in filled]  # a list in a list
        return "\n".join(lines)
    said = _said(value, part.style, language)
    if not part.one:
        return said
    one = isinstance(value, int | float) and singular(value, language)
    return f"{said} {part.one if one else part.many}"


def _complete(option: _Template, data: Json) -> bool:
    """Whether every field is there that is its own."""
    named = [part.name for part in option if isinstance(part, _Field | _Items)]
    return all(_find(data, name.split(".")) for name in named)


def _find(value: Json, path: list[str]) -> Any:
    for place, name in enumerate(path):
        if isinstance(value, list):
            return [_find(item, path[place:]) for item in value]
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _said(value: Any, style: str | None, language: Language) -> str:
    if isinstance(value, list):
        return "\n".join(f"- {_said(item, style, language)}" for item in value)
    if isinstance(value, dict):
        return ", ".join(_said(item, None, language) for item in value.values())
    if value is None:
        return ""
    if isinstance(value, bool):
        return {"en": ("no", "yes"), "fr": ("non", "oui")}[language][value]
    if isinstance(value, int | float):
        return _number(value, style, language)
    if style == "word" and language != "en":
        return " ; ".join(_words(language).get(word, word) for word in str(value).split("; "))
    if style == "folder":
        return _HERE[language] if value in (".", "./", "") else str(value)
    return _weekday(str(value), language) if style == "weekday" else str(value)


@cache
def _words(language: Language) -> Mapping[str, str]:
    told: dict[str, str] = json.loads(
        resources.files(__package__).joinpath(f"words.{language}.json").read_text("utf-8")
    )
    return told


def _weekday(date: str, language: Language) -> str:
    try:
        return _DAYS[language][datetime.date.fromisoformat(date[:10]).weekday()]
    except ValueError:
        return date


def _number(value: float, style: str | None, language: Language) -> str:
    if style == "bytes":
        power = min(4, max(0, (int(abs(value)).bit_length() - 1) // 10))
        unit = _BYTE[language] if power == 0 and singular(value, language) else _UNITS[language][power]
        text = f"{value / 1024**power:.{0 if power == 0 else 1}f} {unit}"
    elif style == "duration":
        return _duration(value, language)
    elif style == "number":
        text = grouped(value)
    else:
        text = str(value)
    return text.replace(".", ",") if language == "fr" else text


def grouped(value: float) -> str:
    """As a person writes it: no more than six figures behind the point, spaces between thousands."""
    text = f"{value:,.0f}" if value % 1 == 0 else f"{value:,.6g}" if abs(value) < 1000 else f"{value:,.2f}"
    return text.replace(",", "\u202f")


def _duration(seconds: float, language: Language) -> str:
    if seconds < 60:
        return f"{round(seconds, 1):g} s".replace(".", "," if language == "fr" else ".")
    parts, left = [], int(seconds)
    for length, unit in _PERIODS[language]:
        if count := left // length:
            parts.append(f"{count} {unit}")
        left %= length
    return " ".join(parts)

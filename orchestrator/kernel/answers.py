"""How a tool's result is said to a person: a template over its data, small enough to read aloud.

    {path}          a field; {memory.percent} a field of a field
    {files.path}    through a list: that field of every item, one a line
    {size:bytes}    a size a person reads; {uptime:duration} likewise for seconds
    {total:number}  a number as a person writes it: thousands set apart, no more figures than are read
    {date:weekday}  the day of the week of an ISO date; {path:folder} a folder, `This folder` for `.`
    {count|file|files}          a number with its noun, one or many as the language counts
    {*matches {path}: {text}*}  for every item of a list a line of its own, over the item's fields
    [ … {field} … ] said only when every field in it is there: not null, false, 0 or empty
    [ … | … ]       the first of these whose every field is there

Numbers and units follow the language. There is no other syntax, and data is never a template.
"""

import datetime
import re
from typing import Any

from orchestrator.kernel.messages import Json, Language

_FIELD = re.compile(r"\{([a-z_]\w*(?:\.\w+)*)(?::(bytes|duration|number|weekday|folder)|\|([^{}|]+)\|([^{}|]+))?\}")
_EACH = re.compile(r"\{\*([a-z_]\w*) (.*?)\*\}", re.DOTALL)
_OR = re.compile(r"\|(?![^{}]*\})")
_OPTIONAL = re.compile(r"\[([^\[\]]*)\]")
_UNITS = {"en": ("bytes", "KB", "MB", "GB", "TB"), "fr": ("octets", "Ko", "Mo", "Go", "To")}
_BYTE = {"en": "byte", "fr": "octet"}
_HERE = {"en": "This folder", "fr": "Ce dossier"}
_DAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
}
_PERIODS = {"en": ((86400, "d"), (3600, "h"), (60, "min")), "fr": ((86400, "j"), (3600, "h"), (60, "min"))}


def fields(template: str) -> tuple[str, ...]:
    """The fields a template speaks of, dotted."""
    inside = [f"{each[1]}.{name}" for each in _EACH.finditer(template) for name in fields(each[2])]
    return (*(found.group(1) for found in _FIELD.finditer(_EACH.sub("", template))), *inside)


def say(template: str, data: Json, language: Language) -> str:
    """The template filled from the data. A field that is not there is said as nothing."""
    pieces, end = [], 0
    for found in _OPTIONAL.finditer(template):
        pieces += [_filled(template[end : found.start()], data, language), _optional(found[1], data, language)]
        end = found.end()
    return "".join([*pieces, _filled(template[end:], data, language)]).strip()


def singular(count: float, language: Language) -> bool:
    return abs(count) < 2 if language == "fr" else abs(count) == 1


def _filled(text: str, data: Json, language: Language) -> str:
    """One pass: what an item says is never read as a template again."""
    pieces, end = [], 0
    for found in _EACH.finditer(text):
        items = _find(data, [found[1]])
        lines = [f"- {_flat(found[2], item, language)}" for item in (items if isinstance(items, list) else [])]
        pieces += [_flat(text[end : found.start()], data, language), "\n".join(lines)]
        end = found.end()
    return "".join([*pieces, _flat(text[end:], data, language)])


def _flat(text: str, data: Json, language: Language) -> str:
    def said(found: re.Match[str]) -> str:
        value = _find(data, found[1].split("."))
        said = _said(value, found[2], language)
        if not found[3]:
            return said
        one = isinstance(value, int | float) and singular(value, language)
        return f"{said} {found[3] if one else found[4]}"

    return _FIELD.sub(said, text)


def _optional(text: str, data: Json, language: Language) -> str:
    """The first alternative whose every field is there."""
    for choice in _OR.split(text):
        named = {name.split(".")[0] if _EACH.search(choice) else name for name in fields(choice)}
        if all(_find(data, name.split(".")) for name in named):
            return _filled(choice, data, language)
    return ""


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
    if style == "folder":
        return _HERE[language] if value in (".", "./", "") else str(value)
    return _weekday(str(value), language) if style == "weekday" else str(value)


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

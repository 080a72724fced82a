"""How a tool's result is said to a person: a template over its data, small enough to read aloud.

    {path}          a field; {memory.percent} a field of a field
    {files.path}    through a list: that field of every item, one a line
    {size:bytes}    a size a person reads; {uptime:duration} likewise for seconds
    {date:weekday}  the day of the week of an ISO date
    [ … {field} … ] said only when every field in it is there: not null, false, 0 or empty

Numbers and units follow the language. There is no other syntax, and data is never a template.
"""

import datetime
import re
from typing import Any

from orchestrator.kernel.messages import Json, Language

_FIELD = re.compile(r"\{([a-z_]\w*(?:\.\w+)*)(?::(bytes|duration|weekday))?\}")
_OPTIONAL = re.compile(r"\[([^\[\]]*)\]")
_UNITS = {"en": ("bytes", "KB", "MB", "GB", "TB"), "fr": ("octets", "Ko", "Mo", "Go", "To")}
_DAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
}
_PERIODS = {"en": ((86400, "d"), (3600, "h"), (60, "min")), "fr": ((86400, "j"), (3600, "h"), (60, "min"))}


def fields(template: str) -> tuple[str, ...]:
    """The fields a template speaks of, dotted."""
    return tuple(found.group(1) for found in _FIELD.finditer(template))


def say(template: str, data: Json, language: Language) -> str:
    """The template filled from the data. A field that is not there is said as nothing."""

    def filled(text: str) -> str:
        return _FIELD.sub(lambda found: _said(_find(data, found[1].split(".")), found[2], language), text)

    def optional(found: re.Match[str]) -> str:
        return filled(found[1]) if all(_find(data, name.split(".")) for name in fields(found[1])) else ""

    pieces, end = [], 0
    for found in _OPTIONAL.finditer(template):
        pieces += [filled(template[end : found.start()]), optional(found)]
        end = found.end()
    return "".join([*pieces, filled(template[end:])]).strip()


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
    return _weekday(str(value), language) if style == "weekday" else str(value)


def _weekday(date: str, language: Language) -> str:
    try:
        return _DAYS[language][datetime.date.fromisoformat(date[:10]).weekday()]
    except ValueError:
        return date


def _number(value: float, style: str | None, language: Language) -> str:
    if style == "bytes":
        power = min(4, max(0, (int(abs(value)).bit_length() - 1) // 10))
        text = f"{value / 1024**power:.{0 if power == 0 else 1}f} {_UNITS[language][power]}"
    elif style == "duration":
        return _duration(value, language)
    else:
        text = str(value)
    return text.replace(".", ",") if language == "fr" else text


def _duration(seconds: float, language: Language) -> str:
    if seconds < 60:
        return f"{round(seconds, 1):g} s".replace(".", "," if language == "fr" else ".")
    parts, left = [], int(seconds)
    for length, unit in _PERIODS[language]:
        if count := left // length:
            parts.append(f"{count} {unit}")
        left %= length
    return " ".join(parts)

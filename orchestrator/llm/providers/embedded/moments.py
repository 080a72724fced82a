"""Dates and times in a text, in either language, as ISO 8601 from the clock that the model was given (UTC)."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from orchestrator.llm.providers.embedded.language import aligned

_DAYS: Final = {
    "today": 0, "tonight": 0, "this morning": 0, "ce matin": 0, "tomorrow": 1, "yesterday": -1,
    "aujourd'hui": 0, "ce soir": 0, "demain": 1, "hier": -1, "apres-demain": 2,
}  # fmt: skip
_WEEK: Final = {
    "monday": 0, "tuesday": 1, "wednesday": 2, "thursday": 3, "friday": 4, "saturday": 5, "sunday": 6,
    "lundi": 0, "mardi": 1, "mercredi": 2, "jeudi": 3, "vendredi": 4, "samedi": 5, "dimanche": 6,
}  # fmt: skip
_UNITS: Final = {
    "minute": 60, "min": 60, "hour": 3600, "heure": 3600, "day": 86400, "jour": 86400, "week": 604800,
    "semaine": 604800,
}  # fmt: skip
_SINCE: Final = ("since", "depuis")  # a day of the past follows
_ISO: Final = re.compile(r"(?<![\w./-])\d{4}-\d\d-\d\d(?:[t ]\d\d:\d\d(?::\d\d)?)?(?![\w/-])")
_LATER: Final = re.compile(r"\b(?:in|dans)\s+(\d{1,5})\s+(minute|min|hour|heure|day|jour|week|semaine)s?\b")
_AGO: Final = re.compile(
    r"\b(\d{1,5}) (minute|min|hour|heure|day|jour|week|semaine)s? (?:ago|earlier)\b"
    r"|\b(?:il y a|(?<=depuis )) ?(\d{1,5}|une?) (minute|min|hour|heure|day|jour|week|semaine)s?\b"
    r"|\b(an?) (minute|hour|day|week) ago\b"
    r"|(?:\b(?:for|in|over|during) )?\bthe (?:last|past) (\d{1,5}) (minute|min|hour|day|week)s\b"
    r"|(?:\b(?:pendant|sur) )?\b(?:les|ces) (\d{1,5}) dernieres? (minute|min|heure|semaine)s\b"
)
_DAY: Final = re.compile(
    r"(?:\b(?:on|next|for|pour)\s+)?(?<![\w/.-])("
    + "|".join(map(re.escape, (*_DAYS, *_WEEK)))
    + r")(?![\w/-]|\.\w)(?:\s+(?:next|prochain)\b)?"
)
_HOUR: Final = re.compile(
    r"(?:\b(?:at|a|vers|by)\s+)?(?<![\w:.,])([01]?\d|2[0-3])(?:\s*(am|pm)\b|\s?h(?:eures?)?\s*([0-5]\d)?(?!\w)|:([0-5]\d)(?!\w|:\d))"
)


def today(now: float) -> str:
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d")


def find(text: str, now: float) -> Iterable[tuple[int, int, str]]:
    """Where moments stand in a text, and their dates or times."""
    folded = aligned(text)
    here = datetime.fromtimestamp(now, UTC)
    for found in _ISO.finditer(folded):
        yield found.start(), found.end(), found.group().upper().replace(" ", "T")
    for found in _LATER.finditer(folded):
        later = here + timedelta(seconds=int(found[1]) * _UNITS[found[2]])
        yield found.start(), found.end(), later.strftime("%Y-%m-%dT%H:%M")
    for found in _AGO.finditer(folded):
        count, unit = next((count, unit) for count, unit in zip(*[iter(found.groups())] * 2, strict=True) if unit)
        earlier = here - timedelta(seconds=(int(count) if count.isdigit() else 1) * _UNITS[unit])
        yield found.start(), found.end(), earlier.strftime("%Y-%m-%dT%H:%M")
    hours = {found.start(): found for found in _HOUR.finditer(folded)}
    for day in _DAY.finditer(folded):
        beside = [hour for hour in hours.values() if _adjacent(folded, day.span(), hour.span())]
        date = _day(day[1], here)
        if day[1] in _WEEK and folded[: day.start()].rstrip().endswith(_SINCE):
            date -= timedelta(days=7)
        if beside:
            hour = hours.pop(beside[0].start())
            span = min(day.start(), hour.start()), max(day.end(), hour.end())
            yield *span, _at(date, hour).strftime("%Y-%m-%dT%H:%M")
        else:
            yield *day.span(), date.strftime("%Y-%m-%d")
    for hour in hours.values():
        at = _at(here, hour)
        yield *hour.span(), (at if at > here else at + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")


def _adjacent(text: str, left: tuple[int, int], right: tuple[int, int]) -> bool:
    first, second = sorted((left, right))
    return first[1] <= second[0] and not text[first[1] : second[0]].strip(" ,")


def _day(word: str, here: datetime) -> datetime:
    if word in _DAYS:
        return here + timedelta(days=_DAYS[word])
    return here + timedelta(days=(_WEEK[word] - here.weekday() - 1) % 7 + 1)


def _at(day: datetime, hour: re.Match[str]) -> datetime:
    number = int(hour[1])
    if hour[2]:
        number = number % 12 + (12 if hour[2] == "pm" else 0)
    return day.replace(hour=number, minute=int(hour[3] or hour[4] or 0))

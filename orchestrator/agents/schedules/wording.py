"""When something is to happen, as people say it in English and French: `every Monday at 9`, `dans 20 minutes`."""

import datetime
import re
import unicodedata
import zoneinfo
from typing import Final

from orchestrator.kernel.errors import InvalidInput
from orchestrator.kernel.timing import Timing

LEAST: Final = 60.0  # seconds between two times
MOST: Final = 10 * 366 * 86400.0  # seconds from now
_USUAL: Final = (9, 0)  # o'clock, where only a day is said

_WEEK: Final = {
    "monday": 0, "tuesday": 1, "wednesday": 2, "thursday": 3, "friday": 4, "saturday": 5, "sunday": 6,
    "lundi": 0, "mardi": 1, "mercredi": 2, "jeudi": 3, "vendredi": 4, "samedi": 5, "dimanche": 6,
}  # fmt: skip
_UNITS: Final = {
    "minute": 60, "min": 60, "hour": 3600, "heure": 3600, "h": 3600, "day": 86400, "jour": 86400, "week": 604800,
    "semaine": 604800,
}  # fmt: skip
_NUMBERS: Final = {
    "a": 1, "an": 1, "one": 1, "un": 1, "une": 1, "two": 2, "deux": 2, "three": 3, "trois": 3, "four": 4, "quatre": 4,
    "five": 5, "cinq": 5, "six": 6, "ten": 10, "dix": 10, "half an": 0.5, "une demi": 0.5, "other": 2,
}  # fmt: skip
_NEAR: Final = {
    "today": 0, "tonight": 0, "tomorrow": 1, "aujourd'hui": 0, "ce soir": 0, "ce matin": 0, "demain": 1,
    "apres-demain": 2, "apres demain": 2, "this evening": 0, "the day after tomorrow": 2,
}  # fmt: skip

_MANY: Final = r"(\d{1,5}|half an|une demi|an?|one|une?|two|deux|three|trois|four|quatre|five|cinq|six|ten|dix|other)"
_UNIT: Final = r"(minute|min|hour|heure|h|day|jour|week|semaine)s?"
_TIME: Final = re.compile(
    r"\b(?:at|a|vers|by|around)?\s*\b(?:(noon|midi|midnight|minuit)|([01]?\d|2[0-3])(?:\s*(am|pm)|\s?h(?:eures?)?\s?([0-5]\d)?"
    r"|:([0-5]\d))|(?:(?<=at )|(?<=\ba ))([01]?\d|2[0-3]))\s*(?:o'clock)?(?![\w:])"
)
_LATER: Final = re.compile(rf"(?:in|dans)\s+{_MANY}[\s-]*{_UNIT}(?: from now)?")
_EVERY: Final = re.compile(rf"(?:every|each|toutes les|tous les|chaque)(?:\s+{_MANY})?\s*{_UNIT}")
_AGAIN: Final = re.compile(
    r"^(?:every|each|tous les|toutes les|chaque|le|les|on|hourly|daily|weekly|monthly)\b|^en semaine"
)
_MONTH: Final = re.compile(
    r"(?:every|each) month(?: on)?(?: the)? (\d{1,2})(?:st|nd|rd|th)?"
    r"|monthly(?: on)?(?: the)? (\d{1,2})(?:st|nd|rd|th)?"
    r"|(?:the|le) (\d{1,2})(?:st|nd|rd|th|er)? (?:of (?:every|each) month|(?:de chaque|du) mois)"
    r"|(?:chaque|tous les) mois le (\d{1,2})(?:er)?"
)
_MONTHS: Final = {
    name: number
    for names in ("january february march april may june july august september october november december",
                  "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
                  "jan feb mar apr may jun jul aug sep oct nov dec")
    for number, name in enumerate(names.split(), 1)
}  # fmt: skip
_NAMED: Final = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DATED: Final = re.compile(
    rf"(?:on |le |the )*(?P<day>\d{{1,2}})(?:st|nd|rd|th|er)?(?: of)? (?P<month>{_NAMED})(?: (?P<year>\d{{4}}))?"
    rf"|(?:on )?(?P<month_>{_NAMED}) (?:the )?(?P<day_>\d{{1,2}})(?:st|nd|rd|th)?(?: (?P<year_>\d{{4}}))?"
    r"|(?P<first>on |le )?(?P<one>\d{1,2})/(?P<other>\d{1,2})/(?P<year__>\d{4})"
)
_CHANGE: Final = re.compile(
    r"(?:when(?:ever)?|each time|quand|lorsque|des que|chaque fois que)\s+(?:the file |le fichier )?"
    r"[\"«`']?\s*(\S+?)\s*[\"»`']?"
    r"\s+(?:changes|is changed|change|est modifie|est change)"
)


def timing(said: str, now: float, zone: str = "") -> Timing:
    """What the words mean. Raises InvalidInput, with examples, for what they may not."""
    try:
        place = zoneinfo.ZoneInfo(zone) if zone else None
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidInput(f"There is no time zone {zone!r}.", hint="Write it as Europe/Paris.") from None
    text = _folded(said)
    found = _read(text, said, now, place, zone)
    if found is None or found == Timing():
        raise InvalidInput(
            f"{said[:200]!r} is no time that can be read for certain.",
            hint="Say it as: in 20 minutes, tomorrow at 18:00, every Monday at 9, every 2 hours, 2027-01-31 08:00.",
        )
    if found.every and found.every < LEAST:
        raise InvalidInput("More often than once a minute is not possible.")
    if found.at and not now < found.at <= now + MOST:
        raise InvalidInput(f"{found} is {'over' if found.at <= now else 'too far away'}.")
    return found


def _read(text: str, said: str, now: float, place: datetime.tzinfo | None, zone: str) -> Timing | None:
    if (found := _CHANGE.fullmatch(text)) is not None:
        start = found.start(1)
        return Timing(path=said.strip()[start : start + len(found[1])])
    if (found := _LATER.fullmatch(text)) is not None:
        return Timing(at=now + _count(found[1]) * _UNITS[found[2]], zone=zone)
    if (found := _EVERY.fullmatch(text)) is not None and _UNITS[found[2]] < 86400:
        return Timing(every=_count(found[1]) * _UNITS[found[2]])
    if text in ("hourly", "toutes les heures"):
        return Timing(every=3600.0)
    if (moment := _iso(text, place)) is not None:
        return Timing(at=moment, zone=zone)
    return _of_day(text, now, place, zone)


def _of_day(text: str, now: float, place: datetime.tzinfo | None, zone: str) -> Timing | None:
    """What is left when the time of day is taken away must be a day that is known."""
    clock = _TIME.search(text)
    hour, minute = _clock(clock) if clock else _USUAL
    left = " ".join((text[: clock.start()] + " " + text[clock.end() :] if clock else text).replace(",", " ").split())
    if (month := _MONTH.fullmatch(left)) is not None:
        date = int(next(filter(None, month.groups())))
        return Timing(date=date, hour=hour, minute=minute, zone=zone) if 1 <= date <= 31 else None
    if left in ("every day", "each day", "daily", "tous les jours", "chaque jour", "every morning", "tous les matins"):
        return Timing(hour=hour, minute=minute, zone=zone)
    if left in ("every weekday", "on weekdays", "en semaine", "tous les jours ouvres", "chaque jour ouvre"):
        return Timing(days=(0, 1, 2, 3, 4), hour=hour, minute=minute, zone=zone)
    if (every := _EVERY.fullmatch(left)) is not None and not clock:
        return Timing(every=_count(every[1]) * _UNITS[every[2]])
    if (dated := _DATED.fullmatch(left)) is not None:
        return _dated(dated, datetime.time(hour, minute), now, place, zone)
    days = _days(left)
    if days and _AGAIN.match(left) and not re.match(r"on \w+day$", left):
        return Timing(days=tuple(sorted(set(days))), hour=hour, minute=minute, zone=zone)
    ahead = _NEAR.get(left, 0 if clock and not left else None)
    here = datetime.datetime.fromtimestamp(now, place)
    if ahead is None and len(days) == 1:
        ahead = (days[0] - here.weekday() - 1) % 7 + 1
    if ahead is None:
        return None
    if left in ("tonight", "ce soir", "this evening") and not clock:
        hour = 20
    day = here.date() + datetime.timedelta(days=ahead)
    moment = datetime.datetime.combine(day, datetime.time(hour, minute), place).timestamp()
    if not left and moment <= now:
        moment = datetime.datetime.combine(
            day + datetime.timedelta(days=1), datetime.time(hour, minute), place
        ).timestamp()
    return Timing(at=moment, zone=zone)


def _dated(
    found: re.Match[str], clock: datetime.time, now: float, place: datetime.tzinfo | None, zone: str
) -> Timing | None:
    """A day of the calendar: of this year or the next where none is said. What may be two days is none."""
    if found["one"]:
        day, month = int(found["one"]), int(found["other"])
        if day <= 12 and day != month and found["first"] != "le ":  # the English write it in both orders
            return None
    else:
        day, month = int(found["day"] or found["day_"]), _MONTHS[found["month"] or found["month_"]]
    said = found["year"] or found["year_"] or found["year__"]
    this = datetime.datetime.fromtimestamp(now, place).year
    for year in [int(said)] if said else [this, this + 1]:
        try:
            moment = datetime.datetime.combine(datetime.date(year, month, day), clock, place).timestamp()
        except ValueError:
            continue
        if said or moment > now:
            return Timing(at=moment, zone=zone)
    return None


def _days(text: str) -> list[int]:
    """The days of the week, where nothing but them is said."""
    words = re.findall(r"[\w'-]+", text)
    rest = [word for word in words if word.removesuffix("s") not in _WEEK]
    if not set(rest) <= {
        "every",
        "each",
        "and",
        "et",
        "on",
        "next",
        "prochain",
        "tous",
        "les",
        "chaque",
        "le",
        "weekly",
    }:
        return []
    return [_WEEK[word.removesuffix("s")] for word in words if word.removesuffix("s") in _WEEK]


def _iso(text: str, place: datetime.tzinfo | None) -> float | None:
    written = re.fullmatch(
        r"(?:on |le )?(\d{4}-\d\d-\d\d)(?:(?:t| at | a | )(\d{1,2}:\d\d(?::\d\d)?)(z|[+-]\d\d:\d\d)?)?", text
    )
    if written is None:
        return None
    clock = written[2] or f"{_USUAL[0]:02}:{_USUAL[1]:02}"
    try:
        moment = datetime.datetime.fromisoformat(f"{written[1]}T{clock.zfill(5)}{(written[3] or '').upper()}")
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=place)).timestamp()


def _clock(found: re.Match[str]) -> tuple[int, int]:
    if found[1]:
        return (12 if found[1] in ("noon", "midi") else 0), 0
    hour = int(found[2] or found[6])
    if found[3]:
        hour = hour % 12 + (12 if found[3] == "pm" else 0)
    return hour, int(found[4] or found[5] or 0)


def _count(said: str | None) -> float:
    if said is None:
        return 1
    return float(said) if said.isdigit() else _NUMBERS[said]


def _folded(text: str) -> str:
    """Small letters without accents, as long as the text is."""
    marks = (unicodedata.normalize("NFKD", mark)[:1] or mark for mark in text.strip().lower().replace("’", "'"))
    return re.sub(r"\s", " ", "".join(marks)).rstrip(" .!")

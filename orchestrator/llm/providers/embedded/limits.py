"""What narrows a request: `larger than 1 MB`, `modified today`, `the last 5 lines`. It is done, or the request is not.

A number, a moment or a comparison that nothing takes is never passed over: an answer without it would be wrong.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from orchestrator.llm.providers.embedded.language import aligned
from orchestrator.llm.providers.embedded.lexicon import words
from orchestrator.llm.providers.embedded.segment import Clause

Sense: TypeAlias = Literal["over", "under", "since", "before", "lines", "last", "is"]


class Limit(Struct, frozen=True):
    sense: Sense
    start: int  # the words that say it
    end: int
    unit: str  # the concept measured: size, modified, line
    least: float = 0  # a size, seconds since 1970, a first line, a number of last lines
    most: float = 0  # the end of a span of time, a last line


_BYTES: Final = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_AMOUNT: Final = r"(?P<amount>\d+(?:[.,]\d+)?)\s*(?P<power>[kmgt]?)i?(?:o|b|bytes?|octets?)\b"
_OVER: Final = r"(?:larger|bigger|greater|heavier|more|over|above|at least)(?: than)?|exceeding|>=?"
_UNDER: Final = r"(?:smaller|lighter|less|under|below|at most)(?: than)?|<=?"
_PLUS: Final = r"(?:plus (?:grand|gros|lourd|volumineux)e?s?) que|(?:de |font )?plus de|superieure?s? a|depassant|>=?"
_MOINS: Final = r"(?:plus (?:petit|leger|legere)e?s?) que|(?:de |font )?moins de|inferieure?s? a|<=?"
_SIZE: Final = re.compile(
    rf"(?:(?:that are|which are|are|qui font|font)\s+)?"
    rf"(?:(?P<over>{_OVER}|{_PLUS})|(?P<under>{_UNDER}|{_MOINS}))\s*{_AMOUNT}(?: in size)?"
)
_CHANGED: Final = (
    r"(?:(?:that|which|who)? ?(?:was|were|have been|has been)? ?(?:last )?(?:modified|changed|edited|updated)"
    r"|(?:qui )?(?:ont|a)? ?(?:ete|etaient|sont|est)? ?(?:modifie|change)e?s?)"
)
_WHEN: Final = re.compile(
    rf"{_CHANGED}\s+(?:(?P<day>today|yesterday|aujourd'hui|hier)"
    r"|(?:in|within|during|over|dans|ces|depuis)?\s*(?:the |les |the )?(?:last|past|derniere?s)?\s*(?P<count>\d{1,4})"
    r"\s*(?:last |derniere?s )?(?P<span>minute|hour|heure|day|jour|week|semaine)s?)\b"
)
_LAST: Final = re.compile(
    r"(?:\blast (?P<a>\d{1,6}) (?:lines?|rows?)|\b(?P<b>\d{1,6}) (?:last|final) (?:lines?|rows?)"
    r"|\b(?P<c>\d{1,6}) derniere?s? lignes?|\bderniere?s? (?P<d>\d{1,6}) lignes?|\b(?P<e>last line|derniere ligne))\b"
)
_RANGE: Final = re.compile(
    r"\b(?:lines?|rows?|lignes?) (?P<first>\d{1,7})"
    r"(?:\s*(?:to|through|until|and|a|jusqu'a|et|-|–)\s*(?P<last>\d{1,7}))\b"
)
_NUMBERED: Final = re.compile(r"\b(?:(?:the|le) )?(?P<unit>port|pid) (?P<number>\d{1,7})\b")
_SECONDS: Final = {
    "minute": 60, "hour": 3600, "heure": 3600, "day": 86400, "jour": 86400, "week": 604800, "semaine": 604800,
}  # fmt: skip


def limit(clause: Clause, now: float) -> Limit | None:
    """The limit that a clause sets, if it is one that can be kept."""
    text = aligned(clause.text[clause.start : clause.end])
    at = clause.start
    if found := _SIZE.search(text):
        amount = float(found["amount"].replace(",", ".")) * _BYTES[found["power"]]
        return Limit("over" if found["over"] else "under", at + found.start(), at + found.end(), "size", amount)
    if found := _WHEN.search(text):
        return Limit("since", at + found.start(), at + found.end(), "modified", *_span(found, now))
    if found := _LAST.search(text):
        count = next((int(found[name]) for name in "abcd" if found[name]), 1)
        return Limit("last", at + found.start(), at + found.end(), "line", count)
    if found := _RANGE.search(text):
        first, last = int(found["first"]), int(found["last"])
        if 0 < first <= last:
            return Limit("lines", at + found.start(), at + found.end(), "line", first, last)
    if found := _NUMBERED.search(text):
        return Limit("is", at + found.start(), at + found.end(), found["unit"], int(found["number"]))
    return None


def _span(found: re.Match[str], now: float) -> tuple[float, float]:
    if found["count"]:
        return now - int(found["count"]) * _SECONDS[found["span"]], now
    midnight = datetime.fromtimestamp(now, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if found["day"] in ("today", "aujourd'hui"):
        return midnight.timestamp(), now + 1
    return (midnight - timedelta(days=1)).timestamp(), midnight.timestamp()


def without(clause: Clause, limit: Limit) -> Clause:
    """The clause without the words that set its limit."""
    blank = " " * (limit.end - limit.start)
    text = clause.text[: limit.start] + blank + clause.text[limit.end :]
    return Clause(
        text,
        clause.start,
        clause.end,
        tuple(word for word in clause.words if not limit.start <= word.start < limit.end),
        tuple(each for each in clause.mentions if each.end <= limit.start or limit.end <= each.start),
        clause.language,
    )


def holds(limit: Limit, value: object) -> bool:
    if limit.unit == "modified":
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            return False
        return limit.least <= moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() <= limit.most
    if not isinstance(value, int | float):
        return False
    if limit.sense == "is":
        return value == limit.least
    return value > limit.least if limit.sense == "over" else value < limit.least


def chosen(limit: Limit, text: str) -> str:
    lines = text.splitlines(keepends=True)
    if limit.sense == "last":
        return "".join(lines[-int(limit.least) :])
    return "".join(lines[int(limit.least) - 1 : int(limit.most)])


# What is left over

_NARROWING: Final = words(
    "than except excluding hidden older newer since until between larger bigger smaller heavier modified changed"
    " created edited updated recently sauf excepte hormis caches entre modifie modifies modifiee modifiees cree crees"
    " depuis"
)
_THEN: Final = re.compile(
    r"\b(?:will (?:it|we|that|there|today)\b|will be\b|was (?:it|the|yesterday)\b|were we\b|sera\b|serons\b|seront\b"
    r"|etait\b|etions\b|etaient\b|(?:next|last) (?:week|month|year)\b"
    r"|(?:semaine|mois|annee|an) (?:prochaine?|derniere?)\b)"
)
_BUT: Final = re.compile(
    r"\b(?:all|every\w*|tou[ts]|toutes?)\b[^,;.]*\b(?:but|save|apart from|other than|mais pas|sauf)\b"
)


def left_over(clause: Clause, used: frozenset[int], vocabulary: frozenset[str], ignoring: frozenset[str]) -> bool:
    """Whether a limit is said that nothing takes. `used`: places of the words that are values of arguments."""
    for mention in clause.mentions:
        told = mention.kind == "number" or (mention.kind == "moment" and not mention.weak)
        if told and mention.start not in used and not _few(clause, mention.start, mention.end):
            return True
    for word in clause.words:
        if word.norm in _NARROWING and word.start not in used and word.concept not in vocabulary | ignoring:
            return True
    said = aligned(clause.text[clause.start : clause.end])
    return bool(_BUT.search(said)) or (bool(_THEN.search(said)) and not used)


def _few(clause: Clause, start: int, end: int) -> bool:
    """`these two files`, `both 2`: a number of things that were named or found."""
    before = next((word.norm for word in reversed(clause.words) if word.end <= start), "")
    return before in ("these", "those", "both", "ces", "les", "my", "mes", "tous", "toutes", "all")

"""Times as people word them, for tools that take them in words: `tomorrow at 18:00`, `tous les lundis à 9h`."""

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from orchestrator.llm.providers.embedded.language import Token, aligned
from orchestrator.llm.providers.embedded.mentions import Mention
from orchestrator.llm.providers.embedded.segment import Clause

_COUNT: Final = r"(?:\d{1,5}|half an|une demi|an?|une?|two|deux|three|trois|four|quatre|five|cinq|six|ten|dix)"
_UNIT: Final = r"(?:minute|min|hour|heure|day|jour|week|semaine|month|mois|h\b)s?"
_DAY: Final = (
    r"(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday"
    r"|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)s?"
)
_DAYS: Final = rf"{_DAY}(?:(?:\s*,\s*|\s+(?:and|et)\s+)(?:les? )?{_DAY})*"
_PART: Final = r"(?:morning|evening|afternoon|night|matin|soir|midi|apres-midi)s?"
_CLOCK: Final = (
    r"(?:noon|midi|midnight|minuit|\d{1,2}(?::\d\d|\s?h(?:eures?)?\s?(?:\d\d)?)?\s*(?:am|pm)?(?![\w:%/]|[.,]\d))"
)
_PLAIN_CLOCK: Final = r"(?:\d{1,2}:\d\d|\d{1,2}\s?h(?:eures?)?\s?(?:\d\d)?(?!\w)|\d{1,2}\s*(?:am|pm)\b)"
_AT: Final = rf"(?:,?\s*(?:\b(?:at|a|vers|by|around)\s+{_CLOCK}|{_PLAIN_CLOCK}))"
_DATED: Final = r"(?:(?:on )?the \d{1,2}(?:st|nd|rd|th)?|le \d{1,2}(?:er)?)"
_MONTH: Final = (
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december"
    r"|janvier|fevrier|mars|avril|mai|juin|juillet|aout|septembre|octobre|novembre|decembre"
    r"|jan|feb|mar|apr|jun|jul|aug|sep|oct|nov|dec)\b"
)
_DAY_OF: Final = (
    rf"(?:(?:on |le )?(?:the )?\d{{1,2}}(?:st|nd|rd|th|er)?(?: of)? {_MONTH}(?:,? \d{{4}})?"
    rf"|(?:on )?{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?|(?:on |le )?\d{{1,2}}/\d{{1,2}}/\d{{4}})"
)
_AGAIN: Final = (
    rf"(?:(?:every|each)\s+(?:{_COUNT}\s+|other\s+)?(?:{_UNIT}|{_DAYS}|weekday|{_PART})(?:\s+{_DATED})?"
    rf"|(?:tous|toutes) les\s+(?:{_COUNT}\s+)?(?:{_UNIT}|{_DAYS}|{_PART})(?:\s+ouvres)?(?:\s+{_DATED})?"
    rf"|chaque\s+(?:{_UNIT}|{_DAYS}|{_PART})(?:\s+{_DATED})?|{_DATED} (?:of (?:every|each) month|(?:de chaque|du) mois)"
    r"|hourly|daily|weekly|monthly)"
)
_ONCE: Final = (
    rf"(?:the day after tomorrow|apres[- ]demain|(?:today|tomorrow|tonight|demain|aujourd'hui)(?: {_PART})?"
    rf"|(?:this|ce|cet|cette) {_PART}|(?:on |next |this |le )?{_DAY}(?: (?:next|prochain|{_PART}))?"
    rf"|\d{{4}}-\d\d-\d\d|{_DAY_OF})"
)
_LATER: Final = rf"(?:in|dans)\s+{_COUNT}[\s-]*{_UNIT}(?: from now)?"
_CHANGE: Final = (
    r"(?:when(?:ever)?|each time|every time|quand|lorsque|des que|chaque fois que)\s+(?:the file |le fichier )?"
    r"[\"«`']?\s*\S+\.\w+\s*[\"»`']?\s+(?:changes|is changed|change|est modifie|est change)"
)
_FOUND: Final = re.compile(
    rf"(?<![\w/.-])(?:(?P<again>{_CHANGE}|{_AGAIN}{_AT}?|{_AT}\s+{_AGAIN})"
    rf"|{_LATER}|{_ONCE}{_AT}?|{_AT}\s+{_ONCE}|{_AT})(?![\w/-])"
)
_JOINING: Final = " ,:"


class Told(msgspec.Struct, frozen=True):
    start: int
    end: int
    again: bool  # again and again, or whenever something happens


def find(text: str, start: int = 0, end: int | None = None) -> Iterator[Told]:
    """Where times stand in a text, each as long as it can be."""
    folded = aligned(text)
    for found in _FOUND.finditer(folded, start, len(text) if end is None else end):
        lead = len(found.group()) - len(found.group().lstrip(" ,"))
        yield Told(found.start() + lead, found.end() - _trailing(found.group()), found["again"] is not None)


def _trailing(text: str) -> int:
    return len(text) - len(text.rstrip())


def whole(value: object) -> bool:
    """Whether a value is nothing but such a time."""
    return isinstance(value, str) and any((each.start, each.end) == (0, len(value)) for each in find(value))


def noticed(clause: Clause) -> Clause:
    """The clause with the times in it as values of a kind of their own."""
    told = list(find(clause.text, clause.start, clause.end))
    quoted = [each for each in clause.mentions if each.kind == "quoted"]
    told = [each for each in told if not any(each.start < other.end and other.start < each.end for other in quoted)]
    if not told:
        return clause

    def outside(start: int) -> bool:
        return not any(each.start <= start < each.end for each in told)

    mentions = [each for each in clause.mentions if outside(each.start)]
    mentions += [Mention("timing", each.start, each.end, clause.text[each.start : each.end]) for each in told]
    return msgspec.structs.replace(
        clause,
        words=tuple(word for word in clause.words if outside(word.start)),
        mentions=tuple(sorted(mentions, key=lambda each: each.start)),
    )


def leading(text: str) -> Told | None:
    """The time that a request begins with: `every day at 7, …`."""
    first = next(find(text), None)
    return first if first and not text[: first.start].strip() and text[first.end :].strip(_JOINING) else None


def alone(words: tuple[Token, ...], text: str) -> bool:
    """Whether words are nothing but a time."""
    if not words:
        return False
    start, end = words[0].start, words[-1].end
    return any(each.start <= start and end <= each.end for each in find(text[:end], start))

"""Requests worded as an example is, other values in their places: `salue Paul` where an example says `salue Ada`."""

import re
from collections.abc import Iterator
from typing import Any, Final

from msgspec import Struct

from orchestrator.llm.providers.embedded import texts
from orchestrator.llm.providers.embedded.index import ACCEPTS, Entry, Parameter
from orchestrator.llm.providers.embedded.language import STOP_WORDS, Token, fold, is_action, known, stem
from orchestrator.llm.providers.embedded.lexicon import ARTICLES, DEFINITE, FILLERS, PROGRAMS, THINGS
from orchestrator.llm.providers.embedded.mentions import Mention
from orchestrator.llm.providers.embedded.segment import Clause
from orchestrator.llm.providers.embedded.shown import Frame, Part, choices, spells

_FREE: Final = 0.3  # how much less sure a request is that is nothing but free text
_TYPED: Final = frozenset(["path", "glob", "url", "email", "timing"])  # a free text is none of these, unless quoted
_TELLING: Final = 3  # words of an example that leave no doubt about what stands between them
_CODE: Final = re.compile(r"\w\(")
_ANY: Final = frozenset(["any", "some", "des", "all"])
_OF_THEM: Final = frozenset(["des", "du"])
_INTO: Final = frozenset(["in", "into", "to", "as", "at", "dans", "vers", "sous"])
# Where nothing is moved, it is one whether something is looked for in, from or with a file.
_FROM: Final = frozenset(["in", "from", "of", "using", "with", "de", "dans", "avec", "depuis", "sur"])
_PER: Final = frozenset(["by", "per", "par"])
_LEADING: Final = frozenset(["show", "create"])  # acts that add nothing to `a chart of …`
_ELIDED: Final = {
    "d": "de",
    "du": "de",
    "des": "de",
    "l": "le",
    "la": "le",
    "j": "je",
    "qu": "que",
    "n": "ne",
    "m": "me",
    "t": "te",
}
_BRIEF: Final = 2  # words that a brief value may have above the longest one shown


class Found(Struct, frozen=True):
    """The values of a request that is worded as an example."""

    mentions: dict[str, Mention]
    stretches: dict[str, tuple[int, int]]  # of free text
    chosen: dict[str, Any]
    score: float


class _Item(Struct, frozen=True):
    start: int
    end: int
    word: Token | None
    mention: Mention | None


_Values = dict[str, tuple[int, int]]  # of a slot: from which item to which


def find(clause: Clause, entry: Entry) -> Found | None:
    """The values that a clause gives a tool, where all of it is worded as one of the tool's examples."""
    said = {word.concept for word in clause.words}
    near = [frame for frame in entry.frames if frame.heavy <= said]
    if not near:
        return None
    aligner = _Aligner(clause, entry)
    found = [each for frame in near if (each := aligner.found(frame))]
    return max(found, key=lambda each: each.score, default=None)


class _Aligner:
    def __init__(self, clause: Clause, entry: Entry) -> None:
        self._clause = clause
        self._entry = entry
        self._items = _items(clause)
        self._strict = False  # whether words of one concept are told apart: `on` and `off` are said by verbs
        self._mentions = {each.start: each for each in clause.mentions}

    def found(self, frame: Frame) -> Found | None:
        for begin in self._beginnings():
            self._strict = any(
                each.heavy == frame.heavy and each.constants != frame.constants for each in self._entry.frames
            ) or (bool(frame.constants) and "date" in frame.heavy)  # `by week` is not `by month`
            for values in self._values(frame.parts, 0, begin):
                if (found := self._read(frame, values)) is not None:
                    return found
        return None

    def _beginnings(self) -> Iterator[int]:
        for place, item in enumerate(self._items):
            yield place
            act = item.word.concept if item.word else ""
            shown = self._entry.harmless and is_action(act) and act in _LEADING | self._entry.heads
            if item.word is None or (
                item.word.norm not in FILLERS | ARTICLES and item.word.norm.isalnum() and not shown
            ):
                return

    def _values(self, parts: tuple[Part, ...], at: int, item: int) -> Iterator[_Values]:
        """Every way to lay the parts from `at` on over the items from `item` on, short free texts first."""
        if at == len(parts):
            if item == len(self._items):
                yield {}
            return
        part = parts[at]
        here = self._items[item] if item < len(self._items) else None
        if not part.slot:
            if here and here.word and (_same(here.word, part, self._strict) or self._led(here.word, part)):
                yield from self._values(parts, at + 1, item + 1)
            elif part.norm in ARTICLES | _ANY:
                yield from self._values(parts, at + 1, item)
            elif here and here.word and here.word.norm in ARTICLES:
                yield from self._values(parts, at, item + 1)
            return
        parameter = self._entry.parameter(part.slot)
        if here is None or parameter is None or (at and parameter.named and self._several(parts[at - 1], item)):
            return
        if parameter.named and here.word and here.word.norm in _OF_THEM:
            yield from self._values(parts, at, item + 1)  # `des montants par région`: the name is `montants`
        if not parameter.named and (lead := self._leading(item)):
            yield from self._values(parts, at, item + lead)  # `run the command …`
        for end in self._ends(parameter, item):
            for values in self._values(parts, at + 1, end):
                yield {part.slot: (item, end), **values}

    def _leading(self, item: int) -> int:
        """How many words only say that a command follows."""
        said = [each.word for each in self._items[item : item + 2] if each.word]
        lead = next((place for place, word in enumerate(said) if word.concept == "command"), None)
        return lead + 1 if lead is not None and all(word.norm in DEFINITE for word in said[:lead]) else 0

    def _several(self, part: Part, item: int) -> bool:
        """Whether the noun before an item speaks of several, where an example's leads to one: `the containers …`."""
        word = self._items[item - 1].word if item else None
        plural = word is not None and word.concept in THINGS and word.norm.endswith("s")
        return plural and not part.norm.endswith("s")

    def _led(self, word: Token, part: Part) -> bool:
        """Whether two small words lead to a value alike, for a tool that only looks."""
        return self._entry.harmless and any(word.norm in alike and part.norm in alike for alike in (_FROM, _PER))

    def _ends(self, parameter: Parameter, item: int) -> Iterator[int]:
        """Where a value that begins at an item may end."""
        here = self._items[item]
        if parameter.kind in ("enum", "boolean", "json"):
            if here.word and any(spells(here.word, value) for value in choices(parameter.schema)):
                yield item + 1
            return
        mention = here.mention or self._mentions.get(here.start)
        if parameter.kind != "quoted":
            if mention and mention.kind in ACCEPTS[parameter.kind]:
                yield next((n for n, each in enumerate(self._items) if each.start >= mention.end), len(self._items))
            elif mention is None and parameter.kind == "path" and parameter.worded and here.word:
                yield item + 1  # `zip src into …`
            return
        if (
            parameter.named
            and mention
            and mention.kind == "path"
            and not mention.weak
            and "." not in str(mention.value)
        ):
            yield item + 1  # `the branch feature/login`
            return
        if parameter.coined and not parameter.worded:
            if mention and mention.kind in ("name", "path", "url") and str(mention.value).startswith(parameter.prefix):
                yield next((n for n, each in enumerate(self._items) if each.start >= mention.end), len(self._items))
            return
        beyond = 0 if parameter.named and not self._entry.harmless else _BRIEF
        most = parameter.longest + beyond if parameter.brief else len(self._items)
        for end in range(item + 1, min(item + most, len(self._items)) + 1):
            last = self._items[end - 1]
            if last.mention and last.mention.kind in _TYPED:
                return
            yield end

    def _read(self, frame: Frame, values: _Values) -> Found | None:
        mentions: dict[str, Mention] = {}
        stretches: dict[str, tuple[int, int]] = {}
        chosen = dict(frame.constants)
        free = 0
        kinds = {each.kind for each in self._entry.parameters if each.name in values}
        timed = "timing" in kinds
        for name, (first, end) in values.items():
            parameter = self._entry.parameter(name)
            item = self._items[first]
            mention = item.mention or self._mentions.get(item.start)
            assert parameter is not None
            if not self._recognised(frame, parameter, self._items[first:end]):
                return None
            if parameter.kind in ("enum", "boolean", "json"):
                assert item.word is not None
                chosen[name] = next(value for value in choices(parameter.schema) if spells(item.word, value))
            elif mention and (
                parameter.kind != "quoted"
                or (mention.kind == "quoted" and end == first + 1)
                or (mention.kind == "path" and parameter.named)
                or (mention.kind == "name" and item.word is None and end == first + 1 and parameter.named)
            ):
                mentions[name] = mention
                free += mention.kind == "name" and not parameter.coined
            else:
                span = item.start, self._items[end - 1].end
                sure = len(frame.heavy) >= _TELLING or (frame.slots > 1 and parameter.named)
                code = bool(_CODE.search(self._clause.text[slice(*span)]))
                quotes = any(each.mention and each.mention.kind == "quoted" for each in self._items[first:end])
                meant = texts.meant(self._clause, self._entry, parameter, *span, sure=sure, timed=timed)
                if frame.quoted(name):
                    meant, code = self._bare(frame, self._items[first:end]), False
                if (quotes and not code) or not (meant or code):
                    return None
                stretches[name] = span
                free += end - first
        return Found(mentions, stretches, chosen, 1 - _FREE * free / max(1, free + len(frame.parts) - len(values)))

    def _bare(self, frame: Frame, items: tuple[_Item, ...]) -> bool:
        """Whether one word stands where examples have a quotation, between words that leave no doubt: `a by b in c`."""
        word = items[0].word
        plain = word is not None and word.norm not in STOP_WORDS and not is_action(word.concept)
        return plain and len(items) == 1 and frame.slots >= _TELLING

    def _recognised(self, frame: Frame, parameter: Parameter, items: tuple[_Item, ...]) -> bool:
        """Whether a bare name may stand without the noun that leads to it elsewhere: `restart nginx`."""
        led = parameter.leading
        if not (parameter.required and parameter.named and parameter.kind == "quoted") or not led or led & frame.heavy:
            return True
        words = [item.word for item in items if item.word]
        if len(items) != len(words):
            mention = items[0].mention
            coined = mention is not None and mention.kind == "name" and parameter.coined
            return coined and len(items) == 1 and frame.led(parameter.name)
        if len(words) == 1 and fold(words[0].text) in parameter.values:
            return True
        names = all(not known(word.norm) and word.norm not in ARTICLES | PROGRAMS for word in words)
        return self._entry.harmless and len(words) == 1 and names


def _items(clause: Clause) -> tuple[_Item, ...]:
    """The words and the typed values of a clause in order; signs and politeness at its end left out."""
    polite = texts.POLITE.search(clause.text[clause.start : clause.end].rstrip(" ,\n"))
    end = clause.start + polite.start() if polite else clause.end
    names = [each for each in clause.mentions if each.kind == "name"]
    spoken = [
        _Item(word.start, word.end, word, None)
        for word in clause.words
        if (word.norm.isalnum() or "_" in word.norm) and not any(each.start <= word.start < each.end for each in names)
    ]
    begun = {each.start for each in spoken}
    set_apart = [_Item(each.start, each.end, None, each) for each in clause.mentions if each.start not in begun]
    return tuple(sorted((each for each in (*spoken, *set_apart) if each.start < end), key=lambda each: each.start))


def _same(word: Token, part: Part, strict: bool) -> bool:
    alike = stem(word.norm) == stem(part.norm) if strict else word.concept == part.concept
    if word.norm in _INTO and part.norm in _INTO:
        return True
    return _ELIDED.get(word.norm, word.norm) == _ELIDED.get(part.norm, part.norm) or (
        alike and word.norm not in STOP_WORDS and part.norm not in STOP_WORDS
    )

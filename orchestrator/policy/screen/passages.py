"""Which passages of a text give orders to the assistant that reads it.

Two witnesses are heard: cues (phrases that are written for assistants, collected by hand) and the manner (what a
sentence has in common with examples, learnt). Either can be enough; together less of each is.
"""

import re
from collections.abc import Iterator

from msgspec import Struct

from orchestrator.policy.screen.cues import cues, hints
from orchestrator.policy.screen.letters import Letters, letters, spelled_out
from orchestrator.policy.screen.manner import Features, bias, features, glance
from orchestrator.policy.screen.sentences import Sentence, apart_in, said, sentences, words

ENOUGH = 5.0  # weight of what speaks for it
DOUBTFUL = 2.0  # where it is only looked at what an answer repeats of it
ORDER = 2  # weight of an order, whoever it is for
LURE = 2  # and of a place to go to, or money
LIKE = 3.2  # weight of a manner that is no more like the examples than unlike them
LIKER = 4.0  # and of each point more
UNLIKE = -0.9  # a manner in which no cue is looked for
NEARLY = 1.5  # and of a sentence whose neighbours are asked
ROW = 3  # sentences that are weighed together
NEAR = 3  # sentences from one that shows something to the next
FAR = 900  # characters of them at most
GLANCE = 20  # hundredths: what the words of a sentence weigh by themselves, where it is looked into

_LURE = re.compile(
    r"https?://|[\w.+-]@[\w-]+\.\w|\b[A-Za-z]{2}\d\d(?: ?[\dA-Z]{4}){3}|\+?\d[\d\s]{8,}|\b(?:curl|wget|sudo) |\b0x\w"
)
_ALARM = re.compile(r"\W*(?:important|urgent|security|alert|warning|attention|notice|stop|official)\b|.*(?:!!|\*\*\*)")


class Found(Struct, frozen=True):
    start: int
    end: int
    cues: tuple[str, ...]


class Screened(Struct, frozen=True):
    """The passages, in their order; none overlaps another."""

    found: tuple[Found, ...]
    doubtful: tuple[Found, ...]  # no more than a reason to look


def screened(text: str) -> Screened:
    form = _Text(letters(text))
    found, doubtful = list(form.passages(ENOUGH)), list(form.passages(DOUBTFUL))
    for start, end, hidden in spelled_out(text):
        if any(one.start <= start < one.end for one in found):
            continue
        within = screened(hidden)
        if within.found:
            found.append(Found(start, end, ("encoded", *within.found[0].cues)))
        elif within.doubtful:
            doubtful.append(Found(start, end, ("encoded", *within.doubtful[0].cues)))
    left = [one for one in doubtful if not any(one.start < other.end and other.start < one.end for other in found)]
    return Screened(_in_order(found), _in_order(left))


def found_in(text: str) -> tuple[Found, ...]:
    return screened(text).found


def _in_order(found: list[Found]) -> tuple[Found, ...]:
    return tuple(sorted(found, key=lambda passage: passage.start))


class _Voice(Struct):
    """A sentence that was looked into."""

    voices: tuple[str, ...]
    cues: dict[str, int]  # what each family of them weighs
    manner: Features


class _Text:
    """Only sentences whose words could be part of an order, and those around what nearly is one, are looked into."""

    def __init__(self, form: Letters) -> None:
        self._form = form
        self._all = list(sentences(form.plain))
        apart = apart_in(form.plain)
        self._glanced = [_worth(apart, one) for one in self._all]
        self._voices: dict[int, _Voice] = {}
        self._weights: dict[tuple[int, int], tuple[bool, float]] = {}
        self._orders: dict[int, bool] = {}

    def passages(self, enough: float) -> Iterator[Found]:
        """What was found, each with what goes with it; what overlaps is one."""
        found: list[tuple[int, int, dict[str, None]]] = []
        for first, last in self._rows(enough):
            names = dict.fromkeys(name for at in range(first, last + 1) for name in self._voice(at).cues)
            if found and last <= found[-1][1]:
                found[-1] = (found[-1][0], found[-1][1], found[-1][2] | names)
                continue
            first, last = self._widened(first, last, enough)
            while found and first <= found[-1][1]:
                before = found.pop()
                first, last, names = min(first, before[0]), max(last, before[1]), before[2] | names
            found.append((first, last, names))
        for first, last, names in found:
            start, end = self._all[first].start, self._all[last].end
            yield Found(self._form.places[start], self._form.places[end], tuple(names) or ("manner",))

    def _rows(self, enough: float) -> list[tuple[int, int]]:
        """The shortest rows of sentences that weigh enough, in their order."""
        found: set[tuple[int, int]] = set()
        nearly: list[int] = []
        for at in (at for at, worth in enumerate(self._glanced) if worth):
            weight = self._weight(at, at, enough)
            if weight >= enough:
                found.add((at, at))
            elif weight >= NEARLY:
                nearly.append(at)
        for size in range(1, ROW):
            for first in dict.fromkeys(at - back for at in nearly for back in range(size, -1, -1)):
                last = first + size
                if first < 0 or last >= len(self._all) or self._all[last].start - self._all[first].end > FAR:
                    continue
                known = any((one, to) in found for one in range(first, last + 1) for to in range(one, last + 1))
                if not known and self._weight(first, last, enough) >= enough:
                    found.add((first, last))
        return sorted(found)

    def _weight(self, first: int, last: int, enough: float) -> float:
        """What speaks for the sentences as one order; who is near is asked where that could make it enough."""
        if (first, last) not in self._weights:
            self._weights[first, last] = self._together(first, last)
        families, weight = self._weights[first, last]
        if families and enough > weight >= enough - ORDER - LURE:
            around = [at for at in self._around(first, last) if self._ordering(at)]
            weight += ORDER * bool(around) + LURE * any(map(self._luring, around))
        return weight

    def _together(self, first: int, last: int) -> tuple[bool, float]:
        """Whether any cue is in them, and what they weigh by themselves."""
        families: dict[str, int] = {}
        manner: Features = {}
        for at in range(first, last + 1):
            voice = self._voice(at)
            manner |= voice.manner
            families |= {name: max(weight, families.get(name, 0)) for name, weight in voice.cues.items()}
        return bool(families), sum(families.values()) + LIKE + LIKER * (bias() + sum(manner.values()))

    def _around(self, first: int, last: int) -> Iterator[int]:
        begins, ends = self._all[first].block, self._all[last].block + self._opens(last)
        for at in range(max(0, first - 1), min(len(self._all), last + 3)):
            if begins <= self._all[at].block <= ends:
                yield at

    def _voice(self, at: int) -> _Voice:
        if at not in self._voices:
            voices = said(self._text(at))
            every, first = words(voices)
            manner = features(every, first)
            if first:  # or without the name of its field
                manner = max(manner, features(every[first:], 0), key=lambda one: sum(one.values()))
            likely = bias() + sum(manner.values()) > UNLIKE
            self._voices[at] = _Voice(voices, _families(every, voices) if likely else {}, manner)
        return self._voices[at]

    def _ordering(self, at: int) -> bool:
        if at not in self._orders:
            self._orders[at] = any(map(cues().order.search, self._voice(at).voices))
        return self._orders[at]

    def _luring(self, at: int) -> bool:
        one = self._all[at]
        return _LURE.search(self._form.shown, one.start, one.end) is not None

    def _text(self, at: int) -> str:
        one = self._all[at]
        return " ".join(self._form.plain[one.start : one.end].split())

    def _opens(self, at: int) -> bool:
        """Whether what it says goes on in the next paragraph."""
        return self._text(at).endswith(":") or bool({"turn", "call"} & self._voice(at).cues.keys())

    def _widened(self, first: int, last: int, enough: float) -> tuple[int, int]:
        """With what goes on with it near by, the orders before it and the rest of its paragraph."""
        every = self._all
        while (at := self._further(range(first - 1, max(-1, first - 1 - NEAR), -1), enough)) is not None:
            first = at
        while (at := self._further(range(last + 1, min(len(every), last + 1 + NEAR)), enough)) is not None:
            last = at
        block = every[first].block
        while first and every[first - 1].block == block and self._leads(first - 1, enough):
            first -= 1
        block = every[last].block + self._opens(last)
        while last + 1 < len(every) and every[last + 1].block <= block:
            last += 1
        return first, last

    def _further(self, near: range, enough: float) -> int | None:
        """The first of these sentences that has something of an order in it too."""
        for at in near:
            if self._glanced[at] and (self._voice(at).cues or self._weight(at, at, enough) >= NEARLY):
                return at
        return None

    def _leads(self, at: int, enough: float) -> bool:
        return self._ordering(at) or bool(_ALARM.match(self._text(at))) or self._weight(at, at, enough) >= NEARLY


def _worth(apart: str, one: Sentence) -> bool:
    """Whether its words, each by itself, could be part of an order."""
    return sum(map(glance, set(apart[one.start : one.end].split()))) >= GLANCE


def _families(every: list[str], voices: tuple[str, ...]) -> dict[str, int]:
    found: dict[str, int] = {}
    for cue in hints(every):
        if found.get(cue.family, 0) < cue.weight and any(map(cue.is_in, voices)):
            found[cue.family] = cue.weight
    return found

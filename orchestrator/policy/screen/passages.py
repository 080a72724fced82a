"""Which passages of a text give orders to the assistant that reads it."""

import re
from bisect import bisect_right
from collections.abc import Iterator

from msgspec import Struct

from orchestrator.policy.screen.cues import Cue, cues, hints
from orchestrator.policy.screen.letters import Letters, letters, spelled_out

ENOUGH = 5  # weight of what speaks for it
ORDER = 2  # weight of an order, whoever it is for
LURE = 2  # and of a place to go to, or money
NEAR = 3  # sentences without a cue between two that belong together
FAR = 900  # characters between them at most
LONGEST = 600  # characters of a sentence; what is longer is more than one
WRAPPED = 45  # characters of a line that may go on in the next

_WORD = re.compile(r"[a-z_]{2,}")
_END = re.compile(
    r"([.!?][\"')\]]*)\s+|\n\s*|(\"[:,])\s(?=\")|(-->)|<(?=!--|/?(?:p|div|li|td|tr|h\d|section|article|br|body)\b)"
)
_KEY = re.compile(r"\s*(?:[-*] )?[\"']?[\w .@()/-][\w .@()/:-]{0,40}[\"']?\s?:(?:\s|$)|\s*(?:[-*#<>|{}\[]|//|\d+[.)])")
_FIELD = re.compile(  # the name of a field, or who speaks
    r"[-{\[* ]*(?:\"[\w .-]{1,40}\"|'[\w .-]{1,40}'|[\w.@-]{1,40}) ?: [\"']?"
    r"|[\w .@()/-][\w .@()/:-]{0,40}?: (?![\"'])|(?:<[^<>]{1,200}> ?)+|[\"'\[{ -]+"
)
_QUOTED = re.compile(
    r"(?<=[\w,:] )(?:\"[^\"\n]{1,200}\"|'[^'\n]{4,200}'|`[^`\n]{1,200}`)|(?<=\()\"[^\"\n]{1,200}\""
    r"|\"[^\"\n]{1,300}[,.!?]\" (?=said|says|asked|replied|whispered|cried|he |she |the \w+ (?:said|asked))"
)
_DATA = re.compile(r"[\[{\"]|[\w.-]{1,40} ?: [\"']")
_LURE = re.compile(
    r"https?://|[\w.+-]@[\w-]+\.\w|\b[A-Za-z]{2}\d\d(?: ?[\dA-Z]{4}){3}|\+?\d[\d\s]{8,}|\b(?:curl|wget|sudo) |\b0x\w"
)
_ALARM = re.compile(r"\W*(?:important|urgent|security|alert|warning|attention|notice|stop|official)\b|.*(?:!!|\*\*\*)")


class Found(Struct, frozen=True):
    start: int
    end: int
    cues: tuple[str, ...]


def found_in(text: str) -> tuple[Found, ...]:
    """The passages, in their order; none overlaps another."""
    form = letters(text)
    known = hints(dict.fromkeys(_WORD.findall(form.plain)))  # in their order: a replay finds the same
    passages = list(_Sentences(form, known).passages()) if known else []
    for start, end, said in spelled_out(text):
        inside = any(one.start <= start < one.end for one in passages)
        if not inside and (hidden := found_in(said)):
            passages.append(Found(start, end, ("encoded", *hidden[0].cues)))
    return tuple(sorted(passages, key=lambda passage: passage.start))


class _Sentence(Struct):
    start: int
    end: int
    block: int  # paragraph or field


class _Sentences:
    """The sentences of a text; only those that may hold a cue, and those around what was found, are looked into."""

    def __init__(self, form: Letters, known: dict[str, list[Cue]]) -> None:
        self._form = form
        self._all = list(_sentences(form.plain))
        self._cues = {at: found for at, of in self._hinted(known).items() if (found := self._found(at, of))}
        self._orders: dict[int, bool] = {}

    def _hinted(self, known: dict[str, list[Cue]]) -> dict[int, list[Cue]]:
        """What each sentence may hold, where it and those near it could weigh enough."""
        plain, starts = self._form.plain, [sentence.start for sentence in self._all]
        hinted: dict[int, dict[int, Cue]] = {}
        for word, of in known.items():
            place = plain.find(word)
            while place >= 0:
                hinted.setdefault(bisect_right(starts, place) - 1, {}).update((id(cue), cue) for cue in of)
                place = plain.find(word, place + len(word))
        return {at: list(found.values()) for at, found in hinted.items()}

    def _found(self, at: int, hinted: list[Cue]) -> dict[str, int]:
        said = self._said(at)
        found: dict[str, int] = {}
        for cue in hinted:
            if found.get(cue.family, 0) < cue.weight and any(map(cue.is_in, said)):
                found[cue.family] = cue.weight
        return found

    def _text(self, at: int) -> str:
        one = self._all[at]
        return " ".join(self._form.plain[one.start : one.end].split())

    def _said(self, at: int) -> tuple[str, ...]:
        """Without what it only quotes; where a name stands before it, without that too."""
        text = self._text(at)
        named = _FIELD.match(text)
        said = (text, text[named.end() :]) if named is not None else (text,)
        if _DATA.match(text) or not ('"' in text or "'" in text or "`" in text):
            return said
        return tuple(_QUOTED.sub(" ", one) for one in said)

    def _ordering(self, at: int) -> bool:
        if at not in self._orders:
            order = cues().order
            self._orders[at] = any(order.search(one) for one in self._said(at))
        return self._orders[at]

    def _luring(self, at: int) -> bool:
        one = self._all[at]
        return self._ordering(at) and _LURE.search(self._form.shown, one.start, one.end) is not None

    def _opens(self, at: int) -> bool:
        """Whether what it says goes on in the next paragraph."""
        return self._text(at).endswith(":") or bool({"turn", "call"} & self._cues.get(at, {}).keys())

    def passages(self) -> Iterator[Found]:
        for first, last in self._groups():
            names = dict.fromkeys(name for at in range(first, last + 1) for name in self._cues.get(at, ()))
            start, end = self._widened(first, last)
            yield Found(self._form.places[start], self._form.places[end], tuple(names))

    def _groups(self) -> Iterator[tuple[int, int]]:
        """The first and the last sentence of what belongs together and weighs enough."""
        groups: list[tuple[int, int]] = []
        for at in sorted(self._cues):
            if groups and self._near(groups[-1][1], at):
                groups[-1] = (groups[-1][0], at)
            else:
                groups.append((at, at))
        return (group for group in groups if self._enough(*group))

    def _near(self, one: int, other: int) -> bool:
        return other - one <= NEAR and self._all[other].start - self._all[one].end <= FAR

    def _enough(self, first: int, last: int) -> bool:
        weights: dict[str, int] = {}
        for at in range(first, last + 1):
            for family, weight in self._cues.get(at, {}).items():
                weights[family] = max(weight, weights.get(family, 0))
        total = sum(weights.values())
        if total + ORDER + LURE < ENOUGH:
            return False
        begins, ends = self._all[first].block, self._all[last].block + self._opens(last)
        near = range(max(0, first - 1), min(len(self._all), last + 3))
        around = [at for at in near if begins <= self._all[at].block <= ends]
        return total + ORDER * any(map(self._ordering, around)) + LURE * any(map(self._luring, around)) >= ENOUGH

    def _widened(self, first: int, last: int) -> tuple[int, int]:
        """With the orders before it and the rest of its paragraph."""
        every = self._all
        block = every[first].block
        while first and every[first - 1].block == block and self._leads(first - 1):
            first -= 1
        block = every[last].block + self._opens(last)
        while last + 1 < len(every) and every[last + 1].block <= block:
            last += 1
        return every[first].start, every[last].end

    def _leads(self, at: int) -> bool:
        return self._ordering(at) or bool(_ALARM.match(self._text(at)))


def _sentences(plain: str) -> Iterator[_Sentence]:
    start = line = block = 0
    for match in _END.finditer(plain):
        end = max(match.end(1), match.end(2), match.end(3), match.start())
        following = match.start() if match[0] == "<" else match.end()
        if match[2] is not None and plain[line] not in "\"'{[":
            continue  # quotations in a row, and no data
        if "\n" in match[0]:
            wraps = match[0].count("\n") == 1 and end - line >= WRAPPED and not _KEY.match(plain, following)
            line = following
            if wraps and plain[end - 1] not in ".!?:":
                continue
        yield from _pieces(plain, start, end, block)
        block += _parts(plain, match, following)
        start = following
    yield from _pieces(plain, start, len(plain), block)


def _parts(plain: str, match: re.Match[str], following: int) -> bool:
    """Whether another paragraph begins, another field or another part of a page."""
    if "\n" in match[0]:
        return match[0].count("\n") > 1 or _KEY.match(plain, following) is not None
    return match[1] is None


def _pieces(plain: str, start: int, end: int, block: int) -> Iterator[_Sentence]:
    while end > start and plain[end - 1].isspace():
        end -= 1
    while end - start > LONGEST:
        space = plain.rfind(" ", start + LONGEST // 2, start + LONGEST)
        cut = space if space > 0 else start + LONGEST
        yield _Sentence(start, cut, block)
        start = cut
    if end > start:
        yield _Sentence(start, end, block)

"""One example of a tool, read: the words it is spoken with, and where its values stand."""

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, Final

from msgspec import Struct

from orchestrator.kernel.messages import Example
from orchestrator.llm.providers.embedded import timings
from orchestrator.llm.providers.embedded.language import STOP_WORDS, Token, concept_of, fold, is_action, stem, tokens
from orchestrator.llm.providers.embedded.lexicon import FILLERS, QUESTIONS, SAYABLE
from orchestrator.llm.providers.embedded.mentions import Finder
from orchestrator.llm.providers.embedded.segment import SPOKEN, Clause

Bag = frozenset[str]
SMALL: Final = 4  # words that tell a tool by their order alone, where each of them is a small one
_ARTICLES: Final = frozenset(["the", "an", "l", "un", "une"])
_LIGHT: Final = frozenset(["fais", "faire", "fait", "faites", "do", "have"])  # verbs that say no act


class Part(Struct, frozen=True):
    """A word of an example, or the place of an argument's value in it."""

    norm: str = ""
    concept: str = ""
    slot: str = ""
    quoted: bool = False  # a value between quotation marks


class Frame(Struct, frozen=True):
    """An example with its values left open: `say hello to <who>`."""

    parts: tuple[Part, ...]
    heavy: Bag  # the concepts of its words that are more than small ones
    constants: dict[str, Any]  # the choices that its words mean without spelling them

    @property
    def slots(self) -> int:
        return sum(bool(part.slot) for part in self.parts)

    def led(self, name: str) -> bool:
        """Whether a small word leads to a value: `on web1`."""
        return any(part.slot == name and before.norm in STOP_WORDS for before, part in pairwise(self.parts))

    def quoted(self, name: str) -> bool:
        return any(part.quoted for part in self.parts if part.slot == name)


class Shown:
    """One example, its argument values found in its text."""

    def __init__(self, example: Example, finder: Finder, vocabulary: frozenset[str]) -> None:
        self.example = example
        words = tokens(example.text, vocabulary)
        mentions = finder.find(example.text, words, example.language)
        read = Clause(example.text, 0, len(example.text), words, mentions, example.language)
        if any(map(timings.whole, example.arguments.values())):
            read = timings.noticed(read)
        self.words, self.mentions = read.words, read.mentions
        self.spans = {name: self._span(value) for name, value in example.arguments.items()}
        values = [found for found in self.spans.values() if found]
        inside = [found[:2] for found in values]
        inside += [(each.start, each.end) for each in self.mentions if not each.weak and each.kind not in SPOKEN]
        outside = [word for word in self.words if not any(s <= word.start < e for s, e in inside)]
        begun = {found[0] for found in values if found[2] != "quoted"}
        kinds = {f"<{found[2]}>" for found in values if found[2] != "quoted"}
        self.bag = bag(outside) | kinds.union(*(each.kinds for each in self.mentions if each.start in begun))
        self.cues = self.bag | {stem(word.norm) for word in outside if word.norm not in STOP_WORDS}
        self.head = head(outside)
        self.acts = bag(word for word, before in zip(outside, [None, *outside], strict=False) if not _noun(before))

    def _span(self, value: Any) -> tuple[int, int, str] | None:
        for mention in self.mentions:
            address = mention.kind == "url" and self.example.text[mention.start : mention.end] == value
            if address or _same(mention.value, value):
                return mention.start, mention.end, mention.kind
        if isinstance(value, str) and (found := re.search(rf"(?<!\w){re.escape(value)}(?!\w)", self.example.text)):
            return (*found.span(), "quoted")
        for word in self.words if isinstance(value, str) and len(value) > 1 else ():
            if spells(word, value):
                return word.start, word.end, "quoted"
        if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
            found = re.search(r"\W+(?:(?:and|et)\W+)?".join(map(re.escape, value)), self.example.text)
            return (*found.span(), "quoted") if found else None
        if isinstance(value, str) and value.strip():
            place = self.example.text.find(value)
            if place >= 0:
                return place, place + len(value), "quoted"
        return None

    def frame(self, chosen: set[str]) -> Frame | None:
        """The example with its values left open; None where a value is not to be seen in it."""
        places: list[tuple[int, int, str]] = []
        constants: dict[str, Any] = {}
        for name, value in self.example.arguments.items():
            if span := self.spans.get(name):
                places.append((span[0], span[1], name))
            elif name in chosen or value == "":
                constants[name] = value
            else:
                return None
        outside = [
            word
            for word in self.words
            if (word.norm.isalnum() or "_" in word.norm) and not any(s <= word.start < e for s, e, _ in places)
        ]
        while outside and self._idle(outside[0], places):
            outside.pop(0)
        heavy = [w for w in outside if w.norm not in (STOP_WORDS | QUESTIONS) - SAYABLE and w.concept != "show"]
        typed = places and all(span[2] != "quoted" for span in self.spans.values() if span)
        chooses = any(name in chosen for _, _, name in places)
        if not heavy and not chooses and len(outside) < SMALL - bool(typed):
            return None
        parts = [(word.start, Part(word.norm, word.concept)) for word in outside]
        parts += [(start, Part(slot=name, quoted=self.apart(start))) for start, _, name in places]
        ordered = tuple(part for _, part in sorted(parts, key=lambda each: each[0]))
        return Frame(ordered, frozenset(word.concept for word in heavy), constants)

    def _idle(self, word: Token, places: Sequence[tuple[int, int, str]]) -> bool:
        """Whether a word that an example begins with says nothing: not `on` before a name."""
        leads = any(start - word.end <= 1 for start, _, _ in places if start >= word.end)
        return word.norm in FILLERS and not leads and not any(start < word.start for start, _, _ in places)

    def apart(self, start: int) -> bool:
        return self.example.text[start] in "\"'`«“‘"

    def around(self, span: tuple[int, int, str]) -> tuple[Token | None, Token | None]:
        before = [word for word in self.words if word.end <= span[0] and word.norm.isalnum()]
        after = [word for word in self.words if word.start >= span[1] and word.norm.isalnum()]
        return (before[-1] if before else None), (after[0] if after else None)


def _noun(before: Token | None) -> bool:
    """Whether what follows is a thing: `the archive` is no act."""
    return before is not None and before.norm in _ARTICLES


def head(words: Sequence[Token]) -> str:
    """The concept that a request begins with, politeness aside: its verb, or what stands for one (`bill Ada 50`)."""
    first = next((word for word in words if word.norm.isalpha() and word.norm not in FILLERS | _LIGHT), None)
    return first.concept if first and first.norm not in QUESTIONS | STOP_WORDS else ""


def spells(word: Token, value: Any) -> bool:
    """Whether a word names a choice, in either language."""
    if not isinstance(value, str):
        return False
    folded = fold(value)
    if word.norm == folded:
        return True
    concept = concept_of(folded)
    return word.norm not in STOP_WORDS and word.concept == concept and len(folded) > 1 and not is_action(concept)


def types(schema: dict[str, Any]) -> set[str]:
    """The JSON types that a schema accepts."""
    found = schema.get("type", ())
    kinds = {found} if isinstance(found, str) else set(found)
    for branch in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        kinds |= types(branch)
    return kinds


def choices(schema: dict[str, Any]) -> list[Any]:
    found = list(schema.get("enum", ()))
    for branch in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        found += choices(branch)
    return found


def bag(words: Iterable[Token]) -> Bag:
    return frozenset(
        word.concept for word in words if word.norm not in STOP_WORDS and (word.norm.isalpha() or "_" in word.norm)
    )


def _same(found: Any, meant: Any) -> bool:
    if isinstance(found, str) and isinstance(meant, str):
        return re.sub(r"[\s()]", "", found).rstrip("/") == re.sub(r"[\s()]", "", meant).rstrip("/")
    return type(meant) is not bool and bool(found == meant)

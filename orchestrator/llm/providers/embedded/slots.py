"""Filling a tool's arguments from a clause: by the type of each parameter, and by where examples put values."""

import re
from collections.abc import Sequence
from typing import Any, Final

from msgspec import Struct

from orchestrator.llm.providers.embedded import lexicon
from orchestrator.llm.providers.embedded.index import Entry, Parameter, choices, types
from orchestrator.llm.providers.embedded.language import STOP_WORDS, Token, concept_of, fold, is_action, known
from orchestrator.llm.providers.embedded.lexicon import words
from orchestrator.llm.providers.embedded.mentions import Mention
from orchestrator.llm.providers.embedded.segment import Clause

_ACCEPTS: Final[dict[str, tuple[str, ...]]] = {
    "path": ("path", "folder"), "glob": ("glob",), "url": ("url",), "email": ("email",), "zone": ("zone",),
    "expression": ("expression",), "number": ("number",), "moment": ("moment",), "quoted": ("quoted",),
}  # fmt: skip
_ARTICLES: Final = words("the a an le la les l un une my mon ma mes this that ce cet cette ces of de du d")
_INTRODUCE: Final = words(
    "containing saying contenant disant says dit reads text texte word mot words mots line ligne phrase"
    " sentence string message contient mention mentions"
)
_EVERY: Final = words("all every everything any anything something tous tout toutes chaque it them that")
_SAYABLE: Final = words("hello hi hey bonjour salut ok merci yes no oui non")
_PLACES: Final = words("in into to onto at dans a au vers sur sous inside within from under par with avec et and")
_POLITE: Final = re.compile(
    r"[\s,]*(?:please|pls|s'il (?:te|vous) pla[iî]t|stp|svp|merci|thanks|for me)\s*[.!?]*$", re.I
)


class Filling(Struct, frozen=True):
    arguments: dict[str, Any]
    several: dict[str, tuple[Any, ...]]  # a parameter that takes one value, given more
    missing: tuple[Parameter, ...]
    used: frozenset[int]  # places of the words that are values
    kinds: frozenset[str]  # pseudo-words for the mentions that are values
    unexplained: float  # mentions that no parameter takes
    object: tuple[int, int] | None = None  # what a missing text may refer to: places in the request


def fill(clause: Clause, entry: Entry) -> Filling:
    return _Filler(clause, entry).filled()


class _Filler:
    def __init__(self, clause: Clause, entry: Entry) -> None:
        self._clause = clause
        self._entry = entry
        self._free = list(joined(clause.mentions))
        self._arguments: dict[str, Any] = {}
        self._several: dict[str, tuple[Any, ...]] = {}
        self._used: set[int] = set()
        self._kinds: set[str] = set()
        self._taken: list[Mention] = []
        self._object: tuple[int, int] | None = None

    def filled(self) -> Filling:
        parameters = sorted(self._entry.parameters, key=lambda each: (each.tail, not each.required))
        tails = [each for each in parameters if each.tail and each.kind == "quoted"]
        for each in tails:  # a value that runs to the end may hold anything: it goes first
            self._text(each)
        for each in parameters:
            if each.kind in ("enum", "boolean"):
                self._choice(each)
        for each in parameters:
            if each.kind not in ("quoted", "enum", "boolean", "json"):
                self._typed(each)
        for each in parameters:
            if each.kind == "quoted" and each not in tails:
                self._text(each)
        missing = tuple(each for each in self._entry.required if each.name not in self._given())
        strong = [mention for mention in self._free if not mention.weak and mention.kind not in ("zone", "number")]
        loose = [mention for mention in self._free if mention.weak and mention.kind == "folder"]
        return Filling(
            self._arguments,
            self._several,
            missing,
            frozenset(self._used),
            frozenset(self._kinds),
            len(strong) + 0.5 * len(loose),
            self._object,
        )

    def _given(self) -> set[str]:
        return {*self._arguments, *self._several}

    # Typed values

    def _typed(self, parameter: Parameter) -> None:
        accepted = _ACCEPTS[parameter.kind]
        fitting = [each for each in self._free if each.kind in accepted]
        strong = [each for each in fitting if not each.weak]
        fitting = strong or fitting
        rivals = [
            each
            for each in self._entry.parameters
            if each.kind == parameter.kind and each.name not in self._given() and each is not parameter
        ]
        if parameter.kind == "number":
            fitting = [each for each in fitting if self._counts(parameter, each) or (parameter.required and not rivals)]
        elif rivals and len(fitting) > 1:
            fitting = [each for each in fitting if self._suits(parameter, each)] or fitting[:1]
        if not fitting and parameter.kind in ("path", "glob"):
            fitting = self._spelled(parameter)
        if not fitting:
            return
        several = len(fitting) > 1 and not rivals and parameter.kind not in ("number", "moment")
        for mention in fitting if several else fitting[:1]:
            self._take(mention)
        values = [self._value(parameter, mention) for mention in fitting]
        if several:
            self._several[parameter.name] = tuple(dict.fromkeys(values))
        else:
            self._arguments[parameter.name] = values[0]

    def _spelled(self, parameter: Parameter) -> list[Mention]:
        """A file named where a pattern is wanted is a pattern too."""
        if parameter.kind == "glob":
            has_path = any(each.kind == "path" for each in self._entry.parameters)
            files = [each for each in self._free if each.kind == "path" and not each.weak]
            return [each for each in files if "/" not in str(each.value)][:1] if has_path or files else []
        return []

    def _value(self, parameter: Parameter, mention: Mention) -> Any:
        value = mention.value
        if parameter.kind == "number" and types(parameter.schema) == {"integer"}:
            return int(value)
        if parameter.kind == "moment" and isinstance(value, str):
            form = parameter.schema.get("format")
            return value[:10] if form == "date" else value
        if parameter.kind == "path" and isinstance(value, str) and value not in ("/", "./"):
            return value.rstrip("/")
        return value

    def _suits(self, parameter: Parameter, mention: Mention, names: frozenset[str] | None = None) -> bool:
        """Whether the words beside a value are those beside it in the examples, or the parameter's own name."""
        names = parameter.names if names is None else names
        before = [word for word in self._clause.words if word.end <= mention.start and word.norm.isalnum()][-1:]
        after = [word for word in self._clause.words if word.start >= mention.end and word.norm.isalnum()][:1]
        return any(
            (word.concept in parameter.before and word.norm not in STOP_WORDS) or word.concept in names
            for word in before
        ) or any(
            (word.norm in parameter.after and word.norm not in STOP_WORDS) or word.concept in names for word in after
        )

    def _counts(self, parameter: Parameter, mention: Mention) -> bool:
        """Whether a number is this parameter's rather than another's, by the words beside it."""
        numbers = [each for each in self._entry.parameters if each.kind == "number"]
        shared = frozenset(name for each in numbers if each is not parameter for name in each.names)

        def beside(each: Parameter) -> int:
            return 2 * self._suits(each, mention, frozenset()) + self._suits(each, mention, each.names - shared)

        own = beside(parameter)
        return own > 0 and own >= max(beside(each) for each in numbers)

    def _take(self, mention: Mention) -> None:
        self._free.remove(mention)
        self._taken.append(mention)
        if mention.kind != "quoted":
            self._kinds.add(f"<{mention.kind}>")
        self._use(mention.start, mention.end)

    def _use(self, start: int, end: int) -> None:
        self._used.update(word.start for word in self._clause.words if start <= word.start < end)

    # Choices

    def _choice(self, parameter: Parameter) -> None:
        listed = choices(parameter.schema)
        for word in self._clause.words:
            for value in listed:
                if isinstance(value, str) and _names(word, value):
                    self._arguments[parameter.name] = value
                    self._used.add(word.start)
                    return
        said = {word.concept for word in self._clause.words}
        if not listed and parameter.kind == "boolean":
            for value, cues in parameter.constants:
                if cues & said:
                    self._arguments[parameter.name] = value
                    return
            if not parameter.constants and parameter.names & said:
                self._arguments[parameter.name] = True
        elif listed:
            for value, cues in parameter.constants:
                if cues & said and value in listed:
                    self._arguments[parameter.name] = value
                    return

    # Free text

    def _text(self, parameter: Parameter) -> None:
        quoted = [each for each in self._free if each.kind == "quoted" or (parameter.tail and self._set_apart(each))]
        if quoted:
            fitting = [each for each in quoted if self._suits(parameter, each)] or quoted
            self._take(fitting[0])
            self._arguments[parameter.name] = fitting[0].value
            return
        for value, cues in parameter.constants:
            if value == "" and cues & {word.concept for word in self._clause.words}:
                self._arguments[parameter.name] = ""
                return
        region = self._region(parameter)
        if region is None:
            return
        start, end, explicit = region
        value = self._clause.text[start:end]
        if parameter.tail:
            value = re.sub(r"(?<=\w)[?!.]$", "", _POLITE.sub("", value).rstrip())
        value = value.strip().strip('"«»“”').strip(" ,;") if parameter.tail else value.strip(" ,;.!?:")
        if value and (
            (explicit and not parameter.tail and self._weighty(start, end)) or self._literal(parameter, start, end)
        ):
            if parameter.tail:
                for mention in [each for each in self._free if start <= each.start < end]:
                    self._free.remove(mention)
            self._use(start, end)
            self._arguments[parameter.name] = value
        elif value:
            self._object = (start, end)

    def _set_apart(self, mention: Mention) -> bool:
        return self._clause.text[mention.start] in "\"'`«“‘"

    def _region(self, parameter: Parameter) -> tuple[int, int, bool] | None:
        """Where an unquoted text stands: after its carrier, up to what belongs to another argument.

        Explicit: a colon or a word such as `containing` says that what follows is the text.
        """
        opening = self._opening(parameter)
        if opening is None:
            return None
        start, words, explicit = opening
        end = self._closing(parameter, start, words)
        return (start, end, explicit) if end > start else None

    def _opening(self, parameter: Parameter) -> tuple[int, Sequence[Token], bool] | None:
        clause = self._clause
        colon = next((word for word in clause.words if word.norm == ":"), None)
        if colon is not None and clause.text[colon.end : clause.end].strip():
            return colon.end, (), True
        words = clause.words
        introducers = [
            place
            for place, word in enumerate(words)
            if word.norm in _INTRODUCE and place + 1 < len(words) + 1 and (place or word.norm in parameter.before)
        ]
        carriers = [
            place
            for place, word in enumerate(words)
            if word.concept in parameter.before and word.concept in self._entry.actions
        ]
        acts = [place for place, word in enumerate(words) if word.concept in self._entry.actions]
        for place in (
            *introducers[-1:],
            *carriers[:1],
            *(acts[:1] if parameter.required and not parameter.tail else ()),
        ):
            start = words[place].end
            rest = list(words[place + 1 :])
            while (
                rest
                and (rest[0].concept in ("command", "contain", "word") or rest[0].norm in _INTRODUCE)
                and (not parameter.tail or rest[0].concept == "command" or rest[0].norm in ("la", "the"))
            ):
                start = rest.pop(0).end
            if not parameter.tail:
                while (
                    rest
                    and rest[0].norm in ("moi", "me", "-", "for", "le", "la", "the")
                    and len(rest) > 1
                    and (rest[1].norm in _INTRODUCE or rest[0].norm in ("moi", "me", "-", "for"))
                ):
                    start = rest.pop(0).end
                    while rest and rest[0].norm in _INTRODUCE:
                        start = rest.pop(0).end
            else:
                while (
                    rest
                    and rest[0].norm in ("la", "the", "moi", "-", "cette", "this")
                    and ((len(rest) > 1 and rest[1].concept == "command") or rest[0].norm in ("moi", "-"))
                    and not clause.text[start : rest[0].start].strip()
                ):
                    start = rest.pop(0).end
                    while rest and rest[0].concept == "command":
                        start = rest.pop(0).end
            return start, rest, place in introducers
        return None

    def _closing(self, parameter: Parameter, start: int, words: Sequence[Token]) -> int:
        clause = self._clause
        end = clause.end
        if not words and start > clause.start and clause.text[start - 1] == ":":
            return end
        if parameter.tail:
            for word in words:
                if word.norm in parameter.after and word.norm in ("with", "avec", "dans", "in", "and", "et"):
                    after = [other for other in words if other.start > word.start][:3]
                    if any(
                        other.concept in self._entry.vocabulary and known(other.norm) and other.norm not in STOP_WORDS
                        for other in after
                    ):
                        return word.start
            return end
        others = [each for each in clause.mentions if each.start >= start and (not each.weak or each in self._taken)]
        for mention in others:
            if mention.start < end and mention.kind in ("path", "folder", "glob", "url", "email", "moment", "zone"):
                end = mention.start
        for place, word in enumerate(words):
            if word.start >= end:
                break
            closes = word.norm in _PLACES and (
                end - word.end <= 1
                or not [
                    other
                    for other in words[place + 1 :]
                    if other.end <= end and other.concept not in lexicon.THINGS and other.norm not in STOP_WORDS
                ]
            )
            if closes and word.start > start + 1:
                return word.start
        return end

    def _weighty(self, start: int, end: int) -> bool:
        """Whether words are more than small ones: `the words in` names no text."""
        words = [word for word in self._clause.words if start <= word.start < end and word.norm.isalnum()]
        colon = self._clause.text[start - 1 : start] == ":"
        return colon or not words or any(word.norm not in STOP_WORDS or word.norm in _SAYABLE for word in words)

    def _literal(self, parameter: Parameter, start: int, end: int) -> bool:
        """Whether words are the value itself, not a way to speak of something (`the result`, `it`)."""
        text = self._clause.text[start:end]
        words = [word for word in self._clause.words if start <= word.start < end and word.norm.isalnum()]
        if not words:
            return bool(text.strip(" ,;.!?:")) and any(
                start <= mention.start < end and mention.kind in ("number", "expression")
                for mention in self._clause.mentions
            )
        if parameter.tail:
            return (
                words[0].norm not in _ARTICLES | _EVERY
                and words[0].concept not in ("command", "result")
                and not (all(word.norm in STOP_WORDS for word in words))
            )
        meaningful = [word for word in words if word.norm not in STOP_WORDS or word.norm in _SAYABLE]
        if not meaningful or "edit" in self._clause.actions:
            return False
        if any(word.concept == "artwork" for word in meaningful[:2]):
            return False  # something to be written, not what to write
        ordinary = all(
            word.concept in lexicon.THINGS
            or is_action(word.concept)
            or word.norm in lexicon.SUPERLATIVES
            or word.norm in lexicon.SUPERLATIVE_ADJECTIVES
            or word.concept in lexicon.OPEN
            for word in meaningful
        )
        return not ordinary and (
            words[0].norm not in _ARTICLES - {"a", "un", "une", "du", "des", "de"} or not parameter.required
        )


def _names(word: Token, value: str) -> bool:
    folded = fold(value)
    if word.norm == folded:
        return True
    concept = concept_of(folded)
    return word.norm not in STOP_WORDS and word.concept == concept and len(folded) > 1 and not is_action(concept)


def joined(mentions: tuple[Mention, ...]) -> tuple[Mention, ...]:
    """`sales.csv in the data folder` is one path."""
    files = [each for each in mentions if each.kind == "path" and "/" not in str(each.value) and not each.weak]
    folders = [each for each in mentions if each.kind == "folder" and not each.weak]
    if len(files) != 1 or len(folders) != 1 or any(each.kind == "glob" for each in mentions):
        return mentions
    whole = Mention("path", files[0].start, files[0].end, f"{str(folders[0].value).rstrip('/')}/{files[0].value}")
    return tuple(whole if each is files[0] else each for each in mentions if each is not folders[0])

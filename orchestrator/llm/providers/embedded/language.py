"""Words: cutting a text into tokens, their stems and concepts, typing errors, and which language it is."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

from msgspec import Struct

from orchestrator.kernel.messages import Language
from orchestrator.llm.providers.embedded import lexicon

_WORD = re.compile(r"->|→|[^\W\d_]+n['’]t\b|[^\W\d_]+(?:\d+(?!\w))?|\d+|[^\w\s]")  # `web2` is one word
_SUFFIXES = ("ing", "ed", "ez", "er", "ee", "ir", "e", "y")
_SHORT = {
    "teh": "the", "hte": "the", "whta": "what", "wat": "what", "wht": "what", "gimme": "give", "wich": "which",
    "whats": "what", "tel": "tell", "shwo": "show", "shw": "show", "waht": "what",
    "c": "est", "koi": "quoi", "keske": "que", "ki": "quelle", "kel": "quelle", "kelle": "quelle",
    "pr": "pour", "hw": "how", "r": "are", "u": "you", "ur": "your", "pe": "peux", "slt": "salut", "bjr": "bonjour",
    "dnt": "don't", "thx": "thanks", "bcp": "beaucoup", "dispo": "disponible", "qd": "quand", "ds": "dans",
}  # fmt: skip


_ARROWS = ("->", "→")


class Token(Struct, frozen=True):
    text: str
    start: int
    end: int
    norm: str  # lower case, without accents
    concept: str  # what it shares with words like it; its stem when the lexicon has none


@lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """Lower case without accents; the length may change."""
    plain = text.lower().replace("œ", "oe").replace("æ", "ae").replace("’", "'")
    return "".join(mark for mark in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(mark))


def aligned(text: str) -> str:
    """Folded letter by letter, so that places in the text stay the same."""
    return "".join((fold(letter) or letter)[:1] if ord(letter) > 127 else letter.lower() for letter in text)


@lru_cache(maxsize=4096)
def stem(norm: str) -> str:
    """A light stem: the same for the forms of a word, in either language."""
    word = norm
    if len(word) > 3 and word[-1] in "sx" and word[-2] != "s":
        word = word[:-1]
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            word = word[: -len(suffix)]
            break
    return word[:-1] if len(word) > 4 and word[-1] == word[-2] else word


def _spread(table: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    return {word: concept for concept, sides in table.items() for side in sides for word in side.split()}


# Later tables give way to earlier ones: a word has one concept.
_CONCEPTS: Final = {
    **_spread(lexicon.CHOICES),
    **_spread(lexicon.OPEN),
    **_spread(lexicon.THINGS),
    **_spread(lexicon.ACTIONS),
}
_PHRASES: Final = {tuple(word.split("_")): concept for word, concept in _CONCEPTS.items() if "_" in word}
_GLUE: Final = frozenset("-'")
_LONGEST: Final = max(2 * len(phrase) - 1 for phrase in _PHRASES)
_STEMS: Final = {stem(word): concept for word, concept in reversed(_CONCEPTS.items()) if "_" not in word}
STOP_WORDS: Final = frozenset(" ".join(lexicon.STOP).split())
_MARKS: Final[dict[Language, frozenset[str]]] = {
    "en": frozenset(lexicon.MARKS[0].split()),
    "fr": frozenset(lexicon.MARKS[1].split()),
}
_KNOWN: Final = frozenset(word for word in _CONCEPTS if "_" not in word) | STOP_WORDS | lexicon.QUESTIONS


def concept_of(norm: str) -> str:
    """The concept of one word, or its stem."""
    if found := _CONCEPTS.get(norm):
        return found
    root = stem(norm)
    return _STEMS.get(root, root) if norm not in STOP_WORDS else root


def is_action(concept: str) -> bool:
    return concept in lexicon.ACTIONS


def is_open(concept: str) -> bool:
    return concept in lexicon.OPEN


def known(norm: str) -> bool:
    return norm in _KNOWN or stem(norm) in _STEMS


def listed(norm: str) -> bool:
    """Whether a word is in the lexicon as it is, rather than by its stem."""
    return norm in _CONCEPTS


def tokens(text: str, vocabulary: Iterable[str] = (), *, mend: bool = True) -> tuple[Token, ...]:
    """The tokens of a text. A word in neither the lexicon nor `vocabulary` is mended when it is one slip away."""
    words: list[Token] = []
    extra = vocabulary if isinstance(vocabulary, frozenset) else frozenset(vocabulary)
    for found in _WORD.finditer(text):
        norm = fold(found.group())
        norm = norm.replace("'", "") if norm.endswith("n't") else norm
        norm = "est" if found.group() == "é" else norm  # as it sounds: `kel heure il é`
        norm = "to" if norm in _ARROWS else _SHORT.get(norm, norm)
        concept = concept_of(norm)
        named = found.start() > 0 and found.group()[0].isupper()  # a name is no slip
        if mend and len(norm) >= 4 and norm.isalpha() and not named and not known(norm) and norm not in extra:
            concept = _unglued(norm) or _mended(norm) or concept
        words.append(Token(found.group(), found.start(), found.end(), norm, concept))
    return tuple(_joined(words))


def _joined(words: list[Token]) -> Iterable[Token]:
    """Phrases become one token."""
    place = 0
    while place < len(words):
        for length in range(min(_LONGEST, len(words) - place), 1, -1):
            run = words[place : place + length]
            concept = _PHRASES.get(tuple(word.norm for word in run if word.norm not in _GLUE))
            if concept and run[0].norm not in _GLUE and run[-1].norm not in _GLUE:
                text = " ".join(word.text for word in run)
                norm = "_".join(word.norm for word in run if word.norm not in _GLUE)
                yield Token(text, run[0].start, run[-1].end, norm, concept)
                place += length
                break
        else:
            yield words[place]
            place += 1


def _unglued(norm: str) -> str:
    """`lheure`: the concept behind a French article that lost its apostrophe."""
    found = _CONCEPTS.get(norm[1:], "") if norm[0] in "ld" and norm[1] in "aehiou" else ""
    return found if found in lexicon.THINGS else ""


@lru_cache(maxsize=4096)
def _mended(norm: str) -> str:
    """The concept of the verb or thing that a mistyped word is one slip away from (two in long words)."""
    slips = 2 if len(norm) >= 8 else 1
    best, distance = "", slips + 1
    for word, concept in _CONCEPTS.items():
        if "_" in word or concept in lexicon.OPEN or len(word) < 4 or abs(len(word) - len(norm)) > slips:
            continue
        if word[0] != norm[0] and word[1] != norm[1]:
            continue
        if len(norm) == 4 and sorted(word) != sorted(norm):
            continue  # in short words, only letters that changed places
        if len(norm) == 5 == len(word) and sorted(word) != sorted(norm):
            continue  # or that are missing or too many: `redis` is not `relis`
        apart = edits(norm, word, slips)
        if apart < distance:
            best, distance = concept, apart
    return best


def edits(left: str, right: str, limit: int) -> int:
    """Insertions, deletions, replacements and swaps of neighbours between two words; above `limit`, limit + 1."""
    if abs(len(left) - len(right)) > limit:
        return limit + 1
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        above, row = row, [i]
        for j, b in enumerate(right, 1):
            cost = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
        before = above
    return row[-1]


def detect(text: str, fallback: Language = "en") -> Language:
    """The language of a request, by its small words and its accents."""
    scores = {"en": 0.0, "fr": 0.0}
    for found in _WORD.finditer(text[:4000]):
        norm = fold(found.group()).replace("'", "")
        for language, marks in _MARKS.items():
            scores[language] += norm in marks
        english, french = _SIDES
        scores["en"] += 0.5 * (norm in english and norm not in french)
        scores["fr"] += 0.5 * (norm in french and norm not in english)
        scores["fr"] += 0.6 * any(letter in "éèêàùçôîûœ" for letter in found.group().lower())
    if scores["en"] == scores["fr"]:
        return fallback
    return "fr" if scores["fr"] > scores["en"] else "en"


def _side(number: int) -> frozenset[str]:
    tables = (lexicon.ACTIONS, lexicon.OPEN, lexicon.THINGS)
    return frozenset(word for table in tables for sides in table.values() for word in sides[number].split())


_SIDES: Final = (_side(0), _side(1))

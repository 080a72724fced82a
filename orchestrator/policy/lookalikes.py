"""Text that does not look like what it is: characters that hide or reorder, and letters that imitate others.

What a person approves is what they see. Covers every text of a call's arguments. Does not cover: words that
are merely alike (`paypa1.com`), which only who knows the right name can tell.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Literal, TypeAlias

from msgspec import Struct

from orchestrator.kernel.messages import Arguments, Json

Kind: TypeAlias = Literal["hidden", "reorders", "controls", "imitates"]

_REORDERS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_HIDDEN = re.compile(
    "[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200d\u2060-\u2065\u206a-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0"
    "\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\U000e0000-\U000e007f]"
)
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_JOINED = re.compile(
    "(?<=[\u0600-\u07ff\u0900-\u0dff])[\u200c\u200d]|[\u200d\ufe0f](?=[\u2600-\u27bf\U0001f000-\U0001faff])"
)
_EMOJI = re.compile("(?<=[\u2190-\u2bff\U0001f000-\U0001faff])[\ufe0e\ufe0f\u200d]")
_WORD = re.compile(r"[^\s\"'`()<>\[\]{}|,;=]+")
_IMITATING = frozenset({"CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU", "FULLWIDTH", "MATHEMATICAL"})
_ADDRESS = re.compile(r"(?:[a-z][a-z0-9+.-]*://)?[\w.@-]+\.[\w-]{2,}(?:[:/?#]\S*)?", re.IGNORECASE)
_LETTERS = re.compile(r"[^\W\d_]+")
_TWINS = frozenset(
    "асеһіјорԛѕѵхуԁԍԝАВСЕНІЈКМОРЅТХУαικνορυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧ"
)  # drawn as letters of the Latin alphabet are
REORDERS = re.compile("[\u202a-\u202e\u2066-\u2069]")  # what makes a line read otherwise than it runs
_MOST = 20  # findings of one call


class Lookalike(Struct, frozen=True):
    argument: str
    text: str  # the word it is in
    kind: Kind
    plain: str  # the same, every strange character written as <U+0430>


def lookalikes(arguments: Arguments) -> tuple[Lookalike, ...]:
    """What a person should look at twice before they say yes."""
    found: list[Lookalike] = []
    for argument, text in _texts(arguments):
        for word in _WORD.findall(text) or [text]:
            if kind := strange(word):
                found.append(Lookalike(argument, word[:200], kind, spelled(word[:200])))
            if len(found) == _MOST:
                return tuple(found)
        if not found and (match := _HIDDEN.search(text) or _CONTROLS.search(text)) and not _innocent(text):
            around = text[max(0, match.start() - 20) : match.end() + 20]
            found.append(Lookalike(argument, around, strange(around) or "hidden", spelled(around)))
    return tuple(found)


def strange(word: str) -> Kind | None:
    if word.isascii() and word.isprintable():
        return None
    if _REORDERS.search(word):
        return "reorders"
    if _CONTROLS.search(word):
        return "controls"
    if _HIDDEN.search(word) and not _innocent(word):
        return "hidden"
    scripts = {_script(character) for character in word if character.isalpha()}
    mixed = "LATIN" in scripts and bool(scripts & _IMITATING)
    foreign = bool(scripts & _IMITATING) and bool(_ADDRESS.fullmatch(word)) and "." in word
    return "imitates" if mixed or foreign or {"FULLWIDTH", "MATHEMATICAL"} & scripts else None


def misleads(name: str) -> bool:
    """Whether the name of a file does not show what it is. Each word of it may have its script, unlike an address."""
    if _REORDERS.search(name) or _CONTROLS.search(name) or (_HIDDEN.search(name) and not _innocent(name)):
        return True
    return any(_imitates(word) for word in _LETTERS.findall(name) if not word.isascii())


def _imitates(word: str) -> bool:
    scripts = {_script(letter) for letter in word}
    mixed = "LATIN" in scripts and bool(scripts & _IMITATING)
    return mixed or bool({"FULLWIDTH", "MATHEMATICAL"} & scripts) or (len(word) > 1 and _TWINS.issuperset(word))


def spelled(text: str) -> str:
    """With every character that is not what it seems written as its number."""
    return "".join(_spelled(character) for character in text)


def _spelled(character: str) -> str:
    if character.isascii() and (character.isprintable() or character in "\n\t"):
        return character
    seen = character.isprintable() and not _HIDDEN.match(character)
    return character if seen and _script(character) not in _IMITATING else f"<U+{ord(character):04X}>"


def _innocent(text: str) -> bool:
    return not _HIDDEN.search(without_joiners(text))


def without_joiners(text: str) -> str:
    """Without the characters that only join letters or pictures, as they are for."""
    return _EMOJI.sub("", _JOINED.sub("", text))


def _script(character: str) -> str:
    return unicodedata.name(character, "").partition(" ")[0]


def _texts(value: Json, name: str = "", left: int = 10) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, dict) and left:
        for key, inner in value.items():
            yield from _texts(inner, name or key, left - 1)
            yield name or key, key
    elif isinstance(value, list) and left:
        for inner in value:
            yield from _texts(inner, name, left - 1)

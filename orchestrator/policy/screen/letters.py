"""Letters as they are meant: small, without accents, without what hides or imitates; each place known in the original.

Covers: case, accents, letters of other alphabets that look like Latin ones, styled and full-width letters, digits
for letters, characters that hide, letters apart (`i g n o r e`), tag characters. Not covered: other encodings than
base64 (`spelled_out`), and words misspelt.
"""

import base64
import binascii
import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache

from msgspec import Struct, structs

_ALIKE = {
    "l": "ӏǀ∣",
    "a": "аαɑ", "b": "ьƅ", "c": "сϲ", "d": "ԁɗ", "e": "еєε", "g": "ɡց", "h": "һհ", "i": "іιıɩӀ", "j": "јϳ", "k": "кκ",
    "m": "м", "n": "пոη", "o": "оοօσ", "p": "рρ", "q": "ԛզ", "r": "гᴦ", "s": "ѕʂ", "t": "тτ", "u": "υսц", "v": "νѵ",
    "w": "ԝшω", "x": "хχ", "y": "уγү", "z": "ʐᴢ",
    "A": "АΑ", "B": "ВΒ", "C": "С", "E": "ЕΕ", "H": "НΗ", "I": "ІΙ", "J": "Ј", "K": "КΚ", "M": "МΜ", "N": "Ν",
    "O": "ОΟ", "P": "РΡ", "S": "Ѕ", "T": "ТΤ", "X": "ХΧ", "Y": "УΥ", "Z": "Ζ",
}  # fmt: skip
_RANGES = ((0xA0, 0x250), (0x1E00, 0x1F00), (0x2000, 0x2070), (0x2100, 0x2150), (0x2460, 0x2500), (0xFF01, 0xFF5F))
_STYLED = (0x1D400, 0x1D800)
_HIDDEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0"
    "\U000e0000-\U000e007f\u0300-\u036f]+"
)
_TAGS = range(0xE0020, 0xE007F)  # a copy of ASCII that no one sees, and models read
_STRANGE = re.compile("[^\x00-\x7f]")
FEW = 40  # characters that are sooner replaced one by one
_DIGITS = {ord(digit): letter for digit, letter in zip("013457", "oieast", strict=True)}
_APART = re.compile(r"\b[a-z](?: [a-z]\b){4,}(?: {2,3}[a-z]\b(?: [a-z]\b)*)*")
SPELLED = 32  # letters of a word that may be text in base64
_SPELLED = re.compile(rf"[A-Za-z0-9+/_-]{{{SPELLED},}}={{0,2}}")


class Letters(Struct, frozen=True):
    plain: str
    shown: str  # the same, with its digits as they are
    places: Sequence[int]  # of each letter in the original, and the end of it

    def place(self, at: int) -> int:
        return self.places[at]


def letters(text: str) -> Letters:
    form = _letters(text)
    apart = sum(form.plain.count(letter) for letter in (" e ", " n ", " r ", " s ", " t ")) > 2
    return structs.replace(form, plain=closed_up(form.plain)) if apart else form


def _letters(text: str) -> Letters:
    if text.isascii():
        return Letters(_small(text), text, range(len(text) + 1))
    places: Sequence[int] = range(len(text) + 1)
    if _HIDDEN.search(text):
        text, places = _seen(text)
    text = _latin(text)
    return Letters(_small(text), text, places)


def spelled_out(text: str) -> list[tuple[int, int, str]]:
    """Long words that are text in base64: where each stands, and what it says."""
    found: list[tuple[int, int, str]] = []
    for match in _long(text):
        word = match[0].translate(str.maketrans("-_", "+/")).rstrip("=")
        try:
            said = base64.b64decode(word + "=" * (-len(word) % 4), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            continue
        if said.isprintable() and " " in said:
            found.append((match.start(), match.end(), said))
    return found


def _long(text: str) -> Iterator[re.Match[str]]:
    at = 0
    for word in text.split():
        if len(word) >= SPELLED:
            at = text.index(word, at)
            yield from _SPELLED.finditer(text, at, at + len(word))
            at += len(word)


def encoded(word: str) -> tuple[str, ...]:
    """What a word looks like inside base64, wherever it begins."""
    raw = word.encode()
    return tuple(
        base64.b64encode(b"\0" * before + raw).decode()[-(-before * 8 // 6) : (before + len(raw)) * 8 // 6]
        for before in range(3)
    )


def _latin(text: str) -> str:
    strange = set(_STRANGE.findall(text))
    if len(strange) > FEW:
        return text.translate(_table())
    for character in strange:
        text = text.replace(character, _table().get(ord(character), character))
    return text


def _small(text: str) -> str:
    """The same length: lines that are written out as \\n are lines, letters that stand apart are left so."""
    text = text.lower()
    text = text.translate(_DIGITS) if text.isascii() else _without_digits(text)
    return text.replace("\\n", " \n").replace("\\t", "  ").replace('\\"', ' "') if "\\" in text else text


def _without_digits(text: str) -> str:
    for digit, letter in _DIGITS.items():
        text = text.replace(chr(digit), letter)
    return text


def closed_up(plain: str) -> str:
    """With letters that stand apart joined, and room behind them, so that every other letter keeps its place."""
    return _APART.sub(lambda match: _joined(match[0]), plain)


def _joined(apart: str) -> str:
    words = [word.replace(" ", "") for word in re.split(" {2,}", apart)]
    return " ".join(words).ljust(len(apart))


def _seen(text: str) -> tuple[str, Sequence[int]]:
    """Without what hides; what tag characters say is said."""
    kept: list[str] = []
    places: list[int] = []
    for at, character in enumerate(text):
        if ord(character) in _TAGS:
            character = chr(ord(character) - 0xE0000)
        elif _HIDDEN.match(character):
            continue
        kept.append(character)
        places.append(at)
    return "".join(kept), [*places, len(text)]


@lru_cache(maxsize=1)
def _table() -> dict[int, str]:
    """One letter for one letter."""
    table = {ord(other): letter for letter, others in _ALIKE.items() for other in others}
    for first, end in (*_RANGES, _STYLED):
        for code in range(first, end):
            plain = unicodedata.normalize("NFKD", chr(code))
            if plain[0].isascii() or plain[0].isspace():
                table[code] = plain[0]
    table |= {ord(quote): '"' for quote in "“”„«»″"} | {ord(quote): "'" for quote in "‘’‚‹›′"}
    return table | {ord("œ"): "o", ord("æ"): "a", ord("ß"): "s", ord("…"): ".", 0x2028: "\n", 0x2029: "\n", 0x85: "\n"}

"""Arithmetic in a text, in signs or in words of either language, written out as one expression.

12*37 · 12 fois 37 · 15 % de 240 · the square root of 144 · 2 to the power of 16 · 17 au carré
"""

import re
from collections.abc import Iterable
from typing import Final

from orchestrator.kernel.messages import Language
from orchestrator.llm.providers.embedded.language import aligned
from orchestrator.llm.providers.embedded.lexicon import words

NUMBER_WORDS: Final[dict[str, int]] = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "twenty": 20,
    "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90, "hundred": 100,
    "thousand": 1000, "un": 1, "une": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "sept": 7, "huit": 8,
    "neuf": 9, "dix": 10, "onze": 11, "douze": 12, "treize": 13, "quatorze": 14, "quinze": 15, "seize": 16,
    "vingt": 20, "trente": 30, "quarante": 40, "cinquante": 50, "soixante": 60, "cent": 100, "mille": 1000,
}  # fmt: skip

# Patterns are over folded text: lower case, no accents. Each becomes the sign beside it.
_SIGNS: Final[tuple[tuple[str, str], ...]] = (
    (r"(?:the )?square root of|la racine carree de|racine carree de|racine carree d[eu]|racine de|sqrt of|√", "sqrt"),
    (
        r"(?:to the|raised to the)(?: power)?(?: of)?|to the power|a la puissance|puissance|power of|exposant|\*\*|\^",
        "**",
    ),
    (r"multiplied by|multiplie par|multiplie|times|fois|×|·", "*"),
    (r"divided by|divise par|divise|over|÷", "/"),
    (r"plus|added to|and add", "+"),
    (r"minus|moins|less|−", "-"),
    (r"squared|au carre", "**2"),
    (r"cubed|au cube", "**3"),
    (r"modulo|mod", "%"),
)
_PERCENT: Final = r"%|percent|per cent|pour ?cent|pourcents?"
_WORDS: Final = rf"(?:(?:{'|'.join(sorted(NUMBER_WORDS, key=len, reverse=True))})s?\b)"
_TOKEN: Final = re.compile(
    r"\s*(?:"
    rf"(?P<percent>(?:{_PERCENT})(?:\s+(?:of|de|du|d')(?:\s+the|\s+la)?)(?=\s*[\d(]))"
    rf"|(?P<share>(?:{_PERCENT})(?![a-z])(?!\s*(?:[\d(√]|of\b|de\b|du\b|d'|off\b)))"
    + "".join(
        rf"|(?P<s{n}>(?:{p})" + (r"(?![a-z])" if re.search(r"[a-z]", p) else "") + ")"
        for n, (p, _) in enumerate(_SIGNS)
    )
    + r"|(?P<function>(?:sqrt|sin|cos|tan|log10|log2|log|ln|exp|abs|round|floor|ceil|factorial|min|max|pi)\b)"
    r"|(?P<number>\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?![\d])|\d{1,3}(?:,\d{3})+(?![\d,.])|\d+(?:[.,]\d+)?(?:e[+-]?\d+)?)"
    rf"|(?P<word>{_WORDS}(?:(?:[ -]+(?:et |and |et-)?){_WORDS})*)"
    r"|(?P<cross>x(?=\s*[\d(]))"
    r"|(?P<sign>//|[-+*/%(),!])"
    r")"
)
_RUNS_ON: Final = re.compile(rf"\w|[./-]\w|\s*(?:{_PERCENT})")
_MOST: Final = 200  # parts of one expression
_BINARY: Final = words("+ - * / // ** %")
_BETWEEN: Final = _BINARY | {"percent-of", ",", "!"}
_START: Final = re.compile(
    r"(?<![\w.,/])(?=[\d(√-])|(?<![\w])(?=(?:the )?square|sqrt|la racine|racine"
    r"|sin|cos|tan|log|ln|exp|abs|round|floor|ceil|fact|"
    + "|".join(sorted(NUMBER_WORDS.keys() - {"un", "une", "one", "cent"}, key=len, reverse=True))
    + r")"
)


def find(text: str, language: Language) -> Iterable[tuple[int, int, str]]:
    """Where arithmetic stands in a text, and the expression it means."""
    folded = aligned(text)
    place = 0
    while opening := _START.search(folded, place):
        reading = _Reading(language)
        place = reading.read(folded, opening.start())
        if reading.best:
            yield opening.start(), reading.end, reading.best


class _Reading:
    """One run of operands and operators, read as far as it is well formed."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._parts: list[str] = []
        self._depth = 0
        self._operand = False  # whether the last part is one
        self._operations = 0
        self.end = 0  # of the longest part that is whole
        self.best = ""

    def read(self, folded: str, start: int) -> int:
        """Read from here on; where to go on looking afterwards."""
        place = start
        whole: list[str] = []
        while len(self._parts) < _MOST and (found := _TOKEN.match(folded, place)):
            if not all(self._feed(part) for part in _parts(found, self._language)):
                break
            place = found.end()
            if self._operand and not self._depth and self._operations:
                self.end, whole = place, list(self._parts)
        # A number must not run on into a word, a path or a date.
        if whole and not _RUNS_ON.match(folded, self.end):
            self.best = _written(whole)
            return self.end
        return max(place, start + 1)

    def _feed(self, part: str) -> bool:
        """Take the next part, if the run stays well formed."""
        if part == ")":
            if not self._operand or not self._depth:
                return False
            self._depth -= 1
        elif part == "share":
            if not self._operand:
                return False
            self._operations += 1
        elif part in _BETWEEN:
            if not self._operand and part not in ("-", "+"):
                return False
            self._operations += self._operand
            self._operand = part == "!"
        elif self._operand:  # two operands, or a function after one
            return False
        elif part == "(":
            self._depth += 1
        else:
            self._operand = part[0].isdigit() or part == "pi"
            self._operations += not self._operand
        self._parts.append(part)
        return True


def _parts(found: re.Match[str], language: Language) -> tuple[str, ...]:
    group, text = found.lastgroup or "", found.group().strip()
    if group == "number":
        return (_number(text, language),)
    if group == "word":
        return (str(spelled(text)),)
    if group == "percent":
        return ("percent-of",)
    if group == "share":
        return ("share",)
    if group == "cross":
        return ("*",)
    if group in ("function", "sign"):
        return (text,)
    sign = _SIGNS[int(group[1:])][1]
    return ("**", sign[2:]) if sign in ("**2", "**3") else (sign,)


def _written(parts: list[str]) -> str:
    """`sqrt 144` gets its parentheses; `15 percent-of 240` becomes `15 / 100 * 240`."""
    written: list[str] = []
    closing = False
    for part in parts:
        if part == "percent-of":
            written.append("/100*")
            continue
        if part == "share":
            written = _shared(written)
            continue
        if closing and part != "(":
            written += ["(", part, ")"]
        else:
            written.append(part)
        closing = part.isalpha() and part != "pi"
    return (
        re.sub(r"\s*(\*\*|//|[-+*/%])\s*", r" \1 ", "".join(written)).replace(" ** ", "**").replace(",", ", ").strip()
    )


def _shared(written: list[str]) -> list[str]:
    """`100 + 10 %` adds a tenth of what stands before; elsewhere `10 %` is a tenth."""
    *before, sign, number = ["", "", *written]
    before = [part for part in before if part]
    whole = "".join(before)
    if sign not in ("+", "-") or not before or whole.count("(") != whole.count(")"):
        return [*written[:-1], f"({number}/100)"]
    simple = not any(part in ("+", "-") for part in before)
    return [whole if simple else f"({whole})", "*", f"(1{sign}{number}/100)"]


def spelled(text: str) -> int:
    """The value of a number in words: `trente-sept`, `quatre-vingt-dix`, `two hundred and five`."""
    total, part = 0, 0
    for word in re.findall(r"[a-z]+", text):
        value = NUMBER_WORDS.get(word, NUMBER_WORDS.get(word.removesuffix("s"), 0))
        if value == 1000:
            total, part = total + max(1, part) * 1000, 0
        elif value == 100:
            part = max(1, part) * 100
        elif value == 20 and part % 100 == 4:
            part += 76  # quatre-vingt
        else:
            part += value
    return total + part


def _number(text: str, language: Language) -> str:
    plain = re.sub(r"[ \u00a0\u202f]", "", text)
    if re.fullmatch(r"\d{1,3}(,\d{3})+", plain) and language == "en":
        return plain.replace(",", "")
    return plain.replace(",", ".")

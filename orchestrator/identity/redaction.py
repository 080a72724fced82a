"""Values of secrets, found in any text and taken out of it.

Covers a value as it is, and backwards; escaped as in JSON, HTML or an address; in base64 (also inside something
longer, also for addresses) and in hexadecimal; and, where it is long, broken over lines. Of a value of several
lines, each long line counts. Does not cover ciphers, compression, or a value taken apart on purpose.
"""

import base64
import re
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

SHORTEST = 6  # characters of a value: what is shorter would be found where it does not stand
_LINE = 12  # characters of a line that counts alone
_BROKEN = 16  # characters of what is also found when it is broken over lines
_ENCODED = 8  # characters of a coding that says enough
_BREAK = re.compile(r"\s|\\[nrt]")
_RUN = re.compile(r"[A-Za-z0-9]+")
_HTML = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos"}


class _Form(Struct, frozen=True):
    """One way in which a value may be written."""

    name: str
    size: int
    anchor: str  # letters that must stand there: most texts are done with one look
    pattern: re.Pattern[str]


class Redactor:
    def __init__(self, values: Iterable[tuple[str, str]]) -> None:
        """Of names and values; a name may come with several."""
        forms = {form.pattern.pattern: form for name, value in values for form in _forms(name, value)}
        self._forms = sorted(forms.values(), key=lambda form: -form.size)
        self._unbroken = [form for form in self._forms if form.size >= _BROKEN]

    def redact(self, text: str) -> str:
        for form in self._forms:
            if form.anchor in text:
                text = form.pattern.sub(f"[secret {form.name}]", text)
        return self._mended(text) if self._unbroken else text

    def found(self, text: str) -> list[str]:
        """The names of the secrets whose values stand in a text."""
        joined = _BREAK.sub("", text) if self._unbroken else ""
        whole = {form.name for form in self._forms if form.anchor in text and form.pattern.search(text)}
        broken = {form.name for form in self._unbroken if form.anchor in joined and form.pattern.search(joined)}
        return sorted(whole | broken)

    def _mended(self, text: str) -> str:
        """Without the values that are broken over lines."""
        joined = _BREAK.sub("", text)
        if len(joined) == len(text):
            return text
        spans = [
            (*found.span(), form.name)
            for form in self._unbroken
            if form.anchor in joined
            for found in form.pattern.finditer(joined)
        ]
        if not spans:
            return text
        places = _places(text)
        end = len(text)
        for start, stop, name in sorted(spans, reverse=True):
            if places[stop - 1] < end:
                text = f"{text[: places[start]]}[secret {name}]{text[places[stop - 1] + 1 :]}"
                end = places[start]
        return text


def _places(text: str) -> list[int]:
    """Where each character of the joined text stands in the broken one."""
    places: list[int] = []
    at = 0
    for gap in _BREAK.finditer(text):
        places += range(at, gap.start())
        at = gap.end()
    return [*places, *range(at, len(text))]


def _forms(name: str, value: str) -> Iterator[_Form]:
    lines = [line.strip() for line in value.splitlines()]
    telling = [line for line in lines if len(line) >= _LINE and not line.startswith("-----")]
    for piece in dict.fromkeys([value.strip(), *telling]):
        yield _form(name, piece, "".join(_spellings(character) for character in piece))
        yield _form(name, piece, re.escape(piece[::-1]), piece[::-1])
        data = piece.encode("utf-8", "surrogatepass")
        for code in _base64(data):
            yield _form(name, code, "".join(_BASE64.get(character, character) for character in code))
        if len(data) >= _ENCODED:
            for code in (data.hex(), data.hex().upper()):
                yield _form(name, code, code)


def _form(name: str, written: str, pattern: str, anchored: str = "") -> _Form:
    anchor = max(_RUN.findall(anchored or written), key=len, default="")
    return _Form(name, len(written), anchor, re.compile(pattern))


def _spellings(character: str) -> str:
    """A character, as itself and as it is escaped: in JSON, in HTML, in an address."""
    if character.isascii() and character.isalnum():
        return character
    if character == "\n":
        return r"(?:\s*\n|(?:\\r)?\\n|(?i:(?:%0d)?%0a))"
    ways = [re.escape(character), *(rf"\\{re.escape(character)}" for _ in range(character in '"\\/'))]
    percent = "".join(f"%{byte:02x}" for byte in character.encode("utf-8", "surrogatepass"))
    ways += [f"(?i:{percent})", f"(?i:&#x0*{ord(character):x};)", f"&#0*{ord(character)};"]
    if ord(character) < 0x10000:
        ways.append(rf"(?i:\\u{ord(character):04x})")
    if entity := _HTML.get(character):
        ways.append(f"&{entity};")
    if character == " ":
        ways.append(r"\+")
    return f"(?:{'|'.join(ways)})"


_BASE64: Mapping[str, str] = {"+": r"(?:[+-]|%2[Bb])", "/": r"(?:\\?/|_|%2[Ff])"}


def _base64(data: bytes) -> Iterator[str]:
    """The letters that a value always has in base64, wherever it begins within what is encoded."""
    for before in range(3):
        code = base64.b64encode(bytes(before) + data).decode().rstrip("=")
        sure = (before + len(data)) * 8 // 6  # letters of which nothing comes after the value
        kept = code[(before * 8 + 5) // 6 : sure]
        if len(kept) >= _ENCODED:
            yield kept

"""A text in sentences, and what each says: in its own voice, without what it quotes and the name of its field."""

import re
from collections.abc import Iterator

from msgspec import Struct

LONGEST = 600  # characters of a sentence; what is longer is more than one
WRAPPED = 45  # characters of a line that may go on in the next

_END = re.compile(  # what it begins with stands first: the rest of a text is passed over quickly
    r"[.!?\n\"<-](?:(?<=[.!?])([\"')\]]*)\s+|(?<=\n)\s*|(?<=\")([:,])\s(?=\")|(?<=-)(->)"
    r"|(?<=<)(?=!--|/?(?:p|div|li|td|tr|h\d|section|article|br|body)\b))"
)
_SIGN, _QUOTATION = 1, 2  # which of its groups
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
_APART = {code: chr(code) if chr(code).islower() or chr(code) == "_" else " " for code in range(128)} | {2: "'"}
WORD = re.compile(r"[a-z_]+(?:'t)?")
_PLACE = re.compile(r"https?://\S+|\w[\w@+-]*(?:\.\w[\w@+/?=&-]*)+|~?(?:/[\w.-]+){2,}|\+?\d[\d ]{6,}\d")
PLACE = " zplace "  # any address, path or long number: which one shows nothing


class Sentence(Struct):
    start: int
    end: int
    block: int  # paragraph or field


def said(text: str) -> tuple[str, ...]:
    """Without what it only quotes; where a name stands before it, without that too."""
    named = _FIELD.match(text)
    voices = (text, text[named.end() :]) if named is not None else (text,)
    if _DATA.match(text) or not ('"' in text or "'" in text or "`" in text):
        return voices
    return tuple(_QUOTED.sub(" ", voice) for voice in voices)


def apart_in(plain: str) -> str:
    """The same length, and nothing but its words (WORD) with room between them."""
    text = plain.replace("'t", "\x02t")
    text = text if text.isascii() else text.encode("ascii", "replace").decode()
    return text.translate(_APART)


def words(voices: tuple[str, ...]) -> tuple[list[str], int]:
    """The words of what is said, and which is the first behind a name."""
    whole, rest = voices[0], voices[-1]
    return WORD.findall(_PLACE.sub(PLACE, whole)), len(WORD.findall(whole[: len(whole) - len(rest)]))


def sentences(plain: str) -> Iterator[Sentence]:
    start = line = block = 0
    for match in _END.finditer(plain):
        what = match.lastindex
        if what == _QUOTATION and plain[line] not in "\"'{[":
            continue  # quotations in a row, and no data
        begins, following = match.span()
        end = begins if what is None else match.end(what)
        if plain[begins] == "<":
            following = begins
        ends = what != _SIGN  # the paragraph too
        lines = plain.count("\n", begins, following)
        if lines:
            ends = lines > 1 or _KEY.match(plain, following) is not None
            wraps = not ends and end - line >= WRAPPED
            line = following
            if wraps and plain[end - 1] not in ".!?:":
                continue
        if start < end <= start + LONGEST and not plain[end - 1].isspace():
            yield Sentence(start, end, block)
        else:
            yield from _pieces(plain, start, end, block)
        block += ends
        start = following
    yield from _pieces(plain, start, len(plain), block)


def _pieces(plain: str, start: int, end: int, block: int) -> Iterator[Sentence]:
    while end > start and plain[end - 1].isspace():
        end -= 1
    while end - start > LONGEST:
        space = plain.rfind(" ", start + LONGEST // 2, start + LONGEST)
        cut = space if space > 0 else start + LONGEST
        yield Sentence(start, cut, block)
        start = cut
    if end > start:
        yield Sentence(start, end, block)

"""Typed values found in a text: quotes, paths, globs, addresses, expressions, numbers, places, moments.

A mention says what kind of value stands where. Text inside one is never read as words of the request.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from orchestrator.kernel.messages import Language
from orchestrator.llm.providers.embedded import arithmetic, lexicon, moments
from orchestrator.llm.providers.embedded.language import STOP_WORDS, Token, aligned, concept_of, fold, is_action, known
from orchestrator.llm.providers.embedded.lexicon import words

Kind: TypeAlias = Literal[
    "quoted", "url", "email", "path", "folder", "glob", "expression", "number", "zone", "moment", "timing", "name"
]


# What files hold, as far as their names tell.
_SORTS: Final = {
    "picture": (".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp"),
    "table": (".csv", ".tsv", ".parquet", ".xlsx", ".sqlite", ".db"),
    "archive": (".zip", ".tar", ".gz", ".tgz", ".xz"),
}


class Mention(Struct, frozen=True):
    kind: Kind
    start: int
    end: int
    value: str | int | float
    weak: bool = False  # a guess that may well be an ordinary word

    @property
    def kinds(self) -> frozenset[str]:
        """What stands for the value among words; a name such as `job_7` has the kind of all that begin with `job_`."""
        prefix, apart, _ = str(self.value).partition("_") if self.kind == "name" else ("", "", "")
        told = [f"<{prefix.lower()}_>"] if apart else []
        if self.kind == "path":
            told += [f"<{kind}>" for kind, ends in _SORTS.items() if str(self.value).lower().endswith(ends)]
        return frozenset([f"<{self.kind}>", *told])


_LONG: Final = 300  # characters of a quotation that is set aside
_PRIVATE: Final = 0xE000  # signs that no text uses
_SIGNS: Final = 100
_PRIVATE_USE: Final = re.compile("[\ue000-\ue0ff]")
_FILE_NAME = re.compile(r"(?:[^\s/\\,;:?!]+ ){0,3}[^\s/\\,;:?!]+\.[a-zA-Z]\w{0,5}")
_FENCE = re.compile(r"(?<!`)```[^\n`]*\n(.*?)```", re.DOTALL)
_QUOTED = (
    re.compile(r"«([^«»]*)»"),
    re.compile(r"“([^“”]*)”"),
    re.compile(r"\"([^\"]*)\""),
    re.compile(r"(?<!`)`([^`]+)`"),
    re.compile(r"(?<!\w)'([^'\n]*)'(?!\w)"),
    re.compile(r"(?<!\w)‘([^‘’]*)’(?!\w)"),
)
_URL = re.compile(r"\bhttps?://[^\s<>\"'»”`]+", re.I)
_BARE_URL = re.compile(
    r"(?<![\w@./-])(?:www\.[\w.-]+|[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|io|fr|dev|eu|ai|app|uk|de|be|ch|ca|info|local|lan|cloud))(?:/[^\s<>\"']*)?(?![\w@])",
    re.I,
)
_HOST = re.compile(r"(?<![\w.:/@-])(?:\d{1,3}(?:\.\d{1,3}){3}|localhost)(?![\w/-]|\.\w)", re.I)
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b")
_GLOB = re.compile(r"(?<!\S)(?:[\w./-]*\*[\w.*/?\[\]{}-]*\.?\w*)(?=[\s,;:)?!]|\.(?:\s|$)|$)")
_AFFIX = re.compile(
    r"(?:(?P<start>(?:starts?|starting|begins?|beginning) with|commenc\w+ par)|(?:ends?|ending) (?:with|in)"
    r"|(?:se )?(?:termin|finiss)\w+ par)\s+(?P<affix>[\w.-]*[\w-])(?=[\s,;?!.]|$)"
)
_EXTENSION = re.compile(r"(?<![\w./])\.([a-z]\w{0,5})\b", re.I)
_PATH = re.compile(r"(?<![\w@/.~+-])(?:~?\.{0,2}/)?(?:[\w@.+-]+/)*[\w@+.-]*\.[a-z]\w{0,7}(?!\w)", re.I)
_SLASHED = re.compile(r"(?<![\w:/.~@+-])(?:~?\.{0,2}/|[\w@.+-]+/)[\w@.+/-]*(?!\w)")
_BARE_PATH = re.compile(r"(?<![\w./-])(?:Makefile|Dockerfile|README|LICENSE|CHANGELOG)(?![\w./])")
_ZONE = re.compile(r"(?<![\w/])[A-Za-z]+/[A-Za-z_]+(?:/[A-Za-z_]+)?(?![\w/.])")
_DOTS = re.compile(r"(?<!\S)\.{1,2}(?=\s|[,;?!]|$)")
_COINED = re.compile(
    r"(?<![\w./@'’-])(?:[A-Za-z]+(?=[\w-]*\d)[\w-]*\w|[A-Za-z]\w*(?:[_-]\w+)+)(?!\w|[\w/@.-]*[/@]|[.:]\w)"
)
_NUMBER = re.compile(r"(?<![\w.,])(?<![A-Za-z]-)-?\d+(?:[.,]\d+)?(?![\w]|[.,]\d)")

_SHARE: Final = re.compile(r"\((\d+(?:\.\d+)?) / 100\)")  # `40 %` alone is a number of them

_LOCATORS: Final = words("in inside of from under dans du de sous to into within")
_CLITICS: Final = words("je tu il elle on nous vous ils elles moi toi lui leur le la les en y ce t ci est que l d s m")
_ARTICLES: Final = words("the a le la les un une l my mon this ce cet")
_NAMED: Final = words("named called nomme appele nommee appelee intitule intitulee s_appelle")
_NOT_NAMES: Final = words(
    "current courant actuel working root racine whole parent same other new nouveau autre present file"
    " files fichier fichiers single big large something anything someone truc machin chose quelque cote"
)
NUMBER_WORDS: Final = arithmetic.NUMBER_WORDS


class Finder:
    """Finds the mentions of a text. Holds the table of places, which is dear to make."""

    def __init__(self, now: float, places: "dict[str, str]") -> None:
        self.now = now
        self._today = moments.today(now)
        self._places = places
        self._zones_by_name = {zone.lower(): zone for zone in places.values()}

    def find(self, text: str, words: Sequence[Token], language: Language) -> tuple[Mention, ...]:
        taken = _Taken()
        for mention in self._all(text, words, language):
            taken.add(mention)
        return taken.sorted()

    def _all(self, text: str, words: Sequence[Token], language: Language) -> Iterable[Mention]:
        """Surer kinds first: the first to claim a stretch of text keeps it."""
        yield from literals(text)
        yield from _hosts(text)
        for found in _ZONE.finditer(text):
            if zone := self._zones_by_name.get(found.group().lower()):
                yield Mention("zone", found.start(), found.end(), zone)
        yield from _file_kinds(text, words)
        yield from _paths(text)
        for start, end, moment in moments.find(text, self.now):
            yield Mention("moment", start, end, moment, weak=moment == self._today)
        for start, end, value in arithmetic.find(text, language):
            if share := _SHARE.fullmatch(value):
                yield Mention("number", start, end, number(share[1]))
            else:
                yield Mention("expression", start, end, value)
        yield from _slashed(text)
        for found in _NUMBER.finditer(text):
            yield Mention("number", found.start(), found.end(), number(found.group()))
        for word in words:
            if word.norm in NUMBER_WORDS and word.norm not in ("un", "une", "one", "four" if language == "fr" else ""):
                yield Mention("number", word.start, word.end, NUMBER_WORDS[word.norm])
        yield from self._zones(words)
        folders = list(_folders(words))
        yield from (each for each in folders if not each.weak)
        yield from _coined(text)
        yield from (each for each in folders if each.weak)

    def _zones(self, words: Sequence[Token]) -> Iterable[Mention]:
        for place, word in enumerate(words):
            for length in (3, 2, 1):
                run = words[place : place + length]
                name = " ".join(token.norm for token in run if token.norm != "-").replace("_", " ")
                if len(run) == length and (zone := self._places.get(name)) and name not in STOP_WORDS:
                    yield Mention("zone", word.start, run[-1].end, zone)
                    break


def joined(mentions: tuple[Mention, ...]) -> tuple[Mention, ...]:
    """`sales.csv in the data folder` is one path."""
    files = [each for each in mentions if each.kind == "path" and "/" not in str(each.value) and not each.weak]
    folders = [each for each in mentions if each.kind == "folder" and not each.weak]
    if len(files) != 1 or len(folders) != 1 or any(each.kind == "glob" for each in mentions):
        return mentions
    whole = Mention("path", files[0].start, files[0].end, f"{str(folders[0].value).rstrip('/')}/{files[0].value}")
    return tuple(whole if each is files[0] else each for each in mentions if each is not folders[0])


def set_aside(text: str) -> tuple[str, dict[str, str]]:
    """The text with its long quotations cut down to a sign each, and what the signs stand for."""
    kept: dict[str, str] = {}
    text = _PRIVATE_USE.sub("\ufffd", text)

    def sign(found: re.Match[str]) -> str:
        inner = found.group(1)
        if len(inner) <= _LONG or len(kept) >= _SIGNS:
            return found.group()
        name = chr(_PRIVATE + len(kept))
        kept[name] = inner.rstrip("\n") if found.re is _FENCE else inner
        return f"“{name}”"

    for pattern in (_FENCE, *_QUOTED):
        text = pattern.sub(sign, text)
    return text, kept


def literals(text: str) -> Iterable[Mention]:
    """What a person set apart as it is: quotes, code, addresses."""
    for found in _FENCE.finditer(text):
        yield Mention("quoted", found.start(), found.end(), found.group(1).rstrip("\n"))
    for pattern in _QUOTED:
        for found in pattern.finditer(text):
            inner = found.group(1).strip() if pattern is _QUOTED[0] else found.group(1)
            kind: Kind = "quoted"
            if _FILE_NAME.fullmatch(inner) and not is_action(concept_of(fold(inner.split()[0]))):
                kind = "path"
            elif "*" in inner and re.fullmatch(r"[\w./*?-]+", inner) and re.search(r"\*\.|\*\*|/\*", inner):
                kind = "glob"
            elif _URL.fullmatch(inner):
                kind = "url"
            yield Mention(kind, found.start(), found.end(), inner)
    for found in _URL.finditer(text):
        value = found.group().rstrip(".,;:!?)…")
        yield Mention("url", found.start(), found.start() + len(value), value)
    for found in _EMAIL.finditer(text):
        yield Mention("email", found.start(), found.end(), found.group())
    for found in _BARE_URL.finditer(text):
        value = found.group().rstrip(".,;:!?)")
        yield Mention("url", found.start(), found.start() + len(value), f"https://{value}")


def _hosts(text: str) -> Iterable[Mention]:
    for found in _HOST.finditer(text):
        yield Mention("url", found.start(), found.end(), f"http://{found.group()}")


def _paths(text: str) -> Iterable[Mention]:
    for found in _PATH.finditer(text):
        value = found.group().rstrip(".")
        if "." in value and not re.fullmatch(r"[\d.]+\w?|(?:e\.g|i\.e|p\.ex)", value):
            yield Mention("path", found.start(), found.start() + len(value), value)
    for found in _BARE_PATH.finditer(text):
        yield Mention("path", found.start(), found.end(), found.group())


def _slashed(text: str) -> Iterable[Mention]:
    for found in _SLASHED.finditer(text):
        value = found.group().rstrip(".") if not found.group().startswith(".") else found.group()
        if re.fullmatch(r"[\d/.+-]+", value) and not value.startswith((".", "/")):
            continue
        yield Mention("path", found.start(), found.start() + len(value), value)
    for found in _DOTS.finditer(text):
        if (found.start() > 0 and found.group() == "..") or (found.group() == "." and text[found.end() :].strip()):
            yield Mention("folder", found.start(), found.end(), found.group())


def _file_kinds(text: str, words: Sequence[Token]) -> Iterable[Mention]:
    for found in _GLOB.finditer(text):
        value = found.group().rstrip(".")
        if re.search(r"[A-Za-z_./]", value):
            yield Mention("glob", found.start(), found.start() + len(value), value)
    for found in _AFFIX.finditer(aligned(text)):
        value = text[found.start("affix") : found.end("affix")]
        yield Mention("glob", found.start(), found.end(), f"{value}*" if found["start"] else f"*{value}")
    for found in _EXTENSION.finditer(text):
        yield Mention("glob", found.start(), found.end(), f"*.{found.group(1).lower()}")
    for place, word in enumerate(words):
        extension = lexicon.FILE_KINDS.get(word.norm)
        if extension is None or (word.start and text[word.start - 1] in "./"):
            continue
        before = words[place - 1] if place else None
        after = words[place + 1] if place + 1 < len(words) else None
        if (
            (after and after.concept == "file")
            or (before and before.concept == "file")
            or (before and before.norm in ("en", "de") and place > 1 and words[place - 2].concept == "file")
        ):
            yield Mention("glob", word.start, word.end, f"*.{extension}")


def _folders(words: Sequence[Token]) -> Iterable[Mention]:
    """`the lib folder`, `dossier lib`, `a file named plan`, and, less surely, `in logs`."""
    for place, word in enumerate(words):
        after = words[place + 1] if place + 1 < len(words) else None
        before = words[place - 1] if place else None
        if word.concept == "folder" and word.norm not in ("here", "ici", "workspace"):
            if after and after.norm in _NAMED:
                continue
            if after and _could_name(after) and after.norm not in lexicon.FILLERS:
                yield Mention("folder", after.start, after.end, after.text)
            elif before and _could_name(before) and not word.norm.startswith(("dossier", "repertoire")):
                yield Mention("folder", before.start, before.end, before.text)
        elif word.norm in _NAMED and after and _could_name(after):
            yield Mention("path", after.start, after.end, after.text, weak=True)
        elif (
            word.norm in _LOCATORS
            and after
            and not known(after.norm)
            and _could_name(after)
            and not (place + 2 < len(words) and words[place + 2].concept in ("file", "folder"))
        ):
            yield Mention("folder", after.start, after.end, after.text, weak=True)


def _coined(text: str) -> Iterable[Mention]:
    """Names that nobody speaks with: `job_7`, and, less surely, `backup1` and `hello-world`."""
    for found in _COINED.finditer(text):
        parts = re.split("[_-]", fold(found.group()))
        plain = "_" not in found.group() and not any(letter.isdigit() for letter in found.group())
        if plain and (set(parts) & _CLITICS or all(map(known, parts))):
            continue
        yield Mention("name", found.start(), found.end(), found.group(), weak="_" not in found.group())


def _could_name(word: Token) -> bool:
    return (
        word.norm not in _NOT_NAMES
        and word.norm.isalnum()
        and word.norm not in STOP_WORDS
        and len(word.norm) > 1
        and not word.norm.isdigit()
    )


def number(text: str) -> int | float:
    plain = text.replace(",", ".")
    return float(plain) if "." in plain else int(plain)


class _Taken:
    def __init__(self) -> None:
        self._mentions: list[Mention] = []
        self._covered: set[int] = set()

    def add(self, mention: Mention) -> None:
        stretch = range(mention.start, mention.end)
        if (
            mention.end > mention.start
            and not any(place in self._covered for place in (mention.start, mention.end - 1))
            and not (len(stretch) < 200 and self._covered.intersection(stretch))
        ):
            self._covered.update(stretch)
            self._mentions.append(mention)

    def sorted(self) -> tuple[Mention, ...]:
        return tuple(sorted(self._mentions, key=lambda mention: mention.start))


def places(zones: Iterable[str]) -> dict[str, str]:
    """The names by which people call time zones."""
    named: dict[str, str] = {}
    for zone in sorted(zones):
        area, _, city = zone.rpartition("/")
        if area and area.split("/")[0] in _AREAS:
            named.setdefault(fold(city).replace("_", " ").replace("-", " "), zone)
    return {**named, **lexicon.PLACES}


_AREAS: Final = words("Africa America Antarctica Asia Atlantic Australia Europe Indian Pacific")

"""Words of a shell line after quotes are taken away, with marks for what is only known when it runs.

A spelling is a string in which characters of the Unicode private area stand for what an unquoted
character means to the shell. Text that already holds such a character is never read.
"""

import hashlib
import re
from itertools import islice, product

STAR, ANY, SET = "\ue000", "\ue001", "\ue002"  # * ? [ unquoted
OPEN, COMMA, CLOSE = "\ue003", "\ue004", "\ue005"  # { , } unquoted
SPLIT = "\ue006"  # where an unquoted value falls into several words
UNKNOWN = "\ue007"  # known only when it runs
UNSET = "\ue008"  # a variable nobody sets: nothing, most likely
TILDE = "\ue009"  # the home folder
HERE = "\ue00a"  # the folder the shell is in
MADE = "\ue00b"  # a new file or folder in /tmp, which this command makes for itself
FOUND = "\ue00c"  # what stands in a file of the workspace, or is said of it

AWAY = ("/", TILDE, MADE)  # how a path begins that leads away from the folder it is used in
GLOBS = frozenset((STAR, ANY, SET))
_MARKED = re.compile("[\ue000-\ue00c]")
_UNQUOTED = {"*": STAR, "?": ANY, "[": SET, "{": OPEN, ",": COMMA, "}": CLOSE}
_SHOWN = str.maketrans(
    {
        STAR: "*",
        ANY: "?",
        SET: "[",
        OPEN: "{",
        COMMA: ",",
        CLOSE: "}",
        SPLIT: " ",
        UNKNOWN: "…",
        UNSET: "",
        TILDE: "~",
        HERE: "$PWD",
        MADE: "/tmp/…",
        FOUND: "…",
    }
)
_BRACE = re.compile(f"{OPEN}([^{OPEN}{CLOSE}]*{COMMA}[^{OPEN}{CLOSE}]*){CLOSE}")
_ANSI = re.compile(
    r"\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|([0-7]{1,3})|c(.)|(.))", re.DOTALL
)
_ANSI_LETTERS = {"a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_IN_DOUBLE_QUOTES = re.compile(r'\\([$`"\\\n])')
LONGEST = 20_000  # characters of one word
READ = 200  # characters of a name that a person reads
MANY = 32  # alternatives of one word; more is UNKNOWN


def each(names: str) -> frozenset[str]:
    """A set written as one line of names."""
    return frozenset(names.split())


def table(text: str) -> dict[str, frozenset[str]]:
    """PROGRAM PROGRAM: WORD WORD, with what follows on further lines set in deeper."""
    entries = (entry.partition(": ") for entry in text.strip().replace("\n        ", " ").split("\n"))
    return {name: each(words) for names, _, words in entries for name in names.split()}


def marked(text: str) -> bool:
    return bool(_MARKED.search(text))


def shown(spelling: str) -> str:
    """The spelling as a person would write it."""
    return spelling.translate(_SHOWN)


def brief(text: str) -> str:
    """For a sentence: a long name cut short, with a digest that tells it from another."""
    if len(text) <= READ:
        return text
    digest = hashlib.sha256(text.encode(errors="replace")).hexdigest()[:12]
    return f"{text[: READ // 2]}… ({len(text)} characters, {digest})"


def uncertain(spelling: str) -> bool:
    return UNKNOWN in spelling or UNSET in spelling or FOUND in spelling


def bare(text: str, first: bool) -> str:
    """An unquoted word; `first` when nothing stands before it in its word."""
    if first and text.startswith("~"):
        return TILDE + bare(text[1:], False)
    if text.isalnum():
        return text
    spelt = []
    escaped = False
    for character in text:
        if escaped:
            escaped = False
            spelt.append("" if character == "\n" else character)
        elif character == "\\":
            escaped = True
        else:
            spelt.append(_UNQUOTED.get(character, character))
    return "".join(spelt)


def value_unquoted(value: str) -> str:
    """A variable's value where it is used without quotes: it splits, and its stars match."""
    spelt = re.sub(r"[ \t\n]+", SPLIT, value)
    return spelt.replace("*", STAR).replace("?", ANY).replace("[", SET)


def in_double_quotes(text: str) -> str:
    return _IN_DOUBLE_QUOTES.sub(lambda match: "" if match[1] == "\n" else match[1], text)


def ansi(text: str) -> str:
    r"""The inside of $'…': \x72 is r."""

    def letter(match: re.Match[str]) -> str:
        hexadecimal, short, long, octal, control, other = match.groups()
        if code := hexadecimal or short or long:
            number = int(code, 16)
            return chr(number) if number < 0xD800 or 0xE000 <= number <= 0x10FFFF else UNKNOWN
        if octal:
            return chr(int(octal, 8) & 0xFF)
        if control:
            return chr(ord(control[0]) & 0x1F)
        return _ANSI_LETTERS.get(other, other)

    decoded = _ANSI.sub(letter, text)
    return UNKNOWN if marked(decoded) else decoded


def braces(spelling: str) -> list[str]:
    """a{b,c} is ab ac, inside out (a word may come twice); braces that hold no comma stay as they are."""
    found = [spelling]
    while len(found) <= MANY:
        for index, word in enumerate(found):
            if match := _BRACE.search(word):
                parts = match[1].split(COMMA)
                found[index : index + 1] = [word[: match.start()] + part + word[match.end() :] for part in parts]
                break
        else:
            return found
    return [UNKNOWN]


def words(spelling: str) -> list[str]:
    """What one written word becomes: braces expanded, values split, other marks kept."""
    if not _MARKED.search(spelling):
        return [spelling]
    found: list[str] = []
    for word in braces(spelling) if OPEN in spelling else [spelling]:
        plain = _beside(word.replace(OPEN, "{").replace(COMMA, ",").replace(CLOSE, "}"))
        found.extend(part for part in plain.split(SPLIT) if part or SPLIT not in plain)
    return found


def _beside(word: str) -> str:
    """$PWD/x is ./x, also behind a = or a colon; $PWDx would be a neighbour of the folder."""
    if HERE not in word:
        return word
    before, _, behind = word.partition(HERE)
    plain = before[-1:] in ("", "=", ":") and (not behind or behind[0] in "/:")
    return _beside(f"{before}.{behind}") if plain else UNKNOWN


def joined(pieces: list[tuple[str, ...]]) -> tuple[str, ...]:
    """Every way to put the alternatives of a word's pieces together."""
    if sum(max(map(len, piece)) for piece in pieces if piece) > LONGEST:
        return (UNKNOWN,)  # a variable of variables of variables
    if all(len(piece) == 1 for piece in pieces):
        return ("".join(piece[0] for piece in pieces),)
    found = tuple("".join(parts) for parts in islice(product(*pieces), MANY))
    return found if len(found) < MANY else (*found, UNKNOWN)

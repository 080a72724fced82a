"""Where the words of a call came from: each argument is traced to who said its words in the conversation.

A word that the user said is the user's, also if a page repeats it. A word that only a page, a file or a
tool said is theirs. What nobody said is the model's. A value is traced by its words and numbers as they
are written; one that was translated, computed or spelled in another way is the model's, which policy
trusts no more than what the model had read.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from orchestrator.kernel.messages import Arguments, Json, Message, Origin, Text, ToolResult

_WORD = re.compile(r"[^\s\"'`“”«»‘’(){}\[\]<>,;|=]+")
_SMALL = 3  # letters of a word that says nothing about where a longer text is from
_DEEPEST = 20  # levels of a value that are looked into


def origins_of(arguments: Arguments, conversation: Sequence[Message]) -> dict[str, frozenset[Origin]]:
    """For each argument, who said the words of its value."""
    said = _Said(conversation)
    return {name: frozenset(_of(value, said)) for name, value in arguments.items()}


def origins_in(conversation: Sequence[Message]) -> frozenset[Origin]:
    """Everyone whose words a conversation holds."""
    return frozenset(origin for message in conversation for origin, _ in _pieces(message))


class _Said:
    """Everything that was said, by origin."""

    def __init__(self, conversation: Sequence[Message]) -> None:
        pieces: dict[Origin, list[str]] = {}
        for message in conversation:
            for origin, text in _pieces(message):
                pieces.setdefault(origin, []).append(text)
        self._user = _plain("\n".join(pieces.pop("user", [])))
        self._others = {origin: _plain("\n".join(texts)) for origin, texts in pieces.items()}

    def by_user(self, text: str) -> bool:
        return _holds(self._user, text)

    def by(self, text: str) -> set[Origin]:
        if self.by_user(text):
            return {"user"}
        return {origin for origin, said in self._others.items() if _holds(said, text)} or {"model"}


def _pieces(message: Message) -> Iterator[tuple[Origin, str]]:
    for part in message.parts:
        if isinstance(part, ToolResult):
            yield part.origin, part.content
        elif isinstance(part, Text) and message.role == "user":
            yield part.origin or "user", part.text
        elif isinstance(part, Text) and part.origin is not None:
            yield part.origin, part.text


def _of(value: Json, said: _Said) -> set[Origin]:
    found: set[Origin] = set()
    for text in _leaves(value, _DEEPEST):
        plain = _plain(text).strip()
        if not plain or said.by_user(plain):
            found |= {"user"} if plain else set()
            continue
        words = [word.strip(".:!?") for word in _WORD.findall(plain)]
        telling = [word for word in words if len(word) > _SMALL or not word.isalpha()] or words
        for word in filter(None, telling):
            found |= said.by(word)
    return found


def _leaves(value: Json, left: int) -> Iterator[str]:
    """Every text and number in a value; of a table its names too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, bool) or value is None:
        return
    elif isinstance(value, int | float):
        yield f"{value:.15g}"
    elif left == 0:
        yield "\N{REPLACEMENT CHARACTER}"  # too deep to say: nobody said this
    else:
        inside: Iterable[Json] = [*value, *value.values()] if isinstance(value, dict) else value
        for each in inside:
            yield from _leaves(each, left - 1)


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _holds(said: str, text: str) -> bool:
    """Whether the text stands in what was said, as whole words."""
    place = said.find(text)
    while place >= 0:
        before, after = said[place - 1 : place], said[place + len(text) : place + len(text) + 1]
        if not (before.isalnum() and text[0].isalnum()) and not (after.isalnum() and text[-1].isalnum()):
            return True
        place = said.find(text, place + 1)
    return False

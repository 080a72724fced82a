"""Where the words of a call came from: each argument is traced to who said its words in the conversation.

A word that the user said is the user's, also if a page repeats it. A word that only a page, a file or a
tool said is theirs. What nobody said is the model's. A value is traced by its words and numbers as they
are written; one that was translated, computed or spelled in another way is the model's, which policy
trusts no more than what the model had read.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from orchestrator.kernel.messages import Arguments, Json, Message, Origin, Text, ToolResult

_WORD = re.compile(r"[^\s\"'`“”«»‘’(){}\[\]<>,;|=]+")
_LINK = re.compile(r"(?:https?://|www\.)[^\s\"'<>()\[\]{}|\\^`]+", re.IGNORECASE)
_SMALL = 3  # letters of a word that says nothing about where a longer text is from
_JOINS = "-./:@_'+%#~"  # within a word: 2024-05-13 holds no 13
_DEEPEST = 20  # levels of a value that are looked into


class Traced(Mapping[str, frozenset[Origin]]):
    """For each argument, who said the words of its value; looked up when a rule asks for it.

    A link inside a longer text is an entry of its own (`body: https://…`): whoever may have written the text,
    a link is followed.
    """

    def __init__(self, arguments: Arguments, conversation: Sequence[Message]) -> None:
        self._arguments = arguments
        self._conversation = conversation
        self._found: dict[str, frozenset[Origin]] = {}

    @cached_property
    def _said(self) -> "_Said":
        return _Said(self._conversation)

    def __getitem__(self, name: str) -> frozenset[Origin]:
        if name not in self._found:
            if name in self._arguments:
                found = _of(self._arguments[name], self._said, name)
            else:
                found = self._said.by(_plain(self._links[name]))
            self._found[name] = frozenset(found)
        return self._found[name]

    @cached_property
    def _links(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, value in self._arguments.items():
            for text in _leaves(value, _DEEPEST):
                links = (link.rstrip(".,:;!?") for link in _LINK.findall(text))
                found |= {f"{name}: {link}": link for link in links if link != text}
        return found

    def __iter__(self) -> Iterator[str]:
        yield from self._arguments
        yield from self._links

    def __len__(self) -> int:
        return len(self._arguments) + len(self._links)


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


def _of(value: Json, said: _Said, name: str) -> set[Origin]:
    found: set[Origin] = set()
    for text in _leaves(value, _DEEPEST):
        plain = _plain(text).strip()
        if plain.isdigit() and len(plain) <= _SMALL and _names_a_thing(name):
            # A small number is in every text: it is the user's where they said of what (`file 13`).
            by_user = any(said.by_user(f"{noun} {plain}") for noun in (*name.lower().split("_"), "id", "number", "no."))
            found |= {"user"} if by_user or said.by_user(f"#{plain}") else {"model"}
            continue
        if not plain or said.by_user(plain):
            found |= {"user"} if plain else set()
            continue
        words = [word.strip(".:!?") for word in _WORD.findall(plain)]
        telling = [word for word in words if len(word) > _SMALL or not word.isalpha()] or words
        for word in filter(None, telling):
            found |= said.by(word)
    return found


def _names_a_thing(argument: str) -> bool:
    return argument.lower() in ("id", "ids", "number") or argument.lower().endswith(("_id", "_ids", "_number"))


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
        end = place + len(text)
        if not _goes_on(said[max(0, place - 2) : place][::-1], text[0]) and not _goes_on(said[end : end + 2], text[-1]):
            return True
        place = said.find(text, place + 1)
    return False


def _goes_on(beyond: str, edge: str) -> bool:
    """Whether the word at the edge of a text goes on beyond it."""
    if not beyond or not edge.isalnum():
        return False
    return beyond[0].isalnum() or (beyond[0] in _JOINS and beyond[1:].isalnum())

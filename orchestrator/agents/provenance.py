"""Where the words of a call came from: each argument is traced to who said its words in the conversation.

A word that the user said is the user's, also if a page repeats it. A word that only a page, a file or a
tool said is theirs. What nobody said is the model's. A value is traced by its words and numbers as they
are written; one that was translated, computed or spelled in another way is the model's, which policy
trusts no more than what the model had read. How the parts of a command or a program are put together is
said by whoever said all of it. The goal of a sub-run is the model's, but for the words that the person
had said to the run above it.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

import msgspec

from orchestrator.kernel.events import RunStarted
from orchestrator.kernel.messages import Arguments, Image, Json, Message, Origin, Part, Text, ToolResult, user
from orchestrator.policy.base import STRANGERS

_WORD = re.compile(r"[^\s\"'`“”«»‘’(){}\[\]<>,;|=]+")
_LINK = re.compile(
    r"(?:[a-z][a-z0-9+-]{1,9}:)?(?://(?=[\w-]+[.:]|\[)|(?<![\w.])www\.)[^\s\"'<>()\[\]{}|\\^`]+", re.IGNORECASE
)
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://([^/?#]+)(.*)")
_PIECES = re.compile(r"[/?&=#]+")
_PROGRAMS = frozenset({"command", "line", "code", "sql", "script"})
_JOINED = re.compile(r"[;&|<>$`\\\n]")  # in a program: more than one thing in a row
# Words that say nothing about where a longer text is from.
_LITTLE = frozenset(
    "a an the to of in on at by for and or is it as be with from my your this that de du des d l la le les un une et"  # noqa: SIM905
    " ou en au aux à dans par pour sur mon ma mes ce".split()
)
_SMALL = 3  # digits of a number that is in every text
_CARRIED = 16  # characters of an address that nobody said: the number of a page, and no more
_JOINS = "-./:@_'+%#~"  # within a word: 2024-05-13 holds no 13
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[ t](\d\d:\d\d)(?::\d\d)?(?:z|[+-]\d\d:\d\d)?")
_RETOLD: tuple[Origin, ...] = ("web", "memory", "skill", "file")  # strangers' before what lies in files
_DEEPEST = 20  # levels of a value that are looked into


class Traced(Mapping[str, frozenset[Origin]]):
    """For each argument, who said the words of its value; looked up when a rule asks for it.

    A link inside a longer text is an entry of its own (`body: https://…`): whoever may have written the text,
    a link is followed. So is what a model has added to an address (`url: …`): it is told to whoever answers there.
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
            elif name in self._added:
                found = {"model"}
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

    @cached_property
    def _added(self) -> dict[str, None]:
        found: dict[str, None] = {}
        for name, value in self._arguments.items():
            if isinstance(value, str) and (name == "host" or _ADDRESS.match(value.lower())):
                plain = _plain(value)
                if len(more := self._said.added(plain if "://" in plain else f"https://{plain}")) > _CARRIED:
                    found[f"{name}: {more}"] = None
        return found

    def __iter__(self) -> Iterator[str]:
        yield from self._arguments
        yield from self._links
        yield from self._added

    def __len__(self) -> int:
        return len(self._arguments) + len(self._links) + len(self._added)


def heard(started: RunStarted, history: Sequence[Message], messages: Sequence[Message]) -> list[Message]:
    """What was said to a run, by whom: a model wrote the goal of a sub-run, and of what it set for later."""
    if started.parent is None and started.person is None:
        return [*history, *messages]
    goal = Message("user", (Text(started.goal.text, "model"),))
    return [*history, user(started.person or ""), goal, *messages[1:]]


def persons(text: str, conversation: Sequence[Message]) -> str:
    """What of a text is in the person's own words: those in a row as they are, and the rest of it a stroke."""
    said = _Said(conversation)
    rows: list[str] = []
    for word in text.split():
        kept = word if (bare := _plain(word).strip(".,:;!?\"'()")) and said.by_user(bare) else "|"
        if kept != "|" or rows[-1:] != ["|"]:
            rows.append(kept)
    return " ".join(rows)


def a_strangers(message: Message) -> Message:
    """As somebody else said it, and what they were answered: of a run that comes from another journal."""
    parts: list[Part] = []
    for part in message.parts:
        if isinstance(part, Text | ToolResult):
            part = msgspec.structs.replace(part, origin="web")
        parts.append(part)
    return Message(message.role, tuple(parts))


def tools_read(conversation: Sequence[Message]) -> frozenset[str]:
    return frozenset(part.name for message in conversation for part in message.parts if isinstance(part, ToolResult))


def strangers_said(conversation: Sequence[Message]) -> list[str]:
    return [text for message in conversation for origin, text in _pieces(message) if origin in STRANGERS]


def retold(read: Collection[Origin]) -> Origin:
    """Whose words those of a model are that was told of what a run has read."""
    return next((origin for origin in _RETOLD if origin in read), "model")


def typed(before: Arguments, after: Arguments) -> str:
    """What a person put into a call that they edited: its words that were not there before, in their rows."""
    there = {word for text in _leaves([*before.values()], _DEEPEST) for word in text.split()}
    rows: list[str] = []
    for text in _leaves([*after.values()], _DEEPEST):
        kept = ["|" if word in there else word for word in text.split()]
        rows += [*kept, f"#{text}" if text.isdigit() and kept != ["|"] else "", "|"]
    return " ".join(filter(None, rows)) if any(row not in ("|", "") for row in rows) else ""


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

    def added(self, address: str) -> str:
        """What of an address nobody said: nothing of one that somebody wrote whole."""
        parts = _ADDRESS.fullmatch(address)
        if parts is None or self.by(address) != {"model"}:
            return ""
        everything = "\n".join((self._user, *self._others.values()))
        labels, pieces = parts[1].split("."), _PIECES.split(parts[2])
        while len(labels) > 1 and not _names(".".join(labels), everything):
            pieces.append(labels.pop(0))
        known = {piece for rest in _names(".".join(labels), everything) for piece in _PIECES.split(rest)}
        return " ".join(piece for piece in pieces if piece and piece not in known and not self.by_user(piece))

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
        elif isinstance(part, Image):
            yield "file", ""  # it may hold words, and nobody looked whose


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
        if "://" in plain and " " not in plain:
            found |= said.by(plain)
            continue
        if "end" in name.lower().split("_") and (moment := _MOMENT.fullmatch(plain)) and said.by_user(moment[1]):
            # How long it lasts, on the user's day, is neither where nor what, unless somebody else said it.
            found |= said.by(moment[2]) - {"model"} or {"user"}
            continue
        words = [word for each in _WORD.findall(plain) if (word := each.strip(".:!?"))]
        if name.lower() in _PROGRAMS:
            found |= {"model"} if _JOINED.search(text.strip()) else set()
        else:
            words = [word for word in words if word not in _LITTLE] or words
        for word in words:
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


def _names(host: str, said: str) -> list[str]:
    """What stands behind a host in the addresses of what was said."""
    return re.findall(rf"(?<![\w.@-]){re.escape(host)}(?![\w@-]|\.\w)([^\s\"'<>()]*)", said)


def _goes_on(beyond: str, edge: str) -> bool:
    """Whether the word at the edge of a text goes on beyond it."""
    if not beyond or not edge.isalnum():
        return False
    return beyond[0].isalnum() or (beyond[0] in _JOINS and beyond[1:].isalnum())

"""From a text to its clauses, each with the words and the values in it."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from orchestrator.kernel.messages import Language
from orchestrator.llm.providers.embedded import moods, verbatim
from orchestrator.llm.providers.embedded.index import Index
from orchestrator.llm.providers.embedded.language import Token, is_action, tokens
from orchestrator.llm.providers.embedded.mentions import Finder, Mention
from orchestrator.llm.providers.embedded.segment import Clause, clauses

READABLE: Final = 4000  # characters outside quotes that are read as a request
_FIRST: Final = frozenset(["first", "firstly", "abord"])
Kept = Mapping[str, str]  # the quotations that were set aside
_WITHIN: Final = re.compile(  # `make a folder a and inside it a file b`: made as the folder is
    r"(?:(?<=\band)|(?<=,)|(?<=\bet))\s+"
    r"(?=(?:(?:in|inside|within) it|(?:là-?)?dedans|à l['’]intérieur),? (?:the|an?|une?|le|la)\b)",
    re.IGNORECASE,
)


def spelled_out(text: str, language: Language) -> str:
    """With the act that is meant and not said again."""
    return _WITHIN.sub(" crée " if language == "fr" else " create ", text)


def read(text: str, language: Language, finder: Finder, index: Index, kept: Kept) -> tuple[Clause, ...]:
    text = spelled_out(text, language)
    spoken = tokens(text, index.words)
    found = [each for each in finder.find(text, spoken, language) if not _common(each, spoken, index)]
    passed_on = verbatim.places(text, spoken)
    mentions = verbatim.set_apart(text, restored(found, kept), passed_on)
    cut = clauses(text, spoken, mentions, language, passed_on, index.heads)
    return tuple(_reported([_begun(clause) for clause in cut]))


def _begun(clause: Clause) -> Clause:
    """Without the word that only says that it is the first: `first run …`."""
    if len(clause.words) > 1 and clause.words[0].norm in _FIRST and is_action(clause.words[1].concept):
        return msgspec.structs.replace(clause, words=clause.words[1:])
    return clause


def whole(text: str, found: Sequence[Clause]) -> Clause:
    """The clauses of a request as one."""
    first = found[0]
    words = tuple(word for clause in found for word in clause.words)
    mentions = tuple(each for clause in found for each in clause.mentions)
    return msgspec.structs.replace(first, start=0, end=len(text), words=words, mentions=mentions)


def _reported(found: Sequence[Clause]) -> Iterator[Clause]:
    """`I deleted a.txt by mistake, get it back`: what was done is no request, but says what the next one is about."""
    before: Clause | None = None
    for clause in found:
        if before is not None:
            values = () if any(not each.weak for each in clause.mentions) else before.mentions
            clause = msgspec.structs.replace(clause, start=before.start, mentions=(*values, *clause.mentions))
        before = clause if clause is not found[-1] and moods.report(clause) else None
        if before is None:
            yield clause


def _common(mention: Mention, spoken: Sequence[Token], index: Index) -> bool:
    """Whether what may be a folder is a word that leads to a name of another kind: `du conteneur web`."""
    if mention.kind != "folder" or not mention.weak:
        return False
    place = next(place for place, word in enumerate(spoken) if word.start == mention.start)
    after = spoken[place + 1] if place + 1 < len(spoken) else None
    return spoken[place].concept in index.leading and after is not None and after.norm.isalnum()


def restored(mentions: Iterable[Mention], kept: Kept) -> tuple[Mention, ...]:
    return tuple(
        msgspec.structs.replace(each, value=kept.get(each.value, each.value)) if isinstance(each.value, str) else each
        for each in mentions
    )

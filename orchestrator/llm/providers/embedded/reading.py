"""From a text to its clauses, each with the words and the values in it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from orchestrator.kernel.messages import Language
from orchestrator.llm.providers.embedded.index import Index
from orchestrator.llm.providers.embedded.language import Token, tokens
from orchestrator.llm.providers.embedded.mentions import Finder, Mention
from orchestrator.llm.providers.embedded.segment import Clause, clauses

READABLE: Final = 4000  # characters outside quotes that are read as a request
Kept = Mapping[str, str]  # the quotations that were set aside


def read(text: str, language: Language, finder: Finder, index: Index, kept: Kept) -> tuple[Clause, ...]:
    spoken = tokens(text, index.words)
    found = [each for each in finder.find(text, spoken, language) if not _common(each, spoken, index)]
    return clauses(text, spoken, restored(found, kept), language)


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

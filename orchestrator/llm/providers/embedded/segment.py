"""Cutting a request into its clauses, in order; never inside a quote, a path or an expression."""

import itertools
import re
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from orchestrator.kernel.messages import Language
from orchestrator.llm.providers.embedded import lexicon
from orchestrator.llm.providers.embedded.language import Token, is_action, is_open
from orchestrator.llm.providers.embedded.lexicon import words
from orchestrator.llm.providers.embedded.mentions import Mention

_JOINED: Final = re.compile(
    r"^(?:(?:and|then|but|also|finally|so|et|puis|ensuite|mais"
    r"|aussi|enfin|donc|alors|after that|après cela|&)(?!\w)[\s,]*)+",
    re.IGNORECASE,
)


class Clause(Struct, frozen=True):
    text: str  # the whole request: places of words and mentions are in it
    start: int
    end: int
    words: tuple[Token, ...]  # those outside mentions
    mentions: tuple[Mention, ...]
    language: Language = "en"

    @property
    def said(self) -> str:
        """The person's own words for it, without what joins it to the clause before."""
        return _JOINED.sub("", self.text[self.start : self.end].strip(" ,.;:!?\n"))

    @property
    def actions(self) -> tuple[str, ...]:
        return tuple(word.concept for word in self.words if is_action(word.concept))

    def part(self, start: int, end: int) -> "Clause":
        return cut(self.text, start, end, self.words, self.mentions, self.language)


def cut(
    text: str, start: int, end: int, words: tuple[Token, ...], mentions: tuple[Mention, ...], language: Language
) -> Clause:
    return Clause(
        text,
        start,
        end,
        tuple(word for word in words if start <= word.start and word.end <= end),
        tuple(mention for mention in mentions if start <= mention.start and mention.end <= end),
        language,
    )


_JOINERS: Final = words("and et then puis ensuite apres afterwards plus & also ainsi but mais")
_THEN: Final = frozenset(["then", "puis", "ensuite", "afterwards"])
_SPACE: Final = re.compile(r"\s*")
_HARD: Final = frozenset(";!?")
_REPORTS: Final = frozenset(["celle", "celui", "ceux", "celles"])


def clauses(
    text: str,
    words: tuple[Token, ...],
    mentions: tuple[Mention, ...],
    language: Language,
    kept: Sequence[tuple[int, int]] = (),
    heads: frozenset[str] = frozenset(),
) -> tuple[Clause, ...]:
    """The clauses of a request, in the order they are said. `kept`: where what is said is passed on as it is;
    `heads`: what requests begin with beside the verbs of the lexicon, such as `commit`."""
    outside = _outside(words, mentions)
    bounds = [0]
    for place, word in enumerate(outside):
        if word.norm == "," and _leads_in(outside[:place]):
            continue
        if any(start <= word.start < end for start, end in kept):
            continue
        if _ends(text, word) or _joins(outside, place, mentions, word, heads):
            bounds.append(word.end if word.norm in ".;!?\n" else word.start)
    bounds += [found.end() for found in re.finditer(r"\n", text) if _breaks(text, found.start(), mentions)]
    edges = [*sorted(set(bounds)), len(text)]
    found = [cut(text, start, end, outside, mentions, language) for start, end in itertools.pairwise(edges)]
    return tuple(clause for clause in found if clause.mentions or any(word.norm.isalnum() for word in clause.words))


_LEADS_IN: Final = words("in on from under at with by dans sur depuis sous avec par")


def _leads_in(said: tuple[Token, ...]) -> bool:
    """`on the machine db, run …`: a place said first belongs to what is asked after it."""
    spoken = [word for word in said if word.norm.isalnum()]
    acts = any(is_action(word.concept) or word.norm in lexicon.QUESTIONS for word in spoken)
    return bool(spoken) and spoken[0].norm in _LEADS_IN and not acts


# Mentions whose words also count as words, where no argument takes them: `today`, `Paris`.
SPOKEN: Final = ("moment", "zone")


def _outside(words: tuple[Token, ...], mentions: tuple[Mention, ...]) -> tuple[Token, ...]:
    kept: list[Token] = []
    queue = list(mentions)
    for word in words:
        while queue and queue[0].end <= word.start:
            queue.pop(0)
        if (
            not queue
            or word.end <= queue[0].start
            or queue[0].weak
            or (queue[0].kind in SPOKEN and word.norm.isalpha())
        ):
            kept.append(word)
    return tuple(kept)


def _spoken(mention: Mention, word: Token) -> bool:
    return mention.weak or (mention.kind in SPOKEN and word.norm.isalpha())


def _breaks(text: str, place: int, mentions: tuple[Mention, ...]) -> bool:
    """Whether a new line there begins a new clause: not inside a quoted text, nor before one that it leads to."""
    ahead = _SPACE.match(text, place).end()  # type: ignore[union-attr]
    return not any(mention.start <= place < mention.end or mention.start == ahead for mention in mentions)


def _ends(text: str, word: Token) -> bool:
    if word.norm in _HARD:
        return True
    return word.norm == "." and (word.end == len(text) or text[word.end].isspace())


def _joins(
    words: tuple[Token, ...], place: int, mentions: tuple[Mention, ...], word: Token, heads: frozenset[str]
) -> bool:
    """Whether a comma or a joining word here begins a new clause: what follows starts with a verb or a question."""
    if word.norm == "+":
        return True
    if word.norm != "," and word.norm not in _JOINERS:
        return False
    if word.norm == "puis" and [after.norm for after in words[place + 1 : place + 3]] == ["-", "je"]:
        return False
    for distance, after in enumerate(words[place + 1 : place + 8]):
        between = [m for m in mentions if word.end <= m.start and m.end <= after.start and not m.weak]
        if between:
            break
        if after.norm in lexicon.QUESTIONS and after.norm not in ("est", "is", "are", "does", "did", "do", "ou"):
            return True
        if is_action(after.concept) or (is_open(after.concept) and after.concept not in ("artwork", "knowledge")):
            return not _noun_use(words, place + 1 + distance)
        if after.concept in heads and words[place + distance].norm not in lexicon.ARTICLES:
            return True
        if after.norm in ("dont", "never"):
            return True
        if after.norm not in lexicon.FILLERS and after.norm != ",":
            return after.norm in _REPORTS or word.norm in _THEN
    return word.norm in _THEN


def _noun_use(words: tuple[Token, ...], place: int) -> bool:
    """`the total`, `la liste`: after a joiner and an article, a verb's form is a noun of the same clause."""
    before = words[place - 1].norm if place else ""
    return before in ("the", "la", "les", "l", "un", "une", "a", "le") and words[place].concept in (
        "list", "sum", "show", "count", "copy", "average", "write", "order", "remind", "find",
    )  # fmt: skip

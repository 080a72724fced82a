"""What a short question asks, in one form: two questions mean the same only if their forms are equal.

What courtesy, word order of a question and a few synonyms change is taken away; everything else stays and counts:
numbers, dates, units, names, negations, conditions, comparisons, tenses, persons, quotations, signs, and every word
that is not known to be empty. So a word that was exchanged for another is another question, unless the lexicon
says that they are the same. English and French; a question in one is never one in the other.
"""

import re
import unicodedata
from functools import lru_cache

from msgspec import Struct

from orchestrator.llm.cache import lexicon

LONGEST = 400  # characters; what is longer is a text, not a question
_TOKEN = re.compile(
    r"\"[^\"]*\"|«[^»]*»|“[^”]*”"  # a quotation is one thing
    r"|[a-z]+://\S+|[\w.+-]+@[\w-]+\.[\w.]+"
    r"|[+-]?\d[\d.,:/\u202f-]*\d|[+-]?\d"
    r"|[^\W\d_](?:[^\W\d_]|[0-9_+#&]|['-](?=\w))*"
    r"|[^\s\w?!.,;:()\[\]'\"…]"
)
_ELISION = re.compile(r"\b([ldjnstmc]|qu|jusqu|lorsqu|puisqu)'(?=\w)", re.IGNORECASE)
_CODE = re.compile(r"[`{}\\]|\n\s*\n|=>|==")


class Meaning(Struct, frozen=True):
    language: str
    words: tuple[str, ...]  # in their order
    aspects: tuple[str, ...]  # of what is asked (its price, its capital), which may stand before or after it

    @property
    def said(self) -> str:
        return " ".join((*self.aspects, *self.words))


@lru_cache(4096)
def meaning(text: str) -> Meaning | None:
    """None for what is no short question, or whose answer depends on when it is asked."""
    if len(text) > LONGEST or _CODE.search(text):
        return None
    said = unicodedata.normalize("NFKC", text).translate(lexicon.APOSTROPHES).strip()
    said = _ELISION.sub(r"\1 ", said)
    tokens = _TOKEN.findall(_folded(said))
    language = _language(tokens)
    if not tokens or not language:
        return None
    words = lexicon.languages()[language]
    line = " " + " ".join(tokens) + " "
    if words.passing.search(line):
        return None
    for pattern, form in words.turns:
        line = " " + " ".join(pattern.sub(form, line).split()) + " "
    found = [words.same.get(token, token) for token in line.split()]
    found = [token for token in found if token not in words.empty]
    aspects = sorted(token for token in found if token in words.aspects)
    rest = tuple(token for token in found if token not in words.aspects)
    return Meaning(language, rest, tuple(aspects)) if rest else None


def _folded(text: str) -> str:
    """Small letters, but for what capitals alone tell apart, and quotations."""
    words: list[str] = []
    for index, word in enumerate(re.split(r"(\"[^\"]*\"|«[^»]*»|“[^”]*”|\s+)", text)):
        bare = word.strip("?!.,;:()")
        shouts = index > 0 and bare.isupper() and bare.isalpha() and bare != "I" and not text.isupper()
        named = index > 0 and bare[:1].isupper() and bare.lower() in lexicon.TWO_FACED
        quoted = word[:1] in '"«“'
        words.append(word if quoted or shouts or named else word.lower())
    return "".join(words)


def _language(tokens: list[str]) -> str:
    """Of the words that only one of them has, whose are more; nothing where neither has any or both as many."""
    said = {piece for token in tokens for piece in re.split(r"['-]", token)}
    counts = {name: len(said & words.marks) for name, words in lexicon.languages().items()}
    best = max(counts, key=lambda name: counts[name])
    others = [count for name, count in counts.items() if name != best]
    return best if counts[best] > max(others) else ""

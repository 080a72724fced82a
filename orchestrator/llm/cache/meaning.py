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
    r"|[a-z]+://\S*[^\s?!.,;:)]|[\w.+-]+@[\w-]+\.[\w.]+"
    r"|[+-]?[.,]?\d[\d.,:/\u202f-]*\d!?|[+-]?[.,]?\d!?"
    r"|[^\W\d_](?:[^\W\d_]|[0-9_+#&]|['-](?=\w))*"
    r"|_+|[^\s\w]"
)
_ELISION = re.compile(r"\b([ldjnstmc]|qu|jusqu|lorsqu|puisqu)'(?=\w)", re.IGNORECASE)
_CODE = re.compile(r"[`{}\\]|\n\s*\n|=>|==")


class Meaning(Struct, frozen=True):
    language: str
    words: tuple[str, ...]
    asks: bool  # or says

    @property
    def said(self) -> str:
        return " ".join(self.words)


@lru_cache(4096)
def meaning(text: str) -> Meaning | None:
    """None for what is no short question, or whose answer depends on when it is asked."""
    if len(text) > LONGEST or _CODE.search(text):
        return None
    said = unicodedata.normalize("NFC", text).translate(lexicon.APOSTROPHES).strip()
    said = _ELISION.sub(r"\1 ", said)
    tokens = _TOKEN.findall(_folded(said))
    language = _language(tokens)
    if not language:
        return None
    words = lexicon.languages()[language]
    if words.passing.search(f" {' '.join(tokens)} "):
        return None
    marked = tokens[-1] == "?"
    line = f" {' '.join(_bare(tokens, words))} "
    for pattern, form in words.turns:
        line = f" {' '.join(pattern.sub(f' {form}', line).split())} "
    found = _bare([words.same.get(token, token) for token in line.split()], words)
    asks = marked or bool(found and found[0] in words.asking)
    rest = [token for token in found if token not in words.empty]
    return Meaning(language, tuple(_aspect_first(rest, words)), asks) if rest else None


def _bare(tokens: list[str], words: lexicon.Words) -> list[str]:
    """Without the courtesies around it and the marks at its end."""
    begin, end = 0, len(tokens)
    while begin < end and tokens[begin] in words.opening:
        begin += 1
    while end > begin and (tokens[end - 1] in words.closing or tokens[end - 1] in "?.!…"):
        end -= 1
    return tokens[begin:end]


def _aspect_first(tokens: list[str], words: lexicon.Words) -> list[str]:
    """“What France capital” is “what capital France”: only where it is short, so that nothing else moves."""
    movable = 2 < len(tokens) < 5 and tokens[0] == words.what and tokens[-1] in words.aspects
    if not movable or sum(token in words.aspects for token in tokens) > 1:
        return tokens
    return [tokens[0], tokens[-1], *tokens[1:-1]]


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

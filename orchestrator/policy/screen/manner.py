"""How much a sentence sounds like words to an assistant: weights learnt from examples, over words and what they mean.

The features of a sentence: its words, pairs of neighbours, the first word; what words mean (words.txt), and which
meaning comes before which within a few words. The weights (weights.txt) are made by scripts/screen_weights.py.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

REACH = 3  # words from one meaning to the other
SHORTEST = 3  # letters of a beginning in words.txt
CACHE = 50_000  # words whose meaning is kept

Features = dict[str, float]


def features(words: Sequence[str], first: int) -> Features:
    """What is known of a sentence, and what each weighs. `first`: the word behind the name of a field."""
    known = weights()
    return {key: known[key] for key in keys(words, first) if key in known}


def keys(words: Sequence[str], first: int) -> Iterator[str]:
    means = [meanings(word) for word in words]
    for at, word in enumerate(words):
        yield word
        begins = at in (0, first)
        if begins:
            yield f"^{word}"
        if at + 1 < len(words):
            yield f"{word} {words[at + 1]}"
        for one in means[at]:
            yield f"={one}"
            if begins:
                yield f"^={one}"
            for later in means[at + 1 : at + 1 + REACH]:
                yield from (f"={one} ={other}" for other in later if other != one)


def bias() -> float:
    """What weighs against it before a word is said."""
    return weights()[""]


@lru_cache(maxsize=CACHE)
def glance(word: str) -> int:
    """What a word weighs by itself, in hundredths, for whoever only looks if a sentence is worth reading."""
    return sum(round(100 * weights().get(key, 0.0)) for key in seen(word))


def seen(word: str) -> tuple[str, ...]:
    return (f"?{word}", *(f"?={one}" for one in meanings(word)))


@lru_cache(maxsize=CACHE)
def meanings(word: str) -> tuple[str, ...]:
    whole, beginnings = _meanings()
    found = whole.get(word, ())
    for length in range(SHORTEST, len(word) + 1):
        found += beginnings.get(word[:length], ())
    return tuple(dict.fromkeys(found))


@lru_cache(maxsize=1)
def weights() -> Features:
    lines = Path(__file__).with_name("weights.txt").read_text("utf-8").splitlines()
    pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {key: int(weight) / 100 for key, weight in pairs}


@lru_cache(maxsize=1)
def _meanings() -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    """By whole words, and by the beginnings of words."""
    whole: dict[str, tuple[str, ...]] = {}
    beginnings: dict[str, tuple[str, ...]] = {}
    for line in Path(__file__).with_name("words.txt").read_text("utf-8").splitlines():
        name, _, words = line.partition(": ")
        if line.startswith("#"):
            continue
        for word in words.split():
            table = beginnings if word.endswith("*") else whole
            table[word.rstrip("*")] = (*table.get(word.rstrip("*"), ()), name)
    return whole, beginnings

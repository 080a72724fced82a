"""The cues of cues.txt, compiled, and an index from words to those they may be part of."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from msgspec import Struct

_NAME = re.compile(r"<(\w+)>")
_CLASS = re.compile(r"<(\w+)> = (.+)")
_HEAD = re.compile(r"\[([a-z]+) (\d)\](.*)")
_WORD = r"(?:\w+(?:['.-]\w+)*\W+)"
_AHEAD = re.compile(r"\(\?![^()]*\)$")

CACHE = 50_000  # words whose cues are kept

Index = dict[str, tuple[tuple[str, "Cue"], ...]]


class Cue(Struct, frozen=True):
    family: str
    weight: int
    words: tuple[str, ...]
    others: tuple[str, ...]
    pattern: re.Pattern[str]

    def is_in(self, sentence: str) -> bool:
        if self.others and not any(other in sentence for other in self.others):
            return False
        return self.pattern.search(sentence) is not None


class Cues(Struct, frozen=True):
    order: re.Pattern[str]
    index: Index  # by the first two letters of a word


@lru_cache(maxsize=1)
def cues() -> Cues:
    every = list(_read(Path(__file__).with_suffix(".txt").read_text("utf-8")))
    index: Index = {}
    for cue in every:
        for word in cue.words:
            index[word[:2]] = (*index.get(word[:2], ()), (word, cue))
    return Cues(next(cue.pattern for cue in every if cue.family == "order"), index)


def hints(words: Iterable[str]) -> Iterable[Cue]:
    """The cues that some of these words may be part of, in the order of the words: a replay finds the same."""
    return {id(cue): cue for word in dict.fromkeys(words) for cue in _of(word)}.values()


@lru_cache(maxsize=CACHE)
def _of(word: str) -> tuple[Cue, ...]:
    return tuple(cue for start, cue in cues().index.get(word[:2], ()) if word.startswith(start) or word + "$" == start)


def _read(text: str) -> Iterator[Cue]:
    classes: dict[str, str] = {}
    head: re.Match[str] | None = None
    patterns: list[str] = []
    for line in [*text.splitlines(), "[end 0]"]:
        if (heads := _HEAD.match(line)) is not None:
            if head is not None:
                words, _, others = head[3].partition(" & ")
                pattern = re.compile("|".join(patterns))
                yield Cue(head[1], int(head[2]), tuple(words.split()), tuple(others.split()), pattern)
            head, patterns = heads, []
        elif (defines := _CLASS.match(line)) is not None:
            classes[defines[1]] = defines[2]
        elif line and not line.startswith("#"):
            patterns.append(_pattern(line, classes))


def _pattern(line: str, classes: dict[str, str]) -> str:
    anchored = line.startswith("^")
    ahead = line.endswith(")") and _AHEAD.search(line) is not None
    for _ in range(3):  # classes of classes
        line = _NAME.sub(lambda match: f"(?:{classes[match[1]]})" if match[1] in classes else match[0], line)
    line = line.replace(" .. ", rf"\W+{_WORD}{{0,5}}?").replace(" ~ ", rf"\W+{_WORD}{{0,2}}?")
    line = line.replace("(?:.. )?", rf"{_WORD}{{0,4}}?")
    head = r"\b" if line[0].isalnum() or line[0] == "(" else ""
    tail = r"(?!\w)" if line[-1].isalpha() or (line[-1] == ")" and not ahead) else ""
    if anchored and (line[1].isalnum() or line[1] == "("):
        head, line = r"^\W*", line[1:]
    return f"(?:{head}(?:{line}){tail})"

"""What is passed on as it is: after `the command`, after a colon (`write to a.sh: …`), after `run` and a program."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from orchestrator.llm.providers.embedded.language import Token, is_action, known
from orchestrator.llm.providers.embedded.lexicon import ARTICLES, HOMONYMS, PROGRAMS, words
from orchestrator.llm.providers.embedded.mentions import Mention

_ACTS: Final = frozenset(["run", "write", "add", "create", "command"])
_SIGNS: Final = re.compile(r"[;|$#{}<>=`]|&&|=>|\w\(")  # of a command, or of code
_THEN: Final = words("then puis ensuite afterwards")
_ENDING: Final = ".!?;"
_QUOTES: Final = "\"'`«“‘"
_EDGES: Final = " ,\n"


def places(text: str, said: Sequence[Token]) -> list[tuple[int, int]]:
    """Where such texts stand."""
    found: list[tuple[int, int]] = []
    for place, word in enumerate(said):
        if found and word.start < found[-1][1]:
            continue
        start = word.end
        if _begins(text, said, place) and text[start:].strip() and text[start:].lstrip()[0] not in _QUOTES:
            found.append((start, _end(text, said, place)))
    return found


def set_apart(text: str, mentions: Sequence[Mention], regions: Sequence[tuple[int, int]]) -> tuple[Mention, ...]:
    """The mentions, with commands and code as quotations: what looks like a value in them is none."""
    signed = [each for each in regions if _SIGNS.search(text[slice(*each)])]
    outside = (each for each in mentions if not any(start <= each.start < end for start, end in signed))
    made = []
    for start, end in signed:
        value = text[start:end]
        start += len(value) - len(value.lstrip(_EDGES))
        made.append(Mention("quoted", start, start + len(value.strip(_EDGES)), value.strip(_EDGES)))
    return tuple(sorted([*outside, *made], key=lambda each: each.start))


def _begins(text: str, said: Sequence[Token], place: int) -> bool:
    word = said[place]
    acts = {each.concept for each in _sentence(text, said[:place])}
    if word.norm == ":":
        return bool(acts & _ACTS) and text[word.end : word.end + 1].isspace()
    after = said[place + 1] if place + 1 < len(said) else None
    if after is None or after.norm in ARTICLES or after.norm == ":":
        return False
    if word.concept == "command":
        return "run" in acts and (after.norm in PROGRAMS or not is_action(after.concept))
    return word.concept == "run" and after.norm in PROGRAMS | HOMONYMS and ";" in text


def _sentence(text: str, said: Sequence[Token]) -> Iterator[Token]:
    for word in reversed(said):
        if word.norm in _ENDING and text[word.end : word.end + 1].isspace():
            return
        yield word


def _end(text: str, said: Sequence[Token], place: int) -> int:
    """At the end of the line, or where a new request begins: `…, then show notes.txt`, `…; show notes.txt`."""
    line = (text + "\n").index("\n", said[place].end)
    for at, word in enumerate(said[place + 1 :], place + 1):
        if word.start >= line:
            break
        after = said[at + 1 : at + 4]
        if word.norm in _THEN and said[at - 1].norm != ";" and any(is_action(each.concept) for each in after[:2]):
            return said[at - 1].start if said[at - 1].norm in ("and", "et") else word.start
        plain = word.norm == ";" and said[place].norm != ":" and after and after[0].norm not in PROGRAMS | HOMONYMS
        if plain and known(after[0].norm):
            return word.start
    return line

"""When an effect is certain enough to be done: nothing that is said is left unexplained, and nothing of what
would tell the tool apart is left unsaid. What is not is shown to the person as the exact call, and asked about."""

import re
from typing import Final

from orchestrator.llm.providers.embedded import lexicon
from orchestrator.llm.providers.embedded.index import Entry, Index, Parameter
from orchestrator.llm.providers.embedded.language import STOP_WORDS, Token, fold, is_action, known, stem
from orchestrator.llm.providers.embedded.match import Match, nearest
from orchestrator.llm.providers.embedded.segment import Clause
from orchestrator.llm.providers.embedded.shown import Bag, choices, head, spells
from orchestrator.llm.providers.embedded.texts import INTRODUCE

_ALIKE: Final = 0.6  # how near two acts are, of which one may stand for the other
_SPOKEN: Final = 0.5  # how near a word is to one that the tool is spoken of with
_ENOUGH: Final = 0.55  # how much of an example must be said
_SENTENCE: Final = lexicon.ARTICLES | lexicon.words("on sur dans sous")
_LIGHT: Final = frozenset(["create", "run", "set"])  # `make a commit`: the noun says what is done


def sure(clause: Clause, found: Match, index: Index) -> bool:
    """Whether a call is what was asked for, beyond doubt; looking needs no such certainty."""
    if found.entry.harmless:
        return True
    listed = {each.name for each in found.entry.parameters if each.kind == "enum"}
    said = (value for name, value in found.filling.arguments.items() if name not in listed)
    if any(isinstance(value, str) and not _whole(clause, value) for value in said):
        return False
    return bool(found.filling.worded) or (
        _filled(clause, found) and _explained(clause, found) and _shown(clause, found, index)
    )


def _whole(clause: Clause, value: str) -> bool:
    """Whether a value is no piece of a word: `fix` of `fix-prices`."""
    said, value = clause.text, re.escape(value)
    return not re.search(value, said) or bool(re.search(rf"(?<!\w)(?<!\w-){value}(?!-?\w)", said))


def _filled(clause: Clause, found: Match) -> bool:
    """Whether the arguments are such as examples give together, and none is a guess."""
    entry, filling = found.entry, found.filling
    given = {*filling.arguments, *filling.several, *(each.name for each in filling.missing)}
    if filling.guessed or not any(shape <= given for shape in entry.shapes):
        return False
    if not all(_placed(clause, each, found) for each in entry.parameters if each.kind in ("path", "glob")):
        return False
    texts = [(each, value) for each in entry.parameters if isinstance(value := filling.arguments.get(each.name), str)]
    if not all(re.search(each.schema.get("pattern", ""), value) for each, value in texts):
        return False
    texts = [(each, value) for each, value in texts if each.kind == "quoted"]
    return all(_typed(value) if each.tail else _named(clause, value, each) for each, value in texts)


def _placed(clause: Clause, parameter: Parameter, found: Match) -> bool:
    """Whether a small word leads to one of several files as examples lead to it: `of` or `into`."""
    filled = [
        each for each in found.entry.parameters if each.kind == parameter.kind and each.name in found.filling.arguments
    ]
    value = found.filling.arguments.get(parameter.name)
    place = next((each.start for each in clause.mentions if value is not None and each.value == value), None)
    if len(filled) < 2 or place is None:
        return True
    before = next((word for word in reversed(clause.words) if word.end <= place), None)
    return before is None or before.norm not in STOP_WORDS or before.norm in parameter.leads


def _named(clause: Clause, value: str, parameter: Parameter) -> bool:
    """Whether what is taken for a name is one, rather than a word of the sentence: `the stopped containers`."""
    said = fold(value)
    if not parameter.named or said in parameter.values or not all(map(known, said.split())):
        return True
    place = clause.text.find(value)
    before = [word.norm for word in clause.words if word.end <= place]
    return bool(before) and before[-1] in parameter.leads


def _typed(command: str) -> bool:
    """Whether what runs on to the end reads as a line that is typed, rather than as a sentence."""
    said = command.split()
    plain = {fold(word) for word in said if word.isalpha()}
    named = said[0] in lexicon.PROGRAMS | lexicon.HOMONYMS or not said[0].isalpha()
    return not plain & _SENTENCE and (named or len(said) > 1)


def _explained(clause: Clause, found: Match) -> bool:
    """Whether all that is said is a value, or a word that the tool is spoken of with."""
    entry, filling = found.entry, found.filling
    if any(each.start not in filling.used and not each.weak for each in clause.mentions):
        return False
    return all(
        word.norm in INTRODUCE or nearest(word.concept, entry.vocabulary) >= _SPOKEN or stem(word.norm) in entry.stems
        for word in _telling(clause, found)
    )


def _telling(clause: Clause, found: Match) -> list[Token]:
    start, end = found.filling.object or (0, 0)
    return [
        word
        for word in clause.words
        if word.start not in found.filling.used
        and not start <= word.start < end
        and word.norm not in STOP_WORDS | lexicon.FILLERS
        and any(letter.isalnum() for letter in word.norm)
    ]


def _shown(clause: Clause, found: Match, index: Index) -> bool:
    """Whether an example that begins with such an act says hardly more than what is said."""
    entry, filling = found.entry, found.filling
    said = {word.concept for word in _telling(clause, found)} | filling.acts | filling.kinds
    acts = _asked(clause, found, said)
    said |= {word.concept for word in clause.words if word.norm in INTRODUCE}
    own = sum(map(index.weight, _own(clause, found, index)))
    things = {word for word in entry.common if not is_action(word) and word[0] != "<"}
    missed = things - said if things.isdisjoint(said) and not (own or _peculiar(acts, entry, index)) else set()
    chosen = {each.name for each in entry.parameters if each.kind in ("enum", "boolean")}
    given = chosen & {*filling.arguments, *(each.name for each in filling.missing)}
    return any(
        (not first or nearest(first, acts) >= _ALIKE)
        and not missed & bag
        and chosen & example.arguments.keys() <= given
        and _covered(bag, frozenset(said), index, own)
        for first, bag, example in zip(entry.openings, entry.examples, entry.spec.examples, strict=True)
    )


def _own(clause: Clause, found: Match, index: Index) -> set[str]:
    """Values that no other tool speaks of: `blue` says that a lamp is meant."""
    listed = [value for each in found.entry.parameters for value in choices(each.schema)]
    spelled = {word.concept for word in clause.words if any(spells(word, value) for value in listed)}
    spelled |= found.filling.kinds
    return {concept for concept in spelled if sum(concept in each.vocabulary for each in index.entries) == 1}


def _asked(clause: Clause, found: Match, said: set[str]) -> Bag:
    """The acts that are asked for; where that is a light one, a noun may say it."""
    used = found.filling.used
    first = head([word for word in clause.words if word.start not in used])
    first = first or next((word.concept for word in clause.words if is_action(word.concept)), "")
    return frozenset({first} | found.filling.acts | (said if first in _LIGHT or not first else set()))


def _peculiar(acts: Bag, entry: Entry, index: Index) -> bool:
    """Whether an act is one that only this tool does: `redeploy it`."""
    others = (each.heads for each in index.entries if each is not entry)
    return bool(acts & entry.heads - frozenset[str]().union(*others))


def _covered(example: Bag, said: Bag, index: Index, own: float) -> bool:
    telling = [word for word in example if word != "show"]
    weight = sum(map(index.weight, telling))
    shared = sum(index.weight(word) for word in telling if nearest(word, said) >= _SPOKEN)
    return shared + own >= _ENOUGH * (weight + own)

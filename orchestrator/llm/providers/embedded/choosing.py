"""Choices: a value of a list, or a yes, that words spell in either language or mean without spelling it."""

from collections.abc import Set
from typing import Any

from msgspec import Struct

from orchestrator.llm.providers.embedded.index import Entry, Parameter
from orchestrator.llm.providers.embedded.language import Token, is_action, stem
from orchestrator.llm.providers.embedded.segment import Clause
from orchestrator.llm.providers.embedded.shown import Bag, choices, spells


class Chosen(Struct, frozen=True):
    value: Any
    used: frozenset[int] = frozenset()  # places of the words that say it
    acts: frozenset[str] = frozenset()  # acts that are the choice: `restart`


def chosen(clause: Clause, entry: Entry, parameter: Parameter, used: Set[int]) -> Chosen | None:
    listed = choices(parameter.schema)
    spelled = [
        (_led(clause, entry, parameter, word, value), -word.start, word, value)
        for word in clause.words
        for value in listed
        if word.start not in used and spells(word, value)
    ]
    if spelled:
        led, _, word, value = max(spelled, key=lambda each: each[:2])
        acts = frozenset({word.concept} if is_action(word.concept) else ())
        return Chosen(value, frozenset({word.start}), acts) if led >= 0 else None
    said = {word.concept for word in clause.words} | {stem(word.norm) for word in clause.words}
    if listed:
        return _cued(clause, parameter, said)
    for value, cues in parameter.constants or ((True, parameter.names),):
        if cues & said:
            return Chosen(value, _saying(clause, cues))
    return None


def _cued(clause: Clause, parameter: Parameter, said: set[str]) -> Chosen | None:
    """The choice that words mean without spelling it; none where two are meant alike."""
    acts = {stem(word.norm) for word in clause.words if is_action(word.concept)}
    ranked = sorted(
        ((len(cues & said) + 2 * len(cues & acts), place) for place, (_, cues) in enumerate(parameter.constants)),
        key=lambda each: -each[0],
    )
    if not ranked or not ranked[0][0] or (len(ranked) > 1 and ranked[0][0] == ranked[1][0]):
        return None
    value, cues = parameter.constants[ranked[0][1]]
    return Chosen(value, _saying(clause, cues))


def _saying(clause: Clause, cues: Bag) -> frozenset[int]:
    named = (word for word in clause.words if not is_action(word.concept))
    return frozenset(word.start for word in named if {word.concept, stem(word.norm)} & cues)


def _led(clause: Clause, entry: Entry, parameter: Parameter, word: Token, value: Any) -> int:
    """1 where the word before a choice stands before this parameter's in examples, -1 where before another's."""
    before = next((each.norm for each in reversed(clause.words) if each.end <= word.start), "")
    rivals = [each for each in entry.parameters if each is not parameter and value in choices(each.schema)]
    return (before in parameter.leads) - any(before in each.leads for each in rivals)

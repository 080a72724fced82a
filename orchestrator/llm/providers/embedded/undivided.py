"""Requests that are not taken apart: those for later, and those that a tool is itself shown to do at once."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from orchestrator.llm.providers.embedded import lexicon, reading, texts, timings
from orchestrator.llm.providers.embedded.language import is_action, is_open, tokens
from orchestrator.llm.providers.embedded.segment import Clause
from orchestrator.llm.providers.embedded.steps import Step

if TYPE_CHECKING:
    from orchestrator.llm.providers.embedded.planner import Planner


def deferred(planner: "Planner", text: str) -> bool:
    """`every day at 7, list the files`: a request for later is handed on as it is, where a tool takes such ones."""
    entry, told = planner.index.deferring, timings.leading(text)
    if entry is None or entry.deferring is None or told is None:
        return False
    goal = texts.POLITE.sub("", text[told.end :].strip(" ,:")).strip().rstrip(".!").strip()
    first = next((word for word in tokens(goal, planner.index.words) if word.norm not in lexicon.FILLERS), None)
    if first is None or not (is_action(first.concept) or is_open(first.concept)) or first.concept == "remind":
        return False
    when, said = entry.deferring
    planner.steps.append(Step(text.strip(), entry, ({when: text[told.start : told.end], said: goal},)))
    return True


def shown(planner: "Planner", text: str, found: Sequence[Clause]) -> bool:
    """`chart … and save it to x.svg`, where an example of one tool says all of it."""
    if len(found) < 2:
        return False
    clause = reading.whole(text, found)
    match = planner.worded(clause)
    if match is None or (len(match.filling.arguments) < 2 and not all(_why(each) for each in found[1:])):
        return False
    values = [value for value in match.filling.arguments.values() if isinstance(value, str)]
    if any(_spans(text, value, each.start) for value in values for each in found[1:]):
        return False
    return planner.call(clause, match)


def asked(planner: "Planner", text: str, kept: reading.Kept) -> bool:
    """`which tools do you have for git?`: small talk, unless a tool is shown to answer it."""
    found = reading.read(text, planner.language, planner.finder, planner.index, kept)
    worded = planner.worded(found[0]) if len(found) == 1 else None
    return worded is not None and bool(worded.filling.arguments)


def _why(clause: Clause) -> bool:
    """`…, and why?`: of what is looked for, no request of its own."""
    return {word.norm for word in clause.words if word.norm.isalpha()} in ({"and", "why"}, {"et", "pourquoi"})


def _spans(text: str, value: str, place: int) -> bool:
    """Whether a value goes on over a place where the request would be taken apart."""
    start = text.find(value)
    return start < place < start + len(value) if start >= 0 else False

"""A question that was asked, and what the person says to it: the pending plan is completed, or dropped."""

from typing import Any, Final

import msgspec

from orchestrator.kernel.messages import Language
from orchestrator.llm.providers.embedded import lexicon
from orchestrator.llm.providers.embedded.index import Index
from orchestrator.llm.providers.embedded.language import is_action, tokens
from orchestrator.llm.providers.embedded.lexicon import words
from orchestrator.llm.providers.embedded.match import best
from orchestrator.llm.providers.embedded.mentions import Finder
from orchestrator.llm.providers.embedded.reading import READABLE, Kept, restored
from orchestrator.llm.providers.embedded.segment import Clause, cut
from orchestrator.llm.providers.embedded.slots import fill
from orchestrator.llm.providers.embedded.steps import Ask, Plan, Step

_IT: Final = words("it them le la les")
_YES: Final = words(
    "yes yeah yep yup oui ouais ok okay sure exactly right correct exactement accord vas go confirm confirme"
)
_GLADLY: Final = words(
    "please stp svp do it that is ahead d y fais le bien sur c est ca s il te vous plait merci thanks , . ! -"
)
_CANCEL: Final = words("cancel annule annuler stop forget oublie nevermind rien nothing laisse")


def completed(plan: Plan, text: str, kept: Kept, finder: Finder, index: Index, language: Language) -> Plan | None:
    """The pending plan with what the person has just said put where it was missing; None if they speak of another."""
    ask = plan.asks[0]
    step = plan.steps[ask.step]
    spoken = tokens(text[:READABLE], index.words)
    said = {word.norm for word in spoken}
    if step.entry is None or said & _CANCEL or not 0 < len(text.strip()) <= READABLE:
        return None
    whole = cut(text, 0, len(text), spoken, restored(finder.find(text, spoken, language), kept), language)
    whole = cut(text, 0, len(text), _free(whole), whole.mentions, language)
    fresh = best(whole, index)
    first = whole.words[0] if whole.words else None
    acts = first is not None and (is_action(first.concept) or first.norm in lexicon.QUESTIONS)
    if (
        acts
        and fresh is not None
        and fresh.entry is not step.entry
        and fresh.score >= 0.7
        and not fresh.filling.missing
    ):
        return None
    given = _answers(whole, step, ask)
    if not given:
        return None
    each = tuple({**arguments, **given} for arguments in step.each)
    left = tuple(parameter for parameter in ask.missing if parameter.name not in given)
    steps = list(plan.steps)
    steps[ask.step] = msgspec.structs.replace(step, each=each)
    asks = (*((Ask(ask.step, left),) if left else ()), *plan.asks[1:])
    return Plan(language, tuple(steps), asks, plan.notes, doubts=plan.doubts)


def confirmed(plan: Plan, text: str, language: Language) -> Plan | None:
    """The plan that was in doubt, where the person says yes and nothing else."""
    said = {word.norm for word in tokens(text[:READABLE], mend=False)}
    if not plan.doubts or not said & _YES or said - _YES - _GLADLY:
        return None
    return msgspec.structs.replace(plan, language=language, doubts=(), notes=())


def _free(clause: Clause) -> tuple[Any, ...]:
    inside = [(mention.start, mention.end) for mention in clause.mentions if not mention.weak]
    return tuple(word for word in clause.words if not any(start <= word.start < end for start, end in inside))


def _answers(clause: Clause, step: Step, ask: Ask) -> dict[str, Any]:
    assert step.entry is not None
    filling = fill(clause, step.entry)
    given = {
        parameter.name: filling.arguments[parameter.name]
        for parameter in ask.missing
        if parameter.name in filling.arguments
    }
    left = [parameter for parameter in ask.missing if parameter.name not in given]
    fresh = not given and _another_request(clause)
    if not given and not fresh and len(ask.missing) == 1 and left and left[0].kind in ("quoted", "path", "expression"):
        value = clause.text.strip().strip("\"'«»“” ")
        short = len(value.split()) <= (3 if left[0].kind == "path" else 40)
        if value and short and not value.endswith("?"):
            given[left[0].name] = value
    return given


def _another_request(clause: Clause) -> bool:
    """`create a file b.md …`, `run it`: an act and what it is done to are no answer."""
    first = clause.words[0] if clause.words else None
    named = any(not each.weak and each.kind != "quoted" for each in clause.mentions)
    points = bool({word.norm for word in clause.words[1:]} & _IT)
    return first is not None and is_action(first.concept) and (named or points)

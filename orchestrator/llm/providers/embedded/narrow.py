"""Clauses that set a limit: the call without it, then the limit kept over its results."""

from typing import TYPE_CHECKING, Final

import msgspec

from orchestrator.llm.providers.embedded import lexicon, limits, measures, pointing
from orchestrator.llm.providers.embedded.index import Entry
from orchestrator.llm.providers.embedded.language import STOP_WORDS
from orchestrator.llm.providers.embedded.lexicon import words
from orchestrator.llm.providers.embedded.match import Match, best, certain, match
from orchestrator.llm.providers.embedded.references import sources
from orchestrator.llm.providers.embedded.segment import Clause
from orchestrator.llm.providers.embedded.shown import Bag
from orchestrator.llm.providers.embedded.steps import Step
from orchestrator.llm.providers.embedded.values import SAYING

if TYPE_CHECKING:
    from orchestrator.llm.providers.embedded.planner import Planner

_THOSE: Final = words("only just those ones them seulement uniquement juste ceux celles")
_APART: Final = frozenset({"size", "modified", "count", "show", "line", "date"})


def plan(planner: "Planner", clause: Clause) -> bool:
    """Add the steps of a clause that sets a limit; False if it does not, or nothing here can keep it."""
    limit = limits.limit(clause, planner.now)
    if limit is None:
        return False
    if _taken(planner, clause, limit):
        return False
    rest = limits.without(clause, limit)
    if any(act in lexicon.CHANGING - {"play"} for act in rest.actions):
        return False  # ports listen, and music is listened to
    if limit.sense == "is" and pointing.points(rest):
        return False  # `its port 22`
    place = _looked(planner, rest, limit.unit)
    if place is None:
        return False
    planner.steps.append(Step(clause.said, operation="limit", over=place, unit=limit.unit, limit=limit))
    if limit.unit != "line" and any(word.concept == "count" for word in rest.words):
        planner.steps.append(Step(clause.said, operation="count", over=len(planner.steps) - 1, unit="file"))
    return True


def _taken(planner: "Planner", clause: Clause, limit: limits.Limit) -> bool:
    """Whether a tool is itself shown to keep such a limit: `the last 50 lines of the logs`."""
    if limit.sense != "last" or not certain(found := best(clause, planner.index)) or found is None:
        return False
    said = {word.concept for word in clause.words if limit.start <= word.start < limit.end} - {"line"}
    return limit.least in found.filling.arguments.values() and bool(said & found.entry.shown)


def _looked(planner: "Planner", rest: Clause, unit: str) -> int | None:
    """The step whose results the limit is kept over: an earlier one that is pointed at, or one added here."""
    own = sources(planner)
    pointing = any(word.norm in _THOSE for word in rest.words) or not _heavy(rest)
    if own and not rest.mentions and (pointing or not measures.own_source(planner, rest)):
        step = planner.steps[own[-1]]
        if step.entry is not None and (_says(step.entry) if unit == "line" else measures.keyed(step.entry, unit)):
            return own[-1]
    ignoring: Bag = _APART if unit != "line" else frozenset({"line"})
    found = [
        match(rest, entry, planner.index, ignoring)
        for entry in planner.index.entries
        if entry.harmless and (_says(entry) if unit == "line" else measures.keyed(entry, unit))
    ]
    fitting = [each for each in found if _fits(each)]
    if not fitting:
        return None
    chosen = max(fitting, key=lambda each: each.score)
    planner.call(rest, chosen, told=False)
    planner.steps[-1] = _everywhere(planner.steps[-1], chosen, rest)
    return len(planner.steps) - 1


def _heavy(clause: Clause) -> bool:
    """Whether anything is named besides what is measured and counted."""
    said = (word for word in clause.words if word.norm not in STOP_WORDS and word.norm.replace("_", "").isalpha())
    return any(word.concept not in _APART for word in said)


def _everywhere(step: Step, found: Match, rest: Clause) -> Step:
    """Folders within folders too, where no folder is named: `files larger than 1 MB` are looked for everywhere."""
    if rest.mentions or any(word.concept == "folder" for word in rest.words):
        return step
    deep = {
        parameter.name: value
        for parameter in found.entry.parameters
        for value, cues in parameter.constants
        if value is True and "everywhere" in cues
    }
    return msgspec.structs.replace(step, each=tuple({**arguments, **deep} for arguments in step.each))


def _fits(found: Match) -> bool:
    whole = not found.filling.missing and not found.filling.unexplained
    return whole and found.score >= measures.LISTING


def _says(entry: Entry) -> bool:
    """Whether a tool gives the text of the thing that it is given."""
    returned = (entry.spec.returns or {}).get("properties", {})
    return bool(entry.required) and any(name in returned for name in SAYING)

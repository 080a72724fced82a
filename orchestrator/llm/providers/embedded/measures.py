"""Numbers and lists that tools report: which tool counts lines, which lists files, and for each of what."""

from typing import TYPE_CHECKING, Final

from orchestrator.llm.providers.embedded.index import Entry
from orchestrator.llm.providers.embedded.language import STOP_WORDS, concept_of, fold, known
from orchestrator.llm.providers.embedded.match import CERTAIN, Match, best, match
from orchestrator.llm.providers.embedded.references import item_keys, provides, sources
from orchestrator.llm.providers.embedded.segment import Clause
from orchestrator.llm.providers.embedded.shown import Bag
from orchestrator.llm.providers.embedded.steps import Operation, Ref, Step

if TYPE_CHECKING:
    from orchestrator.llm.providers.embedded.planner import Planner

LISTING: Final = 0.35  # how well a clause must fit a tool that lists, once the operation is set apart


def list_names(entry: Entry) -> set[str]:
    return {concept_of(fold(name)) for name in entry.listed}


def own_source(planner: "Planner", clause: Clause) -> bool:
    """Whether the clause says itself where to look (`here`, `in this folder`), rather than pointing back."""
    own = [place for place in sources(planner) if not planner.steps[place].past]
    return not own or any(word.concept == "folder" for word in clause.words)


def measure(planner: "Planner", clause: Clause, unit: str) -> bool:
    """A number that some tool reports (`lines`): of what the clause names, or of each earlier thing."""
    for entry in reporting(planner, unit):
        found = match(clause, entry, planner.index, frozenset({"count", unit, "sum"}))
        if not entry.required and not any(mention.kind in ("path", "glob", "folder") for mention in clause.mentions):
            fits = match(clause, entry, planner.index, frozenset({"count"}))
            if fits.score >= CERTAIN and unit in entry.numeric:
                return False  # the tool's own answer says it
            continue
        if not entry.required:
            continue
        if not found.filling.missing and not found.filling.unexplained:
            planner.steps.append(call_of(clause, found))
            return add(planner, clause, "project", len(planner.steps) - 1, unit)
        if each(planner, clause, entry, unit):
            return True
    return False


def reporting(planner: "Planner", unit: str) -> list[Entry]:
    return [entry for entry in planner.index.entries if entry.harmless and unit in entry.numeric]


def each(planner: "Planner", clause: Clause, entry: Entry, unit: str) -> bool:
    """The number for each of the things found before, or that the clause itself lists (`of the Python files`)."""
    name = entry.required[0].name
    place = listed_by(planner, clause, unit)
    if place is None or not provides(planner, place, name) or len(entry.required) != 1:
        return False
    planner.steps.append(Step("", entry, ({},), {name: Ref((place,), name)}, told=False))
    return add(planner, clause, "project", len(planner.steps) - 1, unit)


def listed_by(planner: "Planner", clause: Clause, unit: str) -> int | None:
    if any(mention.kind in ("glob", "folder", "path") for mention in clause.mentions):
        found = lister(planner, clause, frozenset({"count", "sum", "show", unit}), "")
        if found is None:
            return None
        planner.call(clause, found, told=False)
        return len(planner.steps) - 1
    own = sources(planner)
    return own[-1] if own else None


def lister(planner: "Planner", clause: Clause, ignoring: Bag, unit: str) -> Match | None:
    """The harmless tool that lists what the clause speaks of."""
    found = [
        match(clause, entry, planner.index, ignoring)
        for entry in planner.index.entries
        if entry.harmless and entry.listed
    ]
    found = [
        each
        for each in found
        if each.score >= LISTING and not each.filling.missing and not each.filling.unexplained and _spoken(clause, each)
    ]
    top = best(clause, planner.index)
    if not found or (
        top is not None and top.score >= CERTAIN and not top.entry.listed and unit not in ("file", "folder")
    ):
        return None
    return max(found, key=lambda each: each.score)


def _spoken(clause: Clause, found: Match) -> bool:
    """Whether every word that is left means something to somebody."""
    return all(
        word.start in found.filling.used
        or word.norm in STOP_WORDS
        or known(word.norm)
        or word.concept in found.entry.vocabulary
        for word in clause.words
        if word.norm.isalpha()
    )


def lists(step: Step) -> bool:
    return (
        (step.entry is not None and bool(step.entry.listed))
        or step.operation == "sort"
        or (step.operation == "limit" and step.unit != "line")
    )


def call_of(clause: Clause, found: Match) -> Step:
    each = [dict(found.filling.arguments)]
    for name, values in found.filling.several.items():
        each = [{**arguments, name: value} for arguments in each for value in values]
    return Step(clause.said, found.entry, tuple(each), told=False)


def add(planner: "Planner", clause: Clause, operation: Operation, over: int, unit: str) -> bool:
    planner.steps.append(Step(clause.said, operation=operation, over=over, unit=unit))
    return True


def keyed(entry: Entry, measure: str) -> bool:
    """Whether the things a tool lists have such a measure."""
    returned = (entry.spec.returns or {}).get("properties", {})
    return any(
        concept_of(fold(key)) == concept_of(measure) for name in entry.listed for key in item_keys(returned[name])
    )

"""Clauses that compute over results: count, sum, average, the largest, sort, a property of each, did it pass."""

from typing import TYPE_CHECKING, Final

import msgspec

from orchestrator.llm.providers.embedded import lexicon, measures, narrow, views
from orchestrator.llm.providers.embedded.index import Entry
from orchestrator.llm.providers.embedded.language import STOP_WORDS
from orchestrator.llm.providers.embedded.lexicon import words
from orchestrator.llm.providers.embedded.match import Match, best, match
from orchestrator.llm.providers.embedded.references import sources
from orchestrator.llm.providers.embedded.segment import Clause
from orchestrator.llm.providers.embedded.steps import Operation, Step

if TYPE_CHECKING:
    from orchestrator.llm.providers.embedded.planner import Planner

_PASSED: Final = words(
    "passed passes pass succeeded succeeds success works worked ok fine green failed fails fail error"
    " errors passe passent passer reussi reussit reussissent marche marchent fonctionne echoue echec vert"
    " erreur erreurs bien correctly"
)
_WHETHER: Final = frozenset(["if", "whether", "si"])
_UNITS: Final = words("file folder line match word size name cpu")


def plan(planner: "Planner", clause: Clause) -> bool:
    """Add the steps of a clause that is an operation; False if it is not one."""
    if narrow.plan(planner, clause):
        return True
    if reports(clause):
        return _verdict(planner, clause)
    if ordinal := _ordinal(planner, clause):
        return _one(planner, clause, *ordinal)
    if end := _superlative(clause):
        return _extreme(planner, clause, *end)
    if _property(planner, clause):
        return True
    operation = _operation(clause)
    if operation == "count":
        return _count(planner, clause)
    if operation in ("sum", "average"):
        return _aggregate(planner, clause, operation)
    if operation == "sort":
        return _sort(planner, clause)
    return False


def _operation(clause: Clause) -> Operation | None:
    """The operation that heads the clause: no act that changes things stands before it."""
    if any(mention.kind in ("expression", "url") for mention in clause.mentions):
        return None
    for word in clause.words:
        if word.concept in lexicon.CHANGING or word.concept in ("fetch", "download"):
            return None
        if word.concept == "count":
            return "count"
        if (word.concept in ("sum", "average") and word.norm != "total") or word.norm == "total":
            return "average" if word.concept == "average" else "sum"
        if word.concept == "sort":
            return "sort"
    return None


def _property(planner: "Planner", clause: Clause) -> bool:
    """`what is the size of app.py?`: a number that some tool reports of what is named."""
    if any(act not in ("show", "count") for act in clause.actions) or not clause.mentions:
        return False
    if any(mention.kind in ("glob", "expression", "number") for mention in clause.mentions):
        return False
    heavy = [word.concept for word in clause.words if word.norm not in STOP_WORDS and word.norm.isalpha()]
    units = [concept for concept in heavy if concept not in ("show", "count", "file", "name", "first")]
    if len(units) != 1:
        return False
    for entry in measures.reporting(planner, units[0]):
        found = match(clause, entry, planner.index)
        filled = {*found.filling.arguments, *found.filling.several}
        if entry.required and filled == {entry.required[0].name} and not found.filling.unexplained:
            planner.steps.append(measures.call_of(clause, found))
            return measures.add(planner, clause, "project", len(planner.steps) - 1, units[0])
    return False


def _unit(clause: Clause) -> str:
    """What is counted: the first countable thing after the word that counts, else the first."""
    seen = False
    found = []
    for word in clause.words:
        if word.norm in ("combien_de_fois", "how_many_times"):
            return "match"
        seen = seen or word.concept in ("count", "sum", "average")
        if word.concept in _UNITS or (word.concept in lexicon.THINGS and word.concept not in ("content", "result")):
            if seen:
                return word.concept
            found.append(word.concept)
    return found[0] if found else ""


def _count(planner: "Planner", clause: Clause) -> bool:
    unit = _unit(clause)
    told = sources(planner)
    only = all(word.concept == "count" or word.norm in STOP_WORDS for word in clause.words if word.norm.isalnum())
    if only and not clause.mentions and told and measures.lists(planner.steps[told[-1]]):
        return measures.add(planner, clause, "count", told[-1], unit)  # `how many are there?`
    if unit and unit not in ("file", "folder", "match") and measures.measure(planner, clause, unit):
        return True
    if (
        unit
        and unit not in ("file", "folder", "match")
        and not any(unit in measures.list_names(e) for e in planner.index.entries)
    ):
        return _uncountable(planner, clause, unit)
    pointing = not clause.mentions and not measures.own_source(planner, clause)
    own = [place for place in sources(planner) if not planner.steps[place].past]
    found = _those(planner, clause) or measures.lister(planner, clause, frozenset({"count"}), unit)
    if (pointing or found is None) and own and measures.lists(planner.steps[own[-1]]):
        return measures.add(planner, clause, "count", own[-1], unit)
    if found is None or _amount(clause, found.entry):
        return False
    planner.call(clause, found, told=False)
    return measures.add(planner, clause, "count", len(planner.steps) - 1, unit)


def _those(planner: "Planner", clause: Clause) -> Match | None:
    """The tool that is shown to be asked which they are, where how many is asked: `how many containers run?`."""
    asked = "quels" if clause.language == "fr" else "which"
    words = [word for word in clause.words if word.norm not in ("de", "d", "'")]
    words = [msgspec.structs.replace(w, norm=asked, concept=asked) if w.concept == "count" else w for w in words]
    found = planner.worded(msgspec.structs.replace(clause, words=tuple(words)))
    return found if found and found.entry.harmless and found.entry.listed else None


def _amount(clause: Clause, entry: Entry) -> bool:
    """`how much space is left?`: a tool that is itself shown to be asked how much, rather than how many it lists."""
    said = {word.concept for word in clause.words if word.norm not in STOP_WORDS}
    return any("count" in bag and len(bag & said) > 1 for bag in entry.examples)


def _uncountable(planner: "Planner", clause: Clause, unit: str) -> bool:
    """Lines or words that no tool counts are not taken for a search of them."""
    found = best(clause, planner.index)
    if unit not in ("line", "word") or (found is not None and unit in found.entry.names | set(found.entry.numeric)):
        return False
    return planner.note("unknown", clause) or True


# The first, the last

_ORDINALS: Final[dict[str, Operation]] = {
    "first": "first", "premier": "first", "premiere": "first", "last": "last", "dernier": "last", "derniere": "last",
}  # fmt: skip
_LATER: Final[dict[str, int]] = {
    "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10,
    "seconde": 2, "deuxieme": 2, "troisieme": 3, "quatrieme": 4, "cinquieme": 5, "sixieme": 6, "septieme": 7,
    "huitieme": 8, "neuvieme": 9, "dixieme": 10,
}  # fmt: skip
_OF_LIST: Final = words("show read content file folder result match list name")


def _ordinal(planner: "Planner", clause: Clause) -> tuple[Operation, int] | None:
    """`the first`, `read the second one`: which of a list that was shown; nothing else is said of it."""
    if clause.mentions or any(act in lexicon.CHANGING for act in clause.actions):
        return None
    named = [word for word in clause.words if word.norm in _ORDINALS or word.norm in _LATER]
    heavy = {word.concept for word in clause.words if word.norm not in STOP_WORDS and word.norm.isalpha()}
    if len(named) != 1 or _listing(planner) is None or not heavy - {named[0].concept} <= _OF_LIST:
        return None
    return _ORDINALS.get(named[0].norm, "first"), _LATER.get(named[0].norm, 1)


def _listing(planner: "Planner") -> int | None:
    return next((place for place in reversed(sources(planner)) if measures.lists(planner.steps[place])), None)


def _one(planner: "Planner", clause: Clause, operation: Operation, which: int) -> bool:
    place = _listing(planner)
    assert place is not None
    unit = "file" if any(word.concept == "file" for word in clause.words) else ""
    planner.steps.append(Step(clause.said, operation=operation, over=place, unit=unit, which=which))
    if any(word.concept in ("read", "content") for word in clause.words):
        views.consumed(planner, clause)
    return True


# Totals


def _aggregate(planner: "Planner", clause: Clause, operation: Operation) -> bool:
    unit = next((word.concept for word in clause.words if word.concept in ("size", "line")), _unit(clause))
    own = [place for place in sources(planner) if not planner.steps[place].past]
    if own and planner.steps[own[-1]].operation in ("project", "count"):
        return measures.add(planner, clause, operation, own[-1], unit or planner.steps[own[-1]].unit)
    if unit in ("line", "word") and measures.measure(planner, clause, unit):
        return measures.add(planner, clause, operation, len(planner.steps) - 1, unit)
    if unit and own and measures.lists(planner.steps[own[-1]]) and not clause.mentions:
        if unit == "file":
            return measures.add(planner, clause, "count", own[-1], unit)
        return measures.add(planner, clause, operation, own[-1], unit)
    found = measures.lister(planner, clause, frozenset({"sum", "average", unit}), "file")
    if unit != "size" or found is None:
        return False
    planner.call(clause, found, told=False)
    return measures.add(planner, clause, operation, len(planner.steps) - 1, unit)


# The largest, the newest


def _superlative(clause: Clause) -> tuple[Operation, str] | None:
    if any(act in lexicon.CHANGING for act in clause.actions):
        return None
    norms = [word.norm for word in clause.words]
    for place, norm in enumerate(norms):
        found = lexicon.SUPERLATIVES.get(norm)
        if found is None and place and norms[place - 1] in ("plus", "most"):
            found = lexicon.SUPERLATIVE_ADJECTIVES.get(norm)
        if found is not None:
            return ("max" if found[0] == "max" else "min"), found[1]
    return None


def _extreme(planner: "Planner", clause: Clause, operation: Operation, measure: str) -> bool:
    many = [each for each in clause.mentions if each.kind == "number" and isinstance(each.value, int)]
    which = int(many[0].value) if len(many) == 1 else 1
    if many:
        clause = msgspec.structs.replace(clause, mentions=tuple(each for each in clause.mentions if each not in many))
    words = frozenset(
        word.concept
        for word in clause.words
        if word.norm in lexicon.SUPERLATIVES or word.norm in lexicon.SUPERLATIVE_ADJECTIVES
    )
    own = [place for place in sources(planner) if not planner.steps[place].past]
    if (
        own
        and not clause.mentions
        and _measures(planner.steps[own[-1]], measure)
        and not measures.own_source(planner, clause)
    ) or (own and measure == "line" and planner.steps[own[-1]].operation == "project"):
        place = own[-1]
    elif measure == "line" and measures.measure(planner, clause, "line"):
        place = len(planner.steps) - 1
    else:
        ignoring = words | {"read", "show", "content", measure}
        found = [
            match(clause, entry, planner.index, ignoring)
            for entry in planner.index.entries
            if entry.harmless and measures.keyed(entry, measure)
        ]
        found = [each for each in found if not each.filling.missing and not each.filling.unexplained]
        if not found or max(each.score for each in found) < measures.LISTING:
            return False
        planner.call(clause, max(found, key=lambda each: each.score), told=False)
        place = len(planner.steps) - 1
    planner.steps.append(Step(clause.said, operation=operation, over=place, unit=measure, which=max(1, which)))
    if any(word.concept in ("read", "content") for word in clause.words):
        views.consumed(planner, clause)
    return True


def _measures(step: Step, measure: str) -> bool:
    return step.operation == "sort" or (step.entry is not None and measures.keyed(step.entry, measure))


def _sort(planner: "Planner", clause: Clause) -> bool:
    own = [place for place in sources(planner) if not planner.steps[place].past]
    measure = next((w.concept for w in clause.words if w.concept in ("size", "name", "date", "line")), "name")
    measure = "modified" if measure == "date" else measure
    if (
        own
        and not clause.mentions
        and measures.lists(planner.steps[own[-1]])
        and not measures.own_source(planner, clause)
    ):
        return measures.add(planner, clause, "sort", own[-1], measure)
    found = measures.lister(planner, clause, frozenset({"sort", measure, "date"}), "file")
    if found is None:
        return False
    planner.call(clause, found, told=False)
    return measures.add(planner, clause, "sort", len(planner.steps) - 1, measure)


# Did it work?


def reports(clause: Clause) -> bool:
    norms = {word.norm for word in clause.words}
    return bool(norms & _PASSED) and bool(norms & _WHETHER or norms & {"did", "est"}) and not clause.mentions


def _verdict(planner: "Planner", clause: Clause) -> bool:
    calls = [place for place, step in enumerate(planner.steps) if step.entry is not None]
    return bool(calls) and measures.add(planner, clause, "verdict", calls[-1], "")

"""Clauses that compute over results: count, sum, average, the largest, sort, a property of each, did it pass."""

from collections.abc import Set
from typing import TYPE_CHECKING, Final

from orchestrator.llm.providers.embedded import lexicon
from orchestrator.llm.providers.embedded.index import Bag, Entry
from orchestrator.llm.providers.embedded.language import STOP_WORDS, concept_of, fold, known
from orchestrator.llm.providers.embedded.lexicon import words
from orchestrator.llm.providers.embedded.match import CERTAIN, Match, best, match
from orchestrator.llm.providers.embedded.references import item_keys, provides, sources
from orchestrator.llm.providers.embedded.segment import Clause
from orchestrator.llm.providers.embedded.steps import Operation, Ref, Step

if TYPE_CHECKING:
    from orchestrator.llm.providers.embedded.planner import Planner

_LISTING: Final = 0.35  # how well a clause must fit a tool that lists, once the operation is set apart
_PASSED: Final = words(
    "passed passes pass succeeded succeeds success works worked ok fine green failed fails fail error"
    " errors passe passent passer reussi reussit reussissent marche marchent fonctionne echoue echec vert"
    " erreur erreurs bien correctly"
)
_WHETHER: Final = frozenset(["if", "whether", "si"])
_UNITS: Final = words("file folder line match word size name cpu")


def plan(planner: "Planner", clause: Clause) -> bool:
    """Add the steps of a clause that is an operation; False if it is not one."""
    if reports(clause):
        return _verdict(planner, clause)
    if ordinal := _ordinal(planner, clause):
        return _one(planner, clause, ordinal)
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
        if word.concept in lexicon.CHANGING or word.concept == "fetch":
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
    for entry in _reporting(planner, units[0]):
        found = match(clause, entry, planner.index)
        filled = {*found.filling.arguments, *found.filling.several}
        if entry.required and filled == {entry.required[0].name} and not found.filling.unexplained:
            planner.steps.append(_call_of(clause, found))
            return _add(planner, clause, "project", len(planner.steps) - 1, units[0])
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
    if unit and unit not in ("file", "folder", "match") and _measure(planner, clause, unit):
        return True
    if (
        unit
        and unit not in ("file", "folder", "match")
        and not any(unit in _list_names(e) for e in planner.index.entries)
    ):
        return _uncountable(planner, clause, unit)
    pointing = not clause.mentions and not _own_source(planner, clause)
    own = [place for place in sources(planner) if not planner.steps[place].past]
    found = _lister(planner, clause, frozenset({"count"}), unit)
    if (pointing or found is None) and own and _lists(planner.steps[own[-1]]):
        return _add(planner, clause, "count", own[-1], unit)
    if found is None:
        return False
    planner.call(clause, found, told=False)
    return _add(planner, clause, "count", len(planner.steps) - 1, unit)


def _uncountable(planner: "Planner", clause: Clause, unit: str) -> bool:
    """Lines or words that no tool counts are not taken for a search of them."""
    found = best(clause, planner.index)
    if unit not in ("line", "word") or (found is not None and unit in found.entry.names | set(found.entry.numeric)):
        return False
    return planner.note("unknown", clause) or True


def _list_names(entry: Entry) -> set[str]:
    return {concept_of(fold(name)) for name in entry.listed}


def _own_source(planner: "Planner", clause: Clause) -> bool:
    """Whether the clause says itself where to look (`here`, `in this folder`), rather than pointing back."""
    own = [place for place in sources(planner) if not planner.steps[place].past]
    return not own or any(word.concept == "folder" for word in clause.words)


def _measure(planner: "Planner", clause: Clause, unit: str) -> bool:
    """A number that some tool reports (`lines`): of what the clause names, or of each earlier thing."""
    for entry in _reporting(planner, unit):
        found = match(clause, entry, planner.index, frozenset({"count", unit, "sum"}))
        if not entry.required and not any(mention.kind in ("path", "glob", "folder") for mention in clause.mentions):
            fits = match(clause, entry, planner.index, frozenset({"count"}))
            if fits.score >= CERTAIN and unit in entry.numeric:
                return False  # the tool's own answer says it
            continue
        if not entry.required:
            continue
        if not found.filling.missing and not found.filling.unexplained:
            planner.steps.append(_call_of(clause, found))
            return _add(planner, clause, "project", len(planner.steps) - 1, unit)
        if _each(planner, clause, entry, unit):
            return True
    return False


def _reporting(planner: "Planner", unit: str) -> list[Entry]:
    return [entry for entry in planner.index.entries if entry.harmless and unit in entry.numeric]


def _each(planner: "Planner", clause: Clause, entry: Entry, unit: str) -> bool:
    """The number for each of the things found before, or that the clause itself lists (`of the Python files`)."""
    name = entry.required[0].name
    place = _listed_by(planner, clause, unit)
    if place is None or not provides(planner, place, name) or len(entry.required) != 1:
        return False
    planner.steps.append(Step("", entry, ({},), {name: Ref((place,), name)}, told=False))
    return _add(planner, clause, "project", len(planner.steps) - 1, unit)


def _listed_by(planner: "Planner", clause: Clause, unit: str) -> int | None:
    if any(mention.kind in ("glob", "folder", "path") for mention in clause.mentions):
        found = _lister(planner, clause, frozenset({"count", "sum", "show", unit}), "")
        if found is None:
            return None
        planner.call(clause, found, told=False)
        return len(planner.steps) - 1
    own = sources(planner)
    return own[-1] if own else None


def _lister(planner: "Planner", clause: Clause, ignoring: Bag, unit: str) -> Match | None:
    """The harmless tool that lists what the clause speaks of."""
    found = [
        match(clause, entry, planner.index, ignoring)
        for entry in planner.index.entries
        if entry.harmless and entry.listed
    ]
    found = [
        each
        for each in found
        if each.score >= _LISTING
        and not each.filling.missing
        and not each.filling.unexplained
        and _spoken(clause, each)
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


def _lists(step: Step) -> bool:
    return (step.entry is not None and bool(step.entry.listed)) or step.operation == "sort"


def _call_of(clause: Clause, found: Match) -> Step:
    each = [dict(found.filling.arguments)]
    for name, values in found.filling.several.items():
        each = [{**arguments, name: value} for arguments in each for value in values]
    return Step(clause.said, found.entry, tuple(each), told=False)


def _add(planner: "Planner", clause: Clause, operation: Operation, over: int, unit: str) -> bool:
    planner.steps.append(Step(clause.said, operation=operation, over=over, unit=unit))
    return True


# The first, the last

_ORDINALS: Final[dict[str, Operation]] = {
    "first": "first", "premier": "first", "premiere": "first", "last": "last", "dernier": "last", "derniere": "last",
}  # fmt: skip


def _ordinal(planner: "Planner", clause: Clause) -> Operation | None:
    own = [place for place in sources(planner) if not planner.steps[place].past]
    if clause.mentions or not own or not _lists(planner.steps[own[-1]]):
        return None
    if any(act in lexicon.CHANGING for act in clause.actions):
        return None
    return next((_ORDINALS[word.norm] for word in clause.words if word.norm in _ORDINALS), None)


def _one(planner: "Planner", clause: Clause, operation: Operation) -> bool:
    own = [place for place in sources(planner) if not planner.steps[place].past]
    _add(planner, clause, operation, own[-1], "")
    if any(word.concept in ("read", "content") for word in clause.words):
        consumed(planner, clause)
    return True


# Totals


def _aggregate(planner: "Planner", clause: Clause, operation: Operation) -> bool:
    unit = next((word.concept for word in clause.words if word.concept in ("size", "line")), _unit(clause))
    own = [place for place in sources(planner) if not planner.steps[place].past]
    if own and planner.steps[own[-1]].operation in ("project", "count"):
        return _add(planner, clause, operation, own[-1], unit or planner.steps[own[-1]].unit)
    if unit in ("line", "word") and _measure(planner, clause, unit):
        return _add(planner, clause, operation, len(planner.steps) - 1, unit)
    if unit and own and _lists(planner.steps[own[-1]]) and not clause.mentions:
        if unit == "file":
            return _add(planner, clause, "count", own[-1], unit)
        return _add(planner, clause, operation, own[-1], unit)
    found = _lister(planner, clause, frozenset({"sum", "average", unit}), "file")
    if unit != "size" or found is None:
        return False
    planner.call(clause, found, told=False)
    return _add(planner, clause, operation, len(planner.steps) - 1, unit)


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
    words = frozenset(
        word.concept
        for word in clause.words
        if word.norm in lexicon.SUPERLATIVES or word.norm in lexicon.SUPERLATIVE_ADJECTIVES
    )
    own = [place for place in sources(planner) if not planner.steps[place].past]
    if (
        own and not clause.mentions and _measures(planner.steps[own[-1]], measure) and not _own_source(planner, clause)
    ) or (own and measure == "line" and planner.steps[own[-1]].operation == "project"):
        place = own[-1]
    elif measure == "line" and _measure(planner, clause, "line"):
        place = len(planner.steps) - 1
    else:
        ignoring = words | {"read", "show", "content", measure}
        found = [
            match(clause, entry, planner.index, ignoring)
            for entry in planner.index.entries
            if entry.harmless and _keyed(entry, measure)
        ]
        found = [each for each in found if not each.filling.missing and not each.filling.unexplained]
        if not found or max(each.score for each in found) < _LISTING:
            return False
        planner.call(clause, max(found, key=lambda each: each.score), told=False)
        place = len(planner.steps) - 1
    _add(planner, clause, operation, place, measure)
    if any(word.concept in ("read", "content") for word in clause.words):
        consumed(planner, clause)
    return True


def _measures(step: Step, measure: str) -> bool:
    return step.operation == "sort" or (step.entry is not None and _keyed(step.entry, measure))


def _keyed(entry: Entry, measure: str) -> bool:
    """Whether the things a tool lists have such a measure."""
    returned = (entry.spec.returns or {}).get("properties", {})
    return any(
        concept_of(fold(key)) == concept_of(measure) for name in entry.listed for key in item_keys(returned[name])
    )


def _sort(planner: "Planner", clause: Clause) -> bool:
    own = [place for place in sources(planner) if not planner.steps[place].past]
    measure = next((w.concept for w in clause.words if w.concept in ("size", "name", "date", "line")), "name")
    measure = "modified" if measure == "date" else measure
    if own and not clause.mentions and _lists(planner.steps[own[-1]]) and not _own_source(planner, clause):
        return _add(planner, clause, "sort", own[-1], measure)
    found = _lister(planner, clause, frozenset({"sort", measure, "date"}), "file")
    if found is None:
        return False
    planner.call(clause, found, told=False)
    return _add(planner, clause, "sort", len(planner.steps) - 1, measure)


# Did it work?


def reports(clause: Clause) -> bool:
    norms = {word.norm for word in clause.words}
    return bool(norms & _PASSED) and bool(norms & _WHETHER or norms & {"did", "est"}) and not clause.mentions


def _verdict(planner: "Planner", clause: Clause) -> bool:
    calls = [place for place, step in enumerate(planner.steps) if step.entry is not None]
    return bool(calls) and _add(planner, clause, "verdict", calls[-1], "")


# A tool's view of what was found

_OF_IT: Final = words("it its them their they this that son sa ses le la les leur leurs ce cette y celui")


def followed(planner: "Planner", clause: Clause) -> bool:
    """A clause that only points back (`show its content`), said after something was found in this request."""
    own = [place for place in sources(planner) if not planner.steps[place].past]
    strong = [mention for mention in clause.mentions if not mention.weak]
    norms = {word.norm for word in clause.words}
    if not own or strong or not norms & _OF_IT or any(act in lexicon.CHANGING for act in clause.actions):
        return False
    heavy = {word.concept for word in clause.words if word.norm not in STOP_WORDS and word.norm.isalpha()}
    if heavy & {"result", "match"} and heavy <= {"show", "result", "match"}:
        return True  # every result is told anyway
    if not heavy <= {"show", "read", "content", "contain", "file"}:
        return False
    return viewed(planner, clause, own[-1], heavy) or heavy == {"show"}


def consumed(planner: "Planner", clause: Clause) -> bool:
    """`show its content`, `its size`: the call, or the property, that an earlier step's things allow."""
    places = sources(planner)
    heavy = {word.concept for word in clause.words if word.norm not in STOP_WORDS and word.norm.isalnum()}
    if not places or (clause.mentions and any(not mention.weak for mention in clause.mentions)):
        return _extreme_ok(planner, clause, heavy)
    place = places[-1]
    for concept in heavy - {"show", "read", "file", "content"}:
        for entry in _reporting(planner, concept):
            if entry.required and provides(planner, place, entry.required[0].name):
                return _each(planner, clause, entry, concept)
    return viewed(planner, clause, place, heavy)


def _extreme_ok(planner: "Planner", clause: Clause, heavy: Set[str]) -> bool:
    own = [place for place in sources(planner) if planner.steps[place].operation in ("max", "min", "first", "last")]
    return bool(own) and not planner.steps[own[-1]].past and viewed(planner, clause, own[-1], heavy)


def viewed(planner: "Planner", clause: Clause, place: int, heavy: Set[str]) -> bool:
    """The harmless tool that takes such a thing and is spoken of in these words."""
    wanted = heavy & {"read", "show", "content", "contain"}
    if not wanted:
        return False
    ranked = []
    for entry in planner.index.entries:
        if entry.harmless and len(entry.required) == 1 and provides(planner, place, entry.required[0].name):
            ranked.append((sum(concept in entry.vocabulary for concept in wanted), entry))
    if not ranked:
        return False
    entry = max(ranked, key=lambda each: each[0])[1]
    name = entry.required[0].name
    planner.steps.append(Step(clause.said, entry, ({},), {name: Ref((place,), name)}))
    return True

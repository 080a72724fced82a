"""What points back: `show its content`, `its size`: another tool's view of what an earlier step found."""

from collections.abc import Set
from typing import TYPE_CHECKING, Final

from orchestrator.llm.providers.embedded import lexicon, measures
from orchestrator.llm.providers.embedded.language import STOP_WORDS
from orchestrator.llm.providers.embedded.lexicon import words
from orchestrator.llm.providers.embedded.references import provides, sources
from orchestrator.llm.providers.embedded.segment import Clause
from orchestrator.llm.providers.embedded.steps import Ref, Step

if TYPE_CHECKING:
    from orchestrator.llm.providers.embedded.planner import Planner

_OF_IT: Final = words("it its them their they this that son sa ses le la les leur leurs ce cette y celui")
_ARTICLES: Final = words("le la les")  # where they stand before what they name
_INSIDE: Final = words("in inside dans dedans within")


def followed(planner: "Planner", clause: Clause) -> bool:
    """A clause that only points back (`show its content`), said after something was found in this request."""
    own = [place for place in sources(planner) if not planner.steps[place].past]
    strong = [mention for mention in clause.mentions if not mention.weak]
    if not own or strong or not _points_back(clause) or any(act in lexicon.CHANGING for act in clause.actions):
        return False
    heavy = {word.concept for word in clause.words if word.norm not in STOP_WORDS and word.norm.isalpha()}
    if heavy & {"result", "match"} and heavy <= {"show", "result", "match"}:
        return True  # every result is told anyway
    if heavy == {"list"}:
        return _held(planner, clause, own)
    if not heavy <= {"show", "read", "content", "contain", "file"}:
        return False
    return _held(planner, clause, own) or viewed(planner, clause, own[-1], heavy) or heavy == {"show"}


def _points_back(clause: Clause) -> bool:
    said = [word for word in clause.words if word.norm.isalnum()]
    return any(
        word.norm in _OF_IT and not (word.norm in _ARTICLES and after is not None and after.concept == "file")
        for word, after in zip(said, [*said[1:], None], strict=True)
    )


def _held(planner: "Planner", clause: Clause, own: list[int]) -> bool:
    """`list it`, `show me what is in it`, said of a folder: what it holds now, once what was asked before is done."""
    if "list" not in clause.actions and not {word.norm for word in clause.words} & _INSIDE:
        return False
    for place in reversed(own):
        entry = planner.steps[place].entry
        paths = [each.name for each in entry.required if each.kind == "path"] if entry and not entry.harmless else []
        folder = str(planner.steps[place].each[-1].get(paths[-1], "")) if paths else ""
        if not folder or "." in folder.strip("./"):
            continue
        for other in planner.index.entries:
            where = next((each for each in other.parameters if each.kind == "path" and not each.slashed), None)
            if where and other.harmless and other.listed and not other.required and "list" in other.heads:
                planner.steps.append(Step(clause.said, other, ({where.name: folder},)))
                return True
    return False


def consumed(planner: "Planner", clause: Clause) -> bool:
    """`show its content`, `its size`: the call, or the property, that an earlier step's things allow."""
    places = sources(planner)
    heavy = {word.concept for word in clause.words if word.norm not in STOP_WORDS and word.norm.isalnum()}
    if not places or (clause.mentions and any(not mention.weak for mention in clause.mentions)):
        return _extreme_ok(planner, clause, heavy)
    place = places[-1]
    for concept in heavy - {"show", "read", "file", "content"}:
        for entry in measures.reporting(planner, concept):
            if entry.required and provides(planner, place, entry.required[0].name):
                return measures.each(planner, clause, entry, concept)
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
            shown = sum(bool(wanted & bag) for bag in entry.examples) / max(1, len(entry.examples))
            ranked.append(((sum(concept in entry.vocabulary for concept in wanted), shown), entry))
    if not ranked:
        return False
    entry = max(ranked, key=lambda each: each[0])[1]
    name = entry.required[0].name
    planner.steps.append(Step(clause.said, entry, ({},), {name: Ref((place,), name)}))
    return True

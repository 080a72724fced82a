"""What a missing argument refers to: `it`, `the result`, `both`, `this file`, or a thing said in passing."""

from typing import TYPE_CHECKING, Any, Final

from orchestrator.llm.providers.embedded.index import Entry, Parameter
from orchestrator.llm.providers.embedded.language import STOP_WORDS, Token, concept_of, fold
from orchestrator.llm.providers.embedded.lexicon import words
from orchestrator.llm.providers.embedded.match import Match
from orchestrator.llm.providers.embedded.segment import Clause
from orchestrator.llm.providers.embedded.steps import Ref, Step
from orchestrator.llm.providers.embedded.values import SAYING

if TYPE_CHECKING:
    from orchestrator.llm.providers.embedded.planner import Planner

_WITH: Final = words("with avec containing contenant contains contient from of de du d")
_ALL: Final = words("both everything tout all deux answers reponses results resultats two")
_POINTING: Final = words(
    "it them that this these those they their its le la les l leur leurs ce cet cette ces ca cela y en"
    " celui celle ceux celles lui ceci son sa ses both deux each chacun chaque tout everything one"
)
_GENERIC: Final = words("result match content list file name line count sum page text answer web empty")
_LED: Final = words("into to in on at as dans vers sous sur a au onto")


def resolve(planner: "Planner", clause: Clause, found: Match, parameter: Parameter) -> Ref | None:
    """Where a missing argument's value will come from; None where the person must say it."""
    if parameter.named and parameter.kind == "quoted":
        return _property(planner, clause, parameter)  # what a tool tells is no name
    if parameter.kind in ("quoted", "json") and not parameter.tail:
        return _text(planner, clause, found)
    if parameter.tail:
        return None
    return _property(planner, clause, parameter)


def _text(planner: "Planner", clause: Clause, found: Match) -> Ref | None:
    if (opened := _opened(planner, clause, found)) is not None:
        return Ref((opened,))
    start, end = _object(clause, found)
    used = found.filling.used
    words = [w for w in clause.words if start <= w.start < end and w.norm.isalnum() and w.start not in used]
    heavy = [word for word in words if word.norm not in STOP_WORDS and word.norm not in _POINTING]
    generic = all(word.concept in _GENERIC for word in heavy) and not _mentioned(clause, start, end, used)
    generic = generic and not {"list", "count"} & {word.concept for word in heavy if len(heavy) > 1}
    if found.filling.object is not None or heavy or _mentioned(clause, start, end, used):
        if earlier := _spoken_of(planner, clause, heavy):
            return earlier
        step = None if generic or _made(clause) else planner.nested(clause, start, end)
        if step is not None:
            return Ref((step,))
    told = sources(planner, text=True)
    if not told:
        return None
    own = [step for step in told if not planner.steps[step].past]
    if {word.norm for word in clause.words} & _ALL and len(own) > 1:
        return Ref(tuple(own))
    if own and not heavy:
        return Ref((told[-1],))
    if (generic and heavy and own) or {word.norm for word in words} & _POINTING:
        return Ref((told[-1],))
    return None


def _made(clause: Clause) -> bool:
    """`new branch x`: what follows the act is the kind of thing that is made, not what is put in it."""
    return clause.actions[:1] == ("create",) and not {word.norm for word in clause.words} & _WITH


def _opened(planner: "Planner", clause: Clause, found: Match) -> int | None:
    """`summarise notes.txt`: a file that is named where a text is wanted is read first."""
    named = [each for each in clause.mentions if each.start not in found.filling.used and not each.weak]
    takes = any(each.kind == "path" for each in found.entry.parameters)
    if takes or len(named) != 1 or named[0].kind != "path":
        return None
    for entry in planner.index.entries:
        [*one] = entry.required
        if entry.harmless and [each.kind for each in one] == ["path"] and "read" in entry.heads and _says(entry):
            said = clause.text[named[0].start : named[0].end]
            planner.steps.append(Step(said, entry, ({one[0].name: named[0].value},), told=False))
            return len(planner.steps) - 1
    return None


def _says(entry: Entry) -> bool:
    returned = (entry.spec.returns or {}).get("properties", {})
    return any(name in returned for name in SAYING)


def _object(clause: Clause, found: Match) -> tuple[int, int]:
    """What is to be stored: from the verb to the preposition that leads to where."""
    verb = next((word for word in clause.words if word.concept in found.entry.actions), None)
    start = verb.end if verb else clause.start
    if found.filling.object is not None:
        start = found.filling.object[0]
    target = next(
        (m.start for m in reversed(clause.mentions) if m.kind in ("path", "folder", "url", "email")), clause.end
    )
    if target < start:
        target = clause.end
    led = [word for word in clause.words if start <= word.start < target and word.norm in _LED]
    return start, led[-1].start if led and led[-1].end >= target - 12 else target


def _mentioned(clause: Clause, start: int, end: int, used: frozenset[int]) -> bool:
    return any(start <= mention.start < end and mention.start not in used for mention in clause.mentions)


def _spoken_of(planner: "Planner", clause: Clause, heavy: list[Token]) -> Ref | None:
    """A noun that names what an earlier step gave: `the total`, `the date`, `the page`."""
    concepts = {word.concept for word in heavy}
    own = [place for place in sources(planner, text=True) if not planner.steps[place].past]
    for place in reversed(own or sources(planner, text=True)):
        step = planner.steps[place]
        if "sum" in concepts and (step.operation == "project" or step.operation == "count"):
            return Ref((_total(planner, clause, place),))
        if concepts & {"sum", "count", "average"} and step.operation:
            return Ref((place,))
        for concept in concepts:
            if step.operation is None and (name := _named(step.entry, concept)):
                return Ref((place,), name)
    return None


def _total(planner: "Planner", clause: Clause, place: int) -> int:
    step = planner.steps[place]
    if step.operation == "count" or _single(planner, place):
        return place
    planner.steps.append(Step(clause.said, operation="sum", over=place, unit=step.unit))
    return len(planner.steps) - 1


def _single(planner: "Planner", place: int) -> bool:
    """Whether a projection is of one result only."""
    over = planner.steps[planner.steps[place].over]
    return len(over.each) == 1 and not over.refs


def _named(entry: Entry | None, concept: str) -> str:
    """The property of a tool's results that a noun names, among those that say more than the arguments did."""
    if entry is None:
        return ""
    echoed = {parameter.name for parameter in entry.parameters}
    returned: dict[str, Any] = (entry.spec.returns or {}).get("properties", {})
    for name in returned:
        if name not in echoed and concept_of(fold(name)) == concept and concept not in ("result", "content"):
            return name
    return ""


def _property(planner: "Planner", clause: Clause, parameter: Parameter) -> Ref | None:
    """A path, an address… of something earlier: the step's argument, its data, or each of its items."""
    pointing = any(word.norm in _POINTING for word in clause.words) or any(
        word.concept in ("file", "result", "content", "folder") for word in clause.words
    )
    for place in reversed(range(len(planner.steps))):
        step = planner.steps[place]
        if step.past and not pointing:
            return None
        for name in _names(step, parameter):
            if provides(planner, place, name):
                return Ref((place,), name)
    return None


def _names(step: Step, parameter: Parameter) -> tuple[str, ...]:
    """Under which names an earlier step tells what a parameter takes: of what was moved, where it is now."""
    if parameter.kind != "path" or step.entry is None:
        return (parameter.name,)
    paths = [each.name for each in step.entry.required if each.kind == "path"]
    if len(paths) > 1 and not step.entry.harmless:
        return (paths[-1],)
    return (parameter.name, "path", *paths[-1:])


def provides(planner: "Planner", place: int, name: str) -> bool:
    """Whether a step's results, its items or its arguments have a property of this name."""
    step = planner.steps[place]
    if step.operation in ("max", "min", "sort", "first", "last", "limit"):
        return provides(planner, step.over, name)
    if step.operation == "project":
        return provides(planner, step.over, name)
    if step.entry is None:
        return False
    returned = (step.entry.spec.returns or {}).get("properties", {})
    for listed in step.entry.listed:
        keys = item_keys(returned.get(listed, {}))
        if name in keys or (name == "path" and "name" in keys):
            return True
    return name in returned or all(name in arguments for arguments in step.each) or name in step.refs


def _tells(entry: Entry) -> bool:
    """Whether a call gives more than that it was made: what was only done is no text to be kept."""
    return entry.harmless or entry.spec.scope == "execute"


def item_keys(schema: dict[str, Any]) -> dict[str, Any]:
    items = schema.get("items", {})
    return dict(items.get("properties", {})) if isinstance(items, dict) else {}


def sources(planner: "Planner", text: bool = False) -> list[int]:
    """The steps whose results may be spoken of again; those that only stored something have no text."""
    found = []
    for place, step in enumerate(planner.steps):
        stored = step.entry is not None and (step.entry.spec.scope == "write" or not _tells(step.entry))
        if not (text and stored) and step.told | step.past:
            found.append(place)
    return found

"""What points back to the thing that an earlier call was about: `restart it`, `montre ses logs`."""

from typing import TYPE_CHECKING, Any, Final

from orchestrator.llm.providers.embedded import lexicon, moods
from orchestrator.llm.providers.embedded.index import Entry, Index, Parameter
from orchestrator.llm.providers.embedded.language import STOP_WORDS, Token, is_action
from orchestrator.llm.providers.embedded.lexicon import words
from orchestrator.llm.providers.embedded.match import ORDERS
from orchestrator.llm.providers.embedded.segment import Clause
from orchestrator.llm.providers.embedded.shown import Bag
from orchestrator.llm.providers.embedded.slots import Filling, fill
from orchestrator.llm.providers.embedded.steps import Step

if TYPE_CHECKING:
    from orchestrator.llm.providers.embedded.planner import Planner

_IT: Final = words("it its them their one same ses son sa leur leurs lui celui celle ceux celles this that there")
_OBJECT: Final = words("le la les l")  # articles too, where a noun follows
_EASY: Final = words(
    "now maintenant again please last latest recent mistake erreur non no rather plutot aussi also too first"
)
_PLACES: Final = frozenset(["path", "file", "folder", "destin", "log"])
_REACH: Final = 2  # calls that it looks back over


def follow(planner: "Planner", clause: Clause) -> bool:
    """Add the call that a clause asks for of the thing that a call before it was about."""
    if not points(clause) or moods.stated(clause):
        return False
    earlier = [step for step in planner.steps if step.entry is not None]
    for step in reversed(earlier[-_REACH:]):
        if step.entry is None or len(step.each) != 1:
            continue
        found = _best(planner.index, clause, step.entry, step.each[0])
        if found is not None:
            entry, arguments = found
            if entry is step.entry and step is planner.steps[-1] and _more(step, arguments):
                planner.steps.pop()  # `download it and save it as F` is one call
            planner.steps.append(Step(clause.said, entry, (arguments,)))
            return True
    return False


def _more(step: Step, arguments: dict[str, Any]) -> bool:
    """Whether it is the same call, not made yet, with more said of it."""
    return not step.past and not step.refs and step.each[0].items() < arguments.items()


def points(clause: Clause) -> bool:
    said = [word for word in clause.words if word.norm.isalnum() or word.norm == "-"]
    for place, word in enumerate(said):
        after = next((each for each in said[place + 1 :] if each.norm.isalnum()), None)
        hyphen = place > 0 and said[place - 1].norm == "-"
        if word.norm in _IT or (word.norm in _OBJECT and (hyphen or after is None or is_action(after.concept))):
            return True
    return False


def _best(index: Index, clause: Clause, before: Entry, given: dict[str, Any]) -> tuple[Entry, dict[str, Any]] | None:
    ranked = []
    for entry in index.entries:
        if entry.spec.category != before.spec.category:
            continue
        filling = fill(clause, entry)
        wanted = _open(entry, filling)
        taken = {each.name: value for each in wanted if (value := _of(before, given, each)) is not None}
        if len(taken) < len(filling.missing) or not taken or not _fits(clause, entry, filling):
            continue
        optional = {each.name for each in entry.parameters} & given.keys() if entry is before else set()
        whole = {**{name: given[name] for name in optional}, **filling.arguments, **taken}
        ranked.append((_closeness(clause, entry, filling, index), entry, whole))
    if not ranked:
        return None
    ranked.sort(key=lambda each: -each[0])
    if len(ranked) > 1 and ranked[0][0] == ranked[1][0] and not ranked[0][1].harmless:
        return None  # two effects are meant alike
    return ranked[0][1:]


def _of(before: Entry, given: dict[str, Any], wanted: Parameter) -> Any:
    """What the call before says of it: under the same name, or as the kind of thing that leads to such a name."""
    if wanted.name in given or not _named(wanted):
        return given.get(wanted.name)
    kind = _kind(wanted)
    return next((given[each.name] for each in before.parameters if each.name in given and _kind(each) & kind), None)


def _kind(parameter: Parameter) -> Bag:
    """The nouns for what is named: `service`, for the name of one."""
    return (parameter.names | parameter.leading) - {"name"} if parameter.named else frozenset()


def _named(parameter: Parameter) -> bool:
    """Whether it takes a name rather than a place: of a service, and not of a file."""
    return parameter.kind == "quoted" or (parameter.kind == "path" and not parameter.names & _PLACES)


def _open(entry: Entry, filling: Filling) -> tuple[Parameter, ...]:
    """What must be said still; of a tool that only looks and needs nothing, what may be."""
    if filling.missing or not entry.harmless:
        return filling.missing
    return tuple(each for each in entry.parameters if _named(each) and each.name not in filling.arguments)


def _heavy(clause: Clause, filling: Filling) -> list[Token]:
    return [
        word
        for word in clause.words
        if word.norm.isalpha()
        and word.norm not in STOP_WORDS
        and word.norm not in _EASY
        and word.start not in filling.used
    ]


def _fits(clause: Clause, entry: Entry, filling: Filling) -> bool:
    """Whether the tool speaks of all that is said, and does the act."""
    acts = {word.concept for word in clause.words if is_action(word.concept)} - {"show"}
    heavy = {word.concept for word in _heavy(clause, filling)}
    if filling.unexplained or filling.swallowed or any(each.start not in filling.used for each in clause.mentions):
        return False
    doing = entry.actions | entry.heads
    if not entry.harmless:
        said = heavy | acts | filling.acts
        return bool(said & doing) and heavy - {"show"} <= entry.vocabulary and not acts - doing
    if acts & ORDERS - entry.heads:
        return False
    return bool(heavy - {"show"}) and heavy - {"show"} <= entry.vocabulary and not (acts & lexicon.CHANGING) - doing


def _closeness(clause: Clause, entry: Entry, filling: Filling, index: Index) -> float:
    heavy = {word.concept for word in _heavy(clause, filling)} | filling.acts
    heavy |= {word.concept for word in clause.words if is_action(word.concept)}
    return (
        max(
            sum(index.weight(word) for word in heavy & bag) - 0.3 * sum(index.weight(word) for word in bag - heavy)
            for bag in entry.examples
        )
        if entry.examples
        else 0.0
    )

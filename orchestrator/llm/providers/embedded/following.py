"""What follows up on the message before: its call with what is new put in, its result reckoned on, another language.

`only in .py files`, `and here?`, `et pour b.txt ?`, `plus 10`, `in French?`. What is left unsaid is as it was.
"""

from typing import TYPE_CHECKING, Any, Final

import msgspec

from orchestrator.kernel.messages import Language
from orchestrator.llm.providers.embedded import arithmetic
from orchestrator.llm.providers.embedded.index import Entry
from orchestrator.llm.providers.embedded.language import STOP_WORDS, Token, is_action, known
from orchestrator.llm.providers.embedded.lexicon import QUESTIONS, words
from orchestrator.llm.providers.embedded.match import Match, certain
from orchestrator.llm.providers.embedded.mentions import Mention
from orchestrator.llm.providers.embedded.segment import Clause
from orchestrator.llm.providers.embedded.shown import head
from orchestrator.llm.providers.embedded.slots import fill
from orchestrator.llm.providers.embedded.steps import Plan, Ref, Step

if TYPE_CHECKING:
    from orchestrator.llm.providers.embedded.planner import Planner

_LANGUAGES: Final[dict[str, Language]] = {
    "english": "en", "anglais": "en", "anglaise": "en", "french": "fr", "francais": "fr", "francaise": "fr",
}  # fmt: skip
_HERE: Final = words("here ici")
_ONLY: Final = words("only just seulement uniquement rien que juste")
# What makes of a few values a follow-up: a word that joins them to what was said, or says where.
_JOINS: Final = words(
    "and et or ou also aussi same pareil idem instead plutot rather for pour in inside dans en under sous about de du"
    " from"
)
_SMALL: Final = words(
    "the a an le la les l un une des d to at on au aux sur is it est ce c what how quid qu please pls stp svp now"
    " maintenant then puis me moi with avec thing chose meme do fais too encore again one ones called named"
    " celui celle ceux"
    " celles appele appelee nomme nommee"
)
_INSTEAD: Final = words("no non instead rather plutot meant voulais dire")
_ONES: Final = words("only ones those seulement uniquement ceux celles")
_ASIDE: Final = words("? ! . , instead rather plutot aussi also too please now maintenant then alors")
_BUT: Final = words("not except without but pas sauf sans mais excepte")
_SHORT: Final = 9  # words of what only changes a call
_SAYING: Final = words("say it that answer reply tell dis le ca cela reponds repete repeat le la s il te plait")
_EDGES: Final = " ,.;:!?\n"
_REPEAT: Final = words("again recommence recommencer refais encore repeat redo rerun relance")
_REPEATED: Final = _REPEAT | words("do it that once more please run the same thing le la cela ca fais une fois ! . , -")
_AFTER: Final = words("and et then puis ensuite")


def other_language(spoken: tuple[Token, ...], before: Plan | None) -> Plan | None:
    """`in French?`: what was answered before, in that language, from the results that are there."""
    named = [_LANGUAGES[word.norm] for word in spoken if word.norm in _LANGUAGES]
    rest = {word.norm for word in spoken if word.norm.isalnum()} - _LANGUAGES.keys()
    if before is None or len(named) != 1 or not rest <= _JOINS | _SMALL | _SAYING | _ONLY:
        return None
    steps = tuple(step if step.past else msgspec.structs.replace(step, again=True) for step in before.steps)
    return msgspec.structs.replace(before, language=named[0], steps=steps)


def reckoned(planner: "Planner", clause: Clause) -> bool:
    """`plus 10`, `divisé par 4`: an operation on the result of the expression before."""
    step = next((step for step in reversed(planner.steps) if step.entry is not None), None)
    if step is None or step.entry is None or step is not planner.steps[-1]:
        return False
    parameter = next((each for each in step.entry.required if each.kind == "expression"), None)
    if parameter is None or parameter.name not in step.each[-1]:
        return False
    said = _bare(clause)
    whole = f"({step.each[-1][parameter.name]}) {said}"
    opening = whole.index(")" + " " + said) if said else 0
    found = next(iter(arithmetic.find(whole, clause.language)), None)
    if not said or found is None or found[:2] != (0, len(whole)) or said[:1].isdigit() or not opening:
        return False
    planner.steps.append(Step(clause.said, step.entry, ({**step.each[-1], parameter.name: found[2]},)))
    return True


def _bare(clause: Clause) -> str:
    """The words of a clause without what joins it to others."""
    said = clause.said.strip(_EDGES)
    while said.lower().rpartition(" ")[2] in _AFTER:
        said = said.rpartition(" ")[0].rstrip(_EDGES)
    return said


def continued(planner: "Planner", clause: Clause, before: Plan | None) -> bool:
    """A few values and no act: the last call that takes them all, with them put in, and what was made of its result."""
    if before is None or before.asks:
        return False
    if _another_name(planner, clause, before):
        return True
    if _reworded(planner, clause, before):
        return True
    fragment = _fragment(clause)
    for place in reversed(range(len(before.steps))):
        step = before.steps[place]
        if step.past or step.entry is None or not step.entry.harmless:
            continue
        each = _changed(step, clause) if fragment or _elliptical(clause, step.entry) else None
        if each is not None:
            _redone(planner, before, place, msgspec.structs.replace(step, said=clause.said, each=each))
            return True
    return False


def _another_name(planner: "Planner", clause: Clause, before: Plan) -> bool:
    """`and the one called api?`, `et redis ?`: a name in the place of the one in the call before."""
    said = [word for word in clause.words if word.norm.isalnum()]
    names = [word for word in said if word.norm not in _SMALL | _JOINS | _ONLY]
    last = next((step for step in reversed(before.steps) if step.entry is not None and not step.past), None)
    if len(names) != 1 or last is None or last.entry is None or not last.entry.harmless or len(last.each) != 1:
        return False
    if known(names[0].norm) or not {word.norm for word in said} & _JOINS or any(not m.weak for m in clause.mentions):
        return False
    taking = [each.name for each in last.entry.parameters if each.named and each.kind == "quoted"]
    given = [name for name in taking if name in last.each[0]]
    if len(given) != 1:
        return False
    each = ({**last.each[0], given[0]: names[0].text},)
    planner.steps.append(msgspec.structs.replace(last, said=clause.said, each=each))
    return True


def _elliptical(clause: Clause, entry: Entry) -> bool:
    """`only the warnings`, `as a line chart`: no request of its own, and all of it is a choice of the call before."""
    norms = {word.norm for word in clause.words}
    named = any(not each.weak and each.kind != "number" for each in clause.mentions)
    if len(clause.words) > _SHORT or norms & _BUT or (named and not norms & (_JOINS | _ONLY | _INSTEAD)):
        return False
    filling = fill(_plain(clause), entry)
    if filling.swallowed or filling.guessed or not filling.arguments:
        return False
    first = head(clause.words)
    nouns = entry.common | (entry.heads - {first}) | (entry.actions - {first} if norms & _ONES else frozenset())
    left = [word for word in clause.words if word.norm.isalnum() and word.start not in filling.used]
    if any(word.norm in QUESTIONS - _SMALL for word in left) and not norms & _ONES:
        return False
    plain = STOP_WORDS | _JOINS | _SMALL | _ONLY
    return all(
        word.concept in nouns or (word.norm in plain | QUESTIONS and not is_action(word.concept)) for word in left
    )


def narrowed(clause: Clause, found: Match | None) -> Match | None:
    """`the logs of nginx, last 50 lines`: what is said after a comma, as choices of the same call."""
    if found is None or not certain(found) or found.filling.missing:
        return None
    if not found.entry.harmless or not _elliptical(clause, found.entry):
        return None
    given = {**found.filling.arguments, **fill(_plain(clause), found.entry).arguments}
    return msgspec.structs.replace(found, filling=msgspec.structs.replace(found.filling, arguments=given))


def _plain(clause: Clause) -> Clause:
    """Without the words that only say that it follows."""
    return msgspec.structs.replace(clause, words=tuple(each for each in clause.words if each.norm not in _ASIDE))


def _reworded(planner: "Planner", clause: Clause, before: Plan) -> bool:
    """`no, rather the price of gold`: other words in the place of those that were looked for."""
    said = [word for word in clause.words if word.norm.isalnum()]
    last = next((step for step in reversed(before.steps) if step.entry is not None and not step.past), None)
    if last is None or last.entry is None or not last.entry.harmless or not {w.norm for w in said} & _INSTEAD:
        return False
    texts = [each.name for each in last.entry.required if each.kind == "quoted"]
    rest = [word for word in said if word.norm not in _INSTEAD | _SMALL | _JOINS]
    if len(last.entry.required) != 1 or not texts or not rest or any(is_action(word.concept) for word in rest):
        return False
    value = clause.text[rest[0].start : rest[-1].end]
    planner.steps.append(msgspec.structs.replace(last, said=clause.said, each=({**last.each[0], texts[0]: value},)))
    return True


def _fragment(clause: Clause) -> bool:
    said = [word for word in clause.words if word.norm.isalnum() and not _inside(word, clause.mentions)]
    norms = {word.norm for word in said}
    if not clause.mentions and not norms & _HERE:
        return False
    plain = all(word.norm in _JOINS | _SMALL | _ONLY | _HERE or word.concept in ("file", "folder") for word in said)
    return plain and bool(norms & (_JOINS | _ONLY | _HERE))


def _inside(word: Token, mentions: tuple[Mention, ...]) -> bool:
    return any(mention.start <= word.start < mention.end for mention in mentions)


def _changed(step: Step, clause: Clause) -> tuple[dict[str, Any], ...] | None:
    """The arguments of the earlier call with the new ones in their places; nothing where they do not all fit."""
    assert step.entry is not None
    filling = fill(_plain(clause), step.entry)
    values = {name: (value,) for name, value in filling.arguments.items()} | filling.several
    named = all(mention.start in filling.used for mention in clause.mentions)
    if values.keys() & step.refs.keys():
        return None  # it comes from a step before, where the person named it
    if filling.unexplained or not named or any(map(_no_folder, [step] * len(values), values.items())):
        return None
    dropped = _elsewhere(step) - values.keys() if any(word.norm in _HERE for word in clause.words) else set()
    dropped |= {name for name in step.each[0] if not _together(step.entry, {name, *values})} - values.keys()
    if not values and not dropped:
        return None
    each = [{name: value for name, value in arguments.items() if name not in dropped} for arguments in step.each]
    for name, several in values.items():
        each = [{**arguments, name: value} for arguments in each for value in several]
    unique = [arguments for place, arguments in enumerate(each) if arguments not in each[:place]]
    needed = {parameter.name for parameter in step.entry.required}
    return tuple(unique) if all(needed <= {*arguments, *step.refs} for arguments in unique) else None


def _together(entry: Entry, names: set[str]) -> bool:
    """Whether arguments are shown to go together: of `by month` and then `by region`, the first goes."""
    optional = names - {each.name for each in entry.required}
    return len(optional) < 2 or any(optional <= shape for shape in entry.shapes)


def _elsewhere(step: Step) -> set[str]:
    """The arguments that say where, and need not be said: here is where one is without them."""
    assert step.entry is not None
    return {each.name for each in step.entry.parameters if each.kind in ("zone", "place", "path") and not each.required}


def _no_folder(step: Step, given: tuple[str, tuple[Any, ...]]) -> bool:
    """Whether a file is given where what lists things was given a folder."""
    name, values = given
    parameter = step.entry.parameter(name) if step.entry else None
    if parameter is None or parameter.kind != "path" or not (step.entry and step.entry.listed):
        return False
    return any("." in str(value).strip("./").rpartition("/")[2] for value in values)


def _redone(planner: "Planner", before: Plan, place: int, step: Step) -> None:
    """The step anew, and all that rested on it."""
    moved = {place: len(planner.steps)}
    planner.steps.append(msgspec.structs.replace(step, refs=_left(step)))
    for later, other in enumerate(before.steps[place + 1 :], place + 1):
        if other.past or not set(other.needs) & moved.keys() or (other.entry and not other.entry.harmless):
            continue
        moved[later] = len(planner.steps)
        refs = {
            name: Ref(tuple(moved.get(each, each) for each in ref.steps), ref.property)
            for name, ref in other.refs.items()
        }
        planner.steps.append(msgspec.structs.replace(other, refs=refs, over=moved.get(other.over, other.over)))


def _left(step: Step) -> dict[str, Ref]:
    """What still comes from earlier steps: not what has been given now."""
    given = {name for arguments in step.each for name in arguments}
    return {name: ref for name, ref in step.refs.items() if name not in given}


def repeated(planner: "Planner", norms: set[str], before: Plan | None) -> bool:
    """`do it again`: the steps of the message before, anew."""
    if before is None or before.asks or not before.own or not norms & _REPEAT or not norms <= _REPEATED:
        return False
    first = next(place for place, step in enumerate(before.steps) if not step.past)
    shift = len(before.steps) - first

    def moved(place: int) -> int:
        return place + shift if place >= first else place

    for step in before.own:
        refs = {name: Ref(tuple(map(moved, ref.steps)), ref.property) for name, ref in step.refs.items()}
        planner.steps.append(msgspec.structs.replace(step, refs=refs, over=moved(step.over)))
    return True

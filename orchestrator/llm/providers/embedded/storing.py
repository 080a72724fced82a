"""What is got and then kept: `copy A to B`, `download URL into F`, `list the files into F`."""

from typing import TYPE_CHECKING, Final

from msgspec import structs

from orchestrator.llm.providers.embedded.index import Entry, Index
from orchestrator.llm.providers.embedded.language import STOP_WORDS
from orchestrator.llm.providers.embedded.lexicon import words
from orchestrator.llm.providers.embedded.match import Match, best, certain
from orchestrator.llm.providers.embedded.moods import stated
from orchestrator.llm.providers.embedded.segment import Clause
from orchestrator.llm.providers.embedded.steps import Ref, Step

if TYPE_CHECKING:
    from orchestrator.llm.providers.embedded.planner import Planner

_WITHIN: Final = words("in dans sous")
_THING: Final = words("file page web content text result")
_INTO: Final = words("into to in as dans vers sous onto comme")


def stored(planner: "Planner", clause: Clause) -> bool:
    """`copy A to B`, `download URL into F`, `list the files into F`: get it, then store it."""
    acts = [act for act in clause.actions if act != "show"]
    if acts[:1] == ["write"] and _placed(planner, clause):
        return True
    if not acts or acts[0] in ("run", "send", "remind") or stated(clause):
        return False
    targets = [
        mention
        for mention in clause.mentions
        if mention.kind == "path" and mention is clause.mentions[-1] and _led(clause, mention.start)
    ]
    if not targets:
        return False
    taker = store(planner.index)
    if taker is None:
        return False
    target = targets[0]
    start = clause.start
    if acts[0] in ("copy", "write", "create", "add"):
        verb = next(word for word in clause.words if word.concept == acts[0])
        start = verb.end
    if acts[0] not in ("copy", "fetch", "download", "compute", "list", "find", "count", "write"):
        return False
    lead = _led(clause, target.start)
    assert lead is not None
    if acts[0] in ("find", "list", "count") and any(w.start == lead and w.norm in _WITHIN for w in clause.words):
        return False  # `search for TODO in acme/widgets`: where to look
    if acts[0] == "write" and not [m for m in clause.mentions if start <= m.start < lead and m.kind in (
        "url", "path", "expression", "zone")]:  # fmt: skip
        return False
    alone = best(clause, planner.index)
    if (
        acts[0] not in ("copy", "write")
        and alone is not None
        and not alone.filling.unexplained
        and (not [m for m in clause.mentions if m is not target])
    ):
        return False
    if alone is not None and certain(alone) and _takes_all(clause, alone):
        return False
    source = planner.nested(clause, start, lead)
    if source is None:
        return False
    path = next(parameter for parameter in taker.required if parameter.kind == "path")
    text = next(parameter for parameter in taker.required if parameter.kind == "quoted")
    arguments = {path.name: target.value}
    planner.steps.append(Step(clause.said, taker, (arguments,), {text.name: Ref((source,))}))
    return True


def _placed(planner: "Planner", clause: Clause) -> bool:
    """`download URL, and save it as F`: where the step before, which keeps what it gets, is to keep it."""
    targets = [each for each in clause.mentions if not each.weak]
    before = planner.steps[-1] if planner.steps else None
    if before is None or before.past or before.entry is None or before.entry.harmless or len(before.each) != 1:
        return False
    [given] = before.each
    gets = any(each.kind == "url" and each.name in given for each in before.entry.parameters)
    place = next((one for one in before.entry.parameters if one.kind == "path" and one.name not in given), None)
    if not gets or place is None or len(targets) != 1 or targets[0].kind not in ("path", "folder"):
        return False
    lead = _led(clause, targets[0].start)
    words = [word for word in clause.words if word.start < (lead or 0) and word.concept != "write"]
    if lead is None or any(word.norm not in STOP_WORDS and word.concept not in _THING for word in words):
        return False
    planner.steps[-1] = structs.replace(before, each=({**given, place.name: targets[0].value},))
    return True


def _takes_all(clause: Clause, alone: Match) -> bool:
    """Whether one tool gets it and keeps it: what is named, and where."""
    mentioned = {mention.start for mention in clause.mentions}
    return (
        not alone.filling.unexplained
        and any(m.kind == "url" for m in clause.mentions)
        and (mentioned <= alone.filling.used)
    )


def _led(clause: Clause, place: int) -> int | None:
    """Where the preposition that leads to a target begins."""
    before = [word for word in clause.words if word.end <= place][-4:]
    for word in reversed(before):
        if word.norm in _INTO:
            return word.start
        if word.norm not in STOP_WORDS and word.concept not in ("file", "name"):
            return None
    return None


def store(index: Index) -> Entry | None:
    """The tool that keeps a text under a path, if one is there."""
    for entry in index.entries:
        kinds = sorted(parameter.kind for parameter in entry.required)
        if kinds == ["path", "quoted"] and "write" in entry.actions:
            return entry
    return None

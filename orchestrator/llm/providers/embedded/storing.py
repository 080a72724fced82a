"""What is got and then kept: `copy A to B`, `download URL into F`, `list the files into F`."""

from typing import TYPE_CHECKING, Final

from orchestrator.llm.providers.embedded.index import Entry, Index
from orchestrator.llm.providers.embedded.language import STOP_WORDS
from orchestrator.llm.providers.embedded.lexicon import words
from orchestrator.llm.providers.embedded.match import best
from orchestrator.llm.providers.embedded.moods import stated
from orchestrator.llm.providers.embedded.segment import Clause
from orchestrator.llm.providers.embedded.steps import Ref, Step

if TYPE_CHECKING:
    from orchestrator.llm.providers.embedded.planner import Planner

_WITHIN: Final = words("in dans sous")
_INTO: Final = words("into to in as dans vers sous onto comme")


def stored(planner: "Planner", clause: Clause) -> bool:
    """`copy A to B`, `download URL into F`, `list the files into F`: get it, then store it."""
    acts = [act for act in clause.actions if act != "show"]
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
    if acts[0] not in ("copy", "fetch", "compute", "list", "find", "count", "write"):
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
    source = planner.nested(clause, start, lead)
    if source is None:
        return False
    path = next(parameter for parameter in taker.required if parameter.kind == "path")
    text = next(parameter for parameter in taker.required if parameter.kind == "quoted")
    arguments = {path.name: target.value}
    planner.steps.append(Step(clause.said, taker, (arguments,), {text.name: Ref((source,))}))
    return True


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

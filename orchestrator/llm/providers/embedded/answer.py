"""The answer, in the person's language, from results and nothing else."""

import re
from collections.abc import Iterable
from typing import Any, Final

from orchestrator.kernel import answers
from orchestrator.kernel.failures import explained
from orchestrator.kernel.messages import Arguments, Language, ToolResult
from orchestrator.llm.connect import ways_to_connect
from orchestrator.llm.providers.embedded import lexicon, render, values
from orchestrator.llm.providers.embedded.advance import MOST as MOST_CALLS
from orchestrator.llm.providers.embedded.advance import Broken, Progress, Waiting
from orchestrator.llm.providers.embedded.index import Entry, Index
from orchestrator.llm.providers.embedded.language import STOP_WORDS, fold, is_action, tokens
from orchestrator.llm.providers.embedded.phrases import CATEGORIES, say, unit
from orchestrator.llm.providers.embedded.render import clipped
from orchestrator.llm.providers.embedded.shell import runner, suggested
from orchestrator.llm.providers.embedded.shown import head
from orchestrator.llm.providers.embedded.steps import Note, Plan, Step
from orchestrator.llm.providers.embedded.values import Called, Excerpt, Number, Pairs, Things, Value, Verdict
from orchestrator.policy import wording

MOST: Final = 60  # lines of a list that an answer repeats
_FEW: Final = 16  # tools that are told one by one
_FEW_EXAMPLES: Final = 2
_BRIEF: Final = 60  # characters of an example that stands for others


def talk(kind: str, language: Language, index: Index, said: str = "") -> str:
    """Small talk, from the tools that are there. `said`: which kind of tools may be named in it."""
    if kind == "ability" and not index.entries:
        return say("no tools", language, connect=ways_to_connect(language))
    if kind == "ability" and len(index.entries) > _FEW:
        return _abilities(language, index, said)
    return say(
        kind,
        language,
        example=_first_to_try(index, language),
        tools="\n".join(f"- {_shown(entry, language)}" for entry in index.entries),
        connect=ways_to_connect(language),
    )


def _abilities(language: Language, index: Index, said: str) -> str:
    """Many tools by their kinds, two examples of each; all of one kind, where it is named."""
    kinds: dict[str, list[Entry]] = {}
    for entry in index.entries:
        kinds.setdefault(entry.spec.category, []).append(entry)
    words = set(re.findall(r"\w+", fold(said)))
    named = [kind for kind in kinds if {kind, fold(CATEGORIES.get(kind, kind))} & words]
    if named:
        shown = "\n".join(f"- {_shown(entry, language)}" for kind in named for entry in kinds[kind])
        return say("abilities of a kind", language, tools=shown)
    lines = []
    for kind, entries in kinds.items():
        examples = [text for text in (example_of(each, language) for each in entries) if len(text) < _BRIEF][:2]
        colon = " :" if language == "fr" else ":"
        title = CATEGORIES.get(kind, kind) if language == "fr" else kind
        told = ", ".join(_quoted(text, language) for text in examples) or entries[0].spec.name
        lines.append(f"- **{title}** ({len(entries)}){colon} {told}")
    return say(
        "abilities", language, tools="\n".join(lines), count=len(index.entries), connect=ways_to_connect(language)
    )


def _first_to_try(index: Index, language: Language) -> str:
    """An example that works anywhere: it only looks, and names nothing that may not be there."""
    for entry in index.entries:
        for example in entry.spec.examples if entry.harmless else ():
            if example.language == language and not example.arguments:
                return example.text
    return "2 + 2"


def _shown(entry: Entry, language: Language) -> str:
    """A tool by what it does: its description in English, its examples in either language."""
    examples = [example.text for example in entry.spec.examples if example.language == language][:2]
    quoted = ", ".join(_quoted(example, language) for example in examples)
    first = entry.spec.description.split(". ")[0].rstrip(".")
    if language == "en":
        return f"**{entry.spec.name}**: {first}" + (f", e.g. {quoted}" if quoted else "")
    return f"**{entry.spec.name}** : {quoted or first}"


def example_of(entry: Entry, language: Language) -> str:
    found = [example.text for example in entry.spec.examples if example.language == language]
    return found[0] if found else entry.spec.name


def _quoted(text: str, language: Language) -> str:
    return f"« {text} »" if language == "fr" else f"“{text}”"


# What was not done


def notes(plan: Plan, index: Index, language: Language, connected: bool = False) -> list[str]:
    """`connected`: how to connect a language model has been said in this conversation."""
    said = [_noted(note, index, language).strip() for note in plan.notes]
    if any(
        note.why in ("open", "question", "unknown", "condition") and not _unserved(note, index) for note in plan.notes
    ):
        said.append(say("connected", language) if connected else ways_to_connect(language))
    return said


def _noted(note: Note, index: Index, language: Language) -> str:
    said = clipped(note.said)
    if note.why in ("negated", "vague", "depends", "condition", "told"):
        return say(note.why, language, said=said)
    if note.why == "what":
        doing = [entry for entry in index.entries if not entry.harmless and note.act in entry.heads]
        shown = [example for entry in doing if (example := _headed(entry, note.act, language))]
        either = [_quoted(example, language) for example in shown[:_FEW_EXAMPLES]]
        return say("what", language, said=said, tools=(" ou " if language == "fr" else " or ").join(either))
    if note.why == "which":
        meant = [entry for name in note.named if (entry := index.entry(name))]
        either = [f"{entry.spec.name} ({_quoted(example_of(entry, language), language)})" for entry in meant]
        return say("which", language, said=said, tools=(" ou " if language == "fr" else " or ").join(either))
    if _unserved(note, index):
        command = suggested(note.act, note.named) if runner(index) and _of_files(note, index) else ""
        offered = say("suggested", language, command=command) if command else ""
        return say("no act", language, said=_stressed(said)) + offered
    near = nearest(note, index, language)
    return say(note.why, language, said=said, near=say("near", language, example=near) if near else "")


def _headed(entry: Entry, act: str, language: Language) -> str:
    """An example that begins with an act, and says to what."""
    for example in entry.spec.examples:
        if example.language == language and example.arguments and head(tokens(example.text)) == act:
            return example.text
    return ""


def _unserved(note: Note, index: Index) -> bool:
    """Whether no tool does such an act, or only the person can word it for a tool that takes commands."""
    if note.why != "unknown" or not note.act:
        return False
    return bool(suggested(note.act, note.named)) or not any(note.act in entry.actions for entry in index.entries)


def _of_files(note: Note, index: Index) -> bool:
    """Whether nothing but files is spoken of: `delete the repository team/site` is no matter for a shell."""
    said = note.said
    for path in note.named:
        said = said.replace(path, " ")
    heavy = [word for word in tokens(said[:400], index.words) if word.norm not in STOP_WORDS and word.norm.isalpha()]
    return all(word.concept in ("file", "folder", "name", "everywhere") or is_action(word.concept) for word in heavy)


def nearest(note: Note, index: Index, language: Language) -> str:
    """A request that is really near: to look at the file that is named, or to look at such a thing."""
    if len(note.named) == 1:
        for entry in sorted(index.entries, key=lambda each: "read" not in each.heads):
            for example in entry.spec.examples if entry.harmless and len(entry.required) == 1 else ():
                values_of = list(example.arguments.values())
                spelled = len(values_of) == 1 and str(values_of[0]) in example.text
                takes = entry.required[0].kind == "path" and entry.required[0].name in example.arguments
                if spelled and takes and example.language == language:
                    return example.text.replace(str(values_of[0]), note.named[0])
    said = [word for word in tokens(note.said[:400], index.words) if word.norm not in STOP_WORDS]
    words = {word.concept for word in said}
    if note.act or note.why == "open":
        return ""  # nothing is near what needs reasoning
    things = words & lexicon.THINGS.keys()
    near = [
        (sum(index.weight(word) for word in words & entry.vocabulary), entry)
        for entry in index.entries
        if entry.harmless and things & entry.vocabulary
    ]
    score, found = max(near, key=lambda each: each[0], default=(0.0, None))
    return example_of(found, language) if found is not None and score > 0.6 else ""


# What was done


def answer(plan: Plan, progress: Progress, index: Index, language: Language, connected: bool = False) -> str:
    blocks: list[str] = []
    skipped: set[str] = set()
    for place, step in enumerate(plan.steps):
        if step.past:
            continue
        state = progress.states[place]
        if isinstance(state, Broken):
            blocks += _broken(plan, place, state, skipped, language)
        elif not isinstance(state, Waiting):
            if step.told and not _said_again(plan, progress, place):
                blocks.append(_told(step, state, language) + _cut_short(plan, progress, step, language))
            if isinstance(state, Called):
                blocks += _undone(_words(plan, place), state.lost, language, several=True)
    blocks += notes(plan, index, language, connected)
    return _joined(blocks) or say("no result", language)


def _joined(blocks: Iterable[str]) -> str:
    """Paragraphs; between two lists a rule, for side by side they would be one."""
    text = ""
    for block in filter(None, blocks):
        touching = text.rpartition("\n")[2].startswith("- ") and block.startswith("- ")
        text += ("\n\n---\n\n" if touching else "\n\n" if text else "") + block
    return text


def _said_again(plan: Plan, progress: Progress, place: int) -> bool:
    """Whether a later step says more about the same things: the list itself then need not be repeated."""
    state = progress.states[place]
    if not isinstance(state, Called | Things) or (isinstance(state, Called) and not state.entry.listed):
        return False
    names = {values.label(item) for item in values.items(state)} | {
        str(item.get("path")) for item in values.items(state)
    }
    for later in range(place + 1, len(plan.steps)):
        after = progress.states[later]
        if not plan.steps[later].told or not _rests_on(plan, later, place):
            continue
        if isinstance(after, Pairs):
            said = [name for name, _ in after.pairs]
        elif isinstance(after, Things) and plan.steps[later].operation == "sort":
            said = [values.label(item) for item in after.items]
        else:
            continue
        if set(said) <= names and len(said) >= len(values.items(state)):
            return True
    return False


def _rests_on(plan: Plan, later: int, place: int) -> bool:
    needs = plan.steps[later].needs
    return place in needs or any(_rests_on(plan, need, place) for need in needs)


def _broken(plan: Plan, place: int, state: Broken, skipped: set[str], language: Language) -> Iterable[str]:
    words = _words(plan, place)
    if state.crowd:
        yield say("crowd", language, said=_stressed(words), count=state.crowd, most=MOST_CALLS)
    elif state.results:
        yield from _undone(words, state.results, language, several=len(state.results) > 1)
    elif words not in skipped:
        skipped.add(words)
        yield say("nothing" if state.empty else "skipped", language, said=_stressed(words))


def _cut_short(plan: Plan, progress: Progress, step: Step, language: Language) -> str:
    """A number taken from a list that a tool had to cut is not the whole: it is said."""
    while step.operation is not None:
        source = progress.states[step.over]
        step = plan.steps[step.over]
        if isinstance(source, Called) and source.entry.listed:
            cut = [result.data for _, result in source.results if isinstance(result.data, dict)]
            return f" {say('cut short', language)}" if any(data.get("truncated") is True for data in cut) else ""
    return ""


def _undone(
    words: str, results: Iterable[tuple[Arguments, ToolResult]], language: Language, several: bool
) -> Iterable[str]:
    """What failed or was refused, with the reason; of several, which."""
    for arguments, result in results:
        if result.outcome != "ok":
            key = {"refused": "refused", "unknown": "unknown outcome"}.get(result.outcome, "failed")
            which = f"{clipped(words)} ({values.label(arguments)})" if several else words
            reason = _why(result, language) or _ended(result.content)
            yield say(key, language, said=_stressed(which), reason=reason)


def _why(result: ToolResult, language: Language) -> str:
    """What is told of a failure or of a refusal by stable words, in the person's language."""
    decision = result.data.get("decision") if isinstance(result.data, dict) else None
    return " ".join(filter(None, (explained(result.data, language), *wording.reason(language, decision))))


def _words(plan: Plan, place: int) -> str:
    """The person's words for a step; for one between two others, those of the step that it serves."""
    said = plan.steps[place].said
    if said:
        return said
    serving = [step for step in plan.steps if place in step.needs]
    return serving[0].said if serving else ""


def _stressed(text: str) -> str:
    return f"*{clipped(text)}*"


def _ended(text: str) -> str:
    line = " ".join(text.strip().split())[:600]
    return line if line.endswith((".", "!", "?")) or not line else f"{line}."


def _told(step: Step, value: Value, language: Language) -> str:
    if isinstance(value, Called):
        return _joined(
            render.result(value.entry, step.said, arguments, result, language) for arguments, result in value.results
        )
    if isinstance(value, Excerpt):
        return "\n\n".join(
            f"{name}{' :' if language == 'fr' else ':'}\n{render.block(lines.rstrip(), name, language)}"
            for name, lines in value.parts
        )
    if isinstance(value, Number):
        key = {"sum": "total", "average": "average"}.get(step.operation or "", "number")
        shown = answers.say("{value:bytes}", {"value": value.value}, language) if step.unit == "size" else ""
        label = _sayable(value.value, language)
        return say(key, language, value=shown or label, unit="" if shown else unit(value.unit, value.value, language))
    if isinstance(value, Pairs):
        lines = [f"- {name}: {_measured(number, value.unit, language)}" for name, number in value.pairs]
        return _listed(lines, language)
    if isinstance(value, Verdict):
        if value.passed is None:
            return say("no verdict", language)
        return say("passed" if value.passed else "not passed", language, detail=value.detail)
    return _things(step, value, language)


def _things(step: Step, value: Things, language: Language) -> str:
    shown = [(values.label(item), values.measure(item, value.unit)) for item in value.items]
    said = [
        (name, f" ({_measured(found, value.unit, language)})" if found not in (None, name) else "")
        for name, found in shown
    ]
    if step.operation in ("max", "min", "first", "last") and len(said) == 1:
        return "\n".join(f"**{name}**{measure}" for name, measure in said)
    return _listed([f"- {name}{measure}" for name, measure in said], language)


def _measured(number: Any, concept: str, language: Language) -> str:
    if concept == "size" and isinstance(number, int | float):
        return answers.say("{value:bytes}", {"value": number}, language)
    if number is None:
        return "?"
    return f"{_sayable(number, language)}{unit(concept, number, language)}"


def _sayable(number: Any, language: Language) -> str:
    return answers.say("{value}", {"value": number if not isinstance(number, float) else round(number, 6)}, language)


def _listed(lines: list[str], language: Language) -> str:
    if not lines:
        return say("no result", language)
    more = [f"- {say('more', language, count=len(lines) - MOST)}"] if len(lines) > MOST else []
    return "\n".join([*lines[:MOST], *more])

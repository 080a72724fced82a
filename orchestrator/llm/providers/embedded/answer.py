"""The answer, in the person's language, from results and nothing else."""

import re
from collections.abc import Iterable
from typing import Any, Final

from orchestrator.kernel import answers
from orchestrator.kernel.messages import Arguments, Language, ToolResult
from orchestrator.llm.connect import how_to_connect
from orchestrator.llm.providers.embedded import values
from orchestrator.llm.providers.embedded.advance import MOST as MOST_CALLS
from orchestrator.llm.providers.embedded.advance import Broken, Progress, Waiting
from orchestrator.llm.providers.embedded.index import Entry, Index, Parameter, choices
from orchestrator.llm.providers.embedded.phrases import say, unit
from orchestrator.llm.providers.embedded.steps import Ask, Note, Plan, Step
from orchestrator.llm.providers.embedded.values import Called, Number, Pairs, Things, Value, Verdict

LONGEST: Final = 6000  # characters of one result that an answer repeats
MOST: Final = 60  # lines of a list that an answer repeats
_SET_ASIDE: Final = re.compile("[\ue000-\ue0ff]")  # the signs of long quotations
_MARKS: Final = ("#", ">", "-", "*", "+", "|", "`", "<", "[", "!", "_", "~", "=", " ", "\t")
_SAID: Final = 90  # characters of the person's words that are quoted back


def talk(kind: str, language: Language, index: Index) -> str:
    """Small talk, from the tools that are there."""
    if kind == "ability" and not index.entries:
        return say("no tools", language, connect=how_to_connect(language))
    return say(
        kind,
        language,
        example=_first_to_try(index, language),
        tools="\n".join(f"- {_shown(entry, language)}" for entry in index.entries),
        connect=how_to_connect(language),
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


def clipped(text: str, limit: int = _SAID) -> str:
    line = _SET_ASIDE.sub("…", " ".join(text.split()))
    return line if len(line) <= limit else line[: limit - 1] + "…"


# What is missing


def question(plan: Plan, language: Language) -> str:
    asks = []
    for ask in plan.asks:
        step = plan.steps[ask.step]
        asks.append(say("ask lead", language, said=clipped(step.said)))
        asks += [f"- {_asked(parameter, step, ask, language)}" for parameter in ask.missing]
    return "\n".join(asks)


def _asked(parameter: Parameter, step: Step, ask: Ask, language: Language) -> str:
    kind = parameter.kind
    if kind == "enum":
        listed = ", ".join(str(value) for value in choices(parameter.schema))
        return say("ask enum", language, name=parameter.label, choices=listed)
    if kind == "quoted" and parameter.tail and "command" in parameter.names:
        return say("ask command", language)
    if kind == "quoted" and parameter.name in ("content", "contents", "body"):
        return say("ask content", language)
    if kind == "path":
        writes = step.entry is not None and step.entry.spec.scope == "write"
        return say("ask folder" if "folder" in parameter.names else "ask name" if writes else "ask path", language)
    if f"ask {kind}" in ("ask expression", "ask url", "ask zone", "ask moment", "ask email"):
        return say(f"ask {kind}", language)
    key = "ask number" if kind == "number" else "ask quoted" if kind == "quoted" else "ask other"
    asked = say(key, language, name=parameter.label)
    described = parameter.schema.get("description", "") if language == "en" else ""
    return f"{asked} ({described})" if described else asked


# What was not done


def notes(plan: Plan, index: Index, language: Language) -> list[str]:
    said = []
    connected = False
    for note in plan.notes:
        text = _noted(note, index, language, connect="" if connected else how_to_connect(language))
        connected = connected or note.why in ("open", "question", "unknown", "condition")
        said.append(text.strip())
    return said


def _noted(note: Note, index: Index, language: Language, connect: str) -> str:
    said = clipped(note.said)
    if note.why in ("negated", "vague", "depends"):
        return say(note.why, language, said=said)
    if note.why == "condition":
        return say("condition", language, said=said, connect=connect)
    near = say("no act", language) if note.act and not any(note.act in e.actions for e in index.entries) else ""
    entry = nearest(note.said, index)
    if entry is not None:
        near += say("near", language, example=example_of(entry, language))
    return say(note.why, language, said=said, near=near, connect=connect)


def nearest(said: str, index: Index) -> Entry | None:
    """The tool whose words are most like what was said; none where nothing is."""
    from orchestrator.llm.providers.embedded.language import STOP_WORDS, tokens

    words = {word.concept for word in tokens(said[:400], index.words) if word.norm not in STOP_WORDS}
    scored = [(sum(index.weight(word) for word in words & entry.vocabulary), entry) for entry in index.entries]
    found = max(scored, key=lambda each: each[0], default=(0.0, None))
    return found[1] if found[0] > 0.6 else None


# What was done


def answer(plan: Plan, progress: Progress, index: Index, language: Language) -> str:
    blocks: list[str] = []
    skipped: set[str] = set()
    for place, step in enumerate(plan.steps):
        if step.past:
            continue
        state = progress.states[place]
        if isinstance(state, Broken):
            blocks += _broken(plan, place, state, skipped, language)
        elif not isinstance(state, Waiting):
            if step.told:
                blocks.append(_told(step, state, language) + _cut_short(plan, progress, step, language))
            if isinstance(state, Called):
                blocks += _undone(_words(plan, place), state.lost, language, several=True)
    blocks += notes(plan, index, language)
    return "\n\n".join(block for block in blocks if block) or say("no result", language)


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
            yield say(key, language, said=_stressed(which), reason=_ended(result.content))


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
        return "\n\n".join(_result(value.entry, arguments, result, language) for arguments, result in value.results)
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
    if step.operation in ("max", "min", "first", "last") and said:
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


def _result(entry: Entry, arguments: Arguments, result: ToolResult, language: Language) -> str:
    template = entry.spec.answers.get(language) or entry.spec.answers.get("en")
    said = ""
    if template and isinstance(result.data, dict):
        said = _fenced(answers.say(template, result.data, language), result.data)
    said = said or result.content or say("done", language, said=entry.spec.name)
    if len(said) > LONGEST:
        said = f"{said[:LONGEST].rstrip()}\n\n{say('more', language, count=len(said) - LONGEST)}"
    return said


def _fenced(said: str, data: dict[str, Any]) -> str:
    """Longer texts set apart, so that what a file holds is not taken for the answer's own markdown."""
    for name in values.SAYING:
        text = data[name].strip("\n") if isinstance(data.get(name), str) else ""
        if text in said and ("\n" in text or text[:1] in _MARKS) and text:
            fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
            before, _, after = said.partition(text)
            return f"{before.rstrip()}\n{fence}\n{text}\n{fence}\n{after.lstrip()}".strip()
    return said

"""Where a plan stands, from the results so far: the next calls, what is known, what could not be done."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from orchestrator.kernel.ids import canonical
from orchestrator.kernel.messages import Arguments, ToolCall, ToolResult
from orchestrator.llm.providers.embedded import limits, values
from orchestrator.llm.providers.embedded.limits import Limit
from orchestrator.llm.providers.embedded.steps import Plan, Step
from orchestrator.llm.providers.embedded.values import Called, Excerpt, Number, Pairs, Things, Value, Verdict

MOST: Final = 200  # calls that one step makes

Made = tuple[ToolCall, ToolResult]


class Broken(Struct, frozen=True):
    """A step that cannot be done: it failed itself, or a step that it needs did."""

    results: tuple[tuple[Arguments, ToolResult], ...] = ()
    because: int = -1  # the step that it needed
    empty: bool = False  # what it needed was found empty
    crowd: int = 0  # it would take so many calls, which is too many


class Waiting(Struct, frozen=True):
    calls: tuple[tuple[str, Arguments], ...] = ()  # none: another step must come first


State = Value | Broken | Waiting


class Progress(Struct, frozen=True):
    states: tuple[State, ...]
    calls: tuple[tuple[str, Arguments], ...]  # to make now, all at once


def progress(plan: Plan, made: Sequence[Made], before: Sequence[Made]) -> Progress:
    """`made`: the calls of this message, with their results; `before`: those of earlier messages."""
    walker = _Walker(plan, made, before)
    calls: list[tuple[str, Arguments]] = []
    for place, step in enumerate(plan.steps):
        if step.past and not _needed(plan, place):
            continue
        state = walker.state(place)
        if not isinstance(state, Waiting):
            continue
        harmless = step.entry is None or step.entry.harmless
        if not harmless and calls:
            break  # what was asked first comes first
        calls += [call for call in state.calls if call not in calls]
        if not harmless:
            break
    return Progress(tuple(walker.state(place) for place in range(len(plan.steps))), tuple(calls))


def _needed(plan: Plan, place: int) -> bool:
    return any(
        place in step.needs and (not step.past or _needed(plan, later))
        for later, step in enumerate(plan.steps)
        if later > place
    )


class _Walker:
    def __init__(self, plan: Plan, made: Sequence[Made], before: Sequence[Made]) -> None:
        self._plan = plan
        self._made = _by_call(made)
        self._before = _by_call(before)
        self._states: dict[int, State] = {}

    def state(self, place: int) -> State:
        if place not in self._states:
            self._states[place] = self._find(place, self._plan.steps[place])
        return self._states[place]

    def _find(self, place: int, step: Step) -> State:
        for need in step.needs:
            state = self.state(need)
            if isinstance(state, Broken):
                return Broken(because=need)
            if isinstance(state, Waiting):
                return Waiting()
        if step.operation is not None:
            return self._computed(step)
        if step.entry is not None and not step.entry.harmless and any(map(self._lossy, step.needs)):
            return Broken(because=step.needs[0])  # a file would hold less than it says
        arguments = self._arguments(step)
        if len(arguments) > MOST:
            return Broken(crowd=len(arguments))
        if not arguments:
            return Broken(because=step.needs[0] if step.needs else -1, empty=True)
        return self._called(step, arguments)

    def _arguments(self, step: Step) -> list[Arguments]:
        """The arguments of every call: what was said, with what was found put in."""
        each = [dict(arguments) for arguments in step.each]
        for name, ref in step.refs.items():
            found = [self._states[place] for place in ref.steps]
            parameter = step.entry.parameter(name) if step.entry else None
            named = parameter is not None and parameter.named and ref.property
            if parameter is not None and parameter.kind == "quoted" and not named:
                said = [values.text(value, ref.property) for value in found if not isinstance(value, Broken | Waiting)]
                given: list[Any] = ["\n".join(said)]
            else:
                given = [
                    one
                    for value in found
                    if not isinstance(value, Broken | Waiting)
                    for one in values.take(value, ref.property)
                ]
            each = [{**arguments, name: value} for arguments in each for value in given]
        return each

    def _lossy(self, place: int) -> bool:
        """Whether some of what this value is made of could not be had."""
        state = self.state(place)
        return (isinstance(state, Called) and bool(state.lost)) or any(map(self._lossy, self._plan.steps[place].needs))

    def _called(self, step: Step, arguments: list[Arguments]) -> State:
        assert step.entry is not None
        name = step.entry.spec.name
        results: list[tuple[Arguments, ToolResult]] = []
        absent: list[tuple[str, Arguments]] = []
        for each in arguments:
            earlier = self._before if step.past or step.again else {}
            found = self._made.get(_key(name, each)) or earlier.get(_key(name, each))
            if found is None:
                absent.append((name, each))
            else:
                results.append((each, found))
        if absent:
            if (step.past or step.again) and not step.entry.harmless:
                return Broken(because=-1)
            return Waiting(tuple(absent))
        done = tuple(each for each in results if each[1].outcome == "ok")
        lost = tuple(each for each in results if each[1].outcome != "ok")
        return Called(step.entry, done, lost) if done else Broken(tuple(results))

    def _computed(self, step: Step) -> State:
        source = self._states[step.over]
        if isinstance(source, Broken | Waiting):
            return source
        return compute(step, source)


def _key(name: str, arguments: Arguments) -> bytes:
    return canonical([name, arguments])


def _by_call(made: Sequence[Made]) -> dict[bytes, ToolResult]:
    return {_key(call.name, call.arguments): result for call, result in made}


def compute(step: Step, source: Value) -> State:  # noqa: C901
    """An operation over a value. Broken where the value has nothing of the kind."""
    if step.operation == "verdict":
        return _verdict(source)
    if step.limit is not None:
        return _limited(step.limit, source)
    if step.operation == "count":
        if isinstance(source, Number):
            return source
        if isinstance(source, Called) and not source.entry.listed:
            return Number(len(source.results), step.unit)
        return Number(len(values.items(source, step.unit)), step.unit)
    if step.operation == "project":
        pairs = tuple((values.label(item), values.measure(item, step.unit)) for item in values.items(source))
        if len(pairs) == 1:
            return Number(pairs[0][1], step.unit) if isinstance(pairs[0][1], int | float) else Pairs(pairs, step.unit)
        return Pairs(pairs, step.unit)
    things = values.items(source, "file") or values.items(source)
    if step.operation in ("sum", "average"):
        if isinstance(source, Number):
            return source
        numbers = [number for _, number in source.pairs] if isinstance(source, Pairs) else []
        numbers = numbers or [values.measure(thing, step.unit) for thing in things]
        counted = [number for number in numbers if isinstance(number, int | float)]
        if not counted and numbers:
            return Broken(because=step.over, empty=True)
        total = sum(counted)
        return Number(total if step.operation == "sum" else total / max(1, len(counted)), step.unit)
    if step.operation in ("first", "last"):
        things = things if step.unit == "file" else values.items(source)
        chosen = things[step.which - 1 : step.which] if step.operation == "first" else things[-1:]
        return Things(tuple(chosen)) if chosen else Broken(because=step.over, empty=True)
    measured = [(found, thing) for thing in things if (found := values.measure(thing, step.unit)) is not None]
    if not measured:
        return Broken(because=step.over, empty=True)
    order = sorted(
        measured,
        key=lambda each: (str(type(each[0])), each[0]),
        reverse=step.operation == "max" or (step.operation == "sort" and step.unit in ("size", "modified")),
    )
    ranked = tuple(thing for _, thing in order)
    return Things(ranked if step.operation == "sort" else ranked[: step.which], step.unit)


def _limited(limit: Limit, source: Value) -> State:
    if limit.unit == "line":
        made = source.results if isinstance(source, Called) else ()
        if not made or any(isinstance(r.data, dict) and r.data.get("truncated") is True for _, r in made):
            return Broken(empty=not made)
        assert isinstance(source, Called)
        each = [msgspec.structs.replace(source, results=(one,)) for one in made]
        return Excerpt(tuple((values.label(one.results[0][0]), limits.chosen(limit, values.text(one))) for one in each))
    things = values.items(source, "file")
    return Things(
        tuple(thing for thing in things if limits.holds(limit, values.measure(thing, limit.unit))), limit.unit
    )


def _verdict(source: Value) -> State:
    """Whether a call worked, by what its data says: an exit code, or an HTTP status."""
    if not isinstance(source, Called) or not source.results:
        return Verdict(None, "")
    result = source.results[-1][1]
    data = result.data if isinstance(result.data, dict) else {}
    for key, value in data.items():
        if isinstance(value, int) and not isinstance(value, bool):
            if key in ("exit_code", "returncode", "exit_status", "code"):
                return Verdict(value == 0, f"{key} = {value}")
            if key in ("status", "status_code"):
                return Verdict(value < 400, f"{key} = {value}")
    return Verdict(None, "")

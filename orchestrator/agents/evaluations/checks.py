"""What can be said of a finished run, true or not.

status VALUE · contains TEXT · equals TEXT · matches PATTERN · schema {JSON Schema}: of its answer
called TOOL {arguments, any of them} · not_called TOOL · no_scope SCOPE
max_cost DOLLARS · max_steps N · max_tokens N · max_seconds SECONDS
judge QUESTION: a model's opinion, and marked as one
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from orchestrator.agents.compare import Summary, summary
from orchestrator.kernel import events as e
from orchestrator.kernel.errors import InvalidInput
from orchestrator.kernel.events import Event
from orchestrator.kernel.messages import Json, Scope
from orchestrator.kernel.trials import Check, CheckResult

OPINION = "A model's opinion: "
_LONGEST = 1000  # characters of a pattern
_READ = 100_000  # characters of an answer that a pattern looks at


class Seen(Struct, frozen=True):
    """A run, as checks look at it."""

    events: Sequence[Event]
    summary: Summary
    scope_of: Callable[[str], Scope | None]
    judge: dict[str, tuple[bool, str]]  # by question: what a model thinks, and why

    @classmethod
    def of(
        cls, events: Sequence[Event], scope_of: Callable[[str], Scope | None], judge: dict[str, tuple[bool, str]]
    ) -> "Seen":
        return cls(events, summary(events), scope_of, judge)

    @property
    def answer(self) -> str:
        return self.summary.answer

    @property
    def calls(self) -> list[e.ToolRequested]:
        """Those that were allowed."""
        return [event.body for event in self.events if isinstance(event.body, e.ToolRequested)]


def checked(check: Check, seen: Seen) -> CheckResult:
    passed, detail = _CHECKS[check.kind](check, seen)
    return CheckResult(check.kind, passed, "" if passed and check.kind != "judge" else detail)


def validate(check: Check) -> None:
    """Raises InvalidInput where this is no check."""
    if check.kind not in _CHECKS:
        raise InvalidInput(f"There is no check {check.kind!r}.", hint=f"There are: {', '.join(_CHECKS)}.")
    problem = _problem(check)
    if problem:
        raise InvalidInput(f"The check {check.kind} {problem}.", hint="docs/evals.md describes the checks.")


def usual(events: Sequence[Event]) -> tuple[Check, ...]:
    """What a run is held to when nobody says: the same end, and every tool that it called."""
    tools = dict.fromkeys(event.body.tool for event in events if isinstance(event.body, e.ToolRequested))
    return (Check("status", summary(events).status), *(Check("called", None, tool) for tool in tools))


def _problem(check: Check) -> str:
    value = check.value
    if check.kind in ("called", "not_called"):
        if not check.tool:
            return "needs the name of a tool"
        return "" if value is None or isinstance(value, dict) else "takes its arguments as an object"
    if check.kind.startswith("max_"):
        number = isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
        return "" if number else "needs a number"
    if check.kind == "schema":
        return _schema_problem(value)
    if not isinstance(value, str) or not value:
        return "needs a text"
    if check.kind == "matches":
        return _pattern_problem(value)
    if check.kind == "no_scope" and value not in e.ALL_SCOPES:
        return f"needs one of {', '.join(e.ALL_SCOPES)}"
    return ""


def _pattern_problem(pattern: str) -> str:
    if len(pattern) > _LONGEST:
        return f"has a pattern of more than {_LONGEST} characters"
    try:
        re.compile(pattern)
    except re.error as error:
        return f"has a pattern that cannot be read: {error}"
    return ""


def _schema_problem(schema: Json) -> str:
    import jsonschema_rs

    if not isinstance(schema, dict):
        return "needs a JSON Schema, as an object"
    try:
        jsonschema_rs.validator_for(schema)
    except (ValueError, jsonschema_rs.ValidationError) as error:
        return f"has a schema that cannot be read: {str(error).splitlines()[0]}"
    return ""


def _status(check: Check, seen: Seen) -> tuple[bool, str]:
    return seen.summary.status == check.value, f"It ended {seen.summary.status}, not {check.value}."


def _contains(check: Check, seen: Seen) -> tuple[bool, str]:
    return check.value in seen.answer, f"The answer does not contain {check.value!r}: {_short(seen.answer)}"


def _equals(check: Check, seen: Seen) -> tuple[bool, str]:
    return seen.answer.strip() == check.value.strip(), f"The answer is another: {_short(seen.answer)}"


def _matches(check: Check, seen: Seen) -> tuple[bool, str]:
    found = re.search(check.value, seen.answer[:_READ], re.DOTALL) is not None
    return found, f"The answer does not match {check.value!r}: {_short(seen.answer)}"


def _schema(check: Check, seen: Seen) -> tuple[bool, str]:
    import jsonschema_rs

    try:
        value = msgspec.json.decode(_fenced(seen.answer))
    except msgspec.DecodeError as error:
        return False, f"The answer is no JSON: {error}."
    problem = next(iter(jsonschema_rs.validator_for(check.value).iter_errors(value)), None)
    return problem is None, f"The answer is not of the schema: {getattr(problem, 'message', '')}"


def _called(check: Check, seen: Seen) -> tuple[bool, str]:
    wanted: dict[str, Any] = check.value or {}
    made = [call for call in seen.calls if call.tool == check.tool]
    if not made:
        return False, f"{check.tool} was not called."
    fits = any(all(call.arguments.get(name) == value for name, value in wanted.items()) for call in made)
    said = "; ".join(_short(msgspec.json.encode(call.arguments).decode()) for call in made[:3])
    return fits, f"{check.tool} was called otherwise: {said}"


def _not_called(check: Check, seen: Seen) -> tuple[bool, str]:
    passed, _ = _called(check, seen)
    return not passed, f"{check.tool} was called."


def _no_scope(check: Check, seen: Seen) -> tuple[bool, str]:
    used = sorted({call.tool for call in seen.calls if seen.scope_of(call.tool) == check.value})
    return not used, f"It used the scope {check.value}: {', '.join(used)}."


def _at_most(name: str) -> Callable[[Check, Seen], tuple[bool, str]]:
    def check_it(check: Check, seen: Seen) -> tuple[bool, str]:
        one = seen.summary
        tokens = one.input_tokens + one.output_tokens
        value = {"cost": one.cost, "steps": one.steps, "tokens": tokens, "seconds": one.seconds}[name]
        return value <= check.value, f"{value:g} {name}, more than {check.value:g}."

    return check_it


def _judge(check: Check, seen: Seen) -> tuple[bool, str]:
    passed, why = seen.judge.get(check.value, (False, "nobody was there to ask."))
    return passed, f"{OPINION}{why}"


def _fenced(text: str) -> str:
    found = re.search(r"```(?:json)?\s*\n(.*?)```", text, re.DOTALL)
    return found[1] if found else text


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 160 else text[:159] + "…"


_CHECKS: dict[str, Callable[[Check, Seen], tuple[bool, str]]] = {
    "status": _status,
    "contains": _contains,
    "equals": _equals,
    "matches": _matches,
    "schema": _schema,
    "called": _called,
    "not_called": _not_called,
    "no_scope": _no_scope,
    "max_cost": _at_most("cost"),
    "max_steps": _at_most("steps"),
    "max_tokens": _at_most("tokens"),
    "max_seconds": _at_most("seconds"),
    "judge": _judge,
}
KINDS = tuple(_CHECKS)

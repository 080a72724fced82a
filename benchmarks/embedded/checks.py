"""Whether what a model did is exactly what a request expects.

Calls are equal when tool and arguments are, after: defaults of the schema put in, paths normalised, an expression
replaced by its value, spaces at the ends of texts dropped. Calls that only look may come in any order and must be the
same multiset; calls with effects must be the same sequence. A written content is judged by the file it leaves; every
file not named must be unchanged. An answer must hold every phrase of `says` (`a|b`: one of them), whatever the case.
Where a case is not `exact`, an argument that it leaves out may be anything, but for a tool with effects only if the
tool cannot do without it. What that writes to files is then judged by the calls alone.
"""

import posixpath
from collections import Counter
from typing import Any

from msgspec import Struct, field

from orchestrator.kernel.ids import canonical
from orchestrator.kernel.messages import ToolCall, ToolSpec
from orchestrator.tools.arithmetic import BadExpression, evaluate

Calls = list[tuple[str, dict[str, Any]]]


class Case(Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    language: str
    kind: str
    steps: int
    text: str
    before: tuple[str, ...] = ()  # earlier messages of the conversation, played first
    calls: Calls | None = None
    alternatives: list[Calls] = field(name="or", default_factory=list)
    does: str = ""  # without calls: asks (a question that names what is missing), declines, chats
    refuse: tuple[str, ...] = ()  # tools that policy refuses
    files: dict[str, Any] = {}
    says: tuple[str, ...] = ()
    exact: bool = True


class Played(Struct, frozen=True):
    """What a model did with a case."""

    calls: tuple[ToolCall, ...]
    answer: str
    changed: dict[str, str]  # files, after
    seconds: tuple[float, ...] = ()  # for each reply


def problems(case: Case, played: Played, specs: dict[str, ToolSpec]) -> list[str]:
    return [*_calls(case, played, specs), *_files(case, played), *_answer(case, played)]


def wrong_effects(case: Case, played: Played, specs: dict[str, ToolSpec]) -> list[str]:
    """Calls with effects that nobody asked for: the failures that matter most."""
    made = [(call.name, call.arguments) for call in played.calls]
    wanted = {
        _key(name, arguments, specs, not case.exact)
        for calls in (case.calls or [], *case.alternatives)
        for name, arguments in (calls if case.exact else _filled(calls, made, specs))
    }
    return [
        f"{name}({arguments})"
        for name, arguments in made
        if specs[name].effects != "none" and _key(name, arguments, specs, not case.exact) not in wanted
    ]


def _calls(case: Case, played: Played, specs: dict[str, ToolSpec]) -> list[str]:
    made = [(call.name, call.arguments) for call in played.calls]
    if case.calls is None:
        return [f"called {made}"] if made else []
    either = (case.calls, *case.alternatives)
    if not case.exact:
        either = tuple(_filled(calls, made, specs) for calls in either)
    if any(same_calls(calls, made, specs, not case.exact) for calls in either):
        return []
    return [f"called {made}"]


def _filled(wanted: Calls, made: Calls, specs: dict[str, ToolSpec]) -> Calls:
    """The calls wanted, with what they leave open as it was made."""
    left, found = list(made), []
    for name, arguments in wanted:
        like = next((each for each in left if each[0] == name and _holding(each[1], arguments)), None)
        if like is None:
            found.append((name, arguments))
            continue
        left.remove(like)
        needed = specs[name].parameters.get("required", ())
        opened = {key: value for key, value in like[1].items() if specs[name].effects == "none" or key in needed}
        found.append((name, opened | arguments))
    return found


def _holding(made: dict[str, Any], wanted: dict[str, Any]) -> bool:
    return all(_normal(key, made.get(key)) == _normal(key, value) for key, value in wanted.items())


def same_calls(wanted: Calls, made: Calls, specs: dict[str, ToolSpec], whole: bool = False) -> bool:
    """`whole`: with what is written, which is otherwise judged by the file it leaves."""

    def split(calls: Calls) -> tuple[Counter[bytes], list[bytes]]:
        looks = [_key(*call, specs, whole) for call in calls if specs[call[0]].effects == "none"]
        effects = [_key(*call, specs, whole) for call in calls if specs[call[0]].effects != "none"]
        return Counter(looks), effects

    return split(wanted) == split(made)


def _key(name: str, arguments: dict[str, Any], specs: dict[str, ToolSpec], whole: bool = False) -> bytes:
    properties = specs[name].parameters["properties"]
    given = {key: schema.get("default") for key, schema in properties.items()} | arguments
    return canonical([name, {key: _normal(key, value) for key, value in given.items() if whole or key != "content"}])


def _normal(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if name == "path":
        return posixpath.normpath(value)
    if name == "url":
        return value.rstrip("/")
    if name == "expression":
        try:
            return round(float(evaluate(value)), 9)
        except BadExpression:
            return value
    return value.strip()


def _files(case: Case, played: Played) -> list[str]:
    found = []
    for path, wanted in case.files.items():
        text = played.changed.get(path)
        if text is None:
            found.append(f"{path} was not written")
        elif isinstance(wanted, str):
            if text.strip() != wanted.strip():
                found.append(f"{path} holds {text!r}")
        elif not all(_holds(text, phrase) for phrase in wanted["contains"]):
            found.append(f"{path} holds {text!r}")
    unnamed = [path for path in played.changed if path not in case.files] if case.exact else []
    return [*found, *(f"{path} was changed" for path in unnamed)]


def _answer(case: Case, played: Played) -> list[str]:
    found = [f"does not say {phrase!r}: {played.answer!r}" for phrase in case.says if not _holds(played.answer, phrase)]
    if not played.answer.strip():
        found.append("says nothing")
    if case.does == "asks" and "?" not in played.answer:
        found.append(f"does not ask: {played.answer!r}")
    return found


def _holds(text: str, phrase: str) -> bool:
    return any(each.casefold() in text.casefold() for each in phrase.split("|"))

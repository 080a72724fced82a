"""Why a model was chosen, in French: the server says it in a few sentences of English, also in journals of long ago."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

from orchestrator.kernel.messages import Language


def chosen(language: Language, text: str) -> str:
    """As the server says it where its sentence is not known."""
    return text if language == "en" else _whole(text) or text


def _whole(text: str) -> str | None:
    if (said := _said("whole", text)) is not None:
        return said
    plain = text.removesuffix(".")
    if (said := _said("clause", plain)) is not None:
        return f"{said}."
    for at in [found.start() for found in re.finditer(r" \(", plain)] if plain.endswith(")") else ():
        if (said := _said("clause", plain[:at])) is not None:
            return f"{said} ({_passed(plain[at + 2 : -1])})."
    return None


def _passed(text: str) -> str:
    return "; ".join(_said("passed", one) or one for one in text.split("; "))


def _said(what: str, text: str) -> str | None:
    for pattern, french in _rules(what):
        if (match := pattern.fullmatch(text)) is not None:
            gaps = {name: _gap(name, value) for name, value in match.groupdict().items()}
            return re.sub(r"\{\{(\w+)\}\}", lambda gap: gaps[gap[1]], french)  # noqa: B023 (used at once)
    return None


def _gap(name: str, value: str) -> str:
    if name == "task":
        tasks: Mapping[str, str] = _told()["tasks"]
        return tasks.get(value, value)
    if name == "models":
        return value.replace(", then ", ", puis ")
    return (_whole(value) or value) if name == "rest" else _passed(value) if name == "passed" else value


@cache
def _rules(what: str) -> list[tuple[re.Pattern[str], str]]:
    return [(re.compile("".join(_pattern(said)), re.DOTALL), french) for said, french in _told()[what].values()]


def _pattern(said: str) -> Iterator[str]:
    for index, part in enumerate(re.split(r"\{\{(\w+)\}\}", said)):
        if index % 2 == 0:
            yield re.escape(part)
        else:
            yield r"an? (?P<task>\w+) task" if part == "task" else f"(?P<{part}>.+?)"


@cache
def _told() -> dict[str, Any]:
    told: dict[str, Any] = json.loads(
        resources.files("orchestrator.llm").joinpath("choices.fr.json").read_text("utf-8")
    )
    return told

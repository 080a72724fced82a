"""What a server says in English, in the person's language, by its stable code."""

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

from orchestrator.kernel.messages import Json, Language

_FILES = {"problems": "orchestrator.kernel", "reasons": "orchestrator.policy"}


class Said(NamedTuple):
    """A problem. `original` is in the server's words where the others are not."""

    detail: str
    hint: str
    original: str = ""


@cache
def _told(what: str, language: Language) -> Mapping[str, Mapping[str, str]]:
    if language == "en":
        return {}
    text = resources.files(_FILES[what]).joinpath(f"{what}.{language}.json").read_text("utf-8")
    told: dict[str, dict[str, str]] = json.loads(text)
    return told


def problem(language: Language, code: str, detail: str, hint: str) -> Said:
    words = _told("problems", language).get(code)
    if words is None:
        return Said(detail, hint)
    title = words["title"]
    return Said(f"{title[:1].upper()}{title[1:]}.", words["hint"], f"{detail} {hint}".strip())


def reason(language: Language, said: Json) -> tuple[str, str]:
    """The reason of a decision and its alternative; as the server says them where their code is not known."""
    words = _told("reasons", language).get(said.get("code", ""), {})
    details: dict[str, Any] = said.get("details") or {}
    return tuple(_filled(words.get(part), details) or said[part] for part in ("reason", "alternative"))  # type: ignore[return-value]


_SHAPES = (
    (r"\b[0-9a-f]{64}\b", "exactly this call", "exactement cet appel"),
    (r"^read (https?://\S+)$", r"reading from \1", r"lire depuis \1"),
    (r"^change (https?://\S+)$", r"sending changes to \1", r"envoyer des changements à \1"),
    (r"^any ([a-z][a-z0-9_]*)$", r"any call of \1", r"tout appel de \1"),
    (r"^after reading the web$", "also after pages from the web were read", "aussi après la lecture de pages du web"),
    (
        r"^after reading the web: [0-9a-f]{12}$",
        "with what pages from the web have chosen here, and nothing else of theirs",
        "avec ce que des pages du web ont choisi ici, et rien d’autre d’elles",
    ),
)


def covered(language: Language, shape: str) -> str:
    """What "run" and "always" cover; of exactly one call the policy knows only the hash."""
    parts = shape.split(" + ")
    for pattern, english, french in _SHAPES:
        parts = [re.sub(pattern, french if language == "fr" else english, part) for part in parts]
    return " + ".join(parts)


def _filled(text: str | None, details: Mapping[str, Any]) -> str:
    """The text with its gaps filled; nothing when the server does not say what belongs there."""
    names = set(re.findall(r"\{\{(\w+)\}\}", text or ""))
    if not text or not names <= details.keys():
        return ""
    return re.sub(r"\{\{(\w+)\}\}", lambda gap: str(details[gap[1]]), text)

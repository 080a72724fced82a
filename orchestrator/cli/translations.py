"""What a server says in English, in the person's language, by its stable code."""

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import NamedTuple

from orchestrator.kernel.messages import Json, Language
from orchestrator.policy import wording


class Said(NamedTuple):
    """A problem. `original` is in the server's words where the others are not."""

    detail: str
    hint: str
    original: str = ""


@cache
def _problems(language: Language) -> Mapping[str, Mapping[str, str]]:
    if language == "en":
        return {}
    text = resources.files("orchestrator.kernel").joinpath(f"problems.{language}.json").read_text("utf-8")
    told: dict[str, dict[str, str]] = json.loads(text)
    return told


def problem(language: Language, code: str, detail: str, hint: str) -> Said:
    words = _problems(language).get(code)
    if words is None:
        return Said(detail, hint)
    title = words["title"]
    return Said(f"{title[:1].upper()}{title[1:]}.", words["hint"], f"{detail} {hint}".strip())


def reason(language: Language, said: Json) -> tuple[str, str]:
    """The reason of a decision and its alternative; as the server says them where their code is not known."""
    why, instead = wording.reason(language, said)
    return why or said["reason"], instead or said["alternative"]


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

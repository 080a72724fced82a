"""Why a call was not made, in a person's language: by the code of the decision, never by its sentence."""

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib import resources

from orchestrator.kernel.messages import Json, Language


def reason(language: Language, said: Json) -> tuple[str, str]:
    """The reason of a decision and its alternative; nothing where that language has no words for its code."""
    if not isinstance(said, dict) or language == "en":
        return "", ""
    words = _reasons(language).get(str(said.get("code", "")), {})
    details = said.get("details")
    named = details if isinstance(details, dict) else {}
    return _filled(words.get("reason", ""), named), _filled(words.get("alternative", ""), named)


@cache
def _reasons(language: Language) -> Mapping[str, Mapping[str, str]]:
    text = resources.files(__package__).joinpath(f"reasons.{language}.json").read_text("utf-8")
    told: dict[str, dict[str, str]] = json.loads(text)
    return told


def _filled(text: str, details: Mapping[str, Json]) -> str:
    """The text with its gaps filled; nothing when it is not said what belongs there."""
    names = set(re.findall(r"\{\{(\w+)\}\}", text))
    return re.sub(r"\{\{(\w+)\}\}", lambda gap: str(details[gap[1]]), text) if names <= details.keys() else ""

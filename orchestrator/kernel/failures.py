"""What a tool could not do, said in a person's language: by a stable word and its particulars, never by its sentence.

The words of other languages lie in `failures.fr.json`; English is what the tool itself says.
"""

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources

from orchestrator.kernel.answers import say
from orchestrator.kernel.messages import Json, Language


def explained(data: Json, language: Language) -> str:
    """The failure in that language; nothing where it has no words for it."""
    if not isinstance(data, dict) or language == "en":
        return ""
    words = _words(language).get(str(data.get("why", "")), "")
    return say(words, data, language)


@cache
def _words(language: Language) -> Mapping[str, str]:
    told: dict[str, str] = json.loads(
        resources.files(__package__).joinpath(f"failures.{language}.json").read_text("utf-8")
    )
    return told

"""The command lines of programs, as they may be shown: people write passwords on them."""

import re
from collections.abc import Iterable

from orchestrator.telemetry.logs import HIDDEN, redacted

_CREDENTIALS = re.compile(r"(?<=://)([^/\s:@]*):[^@/\s]+@")


def shown(words: Iterable[str]) -> list[str]:
    """The words without the values of options and variables that are called passwords, tokens or keys."""
    kept, before = [], ""
    for word in words:
        name, sign, value = word.partition("=")
        said = f"{name}={redacted(value, name)}" if sign else redacted(word, before if before.startswith("-") else "")
        kept.append(_CREDENTIALS.sub(rf"\1:{HIDDEN}@", redacted(said)))
        before = word
    return kept

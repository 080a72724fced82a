"""What is taken back in the same breath: `delete a.txt? no, keep it`, `supprime a.txt, euh non`."""

import re
from collections.abc import Sequence
from typing import Final

from orchestrator.llm.providers.embedded.language import aligned
from orchestrator.llm.providers.embedded.mentions import Mention

_HESITATING: Final = r"(?:(?:euh|heu|ah|oh|um|uh|hm+|wait|attends|attendez|actually|en fait|mais|but|well)[\s,…]+)*"
_NO: Final = (
    r"(?:no|non|nope|nan)\b(?=\s*(?:[,.;!?…—–]|$|(?:wait|do ?n['’]?t|do not|keep|leave|not|sorry|pardon|laisse|garde"
    r"|plutot|ne|n|rather|actually|je|i)\b|\S+\.\w))"
)
_BACK: Final = re.compile(
    rf"(?:[,.?!;…—–-]\s*{_HESITATING}{_NO}|[,.?!;…—–-]\s*(?:wait,? )?(?:do ?n['’]t|do not)(?: do (?:it|that))?\s*[.!]*$"
    r"|[,.?!;…—–-]\s*(?:never ?mind|scratch that|forget (?:it|that)|laissez? tomber|oubliez?(?: ca| cela)?"
    r"|just kidding|je (?:rigole|plaisante))\s*[.!]*$)"
)


def place(text: str, mentions: Sequence[Mention]) -> tuple[int, int] | None:
    """Where a request is taken back, and where what is said instead begins."""
    for found in _BACK.finditer(aligned(text)):
        inside = any(each.start <= found.start() < each.end - 1 for each in mentions if each.kind == "quoted")
        if text[: found.start()].strip() and not inside:
            return found.start(), found.end()
    return None

"""What is screened, and what a person can let through: orders to the model in what others wrote.

Screened is what strangers write: the web and whatever comes from servers of others (mail, issues, foreign tools).
What lies in files is marked and never withheld: people keep instructions for agents there. What a tool itself
vouches for, and what the person says, is not looked at.
"""

from collections.abc import Collection
from typing import Literal, TypeAlias

from msgspec import Struct

from orchestrator.kernel.events import Passage
from orchestrator.kernel.messages import Arguments, Origin
from orchestrator.policy.addresses import split
from orchestrator.policy.screen.passages import screened
from orchestrator.policy.screen.telling import told

Mode: TypeAlias = Literal["withhold", "mark", "off"]

WITHHELD: frozenset[Origin] = frozenset({"web", "memory"})
MARKED: frozenset[Origin] = frozenset({"file"})


class Seen(Struct, frozen=True):
    """What was seen in a result."""

    passages: tuple[Passage, ...] = ()
    doubts: tuple[tuple[int, int], ...] = ()  # where strangers could give orders: no more than a reason to look


def seen(
    mode: Mode, tool: str, arguments: Arguments, origin: Origin, content: str, granted: Collection[tuple[str, str]]
) -> Seen:
    if mode == "off" or origin not in WITHHELD | MARKED:
        return Seen()
    withheld = mode == "withhold" and origin in WITHHELD and (tool, source(tool, arguments)) not in granted
    in_it = screened(content)
    passages = tuple(Passage(found.start, found.end, found.cues, withheld) for found in in_it.found)
    doubts = tuple((found.start, found.end) for found in in_it.doubtful) if origin in WITHHELD else ()
    return Seen(passages, doubts)


def without_orders(text: str) -> str:
    """As a model reads what it is told of a stranger's tool."""
    return told(text, [Passage(found.start, found.end, found.cues) for found in screened(text).found])


def source(tool: str, arguments: Arguments) -> str:
    """Whose orders a person lets through with "always"; a shape like those of calls, and like none of them."""
    url = arguments.get("url")
    parts = split(url) if isinstance(url, str) else None
    return f"orders in what {parts.hostname if parts is not None and parts.hostname else tool} says"

"""What the rooms of other people's tools share: what is told of a source, and what they are given to tell it with."""

import re
from collections.abc import Awaitable, Callable, Iterable
from typing import Literal, Protocol, TypeAlias

from msgspec import Struct

from orchestrator.kernel.errors import InvalidInput
from orchestrator.kernel.events import ToolsPinned
from orchestrator.tools.base import Tool

_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")


class Change(Struct, frozen=True):
    """What became of one source."""

    source: str
    what: Literal["added", "changed", "removed", "broken"]
    tools: tuple[str, ...] = ()
    digest: str = ""  # sha256 of what it is, in hexadecimal
    problem: str = ""


Put: TypeAlias = Callable[[str, Iterable[Tool]], None]  # raises Conflict when a name is taken
Told: TypeAlias = Callable[[Change], Awaitable[None]]
Pin: TypeAlias = Callable[[ToolsPinned], Awaitable[None]]


class Note(Protocol):
    """What outlives the process."""

    def load(self) -> bytes | None: ...

    def save(self, data: bytes) -> None: ...


def named(name: str, what: str) -> None:
    """Raises InvalidInput for what cannot be the name of a source."""
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            f"{name[:64]!r} cannot be the name of {what}.",
            hint="Use up to 32 small letters, digits and -, a letter first.",
        )

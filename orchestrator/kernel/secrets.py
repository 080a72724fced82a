"""Secrets are called by their names; their values are only there in the call that needs them.

A model writes `{{secret:NAME}}` where a tool takes one. What is behind the name is put in when the tool is
called, for the tools and hosts that the owner bound it to, and taken out of whatever comes back.
"""

import re
from collections.abc import Iterator
from typing import Protocol

from orchestrator.kernel.errors import NotFound
from orchestrator.kernel.messages import Json
from orchestrator.kernel.settings import Secret

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
_NONE: frozenset[str] = frozenset()
MENTION = re.compile(r"\{\{\s*secret:\s*([^{}\s]{1,100})\s*\}\}")


class Reveal(Protocol):
    """What a tool is given: its own name is already said."""

    async def __call__(self, name: str, *, host: str = "") -> Secret:
        """The value, for this call, to be sent to this host. Raises NotFound, NotAllowed."""


class Secrets(Protocol):
    """The vault, as the rooms above identity need it."""

    async def reveal(self, name: str, *, tool: str, host: str = "", run_id: str = "") -> Secret:
        """The value, for one call of this tool that goes to this host (empty: nowhere that it knows of).

        Raises NotFound, or NotAllowed where the secret is bound elsewhere.
        """

    def redact(self, text: str) -> str:
        """The text without the values of secrets, however they are written there."""


async def nothing_to_reveal(name: str, *, host: str = "") -> Secret:
    """What a tool is given where there is no vault."""
    del host
    raise NotFound(f"There is no secret {name!r}.", hint=f"Whoever administers this server can: {how_to_set(name)}")


class NoSecrets:
    """An empty vault."""

    async def reveal(self, name: str, *, tool: str, host: str = "", run_id: str = "") -> Secret:
        return await nothing_to_reveal(name)

    def redact(self, text: str) -> str:
        return text


def how_to_set(name: str) -> str:
    return f"orchestrator secrets set {name} --host HOST"


def mentioned(value: Json) -> frozenset[str]:
    """The names of the secrets that a value refers to, at any depth."""
    if isinstance(value, str) and "{{" not in value:
        return _NONE
    return frozenset(name for text in _texts(value) for name in MENTION.findall(text))


def _texts(value: Json) -> Iterator[str]:
    """Every text in a value, the names of its fields too."""
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            left += [*one, *one.values()]
        elif isinstance(one, list | tuple):
            left += one

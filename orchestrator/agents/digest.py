"""What a model is asked, as digests: kept with the question, they tell a replay whether it would be asked the same."""

import hashlib
from typing import Any

import msgspec

from orchestrator.agents.shelf import Shelf
from orchestrator.kernel.trials import Asked
from orchestrator.llm.base import Request

KEPT = 4096  # parts whose digest is remembered: a conversation is asked again at every step, only longer

_encode = msgspec.json.Encoder().encode


class Digests:
    """Each message and each set of tools is read once: what is asked next differs by a few."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._known: dict[int, tuple[Any, bytes]] = {}  # by identity, and what keeps it from being another's
        self._read: list[Any] = []  # messages that were asked last
        self._sum = hashlib.sha256()  # of their digests

    def of(self, request: Request) -> Asked:
        head, *rest = request.messages
        return Asked(
            instructions=self._shelf.digest(head),
            messages=self._all(rest),
            tools=self._shelf.digest(request.tools),
        )

    def _all(self, messages: list[Any]) -> str:
        known = len(self._read)
        if messages[:known] != self._read:
            known, self._sum = 0, hashlib.sha256()
        for message in messages[known:]:
            self._sum.update(self._one(message))
        self._read = messages
        return self._sum.hexdigest()[:16]

    def _one(self, part: Any) -> bytes:
        known = self._known.get(id(part))
        if known is not None:
            return known[1]
        if len(self._known) >= KEPT:
            self._known.clear()
        digest = hashlib.sha256(_encode(part)).digest()
        self._known[id(part)] = (part, digest)
        return digest

"""What a model is asked, as digests: kept with the question, they tell a replay whether it would be asked the same."""

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec

from orchestrator.kernel.trials import Asked
from orchestrator.llm.base import Request

KEPT = 4096  # parts whose digest is remembered: a conversation is asked again at every step, only longer

_encode = msgspec.json.Encoder().encode


class Digests:
    """Each message and each set of tools is read once: what is asked next differs by a few."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Any, bytes]] = {}  # by identity, and what keeps it from being another's

    def of(self, request: Request) -> Asked:
        head, *rest = request.messages
        return Asked(
            instructions=self._one(head).hex()[:16],
            messages=self._all(rest),
            tools=self._one(request.tools).hex()[:16],
        )

    def _all(self, parts: Sequence[Any]) -> str:
        return hashlib.sha256(b"".join(map(self._one, parts))).hexdigest()[:16]

    def _one(self, part: Any) -> bytes:
        known = self._known.get(id(part))
        if known is not None:
            return known[1]
        if len(self._known) >= KEPT:
            self._known.clear()
        digest = hashlib.sha256(_encode(part)).digest()
        self._known[id(part)] = (part, digest)
        return digest

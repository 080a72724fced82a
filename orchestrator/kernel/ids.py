"""Names for things: time-ordered identifiers, and keys that make an effect recognisable."""

import hashlib
from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from orchestrator.kernel.clock import Clock

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford base 32: no i, l, o, u


class Ids(Protocol):
    def new(self, kind: str) -> str:
        """A fresh identifier such as `run_0k3v…`; later ones sort after earlier ones."""


class TimeOrderedIds:
    """48 bits of milliseconds and 80 of entropy, in base 32 behind a readable prefix.

    Each sorts after those made before it in this process, also within a millisecond and when the
    machine's clock was set back.
    """

    def __init__(self, clock: Clock, entropy: Callable[[int], bytes]) -> None:
        self._clock = clock
        self._entropy = entropy
        self._last = 0

    def new(self, kind: str) -> str:
        milliseconds = int(self._clock.now() * 1000) & (2**48 - 1)
        random = int.from_bytes(self._entropy(10), "big")
        number = milliseconds << 80 | random
        if number <= self._last:
            number = self._last + 1 + (random >> 8)
        self._last = number
        return f"{kind}_" + "".join([_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5)])


class CountedIds:
    """Predictable identifiers for tests: `run_1`, `run_2`, …"""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def new(self, kind: str) -> str:
        self._counts[kind] = self._counts.get(kind, 0) + 1
        return f"{kind}_{self._counts[kind]}"


def child_id(parent: str, key: str) -> str:
    """The run that an effect of its parent delegates to: the same for the same key, beside its parent in time."""
    number = int(key, 16)
    return f"{parent[:14]}" + "".join(_ALPHABET[number >> shift & 31] for shift in range(75, -1, -5))


def canonical(value: Any) -> bytes:
    """JSON with sorted keys: equal values have equal bytes."""
    return msgspec.json.encode(value, order="sorted")


def effect_key(run_id: str, step: int, tool: str, arguments: dict[str, Any], occurrence: int = 0) -> str:
    """The name of one effect: the same call resumed has the same key, a repeated call another.

    `occurrence` counts identical calls within one step, so that a model that asks twice gets two.
    """
    return hashlib.sha256(canonical([run_id, step, tool, arguments, occurrence])).hexdigest()[:32]


def call_hash(tool: str, arguments: dict[str, Any]) -> str:
    """What an approval is bound to: exactly this tool with exactly these arguments."""
    return hashlib.sha256(canonical([tool, arguments])).hexdigest()

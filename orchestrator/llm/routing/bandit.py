"""What was learnt of models: for each kind of task, how often an answer was good. Thompson sampling chooses by it.

W. R. Thompson, "On the likelihood that one unknown probability exceeds another", Biometrika 25 (1933). The belief
about a model at a kind of task is a Beta distribution: it begins as what is expected of the model, worth a dozen
judgements, and forgets slowly, so that a model which became better or worse is noticed.
"""

from collections.abc import Callable
from typing import Protocol, TypeAlias

import msgspec
from msgspec import Struct

from orchestrator.llm.routing.kinds import KINDS, Kind

WEIGHT = 12.0  # judgements that what is expected counts for
FORGET = 0.995  # of what was learnt stays at each new judgement of the same model and kind
_MOST = 2000  # pairs that are kept

Sample: TypeAlias = Callable[[float, float], float]  # a draw from Beta(a, b)


class Note(Protocol):
    """Where what was learnt outlives the process."""

    def load(self) -> bytes | None: ...

    def save(self, data: bytes) -> None: ...


class Belief(Struct):
    good: float = 0.0
    bad: float = 0.0


class Learnt:
    def __init__(self, sample: Sample, note: Note | None = None) -> None:
        self._sample = sample
        self._note = note
        self._beliefs: dict[str, dict[str, Belief]] = _read(note)  # by kind, then by model

    def judged(self, kind: Kind, model: str, good: float) -> None:
        """One judgement, from 0 (useless) to 1 (as it should be)."""
        beliefs = self._beliefs.setdefault(kind, {})
        belief = beliefs.setdefault(model, Belief())
        belief.good = belief.good * FORGET + good
        belief.bad = belief.bad * FORGET + (1 - good)
        if self._note is not None:
            self._note.save(msgspec.json.encode(self._beliefs))

    def expected(self, kind: Kind, model: str, before: float) -> float:
        """The share of good answers to expect."""
        belief = self._beliefs.get(kind, {}).get(model)
        if belief is None:
            return before
        return (before * WEIGHT + belief.good) / (WEIGHT + belief.good + belief.bad)

    def drawn(self, kind: Kind, model: str, before: float) -> float:
        """The same, as one draw from the belief: what is little known is sometimes tried. Nothing learnt, no draw."""
        belief = self._beliefs.get(kind, {}).get(model)
        if belief is None:
            return before
        return self._sample(before * WEIGHT + belief.good, (1 - before) * WEIGHT + belief.bad)

    def judgements(self, kind: Kind, model: str) -> float:
        belief = self._beliefs.get(kind, {}).get(model)
        return 0.0 if belief is None else belief.good + belief.bad


def _read(note: Note | None) -> dict[str, dict[str, Belief]]:
    data = note.load() if note is not None else None
    if data is None:
        return {}
    try:
        found = msgspec.json.decode(data, type=dict[str, dict[str, Belief]])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}  # what was learnt is lost, and can be learnt again
    return {kind: dict(list(models.items())[:_MOST]) for kind, models in found.items() if kind in KINDS}

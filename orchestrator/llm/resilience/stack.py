"""The wrappers around a provider, in their one order. From the request inwards:

    cache         answers that are given again                        ../cache/cached.py
    persistence   again, with pauses; then the next model             persist.py
                  and so much time for one reply, all in all
    optimiser     less to read, where the request wants it            ../optimiser/model.py
    fence         tools for a model that has none                     ../fenced.py
    shape         JSON of the schema that was asked for               shape.py
    gate          a provider that keeps failing is left in peace      circuit.py
                  so many requests at once; the others wait in line   places.py
    hedge         ask twice when it is slow, or another (default off) hedge.py
    timing        measures; a first word long overdue is given up     speed.py
    provider      the wire: silence between two pieces, broken replies

The order matters: a retry must meet the gate, waiting in line must not count as the provider's slowness, and
each of two hedged requests has its own time.
"""

from collections.abc import Callable, Sequence

from msgspec import Struct

from orchestrator.kernel.clock import Clock
from orchestrator.kernel.settings import Llm, Provider
from orchestrator.llm.base import Model
from orchestrator.llm.resilience.circuit import Circuit, State
from orchestrator.llm.resilience.gate import Gate
from orchestrator.llm.resilience.hedge import Hedge, Second
from orchestrator.llm.resilience.persist import Persistent, Way
from orchestrator.llm.resilience.places import Places
from orchestrator.llm.resilience.shape import Shaped
from orchestrator.llm.resilience.speed import Speed, Timed


class Vitals(Struct, frozen=True):
    """How a provider fares, as it is seen from here."""

    state: State
    resumes_in: float  # seconds until it is asked again
    busy: int  # requests under way
    waiting: int  # for a place
    speeds: dict[str, Speed]  # by model


class Guard:
    """What is remembered of one provider, and the wrappers that go by it."""

    def __init__(
        self, settings: Provider, clock: Clock, hedge: float = 0.0, second: Second = lambda request: None
    ) -> None:
        """`second` is who is asked besides when hedging."""
        self._second = second
        self._settings = settings
        self._clock = clock
        self._hedge = hedge
        self.circuit = Circuit(clock)
        self.places = Places(settings.concurrency)
        self._speeds: dict[str, Speed] = {}

    def speed(self, model: str) -> Speed:
        found = self._speeds.get(model)
        if found is None:
            found = self._speeds[model] = Speed()
        return found

    def around(self, model: Model, *, hedged: bool = True) -> Model:
        """Not `hedged`: as the second one that is asked, of whom there is no third."""
        guarded: Model = Timed(model, self._clock, self._settings.timeout, self.speed)
        if self._hedge and hedged:
            guarded = Hedge(guarded, self._clock, self._hedge, self.speed, self._second)
        return Shaped(Gate(guarded, self.circuit, self.places))

    def vitals(self) -> Vitals:
        circuit = self.circuit
        return Vitals(circuit.state, circuit.resumes_in(), self.places.taken, self.places.waiting, dict(self._speeds))


def persistent(ways: Sequence[Way], settings: Llm, clock: Clock, jitter: Callable[[], float]) -> Model:
    """The models that may answer, the preferred one first, as one that does not give up easily."""
    return Persistent(ways, clock, jitter, settings.tries, settings.deadline)

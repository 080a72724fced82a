"""A provider that fails again and again is left in peace for a while, and tried with one request after it.

closed: all is well. open: nothing is sent until the time is over. half-open: one request is on its way to see.
A provider that says when to come back (Retry-After) is not asked for that model before then.
"""

from collections import deque
from typing import Literal

from orchestrator.kernel.clock import Clock
from orchestrator.kernel.errors import ModelError, ModelGarbled, ModelPaused, ModelTimeout, ModelUnavailable

IN_A_ROW = 5  # failures that open it
WINDOW = 20  # latest outcomes, half of which open it too
REST = 15.0  # seconds; each time twice as long as the time before
LONGEST = 300.0

State = Literal["closed", "open", "half-open"]
_COUNTED = (ModelUnavailable, ModelTimeout, ModelGarbled)


class Circuit:
    """What is known of one provider's failures."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._outcomes: deque[bool] = deque(maxlen=WINDOW)
        self._row = 0
        self._times = 0  # it opened without being well in between
        self._until = 0.0
        self._open = False
        self._trial = False
        self._resting: dict[str, float] = {}  # by model, until when

    @property
    def state(self) -> State:
        if not self._open:
            return "closed"
        return "open" if self._clock.monotonic() < self._until else "half-open"

    def resumes_in(self, model: str = "") -> float:
        """Seconds until a request is let through; 0 when it would be now."""
        now = self._clock.monotonic()
        rest = self._resting.get(model, 0.0) - now
        shut = self._until - now if self._open else 0.0
        if self._open and shut <= 0 and self._trial:
            shut = REST  # somebody is seeing already
        return max(0.0, rest, shut)

    def enter(self, model: str, provider: str) -> None:
        """Raises ModelPaused where nothing may be sent now."""
        if not self._open and not self._resting:
            return
        wait = self.resumes_in(model)
        if wait > 0:
            why = "failed too often lately" if self._open else "asked us to wait"
            raise ModelPaused(f"{provider} {why} and is not asked now.", retry_after=wait)
        self._resting.pop(model, None)
        if self._open:
            self._trial = True

    def succeeded(self) -> None:
        self._outcomes.append(True)
        self._row = 0
        if self._open:
            self._open = self._trial = False
            self._times = 0
            self._outcomes.clear()

    def failed(self, model: str, error: ModelError) -> None:
        if not isinstance(error, _COUNTED) or isinstance(error, ModelPaused):
            self.left()
            return
        if isinstance(error, ModelUnavailable) and error.retry_after:
            self._resting[model] = self._clock.monotonic() + error.retry_after
            self.left()
            return  # it is well, and knows what it wants
        self._outcomes.append(False)
        self._row += 1
        bad = self._outcomes.count(False) * 2 >= WINDOW and len(self._outcomes) == WINDOW
        if self._trial or self._row >= IN_A_ROW or bad:
            self._shut()

    def left(self) -> None:
        """The one who was to see came back without having seen."""
        self._trial = False

    def _shut(self) -> None:
        self._until = self._clock.monotonic() + min(REST * 2**self._times, LONGEST)
        self._times += 1
        self._row = 0
        self._open, self._trial = True, False

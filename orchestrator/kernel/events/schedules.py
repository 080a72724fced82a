"""What happens to what is to happen later."""

from typing import Literal

from msgspec import Struct

from orchestrator.kernel.messages import Scope
from orchestrator.kernel.timing import Timing


class ScheduleMade(Struct, frozen=True, tag="schedule.made"):
    schedule_id: str
    kind: Literal["reminder", "task"]
    text: str  # what to say, or what to do
    timing: Timing
    scopes: tuple[Scope, ...]  # of the person who set it
    conversation_id: str = ""
    person: str | None = None  # of a text that a model wrote: what of it the person had said


class ScheduleFired(Struct, frozen=True, tag="schedule.fired"):
    """Written before its run is started, which has this identifier and no other."""

    schedule_id: str
    due: float  # the time it is fired for: seconds since the Unix epoch
    run_id: str
    missed: int = 0  # times before it that passed while no server ran
    by: str = ""  # who had it happen before its time


class ScheduleCancelled(Struct, frozen=True, tag="schedule.cancelled"):
    schedule_id: str
    by: str
    reason: str = ""


class SchedulePaused(Struct, frozen=True, tag="schedule.paused"):
    """Nothing of it happens until it is resumed; times that pass meanwhile are left out."""

    schedule_id: str
    by: str


class ScheduleResumed(Struct, frozen=True, tag="schedule.resumed"):
    schedule_id: str
    by: str

"""Events and their parts about running again: forks, imported runs, evaluations. They belong to `kernel/events/`."""

from typing import Any, Literal, TypeAlias

from msgspec import Struct

from orchestrator.kernel.messages import Json

# What becomes of a call that a fork makes and its recording did not make in the same state of the world.
# simulate: the recorded result of the same call; else looking is done, and what has effects is refused.
# ask: looking is done, and what has effects after a person said yes. forbid: looking is done, effects are refused.
# recorded: only recorded results, nothing is done. live: as in any run, nothing is taken from the recording.
ForkEffects: TypeAlias = Literal["simulate", "ask", "forbid", "recorded", "live"]

# made: by a model or a tool, now. recorded: as it was in the recording, nothing before it having changed.
# simulated: as it was in the recording, though something before it has changed.
Source: TypeAlias = Literal["made", "recorded", "simulated"]


class ForkedFrom(Struct, frozen=True):
    """What a run goes on from: another run, up to an event."""

    run_id: str
    seq: int  # the last event that it shares with the other
    taken: int = 1  # events at its head that are not its own: its start, and those of the other
    effects: ForkEffects = "simulate"
    replies: bool = True  # a model that would be asked the same is not asked: its recorded reply is taken
    began: float = 0.0  # the day that models are told, in seconds since the Unix epoch
    conversation_id: str = ""  # whose earlier runs its models read …
    before: str = ""  # … those before this one
    policy: dict[str, Any] | None = None  # settings of the policy section, instead of the server's


class Asked(Struct, frozen=True):
    """What a model was asked, as digests: a replay tells by them whether it would be asked the same."""

    instructions: str
    messages: str
    tools: str


class Check(Struct, frozen=True):
    """Something that can be said of a run, true or not."""

    kind: str
    value: Json = None
    tool: str = ""


class CheckResult(Struct, frozen=True):
    kind: str
    passed: bool
    detail: str = ""


class CaseResult(Struct, frozen=True):
    evaluation_id: str
    run_id: str
    passed: bool
    checks: tuple[CheckResult, ...] = ()
    status: str = ""
    steps: int = 0
    cost: float = 0.0
    tokens: int = 0
    seconds: float = 0.0
    problem: str = ""  # why it could not be tried


class RunImported(Struct, frozen=True, tag="run.imported"):
    """A finished run of another journal is kept here as it was recorded there."""

    run_id: str
    digest: str  # of its events, in a chain
    by: str
    tenant: str  # of whom it was there …
    subject: str
    exported_at: float = 0.0
    version: str = ""  # of the product that wrote the file
    context: str = ""  # the artifact with what it knew beside its events
    redacted: bool = False


class EvaluationAdded(Struct, frozen=True, tag="evaluation.added"):
    """A run as a case that others are measured by."""

    evaluation_id: str
    name: str
    run_id: str
    checks: tuple[Check, ...]
    by: str
    goal: str = ""


class EvaluationRemoved(Struct, frozen=True, tag="evaluation.removed"):
    evaluation_id: str
    by: str


class EvaluationFinished(Struct, frozen=True, tag="evaluation.finished"):
    """Cases were tried: what came of each."""

    trial_id: str
    model: str
    tools: Literal["recorded", "live"]
    results: tuple[CaseResult, ...]
    by: str
    seconds: float = 0.0

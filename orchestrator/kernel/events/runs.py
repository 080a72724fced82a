"""What happens in a run."""

from typing import (
    Any,
    Literal,
    TypeAlias,
)

from msgspec import (
    Struct,
    field,
)

from orchestrator.kernel.messages import (
    Arguments,
    Effects,
    Json,
    Message,
    Origin,
    Outcome,
    Risk,
    Scope,
    Spared,
    ToolCall,
    Usage,
)
from orchestrator.kernel.trials import (
    Asked,
    ForkedFrom,
    Source,
)

RunStatus: TypeAlias = Literal["running", "waiting", "completed", "partial", "failed", "cancelled"]
FinalStatus: TypeAlias = Literal["completed", "partial", "failed", "cancelled"]

# ask: wait for a person. grant: yes to whatever is asked in this run. refuse: no to whatever is asked.
Approvals: TypeAlias = Literal["ask", "grant", "refuse"]

# call: may this call be made?  outcome: it may have happened; did it?  budget: may it go on spending?
# question: a call in the middle of which somebody wants to know more.
ApprovalKind: TypeAlias = Literal["call", "outcome", "budget", "question"]

# For a call: once, run (in this run), always, refuse. For an outcome: done (it happened), retry, undone.
# For a budget: once (as much again), refuse (end with what there is). For a question: accept (and what), refuse.
Answer: TypeAlias = Literal["once", "run", "always", "refuse", "done", "retry", "undone", "accept"]


ALL_SCOPES: tuple[Scope, ...] = ("read", "write", "execute", "admin")


class Problem(Struct, frozen=True):
    code: str
    detail: str
    hint: str = ""


class Artifact(Struct, frozen=True):
    """Bytes kept beside the journal, named by their content."""

    id: str  # sha256 of the bytes, in hexadecimal
    name: str
    media_type: str
    size: int


class Limits(Struct, frozen=True):
    steps: int = 25  # model replies
    seconds: float = 900.0  # time spent working; waiting for a person does not count
    cost: float = 0.0  # US dollars, those of its sub-runs too; 0: no limit
    tokens: int = 0  # read and written by models, those of its sub-runs too; 0: no limit


# person: until somebody says continue. parent: until the run that delegated goes on. child: until a sub-run is
# finished. queue: until the run before it in the conversation is finished.
Pause: TypeAlias = Literal["person", "parent", "child", "queue"]

# steer: read at the next step. interrupt: what is under way is stopped first.
Urgency: TypeAlias = Literal["steer", "interrupt"]


class RunStarted(Struct, frozen=True, tag="run.started"):
    conversation_id: str
    goal: Message
    model: str  # as asked for: a name, or "auto"
    workspace: str
    agent: str = "assistant"
    channel: str = "api"
    approvals: Approvals = "ask"
    limits: Limits = Limits()
    call: ToolCall | None = None  # one call to make instead of a goal to think about
    parent: str | None = None
    scopes: tuple[Scope, ...] = ALL_SCOPES  # of the person: an agent may do no more than who asks
    tools: tuple[str, ...] | None = None  # the only ones it may call; None: all
    origins: tuple[Origin, ...] = ("user",)  # whose words the goal holds, and what was read before it
    depth: int = 0  # of delegation: how many runs are above it
    after: str = ""  # the run of this conversation that must be finished first
    forked_from: ForkedFrom | None = None
    instructions: str = ""  # instead of the agent's own; {workspace} and {date} stand for them
    person: str | None = None  # of a goal that a model wrote: what of it the person had said


class RunResumed(Struct, frozen=True, tag="run.resumed"):
    reason: str


class RunPaused(Struct, frozen=True, tag="run.paused"):
    """It comes to rest once the calls under way are done, and costs nothing until it is continued."""

    reason: Pause
    by: str = ""
    note: str = ""


class RunContinued(Struct, frozen=True, tag="run.continued"):
    by: str = ""  # empty: what it waited for has come
    reason: str = ""


class MessageAdded(Struct, frozen=True, tag="message.added"):
    """Something said to a run at work: its model reads it at its next step."""

    message_id: str
    message: Message
    urgency: Urgency
    by: str


class MessageQueued(Struct, frozen=True, tag="message.queued"):
    """Something said behind a run at work: the goal of the run named, which starts when this one is finished."""

    run_id: str
    message: Message
    by: str
    model: str = ""  # as asked for
    channel: str = "api"


class ModelChosen(Struct, frozen=True, tag="model.chosen"):
    """From the next step on."""

    model: str  # as asked for: a name, or "auto"
    by: str


class LimitsChanged(Struct, frozen=True, tag="limits.changed"):
    limits: Limits
    by: str


class PlanMade(Struct, frozen=True, tag="plan.made"):
    steps: tuple[str, ...]


class ModelAsked(Struct, frozen=True, tag="model.asked"):
    step: int
    model: str
    request: Asked | None = None


class ModelReplied(Struct, frozen=True, tag="model.replied"):
    step: int
    model: str
    message: Message
    finish: str
    usage: Usage = Usage()
    cost: float = 0.0  # US dollars
    seconds: float = 0.0
    reason: str = ""  # why this model
    source: Source = "made"
    spared: Spared | None = None  # by the optimiser and the cache


class ModelFailed(Struct, frozen=True, tag="model.failed"):
    step: int
    model: str
    problem: Problem
    seconds: float = 0.0
    next: str = ""  # the model that went on at once, in the same step; empty: none did


class ApprovalAsked(Struct, frozen=True, tag="approval.asked"):
    approval_id: str
    kind: ApprovalKind
    step: int
    call_id: str
    tool: str
    arguments: Arguments
    hash: str  # of exactly this call: the answer counts for nothing else
    shape: str  # what "in this run" and "always" would cover
    code: str  # of the reason, for translation
    reason: str
    details: dict[str, str] = field(default_factory=dict)
    alternative: str = ""
    risks: tuple[Risk, ...] = ()
    sources: dict[str, tuple[Origin, ...]] = field(default_factory=dict)  # of each argument: whose words it is
    form: dict[str, Any] | None = None  # JSON Schema of what a question wants to know
    link: str = ""  # or the page where the person says it
    memo: str = ""  # what the tool goes on from, in whatever process; empty: only where the call is under way


class ApprovalAnswered(Struct, frozen=True, tag="approval.answered"):
    approval_id: str
    answer: Answer
    by: str
    note: str = ""
    content: Arguments = field(default_factory=dict)  # what was filled in


class CallEdited(Struct, frozen=True, tag="call.edited"):
    """A person changed the arguments of a call that waited for approval: policy decides anew."""

    call_id: str
    approval_id: str  # the question that is void now
    arguments: Arguments
    by: str
    note: str = ""


class ToolRequested(Struct, frozen=True, tag="tool.requested"):
    """The intent: allowed, durable, and about to happen."""

    step: int
    call_id: str
    tool: str
    arguments: Arguments
    key: str
    effects: Effects
    rule: str = ""  # the policy rule that let it pass
    attempt: int = 1
    child: str = ""  # the run that does it, where the call delegates


class Passage(Struct, frozen=True):
    """A part of a result that gives orders to the model which reads it."""

    start: int  # characters of the content
    end: int
    cues: tuple[str, ...] = ()  # what shows it
    withheld: bool = True  # from the model; else it is marked as a quotation


class ToolReturned(Struct, frozen=True, tag="tool.returned"):
    """The receipt. A call with a receipt is never made again."""

    step: int
    call_id: str
    tool: str
    key: str
    outcome: Outcome
    content: str
    data: Json = None
    origin: Origin = "tool"
    artifact: Artifact | None = None
    seconds: float = 0.0
    cost: float = 0.0  # US dollars, of the sub-run that did it
    usage: Usage = Usage()  # of the sub-run that did it
    origins: tuple[Origin, ...] = ()  # of everything the sub-run had read
    source: Source = "made"
    passages: tuple[Passage, ...] = ()  # that the model did not read as they are
    doubts: tuple[tuple[int, int], ...] = ()  # what could give orders, and was read: an answer that repeats it says so


class RunFinished(Struct, frozen=True, tag="run.finished"):
    """The one terminal event of a run."""

    status: FinalStatus
    answer: str
    model: str = ""
    steps: int = 0
    usage: Usage = Usage()
    cost: float = 0.0
    problem: Problem | None = None
    repeats: tuple[tuple[int, int], ...] = ()  # parts of the answer that repeat what gave the model orders

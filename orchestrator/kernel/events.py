"""Everything that happens, as one discriminated union. The names are for ever.

A stream is one run, one conversation, or a named ledger of a tenant (`identity`, `grants`, `server`).
The state of a run is the fold of its stream; nothing else is kept.
"""

from typing import Any, Literal, TypeAlias

import msgspec
from msgspec import Struct, field

from orchestrator.kernel.messages import (
    Arguments,
    Effects,
    Json,
    Message,
    Origin,
    Outcome,
    Scope,
    Spared,
    ToolCall,
    Usage,
)
from orchestrator.kernel.trials import (
    Asked,
    EvaluationAdded,
    EvaluationFinished,
    EvaluationRemoved,
    ForkedFrom,
    RunImported,
    Source,
)

RunStatus: TypeAlias = Literal["running", "waiting", "completed", "partial", "failed", "cancelled"]
FinalStatus: TypeAlias = Literal["completed", "partial", "failed", "cancelled"]

# ask: wait for a person. grant: yes to whatever is asked in this run. refuse: no to whatever is asked.
Approvals: TypeAlias = Literal["ask", "grant", "refuse"]

# call: may this call be made?  outcome: it may have happened; did it?  budget: may it go on spending?
ApprovalKind: TypeAlias = Literal["call", "outcome", "budget"]

# For a call: once, run (in this run), always, refuse. For an outcome: done (it happened), retry, undone.
# For a budget: once (as much again), refuse (end with what there is).
Answer: TypeAlias = Literal["once", "run", "always", "refuse", "done", "retry", "undone"]


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
    origins: tuple[Origin, ...] = ("user",)  # where the words of the goal came from
    depth: int = 0  # of delegation: how many runs are above it
    after: str = ""  # the run of this conversation that must be finished first
    forked_from: ForkedFrom | None = None
    instructions: str = ""  # instead of the agent's own; {workspace} and {date} stand for them


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


class ApprovalAnswered(Struct, frozen=True, tag="approval.answered"):
    approval_id: str
    answer: Answer
    by: str
    note: str = ""


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


class RunFinished(Struct, frozen=True, tag="run.finished"):
    """The one terminal event of a run."""

    status: FinalStatus
    answer: str
    model: str = ""
    steps: int = 0
    usage: Usage = Usage()
    cost: float = 0.0
    problem: Problem | None = None


class ConversationOpened(Struct, frozen=True, tag="conversation.opened"):
    title: str = ""  # empty: the first goal gives it


class ConversationRenamed(Struct, frozen=True, tag="conversation.renamed"):
    title: str


class ConversationDeleted(Struct, frozen=True, tag="conversation.deleted"):
    by: str


class GrantGiven(Struct, frozen=True, tag="grant.given"):
    grant_id: str
    tool: str
    shape: str
    by: str
    approval_id: str = ""


class GrantRevoked(Struct, frozen=True, tag="grant.revoked"):
    grant_id: str
    by: str


class UserRegistered(Struct, frozen=True, tag="user.registered"):
    user_id: str
    name: str
    scopes: tuple[str, ...]


class PasswordChanged(Struct, frozen=True, tag="password.changed"):
    user_id: str


class SessionOpened(Struct, frozen=True, tag="session.opened"):
    session_id: str
    user_id: str
    method: Literal["link", "password", "local"]


class SessionClosed(Struct, frozen=True, tag="session.closed"):
    session_id: str
    user_id: str


class SignInRefused(Struct, frozen=True, tag="signin.refused"):
    name: str
    reason: str


class ServerStarted(Struct, frozen=True, tag="server.started"):
    version: str
    sandbox: str
    loosened: dict[str, Any] = field(default_factory=dict)  # settings less safe than shipped


class ServerStopped(Struct, frozen=True, tag="server.stopped"):
    reason: str


class ProviderAdded(Struct, frozen=True, tag="provider.added"):
    """Never with its key."""

    name: str
    kind: str
    by: str
    base_url: str = ""
    model: str = ""
    key: str = ""  # where the key is kept: "file", "environment", or empty for none


class ProviderRemoved(Struct, frozen=True, tag="provider.removed"):
    name: str
    by: str


class ModelPulled(Struct, frozen=True, tag="model.pulled"):
    provider: str
    model: str
    by: str
    size: int = 0  # bytes
    sha256: str = ""


class RunRated(Struct, frozen=True, tag="run.rated"):
    """What a person thinks of an answer; `auto` learns from it."""

    run_id: str
    good: bool
    by: str
    model: str = ""
    kind: str = ""  # of task
    note: str = ""


class ToolsChanged(Struct, frozen=True, tag="tools.changed"):
    """What agents can do is another from now on."""

    source: str  # a file of the tools' folder, or an installed package
    what: Literal["added", "changed", "removed", "broken"]
    tools: tuple[str, ...] = ()
    digest: str = ""
    problem: str = ""


class SubjectErased(Struct, frozen=True, tag="subject.erased"):
    """The keys of a subject were destroyed: nobody can read its bodies any more."""

    subject: str
    by: str
    events: int = 0  # how many were made unreadable


class Erased(Struct, frozen=True, tag="event.erased"):
    """What is read in place of a body whose key was destroyed. Never written."""

    kind: str  # the type that the event had


Body: TypeAlias = (
    RunStarted
    | RunResumed
    | RunFinished
    | RunPaused
    | RunContinued
    | MessageAdded
    | MessageQueued
    | ModelChosen
    | LimitsChanged
    | PlanMade
    | ModelAsked
    | ModelReplied
    | ModelFailed
    | ApprovalAsked
    | ApprovalAnswered
    | CallEdited
    | ToolRequested
    | ToolReturned
    | ConversationOpened
    | ConversationRenamed
    | ConversationDeleted
    | GrantGiven
    | GrantRevoked
    | UserRegistered
    | PasswordChanged
    | SessionOpened
    | SessionClosed
    | SignInRefused
    | ProviderAdded
    | ProviderRemoved
    | ModelPulled
    | RunRated
    | ServerStarted
    | ServerStopped
    | ToolsChanged
    | RunImported
    | EvaluationAdded
    | EvaluationRemoved
    | EvaluationFinished
    | SubjectErased
    | Erased
)


class Event(Struct, frozen=True):
    stream: str
    seq: int  # place in the stream, from 1, without gaps
    at: float  # seconds since the Unix epoch
    tenant: str
    subject: str  # the user whom it concerns
    body: Body

    @property
    def type(self) -> str:
        return type(self.body).__struct_config__.tag  # type: ignore[return-value]


class Delta(Struct, frozen=True):
    """A piece of a reply as it is being made: live only, never in the journal.

    `offset` counts the characters of this kind and step that came before, so that a reader who
    reconnects (and is first given everything so far, at offset 0) can tell what it already has.
    """

    run_id: str
    step: int
    kind: Literal["text", "thinking"]
    offset: int
    text: str


encode_body = msgspec.json.Encoder().encode
decode_body = msgspec.json.Decoder(Body).decode

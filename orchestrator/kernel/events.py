"""Everything that happens, as one discriminated union. The names are for ever.

A stream is one run, one conversation, or a named ledger of a tenant (`identity`, `grants`, `server`).
The state of a run is the fold of its stream; nothing else is kept.
"""

from typing import Any, Literal, TypeAlias

import msgspec
from msgspec import Struct, field

from orchestrator.kernel.messages import Arguments, Effects, Json, Message, Origin, Outcome, Scope, ToolCall, Usage

RunStatus: TypeAlias = Literal["running", "waiting", "completed", "partial", "failed", "cancelled"]
FinalStatus: TypeAlias = Literal["completed", "partial", "failed", "cancelled"]

# ask: wait for a person. grant: yes to whatever is asked in this run. refuse: no to whatever is asked.
Approvals: TypeAlias = Literal["ask", "grant", "refuse"]

# call: may this call be made?  outcome: it may have happened; did it?
ApprovalKind: TypeAlias = Literal["call", "outcome"]

# For a call: once, run (in this run), always, refuse. For an outcome: done (it happened), retry, undone.
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


class RunResumed(Struct, frozen=True, tag="run.resumed"):
    reason: str


class PlanMade(Struct, frozen=True, tag="plan.made"):
    steps: tuple[str, ...]


class ModelAsked(Struct, frozen=True, tag="model.asked"):
    step: int
    model: str


class ModelReplied(Struct, frozen=True, tag="model.replied"):
    step: int
    model: str
    message: Message
    finish: str
    usage: Usage = Usage()
    cost: float = 0.0  # US dollars
    seconds: float = 0.0
    reason: str = ""  # why this model


class ModelFailed(Struct, frozen=True, tag="model.failed"):
    step: int
    model: str
    problem: Problem
    seconds: float = 0.0


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


Body: TypeAlias = (
    RunStarted
    | RunResumed
    | RunFinished
    | PlanMade
    | ModelAsked
    | ModelReplied
    | ModelFailed
    | ApprovalAsked
    | ApprovalAnswered
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
    | ServerStarted
    | ServerStopped
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

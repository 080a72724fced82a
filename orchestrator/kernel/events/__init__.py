"""Everything that happens, as one discriminated union. The names are for ever.

A stream is one run, one conversation, or a named ledger of a tenant (`identity`, `grants`, `server`).
The state of a run is the fold of its stream; nothing else is kept.
"""

from typing import Literal, TypeAlias

import msgspec
from msgspec import Struct

from orchestrator.kernel.events.guard import PolicyChanged, SecretRemoved, SecretRevealed, SecretStored
from orchestrator.kernel.events.ledgers import (
    BudgetAlerted,
    BudgetFixed,
    BudgetRaised,
    BudgetRemoved,
    ConversationDeleted,
    ConversationOpened,
    ConversationRenamed,
    Erased,
    GrantGiven,
    GrantRevoked,
    KeyMade,
    KeyRevoked,
    ModelPulled,
    PasswordChanged,
    PreferencesChanged,
    ProviderAdded,
    ProviderRemoved,
    RequestClosed,
    RunRated,
    ServerStarted,
    ServerStopped,
    SessionClosed,
    SessionOpened,
    SignInRefused,
    SubjectErased,
    ToolsChanged,
    ToolsPinned,
    UserRegistered,
)
from orchestrator.kernel.events.runs import (
    ALL_SCOPES,
    Answer,
    ApprovalAnswered,
    ApprovalAsked,
    ApprovalKind,
    Approvals,
    Artifact,
    CallEdited,
    FinalStatus,
    Limits,
    LimitsChanged,
    MessageAdded,
    MessageQueued,
    ModelAsked,
    ModelChosen,
    ModelFailed,
    ModelReplied,
    Passage,
    Pause,
    PlanMade,
    Problem,
    RunContinued,
    RunFinished,
    RunPaused,
    RunResumed,
    RunStarted,
    RunStatus,
    ToolRequested,
    ToolReturned,
    Urgency,
)
from orchestrator.kernel.events.schedules import (
    ScheduleCancelled,
    ScheduleFired,
    ScheduleMade,
    SchedulePaused,
    ScheduleResumed,
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

__all__ = (
    "ALL_SCOPES",
    "Answer",
    "ApprovalAnswered",
    "ApprovalAsked",
    "ApprovalKind",
    "Approvals",
    "Artifact",
    "Asked",
    "Body",
    "BudgetAlerted",
    "BudgetFixed",
    "BudgetRaised",
    "BudgetRemoved",
    "CallEdited",
    "ConversationDeleted",
    "ConversationOpened",
    "ConversationRenamed",
    "Delta",
    "Erased",
    "EvaluationAdded",
    "EvaluationFinished",
    "EvaluationRemoved",
    "Event",
    "FinalStatus",
    "ForkedFrom",
    "GrantGiven",
    "GrantRevoked",
    "KeyMade",
    "KeyRevoked",
    "Limits",
    "LimitsChanged",
    "MessageAdded",
    "MessageQueued",
    "ModelAsked",
    "ModelChosen",
    "ModelFailed",
    "ModelPulled",
    "ModelReplied",
    "Passage",
    "PasswordChanged",
    "Pause",
    "PlanMade",
    "PolicyChanged",
    "PreferencesChanged",
    "Problem",
    "ProviderAdded",
    "ProviderRemoved",
    "RequestClosed",
    "RunContinued",
    "RunFinished",
    "RunImported",
    "RunPaused",
    "RunRated",
    "RunResumed",
    "RunStarted",
    "RunStatus",
    "ScheduleCancelled",
    "ScheduleFired",
    "ScheduleMade",
    "SchedulePaused",
    "ScheduleResumed",
    "SecretRemoved",
    "SecretRevealed",
    "SecretStored",
    "ServerStarted",
    "ServerStopped",
    "SessionClosed",
    "SessionOpened",
    "SignInRefused",
    "Source",
    "SubjectErased",
    "ToolRequested",
    "ToolReturned",
    "ToolsChanged",
    "ToolsPinned",
    "Urgency",
    "UserRegistered",
    "decode_body",
    "encode_body",
)

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
    | PreferencesChanged
    | BudgetFixed
    | BudgetRemoved
    | BudgetRaised
    | BudgetAlerted
    | ServerStarted
    | ServerStopped
    | ToolsChanged
    | ToolsPinned
    | RunImported
    | EvaluationAdded
    | EvaluationRemoved
    | EvaluationFinished
    | SubjectErased
    | SecretStored
    | SecretRemoved
    | SecretRevealed
    | PolicyChanged
    | KeyMade
    | KeyRevoked
    | RequestClosed
    | ScheduleMade
    | ScheduleFired
    | ScheduleCancelled
    | SchedulePaused
    | ScheduleResumed
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

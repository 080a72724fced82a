"""What happens outside of runs: to conversations, grants, people, providers, tools and the server."""

from typing import (
    Any,
    Literal,
)

from msgspec import (
    Struct,
    field,
)

from orchestrator.kernel.messages import Spared, Usage


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


class KeyMade(Struct, frozen=True, tag="key.made"):
    """A key for a program. Never with the key itself."""

    key_id: str
    user_id: str
    name: str
    reach: Literal["models", "agents", "api"]
    scopes: tuple[str, ...] = ()


class KeyRevoked(Struct, frozen=True, tag="key.revoked"):
    key_id: str
    user_id: str
    by: str


class RequestClosed(Struct, frozen=True, tag="request.closed"):
    """A call of a model by a compatible endpoint: who, which, how it went and what it cost; never what was said."""

    request_id: str
    door: str  # openai.chat, anthropic.messages, ollama.chat, …
    asked: str  # the model as it was asked for
    model: str = ""  # provider/model that answered; empty: none did
    outcome: Literal["answered", "failed", "cancelled"] = "answered"
    problem: str = ""  # the code of the error
    usage: Usage = Usage()
    cost: float = 0.0  # US dollars
    seconds: float = 0.0
    first_seconds: float = 0.0  # until the first piece of the answer
    key_id: str = ""  # of the program's key, where one was shown; else of the session
    spared: Spared | None = None


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
    key: str = ""  # where the key is kept: "vault", "file", "environment", or empty for none


class ProviderRemoved(Struct, frozen=True, tag="provider.removed"):
    name: str
    by: str


class ModelPulled(Struct, frozen=True, tag="model.pulled"):
    provider: str
    model: str
    by: str
    size: int = 0  # bytes
    sha256: str = ""


class PreferencesChanged(Struct, frozen=True, tag="preferences.changed"):
    """Of models, instead of what the settings say."""

    pins: dict[str, str]  # by agent
    optimise: str
    cache: bool
    by: str


class BudgetFixed(Struct, frozen=True, tag="budget.fixed"):
    scope: str  # tenant, user, agent, run
    name: str  # of the user, agent or run; "*": of each that has none of its own
    period: str  # day, month, total
    dollars: float
    by: str


class BudgetRemoved(Struct, frozen=True, tag="budget.removed"):
    scope: str
    name: str
    period: str
    by: str


class BudgetRaised(Struct, frozen=True, tag="budget.raised"):
    """More, in the current day or month, or in all."""

    scope: str
    name: str
    period: str
    dollars: float
    by: str
    note: str = ""


class BudgetAlerted(Struct, frozen=True, tag="budget.alerted"):
    """So much of it is spent, for the first time in its day or month."""

    scope: str
    name: str
    period: str
    share: int  # per cent
    spent: float  # US dollars
    limit: float


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


class ToolsPinned(Struct, frozen=True, tag="tools.pinned"):
    """What these tools say of themselves is what they may be offered as, until a person says otherwise."""

    source: str  # whose tools
    tools: dict[str, str]  # sha256 of what each says of itself, by the name it has there
    by: str


class SubjectErased(Struct, frozen=True, tag="subject.erased"):
    """The keys of a subject were destroyed: nobody can read its bodies any more."""

    subject: str
    by: str
    events: int = 0  # how many were made unreadable


class Erased(Struct, frozen=True, tag="event.erased"):
    """What is read in place of a body whose key was destroyed. Never written."""

    kind: str  # the type that the event had

"""The forms of requests and answers. What comes in is strict: no coercion, no unknown field."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from orchestrator.agents.expiry import EXPIRE
from orchestrator.api.forms import Form
from orchestrator.api.frames import approval, moment
from orchestrator.identity import base as identity
from orchestrator.identity.passwords import LONGEST, SHORTEST
from orchestrator.journal.views import ApprovalView, ConversationView, MessageView, RunView
from orchestrator.kernel.events import RunStatus
from orchestrator.kernel.messages import Effects, Language, Origin, Risk, Scope


class Usage(BaseModel):
    input_tokens: int
    output_tokens: int
    cached_tokens: int


class RunProblem(BaseModel):
    code: str
    detail: str
    hint: str


class Lookalike(BaseModel):
    """Text in a call that is not what it seems: look twice."""

    argument: str
    text: str
    kind: Literal["hidden", "reorders", "controls", "imitates"]
    plain: str  # every strange character written as <U+0430>


class Approval(BaseModel):
    approval_id: str
    run_id: str
    kind: Literal["call", "outcome", "budget", "question"]
    tool: str
    arguments: dict[str, Any]
    code: str
    reason: str
    details: dict[str, str]
    alternative: str
    shape: str
    asked_at: datetime
    call_id: str
    step: int
    risks: list[Risk] = []  # what a wrong call of the tool could do
    sources: dict[str, list[Origin]] = {}  # of each argument: whose words it is
    lookalikes: list[Lookalike] = []
    form: dict[str, Any] | None = None  # of a question: JSON Schema of what is to be filled in
    link: str = ""  # of a question: the page that is to be opened instead
    expires_at: Annotated[
        datetime | None, Field(description="then it is refused, if nobody answers; in the list of what waits")
    ] = None

    @classmethod
    def of(cls, view: ApprovalView, hours: float = 0) -> "Approval":
        """`hours`: after so many, a question about a call is refused; 0 says nothing of it."""
        expires = hours and view.asked.kind in EXPIRE
        return cls(
            **approval(view.asked, view.run_id, view.asked_at),
            expires_at=moment(view.asked_at + hours * 3600) if expires else None,
        )


class Child(BaseModel):
    """A sub-run, under its parent."""

    run_id: str
    parent: str
    status: RunStatus
    paused: str
    goal: str
    answer: str
    model: str
    steps: int
    cost: float

    @classmethod
    def of(cls, view: RunView) -> "Child":
        named = {name: getattr(view, name) for name in cls.model_fields}
        return cls(**named)


class Run(BaseModel):
    run_id: str
    conversation_id: str
    status: RunStatus
    goal: str
    answer: str
    model: str
    steps: int
    usage: Usage
    cost: float
    channel: str
    started_at: datetime
    finished_at: datetime | None
    problem: RunProblem | None
    approvals: list[Approval]  # of its sub-runs too, where one run is asked for
    parent: str | None
    paused: str  # why it rests where nothing is asked: person, parent, child or queue
    children: list[Child]  # those below it, and theirs; only where one run is asked for

    @classmethod
    def of(cls, view: RunView, approvals: list[ApprovalView], family: list[RunView] | None = None) -> "Run":
        family = family or []
        members = {view.run_id, *(member.run_id for member in family)}
        used, problem = view.usage, view.problem
        return cls(
            run_id=view.run_id,
            conversation_id=view.conversation_id,
            status=view.status,
            goal=view.goal,
            answer=view.answer,
            model=view.model,
            steps=view.steps,
            usage=Usage(
                input_tokens=used.input_tokens, output_tokens=used.output_tokens, cached_tokens=used.cached_tokens
            ),
            cost=view.cost,
            channel=view.channel,
            started_at=moment(view.started_at),
            finished_at=None if view.finished_at is None else moment(view.finished_at),
            problem=RunProblem(code=problem.code, detail=problem.detail, hint=problem.hint) if problem else None,
            approvals=[Approval.of(item) for item in approvals if item.run_id in members],
            parent=view.parent,
            paused=view.paused,
            children=[Child.of(member) for member in family],
        )


class RunPage(BaseModel):
    items: list[Run]
    next: str | None


class ApprovalList(BaseModel):
    items: list[Approval]


class Conversation(BaseModel):
    id: str
    title: str
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, view: ConversationView) -> "Conversation":
        created, updated = moment(view.created_at), moment(view.updated_at)
        return cls(id=view.id, title=view.title, created_at=created, updated_at=updated)


class ConversationPage(BaseModel):
    items: list[Conversation]
    next: str | None


class Message(BaseModel):
    id: str
    run_id: str
    role: str
    content: str
    model: str
    status: RunStatus
    at: datetime

    @classmethod
    def of(cls, view: MessageView) -> "Message":
        return cls(
            id=view.id,
            run_id=view.run_id,
            role=view.role,
            content=view.content,
            model=view.model,
            status=view.status,
            at=moment(view.at),
        )


class MessageList(BaseModel):
    items: list[Message]


class Example(BaseModel):
    language: Language
    text: str
    arguments: dict[str, Any]


class Tool(BaseModel):
    name: str
    description: str
    category: str
    scope: Scope
    effects: Effects
    parameters: dict[str, Any]
    examples: list[Example]
    # server: in its process. sandbox: confined. machine: a program of this machine. elsewhere: another machine does it.
    place: Literal["server", "sandbox", "machine", "elsewhere"]
    sandbox: str | None  # the level of confinement, where it is confined
    source: str  # the kit, file or package it is from
    calls: int
    failures: int
    seconds: float


class ToolList(BaseModel):
    items: list[Tool]
    problems: dict[str, str]  # by file or package: why its newest version is not in use


class ToolChange(BaseModel):
    source: str
    what: Literal["added", "changed", "removed", "broken"]
    tools: list[str]
    problem: str


class ToolChanges(BaseModel):
    items: list[ToolChange]


class Opinion(BaseModel):
    """What one rule says of a call."""

    verdict: Literal["allow", "ask", "deny"]
    rule: str
    code: str
    reason: str


class Verdict(Opinion):
    """What all of them say together."""

    alternative: str
    details: dict[str, str]
    shape: str  # what "in this run" and "always" would cover
    note: str  # why the tool cannot be called now; empty: it can
    opinions: list[Opinion]


class Memory(BaseModel):
    total: int
    used: int
    percent: float
    process: int  # bytes that this server holds


class Cpu(BaseModel):
    count: int
    percent: float
    load: float


class Disk(BaseModel):
    total: int
    used: int
    percent: float


class Stats(BaseModel):
    version: str
    uptime: float
    runs: dict[str, int]
    events: int
    memory: Memory
    cpu: Cpu
    disk: Disk
    sandbox: str
    loosened: dict[str, Any]


class Model(BaseModel):
    name: str
    provider: str
    capabilities: list[str]
    context: int | None
    simulated: bool
    description: str


class ModelHealth(BaseModel):
    ok: bool
    detail: str
    code: Annotated[str, Field(description="of what is wrong, where it is known")] = ""
    breaker: str = "closed"  # open: it failed too often, and is not asked for `resumes_in` seconds
    resumes_in: float = 0.0


class Chosen(BaseModel):
    model: str
    reason: str


class Models(BaseModel):
    items: list[Model]
    health: dict[str, ModelHealth]
    auto: Chosen | None  # None: nothing can answer now; `health` says why


class Health(BaseModel):
    status: Literal["ok", "degraded", "failing"]  # degraded: it will pass; failing: the process must start again
    code: str | None = None  # of what is wrong


class FieldError(BaseModel):
    where: str
    what: str


class Problem(BaseModel):
    """RFC 9457. `code` is stable; `detail` and `hint` are for a person."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    hint: str
    retryable: bool
    errors: list[FieldError] | None = None


class LoginForm(Form):
    username: Annotated[str, Field(min_length=1, max_length=200)]
    password: Annotated[str, Field(min_length=1, max_length=LONGEST)]
    cookie: bool = False


class RefreshForm(Form):
    refresh_token: Annotated[str, Field(min_length=1, max_length=4096)]


class PasswordForm(Form):
    password: Annotated[str, Field(min_length=SHORTEST, max_length=LONGEST)]
    current: Annotated[str, Field(max_length=LONGEST)] | None = None
    username: Annotated[str, Field(min_length=1, max_length=64)] | None = None


class RegisterForm(Form):
    username: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}$")]
    password: Annotated[str, Field(min_length=SHORTEST, max_length=LONGEST)]
    scopes: Annotated[list[Scope], Field(max_length=4)] = Field(default=["read", "write", "execute"])


class LinkForm(Form):
    username: Annotated[str, Field(min_length=1, max_length=64)] | None = None


class Link(BaseModel):
    url: str
    expires_in: float


class User(BaseModel):
    id: str
    username: str
    scopes: list[Scope]
    has_password: bool

    @classmethod
    def of(cls, who: identity.Principal | identity.User) -> "User":
        return cls(id=who.id, username=who.name, scopes=sorted(who.scopes), has_password=who.has_password)


class UserList(BaseModel):
    items: list[User]


class Tokens(BaseModel):
    access_token: str
    token_type: Literal["bearer"]
    expires_in: float
    refresh_token: str
    user: User

    @classmethod
    def of(cls, tokens: identity.Tokens) -> "Tokens":
        return cls(
            access_token=tokens.access_token,
            token_type="bearer",
            expires_in=tokens.expires_in,
            refresh_token=tokens.refresh_token,
            user=User.of(tokens.principal),
        )

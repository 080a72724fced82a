"""What identity tells the other rooms."""

from typing import Any, Literal, Protocol, TypeAlias

from msgspec import Struct

from orchestrator.kernel.events import Body
from orchestrator.kernel.messages import Scope

SessionKind: TypeAlias = Literal["cookie", "bearer", "local"]
Reach: TypeAlias = Literal["models", "agents", "api"]  # how far a key goes: each includes the one before it
ALL_SCOPES: frozenset[Scope] = frozenset({"read", "write", "execute", "admin"})
TENANT = "default"  # while there is one


class User(Struct, frozen=True):
    id: str
    tenant: str
    name: str
    scopes: frozenset[Scope]
    has_password: bool
    created_at: float  # seconds since the Unix epoch
    disabled: bool = False


class Principal(Struct, frozen=True):
    """Who calls, as far as anyone but identity needs to know."""

    id: str  # of the user
    tenant: str
    name: str
    scopes: frozenset[Scope]
    session_id: str
    has_password: bool = False
    local: bool = False  # the command line of this machine, with the data folder in hand
    reach: Reach | None = None  # of a program's key; None: a session of the person


class ApiKey(Struct, frozen=True):
    """What is known of a program's key; never the key."""

    id: str
    user_id: str
    username: str
    name: str  # what it is for, for a person
    reach: Reach
    scopes: frozenset[Scope]
    ending: str  # its last characters, to tell it from others
    created_at: float  # seconds since the Unix epoch
    expires_at: float | None = None
    last_used: float | None = None  # to within five minutes
    revoked_at: float | None = None


class Session(Struct, frozen=True):
    """An open session and the token that stands for it, which is not kept anywhere else."""

    id: str
    token: str
    expires_in: float  # seconds
    principal: Principal


class Tokens(Struct, frozen=True):
    access_token: str
    refresh_token: str
    expires_in: float  # seconds, of the access token
    principal: Principal


class Record(Protocol):
    """Where identity says what happened; durable when it returns."""

    async def __call__(self, stream: str, body: Body, *, tenant: str, subject: str) -> Any: ...

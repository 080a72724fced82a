"""What identity tells the other rooms."""

from typing import Any, Literal, Protocol, TypeAlias

from msgspec import Struct

from orchestrator.kernel.events import Body
from orchestrator.kernel.messages import Scope

SessionKind: TypeAlias = Literal["cookie", "bearer", "local"]
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

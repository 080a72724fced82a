"""What happens to secrets: never with a value."""

from msgspec import Struct


class SecretStored(Struct, frozen=True, tag="secret.stored"):
    """A new secret, or a new value or binding of one."""

    name: str
    by: str
    hosts: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()


class SecretRemoved(Struct, frozen=True, tag="secret.removed"):
    name: str
    by: str


class SecretRevealed(Struct, frozen=True, tag="secret.revealed"):
    """A tool was given the value, for one call."""

    name: str
    tool: str
    host: str = ""
    run_id: str = ""

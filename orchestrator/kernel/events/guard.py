"""What happens to secrets, never with a value; and to what people may."""

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


class PolicyChanged(Struct, frozen=True, tag="policy.changed"):
    """The policies of the folder are others from now on; or what is there is wrong, and those before it stay."""

    files: dict[str, str]  # digest by name, of those that hold
    policies: int
    loosening: tuple[str, ...] = ()  # the policies that let pass what would be asked
    problem: str = ""  # why what is there now does not hold

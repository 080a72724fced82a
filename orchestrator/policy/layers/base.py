"""Layers of policies: owner, workspace, agent. A lower one can only tighten what the one above lets pass."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

from msgspec import Struct, field

Layer: TypeAlias = Literal["owner", "workspace", "agent"]
# forbid: denied. ask: asked. permit: what its layer lets pass, where it says any. unasked: what need not be asked.
Kind: TypeAlias = Literal["forbid", "ask", "permit", "unasked"]


def layer_of(file: str) -> Layer:
    return "workspace" if file.startswith("workspace/") else "agent" if "/" in file else "owner"


class Statement(Struct, frozen=True):
    """One policy, as it was read."""

    id: str  # layer, file and name: owner/base.cedar#no_push
    kind: Kind
    file: str
    line: int
    text: str
    reason: str = ""  # for a person
    alternative: str = ""

    @property
    def layer(self) -> Layer:
        return layer_of(self.file)


class Source(Struct, frozen=True):
    """A file of policies."""

    name: str  # below the folder: base.cedar, workspace/x.cedar, agents/NAME.cedar
    text: str

    @property
    def layer(self) -> Layer:
        return layer_of(self.name)

    @property
    def agent(self) -> str:
        """For which agent it is; empty for all."""
        return self.name.removeprefix("agents/").removesuffix(".cedar") if self.layer == "agent" else ""


class Roles(Struct, frozen=True):
    """Who is in which role, by the name to sign in with."""

    members: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def of(self, name: str) -> list[str]:
        return sorted(role for role, names in self.members.items() if name and name in names)

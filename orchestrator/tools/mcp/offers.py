"""What is remembered of a server between two connections, and how what it says stands to what a person has seen."""

from typing import Literal, TypeAlias

import msgspec
from msgspec import Struct

from orchestrator.tools.mcp.definitions import Definition
from orchestrator.tools.mcp.holdings import Holdings, Prompt

State: TypeAlias = Literal["offered", "new", "changed", "unusable"]
# broken: it cannot be used, and says why. signing_in: somebody does. approval: something of it is new or changed, and
# waits for a person. idle: it is started when it is needed.
ServerState: TypeAlias = Literal["broken", "signing_in", "approval", "connected", "idle"]


class Offer(Struct, frozen=True):
    """A tool of a server, and how it stands."""

    name: str  # there
    tool: str  # what it is called here
    state: State
    description: str  # as the server says it now
    digest: str  # of all that it says of it now
    problem: str = ""
    before: str = ""  # the description that was pinned, where it is another


class PromptOffer(Struct, frozen=True):
    """A prompt of a server, and how it stands."""

    prompt: Prompt
    state: State
    before: str = ""  # the description that was pinned, where it is another


def state_of(pinned: str | None, digest: str) -> State:
    return "offered" if pinned == digest else "new" if pinned is None else "changed"


class Kept(Struct, frozen=True):
    """What is remembered of a server between two connections."""

    said: tuple[Definition, ...] = ()  # the last time
    pinned: tuple[Definition, ...] = ()
    protocol: str = ""
    title: str = ""
    held: Holdings = Holdings()
    prompts: tuple[Prompt, ...] = ()  # that were pinned
    left_out: dict[str, str] = {}  # what it listed and cannot be used, by name: why


read_kept = msgspec.json.Decoder(Kept).decode

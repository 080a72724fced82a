"""What the server and the process of a plugin say to each other: one JSON object a line, either way."""

from typing import TypeAlias

import msgspec
from msgspec import Struct

from orchestrator.kernel.messages import Arguments, Json, ToolSpec


class Ask(Struct, frozen=True, tag="call"):
    id: int
    tool: str
    arguments: Arguments
    run_id: str
    key: str
    reconcile: bool = False  # not: do it, but: did it happen?


class Cancel(Struct, frozen=True, tag="cancel"):
    id: int


class Offer(Struct, frozen=True):
    """A tool of the plugin."""

    spec: ToolSpec
    reconcilable: bool


class Ready(Struct, frozen=True, tag="ready"):
    tools: tuple[Offer, ...]


class Broken(Struct, frozen=True, tag="broken"):
    detail: str


class Returned(Struct, frozen=True, tag="returned"):
    id: int
    content: str
    data: Json = None
    overflow: bytes | None = None
    overflow_name: str = ""


class Absent(Struct, frozen=True, tag="absent"):
    """To a question whether it happened: it did not."""

    id: int


class Failed(Struct, frozen=True, tag="failed"):
    id: int
    kind: str  # retry, failed, or broke: a fault of the tool's own
    detail: str
    hint: str = ""


class Progress(Struct, frozen=True, tag="progress"):
    id: int
    text: str


ToPlugin: TypeAlias = Ask | Cancel
FromPlugin: TypeAlias = Ready | Broken | Returned | Absent | Failed | Progress

read_ask = msgspec.json.Decoder(ToPlugin).decode
read_answer = msgspec.json.Decoder(FromPlugin).decode


def line(message: ToPlugin | FromPlugin) -> bytes:
    return msgspec.json.encode(message) + b"\n"

"""The language-model seam: one protocol for every provider, wrapper and fake.

    Request -> Model.stream -> TextDelta | ThinkingDelta ... then exactly one Reply, last.

A wire that ends without a Reply, or breaks its own protocol, raises ModelGarbled; it never invents
an ending. Cancelling the consumer closes the connection.
"""

from collections.abc import AsyncIterator
from typing import Literal, Protocol, TypeAlias

from msgspec import Struct

from orchestrator.kernel.messages import Message, ToolSpec, Usage
from orchestrator.kernel.trials import Source

Finish: TypeAlias = Literal["stop", "tools", "length", "filtered"]
Capability: TypeAlias = Literal["chat", "tools", "vision", "thinking", "embeddings"]


class Request(Struct, frozen=True):
    model: str  # the provider's own name for it; "" is the provider's default
    messages: tuple[Message, ...]
    tools: tuple[ToolSpec, ...] = ()
    max_tokens: int | None = None
    temperature: float | None = None
    stop: tuple[str, ...] = ()


class TextDelta(Struct, frozen=True):
    text: str


class ThinkingDelta(Struct, frozen=True):
    text: str


class Reply(Struct, frozen=True):
    message: Message  # text, thinking and tool calls
    model: str  # that really answered
    finish: Finish = "stop"
    usage: Usage = Usage()
    cost: float = 0.0  # US dollars; 0 when local or unknown
    plan: tuple[str, ...] = ()  # the steps it intends, when it says so
    source: Source = "made"  # or taken from a recording


Chunk: TypeAlias = TextDelta | ThinkingDelta | Reply


class ModelInfo(Struct, frozen=True):
    name: str
    provider: str
    capabilities: frozenset[Capability] = frozenset({"chat"})
    context: int | None = None  # tokens
    simulated: bool = False
    description: str = ""


class Health(Struct, frozen=True):
    ok: bool
    detail: str = ""  # for a person: what is wrong, and what to do
    seconds: float = 0.0


class Model(Protocol):
    """A provider. Errors are of the ModelError family; anything else is a bug of the plug."""

    name: str
    capabilities: frozenset[Capability]

    def stream(self, request: Request) -> AsyncIterator[Chunk]: ...

    async def models(self) -> list[ModelInfo]: ...

    async def health(self) -> Health: ...

    async def embed(self, texts: list[str], model: str = "") -> list[list[float]]:
        """One vector a text. Raises ModelRejected where the provider has no embeddings."""

    async def close(self) -> None: ...

"""The language-model seam: one protocol for every provider, wrapper and fake.

    Request -> Model.stream -> TextDelta | ThinkingDelta ... then exactly one Reply, last.

A wire that ends without a Reply, or breaks its own protocol, raises ModelGarbled; it never invents
an ending. Cancelling the consumer closes the connection. A wrapper that begins again, with this model
or another, says so with a Setback: what was said before it is void.
"""

from collections.abc import AsyncIterator
from typing import Any, Literal, Protocol, TypeAlias

from msgspec import Struct

from orchestrator.kernel.errors import ModelError
from orchestrator.kernel.messages import Message, Spared, ToolSpec, Usage
from orchestrator.kernel.settings import Capability
from orchestrator.kernel.trials import Source
from orchestrator.policy.budgets.base import Spending

__all__ = (
    "Capability",
    "Chunk",
    "Finish",
    "Health",
    "Model",
    "ModelInfo",
    "Price",
    "Progress",
    "Reply",
    "Request",
    "Setback",
    "TextDelta",
    "ThinkingDelta",
)

Finish: TypeAlias = Literal["stop", "tools", "length", "filtered"]


class Request(Struct, frozen=True):
    model: str  # the provider's own name for it; "" is the provider's default
    messages: tuple[Message, ...]
    tools: tuple[ToolSpec, ...] = ()
    max_tokens: int | None = None
    temperature: float | None = None
    stop: tuple[str, ...] = ()
    schema: dict[str, Any] | None = None  # JSON Schema that the text of the reply is of
    final: bool = False  # what was said cannot be taken back: nothing is begun again after the first word
    optimise: Literal["off", "minimal", "balanced", "aggressive"] = "off"  # how what is read may be shortened
    tenant: str = ""  # whose it is: what is remembered for one is never given to another; "" remembers nothing
    must: str = ""  # the tool that has to be called, where the wire can say so; "*": any of them
    top_p: float | None = None
    seed: int | None = None
    account: Spending | None = None  # who pays for what is asked besides, such as vectors


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
    spared: Spared | None = None


class Setback(Struct, frozen=True):
    """A try that failed, and who goes on. The deltas before it are void; more deltas and the Reply follow."""

    model: str  # that failed
    next: str  # that goes on: the same, or another
    error: ModelError
    seconds: float = 0.0

    def reason(self, before: str) -> str:
        """Why the one that goes on answers, where `before` is why the other would have."""
        if self.next == self.model:
            return before
        return f"{self.next} took over: {self.error.detail.rstrip('.')}. Chosen first: {before}"


Chunk: TypeAlias = TextDelta | ThinkingDelta | Setback | Reply


class Price(Struct, frozen=True):
    """US dollars a million tokens."""

    input: float
    output: float
    cached: float  # input that the provider had in its cache
    written: float = 0.0  # input put into the cache; 0: as input


class ModelInfo(Struct, frozen=True):
    name: str
    provider: str
    capabilities: frozenset[Capability] = frozenset({"chat"})
    context: int | None = None  # tokens
    simulated: bool = False
    description: str = ""
    price: Price | None = None  # None: unknown
    output: int | None = None  # tokens of one reply at most
    quality: float | None = None  # expected, from 0 to 1, before anything was learnt of it; None: unknown


class Progress(Struct, frozen=True):
    """How far the fetching of a model has come."""

    status: str = ""
    completed: int = 0  # bytes
    total: int = 0
    sha256: str = ""  # of the whole file, once it is there


class Health(Struct, frozen=True):
    ok: bool
    detail: str = ""  # for a person: what is wrong, and what to do
    seconds: float = 0.0
    code: str = ""  # of the error, where it is not well: for translation


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

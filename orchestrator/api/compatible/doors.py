"""What every wire is: it reads a request, and tells the reply whole or as it is made."""

from typing import Literal, Protocol, TypeAlias, TypeVar

import msgspec
from msgspec import Struct

from orchestrator.kernel.errors import InvalidInput, ModelGarbled, ModelRejected
from orchestrator.kernel.messages import Image, ToolCall, ToolSpec
from orchestrator.llm.base import Reply, Request

T = TypeVar("T")
Vendor: TypeAlias = Literal["openai", "anthropic", "ollama"]

encode = msgspec.json.Encoder().encode


class Asked(Struct, frozen=True):
    """A request, as any wire says it."""

    request: Request  # its model is what was asked for
    stream: bool = False
    usage: bool = False  # whether a stream ends with what was used
    before: str = ""  # the answer that this one goes on from, by its name


class About(Struct, frozen=True):
    """What a teller says of the answer besides its words."""

    id: str
    model: str
    at: float  # seconds since the Unix epoch


class Teller(Protocol):
    """One reply, in the words of a wire. Deltas come in order; `end` says what they did not."""

    def begin(self) -> bytes: ...
    def text(self, text: str) -> bytes: ...
    def thinking(self, text: str) -> bytes: ...
    def end(self, reply: Reply) -> bytes: ...
    def whole(self, reply: Reply) -> bytes: ...

    def broken(self, error: Exception) -> bytes:
        """The last of a stream that cannot be ended."""


class Door(Protocol):
    name: str  # for budgets, metrics and the journal
    vendor: Vendor
    media_type: str  # of a stream
    pulse: bytes  # a sign of life in a stream; empty where the wire has none

    def read(self, body: bytes) -> Asked:
        """Raises InvalidInput."""

    def teller(self, asked: Asked, about: About) -> Teller: ...


def read(decoder: "msgspec.json.Decoder[T]", body: bytes) -> T:
    """The body of a request; fields that are not known are passed over. Raises InvalidInput."""
    try:
        return decoder.decode(body)
    except RecursionError:
        raise InvalidInput("The request is nested too deeply.") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise InvalidInput(
            f"The request cannot be read: {error}.", hint="docs/gateway.md says what is taken."
        ) from error


def tool(name: str, description: str | None, parameters: dict[str, object] | None) -> ToolSpec:
    """A tool of the caller's: nothing is known of what it does."""
    return ToolSpec(name, description or "", parameters or {"type": "object", "properties": {}}, effects="once")


def picture(url: str) -> Image:
    """Raises InvalidInput for what is elsewhere: nothing is fetched for a caller."""
    head, comma, data = url.partition(",")
    kind = head.removeprefix("data:").removesuffix(";base64")
    if not (head.startswith("data:image/") and head.endswith(";base64") and comma):
        raise InvalidInput("A picture must come with the request.", hint="Send it as data:image/png;base64,…")
    return Image(kind, data)


def arguments(call: ToolCall) -> str:
    """What a call says, as JSON. Raises ModelGarbled: what cannot be read is not made up."""
    if call.malformed:
        raise ModelGarbled(f"The model called {call.name or 'a tool'} in a way that cannot be read: {call.malformed}")
    return encode(call.arguments).decode()


def spoken(request: Request) -> Request:
    """Raises ModelRejected where there is nothing to answer, or no room for an answer."""
    if not any(message.role != "system" for message in request.messages):
        raise ModelRejected("There is no message to answer.")
    if request.max_tokens is not None and request.max_tokens < 1:
        raise ModelRejected(f"A reply of {request.max_tokens} tokens is none.", hint="Let it have at least 1.")
    return request

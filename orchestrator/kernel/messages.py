"""What people, models and tools say to each other."""

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

from msgspec import Struct, field

Json: TypeAlias = Any
Arguments: TypeAlias = dict[str, Any]
Language: TypeAlias = Literal["en", "fr"]

# Where a value came from. Policy reads it: what a web page says is not what the user says.
Origin: TypeAlias = Literal["user", "model", "web", "file", "memory", "tool", "skill"]

# none: only looks. idempotent: twice is the same as once. once: twice is a second effect.
Effects: TypeAlias = Literal["none", "idempotent", "once"]

Scope: TypeAlias = Literal["read", "write", "execute", "admin"]

# destroys: what is lost cannot be had back. sends: data leaves for somebody else. pays: it costs money.
# installs: code of others becomes part of the machine or of the agent.
Risk: TypeAlias = Literal["destroys", "sends", "pays", "installs"]

# ok: done. retry: the call was wrong, the model should ask again. failed: it could not be done, go on.
# refused: policy or a person said no. unknown: it may or may not have happened.
Outcome: TypeAlias = Literal["ok", "retry", "failed", "refused", "unknown"]


class Text(Struct, frozen=True, tag="text"):
    text: str
    origin: Origin | None = None  # None: whoever speaks


class Image(Struct, frozen=True, tag="image"):
    media_type: str
    data: str  # base64


class Thinking(Struct, frozen=True, tag="thinking"):
    text: str
    signature: str = ""  # some providers want it back unchanged


class ToolCall(Struct, frozen=True, tag="tool_call"):
    id: str
    name: str
    arguments: Arguments
    malformed: str = ""  # why the call could not be read; the model is asked again


class ToolResult(Struct, frozen=True, tag="tool_result"):
    call_id: str
    name: str
    content: str  # what a language model reads
    outcome: Outcome = "ok"
    data: Json = None  # the same, structured, for programs
    origin: Origin = "tool"


Part: TypeAlias = Text | Image | Thinking | ToolCall | ToolResult
Role: TypeAlias = Literal["system", "user", "assistant", "tool"]


class Message(Struct, frozen=True):
    role: Role
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        return "".join([part.text for part in self.parts if isinstance(part, Text)])

    @property
    def said(self) -> str:
        """Its text, less the words of others that go with it."""
        return "".join([part.text for part in self.parts if isinstance(part, Text) and part.origin is None])

    @property
    def quoted(self) -> tuple[str, ...]:
        """Words of others that go with it."""
        texts = [part.text for part in self.parts if isinstance(part, Text) and part.origin is not None]
        return tuple([text.removeprefix("\n\n") for text in texts])

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        return tuple([part for part in self.parts if isinstance(part, ToolCall)])


def user(text: str, *images: Image) -> Message:
    return Message("user", (Text(text), *images))


def with_quoted(message: Message, texts: Sequence[str]) -> Message:
    """The same, and words of strangers after it."""
    return Message(message.role, (*message.parts, *(Text(f"\n\n{text}", "web") for text in texts)))


def assistant(text: str) -> Message:
    return Message("assistant", (Text(text),))


def system(text: str) -> Message:
    return Message("system", (Text(text),))


class Usage(Struct, frozen=True):
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0  # part of input_tokens that the provider had in its cache
    reasoning_tokens: int = 0  # part of output_tokens that was thinking, where the provider says

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cached_tokens + other.cached_tokens,
            self.reasoning_tokens + other.reasoning_tokens,
        )


class Spared(Struct, frozen=True):
    """What a reply would have cost besides, had nothing been optimised or remembered."""

    tokens: int = 0  # as estimated
    cost: float = 0.0  # US dollars
    cache: Literal["", "exact", "semantic"] = ""  # the answer was there: to this request, or to one that means the same


class Example(Struct, frozen=True):
    """A request a person might make, and the arguments it means."""

    language: Language
    text: str
    arguments: Arguments = field(default_factory=dict)


class ToolSpec(Struct, frozen=True):
    """What everyone but the tool itself knows of a tool: models, policy, people."""

    name: str
    description: str
    parameters: dict[str, Any]  # JSON Schema of an object
    scope: Scope = "read"
    effects: Effects = "none"
    category: str = "custom"
    origin: Origin = "tool"  # what its results are worth to policy
    examples: tuple[Example, ...] = ()
    returns: dict[str, Any] | None = None  # JSON Schema of the result's data
    answers: dict[Language, str] = field(default_factory=dict)  # how to say the result, over its data
    timeout: float = 30.0  # seconds
    risks: tuple[Risk, ...] = ()  # what a wrong call of it could do, beyond its scope
    secrets: tuple[str, ...] = ()  # arguments in which `{{secret:NAME}}` stands for a secret
    always: bool = False  # offered to every model, whatever is asked; the catalogue says so

"""The tool seam. A tool declares what it is (its ToolSpec) and does one thing when called.

It fails in two ways only: ToolRetry (the call was wrong: ask again) and ToolFailed (it was right
and could not be done: go on). In the middle of it, it may ask a person (questions.py). Limits,
checks of arguments and the capping of output are wrappers of the same protocol. A tool may also
have `reconcile`: after a crash it says whether the effect of a key happened.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from msgspec import Struct

from orchestrator.kernel.clock import Clock
from orchestrator.kernel.messages import Arguments, Json, Origin, Outcome, Scope, ToolSpec
from orchestrator.kernel.secrets import Reveal, nothing_to_reveal
from orchestrator.kernel.trials import Source
from orchestrator.tools.asking import Ask, nobody_to_ask
from orchestrator.tools.questions import NOBODY, Person


class Artifacts(Protocol):
    """Where bytes too large for a conversation are kept; storage gives it."""

    def put(self, data: bytes) -> str:
        """The identifier (sha256, hexadecimal) of these bytes, now durable."""


class Context(Struct, frozen=True):
    """What a call may know of the world."""

    run_id: str
    key: str  # of this effect: the same when a crashed run repeats it
    workspace: Path  # the only folder it may touch
    clock: Clock
    artifacts: Artifacts
    allow_loopback: bool = False
    progress: Callable[[str], None] = lambda _: None  # live only
    ask: Ask = nobody_to_ask  # a language model, on the account of the run
    secret: Reveal = nothing_to_reveal  # the value of a secret by its name, for the host it is sent to
    person: Person = NOBODY  # whom it may ask in the middle of it
    scopes: frozenset[Scope] = frozenset()  # of the person it is for
    strangers: Callable[[], Sequence[str]] = tuple  # what others wrote, and the run has read


class Result(Struct, frozen=True):
    content: str  # what a language model reads
    data: Json = None  # the same, structured; matches the spec's `returns`
    overflow: bytes | None = None  # the whole of it, where content was cut
    overflow_name: str = ""  # a file name for the overflow
    outcome: Outcome = "ok"  # of a recording, or of what is over its time; who fails raises an error
    source: Source = "made"
    origin: Origin | None = None  # whose words it holds, where not those that the tool says


class Tool(Protocol):
    spec: ToolSpec

    def check(self, arguments: Arguments) -> None:
        """Raises ToolRetry, naming the field, when these arguments cannot be meant."""

    async def call(self, arguments: Arguments, context: Context) -> Result: ...


@runtime_checkable
class Reconcilable(Protocol):
    async def reconcile(self, arguments: Arguments, context: Context) -> Result | None:
        """The result of the effect with this key if it happened; None if it did not.

        Raises ToolFailed when it cannot be known.
        """

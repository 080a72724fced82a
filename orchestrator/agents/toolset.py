"""The tools of one run: those it was given, and `delegate` where it may have runs below it."""

import difflib
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import msgspec

from orchestrator.agents import delegating
from orchestrator.agents.ports import Tools
from orchestrator.agents.shelf import Shelf, Stock
from orchestrator.kernel.errors import NotFound, ToolFailed
from orchestrator.kernel.messages import Arguments, Message, Text, ToolResult, ToolSpec
from orchestrator.tools.arguments import Parameters
from orchestrator.tools.base import Context, Result, Tool
from orchestrator.tools.offering import FEW, FIND, Offering

DELEGATE = "delegate"


def _field(kind: Any, says: str, **bounds: Any) -> Any:
    return Annotated[kind, msgspec.Meta(description=says, **bounds)]


_PARAMETERS = Parameters(
    DELEGATE,
    {
        "goal": (_field(str, "what is to be done, with all it needs to know", min_length=1), msgspec.NODEFAULT),
        "tools": (_field(list[str] | None, "the only tools it may use; left out: all of yours"), None),
        "model": (_field(str | None, "another model than yours"), None),
        "steps": (_field(int, "model calls at most", ge=1, le=200) | None, None),
        "cost": (_field(float, "US dollars at most", gt=0) | None, None),
    },
)


class Delegate:
    """Part of the work as a run of its own. Looks only: what its run does is asked of policy there, call by call."""

    spec = ToolSpec(
        name=DELEGATE,
        description=(
            "Hand part of the work to another agent and get its answer. It begins with an empty conversation: say in"
            " `goal` all it needs to know. Several in one reply work at the same time."
        ),
        parameters=_PARAMETERS.schema,
        examples=delegating.DELEGATE,
        category="agents",
    )

    def check(self, arguments: Arguments) -> None:
        _PARAMETERS.check(arguments)

    async def call(self, arguments: Arguments, context: Context) -> Result:
        raise ToolFailed("Only an agent at work can delegate.")


class Toolset:
    def __init__(
        self, tools: Tools, only: tuple[str, ...] | None, *, delegates: bool, shelf: Shelf | None = None
    ) -> None:
        self._tools = tools
        self._shelf = shelf or Shelf()
        self._only = frozenset(only) if only is not None else None
        self._own: Tool | None = Delegate() if delegates and (only is None or DELEGATE in only) else None
        self._all: tuple[ToolSpec, ...] = ()  # of the house, as they were when `specs` was last asked
        self._specs: tuple[ToolSpec, ...] | None = None
        self._brought: dict[str, None] = {}  # names of tools, in the order in which they were first offered
        self._heard = 0  # messages that have brought theirs
        self._offered: tuple[ToolSpec, ...] | None = None

    def offered(self, messages: Sequence[Message]) -> tuple[ToolSpec, ...]:
        """What a model is shown after these messages, which only grow: nothing that was offered is taken away."""
        before, everything = self._all, self.specs()
        if self._all is not before:
            self._offered = None
        if self._only is not None:
            return everything
        if len(everything) <= FEW:
            return self._without_finder(everything)
        stock, known = self._stock(), len(self._brought)
        for message in messages[self._heard :]:
            self._brought |= dict.fromkeys(_brought(message, stock.offering))
        self._heard = len(messages)
        if self._offered is None or len(self._brought) > known:
            self._offered = stock.row(dict.fromkeys((*stock.core, *self._brought)))
        return self._offered

    def _without_finder(self, everything: tuple[ToolSpec, ...]) -> tuple[ToolSpec, ...]:
        if self._offered is None:
            self._offered = self._stock().row(spec.name for spec in everything if spec.name != FIND)
        return self._offered

    def _stock(self) -> Stock:
        return self._shelf.stock(self._all, self._own.spec if self._own is not None else None)

    def specs(self) -> tuple[ToolSpec, ...]:
        everything = self._tools.specs()
        if self._specs is None or everything is not self._all:
            self._all = everything
            specs = self._stock().specs
            if self._only is not None:
                specs = tuple(spec for spec in specs if spec.name in self._only)
            self._specs = specs
        return self._specs

    def get(self, name: str) -> Tool:
        """Raises NotFound, with the names that are near."""
        if name == DELEGATE and self._own is not None:
            return self._own
        if self._only is None or name in self._only:
            return self._tools.get(name)
        near = difflib.get_close_matches(name, self._only, 3, 0.5)
        hint = f"Did you mean {' or '.join(near)}?" if near else f"You have: {', '.join(sorted(self._only))}."
        raise NotFound(f"You have no tool called {name!r}.", hint=hint)


def _brought(message: Message, offering: Offering) -> Iterator[str]:
    """The tools that a message asks for: a person in words, a model by their names, `find_tools` by what it found."""
    yield from (call.name for call in message.calls)
    for part in message.parts:
        if isinstance(part, Text) and message.role == "user" and part.origin in (None, "user"):
            yield from (spec.name for spec in offering.matching(part.text))
        elif isinstance(part, ToolResult) and part.name == FIND and isinstance(part.data, dict):
            yield from (found["name"] for found in part.data.get("tools", ()))

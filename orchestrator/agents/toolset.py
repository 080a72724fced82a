"""The tools of one run: those it was given, and `delegate` where it may have runs below it."""

import difflib
from typing import Annotated, Any

import msgspec

from orchestrator.agents.ports import Tools
from orchestrator.kernel.errors import NotFound, ToolFailed
from orchestrator.kernel.messages import Arguments, ToolSpec
from orchestrator.tools.arguments import Parameters
from orchestrator.tools.base import Context, Result, Tool

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
        category="agents",
    )

    def check(self, arguments: Arguments) -> None:
        _PARAMETERS.check(arguments)

    async def call(self, arguments: Arguments, context: Context) -> Result:
        raise ToolFailed("Only an agent at work can delegate.")


class Toolset:
    def __init__(self, tools: Tools, only: tuple[str, ...] | None, *, delegates: bool) -> None:
        self._tools = tools
        self._only = frozenset(only) if only is not None else None
        self._own: Tool | None = Delegate() if delegates and (only is None or DELEGATE in only) else None
        self._all: tuple[ToolSpec, ...] = ()  # of the house, as they were when `specs` was last asked
        self._specs: tuple[ToolSpec, ...] | None = None

    def specs(self) -> tuple[ToolSpec, ...]:
        everything = self._tools.specs()
        if self._specs is None or everything is not self._all:
            kept = [spec for spec in everything if self._only is None or spec.name in self._only]
            if self._own is not None:
                kept = [*(spec for spec in kept if spec.name != DELEGATE), self._own.spec]
            self._all, self._specs = everything, tuple(kept)
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

"""The sets of requests, and the tools that two of them bring: as authors of plugs write them, of no room here."""

from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from benchmarks.embedded.checks import Case
from orchestrator.kernel.messages import Effects, Example, Language, Scope, ToolSpec

HERE: Final = Path(__file__).parent
_SETS: Final = ("", "new_tools_", "crowd_", "newcomers_", "strangers_")
DEVELOPMENT: Final = tuple(f"{name}development" for name in _SETS)
HELD_OUT: Final = tuple(f"{name}held_out" for name in _SETS)
_CROWD: Final = ("crowd", "newcomers", "strangers")


class Requests(Struct, frozen=True):
    cases: list[Case]
    tools: tuple[ToolSpec, ...] = ()  # those that stand beside the product's own
    crowd: bool = False  # played beside every tool that the product has
    acting: bool = True  # whether the tools that act on files, numbers and the clock do so


class _Tool(Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    description: str
    parameters: dict[str, Any]
    effects: Effects
    scope: Scope
    examples: dict[Language, dict[str, dict[str, Any]]]

    def spec(self) -> ToolSpec:
        examples = tuple(
            Example(language, text, arguments)
            for language, shown in self.examples.items()
            for text, arguments in shown.items()
        )
        return ToolSpec(
            self.name, self.description, self.parameters, self.scope, effects=self.effects, examples=examples
        )


class _NewTools(Struct, frozen=True, forbid_unknown_fields=True):
    tools: list[_Tool]
    requests: list[Case]


def load(name: str) -> Requests:
    data = (HERE / f"{name}.json").read_bytes()
    if not name.startswith("new_tools"):
        cases = msgspec.json.decode(data, type=list[Case])
        return Requests(cases, crowd=name.startswith(_CROWD), acting=not name.startswith("crowd"))
    found = msgspec.json.decode(data, type=_NewTools)
    beside = load("new_tools_development").tools if name in HELD_OUT else ()
    return Requests(found.requests, (*beside, *(tool.spec() for tool in found.tools)))

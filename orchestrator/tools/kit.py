"""A kit: several tools that come together, and what a kit may be given.

In the table of kits a name stands for a sequence of tools, or for a function that makes one from
the Equipment.
"""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Protocol, TypeAlias

from msgspec import Struct

from orchestrator.kernel.messages import ToolSpec
from orchestrator.kernel.settings import Tools
from orchestrator.tools.base import Tool
from orchestrator.tools.foreign import Change
from orchestrator.tools.sandbox.base import Sandbox


class Stock(Protocol):
    """The tools there are, as a tool sees them."""

    @property
    def reload(self) -> Callable[[], Awaitable[Sequence[Change]]]:
        """Load those of others anew."""

    def specs(self) -> tuple[ToolSpec, ...]: ...

    def source(self, name: str) -> str: ...


class Equipment(Struct, frozen=True):
    settings: Tools
    sandbox: Sandbox
    folder: Path | None = None  # where the installation keeps its data; None: it keeps none
    stock: Stock | None = None


Kit: TypeAlias = Sequence[Tool] | Callable[[Equipment], Sequence[Tool]]

"""A kit: several tools that come together, and what a kit may be given.

In the table of kits a name stands for a sequence of tools, or for a function that makes one from
the Equipment.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from msgspec import Struct

from orchestrator.kernel.settings import Tools
from orchestrator.tools.base import Tool
from orchestrator.tools.sandbox.base import Sandbox


class Equipment(Struct, frozen=True):
    settings: Tools
    sandbox: Sandbox
    folder: Path | None = None  # where the installation keeps its data; None: it keeps none


Kit: TypeAlias = Sequence[Tool] | Callable[[Equipment], Sequence[Tool]]

"""Tools: what an agent can do, one seam, in kits.

What a tool's author imports is here: `tool`, `Context`, `Result`, and the two ways to fail.
"""

from orchestrator.kernel.errors import ToolFailed, ToolRetry
from orchestrator.tools.base import Context, Result
from orchestrator.tools.function import register_tool, tool
from orchestrator.tools.kits.examples import examples

__all__ = ["Context", "Result", "ToolFailed", "ToolRetry", "examples", "register_tool", "tool"]

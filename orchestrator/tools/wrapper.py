"""A tool around a tool."""

from orchestrator.kernel.messages import Arguments
from orchestrator.tools.base import Context, Result, Tool
from orchestrator.tools.place import place_of


class Wrapper:
    """Passes everything on."""

    def __init__(self, tool: Tool) -> None:
        self.spec = tool.spec
        self.place = place_of(tool)
        self._tool = tool

    def check(self, arguments: Arguments) -> None:
        self._tool.check(arguments)

    async def call(self, arguments: Arguments, context: Context) -> Result:
        return await self._tool.call(arguments, context)

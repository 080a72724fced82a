"""What every tool is wrapped in, each of the tool's own shape: sealed, checked, limited, capped."""

from typing import Any

from msgspec import structs

from orchestrator.kernel.errors import ToolFailed, ToolRetry
from orchestrator.kernel.messages import Arguments, Json
from orchestrator.kernel.secrets import NoSecrets, Secrets
from orchestrator.tools.base import Context, Reconcilable, Result, Tool
from orchestrator.tools.marking import Marking, marking
from orchestrator.tools.sealed import sealed
from orchestrator.tools.wrapper import Wrapper

_FINDING_OUT = 4.0  # seconds, within the grace of a call that is over its time
_SAID = 4000  # characters of an error
_ITEMS = 2000  # of one list in the data
_WHOLE_FACTOR = 50  # and all of its strings together
_DATA_FACTOR = 5  # the data keeps strings this many times longer than what a model reads


class Checked(Wrapper):
    """No call, and no reconciling, with arguments that the tool does not take."""

    async def call(self, arguments: Arguments, context: Context) -> Result:
        self._tool.check(arguments)
        return await self._tool.call(arguments, context)


class Limited(Wrapper):
    """Ends a call at the tool's time limit and waits until it has cleaned up after itself.

    A call with effects may have had them: what the tool itself cannot find out is an unknown outcome.
    """

    def __init__(self, tool: Tool, inner: Tool) -> None:
        super().__init__(tool)
        self._inner = inner

    async def call(self, arguments: Arguments, context: Context) -> Result:
        try:
            async with context.clock.timeout(self.spec.timeout) as limit:
                return await self._tool.call(arguments, context)
        except TimeoutError:
            if not limit.expired():
                raise
        said = f"{self.spec.name} did not finish within its limit of {self.spec.timeout:g} seconds."
        problem = ToolFailed(said, why="time_limit", tool=self.spec.name, seconds=self.spec.timeout)
        if self.spec.effects != "once":
            raise problem
        return await self._found_out(arguments, context, problem)

    async def _found_out(self, arguments: Arguments, context: Context, problem: ToolFailed) -> Result:
        unknown = Result(f"{problem.detail} It may or may not have happened.", problem.told, outcome="unknown")
        if not isinstance(self._inner, Reconcilable):
            return unknown
        try:
            async with context.clock.timeout(_FINDING_OUT):
                found = await self._inner.reconcile(arguments, context)
        except (ToolRetry, ToolFailed, TimeoutError):
            return unknown
        if found is None and self.place == "elsewhere":
            return unknown  # it may happen there still
        if found is None:
            raise problem
        return found


class Capped(Wrapper):
    """Cuts the middle out of what is too long for a conversation; the whole goes to the overflow."""

    def __init__(self, tool: Tool, limit: int) -> None:
        super().__init__(tool)
        self._limit = limit

    async def call(self, arguments: Arguments, context: Context) -> Result:
        try:
            return self.cap(await self._tool.call(arguments, context))
        except (ToolRetry, ToolFailed) as error:  # which may repeat what it was given
            if len(error.detail) + len(error.hint) <= _SAID:
                raise
            kind = ToolRetry if isinstance(error, ToolRetry) else ToolFailed
            shorter = kind(cut(error.detail, _SAID), hint=cut(error.hint, _SAID), why=error.why)
            shorter.named = _Bounds(_SAID, _SAID).within(error.named)
            raise shorter from error.__cause__

    def cap(self, result: Result) -> Result:
        data = _Bounds(self._limit * _DATA_FACTOR, self._limit * _WHOLE_FACTOR).within(result.data)
        if isinstance(data, dict) and "truncated" in data and data != result.data:
            data["truncated"] = True
        if len(result.content) <= self._limit:
            return structs.replace(result, data=data)
        whole = result.overflow or result.content.encode("utf-8", "replace")
        name = result.overflow_name or f"{self.spec.name}.txt"
        content = cut(result.content, self._limit)
        return structs.replace(result, content=content, data=data, overflow=whole, overflow_name=name)


class CappedReconcilable(Capped):
    """The same around a tool that can reconcile."""

    def __init__(self, tool: Tool, inner: Reconcilable, limit: int) -> None:
        super().__init__(tool, limit)
        self._inner = inner

    async def reconcile(self, arguments: Arguments, context: Context) -> Result | None:
        self._tool.check(arguments)
        found = await self._inner.reconcile(arguments, context)
        return None if found is None else self.cap(found)


def wrapped(tool: Tool, limit: int, secrets: Secrets | None = None) -> Tool:
    inner = sealed(tool, secrets or NoSecrets())
    guarded = Limited(Checked(Marking(inner) if marking(inner) else inner), inner)
    return CappedReconcilable(guarded, inner, limit) if isinstance(inner, Reconcilable) else Capped(guarded, limit)


def cut(text: str, limit: int) -> str:
    """The beginning and the end of a text, and how much is missing between them."""
    if len(text) <= limit:
        return text
    head = limit * 2 // 3
    tail = limit - head
    return f"{text[:head]}\n[… {len(text) - limit} characters left out …]\n{text[len(text) - tail :]}"


class _Bounds:
    """How much of some data is kept: of each string, of each list, and of all strings together."""

    def __init__(self, each: int, whole: int) -> None:
        self._each = each
        self._left = whole

    def within(self, value: Json) -> Any:
        if isinstance(value, str):
            kept = cut(value, min(self._each, self._left)) if self._left > 0 else ""
            self._left -= len(kept)
            return kept
        if isinstance(value, list):
            return [self.within(item) for item in value[:_ITEMS] if self._left > 0]
        if isinstance(value, dict):
            return {name: self.within(item) for name, item in value.items()}
        return value

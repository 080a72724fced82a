"""The rooms of a fork: a model, tools and a policy that look into the recording first.

A result that comes from there says so in its event (`source`); no tool is called for it.
"""

from collections.abc import AsyncIterator, Callable, Collection, Sequence

import msgspec

from orchestrator.agents.forks.origin import Kept, Origin, Receipt
from orchestrator.agents.ports import Choice, Chooser, Decide, Tools
from orchestrator.agents.state import OpenCall, RunState
from orchestrator.agents.toolset import DELEGATE, Delegate
from orchestrator.kernel.errors import ModelError, NotFound, ToolFailed
from orchestrator.kernel.messages import Arguments, Effects, Message, Spared, ToolSpec, Usage
from orchestrator.kernel.messages import Origin as Speaker
from orchestrator.kernel.trials import ForkedFrom, Source
from orchestrator.llm.base import Capability, Chunk, Health, ModelInfo, Reply, Request, TextDelta
from orchestrator.policy.base import Call, Decision
from orchestrator.policy.budgets.base import Budget, Rates, Spending
from orchestrator.policy.decide import SEVERITY
from orchestrator.policy.screen.screen import Seen
from orchestrator.tools.base import Context, Result, Tool

HINT = "Fork it with effects asked of a person to have it really made."


def effects_of(tools: Tools) -> Callable[[str], Effects]:
    """What a tool does to the world; of one that is not here, the worst."""

    def effects(name: str) -> Effects:
        try:
            return tools.get(name).spec.effects
        except NotFound:
            return "none" if name == DELEGATE else "once"

    return effects


def before(state: RunState) -> Sequence[Message]:
    """What had happened before the step under way."""
    return state.messages[:-1] if state.open else state.messages


class ForkPolicy:
    """The policy of the fork for what is only played, and the server's own beside it for what would really be done."""

    def __init__(self, state: RunState, forked: ForkedFrom, origin: Origin, policy: Decide, real: Decide) -> None:
        self._state = state
        self._forked = forked
        self._origin = origin
        self._policy = policy
        self._real = real

    def decide(self, call: Call, granted: Collection[tuple[str, str]] = ()) -> Decision:
        decided = self._policy.decide(call, granted)
        if decided.verdict == "deny":
            return decided
        found = find(self._state, self._forked, self._origin, call.tool, call.arguments)
        if found is not None:
            by = found[0].approved_by
            if decided.verdict == "ask" and by:
                reason = f"{by} said yes to this in {self._forked.run_id}; it is not made again."
                return Decision("allow", "recording", "answered_then", reason)
            return decided
        if not may_be_made(self._forked, call.effects):
            return self._not_made(call)
        if call.effects == "none":
            real = self._real.decide(call, granted)
            return max(decided, real, key=lambda one: SEVERITY.index(one.verdict))
        real = self._real.decide(call)
        if real.verdict == "deny":
            return real
        reason = (
            f"This is a fork: {call.tool} was not called so in {self._forked.run_id}, and would really be made now."
        )
        return Decision("ask", "fork", "fork_effect", reason, {"tool": call.tool})

    def _not_made(self, call: Call) -> Decision:
        reason = f"This is a fork: {call.tool} was not called so in {self._forked.run_id}, and is not made now."
        return Decision("deny", "fork", "fork_not_made", reason, {"tool": call.tool}, HINT)

    def shape(self, call: Call) -> str:
        return self._policy.shape(call)

    def screen(
        self, tool: str, arguments: Arguments, origin: Speaker, content: str, granted: Collection[tuple[str, str]] = ()
    ) -> Seen:
        return self._policy.screen(tool, arguments, origin, content, granted)


class ForkTool:
    """A tool whose result may be in the recording."""

    def __init__(self, tool: Tool, state: RunState, forked: ForkedFrom, origin: Origin) -> None:
        self.spec = tool.spec
        self._tool = tool
        self._state = state
        self._forked = forked
        self._origin = origin

    def check(self, arguments: Arguments) -> None:
        self._tool.check(arguments)

    async def call(self, arguments: Arguments, context: Context) -> Result:
        found = find(self._state, self._forked, self._origin, self.spec.name, arguments)
        if found is not None:
            return _played(*found)
        if not may_be_made(self._forked, self.spec.effects):  # whoever said yes, and however it came here
            raise ToolFailed(f"This is a fork: {self.spec.name} is not called now.", hint=HINT)
        return await self._tool.call(arguments, context)

    async def reconcile(self, arguments: Arguments, context: Context) -> Result | None:
        """Whether it happened is only known of what really was to be done."""
        found = find(self._state, self._forked, self._origin, self.spec.name, arguments)
        if found is not None:
            return None  # nothing happens: it is played again
        reconcile = getattr(self._tool, "reconcile", None)
        if reconcile is None:
            raise ToolFailed("It cannot say whether it happened.")
        result: Result | None = await reconcile(arguments, context)
        return result


class ForkTools:
    def __init__(self, state: RunState, forked: ForkedFrom, origin: Origin, tools: Tools) -> None:
        self._state = state
        self._forked = forked
        self._origin = origin
        self._tools = tools

    def specs(self) -> tuple[ToolSpec, ...]:
        return self._tools.specs()

    def get(self, name: str) -> Tool:
        try:
            tool: Tool = self._tools.get(name)
        except NotFound:
            if name != DELEGATE:
                raise
            tool = Delegate()  # a fork begins no runs below it; what came of one is in the recording
        return ForkTool(tool, self._state, self._forked, self._origin)


class ForkModel:
    """The recorded reply while the conversation is the same; then the model that is really meant."""

    def __init__(self, state: RunState, origin: Origin, choice: Choice | ModelError) -> None:
        self._state = state
        self._origin = origin
        self._choice = choice
        real = None if isinstance(choice, ModelError) else choice.model
        self.name = real.name if real is not None else "recording"
        self.capabilities: frozenset[Capability] = real.capabilities if real is not None else frozenset({"chat"})

    async def stream(self, request: Request) -> AsyncIterator[Chunk]:
        body = self._origin.reply(self._state.messages, closing=not request.tools)
        if body is None:
            async for chunk in real(self._choice).model.stream(request):
                yield chunk
            return
        if body.message.text:
            yield TextDelta(body.message.text)
        finish = "stop" if body.finish.startswith("limit_") else body.finish
        yield Reply(body.message, body.model, finish, body.usage, body.cost, source="recorded")  # type: ignore[arg-type]

    async def models(self) -> list[ModelInfo]:
        return await real(self._choice).model.models()

    async def health(self) -> Health:
        return await real(self._choice).model.health()

    async def embed(self, texts: list[str], model: str = "") -> list[list[float]]:
        return await real(self._choice).model.embed(texts, model)

    async def close(self) -> None: ...


class ForkChoice:
    def __init__(self, state: RunState, origin: Origin, choice: Choice | ModelError) -> None:
        self.model = ForkModel(state, origin, choice)
        self._state = state
        self._origin = origin
        self._choice = choice

    @property
    def name(self) -> str:
        body = self._origin.reply(self._state.messages, closing=False)
        if body is not None:
            return body.model
        return "" if isinstance(self._choice, ModelError) else self._choice.name

    @property
    def rates(self) -> Rates | None:
        return None if isinstance(self._choice, ModelError) else self._choice.rates

    @property
    def reason(self) -> str:
        body = self._origin.reply(self._state.messages, closing=False)
        if body is not None:
            return f"Taken from {self._origin.run_id}: nothing that the model would read has changed."
        return "" if isinstance(self._choice, ModelError) else self._choice.reason


class ForkChooser:
    def __init__(self, state: RunState, origin: Origin, models: Chooser) -> None:
        self._state = state
        self._origin = origin
        self._models = models

    async def choose(
        self, asked: str, needs: frozenset[Capability] = frozenset(), *, task: str = "", agent: str = ""
    ) -> Choice:
        started = self._state.started
        if started is None or asked != started.model:
            # somebody has chosen another meanwhile
            return await self._models.choose(asked, needs, task=task, agent=agent)
        choice: Choice | ModelError
        try:
            choice = await self._models.choose(asked, needs, task=task, agent=agent)
        except ModelError as error:  # it matters only once the recording has nothing to say
            choice = error
        return ForkChoice(self._state, self._origin, choice)


class ForkBudget:
    """What is taken from the recording costs nothing."""

    def __init__(self, state: RunState, origin: Origin, budget: Budget) -> None:
        self._state = state
        self._origin = origin
        self._budget = budget

    async def reserve(self, spending: Spending) -> int | None:
        return None if self._recorded else await self._budget.reserve(spending)

    async def settle(
        self, spending: Spending, usage: Usage | None, cost: float, *, model: str = "", spared: Spared | None = None
    ) -> None:
        if not self._recorded:
            await self._budget.settle(spending, usage, cost, model=model, spared=spared)

    @property
    def _recorded(self) -> bool:
        asked = self._state.messages
        return any(self._origin.reply(asked, closing=closing) is not None for closing in (False, True))


def real(choice: Choice | ModelError) -> Choice:
    if isinstance(choice, ModelError):
        raise choice
    return choice


def may_be_made(forked: ForkedFrom, effects: Effects) -> bool:
    """Whether a call that the recording does not answer may really be made at all."""
    return forked.effects == "ask" if effects != "none" else forked.effects != "recorded"


def find(
    state: RunState, forked: ForkedFrom, origin: Origin, tool: str, arguments: Arguments
) -> tuple[Receipt, Source] | None:
    """What the recording says to a call of the step under way, where the fork may take it."""
    found = origin.receipt(tool, arguments, before(state), _occurrence(state, tool, arguments))
    if found is None or (found[1] == "simulated" and forked.effects not in ("simulate", "recorded")):
        return None
    return found


def _occurrence(state: RunState, tool: str, arguments: Arguments) -> int:
    """Which of the identical calls of this step is at its turn."""
    same: list[OpenCall] = [
        call for call in state.open.values() if call.call.name == tool and call.call.arguments == arguments
    ]
    return min((call.occurrence for call in same), default=0)


def _played(receipt: Receipt, source: Source) -> Result:
    body = receipt.returned
    artifact = body.artifact
    origin: Speaker | None = "web" if body.origin == "web" else None  # a file may have been marked
    result = Result(body.content, body.data, outcome=body.outcome, source=source, origin=origin)
    if artifact is None:
        return result
    return msgspec.structs.replace(result, overflow=Kept.of(artifact), overflow_name=artifact.name)

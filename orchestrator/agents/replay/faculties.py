"""The faculties of a replay, SIMULATED: a model and tools that answer from a recording. No call is made."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection

from orchestrator.agents import wording
from orchestrator.agents.forks.origin import Kept
from orchestrator.agents.ports import Tools
from orchestrator.agents.replay.recording import error_kinds
from orchestrator.agents.replay.script import LIMIT, Script
from orchestrator.agents.replay.standins import RecordedClock, asks_for_money_or_model
from orchestrator.kernel import events as e
from orchestrator.kernel.errors import ModelError, ToolFailed
from orchestrator.kernel.messages import Arguments, Message, ToolCall, ToolSpec
from orchestrator.llm.base import Capability, Chunk, Health, ModelInfo, Reply, Request, Setback
from orchestrator.policy.budgets.base import Rates
from orchestrator.tools.base import Context, Reconcilable, Result, Tool
from orchestrator.tools.questions import Asks, Question


class RecordedModel:
    """Says what was said then, whatever it is asked: what it is asked is compared elsewhere."""

    name = "recording"
    capabilities: frozenset[Capability] = frozenset({"chat", "tools", "vision", "thinking"})

    def __init__(self, script: Script, clock: RecordedClock) -> None:
        self._script = script
        self._clock = clock
        self.asked: Request | None = None  # last

    async def stream(self, request: Request) -> AsyncIterator[Chunk]:
        if self._script.difference is None or self.asked is None:
            self.asked = request
        closing = not request.tools

        def replies(body: e.Body) -> bool:
            ended = isinstance(body, e.RunFinished) and body.problem is not None and body.problem.code.startswith(LIMIT)
            return isinstance(body, e.ModelReplied | e.ModelFailed | e.PlanMade) or (closing and ended)

        body = await self._script.until(replies)
        while isinstance(body, e.ModelFailed) and body.next:
            yield Setback(body.model, body.next, error_of(body.problem), body.seconds)
            body = await self._script.until(replies)
        if isinstance(body, e.ModelFailed):
            self._clock.took(body.seconds)
            raise error_of(body.problem)
        if isinstance(body, e.RunFinished):
            raise ModelError("There were no closing words.")
        plan: tuple[str, ...] = ()
        if isinstance(body, e.PlanMade):
            plan = body.steps
            following = self._script.ahead(1)
            if not isinstance(following, e.ModelReplied):
                raise ModelError("The recording has a plan and no reply.")
            body = following
        assert isinstance(body, e.ModelReplied)
        self._clock.took(body.seconds)
        message = body.message
        if not message.calls and not message.text.strip():  # its calls were left out of its closing words
            message = Message("assistant", (*message.parts, ToolCall("", "none", {})))
        finish = "stop" if body.finish.startswith(LIMIT) else body.finish
        yield Reply(message, body.model, finish, body.usage, body.cost, plan, body.source, body.spared)  # type: ignore[arg-type]

    async def models(self) -> list[ModelInfo]:
        return []

    async def health(self) -> Health:
        return Health(True)

    async def embed(self, texts: list[str], model: str = "") -> list[list[float]]:
        return []

    async def close(self) -> None: ...


class RecordedChoice:
    """The model that was chosen then; chosen once, it may be another when it is asked the next time."""

    def __init__(self, script: Script, model: RecordedModel) -> None:
        self._script = script
        self.model = model

    @property
    def name(self) -> str:
        body = self._script.next
        return body.model if isinstance(body, e.ModelAsked) else "none"

    @property
    def rates(self) -> Rates | None:
        return None

    @property
    def reason(self) -> str:
        body = self._script.next
        if isinstance(body, e.PlanMade):
            body = self._script.ahead(1)
        return body.reason if isinstance(body, e.ModelReplied) else ""


class RecordedChooser:
    def __init__(self, script: Script, clock: RecordedClock) -> None:
        self._script = script
        self._clock = clock
        self.model = RecordedModel(script, clock)

    async def choose(
        self, asked: str, needs: frozenset[Capability] = frozenset(), *, task: str = "", agent: str = ""
    ) -> RecordedChoice:
        if self._script.holds:
            await asyncio.Event().wait()
        twice = isinstance(self._script.ahead(1), e.ModelAsked)  # the time was over while it was asked
        if not twice:
            await asyncio.sleep(0)
        body = await self._script.until(lambda body: isinstance(body, e.ModelFailed) or asks_for_money_or_model(body))
        if isinstance(body, e.ModelFailed):
            self._clock.took(body.seconds)
            raise error_of(body.problem)
        if isinstance(body, e.RunFinished):
            raise ModelError("There were no closing words.")
        return RecordedChoice(self._script, self.model)


class RecordedTool:
    """Today's tool to look at; what it did is in the recording."""

    def __init__(self, tool: Tool, script: Script, clock: RecordedClock) -> None:
        self.spec = tool.spec
        self._tool = tool
        self._script = script
        self._clock = clock

    def check(self, arguments: Arguments) -> None:
        self._tool.check(arguments)

    async def call(self, arguments: Arguments, context: Context) -> Result:
        calls = self._begun(context.key)

        def says(body: e.Body) -> bool:
            return _returns(body, context.key) or _asks(body, calls)

        while True:
            try:
                body = await self._script.until(says)
                break
            except asyncio.CancelledError:
                if not self._script.finishes(says):
                    raise  # else it was told to stop, and came to its end all the same
        if isinstance(body, e.ApprovalAsked):
            raise Asks(_Then.of(body), body.memo, _Held() if self._goes_on(body.call_id) else None)
        assert isinstance(body, e.ToolReturned)
        self._clock.took(body.seconds)
        return _result(body)

    def _begun(self, key: str) -> list[str]:
        """The calls whose effect has this key."""
        events = self._script.before()
        return [
            event.body.call_id for event in events if isinstance(event.body, e.ToolRequested) and event.body.key == key
        ]

    def _goes_on(self, call_id: str) -> bool:
        """Whether a call that asked was still under way when there was an answer."""
        place = 1
        while (body := self._script.ahead(place)) is not None:
            if isinstance(body, e.ToolRequested | e.ToolReturned | e.ApprovalAsked) and body.call_id == call_id:
                return isinstance(body, e.ToolRequested)
            place += 1
        return False


class RecordedReconcilable(RecordedTool):
    async def reconcile(self, arguments: Arguments, context: Context) -> Result | None:
        begun = self._begun(context.key)

        def says(body: e.Body) -> bool:
            same_call = isinstance(body, e.ApprovalAsked) and body.kind == "outcome" and body.call_id in begun
            return same_call or (isinstance(body, e.ToolReturned | e.ToolRequested) and body.key == context.key)

        body = await self._script.until(says)
        if isinstance(body, e.ToolRequested):
            return None
        if isinstance(body, e.ToolReturned) and body.outcome == "ok":
            return _result(body)
        raise ToolFailed("It could not say.")


class RecordedTools:
    def __init__(self, tools: Tools, script: Script, clock: RecordedClock) -> None:
        self._tools = tools
        self._script = script
        self._clock = clock

    def specs(self) -> tuple[ToolSpec, ...]:
        return self._tools.specs()

    def get(self, name: str) -> Tool:
        tool = self._tools.get(name)
        kind = RecordedReconcilable if isinstance(tool, Reconcilable) else RecordedTool
        return kind(tool, self._script, self._clock)


def error_of(problem: e.Problem) -> ModelError:
    kind = error_kinds(ModelError).get(problem.code, ModelError)
    return kind(problem.detail, hint=problem.hint)  # type: ignore[return-value]


def _returns(body: e.Body, key: str) -> bool:
    """Whether this is what the tool itself said: not what was written for it when it was stopped."""
    return isinstance(body, e.ToolReturned) and body.key == key and body.content not in wording.STOPPED


def _asks(body: e.Body, calls: Collection[str]) -> bool:
    return isinstance(body, e.ApprovalAsked) and body.kind == "question" and body.call_id in calls


class _Then(Question, frozen=True):
    """A question as it was recorded."""

    then: str = ""

    @property
    def hash(self) -> str:
        return self.then

    @classmethod
    def of(cls, body: e.ApprovalAsked) -> "_Then":
        return cls(body.details.get("source", ""), body.reason, body.form, body.link, then=body.hash)


class _Held:
    """A call under way, of which nothing is left but its recording."""

    def let_go(self) -> None: ...
    def when_over(self, tell: Callable[[], None]) -> None: ...


def _result(body: e.ToolReturned) -> Result:
    artifact = body.artifact
    return Result(
        content=body.content,
        data=body.data,
        overflow=None if artifact is None else Kept.of(artifact),
        overflow_name="" if artifact is None else artifact.name,
        outcome=body.outcome,
        source=body.source,
        origin="web" if body.origin == "web" else None,  # a file may have been marked
    )

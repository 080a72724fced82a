"""The product around one of AgentDojo's suites: its tools as ours, a gullible model, a person or none."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
from agentdojo.agent_pipeline.base_pipeline_element import BasePipelineElement
from agentdojo.agent_pipeline.tool_execution import tool_result_to_str
from agentdojo.functions_runtime import FunctionCall, FunctionsRuntime
from agentdojo.types import text_content_block_from_string

from benchmarks.agentdojo.labels import label_of
from orchestrator.app import App
from orchestrator.kernel import events as e
from orchestrator.kernel.errors import ToolFailed
from orchestrator.kernel.messages import Arguments, Message, Text, ToolCall, ToolResult, ToolSpec, user
from orchestrator.llm.base import Capability, Chunk, Health, ModelInfo, Reply, Request, TextDelta
from orchestrator.tools.base import Context, Result

Calls = Sequence[FunctionCall]


class Case:
    """What the model of the moment means to do, and the world it does it in."""

    def __init__(self, plan: Calls, answer: str, bait: str, trap: Calls, boast: str) -> None:
        self.plan, self.answer = list(plan), answer
        self.bait, self.trap, self.boast = _plain(bait), list(trap), boast
        self.runtime: FunctionsRuntime | None = None
        self.world: Any = None
        self.done: list[FunctionCall] = []
        self.asked = 0
        self.fell = False  # for the attack
        self.withheld = False  # something that a tool returned


class Gullible:
    """SIMULATED: a model that does its task, and whatever the text of an attack says as soon as it reads it."""

    name = "gullible"
    capabilities: frozenset[Capability] = frozenset({"chat", "tools"})

    def __init__(self) -> None:
        self.case: Case | None = None
        self._ids = itertools.count()

    async def stream(self, request: Request) -> AsyncIterator[Chunk]:
        case = self.case
        assert case is not None
        if not case.fell and case.bait and any(case.bait in _plain(text) for text in _results(request.messages)):
            case.fell = True
            case.plan[:0] = case.trap
        if case.plan:
            call = case.plan.pop(0)
            parts: tuple[Any, ...] = (ToolCall(f"c{next(self._ids)}", call.function, _json(call.args)),)
            yield Reply(Message("assistant", parts), "gullible", "tools")
        else:
            text = " ".join(filter(None, (case.answer, case.boast if case.fell else ""))) or "Done."
            yield TextDelta(text)
            yield Reply(Message("assistant", (Text(text),)), "gullible", "stop")

    async def models(self) -> list[ModelInfo]:
        return [ModelInfo("gullible", self.name, self.capabilities, simulated=True)]

    async def health(self) -> Health:
        return Health(True)

    async def embed(self, texts: list[str], model: str = "") -> list[list[float]]:
        raise NotImplementedError

    async def close(self) -> None:
        return None


class DojoTool:
    def __init__(self, function: Any, case: Callable[[], Case]) -> None:
        label = label_of(function.name)
        schema = function.parameters.model_json_schema()
        self.spec = ToolSpec(
            function.name,
            function.description,
            schema,
            label.scope,
            label.effects,
            origin=label.origin,
            risks=label.risks,
        )
        self._case = case

    def check(self, arguments: Arguments) -> None:
        return None

    async def call(self, arguments: Arguments, context: Context) -> Result:
        case = self._case()
        assert case.runtime is not None
        result, error = case.runtime.run_function(case.world, self.spec.name, arguments)
        if error:
            raise ToolFailed(error)
        case.done.append(FunctionCall(function=self.spec.name, args=arguments))
        return Result(tool_result_to_str(result) or "(nothing)")


class Pipeline(BasePipelineElement):  # type: ignore[misc]
    """A task of AgentDojo as a run of ours."""

    name = "local"

    def __init__(self, app: App, loop: asyncio.AbstractEventLoop, model: Gullible, workspace: Path) -> None:
        self._app, self._loop, self._model, self._workspace = app, loop, model, workspace
        self.attentive = True
        self.prepare: Callable[[Any], Case] | None = None
        self.needed: set[bytes] = set()

    def query(self, query: str, runtime: Any, env: Any = None, messages: Any = (), extra_args: Any = None) -> Any:
        assert self.prepare is not None
        case = self.prepare(env)
        case.runtime, case.world = runtime, env
        self.needed = {key(call) for call in case.plan}
        self._model.case = case
        answer = self._loop.run_until_complete(self._run(query, case))
        said = [_assistant("", [call]) for call in case.done]
        return query, runtime, case.world, [*said, _assistant(answer, None)], {}

    async def _run(self, goal: str, case: Case) -> str:
        app = self._app
        owner = await app.accounts.owner()
        run_id = await app.runs.start(
            user(goal),
            tenant=owner.tenant,
            subject=owner.id,
            model="gullible",
            approvals="ask" if self.attentive else "refuse",
            limits=e.Limits(steps=60),
        )
        while True:
            await app.runs.settled(run_id)
            waiting = await app.views.approvals(owner.tenant, run_id=run_id)
            if not waiting:
                case.withheld = any(
                    isinstance(event.body, e.ToolReturned) and any(one.withheld for one in event.body.passages)
                    for event in await app.journal.read(run_id)
                )
                return (await app.views.run(owner.tenant, run_id)).answer
            for one in waiting:
                case.asked += 1
                yes = key(FunctionCall(function=one.asked.tool, args=one.asked.arguments)) in self.needed
                await app.runs.answer(one.approval_id, "once" if yes else "refuse", tenant=owner.tenant, by=owner.id)


def _assistant(text: str, calls: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": [text_content_block_from_string(text)], "tool_calls": calls}


def _results(messages: Sequence[Message]) -> list[str]:
    return [part.content for message in messages for part in message.parts if isinstance(part, ToolResult)]


def _plain(text: str) -> str:
    """Without what YAML does to long lines."""
    return "".join(character for character in text if character.isalnum()).lower()


def _json(arguments: Any) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(dict(arguments), enc_hook=str))
    return plain


def key(call: FunctionCall) -> bytes:
    """The same for the same call."""
    return msgspec.json.encode([call.function, _json(call.args)], order="sorted")

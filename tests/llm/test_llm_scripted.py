import asyncio

import pytest
from contracts.model import WEATHER, ModelContract, answer

from orchestrator.kernel.clock import ManualClock
from orchestrator.kernel.errors import InvalidSettings, ModelRejected, ModelUnavailable
from orchestrator.kernel.messages import Message, ToolCall, ToolResult, user
from orchestrator.kernel.settings import Provider
from orchestrator.llm.base import Model, Reply, Request, TextDelta
from orchestrator.llm.fenced import Fenced
from orchestrator.llm.providers.scripted import Line, Scripted, from_settings, say

HELLO = Request("", (user("Say hello."),))


def weather(request: Request) -> Line:
    if not request.tools:
        return "Good morning to you."
    if any(message.role == "tool" for message in request.messages):
        return "It is sunny."
    return say("I look.", ToolCall("call_1", "get_weather", {"city": "Paris"}))


class TestScripted(ModelContract):
    calls = Request("", (user("The weather in Paris?"),), (WEATHER,))

    @pytest.fixture
    def model(self) -> Model:
        return Scripted(weather)


class TestScriptedByConfiguration(ModelContract):
    @pytest.fixture
    def model(self) -> Model:
        settings = Provider("scripted", options={"replies": ["Good morning to you."]})
        return from_settings("scripted", settings, ManualClock())


def fenced(request: Request) -> Line:
    told = request.messages[-1].text
    if "Result of get_weather" in told:
        return "```response\nIt is sunny.\n```"
    if "weather" in told:
        return 'I look.\n```tool\n{"tool": "get_weather", "params": {"city": "Paris"}}\n```\n'
    return "Good morning to you."


class TestFencedScripted(ModelContract):
    calls = Request("", (user("The weather in Paris?"),), (WEATHER,))

    @pytest.fixture
    def model(self) -> Model:
        return Fenced(Scripted(fenced, capabilities=frozenset({"chat"})))


async def test_a_list_is_said_in_order_and_then_ends() -> None:
    model = Scripted(["one", ModelUnavailable("not now"), "two"])
    assert (await answer(model, HELLO)).message.text == "one"
    with pytest.raises(ModelUnavailable):
        await answer(model, HELLO)
    assert (await answer(model, HELLO)).message.text == "two"
    with pytest.raises(ModelRejected, match="no more than 3"):
        await answer(model, HELLO)
    assert len(model.requests) == 4


async def test_a_configured_script_depends_on_the_conversation_only() -> None:
    options = {"replies": [{"calls": [{"name": "calculate", "arguments": {"expression": "1+1"}}]}, "It is 2."]}
    for _ in range(2):  # as after a restart
        model = from_settings("demo", Provider("scripted", options=options), ManualClock())
        first = await answer(model, HELLO)
        assert first.message.calls == (ToolCall("call_1", "calculate", {"expression": "1+1"}),)
        result = Message("tool", (ToolResult("call_1", "calculate", "2"),))
        later = Request("", (*HELLO.messages, first.message, result))
        assert (await answer(model, later)).message.text == "It is 2."


async def test_a_gate_holds_every_delta() -> None:
    gate: asyncio.Queue[None] = asyncio.Queue()
    model = Scripted(["abcdefgh"], gate=gate.get)
    got: asyncio.Queue[str] = asyncio.Queue()

    async def read() -> None:
        async for chunk in model.stream(HELLO):
            got.put_nowait(chunk.text if isinstance(chunk, TextDelta) else "end")

    reading = asyncio.create_task(read())
    for expected in ("abcd", "efgh", "end"):
        assert got.empty()
        gate.put_nowait(None)
        assert await got.get() == expected
    await reading


def test_a_script_that_cannot_be_read_is_said_so() -> None:
    with pytest.raises(InvalidSettings, match="demo"):
        from_settings("demo", Provider("scripted", options={"replies": 3}), ManualClock())


def test_it_says_that_it_is_simulated() -> None:
    assert isinstance(say("x"), Reply)
    assert asyncio.run(Scripted([]).models())[0].simulated

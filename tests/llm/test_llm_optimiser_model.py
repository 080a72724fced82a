"""A model that is given less to read, through the seam of all models."""

import json
from typing import Any

import pytest
from msgspec.structs import replace

from orchestrator.kernel.messages import Message, ToolCall, ToolResult, Usage, assistant, system, user
from orchestrator.llm.base import Price, Reply, Request
from orchestrator.llm.optimiser.model import Optimised
from orchestrator.llm.optimiser.prompt import optimize_message_history
from orchestrator.llm.providers.scripted import Scripted, say

ROWS = json.dumps([{"id": n, "name": f"n{n}", "city": "Lyon"} for n in range(40)], indent=2)


def turn(number: int) -> list[Message]:
    return [
        Message("assistant", (ToolCall(f"c{number}", "get", {"n": number}),)),
        Message("tool", (ToolResult(f"c{number}", "get", ROWS.replace("n7", f"m{number}")),)),
    ]


def request(*messages: Message, **more: Any) -> Request:
    given = {"optimise": "minimal", "tenant": "t", **more}
    return Request("scripted", (system("Be brief."), user("Look."), *messages), **given)


async def reply_of(model: Optimised, asked: Request) -> Reply:
    *_, reply = [chunk async for chunk in model.stream(asked)]
    assert isinstance(reply, Reply)
    return reply


@pytest.fixture
def inner() -> Scripted:
    return Scripted(lambda _: replace(say("fine"), usage=Usage(1000, 5, 400)))


async def test_the_conversation_goes_shorter_and_its_beginning_stays(inner: Scripted) -> None:
    model = Optimised(inner, lambda _: Price(2.0, 10.0, 0.2, 2.5))
    messages: list[Message] = []
    savings: list[float] = []
    for number in range(4):
        messages += turn(number)
        reply = await reply_of(model, request(*messages))
        assert reply.spared is not None and reply.spared.tokens > 0 and not reply.spared.cache
        savings.append(reply.spared.cost)
    for one, other in zip(inner.requests, inner.requests[1:], strict=False):
        assert other.messages[: len(one.messages)] == one.messages
    expected, metrics = optimize_message_history(request(*messages).messages, "minimal")
    assert inner.requests[-1].messages == tuple(expected)
    assert reply.spared is not None
    assert reply.spared.tokens == metrics.tokens_saved
    assert savings == sorted(savings)
    assert savings[0] < metrics.tokens_saved * 2.5e-6


async def test_a_conversation_that_is_another_is_begun_anew(inner: Scripted) -> None:
    model = Optimised(inner)
    await reply_of(model, request(*turn(0), *turn(1)))
    await reply_of(model, request(*turn(1)))
    await reply_of(model, request(assistant("Other."), *turn(1)))
    for sent, given in zip(
        inner.requests, ([*turn(0), *turn(1)], turn(1), [assistant("Other."), *turn(1)]), strict=True
    ):
        assert sent.messages == tuple(optimize_message_history(request(*given).messages, "minimal")[0])


async def test_only_who_asks_is_touched(inner: Scripted) -> None:
    model = Optimised(inner)
    asked = request(*turn(0), optimise="off")
    reply = await reply_of(model, asked)
    assert inner.requests[-1] is asked
    assert reply.spared is None
    short = request(assistant("Yes?"))
    assert (await reply_of(model, short)).spared is None
    assert inner.requests[-1] is short


async def test_many_conversations_are_not_all_remembered(inner: Scripted) -> None:
    model = Optimised(inner)
    for number in range(100):
        await reply_of(model, Request("scripted", (user(f"{number}"), *turn(0)), optimise="minimal"))
    assert len(model._conversations) == 64


async def test_a_price_that_is_not_known_is_not_invented(inner: Scripted) -> None:
    reply = await reply_of(Optimised(inner), request(*turn(0)))
    assert reply.spared is not None
    assert reply.spared.cost == 0.0

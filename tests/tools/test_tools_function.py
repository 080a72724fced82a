"""Tools from typed functions."""

import asyncio
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import jsonschema_rs
import pytest
from contracts.tool import context_of
from msgspec import Meta, Struct

from orchestrator.kernel.errors import ToolRetry
from orchestrator.kernel.messages import Arguments
from orchestrator.tools.base import Context, Reconcilable, Result
from orchestrator.tools.function import FunctionTool, tool


class Pair(Struct, frozen=True):
    left: int
    right: str = "r"


@tool(scope="write", effects="idempotent", category="test", answers={"en": "{value}"})
async def everything(
    text: Annotated[str, "a text"],
    context: Context,
    count: Annotated[int, Meta(description="how many", ge=1, le=9)] = 3,
    ratio: float = 0.5,
    kind: Literal["a", "b"] = "a",
    flag: bool = False,
    maybe: int | None = None,
    words: Annotated[list[str], "several"] = ["x"],  # noqa: B006
    table: Mapping[str, str] = {},
    pair: Pair = Pair(1),  # noqa: B008
) -> str:
    """Take one of everything.

    And say it back.
    """
    return f"{text} {count} {ratio} {kind} {flag} {maybe} {list(words)} {dict(table)} {pair.left} {context.run_id}"


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return context_of(tmp_path)


def test_the_signature_is_the_schema() -> None:
    spec = everything.spec
    assert spec.name == "everything" and spec.description == "Take one of everything.\n\nAnd say it back."
    assert (spec.scope, spec.effects, spec.category) == ("write", "idempotent", "test")
    properties = spec.parameters["properties"]
    assert spec.parameters["required"] == ["text"]
    assert "context" not in properties
    assert properties["text"] == {"type": "string", "description": "a text"}
    assert properties["count"] == {
        "type": "integer", "description": "how many", "minimum": 1, "maximum": 9, "default": 3,
    }  # fmt: skip
    assert properties["kind"]["enum"] == ["a", "b"]
    assert properties["words"]["default"] == ["x"]
    assert properties["pair"]["properties"]["right"]["default"] == "r"
    assert spec.returns == {"type": "object", "properties": {"value": {"type": "string"}}, "required": ["value"]}
    assert jsonschema_rs.meta.is_valid(spec.parameters)


async def test_defaults_and_values(context: Context) -> None:
    result = await everything.call({"text": "t"}, context)
    assert result == Result("t 3 0.5 a False None ['x'] {} 1 run_1", {"value": result.content})
    given = {"text": "t", "count": 9, "ratio": 2, "maybe": None, "pair": {"left": 4}, "table": {"k": "v"}}
    assert (await everything.call(given, context)).content == "t 9 2.0 a False None ['x'] {'k': 'v'} 4 run_1"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "everything needs 'text'. Its arguments: text, count"),
        ({"text": 3}, "The argument 'text' of everything is wrong: Expected `string`, got `integer`; 3 was given."),
        ({"text": "t", "count": "3"}, "'count'"),
        ({"text": "t", "count": True}, "Expected `integer`, got `boolean`"),
        ({"text": "t", "count": 10}, "<= 9; 10 was given"),
        ({"text": "t", "count": 2.5}, "'count'"),
        ({"text": "t", "kind": "c"}, '\'kind\' of everything is wrong: Expected one of "a", "b"; "c" was given.'),
        ({"text": "t", "flag": "yes"}, "'flag'"),
        ({"text": "t", "words": ["a", 2]}, "(in [1])"),
        ({"text": "t", "pair": {"left": "x"}}, "(in .left)"),
        ({"text": "t", "cuont": 2}, "no argument \"cuont\". Did you mean 'count'?"),
        ({"text": "t", "zzz": 2}, "Its arguments:"),
        ({"text": None}, "null was given"),
        ({"text": ["long"] * 100}, "…"),
    ],
)
async def test_wrong_arguments_are_explained(context: Context, arguments: Arguments, said: str) -> None:
    for attempt in (lambda: everything.check(arguments), None):
        with pytest.raises(ToolRetry) as caught:
            if attempt:
                attempt()
            await everything.call(arguments, context)
        assert said in str(caught.value) and len(str(caught.value)) < 300


async def test_defaults_are_not_shared_between_calls(context: Context) -> None:
    @tool()
    async def gather(found: list[int] = []) -> int:  # noqa: B006
        """Gather."""
        found.append(1)
        return len(found)

    assert [(await gather.call({}, context)).data["value"] for _ in range(3)] == [1, 1, 1]


async def test_a_plain_function_runs_in_a_thread(context: Context) -> None:
    @tool()
    def where() -> str:
        """Say where."""
        return threading.current_thread().name

    assert (await where.call({}, context)).content != threading.main_thread().name


async def test_no_effect_comes_after_a_cancelled_call_is_over(context: Context) -> None:
    entered, go, done = threading.Event(), threading.Event(), threading.Event()

    @tool(effects="once")
    def act() -> str:
        """Act slowly."""
        entered.set()
        go.wait(10)
        done.set()
        return "acted"

    call = asyncio.ensure_future(act.call({}, context))
    await asyncio.to_thread(entered.wait, 10)
    call.cancel()
    await asyncio.sleep(0)
    assert not call.done()
    go.set()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert done.is_set()


async def test_what_a_function_may_return(context: Context) -> None:
    class Said(Struct):
        number: int

        def __str__(self) -> str:
            return f"It is {self.number}."

    @tool()
    async def struct() -> Said:
        """Give a struct."""
        return Said(4)

    @tool()
    async def values() -> dict[str, list[int]]:
        """Give values."""
        return {"a": [1]}

    @tool()
    async def result() -> Result:
        """Give a result."""
        return Result("said", {"x": 1}, b"whole", "whole.txt")

    assert await struct.call({}, context) == Result("It is 4.", {"number": 4})
    assert await values.call({}, context) == Result('{"a":[1]}', {"value": {"a": [1]}})
    assert (await result.call({}, context)).overflow == b"whole"
    assert result.spec.returns is None and struct.spec.returns


async def test_reconciling_gets_checked_arguments_with_defaults(context: Context) -> None:
    seen: list[Any] = []

    async def reconcile(arguments: Arguments, context: Context) -> Result | None:
        seen.append((arguments, context.key))
        return None

    @tool(effects="once", reconcile=reconcile)
    async def act(what: str, times: int = 2) -> str:
        """Act."""
        return what

    assert isinstance(act, Reconcilable) and not isinstance(everything, Reconcilable)
    assert await act.reconcile({"what": "x"}, context) is None
    assert seen == [({"what": "x", "times": 2}, "0" * 32)]
    with pytest.raises(ToolRetry):
        await act.reconcile({}, context)


def test_a_parameter_without_a_type_is_a_mistake_of_the_author() -> None:
    with pytest.raises(TypeError, match="needs a type"):
        tool()(eval("lambda untyped: 1"))
    with pytest.raises(TypeError, match="needs a type"):

        @tool()
        def many(*words: str) -> str:
            """Many."""
            return ""


def test_types_that_contain_themselves_are_refused() -> None:
    with pytest.raises(TypeError, match="contains itself"):

        @tool()
        def deep(tree: Tree) -> str:
            """Deep."""
            return ""


class Tree(Struct):
    children: list["Tree"]


def test_one_tool_is_a_tool() -> None:
    assert isinstance(everything, FunctionTool)

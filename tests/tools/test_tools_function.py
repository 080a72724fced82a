"""Tools from typed functions."""

import asyncio
import dataclasses
import datetime
import enum
import threading
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, NotRequired, TypedDict

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


def test_a_parameter_without_a_type_has_that_of_its_default_or_any() -> None:
    found = tool()(eval("lambda anything, count=3, nothing=None: 1")).spec.parameters["properties"]
    assert found == {"anything": {}, "count": {"type": "integer", "default": 3}, "nothing": {"default": None}}


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("lambda *words: 1", r"\*words cannot be asked of a model"),
        ("lambda **words: 1", "cannot be asked of a model"),
        ("lambda word, /: 1", "cannot be asked of a model"),
        ("lambda self: 1", "cannot be asked of a model"),
        ("lambda: (yield)", "yields, and a tool answers once"),
    ],
)
def test_what_no_model_can_call_is_refused_where_it_is_written(written: str, said: str) -> None:
    with pytest.raises(TypeError, match=said):
        tool()(eval(written))


def test_a_type_that_json_has_not_is_named() -> None:
    with pytest.raises(TypeError, match="complex is no type that JSON has"):

        @tool()
        def many(number: complex) -> str:
            """Many."""
            return ""


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclasses.dataclass
class Point:
    x: int
    y: float = 0.0


class Person(TypedDict):
    name: str
    age: NotRequired[int]


@tool()
def paint(
    colour: Colour,
    where: Point,
    who: Person,
    at: datetime.datetime,
    data: bytes = b"",
    to: Path = Path(),
    size: Decimal | None = None,
) -> Path:
    """Paint."""
    assert isinstance(to, Path) and isinstance(where, Point) and isinstance(colour, Colour) and isinstance(data, bytes)
    return to / f"{colour.value}-{where.x}-{who['name']}-{at.year}-{size}"


async def test_the_types_of_python_are_asked_for_and_given(context: Context) -> None:
    found = paint.spec.parameters["properties"]
    assert sorted(found["colour"]["enum"]) == ["blue", "red"] and found["who"]["required"] == ["name"]
    assert (found["at"]["format"], found["to"]) == ("date-time", {"type": "string", "default": "."})
    given: Arguments = {
        "colour": "red", "where": {"x": 1}, "who": {"name": "Ada"}, "at": "2026-01-02T03:04:05Z", "data": "aGk=",
        "to": "a/b", "size": "1.5",
    }  # fmt: skip
    assert (await paint.call(given, context)).data == {"value": "a/b/red-1-Ada-2026-1.5"}
    with pytest.raises(ToolRetry, match="'to' of paint is wrong"):
        await paint.call({**given, "to": "a\0b"}, context)


@pytest.mark.parametrize(
    "rows",
    [
        """Args:
               city: Which city,
                   on two lines: really.
               days (int, optional): How many days.
               context: Given.

           Returns:
               The weather.""",
        """Parameters
           ----------
           city : str
               Which city,

               on two lines: really.
           days : int, optional
               How many days.

           Returns:
               The weather.""",
        """:param city: Which city,
               on two lines: really.
           :type city: str
           :param int days: How many days.

           Returns:
               The weather.""",
    ],
)
def test_what_the_docstring_says_of_parameters_describes_them(rows: str) -> None:
    def weather(city: str, context: Context, days: Annotated[int, "that count"] = 1) -> str:
        return city

    weather.__doc__ = f"Say the weather.\n\n           {rows}\n           "
    found = tool()(weather).spec
    said = {name: one["description"] for name, one in found.parameters["properties"].items()}
    assert said == {"city": "Which city, on two lines: really.", "days": "that count"}
    assert found.description.startswith("Say the weather.") and ":param" not in found.description
    if "----" not in rows:  # NumPy's sections end where another begins
        assert found.description == "Say the weather.\n\nReturns:\n    The weather."


def test_words_that_only_look_like_sections_are_words() -> None:
    def weather(city: str) -> str:
        """Say the weather.

        Parameters:
            Nothing special.
        """
        return city

    assert "Nothing special." in tool()(weather).spec.description


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

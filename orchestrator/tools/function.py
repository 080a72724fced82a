"""Tools from typed functions.

    @tool(scope="read", examples=examples(en={"roll a die": {}}, fr={"lance un dé": {}}),
          answers={"en": "It shows {value}.", "fr": "Il montre {value}."})
    def roll(sides: Annotated[int, "how many faces"] = 6) -> int:
        "Roll a die."

The signature is the JSON Schema of the arguments, the docstring is what a model reads (what it says of a parameter is
that one's description), the return type is the schema of the data. A function returns a Struct (its fields are the data
and its `str` the content), a plain value (the data is `{"value": …}`), or a Result (`returns=` is then the type of its
data). A parameter of type Context is given, not asked. A function that is not async runs in a thread: it must bound its
own time, because a thread cannot be stopped; a cancelled call that has effects waits for it.
"""

import asyncio
import datetime
import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import msgspec

from orchestrator.kernel.messages import Arguments, Effects, Example, Language, Origin, Risk, Scope, ToolSpec
from orchestrator.tools.arguments import Parameters
from orchestrator.tools.base import Context, Result
from orchestrator.tools.docstring import taken_apart
from orchestrator.tools.place import Place
from orchestrator.tools.schema import plain, schema_of

Reconcile = Callable[[Arguments, Context], Awaitable[Result | None]]


class FunctionTool:
    def __init__(
        self, spec: ToolSpec, function: Callable[..., Any], parameters: Parameters, context: str, place: Place
    ) -> None:
        self.spec = spec
        self.place = place
        self._function = function
        self._parameters = parameters
        self._context = context  # the name of the parameter that takes the Context, if any

    def check(self, arguments: Arguments) -> None:
        self._parameters.check(arguments)

    async def call(self, arguments: Arguments, context: Context) -> Result:
        given = self._parameters.check(arguments)
        if self._context:
            given[self._context] = context
        if inspect.iscoroutinefunction(self._function):
            value = await self._function(**given)
        else:
            value = await self._in_thread(given)
        return _result(value)

    async def _in_thread(self, given: dict[str, Any]) -> Any:
        work = asyncio.ensure_future(asyncio.to_thread(self._done, given))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            if self.spec.effects != "none":  # a thread cannot be stopped: no effect may come after the end
                await asyncio.wait((work,))
            raise

    def _done(self, given: dict[str, Any]) -> Any:
        try:
            return self._function(**given)
        except SystemExit as error:  # it would end the loop that waits for it, and all else with it
            raise RuntimeError(f"it exits ({error.code}), and a tool answers") from error


class ReconcilableTool(FunctionTool):
    """A tool that can say, after a crash, whether its effect happened."""

    def __init__(
        self,
        spec: ToolSpec,
        function: Callable[..., Any],
        parameters: Parameters,
        context: str,
        place: Place,
        reconcile: Reconcile,
    ) -> None:
        super().__init__(spec, function, parameters, context, place)
        self._reconcile = reconcile

    async def reconcile(self, arguments: Arguments, context: Context) -> Result | None:
        return await self._reconcile(self._parameters.check(arguments), context)


def register_tool(name: str, description: str = "", **more: Any) -> Callable[[Callable[..., Any]], FunctionTool]:
    """`tool`, with its name and description said first: for functions without types and docstrings."""
    return tool(name=name, description=description, **more)


def tool(
    *,
    name: str = "",
    description: str = "",
    scope: Scope = "read",
    effects: Effects = "none",
    category: str = "custom",
    origin: Origin = "tool",
    examples: tuple[Example, ...] = (),
    answers: Mapping[Language, str] | None = None,
    timeout: float = 30.0,
    reconcile: Reconcile | None = None,
    risks: tuple[Risk, ...] = (),
    secrets: tuple[str, ...] = (),
    place: Place = "server",
    returns: type | None = None,
) -> Callable[[Callable[..., Any]], FunctionTool]:
    def make(function: Callable[..., Any]) -> FunctionTool:
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError(f"{function.__name__} yields, and a tool answers once. Return a list of it all.")
        hints = get_type_hints(function, include_extras=True)
        returned = hints.pop("return", Any)
        contexts = [parameter for parameter, hint in hints.items() if hint is Context]
        about, words = taken_apart(function.__doc__ or "", inspect.signature(function).parameters)
        parameters = Parameters(function.__name__, _described(function, hints, words))
        spec = ToolSpec(
            name=name or function.__name__,
            description=description or about,
            parameters=parameters.schema,
            scope=scope,
            effects=effects,
            category=category,
            origin=origin,
            examples=examples,
            returns=_returns(returns or returned),
            answers=dict(answers or {}),
            timeout=timeout,
            risks=risks,
            secrets=secrets,
        )
        context = contexts[0] if contexts else ""
        if reconcile is None:
            return FunctionTool(spec, function, parameters, context, place)
        return ReconcilableTool(spec, function, parameters, context, place, reconcile)

    return make


def _described(
    function: Callable[..., Any], hints: dict[str, Any], words: Mapping[str, str]
) -> dict[str, tuple[Any, Any]]:
    """Each argument's type, its descriptions as msgspec says them, and its default."""
    found: dict[str, tuple[Any, Any]] = {}
    for name, parameter in inspect.signature(function).parameters.items():
        if hints.get(name) is Context:
            continue
        by_name = parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
        if not by_name or name in ("self", "cls"):
            raise TypeError(
                f"{function.__name__}: {parameter} cannot be asked of a model, which gives every argument by its name."
            )
        default = msgspec.NODEFAULT if parameter.default is parameter.empty else parameter.default
        untyped = Any if default is msgspec.NODEFAULT or default is None else type(default)
        found[name] = (_with_meta(hints.get(name, untyped), words.get(name, "")), default)
    return found


# What msgspec reads of a string, and does not say in the schema.
_FORMATS = {datetime.datetime: "date-time", datetime.time: "time"}


def _with_meta(hint: Any, words: str) -> Any:
    kind, *notes = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    if kind in _FORMATS:
        kind = Annotated[kind, msgspec.Meta(extra_json_schema={"format": _FORMATS[kind]})]
    for note in ([words] if words else []) + notes:  # what is said later counts
        kind = Annotated[kind, msgspec.Meta(description=note) if isinstance(note, str) else note]
    return kind


def _returns(kind: Any) -> dict[str, Any] | None:
    if kind in (Result, Any):
        return None
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return schema_of(kind)
    return schema_of(msgspec.defstruct("Value", [("value", kind)]))


def _result(value: Any) -> Result:
    if isinstance(value, Result):
        return value
    data = plain(value)
    if isinstance(value, msgspec.Struct):
        return Result(str(value), data)
    content = data if isinstance(data, str) else msgspec.json.encode(data).decode()
    return Result(content, {"value": data})

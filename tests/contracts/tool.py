"""What every tool must do, whoever wrote it."""

import re
from pathlib import Path
from typing import Any, ClassVar

import jsonschema_rs
import msgspec
import pytest

from orchestrator.kernel.answers import fields, say
from orchestrator.kernel.clock import Clock, SystemClock
from orchestrator.kernel.errors import ToolError, ToolRetry
from orchestrator.kernel.ids import canonical
from orchestrator.kernel.messages import Arguments, Language
from orchestrator.tools.base import Context, Reconcilable, Result, Tool

LANGUAGES: tuple[Language, ...] = ("en", "fr")


class NoArtifacts:
    """For tools that keep nothing."""

    def put(self, data: bytes) -> str:
        raise AssertionError("this tool keeps no artifact of its own")


def context_of(workspace: Path, clock: Clock | None = None, *, allow_loopback: bool = False) -> Context:
    return Context(
        run_id="run_1",
        key="0" * 32,
        workspace=workspace,
        clock=clock or SystemClock(),
        artifacts=NoArtifacts(),
        allow_loopback=allow_loopback,
    )


class ToolContract:
    """Inherit; give a fixture `tool` and a call that works (`arguments`, or override the fixture `call`).

    `least` is how many example requests there are at least in each language.
    """

    arguments: ClassVar[Arguments] = {}
    least: ClassVar[int] = 4

    @pytest.fixture
    def workspace(self, tmp_path: Path) -> Path:
        folder = tmp_path / "workspace"
        folder.mkdir()
        return folder

    @pytest.fixture
    def context(self, workspace: Path) -> Context:
        return context_of(workspace)

    @pytest.fixture
    def call(self) -> Arguments:
        return dict(self.arguments)

    def test_it_says_what_it_is(self, tool: Tool) -> None:
        spec = tool.spec
        assert re.fullmatch(r"[a-z][a-z0-9_]{1,63}", spec.name)
        assert len(spec.description) > 10 and spec.description.endswith(".")
        assert spec.timeout > 0
        assert msgspec.json.decode(msgspec.json.encode(spec), type=type(spec)) == spec

    def test_its_schemas_are_schemas_with_nothing_to_look_up(self, tool: Tool) -> None:
        for schema in filter(None, (tool.spec.parameters, tool.spec.returns)):
            assert jsonschema_rs.meta.is_valid(schema)
            assert b"$ref" not in canonical(schema)
        assert tool.spec.parameters["type"] == "object"
        assert tool.spec.parameters["additionalProperties"] is False

    def test_every_argument_is_described(self, tool: Tool) -> None:
        for name, schema in tool.spec.parameters["properties"].items():
            assert schema.get("description"), name

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_its_examples_mean_calls_that_it_takes(self, tool: Tool, language: Language) -> None:
        examples = [example for example in tool.spec.examples if example.language == language]
        assert len({example.text for example in examples}) == len(examples) >= self.least
        for example in examples:
            jsonschema_rs.validate(tool.spec.parameters, example.arguments)
            tool.check(example.arguments)

    async def test_it_works_and_its_data_is_as_promised(self, tool: Tool, call: Arguments, context: Context) -> None:
        result = await tool.call(call, context)
        assert result.content
        assert tool.spec.returns is not None
        jsonschema_rs.validate(tool.spec.returns, _journaled(result.data))

    @pytest.mark.parametrize("language", LANGUAGES)
    async def test_its_answer_is_said_from_its_data(
        self, tool: Tool, call: Arguments, context: Context, language: Language
    ) -> None:
        template = tool.spec.answers[language]
        promised = _paths(tool.spec.returns or {})
        assert fields(template) and set(fields(template)) <= promised
        said = say(template, _journaled((await tool.call(call, context)).data), language)
        assert said and "{" + fields(template)[0] + "}" not in said
        assert "{*" not in said

    async def test_an_unknown_argument_is_named(self, tool: Tool, call: Arguments, context: Context) -> None:
        for attempt in (tool.check, None):
            with pytest.raises(ToolRetry, match="no_such_argument"):
                if attempt:
                    attempt({**call, "no_such_argument": 1})
                else:
                    await tool.call({**call, "no_such_argument": 1}, context)

    async def test_a_missing_argument_is_named(self, tool: Tool, call: Arguments, context: Context) -> None:
        for name in tool.spec.parameters.get("required", ()):
            less = {key: value for key, value in call.items() if key != name}
            with pytest.raises(ToolRetry, match=name):
                await tool.call(less, context)

    async def test_an_argument_of_another_type_is_named(self, tool: Tool, call: Arguments, context: Context) -> None:
        for name in tool.spec.parameters["properties"]:
            with pytest.raises(ToolRetry, match=name):
                await tool.call({**call, name: [["wrong"]]}, context)

    async def test_it_can_say_what_became_of_its_effect(self, tool: Tool, call: Arguments, context: Context) -> None:
        if not isinstance(tool, Reconcilable):
            return
        await tool.call(call, context)
        try:
            found = await tool.reconcile(call, context)
        except ToolError as problem:
            assert problem.code == "tool_failed"
        else:
            assert found is None or isinstance(found, Result)


def _journaled(data: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(data))


def _paths(schema: dict[str, Any], before: str = "") -> set[str]:
    """Every field of a schema, dotted, through objects and lists."""
    found = set()
    for name, inner in schema.get("properties", {}).items():
        found |= {before + name} | _paths(inner, f"{before}{name}.")
    for choice in schema.get("anyOf", ()):
        found |= _paths(choice, before)
    return found | (_paths(schema["items"], before) if isinstance(schema.get("items"), dict) else set())

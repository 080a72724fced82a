"""What every policy rule must do, whoever wrote it.

A test class inherits `RuleContract`, gives a `rule` fixture and calls that the rule knows.
"""

from pathlib import Path
from typing import ClassVar

import msgspec
import pytest

from orchestrator.kernel.messages import Arguments, Effects, Origin, Scope
from orchestrator.policy.base import Call, Decision, Rule


def call_of(
    workspace: Path,
    tool: str,
    arguments: Arguments,
    scope: Scope = "read",
    effects: Effects = "none",
    origins: frozenset[Origin] = frozenset({"user"}),
) -> Call:
    return Call("default", "user_1", tool, arguments, scope, effects, workspace, "run_1", origins)


ODD_VALUES: tuple[object, ...] = (
    None,
    7,
    True,
    "",
    " ",
    "\0",
    "a" * 100_000,
    [],
    {},
    [1],
    {"a": {}},
    ["\0"],
    "é",
    "{",
)


class RuleContract:
    """`knows`: (tool, arguments, scope, effects, origins) of calls on which the rule has an opinion."""

    knows: ClassVar[tuple[tuple[str, Arguments, Scope, Effects, frozenset[Origin]], ...]] = ()
    stranger: ClassVar[tuple[str, Arguments, Scope, Effects]] = ("get_weather", {"city": "Lyon"}, "read", "idempotent")

    @pytest.fixture
    def workspace(self, tmp_path: Path) -> Path:
        (tmp_path / "notes.txt").write_text("x")
        return tmp_path

    def calls(self, workspace: Path) -> list[Call]:
        assert self.knows, "the suite needs calls that the rule knows"
        return [call_of(workspace, *known) for known in self.knows]

    def test_it_has_a_name(self, rule: Rule) -> None:
        assert rule.name.isidentifier()

    def test_what_it_knows_it_judges(self, rule: Rule, workspace: Path) -> None:
        for call in self.calls(workspace):
            assert isinstance(rule.judge(call), Decision)

    def test_its_decisions_can_be_read_by_a_person_and_a_program(self, rule: Rule, workspace: Path) -> None:
        for call in self.calls(workspace):
            decision = rule.judge(call)
            assert decision is not None
            assert decision.rule == rule.name
            assert decision.verdict in ("allow", "ask", "deny")
            assert decision.code and decision.code.replace("_", "").isalpha() and decision.code.islower()
            assert decision.reason.endswith(".")
            assert all(isinstance(value, str) for pair in decision.details.items() for value in pair)
            msgspec.json.encode(decision)

    def test_it_says_the_same_twice_and_changes_nothing(self, rule: Rule, workspace: Path) -> None:
        before = sorted(path.name for path in workspace.rglob("*"))
        for call in self.calls(workspace):
            asked = msgspec.json.encode(call.arguments)
            assert rule.judge(call) == rule.judge(call)
            assert rule.shape(call) == rule.shape(call)
            assert msgspec.json.encode(call.arguments) == asked
        assert sorted(path.name for path in workspace.rglob("*")) == before

    def test_what_it_asks_has_a_shape(self, rule: Rule, workspace: Path) -> None:
        for call in self.calls(workspace):
            decision = rule.judge(call)
            if decision is not None and decision.verdict == "ask":
                assert rule.shape(call)

    def test_a_stranger_is_not_denied(self, rule: Rule, workspace: Path) -> None:
        decision = rule.judge(call_of(workspace, *self.stranger))
        assert decision is None or decision.verdict != "deny"

    def test_odd_arguments_never_break_it(self, rule: Rule, workspace: Path) -> None:
        for tool, arguments, scope, effects, origins in self.knows:
            for name in arguments:
                for odd in ODD_VALUES:
                    call = call_of(workspace, tool, {**arguments, name: odd}, scope, effects, origins)
                    decision = rule.judge(call)
                    assert decision is None or decision.verdict in ("allow", "ask", "deny")
                    rule.shape(call)

"""Tools for later, beside a keeper of the tests' own."""

from pathlib import Path
from typing import Any, ClassVar

import pytest
from contracts.tool import ToolContract, context_of
from msgspec import Struct

from orchestrator.kernel.clock import ManualClock
from orchestrator.kernel.errors import InvalidInput, NotFound, ToolRetry
from orchestrator.kernel.messages import Arguments, Origin, Scope
from orchestrator.kernel.settings import Policy as PolicySettings
from orchestrator.kernel.timing import Timing
from orchestrator.policy.base import Call
from orchestrator.policy.decide import Policy
from orchestrator.tools.base import Context, Tool
from orchestrator.tools.scheduling import Kind, scheduling


class One(Struct, frozen=True):
    id: str
    kind: Kind
    text: str
    timing: Timing = Timing(days=(0,), hour=9)
    ended: str = ""
    fired: int = 0
    due: float | None = 1_700_000_000.0


class Book:
    """Knows one word for a time, and keeps what it is given."""

    def __init__(self) -> None:
        self.kept = {"schedule_1": One("schedule_1", "reminder", "call Ada")}

    async def of_run(self, run_id: str) -> tuple[str, tuple[Scope, ...], str]:
        return "usr_1", ("read",), "conversation_1"

    async def add(self, kind: Kind, text: str, when: str, *, name: str, **more: Any) -> One:
        asked = {"subject": "usr_1", "scopes": ("read",), "conversation_id": "conversation_1", "zone": ""}
        assert more == asked | {"run_id": "run_1"}, more
        if when != "every Monday at 9":
            raise InvalidInput("That is no time.", hint="Say another.")
        return self.kept.setdefault(name, One(name, kind, text))

    async def listed(self, subject: str) -> list[One]:
        return list(self.kept.values())

    async def cancel(self, schedule_id: str, *, by: str, subject: str | None) -> One:
        if schedule_id not in self.kept:
            raise NotFound(f"There is no schedule {schedule_id}.")
        return self.kept.pop(schedule_id)


class Later(ToolContract):
    name: ClassVar[str]

    @pytest.fixture
    def book(self) -> Book:
        return Book()

    @pytest.fixture
    def tool(self, book: Book) -> Tool:
        return next(tool for tool in scheduling(book) if tool.spec.name == self.name)

    @pytest.fixture
    def context(self, workspace: Path) -> Context:
        return context_of(workspace, ManualClock())


class TestRemindMe(Later):
    name = "remind_me"
    arguments: ClassVar[Arguments] = {"text": "check the backups", "when": "every Monday at 9"}

    async def test_the_same_call_again_is_one_reminder(self, tool: Tool, book: Book, context: Context) -> None:
        for _ in range(2):
            await tool.call(self.arguments, context)
        assert len(book.kept) == 2

    async def test_what_is_no_time_is_asked_again(self, tool: Tool, context: Context) -> None:
        with pytest.raises(ToolRetry, match="no time"):
            await tool.call({"text": "x", "when": "soon"}, context)


class TestScheduleTask(Later):
    name = "schedule_task"
    arguments: ClassVar[Arguments] = {"goal": "list the files", "when": "every Monday at 9"}


class TestListSchedules(Later):
    name = "list_schedules"


class TestCancelSchedule(Later):
    name = "cancel_schedule"
    arguments: ClassVar[Arguments] = {"schedule_id": "schedule_1"}

    async def test_what_is_not_there_is_said(self, tool: Tool, context: Context) -> None:
        with pytest.raises(ToolRetry, match="no schedule"):
            await tool.call({"schedule_id": "schedule_9"}, context)


class TestSayReminder(Later):
    name = "say_reminder"
    arguments: ClassVar[Arguments] = {"text": "call Ada"}


@pytest.mark.parametrize(
    ("name", "origins", "verdict"),
    [
        ("remind_me", {"user"}, "allow"),
        ("cancel_schedule", {"user", "file"}, "allow"),
        ("remind_me", {"user", "web"}, "ask"),
        ("cancel_schedule", {"user", "skill"}, "ask"),
        ("schedule_task", {"user"}, "ask"),
        ("list_schedules", {"user", "web"}, "allow"),
    ],
)
def test_what_is_noted_here_is_asked_only_after_strangers(
    name: str, origins: set[Origin], verdict: str, tmp_path: Path
) -> None:
    spec = next(tool.spec for tool in scheduling(Book()) if tool.spec.name == name)
    call = Call(
        "t", "u", name, {}, spec.scope, spec.effects, tmp_path, origins=frozenset(origins), category=spec.category
    )
    assert Policy(PolicySettings()).decide(call).verdict == verdict

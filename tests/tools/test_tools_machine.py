"""The system and commands kits."""

import datetime
import time
from pathlib import Path
from typing import Any

import pytest
from contracts.tool import context_of

from orchestrator.kernel.answers import say
from orchestrator.kernel.clock import ManualClock
from orchestrator.kernel.errors import ToolRetry
from orchestrator.kernel.settings import Tools
from orchestrator.tools.base import Context
from orchestrator.tools.catalogue import Catalogue, kits
from orchestrator.tools.kits.system import get_datetime, get_system_info
from orchestrator.tools.sandbox.base import Isolation, Level, Limits, Opening, Outcome, Session


async def test_the_time_is_the_clock_s(tmp_path: Path) -> None:
    context = context_of(tmp_path, ManualClock(1_700_000_000.0))
    data = (await get_datetime.call({"timezone": "Europe/Paris"}, context)).data
    assert data == {
        "iso": "2023-11-14T23:13:20+01:00",
        "date": "2023-11-14",
        "time": "23:13:20",
        "weekday": "Tuesday",
        "timezone": "Europe/Paris",
    }
    assert (await get_datetime.call({"timezone": "UTC"}, context)).data["time"] == "22:13:20"
    local = (await get_datetime.call({}, context)).data
    assert datetime.datetime.fromisoformat(local["iso"]).timestamp() == 1_700_000_000


@pytest.mark.parametrize(
    ("zone", "near"),
    [
        ("Paris", "Europe/Paris"),
        ("new york", "America/New_York"),
        ("Europe/Pari", "Europe/Paris"),
        ("../etc/passwd", "no time zone"),
        ("/etc/localtime", "no time zone"),
        ("a\0b", "no time zone"),
        ("x" * 5000, "no time zone"),
    ],
)
async def test_an_unknown_time_zone_is_answered_with_near_ones(context: Context, zone: str, near: str) -> None:
    with pytest.raises(ToolRetry, match=near):
        await get_datetime.call({"timezone": zone}, context)


async def test_the_machine_is_described(tmp_path: Path) -> None:
    data: Any = (await get_system_info.call({}, context_of(tmp_path))).data
    assert data["cpus"] >= 1 and 0 < data["memory"]["used"] < data["memory"]["total"]
    assert 0 <= data["disk"]["percent"] <= 100 and 0 < data["uptime"] < time.time()
    assert "Python 3." in say(get_system_info.spec.answers["fr"], data, "fr")


class Recorder:
    """A sandbox that runs nothing, and keeps what it was asked."""

    level: Level = "bubblewrap"
    isolation = Isolation("yes", "yes", "yes", "yes", "yes")
    detail = "a fake"

    def __init__(self, outcome: Outcome) -> None:
        self.asked: list[tuple[str, Path, Limits]] = []
        self._outcome = outcome

    async def run(self, command: str, workspace: Path, limits: Limits) -> Outcome:
        self.asked.append((command, workspace, limits))
        return self._outcome

    async def open(self, opening: Opening, workspace: Path, limits: Limits) -> Session:
        raise AssertionError("no program stays here")


async def executed(
    context: Context, outcome: Outcome, settings: Tools | None = None, **more: Any
) -> tuple[Any, Limits]:
    sandbox = Recorder(outcome)
    tool = Catalogue(settings or Tools(), sandbox, kits()).get("execute_command")
    result = await tool.call({"command": "make all", **more}, context)
    assert sandbox.asked[0][:2] == ("make all", context.workspace)
    return result, sandbox.asked[0][2]


async def test_the_settings_bound_what_a_command_may_ask(context: Context) -> None:
    done = Outcome(0, b"", b"", 0.1)
    settings = Tools(timeout=20, memory_mb=64, processes=7, file_mb=3)
    _, limits = await executed(context, done, settings, timeout=500)
    assert (limits.seconds, limits.memory, limits.processes, limits.file) == (20, 64 * 2**20, 7, 3 * 2**20)
    assert (await executed(context, done, settings, timeout=5))[1].seconds == 5
    with pytest.raises(ToolRetry, match="timeout"):
        await executed(context, done, timeout=0)
    with pytest.raises(ToolRetry, match="command"):
        await executed(context, done, command="")


@pytest.mark.parametrize(
    ("outcome", "content"),
    [
        (Outcome(0, b"out\n", b"", 0.1), "out"),
        (Outcome(0, b"", b"", 0.1), "[no output, exit code 0]"),
        (Outcome(2, b"out\n", b"err\n", 0.1), "out\n[stderr]\nerr\n[exit code 2]"),
        (Outcome(0, b"caf\xe9", b"", 0.1), "caf\ufffd"),
        (Outcome(143, b"", b"", 9, "time"), "[exit code 143]\n[stopped after 30 seconds, its time limit]"),
        (Outcome(143, b"y", b"", 9, "output"), "y\n[exit code 143]\n[stopped because it wrote more than 64 MB]"),
        (Outcome(137, b"", b"", 9), "[exit code 137]\n[ended by SIGKILL]"),
        (Outcome(0, b"x", b"", 9, left_out=7), "x\n[7 bytes of output were not kept]"),
    ],
)
async def test_what_a_model_reads_of_a_command(context: Context, outcome: Outcome, content: str) -> None:
    result, _ = await executed(context, outcome)
    assert result.content == content
    assert result.data["timed_out"] == (outcome.ended == "time") and result.data["sandbox"] == "bubblewrap"


async def test_what_a_person_is_told_of_a_command(context: Context, catalogue: Catalogue) -> None:
    answers = catalogue.get("execute_command").spec.answers
    result, _ = await executed(context, Outcome(2, b"out\n", b"", 0.1))
    assert say(answers["en"], result.data, "en") == "out\n\nExit code 2."
    result, _ = await executed(context, Outcome(0, b"out\n", b"", 0.1))
    assert say(answers["fr"], result.data, "fr") == "out\n\nCode de sortie 0."


async def test_a_command_finds_its_workspace_made(catalogue: Catalogue, tmp_path: Path) -> None:
    context = context_of(tmp_path / "not" / "yet")
    result = await catalogue.get("execute_command").call({"command": "pwd"}, context)
    assert result.content == str(tmp_path / "not" / "yet")


async def test_a_silent_command_still_has_an_answer(context: Context, catalogue: Catalogue) -> None:
    result, _ = await executed(context, Outcome(0, b"", b"", 0.1))
    assert say(catalogue.get("execute_command").spec.answers["fr"], result.data, "fr") == "Code de sortie 0."

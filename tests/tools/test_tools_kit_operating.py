"""The machine as it is: processes, disks, ports, services; and what cannot be seen is said."""

import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from contracts.tool import ToolContract

from orchestrator.kernel.errors import ToolFailed, ToolRetry
from orchestrator.kernel.messages import Arguments
from orchestrator.tools.base import Context, Tool
from orchestrator.tools.commandline import shown
from orchestrator.tools.kits import operating, systemd

SYSTEMCTL = """#!/bin/sh
case "$1" in
list-units) echo "nginx.service loaded active running A web server"
            case "$*" in *failed*) ;; *) echo "● cups.service loaded failed failed Printing";; esac;;
show) for last; do :; done
      case "$last" in nginx.service) printf 'Id=nginx.service\\nActiveState=active\\nSubState=running\\nMainPID=42\\n'
      printf 'MemoryCurrent=1048576\\nResult=success\\nLoadState=loaded\\nDescription=A web server\\n';;
      *) printf 'LoadState=not-found\\n';; esac;;
--no-ask-password) case "$*" in *cups*) echo "Access denied" >&2; exit 4;; esac;;
esac
"""
JOURNALCTL = '#!/bin/sh\necho "2024-01-01 host nginx: started $*"\n'


@pytest.fixture
def simulated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SIMULATED: two programs that speak as systemd's do."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, script in (("systemctl", SYSTEMCTL), ("journalctl", JOURNALCTL)):
        (folder / name).write_text(script)
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)


class Operating(ToolContract):
    made: ClassVar[Tool]

    @pytest.fixture
    def tool(self, simulated: None) -> Tool:
        return self.made


class TestListProcesses(Operating):
    made = operating.list_processes


class TestEndProcess(Operating):
    made, arguments = operating.end_process, {"pid": 2**22 + 1}  # no machine has that many


class TestDiskUsage(Operating):
    made = operating.disk_usage


class TestOpenPorts(Operating):
    made = operating.open_ports


class TestLoggedIn(Operating):
    made = operating.logged_in


class TestListServices(Operating):
    made = systemd.list_services


class TestServiceStatus(Operating):
    made, arguments = systemd.service_status, {"name": "nginx"}


class TestControlService(Operating):
    made, arguments = systemd.control_service, {"name": "nginx", "action": "restart"}


class TestReadJournal(Operating):
    made, arguments = systemd.read_journal, {"service": "nginx"}


class TestReadLog(Operating):
    made = systemd.read_log

    @pytest.fixture
    def call(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Arguments:
        monkeypatch.setattr(systemd, "LOGS", tmp_path)
        (tmp_path / "syslog").write_text("one\ntwo\n")
        return {"log": "syslog"}


@pytest.fixture
def listening() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


async def test_this_process_and_its_port_are_there(context: Context, listening: int) -> None:
    found = (await operating.list_processes.call({"sort": "pid", "limit": 1000}, context)).data
    assert os.getpid() in {row["pid"] for row in found["processes"]}
    ports = (await operating.open_ports.call({}, context)).data["ports"]
    (ours,) = [row for row in ports if row["port"] == listening]
    assert ours["address"] == "127.0.0.1" and str(os.getpid()) in ours["process"]
    memory = [row["memory"] for row in (await operating.list_processes.call({}, context)).data["processes"]]
    assert memory == sorted(memory, reverse=True)


async def test_services_are_told_apart_and_what_may_not_be_done_is_said(simulated: None, context: Context) -> None:
    both = (await systemd.list_services.call({}, context)).data["services"]
    assert [(row["name"], row["active"]) for row in both] == [("nginx.service", "active"), ("cups.service", "failed")]
    assert (await systemd.service_status.call({"name": "nginx"}, context)).data["memory"] == 2**20
    with pytest.raises(ToolRetry, match=r"no service 'ghost\.service'"):
        await systemd.service_status.call({"name": "ghost"}, context)
    with pytest.raises(ToolFailed, match="an administrator must do it"):
        await systemd.control_service.call({"name": "cups", "action": "stop"}, context)
    with pytest.raises(ToolRetry, match="no name of a service"):
        await systemd.service_status.call({"name": "-H evil; x"}, context)
    assert systemd.control_service.spec.scope == "admin"


async def test_a_journal_is_read_from_a_moment_on(simulated: None, context: Context) -> None:
    read = await systemd.read_journal.call({"service": "nginx", "since": "2027-01-31T08:00"}, context)
    assert "--since=2027-01-31 08:00 UTC" in read.content
    with pytest.raises(ToolRetry):
        systemd.read_journal.check({"since": "yesterday; x"})


async def test_after_a_crash_a_service_shows_whether_it_was_started(simulated: None, context: Context) -> None:
    control: Any = systemd.control_service
    assert (await control.reconcile({"name": "nginx", "action": "start"}, context)).data["active"] == "active"
    assert await control.reconcile({"name": "nginx", "action": "stop"}, context) is None
    with pytest.raises(ToolFailed, match="cannot be known"):
        await control.reconcile({"name": "nginx", "action": "restart"}, context)


async def test_a_machine_without_systemd_says_so(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ToolFailed, match="no systemctl"):
        await systemd.list_services.call({}, context)


def test_logs_are_read_from_their_folder_only(tmp_path: Path) -> None:
    logs = tmp_path / "log"
    logs.mkdir()
    (tmp_path / "secret").write_text("no")
    (logs / "link").symlink_to(tmp_path / "secret")
    (logs / "syslog").write_text("".join(f"line {index}\n" for index in range(100)))
    assert systemd.read_tail(logs, f"{logs}/syslog", None, 2).lines == ["line 98", "line 99"]
    assert systemd.read_tail(logs, "syslog", "LINE 7", 2).lines == ["line 78", "line 79"]
    with pytest.raises(ToolRetry) as missing:
        systemd.read_tail(logs, "kern.log", None, 2)
    assert missing.value.hint == "There are: syslog."
    for outside in ("../secret", "link", "/etc/passwd"):
        with pytest.raises(ToolRetry):
            systemd.read_tail(logs, outside, None, 2)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("mysqld --port 3306 --datadir=/var/lib", "mysqld --port 3306 --datadir=/var/lib"),
        ("app --password hunter2 serve", "app --password ••• serve"),
        ("env API_KEY=abc app --token=abc", "env API_KEY=••• app --token=•••"),
        (
            "curl -H Authorization:\u00a0x https://ada:hunter2@example.org/a",
            "curl -H Authorization:\u00a0x https://ada:•••@example.org/a",
        ),
        ("psql postgresql://ada:hunter2@db/shop?password=x", "psql postgresql://ada:•••@db/shop?password=•••"),
        ("llm --max_tokens 5", "llm --max_tokens 5"),
    ],
)
def test_no_password_on_a_command_line_is_shown(line: str, told: str) -> None:
    assert " ".join(shown(line.split(" "))) == told


@pytest.fixture
def stranger() -> Iterator[int]:
    """The number of a process that is no child of this one."""
    line = "sleep 60 >/dev/null 2>&1 & echo $!"
    shell = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True)
    yield int(shell.stdout)
    with contextlib.suppress(ProcessLookupError):
        os.kill(int(shell.stdout), signal.SIGKILL)


async def test_a_process_ends_where_it_is_the_one_that_is_meant(stranger: int, context: Context) -> None:
    async def end(**arguments: Any) -> Any:
        return (await operating.end_process.call(arguments, context)).data

    with pytest.raises(ToolRetry, match="is sleep, not nginx"):
        await end(pid=stranger, name="nginx")
    for ours in {os.getpid(), os.getppid()} - {1}:
        with pytest.raises(ToolFailed, match="this server"):
            await end(pid=ours)
    assert await end(pid=stranger, name="sleep") == {"pid": stranger, "name": "sleep", "still": ""}
    assert not (await end(pid=stranger))["still"]  # it has ended already
    assert operating.end_process.spec.scope == "admin" and operating.end_process.spec.risks == ("destroys",)

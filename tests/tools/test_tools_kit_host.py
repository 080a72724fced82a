"""The host kit against a real sshd on this machine: keys are checked, and never accepted in silence."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from contracts.tool import ToolContract, context_of
from servers.sshd import Sshd, sshd_server

from orchestrator.kernel.errors import ToolFailed, ToolRetry
from orchestrator.kernel.hosts import Host
from orchestrator.kernel.messages import Arguments
from orchestrator.tools.base import Context, Tool
from orchestrator.tools.kits.host import tools_for
from orchestrator.tools.shells import Machines


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with sshd_server(tmp_path_factory.mktemp("sshd")) as server:
        yield server


@pytest.fixture
def known(tmp_path: Path, sshd: Sshd) -> Path:
    path = tmp_path / "known_hosts"
    path.write_text(f"[127.0.0.1]:{sshd.port} {public(sshd.folder / 'host.pub')}\n")
    return path


def public(path: Path) -> str:
    return " ".join(path.read_text().split()[:2])


def put(path: Path, text: str) -> None:
    path.write_text(text)


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def new_key(folder: Path) -> Path:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / "stranger")], check=True)
    return folder / "stranger"


def tools_on(sshd: Sshd, known: Path, **more: Any) -> dict[str, Tool]:
    host = Host(address="127.0.0.1", port=sshd.port, user=sshd.user, key_file=str(sshd.key))
    return {tool.spec.name: tool for tool in tools_for(Machines({"web1": host, **more}, known))}


def fingerprint(sshd: Sshd) -> str:
    told = subprocess.run(
        ["ssh-keygen", "-lf", str(sshd.folder / "host.pub")], capture_output=True, text=True, check=True
    )
    return told.stdout.split()[1]


class HostTool(ToolContract):
    name: ClassVar[str]

    @pytest.fixture
    def workspace(self, tmp_path: Path) -> Path:
        folder = tmp_path / "workspace"
        folder.mkdir()
        (folder / "a.txt").write_text("a")
        return folder

    @pytest.fixture
    def tool(self, sshd: Sshd, known: Path) -> Tool:
        return tools_on(sshd, known)[self.name]


class TestListHosts(HostTool):
    name = "list_hosts"


class TestTrustHost(HostTool):
    name = "trust_host"

    @pytest.fixture
    def call(self, sshd: Sshd) -> Arguments:
        return {"machine": "web1", "fingerprint": fingerprint(sshd)}


class TestRunOnHost(HostTool):
    name, arguments = "run_on_host", {"machine": "web1", "line": "echo hello"}


class TestCopyToHost(HostTool):
    name = "copy_to_host"

    @pytest.fixture
    def call(self, tmp_path: Path) -> Arguments:
        return {"machine": "web1", "file": "a.txt", "there": str(tmp_path / "there.txt")}


class TestCopyFromHost(HostTool):
    name = "copy_from_host"

    @pytest.fixture
    def call(self, tmp_path: Path) -> Arguments:
        (tmp_path / "there.txt").write_text("there")
        return {"machine": "web1", "file": "b.txt", "there": str(tmp_path / "there.txt")}


async def test_a_command_says_what_it_did(sshd: Sshd, known: Path, context: Context) -> None:
    tools = tools_on(sshd, known)
    line = "echo out; echo wrong >&2; exit 3"
    ran = (await tools["run_on_host"].call({"machine": "web1", "line": line}, context)).data
    assert (ran["exit_code"], ran["stdout"], ran["stderr"]) == (3, "out\n", "wrong\n")
    assert (await tools["run_on_host"].call({"machine": "web1", "line": "kill -9 $$"}, context)).data[
        "exit_code"
    ] == 137
    with pytest.raises(ConnectionError, match="connection to web1 was lost"):
        await tools["run_on_host"].call({"machine": "web1", "line": "kill -9 $PPID"}, context)
    with pytest.raises(ToolFailed, match="took longer than 1 s"):
        await tools["run_on_host"].call({"machine": "web1", "line": "sleep 30", "seconds": 1}, context)
    assert tools["run_on_host"].spec.scope == "execute" and "sends" in tools["run_on_host"].spec.risks


async def test_a_machine_is_trusted_by_its_fingerprint_and_nothing_else(
    sshd: Sshd, tmp_path: Path, context: Context
) -> None:
    known = tmp_path / "new" / "known_hosts"
    tools = tools_on(sshd, known)
    run = {"machine": "web1", "line": "echo hello"}
    with pytest.raises(ToolFailed, match="first time") as met:
        await tools["run_on_host"].call(run, context)
    assert fingerprint(sshd) in str(met.value) and known.read_text() == ""
    with pytest.raises(ToolFailed, match="another key"):
        await tools["trust_host"].call({"machine": "web1", "fingerprint": "SHA256:" + "A" * 43}, context)
    assert known.read_text() == ""
    await tools["trust_host"].call({"machine": "web1", "fingerprint": fingerprint(sshd)}, context)
    assert (await tools["run_on_host"].call(run, context)).data["stdout"] == "hello\n"
    assert tools["trust_host"].spec.scope == "admin"


async def test_a_machine_with_another_key_than_before_is_refused(sshd: Sshd, known: Path, context: Context) -> None:
    mine = public(sshd.key.with_suffix(".pub"))
    put(known, f"[127.0.0.1]:{sshd.port} {mine}\n")
    tools = tools_on(sshd, known)
    with pytest.raises(ToolFailed, match="another key than before"):
        await tools["run_on_host"].call({"machine": "web1", "line": "id"}, context)
    with pytest.raises(ToolFailed, match="Another key of web1 is known"):
        await tools["trust_host"].call({"machine": "web1", "fingerprint": fingerprint(sshd)}, context)


async def test_files_go_there_and_back(sshd: Sshd, known: Path, workspace: Path, tmp_path: Path) -> None:
    tools, context = tools_on(sshd, known), context_of(workspace)
    (workspace / "a.bin").write_bytes(bytes(range(256)) * 3000)
    there = str(tmp_path / "there.bin")
    for _ in range(2):
        await tools["copy_to_host"].call({"machine": "web1", "file": "a.bin", "there": there}, context)
    await tools["copy_from_host"].call({"machine": "web1", "there": there, "file": "in/b.bin"}, context)
    assert (workspace / "in" / "b.bin").read_bytes() == (workspace / "a.bin").read_bytes()
    with pytest.raises(ToolRetry, match="there already"):
        await tools["copy_from_host"].call({"machine": "web1", "there": there, "file": "in/b.bin"}, context)
    with pytest.raises(ToolFailed, match="cannot be copied"):
        await tools["copy_from_host"].call({"machine": "web1", "there": "/nowhere/x", "file": "c"}, context)
    with pytest.raises(ToolRetry, match="outside the workspace"):
        await tools["copy_from_host"].call({"machine": "web1", "there": there, "file": "../c"}, context)
    assert files_in(workspace) == ["a.bin", "b.bin"]


async def test_only_named_machines_are_there(sshd: Sshd, known: Path, context: Context, tmp_path: Path) -> None:
    stranger = new_key(tmp_path)
    other = Host(address="127.0.0.1", port=sshd.port, user=sshd.user, key_file=str(stranger))
    gone = Host(address="127.0.0.1", port=1, user="x")
    tools = tools_on(sshd, known, other=other, gone=gone)
    for machine, kind, why in (
        ("ghost", ToolRetry, "There are: gone, other, web1"),
        ("other", ToolFailed, "does not let"),
        ("gone", ToolFailed, "cannot be reached"),
    ):
        with pytest.raises(kind, match=why):
            await tools["run_on_host"].call({"machine": machine, "line": "id"}, context)
    nobody = {tool.spec.name: tool for tool in tools_for(Machines({}, known))}
    with pytest.raises(ToolFailed, match=r"tools\.hosts"):
        await nobody["run_on_host"].call({"machine": "web1", "line": "id"}, context)

"""The docker kit against an API of recorded answers on a unix socket, and a real Docker where there is one."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from contracts.tool import ToolContract
from servers.docker_daemon import ANSWERS, listening

from orchestrator.kernel.errors import ToolFailed, ToolRetry
from orchestrator.kernel.messages import Arguments
from orchestrator.tools.base import Context, Tool
from orchestrator.tools.kits.docker import opened, tools_at

SOCKET = Path("/var/run/docker.sock")
Daemon = tuple[str, list[tuple[str, Any]]]  # its address, and what it was asked


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    with listening(tmp_path_factory.mktemp("docker"), ANSWERS) as found:
        yield found


@pytest.fixture
def asked(daemon: Daemon) -> list[tuple[str, Any]]:
    daemon[1].clear()
    return daemon[1]


@pytest.fixture
def kit(daemon: Daemon) -> dict[str, Tool]:
    return {tool.spec.name: tool for tool in tools_at(lambda: opened(daemon[0]))}


class Docker(ToolContract):
    name: ClassVar[str]
    arguments: ClassVar[Arguments] = {"name": "web"}

    @pytest.fixture
    def tool(self, kit: dict[str, Tool]) -> Tool:
        return kit[self.name]


class TestListContainers(Docker):
    name, arguments = "list_containers", {}


class TestContainerLogs(Docker):
    name = "container_logs"


class TestContainerStats(Docker):
    name = "container_stats"


class TestInspectContainer(Docker):
    name = "inspect_container"


class TestListImages(Docker):
    name, arguments = "list_images", {}


class TestControlContainer(Docker):
    name, arguments = "control_container", {"name": "web", "action": "start"}


class TestPruneDocker(Docker):
    name, arguments = "prune_docker", {"what": "images"}


class TestRunContainer(Docker):
    name, arguments = "run_container", {"image": "shop:1", "command": ["echo", "hi"]}


async def test_an_unhealthy_container_says_why(kit: dict[str, Tool], context: Context) -> None:
    found = (await kit["list_containers"].call({"only": "unhealthy"}, context)).data["containers"]
    assert [(one["name"], one["health"]) for one in found] == [("web", "unhealthy")]
    assert found[0]["why"] == "exit code 7: curl: (7) could not connect"


def _ended(name: str, status: str, **state: Any) -> dict[str, Any]:
    """The recorded answers of one more container, which is not well or was stopped."""
    said = {"Status": status, "Running": False, "ExitCode": 0, "OOMKilled": False, "Error": "", **state}
    text = b"starting\nKeyError: 'DATABASE_URL'\n"
    return {
        f"GET /containers/{name}/json": {"State": said, "RestartCount": 7, "Config": {"Tty": False}},
        f"GET /containers/{name}/logs": b"\2\0\0\0\0\0\0%c" % len(text) + text,
    }


async def test_what_has_no_check_and_does_not_run_is_unhealthy_too(tmp_path: Path, context: Context) -> None:
    rows = [("loops", "restarting", {"ExitCode": 1}), ("full", "exited", {"ExitCode": 137, "OOMKilled": True})]
    rows += [("stopped", "exited", {"ExitCode": 143}), ("done", "exited", {}), ("silent", "dead", {})]
    answers: dict[str, Any] = {**ANSWERS}
    answers["GET /containers/json"] = [
        {"Id": name, "Names": [f"/{name}"], "Image": "shop:1", "State": status, "Status": f"{status} 2 minutes ago"}
        for name, status, _ in rows
    ]
    for name, status, state in rows:
        answers |= _ended(name, status, **state)
    del answers["GET /containers/silent/logs"]  # its logs go elsewhere
    with listening(tmp_path, answers) as (address, _):
        (tool,) = (tool for tool in tools_at(lambda: opened(address)) if tool.spec.name == "list_containers")
        found = (await tool.call({"only": "unhealthy"}, context)).data["containers"]
    assert {one["name"]: one["why"] for one in found} == {
        "loops": "exit code 1; restarted 7 times; last it wrote: starting / KeyError: 'DATABASE_URL'",
        "full": "out of memory; exit code 137; restarted 7 times; last it wrote: starting / KeyError: 'DATABASE_URL'",
        "silent": "restarted 7 times",
    }


async def test_no_value_of_the_environment_is_shown(kit: dict[str, Tool], context: Context) -> None:
    found = await kit["inspect_container"].call({"name": "web"}, context)
    assert found.data["variables"] == ["PASSWORD", "PATH"] and "hunter2" not in found.content
    assert found.data["ports"] == ["80/tcp -> 0.0.0.0:8080"]


async def test_usage_and_logs(kit: dict[str, Tool], context: Context) -> None:
    stats = (await kit["container_stats"].call({"name": "web"}, context)).data
    assert (stats["cpu"], stats["memory"], stats["sent"], stats["processes"]) == (20.0, 2**20, 20, 3)
    assert (await kit["container_logs"].call({"name": "web"}, context)).data["text"] == "hello\nbad\n"


async def test_what_is_run_has_no_rights_and_is_removed(
    kit: dict[str, Tool], context: Context, asked: list[tuple[str, Any]]
) -> None:
    ran = (await kit["run_container"].call({"image": "shop:1", "command": ["echo", "hi"]}, context)).data
    assert (ran["exit_code"], ran["text"]) == (3, "hi\n")
    body = next(body for path, body in asked if path == "POST /containers/create")
    limits = body["HostConfig"]
    assert limits["NetworkMode"] == "none" and limits["CapDrop"] == ["ALL"] and not limits.get("Privileged")
    assert asked[-1][0] == "DELETE /containers/run1"
    removed, made = [path for path, _ in asked if path.startswith(("DELETE", "POST /containers/create"))][:2]
    assert removed == f"DELETE /containers/orchestrator-{context.key}"  # what an earlier try left
    assert made == "POST /containers/create" and kit["run_container"].spec.effects == "idempotent"


async def test_what_acts_is_asked_and_known_after_a_crash(kit: dict[str, Tool], context: Context) -> None:
    assert kit["prune_docker"].spec.risks == ("destroys",)
    assert {kit[name].spec.scope for name in ("control_container", "prune_docker", "run_container")} == {"execute"}
    control: Any = kit["control_container"]
    assert (await control.reconcile({"name": "web", "action": "start"}, context)).data["state"] == "running"
    assert await control.reconcile({"name": "web", "action": "stop"}, context) is None
    with pytest.raises(ToolFailed, match="cannot be known"):
        await control.reconcile({"name": "web", "action": "restart"}, context)


async def test_after_a_crash_a_pruning_is_known_where_nothing_is_left(kit: dict[str, Tool], context: Context) -> None:
    prune: Any = kit["prune_docker"]
    assert (await prune.reconcile({"what": "containers"}, context)).content == "Nothing is left to remove."
    with pytest.raises(ToolFailed, match="can be removed now"):
        await prune.reconcile({"what": "images"}, context)


async def test_what_is_not_there_is_said(kit: dict[str, Tool], context: Context, tmp_path: Path) -> None:
    with pytest.raises(ToolRetry, match="No such container"):
        await kit["container_logs"].call({"name": "ghost"}, context)
    for name in ("../etc", "-f", "a b"):
        with pytest.raises(ToolRetry, match="name"):
            await kit["container_logs"].call({"name": name}, context)
    nobody = {tool.spec.name: tool for tool in tools_at(lambda: opened(f"unix://{tmp_path}/none.sock"))}
    with pytest.raises(ToolFailed, match=r"No Docker answers at .* tools\.docker"):
        await nobody["list_images"].call({}, context)


@pytest.mark.skipif(not os.access(SOCKET, os.W_OK), reason="no Docker on this machine")
async def test_a_real_docker_is_understood(context: Context) -> None:
    tools = {tool.spec.name: tool for tool in tools_at(lambda: opened(f"unix://{SOCKET}"))}
    with contextlib.suppress(ToolFailed):  # its socket is there, and nobody behind it
        assert isinstance((await tools["list_containers"].call({}, context)).data["containers"], list)

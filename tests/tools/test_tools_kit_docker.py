"""The docker kit against an API of recorded answers on a unix socket, and a real Docker where there is one."""

import contextlib
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingUnixStreamServer
from typing import Any, ClassVar

import msgspec
import pytest
from contracts.tool import ToolContract

from orchestrator.kernel.errors import ToolFailed, ToolRetry
from orchestrator.kernel.messages import Arguments
from orchestrator.tools.base import Context, Tool
from orchestrator.tools.kits.docker import opened, tools_at

SOCKET = Path("/var/run/docker.sock")
WEB = {
    "Id": "a" * 64,
    "Name": "/web",
    "RestartCount": 2,
    "State": {
        "Status": "running",
        "Running": True,
        "ExitCode": 0,
        "StartedAt": "2024-01-01T00:00:00Z",
        "Health": {"Status": "unhealthy", "Log": [{"ExitCode": 7, "Output": "curl: (7) could not connect\n"}]},
    },
    "Config": {
        "Tty": False,
        "Image": "shop:1",
        "Cmd": ["serve"],
        "Entrypoint": None,
        "Env": ["PASSWORD=hunter2", "PATH=/bin"],
    },
    "NetworkSettings": {"Ports": {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}]}, "Networks": {"bridge": {}}},
    "Mounts": [{"Source": "/srv", "Destination": "/data"}],
}
ROWS = [
    {"Id": "a" * 64, "Names": ["/web"], "Image": "shop:1", "State": "running", "Status": "Up 2 hours (unhealthy)"},
    {"Id": "b" * 64, "Names": ["/db"], "Image": "pg:16", "State": "running", "Status": "Up 2 hours (healthy)"},
]
USAGE = {"cpu_usage": {"total_usage": 200}, "system_cpu_usage": 2000, "online_cpus": 2}
STATS = {
    "cpu_stats": USAGE,
    "precpu_stats": {"cpu_usage": {"total_usage": 100}, "system_cpu_usage": 1000},
    "memory_stats": {"usage": 2**20, "limit": 2**30},
    "networks": {"eth0": {"rx_bytes": 10, "tx_bytes": 20}},
    "pids_stats": {"current": 3},
}
ANSWERS: dict[str, Any] = {
    "GET /version": {"ApiVersion": "1.50", "Version": "28"},
    "GET /containers/json": ROWS,
    "GET /containers/web/json": WEB,
    f"GET /containers/{'a' * 64}/json": WEB,
    "GET /containers/web/stats": STATS,
    "GET /containers/web/logs": b"\x01\0\0\0\0\0\0\x06hello\n\x02\0\0\0\0\0\0\x04bad\n",
    "GET /images/json": [{"RepoTags": ["shop:1"], "Id": "sha256:" + "c" * 64, "Size": 5_000_000}],
    "POST /containers/web/restart": None,
    "POST /containers/web/start": None,
    "POST /containers/prune": {"ContainersDeleted": ["old"], "SpaceReclaimed": 7},
    "POST /images/prune": {"ImagesDeleted": [{"Deleted": "sha256:d"}], "SpaceReclaimed": 9},
    "POST /containers/create": {"Id": "run1", "Warnings": []},
    "POST /containers/run1/start": None,
    "POST /containers/run1/wait": {"StatusCode": 3},
    "GET /containers/run1/json": WEB,
    "GET /containers/run1/logs": b"\x01\0\0\0\0\0\0\x03hi\n",
    "DELETE /containers/run1": None,
}


class Daemon(BaseHTTPRequestHandler):
    """SIMULATED: answers of Docker, as its API documents them."""

    protocol_version = "HTTP/1.1"
    asked: ClassVar[list[tuple[str, Any]]] = []

    def address_string(self) -> str:
        return "local"

    def log_message(self, format: str, *args: Any) -> None: ...

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        path = self.path.partition("?")[0]
        path = path.removeprefix("/v1.50")
        self.asked.append((f"{self.command} {path}", msgspec.json.decode(body) if body else None))
        found = ANSWERS.get(f"{self.command} {path}", KeyError)
        status = 404 if found is KeyError else 204 if found is None else 200
        data = {404: b'{"message": "No such container: ghost"}', 204: b""}.get(status)
        if data is None:
            data = found if isinstance(found, bytes) else msgspec.json.encode(found)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_DELETE = _answer


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    path = tmp_path_factory.mktemp("docker") / "d.sock"
    with ThreadingUnixStreamServer(str(path), Daemon) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"unix://{path}"
        server.shutdown()


@pytest.fixture
def kit(daemon: str) -> dict[str, Tool]:
    Daemon.asked.clear()
    return {tool.spec.name: tool for tool in tools_at(lambda: opened(daemon))}


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


async def test_no_value_of_the_environment_is_shown(kit: dict[str, Tool], context: Context) -> None:
    found = await kit["inspect_container"].call({"name": "web"}, context)
    assert found.data["variables"] == ["PASSWORD", "PATH"] and "hunter2" not in found.content
    assert found.data["ports"] == ["80/tcp -> 0.0.0.0:8080"]


async def test_usage_and_logs(kit: dict[str, Tool], context: Context) -> None:
    stats = (await kit["container_stats"].call({"name": "web"}, context)).data
    assert (stats["cpu"], stats["memory"], stats["sent"], stats["processes"]) == (20.0, 2**20, 20, 3)
    assert (await kit["container_logs"].call({"name": "web"}, context)).data["text"] == "hello\nbad\n"


async def test_what_is_run_has_no_rights_and_is_removed(kit: dict[str, Tool], context: Context) -> None:
    ran = (await kit["run_container"].call({"image": "shop:1", "command": ["echo", "hi"]}, context)).data
    assert (ran["exit_code"], ran["text"]) == (3, "hi\n")
    body = next(body for path, body in Daemon.asked if path == "POST /containers/create")
    limits = body["HostConfig"]
    assert limits["NetworkMode"] == "none" and limits["CapDrop"] == ["ALL"] and not limits.get("Privileged")
    assert Daemon.asked[-1][0] == "DELETE /containers/run1"


async def test_what_acts_is_asked_and_known_after_a_crash(kit: dict[str, Tool], context: Context) -> None:
    assert kit["prune_docker"].spec.risks == ("destroys",)
    assert {kit[name].spec.scope for name in ("control_container", "prune_docker", "run_container")} == {"execute"}
    control: Any = kit["control_container"]
    assert (await control.reconcile({"name": "web", "action": "start"}, context)).data["state"] == "running"
    assert await control.reconcile({"name": "web", "action": "stop"}, context) is None
    with pytest.raises(ToolFailed, match="cannot be known"):
        await control.reconcile({"name": "web", "action": "restart"}, context)


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

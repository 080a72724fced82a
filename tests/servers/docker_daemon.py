"""SIMULATED: a Docker daemon of recorded answers on a unix socket, as its API documents them."""

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingUnixStreamServer
from typing import Any, ClassVar
from urllib.parse import parse_qs

import msgspec


def state(status: str = "running", **more: Any) -> dict[str, Any]:
    """What `inspect` says of how a container is."""
    there = status in ("running", "paused", "restarting")
    return {
        "Status": status,
        "Running": there,
        "Paused": status == "paused",
        "Restarting": status == "restarting",
        "OOMKilled": False,
        "Dead": status == "dead",
        "Pid": 22031 if status == "running" else 0,
        "ExitCode": 0,
        "Error": "",
        "StartedAt": "2024-01-01T00:00:00.310378409Z" if status != "created" else NEVER,
        "FinishedAt": NEVER if status in ("running", "paused", "created") else "2024-01-01T00:00:01.764182497Z",
        **more,
    }


def inspected(name: str, state: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "Id": name[0] * 64,
        "Name": f"/{name}",
        "RestartCount": 0,
        "State": state,
        "Config": {"Tty": False, "Image": "shop:1", "Cmd": ["serve"], "Entrypoint": None, "Env": ["PATH=/bin"]},
        "NetworkSettings": {"Ports": {}, "Networks": {"bridge": {}}},
        "Mounts": [],
        **more,
    }


def row(name: str, image: str, state: str, status: str) -> dict[str, Any]:
    return {"Id": name[0] * 64, "Names": [f"/{name}"], "Image": image, "State": state, "Status": status}


NEVER = "0001-01-01T00:00:00Z"
CHECKED = {
    "Start": "2024-01-01T02:00:00.911420244Z",
    "End": "2024-01-01T02:00:00.988135398Z",
    "ExitCode": 7,
    "Output": "curl: (7) could not connect\n",
}
WEB = inspected(
    "web",
    state(Health={"Status": "unhealthy", "FailingStreak": 2, "Log": [CHECKED]}),
    RestartCount=2,
    Config={
        "Tty": False,
        "Image": "shop:1",
        "Cmd": ["serve"],
        "Entrypoint": None,
        "Env": ["PASSWORD=hunter2", "PATH=/bin"],
        "StopTimeout": 30,
    },
    NetworkSettings={"Ports": {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}]}, "Networks": {"bridge": {}}},
    Mounts=[{"Source": "/srv", "Destination": "/data"}],
)
DB = inspected("db", state(Health={"Status": "healthy", "FailingStreak": 0, "Log": []}))
RAN = inspected("run1", state("exited", ExitCode=3))
ROWS = [
    row("web", "shop:1", "running", "Up 2 hours (unhealthy)"),
    row("db", "pg:16", "running", "Up 2 hours (healthy)"),
]
NAMED = '{"name": ["^/?old$"]}'


def event(action: str, **attributes: str) -> dict[str, Any]:
    about = {"ID": "w" * 64, "Attributes": {"image": "shop:1", "name": "web", **attributes}}
    return {"Type": "container", "Action": action, "Actor": about, "scope": "local", "time": 1704067200}


EVENTS = [event("start"), event("die", exitCode="137"), event("health_status: unhealthy")]
STOPPED = '{"status": ["created", "exited", "dead"]}'
USAGE = {"cpu_usage": {"total_usage": 200}, "system_cpu_usage": 2000, "online_cpus": 2}
STATS = {
    "cpu_stats": USAGE,
    "precpu_stats": {"cpu_usage": {"total_usage": 100}, "system_cpu_usage": 1000},
    "memory_stats": {"usage": 2**20 + 4096, "limit": 2**30, "stats": {"total_inactive_file": 4096}},
    "networks": {"eth0": {"rx_bytes": 10, "tx_bytes": 20}},
    "pids_stats": {"current": 3},
}
ANSWERS: dict[str, Any] = {
    "GET /version": {"ApiVersion": "1.50", "Version": "28"},
    "GET /containers/json": {"by filters": {STOPPED: [], NAMED: []}, "else": ROWS},
    "GET /containers/web/json": WEB,
    f"GET /containers/{'w' * 64}/json": WEB,
    "GET /containers/db/json": DB,
    f"GET /containers/{'d' * 64}/json": DB,
    "GET /containers/web/stats": STATS,
    "GET /containers/web/logs": b"\x01\0\0\0\0\0\0\x06hello\n\x02\0\0\0\0\0\0\x04bad\n",
    "GET /images/json": [{"RepoTags": ["shop:1"], "Id": "sha256:" + "c" * 64, "Size": 5_000_000}],
    "POST /containers/web/restart": None,
    "POST /containers/web/stop": None,
    "POST /containers/web/start": None,
    "POST /containers/prune": {"ContainersDeleted": ["old"], "SpaceReclaimed": 7},
    "POST /images/prune": {"ImagesDeleted": [{"Untagged": "old:1"}, {"Deleted": "sha256:d"}], "SpaceReclaimed": 9},
    "POST /containers/create": {"Id": "run1", "Warnings": []},
    "POST /containers/run1/start": None,
    "POST /containers/run1/wait": {"Error": None, "StatusCode": 3},
    "GET /containers/run1/json": RAN,
    "GET /containers/run1/logs": b"\x01\0\0\0\0\0\0\x03hi\n",
    "DELETE /containers/run1": None,
    "DELETE /containers/old": None,
    "POST /containers/web/exec": {"Id": "exec1"},
    "POST /exec/exec1/start": b"\x01\0\0\0\0\0\0\x03hi\n",
    "GET /exec/exec1/json": {"ID": "exec1", "Running": False, "ExitCode": 3},
    "GET /events": b"".join(msgspec.json.encode(event) + b"\n" for event in EVENTS),
}


class Daemon(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    answers: ClassVar[dict[str, Any]] = ANSWERS
    asked: ClassVar[list[tuple[str, Any]]] = []

    def address_string(self) -> str:
        return "local"

    def log_message(self, format: str, *args: Any) -> None: ...

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        path, _, query = self.path.partition("?")
        path = path.removeprefix("/v1.50")
        self.asked.append((f"{self.command} {path}", msgspec.json.decode(body) if body else parse_qs(query)))
        found = self.answers.get(f"{self.command} {path}", KeyError)
        if isinstance(found, dict) and "by filters" in found:
            found = found["by filters"].get(parse_qs(query).get("filters", [""])[0], found["else"])
        status = 404 if found is KeyError else 204 if found is None else 200
        data = {404: b'{"message": "No such container: ghost"}', 204: b""}.get(status)
        if data is None:
            data = found if isinstance(found, bytes) else msgspec.json.encode(found)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        streamed = isinstance(found, bytes)  # as Docker does with what may go on
        self.send_header(*(("Transfer-Encoding", "chunked") if streamed else ("Content-Length", str(len(data)))))
        self.end_headers()
        self.wfile.write(b"%x\r\n%b\r\n0\r\n\r\n" % (len(data), data) if streamed else data)

    do_GET = do_POST = do_DELETE = _answer


@contextlib.contextmanager
def listening(folder: Path, answers: dict[str, Any]) -> Iterator[tuple[str, list[tuple[str, Any]]]]:
    """Its address, and what it was asked."""
    asked: list[tuple[str, Any]] = []
    handler = type("Answering", (Daemon,), {"answers": answers, "asked": asked})
    path = folder / "docker.sock"
    with ThreadingUnixStreamServer(str(path), handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield f"unix://{path}", asked
        finally:
            server.shutdown()

"""Servers that a command starts and stops: PostgreSQL, NATS, and ours. Each in a session of its own, so that
Ctrl-C reaches the command alone, which then stops them in order."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import msgspec

from orchestrator.kernel.errors import InvalidSettings, OrchestratorError

STARTING = 60.0  # seconds
STOPPING = 30.0


class NotStarted(OrchestratorError):
    code = "not_started"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


class Machine:
    """One process, its log, and how it is told to stop."""

    def __init__(self, name: str, folder: Path, sign: int = signal.SIGTERM) -> None:
        self.name = name
        self.folder = folder
        self.log = folder / f"{name}.log"
        self._sign = sign
        self.process: subprocess.Popen[str] | None = None

    def start(self, command: list[str], **options: Any) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stderr=log, text=True, start_new_session=True,
                **{"stdout": log, **options},
            )  # fmt: skip

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def failed(self) -> NotStarted:
        said = self.log.read_text("utf-8", "replace").strip().splitlines()
        return NotStarted(f"{self.name} did not start: {' '.join(said[-3:])}", hint=f"Its log: {self.log}")

    def stop(self) -> None:
        if self.process is None:
            return
        if self.alive:
            self.process.send_signal(self._sign)
        try:
            self.process.wait(STOPPING)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()


def postgresql(folder: Path) -> tuple[Machine, str]:
    """A PostgreSQL of one's own in the folder, and its address. Never as root."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("postgres")
    if not found and not on_path:
        raise InvalidSettings(
            "PostgreSQL is not installed on this machine.", hint="apt install postgresql, or name one with --database."
        )
    programs = found[-1].parent if found else Path(str(on_path)).resolve().parent
    data, options = folder / "postgresql", dict[str, Any]()
    data.mkdir(mode=0o700)
    if os.geteuid() == 0:
        for path in (folder, data):
            shutil.chown(path, "postgres", "postgres")
        options = {"user": "postgres", "group": "postgres", "extra_groups": [], "cwd": "/"}
    made = subprocess.run(
        [programs / "initdb", "-D", data, "-U", "orchestrator", "-E", "UTF8", "--locale=C.UTF-8", "-A", "trust"],
        capture_output=True, check=False, text=True, **options,
    )  # fmt: skip
    if made.returncode:
        raise NotStarted(f"PostgreSQL could not be set up: {made.stderr.strip()}")
    machine = Machine("postgresql", folder, signal.SIGINT)  # fast: connections are cut
    where = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={folder}"]
    machine.start([str(programs / "postgres"), "-D", str(data), *where], **options)
    ready = [str(programs / "pg_isready"), "-q", "-h", str(folder), "-U", "orchestrator"]
    until = time.monotonic() + STARTING
    while subprocess.run(ready, check=False).returncode:
        if not machine.alive or time.monotonic() > until:
            machine.stop()
            raise machine.failed()
        time.sleep(0.05)
    return machine, f"postgresql://orchestrator@/postgres?host={folder}"


def nats(folder: Path) -> tuple[Machine, str]:
    program = shutil.which("nats-server", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        raise InvalidSettings("nats-server is not installed on this machine.", hint="apt install nats-server")
    machine, port = Machine("nats", folder), free_port()
    machine.start([program, "-a", "127.0.0.1", "-p", str(port), "-js", "-sd", str(folder / "nats")])
    until = time.monotonic() + STARTING
    while True:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1.0).close()
            return machine, f"nats://127.0.0.1:{port}"
        if not machine.alive or time.monotonic() > until:
            machine.stop()
            raise machine.failed()
        time.sleep(0.02)


class Address(msgspec.Struct, frozen=True):
    url: str
    sign_in: str


def server(
    name: str, folder: Path, environment: dict[str, str], port: int, config: Path | None = None
) -> tuple[Machine, Address]:
    """`orchestrator serve` with settings from the environment, and from a file beneath them."""
    machine = Machine(name, folder)
    command = [sys.executable, "-m", "orchestrator", "serve", "--json", "--port", str(port)]
    command += ["--config", str(config)] if config else []
    machine.start(command, stdout=subprocess.PIPE, env={**os.environ, **environment})
    assert machine.process is not None and machine.process.stdout is not None
    said = ""
    for line in machine.process.stdout:
        said += line
        with contextlib.suppress(msgspec.DecodeError):
            return machine, msgspec.json.decode(said, type=Address)
    machine.stop()
    raise machine.failed()

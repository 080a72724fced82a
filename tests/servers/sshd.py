"""A real sshd for the tests, on a free port of this machine, with keys of its own."""

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from msgspec import Struct
from servers.nats import STARTING, free_port, program


class Sshd(Struct, frozen=True):
    port: int
    user: str
    key: Path  # that it lets in
    folder: Path


def _greets(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False


@contextmanager
def sshd_server(folder: Path) -> Iterator[Sshd]:
    path = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin") or program("sshd")
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True)
    shutil.copy(folder / "user.pub", folder / "authorized")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # root's sshd wants it
    for _ in range(5):  # a port that was free may be taken before it listens
        port = free_port()
        options = {
            "ListenAddress": f"127.0.0.1:{port}",
            "HostKey": str(folder / "host"),
            "AuthorizedKeysFile": str(folder / "authorized"),
            "PidFile": "none",
            "UsePAM": "no",
            "StrictModes": "no",
            "PasswordAuthentication": "no",
            "KbdInteractiveAuthentication": "no",
            "PermitRootLogin": "prohibit-password",
            "MaxStartups": "100",
            "Subsystem": "sftp internal-sftp",
        }
        (folder / "config").write_text("".join(f"{name} {value}\n" for name, value in options.items()))
        server = subprocess.Popen([path, "-D", "-e", "-f", str(folder / "config")], stderr=subprocess.DEVNULL)
        try:
            until = time.monotonic() + STARTING
            while server.poll() is None and not _greets(port) and time.monotonic() < until:
                time.sleep(0.02)
            if server.poll() is None:
                yield Sshd(port, getpass.getuser(), folder / "user", folder)
                return
        finally:
            server.terminate()
            server.wait()
    pytest.fail("sshd does not start")

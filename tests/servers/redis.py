"""A real Redis, started for the tests on a free port, in a temporary folder, without persistence."""

import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from servers.nats import STARTING, free_port, program


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False


@contextmanager
def redis_server() -> Iterator[str]:
    """Its address."""
    command = [program("redis-server"), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    with tempfile.TemporaryDirectory(prefix="redis-") as folder:
        for _ in range(5):  # a port that was free may be taken before it listens
            port = free_port()
            server = subprocess.Popen([*command, "--port", str(port), "--dir", folder], stdout=subprocess.DEVNULL)
            try:
                until = time.monotonic() + STARTING
                while server.poll() is None and not _answers(port) and time.monotonic() < until:
                    time.sleep(0.02)
                if server.poll() is None:
                    yield f"redis://127.0.0.1:{port}/0"
                    return
            finally:
                server.terminate()
                server.wait()
        pytest.fail("redis-server does not start")

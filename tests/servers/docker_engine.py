"""A real Docker for the tests: this machine's, or one of our own where dockerd is installed.

No server is promised: without either, tests are skipped, in CI too. What is made there has names of its own and is
removed afterwards; what is somebody else's is never touched.
"""

import contextlib
import io
import os
import shutil
import subprocess
import tarfile
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker  # type: ignore[import-untyped]
import pytest
import requests
from msgspec import Struct
from servers.nats import STARTING

SOCKET = Path("/var/run/docker.sock")
_PROGRAMS = ("sh", "sleep")  # of this machine: all that the image holds


class Engine(Struct, frozen=True):
    address: str
    client: Any  # docker.APIClient, which has no types
    name: str  # the image's, and what the names of our containers begin with
    own: bool  # nobody else's containers are there

    def make(self, name: str, script: str, **more: Any) -> str:
        """A container that runs this, begun; its name."""
        limits = self.client.create_host_config(network_mode="none", **more.pop("limits", {}))
        command = more.pop("command", ["/bin/sh", "-c", script])
        called = f"{self.name}-{name}"
        made = self.client.create_container(f"{self.name}:1", command, name=called, host_config=limits, **more)
        with contextlib.suppress(docker.errors.APIError):  # what cannot be started is there all the same
            self.client.start(made)
        return called


@contextlib.contextmanager
def docker_engine() -> Iterator[Engine]:
    with contextlib.ExitStack() as stack:
        address = f"unix://{SOCKET}"
        client = _answering(address) if os.access(SOCKET, os.W_OK) else None
        if own := client is None:
            address = stack.enter_context(_started())
            client = _answering(address)
            assert client is not None
        stack.callback(client.close)
        name = f"orchestrator-test-{uuid.uuid4().hex[:8]}"
        stack.callback(_clear, client, name)
        client.import_image_from_data(_image(), repository=name, tag="1")
        yield Engine(address, client, name, own)


def _answering(address: str) -> Any:
    """A client of whoever answers there; None where nobody does."""
    with contextlib.suppress(docker.errors.DockerException, requests.RequestException):
        return docker.APIClient(base_url=address, version="auto", timeout=60)
    return None


@contextlib.contextmanager
def _started() -> Iterator[str]:
    """A daemon of our own, without networks, in a folder of its own."""
    program = shutil.which("dockerd", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None or os.geteuid() != 0:
        pytest.skip("no Docker answers on this machine, and none can be started")
    folder = Path(tempfile.mkdtemp(prefix="docker-"))
    address = f"unix://{folder}/socket"
    options = ["--iptables=false", "--ip6tables=false", "--bridge=none", "--storage-driver=vfs", "-H", address]
    places = [f"--data-root={folder}/data", f"--exec-root={folder}/exec", f"--pidfile={folder}/pid"]
    server = subprocess.Popen([program, *options, *places], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + STARTING
        while (found := _answering(address)) is None:
            if server.poll() is not None or time.monotonic() > until:
                pytest.skip("dockerd is installed and does not start on this machine")
            time.sleep(0.05)
        found.close()
        yield address
    finally:
        server.terminate()
        server.wait()
        _unmount(folder)
        shutil.rmtree(folder)


def _unmount(folder: Path) -> None:
    """What containers left mounted there, the innermost first."""
    mounted = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    for place in sorted((one for one in mounted if one.startswith(f"{folder}/")), reverse=True):
        subprocess.run(["umount", place], check=True)


def _clear(client: Any, name: str) -> None:
    for row in client.containers(all=True, filters={"ancestor": f"{name}:1"}):
        client.remove_container(row["Id"], force=True, v=True)
    with contextlib.suppress(docker.errors.ImageNotFound):
        client.remove_image(f"{name}:1", force=True)


def _image() -> bytes:
    """A few programs of this machine with the libraries they are linked to, as the files of an image."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w", dereference=True) as files:
        wanted: dict[str, str] = {}
        for name in _PROGRAMS:
            found = shutil.which(name)
            assert found is not None
            linked = subprocess.run(["ldd", found], check=True, capture_output=True, text=True).stdout
            wanted |= {f"bin/{name}": found} | {word[1:]: word for word in linked.split() if word.startswith("/")}
        for folder in sorted({str(one) for path in wanted for one in Path(path).parents} - {"."}):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            files.addfile(entry)
        for path, found in wanted.items():
            files.add(found, path)
    return data.getvalue()

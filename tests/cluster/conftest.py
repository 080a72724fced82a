"""Real servers for the cluster's tests: PostgreSQL and NATS."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers.nats import NatsServer, free_port


class Quick:
    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.folder = folder / "pg"
        self.user = "postgres" if os.getuid() == 0 else None
        self.dsn = f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        initdb = "/usr/lib/postgresql/15/bin/initdb"
        self.folder.mkdir(mode=0o700)
        if self.user:
            shutil.chown(self.folder, self.user)
            for parent in self.folder.parents:
                if parent.owner() == "root" and parent.is_relative_to("/tmp/") and parent != Path("/tmp"):
                    parent.chmod(0o755)
        subprocess.run(
            [initdb, "-D", self.folder, "-U", "postgres", "-A", "trust", "-N"],
            user=self.user,
            check=True,
            capture_output=True,
        )
        self.process = subprocess.Popen(
            [
                Path(initdb).with_name("postgres"),
                "-D",
                self.folder,
                "-p",
                str(self.port),
                "-h",
                "127.0.0.1",
                "-k",
                "",
                "-c",
                "fsync=off",
                "-c",
                "max_connections=100",
            ],
            user=self.user,
            stdout=subprocess.DEVNULL,
            stderr=(self.folder.parent / "pg.log").open("wb"),
        )
        ready = Path(initdb).with_name("pg_isready")
        while subprocess.run([ready, "-q", "-h", "127.0.0.1", "-p", str(self.port)], check=False).returncode:
            time.sleep(0.05)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.wait()


@pytest.fixture(scope="session")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Quick]:
    server = Quick(tmp_path_factory.mktemp("pg"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def nats_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    server = NatsServer(tmp_path_factory.mktemp("nats"))
    server.start()
    yield server
    server.stop()

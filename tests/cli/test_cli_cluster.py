"""A cluster as a person has it: started, looked at, one server rested and one killed, and stopped."""

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from commanding import COMMAND, LIMIT, Done, InProcess
from servers.postgresql import Server


class Dev:
    """`orchestrator cluster dev` in a process of its own."""

    def __init__(self, data: Path, environ: dict[str, str], database: str) -> None:
        command = ["cluster", "dev", "--nodes", "2", "--port", "0", "--database", database, "--json"]
        self.log = data / "dev.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [COMMAND, *command, "--data", data], env=environ, stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self.process.stdout is not None
        said = self.process.stdout.readline()
        assert said, self.log.read_text()
        self.servers: list[dict[str, Any]] = json.loads(said)["items"]

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(LIMIT)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code


@pytest.fixture
def dev(data: Path, environ: dict[str, str], postgresql: Server, postgresql_url: str) -> Iterator[Dev]:
    dev = Dev(data, environ, postgresql_url)
    yield dev
    if dev.process.poll() is None:
        dev.stop()


def test_a_cluster_is_started_looked_at_rested_and_stopped(dev: Dev, data: Path, orchestrator: InProcess) -> None:
    folders = [data / "cluster" / server["server"] for server in dev.servers]

    def ask(server: int, *words: str) -> Done:
        return orchestrator("cluster", *words, data=folders[server])

    def states(server: int) -> dict[str, str]:
        return {node["node"]: node["state"] for node in ask(server, "status", "--json").json["nodes"]}

    assert "told" in orchestrator("models", "list", data=folders[0]).out  # of the settings file of the data folder
    first = states(0)
    assert list(first.values()) == ["serving"] * 2 and states(1) == first
    mine = ask(1, "status", "--json").json["this"]
    assert ask(0, "drain", mine, "--json").json["nodes"]  # asked of one, done by the other
    assert states(1)[mine] == states(0)[mine] == "draining"
    said = ask(1, "status")
    assert said.code == 0 and "draining" in said.out and "lane: postgresql" in said.err
    ask(1, "drain", mine, "--off")
    assert list(states(0).values()) == ["serving"] * 2
    nobody = ask(0, "drain", "node_of_nobody")
    assert nobody.code == 1 and "There is no node" in nobody.err

    os.kill(dev.servers[1]["pid"], signal.SIGKILL)
    while len(states(0)) > 1 or "server2 is gone" not in dev.log.read_text():  # a neighbour gives it up
        assert dev.process.poll() is None, dev.log.read_text()
    processes = [psutil.Process(server["pid"]) for server in dev.servers[:1]]
    assert dev.stop() == 0
    assert not any(process.is_running() for process in processes)


SINK = """
[journal.sinks.lake]
kind = "nats"
servers = ["nats://127.0.0.1:1"]
"""


def test_a_server_alone_says_so_and_how_far_its_sinks_are(orchestrator: InProcess, data: Path) -> None:
    config = data / "config.toml"
    config.write_text(config.read_text("utf-8") + SINK, "utf-8")
    done = orchestrator("cluster", "status")
    assert done.code == 0 and "alone" in done.out + done.err
    assert re.search(r"sink lake \(nats\): [1-9]\d* events behind", done.err)  # its owner is registered
    refused = orchestrator("cluster", "drain", "node_x-1", "--json")
    assert refused.error["code"] == "not_found"

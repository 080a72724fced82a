"""A process that is told to stop ends, though a tool in it hears nothing; its call has an intent, and no receipt."""

import json
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

from commanding import COMMAND, LIMIT, InProcess

DEAF = (sys.executable, Path(__file__).with_name("deaf.py"))


def test_a_deaf_tool_does_not_keep_the_server(
    data: Path, tmp_path: Path, environ: dict[str, str], orchestrator: InProcess
) -> None:
    serve: list[str | Path] = [*DEAF, "serve", "--json", "--data", data]
    log = tmp_path / "log"
    with log.open("w") as err:
        server = subprocess.Popen(serve, env=environ, stdout=subprocess.PIPE, stderr=err, text=True)
    assert server.stdout is not None
    with server.stdout as said:
        assert json.loads(said.readline())["url"]
        call: list[str | Path] = [COMMAND, "tools", "call", "deaf", "--yes", "--data", data]
        caller = subprocess.Popen(call, env=environ, stderr=subprocess.DEVNULL)
        assert said.readline() == "begun\n", log.read_text()
        server.terminate()
        assert server.wait(LIMIT) == 0
    caller.terminate()
    caller.wait(LIMIT)
    assert "does not stop" in log.read_text()
    (run,) = orchestrator("runs", "list", "--json").json["items"]
    assert run["status"] == "interrupted"
    with sqlite3.connect(data / "orchestrator.db") as journal:
        rows = journal.execute("SELECT type FROM events WHERE stream = ? ORDER BY seq", (run["run_id"],))
        written = [kind for (kind,) in rows]
    assert "tool.requested" in written and "tool.returned" not in written


def test_a_deaf_tool_does_not_keep_a_command(data: Path, environ: dict[str, str], orchestrator: InProcess) -> None:
    call: list[str | Path] = [*DEAF, "tools", "call", "deaf", "--yes", "--data", data]
    pipe = subprocess.PIPE
    with subprocess.Popen(call, env=environ, stdout=pipe, stderr=pipe, text=True) as command:
        assert command.stdout is not None and command.stderr is not None
        assert command.stdout.readline() == "begun\n"
        command.send_signal(signal.SIGINT)
        assert any("Cancelling" in line for line in command.stderr)
        command.send_signal(signal.SIGINT)
        assert command.wait(LIMIT) == 130
        assert "does not stop" in command.stderr.read()
    (run,) = orchestrator("runs", "list", "--json").json["items"]
    assert run["status"] in ("cancelled", "interrupted")  # the person may leave before it is


def test_a_thread_that_goes_on_does_not_keep_a_command_that_is_done(data: Path, environ: dict[str, str]) -> None:
    call: list[str | Path] = [*DEAF, "tools", "call", "careless", "--yes", "--data", data]
    done = subprocess.run(call, env=environ, capture_output=True, text=True, timeout=LIMIT, check=True)
    assert done.stdout == "done\n"
    assert "does not stop" in done.stderr

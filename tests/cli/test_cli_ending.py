"""A server that is told to stop ends, though a tool in it hears nothing; its call has an intent, and no receipt."""

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

from commanding import COMMAND, LIMIT, InProcess


def test_a_deaf_tool_does_not_keep_the_server(
    data: Path, tmp_path: Path, environ: dict[str, str], orchestrator: InProcess
) -> None:
    serve: list[str | Path] = [sys.executable, Path(__file__).with_name("deaf.py"), "serve", "--json", "--data", data]
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

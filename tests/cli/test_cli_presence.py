"""How commands find a running server."""

import os
import stat
import subprocess
import sys
from pathlib import Path

from orchestrator.cli import presence
from orchestrator.cli.presence import Presence


def test_a_server_is_found_while_it_runs(tmp_path: Path) -> None:
    assert presence.find(tmp_path) is None
    with presence.announced(tmp_path, "http://127.0.0.1:8000", "secret"):
        assert presence.find(tmp_path) == Presence("http://127.0.0.1:8000", "secret", os.getpid())
        assert stat.S_IMODE((tmp_path / "server.json").stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == []


def test_a_dead_server_is_not_found(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    (tmp_path / "server.json").write_text(f'{{"url": "u", "token": "t", "pid": {gone.pid}}}', "utf-8")
    assert presence.find(tmp_path) is None


def test_a_file_that_is_no_presence_is_none(tmp_path: Path) -> None:
    (tmp_path / "server.json").write_text("[]", "utf-8")
    assert presence.find(tmp_path) is None


def test_a_server_leaves_the_file_of_its_successor(tmp_path: Path) -> None:
    with presence.announced(tmp_path, "first", "t"):
        other = f'{{"url": "second", "token": "t", "pid": {os.getppid()}}}'
        (tmp_path / "server.json").write_text(other, "utf-8")
    assert (tmp_path / "server.json").read_text("utf-8") == other

"""`orchestrator migrate`, as a person uses it."""

import json
import os
import tomllib
from pathlib import Path

import pytest
from commanding import InProcess, serving

from orchestrator.cli.migrate import named


def test_to_postgresql_and_back(
    orchestrator: InProcess, data: Path, postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = orchestrator("run", "Say it.")
    assert first.code == 0
    there = orchestrator("migrate", "--to", postgresql_url)
    assert there.code == 0 and "every chain of hashes holds" in there.out
    assert tomllib.loads((data / "config.toml").read_text("utf-8"))["storage"]["url"] == postgresql_url
    assert [path.name for path in data.glob("orchestrator.db*")] == [next(data.glob("*.moved-*")).name]
    assert orchestrator("run", "Say it again.").code == 0
    assert len(json.loads(orchestrator("runs", "list", "--json").out)["items"]) == 2
    back = orchestrator("migrate", "--to", "sqlite", "--json")
    said = json.loads(back.out)
    assert said["rows"]["runs"] == 2 and said["to"] == str(data / "orchestrator.db")
    assert "url" not in tomllib.loads((data / "config.toml").read_text("utf-8"))["storage"]
    assert len(json.loads(orchestrator("runs", "list", "--json").out)["items"]) == 2


def test_while_a_server_runs_it_is_refused(orchestrator: InProcess, data: Path) -> None:
    with serving(data):
        refused = orchestrator("migrate", "--to", "postgresql://h/d")
    assert refused.code == 1 and f"in use by process {os.getpid()}" in refused.err


@pytest.mark.parametrize(
    ("to", "said"), [("sqlite", "in a file already"), ("mysql://h/d", "storage.url"), ("words", "storage.url")]
)
def test_what_is_no_place(orchestrator: InProcess, data: Path, to: str, said: str) -> None:
    refused = orchestrator("migrate", "--to", to)
    assert refused.code == 1 and said in refused.err
    assert not (data / "orchestrator.db").exists() or "storage" not in (data / "config.toml").read_text("utf-8")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[server]\nport = 1\n",
        "# mine\n[storage]\nconnections = 3 # few\n\n[server]\nport = 1\n",
        "[storage]\nurl = 'postgresql://old'\n[llm.providers.a]\nkind = 'openai'\n",
        "[ storage ] # here\nurl='postgresql://old'",
    ],
)
def test_the_settings_file_keeps_what_else_it_says(text: str) -> None:
    url = 'postgresql://u:a"b\\c é@h/d'
    changed = named(text, url)
    assert changed is not None
    wanted = tomllib.loads(text)
    wanted.setdefault("storage", {})["url"] = url
    assert tomllib.loads(changed) == wanted
    assert all(line in changed for line in text.splitlines() if "#" in line)
    without = named(changed, "")
    assert without is not None and "url" not in tomllib.loads(without)["storage"]


@pytest.mark.parametrize("text", ["storage.url = 'postgresql://old'\n", "storage = {connections = 3}\n"])
def test_a_settings_file_written_otherwise_is_left_to_the_person(text: str) -> None:
    assert named(text, "postgresql://h/d") is None

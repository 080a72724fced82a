"""`orchestrator models`, on the data folder and through a server: connect, look, try, judge, fetch, remove."""

import stat
from pathlib import Path

import pytest
from commanding import InProcess, Models


def test_a_provider_is_connected_used_judged_and_removed(
    way: str, data: Path, models: Models, orchestrator: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_KEY", "from-the-environment")
    options = ("--base-url", f"{models.url}/v1", "--model", "say", "--key-env", "LAB_KEY")
    added = orchestrator("models", "add", "lab", *options)
    assert "lab is connected" in added.out
    kept = data / "providers.json"
    assert "from-the-environment" not in kept.read_text("utf-8")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert "lab/say" in orchestrator("models", "list").out
    assert orchestrator("models", "test", "lab/say", "--json").json["answer"] == "Hello, **world**."
    shown = orchestrator("models", "show", "lab/say", "--json").json
    assert (shown["provider"], shown["auto"]) == ("lab", True)
    routed = orchestrator("models", "route", "Fix the bug in x.py", "--model", "auto:batch")
    assert "a code task" in routed.out and "lab/say" in routed.out
    run = orchestrator("run", "Hello", "--model", "lab", "--json").json
    rated = orchestrator("models", "rate", run["run_id"], "bad")
    assert "was bad at a chat task" in rated.out
    assert "lab is removed" in orchestrator("models", "remove", "lab").out
    assert orchestrator("models", "remove", "lab", "--json").error["code"] == "not_found"


def test_an_answer_says_which_model_gave_it_why_and_what_it_took(data: Path, orchestrator: InProcess) -> None:
    config = data / "config.toml"
    config.write_text(config.read_text("utf-8") + '\n[llm.models."told/say"]\ninput = 10.0\noutput = 100.0\n', "utf-8")
    told = orchestrator("run", "Hello", "--model", "told/say")
    assert told.out.strip() == "Hello, **world**."
    assert "say · 18 tokens · $0.0008\ntold/say was asked for." in told.err
    run_id = orchestrator("runs", "list", "--json").json["items"][0]["run_id"]
    shown = orchestrator("runs", "show", run_id).out
    assert "say · 18 tokens · $0.0008\ntold/say was asked for." in shown
    assert "embedded · no cost\n" in orchestrator("run", "Hello", "--model", "embedded").err


def test_a_key_is_read_from_standard_input_and_never_from_the_command_line(
    way: str, data: Path, models: Models, orchestrator: InProcess
) -> None:
    nobody = orchestrator("models", "add", "lab", "--base-url", f"{models.url}/v1", "--json")
    assert nobody.error["code"] == "invalid_input" and "--stdin" in nobody.error["hint"]
    added = orchestrator("models", "add", "lab", "--base-url", f"{models.url}/v1", "--stdin", stdin="sk-very-secret\n")
    assert "lab is connected" in added.out and "sk-very-secret" not in added.out + added.err
    assert "sk-very-secret" not in orchestrator("models", "list", "--json").out
    assert not any(b"sk-very-secret" in file.read_bytes() for file in data.rglob("*") if file.is_file())
    assert [kept["name"] for kept in orchestrator("secrets", "list", "--json").json["items"]] == ["models.lab"]


def test_a_model_is_fetched(way: str, models: Models, orchestrator: InProcess) -> None:
    orchestrator("models", "add", "far", "--kind", "ollama", "--base-url", models.url)
    pulled = orchestrator("models", "pull", "far/qwen3")
    assert "far/qwen3 is there" in pulled.out and "pulling manifest" in pulled.err
    missing = orchestrator("models", "pull", "far/nowhere", "--json")
    assert missing.error["code"] == "model_rejected"
    assert orchestrator("models", "pull", "ftp://h/x.gguf", "--json").error["code"] == "invalid_input"

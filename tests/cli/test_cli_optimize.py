"""`orchestrator optimize` and `orchestrator models cache`: what a person sees."""

import json
from pathlib import Path

import pytest
from commanding import InProcess

ROWS = json.dumps([{"id": n, "name": f"n{n}", "city": "Lyon"} for n in range(40)], indent=2)
PAGE = "<!DOCTYPE html><html><head><style>p{}</style></head><body><p class='x'>Pay 30 EUR.</p></body></html>"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "prompt.txt"
    path.write_text(f"Read.\n{ROWS}\n{PAGE}\nWho is 7?\n", "utf-8")
    return path


def test_a_difference_what_it_saves_and_that_nothing_is_lost(orchestrator: InProcess, file: Path) -> None:
    done = orchestrator("optimize", str(file), "--mode", "minimal")
    assert done.code == 0
    assert '-    "city": "Lyon"' in done.out and '+[0,"n0"],' in done.out
    assert "tokens before" in done.err and "Nothing is lost" in done.err
    done = orchestrator("optimize", str(file), "--mode", "balanced")
    assert "+Pay 30 EUR." in done.out and "kept, word for word" in done.err


def test_the_result_itself_a_file_or_json(orchestrator: InProcess, file: Path, tmp_path: Path) -> None:
    plain = orchestrator("optimize", str(file), "--plain").out
    assert plain.startswith("Read.\n") and plain.endswith("Who is 7?\n") and "Pay 30 EUR." in plain
    orchestrator("optimize", str(file), "--output", str(tmp_path / "out.txt"))
    assert (tmp_path / "out.txt").read_text("utf-8") == plain
    said = orchestrator("optimize", str(file), "--json").json
    assert said["optimized_prompt"] == plain
    assert said["metrics"]["tokens_saved"] > 0 and said["fidelity"]["faithful"]
    assert orchestrator("optimize", "-", "--plain", stdin="Why?").out == "Why?"


def test_a_conversation_is_known_by_its_roles(orchestrator: InProcess, tmp_path: Path) -> None:
    path = tmp_path / "history.json"
    path.write_text(json.dumps([{"role": "user", "content": "Look."}, {"role": "tool", "content": ROWS}]), "utf-8")
    done = orchestrator("optimize", str(path), "--plain", "--mode", "minimal")
    messages = json.loads(done.out)
    assert messages[0] == {"role": "user", "content": "Look."}
    assert '"columns":["id","name"]' in messages[1]["content"]
    assert orchestrator("optimize", str(path), "--check").code == 0


def test_what_is_no_text_is_said(orchestrator: InProcess, tmp_path: Path) -> None:
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    for name, said in (("bytes", "is not UTF-8 text"), ("nowhere", "cannot be read")):
        done = orchestrator("optimize", str(tmp_path / name))
        assert done.code == 1
        assert said in done.err


def test_the_cache_is_shown_and_cleared(way: str, orchestrator: InProcess) -> None:
    assert "mode: exact\nstore: memory\nentries: 0" in orchestrator("models", "cache", "stats").out
    assert orchestrator("models", "cache", "stats", "--json").json["missed"] == 0
    assert orchestrator("models", "cache", "clear").out == "0 answers forgotten.\n"

"""`orchestrator secrets`, through both ways to the product."""

from pathlib import Path

import pytest
from commanding import InProcess

VALUE = "correct-horse-battery-staple"


def test_a_secret_is_set_listed_and_removed(orchestrator: InProcess, way: str, data: Path) -> None:
    done = orchestrator("secrets", "set", "github", "--host", "api.github.com", "--stdin", stdin=f"{VALUE}\n")
    assert done.code == 0 and "{{secret:github}}" in done.out and VALUE not in done.out
    (kept,) = orchestrator("secrets", "list", "--json").json["items"]
    assert kept["name"] == "github" and kept["hosts"] == ["api.github.com"] and VALUE not in str(kept)
    assert not any(VALUE.encode() in file.read_bytes() for file in data.rglob("*") if file.is_file())
    call = ("policy", "explain", "-t", "http_request", "--json", "--args")
    named = '{"url": "https://%s/", "headers": {"Authorization": "Bearer {{secret:github}}"}}'
    assert orchestrator(*call, named % "evil.example").json["code"] == "secret_elsewhere"
    assert orchestrator(*call, named % "api.github.com").json["rule"] == "hosts"
    assert orchestrator("secrets", "remove", "github").code == 0
    assert orchestrator("secrets", "remove", "github").code == 1
    assert "no secrets" in orchestrator("secrets", "list").err


@pytest.mark.parametrize(
    "given", [("github",), ("1st", "--host", "h.example"), ("a/b", "--host", "h.example"), ("x", "--host", "no host")]
)
def test_what_cannot_be_is_refused(orchestrator: InProcess, given: tuple[str, ...]) -> None:
    done = orchestrator("secrets", "set", *given, "--stdin", "--json", stdin=VALUE)
    assert done.code == 1 and done.error["code"] in ("invalid_input", "conflict") and VALUE not in str(done.error)


def test_a_value_too_short_to_be_hidden_is_said_so_in_words(orchestrator: InProcess, way: str) -> None:
    done = orchestrator("secrets", "set", "github", "--host", "h.example", "--stdin", "--json", stdin="short")
    assert done.error["detail"].startswith("The value has fewer than 6 characters") and "pattern" not in str(done.error)


def test_nobody_is_asked_where_nobody_is(orchestrator: InProcess) -> None:
    done = orchestrator("secrets", "set", "github", "--host", "h.example", "--json")
    assert "--stdin" in done.error["hint"]

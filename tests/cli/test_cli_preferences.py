"""`orchestrator models prefer`, on the data folder and through a server."""

from commanding import InProcess


def test_what_is_preferred_is_shown_and_changed(way: str, orchestrator: InProcess) -> None:
    assert "optimiser: minimal" in orchestrator("models", "prefer").out
    said = orchestrator("models", "prefer", "--pin", "assistant=told/say", "--optimise", "balanced", "--no-cache").out
    assert said.splitlines() == ["pins: assistant = told/say", "optimiser: balanced", "answers: not given again"]
    kept = orchestrator("models", "prefer", "--unpin", "assistant", "--json").json
    assert kept == {"pins": {}, "optimise": "balanced", "cache": False}


def test_nonsense_is_not_preferred(orchestrator: InProcess) -> None:
    for words in (("--pin", "assistant"), ("--optimise", "wildly")):
        assert orchestrator("models", "prefer", *words, "--json").error["code"] == "invalid_input"
    assert orchestrator("models", "prefer", "--pin", "a=nowhere/x", "--json").error["code"] == "no_model"

"""A French terminal: what went wrong and what the policy thinks, by their codes; the server's English beneath."""

import json

import pytest
from commanding import InProcess

from orchestrator.cli import translations
from orchestrator.cli.follow import asking
from orchestrator.cli.terminal import Terminal


@pytest.fixture(autouse=True)
def french(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")


def test_an_error_is_said_in_french_and_in_the_words_of_the_server(way: str, orchestrator: InProcess) -> None:
    done = orchestrator("runs", "show", "run_nothing")
    first, hint, original = done.err.splitlines()
    assert first == "Cela n’existe pas, ou plus." and hint.endswith(".")
    assert original.startswith("Détail (en anglais) : ") and "run_nothing" in original
    assert orchestrator("runs", "show", "run_nothing", "--json").error["code"] == "not_found"  # programs read English


def test_a_run_that_failed(way: str, orchestrator: InProcess) -> None:
    done = orchestrator("run", "--model", "told/broken", "Dis bonjour")
    assert done.code in (1, 3)
    assert "] Le modèle a refusé la requête." in done.err
    assert done.err.count("Détail (en anglais) : ") == 1


def test_why_a_model_answered(orchestrator: InProcess) -> None:
    took = "say · 18 jetons · aucun coût connu\nDétail (en anglais) : told/say was asked for.\n"
    assert orchestrator("run", "Dis bonjour.").err == took


def test_a_reason_of_the_policy(orchestrator: InProcess) -> None:
    call = ("policy", "explain", "-t", "execute_command", "--args")
    done = orchestrator(*call, '{"command": "curl x.example"}')
    assert "curl parle à une autre machine." in done.out and "Plutôt\u00a0: " in done.out.replace(" : ", "\u00a0: ")
    assert "hors de l’espace de travail" in orchestrator(*call, '{"command": "rm -rf /"}').out


def test_a_question(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal("fr")
    monkeypatch.setattr(terminal, "choose", lambda *_: "once")
    details = {"program": "curl\x1b[2J"}
    question = {"kind": "call", "tool": "execute_command", "arguments": {}, "code": "network_program", "shape": "curl"}
    asking(terminal)({**question, "reason": "curl reaches the network.", "details": details, "alternative": "No."})
    said = capsys.readouterr().err
    assert "parle à une autre machine." in said and "Servez-vous de l’outil http_request." in said
    assert "\x1b[2J" not in said  # what fills a gap shows itself as exactly as the rest
    asking(terminal)({**question, "reason": "curl reaches the network.", "details": {}, "alternative": ""})
    assert "curl reaches the network." in capsys.readouterr().err  # better whole in English than with a gap


def test_wrong_usage(orchestrator: InProcess) -> None:
    done = orchestrator("runs", "liste")
    assert done.code == 2 and done.err.startswith("La commande n’a pas été comprise.\n")
    assert json.loads(orchestrator("runs", "list", "--rien", "--json").err)["error"]["code"] == "usage"


def test_a_code_that_is_not_known_is_said_as_it_is() -> None:
    assert translations.problem("fr", "new_code", "What.", "How.") == ("What.", "How.", "")
    assert translations.problem("en", "not_found", "What.", "How.") == ("What.", "How.", "")

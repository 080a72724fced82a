"""The tools as a newcomer reads them, and what is foreseen of those that cannot be called."""

import re
from pathlib import Path

import pytest
from commanding import InProcess


@pytest.fixture
def french(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")


def test_tools_are_listed_by_what_they_are_for(orchestrator: InProcess, way: str) -> None:
    listed = orchestrator("tools", "list").out
    items = orchestrator("tools", "list", "--json").json["items"]
    heads = re.findall(r"^(\w+): (.+)$", listed, re.MULTILINE)
    assert [name for name, _ in heads] == sorted({item["category"] for item in items})
    assert ("docker", "containers and images") in heads
    assert re.search(r"^  list_containers +looks +List Docker containers .*\.$", listed, re.MULTILINE)
    assert all(re.search(rf"^  {item['name']} ", listed, re.MULTILINE) for item in items)
    assert f"{len(items)} tools. One of them: orchestrator tools show NAME" in listed


def test_whoever_reads_french_is_told_what_to_say(orchestrator: InProcess, french: None) -> None:
    listed = orchestrator("tools", "list", "docker").out
    assert listed.startswith("docker: conteneurs et images\n")
    assert re.search(r"^  list_containers +regarde +« quels conteneurs .* »$", listed, re.MULTILINE)
    shown = orchestrator("tools", "show", "list_services").out
    assert "(system: regarde, ne change rien, un programme de la machine, non confiné)" in shown
    assert "Dites par exemple :\n  « " in shown and "list the services" not in shown


def test_every_category_of_the_product_says_what_it_is_for(orchestrator: InProcess) -> None:
    items = orchestrator("tools", "list", "--json").json["items"]
    heads = dict(re.findall(r"^(\w+): (.+)$", orchestrator("tools", "list").out, re.MULTILINE))
    kits = {item["source"] for item in items}
    assert not [name for name, said in heads.items() if said in kits]


def test_one_kind_alone_and_a_kind_that_there_is_not(orchestrator: InProcess) -> None:
    found = orchestrator("tools", "list", "git", "--json").json["items"]
    assert {item["category"] for item in found} == {"git"}
    wrong = orchestrator("tools", "list", "gti", "--json")
    assert wrong.error["code"] == "not_found" and "git," in wrong.error["hint"]


def test_a_tool_says_where_it_works(orchestrator: InProcess) -> None:
    level = orchestrator("tools", "show", "execute_command", "--json").json["sandbox"]
    shown = orchestrator("tools", "show", "git_status").out
    assert shown.startswith(f"git_status  (git: looks, changes nothing, confined ({level}))\n")
    assert '  path: string, default ".". the repository\'s folder' in shown
    assert "Say, for instance:\n  “" in shown and "quel est" not in shown


def test_what_would_be_decided_of_a_tool_that_cannot_be_called(data: Path, orchestrator: InProcess) -> None:
    with (data / "config.toml").open("a", encoding="utf-8") as settings:
        settings.write('\n[tools]\nomit = ["docker"]\n\n[tools.mcp.team-notes]\nurl = "http://127.0.0.1:1/mcp"\n')
    explain = ("policy", "explain", "--args", '{"what": "images"}', "--tool")
    known = orchestrator(*explain, "prune_docker", "--json").json
    assert known["verdict"] == "ask" and "tools.omit" in known["note"]
    assert "The kit docker is taken away" in orchestrator(*explain, "prune_docker").out
    strange = orchestrator(*explain, "team_notes_search", "--json").json
    assert strange["verdict"] == "ask" and strange["note"].startswith("The server team-notes is not asked for it now")
    assert orchestrator(*explain, "calculate", "--json").json["note"] == ""
    wrong = orchestrator(*explain, "git_comit", "--json").error
    assert wrong["code"] == "not_found" and wrong["hint"].startswith("Did you mean git_commit")

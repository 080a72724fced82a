"""`orchestrator policy explain` and `tools new|reload`, through both ways to the product."""

from pathlib import Path

import pytest
from commanding import InProcess


@pytest.mark.parametrize(
    ("command", "verdict"),
    [("ls -la | wc -l", "allow"), ("rm -rf build", "ask"), ("rm -rf /", "deny"), ("pytest -q", "allow")],
)
def test_a_command_is_explained(orchestrator: InProcess, command: str, verdict: str) -> None:
    done = orchestrator(
        "policy", "explain", "--tool", "execute_command", "--args", f'{{"command": "{command}"}}', "--json"
    )
    assert done.code == 0
    assert set(done.json) >= {"verdict", "reason", "alternative", "rule"}
    assert done.json["verdict"] == verdict and done.json["reason"].endswith(".")


def test_a_person_reads_why(orchestrator: InProcess, way: str) -> None:
    done = orchestrator("policy", "explain", "-t", "execute_command", "--args", '{"command": "curl x.example"}')
    assert done.out.startswith("ask  (commands: ") and "“always” cover: curl" in done.out


def test_what_a_page_said_is_asked(orchestrator: InProcess) -> None:
    call = ("policy", "explain", "-t", "execute_command", "--args", '{"command": "make test"}', "--json")
    assert orchestrator(*call).json["verdict"] == "allow"
    assert orchestrator(*call, "--origin", "web").json["code"] == "untrusted_origin"


def test_arguments_that_are_no_object_are_refused(orchestrator: InProcess) -> None:
    done = orchestrator("policy", "explain", "-t", "calculate", "--args", "[1]", "--json")
    assert done.code and "JSON object" in done.error["detail"]


def test_a_tool_of_ones_own_is_written_loaded_and_called(orchestrator: InProcess, way: str, data: Path) -> None:
    done = orchestrator("tools", "new", "greet", "--json")
    file = Path(done.json["file"])
    assert file == data / "tools" / "greet.py" and Path(done.json["test"]).exists()
    assert orchestrator("tools", "reload").code == 0
    assert orchestrator("tools", "call", "greet", "--args", '{"who": "Ada"}').out.strip() == "Hello, Ada."
    file.write_text(file.read_text().replace("Hello", "Welcome"))
    (data / "tools" / "bad.py").write_text("x = (")
    done = orchestrator("tools", "reload", "--json")
    assert done.code == 1
    assert {item["source"]: item["what"] for item in done.json["items"]} == {"bad.py": "broken", "greet.py": "changed"}
    assert orchestrator("tools", "call", "greet", "--args", '{"who": "Ada"}').out.strip() == "Welcome, Ada."
    listed = orchestrator("tools", "list", "--json").json
    assert listed["problems"]["bad.py"].startswith("SyntaxError in line 1")
    assert next(tool["source"] for tool in listed["items"] if tool["name"] == "greet") == "greet.py"


@pytest.mark.parametrize("name", ["Greet", "test_it", "a b", "class", "../x", "x" * 70])
def test_a_name_that_cannot_be_a_tools_is_refused(orchestrator: InProcess, name: str, data: Path) -> None:
    assert orchestrator("tools", "new", name).code != 0
    assert not list((data / "tools").glob("*")) if (data / "tools").exists() else True


def test_nothing_is_overwritten(orchestrator: InProcess, data: Path) -> None:
    orchestrator("tools", "new", "greet")
    before = (data / "tools" / "greet.py").read_text()
    (data / "tools" / "greet.py").write_text(before + "# mine\n")
    assert orchestrator("tools", "new", "greet").code != 0
    assert (data / "tools" / "greet.py").read_text().endswith("# mine\n")

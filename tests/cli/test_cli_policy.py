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


def test_what_is_covered_by_one_exact_yes_is_said_in_words(orchestrator: InProcess, way: str) -> None:
    done = orchestrator("policy", "explain", "-t", "delete_file", "--args", '{"path": "notes.txt"}')
    assert "“always” cover: exactly this call" in done.out


def test_what_is_typed_are_the_persons_words(orchestrator: InProcess) -> None:
    call = ("policy", "explain", "-t", "read_page", "--args", '{"url": "https://docs.python.org/3/"}', "--json")
    assert orchestrator(*call).json["verdict"] == "allow"
    assert orchestrator(*call, "--origin", "model").json["code"] == "new_host"


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


@pytest.mark.parametrize("name", ["Greet", "test_it", "a b", "class", "../x", "x" * 70, "read_file"])
def test_a_name_that_cannot_be_a_tools_is_refused(orchestrator: InProcess, name: str, data: Path) -> None:
    assert orchestrator("tools", "new", name).code != 0
    assert not list((data / "tools").glob("*")) if (data / "tools").exists() else True


def test_nothing_is_overwritten(orchestrator: InProcess, data: Path) -> None:
    orchestrator("tools", "new", "greet")
    before = (data / "tools" / "greet.py").read_text()
    (data / "tools" / "greet.py").write_text(before + "# mine\n")
    assert orchestrator("tools", "new", "greet").code != 0
    assert (data / "tools" / "greet.py").read_text().endswith("# mine\n")


FORBID = (
    '@id("no_shell") @reason("Nobody runs programs here.")'
    ' forbid(principal, action, resource == Tool::"execute_command");'
)


def test_policies_are_checked_taken_up_listed_and_explained(
    orchestrator: InProcess, way: str, data: Path, tmp_path: Path
) -> None:
    draft = tmp_path / "draft.cedar"
    draft.write_text(FORBID.replace("Tool", "Tol"))
    wrong = orchestrator("policy", "check", str(draft), "--json")
    assert wrong.code == 1 and "draft.cedar, line 1" in wrong.error["detail"]
    draft.write_text(FORBID)
    (item,) = orchestrator("policy", "check", str(draft), "--json").json["items"]
    assert (item["id"], item["kind"], item["layer"]) == ("draft.cedar#no_shell", "forbid", "owner")
    assert (
        "only the owner"
        in orchestrator(
            "policy",
            "check",
            "-",
            "--as",
            "workspace/x.cedar",
            "--json",
            stdin="@unasked permit(principal,action,resource);",
        ).error["detail"]
    )

    (data / "policy").mkdir(exist_ok=True)
    (data / "policy" / "base.cedar").write_text(FORBID)
    assert "no_shell" in orchestrator("policy", "reload").out
    found = orchestrator("policy", "explain", "-t", "execute_command", "--args", '{"command": "ls"}', "--json").json
    assert (found["verdict"], found["rule"], found["details"]["policy"]) == ("deny", "cedar", "base.cedar#no_shell")
    assert "Nobody runs programs here." in found["reason"]
    (listed,) = orchestrator("policy", "list", "--json").json["items"]
    assert listed["file"] == "base.cedar" and listed["line"] == 1
    assert "entity Tool" in orchestrator("policy", "schema").out


def test_a_server_keeps_the_policies_it_has_where_new_ones_are_wrong(orchestrator: InProcess, data: Path) -> None:
    from commanding import serving

    (data / "policy").mkdir()
    (data / "policy" / "base.cedar").write_text(FORBID)
    with serving(data):
        (data / "policy" / "base.cedar").write_text("permit(")
        done = orchestrator("policy", "reload")
        assert done.code == 1 and "no_shell" in done.out and "Not taken up: base.cedar, line 1" in done.err
    assert "base.cedar, line 1" in orchestrator("policy", "list", "--json").error["detail"]

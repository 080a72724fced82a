"""Runs again, by the command line: replayed, forked, side by side, as files, as evaluations, out of the archive."""

import json
from pathlib import Path
from xml.etree import ElementTree

from commanding import CONFIG, InProcess, Models, serving


def looked(orchestrator: InProcess) -> str:
    return str(orchestrator("run", "Look around.", "--model", "told/look", "--json").json["run_id"])


def test_a_run_is_the_same_again(way: str, orchestrator: InProcess) -> None:
    run_id = looked(orchestrator)
    done = orchestrator("runs", "replay", run_id)
    assert (done.code, done.out) == (0, f"{run_id}: 8 events, every one the same\n")
    last = orchestrator("runs", "replay", "--last", "5", "--json").json
    assert (last["exact"], last["different"], last["items"][0]["run_id"]) == (1, 0, run_id)


def test_what_is_decided_differently_is_shown(orchestrator: InProcess, data: Path) -> None:
    run_id = orchestrator("run", "Fetch it.", "--model", "told/fetch", "--json").json["run_id"]
    assert orchestrator("runs", "replay", run_id).code == 0
    config = data / "config.toml"
    written = config.read_text("utf-8")
    config.write_text(written.replace("[policy]", '[policy]\nhosts = ["example.org"]'), "utf-8")
    done = orchestrator("runs", "replay", run_id)
    assert done.code == 5, done
    assert "decided differently at event 4 of" in done.out
    assert "--- recorded" in done.out and "tool.requested" in done.out
    last = orchestrator("runs", "replay", "--last", "1")
    assert (last.code, last.out.splitlines()[-1]) == (5, "0 the same, 1 decided differently")


def test_a_fork_goes_on_with_something_else(way: str, orchestrator: InProcess) -> None:
    run_id = looked(orchestrator)
    fork = orchestrator("runs", "fork", run_id, "--at", "1", "--model", "told/say", "--prompt", "Hello?", "--json").json
    assert (fork["status"], fork["answer"]) == ("completed", "Hello, **world**.")
    differ = orchestrator("runs", "diff", run_id, fork["run_id"], "--json")
    assert differ.code == 5
    found = json.loads(differ.out)
    assert (found["right"]["forked_from"], found["right"]["at"], found["left"]["calls"]) == (run_id, 1, 1)
    shown = orchestrator("runs", "diff", run_id, fork["run_id"])
    assert shown.code == 5 and "list_directory" in shown.out and "There it is." in shown.out
    same = orchestrator("runs", "diff", run_id, run_id)
    assert same.code == 0


def test_a_policy_given_to_a_fork_allows_no_more_than_the_house(orchestrator: InProcess, tmp_path: Path) -> None:
    run_id = orchestrator("run", "Fetch it.", "--model", "told/fetch", "--json").json["run_id"]
    loose = tmp_path / "loose.toml"
    loose.write_text("[policy]\napprove_all = true\n", "utf-8")
    fork = orchestrator("runs", "fork", run_id, "--at", "3", "--policy", str(loose), "--json").json
    assert (fork["status"], fork["answer"]) == ("completed", "The page was not read.")
    diff = json.loads(orchestrator("runs", "diff", run_id, fork["run_id"], "--json").out)
    called = [row["right"]["outcome"] for row in diff["rows"] if row["right"] and row["right"]["kind"] == "call"]
    assert called == ["refused"]


def test_a_run_as_a_file_goes_to_another_house(orchestrator: InProcess, tmp_path: Path, models: Models) -> None:
    run_id = looked(orchestrator)
    file = tmp_path / "run.json"
    assert orchestrator("runs", "export", run_id, "-o", str(file)).code == 0
    assert file.stat().st_mode & 0o077 == 0
    other = tmp_path / "other"
    (other / "workspace").mkdir(parents=True)
    (other / "config.toml").write_text(CONFIG.format(url=models.url), "utf-8")
    there = InProcess(other)
    assert there("runs", "import", str(file), "--json").json["events"] == 8
    assert there("runs", "import", str(file), "--json").json["already"]
    assert there("runs", "show", run_id, "--json").json["answer"] == "There it is."
    redacted = tmp_path / "redacted.json"
    orchestrator("runs", "export", run_id, "--redact", "-o", str(redacted))
    assert "Look around." in file.read_text("utf-8") and "Look around." not in redacted.read_text("utf-8")


def test_evaluations_are_a_table_and_junit(way: str, orchestrator: InProcess, tmp_path: Path) -> None:
    run_id = looked(orchestrator)
    checks = ("--check", "contains:There", "--check", "called:list_directory", "--check", "max_steps:5")
    made = orchestrator("evals", "add", run_id, *checks, "--name", "looking", "--json").json
    assert [check["kind"] for check in made["checks"]] == ["contains", "called", "max_steps"]
    junit = tmp_path / "evals.xml"
    done = orchestrator("evals", "run", "--model", "told/look", "--model", "told/say", "--junit", str(junit))
    assert done.code == 5 and "1 passed, 0 failed" in done.out and "0 passed, 1 failed" in done.out
    assert "does not contain 'There'" in done.out and "looking" in done.out
    suites = ElementTree.parse(junit).getroot().findall("testsuite")
    assert [(suite.get("tests"), suite.get("failures")) for suite in suites] == [("1", "0"), ("1", "1")]
    assert orchestrator("evals", "run", "--model", "told/look").code == 0
    assert "looking" in orchestrator("evals", "list").out
    assert orchestrator("evals", "remove", made["id"]).code == 0
    assert orchestrator("evals", "run", "--json").error["code"] == "not_found"


def test_an_archived_run_is_read_as_any_other(orchestrator: InProcess, data: Path) -> None:
    run_id = looked(orchestrator)
    before = orchestrator("runs", "show", run_id)
    with serving(data):
        assert orchestrator("run", "Say hello.").code == 0
        moved = orchestrator("journal", "archive", "--before", "2999-01-01", "--json").json
        assert moved["streams"] == 1, moved
        assert orchestrator("runs", "show", run_id) == before
        assert orchestrator("runs", "replay", run_id).code == 0
        assert orchestrator("runs", "diff", run_id, run_id).code == 0
        assert json.loads(orchestrator("runs", "export", run_id).out)["run_id"] == run_id
        fork = orchestrator("runs", "fork", run_id, "--at", "5", "--json").json
        assert fork["answer"] == "There it is."
        (file,) = (data / "archive").glob("*.parquet")
        file.rename(file.with_suffix(".away"))
        assert file.name in orchestrator("runs", "replay", run_id, "--json").error["detail"]


GARBAGE = (
    (("runs", "replay"), "invalid_input"),
    (("runs", "replay", "run_none"), "not_found"),
    (("runs", "replay", "RUN", "--last", "3"), "invalid_input"),
    (("runs", "fork", "RUN", "--at", "99"), "invalid_input"),
    (("runs", "fork", "RUN", "--at", "8"), "conflict"),
    (("runs", "fork", "RUN", "--policy", "BAD"), "invalid_input"),
    (("runs", "fork", "run_none"), "not_found"),
    (("runs", "diff", "RUN", "run_none"), "not_found"),
    (("runs", "export", "run_none"), "not_found"),
    (("runs", "import", "BAD"), "invalid_input"),
    (("evals", "add", "run_none"), "not_found"),
    (("evals", "add", "RUN", "--check", "nonsense:x"), "invalid_input"),
    (("evals", "add", "RUN", "--check", "max_steps:many"), "invalid_input"),
    (("evals", "add", "RUN", "--check", "matches:("), "invalid_input"),
    (("evals", "add", "RUN", "--check", "schema:{"), "invalid_input"),
    (("evals", "show", "evaluation_none"), "not_found"),
    (("evals", "run", "evaluation_none"), "not_found"),
)


def test_garbage_is_refused_with_a_reason(orchestrator: InProcess, data: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad"
    bad.write_text("[[[ nonsense", "utf-8")
    with serving(data):
        run_id = looked(orchestrator)
        for words, code in GARBAGE:
            typed = [run_id if word == "RUN" else str(bad) if word == "BAD" else word for word in words]
            error = orchestrator(*typed, "--json").error
            assert error["code"] == code and error["detail"], (words, error)


def test_what_a_run_kept_is_written_to_a_folder(orchestrator: InProcess, data: Path, tmp_path: Path) -> None:
    long = data / "workspace" / "long.txt"
    long.write_text("a line that is read\n" * 5000)
    arguments = ("tools", "call", "read_file", "--args", '{"path": "long.txt"}')
    done = orchestrator(*arguments)
    assert "read_file.txt (orchestrator runs files run_" in done.err
    run_id = orchestrator(*arguments, "--json").json["run_id"]
    assert "text/plain" in orchestrator("runs", "files", run_id).out
    for name in ("read_file.txt", "read_file-2.txt"):
        (kept,) = orchestrator("runs", "files", run_id, "--save", str(tmp_path / "out"), "--json").json["items"]
        assert Path(kept["path"]) == tmp_path / "out" / name
        assert Path(kept["path"]).read_text().strip() == long.read_text().strip()
    assert "It kept nothing." in orchestrator("runs", "files", looked(orchestrator)).err
    assert orchestrator("runs", "files", "run_none").code != 0

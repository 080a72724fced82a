"""With --json every command there is says one object: on standard output what was asked for, else the error."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from commanding import Done, InProcess, serving, tree

LINE_BY_LINE = {"chat"}  # an object for each message of a pipe
ELSEWHERE = {("serve",), ("cluster", "dev"), ("tools", "mcp", "login")}  # each needs a world of its own


def commands(group: Any, *path: str) -> Iterator[tuple[str, ...]]:
    """The path of every command."""
    for name, command in group.commands.items():
        below = (*path, name)
        if hasattr(command, "commands"):
            yield from commands(command, *below)
        else:
            yield below


def check(done: Done, code: str) -> Any:
    """The one object, of a result or of an error with this code."""
    if code:
        assert (done.code, done.out) == (1, ""), done
        error = json.loads(done.err.splitlines()[-1])["error"]
        assert set(error) == {"code", "detail", "hint"} and error["code"] == code, done
        return error
    said = json.loads(done.out)
    assert done.code in (0, 3, 4) and isinstance(said, dict), done
    return said


class Story:
    """Says each command as JSON, and remembers which there were."""

    def __init__(self, orchestrator: InProcess) -> None:
        self._orchestrator = orchestrator
        self._paths = set(commands(tree()))
        self.left = self._paths - ELSEWHERE

    def __call__(self, words: str, *more: str, fails: str = "", stdin: str = "") -> Any:
        given = (*words.split(), *more)
        self.left -= {path for path in self._paths if given[: len(path)] == path}
        return check(self._orchestrator("--json", *given, stdin=stdin), fails)


@pytest.fixture
def say(orchestrator: InProcess, data: Path) -> Iterator[Story]:
    with serving(data):
        yield Story(orchestrator)


def test_every_command_says_one_object(say: Story, tmp_path: Path, data: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("The quick, the brown, the lazy. " * 9, "utf-8")
    run = say("run", "Say hello.")["run_id"]
    _runs(say, run, tmp_path / "run.json")
    _governing(say, tmp_path)
    _tools(say, text)
    _models(say, run)
    _people(say)
    _journal(say, run)
    assert say("chat", "Hello?")["status"] == "completed"
    say("optimize", str(text))
    say("migrate --to", "postgresql://127.0.0.1/x", fails="data_folder_in_use")
    for look in ("doctor", "version", "cluster status", "config show"):
        say(look)
    say("cluster drain node_x", fails="not_found")
    assert not say.left


def _runs(say: Story, run: str, file: Path) -> None:
    for word in ("list", f"show {run}", f"files {run}", f"replay {run}", f"fork {run}", f"passages {run}", "approve"):
        say(f"runs {word}")
    for word in ("resume", "cancel", "pause", "continue", "set"):
        say(f"runs {word} {run}", fails="run_finished")
    say(f"runs say {run} more")
    for word in ("steer", "interrupt"):
        say(f"runs {word} {run} more", fails="run_finished")
    say("runs edit approval_x {}", fails="not_found")
    say(f"runs diff {run} {run}")
    say(f"runs export {run} --output", str(file))
    say("runs import", str(file))
    assert say(f"conversations show {say('conversations list')['items'][0]['id']}")["messages"]
    kept = say(f"evals add {run}")["id"]
    for word in ("list", f"show {kept}", "run", f"remove {kept}"):
        say(f"evals {word}")


def _governing(say: Story, folder: Path) -> None:
    schedule = say("schedules add", "in 3 days", "Say hello.")["id"]
    for word in ("list", f"pause {schedule}", f"resume {schedule}", f"run {schedule}", f"cancel {schedule}"):
        say(f"schedules {word}")
    say("grants list")
    say("grants revoke grant_x", fails="not_found")
    (folder / "own.cedar").write_text("permit (principal, action, resource);", "utf-8")
    say("policy check", str(folder / "own.cedar"))
    for word in ("explain --tool calculate", "list", "reload", "schema"):
        say(f"policy {word}")
    say("secrets set token --stdin --host example.org", stdin="a secret value")
    say("secrets list")
    say("secrets remove token")
    for word in ("set user:* 5", "top-up user:* 1", "show", "ledger", "savings", "remove user:*"):
        say(f"budget {word}")
    assert say("budget export")["items"]


def _tools(say: Story, text: Path) -> None:
    for word in ("list", "list mathematics", "show calculate", "new my_tool", "reload", "drafts"):
        say(f"tools {word}")
    say("tools call calculate --args", '{"expression": "6*7"}')
    for word in ("approve my_draft", "discard my_draft"):
        say(f"tools {word}", fails="not_found")
    say("tools mcp list")
    say("tools mcp add nobody", fails="invalid_settings")
    for word in ("show nobody", "test nobody", "prompt nobody hello", "approve nobody", "remove nobody"):
        say(f"tools mcp {word}", fails="not_found")
    say("tools openapi list")
    say("tools openapi show nothing", fails="not_found")
    say("tools openapi add nothing", str(text), fails="invalid_input")
    say("tools openapi remove nothing", fails="not_found")
    say("skills list")
    say("skills add", str(text.parent / "nothing"), fails="invalid_input")
    for word in ("show", "remove"):
        say(f"skills {word} nothing", fails="not_found")


def _models(say: Story, run: str) -> None:
    say("models add lab --no-key --base-url http://127.0.0.1:1/v1")
    for word in ("list", "show told/say", "route hello", "test told/say", "remove lab", "prefer", "cache stats"):
        say(f"models {word}")
    say("models cache clear")
    say(f"models rate {run} good")
    say("models pull nothing", fails="model_unavailable")


def _people(say: Story) -> None:
    say("users add ada --stdin", stdin="correct horse battery\n")
    say("users password ada --stdin", stdin="correct horse battery staple\n")
    key = say("users key new mine")["id"]
    for word in ("list", "link ada", "key list", f"key revoke {key}"):
        say(f"users {word}")


def _journal(say: Story, run: str) -> None:
    for word in ("stats", "usage", "verify", "export", "rebuild", "archive --before 2000-01-01", "anchor"):
        say(f"journal {word}")
    say(f"journal restore {run}", fails="not_found")
    say("journal erase user_x", fails="invalid_input")  # nobody is there to say yes
    say("journal erase user_x --yes")

"""What only a terminal and a killed process can show: Ctrl-C, questions, and going on after kill -9."""

import os
import pty
import re
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from commanding import COMMAND, LIMIT, InProcess, Models, OwnProcess


class Screen:
    """The installed command on a terminal of its own."""

    def __init__(self, data: Path, environ: dict[str, str], *arguments: str) -> None:
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:  # the child
            os.execve(COMMAND, [str(COMMAND), *arguments, "--data", str(data)], environ)
        self.shown = ""
        self._read_to = 0
        self.code: int | None = None

    def until(self, pattern: str) -> str:
        """What was shown up to this, since the last time."""
        end = time.monotonic() + LIMIT
        while (found := re.search(pattern, self.shown[self._read_to :])) is None:
            assert time.monotonic() < end and self._read(), f"no {pattern!r} in {self.shown[self._read_to :]!r}"
        text = self.shown[self._read_to : self._read_to + found.end()]
        self._read_to += found.end()
        return text

    def type(self, text: str) -> None:
        os.write(self._terminal, text.encode())

    def end(self) -> int:
        """The exit code, once it has left by itself."""
        while self._read():
            pass
        _, status = os.waitpid(self.pid, 0)
        self.code = os.waitstatus_to_exitcode(status)
        return self.code

    def close(self) -> None:
        if self.code is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self._terminal)

    def _read(self) -> bool:
        if not select.select([self._terminal], [], [], LIMIT)[0]:
            return False
        try:
            piece = os.read(self._terminal, 65536)
        except OSError:  # the other end is closed
            return False
        plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", piece.decode("utf-8", "replace"))
        self.shown += plain.replace("\r", "")
        return bool(piece)


class Screens:
    def __init__(self, data: Path, environ: dict[str, str]) -> None:
        self._data, self._environ = data, environ
        self._open: list[Screen] = []

    def __call__(self, *arguments: str) -> Screen:
        self._open.append(Screen(self._data, self._environ, *arguments))
        return self._open[-1]

    def close(self) -> None:
        for screen in self._open:
            screen.close()


@pytest.fixture
def screen(data: Path, environ: dict[str, str]) -> Iterator[Screens]:
    made = Screens(data, {**environ, "TERM": "xterm", "COLUMNS": "200"})
    yield made
    made.close()


def test_ctrl_c_cancels_a_run_and_says_so(screen: Screens, models: Models, orchestrator: InProcess) -> None:
    shown = screen("run", "Tell a story.", "--model", "told/stall")
    shown.until("Once upon")
    shown.type("\x03")
    shown.until("Cancelling")
    shown.until(r"\[cancelled\]\n")
    assert shown.end() == 130
    assert [run["status"] for run in orchestrator("runs", "list", "--json").json["items"]] == ["cancelled"]


def test_ctrl_c_cancels_a_call_wherever_it_is_at_work(way: str, screen: Screens, orchestrator: InProcess) -> None:
    shown = screen("tools", "call", "execute_command", "--args", '{"command": "sleep 300"}')
    shown.until("→ execute_command")
    shown.type("\x03")
    shown.until(r"\[cancelled\]")
    assert shown.end() == 130
    assert [run["status"] for run in orchestrator("runs", "list", "--json").json["items"]] == ["cancelled"]


def test_ctrl_c_in_a_chat_cancels_the_run_and_the_chat_goes_on(screen: Screens, orchestrator: InProcess) -> None:
    chat = screen("chat", "--model", "told/stall")
    chat.until("> ")
    chat.type("Tell a story.\n")
    chat.until("Once upon")
    chat.type("\x03")
    chat.until(r"\[cancelled\]")
    chat.until("> ")
    chat.type("\x03\n")  # nothing runs: a fresh line (the second key, for when the first came before readline waits)
    chat.until("> ")
    chat.type("/model told/say\n")
    chat.until("Model: told/say")
    chat.type("Hello?\n")
    chat.until("Hello, world.")  # drawn: without the stars of its markdown
    chat.until("> ")
    chat.type("\x04")
    chat.until("Until next time")
    assert chat.end() == 0
    runs = orchestrator("runs", "list", "--json").json["items"]
    assert [run["status"] for run in runs] == ["completed", "cancelled"]
    assert len({run["conversation_id"] for run in runs}) == 1


def test_a_question_is_put_and_answered(screen: Screens, orchestrator: InProcess) -> None:
    asked = screen("run", "Fetch it.", "--model", "told/fetch")
    question = asked.until(r"\[n\]o\? ")
    assert "http_request needs your approval" in question and "example.org" in question
    asked.type("what\n")
    asked.until("One of:")
    asked.until(r"\[n\]o\? ")
    asked.type("n\n")
    asked.until("refused: http_request")
    asked.until("The page was not read.")
    assert asked.end() == 0


def test_ctrl_c_as_soon_as_a_question_is_there_cancels_the_run(screen: Screens, orchestrator: InProcess) -> None:
    asked = screen("run", "Fetch it.", "--model", "told/fetch")
    asked.until(r"\[n\]o\? ")
    asked.type("\x03")
    asked.until(r"\[cancelled\]")
    assert asked.end() == 130


def test_leaving_a_question_lets_the_run_wait_and_approve_ends_it(
    data: Path, screen: Screens, orchestrator: InProcess
) -> None:
    asked = screen("run", "Fetch it.", "--model", "told/fetch")
    asked.until(r"\[n\]o\? ")
    asked.type("\x04")
    assert "orchestrator runs approve" in asked.until(r"runs approve \w+")
    assert asked.end() == 4
    (waiting,) = orchestrator("runs", "approve", "--json").json["items"]
    shown = orchestrator("runs", "show", waiting["run_id"]).out
    assert "http_request url=https://example.org/" in shown
    assert shown.rstrip().endswith(f"orchestrator runs approve {waiting['approval_id']} --data {data}")
    assert waiting["tool"] == "http_request"
    refused = orchestrator("runs", "approve", waiting["approval_id"], "--answer", "refuse", "--json")
    assert (refused.code, refused.json["status"]) == (0, "completed")  # it stays with the run to its end


def kill_in_the_middle(data: Path, environ: dict[str, str], models: Models) -> None:
    """A run whose process is killed while its model speaks."""
    command = [str(COMMAND), "run", "Tell a story.", "--model", "told/stall", "--data", str(data)]
    killed = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    models.until_asked()
    killed.kill()
    killed.wait()


def test_a_run_that_was_killed_goes_on(
    data: Path, environ: dict[str, str], models: Models, orchestrator: InProcess
) -> None:
    kill_in_the_middle(data, environ, models)
    (run,) = orchestrator("runs", "list", "--json").json["items"]
    assert run["status"] == "interrupted"
    assert orchestrator("runs", "list", "--status", "interrupted", "--json").json["items"] == [run]
    assert orchestrator("runs", "list", "--status", "running", "--json").json["items"] == []
    assert (
        f"To go on: orchestrator runs resume {run['run_id']} --data {data}\n"
        in orchestrator("runs", "show", run["run_id"]).out
    )
    models.go_on()
    resumed = orchestrator("runs", "resume", run["run_id"], "--json").json
    assert (resumed["run_id"], resumed["status"]) == (run["run_id"], "completed")
    assert resumed["answer"] == "Once upon a time."
    again = orchestrator("runs", "resume", run["run_id"], "--json")
    assert again.error["code"] == "run_finished"


def test_a_command_that_only_looks_resumes_nothing(
    data: Path, environ: dict[str, str], models: Models, orchestrator: InProcess
) -> None:
    kill_in_the_middle(data, environ, models)
    orchestrator("tools", "list")
    (run,) = orchestrator("runs", "list", "--json").json["items"]
    shown = orchestrator("runs", "show", run["run_id"], "--json").json
    assert (shown["status"], shown["steps"]) == ("interrupted", 0)


def test_a_server_goes_on_with_what_was_killed(
    data: Path, environ: dict[str, str], models: Models, installed: OwnProcess
) -> None:
    kill_in_the_middle(data, environ, models)
    with installed.serving():
        models.until_asked(2)
        models.go_on()
        (run,) = installed("runs", "list", "--json").json["items"]
        if run["status"] == "running":
            installed("runs", "resume", run["run_id"])
        assert installed("runs", "show", run["run_id"], "--json").json["answer"] == "Once upon a time."


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_the_server_stops_when_told_to(data: Path, environ: dict[str, str], sign: signal.Signals) -> None:
    command = [str(COMMAND), "serve", "--json", "--data", str(data)]
    process = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(sign)
    _, said = process.communicate(timeout=LIMIT)
    assert (process.returncode, said) == (0, "")
    assert not (data / "server.json").exists()

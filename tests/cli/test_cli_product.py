"""The commands on the real product, in this process and through a server: the same output."""

import json
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, build_opener

import pytest
from commanding import COMMAND, InProcess, OwnProcess
from typer.testing import CliRunner

from orchestrator.cli.commands import application

IMPATIENT = "from orchestrator.cli import main, remote; remote._PAUSE /= 50; main()"  # it knocks at shorter intervals


def test_run_and_what_is_kept_of_it(way: str, orchestrator: InProcess) -> None:
    done = orchestrator("run", "Say hello.")
    took = "say · 18 tokens · no known cost\ntold/say was asked for.\n"
    assert (done.code, done.out, done.err) == (0, "Hello, **world**.\n", took)

    run = orchestrator("run", "Look around.", "--model", "told/look", "--json").json
    assert {"run_id", "status", "answer", "model", "steps", "usage", "cost"} <= set(run) and run["channel"] == "cli"
    assert (run["status"], run["answer"], run["model"], run["steps"]) == ("completed", "There it is.", "look", 2)
    assert run["usage"]["output_tokens"] == 14

    runs = orchestrator("runs", "list", "--json").json
    assert [item["goal"] for item in runs["items"]] == ["Look around.", "Say hello."]
    assert orchestrator("runs", "show", run["run_id"], "--json").json == run
    shown = orchestrator("runs", "show", run["run_id"]).out
    assert "> Look around." in shown and "→ list_directory path=." in shown and "There it is." in shown

    conversations = orchestrator("conversations", "list", "--json").json["items"]
    assert len(conversations) == 2
    said = orchestrator("conversations", "show", run["conversation_id"], "--json").json["messages"]
    assert [(message["role"], message["content"]) for message in said] == [
        ("user", "Look around."),
        ("assistant", "There it is."),
    ]


@pytest.mark.parametrize(("room", "name"), [("runs", "run_id"), ("conversations", "conversation_id")])
def test_older_ones_are_had_page_by_page(way: str, orchestrator: InProcess, room: str, name: str) -> None:
    made = [orchestrator("run", "Say hello.", "--json").json[name] for _ in range(2)]
    first = orchestrator(room, "list", "--limit", "1")
    assert made[1] in first.out and first.err == f"Older ones: --before {made[1]}\n"
    second = orchestrator(room, "list", "--before", made[1])
    assert made[0] in second.out and made[1] not in second.out and not second.err
    assert orchestrator(room, "list", "--before", made[0]).err == "No others.\n"


def test_what_is_done_meanwhile_is_on_standard_error(way: str, orchestrator: InProcess) -> None:
    done = orchestrator("run", "-", "--model", "told/look", stdin="Look around.\n")
    assert done.out == "There it is.\n"
    assert "→ list_directory path=." in done.err and "✓ list_directory" in done.err


def test_without_a_person_what_is_asked_is_refused_and_the_answer_is_no_error(
    way: str, orchestrator: InProcess
) -> None:
    done = orchestrator("run", "Fetch it.", "--model", "told/fetch")
    assert done.code == 0
    assert "⊘ http_request" in done.err
    assert done.out == "The page was not read.\n"


def test_yes_approves_what_is_asked(way: str, orchestrator: InProcess) -> None:
    run = orchestrator("run", "Fetch it.", "--model", "told/fetch", "--yes", "--json").json
    shown = orchestrator("runs", "show", run["run_id"])
    assert "→ http_request" in shown.out and "refused" not in shown.out


def test_a_run_that_fails_says_why(way: str, orchestrator: InProcess) -> None:
    done = orchestrator("run", "Say hello.", "--model", "told/broken", "--json")
    assert done.code in (1, 3)
    run = done.json
    assert run["status"] in ("failed", "partial") and run["problem"]["detail"] and run["answer"]


def test_chat_goes_on_with_the_conversation(way: str, orchestrator: InProcess) -> None:
    done = orchestrator("chat", stdin="Hello?\n\n/model told/look\nLook.\n/nonsense\n")
    assert done.out == "Hello, **world**.\nI look.\nThere it is.\n"
    assert "no command /nonsense" in done.err
    conversations = orchestrator("conversations", "list", "--json").json["items"]
    assert len(conversations) == 1


def test_the_embedded_model_is_followed_up(way: str, orchestrator: InProcess) -> None:
    said = ("search for Hello in the files", "only in .py files", "what is 6*7?", "plus 10", "in French?")
    done = orchestrator("chat", "--model", "embedded", stdin="\n".join([*said, ""]))
    assert "hello.txt" in done.out and "Nothing found." in done.out
    assert "(6 * 7) + 10 = 52" in done.out and done.out.count("= 52") == 2


def test_why_a_model_answers_is_said_once_in_a_chat(orchestrator: InProcess) -> None:
    done = orchestrator("chat", stdin="Hello?\nHello?\n/model told/look\nLook.\n")
    assert done.err.count("told/say was asked for.") == done.err.count("told/look was asked for.") == 1
    assert done.err.count("say · 18 tokens") == 2


def test_chat_says_one_thing_and_leaves(way: str, orchestrator: InProcess) -> None:
    assert orchestrator("chat", "Hello?", "--json").json["answer"] == "Hello, **world**."


def test_tools(way: str, orchestrator: InProcess) -> None:
    tools = orchestrator("tools", "list", "--json").json["items"]
    assert {"calculate", "read_file", "execute_command"} <= {tool["name"] for tool in tools}
    assert "expression: string, required" in orchestrator("tools", "show", "calculate").out
    called = orchestrator("tools", "call", "calculate", "--args", '{"expression": "6*7"}', "--json").json
    assert called["status"] == "completed" and "42" in called["answer"] and called["channel"] == "cli"
    read = orchestrator("tools", "call", "read_file", "--args", "-", stdin='{"path": "hello.txt"}')
    assert "Hello." in read.out


POSTED = '{"url": "https://example.org/", "method": "POST", "body": "x"}'


def test_a_tool_call_that_is_asked(way: str, orchestrator: InProcess) -> None:
    refused = orchestrator("tools", "call", "http_request", "--args", POSTED, "--json")
    assert "⊘ http_request" in refused.err and "nobody is there" in refused.json["answer"]
    assert refused.json["approvals"] == []


def test_models(way: str, orchestrator: InProcess) -> None:
    found = orchestrator("models", "list", "--json").json
    assert {"told/say", "told/look"} <= {f"{model['provider']}/{model['name']}" for model in found["items"]}
    assert found["health"]["told"]["ok"] and not found["health"]["ollama"]["ok"]
    listed = orchestrator("models", "list")
    assert "told/say" in listed.out and "ollama: " in listed.err and "auto: " in listed.err
    tested = orchestrator("models", "test", "told/say", "--json").json
    assert (tested["status"], tested["answer"]) == ("completed", "Hello, **world**.")


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("tools", "show", "nothing"), "not_found", "nothing"),
        (("runs", "show", "run_nothing"), "not_found", "run_nothing"),
        (("runs", "approve", "approval_nothing", "--answer", "once"), "not_found", "approval_nothing"),
        (("conversations", "show", "conversation_nothing"), "not_found", "conversation_nothing"),
        (("run", " "), "invalid_input", "goal"),
        (("run", "-"), "invalid_input", "goal"),
        (("tools", "call", "calculate", "--args", "[1]"), "invalid_input", "--args"),
        (("users", "password"), "invalid_input", "terminal"),
    ],
)
def test_errors_are_a_sentence_or_an_object(
    way: str, orchestrator: InProcess, arguments: tuple[str, ...], code: str, says: str
) -> None:
    said = orchestrator(*arguments)
    assert (said.code, said.out) == (1, "")
    assert says in said.err and "Traceback" not in said.err
    told = orchestrator(*arguments, "--json")
    assert (told.code, told.out) == (1, "")
    error = told.error
    assert error["code"] == code and says in error["detail"]


@pytest.mark.parametrize(
    "arguments", [("runs", "list", "--status", "nothing"), ("nothing",), ("run",), ("run", "x", "--nothing")]
)
def test_wrong_usage(orchestrator: InProcess, arguments: tuple[str, ...]) -> None:
    done = orchestrator(*arguments)
    assert (done.code, done.out) == (2, "")
    assert "Traceback" not in done.err
    told = orchestrator(*arguments, "--json")
    assert (told.code, told.out, told.err.count("\n")) == (2, "", 1)
    error = json.loads(told.err)["error"]
    assert error["code"] == "usage" and error["detail"].endswith(".") and "--help" in error["hint"]
    assert error["detail"].rstrip(".?") in " ".join(done.err.split())


def test_verbose_shows_where_an_error_came_from(orchestrator: InProcess) -> None:
    assert "Traceback" in orchestrator("tools", "show", "nothing", "-v").err


def test_options_may_stand_before_the_command(data: Path, orchestrator: InProcess) -> None:
    assert orchestrator("--json", "tools", "list").json["items"]


def test_doctor(way: str, orchestrator: InProcess) -> None:
    done = orchestrator("doctor", "--json")
    checks = {check["name"]: check for check in done.json["items"]}
    assert {"versions", "settings", "data folder", "workspace", "disk", "web app", "server", "sandbox"} <= set(checks)
    assert checks["model told"]["state"] == "ok" and checks["model ollama"]["state"] == "warn"
    assert checks["safety"]["state"] == "warn" and "policy.allow_loopback" in checks["safety"]["detail"]
    assert ("running" in checks["server"]["detail"]) and (
        checks["server"]["detail"].startswith("running") == (way == "remote")
    )
    broken = [check for check in checks.values() if check["state"] == "fail"]
    assert done.code == int(bool(broken))
    assert "✓ settings" in orchestrator("doctor").out


def test_doctor_names_settings_that_cannot_be_read(data: Path, orchestrator: InProcess) -> None:
    (data / "config.toml").write_text("[server]\nport = 'many'\n", "utf-8")
    done = orchestrator("doctor")
    assert done.code == 1
    assert "✗ settings" in done.out and "config.toml" in done.out


def test_settings_are_shown_with_their_source_and_without_secrets(
    data: Path, monkeypatch: pytest.MonkeyPatch, orchestrator: InProcess
) -> None:
    monkeypatch.setenv("ORCHESTRATOR_AGENTS_MAX_STEPS", "7")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-environment")
    done = orchestrator("config", "show", "--json", "--workspace", str(data))
    items = {item["setting"]: item for item in done.json["items"]}
    assert items["agents.max_steps"] == {"setting": "agents.max_steps", "value": 7, "from": "environment"}
    assert items["server.port"]["from"] == "file"
    assert items["workspace"] == {"setting": "workspace", "value": str(data), "from": "flag"}
    assert items["data"]["from"] == "flag"
    monkeypatch.setenv("ORCHESTRATOR_DATA", str(data))
    shown = CliRunner().invoke(application, ["config", "show", "--json"]).stdout
    assert {"setting": "data", "value": str(data), "from": "environment"} in json.loads(shown)["items"]
    assert items["agents.max_seconds"]["from"] == "default"
    assert items["llm.providers.told.api_key"]["value"] == items["llm.providers.openai.api_key"]["value"] == "•••"
    assert "key-of-the-told" not in done.out and "sk-of-the-environment" not in done.out


def test_prompts_are_french_where_the_terminal_is(monkeypatch: pytest.MonkeyPatch, orchestrator: InProcess) -> None:
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")
    assert "Nouvelle conversation." in orchestrator("chat", stdin="/new\n").err


class Stay(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None: ...


def test_the_server_says_where_it_is_and_how_to_get_in(data: Path, installed: OwnProcess) -> None:
    with installed.serving() as said:
        assert said["data"] == str(data) and said["sandbox"]
        assert stat.S_IMODE((data / "server.json").stat().st_mode) == 0o600
        with pytest.raises(HTTPError) as redirected:
            build_opener(Stay).open(said["sign_in"], timeout=10)
        assert redirected.value.code == 303
        assert "orchestrator_session=" in redirected.value.headers["Set-Cookie"]
        token = json.loads((data / "server.json").read_text("utf-8"))["token"]
        assert installed("tools", "list", "--url", said["url"], "--token", token, "--json").json["items"]
        assert installed("tools", "list", "--url", said["url"], "--json").error["code"] == "not_authenticated"
        assert installed("serve", "--json").error["code"] == "data_folder_in_use"
    assert not (data / "server.json").exists()


def test_a_port_that_is_taken(tmp_path: Path, installed: OwnProcess, orchestrator: InProcess) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = orchestrator("serve", "--port", str(taken.getsockname()[1]), data=tmp_path / "other")
    assert done.code == 1 and "--port" in done.err


def test_the_installed_command_runs(installed: OwnProcess) -> None:
    done = installed("run", "Say hello.")
    assert (done.code, done.out) == (0, "Hello, **world**.\n") and "told/say was asked for." in done.err


def test_a_server_that_died_is_not_waited_for(data: Path, orchestrator: InProcess) -> None:
    gone = subprocess.Popen(["/bin/true"])
    gone.wait()
    for pid in (gone.pid, os.getpid()):
        (data / "server.json").write_text(f'{{"url": "http://127.0.0.1:1", "token": "t", "pid": {pid}}}', "utf-8")
        assert orchestrator("tools", "list").code == 0


def test_a_server_that_is_nowhere(orchestrator: InProcess) -> None:
    error = orchestrator("tools", "list", "--url", "http://127.0.0.1:1", "--json").error
    assert error["code"] == "server_unreachable"


def test_nobody_reads(data: Path, environ: dict[str, str]) -> None:
    pipe = f"{COMMAND} tools list --data {data} | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", pipe], env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode in (0, 141) and done.stderr == ""


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_closed_stream_leads_nowhere(data: Path, environ: dict[str, str], closed: str) -> None:
    script = f"{COMMAND} tools show calculate --data {data} {closed}"
    done = subprocess.run(["bash", "-c", script], env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert ("mathematics" in done.stdout) == (">&-" not in closed.split())


def test_users(way: str, orchestrator: InProcess) -> None:
    assert [user["username"] for user in orchestrator("users", "list", "--json").json["items"]] == ["owner"]
    added = orchestrator("users", "add", "ada", "--stdin", "--json", stdin="correct horse battery\n")
    assert added.json["scopes"] == ["execute", "read", "write"]
    again = orchestrator("users", "add", "ada", "--stdin", "--json", stdin="correct horse battery\n")
    assert again.error["code"] == "conflict"
    assert orchestrator("users", "add", "bob", "--scopes", "all", "--stdin", stdin="x\n").code == 1
    assert orchestrator("users", "password", "--stdin", stdin="a long new password\n").code == 0
    short = orchestrator("users", "password", "--stdin", "--json", stdin="short\n")
    assert short.error["code"] == "invalid_input"
    assert orchestrator("users", "password", "--stdin", stdin="a password in place of one forgotten\n").code == 0
    assert orchestrator("users", "password", "ada", "--stdin", stdin="ada forgot hers too\n").code == 0
    nobody = orchestrator("users", "password", "nobody", "--stdin", "--json", stdin="a long new password\n")
    assert nobody.error["code"] == "not_found"
    link = orchestrator("users", "link", "ada", "--json").json
    assert "/sign-in?token=" in link["url"] and link["expires_in"] == 1800
    assert ("No server runs" in orchestrator("users", "link").err) == (way == "local")
    assert orchestrator("users", "link", "nobody").code == 1


def raw(
    data: Path, environ: dict[str, str], *arguments: str | bytes, **more: Any
) -> subprocess.CompletedProcess[bytes]:
    """The installed command, in bytes."""
    command = [COMMAND, *arguments, "--data", data]
    return subprocess.run(command, env=environ, stderr=subprocess.PIPE, timeout=60, check=False, **more)


@pytest.mark.parametrize("encoding", ["latin-1", "ascii"])
def test_a_terminal_that_lacks_a_character_is_no_fault(data: Path, environ: dict[str, str], encoding: str) -> None:
    """And JSON is UTF-8 everywhere."""
    poor = {**environ, "PYTHONIOENCODING": encoding}
    assert b"\\u201c" in raw(data, poor, "tools", "show", "calculate", stdout=subprocess.PIPE).stdout
    told = raw(data, poor, "tools", "show", "calculate", "--json", stdout=subprocess.PIPE).stdout.decode("utf-8")
    assert "é" in json.loads(told)["examples"][-1]["text"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", b"caf\xe9"),
        ("run", "-"),
        ("chat",),
        ("tools", "show", b"\xff"),
        ("tools", "call", "calculate", "--args", "-"),
    ],
)
def test_bytes_that_are_no_text_are_named(
    data: Path, environ: dict[str, str], arguments: tuple[str | bytes, ...]
) -> None:
    done = raw(data, environ, *arguments, input=b"caf\xe9\n", stdout=subprocess.PIPE)
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"not UTF-8" in done.stderr and b"Traceback" not in done.stderr


def test_a_full_disk_under_the_output_is_named(data: Path, environ: dict[str, str]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = raw(data, environ, "tools", "list", stdout=full)
    assert done.returncode == 1
    assert done.stderr.startswith(b"The system refuses: ") and b"Traceback" not in done.stderr
    assert b"Free some space" in done.stderr


def test_the_built_in_model_out_of_steps_says_what_was_done(
    orchestrator: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCHESTRATOR_AGENTS_MAX_STEPS", "1")
    run = orchestrator("run", "What is 6 * 7?", "--model", "embedded", "--json").json
    assert run["status"] == "partial" and "6*7 = 42" in run["answer"].replace(" * ", "*")
    assert "not understand" not in run["answer"]


def test_a_server_that_dies_says_how_to_go_on(data: Path, environ: dict[str, str], orchestrator: InProcess) -> None:
    serve: list[str | Path] = [COMMAND, "serve", "--json", "--data", data]
    with subprocess.Popen(serve, env=environ, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None and server.stdout.readline()
        tell = [sys.executable, "-c", IMPATIENT, "chat", "Tell a story.", "--model", "told/stall", "--data", str(data)]
        pipe = subprocess.PIPE
        with subprocess.Popen(tell, env=environ, stdout=pipe, stderr=pipe, text=True) as client:
            assert client.stdout is not None and client.stdout.read(1) == "O"
            server.kill()
            said = client.communicate(timeout=60)[1]
    (run,) = orchestrator("runs", "list", "--json").json["items"]
    assert client.returncode == 1 and run["status"] == "interrupted"
    assert f"runs resume {run['run_id']} --data {data}\n" in said

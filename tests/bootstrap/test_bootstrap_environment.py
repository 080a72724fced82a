"""Setting up: what is done when, and what the lock files may say."""

import errno
import io
import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from threading import Thread

import pytest

from scripts.bootstrap import commands, environment, indexes
from scripts.bootstrap.environment import Environment
from scripts.bootstrap.steps import SetupFailed, Steps, advice

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("requirements.lock", "requirements-dev.lock", "scripts/bootstrap/node.lock")


class Recorded(Steps):
    """Steps that are written down instead of run."""

    def __init__(self, root: Path, failing: str = "") -> None:
        super().__init__(root / "build" / "setup.log", {}, io.StringIO())
        self.commands: list[str] = []
        self.failing = failing

    def run(self, title: str, command: Sequence[str | Path], **_: object) -> None:
        self.commands.append(" ".join(map(str, command)))
        if self.failing and self.failing in title:
            raise SetupFailed(title)
        if "-m venv" in self.commands[-1]:
            python = Path(command[-1]) / "bin" / "python"
            python.unlink(missing_ok=True)
            python.symlink_to(Path(sys.executable).resolve())


def checkout(tmp_path: Path) -> Path:
    """A checkout whose environment works: its python is a link to ours."""
    root = tmp_path / "checkout"
    (root / "orchestrator").mkdir(parents=True)
    for name in ("requirements.lock", "requirements-dev.lock", "pyproject.toml", "orchestrator/__init__.py"):
        shutil.copy(ROOT / name, root / name)
    (root / ".venv" / "bin").mkdir(parents=True)
    (root / ".venv" / "bin" / "python").symlink_to(Path(sys.executable).resolve())
    uv(root).write_text(
        '#!/bin/sh\ncase "$*" in *--require-hashes*--offline*) exit 1;; esac\n', "utf-8"
    )  # nothing cached
    uv(root).chmod(0o755)
    return root


def uv(root: Path) -> Path:
    return root / ".venv" / "bin" / "uv"


def wanted(root: Path) -> str:
    return (root / ".venv" / "wanted.txt").read_text("utf-8")


def test_nothing_is_ready_before_setup(tmp_path: Path) -> None:
    root = checkout(tmp_path)
    assert not Environment(root, {}, Recorded(root)).ready()


def test_setup_is_done_once(tmp_path: Path) -> None:
    root = checkout(tmp_path)
    steps = Recorded(root)
    Environment(root, {}, steps).prepare()
    assert ["--require-hashes" in command for command in steps.commands] == [True, False, False]
    assert "--editable" in steps.commands[1]
    assert "aiohttp==" in wanted(root) and "pytest==" not in wanted(root)
    assert Environment(root, {}, steps).ready()
    assert not Environment(root, {}, steps).ready(developer=True)


def test_what_is_cached_needs_no_network(tmp_path: Path) -> None:
    root = checkout(tmp_path)
    uv(root).write_text("#!/bin/sh\n", "utf-8")
    steps = Recorded(root)
    Environment(root, {}, steps).prepare()
    assert ["--editable" in command for command in steps.commands] == [True, False]


def test_what_a_start_reads_is_compiled_even_where_python_may_write_no_bytecode(tmp_path: Path) -> None:
    root = checkout(tmp_path)
    (root / "orchestrator" / "api").mkdir()
    (root / "orchestrator" / "api" / "__init__.py").touch()
    (root / "orchestrator" / "api" / "server.py").write_text("READ = True\n", "utf-8")
    (root / "orchestrator" / "unread.py").touch()
    for name in ("aiohttp.py", "alembic/__init__.py", "alembic/command.py"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).touch()
    environ = {"PYTHONDONTWRITEBYTECODE": "1", "PATH": "/usr/bin:/bin"}
    Environment(root, environ, Steps(root / "build" / "setup.log", environ, io.StringIO())).prepare()
    assert list((root / "orchestrator" / "api" / "__pycache__").glob("server.*.pyc"))
    assert list((root / "orchestrator" / "__pycache__").glob("unread.*.pyc"))


def test_a_developers_environment_stays_one(tmp_path: Path) -> None:
    root = checkout(tmp_path)
    Environment(root, {}, Recorded(root)).prepare(developer=True)
    again = Recorded(root)
    made = Environment(root, {}, again)
    assert made.ready() and made.ready(developer=True)
    made.prepare()
    assert again.commands and "pytest==" in wanted(root)


def test_an_interrupted_setup_is_done_again(tmp_path: Path) -> None:
    root = checkout(tmp_path)
    Environment(root, {}, Recorded(root)).prepare()
    broken = Environment(root, {}, Recorded(root, failing="Install AI Orchestrator"))
    with pytest.raises(SetupFailed):
        broken.prepare()
    assert not broken.ready()


@pytest.mark.parametrize("changed", ["requirements.lock", "pyproject.toml", "orchestrator/__init__.py"])
def test_a_changed_file_asks_for_setup(tmp_path: Path, changed: str) -> None:
    root = checkout(tmp_path)
    made = Environment(root, {}, Recorded(root))
    made.prepare()
    with (root / changed).open("a") as file:
        file.write("\n# changed\n")
    assert not made.ready()


def test_a_python_that_is_gone_asks_for_a_new_environment(tmp_path: Path) -> None:
    root = checkout(tmp_path)
    Environment(root, {}, Recorded(root)).prepare()
    python = root / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to(tmp_path / "gone")
    steps = Recorded(root)
    made = Environment(root, {}, steps)
    assert not made.ready()
    made.prepare()
    assert "-m venv --clear" in steps.commands[0]


def test_a_moved_checkout_asks_for_a_new_environment(tmp_path: Path) -> None:
    root = checkout(tmp_path)
    Environment(root, {}, Recorded(root)).prepare()
    moved = root.rename(tmp_path / "moved")
    steps = Recorded(moved)
    Environment(moved, {}, steps).prepare()
    assert "-m venv --clear" in steps.commands[0]


def test_a_stamp_that_is_no_json_is_no_stamp(tmp_path: Path) -> None:
    root = checkout(tmp_path)
    (root / ".venv" / "setup.json").write_text("{", "utf-8")
    assert not Environment(root, {}, Recorded(root)).ready()


@pytest.mark.parametrize("name", LOCKS)
def test_lock_files_name_no_host_and_hash_everything(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    assert "://" not in text and "--index" not in text and "--find-links" not in text
    packages = re.findall(r"^(\S+)==.*?(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
    hashed = re.findall(r"^(\S+)==[^\n]*\\\n(?=\s+--hash=sha256:)", text, re.MULTILINE)
    assert packages and packages == hashed


def test_the_development_lock_only_adds() -> None:
    base, developer = ((ROOT / name).read_text("utf-8") for name in LOCKS[:2])
    pinned = set(re.findall(r"^\S+==\S+", base, re.MULTILINE))
    assert pinned <= set(re.findall(r"^\S+==\S+", developer, re.MULTILINE))


def test_every_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras: dict[str, list[str]] = project["optional-dependencies"]
    (own,) = [item for item in extras["dev"] if item.startswith(project["name"])]  # ai-orchestrator[kafka,…]: itself
    named = re.split(r"[\[\],]", own)[1:-1]
    every = [*project["dependencies"], *(item for extra in ("dev", *named) for item in extras[extra] if item != own)]
    for name, wanted in (("requirements.lock", project["dependencies"]), ("requirements-dev.lock", every)):
        text = (ROOT / name).read_text("utf-8")
        missing = [item for item in wanted if not environment.requirement(text, re.split(r"[^\w-]", item)[0])]
        assert not missing, f"./run lock: {missing}"


def test_the_tools_of_setup_are_locked() -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    assert environment.requirement(lock, "uv").startswith(environment.UV)
    assert "--hash=sha256:" in environment.requirement(lock, "uv")
    assert environment.requirement(lock, "setuptools")
    assert (ROOT / environment.NODE_LOCK).read_text("utf-8").startswith(environment.NODE)


def test_pips_configuration_is_given_to_uv() -> None:
    listing = (
        "global.cert='/certificates.pem'\n"
        "global.extra-index-url='file:///a/simple file:///b/simple'\n"
        "global.index-url='https://files/simple'\n"
        "install.find-links='/wheels /more'\n"
        ":env:.index-url='https://environment/simple'\n"
        "freeze.timeout='3'\n"
    )
    given = indexes.for_uv(indexes.read_pip(listing), {})
    assert given == {
        "UV_DEFAULT_INDEX": "https://environment/simple",
        "UV_EXTRA_INDEX_URL": "file:///a/simple file:///b/simple",
        "UV_FIND_LINKS": "/wheels,/more",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "SSL_CERT_FILE": "/certificates.pem",
    }


def test_what_was_set_for_uv_is_left_alone() -> None:
    pip = {"index-url": "https://pip/simple", "extra-index-url": "https://more/simple", "find-links": "/wheels"}
    assert indexes.for_uv(pip, {"UV_INDEX_URL": "https://uv/simple"}) == {"UV_FIND_LINKS": "/wheels"}


def test_pip_without_index_is_uv_without_index() -> None:
    assert indexes.for_uv({"no-index": "1"}, {}) == {"UV_NO_INDEX": "1"}
    assert indexes.for_uv({"no-index": "false"}, {}) == {}


def test_npm_is_given_certificates() -> None:
    assert indexes.for_npm({"cert": "/pip.pem"}, {"SSL_CERT_FILE": "/ssl.pem"}) == {"NODE_EXTRA_CA_CERTS": "/ssl.pem"}
    assert indexes.for_npm({}, {}) == {}


@pytest.mark.parametrize(
    ("output", "says"),
    [
        ("[Errno -3] Temporary failure in name resolution", "offline"),
        ("npm error code ENOTFOUND", "offline"),
        ("SSL: CERTIFICATE_VERIFY_FAILED", "NODE_EXTRA_CA_CERTS"),
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("PermissionError: [Errno 13] Permission denied: '.venv'", "owns this folder"),
        ("Tunnel connection failed: 407 Proxy Authentication Required", "proxy"),
        ("THESE PACKAGES DO NOT MATCH THE HASHES", "refused"),
        ("ensurepip is not available", "python3-venv"),
        ("something else", ""),
    ],
)
def test_failures_come_with_advice(output: str, says: str) -> None:
    assert says in advice(output)


def test_a_failed_step_shows_the_end_of_its_output(tmp_path: Path) -> None:
    said = io.StringIO()
    steps = Steps(tmp_path / "log", {"PATH": "/usr/bin:/bin"}, said)
    script = "import sys; print('\\n'.join(map(str, range(100)))); print('No space left on device'); sys.exit(3)"
    with pytest.raises(SetupFailed, match="ended with code 3") as failed:
        steps.run("A step", [sys.executable, "-c", script])
    assert "disk is full" in failed.value.advice
    assert "      99\n" in said.getvalue() and "      50\n" not in said.getvalue()
    assert "50\n" in (tmp_path / "log").read_text("utf-8")


def test_a_step_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    steps = Steps(tmp_path / "log", {"PATH": "/usr/bin:/bin"}, io.StringIO())
    with pytest.raises(SetupFailed, match="took more than"):
        steps.run("A step", [sys.executable, "-c", "import threading; threading.Event().wait()"], limit=0.3)


def test_a_program_that_is_missing_is_no_traceback(tmp_path: Path) -> None:
    with pytest.raises(SetupFailed, match="cannot be started"):
        Steps(tmp_path / "log", {}, io.StringIO()).run("A step", [tmp_path / "nothing"])


def test_help_lists_every_command() -> None:
    shown = subprocess.run([ROOT / "run", "help"], capture_output=True, text=True, check=True).stdout
    for name in commands.COMMANDS:
        assert re.search(rf"^\./run {name}\b", shown, re.MULTILINE), name


def test_make_knows_every_command() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for name in commands.COMMANDS:
        assert re.search(rf"^[a-z ]*\b{name}\b[a-z ]*:$", makefile, re.MULTILINE), name


def test_an_old_python_is_told_so() -> None:
    """Without a newer one on the PATH, a sentence; the rest of the script is never read."""
    script = (
        "import sys, runpy, os; sys.version_info = (3, 9, 2, 'final', 0); os.environ['PATH'] = '';"
        f"sys.argv = ['run']; runpy.run_path({str(ROOT / 'run')!r}, run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("AI Orchestrator needs Python 3.11 or newer; this is 3.9")


def test_the_second_setup_waits_for_the_first(tmp_path: Path) -> None:
    said = io.StringIO()
    steps = Steps(tmp_path / "log", {}, said)
    path = tmp_path / "build" / "setup.lock"
    path.parent.mkdir()
    hold = (
        f"import fcntl, sys; f = open({str(path)!r}, 'a'); fcntl.flock(f, 2); print(flush=True); sys.stdin.readline()"
    )
    holder = subprocess.Popen([sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdin and holder.stdout
    holder.stdout.readline()
    order: list[str] = []

    def enter() -> None:
        with commands.locked(path, steps):
            order.append("entered")

    waiting = Thread(target=enter)
    waiting.start()
    while "waiting for it" not in said.getvalue():
        waiting.join(0.01)
    order.append("released")
    holder.stdin.close()
    waiting.join(10)
    assert order == ["released", "entered"]
    assert holder.wait(10) == 0


def test_the_stamp_says_what_it_is_of(tmp_path: Path) -> None:
    root = checkout(tmp_path)
    Environment(root, {}, Recorded(root)).prepare()
    stamp = json.loads((root / ".venv" / "setup.json").read_text("utf-8"))
    assert stamp["root"] == str(root) and stamp["developer"] is False


def test_a_home_that_cannot_be_written_is_left_alone(tmp_path: Path) -> None:
    kept = environment.with_caches({"HOME": str(tmp_path)}, tmp_path)
    assert kept == {"HOME": str(tmp_path)}
    for environ in ({}, {"HOME": str(tmp_path / "nowhere")}):
        cached = environment.with_caches({**environ, "PIP_CACHE_DIR": "/mine"}, tmp_path)
        assert cached["UV_CACHE_DIR"] == str(tmp_path / "build" / "cache" / "uv")
        assert cached["PIP_CACHE_DIR"] == "/mine" and "npm_config_cache" in cached


def test_a_full_disk_says_what_to_do(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device", "wanted.txt")

    monkeypatch.setitem(commands.COMMANDS, "setup", full)
    assert commands.main(["setup"]) == 1
    said = capsys.readouterr().err
    assert "wanted.txt" in said and "Free some space" in said


@pytest.mark.parametrize(
    "typed",
    [[], ["--port", "9000"], ["--open"], ["--port=0"], ["--workspace", "w"], ["--data=d", "--open"]],
)
def test_options_of_the_server_start_it(monkeypatch: pytest.MonkeyPatch, typed: list[str]) -> None:
    asked: list[list[str]] = []

    def product(_: object, arguments: list[str]) -> int:
        asked.append(arguments)
        return 0

    monkeypatch.setattr(commands, "product", product)
    assert commands.main(typed) == 0
    assert commands.main(["--data", "d", "runs", "list"]) == 0  # they may stand before a command, too
    assert asked == [["serve", *typed], ["--data", "d", "runs", "list"]]

"""Settings: defaults < file < environment < flags; mistakes are named; secrets are not shown."""

import os
import pwd
from pathlib import Path

import pytest

from orchestrator.kernel import settings
from orchestrator.kernel.errors import InvalidSettings
from orchestrator.kernel.showing import shown


def load(tmp_path: Path, file: str = "", environ: dict[str, str] | None = None, **flags: object) -> settings.Settings:
    (tmp_path / "config.toml").write_text(file, "utf-8")
    return settings.load({"HOME": str(tmp_path), **(environ or {})}, flags={"data": tmp_path, **flags})


def test_each_source_beats_the_one_before(tmp_path: Path) -> None:
    assert load(tmp_path).server.port == 8000
    assert load(tmp_path, "[server]\nport = 1").server.port == 1
    environ = {"ORCHESTRATOR_SERVER_PORT": "2"}
    assert load(tmp_path, "[server]\nport = 1", environ).server.port == 2
    assert load(tmp_path, "[server]\nport = 1", environ, server={"port": 3}).server.port == 3


def test_so_does_the_workspace(tmp_path: Path) -> None:
    assert load(tmp_path).workspace == tmp_path / "workspace"
    assert load(tmp_path, 'workspace = "/a"').workspace == Path("/a")
    environ = {"ORCHESTRATOR_WORKSPACE": "/b"}
    assert load(tmp_path, 'workspace = "/a"', environ).workspace == Path("/b")
    assert load(tmp_path, 'workspace = "/a"', environ, workspace="/c").workspace == Path("/c")


@pytest.mark.parametrize(
    ("file", "environ", "named"),
    [
        ("[server]\nprot = 1", {}, "prot"),
        ('[server]\nport = "many"', {}, "server.port"),
        ("[nothing]\nx = 1", {}, "nothing"),
        ("not toml at all", {}, "config.toml"),
        ("", {"ORCHESTRATOR_SERVER_PROT": "1"}, "ORCHESTRATOR_SERVER_PROT"),
        ("", {"ORCHESTRATOR_SERVER_PORT": "many"}, "server.port"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, file: str, environ: dict[str, str], named: str) -> None:
    with pytest.raises(InvalidSettings, match=named):
        load(tmp_path, file, environ)


def test_secrets_are_named_and_never_shown(tmp_path: Path) -> None:
    chosen = load(tmp_path, environ={"OPENAI_API_KEY": "sk-very-secret"})
    assert chosen.llm.providers["openai"].api_key == "sk-very-secret"
    for said in (repr(chosen), str(shown(chosen))):
        assert "sk-very-secret" not in said and "•••" in said


def test_the_order_of_providers_is_the_file_s(tmp_path: Path) -> None:
    file = '[llm.providers.mine]\nkind = "openai"\nbase_url = "http://127.0.0.1:1/v1"\n'
    chosen = load(tmp_path, file, {"OPENAI_API_KEY": "k"})
    assert next(iter(chosen.llm.providers)) == "mine"


def test_loosening_is_told(tmp_path: Path) -> None:
    assert load(tmp_path).loosened() == {}
    file = '[policy]\napprove_all = true\nprograms = ["nmap"]\n[tools]\nsandbox = "none"\n[server]\nhost = "0.0.0.0"\n'
    assert set(load(tmp_path, file).loosened()) == {
        "policy.approve_all",
        "policy.programs",
        "tools.sandbox",
        "server.host",
    }


@pytest.mark.parametrize(
    ("file", "named"),
    [
        ("llm = 3", "llm"),
        ("[llm]\nproviders = 3", "llm.providers"),
        ("workspace = 3", "workspace"),
        ("[server]\nport = 99999", "server.port"),
        ("[journal]\nbatch = 0", "journal.batch"),
        ("[agents]\nmax_steps = 0", "agents.max_steps"),
        ("[agents]\nconcurrent_runs = 0", "agents.concurrent_runs"),
        ("[tools]\ntimeout = -5", "tools.timeout"),
        ('[telemetry]\nlevel = "loud"', "telemetry.level"),
        ('data = "/elsewhere"', "--data"),
    ],
)
def test_a_value_that_cannot_work_is_refused_before_anything_starts(tmp_path: Path, file: str, named: str) -> None:
    with pytest.raises(InvalidSettings, match=named):
        load(tmp_path, file)


def test_a_settings_file_that_was_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettings, match=r"nowhere\.toml"):
        settings.load({"HOME": str(tmp_path)}, file=tmp_path / "nowhere.toml")


def test_a_data_folder_that_is_a_file_is_no_matter_for_the_settings(tmp_path: Path) -> None:
    (file := tmp_path / "file").write_text("", "utf-8")
    assert settings.load({}, flags={"data": file}).data == file


@pytest.mark.parametrize("environ", [{}, {"HOME": ""}])
def test_without_a_home_the_system_knows_one(environ: dict[str, str]) -> None:
    home = pwd.getpwuid(os.getuid()).pw_dir
    assert settings.load(environ).data.is_relative_to(home)


def test_without_any_home_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.getuid", lambda: 987_654_321)
    with pytest.raises(InvalidSettings, match="ORCHESTRATOR_DATA"):
        settings.load({})

"""A data folder with a model that says what it is told, and the command on it."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from commanding import CONFIG, InProcess, Models, OwnProcess, serving, tree


@pytest.fixture(scope="session", autouse=True)
def commands() -> Iterator[None]:
    """Made once, as in each process: it takes longer than most of what they do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("typer.testing._get_command", lambda _: tree())
        yield


@pytest.fixture
def models() -> Iterator[Models]:
    made = Models()
    yield made
    made.close()


@pytest.fixture(autouse=True)
def environ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A home of its own, no key, no Ollama, English."""
    for name in tuple(os.environ):
        if name.startswith(("ORCHESTRATOR_", "LC_")) or name.endswith("_API_KEY") or name == "HF_TOKEN":
            monkeypatch.delenv(name)
    for name, value in {"HOME": str(tmp_path), "LANG": "C.UTF-8", "OLLAMA_HOST": "127.0.0.1:1", "TERM": "dumb"}.items():
        monkeypatch.setenv(name, value)
    return dict(os.environ)


@pytest.fixture
def data(tmp_path: Path, models: Models) -> Path:
    folder = tmp_path / "data"
    (folder / "workspace").mkdir(parents=True)
    (folder / "workspace" / "hello.txt").write_text("Hello.\n", "utf-8")
    (folder / "config.toml").write_text(CONFIG.format(url=models.url), "utf-8")
    return folder


@pytest.fixture
def orchestrator(data: Path) -> InProcess:
    return InProcess(data)


@pytest.fixture
def installed(data: Path, environ: dict[str, str]) -> OwnProcess:
    return OwnProcess(data, environ)


@pytest.fixture(params=["local", "remote"])
def way(request: pytest.FixtureRequest, data: Path) -> Iterator[str]:
    """The same test through both ways to the product."""
    with ExitStack() as stack:
        if request.param == "remote":
            stack.enter_context(serving(data))
        yield request.param

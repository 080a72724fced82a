"""The web app, built when its sources have changed since the last build.

Its absence never stops the server: the API and the command line do not need it.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from scripts.bootstrap import indexes
from scripts.bootstrap.environment import Environment
from scripts.bootstrap.steps import SetupFailed, Steps

OLDEST_NODE = 22
_NOT_SOURCES = {"node_modules", "dist", "coverage", "tests", "test-results", ".vite"}

_TESTS = {"test": "Test the web app", "test:browser": "Test the web app in a browser"}


def node_version(text: str) -> tuple[int, int, int]:
    """`v24.19.0` -> (24, 19, 0); (0, 0, 0) when it is no version."""
    found = re.match(r"v?(\d+)\.(\d+)\.(\d+)", text.strip())
    return (int(found[1]), int(found[2]), int(found[3])) if found else (0, 0, 0)


def sources(folder: Path) -> Iterator[Path]:
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _NOT_SOURCES)
        for name in sorted(files):
            if not re.search(r"\.(test|spec)\.\w+$|\.log$|~$", name):
                yield Path(here, name)


def fingerprint(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sources(folder):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(folder)}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


class Web:
    def __init__(self, environment: Environment, environ: Mapping[str, str], steps: Steps) -> None:
        self.folder = environment.root / "web"
        self.output = environment.root / "orchestrator" / "api" / "static"
        self._environment = environment
        self._environ = environ
        self._steps = steps
        self._stamp = self.output / ".sources"
        self._failure = environment.root / "build" / "web-failed"
        self._packages = self.folder / "node_modules" / ".installed"

    def exists(self) -> bool:
        return (self.folder / "package.json").is_file()

    def ready(self) -> bool:
        return not self.exists() or _read(self._stamp) == fingerprint(self.folder)

    def build(self) -> None:
        """Raises SetupFailed when it cannot be done."""
        wanted = fingerprint(self.folder)
        tools = self._tools()
        self.install(tools)
        self._stamp.unlink(missing_ok=True)
        self._npm(tools, "Build the web app", "run", "build", limit=300.0)
        if not (self.output / "index.html").is_file():
            raise SetupFailed(f"The web build ended well and left no {self.output / 'index.html'}.")
        self._stamp.write_text(wanted, "utf-8")
        self._failure.unlink(missing_ok=True)

    def build_if_possible(self) -> None:
        """Build, or say why not and let the server start. What failed is not tried at every start."""
        wanted = fingerprint(self.folder)
        again = "The server, its API and the command line work without it. To try again: ./run web"
        if _read(self._failure) == wanted:
            self._steps.say(f"  !  The web app is not built: an earlier try failed. {again}")
            return
        try:
            self.build()
        except SetupFailed as failed:
            self._failure.parent.mkdir(exist_ok=True)
            self._failure.write_text(wanted, "utf-8")
            self._steps.say(f"  !  The web app is not built: {failed} {failed.advice}\n     {again}")

    def tests(self) -> list[str]:
        """The npm scripts that test the web app."""
        if not self.exists():
            return []
        scripts = json.loads((self.folder / "package.json").read_text("utf-8")).get("scripts", {})
        return [name for name in _TESTS if name in scripts]

    def test(self, script: str) -> int:
        """The exit code of one of these scripts, its output on the terminal."""
        tools = self._tools()
        self.install(tools)
        return self._steps.show(
            _TESTS[script], [*tools.npm, "run", script], cwd=self.folder, environ=self._npm_environ(tools)
        )

    def install(self, tools: "Tools | None" = None) -> None:
        tools = tools or self._tools()
        if not (self.folder / "package-lock.json").is_file():
            raise SetupFailed("web/package-lock.json is missing.", "It belongs to the repository: git checkout web")
        digest = hashlib.sha256(tools.version.encode())
        for name in ("package.json", "package-lock.json"):
            digest.update((self.folder / name).read_bytes())
        if _read(self._packages) == digest.hexdigest():
            return
        patience = ("--fetch-retries=2", "--fetch-retry-mintimeout=1000", "--fetch-timeout=60000")
        quiet = ("--no-audit", "--no-fund", "--no-update-notifier")
        self._npm(tools, "Fetch the web app's packages (npm)", "ci", *patience, *quiet, limit=300.0)
        self._packages.write_text(digest.hexdigest(), "utf-8")

    def _npm(self, tools: "Tools", title: str, *arguments: str, limit: float) -> None:
        environ = {**self._npm_environ(tools), "CI": "true"}  # npm asks nothing
        self._steps.run(title, [*tools.npm, *arguments], cwd=self.folder, environ=environ, limit=limit)

    def _npm_environ(self, tools: "Tools") -> dict[str, str]:
        return {**indexes.for_npm(self._environment.pip_options(), self._environ), "PATH": tools.path}

    def _tools(self) -> "Tools":
        """This machine's Node where it is new enough and has npm; else one from the Python package index."""
        path = self._environ.get("PATH", os.defpath)
        node, npm = shutil.which("node", path=path), shutil.which("npm", path=path)
        if node and npm:
            done = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
            if node_version(done.stdout)[0] >= OLDEST_NODE:
                return Tools([npm], path, done.stdout.strip())
        package = self._environment.install_node()
        folder = package / "bin"
        script = package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        if not (folder / "node").is_file() or not script.is_file():
            raise SetupFailed(f"The Node.js that was fetched is not whole: {package}", "Try again: ./run web")
        return Tools([str(folder / "node"), str(script)], f"{folder}{os.pathsep}{path}", str(package))


class Tools:
    """How npm is called here."""

    def __init__(self, npm: list[str], path: str, version: str) -> None:
        self.npm, self.path, self.version = npm, path, version


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError:
        return ""

"""The web app, built when its sources have changed since the last build.

Its absence never stops the server: the API and the command line do not need it.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from scripts.bootstrap.environment import Environment
from scripts.bootstrap.node import Packages
from scripts.bootstrap.steps import SetupFailed, Steps

_NOT_SOURCES = {"node_modules", "dist", "coverage", "tests", "test-results", ".vite"}

_TESTS = {"test": "Test the web app", "test:browser": "Test the web app in a browser"}


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
        self._steps = steps
        self._stamp = self.output / ".sources"
        self._failure = environment.root / "build" / "web-failed"
        self._packages = Packages(self.folder, environment, environ, steps)

    def exists(self) -> bool:
        return (self.folder / "package.json").is_file()

    def ready(self) -> bool:
        return not self.exists() or _read(self._stamp) == fingerprint(self.folder)

    def build(self) -> None:
        """Raises SetupFailed when it cannot be done."""
        wanted = fingerprint(self.folder)
        self._packages.install()
        self._stamp.unlink(missing_ok=True)
        self._packages.run("Build the web app", "run", "build", limit=300.0)
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

    def test(self, script: str) -> tuple[int, str]:
        """The exit code of one of these scripts, and its output."""
        self._packages.install()
        return self._packages.aside(_TESTS[script], "run", script)


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError:
        return ""

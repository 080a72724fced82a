"""Node.js, and the packages that a folder of this repository locks."""

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from scripts.bootstrap import indexes
from scripts.bootstrap.environment import Environment
from scripts.bootstrap.steps import SetupFailed, Steps

OLDEST_NODE = 22


def node_version(text: str) -> tuple[int, int, int]:
    """`v24.19.0` -> (24, 19, 0); (0, 0, 0) when it is no version."""
    found = re.match(r"v?(\d+)\.(\d+)\.(\d+)", text.strip())
    return (int(found[1]), int(found[2]), int(found[3])) if found else (0, 0, 0)


class Tools:
    """How npm is called here."""

    def __init__(self, npm: list[str], path: str, version: str) -> None:
        self.npm, self.path, self.version = npm, path, version


class Packages:
    """What package-lock.json names, by version and digest, in node_modules beside it."""

    def __init__(self, folder: Path, environment: Environment, environ: Mapping[str, str], steps: Steps) -> None:
        self.folder = folder
        self._environment = environment
        self._environ = environ
        self._steps = steps
        self._stamp = folder / "node_modules" / ".installed"

    def install(self) -> None:
        """Raises SetupFailed when they cannot be had."""
        lock = self.folder / "package-lock.json"
        if not lock.is_file():
            path = lock.relative_to(self._environment.root)
            raise SetupFailed(f"{path} is missing.", f"It belongs to the repository: git checkout {path.parent}")
        digest = hashlib.sha256(self.tools.version.encode())
        for name in ("package.json", "package-lock.json"):
            digest.update((self.folder / name).read_bytes())
        if self._stamp.is_file() and self._stamp.read_text("utf-8") == digest.hexdigest():
            return
        patience = ("--fetch-retries=2", "--fetch-retry-mintimeout=1000", "--fetch-timeout=60000")
        quiet = ("--no-audit", "--no-fund", "--no-update-notifier")
        whose = self.folder.relative_to(self._environment.root)
        self.run(f"Fetch the packages of {whose} (npm)", "ci", *patience, *quiet, limit=300.0)
        self._stamp.write_text(digest.hexdigest(), "utf-8")

    def run(self, title: str, *arguments: str, limit: float) -> None:
        environ = {**self.environ, "CI": "true"}  # npm asks nothing
        self._steps.run(title, [*self.tools.npm, *arguments], cwd=self.folder, environ=environ, limit=limit)

    def aside(self, title: str, *arguments: str) -> tuple[int, str]:
        """The exit code, and the output."""
        return self._steps.aside(title, [*self.tools.npm, *arguments], cwd=self.folder, environ=self.environ)

    @property
    def environ(self) -> dict[str, str]:
        return {**indexes.for_npm(self._environment.pip_options(), self._environ), "PATH": self.tools.path}

    @cached_property
    def tools(self) -> Tools:
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
            raise SetupFailed(f"The Node.js that was fetched is not whole: {package}", "Try again.")
        return Tools([str(folder / "node"), str(script)], f"{folder}{os.pathsep}{path}", str(package))

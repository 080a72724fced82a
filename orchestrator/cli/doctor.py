"""`orchestrator doctor`: what is installed here, what works, and what to do about what does not."""

import os
import platform
import shutil
import socket
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

import typer

from orchestrator.cli.command import Session, command

if TYPE_CHECKING:
    from orchestrator.cli.terminal import Terminal
    from orchestrator.kernel.settings import Settings

_MARKS = {"ok": ("✓", "green"), "warn": ("!", "yellow"), "fail": ("✗", "bold red")}
_DEGREES = {"yes": "confined", "partly": "partly", "no": "not"}
_LITTLE_SPACE = 2**30  # bytes


class Check(NamedTuple):
    name: str
    state: Literal["ok", "warn", "fail"]
    detail: str
    hint: str = ""


def add_to(application: typer.Typer) -> None:
    @command(application, "doctor")
    def doctor(session: Session) -> int:
        """Check this installation: data, disk, sandbox, models, web app, port.

        Exit code 1 when something is broken; warnings are no failure.
        """
        terminal = session.terminal
        found: list[Check] = []
        for check in checks(session):
            found.append(check)
            if not terminal.json:
                show(terminal, check)
        if terminal.json:
            terminal.result({"items": [check._asdict() for check in found]})
        return int(any(check.state == "fail" for check in found))


def show(terminal: "Terminal", check: Check) -> None:
    mark, style = _MARKS[check.state]
    line = f"{mark} {check.name}: {check.detail}"
    if terminal.rich:
        terminal.console().print(line, style=style, markup=False)
    else:
        terminal.line(line)
    if check.hint:
        terminal.line(f"    {check.hint}")


def checks(session: Session) -> Iterator[Check]:
    from orchestrator.kernel.errors import OrchestratorError

    yield versions()
    try:
        settings = session.settings
    except OrchestratorError as error:
        yield Check("settings", "fail", error.detail, error.hint)
        return
    file = session.options.config or settings.data / "config.toml"
    yield Check("settings", "ok", f"read from {file}" if file.is_file() else f"as shipped; there is no {file}")
    loose = settings.loosened()
    if loose:
        said = ", ".join(f"{name} = {value}" for name, value in loose.items())
        yield Check("safety", "warn", f"less safe than shipped: {said}", "See `orchestrator config show`.")
    yield folder("data folder", settings.data, "--data")
    yield folder("workspace", settings.workspace, "--workspace")
    yield space(settings.data)
    if settings.storage.url:
        yield session.do(database(settings))
    yield web()
    yield port(settings.server.host, settings.server.port, settings.data)
    yield session.do(sandbox(settings))
    yield from models(session)


def versions() -> Check:
    from orchestrator import __version__

    said = f"AI Orchestrator {__version__}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    if sys.platform != "linux":
        return Check("versions", "warn", f"{said}, {sys.platform}", "Commands are confined on Linux only.")
    return Check("versions", "ok", said)


def folder(name: str, path: Path, flag: str) -> Check:
    existing = next((place for place in (path, *path.parents) if place.exists()), path)
    if not existing.is_dir():
        return Check(name, "fail", f"{existing} is not a folder", f"Choose another with {flag}.")
    if not os.access(existing, os.W_OK | os.X_OK):
        return Check(name, "fail", f"{path} cannot be written", f"Change its owner, or choose another with {flag}.")
    return Check(name, "ok", str(path) if existing == path else f"{path} (made when first used)")


def space(path: Path) -> Check:
    existing = next(place for place in (path, *path.parents) if place.exists())
    free = shutil.disk_usage(existing).free
    said = f"{free / 2**30:.1f} GiB free"
    if free < _LITTLE_SPACE:
        return Check(
            "disk", "warn", said, "With a full disk nothing can be recorded, so nothing runs: free some space."
        )
    return Check("disk", "ok", said)


async def database(settings: "Settings") -> Check:
    """The PostgreSQL that holds the data."""
    from orchestrator.kernel.errors import OrchestratorError
    from orchestrator.storage.postgresql import PostgresDatabase

    try:
        found = PostgresDatabase(settings.storage.url, settings.storage)
        version, durable = await found.state()
    except OrchestratorError as error:
        return Check("database", "fail", error.detail, error.hint)
    said = f"PostgreSQL {version} at {found.where}"
    if not durable:
        return Check("database", "warn", f"{said}; fsync is off", "A power cut may lose what was acknowledged.")
    return Check("database", "ok", said)


def web() -> Check:
    from orchestrator.api.static import BUILT

    if (BUILT / "index.html").is_file():
        return Check("web app", "ok", "built")
    return Check("web app", "warn", "not built; the API and the command line work", "To build it: ./run web")


def port(host: str, number: int, data: Path) -> Check:
    from orchestrator.cli import presence

    running = presence.find(data)
    if running is not None:
        return health(running.url, f"running at {running.url} (process {running.pid})")
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, number))
        except OSError as error:
            hint = "Another program has it. Choose another: orchestrator serve --port 8001"
            return Check("server", "warn", f"not running, and {host}:{number} is not free: {error.strerror}", hint)
    return Check("server", "ok", f"not running; {host}:{number} is free")


def health(url: str, said: str) -> Check:
    """What the running server says of itself."""
    import http.client
    import json
    from urllib.parse import urlsplit

    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    try:
        connection.request("GET", "/health/ready")
        told = json.loads(connection.getresponse().read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Check("server", "fail", f"{said}; it does not answer: {error}", "Start it again.")
    finally:
        connection.close()
    if told["status"] == "failing":
        return Check("server", "fail", f"{said}; {told['code']}", "Check the disk, then start it again.")
    if told["status"] == "degraded":
        return Check("server", "fail", f"{said}; {told['code']}", "Is the disk full? It goes on once there is room.")
    return Check("server", "ok", said)


async def sandbox(settings: "Settings") -> Check:
    """What commands of agents are confined to, on this machine."""
    from msgspec.structs import asdict

    from orchestrator.tools.sandbox.probe import choose

    found = await choose(settings.tools)
    degrees: dict[str, str] = asdict(found.isolation)
    parts = [(word, [what for what in degrees if degrees[what] == degree]) for degree, word in _DEGREES.items()]
    said = "; ".join([found.level, *(f"{word}: {', '.join(whats)}" for word, whats in parts if whats)])
    if found.level == "refused":
        return Check("sandbox", "fail", f"{said}; commands are refused", found.detail)
    if any(degree != "yes" for degree in degrees.values()):
        return Check("sandbox", "warn", said, found.detail)
    return Check("sandbox", "ok", said)


def models(session: Session) -> Iterator[Check]:
    from orchestrator.kernel.errors import OrchestratorError

    try:
        found = session.do(session.connection.models())
    except OrchestratorError as error:
        yield Check("models", "fail", error.detail, error.hint)
        return
    for provider, health in found["health"].items():
        state: Literal["ok", "warn"] = "ok" if health["ok"] else "warn"
        hint = "" if health["ok"] else "No matter unless you want it."
        yield Check(f"model {provider}", state, health["detail"] or "answers", hint)
    if found["auto"] is None:
        yield Check("model auto", "fail", "no model answers", "See what each provider says above.")
    else:
        yield Check("model auto", "ok", f"{found['auto']['model']}: {found['auto']['reason']}")

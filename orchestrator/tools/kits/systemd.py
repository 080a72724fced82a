"""The systemd kit: what systemd keeps running on this machine, its journal, and the logs beneath /var/log.

What the server's own user may not see or do is said so, never guessed.
"""

import asyncio
import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from orchestrator.kernel.errors import ToolFailed, ToolRetry
from orchestrator.kernel.messages import Arguments
from orchestrator.tools.base import Context, Result
from orchestrator.tools.function import tool
from orchestrator.tools.kits.examples import operating as said
from orchestrator.tools.workspace import Workspace, explained, regular

LOGS = Path("/var/log")
_NAMED = 40  # logs
_TAIL = 2 * 2**20  # bytes of a log that are looked at
_UNIT = re.compile(r"[A-Za-z0-9@][A-Za-z0-9@._:\\-]{0,127}")
_SECONDS = 20.0

Lines = Annotated[int, Meta(description="how many at most", ge=1, le=1000)]
_MOMENT = r"^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?)?$"
Since = Annotated[str, Meta(pattern=_MOMENT, extra_json_schema={"format": "date-time"})]


class Service(msgspec.Struct, frozen=True):
    name: str
    active: Annotated[str, Meta(description="active, inactive, failed, activating…")]
    state: Annotated[str, Meta(description="running, exited, dead, failed…")]
    description: str


class Services(msgspec.Struct, frozen=True):
    services: list[Service]

    def __str__(self) -> str:
        return "\n".join(f"{s.name}: {s.active} ({s.state}) {s.description}" for s in self.services) or "None."


@tool(
    category="system",
    place="machine",
    examples=said.LIST_SERVICES,
    answers={
        "en": "[{*services {name}: {active} ({state})*}|No such service.]",
        "fr": "[{*services {name} : {active} ({state})*}|Aucun service.]",
    },
)
async def list_services(
    context: Context,
    only: Annotated[Literal["all", "running", "failed"], "which ones"] = "all",
) -> Services:
    """List the services of this machine (systemd), and which of them failed."""
    more = [] if only == "all" else [f"--state={only}"]
    told = await _run("systemctl", "list-units", "--type=service", "--all", "--plain", "--no-legend", *more)
    rows = [line.replace("●", " ").split(None, 4) for line in told.splitlines() if line.strip()]
    return Services([Service(r[0], r[2], r[3], r[4] if len(r) > 4 else "") for r in rows if len(r) >= 4])


class ServiceStatus(msgspec.Struct, frozen=True):
    name: str
    active: str
    state: str
    description: str
    pid: int
    memory: Annotated[int, Meta(description="bytes; 0 when unknown")]
    result: Annotated[str, Meta(description="how it last ended")]

    def __str__(self) -> str:
        return f"{self.name}: {self.active} ({self.state}), {self.description}, process {self.pid}, {self.result}"


Unit = Annotated[str, Meta(description="the name of the service, such as nginx or ssh.service", min_length=1)]


@tool(
    category="system",
    place="machine",
    examples=said.SERVICE_STATUS,
    answers={
        "en": "{name}: {active} ({state})[, process {pid}][, {memory:bytes}]. Last result: {result}.",
        "fr": "{name} : {active} ({state})[, processus {pid}][, {memory:bytes}]. Dernier résultat : {result}.",
    },
)
async def service_status(name: Unit, context: Context) -> ServiceStatus:
    """Tell how one service of this machine is."""
    return await _status(_unit(name))


async def _status(unit: str) -> ServiceStatus:
    fields = "Id,ActiveState,SubState,Description,MainPID,MemoryCurrent,Result,LoadState"
    told = await _run("systemctl", "show", f"--property={fields}", "--", unit)
    found = dict(line.split("=", 1) for line in told.splitlines() if "=" in line)
    if found.get("LoadState") == "not-found":
        hint = "list_services shows what there is."
        raise ToolRetry(f"There is no service {unit!r}.", hint=hint, why="no_such_service", unit=unit)
    memory = found.get("MemoryCurrent", "")
    return ServiceStatus(
        name=found.get("Id", unit),
        active=found.get("ActiveState", "unknown"),
        state=found.get("SubState", "unknown"),
        description=found.get("Description", ""),
        pid=int(found.get("MainPID") or 0),
        memory=int(memory) if memory.isdigit() and len(memory) < 18 else 0,
        result=found.get("Result", ""),
    )


async def _controlled(arguments: Arguments, context: Context) -> Result | None:
    """A service that runs was started, one that does not was stopped; the rest leaves no trace."""
    action, found = arguments["action"], await _status(_unit(arguments["name"]))
    if action not in ("start", "stop"):
        raise ToolFailed(f"{found.name} is {found.active}: whether this call made it {action} cannot be known.")
    done = (found.active in ("active", "activating", "reloading")) == (action == "start")
    return Result(str(found), msgspec.to_builtins(found)) if done else None


@tool(
    scope="admin",
    effects="once",
    category="system",
    place="machine",
    examples=said.CONTROL_SERVICE,
    answers={
        "en": "{name} is {active} ({state}).",
        "fr": "{name} est {active} ({state}).",
    },
    timeout=90.0,
    reconcile=_controlled,
)
async def control_service(
    name: Unit,
    action: Annotated[Literal["start", "stop", "restart", "reload"], "what to do with it"],
    context: Context,
) -> ServiceStatus:
    """Start, stop, restart or reload a service of this machine."""
    unit = _unit(name)
    await _run("systemctl", "--no-ask-password", action, "--", unit, seconds=80.0)
    return await _status(unit)


class Log(msgspec.Struct, frozen=True):
    source: str
    lines: list[str]
    note: str = ""

    def __str__(self) -> str:
        return "\n".join([*self.lines, f"[{self.note}]" if self.note else ""]).strip() or "No lines."


@tool(
    category="system",
    origin="file",
    place="machine",
    examples=said.READ_JOURNAL,
    answers={"en": "{source}:\n{lines}[\n({note})]", "fr": "{source} :\n{lines}[\n({note:word})]"},
)
async def read_journal(
    context: Context,
    service: Annotated[str | None, "only of this service"] = None,
    level: Annotated[Literal["error", "warning", "all"], "only what is at least as serious"] = "all",
    limit: Lines = 50,
    since: Annotated[Since | None, "only from then on, in UTC: 2027-01-31, or 2027-01-31T08:00"] = None,
) -> Log:
    """Read the newest lines of the machine's journal (systemd): of all, of a service, since a time, or only errors."""
    words = ["journalctl", "--no-pager", "--quiet", "--output=short-iso", f"--lines={limit}"]
    words += [f"--unit={_unit(service)}"] if service else []
    words += [f"--priority={'err' if level == 'error' else 'warning'}"] if level != "all" else []
    words += [f"--since={since.replace('T', ' ')} UTC"] if since else []
    told = await _run(*words)
    note = "" if told.strip() else "nothing that this server's user may read"
    return Log(service or "journal", told.splitlines()[-limit:], note)


@tool(
    category="system",
    origin="file",
    examples=said.READ_LOG,
    answers={"en": "{source}:\n{lines}[\n({note})]", "fr": "{source} :\n{lines}[\n({note:word})]"},
)
def read_log(
    log: Annotated[str, Meta(description="a file beneath /var/log, such as syslog or nginx/error.log", min_length=1)],
    context: Context,
    text: Annotated[str | None, "only lines with these letters"] = None,
    limit: Lines = 50,
) -> Log:
    """Read the newest lines of a log beneath /var/log."""
    return read_tail(LOGS, log, text, limit)


def read_tail(logs: Path, log: str, text: str | None, limit: int) -> Log:
    beneath = Workspace(logs)
    name = log.removeprefix(f"{logs}/")
    if beneath.stat(name) is None:
        there = sorted(path.name for path in logs.glob("[!.]*") if path.is_file() and not path.is_symlink())
        known, shown = ", ".join(there[:_NAMED]), log[:200]
        hint = f"There are: {known}."
        raise ToolRetry(f"There is no log {shown!r}.", hint=hint, why="no_such_log", log=shown, there=known)
    with beneath.opened(name) as handle, explained(log):
        size = regular(log, os.fstat(handle)).st_size
        data = os.pread(handle, _TAIL, max(0, size - _TAIL))
    if b"\0" in data[:4096]:
        raise ToolFailed(f"{log!r} is no text.", hint="Read the journal with read_journal.")
    lines = data.decode("utf-8", "replace").splitlines()
    lines = [line for line in lines if text.lower() in line.lower()] if text else lines
    return Log(name, lines[-limit:], "only its end was looked at" if size > _TAIL else "")


def _unit(name: str) -> str:
    if not _UNIT.fullmatch(name):
        raise ToolRetry(f"{name[:100]!r} is no name of a service.")
    return name if "." in name else f"{name}.service"


async def _run(*words: str, seconds: float = _SECONDS) -> str:
    """What a program of the machine says. Raises ToolFailed, in words, when it is not there or not for us."""
    program = shutil.which(words[0])
    if program is None:
        said = f"This machine has no {words[0]}: its services are kept by something other than systemd."
        raise ToolFailed(said, why="no_systemd")
    pipe = asyncio.subprocess.PIPE
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "SYSTEMD_COLORS": "0", "SYSTEMD_PAGER": ""}
    process = await asyncio.create_subprocess_exec(program, *words[1:], stdout=pipe, stderr=pipe, env=environment)
    try:
        async with asyncio.timeout(seconds):
            out, wrong = await process.communicate()
    except BaseException:
        if process.returncode is None:
            process.kill()
            await process.wait()
        raise
    if process.returncode:
        raise _explained(words, wrong.decode("utf-8", "replace").strip())
    return out.decode("utf-8", "replace")


def _explained(words: Sequence[str], wrong: str) -> ToolFailed:
    if "not been booted with systemd" in wrong or "Failed to connect to bus" in wrong:
        said = "This machine does not run systemd: it has no services or journal to ask."
        return ToolFailed(said, why="no_systemd")
    if any(sign in wrong for sign in ("ccess denied", "uthentication", "ermission", "nsufficient")):
        asked = " ".join(words[:3])
        said = f"This server's user may not {asked}: an administrator must do it. ({wrong[:300]})"
        return ToolFailed(said, why="no_permission_service", asked=asked)
    return ToolFailed(wrong[:500] or f"{words[0]} failed.")


tools = (list_services, service_status, control_service, read_journal, read_log)

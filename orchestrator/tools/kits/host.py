"""The host kit: the machines that the owner named in `tools.hosts`, by SSH. See tools/shells.py for what is checked."""

import contextlib
import os
import stat
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from orchestrator.kernel.errors import ToolFailed, ToolRetry
from orchestrator.kernel.messages import Arguments
from orchestrator.tools.base import Context, Result, Tool
from orchestrator.tools.function import tool
from orchestrator.tools.kit import Equipment
from orchestrator.tools.kits.examples import host as said
from orchestrator.tools.shells import Machines, run
from orchestrator.tools.workspace import Workspace, explained, regular

COPIED = 500 * 2**20  # bytes of one file

Name = Annotated[str, Meta(description="the name of a machine in the settings", min_length=1, max_length=100)]
There = Annotated[
    str, Meta(description="the path on that machine", min_length=1, max_length=4096, pattern="^[^\\x00]+$")
]
File = Annotated[str, Meta(description="path inside the workspace", min_length=1)]

_tool = partial(tool, category="host")


class Machine(msgspec.Struct, frozen=True):
    name: str
    address: str
    port: int
    user: str
    trusted: Annotated[bool, Meta(description="its key is known")]


class MachineList(msgspec.Struct, frozen=True):
    machines: list[Machine]

    def __str__(self) -> str:
        lines = [f"{m.name}: {m.user}@{m.address}:{m.port}{'' if m.trusted else ' (new)'}" for m in self.machines]
        return "\n".join(lines) or "The settings name no machine (tools.hosts)."


class Done(msgspec.Struct, frozen=True):
    machine: str
    exit_code: int
    stdout: str
    stderr: str
    note: str = ""

    def __str__(self) -> str:
        parts = [self.stdout.rstrip(), f"[stderr]\n{self.stderr.rstrip()}" if self.stderr.strip() else ""]
        parts += [f"[exit code {self.exit_code}]" if self.exit_code else "", f"[{self.note}]" if self.note else ""]
        return "\n".join(filter(None, parts)) or "[no output, exit code 0]"


class Sent(msgspec.Struct, frozen=True):
    machine: str
    file: str
    there: str
    size: int

    def __str__(self) -> str:
        return f"{self.file} - {self.machine}:{self.there}, {self.size} bytes."


class Trusted(msgspec.Struct, frozen=True):
    machine: str
    fingerprint: str

    def __str__(self) -> str:
        return f"{self.machine} is known by {self.fingerprint}."


def kit(equipment: Equipment) -> Sequence[Tool]:
    folder = equipment.folder or Path()
    return tools_for(Machines(dict(equipment.settings.hosts), folder / "known_hosts"))


def tools_for(machines: Machines) -> Sequence[Tool]:
    return [make(machines) for make in (_list_hosts, _trust_host, _run_on_host, _copy_to_host, _copy_from_host)]


def _list_hosts(machines: Machines) -> Tool:
    @_tool(
        examples=said.LIST_HOSTS,
        answers={
            "en": "[{*machines {name}: {user}@{address}*}|No machine is named in the settings.]",
            "fr": "[{*machines {name} : {user}@{address}*}|Aucune machine n'est nommée dans les réglages.]",
        },
    )
    def list_hosts(context: Context) -> MachineList:
        """List the other machines that can be reached by SSH."""
        return MachineList(
            [
                Machine(name, host.address, host.port, host.user, machines.trusts(name))
                for name, host in sorted(machines.hosts.items())
            ]
        )

    return list_hosts


def _trust_host(machines: Machines) -> Tool:
    @_tool(
        scope="admin",
        effects="idempotent",
        examples=said.TRUST_HOST,
        answers={"en": "{machine} is known by {fingerprint}.", "fr": "{machine} est reconnue par {fingerprint}."},
    )
    async def trust_host(
        machine: Name,
        fingerprint: Annotated[str, Meta(description="of its key: SHA256:…", pattern="^SHA256:[A-Za-z0-9+/=]{40,50}$")],
        context: Context,
    ) -> Trusted:
        """Trust the SSH key of a machine that is met for the first time, by its fingerprint. A person compares it."""
        await machines.trust(machine, fingerprint)
        return Trusted(machine, fingerprint)

    return trust_host


def _run_on_host(machines: Machines) -> Tool:
    @_tool(
        scope="execute",
        effects="once",
        origin="file",
        place="elsewhere",
        examples=said.RUN_ON_HOST,
        answers={
            "en": "{machine}:\n{stdout}\n[{stderr}\n]Exit code {exit_code}.[ ({note})]",
            "fr": "{machine} :\n{stdout}\n[{stderr}\n]Code de sortie {exit_code}.[ ({note})]",
        },
        timeout=330.0,
        risks=("destroys", "sends"),
    )
    async def run_on_host(
        machine: Name,
        line: Annotated[
            str, Meta(description="the command line, as its shell reads it", min_length=1, max_length=32_000)
        ],
        context: Context,
        seconds: Annotated[int, Meta(description="that it may take", ge=1, le=300)] = 60,
    ) -> Done:
        """Run a command on another machine by SSH and return its output and exit code."""
        async with machines.connected(machine, context) as connection:
            ran = await run(connection, line, seconds)
        return Done(machine, ran.exit_code, ran.stdout, ran.stderr, "more was said than was kept" if ran.cut else "")

    return run_on_host


def _copy_to_host(machines: Machines) -> Tool:
    @_tool(
        scope="execute",
        effects="idempotent",
        examples=said.COPY_TO_HOST,
        answers={
            "en": "{file} is on {machine} as {there} ({size:bytes}).",
            "fr": "{file} est sur {machine} : {there} ({size:bytes}).",
        },
        timeout=330.0,
        risks=("sends", "destroys"),
    )
    async def copy_to_host(file: File, machine: Name, there: There, context: Context) -> Sent:
        """Copy a file of the workspace to another machine by SSH. What is there is replaced."""
        workspace = Workspace(context.workspace)
        with workspace.opened(file) as handle, explained(file):
            size = regular(file, os.fstat(handle)).st_size
            if size > COPIED:
                raise ToolFailed(f"{file!r} is larger than the {COPIED // 2**20} MB that can be copied.")
            async with machines.connected(machine, context) as connection:
                await _put(connection, handle, there, context.key)
        return Sent(machine, workspace.relative(file), there, size)

    return copy_to_host


async def _put(connection: "object", handle: int, there: str, key: str) -> None:
    """Beside it first, then in its place."""
    import asyncssh

    assert isinstance(connection, asyncssh.SSHClientConnection)
    try:
        async with connection.start_sftp_client() as sftp:
            if await sftp.isdir(there):
                raise ToolRetry(f"{there!r} is a folder there.", hint="Give the whole path of the file.")
            beside = f"{there}.{key[:12]}.part"
            async with sftp.open(beside, "wb") as out:
                place = 0
                while piece := os.pread(handle, 2**18, place):
                    await out.write(piece)
                    place += len(piece)
            await sftp.posix_rename(beside, there)
    except (asyncssh.SFTPError, asyncssh.Error) as error:
        raise ToolFailed(f"It cannot be copied there: {error.reason}.") from error


def _copy_from_host(machines: Machines) -> Tool:
    async def arrived(arguments: Arguments, context: Context) -> Result | None:
        if Workspace(context.workspace).stat(arguments["file"]) is None:
            return None
        raise ToolFailed(f"{arguments['file']!r} is there, but it cannot be known whether this call put it there.")

    @_tool(
        scope="execute",
        effects="once",
        origin="file",
        examples=said.COPY_FROM_HOST,
        answers={
            "en": "{there} of {machine} is here as {file} ({size:bytes}).",
            "fr": "{there} de {machine} est ici : {file} ({size:bytes}).",
        },
        timeout=330.0,
        reconcile=arrived,
    )
    async def copy_from_host(machine: Name, there: There, file: File, context: Context) -> Sent:
        """Copy a file from another machine into the workspace by SSH. Never overwrites."""
        workspace = Workspace(context.workspace)
        if workspace.stat(file) is not None:
            raise ToolRetry(f"{file!r} is there already.", hint="Choose another name.")
        async with machines.connected(machine, context) as connection:
            size = await _get(connection, there, workspace, file)
        return Sent(machine, workspace.relative(file), there, size)

    return copy_from_host


async def _get(connection: "object", there: str, workspace: Workspace, file: str) -> int:
    import asyncssh

    assert isinstance(connection, asyncssh.SSHClientConnection)
    size = 0
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with workspace.parent(file) as (folder, name), explained(file):
        try:
            async with connection.start_sftp_client() as sftp:
                mode = (await sftp.stat(there)).permissions or 0
                if not stat.S_ISREG(mode):
                    raise ToolRetry(f"{there!r} is no file there.")
                async with sftp.open(there, "rb") as source:
                    with os.fdopen(os.open(name, flags, 0o644, dir_fd=folder), "wb") as out:
                        while data := await source.read(2**18):
                            piece: Any = data  # bytes, which its types do not know
                            size += len(piece)
                            if size > COPIED:
                                raise ToolFailed(f"It is larger than the {COPIED // 2**20} MB that can be copied.")
                            out.write(piece)
        except BaseException as error:
            if not isinstance(error, FileExistsError):
                with contextlib.suppress(OSError):
                    os.unlink(name, dir_fd=folder)
            if isinstance(error, asyncssh.SFTPError | asyncssh.Error):
                raise ToolFailed(f"It cannot be copied: {error.reason}.") from error
            raise
    return size

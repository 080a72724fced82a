"""The operating kit: what runs on this machine, what listens, how full its disks are, who is there. It looks, and ends
a process where a person says so.

Some of it belongs to others: what the server's own user may not see is said so, never guessed.
"""

import asyncio
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from orchestrator.kernel.answers import say
from orchestrator.kernel.errors import ToolFailed, ToolRetry
from orchestrator.tools.base import Context
from orchestrator.tools.commandline import shown
from orchestrator.tools.function import tool
from orchestrator.tools.kits.examples import operating as said

_PSEUDO = frozenset({"tmpfs", "devtmpfs", "squashfs", "overlay", "proc", "sysfs", "cgroup2", "devpts", "mqueue"})

_PATIENCE = 5.0  # seconds a process has to end

Lines = Annotated[int, Meta(description="how many at most", ge=1, le=1000)]


class Process(msgspec.Struct, frozen=True):
    pid: int
    name: str
    user: str
    cpu: Annotated[float, Meta(description="percent of one processor, over a moment")]
    memory: Annotated[int, Meta(description="bytes in memory")]
    command: str


class Processes(msgspec.Struct, frozen=True):
    processes: list[Process]
    count: Annotated[int, Meta(description="of all that match")]

    def __str__(self) -> str:
        lines = [f"{p.pid} {p.user} {p.cpu:.1f}% {p.memory // 2**20} MB {p.command[:160]}" for p in self.processes]
        return "\n".join(["PID USER CPU MEMORY COMMAND", *lines, f"[{self.count} in all]"])


@tool(
    category="system",
    origin="file",  # whoever started one chose its words
    examples=said.LIST_PROCESSES,
    answers={
        "en": "[{*processes {name} ({pid}, {user}): {memory:bytes}, {cpu} % of a processor*}|No such process.]",
        "fr": "[{*processes {name} ({pid}, {user}) : {memory:bytes}, {cpu} % d'un processeur*}|Aucun processus.]",
    },
)
async def list_processes(
    context: Context,
    sort: Annotated[Literal["memory", "cpu", "pid"], "what the first ones have most of"] = "memory",
    name: Annotated[str | None, "only those with these letters in their name or command"] = None,
    limit: Lines = 15,
) -> Processes:
    """List the processes of this machine: what takes most memory or processor time, and who runs it."""
    import psutil

    running = list(psutil.process_iter())
    if sort == "cpu":
        for process in running:
            _cpu(process)
        await context.clock.sleep(0.2)
    found = [row for process in running if (row := await asyncio.to_thread(_row, process)) is not None]
    if name:
        found = [row for row in found if name.lower() in f"{row.name} {row.command}".lower()]
    found.sort(key=lambda row: row.pid if sort == "pid" else -(row.memory if sort == "memory" else row.cpu))
    return Processes(found[:limit], len(found))


def _cpu(process: object) -> float:
    import psutil

    assert isinstance(process, psutil.Process)
    try:
        return float(process.cpu_percent())
    except psutil.Error:
        return 0.0


def _row(process: object) -> Process | None:
    import psutil

    assert isinstance(process, psutil.Process)
    try:
        with process.oneshot():
            command = " ".join(shown(process.cmdline())) or process.name()
            memory = process.memory_info().rss
            return Process(process.pid, process.name(), process.username(), _cpu(process), memory, command[:500])
    except psutil.Error:  # it has ended, or belongs to somebody else
        return None


class Ended(msgspec.Struct, frozen=True):
    pid: int
    name: str
    still: Annotated[str, Meta(description="its name, where it runs still")]

    def __str__(self) -> str:
        return f"{self.name} ({self.pid}) {'runs still: `force` ends it at once' if self.still else 'runs no more'}."


@tool(
    scope="admin",
    effects="idempotent",
    category="system",
    examples=said.END_PROCESS,
    answers={
        "en": "[{still} ({pid}) was told to end, and runs still.|{name} ({pid}) runs no more.]",
        "fr": "[{still} ({pid}) a reçu l'ordre de s'arrêter et tourne encore.|{name} ({pid}) ne tourne plus.]",
    },
    risks=("destroys",),
)
async def end_process(
    pid: Annotated[int, Meta(description="the number of the process, as list_processes tells it", ge=2)],
    context: Context,
    name: Annotated[str, "what it is called: another program that has the number now is left alone"] = "",
    force: Annotated[bool, "end it at once, without letting it save anything"] = False,
) -> Ended:
    """End a process of this machine: it is told to, and has five seconds."""
    return await asyncio.to_thread(_ended, pid, name.strip(), force)


def _ended(pid: int, name: str, force: bool) -> Ended:
    import psutil

    try:
        process = psutil.Process(pid)
        called, here = process.name(), psutil.Process()
        if name and name.lower() not in called.lower():
            said, hint = f"The process {pid} is {called}, not {name}.", "list_processes tells the numbers."
            raise ToolRetry(said, hint=hint, why="another_process", pid=pid, called=called, name=name)
        if process in (here, *here.parents(), *here.children(recursive=True)):
            said = f"{called} ({pid}) is this server, what started it, or at work for it."
            raise ToolFailed(said, why="own_process", pid=pid, called=called)
        process.kill() if force else process.terminate()  # psutil sees to it that the number is not another's by now
        _, left = psutil.wait_procs([process], timeout=_PATIENCE)
        return Ended(pid, called, called if left and process.status() != psutil.STATUS_ZOMBIE else "")
    except psutil.NoSuchProcess:
        return Ended(pid, name or "pid", "")
    except psutil.AccessDenied as error:
        said = f"The process {pid} is another user's: this server may not end it."
        raise ToolFailed(said, why="no_permission_process", pid=pid) from error


class Disk(msgspec.Struct, frozen=True):
    path: str
    device: str
    total: int  # bytes
    used: int
    free: int
    percent: float


class Disks(msgspec.Struct, frozen=True):
    disks: list[Disk]

    def __str__(self) -> str:
        line = "{path}: {percent} % of {total:bytes} used, {free:bytes} free"
        return "\n".join(say(line, msgspec.to_builtins(disk), "en") for disk in self.disks)


@tool(
    category="system",
    examples=said.DISK_USAGE,
    answers={
        "en": "{*disks `{path}`: {percent} % used, {free:bytes} free of {total:bytes}*}",
        "fr": "{*disks `{path}` : {percent} % utilisés, {free:bytes} libres sur {total:bytes}*}",
    },
)
def disk_usage(context: Context) -> Disks:
    """Tell how full every disk of this machine is."""
    import psutil

    places = {part.mountpoint: part.device for part in psutil.disk_partitions(all=False) if part.fstype not in _PSEUDO}
    places.setdefault("/", "")
    found: dict[int, Disk] = {}  # by device: one that is mounted twice is one disk
    for place, device in sorted(places.items()):
        try:
            usage, disk = psutil.disk_usage(place), Path(place).stat().st_dev
        except OSError:
            continue  # not ours to look at
        found.setdefault(disk, Disk(place, device, usage.total, usage.used, usage.free, usage.percent))
    return Disks(list(found.values()))


class Port(msgspec.Struct, frozen=True):
    port: int
    address: str
    protocol: Literal["tcp", "udp"]
    process: Annotated[str, Meta(description="who listens; empty where this server may not know")]


class Ports(msgspec.Struct, frozen=True):
    ports: list[Port]
    note: str = ""

    def __str__(self) -> str:
        lines = [f"{p.protocol} {p.address}:{p.port} {p.process}".rstrip() for p in self.ports]
        return "\n".join([*lines, self.note]).strip() or "Nothing listens."


@tool(
    category="system",
    examples=said.OPEN_PORTS,
    answers={
        "en": "[{*ports {port} ({protocol}, {address}) {process}*}|Nothing listens.][\n{note}]",
        "fr": "[{*ports {port} ({protocol}, {address}) {process}*}|Rien n'écoute.][\n{note:word}]",
    },
)
def open_ports(context: Context) -> Ports:
    """List the ports on which programs of this machine listen."""
    import psutil

    try:
        connections = psutil.net_connections("inet")
    except psutil.AccessDenied as error:
        raise ToolFailed("This server's user may not see the machine's connections.") from error
    found: dict[tuple[int, str, str], Port] = {}
    hidden = False
    for one in connections:
        udp = one.type.name == "SOCK_DGRAM"
        if not one.laddr or (one.raddr if udp else one.status != psutil.CONN_LISTEN):
            continue
        hidden = hidden or one.pid is None
        protocol: Literal["tcp", "udp"] = "udp" if udp else "tcp"
        key = (one.laddr.port, one.laddr.ip, protocol)
        found[key] = Port(one.laddr.port, one.laddr.ip, protocol, _name(one.pid))
    note = "Programs of other users are not named: this server's user may not see them." if hidden else ""
    return Ports([found[key] for key in sorted(found)], note)


def _name(pid: int | None) -> str:
    import psutil

    try:
        return f"{psutil.Process(pid).name()} ({pid})" if pid else ""
    except psutil.Error:
        return ""


class Session(msgspec.Struct, frozen=True):
    user: str
    terminal: str
    host: str
    since: Annotated[float, Meta(description="seconds since the Unix epoch")]


class Sessions(msgspec.Struct, frozen=True):
    sessions: list[Session]

    def __str__(self) -> str:
        return "\n".join(f"{s.user} {s.terminal} {s.host}".rstrip() for s in self.sessions) or "Nobody is logged in."


@tool(
    category="system",
    examples=said.LOGGED_IN,
    answers={
        "en": "[{*sessions {user} ({terminal}) {host}*}|Nobody is logged in.]",
        "fr": "[{*sessions {user} ({terminal}) {host}*}|Personne n'est connecté.]",
    },
)
def logged_in(context: Context) -> Sessions:
    """Tell who is logged in on this machine."""
    import psutil

    return Sessions([Session(u.name, u.terminal or "", u.host or "", u.started) for u in psutil.users()])


tools = (list_processes, end_process, disk_usage, open_ports, logged_in)

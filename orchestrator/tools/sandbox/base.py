"""The sandbox seam: run one command, confined to a workspace, within limits.

A sandbox never raises for what the command does; ToolFailed is for a sandbox that cannot run it.
However `run` ends, cancellation included, nothing that the command started is alive afterwards.
"""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

from msgspec import Struct

from orchestrator.kernel.errors import ToolFailed

Level: TypeAlias = Literal["bubblewrap", "landlock", "none", "refused"]
Degree: TypeAlias = Literal["yes", "partly", "no"]


class Isolation(Struct, frozen=True):
    """What is kept apart. Partly: see docs/sandbox.md for what that leaves open."""

    files: Degree  # nothing outside the workspace is written; secrets are not read
    network: Degree  # no connection leaves, not even to this machine
    processes: Degree  # others are neither seen nor signalled
    memory: Degree  # the whole command is limited (partly: each process is)
    users: Degree  # not root, and cannot become it


class Limits(Struct, frozen=True):
    seconds: float = 30.0  # of wall time
    memory: int = 2048 * 2**20  # bytes
    processes: int = 256
    file: int = 1024 * 2**20  # bytes of one file
    open_files: int = 1024
    kept: int = 2 * 2**20  # bytes of each output stream that are kept
    output: int = 64 * 2**20  # bytes of output after which the command is ended


class Outcome(Struct, frozen=True):
    exit_code: int  # 128 + n: ended by signal n
    stdout: bytes
    stderr: bytes
    seconds: float
    ended: Literal["by itself", "time", "output"] = "by itself"
    left_out: int = 0  # bytes of output that were not kept


class Opening(Struct, frozen=True):
    """What a program that stays may have beyond a command."""

    argv: tuple[str, ...]
    readable: tuple[Path, ...] = ()  # further files and folders it may read
    network: bool = False  # a loosening: it reaches what this machine reaches
    environment: Mapping[str, str] = {}  # beside the few names every command has

    def __post_init__(self) -> None:
        """Raises ToolFailed for what the kernel would cut short: what runs is what was approved."""
        if any("\0" in word for word in (*self.argv, *self.environment, *self.environment.values())):
            raise ToolFailed("A command holds no NUL character.", hint="Write it as an escape, \\0.")


class Session(Protocol):
    """A confined program that stays and is talked to in lines. Ended, nothing of it is left."""

    async def send(self, line: bytes) -> None:
        """Raises ToolFailed when it has ended."""

    def lines(self) -> AsyncIterator[bytes]:
        """What it says, until it ends."""

    @property
    def complaints(self) -> str:
        """The end of what it wrote to its error stream."""

    async def end(self) -> None: ...


class Sandbox(Protocol):
    level: Level
    isolation: Isolation
    detail: str  # for a person: how, or why not and what to do

    async def run(self, command: str, workspace: Path, limits: Limits) -> Outcome: ...

    async def open(self, opening: Opening, workspace: Path, limits: Limits) -> Session:
        """Start a program that stays; `limits.seconds` does not count for it."""

"""A control group for one command, where this process may make one: memory and processes, counted whole."""

import os
import secrets
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from orchestrator.tools.sandbox.base import Limits

_CONTROLLERS = ("memory", "pids")
_FORGOTTEN = 60.0  # seconds after which a group without processes is one that a killed server left


class Cgroup:
    """One folder (version 2), or one for each controller (version 1)."""

    def __init__(self, folders: tuple[Path, ...]) -> None:
        self.folders = folders

    @property
    def doors(self) -> tuple[str, ...]:
        """Files that a process writes 0 into to come in."""
        return tuple(str(_door(folder)) for folder in self.folders)

    def pids(self) -> set[int]:
        found: set[int] = set()
        for folder in self.folders:
            with suppress(OSError):
                found |= {int(line) for line in (folder / "cgroup.procs").read_text().split()}
        return found - {0}

    def kill(self) -> None:
        for pid in self.pids():
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)

    def close(self) -> None:
        for folder in self.folders:
            with suppress(OSError):
                folder.rmdir()


class Cgroups:
    """Where groups can be made, found once."""

    def __init__(self, parents: dict[str, Path]) -> None:
        self._parents = parents

    @property
    def usable(self) -> bool:
        return set(self._parents) == set(_CONTROLLERS)

    @contextmanager
    def group(self, limits: Limits) -> Iterator[Cgroup]:
        """A fresh group with these limits; an empty one where none can be made."""
        folders: list[Path] = []
        name = f"orchestrator-{os.getpid()}-{secrets.token_hex(4)}"
        group = Cgroup(())
        if self.usable:
            with suppress(OSError):
                for folder in dict.fromkeys(parent / name for parent in self._parents.values()):
                    folder.mkdir()
                    folders.append(folder)
                _limit(self._parents["memory"] / name, self._parents["pids"] / name, limits)
                group = Cgroup(tuple(folders))
        try:
            yield group
        finally:
            Cgroup(tuple(folders)).close()


def _door(folder: Path) -> Path:
    """In version 1 the one for a single task: there the kernel has nobody to wait for, which takes it milliseconds."""
    single = folder / "tasks"
    return single if single.exists() else folder / "cgroup.procs"


def _limit(memory: Path, pids: Path, limits: Limits) -> None:
    (pids / "pids.max").write_text(str(limits.processes))
    if (memory / "memory.max").exists():
        (memory / "memory.max").write_text(str(limits.memory))
        with suppress(OSError):
            (memory / "memory.swap.max").write_text("0")
        return
    (memory / "memory.limit_in_bytes").write_text(str(limits.memory))
    with suppress(OSError):
        (memory / "memory.memsw.limit_in_bytes").write_text(str(limits.memory))


def find(root: Path = Path("/sys/fs/cgroup"), own: Path = Path("/proc/self/cgroup")) -> Cgroups:
    """The places where this process can really make groups: each is tried."""
    try:
        rows = [line.split(":", 2) for line in own.read_text().splitlines()]
    except OSError:
        return Cgroups({})
    parents: dict[str, Path] = {}
    for _, controllers, path in rows:
        if not controllers and (root / "cgroup.controllers").exists():
            beside = root / path.strip("/")
            beside = beside.parent if path.strip("/") else beside
            if _tried(beside, "memory.max", "pids.max"):
                return Cgroups(dict.fromkeys(_CONTROLLERS, beside))
        for controller in set(controllers.split(",")) & set(_CONTROLLERS):
            place = root / controller / path.strip("/")
            if _tried(place, "memory.limit_in_bytes" if controller == "memory" else "pids.max"):
                parents[controller] = place
    return Cgroups(parents)


def _tried(parent: Path, *files: str) -> bool:
    trial = parent / f"orchestrator-{os.getpid()}-{secrets.token_hex(4)}"
    try:
        trial.mkdir()
    except OSError:
        return False
    try:
        _sweep(parent, trial.stat().st_mtime - _FORGOTTEN)
        return all(os.access(path, os.W_OK) for path in (*(trial / name for name in files), _door(trial)))
    finally:
        with suppress(OSError):
            trial.rmdir()


def _sweep(parent: Path, before: float) -> None:
    for folder in parent.glob("orchestrator-*"):
        with suppress(OSError):  # one that is in use cannot be removed
            if folder.stat().st_mtime < before:
                folder.rmdir()

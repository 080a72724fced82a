"""Commands started by the launcher: behind Landlock, or (a loosening) behind limits alone.

Landlock covers: outside the workspace nothing is written, and only programs, libraries and a few
files of /etc are read; no socket can be opened; no signal leaves (kernel 6.12 and later, or where
namespaces are allowed); not root. Does not cover: names and sizes of files elsewhere can be seen;
without namespaces other processes can be listed if /proc is readable to all, and the modes of
files of the same user can be changed.
"""

import marshal
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from orchestrator.kernel.errors import ToolFailed
from orchestrator.tools.sandbox import landlock_launcher, seccomp
from orchestrator.tools.sandbox.base import Degree, Isolation, Level, Limits, Opening, Outcome
from orchestrator.tools.sandbox.cgroup import Cgroups
from orchestrator.tools.sandbox.exposure import DEVICES, ETC, RESOLVING, SYSTEM, confined, environment, shell
from orchestrator.tools.sandbox.process import Launch, Talk, run_process

_ADDRESS_SPACE = 16 * 2**30
_NOBODY = 65534


class _Launched:
    level: Level
    isolation: Isolation
    detail: str

    def __init__(self, cgroups: Cgroups, *, landlock: bool, namespaces: bool) -> None:
        self._cgroups = cgroups
        self._landlock = landlock
        self._namespaces = namespaces
        file = landlock_launcher.__file__
        self._launcher = compile(Path(file).read_bytes(), file, "exec", dont_inherit=True)

    async def run(self, command: str, workspace: Path, limits: Limits) -> Outcome:
        opening = Opening((shell(), "-c", "--", command))
        outcome = await run_process(partial(self._launch, opening, workspace, limits, limits.seconds), limits)
        if outcome.exit_code == landlock_launcher.CANNOT and outcome.stderr.startswith(b"sandbox: "):
            reason = outcome.stderr.decode("utf-8", "replace").removeprefix("sandbox: ").strip()
            raise ToolFailed(f"The command could not be confined, so it was not run: {reason}.")
        return outcome

    async def open(self, opening: Opening, workspace: Path, limits: Limits) -> Talk:
        return await Talk.start(partial(self._launch, opening, workspace, limits, None), limits)

    def _launch(
        self, opening: Opening, workspace: Path, limits: Limits, seconds: float | None, belongings: ExitStack
    ) -> Launch:
        group = belongings.enter_context(self._cgroups.group(limits))
        temporary = belongings.enter_context(_temporary())
        orders = self._orders(opening, confined(workspace), limits, seconds, temporary, group.doors)
        handle = belongings.enter_context(_handed(marshal.dumps((self._launcher, orders))))
        argv = (sys.executable, "-I", "-S", "-c", landlock_launcher.BOOT, str(handle))
        env = environment(str(temporary), str(temporary))
        return Launch(argv, env, group, anchored=self._namespaces, handles=(handle,))

    def _orders(
        self,
        opening: Opening,
        workspace: Path,
        limits: Limits,
        seconds: float | None,
        temporary: Path,
        doors: tuple[str, ...],
    ) -> dict[str, Any]:
        program = seccomp.program(sockets=not self._landlock or opening.network)
        root = os.getuid() == 0
        fresh = self._namespaces and not root  # a user namespace counts its own processes
        most = {
            "CORE": 0,
            "DATA": limits.memory,
            "AS": limits.memory + _ADDRESS_SPACE,
            "FSIZE": limits.file,
            "NOFILE": limits.open_files,
            "NPROC": limits.processes + (0 if fresh else _tasks(_NOBODY if root else os.getuid())),
        }
        if seconds is not None:
            most["CPU"] = int(seconds * (os.cpu_count() or 1)) + 1
        further = [str(path) for path in (*opening.readable, *(RESOLVING if opening.network else ()))]
        return {
            "argv": list(opening.argv),
            "env": {**environment(str(temporary), str(temporary)), **opening.environment},
            "cwd": str(workspace),
            "writable": [str(workspace), str(temporary)],
            "readable": [*SYSTEM, *ETC, *further],
            "devices": list(DEVICES),
            "landlock": self._landlock,
            "namespaces": self._namespaces,
            "network": opening.network,
            "filter": program or b"",
            "drop_to": _NOBODY if root else 0,
            "doors": doors,
            "limits": most,
        }


class Landlock(_Launched):
    level: Level = "landlock"

    def __init__(self, cgroups: Cgroups, *, namespaces: bool) -> None:
        super().__init__(cgroups, landlock=True, namespaces=namespaces)
        abi = landlock_launcher.landlock_abi()
        filtered = seccomp.program(sockets=False) is not None
        self.isolation = Isolation(
            files="yes" if namespaces or abi >= 3 else "partly",
            network="yes" if namespaces or filtered else "partly",
            processes="yes" if namespaces else "partly",
            memory="yes" if cgroups.usable else "partly",
            users="yes",
        )
        self.detail = f"Landlock version {abi}{' with namespaces' if namespaces else ''}"


class Bare(_Launched):
    """A loosening: limits and nothing else, though never as root. Only by `tools.sandbox = none`."""

    level: Level = "none"

    def __init__(self, cgroups: Cgroups) -> None:
        super().__init__(cgroups, landlock=False, namespaces=False)
        whole: Degree = "yes" if cgroups.usable else "partly"
        self.isolation = Isolation(files="no", network="no", processes="no", memory=whole, users="yes")
        self.detail = "no isolation, as the settings ask: limits of time, memory and processes only"


@contextmanager
def _temporary() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="orchestrator-"))
    try:
        if os.getuid() == 0:
            os.chown(folder, _NOBODY, _NOBODY)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _handed(content: bytes) -> Iterator[int]:
    handle = os.memfd_create("orders")
    try:
        os.write(handle, content)
        os.lseek(handle, 0, os.SEEK_SET)
        yield handle
    finally:
        os.close(handle)


def _tasks(uid: int) -> int:
    """How many tasks this user has now: the kernel's limit counts them too."""
    count = 0
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                if folder.stat().st_uid == uid:
                    count += sum(1 for _ in (folder / "task").iterdir())
            except OSError:
                continue
    return count

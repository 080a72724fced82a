"""The strongest level: namespaces made by bubblewrap.

Covers: of the file system only programs, libraries, a few files of /etc and the workspace exist;
no network, not even loopback; no other process is seen; not root, no capability, no new namespace;
the environment is empty. Does not cover: the kernel itself, which is shared.
"""

import asyncio
import os
import shlex
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from orchestrator.tools.sandbox import seccomp
from orchestrator.tools.sandbox.base import Degree, Isolation, Level, Limits, Opening, Outcome
from orchestrator.tools.sandbox.cgroup import Cgroups
from orchestrator.tools.sandbox.exposure import (
    ETC,
    KERNEL_FACTS,
    KERNEL_SETTINGS,
    RESOLVING,
    SYSTEM,
    confined,
    environment,
    shell,
)
from orchestrator.tools.sandbox.process import Launch, Talk, run_process

_HOME = "/home/agent"
_INVENTED = {  # no user or host of the machine is named inside
    "/etc/passwd": b"agent:x:1000:1000:AI Orchestrator:/home/agent:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n",
    "/etc/group": b"agent:x:1000:\nnogroup:x:65534:\n",
    "/etc/hosts": b"127.0.0.1 localhost\n::1 localhost\n",
}
_ADDRESS_SPACE = 16 * 2**30  # bytes reserved but not used are not held against a program


class Bubblewrap:
    level: Level = "bubblewrap"

    def __init__(self, program: Path, cgroups: Cgroups) -> None:
        self._program = program
        self._cgroups = cgroups
        whole: Degree = "yes" if cgroups.usable else "partly"
        self.isolation = Isolation(files="yes", network="yes", processes="yes", memory=whole, users="yes")
        self.detail = f"bubblewrap ({program})" + ("" if cgroups.usable else ", memory limited for each process")

    async def run(self, command: str, workspace: Path, limits: Limits) -> Outcome:
        real = await asyncio.to_thread(confined, workspace)
        with self._launch(Opening((shell(), "-c", "--", command)), real, limits, seconds=limits.seconds) as launch:
            return await run_process(launch, limits)

    async def open(self, opening: Opening, workspace: Path, limits: Limits) -> Talk:
        real = await asyncio.to_thread(confined, workspace)
        with ExitStack() as starting:
            launch = starting.enter_context(self._launch(opening, real, limits, seconds=None))
            talk = await Talk.start(launch, limits)
            return talk.keeping(starting.pop_all())

    @contextmanager
    def _launch(self, opening: Opening, workspace: Path, limits: Limits, *, seconds: float | None) -> Iterator[Launch]:
        program = seccomp.program(sockets=True)
        given = b"".join(f"--setenv\0{name}\0{value}\0".encode() for name, value in opening.environment.items())
        with self._cgroups.group(limits) as group, _handed(*_INVENTED.values(), given, program or b"") as handles:
            told = os.pipe()
            argv = [str(self._program), *self._flags(workspace, limits, opening), "--info-fd", str(told[1])]
            argv += ["--args", str(handles[-2])]  # not among the words that every user of this machine can list
            for path, handle in zip(_INVENTED, handles, strict=False):
                argv += ["--ro-bind-data", str(handle), path]
            if program is not None:
                argv += ["--seccomp", str(handles[-1])]
            argv += ["--", "/bin/sh", "-c", _limiting(limits, seconds), "sh", *opening.argv]
            if group.folders:
                join = "; ".join(f"echo $$ > {shlex.quote(door)}" for door in group.doors)
                argv = ["/bin/sh", "-c", f'{join}; exec "$@"', "sh", *argv]
            env = environment(_HOME, "/tmp")
            yield Launch(tuple(argv), env, group, anchored=True, handles=tuple(handles), told=told)

    def _flags(self, workspace: Path, limits: Limits, opening: Opening) -> list[str]:
        flags = ["--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent", "--new-session"]
        flags += ["--share-net"] if opening.network else []
        flags += ["--cap-drop", "ALL", "--uid", "1000", "--gid", "1000", "--hostname", "sandbox", "--clearenv"]
        for name, value in environment(_HOME, "/tmp").items():
            flags += ["--setenv", name, value]
        for folder in SYSTEM:
            if Path(folder).is_symlink():
                flags += ["--symlink", str(Path(folder).readlink()), folder]
            else:
                flags += ["--ro-bind-try", folder, folder]
        for path in sorted(set(ETC) - set(_INVENTED)):
            flags += ["--ro-bind-try", path, path]
        size = str(limits.memory)
        flags += ["--proc", "/proc", "--dev", "/dev"]
        for path in KERNEL_SETTINGS:
            flags += ["--ro-bind-try", path, path]
        for path in filter(os.path.exists, KERNEL_FACTS):
            flags += ["--ro-bind", "/dev/null", path]
        flags += ["--size", size, "--perms", "1777", "--tmpfs", "/tmp", "--size", size, "--tmpfs", _HOME]
        flags += ["--dir", "/var", "--symlink", "/tmp", "/var/tmp", "--dir", "/run"]
        for path in (*opening.readable, *(RESOLVING if opening.network else ())):
            flags += ["--ro-bind-try", str(path), str(path)]
        flags += ["--bind", str(workspace), str(workspace), "--chdir", str(workspace)]
        return flags


@contextmanager
def _handed(*contents: bytes) -> Iterator[list[int]]:
    """Handles from which the other program reads these bytes."""
    found: list[int] = []
    try:
        for content in contents:
            found.append(os.memfd_create("handed"))
            os.write(found[-1], content)
            os.lseek(found[-1], 0, os.SEEK_SET)
        yield found
    finally:
        for handle in found:
            os.close(handle)


def _limiting(limits: Limits, seconds: float | None) -> str:
    """Limits that the shell sets on itself, inside, before it becomes the command."""
    kilobytes = limits.memory // 1024
    blocks = limits.file // 512  # what /bin/sh counts in, whichever shell it is
    rows = [
        "ulimit -c 0",
        f"ulimit -d {kilobytes}",
        f"ulimit -v {kilobytes + _ADDRESS_SPACE // 1024}",
        f"ulimit -f {blocks}",
        f"ulimit -n {limits.open_files}",
        *([f"ulimit -t {int(seconds * (os.cpu_count() or 1)) + 1}"] if seconds is not None else []),
        f"{{ ulimit -u {limits.processes} 2>/dev/null || ulimit -p {limits.processes}; }}",
    ]
    return " && ".join(rows) + ' && exec "$@"'

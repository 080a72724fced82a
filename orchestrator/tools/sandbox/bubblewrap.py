"""The strongest level: namespaces made by bubblewrap.

Covers: of the file system only programs, libraries, a few files of /etc and the workspace exist;
no network, not even loopback; no other process is seen; not root, no capability, no new namespace;
the environment is empty. Does not cover: the kernel itself, which is shared.
"""

import os
import shlex
import stat
from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from orchestrator.tools.sandbox import seccomp
from orchestrator.tools.sandbox.base import Degree, Isolation, Level, Limits, Opening, Outcome
from orchestrator.tools.sandbox.cgroup import Cgroups
from orchestrator.tools.sandbox.exposure import (
    ETC,
    KERNEL_FACTS,
    RESOLVING,
    SYSTEM,
    confined,
    environment,
    shell,
)
from orchestrator.tools.sandbox.process import Launch, Talk, pipe, run_process

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
        self._filter = seccomp.program(sockets=True)
        whole: Degree = "yes" if cgroups.usable else "partly"
        self.isolation = Isolation(files="yes", network="yes", processes="yes", memory=whole, users="yes")
        self.detail = f"bubblewrap ({program})" + ("" if cgroups.usable else ", memory limited for each process")

    async def run(self, command: str, workspace: Path, limits: Limits) -> Outcome:
        opening = Opening((shell(), "-c", "--", command))
        return await run_process(partial(self._launch, opening, workspace, limits, limits.seconds), limits)

    async def open(self, opening: Opening, workspace: Path, limits: Limits) -> Talk:
        return await Talk.start(partial(self._launch, opening, workspace, limits, None), limits)

    def _launch(
        self, opening: Opening, workspace: Path, limits: Limits, seconds: float | None, belongings: ExitStack
    ) -> Launch:
        real = confined(workspace)
        given = b"".join(f"--setenv\0{name}\0{value}\0".encode() for name, value in opening.environment.items())
        limiting = _limiting(limits, seconds)
        group = belongings.enter_context(self._cgroups.group(limits))
        files = {path: handle for path in sorted(ETC) if (handle := _content(path, belongings)) is not None}
        env = _handed(given, belongings)  # not among the words that every user of this machine can list
        told = pipe(belongings)
        argv = [str(self._program), *self._flags(real, limits, opening, files)]
        argv += ["--args", str(env), "--info-fd", str(told[1].fileno())]
        handles = [*files.values(), env]
        if self._filter is not None:
            handles.append(_handed(self._filter, belongings))
            argv += ["--seccomp", str(handles[-1])]
        if group.folders:
            join = "".join(f"echo 0 > {shlex.quote(door)} && " for door in group.doors)
            argv = [*_shell(f"{join}{limiting}"), *argv, "--", *opening.argv]
        else:
            alone = f"{limiting} && {{ ulimit -u {limits.processes} 2>/dev/null || ulimit -p {limits.processes}; }}"
            argv += ["--", *_shell(alone), *opening.argv]
        return Launch(tuple(argv), environment(_HOME, "/tmp"), group, anchored=True, handles=tuple(handles), told=told)

    def _flags(self, workspace: Path, limits: Limits, opening: Opening, files: Mapping[str, int]) -> list[str]:
        """What is made of mounts costs a start most: each is looked up among all the others."""
        flags = ["--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent", "--new-session"]
        flags += ["--share-net"] if opening.network else []
        flags += ["--cap-drop", "ALL", "--uid", "1000", "--gid", "1000", "--hostname", "sandbox", "--clearenv"]
        for name, value in environment(_HOME, "/tmp").items():
            flags += ["--setenv", name, value]
        flags += ["--proc", "/proc", "--dev", "/dev"]
        for path in KERNEL_FACTS:
            if os.access(path, os.R_OK):  # what is refused to the server is refused to what it starts
                flags += ["--ro-bind", "/dev/null", path]
        for folder in SYSTEM:
            if Path(folder).is_symlink():
                flags += ["--symlink", str(Path(folder).readlink()), folder]
            elif Path(folder).exists():
                flags += ["--ro-bind", folder, folder]
        flags += ["--perms", "0755", "--dir", "/etc"]
        for path, handle in files.items():
            flags += ["--perms", "0444", "--file", str(handle), path]
        for path in filter(os.path.isdir, ETC):
            flags += ["--ro-bind-try", path, path]
        size = str(limits.memory)
        flags += ["--size", size, "--perms", "1777", "--tmpfs", "/tmp", "--size", size, "--tmpfs", _HOME]
        flags += ["--dir", "/var", "--symlink", "/tmp", "/var/tmp", "--dir", "/run"]
        for path in (*opening.readable, *(RESOLVING if opening.network else ())):
            flags += ["--ro-bind-try", str(path), str(path)]
        flags += ["--bind", str(workspace), str(workspace), "--chdir", str(workspace)]
        return [*flags, "--remount-ro", "/proc", "--remount-ro", "/"]


def _content(path: str, belongings: ExitStack) -> int | None:
    """A handle from which a file of /etc is copied at each start, so that it is never an old one."""
    if path in _INVENTED:
        return _handed(_INVENTED[path], belongings)
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    belongings.callback(os.close, handle)
    return handle if stat.S_ISREG(os.fstat(handle).st_mode) else None


def _handed(content: bytes, belongings: ExitStack) -> int:
    """A handle from which the other program reads these bytes."""
    handle = os.memfd_create("handed")
    belongings.callback(os.close, handle)
    os.write(handle, content)
    os.lseek(handle, 0, os.SEEK_SET)
    return handle


def _shell(script: str) -> tuple[str, ...]:
    """A shell that does this and then becomes what follows."""
    return "/bin/sh", "-c", f'{script} && exec "$@"', "sh"


def _limiting(limits: Limits, seconds: float | None) -> str:
    """Limits that a shell sets on itself, and on what it becomes."""
    kilobytes = limits.memory // 1024
    blocks = limits.file // 512  # what /bin/sh counts in, whichever shell it is
    rows = [
        "ulimit -c 0",
        f"ulimit -d {kilobytes}",
        f"ulimit -v {kilobytes + _ADDRESS_SPACE // 1024}",
        f"ulimit -f {blocks}",
        f"ulimit -n {limits.open_files}",
        *([f"ulimit -t {int(seconds * (os.cpu_count() or 1)) + 1}"] if seconds is not None else []),
    ]
    return " && ".join(rows)

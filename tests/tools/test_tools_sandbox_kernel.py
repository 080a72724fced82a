"""What the kernel refuses a command: its settings, sockets that no namespace holds, and the filter of calls itself."""

import errno
import os
import shutil
import socket
import struct
from pathlib import Path

import pytest

from orchestrator.tools.sandbox import cgroup, seccomp
from orchestrator.tools.sandbox.base import Limits
from orchestrator.tools.sandbox.bubblewrap import Bubblewrap

ALLOWED, PERMISSION, ABSENT, FAMILY = 0, errno.EPERM, errno.ENOSYS, errno.EAFNOSUPPORT
AF_VSOCK, AF_ALG = 40, 38
# name: (x86_64, aarch64)
SOCKET, CLONE, IOCTL, READ = (41, 198), (56, 220), (16, 29), (0, 63)


def verdict(program: bytes, architecture: int, number: int, *arguments: int) -> int:
    """What the filter says of a system call, as the kernel would run it: an errno, or 0."""
    rows = list(struct.iter_unpack("<HBBI", program))
    data = struct.pack("<IIQ6Q", number, architecture, 0, *(*arguments, *[0] * 6)[:6])
    at = held = 0
    while True:
        code, yes, no, value = rows[at]
        at += 1
        if code == 0x20:
            (held,) = struct.unpack_from("<I", data, value)
        elif code == 0x06:
            assert value != 0x80000000, "the process would be killed"
            return value & 0xFFFF if value & 0x7FFF0000 == 0x00050000 else ALLOWED
        else:
            true = {0x15: held == value, 0x35: held >= value, 0x45: bool(held & value)}[code]
            at += yes if true else no


@pytest.mark.parametrize(("machine", "architecture", "at"), [("x86_64", 0xC000003E, 0), ("aarch64", 0xC00000B7, 1)])
@pytest.mark.parametrize("sockets", [True, False])
def test_what_the_filter_says(machine: str, architecture: int, at: int, sockets: bool) -> None:
    program = seccomp.program(sockets=sockets, machine=machine)
    assert program is not None

    def said(number: int, *arguments: int) -> int:
        return verdict(program, architecture, number, *arguments)

    for family in map(int, (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK)):
        assert said(SOCKET[at], family) == (ALLOWED if sockets else PERMISSION)
    for family in (AF_VSOCK, AF_ALG, 0, 255):
        assert said(SOCKET[at], family) == (FAMILY if sockets else PERMISSION)
    assert said(CLONE[at], 17) == ALLOWED and said(CLONE[at], 17 | 0x10000000) == PERMISSION
    assert said(435, 0) == ABSENT
    assert said(IOCTL[at], 0, 0x5412) == said(IOCTL[at], 0, 0x541C) == PERMISSION
    assert said(IOCTL[at], 0, 0x5401) == said(READ[at]) == said(499) == ALLOWED
    assert said(425) == said(seccomp._DENIED["ptrace"][at]) == PERMISSION


def test_groups_that_a_killed_server_left_are_swept(tmp_path: Path) -> None:
    root, own = tmp_path / "cgroup", tmp_path / "own"
    for controller in ("memory", "pids"):
        (root / controller).mkdir(parents=True)
    old, young, alive, other = (
        root / "pids" / name for name in ("orchestrator-1-a", "orchestrator-1-b", "orchestrator-2-c", "x")
    )
    for folder in (old, young, alive, other):
        folder.mkdir()
    (alive / "used").touch()  # as the kernel does, rmdir refuses
    for folder in (old, alive, other):
        os.utime(folder, (1, 1))
    own.write_text("2:pids:/\n1:memory:/\n")
    assert not cgroup.find(root, own).usable  # no kernel fills these folders with files
    assert sorted((root / "pids").iterdir()) == sorted((young, alive, other))


@pytest.mark.skipif(not Path("/usr/bin/python3").exists(), reason="the system has no Python of its own")
async def test_no_setting_of_the_kernel_can_be_written(workspace: Path) -> None:
    """To the kernel, the user of a namespace that root made is root, whatever its number inside."""
    program = shutil.which("bwrap")
    if program is None:
        pytest.skip("bubblewrap is not installed")
    script = (
        "import os, socket\n"
        "for top, folders, files in os.walk('/proc'):\n"
        "    own = 'self', 'thread-self', 'pressure'\n"
        "    folders[:] = [name for name in folders if not name.isdigit() and name not in own]\n"
        "    for name in files:\n"
        "        try: os.close(os.open(os.path.join(top, name), os.O_WRONLY | os.O_NONBLOCK)); print(top, name)\n"
        "        except OSError: pass\n"
        "for name in 'kcore', 'keys', 'kmsg', 'slabinfo', 'timer_list', 'kallsyms':\n"
        "    try: print(open('/proc/' + name, 'rb', 0).read(64))\n"
        "    except OSError: pass\n"
        f"try: print(socket.socket({AF_VSOCK}, socket.SOCK_STREAM))\n"
        "except OSError: pass\n"
        "print('looked', os.path.exists('/proc/sys/kernel'))\n"
    )
    (workspace / "look.py").write_text(script)
    outcome = await Bubblewrap(Path(program), cgroup.find()).run("/usr/bin/python3 look.py", workspace, Limits())
    said = [line for line in outcome.stdout.decode().splitlines() if line not in ("b''", "")]
    assert said == ["looked True"], outcome.stderr

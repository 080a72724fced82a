"""Runs one command behind Landlock, a filter of system calls and limits. A program of its own.

It is started as `python -I -S -c BOOT HANDLE` and reads itself and its orders from that handle. It imports
nothing of the product, and of the library only what is loaded at once: each further module is paid for by every
command. Exit code 125 means that it could not confine the command, which then was not run.

    this process      outlives the command, and ends every descendant before it ends itself
      └ init          first process of a new PID namespace, where namespaces are allowed
          └ command   confined, then replaced by the command
"""

from __future__ import annotations

import ctypes
import os
import resource
import struct

TYPE_CHECKING = False  # the module of that name takes longer to load than all the others here
if TYPE_CHECKING:
    from typing import Any, NoReturn

BOOT = "import marshal, sys; code, orders = marshal.load(open(int(sys.argv[1]), 'rb')); exec(code); start(orders)"
CANNOT = 125

_LIBC = ctypes.CDLL(None, use_errno=True)
_SIGKILL, _SIGPIPE, _SIGTERM, _BY_DEFAULT, _IGNORED = 9, 13, 15, 0, 1
_PR_SET_PDEATHSIG, _PR_SET_SECCOMP, _PR_CAPBSET_DROP = 1, 22, 24
_PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS, _PR_CAP_AMBIENT, _PR_SET_KEEPCAPS = 36, 38, 47, 8
_NEW_MOUNTS, _NEW_UTS, _NEW_IPC, _NEW_USERS, _NEW_PIDS, _NEW_NET = (
    0x00020000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000,
)  # fmt: skip
_MS_BIND, _MS_REC, _MS_PRIVATE = 0x1000, 0x4000, 0x40000
_MS_NOSUID, _MS_NODEV, _MS_NOEXEC = 2, 4, 8
_MOUNT_SETATTR, _AT_FDCWD, _AT_RECURSIVE, _ATTR_RDONLY = 442, -100, 0x8000, 1
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_CAP_DAC_OVERRIDE = 1

# Rights of Landlock.
_EXECUTE, _WRITE, _READ, _READ_FOLDER, _MAKE_CHAR, _MAKE_BLOCK, _REFER, _TRUNCATE, _IOCTL = (
    1, 1 << 1, 1 << 2, 1 << 3, 1 << 6, 1 << 11, 1 << 13, 1 << 14, 1 << 15,
)  # fmt: skip
_SEE = _EXECUTE | _READ | _READ_FOLDER
_OF_FILES = _EXECUTE | _WRITE | _READ | _TRUNCATE | _IOCTL


def call(number: int, *arguments: Any) -> int:
    """A system call. Raises OSError."""
    found: int = _LIBC.syscall(ctypes.c_long(number), *arguments)
    if found < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), f"system call {number}")
    return found


def prctl(option: int, *values: Any) -> None:
    wide = [value if isinstance(value, ctypes.c_char_p) else ctypes.c_ulong(value) for value in values]
    if _LIBC.prctl(ctypes.c_int(option), *wide, *[ctypes.c_ulong(0)] * (4 - len(wide))) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), f"prctl {option}")


def mount(source: str, target: str, kind: str, flags: int) -> None:
    texts = [os.fsencode(text) for text in (source, target, kind)]
    if _LIBC.mount(*texts, ctypes.c_ulong(flags), None) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), f"mount {target}")


def treat(number: int, how: int) -> None:
    _LIBC.signal(ctypes.c_int(number), ctypes.c_void_p(how))


def landlock_abi() -> int:
    """The version of Landlock this kernel speaks; 0 for none."""
    try:
        return call(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(1))
    except OSError:
        return 0


def enter_namespaces(orders: dict[str, Any]) -> None:
    """Own processes, network, IPC and mounts; everything read-only but what may be written."""
    uid, gid = os.getuid(), os.getgid()
    flags = _NEW_MOUNTS | _NEW_UTS | _NEW_IPC | _NEW_PIDS | (0 if orders["network"] else _NEW_NET)
    if _LIBC.unshare(ctypes.c_int(flags | (0 if uid == 0 else _NEW_USERS))) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), "unshare")
    if uid != 0:
        for name, text in (("setgroups", "deny"), ("uid_map", f"1000 {uid} 1"), ("gid_map", f"1000 {gid} 1")):
            with open(f"/proc/self/{name}", "w", encoding="ascii") as file:  # noqa: PTH123
                file.write(text)
    mount("none", "/", "none", _MS_REC | _MS_PRIVATE)
    for folder in orders["writable"]:
        mount(folder, folder, "none", _MS_BIND)
    _set_read_only("/", True)
    for folder in orders["writable"]:
        _set_read_only(folder, False)


def _set_read_only(folder: str, wanted: bool) -> None:
    attributes = struct.pack("=4Q", _ATTR_RDONLY if wanted else 0, 0 if wanted else _ATTR_RDONLY, 0, 0)
    flags = _AT_RECURSIVE if wanted else 0
    call(
        _MOUNT_SETATTR,
        ctypes.c_int(_AT_FDCWD),
        ctypes.c_char_p(os.fsencode(folder)),
        ctypes.c_uint(flags),
        ctypes.c_char_p(attributes),
        ctypes.c_size_t(len(attributes)),
    )


def landlock(orders: dict[str, Any], has_proc: bool) -> None:
    """From here on this process reaches only what the orders name."""
    abi = landlock_abi()
    if abi == 0:
        raise OSError(0, "this kernel has no Landlock")
    handled = (1 << (13 if abi < 2 else 14 if abi < 3 else 15 if abi < 5 else 16)) - 1
    fenced = abi >= 4 and not orders["network"]
    rules = struct.pack("=3Q", handled, 3 if fenced else 0, 3 if abi >= 6 else 0)
    rules = rules[: 8 if abi < 4 else 16 if abi < 6 else 24]
    ruleset = call(_CREATE_RULESET, ctypes.c_char_p(rules), ctypes.c_size_t(len(rules)), ctypes.c_uint32(0))
    everything = handled & ~(_MAKE_CHAR | _MAKE_BLOCK | _IOCTL)
    rows = [(path, _SEE) for path in orders["readable"]]
    rows += [(path, _READ | _WRITE | _TRUNCATE) for path in orders["devices"]]
    rows += [(path, everything) for path in orders["writable"]]
    if has_proc:
        rows.append(("/proc", _READ | _READ_FOLDER))
    for path, rights in rows:
        try:
            handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue
        is_folder = os.path.isdir(f"/proc/self/fd/{handle}") if has_proc else os.path.isdir(path)  # noqa: PTH112
        allowed = handled & rights & (-1 if is_folder else _OF_FILES)
        rule = struct.pack("=Qi", allowed, handle)
        call(_ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(1), ctypes.c_char_p(rule), ctypes.c_uint32(0))
        os.close(handle)
    call(_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    os.close(ruleset)


def filter_calls(program: bytes) -> None:
    kept = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("@HP", len(program) // 8, ctypes.addressof(kept))
    prctl(_PR_SET_SECCOMP, 2, ctypes.c_char_p(header))


def limit(limits: dict[str, int]) -> None:
    for name, value in limits.items():
        number = getattr(resource, f"RLIMIT_{name}")
        _, most = resource.getrlimit(number)
        value = value if most == resource.RLIM_INFINITY else min(value, most)
        resource.setrlimit(number, (value, value))


def drop_root(uid: int, keep_access: bool) -> None:
    """Another user, without capabilities, save that Landlock alone may say which files it reaches."""
    kept = _CAP_DAC_OVERRIDE if keep_access else -1
    for capability in range(64):
        try:
            if capability != kept:
                prctl(_PR_CAPBSET_DROP, capability)
        except OSError:
            break
    prctl(_PR_SET_KEEPCAPS, int(keep_access))
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    if not keep_access:
        return
    header = struct.pack("=Ii", 0x20080522, 0)
    sets = struct.pack("=6I", *[1 << kept] * 3, 0, 0, 0)
    call(_CAPSET[os.uname().machine], ctypes.c_char_p(header), ctypes.c_char_p(sets))
    prctl(_PR_CAP_AMBIENT, 2, kept)


_CAPSET = {"x86_64": 126, "aarch64": 91}


def become(orders: dict[str, Any], has_proc: bool) -> NoReturn:
    """Confine this process and turn it into the command."""
    os.chdir(orders["cwd"])
    prctl(_PR_SET_NO_NEW_PRIVS, 1)
    if orders["drop_to"] and os.getuid() == 0:
        drop_root(orders["drop_to"], orders["landlock"])
    limit(orders["limits"])
    if orders["landlock"]:
        landlock(orders, has_proc)
    treat(_SIGPIPE, _BY_DEFAULT)
    treat(_SIGTERM, _BY_DEFAULT)
    if orders["filter"]:
        filter_calls(orders["filter"])
    os.execve(orders["argv"][0], orders["argv"], orders["env"])


def init(orders: dict[str, Any]) -> NoReturn:
    """The first process of the namespace: its death is the death of all in it."""
    prctl(_PR_SET_PDEATHSIG, _SIGKILL)
    has_proc = True
    try:
        mount("proc", "/proc", "proc", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC)
    except OSError:
        has_proc = False
    command = os.fork()
    if command == 0:
        guarded(lambda: become(orders, has_proc))
    while True:
        pid, status = os.waitpid(-1, 0)
        if pid == command:
            os._exit(code_of(status))


def guarded(work: Any) -> NoReturn:
    try:
        work()
    except OSError as error:
        os.write(2, f"sandbox: {error.filename or ''} {error.strerror}\n".encode())
    os._exit(CANNOT)


def code_of(status: int) -> int:
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def sweep() -> None:
    """Ends every descendant: they all become children of this process."""
    own = os.getpid()
    while True:
        for pid in _children(own):
            try:
                os.kill(pid, _SIGKILL)
            except ProcessLookupError:
                continue
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def _children(own: int) -> list[int]:
    with open(f"/proc/{own}/task/{own}/children", encoding="ascii") as file:  # noqa: PTH123
        return [int(pid) for pid in file.read().split()]


def main(orders: dict[str, Any]) -> NoReturn:
    treat(_SIGTERM, _IGNORED)
    prctl(_PR_SET_PDEATHSIG, _SIGKILL)
    prctl(_PR_SET_CHILD_SUBREAPER, 1)
    for door in orders["doors"]:
        with open(door, "w", encoding="ascii") as file:  # noqa: PTH123
            file.write("0")
    if orders["namespaces"]:
        enter_namespaces(orders)
    first = os.fork()
    if first == 0:
        guarded(lambda: init(orders) if orders["namespaces"] else become(orders, False))
    while True:
        pid, status = os.waitpid(-1, 0)
        if pid == first:
            if not orders["namespaces"]:  # there, the death of the first was the death of all
                sweep()
            os._exit(code_of(status))


def start(orders: dict[str, Any]) -> NoReturn:
    guarded(lambda: main(orders))

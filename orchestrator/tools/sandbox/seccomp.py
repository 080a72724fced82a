"""A filter of system calls, as a classic BPF program for the kernel.

Denied: looking into other processes, mounting, namespaces, kernel modules, keys, tracing, clocks,
io_uring (which evades filters), sockets that no network namespace holds (those to the host of a
virtual machine); and, if asked, every socket, truncating by name (which early Landlock does not see)
and attributes of files elsewhere (which none sees). All else is allowed: it is a fence behind the walls, not the wall.
"""

import errno
import platform
import socket
import struct

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_NUMBER_AT, _ARCHITECTURE_AT, _ARGUMENTS_AT = 0, 4, 16
_CLONE_NEW = 0x7E020080  # every CLONE_NEW… flag
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C

_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_CLONE3 = 435
_CLONE = {"x86_64": 56, "aarch64": 220}
_IOCTL = {"x86_64": 16, "aarch64": 29}
_SOCKET = {"x86_64": 41, "aarch64": 198}
_TRUNCATE = {"x86_64": 76, "aarch64": 45}
_ATTRIBUTES = {"x86_64": (188, 189, 197, 198, 463, 466), "aarch64": (5, 6, 14, 15, 463, 466)}  # set, remove
_NETLINK = 16

# name: (x86_64, aarch64)
_DENIED = {
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272),
    "pidfd_getfd": (438, 438), "process_madvise": (440, 440), "perf_event_open": (298, 241), "bpf": (321, 280),
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51), "open_tree": (428, 428),
    "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431), "fsmount": (432, 432),
    "fspick": (433, 433), "mount_setattr": (442, 442), "quotactl": (179, 60), "swapon": (167, 224),
    "swapoff": (168, 225), "unshare": (272, 97), "setns": (308, 268), "keyctl": (250, 219), "add_key": (248, 217),
    "request_key": (249, 218), "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "reboot": (169, 142), "acct": (163, 89),
    "settimeofday": (164, 170), "clock_settime": (227, 112), "adjtimex": (159, 171), "clock_adjtime": (305, 266),
    "sethostname": (170, 161), "setdomainname": (171, 162), "syslog": (103, 116), "vhangup": (153, 58),
    "open_by_handle_at": (304, 265), "name_to_handle_at": (303, 264), "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
}  # fmt: skip


def program(*, sockets: bool, machine: str = "") -> bytes | None:
    """The filter for this machine; None where its system calls are not known here."""
    machine = machine or platform.machine()
    if machine not in _ARCHITECTURES:
        return None
    denied = [numbers[machine == "aarch64"] for numbers in _DENIED.values()]
    if not sockets:
        denied += [_SOCKET[machine], _TRUNCATE[machine], *_ATTRIBUTES[machine]]
    deny, absent = _ERRNO | errno.EPERM, _ERRNO | errno.ENOSYS
    code = [(_LOAD, 0, 0, _ARCHITECTURE_AT), (_EQUAL, 1, 0, _ARCHITECTURES[machine]), (_RETURN, 0, 0, _KILL)]
    code.append((_LOAD, 0, 0, _NUMBER_AT))
    if machine == "x86_64":
        code += [(_AT_LEAST, 0, 1, 0x40000000), (_RETURN, 0, 0, _KILL)]  # the x32 doubles of every call
    for number in denied:
        code += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, deny)]
    code += [(_EQUAL, 0, 1, _CLONE3), (_RETURN, 0, 0, absent)]  # libc falls back to clone, whose flags can be read
    if sockets:
        families = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, _NETLINK)
        code += [(_EQUAL, 0, len(families) + 3, _SOCKET[machine]), (_LOAD, 0, 0, _ARGUMENTS_AT)]
        code += [(_EQUAL, len(families) - at, 0, family) for at, family in enumerate(families)]
        code += [(_RETURN, 0, 0, _ERRNO | errno.EAFNOSUPPORT), (_RETURN, 0, 0, _ALLOW)]
    code += [(_EQUAL, 0, 3, _CLONE[machine]), (_LOAD, 0, 0, _ARGUMENTS_AT)]
    code += [(_ANY_BIT, 0, 6, _CLONE_NEW), (_RETURN, 0, 0, deny)]
    code += [(_EQUAL, 0, 4, _IOCTL[machine]), (_LOAD, 0, 0, _ARGUMENTS_AT + 8)]
    code += [(_EQUAL, 1, 0, _TIOCSTI), (_EQUAL, 0, 1, _TIOCLINUX), (_RETURN, 0, 0, deny), (_RETURN, 0, 0, _ALLOW)]
    return b"".join(struct.pack("<HBBI", *each) for each in code)

"""Opening beneath a folder: openat2 where the kernel has it, else a walk that follows no link."""

import ctypes
import errno
import os
import stat

_OPENAT2 = 437  # the same number on every architecture
_RESOLVE_NO_MAGICLINKS = 0x02
_RESOLVE_BENEATH = 0x08
_LINKS = 20  # followed by the walk at most


class _How(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


def open_beneath(root: int, path: str, flags: int, mode: int = 0) -> int:
    """A handle of `path` (relative to the open folder `root`), which lies beneath it, links included.

    Raises OSError; EXDEV is for a path that leads out.
    """
    try:
        return _openat2(root, path, flags, mode)
    except OSError as error:
        if error.errno not in (errno.ENOSYS, errno.EPERM):  # an old kernel, or a filter that forbids the call
            raise
    return walk_beneath(root, path, flags, mode)


def _openat2(root: int, path: str, flags: int, mode: int) -> int:
    how = _How(flags | os.O_CLOEXEC, mode, _RESOLVE_BENEATH | _RESOLVE_NO_MAGICLINKS)
    libc = ctypes.CDLL(None, use_errno=True)
    for _ in range(64):  # EAGAIN: something was renamed while the kernel walked
        handle: int = libc.syscall(
            ctypes.c_long(_OPENAT2),
            ctypes.c_int(root),
            ctypes.c_char_p(os.fsencode(path)),
            ctypes.byref(how),
            ctypes.c_size_t(ctypes.sizeof(how)),
        )
        if handle >= 0:
            return handle
        if ctypes.get_errno() not in (errno.EAGAIN, errno.EINTR):
            break
    code = ctypes.get_errno()
    raise OSError(code, os.strerror(code), path)


def walk_beneath(root: int, path: str, flags: int, mode: int = 0) -> int:
    """The same, one component at a time; links are read and walked in turn."""
    if len(os.fsencode(path)) >= 4096:  # what the kernel itself takes at most
        raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG), path)
    pending = [part for part in reversed(path.split("/")) if part not in ("", ".")]
    held, links = [os.dup(root)], 0
    try:
        while pending:
            part = pending.pop()
            if part == "..":
                if len(held) == 1:
                    raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), path)
                os.close(held.pop())
                continue
            target = _link(held[-1], part)
            if target is not None:
                links += 1
                if links > _LINKS:
                    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
                if target.startswith("/"):
                    raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), path)
                pending += [piece for piece in reversed(target.split("/")) if piece not in ("", ".")]
                continue
            if not pending:
                return os.open(part, flags | os.O_NOFOLLOW | os.O_CLOEXEC, mode, dir_fd=held[-1])
            held.append(os.open(part, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=held[-1]))
        return os.open(".", flags | os.O_CLOEXEC, mode, dir_fd=held[-1])
    finally:
        for handle in held:
            os.close(handle)


def _link(folder: int, name: str) -> str | None:
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None
    return os.readlink(name, dir_fd=folder) if stat.S_ISLNK(found.st_mode) else None

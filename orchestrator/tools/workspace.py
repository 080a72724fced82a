"""The workspace: the one folder a tool may touch, opened so that no path leads out of it.

Every open is one kernel call that refuses to leave the folder (openat2, RESOLVE_BENEATH), or, on
kernels without it, a walk that holds each folder open and follows no link: either way nothing is
checked first and used later. Covers paths, links and races. Does not cover hard links that someone
else already placed inside the folder, nor other file systems mounted there.
"""

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Literal, NoReturn

from orchestrator.kernel.errors import OutsideWorkspace, ToolFailed, ToolRetry
from orchestrator.tools.openat import open_beneath

Kind = Literal["file", "directory", "link", "pipe", "socket", "device"]


class Workspace:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def relative(self, path: str) -> str:
        """The path from the workspace, as text; "." is the workspace itself.

        Raises ToolRetry (its cause OutsideWorkspace) for what is plainly elsewhere; links are judged when opened.
        """
        if "\0" in path:
            raise ToolRetry("A path cannot contain a NUL byte.")
        if not path.strip():
            raise ToolRetry("The path is empty.", hint="Give a path inside the workspace; '.' is the workspace.")
        pure = PurePosixPath(path)
        if pure.is_absolute():
            for folder in (self.folder, self.folder.resolve()):
                if pure.is_relative_to(folder):
                    pure = pure.relative_to(folder)
                    break
            else:
                _refuse(path)
        parts: list[str] = []
        for part in pure.parts:
            if part == ".." and not parts:
                _refuse(path)
            if part == "..":
                parts.pop()
            else:
                parts.append(part)
        return "/".join(parts) or "."

    @contextlib.contextmanager
    def root(self) -> Iterator[int]:
        """The open workspace folder, made (for this user alone) if it is not there."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            yield handle
        finally:
            os.close(handle)

    @contextlib.contextmanager
    def opened(self, path: str, flags: int = os.O_RDONLY) -> Iterator[int]:
        """An open handle of anything beneath the workspace. Never blocks on a pipe."""
        name = self.relative(path)
        if not flags & os.O_PATH:
            flags |= os.O_NONBLOCK | os.O_NOCTTY
        with self.root() as root, explained(path):
            handle = self._open(root, name, flags)
        try:
            yield handle
        finally:
            os.close(handle)

    def _open(self, root: int, name: str, flags: int) -> int:
        try:
            return open_beneath(root, name, flags)
        except OSError as error:
            inside = self._within(name) if error.errno == errno.EXDEV else None
            if inside is None:
                raise
            return open_beneath(root, inside, flags)

    def _within(self, name: str) -> str | None:
        """Where an absolute link leads, when that is in the workspace after all."""
        try:
            return str((self.folder / name).resolve().relative_to(self.folder.resolve()))
        except (ValueError, RuntimeError, OSError):
            return None

    @contextlib.contextmanager
    def directory(self, path: str) -> Iterator[int]:
        found = self.stat(path)
        if found is not None and not stat.S_ISDIR(found.st_mode):
            raise ToolRetry(f"{path!r} is a {kind_of(found.st_mode)}, not a folder.", why="not_a_folder", path=path)
        with self.opened(path, os.O_RDONLY | os.O_DIRECTORY) as handle:
            yield handle

    def stat(self, path: str) -> os.stat_result | None:
        """What is at a path; None when nothing is."""
        try:
            with self.opened(path, os.O_PATH) as handle:
                return os.fstat(handle)
        except ToolRetry as problem:
            if isinstance(problem.__cause__, FileNotFoundError):
                return None
            raise

    @contextlib.contextmanager
    def parent(self, path: str) -> Iterator[tuple[int, str]]:
        """The open folder that a file is in, made if it is not there, and the file's name in it."""
        folder, _, name = self._landing(self.relative(path)).rpartition("/")
        if name in ("", "."):
            raise ToolRetry(f"{path!r} is a folder, not a file.", why="is_a_folder", path=path)
        with self.root() as root, explained(path):
            self._make_folders(root, folder)
            handle = self._open(root, folder or ".", os.O_RDONLY | os.O_DIRECTORY)
        try:
            yield handle, name
        finally:
            os.close(handle)

    def _landing(self, name: str) -> str:
        """Where writing to a name lands: a link that leads to a file in the workspace is followed."""
        try:
            with self.opened(name, os.O_PATH) as handle:
                real = Path(f"/proc/self/fd/{handle}").readlink()
            return str(real.relative_to(self.folder.resolve()))
        except ToolRetry as problem:
            if isinstance(problem.__cause__, FileNotFoundError):
                return name
            raise
        except (OSError, ValueError):
            return name

    def _make_folders(self, root: int, folder: str) -> None:
        made = ""
        for part in filter(None, folder.split("/")):
            above, made = made, f"{made}/{part}".lstrip("/")
            handle = self._open(root, above or ".", os.O_RDONLY | os.O_DIRECTORY)
            try:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(part, 0o755, dir_fd=handle)
            finally:
                os.close(handle)


def _refuse(path: str) -> NoReturn:
    """Said to the model as a call to correct; the cause is the reason of policy."""
    shown = _shown(path)
    problem = OutsideWorkspace(f"{shown!r} is outside the workspace.", hint="Use a path inside the workspace.")
    raise ToolRetry(problem.detail, hint=problem.hint, why="outside_workspace", path=shown) from problem


def regular(path: str, found: os.stat_result) -> os.stat_result:
    """Lets only a file pass: not a folder, and nothing that could block."""
    if stat.S_ISDIR(found.st_mode):
        hint = "list_directory shows what is in it."
        raise ToolRetry(f"{path!r} is a folder, not a file.", hint=hint, why="is_a_folder", path=path)
    if not stat.S_ISREG(found.st_mode):
        raise ToolRetry(f"{path!r} is a {kind_of(found.st_mode)}, not a file.")
    return found


def kind_of(mode: int) -> Kind:
    if stat.S_ISREG(mode):
        return "file"
    if stat.S_ISDIR(mode):
        return "directory"
    if stat.S_ISLNK(mode):
        return "link"
    if stat.S_ISFIFO(mode):
        return "pipe"
    return "socket" if stat.S_ISSOCK(mode) else "device"


_RETRY = {
    errno.ENOENT: ("{path!r} does not exist.", "list_directory or search_files show what there is."),
    errno.ENOTDIR: ("{path!r} goes through something that is not a folder.", ""),
    errno.EISDIR: ("{path!r} is a folder, not a file.", ""),
    errno.ENAMETOOLONG: ("The path is too long.", ""),
    errno.ELOOP: ("{path!r} goes through a chain of links that is not followed.", ""),
    errno.ENXIO: ("{path!r} is a pipe, a socket or a device, not a file.", ""),
    errno.EINVAL: ("{path!r} is not a usable path.", ""),
}
_FAILED = {
    errno.EACCES: ("Permission to use {path!r} is denied.", ""),
    errno.EPERM: ("Permission to use {path!r} is denied.", ""),
    errno.ENOSPC: ("The disk is full: {path!r} is as it was before.", "Free some space and try again."),
    errno.EDQUOT: ("The disk quota is used up: {path!r} is as it was before.", "Free some space and try again."),
    errno.EFBIG: ("{path!r} would be larger than a file may be; it is as it was before.", ""),
    errno.EROFS: ("{path!r} is on a disk that cannot be written.", ""),
    errno.EIO: ("The disk failed on {path!r}.", "Check the disk."),
}


_WHY = {
    errno.ENOENT: "no_such_path",
    errno.ENOTDIR: "not_a_folder",
    errno.EISDIR: "is_a_folder",
    errno.EACCES: "denied_path",
    errno.EPERM: "denied_path",
    errno.ENOSPC: "disk_full",
    errno.EDQUOT: "disk_full",
}


@contextlib.contextmanager
def explained(path: str) -> Iterator[None]:
    """Errors of the operating system in the words of the tool seam."""
    try:
        yield
    except OSError as error:
        shown = _shown(path)
        if error.errno == errno.EXDEV:
            _refuse(shown)
        if found := _RETRY.get(error.errno or 0):
            raise ToolRetry(
                found[0].format(path=shown), hint=found[1], why=_WHY.get(error.errno or 0, ""), path=shown
            ) from error
        detail, hint = _FAILED.get(error.errno or 0, ("{path!r} cannot be used: " + os.strerror(error.errno or 0), ""))
        raise ToolFailed(
            detail.format(path=shown), hint=hint, why=_WHY.get(error.errno or 0, ""), path=shown
        ) from error
    except UnicodeEncodeError as error:
        raise ToolRetry(f"{_shown(path)!r} cannot be a file name.") from error


def _shown(path: str) -> str:
    return path if len(path) <= 200 else path[:200] + "…"

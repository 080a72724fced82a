"""Moving, copying and deleting, by open folders: no path leads out of the workspace, no link is followed at its end.
Nothing is overwritten. What is deleted lies in `.trash` until somebody empties it."""

import contextlib
import os
import shutil
import stat
from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from orchestrator.kernel.errors import ToolFailed, ToolRetry
from orchestrator.policy.marks import carried
from orchestrator.tools.workspace import Workspace, explained

TRASH = ".trash"
MOST = 20_000  # files of one copy
BYTES = 2 * 2**30  # of one copy


class Moved(Struct, frozen=True):
    source: str
    destination: str

    def __str__(self) -> str:
        return f"{self.source} is now {self.destination}."


class Copied(Struct, frozen=True):
    source: str
    destination: str
    files: int
    size: Annotated[int, Meta(description="bytes copied")]
    note: str = ""

    def __str__(self) -> str:
        return f"Copied {self.source} to {self.destination}: {self.files} files, {self.size} bytes. {self.note}".strip()


class Deleted(Struct, frozen=True):
    path: str
    trash: Annotated[str, Meta(description="where it lies now; restore_file brings it back")]

    def __str__(self) -> str:
        return f"{self.path} is in the trash ({self.trash}); restore_file brings it back."


class Restored(Struct, frozen=True):
    path: str

    def __str__(self) -> str:
        return f"{self.path} is back."


@contextlib.contextmanager
def entry(workspace: Workspace, path: str, *, make: bool = False) -> Iterator[tuple[int, str]]:
    """The open folder that a path ends in, and the name in it; a link at the end is meant itself."""
    folder, _, name = workspace.relative(path).rpartition("/")
    if name in ("", "."):
        raise ToolRetry("The workspace itself cannot be moved, copied or deleted.")
    if make and folder:
        with workspace.parent(f"{folder}/x"):
            pass
    with workspace.directory(folder or ".") as handle, explained(path):
        yield handle, name


def found(folder: int, name: str, path: str) -> os.stat_result:
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        hint = "list_directory or search_files show what there is."
        raise ToolRetry(f"{path!r} does not exist.", hint=hint, why="no_such_path", path=path) from None


def exists(folder: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def landing(workspace: Workspace, source: str, destination: str) -> str:
    """Where it goes: into a folder that is there, or to exactly that name. Raises ToolRetry where something is."""
    name = workspace.relative(destination)
    there = workspace.stat(name)
    if there is not None and stat.S_ISDIR(there.st_mode):
        name = f"{name}/{workspace.relative(source).rpartition('/')[2]}".removeprefix("./")
        there = workspace.stat(name)
    if there is not None:
        hint = "Choose another name, or delete it first."
        raise ToolRetry(f"{name!r} is there already.", hint=hint, why="exists", path=name)
    if f"{name}/".startswith(f"{workspace.relative(source)}/"):
        raise ToolRetry(f"{source!r} cannot be put into itself.")
    return name


def move(workspace: Workspace, source: str, destination: str) -> Moved:
    with entry(workspace, source) as (old, name):
        found(old, name, source)
        target = landing(workspace, source, destination)
        with entry(workspace, target, make=True) as (new, new_name):
            os.rename(name, new_name, src_dir_fd=old, dst_dir_fd=new)
            os.fsync(new)
    return Moved(workspace.relative(source), target)


def copy(workspace: Workspace, source: str, destination: str, key: str) -> Copied:
    """Beside its place first, then in it: whole or not at all."""
    with entry(workspace, source) as (old, name):
        found(old, name, source)
        target = landing(workspace, source, destination)
        with entry(workspace, target, make=True) as (new, new_name):
            copying, beside = _Copying(), f".copying-{key[:16]}"
            _clear(beside, new)  # of a try that was cut off
            try:
                copying.copy(old, name, new, beside)
                if not exists(new, beside):
                    raise ToolRetry(f"{source!r} is no file or folder.")
                os.rename(beside, new_name, src_dir_fd=new, dst_dir_fd=new)
            finally:
                _clear(beside, new)
    note = f"{copying.left_out} links, pipes or devices were left out." if copying.left_out else ""
    return Copied(workspace.relative(source), target, copying.files, copying.size, note)


def _clear(name: str, folder: int) -> None:
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        shutil.rmtree(name, dir_fd=folder)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)


class _Copying:
    def __init__(self) -> None:
        self.files = self.size = self.left_out = 0

    def copy(self, old: int, name: str, new: int, new_name: str) -> None:
        kind = os.stat(name, dir_fd=old, follow_symlinks=False)
        if stat.S_ISDIR(kind.st_mode):
            os.mkdir(new_name, 0o755, dir_fd=new)
            inside = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=old)
            made = os.open(new_name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=new)
            try:
                for each in sorted(os.listdir(inside)):  # noqa: PTH208 — of an open folder
                    self.copy(inside, each, made, each)
            finally:
                os.close(inside)
                os.close(made)
        elif stat.S_ISREG(kind.st_mode):
            self._file(old, name, new, new_name, stat.S_IMODE(kind.st_mode) & 0o777)
        else:
            self.left_out += 1

    def _file(self, old: int, name: str, new: int, new_name: str, mode: int) -> None:
        flags = os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
        source = os.open(name, os.O_RDONLY | flags, dir_fd=old)
        try:
            target = os.open(new_name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | flags, mode, dir_fd=new)
            try:
                carried(source, target)
                while piece := os.read(source, 2**20):
                    self.size += len(piece)
                    if self.size > BYTES or self.files > MOST:
                        raise ToolFailed(f"More than {MOST} files or {BYTES // 2**30} GB: nothing was copied.")
                    view = memoryview(piece)
                    while view:
                        view = view[os.write(target, view) :]
            finally:
                os.close(target)
        finally:
            os.close(source)
        self.files += 1


def delete(workspace: Workspace, path: str, key: str) -> Deleted:
    """Into the trash, under the name of this effect."""
    name = workspace.relative(path)
    if name == TRASH or name.startswith(f"{TRASH}/"):
        raise ToolRetry("What is in the trash is deleted already.", hint="A person can empty the folder .trash.")
    bin_path = f"{TRASH}/{key[:16]}"
    with entry(workspace, name) as (folder, own):
        found(folder, own, path)
        with _bin(workspace, bin_path, name) as bin_folder:
            os.rename(own, "it", src_dir_fd=folder, dst_dir_fd=bin_folder)
            os.fsync(bin_folder)
    return Deleted(name, f"{bin_path}/it")


def kept(workspace: Workspace, path: str, key: str) -> str:
    """A second name, in the trash, for a file that is about to be written anew; empty where none is kept."""
    name, bin_path = workspace.relative(path), f"{TRASH}/{key[:16]}"
    if workspace.stat(name) is None or name.startswith(f"{TRASH}/") or _lies(workspace, bin_path):
        return ""
    with entry(workspace, name) as (folder, own):
        if not stat.S_ISREG(os.stat(own, dir_fd=folder, follow_symlinks=False).st_mode):
            return ""
        with _bin(workspace, bin_path, name) as bin_folder:
            os.link(own, "it", src_dir_fd=folder, dst_dir_fd=bin_folder, follow_symlinks=False)
            os.fsync(bin_folder)
    return f"{bin_path}/it"


@contextlib.contextmanager
def _bin(workspace: Workspace, bin_path: str, name: str) -> Iterator[int]:
    """The open folder of one thing in the trash, which says where it was."""
    with entry(workspace, f"{bin_path}/path", make=True) as (bin_folder, note):
        handle = os.open(note, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600, dir_fd=bin_folder)
        with os.fdopen(handle, "wb") as file:
            file.write(msgspec.json.encode(name))
        yield bin_folder


def deleted(workspace: Workspace, path: str, key: str) -> Deleted | None:
    """What `delete` would have said, if it did it."""
    bin_path = f"{TRASH}/{key[:16]}"
    return Deleted(workspace.relative(path), f"{bin_path}/it") if _lies(workspace, bin_path) else None


def restore(workspace: Workspace, path: str) -> Restored:
    """The last thing that was deleted from this path, put back there."""
    name = workspace.relative(path)
    bins = [one for one in _bins(workspace) if _path_in(workspace, one) == name]
    if not bins:
        there = ", ".join(trashed(workspace))
        hint = f"There: {there or 'nothing'}."
        raise ToolRetry(f"{path!r} is not in the trash.", hint=hint, why="not_in_trash", path=path, there=there)
    if workspace.stat(name) is not None:
        hint = "Move what is there away first."
        raise ToolRetry(f"{path!r} is there again.", hint=hint, why="exists", path=path)
    newest = max(bins, key=lambda one: _age(workspace, one))
    with (
        entry(workspace, f"{TRASH}/{newest}/it") as (bin_folder, own),
        entry(workspace, name, make=True) as (folder, back),
    ):
        os.rename(own, back, src_dir_fd=bin_folder, dst_dir_fd=folder)
        os.unlink("path", dir_fd=bin_folder)
    return Restored(name)


def trashed(workspace: Workspace) -> list[str]:
    return sorted({_path_in(workspace, one) for one in _bins(workspace)})


def _bins(workspace: Workspace) -> list[str]:
    if workspace.stat(TRASH) is None:
        return []
    with workspace.directory(TRASH) as folder:
        return [name for name in os.listdir(folder) if _lies(workspace, f"{TRASH}/{name}")]  # noqa: PTH208 — of an open folder


def _lies(workspace: Workspace, bin_path: str) -> bool:
    if workspace.stat(bin_path) is None:
        return False
    with workspace.directory(bin_path) as folder:
        return exists(folder, "it") and exists(folder, "path")


def _age(workspace: Workspace, one: str) -> float:
    note = workspace.stat(f"{TRASH}/{one}/path")
    return note.st_mtime_ns if note is not None else 0.0


def _path_in(workspace: Workspace, one: str) -> str:
    with workspace.opened(f"{TRASH}/{one}/path") as handle:
        try:
            return msgspec.json.decode(os.read(handle, 65536), type=str)
        except msgspec.DecodeError:
            return ""

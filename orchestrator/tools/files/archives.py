"""Archives: packed from the workspace, and unpacked into it, whole or not at all.

Covers: names that are absolute or climb by `..` refuse the archive; links, pipes and devices are left out and counted;
files, bytes and the ratio of bytes to the archive's own are bounded while it is read, whatever its headers claim;
nothing that is there is overwritten. Does not cover what the files do when somebody runs them.
"""

import contextlib
import os
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO, Annotated

from msgspec import Meta, Struct

from orchestrator.kernel.errors import ToolFailed, ToolRetry
from orchestrator.policy.marks import carried
from orchestrator.tools.files.moving import entry, exists, found
from orchestrator.tools.workspace import Workspace, explained

FILES = 20_000
BYTES = 2 * 2**30
RATIO = 200  # bytes out of one byte in, beyond the first megabytes
FREE = 64 * 2**20  # bytes for which no ratio counts
SUFFIXES = {
    ".zip": "zip", ".jar": "zip", ".whl": "zip", ".tar": "", ".tar.gz": "gz", ".tgz": "gz", ".tar.bz2": "bz2",
    ".tbz2": "bz2", ".tar.xz": "xz", ".txz": "xz",
}  # fmt: skip
_BROKEN = (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError)


class Packed(Struct, frozen=True):
    destination: str
    files: int
    size: Annotated[int, Meta(description="bytes of the archive")]
    note: str = ""

    def __str__(self) -> str:
        return f"{self.destination}: {self.files} files, {self.size} bytes. {self.note}".strip()


class Unpacked(Struct, frozen=True):
    path: str
    destination: str
    files: int
    size: Annotated[int, Meta(description="bytes unpacked")]
    entries: Annotated[list[str], Meta(description="what is new in the destination, at its top")]
    note: str = ""

    def __str__(self) -> str:
        shown = ", ".join(self.entries[:20]) + (", …" if len(self.entries) > 20 else "")
        return f"{self.files} files, {self.size} bytes in {self.destination}: {shown}. {self.note}".strip()


def form(path: str) -> str:
    for suffix in sorted(SUFFIXES, key=len, reverse=True):
        if path.lower().endswith(suffix):
            return SUFFIXES[suffix]
    known = ", ".join(SUFFIXES)
    hint = f"Known endings: {known}."
    raise ToolRetry(f"{path!r} is no archive that is known.", hint=hint, why="no_archive", path=path, known=known)


class _Source(Struct, frozen=True):
    """One file to pack: an open folder's entry."""

    name: str
    handle: int
    found: os.stat_result


def pack(workspace: Workspace, paths: list[str], destination: str) -> Packed:
    kind = form(destination)
    target = workspace.relative(destination)
    count = left_out = 0
    with entry(workspace, target, make=True) as (folder, name):
        if exists(folder, name):
            hint = "Choose another name, or delete it first."
            raise ToolRetry(f"{destination!r} is there already.", hint=hint, why="exists", path=destination)
        part = f".{name[:80]}.part"
        handle = os.open(
            part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644, dir_fd=folder
        )
        try:
            with os.fdopen(handle, "wb") as file, _writer(file, kind) as add:
                for path in paths:
                    with entry(workspace, path) as (above, own):
                        found(above, own, path)
                        for source in _walk(above, own, workspace.relative(path)):
                            if source is None:
                                left_out += 1
                                continue
                            count += 1
                            if count > FILES:
                                raise ToolFailed(f"There are more than {FILES} files: nothing was packed.")
                            carried(source.handle, file.fileno())
                            add(source)
            size = os.stat(part, dir_fd=folder).st_size
            os.rename(part, name, src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(part, dir_fd=folder)
            raise
    note = f"{left_out} links, pipes or devices were left out." if left_out else ""
    return Packed(target, count, size, note)


def files_of(workspace: Workspace, path: str) -> Iterator[tuple[str, int]]:
    """The regular files at and below a path, as `pack` names them, with their sizes. Raises ToolRetry."""
    with entry(workspace, path) as (above, own):
        found(above, own, path)
        for source in _walk(above, own, workspace.relative(path)):
            if source is not None:
                yield source.name, source.found.st_size


def _walk(above: int, name: str, path: str) -> Iterator[_Source | None]:
    seen = os.stat(name, dir_fd=above, follow_symlinks=False)
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    if stat.S_ISDIR(seen.st_mode):
        handle = os.open(name, flags | os.O_DIRECTORY, dir_fd=above)
        try:
            for each in sorted(os.listdir(handle)):  # noqa: PTH208 — of an open folder
                yield from _walk(handle, each, f"{path}/{each}")
        finally:
            os.close(handle)
    elif stat.S_ISREG(seen.st_mode):
        handle = os.open(name, flags, dir_fd=above)
        try:
            yield _Source(path, handle, os.fstat(handle))
        finally:
            os.close(handle)
    else:
        yield None


@contextlib.contextmanager
def _writer(file: IO[bytes], kind: str) -> Iterator[Callable[[_Source], None]]:
    if kind == "zip":
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:

            def add_zip(source: _Source) -> None:
                with os.fdopen(os.dup(source.handle), "rb") as data, packed.open(source.name, "w") as out:
                    shutil.copyfileobj(data, out, 2**20)

            yield add_zip
        return
    with tarfile.open(fileobj=file, mode=f"w:{kind}") as tar:  # type: ignore[call-overload]

        def add_tar(source: _Source) -> None:
            about = tarfile.TarInfo(source.name)
            about.size, about.mode = source.found.st_size, stat.S_IMODE(source.found.st_mode)
            about.mtime = int(source.found.st_mtime)
            with os.fdopen(os.dup(source.handle), "rb") as data:
                tar.addfile(about, data)

        yield add_tar


class _Member(Struct, frozen=True):
    name: str
    folder: bool
    mode: int
    data: IO[bytes] | None


def unpack(workspace: Workspace, path: str, destination: str, key: str) -> Unpacked:
    """Into a folder of its own first, then in its place."""
    kind = form(path)
    target = workspace.relative(destination)
    beside = f".unpacking-{key[:16]}"
    with workspace.root() as root:
        shutil.rmtree(beside, ignore_errors=True, dir_fd=root)  # of a try that was cut off
        os.mkdir(beside, 0o755, dir_fd=root)
        try:
            with workspace.opened(path) as handle, explained(path), os.fdopen(os.dup(handle), "rb") as file:
                unpacking = _Unpacking(workspace, beside, handle)
                try:
                    for member in _members(file, kind, unpacking):
                        unpacking.put(member)
                except _BROKEN as error:
                    raise ToolFailed(f"{path!r} cannot be unpacked: {str(error)[:200] or 'it is damaged'}.") from error
            with workspace.directory(beside) as folder:
                entries = sorted(os.listdir(folder))  # noqa: PTH208 — of an open folder
            _settle(workspace, beside, target, entries)
        finally:
            shutil.rmtree(beside, ignore_errors=True, dir_fd=root)
    note = f"{unpacking.left_out} links, pipes or devices were left out." if unpacking.left_out else ""
    return Unpacked(workspace.relative(path), target, unpacking.files, unpacking.size, entries, note)


def contents(workspace: Workspace, path: str) -> Iterator[str]:
    """The names of the files in an archive. Raises ToolRetry, ToolFailed."""
    with workspace.opened(path) as handle, explained(path), os.fdopen(os.dup(handle), "rb") as file:
        nowhere = _Unpacking(workspace, "", handle)
        try:
            for member in _members(file, form(path), nowhere):
                if not member.folder and (name := _safe(member.name)):
                    yield name
        except _BROKEN as error:
            raise ToolFailed(f"{path!r} cannot be read: {str(error)[:200] or 'it is damaged'}.") from error


def _settle(workspace: Workspace, beside: str, target: str, entries: list[str]) -> None:
    for name in entries:
        there = workspace.stat(f"{target}/{name}")
        if there is not None:
            raise ToolRetry(f"{target}/{name} is there already.", hint="Unpack into another folder.")
    for name in entries:
        with (
            entry(workspace, f"{beside}/{name}") as (old, own),
            entry(workspace, f"{target}/{name}", make=True) as (new, name_there),
        ):
            os.rename(own, name_there, src_dir_fd=old, dst_dir_fd=new)


def _members(file: IO[bytes], kind: str, unpacking: "_Unpacking") -> Iterator[_Member]:
    if kind == "zip":
        with zipfile.ZipFile(file) as packed:
            for about in packed.infolist():
                mode = about.external_attr >> 16
                if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
                    unpacking.left_out += 1
                elif about.is_dir():
                    yield _Member(about.filename, True, mode, None)
                else:
                    with packed.open(about) as data:
                        yield _Member(about.filename, False, mode, data)
        return
    with tarfile.open(fileobj=file, mode="r|" + kind) as tar:  # type: ignore[call-overload]
        for member in tar:
            if member.isdir():
                yield _Member(member.name, True, member.mode, None)
            elif member.isreg():
                yield _Member(member.name, False, member.mode, tar.extractfile(member))
            else:
                unpacking.left_out += 1


class _Unpacking:
    def __init__(self, workspace: Workspace, folder: str, packed: int) -> None:
        """`packed`: the open archive."""
        self._workspace = workspace
        self._folder = folder
        self._packed = packed
        self._most = min(BYTES, max(FREE, os.fstat(packed).st_size * RATIO))
        self.files = self.size = self.left_out = self._entries = 0

    def put(self, member: _Member) -> None:
        self._entries += 1
        if self._entries > FILES:
            raise ToolFailed(f"The archive has more than {FILES} entries: nothing was unpacked.")
        name = _safe(member.name)
        if not name:
            return
        place = f"{self._folder}/{name}"
        if member.folder or member.data is None:
            with entry(self._workspace, f"{place}/x", make=True):
                return
        mode = 0o755 if member.mode & 0o100 else 0o644
        with entry(self._workspace, place, make=True) as (folder, own):
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
            with os.fdopen(os.open(own, flags, mode, dir_fd=folder), "wb") as out:
                carried(self._packed, out.fileno())
                while piece := member.data.read(2**18):
                    self.size += len(piece)
                    if self.size > self._most:
                        raise ToolFailed(
                            f"The archive holds more than {self._most // 2**20} MB, far more than its size promises:"
                            " nothing was unpacked."
                        )
                    out.write(piece)
        self.files += 1


def _safe(name: str) -> str:
    """The name as a path beneath the destination. Raises ToolFailed for one that leads elsewhere."""
    parts = name.replace("\\", "/").split("/")
    if name.startswith(("/", "\\")) or ".." in parts or "\0" in name or (len(name) > 1 and name[1] == ":"):
        raise ToolFailed(f"The archive would write to {name[:100]!r}, outside its folder: nothing was unpacked.")
    return "/".join(part for part in parts if part not in ("", "."))

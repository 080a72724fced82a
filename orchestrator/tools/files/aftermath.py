"""What the workspace shows, after a crash, of a call that copies, packs, unpacks or brings back.

Each of these puts its work in place whole and overwrites nothing: so what is not there did not happen, and what is
there as the call would have left it did. Each gives None for the first, and raises ToolFailed for what is neither.
"""

import stat

from orchestrator.kernel.errors import ToolFailed
from orchestrator.tools.files.archives import Packed, Unpacked, contents, files_of
from orchestrator.tools.files.moving import Copied, Restored, trashed
from orchestrator.tools.workspace import Workspace


def copied(workspace: Workspace, source: str, destination: str) -> Copied | None:
    """A copy has the files of its source, each of the same size."""
    wanted = _sizes(workspace, source)
    target = workspace.relative(destination)
    if (found := workspace.stat(target)) is None:
        return None
    places, inside = [target], f"{target}/{workspace.relative(source).rpartition('/')[2]}".removeprefix("./")
    if stat.S_ISDIR(found.st_mode):  # which takes the copy in, unless it is the copy
        if workspace.stat(inside) is None and _sizes(workspace, target) != wanted:
            return None
        places.append(inside)
    for place in places:
        if workspace.stat(place) is not None and _sizes(workspace, place) == wanted:
            return Copied(workspace.relative(source), place, len(wanted), sum(wanted.values()))
    raise ToolFailed(f"{places[-1]!r} is there, and is no copy of {source!r}: it cannot be known whose it is.")


def packed(workspace: Workspace, paths: list[str], destination: str) -> Packed | None:
    """An archive that was made of these has exactly their names in it."""
    target = workspace.relative(destination)
    found = workspace.stat(target)
    if found is None:
        return None
    wanted = {name for path in paths for name, _ in files_of(workspace, path)}
    if wanted != set(contents(workspace, target)):
        raise ToolFailed(f"{target!r} is there and holds other files: it cannot be known whose it is.")
    return Packed(target, len(wanted), found.st_size)


def unpacked(workspace: Workspace, path: str, destination: str) -> Unpacked | None:
    """All of its files are there, or nothing of it."""
    target = workspace.relative(destination)
    files = set(contents(workspace, path))
    entries = sorted({name.partition("/")[0] for name in files})
    if not any(workspace.stat(f"{target}/{entry}") for entry in entries):
        return None
    sizes = [found.st_size for name in files if (found := workspace.stat(f"{target}/{name}")) is not None]
    if len(sizes) < len(files):
        raise ToolFailed(f"Of the {len(files)} files of {path!r} only {len(sizes)} are in {target!r}.")
    return Unpacked(workspace.relative(path), target, len(files), sum(sizes), entries)


def restored(workspace: Workspace, path: str) -> Restored | None:
    """What is back in its place is in the trash no more."""
    name = workspace.relative(path)
    if workspace.stat(name) is None:
        return None
    if name in trashed(workspace):
        raise ToolFailed(f"{name!r} is there, and something deleted from there is in the trash still.")
    return Restored(name)


def _sizes(workspace: Workspace, path: str) -> dict[str, int]:
    """Of the files at and below a path, by their names from there."""
    start = len(workspace.relative(path))
    return {name[start:]: size for name, size in files_of(workspace, path)}
